"""The plan in three dimensions, to be turned in a browser."""

from typing import TYPE_CHECKING, Any

import numpy as np

from cortistim.head.mesh import Surface
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m
from cortistim.viz.content import ReportContent
from cortistim.viz.figures.coil_drawing import casing_surface, handle_m
from cortistim.viz.figures.cortex_field import side_view, top_of_scale
from cortistim.viz.render.palette import COIL, INK, TARGET, css_scale
from cortistim.viz.render.raster import ANTERIOR, SUPERIOR, surface_of, view_of

if TYPE_CHECKING:
    from plotly.graph_objects import Cone, Figure, Mesh3d, Scatter3d

MOST_SCALP_TRIANGLES = 40_000
SCALP_CELL_M = 4e-3  # what a translucent shell can lose unseen
MOST_DIPOLES = 2000
PLAIN_CORTEX = [[0.0, "rgb(226,217,204)"], [1.0, "rgb(226,217,204)"]]
CORTEX_TRACE = 0
CAMERA_DISTANCE = 1.4
LIGHTING = {"ambient": 0.45, "diffuse": 0.75, "specular": 0.12, "roughness": 0.6}


def scene(content: ReportContent) -> "Figure":
    """Build the 3-D scene: cortex with |E|, scalp, coil, handle, target, searched positions.

    Parameters
    ----------
    content : ReportContent
        What to draw.

    Returns
    -------
    plotly.graph_objects.Figure
        In mm of the subject's frame; the legend switches parts on and off.
    """
    from plotly.graph_objects import Figure

    figure = Figure(
        [
            _cortex(content),
            _scalp(content),
            _casing(content),
            _winding(content),
            *_handle(content),
            _target(content),
            _searched(content),
        ]
    )
    figure.update_layout(
        scene=_stage(content),
        updatemenus=[_view_buttons(content), _colour_buttons()],
        legend={"orientation": "h", "y": -0.02, "x": 0.5, "xanchor": "center"},
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        paper_bgcolor="white",
        font={"family": "system-ui, sans-serif", "color": INK},
        uirevision="kept",
    )
    return figure


def thinned(surface: Surface, cell_m: float) -> Surface:
    """Merge all vertices of each cell of a grid into their mean.

    Parameters
    ----------
    surface : Surface
        Any triangulation.
    cell_m : float [m]
        Edge of the cells; details below it are lost.

    Returns
    -------
    Surface
        Fewer vertices and triangles; curvature is left at 0.
    """
    cells = np.floor(surface.vertices_m / cell_m).astype(np.int64)
    _, group, count = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    group = group.ravel()
    means = [np.bincount(group, surface.vertices_m[:, k]) / count for k in range(3)]
    triangles = group[surface.triangles]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    return surface_of(np.stack(means, axis=1), triangles)


def mesh_trace(surface: Surface, **style: Any) -> "Mesh3d":  # noqa: ANN401 - plotly's own keywords
    """Return a surface as plotly draws it, in mm.

    Parameters
    ----------
    surface : Surface
        Any triangulation.
    **style
        Plotly's own keywords.

    Returns
    -------
    Mesh3d
        One trace.
    """
    from plotly.graph_objects import Mesh3d

    x, y, z = _mm32(surface.vertices_m)
    i, j, k = _indices(surface.triangles, len(surface.vertices_m))
    return Mesh3d(x=x, y=y, z=z, i=i, j=j, k=k, flatshading=False, showlegend=True, **style)


def _mm32(points_m: FloatArray) -> FloatArray:
    """Return x, y and z in mm, single precision: half the size, a tenth of a micron."""
    return np.ascontiguousarray(mm_from_m(points_m).T, dtype=np.float32)


def _indices(triangles: IntArray, n_vertex: int) -> IntArray:
    kind = np.uint16 if n_vertex <= np.iinfo(np.uint16).max else np.int32
    return np.ascontiguousarray(triangles.T, dtype=kind)


def _cortex(content: ReportContent) -> "Mesh3d":
    shown = content.display_index
    magnitude = content.e_magnitude_v_per_m[shown].astype(np.float32)
    columns = [content.e_inward_v_per_m[shown]]
    hover = (
        "|E| %{intensity:.1f} V/m<br>into the cortex %{customdata[0]:.1f} V/m"
        "<br>subject %{x:.0f}, %{y:.0f}, %{z:.0f} mm"
    )
    if len(content.display_mni_m) == len(shown):
        columns += list(mm_from_m(content.display_mni_m).T)
        hover += "<br>MNI %{customdata[1]:.0f}, %{customdata[2]:.0f}, %{customdata[3]:.0f} mm"
    return mesh_trace(
        content.cortex_display,
        name="Cortex",
        intensity=magnitude,
        customdata=np.column_stack(columns).astype(np.float32),
        hovertemplate=hover + "<extra></extra>",
        colorscale=css_scale(),
        cmin=0,
        cmax=top_of_scale(content),
        colorbar={"title": {"text": "|E| (V/m)"}, "thickness": 12, "len": 0.6, "x": 1.0},
        lighting=LIGHTING,
        lightposition={"x": 0, "y": 0, "z": 100_000},
    )


def _scalp(content: ReportContent) -> "Mesh3d":
    scalp = content.scalp
    if len(scalp.triangles) > MOST_SCALP_TRIANGLES:
        scalp = thinned(scalp, SCALP_CELL_M)
    return mesh_trace(
        scalp, name="Scalp", color="rgb(214,184,165)", opacity=0.18, hoverinfo="skip"
    )


def _casing(content: ReportContent) -> "Mesh3d":
    surface = casing_surface(content)
    return mesh_trace(surface, name="Casing", color=COIL, opacity=0.22, hoverinfo="skip")


def _dots(points_m: FloatArray, name: str, **style: Any) -> "Scatter3d":  # noqa: ANN401
    from plotly.graph_objects import Scatter3d

    x, y, z = _mm32(np.atleast_2d(points_m))
    return Scatter3d(x=x, y=y, z=z, name=name, **{"mode": "markers", **style})


def _winding(content: ReportContent) -> "Scatter3d":
    coil = content.coil
    strength = coil.strengths
    strongest = np.sort(np.argsort(strength)[::-1][:MOST_DIPOLES])
    size = (1 + 3 * strength[strongest]).astype(np.float32)
    return _dots(
        content.pose.to_subject_m(coil.copper_m[strongest]),
        "Winding",
        marker={"size": size, "color": COIL, "opacity": 0.8, "line": {"width": 0}},
        hoverinfo="skip",
    )


def _handle(content: ReportContent) -> "tuple[Scatter3d, Cone]":
    from plotly.graph_objects import Cone

    ends_m = handle_m(content)
    shaft = _dots(
        ends_m, "Handle", mode="lines", line={"width": 9, "color": COIL}, legendgroup="handle",
        hoverinfo="skip",
    )  # fmt: skip
    tip = mm_from_m(ends_m[1])
    along = content.pose.handle_direction
    head = Cone(
        x=tip[:1], y=tip[1:2], z=tip[2:], u=along[:1], v=along[1:2], w=along[2:],
        sizemode="raw", sizeref=14, anchor="tail", showscale=False, hoverinfo="skip",
        colorscale=[[0, COIL], [1, COIL]], legendgroup="handle", name="Handle",
    )  # fmt: skip
    return shaft, head


def _target(content: ReportContent) -> "Scatter3d":
    return _dots(
        np.stack([content.pose.origin_m, content.target_m]),
        "Coil's centre to target",
        mode="lines+markers",
        line={"width": 6, "color": TARGET},
        marker={"size": [5, 10], "color": TARGET},
        text=["coil's centre", "target"],
        hovertemplate="%{text}<br>subject %{x:.0f}, %{y:.0f}, %{z:.0f} mm<extra></extra>",
    )


def _searched(content: ReportContent) -> "Scatter3d":
    found = content.search.best_e_v_per_m.astype(np.float32)
    return _dots(
        content.search.positions_m,
        "Searched positions",
        marker={"size": 3.5, "color": found, "colorscale": css_scale()},
        customdata=found,
        hovertemplate="coil here: %{customdata:.2f} V/m per A/µs at the target<extra></extra>",
        visible="legendonly",
    )


def _camera(toward: FloatArray) -> dict[str, dict[str, float]]:
    view = view_of(toward, np.zeros((1, 3)))
    eye = CAMERA_DISTANCE * view.toward
    return {
        "eye": dict(zip("xyz", eye.tolist(), strict=True)),
        "up": dict(zip("xyz", view.up.tolist(), strict=True)),
        "center": {"x": 0.0, "y": 0.0, "z": 0.0},
    }


def _stage(content: ReportContent) -> dict[str, Any]:
    hidden = {"visible": False}
    # a little from the front, which is nothing new where the viewer stands there already
    aslant = 0.25 * ANTERIOR if content.side != "midline" else 0 * ANTERIOR
    start = side_view(content)[1] + aslant + 0.35 * SUPERIOR
    return {
        "xaxis": hidden, "yaxis": hidden, "zaxis": hidden,
        "aspectmode": "data",
        "camera": _camera(start),
        "dragmode": "orbit",
    }  # fmt: skip


def _view_buttons(content: ReportContent) -> dict[str, Any]:
    _, side = side_view(content)
    views = (
        ("Target's side", side),
        ("Along the coil", -content.pose.rotation[:, 2]),
        ("Above", SUPERIOR),
        ("Front", ANTERIOR),
        ("Back", -ANTERIOR),
    )
    buttons = [
        {"label": label, "method": "relayout", "args": [{"scene.camera": _camera(toward)}]}
        for label, toward in views
    ]
    return {**_menu(below_px=4), "buttons": buttons}


def _colour_buttons() -> dict[str, Any]:
    choices = (("Field", css_scale(), True), ("Anatomy", PLAIN_CORTEX, False))
    buttons = [
        {
            "label": label,
            "method": "restyle",
            "args": [{"colorscale": [scale], "showscale": bar}, [CORTEX_TRACE]],
        }
        for label, scale, bar in choices
    ]
    return {**_menu(below_px=40), "buttons": buttons}


def _menu(below_px: int) -> dict[str, Any]:
    return {
        "type": "buttons", "direction": "right", "x": 0.0, "xanchor": "left",
        "y": 1.0, "yanchor": "top", "pad": {"t": below_px, "b": 4, "l": 6},
        "font": {"size": 11}, "showactive": True, "bgcolor": "white", "bordercolor": "#d5dae0",
    }  # fmt: skip
