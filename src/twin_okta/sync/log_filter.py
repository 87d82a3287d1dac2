"""What of the System Log is asked for: the entries that rules watch, and those that make something
due."""

from collections.abc import Iterator

from twin_okta.rules import load

LONGEST_FILTER = 4000
"""Characters as they stand in an address. Okta documents no limit; proxies often stop at 8 KB."""


def server_filter() -> str:
    """Okta's filter for those entries, the same each time.

    A family is asked for whole by its beginning (`sw`), which is shorter than its members. Of a
    type that rules watch for some outcomes only, and that makes nothing due, those alone are asked.
    """
    families = sorted(load("due")["families"])
    always = {event for rule in load("due")["due"] for event in rule["events"]}
    always |= set(load("due")["also"])
    outcomes: dict[str, set[str]] = {}
    for rule in load("notable_events")["rule"]:
        for event_type in rule["event_types"]:
            if rule.get("outcomes"):
                outcomes.setdefault(event_type, set()).update(rule["outcomes"])
            else:
                always.add(event_type)
    terms = [f'eventType sw "{family}"' for family in families]
    terms += [f'eventType eq "{it}"' for it in sorted(always) if not _in_a_family(it, families)]
    for event_type in sorted(outcomes.keys() - always):
        if not _in_a_family(event_type, families):
            terms += _with_outcomes(event_type, sorted(outcomes[event_type]))
    return " or ".join(terms)


def _in_a_family(event_type: str, families: list[str]) -> bool:
    return event_type.startswith(tuple(families))


def _with_outcomes(event_type: str, outcomes: list[str]) -> Iterator[str]:
    for outcome in outcomes:
        yield f'(eventType eq "{event_type}" and outcome.result eq "{outcome}")'
