"""One org of each connector is shown: what is kept of another never stands under its name.

The org is whatever a connector reads as a whole: an organisation, a tenant. Facts, their history,
gaps, events and syncs of another one are set aside under its id, where nothing shows, counts, finds
or compares them, and come back when it is that one's turn again. What people declared stays.
"""

from twin_host.store import Store

KEPT = {
    "fact": "key",
    "reading": "key",
    "gap": "id",
    "event": "number",
    "bookmark": "source",
    "list": "place",
    "sync": "number",
}
"""The tables with what is kept of a source, each with its order. Beside each is one for what is set
aside; the number of an event or a sync, the order in which the twin learnt of it, is given anew."""

SET_ORG = "INSERT OR REPLACE INTO org VALUES (?, ?)"


def shown_org(store: Store, source: str) -> str:
    """Whose everything is that the twin shows of a source; empty when it was never told."""
    found = store.rows("SELECT id FROM org WHERE source = ?", (source,))
    return str(found[0]["id"]) if found else ""


def show_org(store: Store, source: str, org: str) -> bool:
    """Set aside what is kept of another org and take back what is kept of this one; says whether
    there was another.

    An org that a connector cannot tell is the one that is shown, and what an older version kept
    without a name is of the first org that has one. To be called with `together`.
    """
    before = shown_org(store, source)
    if org in ("", before):
        return False
    store.write(SET_ORG, [(source, org)])
    if not before:
        return False
    for table in KEPT:
        _move(store, table, source, before, org)
    for table in ("search_knowledge", "thing"):
        store.write(f"DELETE FROM {table} WHERE source = ?", [(source,)])
    return True


def name_org(store: Store, source: str, org: str) -> None:
    """Say whose it is what was kept without a name."""
    if not shown_org(store, source):
        store.write(SET_ORG, [(source, org)])


def _move(store: Store, table: str, source: str, before: str, org: str) -> None:
    columns = ", ".join(_columns(store, table))
    store.write(
        f"INSERT INTO aside_{table} (org, {columns}) SELECT ?, {columns} FROM {table} "
        f"WHERE source = ? ORDER BY {KEPT[table]}",
        [(before, source)],
    )
    store.write(f"DELETE FROM {table} WHERE source = ?", [(source,)])
    store.write(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM aside_{table} "
        "WHERE source = ? AND org = ? ORDER BY rowid",
        [(source, org)],
    )
    store.write(f"DELETE FROM aside_{table} WHERE source = ? AND org = ?", [(source, org)])


def _columns(store: Store, table: str) -> list[str]:
    """All but the number, which is given anew."""
    rows = store.rows("SELECT name FROM pragma_table_info(?)", (table,))
    return [row["name"] for row in rows if row["name"] != "number"]
