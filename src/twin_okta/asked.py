"""What a sync was asked for."""

from collections.abc import Mapping
from typing import Self

from attrs import frozen

from twin_host.contract import OptionValue
from twin_okta.datasets import DATASETS, Dataset
from twin_okta.manifest import connector_info

HOURS_BACK = "hours_back"


@frozen(kw_only=True)
class Asked:
    """The options of a sync, once understood.

    `datasets` are read; of every other dataset `turned_off` says which option is off. `hours_back`
    is how far back a first reading of the log goes.
    """

    datasets: Mapping[str, Dataset]
    turned_off: Mapping[str, str]
    hours_back: int

    @classmethod
    def by(cls, options: Mapping[str, OptionValue]) -> Self:
        """A dataset is read when every option that asks for it is on."""
        values = default_options() | dict(options)
        off = {
            name: option
            for name, dataset in DATASETS.items()
            for option in reversed(dataset.options)
            if not values[option]
        }
        return cls(
            datasets={name: each for name, each in DATASETS.items() if name not in off},
            turned_off=off,
            hours_back=int(values[HOURS_BACK]),
        )

    @property
    def is_usual_time(self) -> bool:
        """Whether `hours_back` is what it is unless somebody asks otherwise."""
        return self.hours_back == default_options()[HOURS_BACK]


def default_options() -> dict[str, OptionValue]:
    """Every option as it is unless somebody asks otherwise."""
    return {option.name: option.default for option in connector_info().options}
