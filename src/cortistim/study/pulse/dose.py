"""From %MSO to dI/dt to E at the target, and back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.io.text import json_of
from cortistim.pulse import displayed_over_measured, named_device, pulse_energy
from cortistim.records import number
from cortistim.records.pulse import DoseConversionRecord
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import output_of
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s

LINEAR = (
    "dI/dt is taken to be proportional to %MSO; the maker's table of energies for the "
    "Rapid² agrees with this within 0.5 %, for other makers it is not known"
)


Way = Literal["mso", "didt", "displayed_didt", "e_v_per_m"]
"""From where a dose is converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRequest:
    """A dose to convert.

    Parameters
    ----------
    way : str
        Where it starts: ``mso`` (percent), ``didt``, ``displayed_didt`` (A/s) or
        ``e_v_per_m``.
    value : float
        In these units.
    coil : CoilRequest
        With which coil.
    stimulator : str or None
        Name of a stimulator or device; None takes the one that the coil belongs to.
    gain : float or None
        E at the target in V/m for each A/s; None where no field is known.
    """

    way: Way
    value: float
    coil: CoilRequest
    stimulator: str | None = None
    gain: float | None = None


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


def convert_dose(request: DoseRequest) -> DoseConversionRecord:
    """Convert a dose into all its other forms.

    Parameters
    ----------
    request : DoseRequest
        Where to start.

    Returns
    -------
    DoseConversionRecord
        %MSO, dI/dt, E, energy, heat, highest rate, and what they rest on.

    Raises
    ------
    BadInputError
        When the pair was not measured, the field is missing, or the output is out of reach.
    """
    coil, stimulator = request.coil.load(), request.stimulator
    device = named_device(stimulator) if stimulator else None
    output = output_of(device.stimulator.name if device else None, coil)
    unit = device or named_device(output.stimulator.name)
    if output.didt_max is None:
        raise BadInputError(output.reason)
    full = output.didt_max.value
    shown = displayed_over_measured(output.stimulator, coil.name)
    didt = _didt_a_per_s(request, full, shown)
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
    return DoseConversionRecord(
        stimulator=unit.name,
        coil=coil.name,
        percent_mso=round(100 * share, 6),
        didt_a_per_us=round(a_per_us_from_a_per_s(didt), 6),
        displayed_didt_a_per_us=number(a_per_us_from_a_per_s(didt) * shown, 6),
        e_v_per_m=None if request.gain is None else round(didt * request.gain, 6),
        energy_j=round(energy.taken_j, 4),
        heat_j=round(energy.heat_j, 4),
        max_rate_hz=number(rate_hz, 6),
        didt_max_a_per_us=round(a_per_us_from_a_per_s(full), 6),
        didt_source=f"{output.didt_max.key}: {output.didt_max.note}",
        linearity=LINEAR,
    )


def _didt_a_per_s(asked: DoseRequest, full: float, shown: float) -> float:
    if not np.isfinite(asked.value) or asked.value < 0:
        msg = f"a dose must be a finite number and not negative; got {asked.value:g}."
        raise BadInputError(msg)
    if asked.way == "mso":
        return full * asked.value / 100
    if asked.way == "didt":
        return asked.value
    if asked.way == "displayed_didt":
        if not np.isfinite(shown):
            msg = (
                "nobody compared the displayed dI/dt of this stimulator and coil with a "
                "measurement. Give the true dI/dt (`didt`)."
            )
            raise BadInputError(msg)
        return asked.value / shown
    if asked.gain is None:
        msg = (
            "E at the target follows from the field in a head alone: give a plan (`plan`), or "
            "the V/m that 1 A/µs makes there (`gain`)."
        )
        raise BadInputError(msg)
    return asked.value / asked.gain
