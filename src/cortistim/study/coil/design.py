"""Coils measured: a design's electrical numbers, and coils beside each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cortistim.coil import Coil, coil_metrics, named_coil
from cortistim.coil.design import CoilDesign
from cortistim.coil.wire import skin_depth_m
from cortistim.errors import BadInputError
from cortistim.field.analytic.deng2013 import (
    BRAIN_M,
    HEAD_M,
    PUBLISHED,
    DepthAndSpread,
    depth_and_spread,
)
from cortistim.pulse import Circuit
from cortistim.records import plain
from cortistim.sources import ASSUMED, Sourced
from cortistim.study.record import coil_record
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, us_from_s

USER = "given by the user"
CM2_PER_M2, CM3_PER_M3 = 1e4, 1e6
SPHERE = (
    f"homogeneous sphere of {mm_from_m(HEAD_M):.0f} mm, brain of {mm_from_m(BRAIN_M):.0f} mm, "
    "casing on the head (Deng et al. 2013)"
)
DENG_COILS = {
    4: "magstim_round_70mm",
    5: "round_90mm",
    6: "magstim_round_mst",
    25: "magstim_d25",
    29: "magventure_c_b60",
    30: "magventure_mc_b70",
    31: "magstim_d70",
}
DEPTH_TOLERANCE, SPREAD_TOLERANCE = 0.06, 0.12


@dataclass(frozen=True, slots=True)
class Supply:
    """What a designed coil is connected to.

    Parameters
    ----------
    capacitance_f : float [F]
        Of the stimulator's capacitor.
    voltage_v : float [V]
        To which it is charged.
    lead_h : float [H]
        Inductance of cable and stimulator.
    lead_ohm : float [ohm]
        Resistance of cable, switch and capacitor.
    """

    capacitance_f: float = 185e-6
    voltage_v: float = 1650.0
    lead_h: float = 1.5e-6
    lead_ohm: float = 20e-3

    def circuit(self, inductance_h: float, coil_ohm: float) -> Circuit:
        """Close the circuit with a coil.

        Parameters
        ----------
        inductance_h : float [H]
            Of the coil alone.
        coil_ohm : float [ohm]
            Of the coil alone.

        Returns
        -------
        Circuit
            Of everything.

        Raises
        ------
        BadInputError
            When it does not ring, or a lead is negative.
        """
        if not (self.lead_h >= 0 and self.lead_ohm >= 0):
            msg = f"leads must not have less than nothing; got {self.lead_h}, {self.lead_ohm}."
            raise BadInputError(msg)
        return Circuit(
            Sourced(self.capacitance_f, "F", USER),
            Sourced(inductance_h + self.lead_h, "H", USER),
            Sourced(coil_ohm + self.lead_ohm, "ohm", ASSUMED, "copper and leads"),
            Sourced(self.voltage_v, "V", USER),
        )


def design_record(design: CoilDesign, supply: Supply) -> dict[str, Any]:
    """Describe a designed coil in a circuit and on a sphere.

    Parameters
    ----------
    design : CoilDesign
        From `cortistim.coil.design`.
    supply : Supply
        What drives it.

    Returns
    -------
    dict
        Plain values.
    """
    direct_ohm = design.wire.resistance_ohm(design.driven_length_m)
    # the frequency of the ringing hardly depends on the resistance
    frequency_hz = 1 / supply.circuit(design.inductance_h, direct_ohm).period_s
    skin_ohm = design.wire.resistance_ohm(design.driven_length_m, frequency_hz)
    circuit = supply.circuit(design.inductance_h, skin_ohm)
    return {
        **plain(coil_record(design.coil)),
        "a_at_20mm_t_m": [float(a) for a in design.coil.a_at_20mm_t_m],
        "inductance_uh": _figures(design.inductance_h * 1e6),
        "self_inductances_uh": [_figures(x * 1e6) for x in np.diag(design.inductances_h)],
        "mutual_inductances_uh": [_figures(x * 1e6) for x in design.mutual_h],
        "driven": "all parts in series" if design.in_series else "one part alone",
        "wire_length_m": _figures(design.wire_length_m),
        "resistance_dc_mohm": _figures(direct_ohm * 1e3),
        "resistance_skin_mohm": _figures(skin_ohm * 1e3),
        "resistance_words": (
            f"copper at 20 °C; with skin effect at {frequency_hz:.0f} Hz (a rim of "
            f"{mm_from_m(skin_depth_m(frequency_hz)):.2f} mm), without that of neighbouring "
            "turns, which can multiply it severalfold"
        ),
        "circuit": _circuit_record(circuit, supply),
        **performance_record(design.coil, circuit),
    }


def _circuit_record(circuit: Circuit, supply: Supply) -> dict[str, Any]:
    time_s = np.linspace(0, circuit.period_s / 2, 2001)
    current_a, _ = circuit.ringing(time_s)
    return {
        "capacitance_uf": _figures(supply.capacitance_f * 1e6),
        "voltage_v": _figures(supply.voltage_v),
        "total_inductance_uh": _figures(circuit.inductance.value * 1e6),
        "total_resistance_mohm": _figures(circuit.resistance.value * 1e3),
        "didt_a_per_us": _figures(a_per_us_from_a_per_s(circuit.didt_max_a_per_s)),
        "period_us": _figures(us_from_s(circuit.period_s)),
        "peak_current_ka": _figures(float(current_a.max()) * 1e-3),
        "energy_j": _figures(circuit.energy_j),
    }


def performance_record(coil: Coil, circuit: Circuit | None = None) -> dict[str, Any]:
    """Measure a coil's field: per ampere and A/µs, and with a circuit in full.

    Parameters
    ----------
    coil : Coil
        Of dipoles or wire.
    circuit : Circuit, optional
        With it, peak B and E are stated as well.

    Returns
    -------
    dict
        ``b_peak_10mm_mt_per_ka`` and ``sphere``.
    """
    b_per_a = coil_metrics(coil).b_peak_10mm_t
    record: dict[str, Any] = {"b_peak_10mm_mt_per_ka": _figures(b_per_a * 1e6)}
    sphere = sphere_record(depth_and_spread(coil))
    if circuit is not None:
        current_a, _ = circuit.ringing(np.linspace(0, circuit.period_s / 2, 2001))
        didt = a_per_us_from_a_per_s(circuit.didt_max_a_per_s)
        record["b_peak_10mm_t"] = _figures(b_per_a * float(current_a.max()))
        sphere["e_peak_cortex_v_per_m"] = _figures(
            sphere["e_cortex_v_per_m_per_a_per_us"] * didt
        )
        sphere["e_peak_head_v_per_m"] = _figures(sphere["e_head_v_per_m_per_a_per_us"] * didt)
    return {**record, "sphere": sphere}


def sphere_record(found: DepthAndSpread) -> dict[str, Any]:
    """Describe depth and spread in the units of the paper.

    Parameters
    ----------
    found : DepthAndSpread
        From `depth_and_spread`.

    Returns
    -------
    dict
        Plain values.
    """
    return {
        "model": SPHERE,
        "e_cortex_v_per_m_per_a_per_us": _figures(found.e_cortex_v_per_m),
        "e_head_v_per_m_per_a_per_us": _figures(found.e_head_v_per_m),
        "depth_half_cm": _figures(mm_from_m(found.depth_m) / 10),
        "spread_half_cm2": _figures(found.spread_m2 * CM2_PER_M2),
        "focality_volume_half_cm3": _figures(found.volume_m3 * CM3_PER_M3),
        "lift_mm": _figures(mm_from_m(found.lift_m)),
    }


def deng_record() -> list[dict[str, Any]]:
    """Compare named coils with what Deng et al. (2013) published of them.

    Returns
    -------
    list of dict
        One row per coil: computed, published, their relative differences, and a reason
        where one is beyond the tolerance (6 % of depth, 12 % of spread).
    """
    rows = []
    for published in PUBLISHED:
        if published.number not in DENG_COILS:
            continue
        name = DENG_COILS[published.number]
        found = depth_and_spread(named_coil(name))
        depth_off = found.depth_m / published.depth_m - 1
        spread_off = found.spread_m2 / published.spread_m2 - 1
        within = abs(depth_off) <= DEPTH_TOLERANCE and abs(spread_off) <= SPREAD_TOLERANCE
        rows.append(
            {
                "number": published.number,
                "coil": name,
                "published_name": published.name,
                "depth_half_cm": _figures(found.depth_m * 100),
                "published_depth_half_cm": _figures(published.depth_m * 100),
                "depth_off_percent": _figures(100 * depth_off),
                "spread_half_cm2": _figures(found.spread_m2 * CM2_PER_M2),
                "published_spread_half_cm2": _figures(published.spread_m2 * CM2_PER_M2),
                "spread_off_percent": _figures(100 * spread_off),
                "e_head_v_per_m": _figures(found.e_head_v_per_m),
                "published_e_max_v_per_m": published.e_max_v_per_m,
                "within": within,
                "note": _deng_note(published.number, within=within),
            }
        )
    return rows


def _deng_note(number: int, *, within: bool) -> str:
    if number == 30:
        return (
            "reported only: bend and overlap are not published, and the overlap was chosen "
            "to give this depth"
        )
    return "" if within else "beyond the tolerance: leads and the spiral's pitch are left out"


def compared(coils: dict[str, Coil]) -> list[dict[str, Any]]:
    """Measure several coils in the same way.

    Parameters
    ----------
    coils : dict of str to Coil
        By the name to show.

    Returns
    -------
    list of dict
        One row per coil.
    """
    rows = []
    for name, coil in coils.items():
        metrics = performance_record(coil)
        sphere = metrics.pop("sphere")
        inductance = coil.inductance_h * 1e6
        rows.append(
            {
                "coil": name,
                "dipoles": len(coil.dipoles_m),
                "inductance_uh": _figures(inductance) if np.isfinite(inductance) else None,
                "a_y_at_20mm_t_m": float(coil.a_at_20mm_t_m[1]),
                **metrics,
                **{key: value for key, value in sphere.items() if key != "model"},
            }
        )
    return rows


def _figures(value: float) -> float:
    """Round to five significant figures."""
    return float(f"{value:.5g}")
