"""A virtual subject: one simulated person with the nuisances of a real session.

The person's responses are those of goetz2019. Around them lie what a session adds: excitability
that drifts, a coil that is never quite in place, a muscle that is tense now and then, a trigger
that comes without a pulse. What happened at each pulse is kept, for the end.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.mapping.muscle import ThreeSources, goetz2019, threshold_percent
from cortistim.typing import FloatArray

REST_V, TENSE_V = 2e-6, 25e-6  # root mean square before the pulse; assumed
BASELINE_LIMIT_V = 10e-6
"""Root mean square before the pulse above which a trial is given again."""
TENSE_GAIN = 2.0  # assumed: of the response of a tense muscle
QUIET, TENSE, LATE, NONE = "", "pre-activation", "coil off the spot", "trigger without a pulse"


@dataclass(frozen=True, slots=True)
class Nuisances:
    """What a session adds to a person; all assumed, in the order of what laboratories see.

    Parameters
    ----------
    drift_percent : float
        Standard deviation of the threshold's random walk per pulse, in percent of itself.
    pull : float
        Share of the drift that is lost per pulse, so that it stays bounded.
    off_spot_percent : float
        Typical loss of field from the coil's jitter.
    slips : float
        Chance that the coil has slipped, which costs five times as much.
    tense : float
        Chance of a tense muscle.
    missed : float
        Chance of a trigger without a pulse.
    """

    drift_percent: float = 0.4
    pull: float = 0.02
    off_spot_percent: float = 0.5
    slips: float = 0.03
    tense: float = 0.04
    missed: float = 0.01


@dataclass(frozen=True, slots=True)
class VirtualResponse:
    """What an amplifier would show after a pulse, and what was behind it.

    Parameters
    ----------
    mep_v : float [V]
        Peak to peak.
    baseline_v : float [V]
        Root mean square before the pulse.
    cause : str
        What disturbed it; empty for nothing. Sealed until the end.
    """

    mep_v: float
    baseline_v: float
    cause: str


class VirtualSubject:
    """One person, who answers to pulses.

    Parameters
    ----------
    seed : int
        Of the person and of all that happens: equal seeds and intensities give equal sessions.
    nuisances : Nuisances, optional
        Of the session.
    """

    def __init__(self, seed: int, nuisances: Nuisances | None = None) -> None:
        self.person: ThreeSources = goetz2019(
            1, np.random.default_rng([seed, 1]), spread="wang"
        )
        self.nuisances = nuisances or Nuisances()
        self._rng = np.random.default_rng([seed, 2])
        self._drift = 0.0
        self.causes: list[str] = []

    def pulse(self, percent: float) -> VirtualResponse:
        """Stimulate.

        Parameters
        ----------
        percent : float
            Of the maximal output.

        Returns
        -------
        VirtualResponse
            With its cause.
        """
        asked, rng = self.nuisances, self._rng
        chance, normal = rng.random(3), rng.standard_normal(2)
        self._drift = (1 - asked.pull) * self._drift + asked.drift_percent / 100 * normal[0]
        loss = asked.off_spot_percent / 100 * abs(normal[1])
        cause = QUIET
        if chance[0] < asked.slips:
            cause, loss = LATE, 5 * loss + 0.05
        if chance[1] < asked.tense:
            cause = TENSE
        felt = percent * (1 - loss) * np.exp(-self._drift)
        if chance[2] < asked.missed:
            cause, felt = NONE, 0.0
        size = float(self.person.respond_v(np.array([[felt]]), rng)[0, 0])
        rest = (TENSE_V if cause == TENSE else REST_V) * float(rng.uniform(0.7, 1.3))
        self.causes.append(cause)
        return VirtualResponse(size * (TENSE_GAIN if cause == TENSE else 1), rest, cause)

    def threshold_percent(self) -> float:
        """Return the person's threshold without what the session adds."""
        return float(threshold_percent(self.person)[0])

    def intensity_percent(self, size_v: float) -> float:
        """Return the intensity whose response without noise has a size in V; at most 400 %."""
        low, high = 0.0, 400.0
        for _ in range(50):
            middle = (low + high) / 2
            above = self.median_v(np.array([middle]))[0] >= size_v
            low, high = (low, middle) if above else (middle, high)
        return (low + high) / 2

    def median_v(self, percent: FloatArray) -> FloatArray:
        """Return responses without noise before and after the curve, (n,)."""
        return 10 ** self.person.log10_v(percent[None])[0] + self.person.noise_v[0]
