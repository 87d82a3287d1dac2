"""Write docs/lists.md from the connector's own lists: python docs/make_lists.py."""

from pathlib import Path

from twin_okta.rules import load

PAGE = Path(__file__).parent / "lists.md"
HEAD = """# Lists

What the twin can be asked, row by row: `twin list KIND`, `twin query "SELECT …"`, the pages under
*Everything*, and the tools `twin_list` and `twin_query`. Kinds and columns are a public
schema: some are added, none is renamed or taken away. `twin query --schema` prints the
same of every connector.

NULL is what was not read, or what Okta did not send; a column says what else it may mean. A time is
ISO 8601 in UTC, a boolean yes or no (1 or 0 in SQL). Every list has a column `source` besides, the
connector that tells of it; with several connectors a kind has the columns that they share, and
`okta.users` is one connector's own.
"""


def page() -> str:
    """The page as it should be."""
    return "\n".join([HEAD, *map(_section, load("lists")["list"])])


def _section(row: dict) -> str:
    thing = f", each a {row['thing']} with a page of its own" if row.get("thing") else ""
    order = ", ".join(f"`{name}`" for name in row["order"])
    lines = [
        f"## {row['kind']}: {row['title']}",
        "",
        f"{row['meaning']} Sorted at any size by {order}{thing}.",
        "",
        "| column | type | meaning |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {kind} | {meaning} |" for name, kind, meaning, *_ in row["columns"]),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
