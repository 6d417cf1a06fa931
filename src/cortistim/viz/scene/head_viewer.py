"""A page to look through a head: slices with a slider each, and surfaces to turn."""

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from cortistim.head import Head
from cortistim.head.rasterise import grid_around, rasterise_onto
from cortistim.head.surfaces import coarser
from cortistim.head.tissues import CSF, EYES, GREY, SCALP, WHITE
from cortistim.typing import IntArray
from cortistim.units import mm_from_m
from cortistim.viz.render.palette import INK, MUTED, SCALP_RGB
from cortistim.viz.scene.scene import mesh_trace, thinned

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SPACING_M = 1.5e-3
STRIDE = 2  # every other slice is shown
THIN_M = 4e-3
COLOURS = {
    0: "#0b0d10", WHITE: "#f2f2f2", GREY: "#a3a3a3", CSF: "#3d7dd8", 4: "#e8c46a",
    SCALP: "#d99a83", EYES: "#8f6bd1", 7: "#e8c46a", 8: "#c98f3a",
}  # fmt: skip
OTHER = "#2fbf71"
CAMERA = {"x": -1.2, "y": 0.95, "z": 0.4}  # from the left, in front
PLANES = (("Sagittal", 0), ("Coronal", 1), ("Axial", 2))
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;color:{ink};margin:1.5em auto;max-width:76em;
padding:0 1em}}.row{{display:flex;gap:1em;align-items:end}}figure{{margin:0}}
figure img{{width:100%;background:#0b0d10;image-rendering:pixelated}}
input{{width:100%}}small{{color:{muted}}}#scene{{height:600px}}</style></head><body>
<h1>{title}</h1><p>{facts}</p>{warnings}<p>{legend}</p><div class="row">{slices}</div>
<p><small>Left in the coronal and axial slices is left of the subject.</small></p>
<h2>Surfaces</h2>{scene}
<script>document.querySelectorAll("figure").forEach(figure=>{{
const pictures=JSON.parse(figure.querySelector("script").textContent);
const image=figure.querySelector("img"),slider=figure.querySelector("input"),
place=figure.querySelector("small");
const show=()=>{{const one=pictures[+slider.value];image.src="data:image/png;base64,"+one[1];
place.textContent=one[0]+" mm";}};
slider.max=pictures.length-1;slider.value=pictures.length>>1;slider.oninput=show;show();}});
</script></body></html>
"""


def viewer_page(head: Head) -> str:
    """Write a page with slices and surfaces of a head.

    Parameters
    ----------
    head : Head
        Any; without grey matter only its scalp is drawn.

    Returns
    -------
    str
        HTML with everything in it; no network.
    """
    from plotly.io import to_html

    scene = to_html(
        surfaces(head), full_html=False, include_plotlyjs=True, div_id="scene",
        config={"displayModeBar": False, "responsive": True, "scrollZoom": True},
    )  # fmt: skip
    facts = (
        f"{len(head.mesh.nodes_m)} nodes, {len(head.mesh.tets)} tetrahedra. "
        f"{escape(head.origin)}."
    )
    return PAGE.format(
        title=escape(f"Head {head.name}"), facts=facts, legend=_legend(head),
        warnings="".join(f"<p>&#9888; {escape(text)}</p>" for text in head.warnings),
        slices=_slices(head), scene=scene, ink=INK, muted=MUTED,
    )  # fmt: skip


def surfaces(head: Head) -> "Figure":
    """Return the scalp, half transparent, over the mid-grey surface.

    Parameters
    ----------
    head : Head
        Any.

    Returns
    -------
    Figure
        A plotly scene.
    """
    from plotly.graph_objects import Figure

    red, green, blue = (int(255 * part) for part in SCALP_RGB)
    scalp = mesh_trace(
        thinned(head.scalp, THIN_M), color=f"rgb({red},{green},{blue})", opacity=0.3,
        name="scalp", hoverinfo="skip",
    )  # fmt: skip
    traces = [scalp]
    if GREY in head.mesh.present_tags():
        cortex, _ = coarser(head.cortex)
        bend = np.clip(cortex.curvature_per_m.astype(np.float32), -300, 300)
        traces.append(
            mesh_trace(
                cortex, intensity=bend, colorscale="gray", showscale=False, name="cortex",
                hoverinfo="skip",
            )
        )  # fmt: skip
    figure = Figure(traces)
    hidden = {"visible": False}
    figure.update_layout(
        scene={
            "xaxis": hidden,
            "yaxis": hidden,
            "zaxis": hidden,
            "aspectmode": "data",
            "camera": {"eye": CAMERA, "center": {"x": 0, "y": 0, "z": 0}},
        },
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        height=600,
    )
    return figure


def _slices(head: Head) -> str:
    shape, affine_m = grid_around(head.mesh.nodes_m, SPACING_M, SPACING_M)
    labels = rasterise_onto(head.mesh, shape, affine_m)
    parts = []
    for name, axis in PLANES:
        count = range(0, labels.shape[axis], STRIDE)
        places_mm = mm_from_m(affine_m[axis, 3]) + mm_from_m(SPACING_M) * np.array(count)
        pictures = ",".join(
            f'["{place:.0f}","{_png(np.take(labels, index, axis=axis))}"]'
            for place, index in zip(places_mm, count, strict=True)
        )
        width = labels.shape[1 if axis == 0 else 0]  # one scale for all three
        parts.append(
            f"<figure style='flex:{width}'><figcaption>{name} <small></small></figcaption>"
            f"<img alt='{name} slice'>"
            f"<input type='range' min='0' aria-label='{name}'>"
            f"<script type='application/json'>[{pictures}]</script></figure>"
        )
    return "".join(parts)


def _png(labels: IntArray) -> str:
    """Draw one slice with one colour per tissue, first axis to the right, second up."""
    from matplotlib.colors import to_rgb
    from matplotlib.image import imsave

    table = np.array([to_rgb(COLOURS.get(tag, OTHER)) for tag in range(int(labels.max()) + 1)])
    stream = BytesIO()
    picture = (255 * table[labels.T[::-1]]).astype(np.uint8)
    imsave(stream, picture, format="png")
    return b64encode(stream.getvalue()).decode("ascii")


def _legend(head: Head) -> str:
    marks = [
        f'<span style="border-left:1em solid {COLOURS.get(tissue.tag, OTHER)};'
        f'padding:0 1em 0 .4em">{escape(tissue.name)}</span>'
        for tissue in head.tissues
    ]
    return "".join(marks)
