"""What a dataset says of itself in one place is what every other place goes by."""

from itertools import product

import pytest

from twin_okta.asked import Asked, default_options
from twin_okta.datasets import DATASETS, Disposition, scopes_of
from twin_okta.manifest import connector_info
from twin_okta.schema import wanted_views
from twin_okta.sync.order import in_order
from twin_okta.sync.readers import READERS

OPTIONS = sorted({option for dataset in DATASETS.values() for option in dataset.options})


def test_every_dataset_has_a_reader_and_every_reader_a_dataset():
    """The log has a way of its own."""
    assert list(READERS) == [name for name in DATASETS if name != "logs"]


def test_what_hangs_on_subjects_has_subjects_and_a_reader_for_each_kind():
    for name, dataset in DATASETS.items():
        assert bool(dataset.subjects) == bool(dataset.hang_on) == bool(dataset.subjects_are)
        assert set(dataset.hang_on) <= set(dataset.tables)
        if name in READERS:
            assert bool(READERS[name].whole) == bool(dataset.listed)
            assert bool(READERS[name].since) == (dataset.disposition is Disposition.MERGE)


def test_the_manifest_has_the_options_that_datasets_name_and_how_far_back_the_log_goes():
    names = [option.name for option in connector_info().options]
    assert sorted(names) == sorted([*OPTIONS, "hours_back"])


def test_the_manifest_asks_for_the_scopes_of_the_datasets_and_no_other():
    names = [permission.name for permission in connector_info().permissions]
    assert sorted(names) == sorted(scopes_of(DATASETS))


def test_every_table_belongs_to_one_dataset_and_has_its_view():
    tables = [table for dataset in DATASETS.values() for table in dataset.tables]
    assert len(tables) == len(set(tables))
    views = {name for name, _ in wanted_views()}
    assert {f"shown_{table.removeprefix('okta_')}" for table in tables} <= views


def test_a_dataset_comes_after_and_needs_only_what_there_is():
    for dataset in DATASETS.values():
        assert set(dataset.after) <= DATASETS.keys()
        assert not dataset.needs or dataset.needs in dataset.after


@pytest.mark.parametrize("on", [*product([True, False], repeat=len(OPTIONS))])
def test_a_dataset_is_asked_for_when_all_its_options_are_on(on):
    options = dict(zip(OPTIONS, on, strict=True))

    asked = Asked.by(options)

    for name, dataset in DATASETS.items():
        off = [option for option in dataset.options if not options[option]]
        assert (name in asked.datasets) == (not off)
        assert asked.turned_off.get(name, "") == (off[0] if off else "")
    order = [dataset.name for dataset in in_order(asked.datasets)]
    assert sorted(order) == sorted(asked.datasets)
    for name in order:
        before = set(DATASETS[name].after) & asked.datasets.keys()
        assert before <= set(order[: order.index(name)])


def test_what_is_not_said_is_as_the_manifest_says():
    assert Asked.by({}) == Asked.by(default_options())
    assert Asked.by({}).is_usual_time
    assert not Asked.by({"hours_back": 168}).is_usual_time
