"""The mean field in a target for any pose, from three adjoint solves.

The mean of E over the target's points is linear in the coil's vector potential. Solving
K lambda_c = l_c for the three loads that read the mean gradient of phi gives

    mean E_c = sum over nodes of q_c · dA/dt - mean of dA/dt_c,
    q_c(node) = 1/4 sum over its tetrahedra of sigma V grad lambda_c,

so one evaluation of A replaces one solve. Where the gradient is read from local problems of
higher order (`field.local`), the loads are the transpose of that reading, and dA/dt at its
samples joins the sum: the mean is that of the direct solve, to the same order. Source: Gomez
et al. 2021 (auxiliary dipole method), here without its auxiliary dipoles: the currents q are
carried to a grid instead, from which A interpolates cubically.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.field.field import Field, primary_field_v_per_m
from cortistim.field.solver.fem import TOLERANCE, FemSystem
from cortistim.field.solver.multigrid import Convergence
from cortistim.field.target import Target
from cortistim.geometry import freeze
from cortistim.placement.pose import Pose
from cortistim.targeting import _kernels
from cortistim.typing import BoolArray, FloatArray

FINE_M, COARSE_M = 0.006, 0.014
FINE_RADIUS_M = 0.06


@dataclass(frozen=True, eq=False)
class CurrentElements:
    """Current elements whose product with dA/dt sums to the mean field.

    Parameters
    ----------
    positions_m : (n, 3) array [m]
        Where dA/dt is taken.
    currents : (n, 3, 3) array
        Element, component of dA/dt, component of the mean field.
    """

    positions_m: FloatArray
    currents: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "positions_m", "currents")

    def mean_field_v_per_m(self, coil: Coil, pose: Pose, *, didt_a_per_s: float) -> FloatArray:
        """Compute the mean E in the target.

        Parameters
        ----------
        coil : Coil
            Outside the head.
        pose : Pose
            Where it is.
        didt_a_per_s : float [A/s]
            Rate of its current.

        Returns
        -------
        (3,) array [V/m]
            In subject space.
        """
        dadt = primary_field_v_per_m(coil, pose, self.positions_m, didt_a_per_s)
        return np.einsum("na,nac->c", dadt, self.currents)


@dataclass(frozen=True, eq=False)
class Adjoint:
    """The three adjoint solves of one target, exact and compressed.

    Parameters
    ----------
    exact : CurrentElements
        One element per node: equal to a direct solve up to the solver's tolerance.
    fast : CurrentElements
        On grids, fine near the search region: for searching.
    potentials : (n_node, 3) array
        Solutions lambda of the three loads.
    convergence : Convergence
        Of the three solves.
    """

    exact: CurrentElements
    fast: CurrentElements
    potentials: FloatArray
    convergence: Convergence

    def __post_init__(self) -> None:
        """Freeze the potentials."""
        freeze(self, "potentials")


def solve_adjoint(
    system: FemSystem,
    target: Target,
    *,
    near_m: FloatArray,
    tolerance: float = TOLERANCE,
) -> Adjoint:
    """Solve for the current elements of a target.

    Parameters
    ----------
    system : FemSystem
        The head's.
    target : Target
        Points of the cortex.
    near_m : (3,) array [m]
        Scalp point around which the coil will be moved.
    tolerance : float, optional
        On the relative residual.

    Returns
    -------
    Adjoint
        Good for any coil and any pose outside the head.

    Raises
    ------
    ConvergenceError
        When the tolerance is not reached.
    """
    weight = np.full(len(target.points.points_m), 1 / len(target.points.points_m))
    loads, positions_m, direct = target.reader.adjoint(weight)
    potentials, convergence = system.solve(loads, tolerance=tolerance)
    currents = system.node_currents(potentials)
    exact = CurrentElements(
        np.vstack([system.mesh.nodes_m, positions_m]), np.concatenate([currents, direct])
    )
    return Adjoint(exact, compress(exact, near_m), potentials, convergence)


def strength_near(
    elements: CurrentElements, field: Field, at_points_v_per_m: FloatArray
) -> Callable[[Sequence[Pose]], FloatArray]:
    """Predict mean |E| in a target for poses near one that was solved.

    Parameters
    ----------
    elements : CurrentElements
        Of the target.
    field : Field
        The solve: coil, pose and dI/dt.
    at_points_v_per_m : (n, 3) array [V/m]
        Its E at the target's points. Other poses change all of them by as much as the mean.

    Returns
    -------
    callable
        From poses to mean |E|, (n_pose,), in V/m; exact at the pose that was solved.
    """

    def mean(pose: Pose) -> FloatArray:
        return elements.mean_field_v_per_m(field.coil, pose, didt_a_per_s=field.didt_a_per_s)

    solved = mean(field.pose)

    def strength(poses: Sequence[Pose]) -> FloatArray:
        change = np.array([mean(pose) - solved for pose in poses])
        moved = at_points_v_per_m + change[:, None]
        return np.linalg.norm(moved, axis=2).mean(axis=1)

    return strength


def compress(elements: CurrentElements, near_m: FloatArray) -> CurrentElements:
    """Carry current elements to two grids, the finer one around a point of the scalp.

    Parameters
    ----------
    elements : CurrentElements
        Any number.
    near_m : (3,) array [m]
        Centre of the ball in which the grid is fine.

    Returns
    -------
    CurrentElements
        Some 8,000 elements with the same mean field, to about 0.05 %, for dipoles at least
        8 mm outside the head.
    """
    near = np.linalg.norm(elements.positions_m - near_m, axis=1) < FINE_RADIUS_M
    parts = [_on_grid(elements, near, FINE_M), _on_grid(elements, ~near, COARSE_M)]
    return CurrentElements(
        np.vstack([part[0] for part in parts]), np.concatenate([part[1] for part in parts])
    )


def _on_grid(
    elements: CurrentElements, chosen: BoolArray, spacing_m: float
) -> tuple[FloatArray, FloatArray]:
    if not chosen.any():
        return np.zeros((0, 3)), np.zeros((0, 3, 3))
    positions = elements.positions_m[chosen]
    origin = positions.min(axis=0) - 2 * spacing_m
    place = (positions - origin) / spacing_m
    shape = np.ceil(place.max(axis=0)).astype(np.int64) + 3
    grid = np.zeros((int(shape.prod()), 9))
    _kernels.spread_cubic(place, elements.currents[chosen].reshape(-1, 9), grid, shape)
    used = np.flatnonzero(np.abs(grid).any(axis=1))
    index = np.column_stack(np.unravel_index(used, tuple(shape)))
    return origin + spacing_m * index, grid[used].reshape(-1, 3, 3)
