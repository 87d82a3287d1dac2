"""The reference host: finds connectors, keeps the twin, and shows it. Knows no product by name."""


def main() -> None:
    """Run the `twin` command line."""
    try:
        from twin_host.cli import cli  # noqa: PLC0415  a plugin that wants the contract needs no more
    except KeyboardInterrupt:  # while it loads; afterwards the command line sees to it
        import sys  # noqa: PLC0415

        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
    cli()
