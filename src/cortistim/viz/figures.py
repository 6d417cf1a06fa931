"""All figures of a plan, written as PNG."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cortistim.cache import atomic_path
from cortistim.typing import Progress, silent
from cortistim.viz.canvas import png_bytes
from cortistim.viz.content import ReportContent
from cortistim.viz.cortex_field import cortex_field
from cortistim.viz.field_statistics import field_statistics
from cortistim.viz.placement_view import placement_view
from cortistim.viz.pulse_and_protocol import pulse_and_protocol
from cortistim.viz.search_map import search_map
from cortistim.viz.slices import slices

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES: Mapping[str, "Callable[[ReportContent], Figure]"] = {
    "cortex_field": cortex_field,
    "slices": slices,
    "placement_view": placement_view,
    "search_map": search_map,
    "pulse_and_protocol": pulse_and_protocol,
    "field_statistics": field_statistics,
}
"""Every figure by the name of its file."""


def write_figures(
    content: ReportContent, folder: Path | str, *, progress: Progress = silent
) -> dict[str, Path]:
    """Draw every figure and write it as ``<name>.png``.

    Parameters
    ----------
    content : ReportContent
        What to draw.
    folder : Path or str
        Made when missing; files of the same name are replaced.
    progress : callable
        Told which figure is being drawn.

    Returns
    -------
    dict of str to Path
        The files, by the name of the figure.
    """
    written: dict[str, Path] = {}
    for done, (name, draw) in enumerate(FIGURES.items()):
        progress(f"drawing {name}", done / len(FIGURES))
        target = Path(folder) / f"{name}.png"
        with atomic_path(target) as temporary:
            temporary.write_bytes(png_bytes(draw(content)))
        written[name] = target
    progress("figures drawn", 1.0)
    return written
