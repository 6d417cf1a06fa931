"""Where commands write: looked at before any work, in one place for all commands.

An output must not be an input, or the input would be lost, and its place must take files, or
the work would be.
"""

import contextlib
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cortistim import cache
from cortistim.errors import BadInputError

WRITTEN = ("out", "figure")
"""Parameters that name what is written; so does ``target`` where it is an argument OUT."""
OUT_ARGUMENT = "OUT"


class Folder(click.Path):
    """A folder to write to, which knows files that inputs may be mistaken for.

    Parameters
    ----------
    *files : str
        Names that the command writes there and that a user might also give to it as input.
    """

    def __init__(self, *files: str) -> None:
        super().__init__(path_type=Path)
        self.files = files


class NewFile(click.Path):
    """A file to write: refused before any work where a folder is in its place."""


def guarded(command: click.Command) -> click.Command:
    """Make a command, and those below it, look at the places of its outputs first.

    Parameters
    ----------
    command : click.Command
        Any; changed.

    Returns
    -------
    click.Command
        The same.
    """
    for inner in getattr(command, "commands", {}).values():
        guarded(inner)
    if command.callback is None or not outputs_of(command):
        return command
    work = command.callback

    @functools.wraps(work)
    def checked(*given: Any, **asked: Any) -> Any:  # noqa: ANN401
        if click.get_current_context().invoked_subcommand is None:
            _check(command, asked)
        return work(*given, **asked)

    command.callback = checked
    return command


def outputs_of(command: click.Command) -> list[click.Parameter]:
    """List the parameters that name what a command writes.

    Parameters
    ----------
    command : click.Command
        Any.

    Returns
    -------
    list of click.Parameter
        Options and arguments.
    """
    return [p for p in command.params if p.name in WRITTEN or p.metavar == OUT_ARGUMENT]


def _check(command: click.Command, asked: dict[str, Any]) -> None:
    outputs = outputs_of(command)
    names = {parameter.name for parameter in outputs}
    given = [value for name, value in asked.items() if name not in names]
    inputs = list(_files(tuple(given)))
    for parameter in outputs:
        target = asked[parameter.name or ""]
        if target is None:
            continue
        if isinstance(parameter.type, NewFile) and target.is_dir():
            msg = f"`out` must be a file; {target} is a folder. Add a file name to it."
            raise BadInputError(msg)
        known = getattr(parameter.type, "files", ())
        for place in (target, *(target / name for name in known)):
            cache.require_apart(place, inputs)
        cache.require_writable(target)


def _files(value: object) -> Iterator[Path]:
    """Give the files that a value of an option names, alone or among others."""
    if isinstance(value, tuple):
        for part in value:
            yield from _files(part)
    elif isinstance(value, str | Path):
        for text in {str(value), *str(value).split(",")}:
            # what is no path at all, such as words of a protocol, names no file
            with contextlib.suppress(OSError, ValueError):
                if text.strip() and Path(text.strip()).is_file():
                    yield Path(text.strip())
