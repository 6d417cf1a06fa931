"""The course of a pulse in time, normalised: peak 1, positive at the start."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze
from cortistim.naming import find
from cortistim.pulse import Pulse
from cortistim.typing import FloatArray

SOURCES = ("aberra2020", "peterchev2008", "peterchev2013")
SHORTEST_RUN_S, AFTER_S = 1e-3, 0.6e-3
SHORTEST_S, LONGEST_S = 2e-6, 0.02
QUIET = 0.01


@dataclass(frozen=True, eq=False)
class PulseShape:
    """What the induced field does over time; straight between samples, zero outside.

    Parameters
    ----------
    name : str
        What a user calls it.
    time_s : (n,) array [s]
        Rising from 0.
    w : (n,) array
        Peak magnitude 1; the first lobe is positive.
    """

    name: str
    time_s: FloatArray
    w: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "time_s", "w", dtype=float)

    @property
    def active_s(self) -> float:
        """When the pulse has fallen to 1 % for good, in seconds."""
        last = int(np.flatnonzero(np.abs(self.w) >= QUIET)[-1])
        return float(self.time_s[min(last + 1, len(self.w) - 1)])

    def steps(self, dt_s: float) -> FloatArray:
        """Return the pulse's mean over each time step of a run.

        Parameters
        ----------
        dt_s : float [s]
            Time step.

        Returns
        -------
        (n_step,) array
            For 1 ms, or until 0.6 ms after the pulse.
        """
        run_s = max(SHORTEST_RUN_S, self.active_s + AFTER_S)
        edges = np.arange(int(np.ceil(run_s / dt_s - 1e-9)) + 1) * dt_s
        return np.diff(self._integral(edges)) / dt_s

    def _integral(self, at_s: FloatArray) -> FloatArray:
        """Integrate the straight lines between the samples exactly."""
        widths, w = np.diff(self.time_s), self.w
        whole = np.concatenate([[0], np.cumsum(widths * (w[1:] + w[:-1]) / 2)])
        at = np.clip(at_s, self.time_s[0], self.time_s[-1])
        k = np.clip(np.searchsorted(self.time_s, at, side="right") - 1, 0, len(widths) - 1)
        part = at - self.time_s[k]
        slope = (w[k + 1] - w[k]) / widths[k]
        return whole[k] + part * (w[k] + slope * part / 2)

    def stretched(self, factor: float) -> "PulseShape":
        """Return the pulse with its time multiplied.

        Parameters
        ----------
        factor : float
            On the time, above 0.

        Returns
        -------
        PulseShape
            Named after the factor.
        """
        return PulseShape(f"{self.name} x{factor:g}", self.time_s * factor, self.w)

    def reversed(self) -> "PulseShape":
        """Return the pulse with the other sign; its first lobe is negative.

        Returns
        -------
        PulseShape
            Named so.
        """
        return PulseShape(f"{self.name} reversed", self.time_s, -self.w)


def shape_of(pulse: Pulse) -> PulseShape:
    """Return the shape of a pulse.

    Parameters
    ----------
    pulse : Pulse
        Any; a pulse that starts downward is turned round.

    Returns
    -------
    PulseShape
        From its first sample on.

    Raises
    ------
    BadInputError
        When its duration shows that the times are not in seconds.
    """
    time_s, w = pulse.time_s - pulse.time_s[0], pulse.normalised
    first = w[np.flatnonzero(np.abs(w) >= 0.05)[0]]
    shape = PulseShape(pulse.name, time_s, w * np.sign(first))
    if not SHORTEST_S <= shape.active_s <= LONGEST_S:
        msg = (
            f"pulse {quoted(pulse.name)} lasts {shape.active_s:.3g} s; a pulse of TMS lasts "
            "from "
            f"{SHORTEST_S * 1e6:g} µs to {LONGEST_S * 1e3:g} ms. Give its times in seconds."
        )
        raise BadInputError(msg)
    return shape


def _monophasic() -> tuple[FloatArray, FloatArray]:
    """MagPro X100: peak at 4 µs, zero at 76 µs, undershoot -0.30 at 105 µs, no net charge."""
    rise, peak_s, zero_s, low_s = 1e-6, 4e-6, 76e-6, 105e-6
    t = np.arange(0, 1.2e-3, rise)
    up = np.sin(np.pi / 2 * np.minimum(t / peak_s, 1))
    fall = np.cos(np.pi / 2 * (t - peak_s) / (zero_s - peak_s))
    turn = -0.30 * np.sin(np.pi / 2 * (t - zero_s) / (low_s - zero_s))
    positive = 0.5 * peak_s + 2 / np.pi * (zero_s - peak_s)  # area of the first lobe
    tail_s = (positive - 0.30 * 2 / np.pi * (low_s - zero_s)) / 0.30
    tail = -0.30 * np.exp(-(t - low_s) / tail_s)
    w = np.select([t <= peak_s, t <= zero_s, t <= low_s], [up, fall, turn], tail)
    return t, w


def _damped_cosine(end_s: float) -> tuple[FloatArray, FloatArray]:
    """MagPro X100: zeros at 76, 228 and 308 µs, trough -0.895 at 149 µs."""
    rise, peak_s, fall_s = 1e-6, 4e-6, 4e-6
    t = np.arange(0, end_s + 20e-6, rise)
    damping = -np.log(0.895) / (149e-6 - peak_s)
    w = np.exp(-damping * (t - peak_s)) * np.cos(np.pi * t / 152e-6)
    w *= np.clip((end_s - t) / fall_s, 0, 1)
    w = np.where(t < peak_s, np.sin(np.pi / 2 * t / peak_s) * w[round(peak_s / rise)], w)
    return t, w / np.abs(w).max()


def _controllable(width_s: float) -> tuple[FloatArray, FloatArray]:
    """cTMS1: a capacitor drives the coil for the pulse's width, then its current dies away.

    The capacitor has 716 µF (Peterchev 2008). With 19.3 µH of coil and leads it droops to half
    in 120 µs. That, and 8.7 µs between the width's nominal and its real end, give published
    thresholds of 30 to 120 µs (people's, and of cells of layers 2 to 5: ratios 2.2 to 2.4 and
    1.35 to 1.46) the time constants that were published for them. Edges of 3 µs and 150 µs of
    decay are assumed: 100 µs or 1 ms instead give layer 5 a time constant 4 % longer or 7 %
    shorter.
    """
    edge_s, late_s, decay_s, step_s = 3e-6, 8.7e-6, 150e-6, 1e-6
    drooping = 1 / np.sqrt(716e-6 * 19.3e-6)
    end_s = width_s + late_s
    t = np.arange(0, 1.2e-3, step_s)
    open_share = np.clip((end_s - t) / edge_s + 0.5, 0, 1)
    driven = np.cos(drooping * t) * np.minimum(t / edge_s, 1) * open_share
    dying = -driven.sum() * step_s / decay_s * np.exp(-(t - end_s) / decay_s)
    w = driven + np.where(t > end_s, (1 - open_share) * dying, 0.0)
    return t, w / w.max()


SHAPES: dict[str, tuple[Callable[[], tuple[FloatArray, FloatArray]], str]] = {
    "monophasic": (_monophasic, "MagPro X100 monophasic"),
    "biphasic": (lambda: _damped_cosine(308e-6), "MagPro X100 biphasic"),
    "half_sine": (lambda: _damped_cosine(158e-6), "MagPro X100 half-sine: biphasic, cut"),
    "ctms30": (lambda: _controllable(30e-6), "cTMS1, 30 µs"),
    "ctms60": (lambda: _controllable(60e-6), "cTMS1, 60 µs"),
    "ctms120": (lambda: _controllable(120e-6), "cTMS1, 120 µs"),
}
"""Names, makers and words of the shapes that are built in."""


def named_shape(name: str) -> PulseShape:
    """Find a built-in shape.

    Parameters
    ----------
    name : str
        One of `SHAPES`.

    Returns
    -------
    PulseShape
        That shape.

    Raises
    ------
    BadInputError
        When there is none of that name.
    """
    known = (
        f"Give one of {', '.join(SHAPES)}, or a .tsv file with time in seconds and the signal."
    )
    found = find(name, SHAPES, kind="pulse", known=known)
    return PulseShape(found, *SHAPES[found][0]())
