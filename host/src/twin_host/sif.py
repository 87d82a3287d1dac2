"""The twin compiled for AI assistants: SIF 1.0, abbreviations once and then dense lines.

A line starts with its @TAG; `key:value` holds no space; lists are `[a,b]`; confidence is a letter
V O D U X; severities are C H M L; counts are (Nx); contradictions `{declared:X actual:Y}`. Text
from outside is escaped, so that it can neither end a line nor pass for a tag.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import accumulate, groupby

from attrs import Factory, frozen

LETTERS = {
    "verified": "V", "observed": "O", "declared": "D", "uncertain": "U", "contradicted": "X",
    "critical": "C", "high": "H", "medium": "M", "low": "L", "info": "I",
}  # fmt: skip
MEANINGS = "V=verified O=observed D=declared U=uncertain X=contradicted"
FUNCTIONS = "ID=Identify PR=Protect DE=Detect RS=Respond RC=Recover GV=Govern"
CHARACTERS_A_TOKEN = 4
Line = tuple[str, Sequence[str]]
"""A line's tag, and the entries of its list; a line that is no list is all tag."""
_UNSAFE = re.compile(r"[^\w.%+/@-]+")


HEADLINES = 6
"""How many figures the shortest tier has room for."""


class Tier(StrEnum):
    """How much is told; `budget` is about how many tokens it may cost."""

    EXECUTIVE = "executive"
    STANDARD = "standard"
    FULL = "full"

    @property
    def budget(self) -> int:
        """Tokens, at four characters each."""
        return {"executive": 150, "standard": 800, "full": 3000}[self.value]


@frozen
class FactLine:
    source: str
    key: str
    value: str
    confidence: str
    as_of: datetime
    numerator: int | None = None
    denominator: int | None = None
    note: str = ""


@frozen
class GapLine:
    id: str
    severity: str
    count: int
    nist: str
    title: str
    remedy: str
    source: str
    opened_at: datetime
    names: tuple[str, ...] = ()
    complete: bool = True


@frozen
class EventLine:
    time: datetime
    severity: str
    category: str
    title: str
    actor: str
    source_ip: str
    outcome: str


@frozen
class ContradictionLine:
    """`readings` is what was declared and what is actual, or what each source says."""

    key: str
    readings: Mapping[str, str]


@frozen
class ConnectorLine:
    name: str
    title: str
    category: str
    last_sync: datetime | None
    status: str


@frozen
class Picture:
    """All that is compiled. `trends` holds the history of percentages by source and key, oldest
    first."""

    organisation: str
    facts: Sequence[FactLine]
    gaps: Sequence[GapLine]
    events: Sequence[EventLine]
    contradictions: Sequence[ContradictionLine]
    connectors: Sequence[ConnectorLine]
    trends: Mapping[tuple[str, str], Sequence[float]]
    unread: Mapping[str, Mapping[str, str]] = Factory(dict[str, Mapping[str, str]])
    """By connector, the state of every dataset that its last sync did not read in full."""


def compile_sif(tier: Tier, picture: Picture) -> str:
    """The picture in this tier's detail, lines in order of weight.

    Where the budget is short a list keeps its first entries and says `+N` for the others, and no
    list takes more than half of the room that is left; lines that find no room are counted by the
    last line.
    """
    room = tier.budget * CHARACTERS_A_TOKEN - len("@CUT +100000_lines\n")
    kept: list[str] = []
    cut = 0
    for line in _lines(tier, picture):
        text = _fit(line, room - 1)
        if text is None:
            cut += 1
        else:
            kept.append(text)
            room -= len(text) + 1
    if cut:
        kept.append(f"@CUT +{cut}_lines")
    return "\n".join(kept) + "\n"


def _fit(line: Line, room: int) -> str | None:
    """The line in at most `room` characters; None when not even its first entry finds place."""
    head, words = line
    if not words:
        return head if len(head) <= room else None
    shown = list(accumulate(words, "{} {}".format, initial=head))
    for count in range(len(words), 0, -1):
        rest = f" +{len(words) - count}" if count < len(words) else ""
        if len(shown[count]) + len(rest) <= (room if count == 1 else room // 2):
            return shown[count] + rest
    return None


def escape(text: str) -> str:
    """Text from outside as one word: letters, digits and a few harmless signs."""
    return _UNSAFE.sub("_", text).strip("_")[:80].lstrip("@") or "-"


def _lines(tier: Tier, picture: Picture) -> Iterator[Line]:
    yield "@SIF/1.0", ()
    yield from _schema(tier, picture)
    yield f"@ORG {escape(picture.organisation)}", ()
    yield from _gaps(tier, picture)
    yield from _contradictions(picture)
    yield from _unread(picture)
    yield from _headline(tier, picture)
    if tier is not Tier.EXECUTIVE:
        yield from _connectors(picture)
        yield from _facts(picture)
        yield from _remedies(tier, picture)
    if tier is Tier.FULL:
        yield from _events(picture)
        yield from _evidence(picture)


def _schema(tier: Tier, picture: Picture) -> Iterator[Line]:
    present = {fact.key for fact in picture.facts}
    used = [_short(key) for key in _headline_keys(tier) if key in present]
    if used:
        meanings = _tables()["meanings"]
        yield "@SCHEMA", [f"{short}={meanings[short]}" for short in used]
    if tier is not Tier.EXECUTIVE:
        yield f"@SCHEMA {MEANINGS}", ()
        yield f"@NIST {FUNCTIONS}", ()
        yield "@SEVERITY C=critical H=high M=medium L=low I=info", ()
        yield "@CONFIDENCE V>O>D>U>X", ()


def _headline_keys(tier: Tier) -> list[str]:
    """The figures that the headline shows, and the schema explains."""
    return list(_tables()["keys"])[: HEADLINES if tier is Tier.EXECUTIVE else None]


def _unread(picture: Picture) -> Iterator[Line]:
    for source, states in picture.unread.items():
        if states:
            yield f"@UNREAD {escape(source)}", [f"{escape(d)}:{s}" for d, s in states.items()]


def _headline(tier: Tier, picture: Picture) -> Iterator[Line]:
    keys = _headline_keys(tier)
    known = [f for f in picture.facts if f.key in keys and f.source != "declared"]
    for source, facts in groupby(sorted(known, key=lambda f: f.source), lambda f: f.source):
        shown = sorted(facts, key=lambda f: keys.index(f.key))
        words = [
            f"{_pair(f)}{_doubt(f)}{_trend(picture.trends.get((source, f.key), ()))}" for f in shown
        ]
        yield f"@POSTURE.{escape(source)}", words


def _gaps(tier: Tier, picture: Picture) -> Iterator[Line]:
    order = list(LETTERS)
    ranked = sorted(picture.gaps, key=lambda gap: order.index(gap.severity))
    for severity, gaps in groupby(ranked, lambda gap: gap.severity):
        if tier is Tier.EXECUTIVE and severity not in ("critical", "high"):
            continue
        words = [
            f"{escape(g.id)}({g.count}{'' if g.complete else '+'}x,{escape(g.nist)})" for g in gaps
        ]
        yield f"@GAPS.{LETTERS[severity]}", words


def _contradictions(picture: Picture) -> Iterator[Line]:
    for found in picture.contradictions:
        readings = " ".join(f"{escape(who)}:{escape(it)}" for who, it in found.readings.items())
        yield f"@X {escape(found.key)}{{{readings}}}", ()


def _connectors(picture: Picture) -> Iterator[Line]:
    for found in picture.connectors:
        synced = found.last_sync.strftime("%Y-%m-%dT%H:%MZ") if found.last_sync else "never"
        words = f"category:{escape(found.category)} synced:{synced} status:{escape(found.status)}"
        yield f"@CONNECTOR {escape(found.name)} title:{escape(found.title)} {words}", ()


def _facts(picture: Picture) -> Iterator[Line]:
    order = list(LETTERS)
    ranked = sorted(picture.facts, key=lambda fact: (order.index(fact.confidence), fact.key))
    for confidence, facts in groupby(ranked, lambda fact: fact.confidence):
        yield f"@FACTS.{LETTERS[confidence]}", list(dict.fromkeys(map(_pair, facts)))


def _remedies(tier: Tier, picture: Picture) -> Iterator[Line]:
    for gap in picture.gaps:
        words = [f"gap:{escape(gap.id)}"]
        if tier is Tier.FULL:
            words.append(f"is:{escape(gap.title)}")
        words.append(f"do:{escape(gap.remedy)}")
        if tier is Tier.FULL:
            words += [
                f"since:{gap.opened_at:%Y-%m-%d}",
                f"who:[{','.join(map(escape, gap.names))}]",
            ]
        yield "@RECOMMEND " + " ".join(words), ()


def _evidence(picture: Picture) -> Iterator[Line]:
    for fact in picture.facts:
        counted = f" n:{fact.numerator}/{fact.denominator}" if fact.numerator is not None else ""
        note = f" note:{escape(fact.note)}" if fact.note else ""
        letter = LETTERS[fact.confidence]
        as_of = f"as_of:{fact.as_of:%Y-%m-%dT%H:%MZ}"
        yield f"@EVIDENCE {_pair(fact)} {letter}{counted} {as_of}{note}", ()


def _events(picture: Picture) -> Iterator[Line]:
    for event in picture.events:
        actor, address = escape(event.actor), escape(event.source_ip)
        text = f"{escape(event.title)} actor:{actor} ip:{address} outcome:{escape(event.outcome)}"
        yield f"@EVENT.{LETTERS[event.severity]} {event.time:%Y-%m-%dT%H:%MZ} {text}", ()


def _pair(fact: FactLine) -> str:
    return f"{_short(fact.key)}:{escape(fact.value)}"


def _doubt(fact: FactLine) -> str:
    """The letter of a confidence that is less than verified."""
    return "" if fact.confidence == "verified" else f"({LETTERS[fact.confidence]})"


def _trend(history: Sequence[float]) -> str:
    if len(history) < 2 or history[-1] == history[-2]:
        return "→" if len(history) > 1 else ""
    return "↑" if history[-1] > history[-2] else "↓"


def _short(key: str) -> str:
    return _tables()["keys"].get(key) or escape(key)


@cache
def _tables() -> dict[str, dict[str, str]]:
    text = files("twin_host").joinpath("abbreviations.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
