"""All figures of a plan, written as PNG."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cortistim.typing import Progress, silent
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.cortex_field import cortex_field
from cortistim.viz.figures.field_statistics import field_statistics
from cortistim.viz.figures.placement_view import placement_view
from cortistim.viz.figures.pulse_and_protocol import pulse_and_protocol
from cortistim.viz.figures.search_map import search_map
from cortistim.viz.figures.slices import slices
from cortistim.viz.render.canvas import write_png

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


@dataclass
class Drawn:
    """Figures as they are written, and what is missing.

    Parameters
    ----------
    files : dict of str to Path
        By the name of the figure.
    missing : list of str
        A sentence for each figure that could not be drawn.
    """

    files: dict[str, Path] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def add(self, path: Path, draw: "Callable[[], Figure]") -> None:
        """Draw one more figure; its name is that of the file.

        Parameters
        ----------
        path : Path
            Of the picture.
        draw : callable
            Makes the figure.
        """
        reason = write_png(path, draw)
        if reason:
            self.missing.append(reason)
        else:
            self.files[path.stem] = path


def write_figures(
    content: ReportContent, folder: Path | str, *, progress: Progress = silent
) -> Drawn:
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
    Drawn
        The files, and what could not be drawn.
    """
    drawn = Drawn()
    for done, (name, draw) in enumerate(FIGURES.items()):
        progress(f"drawing {name}", done / len(FIGURES))
        drawn.add(Path(folder) / f"{name}.png", partial(draw, content))
    progress("figures drawn", 1.0)
    return drawn
