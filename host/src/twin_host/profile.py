"""The twin's profile: people write it, and each connector keeps one section of it up to date."""

import os
import re
from pathlib import Path

from twin_host.contract.text import written_out
from twin_host.errors import HostError
from twin_host.home import replace_file

NEW_PROFILE = "# Profile\n"
_NEWLINE = re.compile(r"\r\n?|\u0085|\u2028|\u2029")
_LEADS = re.compile(r"(\\*)(\[|:(?=//))")
_TITLE = re.compile(r"(?m)^ {0,3}#(?=[ \t]|$)")


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
    body = _harmless(markdown).strip("\n")
    replace_file(path, f"{before}{begin}\n{body}\n{end}{after}")


def remove_section(path: Path, source: str) -> None:
    """Take a source's section out, markers and all. Raises ProfileDamaged as `rewrite_section`."""
    begin, end = f"<!-- twin:begin {source} -->", f"<!-- twin:end {source} -->"
    before, after = _around(read_profile(path), path, begin, end)
    replace_file(path, before.rstrip("\n") + "\n" + after.lstrip("\n"))


def has_section(path: Path, source: str) -> bool:
    """Whether anything of a source stands in the profile."""
    return f"<!-- twin:begin {source} -->" in read_profile(path)


def _harmless(markdown: str) -> str:
    """A section's Markdown without what leads elsewhere or is no text: links, images, HTML and
    comments (a marker is one) are shown as they are written, and no title competes with ours."""
    text = written_out(_NEWLINE.sub("\n", markdown), keep="\n\t").replace("<", "&lt;")
    return _TITLE.sub("##", _LEADS.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    """Escaped once, unless it is."""
    slashes, sign = found[1], found[2]
    return found[0] if len(slashes) % 2 else f"{slashes}\\{sign}"


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
