"""Combinations of coil poses that span the primary fields of all others.

The vector potential of many poses of several coils is taken at points of the brain; the
leading left singular vectors of these samples are the members of the basis, each a known
combination of poses (proper orthogonal decomposition). A new pose is expressed in them by
its own samples alone. No field is solved to choose the basis.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.linalg import qr, solve_triangular
from scipy.spatial import KDTree

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError, PoseError
from cortistim.geometry import freeze, unit
from cortistim.head.head import Head
from cortistim.head.tissues import GREY, WHITE
from cortistim.placement import Pose, raise_until_clear
from cortistim.typing import FloatArray, IntArray, Progress, silent

REACH_M = 0.035  # from the scalp under the coil to the nearest cortex: leaves the face out
LOWEST_NORMAL = -0.3  # upward part of the scalp's normal: leaves out the neck and a mesh's cut
GAPS_M = (0.004, 0.020)
TILT_RAD = np.deg2rad(20.0)
SAMPLES = 600
POSES_PER_MEMBER = 2  # tried, of each coil
ROWS_PER_MEMBER = 1.5  # combined, of all coils
ROUNDS = 8  # over all places, until enough poses are found
BATCH = 64  # poses in one product


@dataclass(frozen=True, eq=False)
class Basis:
    """Members of a basis as combinations of poses.

    Parameters
    ----------
    matrices_m : tuple of (n_pose, 4, 4) arrays [m]
        Poses of each coil.
    weights : (n_pose of all coils, n_member) array
        Share of each pose's vector potential per ampere in each member.
    samples_m : (n_sample, 3) array [m]
        Points of the brain at which vector potentials are compared.
    """

    matrices_m: tuple[FloatArray, ...]
    weights: FloatArray
    samples_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "weights", "samples_m")

    @property
    def rank(self) -> int:
        """Number of members."""
        return self.weights.shape[1]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays, for a file."""
        poses = {f"matrices_{i:03d}": m for i, m in enumerate(self.matrices_m)}
        return {"weights": self.weights, "samples_m": self.samples_m, **poses}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Basis":
        """Rebuild from what `arrays` returned."""
        names = sorted(name for name in arrays if name.startswith("matrices_"))
        poses = tuple(arrays[name] for name in names)
        return cls(poses, arrays["weights"], arrays["samples_m"])

    def members_at(
        self, coils: tuple[Coil, ...], points_m: FloatArray, *, progress: Progress = silent
    ) -> FloatArray:
        """Compute the vector potentials of all members.

        Parameters
        ----------
        coils : tuple of Coil
            Those that the basis was chosen for.
        points_m : (n_point, 3) array [m]
            Anywhere in the head.
        progress : callable, optional
            Told how far it is.

        Returns
        -------
        (n_point, 3, n_member) array
            In single precision.
        """
        total = np.zeros((3 * len(points_m), self.rank), np.float32)
        done = 0
        for coil, poses in self._batches(coils):
            progress("combining poses", done / len(self.weights))
            potential = potentials_t_m(coil, poses, points_m).reshape(len(poses), -1)
            weights = self.weights[done : done + len(poses)].astype(np.float32)
            total += potential.astype(np.float32).T @ weights
            done += len(poses)
        return total.reshape(-1, 3, self.rank)

    def shares(self, coils: tuple[Coil, ...], members: FloatArray, count: int) -> FloatArray:
        """Express some of the poses in the members.

        Parameters
        ----------
        coils : tuple of Coil
            Those that the basis was chosen for.
        members : (3 n_sample, n_member) array
            Vector potentials of the members at the samples; orthonormal.
        count : int
            How many poses of all coils, spread evenly over them.

        Returns
        -------
        (n, n_member) array
            Per ampere; about ``count`` rows.
        """
        rows = []
        for coil, matrices_m in zip(coils, self.matrices_m, strict=True):
            step = max(1, -(-len(self.weights) // count))
            poses = [Pose(matrix_m) for matrix_m in matrices_m[::step]]
            sampled = potentials_t_m(coil, poses, self.samples_m)
            rows.append(sampled.reshape(len(poses), -1) @ members)
        return np.concatenate(rows)

    def _batches(self, coils: tuple[Coil, ...]) -> Iterator[tuple[Coil, list[Pose]]]:
        for coil, matrices_m in zip(coils, self.matrices_m, strict=True):
            for first in range(0, len(matrices_m), BATCH):
                yield coil, [Pose(m) for m in matrices_m[first : first + BATCH]]


def choose_basis(
    head: Head,
    coils: tuple[Coil, ...],
    samples_m: FloatArray,
    *,
    rank: int,
    seed: int,
    progress: Progress = silent,
) -> Basis:
    """Choose the combinations of poses to solve for.

    Parameters
    ----------
    head : Head
        Whose scalp the coils are put on.
    coils : tuple of Coil
        Whose fields the basis is for.
    samples_m : (n_sample, 3) array [m]
        From `brain_samples_m`.
    rank : int
        Number of members.
    seed : int
        Of the poses.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Basis
        Its members' samples are orthonormal, the largest first.

    Raises
    ------
    BadInputError
        When the rank exceeds what the poses or the samples can carry.
    """
    count = POSES_PER_MEMBER * rank
    most = min(count * len(coils), 3 * len(samples_m))
    if not 1 <= rank <= most:
        msg = f"the rank must be from 1 to {most}, the samples of the brain; got {rank}."
        raise BadInputError(msg)
    poses, snapshots = [], []
    for number, coil in enumerate(coils):
        progress("placing coils", number / len(coils))
        placed = candidate_poses(head, coil, count, seed=(seed, number))
        poses.append(np.array([pose.matrix_m for pose in placed]))
        snapshots.append(potentials_t_m(coil, placed, samples_m).reshape(len(placed), -1))
    chosen, weights = _combinations(np.vstack(snapshots), rank)
    owner = np.repeat(np.arange(len(coils)), count)[chosen]
    kept = tuple(np.vstack(poses)[chosen[owner == i]] for i in range(len(coils)))
    return Basis(kept, weights, samples_m)


def _combinations(snapshots: FloatArray, rank: int) -> tuple[IntArray, FloatArray]:
    """Choose rows, and weights (n_chosen, rank) whose combinations span all rows best.

    The combinations are orthonormal. Few rows are chosen, because each costs a vector
    potential on the whole head.
    """
    size = np.linalg.norm(snapshots, axis=1)
    columns = (snapshots / size[:, None]).T
    q, r, pivot = cast("Any", qr(columns, mode="economic", pivoting=True))
    few = min(int(np.ceil(ROWS_PER_MEMBER * rank)), q.shape[1])
    left, _, _ = np.linalg.svd(q[:, :few].T @ columns, full_matrices=False)
    weights = solve_triangular(r[:few, :few], left[:, :rank]) / size[pivot[:few], None]
    order = np.argsort(pivot[:few])
    return pivot[:few][order], weights[order]


def candidate_poses(
    head: Head, coil: Coil, count: int, *, seed: int | tuple[int, ...]
) -> list[Pose]:
    """Put a coil on the scalp in many ways.

    Parameters
    ----------
    head : Head
        Any; without grey matter its whole surface is used.
    coil : Coil
        Lifted along its axis until it is clear of the head.
    count : int
        Number of poses, two of orthogonal handles at each place.
    seed : int or tuple of int
        Of gaps (4 to 20 mm from the scalp), tilts (up to 20°) and handles.

    Returns
    -------
    list of Pose
        Spread evenly over the scalp within 35 mm of the cortex, where it does not look down.

    Raises
    ------
    PoseError
        When the coil fits nowhere.
    """
    rng = np.random.default_rng(seed)
    near = _near_cortex(head)
    chosen = near[evenly_spread(head.scalp.vertices_m[near], (count + 1) // 2, rng)]
    found: list[Pose] = []
    for vertex in np.tile(rng.permutation(chosen), ROUNDS):
        found += _pair(head, coil, vertex, rng)
        if len(found) >= count:
            return found[:count]
    msg = (
        f"{coil.name} must fit on the head in {count} ways; only {len(found)} were found. "
        "Check the coil's casing and the units of both."
    )
    raise PoseError(msg)


def _near_cortex(head: Head) -> IntArray:
    """Scalp vertices within reach of the cortex that do not look down."""
    places = head.scalp.normals[:, 2] > LOWEST_NORMAL
    if GREY not in head.mesh.present_tags():
        return np.flatnonzero(places)
    tree = KDTree(head.cortex.vertices_m)
    distance, _ = tree.query(head.scalp.vertices_m, distance_upper_bound=REACH_M)
    return np.flatnonzero(places & np.isfinite(distance))


def _pair(head: Head, coil: Coil, vertex: int, rng: np.random.Generator) -> list[Pose]:
    """Two poses over one vertex, a quarter turn apart; none where they do not fit."""
    gap_m, turn = rng.uniform(*GAPS_M), rng.uniform(0, 2 * np.pi)
    tilt, about = rng.uniform(-TILT_RAD, TILT_RAD), rng.standard_normal(3)
    normal = head.scalp.normals[vertex]
    axis = unit(np.cross(normal, about))
    z = -np.cos(tilt) * normal + np.sin(tilt) * axis
    first = unit(np.cross(z, about))
    origin_m = head.scalp.vertices_m[vertex] + gap_m * normal
    poses = []
    for angle in (turn, turn + np.pi / 2):
        y = np.cos(angle) * first + np.sin(angle) * np.cross(z, first)
        matrix_m = np.eye(4)
        matrix_m[:3] = np.column_stack([np.cross(y, z), y, z, origin_m])
        try:
            poses.append(raise_until_clear(head, coil, Pose(matrix_m))[0])
        except PoseError:
            return []
    return poses


def brain_samples_m(head: Head, points_m: FloatArray, *, seed: int) -> FloatArray:
    """Choose the points at which vector potentials are compared.

    Parameters
    ----------
    head : Head
        Nodes of its grey and white matter are used.
    points_m : (n_point, 3) array [m]
        Used when the head has neither.
    seed : int
        Of the choice.

    Returns
    -------
    (n_sample, 3) array [m]
        At most 600, spread evenly.
    """
    mesh = head.mesh
    inside = np.isin(mesh.tags, (GREY, WHITE))
    places = mesh.nodes_m[np.unique(mesh.tets[inside])] if inside.any() else points_m
    return places[evenly_spread(places, SAMPLES, np.random.default_rng(seed))]


def evenly_spread(
    points_m: FloatArray, count: int, rng: np.random.Generator | None = None
) -> IntArray:
    """Choose points that represent all others.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Any.
    count : int
        How many; all points when there are fewer.
    rng : Generator, optional
        Shifts the choice; without it, it starts at the first.

    Returns
    -------
    (n,) int array
        Indices, ascending: every n-th point along the leaves of a k-d tree.
    """
    if len(points_m) <= count:
        return np.arange(len(points_m))
    shift = 0.0 if rng is None else rng.uniform()
    step = (np.arange(count) + shift) * (len(points_m) / count)
    return np.sort(KDTree(points_m).indices[step.astype(int)])


def potentials_t_m(coil: Coil, poses: Sequence[Pose], points_m: FloatArray) -> FloatArray:
    """Compute the vector potential per ampere of a coil at several poses.

    Parameters
    ----------
    coil : Coil
        In its own frame.
    poses : sequence of Pose
        Where it is.
    points_m : (n_point, 3) array [m]
        In the subject's frame.

    Returns
    -------
    (n_pose, n_point, 3) array
        T m per ampere, in the subject's frame.
    """
    places = np.concatenate([pose.to_coil_m(points_m) for pose in poses])
    own = coil.vector_potential_t_m(places).reshape(len(poses), -1, 3)
    return own @ np.array([pose.rotation.T for pose in poses])
