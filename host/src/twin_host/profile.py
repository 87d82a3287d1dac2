"""The twin's profile: people write it, and each connector keeps one section of it up to date."""

import os
from pathlib import Path

from twin_host.errors import HostError
from twin_host.home import replace_file

NEW_PROFILE = "# Profile\n"


class ProfileDamaged(HostError):
    """The file is not text, or a connector's section has lost one of its markers."""


def read_profile(path: Path) -> str:
    """The profile as it is; empty when there is none. Raises ProfileDamaged when it cannot be read
    or is not UTF-8."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ProfileDamaged(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise ProfileDamaged(
            f"{path} is not UTF-8 text, so it was left alone: save it as UTF-8 and sync again."
        ) from None


def rewrite_section(path: Path, source: str, markdown: str) -> None:
    """Replace a source's section; every byte around it stays as a person left it.

    Raises ProfileDamaged, with the file untouched, when it is not UTF-8 or the section's
    markers are not one pair.
    """
    begin, end = f"<!-- twin:begin {source} -->", f"<!-- twin:end {source} -->"
    before, after = _around(read_profile(path) or NEW_PROFILE, path, begin, end)
    body = markdown.replace("<!-- twin:", "<!-- twin :").strip("\n")
    replace_file(path, f"{before}{begin}\n{body}\n{end}{after}")


def has_section(path: Path, source: str) -> bool:
    """Whether anything of a source stands in the profile."""
    return f"<!-- twin:begin {source} -->" in read_profile(path)


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
