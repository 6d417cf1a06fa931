"""From blocks to HTML: the only place of the report that makes markup.

Templates escape whatever they are given.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from cortistim.viz.report.numbers import tied

if TYPE_CHECKING:
    from jinja2 import Environment

_NUMBER = re.compile(r"[-+]?\d[\d.,e+-]*( to [-+]?\d[\d.,e+-]*)?( ?[^\W\d]?[^\s\d]{0,4}){0,2}")


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, or an interval, with its unit, and nothing else.

    Parameters
    ----------
    cell : str
        As it is shown.

    Returns
    -------
    bool
        False for words.
    """
    return _NUMBER.fullmatch(cell) is not None


@cache
def environment() -> "Environment":
    """Return where the templates are, and what they may call."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("cortistim.viz.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(unique_in_order=dict.fromkeys, tied=lambda text: tied(str(text)))
    found.globals.update(
        is_number=is_number,
        kind_of_block=lambda block: type(block).__name__,
    )
    return found


def fragment(macro: str, *given: Any, template: str = "blocks.html") -> str:  # noqa: ANN401
    """Write one block.

    Parameters
    ----------
    macro : str
        Of ``blocks.html``, such as ``block``.
    *given : any
        What it takes.
    template : str, optional
        Another file of macros.

    Returns
    -------
    str
        Safe HTML.
    """
    return str(getattr(environment().get_template(template).module, macro)(*given))


def page(**said: Any) -> str:  # noqa: ANN401
    """Write the whole page.

    Parameters
    ----------
    **said
        What ``page.html`` shows.

    Returns
    -------
    str
        Safe HTML.
    """
    return environment().get_template("page.html").render(**said)
