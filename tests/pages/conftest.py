"""A twin that has read a week, over HTTP; a module that needs another makes its own."""

import pytest

from tests.support.site import entered, synced_site


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with synced_site(tmp_path_factory.mktemp("twin")) as found:
        yield found


@pytest.fixture(scope="module")
def web(place):
    with entered(place) as client:
        yield client
