"""What the twin can be asked of a connector: lists of things, over its own snapshot."""

from attrs import frozen

from twin_host.contract.values import Filled, Name
from twin_host.contract.words import ColumnType

CHANGES = "changes"
"""The kind of the list that says what changed. `twin changes`, its page and the report of a sync
tell of it by these columns: `time` when it was found and in which `sync`, a number that grows;
`severity`; `label`; `change`, which is appeared, went or changed; of what changed the `column`,
`before` and `after`; and `weight`, largest for the worst of the newest sync."""


@frozen(kw_only=True)
class Column:
    """One column of a list. NULL in it means that it was not read or not sent; `meaning` says its
    unit, and what else NULL may mean. `of` is the thing whose id it holds, such as user; where that
    differs from row to row, `of_column` is the column of the list which says it."""

    name: Name
    type: ColumnType
    meaning: Filled
    of: str = ""
    of_column: str = ""


@frozen(kw_only=True)
class Part:
    """A section of the page of one thing: the rows of the list `kind` whose column `by` holds the
    thing's id."""

    name: Name
    title: Filled
    kind: Name
    by: Name


@frozen(kw_only=True)
class List:
    """One kind of thing, and what is known of each: a view of the connector's `snapshot.db` that
    is named as `kind`, with these columns in this order.

    `key` are the columns that together tell rows apart, and `label` is what people call a row.
    Where each is a `thing` with a page of its own the key is one column, its id. `match` holds what
    is the same in every connector that knows it, an e-mail address; `found_by` are further columns
    that hold names. The list can be sorted by a
    column of `order` at any size, by the first unless another is asked for, and `descending` when
    that reads better. `shown` are the columns that people see first. `notes` say what of it was not
    read, and why.
    """

    kind: Name
    title: Filled
    meaning: Filled
    columns: tuple[Column, ...]
    order: tuple[Name, ...]
    shown: tuple[Name, ...]
    thing: str = ""
    key: tuple[Name, ...] = ("id",)
    label: str = ""
    match: str = ""
    found_by: tuple[Name, ...] = ()
    descending: bool = False
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)
