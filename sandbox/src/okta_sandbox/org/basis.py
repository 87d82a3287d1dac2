"""What every part of an org is computed from."""

from typing import Literal

from attrs import Factory, frozen

from okta_sandbox.org.changes import Changes

Edition = Literal["identity-engine", "classic"]


@frozen(eq=False)
class Basis:
    """The seed, the instant all dates look back from, the kind of org, and what changed since.

    `oddities` says whether there are values that no specification lists, `variety` whether there
    is something of everything that a definition can go wrong on.
    """

    seed: int
    as_of_s: int
    edition: Edition = "identity-engine"
    oddities: bool = True
    variety: bool = False
    changes: Changes = Factory(Changes)
