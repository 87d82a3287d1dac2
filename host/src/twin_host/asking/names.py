"""Finding a thing by its names: whole, by a beginning, by parts of words, or by what is nearest.

Every thing of every list is kept by its names beside the twin's own knowledge. What changed in a
list since it was last looked at is all that is written.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from attrs import frozen

from twin_host.asking.catalogue import KnownList
from twin_host.asking.tables import folded, quoted
from twin_host.store import Row, Store
from twin_host.subjects import SNAPSHOT

AT_ONCE = 20_000
"""So many things are written before others may write."""
LETTERS = 3
"""How long a part of a word is at least, by which things are found."""
NEAR = 0.6
"""How alike two names must be, from 0 to 1, to take one for the other."""
MOST_ALIKE = 3_000
"""So many things with some letters of a word in common are compared with it."""

FOUND = """
CREATE TEMP TABLE found AS SELECT {id} AS id, {label} AS label, folded({label}) AS folded_label,
    names({names}) AS folded FROM {table} WHERE {id} IS NOT NULL
"""
IS_SAME = "f.id = t.id AND f.label = t.label AND f.folded = t.folded"
GONE = f"""
DELETE FROM thing AS t WHERE source = ? AND kind = ?
    AND NOT EXISTS (SELECT 1 FROM found f WHERE {IS_SAME})
"""
NEW = f"""
SELECT ? AS source, ? AS kind, id, label, folded_label, folded FROM found f
WHERE NOT EXISTS (SELECT 1 FROM thing t WHERE t.source = ? AND t.kind = ? AND {IS_SAME})
"""
ADD = """
INSERT INTO thing (source, kind, id, label, folded_label, folded)
VALUES (:source, :kind, :id, :label, :folded_label, :folded)
"""
BY_ID = "SELECT * FROM thing WHERE id = :text"
BY_LABEL = "SELECT * FROM thing WHERE folded_label = :word"
BEGINS = "SELECT * FROM thing WHERE folded_label >= :word AND folded_label < :end"
HOLDS = """
SELECT t.* FROM search_thing s JOIN thing t ON t.number = s.rowid
WHERE s.search_thing MATCH :letters AND {tests}
"""
COMMON = """
SELECT t.* FROM search_thing s JOIN thing t ON t.number = s.rowid
WHERE s.search_thing MATCH ? LIMIT ?
"""


@frozen
class Named:
    """A thing, by where it is listed, its id and its label."""

    source: str
    kind: str
    id: str
    label: str
    names: tuple[str, ...] = ()


def index_things(store: Store, folder: Path, lists: Sequence[KnownList]) -> None:
    """Bring the names up to date with the connectors' lists; what did not change is not written."""
    store.function("folded", folded)
    store.function("names", _names)
    for known in lists:
        if known.about.thing:
            _index(store, folder, known)
    kinds = {(known.source, known.about.kind) for known in lists if known.about.thing}
    for row in store.rows("SELECT DISTINCT source, kind FROM thing"):
        if (row["source"], row["kind"]) not in kinds:
            store.write("DELETE FROM thing WHERE source = :source AND kind = :kind", [row])


def called(store: Store, text: str, *, limit: int) -> list[Named]:
    """Those of that id or name, in any case."""
    word = folded(text.strip()) or ""
    found = _named(store, BY_ID, {"text": text.strip()})
    found += _named(store, BY_LABEL, {"word": word})
    found += (it for it in islice(_holding(store, [word]), MOST_ALIKE) if word in it.names)
    return list(dict.fromkeys(found))[:limit]


def beginning(store: Store, text: str, *, limit: int) -> list[Named]:
    """Those whose name begins so, in the order of their names."""
    word = folded(text.strip()) or ""
    wanted = {"word": word, "end": word + chr(0x10FFFF), "limit": limit}
    return _named(store, f"{BEGINS} ORDER BY folded_label LIMIT :limit", wanted) if word else []


def holding(store: Store, words: Sequence[str], *, limit: int) -> list[Named]:
    """Those in whose names all of the words are, whole or as parts."""
    return list(islice(_holding(store, [folded(word) or "" for word in words]), limit))


def nearest(store: Store, text: str, *, limit: int) -> list[Named]:
    """Those whose names are spelt most like it."""
    word = folded(text.strip()) or ""
    parts = _parts(word)
    if not parts:
        return []
    alike = dict[Named, float]()
    for part in parts:
        for row in store.rows(COMMON, (_quoted(part), MOST_ALIKE // len(parts))):
            named = _of_row(row)
            if named not in alike:
                alike[named] = max(_alike(word, name) for name in named.names)
    near = sorted((it for it in alike.items() if it[1] >= NEAR), key=lambda it: -it[1])
    return [named for named, _ in near[:limit]]


def _index(store: Store, folder: Path, known: KnownList) -> None:
    about = known.about
    with store.beside(known.source, folder / known.source / SNAPSHOT):
        names = dict.fromkeys((about.label or about.key[0], *about.found_by))
        store.execute("DROP TABLE IF EXISTS temp.found")
        store.execute(
            FOUND.format(
                id=quoted(about.key[0]),
                label=f"coalesce({quoted(about.label or about.key[0])}, {quoted(about.key[0])})",
                names=", ".join(map(quoted, names)),
                table=quoted(known.table),
            )
        )
        store.execute("CREATE UNIQUE INDEX temp.found_id ON found (id)")
        where = (known.source, about.kind)
        store.write(GONE, [where])
        new = store.stream(NEW, where * 2)
        while some := list(islice(new, AT_ONCE)):
            with store.together():
                store.write(ADD, some)
        store.execute("DROP TABLE temp.found")


def _holding(store: Store, words: Sequence[str]) -> Iterator[Named]:
    letters = [_quoted(part) for word in words for part in _parts(word)]
    if not letters:
        return
    values = {f"word_{at}": word for at, word in enumerate(words)}
    tests = " AND ".join(f"instr(t.folded, :{name})" for name in values)
    sql = HOLDS.format(tests=tests)
    for row in store.stream(sql, values | {"letters": " AND ".join(letters)}):
        yield _of_row(row)


def _named(store: Store, sql: str, values: dict[str, str | int]) -> list[Named]:
    return [_of_row(row) for row in store.rows(sql, values)]


def _of_row(row: Row) -> Named:
    return Named(
        row["source"], row["kind"], row["id"], row["label"], tuple(row["folded"].split("\n"))
    )


def _names(*names: object) -> str:
    """All names of one thing as they are kept."""
    known = (folded(" ".join(str(name).split())) for name in names if name is not None)
    return "\n".join(dict.fromkeys(filter(None, known)))


def _parts(word: str) -> list[str]:
    """All that a word has of so many letters; none when it is shorter."""
    starts = range(len(word) - LETTERS + 1)
    return list(dict.fromkeys(word[at : at + LETTERS] for at in starts))


def _quoted(part: str) -> str:
    """As FTS5 takes it, whatever was typed; a text ends for it where a zero byte is."""
    return '"' + part.replace('"', '""').replace("\x00", " ") + '"'


def _alike(word: str, name: str) -> float:
    """From 0 to 1; a name is also compared without what follows an @."""
    return max(SequenceMatcher(None, word, each).ratio() for each in (name, name.partition("@")[0]))
