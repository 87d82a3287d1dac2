"""The reference host: finds connectors, keeps the twin, and shows it. Knows no product by name."""


def main() -> None:
    """Run the `twin` command line."""
    from twin_host.cli import cli  # noqa: PLC0415  a plugin that wants the contract pays for no more

    cli()
