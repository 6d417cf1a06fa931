"""Values between the candidates of a hunt: what a coil that is not quite in place feels."""

import numpy as np
from scipy.spatial import KDTree

from cortistim.mapping.hotspot.space import NEIGHBOURS, HuntSpace
from cortistim.typing import FloatArray, IntArray


class Sliding:
    """Interpolates anything smooth that is known at the candidates.

    Around each place a parabola is fitted to the values of its neighbours; between turns a
    parabola runs through three of them, around the half turn for biphasic pulses.

    Parameters
    ----------
    space : HuntSpace
        With every turn at every place.
    """

    def __init__(self, space: HuntSpace) -> None:
        self.space = space
        self._index = np.full((len(space.places_m), len(space.turns_rad)), -1)
        self._index[space.place, space.turn] = np.arange(space.size)
        self._tree = KDTree(space.places_m)
        count = min(NEIGHBOURS, len(space.places_m))
        self._near = self._tree.query(space.places_m, k=count)[1].reshape(-1, count)
        self._step = float(np.diff(space.turns_rad).min()) if len(space.turns_rad) > 1 else 1.0
        span = self._step * len(space.turns_rad)
        self._is_round = abs(span - space.period_rad) < 1e-6 or abs(span - 2 * np.pi) < 1e-6

    def weights(self, coordinates: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return candidates around a pose and what each counts.

        Parameters
        ----------
        coordinates : (3,) array
            Two in m, one in radians.

        Returns
        -------
        candidates : (k,) int array
            Around the pose.
        weights : (k,) array
            They sum to 1.
        """
        space = self.space
        place = int(self._tree.query(coordinates[:2])[1])
        near = self._near[place]
        scale = 5e-3
        basis = _parabola((space.places_m[near] - space.places_m[place]) / scale)
        wanted = _parabola((coordinates[None, :2] - space.places_m[place]) / scale)[0]
        at_place = np.linalg.lstsq(basis.T, wanted, rcond=None)[0]
        turns, at_turn = self._turns(float(coordinates[2]))
        candidates = self._index[near][:, turns]
        weights = at_place[:, None] * at_turn
        known = candidates >= 0
        if not known.all():
            return np.array([space.nearest(coordinates)]), np.ones(1)
        return candidates.ravel(), weights.ravel()

    def _turns(self, turn_rad: float) -> tuple[IntArray, FloatArray]:
        count = len(self.space.turns_rad)
        if count < 3:
            nearest = int(np.abs(self.space.turns_rad - turn_rad).argmin())
            return np.array([nearest]), np.ones(1)
        at = (turn_rad - self.space.turns_rad[0]) / self._step
        middle = round(at)
        if not self._is_round:
            middle = min(max(middle, 1), count - 2)
        t = at - middle
        three = np.array([middle - 1, middle, middle + 1])
        weights = np.array([t * (t - 1) / 2, 1 - t**2, t * (t + 1) / 2])
        return three % count, weights

    def at(self, values: FloatArray, coordinates: FloatArray) -> FloatArray:
        """Return values at a pose.

        Parameters
        ----------
        values : (n_pose, ...) array
            At the candidates.
        coordinates : (3,) array
            Of the pose.

        Returns
        -------
        (...) array
            There.
        """
        some, weights = self.weights(coordinates)
        return np.tensordot(weights.astype(values.dtype), values[some], axes=1)


def _parabola(away: FloatArray) -> FloatArray:
    u, v = away.T
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
