"""What the connector is."""

from importlib.resources import files

from twin_host.contract import read_manifest

INFO = read_manifest(files("twin_entra_id").joinpath("plugin.toml").read_text(), version="0.1.0")
