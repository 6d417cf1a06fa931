"""``cortistim study``: whole sessions, computed after they were recorded."""

import click


@click.group()
def command() -> None:
    """Study recorded sessions."""
