"""Candidates of a design: how probable, for how long, at what length of session."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cortistim.records.protocol import ProposalRecord, SearchRecord
from cortistim.viz.render.canvas import new_figure, plain_axes, title
from cortistim.viz.render.palette import CALM, INK, TARGET

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def protocol_choice(record: SearchRecord) -> "Figure":
    """Draw the trade-off of a design.

    Parameters
    ----------
    record : SearchRecord
        Of a search.

    Returns
    -------
    Figure
        Left: probability of the wanted change over the session's length. Right: for how long
        the change stays clear. The proposal is large and named.
    """
    figure = new_figure(11, 4.6)
    goal, minutes = record.goal, record.minutes
    proposal, rows = record.proposal, [*record.alternatives, *record.trade_off]
    wanted = (
        ("p_wanted", f"P({goal}) after {minutes:g} min"),
        ("probable_for_min", "clear for (min)"),
    )
    for column, (key, label) in enumerate(wanted):
        axes = figure.add_axes((0.07 + 0.5 * column, 0.13, 0.41, 0.7))
        _points(axes, rows, key, CALM, 28)
        if proposal:
            _points(axes, [proposal], key, TARGET, 90)
        plain_axes(axes, "length of the session (min)", label)
        axes.margins(0.12)
    if proposal:
        figure.text(0.07, 0.955, f"Proposed: {_words(proposal)}", fontsize=9, color=INK)
    title(figure.axes[0], f"To {goal} excitability, within {record.table}")
    title(figure.axes[1], "How long it stays clear")
    return figure


def _points(
    axes: Any,  # noqa: ANN401
    rows: Sequence[ProposalRecord],
    key: str,
    colour: str,
    size: float,
) -> None:
    axes.scatter(
        [row.length_s / 60 for row in rows], [getattr(row, key) for row in rows],
        s=size, color=colour, edgecolor="white", linewidth=0.6, zorder=3,
    )  # fmt: skip


def _words(row: ProposalRecord) -> str:
    return f"{row.words}, at {row.intensity} ({row.length_s / 60:.0f} min)"
