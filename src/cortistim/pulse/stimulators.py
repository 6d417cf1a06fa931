"""Stimulators: what dI/dt and what waveform a percentage of the maximal output gives.

dI/dt at 100 % was measured by Drakaki et al. (2022, Brain Stimul 15:1192) for pairs of
stimulator and coil. dI/dt is taken to be proportional to the percentage; real units keep
to this within a few percent.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.naming import find, spelt
from cortistim.pulse.circuit import (
    Circuit,
    biphasic,
    controllable,
    half_sine,
    monophasic,
)
from cortistim.pulse.pulse import Pulse
from cortistim.sources import ASSUMED, Sourced
from cortistim.units import a_per_s_from_a_per_us

DEFAULT_STIMULATOR = "magstim_rapid"
LAST_PEAK = Sourced(
    0.80,
    "1",
    "drakaki2022",
    "last over first peak of dI/dt, recorded on MagPro X100 with Cool-B65; assumed for others",
)
FREEWHEEL_OHM = 0.05
CTMS_WIDTH_S = 40e-6
CTMS_RATIO = 1000 / 2800
CTMS_SECOND_F = 3e-3

Waveform = Literal["biphasic", "monophasic", "half-sine", "controllable"]


@dataclass(frozen=True, eq=False)
class Stimulator:
    """A stimulator by its capacitor, waveform and measured outputs.

    Parameters
    ----------
    name : str
        What a user types.
    words : str
        What it is.
    waveform : str
        ``biphasic``, ``monophasic``, ``half-sine`` or ``controllable``.
    capacitance : Sourced
        In farad; chosen so that the recorded period comes out.
    voltage : Sourced
        At 100 %, in volt.
    measured : mapping of str to Sourced
        dI/dt at 100 % in A/s, by coil.
    """

    name: str
    words: str
    waveform: Waveform
    capacitance: Sourced
    voltage: Sourced
    measured: Mapping[str, Sourced]

    def didt_max(self, coil_name: str, inductance_h: float = float("nan")) -> Sourced:
        """Return dI/dt at 100 % with a coil.

        Parameters
        ----------
        coil_name : str
            Case and punctuation do not matter.
        inductance_h : float [H], optional
            Of the coil; for stimulators of which no pair was measured, V / L is taken.

        Returns
        -------
        Sourced
            In A/s.

        Raises
        ------
        BadInputError
            When the pair was not measured and cannot be computed.
        """
        known = self.measured.get(spelt(coil_name))
        if known is not None:
            return known
        if not self.measured and isfinite(inductance_h) and inductance_h > 0:
            note = f"V / L with {self.voltage.value:g} V and {inductance_h * 1e6:.1f} uH"
            return Sourced(self.voltage.value / inductance_h, "A/s", ASSUMED, note)
        pairs = ", ".join(sorted(self.measured)) or "none; the coil's inductance is needed"
        msg = (
            f"dI/dt of {self.name} with {coil_name} is not known; measured with: {pairs}. "
            "Choose such a pair, or state dI/dt itself (`didt_a_per_s`)."
        )
        raise BadInputError(msg)

    def circuit(self, coil_name: str, inductance_h: float = float("nan")) -> Circuit:
        """Return the circuit that gives the dI/dt at 100 % and the recorded period.

        Parameters
        ----------
        coil_name : str
            Case and punctuation do not matter.
        inductance_h : float [H], optional
            As in `didt_max`.

        Returns
        -------
        Circuit
            Its inductance is V over dI/dt: that of coil, cable and stimulator.
        """
        didt = self.didt_max(coil_name, inductance_h)
        inductance = self.voltage.value / didt.value
        decrement = -np.log(LAST_PEAK.value)
        period_s = np.sqrt((4 * np.pi**2 + decrement**2) * inductance * self.capacitance.value)
        note = f"{LAST_PEAK.note}; R = 2 L ln(1 / {LAST_PEAK.value}) / T"
        return Circuit(
            self.capacitance,
            Sourced(inductance, "H", ASSUMED, "voltage over dI/dt"),
            Sourced(float(2 * inductance * decrement / period_s), "ohm", ASSUMED, note),
            self.voltage,
        )

    def pulse(
        self, coil_name: str, percent_mso: float = 100.0, inductance_h: float = float("nan")
    ) -> Pulse:
        """Return the pulse with a coil at a percentage of the maximal output.

        Parameters
        ----------
        coil_name : str
            Case and punctuation do not matter.
        percent_mso : float
            0 to 100, not 0.
        inductance_h : float [H], optional
            As in `didt_max`.

        Returns
        -------
        Pulse
            Its peak is the output's dI/dt.
        """
        peak = didt_a_per_s(self, coil_name, percent_mso, inductance_h)
        full = _WAVEFORMS[self.waveform](self.circuit(coil_name, inductance_h))
        sources = (*full.sources, self.didt_max(coil_name, inductance_h).key)
        return replace(
            full.scaled_to(peak),
            sources=tuple(dict.fromkeys(sources)),
            words=f"{self.words} with {coil_name} at {percent_mso:g} % of its output",
        )


_WAVEFORMS = {
    "biphasic": biphasic,
    "half-sine": half_sine,
    "monophasic": lambda circuit: monophasic(circuit, FREEWHEEL_OHM),
    "controllable": lambda circuit: controllable(
        circuit, CTMS_WIDTH_S, CTMS_RATIO, CTMS_SECOND_F
    ),
}


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("cortistim").joinpath("pulse/data/stimulators.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def _measured() -> dict[str, dict[str, Sourced]]:
    table: dict[str, dict[str, Sourced]] = {}
    for row in _rows():
        value = a_per_s_from_a_per_us(float(row["didt_a_per_us"]))
        shown = row["displayed_a_per_us"]
        told = f"; the stimulator shows {shown} A/us" if shown else ""
        note = f"measured; confidence {row['confidence']}{told}"
        output = Sourced(value, "A/s", row["source"], note)
        table.setdefault(row["stimulator"], {})[row["coil"]] = output
    return table


@cache
def _shown_over_measured() -> dict[tuple[str, str], float]:
    return {
        (row["stimulator"], row["coil"]): float(row["displayed_a_per_us"])
        / float(row["didt_a_per_us"])
        for row in _rows()
        if row["displayed_a_per_us"]
    }


@dataclass(frozen=True, slots=True)
class _Row:
    words: str
    waveform: Waveform
    capacitance_f: float
    voltage_v: float
    note: str
    key: str = ASSUMED


_ROWS = {
    "magstim_rapid": _Row(
        "Magstim Rapid", "biphasic", 185e-6, 1650,
        "gives the 252 J of the maker's table at 100 % and a period of 0.32 ms with the D70; "
        "the maker's sheet says a pulse of 0.4 ms and names no coil",
    ),
    "magstim_200": _Row(
        "Magstim 200 squared", "monophasic", 185e-6, 2800,
        "from memory of the maker's sheet; gives a rise of 0.08 ms at 16 uH",
    ),
    "magpro_x100": _Row(
        "MagPro X100", "biphasic", 176e-6, 1800,
        "capacitance set for the period of 0.29 ms recorded with the Cool-B65",
    ),
    "magpro_xp": _Row(
        "MagPro XP", "biphasic", 176e-6, 1800, "taken from the MagPro X100",
    ),
    "powermag": _Row(
        "PowerMAG", "biphasic", 88e-6, 2000, "set for a period of 0.17 ms with the PMD70",
    ),
    "duomag_xt": _Row(
        "DuoMAG XT", "biphasic", 185e-6, 1650, "taken from the Magstim Rapid",
    ),
    "ctms": _Row(
        "cTMS2, controllable pulse width", "controllable", 740e-6, 2800,
        "740 uF and 3 mF, 2.8 and 1 kV from memory; first phase of 40 us chosen here",
        "peterchev2011",
    ),
}  # fmt: skip


def stimulator_names() -> tuple[str, ...]:
    """Return the names that `named_stimulator` knows, the default first.

    Returns
    -------
    tuple of str
        In the alphabet's order behind the default.
    """
    return (DEFAULT_STIMULATOR, *sorted(set(_ROWS) - {DEFAULT_STIMULATOR}))


def named_stimulator(name: str = DEFAULT_STIMULATOR) -> Stimulator:
    """Return a stimulator of the table.

    Parameters
    ----------
    name : str
        One of `stimulator_names`; case and punctuation do not matter.

    Returns
    -------
    Stimulator
        With its measured outputs.

    Raises
    ------
    BadInputError
        When no stimulator has this name.
    """
    found = find(name, stimulator_names(), kind="stimulator")
    row = _ROWS[found]
    return Stimulator(
        found,
        row.words,
        row.waveform,
        Sourced(row.capacitance_f, "F", row.key, row.note),
        Sourced(row.voltage_v, "V", row.key, row.note),
        _measured().get(found, {}),
    )


def didt_a_per_s(
    stimulator: Stimulator,
    coil_name: str,
    percent_mso: float,
    inductance_h: float = float("nan"),
) -> float:
    """Return dI/dt at a percentage of the maximal stimulator output.

    Parameters
    ----------
    stimulator : Stimulator
        From `named_stimulator`.
    coil_name : str
        Case and punctuation do not matter.
    percent_mso : float
        0 to 100; dI/dt is proportional to it.
    inductance_h : float [H], optional
        As in `Stimulator.didt_max`.

    Returns
    -------
    float
        A/s.

    Raises
    ------
    BadInputError
        When the percentage is out of range, or the pair unknown.
    """
    if not 0 <= percent_mso <= 100:
        msg = f"stimulator output must be 0 to 100 % MSO; got {percent_mso:g} %."
        raise BadInputError(msg)
    return stimulator.didt_max(coil_name, inductance_h).value * percent_mso / 100


def percent_mso(
    stimulator: Stimulator,
    coil_name: str,
    didt_a_per_s: float,
    inductance_h: float = float("nan"),
) -> float:
    """Return the percentage of the maximal stimulator output that gives a dI/dt.

    Parameters
    ----------
    stimulator : Stimulator
        From `named_stimulator`.
    coil_name : str
        Case and punctuation do not matter.
    didt_a_per_s : float [A/s]
        What is wanted.
    inductance_h : float [H], optional
        As in `Stimulator.didt_max`.

    Returns
    -------
    float
        0 to 100.

    Raises
    ------
    BadInputError
        When the stimulator cannot give as much, or the pair is unknown.
    """
    full = stimulator.didt_max(coil_name, inductance_h).value
    if not 0 <= didt_a_per_s <= full * (1 + 1e-12):
        msg = (
            f"{stimulator.name} with {coil_name} gives 0 to {full / 1e6:.2f} A/us; "
            f"{didt_a_per_s / 1e6:.2f} A/us was asked for. Choose a stronger stimulator or "
            "coil, or move the coil nearer."
        )
        raise BadInputError(msg)
    return min(100.0, 100 * didt_a_per_s / full)


def displayed_over_measured(stimulator: Stimulator, coil_name: str) -> float:
    """Return how much more dI/dt a stimulator displays than was measured at 100 %.

    Parameters
    ----------
    stimulator : Stimulator
        From `named_stimulator`.
    coil_name : str
        Case and punctuation do not matter.

    Returns
    -------
    float
        Such as 1.03; nan when the stimulator shows none, or nobody compared.
    """
    return _shown_over_measured().get((stimulator.name, spelt(coil_name)), float("nan"))
