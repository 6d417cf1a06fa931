"""The stimulator's discharge circuit: a capacitor, the coil, resistance and switches.

A series RLC circuit that rings, started with any current and voltage, has the closed form

    i(t) = exp(-a t) (i0 cos wt + (s0 + a i0) / w sin wt),    a = R / 2L,  w² = 1/LC - a²,

with the initial slope s0 = (v0 - R i0) / L; a waveform is made of one or two such pieces.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.pulse.pulse import Pulse
from cortistim.sources import Sourced
from cortistim.typing import FloatArray

STEP_S = 1e-6
SWITCH_S = 1e-9
"""A switch acts within this time: two samples stand for the jump of dI/dt."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A charged capacitor in series with a coil.

    Parameters
    ----------
    capacitance : Sourced
        In farad.
    inductance : Sourced
        Of coil and leads, in henry.
    resistance : Sourced
        Of everything in the loop, in ohm.
    voltage : Sourced
        To which the capacitor is charged, in volt.
    """

    capacitance: Sourced
    inductance: Sourced
    resistance: Sourced
    voltage: Sourced

    def __post_init__(self) -> None:
        """Refuse a circuit that does not ring."""
        parts = (self.capacitance, self.inductance, self.voltage)
        positive = all(0 < part.value < np.inf for part in parts)
        if not positive or not 0 <= self.resistance.value < np.inf:
            msg = (
                "capacitance, inductance and voltage must be positive, resistance not "
                f"negative; got {[part.value for part in (*parts, self.resistance)]}."
            )
            raise BadInputError(msg)
        limit = 2 * np.sqrt(self.inductance.value / self.capacitance.value)
        if self.resistance.value >= limit:
            msg = (
                f"the circuit must ring: the resistance must be below {limit:.3g} ohm; got "
                f"{self.resistance.value:.3g} ohm."
            )
            raise BadInputError(msg)

    @property
    def damping_per_s(self) -> float:
        """Damping a = R / 2L."""
        return self.resistance.value / (2 * self.inductance.value)

    @property
    def angular_frequency_per_s(self) -> float:
        """Angular frequency w = sqrt(1 / LC - a²)."""
        square = 1 / (self.inductance.value * self.capacitance.value) - self.damping_per_s**2
        return float(np.sqrt(square))

    @property
    def period_s(self) -> float:
        """2 pi / w, in seconds."""
        return 2 * np.pi / self.angular_frequency_per_s

    @property
    def didt_max_a_per_s(self) -> float:
        """Rate of current at the start, V / L: the largest there is."""
        return self.voltage.value / self.inductance.value

    @property
    def energy_j(self) -> float:
        """C V² / 2: what one pulse takes from the capacitor, in joule."""
        return self.capacitance.value * self.voltage.value**2 / 2

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the four numbers."""
        parts = (self.capacitance, self.inductance, self.resistance, self.voltage)
        return tuple(dict.fromkeys(part.key for part in parts))

    def ringing(
        self, time_s: FloatArray, current_a: float = 0.0, voltage_v: float | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return current and dI/dt of the ringing circuit.

        Parameters
        ----------
        time_s : (n_sample,) array [s]
            Since the switch closed.
        current_a : float [A]
            Current at that time.
        voltage_v : float [V], optional
            Capacitor voltage at that time; the charging voltage when not given.

        Returns
        -------
        current_a, didt_a_per_s : (n_sample,) arrays
            In A and A/s.
        """
        a, w = self.damping_per_s, self.angular_frequency_per_s
        voltage = self.voltage.value if voltage_v is None else voltage_v
        slope = (voltage - self.resistance.value * current_a) / self.inductance.value
        decay, cosine, sine = np.exp(-a * time_s), np.cos(w * time_s), np.sin(w * time_s)
        current = decay * (current_a * cosine + (slope + a * current_a) / w * sine)
        back = (a * slope + (a**2 + w**2) * current_a) / w
        return current, decay * (slope * cosine - back * sine)

    def capacitor_v(self, current_a: FloatArray, didt_a_per_s: FloatArray) -> FloatArray:
        """Return the capacitor's voltage, L dI/dt + R I.

        Parameters
        ----------
        current_a : (n_sample,) array [A]
            Current.
        didt_a_per_s : (n_sample,) array [A/s]
            Its rate of change.

        Returns
        -------
        (n_sample,) array
            Volt.
        """
        return self.inductance.value * didt_a_per_s + self.resistance.value * current_a


def circuit(
    *,
    capacitance_f: float,
    inductance_h: float,
    resistance_ohm: float,
    voltage_v: float,
    key: str,
    note: str = "",
) -> Circuit:
    """Make a circuit whose four numbers share one source.

    Parameters
    ----------
    capacitance_f : float [F]
        Of the capacitor.
    inductance_h : float [H]
        Of coil and leads.
    resistance_ohm : float [ohm]
        Of the loop.
    voltage_v : float [V]
        Of the charged capacitor.
    key : str
        A key of ``references.bib``, or ``assumed``.
    note : str
        The reason.

    Returns
    -------
    Circuit
        It rings.
    """
    return Circuit(
        Sourced(capacitance_f, "F", key, note),
        Sourced(inductance_h, "H", key, note),
        Sourced(resistance_ohm, "ohm", key, note),
        Sourced(voltage_v, "V", key, note),
    )


def _grid(until_s: float, step_s: float) -> FloatArray:
    return np.linspace(0.0, until_s, max(2, int(np.ceil(until_s / step_s)) + 1))


def biphasic(source: Circuit, step_s: float = STEP_S) -> Pulse:
    """Let the circuit ring for one period; the charge returns to the capacitor.

    Parameters
    ----------
    source : Circuit
        What discharges.
    step_s : float [s]
        Between samples.

    Returns
    -------
    Pulse
        dI/dt is a damped cosine, cut after one period.
    """
    time_s = _grid(source.period_s, step_s)
    return Pulse("biphasic", time_s, source.ringing(time_s)[1], source.sources)


def half_sine(source: Circuit, step_s: float = STEP_S) -> Pulse:
    """Let the circuit ring for half a period; the capacitor ends charged the other way.

    Parameters
    ----------
    source : Circuit
        What discharges.
    step_s : float [s]
        Between samples.

    Returns
    -------
    Pulse
        The current is half a sine.
    """
    time_s = _grid(source.period_s / 2, step_s)
    return Pulse("half-sine", time_s, source.ringing(time_s)[1], source.sources)


def monophasic(
    source: Circuit, freewheel_ohm: float, step_s: float = STEP_S, rest: float = 0.005
) -> Pulse:
    """Let the current rise while the capacitor empties, then run out through a diode.

    The diode takes over when the capacitor's voltage has fallen to zero, at
    wt = pi - atan(w / a); from there i decays as exp(-(R + Rd) t / L).

    Parameters
    ----------
    source : Circuit
        What discharges.
    freewheel_ohm : float [ohm]
        Resistance Rd in series with the diode.
    step_s : float [s]
        Between samples.
    rest : float
        The pulse is cut when this share of the current remains.

    Returns
    -------
    Pulse
        A strong first phase and a long weak second.
    """
    if not 0 <= freewheel_ohm < np.inf:
        msg = f"the freewheel resistance must not be negative; got {freewheel_ohm} ohm."
        raise BadInputError(msg)
    a, w = source.damping_per_s, source.angular_frequency_per_s
    rise_s = _grid((np.pi - np.arctan2(w, a)) / w, step_s)
    current_a, didt = source.ringing(rise_s)
    resistance = max(source.resistance.value + freewheel_ohm, 1e-6)
    tau_s = source.inductance.value / resistance
    fall_s = _grid(tau_s * np.log(1 / rest), step_s)
    fall = -current_a[-1] / tau_s * np.exp(-fall_s / tau_s)
    return _joined("monophasic", (rise_s, didt), (fall_s, fall), source.sources)


def controllable(
    source: Circuit,
    width_s: float,
    ratio: float,
    second_capacitance_f: float,
    step_s: float = STEP_S,
) -> Pulse:
    """Switch the coil to one large capacitor, then against another: a near-rectangular field.

    After Peterchev et al. (2011): the first phase lasts `width_s`, the second runs against
    `ratio` times the voltage until the current is zero.

    Parameters
    ----------
    source : Circuit
        The first capacitor.
    width_s : float [s]
        Of the first phase.
    ratio : float
        Second voltage over first, magnitudes.
    second_capacitance_f : float [F]
        Of the second capacitor.
    step_s : float [s]
        Between samples.

    Returns
    -------
    Pulse
        Two phases of opposite sign.
    """
    quarter_s = source.period_s / 4
    if not 0 < width_s < quarter_s or not 0 < ratio < np.inf:
        msg = (
            f"the width must lie between 0 and a quarter period, {quarter_s:.3g} s, and the "
            f"ratio above 0; got {width_s:.3g} s and {ratio}."
        )
        raise BadInputError(msg)
    first_s = _grid(width_s, step_s)
    current_a, didt = source.ringing(first_s)
    capacitance = Sourced(second_capacitance_f, "F", source.capacitance.key)
    second = Circuit(capacitance, source.inductance, source.resistance, source.voltage)
    against_v, start_a = -ratio * source.voltage.value, float(current_a[-1])
    second_s = _grid(_zero_crossing_s(second, start_a, against_v), step_s)
    back = second.ringing(second_s, start_a, against_v)[1]
    return _joined("controllable", (first_s, didt), (second_s, back), source.sources)


def _zero_crossing_s(source: Circuit, current_a: float, voltage_v: float) -> float:
    """Return when the current of `Circuit.ringing` first reaches zero."""
    a, w = source.damping_per_s, source.angular_frequency_per_s
    slope = (voltage_v - source.resistance.value * current_a) / source.inductance.value
    return float(np.arctan2(w * current_a, -(slope + a * current_a)) / w)


def _joined(
    name: str,
    first: tuple[FloatArray, FloatArray],
    second: tuple[FloatArray, FloatArray],
    sources: tuple[str, ...],
) -> Pulse:
    after_s = first[0][-1] + SWITCH_S + second[0]
    time_s = np.concatenate([first[0], after_s])
    return Pulse(name, time_s, np.concatenate([first[1], second[1]]), sources)
