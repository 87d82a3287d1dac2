"""The `twin` command line. It shows what `twin_host.twin` does, and does nothing itself."""

from twin_host.cli.commands import cli

__all__ = ["cli"]
