"""A page that shows whether a head can be trusted: outlines, numbers, what is unusual."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from cortistim.head.quality.labels import Assessment
from cortistim.head.tissues import BONES, CSF, EYES, GREY, SCALP, WHITE
from cortistim.records.head_quality import FindingRecord, HeadQualityRecord
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.render.canvas import new_figure, png_bytes
from cortistim.viz.render.palette import ACCENT, CALM, FAINT, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTLINES: Mapping[str, tuple[tuple[int, ...], str]] = {
    "white matter": ((WHITE,), "#ff5d5d"),
    "grey matter": ((WHITE, GREY), "#ffd23f"),
    "inner skull": ((WHITE, GREY, CSF), "#4ea8ff"),
    "outer skull": ((WHITE, GREY, CSF, *BONES), "#ff5fe5"),
    "eyes": ((EYES,), "#b18cff"),
    "scalp": ((WHITE, GREY, CSF, *BONES, EYES, SCALP), "#5dff8f"),
}
EXTRA_COLOUR = "#ffffff"
SIDES = {"front": (0, 1.04), "right": (1.15, 0), "back": (0, -1.12), "left": (-1.15, 0)}
PLACES = (0.25, 0.42, 0.58, 0.75)
PLANES = (("sagittal", 0, 1, 2), ("coronal", 1, 0, 2), ("axial", 2, 0, 1))
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;color:{ink};max-width:72em;margin:2em auto;
padding:0 1em}}table{{border-collapse:collapse;margin:1em 0}}td,th{{padding:.2em .9em;
border-bottom:1px solid {faint};text-align:left}}td.n{{text-align:right}}
.warn{{color:{accent}}}.ok{{color:{calm}}}img{{max-width:100%}}small{{color:{muted}}}
</style></head><body>{body}</body></html>
"""


@dataclass(frozen=True, eq=False)
class HeadPictures:
    """What the page shows.

    Parameters
    ----------
    grey : (nx, ny, nz) array
        The image; any scale.
    labels : (nx, ny, nz) int array
        Tissue tags on the same grid.
    affine_m : (4, 4) array [m]
        Voxel index to subject space.
    found : Assessment
        Measured in the labels.
    """

    grey: FloatArray | IntArray
    labels: IntArray
    affine_m: FloatArray
    found: Assessment


def quality_page(pictures: HeadPictures, record: HeadQualityRecord) -> str:
    """Write the page that judges a head.

    Parameters
    ----------
    pictures : HeadPictures
        Image, labels and what was measured in them.
    record : HeadQualityRecord
        Name, origin, mesh, tissues and findings.

    Returns
    -------
    str
        HTML with everything in it; no network.
    """
    title = f"Head {record.name}: quality"
    parts = [
        f"<h1>{escape(title)}</h1><p>{escape(record.origin)}<br>"
        f"<small>{escape(record.mni)}</small></p>",
        _verdict(record.warnings, record.notes),
        "<h2>Outlines</h2>" + _legend() + _image(outlines(pictures), "slices with outlines"),
        "<h2>Volumes and thicknesses</h2>" + _findings(record.findings),
        "<h2>Mesh</h2>" + _mesh(record),
        "<h2>From skin to cortex</h2>"
        + _image(depth_figure(pictures.found.scalp_cortex_mm), "scalp to cortex distance"),
    ]
    return PAGE.format(
        title=escape(title), body="".join(parts), ink=INK, faint=FAINT, accent=ACCENT,
        calm=CALM, muted=MUTED,
    )  # fmt: skip


def upright(values: np.ndarray, affine_m: FloatArray) -> tuple[np.ndarray, FloatArray]:
    """Turn a volume so that its axes run roughly to the right, forward and up.

    Parameters
    ----------
    values : (nx, ny, nz) array
        Any order of voxels.
    affine_m : (4, 4) array [m]
        Voxel index to world space.

    Returns
    -------
    values : array
        A view.
    spacing_m : (3,) array [m]
        Its voxel sizes.
    """
    from scipy.optimize import linear_sum_assignment

    spacing_m = np.linalg.norm(affine_m[:3, :3], axis=0)
    _, order = linear_sum_assignment(-np.abs(affine_m[:3, :3] / spacing_m))
    turned = values.transpose(order)
    for world, axis in enumerate(order):
        if affine_m[world, axis] < 0:
            turned = np.flip(turned, axis=world)
    return turned, spacing_m[order]


def outlines(pictures: HeadPictures) -> "Figure":
    """Draw slices in three planes with the borders of the tissues.

    Parameters
    ----------
    pictures : HeadPictures
        Image and labels.

    Returns
    -------
    Figure
        Three rows of four.
    """
    grey, spacing_m = upright(pictures.grey, pictures.affine_m)
    labels, _ = upright(pictures.labels, pictures.affine_m)
    shown = grey[labels > 0]
    top = float(np.percentile(shown, 98)) if shown.size else 1.0
    figure = new_figure(14.0, 11.5)
    figure.set_facecolor("black")
    axes = figure.subplots(3, 4)
    figure.subplots_adjust(0, 0, 1, 1, 0.01, 0.01)
    for row, (name, normal, across, along) in enumerate(PLANES):
        filled = np.flatnonzero((labels > 0).any(axis=(across, along)))
        for column, place in enumerate(PLACES):
            index = int(filled[0] + place * (filled[-1] - filled[0]))
            edge_mm = mm_from_m(spacing_m[[across, along]])
            _slice(axes[row, column], (grey, labels), (normal, index), edge_mm, top)
            axes[row, column].set_title(
                f"{name} {index}", color="white", fontsize=8, y=0.94, loc="left"
            )
    return figure


def _slice(
    axes: "Axes",
    volumes: tuple[np.ndarray, np.ndarray],
    where: tuple[int, int],
    edge_mm: FloatArray,
    top: float,
) -> None:
    grey, labels = (np.take(volume, where[1], axis=where[0]).T for volume in volumes)
    axes.imshow(
        grey, cmap="gray", vmin=0, vmax=top, origin="lower", aspect=edge_mm[1] / edge_mm[0]
    )
    axes.set_axis_off()
    for tags, colour in OUTLINES.values():
        _outline(axes, np.isin(labels, tags), colour)
    known = [tag for tags, _ in OUTLINES.values() for tag in tags]
    _outline(axes, (labels > 0) & ~np.isin(labels, known), EXTRA_COLOUR)


def _outline(axes: "Axes", mask: np.ndarray, colour: str) -> None:
    if mask.any() and not mask.all():
        axes.contour(mask.astype(float), [0.5], colors=[colour], linewidths=0.6)


def depth_figure(depth_mm: FloatArray) -> "Figure":
    """Draw the depth of the cortex below the skin, seen from above.

    Parameters
    ----------
    depth_mm : (n_latitude, n_longitude) array [mm]
        From `cortistim.head.quality.labels`.

    Returns
    -------
    Figure
        The crown is in the middle, the nose up.
    """
    figure = new_figure(6.5, 5.2)
    axes = figure.add_subplot(aspect="equal")
    rows, columns = depth_mm.shape
    angle = np.radians(np.linspace(0, 360, columns + 1))
    radius = np.linspace(0, 1, rows + 1)[:, None]
    right, front = radius * np.sin(angle), radius * np.cos(angle)
    shown = axes.pcolormesh(right, front, depth_mm, cmap="viridis", vmin=5, vmax=30)
    axes.set_axis_off()
    for word, (x, y) in SIDES.items():
        axes.text(x, y, word, ha="center", color=MUTED)
    figure.colorbar(shown, label="skin to cortex (mm)", pad=0.12)
    return figure


def _verdict(warnings: Sequence[str], notes: Sequence[str]) -> str:
    lines = [f'<li class="warn">{escape(text)}</li>' for text in warnings]
    if not lines:
        lines = ['<li class="ok">Nothing unusual was found. Look at the outlines all the '
                 "same.</li>"]  # fmt: skip
    lines += [f"<li>{escape(text)}</li>" for text in notes]
    return f"<ul>{''.join(lines)}</ul>"


def _legend() -> str:
    marks = [
        f'<span style="background:#222;color:{colour};padding:0 .5em">{name}</span>'
        for name, (_, colour) in OUTLINES.items()
    ]
    return f"<p>{' '.join(marks)}</p>"


def _image(figure: "Figure", words: str) -> str:
    data = b64encode(png_bytes(figure)).decode("ascii")
    return f'<p><img alt="{escape(words)}" src="data:image/png;base64,{data}"></p>'


def _findings(findings: Sequence[FindingRecord]) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td class='n'>{one.value:.1f} {one.unit}"
        f"</td>{_usual(one)}</tr>"
        for one in findings
    )
    return (
        "<table><tr><th></th><th>measured</th><th>healthy adults</th><th></th><th></th></tr>"
        f"{rows}</table><p><small>Ranges are means less and plus two standard deviations, of "
        "women and men together; of the cortex the thinnest and the thickest places. Scalp and "
        "bone depend on how much of face and neck the image shows. Thicknesses are medians "
        "above MNI z = 30 mm, to half a voxel.</small></p>"
    )


def _usual(finding: FindingRecord) -> str:
    if finding.usual is None:
        return "<td colspan='3'><small>no published range at hand</small></td>"
    low, high = finding.usual
    mark, word = ("ok", "usual") if finding.is_usual else ("warn", "unusual")
    return (
        f"<td>{low:g} to {high:g}</td><td class='{mark}'>{word}</td>"
        f"<td><small>{escape(finding.source or '')}</small></td>"
    )


def _mesh(record: HeadQualityRecord) -> str:
    shape = record.radius_ratio
    rows = "".join(
        f"<tr><td>{row.tag}</td><td>{escape(row.name)}</td>"
        f"<td class='n'>{row.volume_ml:.1f} ml</td>"
        f"<td class='n'>{row.sigma_siemens_per_m:g} S/m</td></tr>"
        for row in record.tissues
    )
    share = record.cortex_in_border_tetrahedra
    sentence = "" if share is None else (
        f" {share:.1%} of the upper cortex lies in tetrahedra with all nodes on the border of "
        "grey matter, where the field is least exact."
    )  # fmt: skip
    return (
        f"<p>{record.nodes} nodes, {record.tetrahedra} tetrahedra; shape 3 r/R: least "
        f"{shape.min:.3f}, first percentile {shape.p1:.3f}, median "
        f"{shape.median:.3f}.{sentence}</p><table>{rows}</table>"
    )
