"""Which of Okta's rate limits a request counts against."""

import re
import tomllib
from functools import cache
from importlib.resources import files

_ID_SEGMENT = re.compile(r"\{id\}")


def bucket_name(path: str) -> str:
    """The bucket of a path such as `/api/v1/users/00u1/factors`."""
    exact, prefixes = _templates()
    for pattern, name in exact:
        if pattern.fullmatch(path):
            return name
    return next(name for prefix, name in prefixes if path.startswith(prefix))


@cache
def _templates() -> tuple[list[tuple[re.Pattern[str], str]], list[tuple[str, str]]]:
    text = files("twin_okta.api").joinpath("buckets.toml").read_text(encoding="utf-8")
    rows = [(row["path"], row["name"]) for row in tomllib.loads(text)["bucket"]]
    exact = [
        (re.compile(_ID_SEGMENT.sub("[^/]+", path)), name)
        for path, name in rows
        if not path.endswith("*")
    ]
    prefixes = [(path.removesuffix("*"), name) for path, name in rows if path.endswith("*")]
    return exact, sorted(prefixes, key=lambda row: -len(row[0]))
