"""What responses say about where the best pose is: views of the site, and a residual process.

A view says where the muscle lies and which direction of the field suits it; with it goes a
curve

    log10 V = plateau - log10(1 + (middle / felt)^steepness) + residual + noise,

whose middle and steepness lie on a small grid. The plateau is normal and the residual a
Gaussian process over the candidates, so for each view the responses are jointly normal with
one covariance for all views; responses below the floor are censored. For each view the values
behind censored responses are filled in by their expectation, repeatedly
(expectation-maximisation), and the views are weighed by the likelihood at its end. Without a
head there is one view that says nothing, and the process has to learn everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from cortistim.mapping.hotspot.space import HuntSpace, Residual, wrapped
from cortistim.typing import BoolArray, FloatArray, IntArray

MIDDLES = (-0.15, -0.1, -0.06, -0.02, 0.02, 0.06, 0.12)
"""log10 of the effective field at half of the plateau over that at the best pose: outputs from
85 to 160 % of the threshold there. Assumed."""
STEEPNESSES = (10.0, 18.0)  # per decade; goetz2019's mean person has 18 between 50 µV and 1 mV
PLATEAU, PLATEAU_SD = 1.65, 0.35  # log10 of V over 50 µV; goetz2019: some 2 mV
NOISE = 0.38  # of log10 V; goetz2019 has 0.6 at the threshold and 0.3 at 120 % of it
LEFT, LEFT_ALONE = (0.07, 0.25), 0.7
"""Size of the residual with a head and without one, log10 V; the responses say which it is."""
NO_VIEW = 0.02  # prior chance that the field tells nothing, which a wrong head may come to
ALONE = -1  # the view that says nothing
PLATEAU_ALONE_SD = 0.8
NEAR = 0.5
"""Share of the half way between candidates by which summits are spread: views lie apart."""
DROPPED = 14.0  # views less likely by more than exp(-14) are left
FILLINGS = 3
ODD, ODD_FACTOR = 3.5, 4.0  # a response this many deviations off counts with larger noise
FEWEST_FOR_ODD = 6
CRITERION_V = 50e-6


@dataclass(frozen=True, eq=False)
class Draws:
    """Functions drawn from the posterior.

    Parameters
    ----------
    values : (n_draw, n_pose) array
        log10 of V over 50 µV, up to a constant of each draw.
    best : (n_draw, 3) array
        Coordinates of the summit of each.
    """

    values: FloatArray
    best: FloatArray


class HotspotModel:
    """The posterior after some pulses.

    Parameters
    ----------
    space : HuntSpace
        Candidates and views.
    residual : Residual, optional
        Made before, for many models of one space.
    """

    def __init__(self, space: HuntSpace, residual: Residual | None = None) -> None:
        self.space = space
        self.residual = residual or Residual(space)
        self.at: list[int] = []
        self._noise: list[float] = []
        self._censored: list[bool] = []
        self._begin()

    def _begin(self) -> None:
        alone = [(ALONE, 0.0, 1.0, LEFT_ALONE, 0.0)]
        log_prior = self.space.log_prior
        if log_prior is None:
            rows = np.array(alone)
        else:
            views = np.arange(len(log_prior))
            grids = np.meshgrid(views, MIDDLES, STEEPNESSES, LEFT, indexing="ij")
            view, middle, steepness, left = (x.ravel() for x in grids)
            told = log_prior - np.logaddexp.reduce(log_prior)
            each = np.log(len(MIDDLES) * len(STEEPNESSES) * len(LEFT))
            prior = told[view] - each + np.log1p(-NO_VIEW)
            rows = np.column_stack([view, middle, steepness, left, prior])
            rows = np.vstack([rows, np.array([(*alone[0][:4], np.log(NO_VIEW))])])
        self.view = rows[:, 0].astype(int)
        self.middle, self.steepness, self.left, self.log_prior = rows[:, 1:].T
        self.log_weight = self.log_prior.copy()
        self._mean = np.zeros((0, len(rows)), np.float32)
        self._filled = np.zeros((0, len(rows)), np.float32)

    @property
    def weights(self) -> FloatArray:
        """Probabilities of the views and curves that are left."""
        weight = np.exp(self.log_weight - self.log_weight.max())
        return weight / weight.sum()

    def curve(self, log_felt: FloatArray) -> FloatArray:
        """Return what each view expects, without the residual.

        Parameters
        ----------
        log_felt : (..., n_view) array
            Effective fields by view; anything where nothing is known of the field.

        Returns
        -------
        (..., n_left) array
            log10 of V over 50 µV.
        """
        power = self.steepness * (self.middle - log_felt[..., np.maximum(self.view, 0)])
        rise = np.logaddexp(0.0, np.log(10) * power) / np.log(10)
        return np.where(self.view < 0, PLATEAU / 2, PLATEAU - rise).astype(np.float32)

    def take(
        self, at: int, log_size: float, floor: float, log_felt: FloatArray | None = None
    ) -> None:
        """Learn from a pulse.

        Parameters
        ----------
        at : int
            The candidate nearest to where the coil was.
        log_size : float
            log10 of V over 50 µV.
        floor : float
            Below it, in the same measure, a response is censored.
        log_felt : (n_view,) array, optional
            Effective fields where the coil really was; those of the candidate by default.
        """
        known = self.space.log_felt
        if log_felt is None:
            log_felt = np.zeros(1) if known is None else known[at]
        self.at.append(at)
        self._mean = np.vstack([self._mean, self.curve(np.asarray(log_felt))[None]])
        censored = log_size <= floor
        value = max(log_size, floor)
        self._filled = np.vstack([self._filled, np.full_like(self._mean[-1:], value)])
        self._censored.append(censored)
        self._noise.append(NOISE * (ODD_FACTOR if self._is_odd(value, censored) else 1.0))
        self._fit(floor)

    def _is_odd(self, value: float, censored: bool) -> bool:  # noqa: FBT001 - private
        """Tell whether hardly any view expects this, such as no response on the hot spot."""
        count = len(self._noise)
        if count < FEWEST_FOR_ODD:
            return False
        fits, weights = 0.0, self.weights
        for size, group in self._groups():
            across = self._covariance(size)[-1:, :-1]
            off = self._filled[:-1, group] - self._mean[:-1, group]
            middle = self._mean[-1, group] + (across @ self._solvers[size] @ off)[0]
            away = (value - middle) / np.hypot(NOISE, size)
            away = np.minimum(away, 0) if censored else away
            fits += float(weights[group] @ np.exp(-0.5 * np.minimum(away**2, 200)))
        return fits < np.exp(-0.5 * ODD**2)

    def _groups(self) -> Iterator[tuple[float, BoolArray]]:
        """Yield the sizes of the residual, and which rows have each."""
        for size in np.unique(self.left):
            yield float(size), self.left == size

    def _covariance(self, size: float) -> FloatArray:
        """Return the covariance of what the pulses so far would give without noise."""
        at = np.array(self.at)
        return size**2 * self.residual.between(at, at) + level_variance(size)

    def _fit(self, floor: float) -> None:
        hidden = np.array(self._censored)
        noise = np.array(self._noise, np.float32)
        told = np.empty(len(self.view))
        self._solvers: dict[float, FloatArray] = {}
        for size, group in self._groups():
            latent = self._covariance(size)
            total = latent + np.diag(noise.astype(float) ** 2)
            inverse = np.linalg.inv(total)
            self._solvers[size] = inverse
            pull, precise = (latent @ inverse).astype(np.float32), inverse.astype(np.float32)
            mean, filled = self._mean[:, group], self._filled[:, group]
            for _ in range(FILLINGS if hidden.any() else 0):
                middle = mean[hidden] + pull[hidden] @ (filled - mean)
                filled[hidden] = _below(middle, floor, noise[hidden, None])
            off = filled - mean
            fit = -0.5 * np.einsum("nh,nh->h", off, precise @ off).astype(float)
            if hidden.any():
                middle = mean[hidden] + pull[hidden] @ off
                gap = (filled[hidden] - middle) / noise[hidden, None]
                below = (floor - middle) / noise[hidden, None]
                fit += (0.5 * gap**2 + log_ndtr(below)).sum(axis=0)
            told[group] = fit - 0.5 * np.linalg.slogdet(total)[1]
            self._filled[:, group] = filled
        self.log_weight = self.log_prior + told
        self._leave(self.log_weight > self.log_weight.max() - DROPPED)

    def _leave(self, kept: BoolArray) -> None:
        if kept.all():
            return
        for name in ("view", "middle", "steepness", "left", "log_prior", "log_weight"):
            setattr(self, name, getattr(self, name)[kept])
        self._mean, self._filled = self._mean[:, kept], self._filled[:, kept]

    def draw(self, count: int, rng: np.random.Generator) -> Draws:
        """Draw functions over the candidates.

        Parameters
        ----------
        count : int
            How many.
        rng : Generator
            Of the draws.

        Returns
        -------
        Draws
            Each of one view, with a residual that fits the responses as that view sees them.
        """
        chosen = self._chosen(count, rng)
        felt, expected = self._expected(chosen)
        left = np.empty_like(expected)
        bank = len(self.residual.bank)
        some = rng.choice(bank, count, replace=count > bank)
        signs = rng.choice(np.array([-1.0, 1.0], np.float32), count)
        for size in np.unique(self.left[chosen]):
            rows = np.flatnonzero(self.left[chosen] == size)
            drawn = size * signs[rows, None] * self.residual.bank[some[rows]]
            left[rows] = drawn + self._moved(chosen[rows], drawn, float(size), rng)
        # the residual counts as an error of the field: where the curve is flat, near its
        # plateau, it would else decide alone where the best pose is
        steep = np.where(self.view[chosen] < 0, 1.0, self.steepness[chosen])
        drive = felt + left / steep[:, None]
        best = self.residual.summit(drive)
        best += NEAR * rng.uniform(-1, 1, best.shape) * self.residual.half_cell
        return Draws(expected + left, best)

    def _moved(
        self, chosen: IntArray, drawn: FloatArray, size: float, rng: np.random.Generator
    ) -> FloatArray:
        """Return what makes functions of the prior agree with the responses (Matheron)."""
        level = level_variance(size) ** 0.5 * rng.standard_normal(len(chosen))
        if not self.at:
            return level[:, None]
        at = np.array(self.at)
        noise = np.array(self._noise) * rng.standard_normal((len(chosen), len(at)))
        seen = self._filled[:, chosen].T - self._mean[:, chosen].T
        solved = (seen - drawn[:, at] - level[:, None] - noise) @ self._solvers[size]
        level = level + level_variance(size) * solved.sum(axis=1)
        return level[:, None] + solved @ (size**2 * self.residual.between(at, slice(None)))

    def _chosen(self, count: int, rng: np.random.Generator) -> IntArray:
        """Pick views by their weight, evenly."""
        steps = (np.arange(count) + rng.random()) / count
        return np.minimum(np.searchsorted(self.weights.cumsum(), steps), len(self.view) - 1)

    def _expected(self, chosen: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return what is felt, and what chosen views expect, at the candidates, (n, n_pose)."""
        known, view = self.space.log_felt, self.view[chosen]
        felt = np.zeros((len(chosen), self.space.size))
        out = np.full_like(felt, PLATEAU / 2)
        has = view >= 0
        if known is None or not has.any():
            return felt, out
        kinds = np.stack([view, self.middle[chosen], self.steepness[chosen]], axis=1)[has]
        alike, back = np.unique(kinds, axis=0, return_inverse=True)
        there = known[:, alike[:, 0].astype(int)].T.astype(float)
        power = alike[:, 2:] * (alike[:, 1:2] - there)
        rise = np.logaddexp(0.0, np.log(10) * power) / np.log(10)
        felt[has], out[has] = there[back.ravel()], (PLATEAU - rise)[back.ravel()]
        return felt, out

    def mean_and_spread(self) -> tuple[FloatArray, FloatArray]:
        """Return mean and standard deviation at the candidates of the one view without a head.

        Returns
        -------
        mean, spread : (n_pose,) arrays
            log10 of V over 50 µV, without noise.
        """
        prior, size = self._expected(np.zeros(1, int))[1][0], float(self.left[0])
        if not self.at:
            return prior, np.full(len(prior), np.sqrt(size**2 + level_variance(size)))
        at = np.array(self.at)
        across = size**2 * self.residual.between(at, slice(None)) + level_variance(size)
        solved = self._solvers[size] @ across
        mean = prior + (self._filled[:, 0] - self._mean[:, 0]) @ solved
        left = size**2 + level_variance(size) - np.einsum("nm,nm->m", across, solved)
        return mean, np.sqrt(np.maximum(left, 1e-12))

    def posterior_covariance(self, chosen: IntArray) -> FloatArray:
        """Return the covariance between all candidates and some, (n_pose, k), for one view."""
        size = float(self.left[0])
        everywhere = np.arange(self.space.size)
        prior = size**2 * self.residual.between(everywhere, chosen) + level_variance(size)
        if not self.at:
            return prior
        at = np.array(self.at)
        across = size**2 * self.residual.between(at, slice(None)) + level_variance(size)
        return prior - across.T @ (self._solvers[size] @ across[:, chosen])


def level_variance(size: float) -> float:
    """Return the variance of the plateau, or of the mean of a process without a field."""
    return PLATEAU_ALONE_SD**2 if size == LEFT_ALONE else PLATEAU_SD**2


def _below(middle: FloatArray, floor: float, noise: FloatArray) -> FloatArray:
    """Return what censored responses are expected to have been."""
    below = (floor - middle) / noise
    density = np.exp(-0.5 * below**2 - log_ndtr(below)) / np.sqrt(2 * np.pi)
    return middle - noise * density


def centre_of(best: FloatArray, period_rad: float) -> FloatArray:
    """Return the middle of drawn best poses.

    Parameters
    ----------
    best : (n, 3) array
        Coordinates: two in m, one in radians.
    period_rad : float [rad]
        After which turns repeat.

    Returns
    -------
    (3,) array
        Mean place and circular mean of the turn.
    """
    factor = 2 * np.pi / period_rad
    angle = np.angle(np.exp(1j * factor * best[:, 2]).mean()) / factor
    return np.array([*best[:, :2].mean(axis=0), angle])


def away_from(
    best: FloatArray, centre: FloatArray, period_rad: float
) -> tuple[FloatArray, FloatArray]:
    """Measure how far drawn best poses are from a place.

    Parameters
    ----------
    best : (n, 3) array
        Coordinates.
    centre : (3,) array
        Of the place.
    period_rad : float [rad]
        After which turns repeat.

    Returns
    -------
    away_m : (n,) array [m]
        Along the scalp.
    turned_rad : (n,) array [rad]
        At least 0.
    """
    away_m = np.linalg.norm(best[:, :2] - centre[:2], axis=1)
    return away_m, np.abs(wrapped(best[:, 2] - centre[2], period_rad))
