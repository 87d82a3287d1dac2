"""The rules of notable_events.toml as types, and as a view that judges every entry by them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson
from attrs import frozen

from twin_host.contract import Severity
from twin_okta.api.json_path import at
from twin_okta.rules import load

ENTRY = "CASE WHEN json_valid(CAST(e.raw AS TEXT)) THEN CAST(e.raw AS TEXT) END"


@frozen
class Rule:
    """One line of the rules file; an entry fits when every condition holds."""

    title: str
    category: str
    severity: Severity
    mitre: tuple[str, ...]
    outcomes: frozenset[str]
    where: Mapping[str, Any]
    contains: Mapping[str, str]

    @property
    def looks_into(self) -> bool:
        """Whether more is needed of an entry than its type and outcome."""
        return bool(self.where or self.contains)

    def fits(self, outcome: str | None, entry: Mapping[str, Any]) -> bool:
        """Whether an entry of one of this rule's event types is notable by it."""
        if self.outcomes and outcome not in self.outcomes:
            return False
        if any(at(entry, path) != value for path, value in self.where.items()):
            return False
        return all(
            part.lower() in str(at(entry, path) or "").lower()
            for path, part in self.contains.items()
        )


@cache
def edition() -> str:
    """What tells these rules from others."""
    text = orjson.dumps(load("notable_events"), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=8).hexdigest()


@cache
def rules() -> Mapping[str, tuple[Rule, ...]]:
    """The rules by event type, the most severe first; of equals, as the file has them."""
    by_type: defaultdict[str, list[Rule]] = defaultdict(list)
    for row in load("notable_events")["rule"]:
        rule = Rule(
            title=row["title"],
            category=row["category"],
            severity=Severity(row["severity"]),
            mitre=tuple(row.get("mitre", ())),
            outcomes=frozenset(row.get("outcomes", ())),
            where=row.get("where", {}),
            contains=row.get("contains", {}),
        )
        for event_type in row["event_types"]:
            by_type[event_type].append(rule)
    return {
        name: tuple(sorted(its, key=lambda rule: rule.severity.rank))
        for name, its in by_type.items()
    }


def judged_event() -> str:
    """A view of every entry with the severity and title of the rule that it fits; NULL for what no
    rule calls notable. The rules are those of `rules()`, in the same order."""
    severity, title = (
        " ".join(
            f"WHEN {_quoted(event_type)} THEN CASE {' '.join(_arms(its, column))} END"
            for event_type, its in rules().items()
        )
        for column in ("severity", "title")
    )
    return (
        f"CREATE VIEW judged_event AS SELECT e.number, CASE e.event_type {severity} END"
        f" AS severity, CASE e.event_type {title} END AS title FROM log_event e"
    )


def _arms(its: tuple[Rule, ...], column: str) -> Iterator[str]:
    for rule in its:
        outcomes = ", ".join(map(_quoted, sorted(rule.outcomes)))
        conditions = [
            *([f"e.outcome IN ({outcomes})"] if outcomes else []),
            *(f"{_inside(path)} IS {_quoted(str(value))}" for path, value in rule.where.items()),
            *(
                f"instr(lower({_inside(path)}), {_quoted(part.lower())})"
                for path, part in rule.contains.items()
            ),
        ]
        value = _quoted(str(getattr(rule, column)))
        yield f"WHEN {' AND '.join(conditions) or '1'} THEN {value}"


def _inside(path: str) -> str:
    return f"json_extract({ENTRY}, {_quoted(f'$.{path}')})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
