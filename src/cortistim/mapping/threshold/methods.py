"""Every method of finding a threshold by name."""

from collections.abc import Callable, Mapping

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.mapping.threshold.approximation import (
    ANALOG_PERCENT,
    HARMONIC_PERCENT,
    SAMT_PERCENT,
    Approximation,
)
from cortistim.mapping.threshold.counting import Frequency, MillsNithi
from cortistim.mapping.threshold.likelihood import NARROW, LeastEntropy, Likelihood
from cortistim.mapping.threshold.method import Limits, Method
from cortistim.mapping.threshold.posterior import Posterior
from cortistim.typing import FloatArray

DEFAULT = "posterior"
METHODS: Mapping[str, tuple[str, Callable[[FloatArray, Limits], Method]]] = {
    "posterior": (
        "posterior of threshold and width; pulses at its mean",
        Posterior,
    ),
    "posterior-sizes": (
        "the same, estimated from the sizes of responses, too",
        lambda start, limits: Posterior(start, limits, sizes=True),
    ),
    "samt": (
        "stochastic approximation as in SAMT: digital, steps shrink with changes",
        lambda start, limits: Approximation(start, SAMT_PERCENT, limits=limits),
    ),
    "dcs-h": (
        "stochastic approximation, digital, steps shrink with every pulse",
        lambda start, limits: Approximation(
            start, HARMONIC_PERCENT, on_change=False, limits=limits
        ),
    ),
    "acs-ha": (
        "stochastic approximation from log sizes, steps shrink with changes",
        lambda start, limits: Approximation(start, ANALOG_PERCENT, analog=True, limits=limits),
    ),
    "ml-pest": (
        "maximum likelihood with a width of 0.07 of the threshold (MTAT)",
        lambda start, _: Likelihood(start),
    ),
    "ml-2": (
        "maximum likelihood of threshold and width",
        lambda start, _: Likelihood(start, widths=True),
    ),
    "map-1": (
        "maximum a posteriori, width of 0.07; the prior is of simulated people",
        lambda start, _: Likelihood(start, prior=NARROW),
    ),
    "map-2": (
        "maximum a posteriori of threshold and width; the prior is of simulated people",
        lambda start, _: Likelihood(start, widths=True, prior=NARROW),
    ),
    "entropy": (
        "least expected entropy of threshold and width",
        lambda start, _: LeastEntropy(start),
    ),
    "ifcn-5of10": (
        "lowest intensity with 5 responses of 10 (IFCN), steps of 1 %",
        lambda start, _: Frequency(start),
    ),
    "ifcn-5of10-2": (
        "the same in steps of 2 %",
        lambda start, _: Frequency(start, step=2.0),
    ),
    "ifcn-10of20": (
        "lowest intensity with 10 responses of 20 (IFCN), steps of 1 %",
        lambda start, _: Frequency(start, wanted=10),
    ),
    "mills-nithi": (
        "mean of upper and lower threshold (Mills and Nithi)",
        lambda start, _: MillsNithi(start),
    ),
}
"""What each does, and how to make it from first intensities and limits."""


def make_method(name: str, start: FloatArray, limits: Limits) -> Method:
    """Make a method by its name.

    Parameters
    ----------
    name : str
        A key of `METHODS`.
    start : (n,) array
        First intensities in percent.
    limits : Limits
        What may be proposed.

    Returns
    -------
    Method
        Before the first pulse.

    Raises
    ------
    BadInputError
        When there is no such method.
    """
    if name not in METHODS:
        msg = f"`method` must be one of {', '.join(METHODS)}; got {quoted(name)}."
        raise BadInputError(msg)
    return METHODS[name][1](np.asarray(start, float), limits)
