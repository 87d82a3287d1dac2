"""What a value must be like beyond its type. It is said where the value is declared, and the host
checks it wherever a connector gives one: `Annotated` types that read as plain ones."""

from typing import Annotated

from attrs import frozen

LONGEST_TEXT = 100_000
"""Characters of any text that does not say otherwise."""


@frozen
class Like:
    """Text that matches the whole of `pattern`, which is `what`."""

    pattern: str
    what: str


@frozen
class Longest:
    """Text of at most so many characters."""

    characters: int


@frozen
class AtLeast:
    """A number that is not smaller."""

    number: int


Name = Annotated[str, Like(r"[a-z][a-z0-9_]*", "a name of a-z, 0-9 and _")]
"""What becomes a folder, a flag, a tool: a connector, a setting, an option."""
Word = Annotated[str, Like(r"[^\s\x00-\x1f\x7f-\x9f]+", "one word without spaces")]
Slug = Annotated[str, Like(r"[a-z0-9]+(-[a-z0-9]+)*", "an id of a-z, 0-9 and -")]
Filled = Annotated[str, Like(r"(?s).*\S.*", "text with something in it")]
Nist = Annotated[
    str, Like(r"(GV|ID|PR|DE|RS|RC)\.[A-Z]{2}-\d{2}", "a NIST CSF 2.0 subcategory like PR.AA-03")
]
Environment = Annotated[str, Like(r"([A-Z_][A-Z0-9_]*)?", "the name of an environment variable")]
LongText = Annotated[str, Longest(2_000_000)]
"""SQL, Markdown and the product's own entries."""
Count = Annotated[int, AtLeast(0)]
Amount = Annotated[float, AtLeast(0)]
