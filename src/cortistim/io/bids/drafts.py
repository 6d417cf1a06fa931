"""What the drafts for brain stimulation in BIDS say about their tables, as data.

Two drafts compete: NIBS-BIDS (BEP037, version 6.3 of 2026-07-20), with a folder ``nibs``, and
the TMS extension of the Institute of Cognitive Neuroscience, with a folder ``tms``. Neither is
part of BIDS yet; whatever is written names its draft.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted

NIBS = "NIBS-BIDS (BEP037) 6.3, draft of 2026-07-20"
TMS = "TMS-BEP, draft of InstCognNeuro/bids-tms-extension"
NA = "n/a"
DIVIDER = "|"  # between the values of a paired pulse


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        As the draft spells it.
    kind : {"text", "number"}
        What cells hold, besides ``n/a``.
    required : bool
        Whether the column must be there, filled.
    allowed : tuple of str
        The words that may stand in it; any when empty.
    least, most : float
        Limits of a number.
    description : str
        For the sidecar.
    units : str
        For the sidecar.
    """

    name: str
    kind: str = "text"
    required: bool = False
    allowed: tuple[str, ...] = ()
    least: float = -np.inf
    most: float = np.inf
    description: str = ""
    units: str = ""


def _numbers(names: str, units: str, about: str = "") -> tuple[Column, ...]:
    return tuple(Column(n, "number", description=about, units=units) for n in names.split())


POINT = "element_centre_x element_centre_y element_centre_z"
DIRECTIONS = " ".join(f"element_{a}dir_{b}" for a in "xyz" for b in "xyz")
EVENTS = (
    Column("onset", "number", required=True, units="s"),
    Column("duration", "number", required=True, least=0, units="s"),
    Column("nibs_event_id", required=True, description="Row of the table of stimuli"),
    Column("nibs_position_id", description="Row of the table of markers"),
)
NIBS_TABLE = (
    Column("nibs_event_id", required=True, description="Referred to by the events"),
    Column("nibs_type", required=True, allowed=("TMS", "tES", "TUS", "PNS")),
    Column("stimulator_id", description="Of StimulatorSet in the sidecar"),
    Column("nibs_element_id", description="Of ElementSet in the sidecar"),
    Column(
        "stimulus_shape",
        allowed=(
            "Monophasic", "Biphasic", "Halfsine", "Rectangle", "Sinusoid", "Noise", "Custom",
        ),
    ),
    Column("stimulus_intensity", "number", least=0, most=100,
           description="Output in percent of the maximum stimulator output", units="%"),
    Column("stimulus_duration", "number", least=0, units="s"),
    Column("intensity_reference", allowed=("rMT", "aMT", "1mV", "e-field", "absolute")),
    Column("pattern1_count", "number", least=1, description="Pulses of one stimulus"),
    Column("pattern1_interval", "number", least=0, units="ms"),
    Column("pattern1_intensity", description="Output of each pulse, divided by |", units="%"),
    Column("electric_field_target", "number", least=0, units="V/m"),
    Column("status", description="Condition, in the words of the laboratory"),
)  # fmt: skip
NIBS_MARKERS = (
    Column("nibs_position_id", required=True, description="Referred to by the events"),
    Column("position_label"),
    *_numbers(f"{POINT} {DIRECTIONS}", "mm", "Coil, z into the head, y away from the handle"),
    Column("target_label"),
    *_numbers("efield_max_x efield_max_y efield_max_z", "mm"),
)
TMS_TABLE = (
    Column("MarkerID", description="Row of the table of markers"),
    Column("StimStepCount", "number", least=1, description="Number of the pulse"),
    Column("StimulusMode", allowed=("single", "twin")),
    Column("ProtocolName", description="Condition"),
    Column("FirstPulseAmplitude", "number", least=0, most=100, units="% MSO"),
    Column("SecondPulseAmplitude", "number", least=0, most=100, units="% MSO"),
    Column("InterPulseInterval", "number", least=0, units="ms"),
    Column("CurrentGradient", "number", least=0, units="A/µs"),
    Column("ElectricFieldTarget", "number", least=0, units="V/m"),
    Column("MotorResponse", "number", least=0, units="µV"),
    Column("Latency", "number", least=0, units="ms"),
    Column("ResponseChannelName"),
    Column("ResponseChannelType", allowed=("emg", "eeg", "other")),
    Column("Timestamp", "number", required=True, units="s"),
)
TMS_OLDER = {
    "PulseAmplitude": "FirstPulseAmplitude",
    "PulseAmplitudeRMT": "FirstPulseAmplitudeRMT",
}
"""Names of the draft's own example, which are those of an older version."""
TMS_MARKERS = (
    Column("MarkerID", required=True),
    Column("Matrix_4x4", description="Row by row, divided by blanks; translation in mm"),
    Column("TargetName"),
    *_numbers("ElectricFieldMax_x ElectricFieldMax_y ElectricFieldMax_z", "mm"),
)
DERIVED_EVENTS = (
    *EVENTS,
    Column("pulse", "number", required=True, least=1),
    Column("channel", description="Muscle"),
    *_numbers("mep_p2p_uv", "µV", "Peak to peak"),
    *_numbers("mep_area_uv_ms", "µV ms", "Area of the rectified response above the baseline"),
    *_numbers("mep_latency_ms mep_latency_crossing_ms mep_latency_ramp_ms", "ms"),
    *_numbers("silent_period_ms", "ms", "From the pulse to its end"),
    *_numbers("baseline_rms_uv noise_p2p_uv noise_floor_uv", "µV"),
    Column("censored", allowed=("true", "false")),
    Column("qc", allowed=("ok", "review", "reject")),
    Column("qc_reason"),
    Column("condition"),
    Column("target"),
    Column("intensity_mso", "number", least=0, most=100, units="%"),
    Column("conditioning_mso", "number", least=0, most=100, units="%"),
    *_numbers("interval_ms", "ms"),
    *_numbers("didt_a_per_us", "A/µs"),
    *_numbers("e_target_v_per_m", "V/m"),
)
Table = Sequence[Mapping[str, str]]


def require_table(
    path: Path | str, table: Table, columns: Sequence[Column], *, open_ended: bool = True
) -> None:
    """Refuse a table that breaks its draft.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    table : sequence of mappings
        Cells by column.
    columns : sequence of Column
        What the draft says.
    open_ended : bool
        Whether other columns may stand beside.

    Raises
    ------
    FileFormatError
        With row (the heading is row 1) and column.
    """
    names = list(table[0]) if table else []
    known = {column.name: column for column in columns}
    for column in columns:
        if column.required and table and column.name not in names:
            msg = f"{path}: row 1: the column {column.name} must be there. Add it."
            raise FileFormatError(msg)
    if not open_ended:
        other = [name for name in names if name not in known]
        if other:
            msg = f"{path}: row 1, column {other[0]}: no column of this table. Remove it."
            raise FileFormatError(msg)
    for number, row in enumerate(table, start=2):
        for name in names:
            why = _fault(known[name], row[name]) if name in known else ""
            if why:
                msg = f"{path}: row {number}, column {name}: {why}; got {quoted(row[name])}."
                raise FileFormatError(msg)


def _fault(column: Column, cell: str) -> str:
    """Say what is wrong with a cell, one value or several; nothing when it is sound."""
    faults = (_fault_of_one(column, part) for part in cell.split(DIVIDER))
    return next((fault for fault in faults if fault), "")


def _fault_of_one(column: Column, cell: str) -> str:
    if cell in (NA, ""):
        return "must not be empty" if column.required or cell == "" else ""
    if column.kind == "text":
        if column.allowed and cell not in column.allowed:
            return f"must be one of {', '.join(column.allowed)}"
        return ""
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        return f"must be a number{f' in {column.units}' if column.units else ''}"
    if not column.least <= value <= column.most:
        return f"must be from {column.least:g} to {column.most:g}"
    return ""


def json_schema(columns: Sequence[Column], title: str) -> dict[str, object]:
    """Return the rule of a table as a JSON schema for one of its rows.

    Parameters
    ----------
    columns : sequence of Column
        What the draft says.
    title : str
        Draft and table.

    Returns
    -------
    dict
        Draft 2020-12, for rows whose cells are text as in the file.
    """
    number = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
    rules: dict[str, object] = {}
    for column in columns:
        rule: dict[str, object] = {"type": "string", "minLength": 1}
        if column.allowed:
            rule["enum"] = [*column.allowed, *([] if column.required else [NA])]
        elif column.kind == "number":
            rule["pattern"] = number if column.required else rf"{number}|^n/a$"
        rules[column.name] = rule
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": rules,
        "required": [c.name for c in columns if c.required],
    }


def require_units(
    path: Path | str, told: Mapping[str, object], columns: Sequence[Column]
) -> None:
    """Refuse a sidecar that gives a column another unit than its draft.

    Parameters
    ----------
    path : Path or str
        Of the sidecar, named in complaints.
    told : mapping
        Its content.
    columns : sequence of Column
        What the draft says.

    Raises
    ------
    FileFormatError
        With the column and both units.
    """
    for column in columns:
        about = told.get(column.name)
        unit = about.get("Units") if isinstance(about, dict) else None
        if column.units and isinstance(unit, str) and _plain(unit) != _plain(column.units):
            msg = (
                f"{path}: column {column.name}: must be in {column.units}; the sidecar says "
                f"{quoted(unit)}. Convert the column and correct the sidecar."
            )
            raise FileFormatError(msg)


def _plain(unit: str) -> str:
    return unit.strip().replace("µ", "u").replace("μ", "u")


def sidecar(columns: Sequence[Column], used: Sequence[str]) -> dict[str, dict[str, str]]:
    """Describe the used columns of a table, as BIDS asks in its .json."""
    return {
        c.name: {
            key: text
            for key, text in (("Description", c.description or c.name), ("Units", c.units))
            if text
        }
        for c in columns
        if c.name in used
    }
