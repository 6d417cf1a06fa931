"""Both hemispheres of a mesh as topological spheres."""

from functools import partial

import numpy as np

from cortistim import cache
from cortistim.errors import ConvergenceError, MissingAnatomyError
from cortistim.geometry import transform
from cortistim.head.cortex.hemispheres import (
    SIDES,
    CorticalSurfaces,
    Hemisphere,
    Side,
    is_sphere,
    ribbon_between,
)
from cortistim.head.cortex.mid_grey import BLUR_VOXELS, SPACING_M, level_of, thick_grey
from cortistim.head.cortex.ribbon import sides_m, surface_on
from cortistim.head.cortex.separation.growth import ball_within, sphere_around
from cortistim.head.cortex.separation.parts import (
    LEFT,
    RIGHT,
    BrainParts,
    brain_parts,
    deep_region,
)
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import grid_around, rasterise_onto
from cortistim.head.space.frames import Frame
from cortistim.head.surfaces import smoothed
from cortistim.head.tissues import CSF, GREY, WHITE
from cortistim.typing import BoolArray, FloatArray, IntArray

VERSION = 1  # raise it when what is kept in the cache changes
NUMBERS: dict[Side, int] = {"left": LEFT, "right": RIGHT}
SMOOTHING_ROUNDS = 6
CORE_M = 3.1e-3  # of the level: 1.5 mm inside white matter, deeper than false bridges
ROOM = 8  # voxels around a hemisphere
APART_VOXELS = 0.5  # the surface keeps this far from other parts of the brain
SPHERES = (
    "each hemisphere was cut from the mesh's brain along MNI x = 0, filled inside (ventricles, "
    "deep nuclei) and given a surface without handles: topological spheres (Euler number 2). "
    "The medial wall has no thickness (column cortex = 0)."
)


def separated_cortex(mesh: TetMesh, frame: Frame) -> CorticalSurfaces:
    """Separate the hemispheres of a mesh and give each a surface without handles.

    Cerebellum and brain stem are cut off, ventricles and deep nuclei filled. The middle
    surface is the zero of the same level as `mid_grey_surface`'s, around a set of voxels that
    changed from a box by simple points alone [bertrand1994]_, so that it is a topological
    sphere. It may still touch or cross itself in narrow sulci. Kept in the cache.

    Parameters
    ----------
    mesh : TetMesh
        With white and grey matter.
    frame : Frame
        Its tie to MNI space.

    Returns
    -------
    CorticalSurfaces
        Vertices on the medial wall have no thickness and 0 in the map ``cortex``.

    Raises
    ------
    MissingAnatomyError
        When the mesh lacks white or grey matter, or a hemisphere.
    ConvergenceError
        When a surface is no sphere after all.
    """
    missing = sorted({WHITE, GREY} - set(mesh.present_tags()))
    if missing:
        msg = f"separating the hemispheres needs white and grey matter; tags {missing} lack."
        raise MissingAnatomyError(msg)
    corners_m = np.array([[x, y, z] for x in (-0.05, 0.05) for y in (-0.08, 0.05)
                          for z in (-0.03, 0.06)])  # fmt: skip
    key = cache.digest(mesh.digest, VERSION, SPACING_M, frame.to_subject_m(corners_m))
    kept = cache.remembered("hemispheres", key, partial(_build, mesh, frame))
    left, right = (_hemisphere(side, kept) for side in SIDES)
    return CorticalSurfaces(left, right, "the head's mesh", (SPHERES,))


def _hemisphere(side: Side, kept: dict[str, np.ndarray]) -> Hemisphere:
    names = ("triangles", "white_m", "pial_m", "mid_m", "cortex")
    triangles, white_m, pial_m, mid_m, cortex = (kept[f"{side}_{name}"] for name in names)
    ribbon = ribbon_between(triangles, white_m, pial_m, mid_m)
    return Hemisphere(side, ribbon, maps={"cortex": cortex.astype(float)})


def _build(mesh: TetMesh, frame: Frame) -> dict[str, np.ndarray]:
    brain = mesh.tets[np.isin(mesh.tags, (GREY, WHITE))]
    shape, affine_m = grid_around(mesh.nodes_m[brain].reshape(-1, 3), SPACING_M, 5 * SPACING_M)
    found = brain_parts(rasterise_onto(mesh, shape, affine_m), affine_m, frame)
    level_m = level_of(mesh, found.labels, found.labels == WHITE, affine_m)
    out: dict[str, np.ndarray] = {}
    for side in SIDES:
        arrays = _half(mesh, *_around(found, side, level_m, affine_m))
        out |= {f"{side}_{name}": values for name, values in arrays.items()}
    return out


def _around(
    found: BrainParts, side: Side, level_m: FloatArray, affine_m: FloatArray
) -> tuple[BrainParts, Side, FloatArray, FloatArray]:
    """Cut parts, level and affine matrix down to one hemisphere and some room."""
    from scipy.ndimage import find_objects

    tight = find_objects((found.parts == NUMBERS[side]).astype(np.int8))[0]
    box = tuple(
        slice(max(edge.start - ROOM, 0), min(edge.stop + ROOM, n))
        for edge, n in zip(tight, level_m.shape, strict=True)
    )
    here_m = affine_m.copy()
    here_m[:3, 3] += affine_m[:3, :3] @ [edge.start for edge in box]
    cut = BrainParts(found.labels[box], found.parts[box], found.mni_mm[(slice(None), *box)])
    return cut, side, level_m[box], here_m


def _half(
    mesh: TetMesh, found: BrainParts, side: Side, level_m: FloatArray, affine_m: FloatArray
) -> dict[str, np.ndarray]:
    own = found.parts == NUMBERS[side]
    filled = _filled(found, own, side)
    closed_m = _closed_level_m(found, own, filled, level_m)
    ball = ball_within(closed_m, CORE_M)
    vertices_m, triangles = sphere_around(ball, closed_m, affine_m)
    if not is_sphere(triangles):
        msg = f"the {side} hemisphere's surface must be a topological sphere; it is not."
        raise ConvergenceError(msg)
    mid = surface_on(triangles, smoothed(vertices_m, triangles, SMOOTHING_ROUNDS))
    cut = _others(found, own) & (found.labels == WHITE)  # callosum, midbrain
    no_cortex = filled | cut | thick_grey(own & (found.labels == GREY))
    cortex = ~_beside(no_cortex, mid.vertices_m, affine_m)
    kept = {
        name: np.where(cortex[:, None], places_m, mid.vertices_m)
        for name, places_m in zip(("white_m", "pial_m"), sides_m(mesh, mid), strict=True)
    }
    return {"triangles": triangles, "mid_m": mid.vertices_m, "cortex": cortex, **kept}


def _others(found: BrainParts, own: IntArray) -> IntArray:
    return (found.parts > 0) & ~own


def _filled(found: BrainParts, own: IntArray, side: Side) -> IntArray:
    """Ventricles and deep nuclei of one side: what is not white matter there."""
    on_side = found.mni_mm[0] < 0 if side == "left" else found.mni_mm[0] >= 0
    grey = own & (found.labels == GREY)
    return deep_region(found.mni_mm) & (grey | ((found.labels == CSF) & on_side))


def _closed_level_m(
    found: BrainParts, own: IntArray, filled: IntArray, level_m: FloatArray
) -> FloatArray:
    """Level of the middle surface, positive inside; closed over the medial wall."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    to_filled = np.asarray(distance_transform_edt(~filled))
    in_filled = np.asarray(distance_transform_edt(filled))
    signed_m = SPACING_M * np.where(filled, in_filled - 0.5, 0.5 - to_filled)
    signed_m = np.asarray(gaussian_filter(signed_m, BLUR_VOXELS))
    to_others = np.asarray(distance_transform_edt(~_others(found, own)))
    bound_m = SPACING_M * (to_others - APART_VOXELS)
    joined_m = np.maximum(level_m, signed_m)
    reach = np.asarray(distance_transform_edt(~(own | filled))) * SPACING_M
    out_m = np.minimum(joined_m, np.minimum(bound_m, 1.5 * SPACING_M - reach))
    for axis in range(3):  # the rim stays outside
        np.moveaxis(out_m, axis, 0)[[0, -1]] = -SPACING_M
    return out_m


def _beside(region: BoolArray, points_m: FloatArray, affine_m: FloatArray) -> BoolArray:
    """Tell which points lie within a voxel and a half of a region."""
    from scipy.ndimage import distance_transform_edt, map_coordinates

    away = np.asarray(distance_transform_edt(~region), np.float32)
    index = transform(np.linalg.inv(affine_m), points_m).T
    return map_coordinates(away, index, order=1) < 1.5
