"""``cortistim cache``: what is kept between runs."""

import json

import click

from cortistim import cache
from cortistim.cli import options

BYTES_PER_MB = 1_000_000


@click.group()
def command() -> None:
    """Show or clear what is kept between runs (folder: CORTISTIM_CACHE or the system's)."""


@command.command()
@options.json_option
def info(*, as_json: bool) -> None:
    """List the cached files and their sizes."""
    files = cache.contents()
    total = sum(size for _, size in files)
    if as_json:
        listed = [{"name": name, "bytes": size} for name, size in files]
        click.echo(json.dumps({"folder": str(cache.folder()), "files": listed, "bytes": total}))
        return
    click.echo(f"folder {cache.folder()}")
    for name, size in files:
        click.echo(f"{size / BYTES_PER_MB:9.1f} MB  {name}")
    click.echo(f"{total / BYTES_PER_MB:9.1f} MB  in all")


@command.command()
@options.json_option
def clear(*, as_json: bool) -> None:
    """Delete the cached files; they are built again when needed."""
    freed = cache.clear()
    if as_json:
        click.echo(json.dumps({"folder": str(cache.folder()), "freed_bytes": freed}))
    else:
        click.echo(f"freed {freed / BYTES_PER_MB:.1f} MB in {cache.folder()}")
