"""The default model: calcium at pulses, the rate of trains, and a metaplastic gain.

Each pulse adds calcium in proportion to what slow short-term depression left (Tsodyks &
Markram 1997), the more the closer pulses come (NMDA current, disinhibition by GABA-B
receptors). Calcium above one threshold depresses, above a higher one potentiates (Shouval et
al. 2002; Graupner & Brunel 2012). Depression waits for a phosphatase that builds up over
seconds to minutes; potentiation also follows a trace of the rate, as of kinases that sum over a
train, so that trains at 5 to 20 Hz raise at first and long ones do not. A delayed image of the
recent change turns what follows the other way (metaplasticity, after Bienenstock et al. 1982
and Fung & Robinson 2014): theta burst of double length reverses, after a pause of many minutes
it does not. A muscle that was never contracted starts with that state on the side that favours
potentiation; one contracted right after the last pulse expresses no depression (Huang et al.
2011). What was induced is expressed, decays early, and is consolidated the more, the more
pulses came close together and the more protein is left of earlier blocks (after Luboeinski &
Tetzlaff 2021).

Time courses are empirical: fitted, not derived. Nothing here knows cortical layers or
directions of current.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cortistim.plasticity._kernels import calcium_induction
from cortistim.plasticity.drive import Drive
from cortistim.typing import FloatArray

MODEL_VERSION = "calcium-2"
REFERENCE_DRIVE = 0.8  # of the active motor threshold, at which `a0` is defined
LAST_WAIT_S = 60.0  # after a block's last pulse; part of the block
CLOSE_S = 0.1  # assumed: for how long a pulse helps the next to consolidate
PAIR_WORTH = 4.0  # assumed: 90 pairs outlast theta bursts of 300 pulses
PROTEIN_S = 3600.0  # luboeinski2021: time constant of proteins
CEILING = 1.2  # log change that no sum of sessions passes; assumed, a factor of 3.3
DAY_S = 86_400.0


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
        ("a0", 0.7, 1.4, "even", "calcium of a pulse at 80 % aMT; 1 depresses"),
        ("gi", 0.2, 1.2, "even", "exponent of calcium over intensity"),
        ("tau_c", 0.015, 0.08, "log", "decay of calcium [s]"),
        ("nl", 0.0, 1.5, "even", "supralinear NMDA current on calcium that is left"),
        ("kb", 0.0, 2.0, "even", "disinhibition by GABA-B autoreceptors"),
        ("tau_b", 0.1, 0.5, "log", "its decay [s]"),
        ("b_step", 0.3, 0.3, "even", "autoreceptors activated by a pulse"),
        ("u2", 0.003, 0.08, "log", "slow short-term depression: share used by a pulse"),
        ("t2", 2.0, 40.0, "log", "its recovery [s]"),
        ("th_p", 1.3, 3.5, "even", "threshold of potentiation, in thresholds of depression"),
        ("k_p", 0.003, 0.3, "log", "potentiation by a pulse, per threshold above it"),
        ("k_d", 0.003, 3.0, "log", "depression by a pulse, per threshold above its own"),
        ("tau_q", 2.0, 120.0, "log", "decay of the phosphatase [s]"),
        ("q_step", 0.005, 0.3, "log", "phosphatase activated by a pulse"),
        ("eta", 0.0, 1.5, "even", "potentiation by sustained rate, in that of calcium"),
        ("tau_g", 0.5, 5.0, "log", "memory of the rate [s]"),
        ("th_g", 3.0, 12.0, "even", "pulses within that memory from which rate potentiates"),
        ("kappa", 0.0, 4.0, "even", "metaplastic gain"),
        ("tau_m", 420.0, 1500.0, "log", "memory of the recent change [s]"),
        ("lag_m", 60.0, 400.0, "log", "delay of the metaplastic gain [s]"),
        ("pas_p", 0.003, 0.03, "log", "potentiation by a volley just before the pulse"),
        ("pas_d", 0.003, 0.03, "log", "depression by a volley after the pulse"),
        ("tau_glu", 0.005, 0.012, "log", "how long a volley's transmitter stays bound [s]"),
        ("tau_bap", 0.015, 0.03, "log", "how long a pulse's depolarisation lasts [s]"),
        ("naive", 0.0, 1.5, "even", "metaplastic state of a muscle that never contracted"),
        ("beta", 0.3, 1.2, "log", "largest change, log"),
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
        What either alone would leave.
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
    before = resting(theta, drive) if start is None else start
    waits_s = np.round(np.append(np.diff(drive.pulse_times_s), LAST_WAIT_S), 9)
    different_s, kind = np.unique(waits_s, return_inverse=True)
    level = drive.drive / REFERENCE_DRIVE
    found = calcium_induction(different_s, kind, level, drive.lag_s, theta, before)
    net, up, down = found[:, 0], found[:, 1], found[:, 2]
    if drive.contraction == "after":
        net = up
    return Induction(net, up, down, close_pulses(drive), found[:, 3:], drive.duration_s)


def resting(theta: FloatArray, drive: Drive) -> FloatArray:
    """Return the metaplastic state before a session.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        Parameters.
    drive : Drive
        Which says what the muscle did.

    Returns
    -------
    (n_member, 2) array
        Zero, or below where the muscle never contracted.
    """
    naive = -theta[:, COLUMN["naive"]] * (drive.contraction == "none")
    return np.stack([naive, naive], axis=1)


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
