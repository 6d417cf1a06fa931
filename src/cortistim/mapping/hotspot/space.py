"""The space that a hunt searches: poses on the scalp, and what physics expects of each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import FloatArray, IntArray

LENGTH_M = 0.012
"""Over which responses resemble each other on the scalp; 7 to 16 mm in five real maps, as
computed for this project."""
TURN_LENGTH = 0.8
WEAK = 0.2  # share of the full turn in the kernel of a biphasic pulse; assumed
JITTER = 1e-6
BANK = 256
NEIGHBOURS = 13  # of a place: itself and the rings around it, for six coefficients
Waveform = Literal["biphasic", "monophasic"]


@dataclass(frozen=True, eq=False)
class HuntSpace:
    """Candidate poses of a hunt.

    Parameters
    ----------
    places_m : (n_place, 2) array [m]
        Coordinates along the scalp from the start.
    turns_rad : (n_turn,) array [rad]
        About the coil's axis, from the start's.
    place, turn : (n_pose,) int arrays
        Of each candidate.
    waveform : {"biphasic", "monophasic"}
        Whether half a turn is nearly the same.
    log_felt : (n_pose, n_view) array or None
        log10 of the effective field at each candidate for every view of where the muscle lies
        and which direction suits it, 0 at the best pose of each view; None without a head.
    log_prior : (n_view,) array or None
        Of the views.
    """

    places_m: FloatArray
    turns_rad: FloatArray
    place: IntArray
    turn: IntArray
    waveform: Waveform = "biphasic"
    log_felt: FloatArray | None = None
    log_prior: FloatArray | None = None

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse views without a prior."""
        if self.waveform not in ("biphasic", "monophasic"):
            msg = f"`waveform` must be biphasic or monophasic; got {str(self.waveform)[:40]}."
            raise BadInputError(msg)
        if (self.log_felt is None) != (self.log_prior is None):
            msg = "views of the site need a prior, and a prior needs views."
            raise BadInputError(msg)
        freeze(self, "places_m", "turns_rad", dtype=np.float64)
        freeze(self, "place", "turn")
        if self.log_felt is not None:
            freeze(self, "log_felt", dtype=np.float32)
            freeze(self, "log_prior", dtype=np.float64)

    @property
    def size(self) -> int:
        """How many candidates."""
        return len(self.place)

    @property
    def coordinates(self) -> FloatArray:
        """Coordinates of the candidates, (n_pose, 3): two in m, one in radians."""
        return np.column_stack([self.places_m[self.place], self.turns_rad[self.turn]])

    @property
    def period_rad(self) -> float:
        """Turn after which a coil does the same, or nearly so."""
        return float(np.pi if self.waveform == "biphasic" else 2 * np.pi)

    def nearest(self, coordinates: FloatArray) -> int:
        """Find the candidate nearest to a pose.

        Parameters
        ----------
        coordinates : (3,) array
            Two in m, one in radians.

        Returns
        -------
        int
            Its index; ten degrees count as much as 3.5 mm.
        """
        away = self.coordinates - coordinates
        turn = wrapped(away[:, 2], 2 * np.pi)
        return int(((away[:, :2] ** 2).sum(axis=1) + (0.02 * turn) ** 2).argmin())

    def without_physics(self) -> "HuntSpace":
        """Return the same candidates with nothing known of the field."""
        return HuntSpace(self.places_m, self.turns_rad, self.place, self.turn, self.waveform)


def wrapped(angle_rad: FloatArray, period_rad: float) -> FloatArray:
    """Bring differences of angles to within half a period of 0.

    Parameters
    ----------
    angle_rad : array [rad]
        Any.
    period_rad : float [rad]
        Pi where half a turn does not count.

    Returns
    -------
    array [rad]
        From -period/2 to period/2.
    """
    return (np.asarray(angle_rad) + period_rad / 2) % period_rad - period_rad / 2


def place_kernel(a_m: FloatArray, b_m: FloatArray, length_m: float = LENGTH_M) -> FloatArray:
    """Compute the Matérn kernel of smoothness 5/2.

    Parameters
    ----------
    a_m, b_m : (n, 2), (k, 2) arrays [m]
        Places.
    length_m : float [m], optional
        Of the kernel.

    Returns
    -------
    (n, k) array
        1 at no distance.
    """
    away = np.sqrt(5) * np.linalg.norm(a_m[:, None] - b_m[None], axis=2) / length_m
    return (1 + away + away**2 / 3) * np.exp(-away)


def turn_kernel(
    a_rad: FloatArray, b_rad: FloatArray, waveform: Waveform, length: float = TURN_LENGTH
) -> FloatArray:
    """Compute the periodic kernel of turns.

    Parameters
    ----------
    a_rad, b_rad : (n,), (k,) arrays [rad]
        Turns.
    waveform : {"biphasic", "monophasic"}
        With a biphasic pulse half a turn changes little: most of the kernel has that period.
    length : float, optional
        Of both parts.

    Returns
    -------
    (n, k) array
        1 at no difference.
    """
    away = a_rad[:, None] - b_rad[None]
    whole = np.exp(-2 * np.sin(away / 2) ** 2 / length**2)
    if waveform == "monophasic":
        return whole
    return (1 - WEAK) * np.exp(-2 * np.sin(away) ** 2 / length**2) + WEAK * whole


class Residual:
    """The Gaussian process of what physics leaves over, on the candidates of a space.

    Parameters
    ----------
    space : HuntSpace
        Its candidates.
    length_m : float [m]
        Over which it varies.
    seed : int
        Of the bank of functions that draws are made from.
    """

    def __init__(self, space: HuntSpace, length_m: float = LENGTH_M, seed: int = 0) -> None:
        self.space = space
        self.half_cell = half_cell(space)
        self.places = place_kernel(space.places_m, space.places_m, length_m)
        self.turns = turn_kernel(space.turns_rad, space.turns_rad, space.waveform)
        left = np.linalg.cholesky(self.places + JITTER * np.eye(len(self.places)))
        right = np.linalg.cholesky(self.turns + JITTER * np.eye(len(self.turns)))
        normal = np.random.default_rng([seed, 11]).standard_normal(
            (BANK, len(left), len(right))
        )
        drawn = np.einsum("pq,bqt,ut->bpu", left, normal, right, optimize=True)
        self.bank = drawn[:, space.place, space.turn].astype(np.float32)
        """(bank, n_pose): functions of unit variance."""

    @cached_property
    def _fits(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Neighbours of each place, candidates by place and turn, and fits of a parabola."""
        space = self.space
        count = min(NEIGHBOURS, len(space.places_m))
        away = np.linalg.norm(space.places_m[:, None] - space.places_m[None], axis=2)
        near = np.argsort(away, axis=1, kind="stable")[:, :count]
        u, v = np.moveaxis(space.places_m[near] - space.places_m[:, None], 2, 0)
        basis = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=2)
        scale = np.array([1, 5e-3, 5e-3, 2.5e-5, 2.5e-5, 2.5e-5])
        fits = np.linalg.pinv(basis / scale) / scale[:, None]
        index = np.full((len(space.places_m), len(space.turns_rad)), -1)
        index[space.place, space.turn] = np.arange(space.size)
        return near, index, fits

    def summit(self, values: FloatArray) -> FloatArray:
        """Find where functions are largest, between the candidates too.

        Parameters
        ----------
        values : (n, n_pose) array
            Of smooth functions.

        Returns
        -------
        (n, 3) array
            Coordinates: of the best candidate, moved to the summit of a parabola through its
            neighbours in place and turn, by half of the way to the next one at most.
        """
        space = self.space
        best = values.argmax(axis=1)
        rows, found = np.arange(len(best)), space.coordinates[best]
        near, index, fits = self._fits
        if (index < 0).any() or near.shape[1] < NEIGHBOURS or len(space.turns_rad) < 3:
            return found
        place, turn = space.place[best], space.turn[best]
        around = values[rows[:, None], index[near[place], turn[:, None]]]
        _, p, q, a, b, c = np.einsum("nkj,nj->kn", fits[place], around)
        curved = 4 * a * c - b * b
        is_top = (curved > 0) & (a < 0)
        safe = np.where(is_top, curved, 1.0)
        move = np.stack([b * q - 2 * c * p, b * p - 2 * a * q], axis=1) / safe[:, None]
        count = len(space.turns_rad)
        low, middle, high = (
            values[rows, index[place, (turn + step) % count]] for step in (-1, 0, 1)
        )
        bent = low - 2 * middle + high
        half = self.half_cell
        is_inner = (turn > 0) & (turn < count - 1) & (bent < 0)
        turned = half[2] * (low - high) / np.where(is_inner, bent, 1.0)
        found[:, :2] += np.where(is_top[:, None], np.clip(move, -half[:2], half[:2]), 0.0)
        found[:, 2] += np.where(is_inner, np.clip(turned, -half[2], half[2]), 0.0)
        return found

    def between(self, a: IntArray, b: IntArray | slice) -> FloatArray:
        """Return the kernel between candidates, (n, k)."""
        place, turn = self.space.place, self.space.turn
        at_place = self.places[place[a]][:, place[b]]
        return at_place * self.turns[turn[a]][:, turn[b]]


def half_cell(space: HuntSpace) -> FloatArray:
    """Return half of the way between candidates, (3,): twice in m, once in radians."""
    away = np.linalg.norm(space.places_m[:, None] - space.places_m[None], axis=2)
    np.fill_diagonal(away, np.inf)
    steps = np.diff(np.sort(space.turns_rad))
    half_m = float(np.median(away.min(axis=1))) / 2 if len(away) > 1 else 0.0
    return np.array([half_m, half_m, float(steps.min()) / 2 if len(steps) else 0.0])
