"""Three distributions, each with its own package and nothing of its siblings."""

import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[1]
FOLDERS = {"twin-okta": ".", "twin-host": "host", "okta-sandbox": "sandbox"}
PACKAGES = {"twin-okta": "twin_okta", "twin-host": "twin_host", "okta-sandbox": "okta_sandbox"}
NEEDED = {
    "twin-okta": ["plugin.py", "plugin.toml", "views.sql", "py.typed"],
    "twin-host": [
        "contract/__init__.py",
        "cli/root.py",
        "web/templates/base.html",
        "schema.sql",
        "py.typed",
    ],
    "okta-sandbox": ["demo.py", "cli.py", "data/events.toml"],
}


@pytest.mark.parametrize("distribution", FOLDERS)
def test_a_wheel_holds_its_own_package_and_all_of_it(distribution, tmp_path):
    built = WheelBuilder(str(ROOT / FOLDERS[distribution])).build(directory=str(tmp_path))

    names = ZipFile(next(iter(built))).namelist()

    package = PACKAGES[distribution]
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {package}
    for needed in NEEDED[distribution]:
        assert f"{package}/{needed}" in names


def test_the_roots_source_archive_leaves_its_siblings_out(tmp_path):
    built = SdistBuilder(str(ROOT)).build(directory=str(tmp_path))

    with tarfile.open(next(iter(built))) as archive:
        folders = {name.split("/")[1] for name in archive.getnames()}

    assert not folders & {"host", "sandbox", "tests", "benchmarks", "cassettes"}
    assert "src" in folders


def test_no_distribution_asks_for_a_sibling():
    for folder in FOLDERS.values():
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        asked = [*project["dependencies"]]
        for extra in project.get("optional-dependencies", {}).values():
            asked += extra
        assert not [each for each in asked if each.startswith(tuple(FOLDERS))]


def test_all_three_have_one_version():
    assert len({version(distribution) for distribution in FOLDERS}) == 1


def test_the_plugin_without_a_host_ends_in_one_sentence():
    program = (
        "import importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'twin_host' else real(name, *a); "
        "import twin_okta.plugin"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: twin-okta is a connector and works within a host")
