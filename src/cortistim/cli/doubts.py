"""Numbers that were typed: a note where one is unusual, in one place for all commands."""

import contextlib
import functools
from typing import Any

import click

from cortistim.cli.flags import spoken
from cortistim.errors import BadInputError
from cortistim.plausible import doubt, point_doubt


def doubted(command: click.Command) -> click.Command:
    """Make a command, and those below it, tell of unusual numbers before any work.

    Parameters
    ----------
    command : click.Command
        Any; changed.

    Returns
    -------
    click.Command
        The same. Notes go to standard error, so that standard output stays what it is.
    """
    for inner in getattr(command, "commands", {}).values():
        doubted(inner)
    if command.callback is None:
        return command
    work = command.callback

    @functools.wraps(work)
    def checked(*given: Any, **asked: Any) -> Any:  # noqa: ANN401
        for name, value in asked.items():
            told = doubt(name, value) or _coordinates(name, value)
            if told:
                click.echo(f"cortistim: note: {spoken(told, command)}", err=True)
        return work(*given, **asked)

    command.callback = checked
    return command


def _coordinates(name: str, value: object) -> str:
    """Look at a target of three numbers; names have none."""
    if name != "target" or not isinstance(value, str):
        return ""
    from cortistim.study.request.inputs import parse_point_mm

    with contextlib.suppress(BadInputError):
        point_mm = parse_point_mm(value)
        return "" if point_mm is None else point_doubt(name, point_mm.tolist())
    return ""
