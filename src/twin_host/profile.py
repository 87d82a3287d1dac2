"""The twin's profile: people write it, and each connector keeps one section of it up to date."""

import os
from pathlib import Path

from twin_host.errors import HostError
from twin_host.home import replace_file

NEW_PROFILE = "# Profile\n"


class ProfileDamaged(HostError):
    """A connector's section has lost one of its markers."""


def rewrite_section(path: Path, source: str, markdown: str) -> None:
    """Replace a source's section; every byte around it stays as a person left it.

    Raises ProfileDamaged, with the file untouched, when the section's markers are not one pair.
    """
    begin, end = f"<!-- twin:begin {source} -->", f"<!-- twin:end {source} -->"
    before, after = _around(_read(path), path, begin, end)
    body = markdown.replace("<!-- twin:", "<!-- twin :").strip("\n")
    replace_file(path, f"{before}{begin}\n{body}\n{end}{after}")


def _read(path: Path) -> str:
    if not path.exists():
        return NEW_PROFILE
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _around(text: str, path: Path, begin: str, end: str) -> tuple[str, str]:
    begins, ends = text.count(begin), text.count(end)
    if begins == ends == 0:
        newline = "" if not text or text.endswith(("\n", "\r")) else os.linesep
        return f"{text}{newline}\n", "\n"
    if not begins == ends == 1 or text.index(begin) > text.index(end):
        raise ProfileDamaged(
            f"The markers in {path} are damaged: there must be one {begin} and after it one {end}. "
            "Mend them, or remove both and the section is written anew at the end."
        )
    return text[: text.index(begin)], text[text.index(end) + len(end) :]
