"""How |E| spreads over conductivities and the coil's pose, and which of them matters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm, qmc

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import TOLERANCE, FemSystem, Sampler, solve_linear
from cortistim.field.reduced import ReducedField, Reduction
from cortistim.field.uncertainty import Range, range_of
from cortistim.head import Head
from cortistim.head.tissues import Tissue
from cortistim.placement import Pose, nudged
from cortistim.targeting.uncertainty import SHIFT_M, TURN_RAD
from cortistim.typing import FloatArray, Progress, silent

N_FITTED = 48
FITTED_SIGMAS = 1.5  # how far out the pose's polynomial is fitted
N_SAMPLE = 1024
N_CHECKED = 2
MOST_POINTS = 2000
# For each million nodes, on a core of a 2020s laptop: measured with the built-in head.
SECONDS, SECONDS_AT_ONE_POSE = 200.0, 100.0
LEAST_GB, GB = 0.6, 4.2


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainInputs:
    """What is uncertain, and how it is sampled.

    Parameters
    ----------
    ranges : mapping of int to (float, float)
        Conductivities in S/m by tag that replace the published ranges.
    conductivities : bool
        Let them vary.
    shift_m : float [m]
        Standard deviation of the coil's place along each of its axes; 0 for none.
    turn_rad : float [rad]
        Standard deviation of its turn about each of its axes; 0 for none.
    samples : int
        A power of two.
    seed : int
        Of the samples.
    tolerance : float
        On the relative residual of the solves.
    mean : bool
        Take the mean of |E| over the points instead of each.
    """

    ranges: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    conductivities: bool = True
    shift_m: float = SHIFT_M
    turn_rad: float = TURN_RAD
    samples: int = N_SAMPLE
    seed: int = 0
    tolerance: float = TOLERANCE
    mean: bool = False

    def __post_init__(self) -> None:
        """Refuse inputs that are all certain."""
        if not (self.conductivities or self.shift_m > 0 or self.turn_rad > 0):
            msg = "something must be uncertain: conductivities, the pose, or both."
            raise BadInputError(msg)

    @property
    def scale(self) -> FloatArray:
        """Standard deviations of the pose's six coordinates."""
        return np.repeat([self.shift_m, self.turn_rad], 3)

    @property
    def moves(self) -> bool:
        """Whether the pose is uncertain."""
        return bool(self.scale.any())

    def range_of(self, tissue: Tissue) -> Range:
        """Return the range of a tissue.

        Parameters
        ----------
        tissue : Tissue
            Any.

        Returns
        -------
        Range
            As asked for, else as published.
        """
        return range_of(tissue, self.ranges)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Spread of |E|, at each point or over a target.

    Parameters
    ----------
    nominal_v_per_m : (n,) array [V/m]
        With the head's conductivities at the pose that was meant, for 1 A/µs.
    samples_v_per_m : (n_sample, n) array [V/m]
        Over everything that is uncertain.
    indices : mapping of str to (n,) array
        Share of the variance that each input explains alone (first-order Sobol' index).
    reduced_error : float
        Largest relative difference from direct solves at samples left out.
    rank : int
        Unknowns of the reduced problem.
    """

    nominal_v_per_m: FloatArray
    samples_v_per_m: FloatArray
    indices: Mapping[str, FloatArray]
    reduced_error: float
    rank: int


@dataclass(frozen=True, eq=False)
class _Inputs:
    """From the unit cube to conductivities and errors of the pose."""

    head: Head
    request: UncertainInputs

    @property
    def names(self) -> list[str]:
        """What varies: tissues, then the pose as one."""
        tissues = [tissue.name for tissue in self.head.tissues]
        return [
            *(tissues if self.request.conductivities else []),
            *(["pose"] if self.request.moves else []),
        ]

    def columns(self, name: str) -> list[int]:
        """Which of the cube's axes belong to an input."""
        count = len(self.head.tissues)
        if name == "pose":
            return list(range(count, count + 6))
        return [[tissue.name for tissue in self.head.tissues].index(name)]

    @property
    def size(self) -> int:
        """Axes of the cube."""
        return len(self.head.tissues) + 6

    def values(self, cube: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Map samples of the cube, (n, size), to S/m, (n, n_tissue), and errors, (n, 6)."""
        count = len(self.head.tissues)
        sigma = np.empty((len(cube), count))
        for number, tissue in enumerate(self.head.tissues):
            sigma[:, number] = self.request.range_of(tissue).quantiles(cube[:, number])
            if not self.request.conductivities:
                sigma[:, number] = tissue.sigma_siemens_per_m
        return sigma, self.request.scale * norm.ppf(cube[:, count:])


def uncertainty(
    head: Head,
    coil: Coil,
    pose: Pose,
    places: Sampler,
    *,
    request: UncertainInputs | None = None,
    system: FemSystem | None = None,
    progress: Progress = silent,
) -> Uncertainty:
    """Sample |E| over conductivities and the pose.

    Parameters
    ----------
    head, coil, pose : Head, Coil, Pose
        What is meant.
    places : Sampler
        Points inside the head, 2000 at most.
    request : UncertainInputs, optional
        What is uncertain.
    system : FemSystem, optional
        The head's, when it was built before.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Uncertainty
        The same for the same seed.

    Raises
    ------
    BadInputError
        When points lie outside the head or are too many.
    ConvergenceError
        When a solve stops short.
    """
    request = request or UncertainInputs()
    _require(head, places, request)
    inputs = _Inputs(head, request)
    progress(_cost(head, request), 0.0)
    system = system or FemSystem.of(head)
    reduced = _reduced(head, coil, pose, places, request, system, progress)

    def size(cube: FloatArray) -> FloatArray:
        strength = np.linalg.norm(reduced.evaluate(*inputs.values(cube)), axis=2)
        return strength.mean(axis=1, keepdims=True) if request.mean else strength

    cube = _sobol(2 * inputs.size, request)
    one, other = cube[:, : inputs.size], cube[:, inputs.size :]
    progress("sampling", 0.0)
    samples, again = size(one), size(other)
    indices = {}
    for number, name in enumerate(inputs.names):
        progress("sampling", number / len(inputs.names))
        mixed = one.copy()
        mixed[:, inputs.columns(name)] = other[:, inputs.columns(name)]
        indices[name] = _first_order(samples, again, size(mixed))
    drawn = (inputs, reduced, other[:N_CHECKED])
    error = _checked(head, coil, pose, places, drawn, system, progress)
    nominal = [tissue.sigma_siemens_per_m for tissue in head.tissues]
    at_nominal = reduced.evaluate(np.array([nominal]), np.zeros((1, 6)))
    strength = np.linalg.norm(at_nominal[0], axis=1)
    strength = np.array([strength.mean()]) if request.mean else strength
    return Uncertainty(strength, samples, indices, error, reduced.rank)


def _cost(head: Head, request: UncertainInputs) -> str:
    """Say what sampling will take."""
    millions = len(head.mesh.nodes_m) / 1e6
    seconds = millions * (SECONDS if request.moves else SECONDS_AT_ONE_POSE)
    return (
        f"solving on {millions:.2g} million nodes: about {seconds:.0f} s of one core "
        f"and {LEAST_GB + millions * GB:.1f} GB"
    )


def _require(head: Head, places: Sampler, request: UncertainInputs) -> None:
    strangers = sorted(set(request.ranges) - {tissue.tag for tissue in head.tissues})
    if strangers:
        msg = f"`ranges` must name tags of the mesh; got {strangers}."
        raise BadInputError(msg)
    for tissue in head.tissues:
        request.range_of(tissue)
    outside = int((~places.inside).sum())
    if outside or not 1 <= len(places.points_m) <= MOST_POINTS:
        msg = (
            f"there must be 1 to {MOST_POINTS} points, all inside the head; got "
            f"{len(places.points_m)}, {outside} of them outside. Leave the others out."
        )
        raise BadInputError(msg)


def _sobol(size: int, request: UncertainInputs) -> FloatArray:
    cube = qmc.Sobol(size, rng=np.random.default_rng(request.seed)).random(request.samples)
    return np.clip(cube, 1e-6, 1 - 1e-6)


def _reduced(
    head: Head,
    coil: Coil,
    pose: Pose,
    places: Sampler,
    request: UncertainInputs,
    system: FemSystem,
    progress: Progress,
) -> ReducedField:
    """Project on solutions near the pose that is meant."""
    scale = np.where(request.scale > 0, request.scale, 1.0)
    errors = np.zeros((1, 6))
    if request.moves:
        cube = qmc.Sobol(6, rng=np.random.default_rng(request.seed)).random(64)[: N_FITTED - 1]
        wide = FITTED_SIGMAS * request.scale * norm.ppf(np.clip(cube, 0.01, 0.99))
        errors = np.vstack([errors, wide])
    poses = [nudged(pose, error[:3], error[3:]) for error in errors]
    return Reduction(
        head, coil, poses, errors, scale, places, system, request.tolerance, progress
    ).reduce()


def _first_order(one: FloatArray, other: FloatArray, mixed: FloatArray) -> FloatArray:
    """Estimate the first-order index, as Saltelli 2010, between 0 and 1."""
    both = np.concatenate([one, other])
    variance = np.maximum(both.var(axis=0), np.finfo(float).tiny)
    # without the mean, which cancels in the end but not in a sample
    share = np.mean((other - both.mean(axis=0)) * (mixed - one), axis=0)
    return np.clip(share / variance, 0, 1)


def _checked(
    head: Head,
    coil: Coil,
    pose: Pose,
    places: Sampler,
    reduction: tuple[_Inputs, ReducedField, FloatArray],
    system: FemSystem,
    progress: Progress,
) -> float:
    """Solve some samples directly; the largest relative difference of E."""
    inputs, reduced, cube = reduction
    worst = 0.0
    sigmas, errors = inputs.values(cube)
    for number, (sigma, error) in enumerate(zip(sigmas, errors, strict=True)):
        progress("checking by direct solves", number / len(cube))
        tags = [tissue.tag for tissue in head.tissues]
        other = head.with_sigma(dict(zip(tags, sigma.tolist(), strict=True)))
        moved = nudged(pose, error[:3], error[3:])
        changed = FemSystem.of(other)
        system.lend_hierarchy(changed)
        direct = solve_linear(other, coil, moved, system=changed).at_v_per_m(places)
        found = reduced.evaluate(sigma[None], error[None])[0]
        worst = max(worst, float(np.linalg.norm(found - direct) / np.linalg.norm(direct)))
    return worst
