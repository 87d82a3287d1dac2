"""What an enrichment costs when nothing is new, however much happened before.

Run: python benchmarks/history.py [--entries 500000]

An org of a thousand people has a log of a tenth of the entries, and another one of all of them; all
was read after the last. The twin is told of each once; what is measured are the enrichments after
that, the plugin's part and the host's. Ten times the history may cost a quarter more at most.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from large_snapshot import NOW, build, fill

MOST_TIMES = 1.25
RUNS = 7
PEOPLE = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=500_000)
    arguments = parser.parse_args()
    taken_s: list[float] = []
    for entries in (arguments.entries // 10, arguments.entries):
        with tempfile.TemporaryDirectory() as folder:
            first_s, again_s, events = measure(Path(folder), entries)
        taken_s.append(again_s)
        print(
            f"{entries:>8} entries: {first_s:6.2f} s for all {events} events, "
            f"then {again_s * 1000:.1f} ms for none"
        )
    print(f"ten times the history, {taken_s[1] / taken_s[0]:.2f} times the time")
    if taken_s[1] > MOST_TIMES * taken_s[0]:
        sys.exit(f"more than {MOST_TIMES} times")


def measure(folder: Path, entries: int) -> tuple[float, float, int]:
    """The seconds of the first enrichment and of one with nothing new, and how many events."""
    from twin_host.home import Home
    from twin_host.twin import Twin

    home = Home(folder / "twin")
    home.ensure()
    folder = home.state_dir("okta")
    build(folder, users=PEOPLE, assignments=10 * PEOPLE)
    fill(folder, entries, people=PEOPLE)
    twin = Twin(home, clock=lambda: NOW)
    begun_s = time.process_time()
    events = twin.enrich("okta").new_events
    first_s, again_s = time.process_time() - begun_s, float("inf")
    for _ in range(RUNS):
        begun_s = time.process_time()
        if twin.enrich("okta").new_events:
            sys.exit("an event was told twice")
        again_s = min(again_s, time.process_time() - begun_s)
    return first_s, again_s, events


if __name__ == "__main__":
    main()
