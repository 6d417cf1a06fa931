"""The calibrated ensemble: parameter sets that fit, and people who differ.

``data/ensemble.npz`` was written by ``benchmarks/plasticity_fit.py``: parameter sets from a
posterior given the published group means, the hash of the model they belong to, and what the
fit left over. People come on top: published responses to one protocol spread with a standard
deviation of 0.35 to 0.5 of their logarithm, and about half of people respond as expected.
"""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files

import numpy as np

from cortistim.cache import digest, load
from cortistim.errors import BadInputError
from cortistim.naming import find
from cortistim.plasticity.calcium import COLUMN, MODEL_VERSION, PARAMETERS
from cortistim.plasticity.likeness import Neighbours
from cortistim.records import read_record
from cortistim.typing import FloatArray

MEMBERS = 200
PEOPLE_SD, PEOPLE_SCALE = 0.55, 0.4
"""Log responses of people spread by PEOPLE_SD tanh(|effect| / PEOPLE_SCALE) around the mean:
0.35 at an effect of 0.3, and nothing where nothing is induced."""
LABORATORY_SD, LABORATORY_SCALE = 0.12, 0.08
"""Group means of one protocol scatter over laboratories with this SD of their logarithm, and
nothing scatters where nothing is induced; the scale is assumed."""
THRESHOLD_SD = 0.03  # log; how well a motor threshold states a person's drive; assumed
BDNF_GAIN = (0.5, 1.0)  # mean and SD of the prior; it includes zero, because reports disagree
SECRETION = {"val/val": 1.0, "met": 0.75}
"""Regulated secretion of BDNF; Met lowers it by 18 to 30 % (Egan 2003, Chen 2004)."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members, each a parameter set and a person.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        As `calcium.PARAMETERS` names them.
    person : (n_member,) array
        Where the member stands among people, in standard deviations.
    laboratory : (n_member,) array
        Where it was measured stands among laboratories, in standard deviations.
    neighbours : Neighbours or None
        What each member misses of the protocols that were fitted; None for the model alone.
    """

    theta: FloatArray
    person: FloatArray
    laboratory: FloatArray
    neighbours: Neighbours | None = None

    def in_laboratories(self, log_change: FloatArray) -> FloatArray:
        """Spread log changes of the mean person over laboratories: what a study would find.

        Parameters
        ----------
        log_change : (n_member, n_time) array
            Of the mean person.

        Returns
        -------
        (n_member, n_time) array
            Log change of a group in each laboratory.
        """
        elsewhere = LABORATORY_SD * np.tanh(np.abs(log_change) / LABORATORY_SCALE)
        return log_change + elsewhere * self.laboratory[:, None]

    def responses(self, log_change: FloatArray) -> FloatArray:
        """Spread log changes over people, keeping the mean response.

        Parameters
        ----------
        log_change : (n_member, n_time) array
            Of a group.

        Returns
        -------
        (n_member, n_time) array
            Log change of each person.
        """
        spread = PEOPLE_SD * np.tanh(np.abs(log_change) / PEOPLE_SCALE)
        return log_change + spread * self.person[:, None] - spread**2 / 2


def model_hash() -> str:
    """Return what an ensemble must have been fitted to: version, parameters and priors.

    Returns
    -------
    str
        As the ensemble's file states it.
    """
    return digest(MODEL_VERSION, *(tuple(p) for p in PARAMETERS))


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """How the shipped parameter sets were fitted.

    Parameters
    ----------
    seed, starts : int
        Of the search.
    misfit_best, misfit_median : float
        Sum of squared errors over the published rows, in their standard deviations.
    model_version : str
        Of the model.
    """

    seed: int
    starts: int
    misfit_best: float
    misfit_median: float
    model_version: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Posterior:
    """Parameter sets that fit the published group means.

    Parameters
    ----------
    theta : (n_set, n_parameter) array
        As `calcium.PARAMETERS` names them.
    misfit : (n_set,) array
        What the fit left over.
    names : tuple of str
        Of the parameters.
    model_hash : str
        Of the model that they belong to.
    fingerprint : (5,) array
        Log change after iTBS600 of the first sets, to tell another model by.
    diagnostics : FitRecord
        How they were fitted.
    neighbours : Neighbours
        What each set misses of the rows.
    """

    theta: FloatArray
    misfit: FloatArray
    names: tuple[str, ...]
    model_hash: str
    fingerprint: FloatArray
    diagnostics: FitRecord
    neighbours: Neighbours


@cache
def shipped() -> Posterior:
    """Read the parameter sets that belong to this version.

    Returns
    -------
    Posterior
        As fitted.

    Raises
    ------
    BadInputError
        When the file was fitted to another model.
    """
    with as_file(files("cortistim.plasticity").joinpath("data/ensemble.npz")) as path:
        arrays = load(path)
    if str(arrays["model_hash"]) != model_hash():
        msg = (
            "the shipped ensemble was calibrated for another version of the model. Rerun "
            "benchmarks/plasticity_fit.py."
        )
        raise BadInputError(msg)
    return Posterior(
        theta=arrays["theta"],
        misfit=arrays["misfit"],
        names=tuple(map(str, arrays["names"])),
        model_hash=str(arrays["model_hash"]),
        fingerprint=arrays["fingerprint"],
        diagnostics=read_record(FitRecord, str(arrays["diagnostics"])),
        neighbours=Neighbours(arrays["descriptors"], arrays["weighted"], arrays["directions"]),
    )


def ensemble(members: int = MEMBERS, seed: int = 1) -> Ensemble:
    """Draw members.

    Parameters
    ----------
    members : int
        How many.
    seed : int
        Of the draw.

    Returns
    -------
    Ensemble
        Parameter sets evenly from the posterior, people stratified over a normal
        distribution.
    """
    rng = np.random.default_rng(seed)
    theta, known = shipped().theta, shipped().neighbours
    chosen = rng.permutation(np.resize(rng.permutation(len(theta)), members))
    drawn = theta[chosen].copy()
    drawn[:, COLUMN["a0"]] *= np.exp(THRESHOLD_SD * rng.standard_normal(members))
    missed = replace(known, weighted=known.weighted[chosen])
    return Ensemble(drawn, *spread_of(members, rng), missed)


def spread_of(members: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw where members stand among people and laboratories.

    Parameters
    ----------
    members : int
        How many.
    rng : numpy.random.Generator
        Of the draw.

    Returns
    -------
    person, laboratory : (n_member,) arrays
        In standard deviations, stratified over a normal distribution.
    """
    quantiles = _normal_quantiles(members)
    return rng.permutation(quantiles), rng.permutation(quantiles)


def _normal_quantiles(count: int) -> FloatArray:
    from scipy.special import ndtri

    return ndtri((np.arange(count) + 0.5) / count)


def with_genotype(group: Ensemble, genotype: str, seed: int = 1) -> Ensemble:
    """Scale potentiation by the BDNF that a genotype secretes.

    The gain on potentiation is uncertain: its prior has the mean 0.5 and the SD 1, so that
    no effect and the contrary effect remain possible.

    Parameters
    ----------
    group : Ensemble
        Calibrated on people of unknown genotype, taken as Val/Val.
    genotype : str
        ``val/val`` or ``met`` (carriers).
    seed : int
        Of the gain.

    Returns
    -------
    Ensemble
        With other rates of potentiation.

    Raises
    ------
    BadInputError
        When the genotype is unknown.
    """
    secretion = SECRETION[find(genotype, SECRETION, kind="BDNF genotype")]
    gain = np.random.default_rng([seed, 66]).normal(*BDNF_GAIN, size=len(group.theta))
    factor = np.maximum(0.0, 1 + gain * (secretion - 1))
    theta = group.theta.copy()
    for name in ("k_p", "pas_p"):
        theta[:, COLUMN[name]] *= factor
    return replace(group, theta=theta)
