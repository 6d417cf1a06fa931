"""Whether a device can deliver a series of pulses, what each takes, and what turns to heat.

Energy per pulse is C V² / 2 times the square of the output; a biphasic circuit gives part of
it back, and the rest heats coil, cable and switches. How warm the coil gets depends on its
mass and cooling, which no table tells: heat is given in joule and watt, not in degrees.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.pulse.devices import Device, named_device
from cortistim.pulse.stimulators import CTMS_WIDTH_S, LAST_PEAK, Stimulator
from cortistim.typing import FloatArray

Verdict = Literal["deliverable", "not deliverable", "not known"]

TRAIN_PAUSE_S = 1.0
"""A pause of at least this length parts two trains."""
SLACK = 1e-6
NOMINAL_H = 16e-6
"""Inductance of a common figure-8 coil with its cable; assumed."""


@dataclass(frozen=True, slots=True)
class Energy:
    """What one pulse takes, and what of it is lost.

    Parameters
    ----------
    taken_j : float
        From the capacitor, in joule.
    heat_j : float
        Lost in the coil, its cable and the switches, in joule.
    """

    taken_j: float
    heat_j: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a device makes of a series of pulses.

    Parameters
    ----------
    verdict : {"deliverable", "not deliverable", "not known"}
        ``not known`` when no limit of the device is known.
    reason : str
        One sentence: the rule, the value, the remedy.
    notes : tuple of str
        What else to know: programmes, confidence of the limits.
    peak_rate_hz : float [Hz]
        Of the two closest pulses; 0 for a single pulse.
    mean_power_w : float
        Highest mean power over a train and the pause after it, in watt.
    heat_j : float
        Of all pulses, in joule.
    sources : tuple of str
        Keys of the limits.
    """

    verdict: Verdict
    reason: str
    notes: tuple[str, ...]
    peak_rate_hz: float
    mean_power_w: float
    heat_j: float
    sources: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing known speaks against it."""
        return self.verdict != "not deliverable"


def pulse_energy(stimulator: Stimulator, mso_fraction: float) -> Energy:
    """Return what one pulse takes.

    Parameters
    ----------
    stimulator : Stimulator
        From `cortistim.pulse.named_stimulator`.
    mso_fraction : float
        Output, 0 to 1.

    Returns
    -------
    Energy
        A biphasic circuit gets back the square of the last peak over the first; a half-sine
        that peak over the first, as it lasts half as long; a monophasic one nothing. A
        controllable pulse takes from its large capacitor what the coil's current holds at the
        end of the first phase, L I² / 2, here with 16 µH, and is taken to lose as biphasic.
    """
    if stimulator.waveform == "controllable":
        full = (stimulator.voltage.value * CTMS_WIDTH_S) ** 2 / (2 * NOMINAL_H)
    else:
        full = stimulator.capacitance.value * stimulator.voltage.value**2 / 2
    kept = {"monophasic": 0.0, "half-sine": LAST_PEAK.value}
    lost = 1 - kept.get(stimulator.waveform, LAST_PEAK.value**2)
    return Energy(full * mso_fraction**2, full * mso_fraction**2 * lost)


def deliverable(
    pulse_times_s: FloatArray, mso_fraction: FloatArray | float, device: Device | str
) -> Delivery:
    """Judge whether a device can deliver a series of pulses.

    Parameters
    ----------
    pulse_times_s : (n_pulse,) array [s]
        When pulses start; not falling.
    mso_fraction : float or (n_pulse,) array
        Output, 0 to 1, the same for all or one for each. Above 1 is not deliverable.
    device : Device or str
        From `named_device`, or its name.

    Returns
    -------
    Delivery
        Verdict and reason.

    Raises
    ------
    BadInputError
        When there is no such device, or the arrays are not finite, not of one length, or
        times fall.
    """
    unit = named_device(device) if isinstance(device, str) else device
    times_s, share = _checked(pulse_times_s, mso_fraction)
    rate_hz = 1 / np.maximum(np.diff(times_s), 1e-9)
    starts = np.flatnonzero(np.diff(times_s, prepend=-np.inf) >= TRAIN_PAUSE_S)
    energy = pulse_energy(unit.stimulator, 1.0)
    power_w = _mean_power_w(times_s, energy.taken_j * share**2, starts)
    reason = (
        _too_strong(unit, share)
        or _too_fast(unit, rate_hz, share)
        or _too_much_power(unit, power_w)
        or _too_many(unit, times_s)
    )
    known = unit.rate.known or unit.mean_power_w.known
    verdict: Verdict = "deliverable" if known else "not known"
    if reason:
        verdict = "not deliverable"
    return Delivery(
        verdict,
        reason or _nothing_against(unit, known=known),
        tuple(_notes(unit, times_s, starts)),
        float(rate_hz.max(initial=0.0)),
        power_w,
        float(energy.heat_j * (share**2).sum()),
        tuple(dict.fromkeys((unit.rate.key, unit.mean_power_w.key))),
    )


def _checked(
    pulse_times_s: FloatArray, mso_fraction: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    times_s = np.atleast_1d(np.asarray(pulse_times_s, dtype=float))
    share = np.asarray(mso_fraction, dtype=float)
    fits = times_s.ndim == 1 and share.shape in ((), times_s.shape)
    if not fits or not np.isfinite(times_s).all() or not np.isfinite(share).all():
        msg = (
            "pulse times must be finite, with one finite output for all or one each; got "
            f"shapes {times_s.shape} and {share.shape}."
        )
        raise BadInputError(msg)
    if (np.diff(times_s) < 0).any() or (share < 0).any():
        msg = "pulse times must not fall, and outputs not be negative. Sort the pulses by time."
        raise BadInputError(msg)
    return times_s, np.broadcast_to(share, times_s.shape)


def _mean_power_w(times_s: FloatArray, energy_j: FloatArray, starts: np.ndarray) -> float:
    """Return the highest mean power of a train with the pause after it.

    The last train has no pause; the unit may rest after it as long as it likes.
    """
    if len(starts) < 2:
        return 0.0
    taken = np.add.reduceat(energy_j, starts)[:-1]
    return float((taken / np.diff(times_s[starts])).max())


def _too_strong(unit: Device, share: FloatArray) -> str:
    top = float(share.max(initial=0.0))
    if top <= 1 + SLACK:
        return ""
    return (
        f"{unit.words} gives at most 100 % of its output; {100 * top:.0f} % is asked for. "
        "Choose a stronger stimulator or coil."
    )


def _too_fast(unit: Device, rate_hz: FloatArray, share: FloatArray) -> str:
    """Compare each gap with the rate that the stronger of its two pulses allows."""
    if not len(rate_hz):
        return ""
    strongest = np.maximum(share[1:], share[:-1])
    allowed_hz = unit.max_rate_hz(strongest)
    worst = int(np.argmax(rate_hz / allowed_hz))
    if rate_hz[worst] <= allowed_hz[worst] * (1 + SLACK):
        return ""
    best = unit.max_mso_fraction(float(rate_hz[worst]))
    remedy = f"Go down to {100 * best:.0f} %" if best > 0 else "Take a faster device"
    return (
        f"{unit.words} gives at most {allowed_hz[worst]:.4g} Hz at "
        f"{100 * strongest[worst]:.0f} % of its output; {rate_hz[worst]:.4g} Hz is asked for. "
        f"{remedy}, or pulse more slowly."
    )


def _too_much_power(unit: Device, power_w: float) -> str:
    if power_w <= unit.mean_power_w.value * (1 + SLACK):
        return ""
    return (
        f"{unit.words} may take {unit.mean_power_w.value:.0f} W on average over a train and "
        f"its pause; {power_w:.0f} W are asked for. Lengthen the pauses "
        f"{power_w / unit.mean_power_w.value:.1f}-fold."
    )


def _too_many(unit: Device, times_s: FloatArray) -> str:
    if len(times_s) <= unit.session_pulses:
        return ""
    return (
        f"{unit.words} was shown to give {unit.session_pulses:.0f} pulses in one go; "
        f"{len(times_s)} are asked for. Split the session."
    )


def _nothing_against(unit: Device, *, known: bool) -> str:
    if not known:
        return f"no limit of {unit.words} on rate or power is known; ask its maker"
    return f"within the limits of {unit.words} that are known"


def _notes(unit: Device, times_s: FloatArray, starts: np.ndarray) -> list[str]:
    found = []
    ends = np.append(starts[1:], len(times_s))[: len(starts)] - 1
    length_s = float((times_s[ends] - times_s[starts]).max(initial=0.0))
    pulses = int((ends - starts + 1).max(initial=0))
    if length_s > unit.train_s or pulses > unit.train_pulses:
        found.append(
            f"a train of {pulses} pulses in {length_s:.3g} s: {unit.train_note} "
            f"({unit.train_s:g} s, {unit.train_pulses:g} pulses)"
        )
    pause_s = float((times_s[starts[1:]] - times_s[ends[:-1]]).max(initial=0.0))
    if pause_s > unit.longest_pause_s + SLACK:
        found.append(f"a pause of {pause_s:.3g} s: {unit.train_note}")
    if unit.mains_note:
        found.append(unit.mains_note)
    for what, limit in (("rate", unit.rate), ("mean power", unit.mean_power_w)):
        if not limit.known:
            found.append(f"no limit on the {what} is known")
        elif limit.confidence != "high":
            told = f"{limit.confidence} confidence: {limit.note}"
            found.append(f"the limit on the {what} has {told}")
    return found
