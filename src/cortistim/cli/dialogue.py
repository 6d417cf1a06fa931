"""Taking turns with a program: a proposal out, an answer in, one JSON object a line each."""

import sys
from collections.abc import Callable
from typing import Any

import click


def by_lines(session: Any, as_line: Callable[[Any], str], ending: type) -> None:  # noqa: ANN401
    """Propose and take answers until the session or the input ends.

    Parameters
    ----------
    session : object
        With ``proposal``, ``answer`` and ``record``, such as a threshold's or a hot spot's.
    as_line : callable
        Writes what the session says as one line.
    ending : type
        Of what it says when nothing is left to propose.
    """
    said = session.proposal()
    tell(as_line(said))
    done = isinstance(said, ending)
    while not done:
        line = sys.stdin.buffer.readline()
        if not line:
            tell(as_line(session.record()))
            return
        answer, done = session.answer(line.decode("utf-8", "replace"))
        tell(answer)


def tell(line: str) -> None:
    """Write a line at once: whoever waits for it writes the next one.

    Parameters
    ----------
    line : str
        Without its end.
    """
    click.echo(line)
    sys.stdout.flush()
