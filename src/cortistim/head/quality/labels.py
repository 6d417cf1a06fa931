"""Would a radiologist believe these tissues: volumes, thicknesses, gaps; and the mesh."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.geometry import transform
from cortistim.head.cortex.mid_grey import mid_grey_surface
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher.preparation import cut_faces
from cortistim.head.rasterise import locate
from cortistim.head.tissues import BONES, CSF, EYES, GREY, SCALP, WHITE
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

NAMES = {"white matter": (WHITE,), "grey matter": (GREY,), "cerebrospinal fluid": (CSF,)}
NAMES |= {"bone": BONES, "scalp": (SCALP,), "eyes": (EYES,)}
NAMES |= {"brain": (WHITE, GREY), "intracranial": (WHITE, GREY, CSF)}
VAULT_M = 0.030  # MNI z above which there is neither face nor skull base
UPPER_M = 0.0  # MNI z of the upper head
# What a careful person would look at again; chosen by eye, no statement about people.
HOLE_M, MOST_HOLES = 1.2e-3, 0.01
LEAST_FLUID_M, MOST_BARE = 0.6e-3, 0.5
LEAST_EYES_ML = 4.0
MOST_UNEVEN = 0.10
LEAST_BELOW_M = 0.010


@dataclass(frozen=True, slots=True)
class Usual:
    """A range of healthy adults that somebody published.

    Parameters
    ----------
    low, high : float
        Mean less and plus two standard deviations, or what the source gives as extremes.
    source : str
        Key of ``references.bib``.
    """

    low: float
    high: float
    source: str


# Matsumae et al.: 49 volunteers of 24 to 80 years, MRI: 1469 ± 102 ml intracranial and
# 1302 ± 112 ml brain in men, 1289 ± 111 and 1143 ± 105 ml in women.
# Moreira-Gonzalez et al.: 281 dry skulls, 6.32 mm over 40 places of the vault with a standard
# error of 0.07 mm, so a deviation of 1.17 mm between people.
# Fischl and Dale: from the thinnest to the thickest places of the cortex; 2.5 mm on average.
USUAL: Mapping[str, Usual] = {
    "intracranial": Usual(1067, 1673, "matsumae1996"),
    "brain": Usual(933, 1526, "matsumae1996"),
    "skull of the vault": Usual(4.0, 8.7, "moreiragonzalez2006"),
    "cortex of the vault": Usual(1.0, 4.5, "fischl2000"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A measured value, and what is usual where that is known.

    Parameters
    ----------
    name : str
        Of what.
    value : float
        In the unit.
    unit : str
        ``ml`` or ``mm``.
    """

    name: str
    value: float
    unit: str

    @property
    def usual(self) -> Usual | None:
        """The published range, if there is one at hand."""
        return USUAL.get(self.name)

    @property
    def is_usual(self) -> bool | None:
        """Whether the value lies in the range; None when there is none."""
        usual = self.usual
        return None if usual is None else usual.low <= self.value <= usual.high


@dataclass(frozen=True, eq=False)
class Assessment:
    """What was found in labels.

    Parameters
    ----------
    findings : tuple of Finding
        Volumes and thicknesses.
    warnings : tuple of str
        What a careful person would look at.
    scalp_cortex_mm : (n_latitude, n_longitude) array [mm]
        From the skin to the nearest grey matter [stokes2005]_, in each direction from the
        middle of the brain, down to 30° below its equator; NaN without grey matter.
    """

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    scalp_cortex_mm: FloatArray


def assess(labels: IntArray, affine_m: FloatArray, mni_z_m: FloatArray) -> Assessment:
    """Measure a label image and say what is unusual.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        Tissue tags.
    affine_m : (4, 4) array [m]
        Voxel index to subject space.
    mni_z_m : (nx, ny, nz) array [m]
        Height of each voxel in MNI space.

    Returns
    -------
    Assessment
        Volumes, thicknesses over the vault and warnings.
    """
    spacing_m = np.linalg.norm(affine_m[:3, :3], axis=0)
    volumes = _volumes(labels, abs(float(np.linalg.det(affine_m[:3, :3]))))
    thick, gaps = _vault(labels, spacing_m, mni_z_m > VAULT_M)
    findings = (*volumes, *thick)
    warnings = [_unusual(finding) for finding in findings if finding.is_usual is False]
    warnings += gaps
    eyes_ml = next(one.value for one in volumes if one.name == "eyes")
    if eyes_ml < LEAST_EYES_ML:
        found = "no eyes were found" if eyes_ml == 0 else f"the eyes measure {eyes_ml:.1f} ml"
        warnings.append(f"{found}: check the face: the image may have been defaced.")
    warnings += _sides(labels, affine_m)
    warnings += _cuts(labels, affine_m)
    return Assessment(findings, tuple(warnings), _depth_map_mm(labels, affine_m))


def cortical_share(mesh: TetMesh, mni_z_of_m: Callable[[FloatArray], FloatArray]) -> float:
    """Return how much of the mid-grey surface lies where the field is least exact.

    Parameters
    ----------
    mesh : TetMesh
        With grey matter.
    mni_z_of_m : callable
        Heights in MNI space [m] of (n_point, 3) points [m].

    Returns
    -------
    float
        Share of the area above MNI z = 0 in tetrahedra all of whose nodes lie on the border
        of grey matter.
    """
    surface = mid_grey_surface(mesh)
    upper = mni_z_of_m(surface.vertices_m) > UPPER_M
    tets = locate(mesh, surface.vertices_m, tags=(GREY,))
    grey = mesh.tags == GREY
    sides = np.zeros((2, len(mesh.nodes_m)), dtype=bool)
    sides[0, mesh.tets[grey].ravel()] = True
    sides[1, mesh.tets[~grey].ravel()] = True
    on_border = np.asarray(sides.all(axis=0))
    flat = np.asarray(on_border[mesh.tets].all(axis=1))
    counted = upper & (tets >= 0)
    area_m2 = surface.vertex_areas_m2
    whole_m2 = float(area_m2[counted].sum())
    return float(area_m2[counted & flat[tets]].sum()) / whole_m2 if whole_m2 else 0.0


def _volumes(labels: IntArray, voxel_m3: float) -> list[Finding]:
    counts = np.bincount(labels.ravel(), minlength=max(BONES) + 1) * voxel_m3 * 1e6
    return [
        Finding(name, float(sum(counts[tag] for tag in tags)), "ml")
        for name, tags in NAMES.items()
    ]


def _distance_m(mask: np.ndarray, spacing_m: FloatArray) -> FloatArray:
    """Distance to the nearest voxel of the mask."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(distance_transform_edt(~mask, sampling=spacing_m))


def _open_air(labels: IntArray) -> np.ndarray:
    """Mark the air around the head, without that in its sinuses."""
    from scipy.ndimage import binary_fill_holes

    return ~np.asarray(binary_fill_holes(labels > 0), bool)


def _skin(labels: IntArray) -> np.ndarray:
    """Mark the outermost voxels of the head."""
    from scipy.ndimage import binary_dilation

    air = _open_air(labels)
    return ~air & np.asarray(binary_dilation(air))


def _vault(
    labels: IntArray, spacing_m: FloatArray, vault: np.ndarray
) -> tuple[list[Finding], list[str]]:
    """Thicknesses over the vault, and where a layer is missing."""
    from scipy.ndimage import binary_dilation

    case = np.isin(labels, (WHITE, GREY, CSF))
    bone = np.isin(labels, BONES)
    rim = np.asarray(binary_dilation(case), bool) & ~case & vault
    outer = np.asarray(binary_dilation(bone | case), bool) & (labels == SCALP) & vault
    pial = np.asarray(binary_dilation(labels == CSF), bool) & (labels == GREY) & vault
    step_m = float(spacing_m.mean())
    measured_m = {
        "skull of the vault": _distance_m(~(case | bone), spacing_m)[rim],
        "scalp over the vault": _distance_m(_open_air(labels), spacing_m)[outer],
        "CSF over the vault": _distance_m(np.isin(labels, (WHITE, GREY)), spacing_m)[rim]
        - step_m,
        "cortex of the vault": _distance_m(labels == WHITE, spacing_m)[pial],
    }
    findings = [
        Finding(name, float(mm_from_m(np.median(m))) if m.size else 0.0, "mm")
        for name, m in measured_m.items()
    ]
    skull_m, fluid_m = measured_m["skull of the vault"], measured_m["CSF over the vault"]
    holes = float((skull_m < HOLE_M).mean()) if skull_m.size else 1.0
    bare = float((fluid_m < max(LEAST_FLUID_M, step_m / 2)).mean()) if fluid_m.size else 1.0
    gaps = []
    if holes > MOST_HOLES:
        gaps.append(
            f"the skull is thinner than {mm_from_m(HOLE_M):g} mm over {holes:.1%} of the "
            "vault: look for holes."
        )
    if bare > MOST_BARE:
        gaps.append(f"the brain touches the skull over {bare:.0%} of the vault: no CSF there.")
    return findings, gaps


def _unusual(finding: Finding) -> str:
    usual = finding.usual
    limits = f"{usual.low:g} to {usual.high:g} {finding.unit}" if usual else "range"
    return f"{finding.name}: {finding.value:.1f} {finding.unit} is outside the usual {limits}."


def _sides(labels: IntArray, affine_m: FloatArray) -> list[str]:
    """Compare the bone and brain on either side of the brain's middle."""
    case = np.isin(labels, (WHITE, GREY, CSF))
    if not case.any():
        return []
    axis = int(np.abs(affine_m[0, :3]).argmax())  # the one that runs from left to right
    middle = int(np.median(np.nonzero(case)[axis]))
    found = []
    for name, mask in (("intracranial volume", case), ("skull", np.isin(labels, BONES))):
        along = mask.sum(axis=tuple({0, 1, 2} - {axis}))
        halves = float(along[:middle].sum()), float(along[middle + 1 :].sum())
        uneven = abs(halves[0] - halves[1]) / max(sum(halves), 1.0)
        if uneven > MOST_UNEVEN:
            found.append(f"the {name} of the two sides differs by {2 * uneven:.0%}; check why.")
    return found


def _cuts(labels: IntArray, affine_m: FloatArray) -> list[str]:
    """Say where the image ends within the head, but for the neck well below the brain."""
    brain = np.isin(labels, (WHITE, GREY))
    names = np.array([["left", "right"], ["back", "front"], ["neck", "crown"]])
    found = []
    for axis, index in cut_faces(labels):
        outward = affine_m[:3, axis] * (1 if index > labels.shape[axis] / 2 else -1)
        world = int(np.abs(outward).argmax())
        side = names[world, int(outward[world] > 0)]
        if side != "neck":
            found.append(f"the image cuts the head at the {side}: the field there is wrong.")
            continue
        filled = np.flatnonzero(brain.any(axis=tuple({0, 1, 2} - {axis})))
        below_m = np.abs(filled - index).min(initial=10**6) * np.linalg.norm(outward)
        if below_m < LEAST_BELOW_M:
            found.append(
                f"the image ends {mm_from_m(below_m):.0f} mm below the brain: the field in the "
                "lowest part is wrong."
            )
    return found


def _depth_map_mm(labels: IntArray, affine_m: FloatArray) -> FloatArray:
    """From the skin to the nearest grey matter by latitude (90° to -30°) and longitude."""
    out = np.full((60, 180), np.nan)
    grey = labels == GREY
    if not grey.any():
        return out
    middle_m = transform(affine_m, np.argwhere(grey).astype(float)).mean(axis=0)
    skin = np.argwhere(_skin(labels))
    away_m = transform(affine_m, skin.astype(float)) - middle_m
    radius_m = np.linalg.norm(away_m, axis=1)
    latitude = np.degrees(np.arcsin(away_m[:, 2] / np.maximum(radius_m, 1e-9)))
    longitude = np.degrees(np.arctan2(away_m[:, 0], away_m[:, 1])) % 360
    row = np.floor((90 - latitude) / 2).astype(int)
    # fewer, wider cells towards the pole, so that each meets the outermost voxels
    cells = np.maximum(np.rint(180 * np.sin(np.radians(2 * np.arange(len(out)) + 1))), 1)
    column = np.zeros(len(skin), int)
    seen = row < len(out)
    column[seen] = (longitude[seen] / 360 * cells[row[seen]]).astype(int)
    order = np.argsort(radius_m, kind="stable")  # the outermost is written last
    order = order[seen[order]]
    depth_m = _distance_m(grey, np.linalg.norm(affine_m[:3, :3], axis=0))
    out[row[order], column[order]] = mm_from_m(depth_m[tuple(skin[order].T)])
    spread = (np.arange(180) / 180 * cells[:, None]).astype(int)
    return _without_gaps(np.take_along_axis(out, spread, axis=1))


def _without_gaps(depth_mm: FloatArray) -> FloatArray:
    """Fill directions that no voxel's centre met from the nearest that one did."""
    from scipy.ndimage import distance_transform_edt

    index = distance_transform_edt(
        np.isnan(depth_mm), return_distances=False, return_indices=True
    )
    return depth_mm[tuple(np.asarray(index))]
