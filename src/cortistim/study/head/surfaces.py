"""The cortex of a head as files that other programs open."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, ConvergenceError
from cortistim.head import Head
from cortistim.head.cortex.hemispheres import CorticalSurfaces, SettledCortex, euler_number
from cortistim.head.cortex.ribbon import cortical_ribbon
from cortistim.head.cortex.separation import separated_cortex
from cortistim.head.mesh import Surface
from cortistim.head.space.targets import TARGETS
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.gifti import write_labels_gifti
from cortistim.io.table.atlas import read_atlas
from cortistim.study.folder import write_json
from cortistim.study.head.fsaverage import require_registered, write_fsaverage
from cortistim.study.head.hemisphere_files import (
    ribbon_columns,
    ribbon_sizes,
    write_hemisphere,
    write_ribbon,
)
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m


@dataclass(frozen=True, slots=True)
class SurfacesRequest:
    """What to write of a head's cortex.

    Parameters
    ----------
    out : Path
        A folder.
    atlas : Path, optional
        Label image in MNI space.
    atlas_table : Path, optional
        Its names.
    fsaverage : Path, optional
        Folder with the template's spheres; maps are then written on its vertices, too.
    overlays : tuple of Path, optional
        GIFTI values on the head's cortex that go to fsaverage as well.
    depths : tuple of float, optional
        Layers to write: shares of the cortex, by volume, that lie above them.
    """

    out: Path
    atlas: Path | None = None
    atlas_table: Path | None = None
    fsaverage: Path | None = None
    overlays: tuple[Path, ...] = ()
    depths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what has no meaning alone."""
        if self.atlas_table and not self.atlas:
            msg = "`atlas_table` names the regions of an `atlas`; give the atlas, too."
            raise BadInputError(msg)
        if self.overlays and not self.fsaverage:
            msg = "`overlays` needs `fsaverage`, too: the template's folder."
            raise BadInputError(msg)


def write_surfaces(
    head: Head, request: SurfacesRequest, *, progress: Progress = silent
) -> dict[str, Any]:
    """Write white, mid and pial surfaces with thickness, curvature, folds and regions.

    Both hemispheres together as ``mid.surf.gii`` and so on, and each alone as
    ``lh.mid.surf.gii``: those given with the head, else separated from its mesh.

    Parameters
    ----------
    head : Head
        With white and grey matter.
    request : SurfacesRequest
        What to write, and where.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        Sizes, topology, thickness and regions; also written as ``surfaces.json``.

    Raises
    ------
    MissingAnatomyError
        When the head has no cortex.
    BadInputError
        When the atlas, fsaverage or an overlay does not fit.
    """
    atlas = read_atlas(request.atlas, request.atlas_table) if request.atlas else None
    given = head.given_cortex
    if request.fsaverage:
        require_registered(None if given is None else given.surfaces)
    progress("measure the cortex", 0.0)
    whole = cortical_ribbon(head.mesh) if given is None else given.surfaces.joined()
    progress("separate the hemispheres", 0.3)
    halves, notes = _hemispheres(head)
    if atlas and halves:
        left, right = (atlas.at(h.ribbon.mid.vertices_m, head.frame) for h in halves.both)
        halves = halves.with_parcels((left, right))
    progress("write the surfaces", 0.7)
    with whole_folder(request.out) as folder:
        write_ribbon(folder, "", whole, "CortexRightAndLeft", request.depths)
        write_overlay_gifti(folder / "cortex.shape.gii", ribbon_columns(whole))
        if atlas and halves is None:
            parcels = atlas.at(whole.mid.vertices_m, head.frame)
            write_labels_gifti(folder / f"{atlas.name}.label.gii", parcels)
        record = {
            **ribbon_sizes(whole),
            "origin": "the head's mesh" if given is None else given.surfaces.origin,
            "euler_number": euler_number(whole.mid.triangles),
            "hemispheres": _each(folder, halves, request.depths),
            "fit": _fit(given),
            "talairach_xfm": _talairach(head),
            "named_targets": _targets(head, whole.mid),
            "fsaverage": _on_fsaverage(folder, given, halves, request),
            "notes": list(notes),
        }
        write_json(folder / "surfaces.json", record)
    return record


def _each(
    folder: Path, halves: CorticalSurfaces | None, depths: tuple[float, ...]
) -> dict[str, Any]:
    both = halves.both if halves else ()
    return {half.side: write_hemisphere(folder, half, depths) for half in both}


def _on_fsaverage(
    folder: Path,
    given: SettledCortex | None,
    halves: CorticalSurfaces | None,
    request: SurfacesRequest,
) -> dict[str, Any] | None:
    if request.fsaverage is None or given is None or halves is None:
        return None
    return write_fsaverage(folder, halves, given, request.fsaverage, request.overlays)


def _hemispheres(head: Head) -> tuple[CorticalSurfaces | None, tuple[str, ...]]:
    """Both hemispheres, given or separated; or the reason why there are none."""
    if head.given_cortex is not None:
        surfaces = head.given_cortex.surfaces
        return surfaces, (*surfaces.notes, *surfaces.warnings, head.given_cortex.in_words())
    try:
        surfaces = separated_cortex(head.mesh, head.frame)
    except (BadInputError, ConvergenceError) as error:
        return None, (f"the hemispheres were not told apart: {error}",)
    return surfaces, (*surfaces.notes, *surfaces.warnings)


def _fit(settled: SettledCortex | None) -> dict[str, Any] | None:
    if settled is None:
        return None
    return {
        "vertices": settled.surfaces.n_vertex,
        "moved_into_grey": len(settled.moved_m),
        "farthest_move_mm": round(float(mm_from_m(settled.moved_m.max(initial=0.0))), 2),
        "left_out": settled.dropped,
    }


def _talairach(head: Head) -> dict[str, float] | None:
    """Tell how far the head's tie to MNI space and FreeSurfer's are apart."""
    surfaces = head.given_cortex.surfaces if head.given_cortex else None
    if surfaces is None or surfaces.talairach is None:
        return None
    points_m = head.cortex.vertices_m[::20]
    try:
        ours_m = head.frame.to_mni_m(points_m)
    except (BadInputError, ConvergenceError):
        return None
    theirs_m = surfaces.talairach.to_mni_m(points_m)
    apart_mm = mm_from_m(np.linalg.norm(ours_m - theirs_m, axis=1))
    median, high = np.percentile(apart_mm, [50, 95]).round(1).tolist()
    return {"apart_median_mm": median, "apart_p95_mm": high}


def _targets(head: Head, mid: Surface) -> list[dict[str, Any]]:
    """Find the vertex closest to each named target; none without a tie to MNI space."""
    from scipy.spatial import KDTree

    try:
        places_m = head.frame.to_subject_m(np.array([t.mni_m for t in TARGETS.values()]))
    except (BadInputError, ConvergenceError):
        return []
    apart_m, nearest = (np.asarray(one) for one in KDTree(mid.vertices_m).query(places_m))
    return [
        {"name": name, "vertex": int(vertex), "apart_mm": round(float(mm_from_m(gap)), 1)}
        for name, vertex, gap in zip(TARGETS, nearest, apart_m, strict=True)
    ]
