"""What a connector tells the twin: facts, gaps, events, a section of the profile."""

from collections.abc import Iterable
from datetime import datetime

from attrs import frozen

from twin_host.contract.lists import List
from twin_host.contract.values import Amount, Count, Filled, LongText, Nist, Slug, Word
from twin_host.contract.words import Confidence, Severity


@frozen(kw_only=True)
class Evidence:
    """Where a figure comes from.

    `numerator` of `denominator`, read from `datasets`, `complete` or not; `population` is how
    many there are in all when fewer were read; `margin` is how far from the figure the 95 %
    interval reaches at most, in percentage points, when it is a sample. `query` is a SELECT over
    the connector's `snapshot.db` that lists the subjects, and can be run again at any time: `id`,
    then `login` for a person or `label` for anything else, then whatever else helps; `kind` is what
    they are, such as user or app.
    """

    complete: bool
    datasets: tuple[str, ...] = ()
    numerator: Count | None = None
    denominator: Count | None = None
    population: Count | None = None
    margin: Amount | None = None
    kind: str = ""
    query: LongText = ""
    definition: str = ""
    note: str = ""


@frozen(kw_only=True)
class Fact:
    """One figure of the twin, `key:value` without spaces; `as_of` is when its data was read.

    `title` and `section` (the title of one of the manifest's sections) say how it is shown.
    `headline` is its place among the figures that say most, 1 first, and `short` the abbreviation
    of such a figure; a `detail` is a breakdown that summaries leave out. A trend never crosses a
    change of `definition_version`.
    """

    key: Word
    value: Word
    confidence: Confidence
    as_of: datetime
    evidence: Evidence
    title: str = ""
    section: str = ""
    short: str = ""
    headline: Count | None = None
    detail: bool = False
    definition_version: Count = 1


@frozen(kw_only=True)
class Gap:
    """A weakness with a stable id. A count of zero closes it; a gap that could not be judged
    is left out, and stays as it was. `nist` is a NIST CSF 2.0 subcategory such as PR.AA-03.

    `query` is a SELECT over the connector's `snapshot.db` that lists its subjects as that of an
    Evidence does, which are of one `kind`; `digest` is a hash of their ids, which changes whenever
    they do.
    """

    id: Slug
    severity: Severity
    title: Filled
    nist: Nist
    remedy: Filled
    count: Count
    as_of: datetime
    kind: str = ""
    query: LongText = ""
    digest: str = ""
    complete: bool = True
    note: str = ""


@frozen(kw_only=True)
class SecurityEvent:
    """One notable thing that happened. `id` is the product's own, so that reading twice stores
    once; the product's own entry stays in the snapshot (`ConnectorInfo.event_entry`)."""

    id: Filled
    time: datetime
    event_type: Filled
    severity: Severity
    category: Filled
    title: Filled
    outcome: str = ""
    reason: str = ""
    actor: str = ""
    targets: tuple[str, ...] = ()
    source_ip: str = ""
    country: str = ""
    mitre: tuple[str, ...] = ()


@frozen(kw_only=True)
class Enrichment:
    """What a connector tells the twin. `events` is read once, as a stream.

    `profile` is the Markdown of the connector's own section: headings, lists, tables and plain
    text. Links, images and HTML are shown as text, and names from outside go through
    `markdown_text`. `org` is the id of what the snapshot was read from, as in a SyncReport.

    `bookmark` says, in the connector's own words, up to where the snapshot has told its events. The
    host keeps it with them and lends it to the next enrichment, which may leave out what is before
    it. Without one all events are told each time.

    `lists` are what else the snapshot can be asked.
    """

    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    events: Iterable[SecurityEvent]
    profile: LongText
    org: str = ""
    bookmark: str = ""
    lists: tuple[List, ...] = ()
