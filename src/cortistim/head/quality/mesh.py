"""Is a head mesh fit to solve on; and mending it when it is not."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import MeshError
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import topology
from cortistim.head.tissues import BONES, CSF, DEFAULTS, GREY, SCALP, WHITE
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

SAME_PLACE_M = 1e-7
NO_VOLUME_M3 = 1e-21
MIDLINE_M = 0.010
CELL_M = 0.030
BRAIN = (WHITE, GREY, CSF)
LEAST_HEAD_M, MOST_HEAD_M = 0.050, 1.0  # from a rat's to one with shoulders
LIKELY_HEAD_M = (0.1, 0.4)  # extent that a guess at the unit should lead to
UNITS = {"metres": 1e3, "inches": 25.4, "centimetres": 10.0, "tenths of a millimetre": 0.1,
         "micrometres": 1e-3}  # fmt: skip
NECK = 0.25  # of the mesh's height; there the image may cut the head
LEAST_BARE_M2 = 1e-4
CROWN = 0.6  # of the brain's height; above it bone has scalp over it
FACES = np.array([[1, 2, 3], [2, 3, 0], [3, 0, 1], [0, 1, 2]])
REMEDY = "Repair the mesh (repair_mesh merges, flips and drops such parts) or mesh again."


@dataclass(frozen=True, slots=True)
class MeshReport:
    """What `check_mesh` found.

    Parameters
    ----------
    n_node, n_tet : int
        Size of the mesh; nodes of no tetrahedron count too.
    n_unused_node : int
        Nodes of no tetrahedron; harmless.
    volume_m3 : mapping of int to float
        Volume of each tag.
    shape_min, shape_p1, shape_median : float
        3 r/R (inradius over circumradius; 1 is a regular tetrahedron): smallest, first
        percentile, median.
    defects : tuple of str
        Why no field on it can be trusted; empty for a sound mesh.
    warnings : tuple of str
        What makes fields doubtful in places.
    """

    n_node: int
    n_tet: int
    n_unused_node: int
    volume_m3: Mapping[int, float]
    shape_min: float
    shape_p1: float
    shape_median: float
    defects: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether there are no defects."""
        return not self.defects


def check_mesh(mesh: TetMesh) -> MeshReport:
    """Look for all that makes a finite-element field on a mesh wrong.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.

    Returns
    -------
    MeshReport
        Defects: nodes in the same place, cracks, faces of more than two tetrahedra,
        volumes that are not positive, several parts. Warnings: grey matter without CSF
        between it and bone or scalp; brain, or bone at the crown, that borders on a hole or
        the outside. Cracks with nodes on one side only are not seen, nor are holes within
        bone and scalp, where sinuses are.
    """
    partner, crowded = topology.pair_faces(mesh.tets, len(mesh.nodes_m))
    used = _used(mesh)
    q = np.percentile(topology.shapes(mesh.nodes_m, mesh.tets), [0, 1, 50])
    volume = np.bincount(mesh.tags, mesh.volumes_m3)
    defects = (
        *_duplicates_and_cracks(mesh, used, partner),
        *_crowded_faces(mesh, crowded),
        *_volumes_not_positive(mesh),
        *_several_parts(mesh, used),
    )
    return MeshReport(
        n_node=len(mesh.nodes_m),
        n_tet=len(mesh.tets),
        n_unused_node=int((~used).sum()),
        volume_m3={tag: float(volume[tag]) for tag in mesh.present_tags()},
        shape_min=float(q[0]),
        shape_p1=float(q[1]),
        shape_median=float(q[2]),
        defects=defects,
        warnings=(*_bare_grey_matter(mesh, partner), *_holes(mesh, used, partner)),
    )


def require_sound(mesh: TetMesh) -> MeshReport:
    """Refuse a mesh that no field can be trusted on.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.

    Returns
    -------
    MeshReport
        Without defects.

    Raises
    ------
    MeshError
        With all defects, how many and where.
    """
    report = check_mesh(mesh)
    if report.defects:
        raise MeshError(" ".join((*report.defects, REMEDY)))
    return report


def require_head_size(mesh: TetMesh) -> None:
    """Refuse a mesh whose unit cannot be what its file should have.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh, read as if in millimetres.

    Raises
    ------
    MeshError
        When it extends over less than 50 mm or more than 1 m; with a guess at the unit.
    """
    extent_m = float(np.ptp(mesh.nodes_m[_used(mesh)], axis=0).max())
    if LEAST_HEAD_M <= extent_m <= MOST_HEAD_M:
        return
    low_m, high_m = LIKELY_HEAD_M
    guesses = [name for name, more in UNITS.items() if low_m <= more * extent_m <= high_m]
    guess = f"It seems to be in {' or '.join(guesses)}. " if guesses else ""
    msg = (
        f"a head must measure {mm_from_m(LEAST_HEAD_M):g} to {mm_from_m(MOST_HEAD_M):g} mm, in "
        f"millimetres; read so, the mesh measures {mm_from_m(extent_m):.3g} mm. {guess}Scale "
        "its coordinates to millimetres."
    )
    raise MeshError(msg)


def mirror_warning(mesh: TetMesh) -> tuple[str, ...]:
    """Say when a mesh is inside out as a whole, which flipping tetrahedra may hide.

    Parameters
    ----------
    mesh : TetMesh
        Before it is repaired.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    inside_out = int(np.count_nonzero(mesh.volumes_m3 < -NO_VOLUME_M3))
    if 2 * inside_out <= len(mesh.tets):
        return ()
    return (
        f"{inside_out} of {len(mesh.tets)} tetrahedra were inside out and were flipped: either "
        "the file orders their nodes the other way, or its coordinates are mirrored and left "
        "and right are exchanged. Compare a side that you know, such as a lesion, with the "
        "person's image.",
    )


def repair_mesh(mesh: TetMesh) -> tuple[TetMesh, list[str]]:
    """Merge, flip and drop until a mesh is one sound part, and say what was done.

    Parameters
    ----------
    mesh : TetMesh
        Any mesh.

    Returns
    -------
    mesh : TetMesh
        With nodes in the same place merged, negative tetrahedra flipped, those without
        volume and those outside the largest part dropped, and only used nodes.
    done : list of str
        One sentence for each kind of change; empty when there was nothing to do.

    Raises
    ------
    MeshError
        When nothing is left.
    """
    done: list[str] = []
    first = _first_at_same_place(mesh.nodes_m)
    merged = int(np.count_nonzero((first != np.arange(len(first)))[_used(mesh)]))
    tets = first[mesh.tets]
    _note(done, merged, "merged {} nodes that lay in the place of another")
    signed_m3 = TetMesh(mesh.nodes_m, tets, mesh.tags).volumes_m3
    negative = signed_m3 < -NO_VOLUME_M3
    tets[negative] = tets[negative][:, [0, 1, 3, 2]]
    _note(done, negative.sum(), "flipped {} tetrahedra of negative volume")
    solid = np.abs(signed_m3) > NO_VOLUME_M3
    _note(done, (~solid).sum(), "dropped {} tetrahedra without volume")
    part = topology.part_of_node(tets[solid], len(mesh.nodes_m))[tets[:, 0]]
    kept = solid & (part == np.bincount(part[solid], minlength=1).argmax())
    _note(done, (solid & ~kept).sum(), "dropped {} tetrahedra apart from the largest part")
    nodes, tets = np.unique(tets[kept], return_inverse=True)
    unused = len(mesh.nodes_m) - len(nodes) - merged
    _note(done, unused, "dropped {} nodes of no tetrahedron")
    return TetMesh(mesh.nodes_m[nodes], tets.reshape(-1, 4), mesh.tags[kept]), done


def place_in_words(point_m: FloatArray, center_m: FloatArray) -> str:
    """Say where in the head a point is.

    Parameters
    ----------
    point_m : (3,) array [m]
        In subject space (RAS).
    center_m : (3,) array [m]
        The middle of the head.

    Returns
    -------
    str
        Such as ``left anterior upper, at (-31, 52, 40) mm``.
    """
    sides = (("left", "right"), ("posterior", "anterior"), ("lower", "upper"))
    words = [
        pair[int(offset > 0)]
        for pair, offset in zip(sides, point_m - center_m, strict=True)
        if abs(offset) > MIDLINE_M
    ]
    place = ", ".join(f"{value:.0f}" for value in mm_from_m(np.asarray(point_m)))
    return f"{' '.join(words) or 'central'}, at ({place}) mm"


def _note(done: list[str], count: int, sentence: str) -> None:
    if count > 0:
        done.append(sentence.format(count))


def _used(mesh: TetMesh) -> np.ndarray:
    used = np.zeros(len(mesh.nodes_m), dtype=bool)
    used[mesh.tets.ravel()] = True
    return used


def _where(mesh: TetMesh, point_m: FloatArray) -> str:
    return place_in_words(point_m, (mesh.nodes_m.min(axis=0) + mesh.nodes_m.max(axis=0)) / 2)


def _first_at_same_place(nodes_m: FloatArray) -> IntArray:
    """Index of the first of all nodes at the same place, (n_node,)."""
    rounded = np.rint(nodes_m / SAME_PLACE_M).astype(np.int64)
    order = np.lexsort(rounded.T)  # stable: the first of equals keeps the lowest index
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (rounded[order[1:]] != rounded[order[:-1]]).any(axis=1)
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))]
    return first


def _duplicates_and_cracks(mesh: TetMesh, used: np.ndarray, partner: IntArray) -> list[str]:
    """Nodes in the same place, and the boundary faces that lie on each other for it."""
    nodes = np.flatnonzero(used)
    first = np.arange(len(used))
    first[nodes] = nodes[_first_at_same_place(mesh.nodes_m[nodes])]
    double = np.flatnonzero(first != np.arange(len(first)))
    if len(double) == 0:
        return []
    place = _where(mesh, mesh.nodes_m[double[0]])
    defects = [
        f"nodes must lie in different places; {len(double)} lie in the place of another, "
        f"the first {place}."
    ]
    tet, face = np.nonzero(partner < 0)
    faces = np.sort(first[mesh.tets[tet[:, None], FACES[face]]], axis=1)
    _, index, count = np.unique(faces, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        place = _where(mesh, mesh.nodes_m[faces[index[count > 1][0]]].mean(axis=0))
        defects.append(
            f"tetrahedra must share the faces between them; {int((count > 1).sum())} faces "
            f"are cracks with no connection across, the first {place}."
        )
    return defects


def _crowded_faces(mesh: TetMesh, crowded: np.ndarray) -> list[str]:
    if not crowded.any():
        return []
    place = _where(mesh, mesh.centroids_m[crowded.argmax()])
    return [
        "a face must belong to one or two tetrahedra; "
        f"{int(crowded.sum())} tetrahedra have a face of three, the first {place}."
    ]


def _volumes_not_positive(mesh: TetMesh) -> list[str]:
    bad = mesh.volumes_m3 <= NO_VOLUME_M3
    if not bad.any():
        return []
    place = _where(mesh, mesh.centroids_m[bad.argmax()])
    mirrored = 2 * np.count_nonzero(mesh.volumes_m3 < -NO_VOLUME_M3) > len(bad)
    why = " Its coordinates may be mirrored, left for right." if mirrored else ""
    return [
        f"volumes must be positive; {int(bad.sum())} of {len(bad)} tetrahedra are flat or "
        f"inside out, the first {place}.{why}"
    ]


def _several_parts(mesh: TetMesh, used: np.ndarray) -> list[str]:
    part = topology.part_of_node(mesh.tets, len(mesh.nodes_m))
    size = np.bincount(part[used])
    if np.count_nonzero(size) == 1:
        return []
    others = np.flatnonzero((size > 0) & (np.arange(len(size)) != size.argmax()))
    place = _where(mesh, mesh.nodes_m[others[0]])
    return [
        f"a head must be one part; {len(others)} other parts with {int(size[others].sum())} "
        f"nodes are loose, the first {place}."
    ]


def _densest(points_m: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted mean of the points in the heaviest cell of a coarse grid, (3,)."""
    _, cell = np.unique(np.floor(points_m / CELL_M), axis=0, return_inverse=True)
    heaviest = cell.reshape(-1) == np.bincount(cell.reshape(-1), weights).argmax()
    return np.average(points_m[heaviest], axis=0, weights=weights[heaviest])


def _corners_m(mesh: TetMesh, tet: IntArray, face: IntArray) -> FloatArray:
    """Corners of faces, (n_face, 3, 3)."""
    return mesh.nodes_m[mesh.tets[tet[:, None], FACES[face]]]


def _areas_m2(corners_m: FloatArray) -> FloatArray:
    sides_m = corners_m[:, 1:] - corners_m[:, :1]
    return np.linalg.norm(np.cross(sides_m[:, 0], sides_m[:, 1]), axis=1) / 2


def _bare_grey_matter(mesh: TetMesh, partner: IntArray) -> tuple[str, ...]:
    """Say where grey matter touches bone or scalp: there the CSF is lost."""
    grey = mesh.tags == GREY
    tet, face = np.nonzero((partner >= 0) & grey[:, None])
    beyond = mesh.tags[partner[tet, face]]
    warnings = []
    for tag in (*BONES, SCALP):
        touching = beyond == tag
        corners_m = _corners_m(mesh, tet[touching], face[touching])
        area_m2 = _areas_m2(corners_m)
        if not area_m2.any():  # no faces, or flat ones
            continue
        middle_m = _densest(corners_m.mean(axis=1), area_m2)
        warnings.append(
            f"grey matter touches {DEFAULTS[tag].name} over {area_m2.sum() * 1e4:.1f} cm², "
            f"most of it {_where(mesh, middle_m)}: CSF is missing there, and fields are wrong."
        )
    return tuple(warnings)


def _holes(mesh: TetMesh, used: np.ndarray, partner: IntArray) -> tuple[str, ...]:
    """Say where brain or fluid, or bone at the crown, borders on nothing.

    Sinuses are holes, too, but their walls are bone and soft tissue; and necks are cut, so
    that the outer surface of the lowest part is passed over.
    """
    tet, face = np.nonzero(partner < 0)
    corners_m = _corners_m(mesh, tet, face)
    place_m, tags = corners_m.mean(axis=1), mesh.tags[tet]
    outside = _outermost(mesh, tet, face)
    z_m = mesh.nodes_m[used, 2]
    at_neck = outside & (place_m[:, 2] < z_m.min() + NECK * np.ptp(z_m))
    bare = np.isin(tags, BRAIN) & ~at_neck
    if not np.isin(mesh.tags, (*BONES, SCALP)).any():
        bare &= ~outside  # a brain alone ends there
    found = {"brain or fluid": bare}
    brain = np.isin(mesh.tags, BRAIN)
    if brain.any() and (mesh.tags == SCALP).any():
        height_m = mesh.centroids_m[brain, 2]
        crown_m = height_m.min() + CROWN * np.ptp(height_m)
        found["bone"] = np.isin(tags, BONES) & outside & (place_m[:, 2] > crown_m)
    warnings = []
    for name, bare in found.items():
        area_m2 = _areas_m2(corners_m[bare])
        if area_m2.sum() < LEAST_BARE_M2:
            continue
        middle_m = _densest(place_m[bare], area_m2)
        warnings.append(
            f"{name} borders on nothing over {area_m2.sum() * 1e4:.1f} cm², most of it "
            f"{_where(mesh, middle_m)}: the mesh has holes, or lacks what lies over it there, "
            "and fields are wrong."
        )
    return tuple(warnings)


def _outermost(mesh: TetMesh, tet: IntArray, face: IntArray) -> np.ndarray:
    """Mark the boundary faces that belong to the largest closed surface, not to a void."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    nodes = mesh.tets[tet[:, None], FACES[face]]
    n_node = len(mesh.nodes_m)
    ends = np.concatenate([nodes[:, [0, 1]], nodes[:, [1, 2]]])
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (n_node, n_node))
    part = connected_components(graph, directed=False)[1][nodes[:, 0]]
    area_m2 = np.bincount(part, _areas_m2(mesh.nodes_m[nodes]))
    return part == area_m2.argmax()
