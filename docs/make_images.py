"""Makes docs/images/demo.svg from the real output of `twin demo`; run it when that changes."""

import io
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
FIRST, LAST = "2. First sync", "Who is behind the gaps"


def main() -> None:
    twin = Path(sys.executable).parent / "twin"
    done = subprocess.run([twin, "demo"], check=True, capture_output=True, text=True)  # noqa: S603
    lines = done.stdout.splitlines()
    shown = lines[lines.index(FIRST) + 1 : lines.index(LAST)]
    console = Console(record=True, width=82, file=io.StringIO())
    for line in ["$ twin sync okta", *shown]:
        console.print(Text(line, style=style(line)), soft_wrap=True)
    console.save_svg(str(IMAGES / "demo.svg"), title="twin sync okta")


def style(line: str) -> str:
    """The colours that a terminal shows."""
    words = {"critical": "bold red", "high": "red", "medium": "yellow", "complete (": "green"}
    return next((colour for word, colour in words.items() if line.startswith(word)), "")


if __name__ == "__main__":
    main()
