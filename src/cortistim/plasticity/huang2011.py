"""Huang et al. (2011) as revised by Ma et al. (2022): theta burst as rise and level.

Calcium after each burst facilitates by its rise and inhibits by its level; both fade between
trains, and what is left when the last train ends is the effect. Defined for equal trains of
standard bursts at 80 % aMT. A muscle that was never contracted lets in three times the calcium;
one contracted right after the last pulse leaves the facilitation alone. It knows neither
frequency nor intensity nor pulses per burst.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.plasticity.drive import Drive
from cortistim.plasticity.opinion import Opinion, ThetaBurst, declined, theta_burst_of
from cortistim.typing import FloatArray

NAME, SOURCES = "huang2011", ("huang2011", "ma2022")
BURST_S = 0.16  # from the end of a burst to the next
RATE_PER_S, BREAK_PER_S = 1.2, 0.1
PERCENT = 10.0  # the stored unit of the data it was fitted to is a tenth of a percent


@dataclass(frozen=True, slots=True)
class Constants:
    """Of the revised model (ma2022); calcium is 1 after a contraction and 3 at rest.

    Parameters
    ----------
    calcium : float
        That enters with each pulse.
    rise, rise_decay : float
        Of the rate at which calcium rises.
    level, level_decay : float
        Of its amount.
    """

    calcium: float = 1.0
    rise: float = 1.45
    rise_decay: float = 0.005
    level: float = 0.123
    level_decay: float = 0.070


REVISED = Constants()
NAIVE = Constants(calcium=3.0)


def net_effect(shape: ThetaBurst, constants: Constants = REVISED) -> tuple[float, float]:
    """Return facilitation and inhibition at the end of a session.

    Parameters
    ----------
    shape : ThetaBurst
        Bursts, trains, pauses.
    constants : Constants
        The revision's, after a contraction, by default.

    Returns
    -------
    tuple of float
        In the units of the source.
    """
    c = constants
    number = np.arange(1, shape.bursts + 1)
    decay = np.exp(-RATE_PER_S * BURST_S)
    calcium = c.calcium * (1 - decay**number) / (1 - decay) * decay
    rise = np.diff(calcium, prepend=0.0)
    left = shape.bursts - number + 1
    facilitation = float((c.rise * rise * np.exp(-c.rise_decay / c.calcium * left)).sum())
    inhibition = float(
        (c.level / c.calcium**2 * calcium * np.exp(-c.level_decay / c.calcium**2 * left)).sum()
    )
    remain = np.exp(-BREAK_PER_S * shape.gap_s * np.arange(shape.trains)).sum()
    return facilitation * float(remain), inhibition * float(remain)


def peak_s(bursts: int, *, facilitates: bool) -> float:
    """Return when the effect peaks.

    Parameters
    ----------
    bursts : int
        In the whole session.
    facilitates : bool
        Facilitation peaks five times as early.

    Returns
    -------
    float
        Seconds.
    """
    late = 1800 * bursts**3.6 / (130**3.6 + bursts**3.6)
    return late / 5 if facilitates else late


def course(net: float, bursts: int, after_s: FloatArray) -> FloatArray:
    """Return the effect over time.

    Parameters
    ----------
    net : float
        Facilitation minus inhibition.
    bursts : int
        In the whole session.
    after_s : (n_time,) array [s]
        Since the last pulse.

    Returns
    -------
    (n_time,) array
        In the units of the source.
    """
    up = net > 0
    # as in the authors' calibration files; their HuangModel_Revised.m swaps the two branches
    h1, h2, k1, k2 = (3.0, 2.0, 0.25, 2.0) if up else (2.5, 4.0, 0.2, 1.1)
    peak = peak_s(bursts, facilitates=up)
    rising = net * after_s**h1 / ((k1 * peak) ** h1 + after_s**h1)
    top = net / (k1**h1 + 1)
    past = np.maximum(after_s - peak, 0.0)
    falling = top * (k2 * peak) ** h2 / ((k2 * peak) ** h2 + past**h2)
    return np.where(after_s <= peak, rising, falling)


def opinion(drive: Drive, minutes: FloatArray) -> Opinion:
    """Return the model's answer for one session.

    Parameters
    ----------
    drive : Drive
        One session.
    minutes : (n_minute,) array
        After the last pulse.

    Returns
    -------
    Opinion
        Percent, or why there is none.
    """
    shape = theta_burst_of(drive)
    if isinstance(shape, str):
        return declined(NAME, minutes, f"outside the model: {shape}", SOURCES)
    constants = NAIVE if drive.contraction == "none" else REVISED
    facilitation, inhibition = net_effect(shape, constants)
    net = facilitation - inhibition * (drive.contraction != "after")
    percent = PERCENT * course(net, shape.bursts * shape.trains, 60.0 * minutes)
    return Opinion(NAME, percent, "theta burst at 80 % aMT only", SOURCES)
