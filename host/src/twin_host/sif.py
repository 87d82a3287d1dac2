"""The twin compiled for AI assistants: SIF 1.0, abbreviations once and then dense lines.

A line starts with its @TAG; `key:value` holds no space; lists are `[a,b]`; confidence is a letter
V O D U X; severities are C H M L; counts are (Nx); contradictions `{declared:X actual:Y}`. Text
from outside is escaped, so that it can neither end a line nor pass for a tag.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import accumulate, groupby

from attrs import Factory, frozen

from twin_host.contract import Confidence, Severity
from twin_host.known import KnownEvent, KnownFact, KnownGap

LETTERS = {
    Confidence.VERIFIED: "V", Confidence.OBSERVED: "O", Confidence.DECLARED: "D",
    Confidence.UNCERTAIN: "U", Confidence.CONTRADICTED: "X",
    Severity.CRITICAL: "C", Severity.HIGH: "H", Severity.MEDIUM: "M", Severity.LOW: "L",
    Severity.INFO: "I",
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
    """All that is compiled.

    `names` holds the first ones in each gap by its source and id, `trends` the history of
    percentages by source and key, oldest first, and `unread`, by connector, the state of every
    dataset that its last sync did not read in full.
    """

    organisation: str
    facts: Sequence[KnownFact]
    gaps: Sequence[KnownGap]
    events: Sequence[KnownEvent]
    contradictions: Sequence[ContradictionLine]
    connectors: Sequence[ConnectorLine]
    trends: Mapping[tuple[str, str], Sequence[float]]
    names: Mapping[tuple[str, str], Sequence[str]] = Factory(dict[tuple[str, str], Sequence[str]])
    unread: Mapping[str, Mapping[str, str]] = Factory(dict[str, Mapping[str, str]])

    @property
    def headlines(self) -> list[KnownFact]:
        """The facts that say most, in that order."""
        chosen = [fact for fact in self.facts if fact.headline is not None]
        return sorted(chosen, key=lambda fact: (fact.headline, fact.key))

    @property
    def shorts(self) -> dict[str, str]:
        """The abbreviation of each headline's key; none is given to two keys."""
        found: dict[str, str] = {}
        for fact in self.headlines:
            short = escape(fact.short) if fact.short else ""
            if short and short not in found.values():
                found.setdefault(fact.key, short)
        return found


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
    shorts = picture.shorts
    titles = {fact.key: fact.title for fact in reversed(picture.headlines)}
    used = [key for key in _headline_keys(tier, picture) if key in shorts]
    if used:
        yield "@SCHEMA", [f"{shorts[key]}={escape(titles[key])}" for key in used]
    if tier is not Tier.EXECUTIVE:
        yield f"@SCHEMA {MEANINGS}", ()
        yield f"@NIST {FUNCTIONS}", ()
        yield "@SEVERITY C=critical H=high M=medium L=low I=info", ()
        yield "@CONFIDENCE V>O>D>U>X", ()


def _headline_keys(tier: Tier, picture: Picture) -> list[str]:
    """The figures that the headline shows, and the schema explains."""
    keys = list(dict.fromkeys(fact.key for fact in picture.headlines))
    return keys[: HEADLINES if tier is Tier.EXECUTIVE else None]


def _unread(picture: Picture) -> Iterator[Line]:
    for source, states in picture.unread.items():
        if states:
            yield f"@UNREAD {escape(source)}", [f"{escape(d)}:{s}" for d, s in states.items()]


def _headline(tier: Tier, picture: Picture) -> Iterator[Line]:
    keys, shorts = _headline_keys(tier, picture), picture.shorts
    known = [f for f in picture.facts if f.key in keys and not f.is_declared]
    for source, facts in groupby(sorted(known, key=lambda f: f.source), lambda f: f.source):
        shown = sorted(facts, key=lambda f: keys.index(f.key))
        words = [
            f"{_pair(f, shorts)}{_doubt(f)}{_trend(picture.trends.get((source, f.key), ()))}"
            for f in shown
        ]
        yield f"@POSTURE.{escape(source)}", words


def _gaps(tier: Tier, picture: Picture) -> Iterator[Line]:
    ranked = sorted(picture.gaps, key=lambda gap: gap.severity.rank)
    for severity, gaps in groupby(ranked, lambda gap: gap.severity):
        if tier is Tier.EXECUTIVE and severity.rank > Severity.HIGH.rank:
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
    shorts = picture.shorts
    ranked = sorted(picture.facts, key=lambda fact: (fact.confidence.rank, fact.key))
    for confidence, facts in groupby(ranked, lambda fact: fact.confidence):
        words = dict.fromkeys(f"{_pair(fact, shorts)}{_age(fact)}" for fact in facts)
        yield f"@FACTS.{LETTERS[confidence]}", list(words)


def _remedies(tier: Tier, picture: Picture) -> Iterator[Line]:
    for gap in picture.gaps:
        words = [f"gap:{escape(gap.id)}"]
        if tier is Tier.FULL:
            words.append(f"is:{escape(gap.title)}")
        words.append(f"do:{escape(gap.remedy)}")
        if tier is Tier.FULL:
            words += [
                f"since:{gap.opened_at:%Y-%m-%d}",
                f"who:[{','.join(map(escape, picture.names.get((gap.source, gap.id), ())))}]",
            ]
        yield "@RECOMMEND " + " ".join(words), ()


def _evidence(picture: Picture) -> Iterator[Line]:
    shorts = picture.shorts
    for fact in picture.facts:
        found = fact.evidence
        counted = f" n:{found.numerator}/{found.denominator}" if fact.is_counted else ""
        note = f" note:{escape(found.note)}" if found.note else ""
        letter = LETTERS[fact.confidence]
        as_of = f"as_of:{fact.as_of:%Y-%m-%dT%H:%MZ}"
        yield f"@EVIDENCE {_pair(fact, shorts)} {letter}{_age(fact)}{counted} {as_of}{note}", ()


def _events(picture: Picture) -> Iterator[Line]:
    for event in picture.events:
        actor, address = escape(event.actor), escape(event.source_ip)
        text = f"{escape(event.title)} actor:{actor} ip:{address} outcome:{escape(event.outcome)}"
        yield f"@EVENT.{LETTERS[event.severity]} {event.time:%Y-%m-%dT%H:%MZ} {text}", ()


def _pair(fact: KnownFact, shorts: Mapping[str, str]) -> str:
    return f"{shorts.get(fact.key) or escape(fact.key)}:{escape(fact.value)}"


def _doubt(fact: KnownFact) -> str:
    """The letter of a confidence that is less than verified."""
    if fact.confidence == Confidence.VERIFIED:
        return ""
    age = "" if fact.days_old is None else f",{fact.days_old}d"
    return f"({LETTERS[fact.confidence]}{age})"


def _age(fact: KnownFact) -> str:
    """How many days old it is, when that is why it is not verified."""
    return "" if fact.days_old is None else f"({fact.days_old}d)"


def _trend(history: Sequence[float]) -> str:
    if len(history) < 2 or history[-1] == history[-2]:
        return "→" if len(history) > 1 else ""
    return "↑" if history[-1] > history[-2] else "↓"
