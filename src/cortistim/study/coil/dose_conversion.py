"""From %MSO to dI/dt to E at the target, and back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.io.text import json_of
from cortistim.pulse import displayed_over_measured, named_device, pulse_energy
from cortistim.study.request.inputs import output_of
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s

LINEAR = (
    "dI/dt is taken to be proportional to %MSO; the maker's table of energies for the "
    "Rapid² agrees with this within 0.5 %, for other makers it is not known"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a conversion starts.

    Parameters
    ----------
    way : str
        ``mso`` (percent), ``didt``, ``displayed_didt`` (A/µs) or ``e_v_per_m``.
    value : float
        In these units.
    """

    way: str
    value: float


def gain_of_plan(path: Path) -> float:
    """Read how much E at the target a plan has for each A/s.

    Parameters
    ----------
    path : Path
        ``plan.json`` of ``cortistim plan``.

    Returns
    -------
    float
        V/m per A/s.

    Raises
    ------
    BadInputError
        When the file is no plan.
    """
    field = json_of(path).get("field")
    told = field if isinstance(field, dict) else {}
    e_v_per_m, didt = told.get("target_e_v_per_m"), told.get("didt_a_per_us")
    usable = all(isinstance(v, int | float) and v > 0 for v in (e_v_per_m, didt))
    if not usable or e_v_per_m is None or didt is None:
        msg = (
            f"{path}: a plan must tell field.target_e_v_per_m and field.didt_a_per_us, both "
            "above 0. Give plan.json of 'cortistim plan'."
        )
        raise BadInputError(msg)
    return float(e_v_per_m) / a_per_s_from_a_per_us(float(didt))


def convert_dose(
    stimulator: str | None, coil: Coil, asked: Asked, gain: float | None = None
) -> dict[str, Any]:
    """Convert a dose into all its other forms.

    Parameters
    ----------
    stimulator : str or None
        Name of a stimulator or device; None takes the one that the coil belongs to.
    coil : Coil
        Any.
    asked : Asked
        Where to start.
    gain : float, optional
        E at the target in V/m for each A/s.

    Returns
    -------
    dict
        %MSO, dI/dt, E, energy, heat, highest rate, and what they rest on; null where not
        known.

    Raises
    ------
    BadInputError
        When the pair was not measured, the field is missing, or the output is out of reach.
    """
    device = named_device(stimulator) if stimulator else None
    output = output_of(device.stimulator.name if device else None, coil)
    unit = device or named_device(output.stimulator.name)
    if output.didt_max is None:
        raise BadInputError(output.reason)
    full = output.didt_max.value
    shown = displayed_over_measured(output.stimulator, coil.name)
    didt = _didt_a_per_s(asked, full, shown, gain)
    share = didt / full
    if not 0 <= share <= 1 + 1e-9:
        msg = (
            f"{unit.name} with {coil.name} gives 0 to {full / 1e6:.2f} A/µs; this dose takes "
            f"{didt / 1e6:.2f} A/µs, {100 * share:.0f} % of it. Choose a stronger stimulator "
            "or coil, or move the coil nearer."
        )
        raise BadInputError(msg)
    energy = pulse_energy(output.stimulator, share)
    rate_hz = float(unit.max_rate_hz(np.array(share)))
    return {
        "stimulator": unit.name,
        "coil": coil.name,
        "percent_mso": round(100 * share, 6),
        "didt_a_per_us": round(a_per_us_from_a_per_s(didt), 6),
        "displayed_didt_a_per_us": _known(a_per_us_from_a_per_s(didt) * shown),
        "e_v_per_m": None if gain is None else round(didt * gain, 6),
        "energy_j": round(energy.taken_j, 4),
        "heat_j": round(energy.heat_j, 4),
        "max_rate_hz": _known(rate_hz),
        "didt_max_a_per_us": round(a_per_us_from_a_per_s(full), 6),
        "didt_source": f"{output.didt_max.key}: {output.didt_max.note}",
        "linearity": LINEAR,
    }


def _didt_a_per_s(asked: Asked, full: float, shown: float, gain: float | None) -> float:
    if not np.isfinite(asked.value) or asked.value < 0:
        msg = f"a dose must be a finite number and not negative; got {asked.value:g}."
        raise BadInputError(msg)
    if asked.way == "mso":
        return full * asked.value / 100
    if asked.way == "didt":
        return a_per_s_from_a_per_us(asked.value)
    if asked.way == "displayed_didt":
        if not np.isfinite(shown):
            msg = (
                "nobody compared the displayed dI/dt of this stimulator and coil with a "
                "measurement. Give the true dI/dt (`didt`)."
            )
            raise BadInputError(msg)
        return a_per_s_from_a_per_us(asked.value) / shown
    if gain is None:
        msg = (
            "E at the target follows from the field in a head alone: give a plan (`plan`), or "
            "the V/m that 1 A/µs makes there (`gain`)."
        )
        raise BadInputError(msg)
    return asked.value / gain


def _known(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
