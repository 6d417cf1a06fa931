"""The default model: calcium at pulses, short-term dynamics, a metaplastic gain.

Each pulse adds calcium in proportion to the recruited drive, to what short-term depression
left (Tsodyks & Markram 1997), to the supralinear NMDA current of pulses close together, and
to disinhibition by presynaptic GABA-B receptors. Time above one threshold depresses, above a
higher one potentiates (Shouval et al. 2002; Graupner & Brunel 2012); depression also waits
for a phosphatase that builds up over seconds. A delayed image of the recent change scales the
calcium the other way (metaplasticity, after Bienenstock et al. 1982 and Fung & Robinson
2014). What was induced is expressed, decays early, and is consolidated the more, the more
pulses came close together and the more protein is left of earlier blocks (after Luboeinski &
Tetzlaff 2021).

The time course is empirical: it is fitted, not derived. Nothing here knows cortical layers,
directions of current or the person's state.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cortistim.plasticity._kernels import calcium_induction
from cortistim.plasticity.drive import Drive
from cortistim.typing import FloatArray

MODEL_VERSION = "calcium-1"
REFERENCE_DRIVE = 0.8  # of the active motor threshold, at which `a0` is defined
LAST_WAIT_S = 60.0  # after a block's last pulse; part of the block
CLOSE_S = 0.1  # assumed: for how long a pulse helps the next to consolidate
PAIR_WORTH = 4.0  # assumed: 90 pairs outlast theta bursts of 300 pulses
PROTEIN_S = 3600.0  # luboeinski2021: time constant of proteins
CEILING = 1.2  # log change that no sum of sessions passes; assumed, a factor of 3.3
DAY_S = 86_400.0
MEMBERS_AT_ONCE = 20_000_000  # entries of a matrix of members and pulses


class Parameter(NamedTuple):
    """A parameter with its prior: uniform, or log-uniform, between two values.

    Parameters
    ----------
    name : str
        As the columns of ``theta`` are called.
    low, high : float
        Ends of the prior.
    spaced : str
        ``log`` where it is log-uniform.
    words : str
        What it is, with its unit.
    """

    name: str
    low: float
    high: float
    spaced: str
    words: str


PARAMETERS = tuple(
    Parameter(*row)
    for row in (
        ("a0", 0.45, 0.95, "even", "calcium of a pulse at 80 % aMT; 1 depresses"),
        ("tau_c", 0.03, 0.08, "log", "decay of calcium [s]"),
        ("nl", 0.0, 1.5, "even", "supralinear NMDA current of close pulses"),
        ("tau_v", 0.005, 0.02, "log", "its decay [s]"),
        ("kb", 0.0, 1.5, "even", "disinhibition by GABA-B autoreceptors"),
        ("tau_b", 0.1, 0.5, "log", "its decay [s]"),
        ("u1", 0.0, 0.3, "even", "fast short-term depression: share used by a pulse"),
        ("t1", 0.1, 1.0, "log", "its recovery [s]"),
        ("u2", 0.003, 0.05, "log", "slow short-term depression: share used by a pulse"),
        ("t2", 3.0, 60.0, "log", "its recovery [s]"),
        ("th_p", 1.4, 3.6, "even", "threshold of potentiation, in thresholds of depression"),
        ("k_p", 0.1, 30.0, "log", "rate of potentiation [1/s]"),
        ("k_d", 0.01, 3.0, "log", "rate of depression [1/s]"),
        ("x_max", 0.5, 1.0, "even", "largest potentiation, log"),
        ("x_min", 0.5, 1.2, "even", "largest depression, log"),
        ("kappa", 1.0, 10.0, "even", "metaplastic gain per log change"),
        ("tau_m", 250.0, 1500.0, "log", "memory of the recent change [s]"),
        ("tau_q", 1.0, 20.0, "log", "decay of the phosphatase [s]"),
        ("pas_p", 0.002, 0.02, "log", "potentiation by a volley just before the pulse"),
        ("pas_d", 0.002, 0.02, "log", "depression by a volley after the pulse"),
        ("spread", 0.2, 0.3, "even", "spread of the drive over synapses, log"),
        ("drop", 0.0, 0.25, "even", "share of calcium that needs no transmitter"),
        ("tau_glu", 0.005, 0.012, "log", "how long a volley's transmitter stays bound [s]"),
        ("tau_bap", 0.015, 0.03, "log", "how long a pulse's depolarisation lasts [s]"),
        ("q_step", 0.05, 0.3, "even", "phosphatase activated by a pulse"),
        ("lag_m", 40.0, 200.0, "log", "delay of the metaplastic gain [s]"),
        ("ltd", 1.0, 1.0, "even", "gate of depression, open in every member"),
        ("b_step", 0.1, 0.5, "even", "autoreceptors activated by a pulse"),
        ("gi", 0.7, 1.6, "even", "exponent of drive over intensity"),
        ("t_up", 20.0, 120.0, "log", "expression of potentiation [s]"),
        ("t_down", 60.0, 300.0, "log", "expression of depression [s]"),
        ("t_early", 500.0, 1800.0, "log", "early phase [s]"),
        ("shape", 1.0, 4.0, "even", "its Weibull shape"),
        ("t_late", 3600.0, 10800.0, "log", "late phase [s]"),
        ("half", 100.0, 600.0, "log", "close pulses that consolidate half"),
        ("hill", 1.0, 4.0, "even", "steepness of consolidation"),
        ("days_share", 0.0, 0.15, "even", "share of the late phase that stays for days"),
        ("days", 1.0, 7.0, "log", "how many days it stays"),
    )
)
COLUMN = {parameter.name: i for i, parameter in enumerate(PARAMETERS)}


@dataclass(frozen=True, eq=False)
class Induction:
    """What one block of pulses induced, for every member.

    Parameters
    ----------
    log_change : (n_member,) array
        Net change of the logarithm of excitability.
    potentiation, depression : (n_member,) arrays
        What it is the difference of.
    close_pulses : float
        How many pulses followed another closely; see `close_pulses`.
    state : (n_member, 2) array
        Metaplastic state at the end.
    duration_s : float [s]
        Of the block.
    """

    log_change: FloatArray
    potentiation: FloatArray
    depression: FloatArray
    close_pulses: float
    state: FloatArray
    duration_s: float


def from_unit(unit: FloatArray) -> FloatArray:
    """Turn numbers between 0 and 1 into parameters by their priors.

    Parameters
    ----------
    unit : (n_member, n_parameter) array
        Between 0 and 1.

    Returns
    -------
    (n_member, n_parameter) array
        Named by `PARAMETERS`.
    """
    low = np.array([p.low for p in PARAMETERS])
    high = np.array([p.high for p in PARAMETERS])
    logarithmic = np.array([p.spaced == "log" for p in PARAMETERS])
    ratio = high / np.where(logarithmic, low, 1.0)
    return np.where(logarithmic, low * ratio**unit, low + unit * (high - low))


def induce(theta: FloatArray, drive: Drive, start: FloatArray | None = None) -> Induction:
    """Run one block of pulses.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        From an ensemble, or `from_unit`.
    drive : Drive
        Pulses without long pauses; see `blocks_of`.
    start : (n_member, 2) array, optional
        Metaplastic state at the first pulse; rest by default.

    Returns
    -------
    Induction
        At the end of the block.
    """
    before = np.zeros((len(theta), 2)) if start is None else start
    step = max(1, MEMBERS_AT_ONCE // max(drive.n_pulses, 1))
    waits_s = np.round(np.append(np.diff(drive.pulse_times_s), LAST_WAIT_S), 9)
    different_s, kind = np.unique(waits_s, return_inverse=True)
    parts = [
        calcium_induction(
            different_s,
            kind,
            (drive.drive[None] / REFERENCE_DRIVE) ** theta[k : k + step, COLUMN["gi"], None],
            drive.lag_s,
            theta[k : k + step],
            before[k : k + step],
        )
        for k in range(0, len(theta), step)
    ]
    found = np.concatenate(parts)
    net, up, down = found[:, 0], found[:, 1], found[:, 2]
    return Induction(net, up, down, close_pulses(drive), found[:, 3:], drive.duration_s)


def close_pulses(drive: Drive) -> float:
    """Count pulses that follow another within some tenth of a second.

    They decide how much is consolidated: theta bursts of 600 pulses outlast those of 300, and
    both outlast trains at 1 Hz. A volley paired with a pulse counts as `PAIR_WORTH`.

    Parameters
    ----------
    drive : Drive
        A block of pulses.

    Returns
    -------
    float
        Each counted by exp(-interval / 0.1 s).
    """
    close = np.exp(-np.diff(drive.pulse_times_s) / CLOSE_S).sum()
    return float(close) + PAIR_WORTH * int(np.isfinite(drive.lag_s).sum())


def rested(theta: FloatArray, state: FloatArray, pause_s: float) -> FloatArray:
    """Let the metaplastic state decay over a pause.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        Parameters.
    state : (n_member, 2) array
        At the start of the pause.
    pause_s : float [s]
        Its length.

    Returns
    -------
    (n_member, 2) array
        At its end.
    """
    tau_m, lag_m = theta[:, COLUMN["tau_m"]], theta[:, COLUMN["lag_m"]]
    fade, slip = np.exp(-pause_s / tau_m), np.exp(-pause_s / lag_m)
    follow = tau_m / (tau_m - lag_m)
    delayed = state[:, 1] * slip + state[:, 0] * follow * (fade - slip)
    return np.stack([state[:, 0] * fade, delayed], axis=1)


def expressed(
    theta: FloatArray, induction: Induction, protein: float, after_s: FloatArray
) -> FloatArray:
    """Return a block's effect over time.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        Parameters.
    induction : Induction
        Of the block.
    protein : float
        The block's close pulses and what is left of the protein of earlier blocks.
    after_s : (n_time,) array [s]
        Since the block's last pulse; nothing is expressed before it.

    Returns
    -------
    (n_member, n_time) array
        Log change of excitability.
    """

    def value(name: str) -> FloatArray:
        return theta[:, COLUMN[name], None]

    change = induction.log_change[:, None]
    time_s = np.maximum(after_s, 0.0)[None]
    ready = max(protein, 1e-9) ** value("hill")
    late = ready / (ready + value("half") ** value("hill"))
    rise_s = np.where(change > 0, value("t_up"), value("t_down"))
    rise = 1 - np.exp(-(time_s + induction.duration_s / 2) / rise_s)
    early = np.exp(-((time_s / value("t_early")) ** value("shape")))
    share = value("days_share")
    slow = (1 - share) * np.exp(-time_s / value("t_late"))
    slow = slow + share * np.exp(-time_s / (DAY_S * value("days")))
    course = change * rise * ((1 - late) * early + late * slow)
    return np.where(after_s[None] >= 0, course, 0.0)
