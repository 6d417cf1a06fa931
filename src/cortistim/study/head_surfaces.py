"""The cortex of a head as files that other programs open."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim.head import Head
from cortistim.head.ribbon import cortical_ribbon, surface_on
from cortistim.io import write_overlay_gifti, write_surface_gifti
from cortistim.study.outputs import whole_folder
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m


def write_surfaces(head: Head, out: Path, *, progress: Progress = silent) -> dict[str, Any]:
    """Write white, mid and pial surfaces with thickness and curvature.

    Parameters
    ----------
    head : Head
        With white and grey matter.
    out : Path
        A folder.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        Number of vertices, area and thickness.

    Raises
    ------
    MissingAnatomyError
        When the head has no cortex.
    """
    progress("measure the cortex", 0.0)
    ribbon = cortical_ribbon(head.mesh)
    mid = ribbon.mid
    with whole_folder(out) as folder:
        for name, places_m in (("white", ribbon.white_m), ("pial", ribbon.pial_m)):
            side = surface_on(mid.triangles, places_m)
            write_surface_gifti(folder / f"{name}.surf.gii", side)
        write_surface_gifti(folder / "mid.surf.gii", mid)
        columns = {
            "thickness_mm": mm_from_m(ribbon.thickness_m),
            "curvature_per_mm": mid.curvature_per_m / 1e3,
            "gyrus": (mid.curvature_per_m > 0).astype(float),
        }
        write_overlay_gifti(folder / "cortex.shape.gii", columns)
    low, median, high = mm_from_m(np.percentile(ribbon.thickness_m, [5, 50, 95])).round(2)
    return {
        "vertices": len(mid.vertices_m),
        "area_cm2": round(float(mid.vertex_areas_m2.sum()) * 1e4, 1),
        "thickness_mm": {"p5": low, "median": median, "p95": high},
    }
