"""The reference host: finds connectors, keeps the twin, and shows it. Knows no product by name."""

# ruff: noqa: PLC0415  a plugin that wants the contract needs no more


def main() -> None:
    """Run the `twin` command line."""
    from twin_host.loading import loading

    with loading():
        from twin_host.cli import cli
    cli()
