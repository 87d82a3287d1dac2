"""Events in the words of the Open Cybersecurity Schema Framework 1.5 (schema.ocsf.io), so that a
collector needs none of ours."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from twin_host.contract import Activity, ConnectorInfo, Severity
from twin_host.known import KnownEvent

VERSION = "1.5.0"
CLASSES: Mapping[str, tuple[int, str]] = {
    "account_change": (3001, "Account Change"),
    "authentication": (3002, "Authentication"),
    "group_management": (3006, "Group Management"),
    "api_activity": (6003, "API Activity"),
    "detection_finding": (2004, "Detection Finding"),
}
CATEGORIES: Mapping[int, str] = {
    2: "Findings",
    3: "Identity & Access Management",
    6: "Application Activity",
}
FINDING = "detection_finding:create"
"""What an event is whose kind the connector does not say."""
OTHER = 99
"""What no number of the framework stands for."""
ACTIVITIES: Mapping[str, int] = {
    "authentication:logon": 1, "authentication:logoff": 2,
    "account_change:create": 1, "account_change:enable": 2, "account_change:password_change": 3,
    "account_change:password_reset": 4, "account_change:disable": 5, "account_change:delete": 6,
    "account_change:lock": 9, "account_change:factor_enable": 10,
    "account_change:factor_disable": 11, "account_change:unlock": 12,
    "group_management:assign_privileges": 1, "group_management:revoke_privileges": 2,
    "group_management:add_user": 3, "group_management:remove_user": 4,
    "group_management:delete": 5, "group_management:create": 6,
    "api_activity:create": 1, "api_activity:read": 2, "api_activity:update": 3,
    "api_activity:delete": 4, FINDING: 1,
}  # fmt: skip
SEVERITIES: Mapping[Severity, tuple[int, str]] = {
    Severity.INFO: (1, "Informational"), Severity.LOW: (2, "Low"), Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"), Severity.CRITICAL: (5, "Critical"),
}  # fmt: skip
STATUSES: Mapping[str, tuple[int, str]] = {
    "SUCCESS": (1, "Success"), "ALLOW": (1, "Success"),
    "FAILURE": (2, "Failure"), "DENY": (2, "Failure"),
}  # fmt: skip


def activity_of(event_type: str, info: ConnectorInfo | None) -> Activity | None:
    """Of which kind the connector says such an event is; None when it does not say."""
    if info is None:
        return None
    return next(
        (
            activity
            for activity, patterns in info.activities.items()
            if any(fnmatchcase(event_type, pattern) for pattern in patterns)
        ),
        None,
    )


def ocsf(event: KnownEvent, info: ConnectorInfo | None) -> dict[str, Any]:
    """An event as a record of the framework: of its kind's class, else a detection finding. What
    is not known of it is left out."""
    product = info.title if info else event.source
    activity = activity_of(event.event_type, info) or FINDING
    its_class, _, done = activity.partition(":")
    involved = _involved(event)
    is_finding = activity == FINDING
    record = (
        _head(event, its_class, activity, done)
        | _how_it_ended(event)
        | ({"evidences": [involved]} if is_finding and involved else {})
        | ({} if is_finding else involved)
        | _of_its_class(event, its_class, product)
    )
    record["unmapped"] = {"category": event.category, "techniques": list(event.mitre)}
    record["metadata"] = {
        "version": VERSION,
        "uid": event.id,
        "event_code": event.event_type,
        "product": {"name": product, "vendor_name": product},
    }
    return record


def _head(event: KnownEvent, its_class: str, activity: str, done: str) -> dict[str, Any]:
    class_uid, class_name = CLASSES[its_class]
    number = ACTIVITIES.get(activity, OTHER)
    severity_id, severity = SEVERITIES[event.severity]
    return {
        "class_uid": class_uid,
        "class_name": class_name,
        "category_uid": class_uid // 1000,
        "category_name": CATEGORIES[class_uid // 1000],
        "activity_id": number,
        "activity_name": event.event_type if number == OTHER else _in_words(done),
        "type_uid": class_uid * 100 + number,
        "severity_id": severity_id,
        "severity": severity,
        "time": round(event.time.timestamp() * 1000),
        "message": event.title,
    }


def _how_it_ended(event: KnownEvent) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if event.outcome:
        number, name = STATUSES.get(event.outcome, (OTHER, event.outcome))
        found |= {"status_id": number, "status": name, "status_code": event.outcome}
    if event.reason:
        found["status_detail"] = event.reason
    return found


def _involved(event: KnownEvent) -> dict[str, Any]:
    """Who, and from where."""
    found: dict[str, Any] = {}
    if event.actor:
        found["actor"] = {"user": {"name": event.actor}}
    if event.source_ip:
        place = {"location": {"desc": event.country}} if event.country else {}
        found["src_endpoint"] = {"ip": event.source_ip, **place}
    return found


def _of_its_class(event: KnownEvent, its_class: str, product: str) -> dict[str, Any]:
    """What a class asks for besides."""
    first = event.targets[0] if event.targets else event.actor
    match its_class:
        case "authentication":
            who = event.actor or first or "unknown"
            return {"user": {"name": who}, "service": {"name": product}}
        case "account_change":
            return {"user": {"name": first or "unknown"}}
        case "group_management":
            return {"group": {"name": event.targets[-1] if event.targets else "unknown"}} | (
                {"user": {"name": event.targets[0]}} if len(event.targets) > 1 else {}
            )
        case "api_activity":
            return (
                {
                    "api": {"operation": event.event_type, "service": {"name": product}},
                    "resources": [{"name": target} for target in event.targets],
                }
                | ({} if event.actor else {"actor": {"user": {"name": "unknown"}}})
                | ({} if event.source_ip else {"src_endpoint": {"name": "unknown"}})
            )
        case _:
            return {
                "status_id": 1,
                "status": "New",  # of the finding; the entry's outcome is its code
                "finding_info": {
                    "uid": event.id,
                    "title": event.title,
                    "types": [event.category],
                    "created_time": round(event.time.timestamp() * 1000),
                    "attacks": [_attack(technique) for technique in event.mitre],
                },
                "resources": [{"name": target} for target in event.targets],
            }


def _attack(technique: str) -> dict[str, Any]:
    """A technique, or the one that it is a part of with it (MITRE ATT&CK: `T1078.004`)."""
    whole, _, part = technique.partition(".")
    attack: dict[str, Any] = {"technique": {"uid": whole}}
    return attack | {"sub_technique": {"uid": technique}} if part else attack


def _in_words(done: str) -> str:
    return done.replace("_", " ").title().replace("Factor", "MFA Factor")
