"""`twin sync NAME`, made from the manifest, and what is shown after it."""

import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import click
from attrs import evolve

from twin_host import shapes
from twin_host.cli import show, streams
from twin_host.cli.changing import last_that_told, show_worst
from twin_host.cli.kinds import TimeSpan
from twin_host.cli.progress import progress_lines, stop_on_interrupt
from twin_host.cli.root import DONE_IN_PART, INTERRUPTED, echo_json, twin
from twin_host.contract import Budget, OptionValue, SyncOption, SyncPlan, SyncStatus
from twin_host.known import KnownFact
from twin_host.medium import flag, for_the_command_line
from twin_host.registry import Connector
from twin_host.twin import SyncOutcome

MOST_FACTS = 16
PLAN = "Say what would be read, how, why and what it takes; read nothing but the newest of the log."
BUDGET = "Stop in good order after this time, such as 90s, 10m or 1h30m; the next sync goes on."
MAX_REQUESTS = "Stop in good order after so many requests; the next sync goes on."


def sync_command(connector: Connector) -> click.Command:
    """`twin sync NAME`, with a flag for each option of the manifest."""

    def sync(
        *,
        as_json: bool,
        quiet: bool,
        only_plan: bool,
        budget: float | None,
        max_requests: int | None,
        **given: Any,
    ) -> None:
        options: dict[str, OptionValue] = {n: v for n, v in given.items() if v is not None}
        bound = Budget(requests=max_requests, seconds=budget)
        if only_plan:
            _show_plan(connector, twin().plan(name, options, budget=bound), as_json=as_json)
            return
        known = last_that_told(twin(), name)
        with progress_lines(quiet=quiet) as lines, stop_on_interrupt() as cancelled:
            outcome = twin().sync(name, options, budget=bound, report=lines, cancelled=cancelled)
        if as_json:
            echo_json(shapes.sync(outcome.report, outcome.ingested))
        elif outcome.ingested:
            show_sync(connector, outcome, after_sync=known)
        if outcome.report.error:
            streams.say(f"Error: {outcome.report.error}")
        sys.exit(_exit_status(outcome, interrupted=cancelled.is_set()))

    name = connector.info.name
    params: list[click.Parameter] = [sync_option(option) for option in connector.info.options]
    params += [
        click.Option(["--plan", "only_plan"], is_flag=True, help=PLAN),
        click.Option(["--budget"], type=TimeSpan(), help=BUDGET),
        click.Option(["--max-requests"], type=click.IntRange(1), help=MAX_REQUESTS),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON document."),
        click.Option(["--quiet"], is_flag=True, help="Show no progress."),
    ]
    text = f"Read {connector.info.title} and bring the twin up to date.\n\n\b\nExamples:\n"
    text += f"  twin sync {name}\n  twin sync {name} --plan\n  twin sync {name} --budget 10m"
    return click.Command(name, callback=sync, params=params, help=text)


def _show_plan(connector: Connector, plan: SyncPlan, *, as_json: bool) -> None:
    if as_json:
        echo_json(shapes.plan(plan))
    elif not plan.error:
        notes = [for_the_command_line(connector.info, note) for note in plan.notes]
        show.plan(evolve(plan, notes=tuple(notes)))
    if plan.error:
        streams.say(f"Error: {plan.error}")
        sys.exit(1)


def show_sync(connector: Connector, outcome: SyncOutcome, *, after_sync: int) -> None:
    """What a security lead wants to know after a sync; `after_sync` is the last one that had found
    changes before it."""
    notes = [for_the_command_line(connector.info, note) for note in outcome.report.notes]
    show.sync(evolve(outcome.report, notes=tuple(notes)))
    with twin().moment() as now:
        facts, gaps = now.facts(connector.info.name), now.gaps()
    show_worst(twin(), connector.info.name, after_sync=after_sync)
    show.heading("Posture")
    show.facts(islice(telling(facts), MOST_FACTS))
    show.heading("Gaps")
    show.gaps(gaps)
    new = outcome.ingested.new_events if outcome.ingested else 0
    show.line()
    show.line(f"{new} new security events: twin events. Who is behind a figure: twin explain KEY.")


def sync_option(option: SyncOption) -> click.Option:
    """The flag of one option of the manifest."""
    if option.type == "boolean":
        name = flag(option)
        declaration = [f"{name}/--no-{name[2:]}", option.name]
        usual = "On" if option.default else "Off"
        return click.Option(declaration, default=None, help=f"{option.help} {usual} by default.")
    text = f"{option.help} Default: {option.default}."
    return click.Option([flag(option), option.name], type=int, help=text)


def _exit_status(outcome: SyncOutcome, *, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    status = {SyncStatus.COMPLETE: 0, SyncStatus.FAILED: 1, SyncStatus.PARTIAL: DONE_IN_PART}
    return status[outcome.report.status]


def telling(facts: Iterable[KnownFact]) -> Iterator[KnownFact]:
    """The facts that say most, first; without the details."""
    return (fact for fact in sorted(facts, key=lambda fact: fact.weight) if not fact.detail)
