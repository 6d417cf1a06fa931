"""Lines for a terminal: none longer than 100 columns, what does not fit goes on beneath."""

import re
import textwrap
from collections.abc import Iterable

WIDTH = 100
_LABEL = re.compile(r"^ *\S+(?: \S+)* {2,}|^ *[-*] |^ *")


def fitted(lines: Iterable[str] | str) -> str:
    """Join lines; long ones are broken at words and go on below their own text.

    Parameters
    ----------
    lines : iterable of str, or str
        Such as ``field    98 V/m in the target``: words, two blanks or more, then the text.

    Returns
    -------
    str
        For `click.echo`. A word that is longer than the width, such as a path, stays whole.
    """
    given = lines.splitlines() if isinstance(lines, str) else lines
    return "\n".join(part for line in given for part in _broken(line))


def _broken(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    label = _LABEL.match(line)
    indent = len(label[0]) if label else 0
    if indent > WIDTH // 2:
        indent = 2
    return textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )
