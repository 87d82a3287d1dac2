"""The conformance kit finds what is wrong with a connector: each fault by the check made for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.entra_id_product import install

FAULTS = {
    "another name": (
        'if connector != INFO.name:\n        return None\n'
        '    with closing(_snapshot(context)) as snapshot:\n'
        '        read = dict(snapshot.execute("SELECT name, as_of FROM dataset"))\n        return',
        "with closing(_snapshot(context)) as snapshot:\n"
        '        read = dict(snapshot.execute("SELECT name, as_of FROM dataset"))\n        return',
        "test_it_answers_for_its_own_name_only[enrich]",
    ),
    "a secret among the settings": (
        'for name in kept if name != "client_secret"',
        "for name in kept",
        "test_settings_hold_no_secret_and_can_be_written_down",
    ),
    "a secret in the snapshot": (
        "snapshot.execute(\"INSERT OR REPLACE INTO dataset VALUES (?, ?)\", (name, as_of))",
        "snapshot.execute('INSERT OR REPLACE INTO dataset VALUES (?, ?)', "
        "(context.secrets.get('client_secret').reveal(), as_of))",
        "test_no_secret_is_stored_or_told",
    ),
    "a denial called complete": (
        "return DatasetReport(state=DatasetState.DENIED, reason=reason)",
        "return DatasetReport(state=DatasetState.COMPLETE)",
        "test_a_denied_dataset_is_named_and_no_figure_on_it_is_verified",
    ),
    "a value with a space": (
        'value="entra_id"',
        'value="Entra ID P2"',
        "test_facts_are_explained_and_verified_only_when_complete",
    ),
    "a random answer": (
        '"## Identity (Entra ID)',
        '__import__("secrets").token_hex() + "## Identity (Entra ID)',
        "test_enriching_again_says_the_same_and_asks_nobody",
    ),
    "two values of one key": (
        '("sso_apps", "apps", APPS)',
        '("sso_apps", "apps", APPS), ("sso_apps", "apps", APPS)',
        "test_no_secret_is_stored_or_told",
    ),
    "a time without a zone": (
        'datetime.fromisoformat(entry["createdDateTime"])',
        'datetime.fromisoformat(entry["createdDateTime"][:19])',
        "test_each_event_is_there_once_with_its_own_entry",
    ),
    "a word that is no severity": (
        "severity=Severity.HIGH",
        'severity="awful"',
        "test_a_gap_counts_those_it_lists",
    ),
    "arguments by place": (
        "return Capability(granted=True)",
        "return Capability(True)",
        "test_a_connection_tells_who_we_are_and_what_we_may_read",
    ),
    "a failure that was not foreseen": (
        "raise CannotGoOn(f",
        "raise RuntimeError(f",
        "test_a_damaged_snapshot_is_a_failure_that_was_foreseen",
    ),
    "a plan without a reason": (
        'if name in read else "Never read."',
        'if name in read else "No."',
        "test_a_plan_says_of_every_dataset_how_and_why",
    ),
    "a plan that forgets": (
        'read = dict(snapshot.execute("SELECT name, as_of FROM dataset"))\n    datasets',
        'read = dict(snapshot.execute("DELETE FROM dataset RETURNING name, as_of"))\n'
        '        snapshot.commit()\n    datasets',
        "test_a_plan_changes_nothing",
    ),
    "subjects without an id": (
        'APPS = """SELECT id, ',
        'APPS = """SELECT id AS number, ',
        "test_everybody_behind_a_figure_or_a_gap_can_be_listed",
    ),
    "a query that writes": (
        'yield _fact(key, str(count), count, count, (dataset,), query, moment)',
        'yield _fact(key, str(count), count, count, (dataset,), "DELETE FROM record", moment)',
        "test_everybody_behind_a_figure_or_a_gap_can_be_listed",
    ),
    "a bookmark that is believed unseen": (
        "events=tuple(_events(snapshot))",
        "events=() if context.bookmark else tuple(_events(snapshot))",
        "test_a_bookmark_leaves_out_what_was_told_and_nothing_else",
    ),
    "a bookmark that is never looked at": (
        "events=tuple(_events(snapshot))",
        "bookmark='1', events=tuple(_events(snapshot))",
        "test_a_bookmark_leaves_out_what_was_told_and_nothing_else",
    ),
    "a count that is not its list's": (
        "count=len(people)",
        "count=len(people) + 1",
        "test_a_gap_counts_those_it_lists",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    install(folder)
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault, installed, tmp_path):
    right, wrong, check = FAULTS[fault]
    shutil.copytree(installed, tmp_path, dirs_exist_ok=True)
    plugin = tmp_path / "twin_entra_id" / "plugin.py"
    text = plugin.read_text()
    assert text.count(right) == 1
    plugin.write_text(text.replace(right, wrong))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "twin_host.conformance",
         "-p", "no:cacheprovider", "-k", check.partition("[")[0], "--connector", "entra_id",
         "--product", "tests.support.entra_id_product:entra_id_product"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:."},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )  # fmt: skip

    assert done.returncode == 1
    assert f"::{check}" in done.stdout
