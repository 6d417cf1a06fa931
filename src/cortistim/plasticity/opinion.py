"""What a published model says of a session: a course of percent change, or why it says none."""

from dataclasses import dataclass

import numpy as np

from cortistim.plasticity.drive import Drive
from cortistim.typing import FloatArray

TOLERANCE_S = 5e-4


@dataclass(frozen=True, eq=False)
class Opinion:
    """One model's answer.

    Parameters
    ----------
    model : str
        Author and year.
    percent : (n_minute,) array
        Change of excitability; NaN where the model does not answer.
    reason : str
        Why it does not answer, or what the answer leaves out.
    sources : tuple of str
        Keys of ``references.bib``.
    """

    model: str
    percent: FloatArray
    reason: str
    sources: tuple[str, ...]

    @property
    def answers(self) -> bool:
        """Whether the protocol lies inside what the model was made for."""
        return bool(np.isfinite(self.percent).all())


def declined(model: str, minutes: FloatArray, reason: str, sources: tuple[str, ...]) -> Opinion:
    """Return the opinion of a model that does not answer.

    Parameters
    ----------
    model : str
        Author and year.
    minutes : (n_minute,) array
        That were asked for.
    reason : str
        Why it does not answer.
    sources : tuple of str
        Keys of ``references.bib``.

    Returns
    -------
    Opinion
        NaN at every time.
    """
    return Opinion(model, np.full(len(minutes), np.nan), reason, sources)


@dataclass(frozen=True, slots=True)
class ThetaBurst:
    """A session of equal trains of standard theta bursts.

    Parameters
    ----------
    bursts : int
        In each train.
    trains : int
        At least 1.
    gap_s : float [s]
        From one burst period after a train's last burst to the next train; 0 with one train.
    """

    bursts: int
    trains: int
    gap_s: float


def theta_burst_of(drive: Drive) -> ThetaBurst | str:
    """Recognise theta burst: 3 pulses at 50 Hz, 5 bursts a second, at 80 % aMT.

    Parameters
    ----------
    drive : Drive
        One session.

    Returns
    -------
    ThetaBurst or str
        Or why it is none, in words.
    """
    refused = _no_bursts(drive)
    if refused:
        return refused
    times_s = drive.pulse_times_s.reshape(-1, 3)
    waits_s = np.diff(times_s[:, 0])
    breaks = np.flatnonzero(waits_s > 0.2 + TOLERANCE_S)
    if np.abs(np.delete(waits_s, breaks) - 0.2).max(initial=0.0) > TOLERANCE_S:
        return "it knows only 5 bursts a second"
    if not len(breaks):
        return ThetaBurst(len(times_s), 1, 0.0)
    lengths = np.diff(breaks, prepend=-1, append=len(times_s) - 1)
    if np.ptp(lengths) or np.ptp(waits_s[breaks]) > TOLERANCE_S:
        return "it knows only equal trains with equal pauses"
    return ThetaBurst(int(lengths[0]), len(lengths), float(waits_s[breaks[0]]) - 0.2)


def _no_bursts(drive: Drive) -> str:
    if drive.paired or not drive.n_pulses or drive.n_pulses % 3:
        return "it knows only theta burst, bursts of 3 pulses"
    if np.abs(drive.drive - 0.8).max() > 0.04:
        return "it was fitted at 80 % of the active motor threshold only"
    if np.abs(np.diff(drive.pulse_times_s.reshape(-1, 3), axis=1) - 0.02).max() > TOLERANCE_S:
        return "it knows only bursts of 3 pulses at 50 Hz"
    return ""
