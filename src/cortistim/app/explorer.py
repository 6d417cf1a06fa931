"""The explorer: one HTML file, offline, in which the page itself evaluates the operator.

Points are thinned, members and fields packed as 16-bit numbers; what that costs is measured at
random poses and stated in the page. The scalp's distance comes along on a coarse grid, so that
the page can put the coil on the head.
"""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

import numpy as np

from cortistim import __version__
from cortistim.app.console import matrix_rows
from cortistim.app.meshes import packed_mesh, reduced, tied
from cortistim.app.scene import Scene
from cortistim.errors import BadInputError
from cortistim.field.operator.basis import candidate_poses, evenly_spread
from cortistim.geometry import frozen
from cortistim.io.text import write_text
from cortistim.placement.clearance import casing_samples_m
from cortistim.records.live import ExplorerRecord
from cortistim.typing import FloatArray, IntArray
from cortistim.units import a_per_us_from_a_per_s, m_from_mm, mm_from_m
from cortistim.viz.render.raster import surface_of

SCRIPTS = ("maths", "wire", "shaders", "scene", "field", "explorer")  # in the order of need
MOST_POINTS = 4000
MOST_VERTICES = 24_000
STEP_MM, UNIT_MM, MARGIN_MM = 5.0, 0.6, 45.0  # of the grid of distances: fits 8 bits
TRIED = 12  # poses at which the packing's error is measured
TOP = 32_767
CASING_SPACING_M = m_from_mm(8.0)


@dataclass(frozen=True, eq=False)
class Packed:
    """An operator in whole numbers.

    Parameters
    ----------
    chosen : (n,) int array
        Points that are kept.
    members : (3 n_sample, n_member) int array
        Each column times its scale is a member.
    member_scales : (n_member,) array
        Those scales.
    fields : (3 n, n_member) int array
        Likewise, in V/m for 1 A/s.
    field_scales : (n_member,) array
        Those scales.
    """

    chosen: IntArray
    members: IntArray
    member_scales: FloatArray
    fields: IntArray
    field_scales: FloatArray


def packed_operator(scene: Scene, most: int = MOST_POINTS) -> Packed:
    """Thin and round an operator.

    Parameters
    ----------
    scene : Scene
        With the operator; points at the target are always kept.
    most : int, optional
        Points besides.

    Returns
    -------
    Packed
        With 16 bits a number.
    """
    operator = scene.operator
    spread = evenly_spread(operator.points_m, most)
    chosen = np.union1d(spread, scene.near)
    fields = operator.fields_v_per_m.reshape(len(operator.points_m), 3, -1)[chosen]
    members, member_scales = _rounded(operator.members)
    fields, field_scales = _rounded(fields.reshape(3 * len(chosen), -1).astype(float))
    return Packed(chosen, members, member_scales, fields, field_scales)


def _rounded(columns: FloatArray) -> tuple[IntArray, FloatArray]:
    scales = np.maximum(np.abs(columns).max(axis=0), 1e-300) / TOP
    return frozen(np.rint(columns / scales), np.int16), scales


def packing_error(scene: Scene, packed: Packed, seed: int = 0) -> float:
    """Measure what thinning and rounding cost at the points that are kept.

    Parameters
    ----------
    scene : Scene
        With the whole operator.
    packed : Packed
        Of it.
    seed : int, optional
        Of the poses.

    Returns
    -------
    float
        Largest error of |E| over poses and points, as a share of the pose's strongest |E|.
    """
    operator, worst = scene.operator, 0.0
    for pose in candidate_poses(scene.head, scene.coil, TRIED, seed=seed):
        exact, _ = operator.evaluate_with_missed(scene.coil, [pose])
        strength = np.linalg.norm(exact[0][packed.chosen].astype(float), axis=1)
        places = pose.to_coil_m(operator.samples_m)
        sampled = scene.coil.vector_potential_t_m(places) @ pose.rotation.T
        shares = packed.member_scales * (packed.members.T.astype(float) @ sampled.ravel())
        rough = (packed.fields @ (1e6 * shares * packed.field_scales)).reshape(-1, 3)
        off = np.abs(np.linalg.norm(rough, axis=1) - strength).max()
        worst = max(worst, float(off / strength.max()))
    return worst


def write_explorer(
    scene: Scene, path: Path, *, didt_a_per_s: float, colours: list[list[int]]
) -> ExplorerRecord:
    """Write the explorer.

    Parameters
    ----------
    scene : Scene
        Head, coil, operator, target.
    path : Path
        Gets the HTML file.
    didt_a_per_s : float [A/s]
        Output that the fields are for.
    colours : list of rows
        Of the scale.

    Returns
    -------
    ExplorerRecord
        Size, points, members and the error that the page states.

    Raises
    ------
    BadInputError
        When the coil is not made of dipoles, which are all that the page can evaluate.
    """
    if scene.coil.further or not len(scene.coil.dipoles_m):
        msg = (
            f"the explorer evaluates coils made of dipoles; {scene.coil.name} has other parts. "
            "Choose a coil of 'cortistim coil list'."
        )
        raise BadInputError(msg)
    packed = packed_operator(scene)
    share = packing_error(scene, packed)
    told = _told(scene, packed, didt_a_per_s, colours)
    page = _page(scene, told, _parts(scene, packed, told), share)
    write_text(path, page)
    return ExplorerRecord(
        explorer=str(path),
        bytes=len(page.encode("utf-8")),
        points=len(packed.chosen),
        members=scene.operator.rank,
        largest_error_share=float(f"{share:.2g}"),
    )


def _told(
    scene: Scene, packed: Packed, didt_a_per_s: float, colours: list[list[int]]
) -> dict[str, object]:
    place = {int(point): at for at, point in enumerate(packed.chosen)}
    return {
        "operator": {
            "points": len(packed.chosen),
            "members": scene.operator.rank,
            "member_scales": packed.member_scales.tolist(),
            "field_scales": packed.field_scales.tolist(),
        },
        "points": len(packed.chosen),
        "near": [place[int(point)] for point in scene.near],
        "target": {
            "name": scene.target.name,
            "point_mm": mm_from_m(scene.target.point_m).round(2).tolist(),
        },
        "first": matrix_rows(scene.first),
        "plan": None,
        "didt_a_per_us": a_per_us_from_a_per_s(didt_a_per_s),
        "scale_v_per_m": scene.scale_v_per_m(didt_a_per_s),
        "colours": colours,
    }


def _distances(scene: Scene) -> tuple[dict[str, object], bytes]:
    vertices_mm = mm_from_m(scene.head.scalp.vertices_m)
    low = vertices_mm.min(axis=0) - MARGIN_MM
    shape = np.ceil((vertices_mm.max(axis=0) + MARGIN_MM - low) / STEP_MM).astype(int) + 1
    axes = [low[k] + STEP_MM * np.arange(shape[k]) for k in range(3)]
    grid_mm = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    gaps_mm = mm_from_m(scene.head.outside.at(m_from_mm(grid_mm)))
    values = np.clip(np.rint(gaps_mm / UNIT_MM), -127, 127).astype(np.int8)
    told = {"low": low.tolist(), "shape": shape.tolist(), "step": STEP_MM, "unit": UNIT_MM}
    return told, values.tobytes()


def _parts(scene: Scene, packed: Packed, told: dict[str, object]) -> dict[str, bytes]:
    coil, points_m = scene.coil, scene.operator.points_m[packed.chosen]
    told["distance"], distances = _distances(scene)
    cortex = reduced(scene.head.cortex, MOST_VERTICES)
    places, weights = tied(cortex, points_m)
    casing = surface_of(coil.casing.vertices_m, coil.casing.triangles)
    samples_mm = mm_from_m(casing_samples_m(coil.casing, CASING_SPACING_M))
    return {
        "samples": scene.operator.samples_m.astype("<f4").tobytes(),
        "members": packed.members.astype("<i2").tobytes(),
        "fields": packed.fields.astype("<i2").tobytes(),
        "dipoles": coil.dipoles_m.astype("<f4").tobytes(),
        "moments": coil.moments_m2.astype("<f4").tobytes(),
        "distance": distances,
        "casing": samples_mm.astype("<f4").tobytes(),
        "scalp": packed_mesh(reduced(scene.head.scalp, MOST_VERTICES // 4)),
        "cortex": packed_mesh(
            cortex,
            places.astype("<u4"),
            weights.astype("<f4"),
            cortex.curvature_per_m.astype("<f4"),
        ),
        "coil": packed_mesh(casing),
    }


def page_script() -> str:
    """Join the page's modules to one, in the order in which they need each other."""
    folder, parts = files("cortistim.app").joinpath("static"), []
    for name in SCRIPTS:
        text = folder.joinpath(f"{name}.js").read_text("utf-8")
        text = re.sub(r"^import [^;]*;\n", "", text, flags=re.MULTILINE)
        parts.append(re.sub(r"^export ", "", text, flags=re.MULTILINE))
    return "\n".join(parts)


def _page(scene: Scene, told: dict[str, object], parts: dict[str, bytes], share: float) -> str:
    folder = files("cortistim.app").joinpath("static")
    style, script = folder.joinpath("live.css").read_text("utf-8"), page_script()
    data = [_holder("told", "application/json", json.dumps(told).replace("<", "\\u003c"))]
    for name, content in parts.items():
        data.append(_holder(name, "text/plain", base64.b64encode(content).decode("ascii")))
    top, didt_a_per_us = float(str(told["scale_v_per_m"])), float(str(told["didt_a_per_us"]))
    words = {
        "style": style,
        "script": script,
        "data": "\n".join(data),
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "what": escape(f"{scene.head.name} · {scene.coil.name}"),
        "target": escape(scene.target.name),
        "middle": f"{top / 2:.3g}",
        "top": f"{top:.3g}",
        "output": f"{didt_a_per_us:.3g} A/µs",
        "version": escape(__version__),
        "error": error_words(scene, int(str(told["points"])), share),
    }
    page = folder.joinpath("explorer.html").read_text("utf-8")
    return re.sub(r"\{(\w+)\}", lambda hit: words[hit[1]], page)


def error_words(scene: Scene, points: int, share: float) -> str:
    """Say how good the page's field is."""
    operator = scene.operator
    return (
        f"{points} of the operator's {len(operator.points_m)} points and all its "
        f"{operator.rank} members, in 16 bits: at {TRIED} poses |E| was within "
        f"{100 * share:.2g} % of the strongest |E| of the whole operator's. Missed is what the "
        "operator itself does not hold of the coil's vector potential; the field may be off by "
        "several times as much. Numerical errors and conductivities come on top."
    )


def _holder(name: str, kind: str, text: str) -> str:
    return f'<script type="{kind}" id="{name}">{text}</script>'


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
