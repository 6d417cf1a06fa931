"""Steering a field by currents alone: which current each channel of a resting set gets.

E is linear in the channels' dI/dt, and the energy of a pulse is a quadratic form of them. The
currents of least energy that give a target the wished field, along the wished direction, while
no other patch of the cortex gets more and no channel exceeds its bound, are a convex problem:
its one non-linear condition, mean |E| of a patch below a limit, is replaced by planes that
touch it, added where they are violated until none is. Each problem with planes only is one of
least distance and solved exactly by non-negative least squares (Lawson & Hanson 1974). The
idea of a fixed set of coils whose hot spot is moved and turned is that of Koponen et al.
(2018) and Nieminen et al. (2022); Souza et al. (2022) turn it in steps of a few degrees.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field.field import Field, primary_field_v_per_m
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.target import RADIUS_M
from cortistim.geometry import unit
from cortistim.head.head import Head
from cortistim.placement.pose import Pose
from cortistim.targeting.lead import PER_A_PER_US
from cortistim.typing import FloatArray, IntArray

ROUNDS, CUTS = 60, 12  # of planes, and planes in each
SETTLED = 1e-3  # of the limit: a patch that is stronger by less needs no further plane
LOOSEST = (
    4.0  # times the target's field; beyond it a hot spot has nothing to do with the target
)
HALVINGS = 12
APART_M = 2e-3  # between the patches that are watched
OWN_M = 2.5e-3  # patches whose middles are nearer to the target's count as the same place
INFEASIBLE = 1e-9


@dataclass(frozen=True, eq=False)
class ChannelFields:
    """E of every channel on a cortex, for 1 A/µs.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Vertices of the cortex, in subject space.
    e_v_per_m : (n_channel, n_point, 3) array [V/m]
        In subject space.
    """

    points_m: FloatArray
    e_v_per_m: FloatArray


@dataclass(frozen=True, slots=True)
class FieldWish:
    """The field that a target is to get.

    Parameters
    ----------
    point_m : tuple of float [m]
        Middle of the target's patch, in subject space.
    along : tuple of float
        Unit vector: the mean E of the patch along it is ``e_v_per_m``.
    across : tuple of float
        Unit vector: the mean E of the patch along it is nothing.
    e_v_per_m : float [V/m]
        Strength.
    """

    point_m: tuple[float, float, float]
    along: tuple[float, float, float]
    across: tuple[float, float, float]
    e_v_per_m: float


@dataclass(frozen=True, eq=False)
class Steering:
    """Currents that give a wished field.

    Parameters
    ----------
    didt_a_per_s : (n_channel,) array [A/s]
        Of each channel.
    energy : float
        Half the quadratic form of dI/dt: times the square of the pulse's rise time, joule.
    elsewhere : float
        Mean |E| of the strongest patch that is not the target's, over the wished field; 1 or
        less where the hot spot is at the target.
    bounded : tuple of int
        Channels that are at their bound.
    planes : int
        How many were needed.
    """

    didt_a_per_s: FloatArray
    energy: float
    elsewhere: float
    bounded: tuple[int, ...]
    planes: int


def solve_channels(
    head: Head,
    coils: Sequence[Coil],
    pose: Pose,
    *,
    system: FemSystem | None = None,
    tolerance: float = TOLERANCE,
) -> list[Field]:
    """Solve for the field of every channel at one pose, in one block.

    Parameters
    ----------
    head : Head
        Under the set.
    coils : sequence of Coil
        One for each channel, in the set's frame.
    pose : Pose
        Where the set stands.
    system : FemSystem, optional
        The head's, when it was built before.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    list of Field
        For 1 A/µs each.

    Raises
    ------
    ConvergenceError
        When the tolerance is not reached.
    """
    system = system or FemSystem.of(head)
    nodes_m = system.mesh.nodes_m
    primary = np.stack(
        [primary_field_v_per_m(coil, pose, nodes_m, PER_A_PER_US) for coil in coils], axis=2
    )
    potential, convergence = system.solve(system.load(primary), tolerance=tolerance)
    return [
        Field(head, coil, pose, PER_A_PER_US, np.ascontiguousarray(column), convergence)
        for coil, column in zip(coils, potential.T, strict=True)
    ]


def steer(
    fields: ChannelFields,
    wish: FieldWish,
    inductances_h: FloatArray,
    *,
    most_didt_a_per_s: float = np.inf,
) -> Steering:
    """Find the currents of least energy for a wished field.

    Parameters
    ----------
    fields : ChannelFields
        Of every channel.
    wish : FieldWish
        What is wanted.
    inductances_h : (n_channel, n_channel) array [H]
        Positive definite.
    most_didt_a_per_s : float [A/s], optional
        Bound on every channel.

    Returns
    -------
    Steering
        Where no currents keep every other patch below the target, those whose strongest
        other patch is as weak as can be, to 0.1 %; ``elsewhere`` says so.

    Raises
    ------
    BadInputError
        When the bound does not allow the field, or the channels cannot make it.
    """
    task = _Task.of(fields, wish, inductances_h, most_didt_a_per_s / PER_A_PER_US)
    found = task.solved(1.0)
    if found is None:
        task.require_possible()
        low, high = 1.0, LOOSEST
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            trial = task.solved(middle)
            low, high = (middle, high) if trial is None else (low, middle)
            found = found if trial is None else trial
    if found is None:
        msg = (
            f"the wished field must be among the stronger ones; with these channels another "
            f"patch gets more than {LOOSEST:g} times it. Move the set, or wish for a place "
            "nearer to it."
        )
        raise BadInputError(msg)
    return task.steering(found)


@dataclass(frozen=True, eq=False)
class _Task:
    """One wish in numbers: dI/dt in A/µs, and planes gathered so far."""

    means: csr_array  # (n_patch, n_point): takes the mean over each watched patch
    e_v_per_m: FloatArray
    equal: FloatArray  # (2, n_channel): mean E along and across
    wished: FloatArray  # (2,)
    root_h: FloatArray  # upper triangle: energy is half its product's square
    most: float
    planes: list[FloatArray]

    @classmethod
    def of(
        cls, fields: ChannelFields, wish: FieldWish, inductances_h: FloatArray, most: float
    ) -> "_Task":
        target_m = np.array(wish.point_m)
        tree = KDTree(fields.points_m)
        own = tree.query_ball_point(target_m, RADIUS_M)
        if not own:
            msg = (
                "a target must lie on the cortex under the set; there is none within "
                f"{1e3 * RADIUS_M:g} mm of {np.round(1e3 * target_m, 1).tolist()} mm. Check it."
            )
            raise BadInputError(msg)
        mean = fields.e_v_per_m[:, own].mean(axis=1)
        middles = _thinned(fields.points_m)
        away_m = np.linalg.norm(fields.points_m[middles] - target_m, axis=1)
        around = tree.query_ball_point(fields.points_m[middles[away_m > OWN_M]], RADIUS_M)
        equal = np.array([mean @ np.array(wish.along), mean @ np.array(wish.across)])
        root_h = np.linalg.cholesky(inductances_h).T
        wished = np.array([wish.e_v_per_m, 0.0])
        return cls(
            _means(around, len(fields.points_m)),
            fields.e_v_per_m,
            equal,
            wished,
            root_h,
            most,
            [],
        )

    def solved(self, share: float) -> FloatArray | None:
        """Currents of least energy with other patches below a share of the wish, or None."""
        limit = share * self.wished[0]
        for _ in range(ROUNDS):
            currents = self._least_energy(limit)
            if currents is None:
                return None
            strengths, e_v_per_m = self._strengths(currents)
            worst = np.argsort(-strengths, kind="stable")[:CUTS]
            worst = worst[strengths[worst] > limit * (1 + SETTLED)]
            if len(worst) == 0:
                return currents
            self.planes.extend(self._plane(self._patch(k), e_v_per_m) for k in worst)
        return None  # not settled: as good as impossible, and a looser share is tried

    def _strengths(self, currents: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean |E| of every watched patch, and E at every point."""
        e_v_per_m = np.tensordot(currents, self.e_v_per_m, 1)
        size = np.linalg.norm(e_v_per_m, axis=1)
        return self.means @ size, e_v_per_m

    def _patch(self, number: int) -> IntArray:
        """Return the points of a watched patch."""
        return self.means.indices[self.means.indptr[number] : self.means.indptr[number + 1]]

    def _plane(self, patch: IntArray, e_v_per_m: FloatArray) -> FloatArray:
        """Differentiate a patch's mean |E|: the product is never above the mean itself."""
        along = unit(e_v_per_m[patch]) / len(patch)
        return np.einsum("cpi,pi->c", self.e_v_per_m[:, patch], along)

    def _least_energy(self, limit: float) -> FloatArray | None:
        """Solve with the planes at hand: least distance in the metric of the inductances."""
        to_currents = np.linalg.inv(self.root_h)
        equal = self.equal @ to_currents
        fixed = np.linalg.pinv(equal) @ self.wished
        if np.abs(equal @ fixed - self.wished).max() > SETTLED * self.wished[0]:
            return None
        free = np.linalg.svd(equal)[2][np.linalg.matrix_rank(equal) :].T
        rows, below = self._bounds(limit)
        rows = rows @ to_currents
        moved = _least_distance(-rows @ free, rows @ fixed - below)
        return None if moved is None else to_currents @ (fixed + free @ moved)

    def _bounds(self, limit: float) -> tuple[FloatArray, FloatArray]:
        """Rows and what their products with the currents may be at most."""
        count = len(self.root_h)
        rows, below = list(self.planes), [limit] * len(self.planes)
        if np.isfinite(self.most):
            rows += [*np.eye(count), *-np.eye(count)]
            below += [self.most] * (2 * count)
        return np.array(rows).reshape(-1, count), np.array(below)

    def require_possible(self) -> None:
        """Refuse a wish that no currents within the bound fulfil, wherever the peak is."""
        if (
            self._least_energy(np.inf if not self.planes else LOOSEST**2 * self.wished[0])
            is None
        ):
            unbound = replace(self, most=np.inf, planes=[])._least_energy(1.0)
            if unbound is None:
                msg = "these channels give no field along that direction there. Move the set."
                raise BadInputError(msg)
            needed = float(np.abs(unbound).max())
            msg = (
                f"{self.wished[0]:.4g} V/m must be within the channels' bound of "
                f"{self.most:.4g} A/µs; they need about {needed:.4g} A/µs. Wish for less, or "
                "allow more."
            )
            raise BadInputError(msg)

    def steering(self, currents: FloatArray) -> Steering:
        """Say what some currents do."""
        full = np.abs(currents) >= self.most * (1 - SETTLED)
        didt_a_per_s = PER_A_PER_US * currents
        energy = float(((PER_A_PER_US * self.root_h @ currents) ** 2).sum() / 2)
        elsewhere = float(self._strengths(currents)[0].max() / self.wished[0])
        bounded = tuple(np.flatnonzero(full).tolist())
        return Steering(didt_a_per_s, energy, elsewhere, bounded, len(self.planes))


def _least_distance(rows: FloatArray, least: FloatArray) -> FloatArray | None:
    """Find the shortest vector whose products with rows are at least so much, or None."""
    count = rows.shape[1]
    if not len(rows):
        return np.zeros(count)
    scale = np.linalg.norm(rows, axis=1)
    scale[scale == 0] = 1.0
    size = float(np.abs(least / scale).max()) or 1.0
    system = np.vstack([(rows / scale[:, None]).T, least / (scale * size)])
    shares, _ = nnls(system, np.append(np.zeros(count), 1.0), maxiter=100 * len(rows))
    residual = system @ shares - np.append(np.zeros(count), 1.0)
    if np.linalg.norm(residual) < INFEASIBLE or residual[-1] > -INFEASIBLE:
        return None
    return size * -residual[:-1] / residual[-1]


def _means(patches: Sequence[Sequence[int]], n_point: int) -> csr_array:
    """Make the matrix that takes means over patches of points."""
    sizes = np.array([len(patch) for patch in patches])
    points = np.concatenate([np.array(patch, dtype=np.int64) for patch in patches])
    pointer = np.concatenate([[0], np.cumsum(sizes)])
    return csr_array((1 / np.repeat(sizes, sizes), points, pointer), (len(sizes), n_point))


def _thinned(points_m: FloatArray) -> IntArray:
    """Vertices that are 2 mm apart, about: one in every cell."""
    cells = np.floor(points_m / APART_M).astype(np.int64)
    return np.unique(cells, axis=0, return_index=True)[1]
