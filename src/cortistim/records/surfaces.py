"""The cortex of a head as files, and what was measured on it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ThicknessRecord:
    """Thickness of the cortex, in millimetres.

    Parameters
    ----------
    p5, median, p95 : float
        Percentiles over the vertices that have one.
    """

    p5: float
    median: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class RibbonRecord:
    """Size of a piece of cortex.

    Parameters
    ----------
    vertices : int
        Of its mid-grey surface.
    area_cm2 : float
        Of that surface.
    thickness_mm : ThicknessRecord
        From white matter to pia.
    """

    vertices: int
    area_cm2: float
    thickness_mm: ThicknessRecord


@dataclass(frozen=True, kw_only=True)
class RegionRecord:
    """A region of a parcellation.

    Parameters
    ----------
    number : int
        Its label.
    name : str
        From the table.
    vertices : int
        Inside.
    area_cm2, thickness_mm : float
        Of the mid-grey surface there; the thickness is a median.
    """

    number: int
    name: str
    vertices: int
    area_cm2: float
    thickness_mm: float


@dataclass(frozen=True, kw_only=True)
class HemisphereRecord(RibbonRecord):
    """A hemisphere.

    Parameters
    ----------
    vertices, area_cm2, thickness_mm
        As in `RibbonRecord`.
    euler_number : int
        2 for a sphere.
    topological_sphere : bool
        Closed, in one piece and without handles.
    registered_sphere : bool
        Whether it was registered to the common sphere.
    gyral_crowns_percent, sulcal_floors_percent : float
        Of the vertices.
    regions : mapping of str to tuple of RegionRecord
        By parcellation.
    """

    euler_number: int
    topological_sphere: bool
    registered_sphere: bool
    gyral_crowns_percent: float
    sulcal_floors_percent: float
    regions: dict[str, tuple[RegionRecord, ...]]


@dataclass(frozen=True, kw_only=True)
class SettledRecord:
    """How surfaces that were given fit the mesh.

    Parameters
    ----------
    vertices : int
        Of both hemispheres.
    moved_into_grey : int
        Vertices that lay outside the mesh's grey matter and were moved.
    farthest_move_mm : float
        The farthest of these moves.
    left_out : int
        Vertices that could not be moved.
    """

    vertices: int
    moved_into_grey: int
    farthest_move_mm: float
    left_out: int


@dataclass(frozen=True, kw_only=True)
class TalairachRecord:
    """How far the head's transform to MNI space and FreeSurfer's are apart.

    Parameters
    ----------
    apart_median_mm, apart_p95_mm : float
        Over the cortex.
    """

    apart_median_mm: float
    apart_p95_mm: float


@dataclass(frozen=True, kw_only=True)
class TargetVertexRecord:
    """The vertex closest to a named target.

    Parameters
    ----------
    name : str
        Of the target.
    vertex : int
        On the mid-grey surface of both hemispheres.
    apart_mm : float
        From the target.
    """

    name: str
    vertex: int
    apart_mm: float


@dataclass(frozen=True, kw_only=True)
class FsaverageRecord:
    """What was carried to the vertices of fsaverage.

    Parameters
    ----------
    template : str
        Its folder.
    vertices : mapping of str to int
        By hemisphere.
    overlays : tuple of str
        Names of the maps that were carried, besides those of the cortex itself.
    by : str
        How the tie was made: by registered spheres or by MNI space.
    """

    template: str
    vertices: dict[str, int]
    overlays: tuple[str, ...]
    by: str


@dataclass(frozen=True, kw_only=True)
class SurfacesRecord(RibbonRecord):
    """What ``surfaces.json`` tells: first of both hemispheres as one surface.

    Parameters
    ----------
    vertices, area_cm2, thickness_mm
        As in `RibbonRecord`.
    origin : str
        The surfaces' own, or the head's mesh.
    euler_number : int
        Of the whole.
    hemispheres : mapping of str to HemisphereRecord
        ``left`` and ``right``; empty where they were not told apart.
    fit : SettledRecord or None
        None for the mesh's own cortex.
    talairach_xfm : TalairachRecord or None
        None where the surfaces have no such transform.
    named_targets : tuple of TargetVertexRecord
        Empty without a transform to MNI space.
    fsaverage : FsaverageRecord or None
        None where no template was given.
    notes : tuple of str
        What a reader should know.
    """

    origin: str
    euler_number: int
    hemispheres: dict[str, HemisphereRecord]
    fit: SettledRecord | None
    talairach_xfm: TalairachRecord | None
    named_targets: tuple[TargetVertexRecord, ...]
    fsaverage: FsaverageRecord | None
    notes: tuple[str, ...]
