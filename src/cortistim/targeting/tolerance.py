"""How exactly a pose must be kept: what small errors of it cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.geometry import unit
from cortistim.placement.pose import Pose, nudged
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

SHIFT_M = m_from_mm(2.0)
TURN_RAD = float(np.deg2rad(5.0))
DIRECTIONS = 12
RANDOM = 64

Rate = Callable[[Sequence[Pose]], FloatArray]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Relative loss of what a pose was chosen for; negative where an error gains.

    Parameters
    ----------
    shift_m : float [m]
        Size of the shifts and lifts.
    turn_rad : float [rad]
        Size of the turns and tilts.
    shifted : float
        Loss in the worst direction along the coil's face.
    turned : float
        Loss when turned about the coil's axis, the worse way.
    tilted : float
        Loss when tilted about the worst axis in the face.
    lifted : float
        Loss when lifted off the head.
    random_rms : float
        Root of the mean square loss for shifts and turns of these sizes, both at once and
        in random directions.
    random_worst : float
        Largest loss among them.
    slopes : tuple of float
        The relative change as a polynomial of second order, see `changes`: coefficients of
        the six errors and of their products, in units of ``shift_m`` and ``turn_rad``.
    """

    shift_m: float
    turn_rad: float
    shifted: float
    turned: float
    tilted: float
    lifted: float
    random_rms: float
    random_worst: float
    slopes: tuple[float, ...]

    def changes(self, errors: FloatArray) -> FloatArray:
        """Predict relative changes for errors of the pose.

        Parameters
        ----------
        errors : (n, 6) array
            Metres along, and radians about, the coil's own axes; a few times the sizes that
            were tried at most.

        Returns
        -------
        (n,) array
            Negative for a loss.
        """
        return _terms(errors, self.shift_m, self.turn_rad) @ np.array(self.slopes)


def _terms(errors: FloatArray, shift_m: float, turn_rad: float) -> FloatArray:
    """Errors in units of their sizes, and their products, (n, 27)."""
    x = errors / np.repeat([shift_m, turn_rad], 3)
    i, j = np.triu_indices(6)
    return np.column_stack([x, x[:, i] * x[:, j]])


def pose_tolerance(
    rate: Rate,
    pose: Pose,
    *,
    shift_m: float = SHIFT_M,
    turn_rad: float = TURN_RAD,
    seed: int = 0,
) -> Tolerance:
    """Measure what errors of a pose cost, each at its full size.

    Whether the coil still fits on the head is not asked.

    Parameters
    ----------
    rate : callable
        Gives the value of each of some poses.
    pose : Pose
        The one that is meant.
    shift_m : float [m], optional
        Size of the shifts, by default 2 mm.
    turn_rad : float [rad], optional
        Size of the turns, by default 5°.
    seed : int, optional
        Of the random errors.

    Returns
    -------
    Tolerance
        Relative losses.
    """
    angle = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    around = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(DIRECTIONS)])
    z, still = np.array([[0.0, 0.0, 1.0]]), np.zeros((1, 3))
    rng = np.random.default_rng(seed)
    shifts, turns = unit(rng.standard_normal((2, RANDOM, 3)))
    errors = (
        (shift_m * around, still),
        (still, turn_rad * np.vstack([z, -z])),
        (still, turn_rad * around),
        (-shift_m * z, still),
        (shift_m * shifts, turn_rad * turns),
    )
    pairs = [np.broadcast_arrays(*error) for error in errors]
    tried = np.concatenate([np.hstack(pair) for pair in pairs])
    poses = [nudged(pose, error[:3], error[3:]) for error in tried]
    best, *others = np.asarray(rate([pose, *poses]), float)
    loss = (best - np.array(others)) / abs(best)
    parts = np.split(loss, np.cumsum([len(some[0]) for some in pairs])[:-1])
    shifted, turned, tilted, lifted, worst = (float(part.max()) for part in parts)
    rms = float(np.sqrt(np.mean(parts[-1] ** 2)))
    slopes = np.linalg.lstsq(_terms(tried, shift_m, turn_rad), -loss, rcond=None)[0]
    return Tolerance(
        shift_m, turn_rad, shifted, turned, tilted, lifted, rms, worst, tuple(slopes.tolist())
    )
