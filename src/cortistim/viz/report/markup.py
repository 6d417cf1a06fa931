"""From blocks and records to HTML: the only place of the report that makes markup.

Templates escape whatever they are given; only the 3-D scene, which plotly writes, is taken as
it is.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from cortistim.viz.report.tables import kind_of, pairs_of, table_of, written

if TYPE_CHECKING:
    from jinja2 import Environment


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
    found.filters["unique_in_order"] = dict.fromkeys
    found.globals.update(
        kind_of=kind_of,
        kind_of_block=lambda block: type(block).__name__,
        pairs_of=pairs_of,
        table_of=table_of,
        written=written,
    )
    return found


def fragment(macro: str, *given: Any, template: str = "tables.html") -> str:  # noqa: ANN401
    """Write one table, cell or list.

    Parameters
    ----------
    macro : str
        Of ``tables.html``: ``cell``, ``rows``, ``grid`` or ``source_list``.
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
