"""The cortex of a head as files that other programs open."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, ConvergenceError
from cortistim.head import Head
from cortistim.head.cortex.hemispheres import (
    CorticalSurfaces,
    Parcels,
    SettledCortex,
    euler_number,
)
from cortistim.head.cortex.ribbon import Ribbon, cortical_ribbon
from cortistim.head.cortex.separation import separated_cortex
from cortistim.head.mesh import Surface
from cortistim.head.space.targets import TARGETS
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.gifti import write_labels_gifti
from cortistim.io.table.atlas import read_atlas
from cortistim.records.surfaces import (
    SettledRecord,
    SurfacesRecord,
    TalairachRecord,
    TargetVertexRecord,
)
from cortistim.study.folder import write_json
from cortistim.study.head.fsaverage import (
    TemplateMaps,
    require_template,
    template_maps,
    write_fsaverage,
)
from cortistim.study.head.hemisphere_files import (
    HemisphereMaps,
    ribbon_columns,
    ribbon_record,
    write_hemisphere,
    write_ribbon,
)
from cortistim.study.request.inputs import HeadRequest, head_of
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfacesRequest:
    """What to write of a head's cortex.

    Parameters
    ----------
    head : HeadRequest or Head, optional
        With white and grey matter.
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

    head: HeadRequest | Head = field(default_factory=HeadRequest)
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


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredCortex:
    """The cortex of a head with all that is written of it.

    Parameters
    ----------
    head : Head
        Whose it is.
    whole : Ribbon
        Both hemispheres as one.
    halves : tuple of HemisphereMaps
        Left and right; empty where they were not told apart.
    parcels : Parcels or None
        Regions of the whole, where an atlas was given and there are no halves.
    template : TemplateMaps or None
        Values on the vertices of fsaverage, where it was given.
    depths : tuple of float
        Further layers, see `Ribbon.at_depth`.
    notes : tuple of str
        What a reader should know.
    """

    head: Head
    whole: Ribbon
    halves: tuple[HemisphereMaps, ...]
    parcels: Parcels | None
    template: TemplateMaps | None
    depths: tuple[float, ...]
    notes: tuple[str, ...]


def run_surfaces(request: SurfacesRequest, *, progress: Progress = silent) -> MeasuredCortex:
    """Measure the cortex: both hemispheres as one, and each alone.

    The hemispheres are those given with the head, else they are separated from its mesh.

    Parameters
    ----------
    request : SurfacesRequest
        The head, and what is wanted.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    MeasuredCortex
        Ready to be written by `write_surfaces`.

    Raises
    ------
    MissingAnatomyError
        When the head has no cortex.
    BadInputError
        When the atlas, fsaverage or an overlay does not fit.
    """
    head = head_of(request.head, progress=progress)
    atlas = read_atlas(request.atlas, request.atlas_table) if request.atlas else None
    given = head.given_cortex
    if request.fsaverage:
        require_template(request.fsaverage, request.overlays, given=given is not None)
    progress("measure the cortex", 0.0)
    whole = cortical_ribbon(head.mesh) if given is None else given.surfaces.joined()
    progress("separate the hemispheres", 0.3)
    surfaces, notes = _hemispheres(head)
    parcels = None
    if atlas and surfaces:
        left, right = (atlas.at(h.ribbon.mid.vertices_m, head.frame) for h in surfaces.both)
        surfaces = surfaces.with_parcels((left, right))
    elif atlas:
        parcels = atlas.at(whole.mid.vertices_m, head.frame)
    halves = tuple(HemisphereMaps.of(half) for half in (surfaces.both if surfaces else ()))
    template = None
    if request.fsaverage:
        if not halves:
            msg = f"`fsaverage` needs two hemispheres; {'; '.join(notes)}"
            raise BadInputError(msg)
        template = template_maps(halves, head, request.fsaverage, request.overlays)
    return MeasuredCortex(
        head=head,
        whole=whole,
        halves=halves,
        parcels=parcels,
        template=template,
        depths=request.depths,
        notes=notes,
    )


def write_surfaces(
    found: MeasuredCortex, folder: Path, *, progress: Progress = silent
) -> SurfacesRecord:
    """Write white, mid and pial surfaces with thickness, curvature, folds and regions.

    Both hemispheres together are ``mid.surf.gii`` and so on, each alone ``lh.mid.surf.gii``.

    Parameters
    ----------
    found : MeasuredCortex
        From `run_surfaces`.
    folder : Path
        Where to.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    SurfacesRecord
        Sizes, topology, thickness and regions; also written as ``surfaces.json``.
    """
    progress("write the surfaces", 0.7)
    record = surfaces_record(found)
    with whole_folder(folder) as place:
        write_ribbon(place, "", found.whole, "CortexRightAndLeft", found.depths)
        write_overlay_gifti(place / "cortex.shape.gii", ribbon_columns(found.whole))
        if found.parcels is not None:
            write_labels_gifti(place / f"{found.parcels.name}.label.gii", found.parcels)
        for half in found.halves:
            write_hemisphere(place, half, found.depths)
        if found.template is not None:
            write_fsaverage(found.template, place)
        write_json(place / "surfaces.json", record)
    return record


def surfaces_record(found: MeasuredCortex) -> SurfacesRecord:
    """Return the content of ``surfaces.json``.

    Parameters
    ----------
    found : MeasuredCortex
        From `run_surfaces`.

    Returns
    -------
    SurfacesRecord
        First of both hemispheres as one.
    """
    given, sizes = found.head.given_cortex, ribbon_record(found.whole)
    return SurfacesRecord(
        vertices=sizes.vertices,
        area_cm2=sizes.area_cm2,
        thickness_mm=sizes.thickness_mm,
        origin="the head's mesh" if given is None else given.surfaces.origin,
        euler_number=euler_number(found.whole.mid.triangles),
        hemispheres={one.half.side: one.record() for one in found.halves},
        fit=_fit(given),
        talairach_xfm=_talairach(found.head),
        named_targets=_targets(found.head, found.whole.mid),
        fsaverage=None if found.template is None else found.template.record(),
        notes=found.notes,
    )


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


def _fit(settled: SettledCortex | None) -> SettledRecord | None:
    if settled is None:
        return None
    return SettledRecord(
        vertices=settled.surfaces.n_vertex,
        moved_into_grey=len(settled.moved_m),
        farthest_move_mm=round(float(mm_from_m(settled.moved_m.max(initial=0.0))), 2),
        left_out=settled.dropped,
    )


def _talairach(head: Head) -> TalairachRecord | None:
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
    return TalairachRecord(apart_median_mm=median, apart_p95_mm=high)


def _targets(head: Head, mid: Surface) -> tuple[TargetVertexRecord, ...]:
    """Find the vertex closest to each named target; none without a tie to MNI space."""
    from scipy.spatial import KDTree

    try:
        places_m = head.frame.to_subject_m(np.array([t.mni_m for t in TARGETS.values()]))
    except (BadInputError, ConvergenceError):
        return ()
    apart_m, nearest = (np.asarray(one) for one in KDTree(mid.vertices_m).query(places_m))
    return tuple(
        TargetVertexRecord(
            name=name, vertex=int(vertex), apart_mm=round(float(mm_from_m(gap)), 1)
        )
        for name, vertex, gap in zip(TARGETS, nearest, apart_m, strict=True)
    )
