"""A bare mesh's tie to MNI space: twelve parameters, brain to brain.

Grey and white matter of the mesh are laid over those of Colin27, a head in MNI space, on
coarse grids. No folds are matched: expect several millimetres.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import as_file, files

import numpy as np

from cortistim import cache
from cortistim.errors import ConvergenceError, MeshError, MissingAnatomyError
from cortistim.geometry import transform
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import rasterise
from cortistim.head.space.frames import AffineFrame
from cortistim.head.tissues import GREY, WHITE
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

VERSION = 1  # raise it when what is kept in the cache changes
SPACING_M = 3e-3
BLURS_M = (16e-3, 8e-3, 4e-3, 4e-3)  # from the whole brain's outline down to lobes
STEPS = 25
DAMPING = 1e-6
SETTLED_M = 2e-5
WORST_RESIDUAL_M = 8e-3
BRAIN_LENGTHS_M = (0.10, 0.26)  # front to back, children to large adults


@dataclass(frozen=True, eq=False)
class BrainMap:
    """White and whole brain on a grid.

    Parameters
    ----------
    brain : (nx, ny, nz) array
        One in grey and white matter.
    white : (nx, ny, nz) array
        One in white matter.
    affine_m : (4, 4) array
        Voxel index to metres.
    """

    brain: FloatArray
    white: FloatArray
    affine_m: FloatArray

    @classmethod
    def of(cls, labels: IntArray, affine_m: FloatArray) -> "BrainMap":
        """Take the brain out of a label volume.

        Parameters
        ----------
        labels : (i, j, k) int array
            Tissues by their tags.
        affine_m : (4, 4) array [m]
            World from voxel.
        """
        white = (labels == WHITE).astype(np.float64)
        return cls(white + (labels == GREY), white, affine_m)

    @property
    def voxels_m(self) -> FloatArray:
        """Centres of the brain's voxels, (n_voxel, 3), in metres."""
        return transform(self.affine_m, np.argwhere(self.brain > 0).astype(float))

    def blurred(self, sigma_m: float) -> "BrainMap":
        """Return the map blurred by a Gaussian.

        Parameters
        ----------
        sigma_m : float [m]
            Width of the Gaussian.

        Returns
        -------
        BrainMap
            On the same grid.
        """
        from scipy.ndimage import gaussian_filter

        sigma = sigma_m / np.linalg.norm(self.affine_m[:3, 0])
        brain, white = (
            np.asarray(gaussian_filter(values, sigma, mode="constant"))
            for values in (self.brain, self.white)
        )
        return BrainMap(brain, white, self.affine_m)

    def rim_m(self) -> FloatArray:
        """Return the centres of the brain's outermost voxels, (n_voxel, 3), in metres.

        Returns
        -------
        (n_voxel, 3) array [m]
            In world space.
        """
        from scipy.ndimage import binary_closing, binary_erosion

        solid = np.asarray(binary_closing(np.pad(self.brain > 0, 3), iterations=2))
        core = np.asarray(binary_erosion(solid), dtype=bool)
        rim = np.argwhere(solid & ~core) - 3
        return transform(self.affine_m, rim.astype(float))


@dataclass(frozen=True, eq=False)
class RegisteredFrame:
    """The frame of a mesh that came without one, found when first asked for.

    Parameters
    ----------
    mesh : TetMesh
        With grey and white matter, in RAS orientation; the origin may be anywhere.

    Raises
    ------
    MissingAnatomyError
        At first use, when the mesh has no grey or white matter.
    MeshError
        At first use, when the brain's length is not that of a brain along y.
    ConvergenceError
        At first use, when the brains do not come to lie over each other.
    """

    mesh: TetMesh

    @property
    def description(self) -> str:
        """How the tie was made and how far to trust it."""
        return self._affine.description

    @property
    def mni_from_subject(self) -> FloatArray:
        """The affine matrix that was found, (4, 4), acting on metres."""
        return self._affine.mni_from_subject

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Subject space.

        Returns
        -------
        (n_point, 3) array [m]
            MNI space.
        """
        return self._affine.to_mni_m(points_m)

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m].

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            MNI space.

        Returns
        -------
        (n_point, 3) array [m]
            Subject space.
        """
        return self._affine.to_subject_m(points_m)

    @cached_property
    def _affine(self) -> AffineFrame:
        _require_brain(self.mesh)
        key = cache.digest(self.mesh.digest, VERSION)
        found = cache.remembered("mni-affine", key, self._register)
        residual_m = float(found["residual_m"])
        description = (
            "affine registration (12 parameters) of grey and white matter to Colin27; mean "
            f"distance of the brains' outlines {mm_from_m(residual_m):.1f} mm. Approximate: "
            "expect several millimetres, since no cortical folds are matched."
        )
        return AffineFrame(found["mni_from_subject"], description)

    def _register(self) -> dict[str, np.ndarray]:
        subject = BrainMap.of(*rasterise(self.mesh, SPACING_M, margin_m=6 * SPACING_M))
        template = brain_template()
        mni_from_subject = register(subject, template)
        residual_m = outline_distance_m(subject, template, mni_from_subject)
        if residual_m > WORST_RESIDUAL_M:
            msg = (
                "the brain's outline must lie within "
                f"{mm_from_m(WORST_RESIDUAL_M):.0f} mm of Colin27's; it stays "
                f"{mm_from_m(residual_m):.1f} mm away. Give the MNI transform, or check "
                "that the mesh is in RAS orientation."
            )
            raise ConvergenceError(msg)
        return {"mni_from_subject": mni_from_subject, "residual_m": np.array(residual_m)}


def brain_template() -> BrainMap:
    """Return Colin27's brain in MNI space, as shipped.

    Returns
    -------
    BrainMap
        On a grid of its own.
    """
    with as_file(files("cortistim.head") / "data" / "brain_template.npz") as path:
        arrays = cache.load(path)
    return BrainMap.of(arrays["labels"], arrays["affine_m"])


def register(subject: BrainMap, template: BrainMap) -> FloatArray:
    """Find the affine matrix that lays one brain over another.

    Squared differences of blurred maps are minimised by Gauss-Newton steps, from coarse to
    fine; the start matches the brains' centres and volumes.

    Parameters
    ----------
    subject : BrainMap
        Turned by up to about 20° against the template.
    template : BrainMap
        In MNI space.

    Returns
    -------
    (4, 4) array
        MNI from subject, acting on metres.
    """
    matrix = _same_centre_and_volume(subject, template)
    for sigma_m in BLURS_M:
        # the template's blur is measured in its own size, so that scale does not bias
        scale = np.cbrt(np.linalg.det(matrix[:3, :3]))
        moving, fixed = subject.blurred(sigma_m / scale), template.blurred(sigma_m)
        matrix = _gauss_newton(matrix, moving, fixed)
    return matrix


def outline_distance_m(subject: BrainMap, template: BrainMap, matrix: FloatArray) -> float:
    """Measure the mean distance between the outlines of two brains, both ways.

    Parameters
    ----------
    subject : BrainMap
        The brain that was registered.
    template : BrainMap
        In MNI space.
    matrix : (4, 4) array
        MNI from subject.

    Returns
    -------
    float
        Metres, in MNI space.
    """
    from scipy.spatial import KDTree

    ours_m, theirs_m = transform(matrix, subject.rim_m()), template.rim_m()
    there_m = KDTree(theirs_m).query(ours_m)[0].mean()
    back_m = KDTree(ours_m).query(theirs_m)[0].mean()
    return float(there_m + back_m) / 2


def _require_brain(mesh: TetMesh) -> None:
    missing = sorted({GREY, WHITE} - set(mesh.present_tags()))
    if missing:
        msg = (
            "registration to MNI space needs grey and white matter (tags 2 and 1); the mesh "
            f"lacks {missing}. Give points in the mesh's own frame."
        )
        raise MissingAnatomyError(msg)
    brain = np.unique(mesh.tets[np.isin(mesh.tags, (GREY, WHITE))])
    size_m = np.ptp(mesh.nodes_m[brain], axis=0)
    low_m, high_m = BRAIN_LENGTHS_M
    if not low_m < size_m[1] < high_m or size_m[0] > 1.1 * size_m[1]:
        msg = (
            "registration assumes RAS orientation in millimetre files: the brain must be "
            f"{mm_from_m(low_m):.0f} to {mm_from_m(high_m):.0f} mm long along y and no wider "
            f"along x; it measures {mm_from_m(size_m).round().astype(int).tolist()} mm. "
            "Turn the mesh, or check its unit."
        )
        raise MeshError(msg)


def _same_centre_and_volume(subject: BrainMap, template: BrainMap) -> FloatArray:
    ours_m, theirs_m = subject.voxels_m, template.voxels_m
    volume_of_voxel = [abs(np.linalg.det(m.affine_m[:3, :3])) for m in (subject, template)]
    volumes_m3 = np.array([len(ours_m), len(theirs_m)]) * volume_of_voxel
    scale = np.cbrt(volumes_m3[1] / volumes_m3[0])
    matrix = np.diag([scale, scale, scale, 1.0])
    matrix[:3, 3] = theirs_m.mean(axis=0) - scale * ours_m.mean(axis=0)
    return matrix


def _gauss_newton(matrix: FloatArray, moving: BrainMap, fixed: BrainMap) -> FloatArray:
    """Move the subject's voxels until they meet equal values in the template."""
    from scipy.ndimage import map_coordinates

    points_m = transform(moving.affine_m, np.argwhere(moving.brain > 1e-3).astype(float))
    held = tuple(np.argwhere(moving.brain > 1e-3).T)
    centre_m = points_m.mean(axis=0)
    design = np.column_stack([points_m - centre_m, np.ones(len(points_m))])
    to_index = np.linalg.inv(fixed.affine_m)
    channels = [
        (ours[held], theirs, np.gradient(theirs))
        for ours, theirs in ((moving.brain, fixed.brain), (moving.white, fixed.white))
    ]
    for _ in range(STEPS):
        index = transform(to_index, transform(matrix, points_m)).T
        normal, right = np.zeros((12, 12)), np.zeros(12)
        for ours, theirs, slopes in channels:
            gap = ours - map_coordinates(theirs, index, order=1)
            slope = np.stack([map_coordinates(s, index, order=1) for s in slopes], axis=1)
            slope_per_m = slope @ to_index[:3, :3]
            rows = (slope_per_m[:, :, None] * design[:, None, :]).reshape(-1, 12)
            normal += rows.T @ rows
            right += rows.T @ gap
        normal[np.diag_indices(12)] *= 1 + DAMPING
        step = np.linalg.solve(normal, right).reshape(3, 4)
        matrix = matrix.copy()
        matrix[:3, :3] += step[:, :3]
        matrix[:3, 3] += step[:, 3] - step[:, :3] @ centre_m
        if np.abs(design @ step.T).max() < SETTLED_M:
            break
    return matrix
