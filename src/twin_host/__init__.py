"""The reference host: finds connectors, keeps the twin, and shows it. Knows no product by name."""

import sys


def main() -> None:
    """Run the `twin` command line, or say which extra brings it."""
    try:
        from twin_host.cli import cli  # noqa: PLC0415  the CLI's libraries are an extra
    except ModuleNotFoundError as missing:
        if missing.name not in {"click", "rich", "keyring", "tomli_w"}:
            raise
        sys.exit(
            f"The twin command needs the reference host, and {missing.name} is not installed. "
            "Install it with: pip install 'twin-okta[host]'"
        )
    cli()
