"""Checks that a connector keeps its contract: a pytest plugin that any connector runs on itself.

    pytest -p twin_host.conformance --connector NAME --product MODULE:FUNCTION

runs `twin_host.conformance.checks` on the installed connector NAME. FUNCTION gives a context
manager around a `Product`: a running stand-in of what the connector reads.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
from attrs import field, frozen

from twin_host.contract import OptionValue
from twin_host.registry import Connector, Registry


@frozen
class Product:
    """What a connector reads, standing in for the real thing.

    `values` and `secrets` configure the connector for it, as a person would type them; `options`
    are those of a sync. `deny` makes it refuse one dataset from now on and gives that dataset's
    name. `vanish` makes it unreachable, or refuse the credential; the quicker of the two.
    """

    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    deny: Callable[[], str]
    vanish: Callable[[], None]
    options: Mapping[str, OptionValue] = field(factory=dict[str, OptionValue])


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options."""
    group = parser.getgroup("twin", "conformance of a connector")
    group.addoption("--connector", help="The connector to check, by the name in its manifest.")
    group.addoption("--product", help="MODULE:FUNCTION of a context manager around a Product.")


def pytest_configure(config: pytest.Config) -> None:
    """Add the checks to what is collected, or collect them alone when nothing was named."""
    if not config.getoption("--connector"):
        return
    checks = Path(__file__).with_name("checks.py")
    named = [each for each in config.args if each in config.invocation_params.args]
    config.args[:] = [*named, str(checks)]


@pytest.fixture
def connector(request: pytest.FixtureRequest) -> Connector:
    """The connector under test; refuses to go on when it cannot be loaded."""
    name = str(request.config.getoption("--connector"))
    return Registry().get(name)


@pytest.fixture
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """A product of its own for each check."""
    place = request.config.getoption("--product")
    if not place:
        pytest.skip("No --product: what needs one was not checked.")
    module, _, function = str(place).partition(":")
    start = getattr(import_module(module), function)
    with cast("AbstractContextManager[Product]", start()) as running:
        yield running


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """The connector's own folder."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder
