"""Records as tables: words for keys, units for numbers, reasons for what is missing.

The markup lies in ``tables.html``, where every text is escaped.

A key's unit suffix picks the unit that is shown: ``distance_m`` becomes mm, ``didt_a_per_s``
becomes A/µs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from msgspec import UNSET

from cortistim.records.provenance import SourcedNumber
from cortistim.units import MM_PER_M, US_PER_S, a_per_us_from_a_per_s

Record = Any  # one of cortistim.records, or what one of its fields holds by name
SHOWN_AS: Mapping[str, tuple[str, float]] = {
    "_siemens_per_m": ("S/m", 1.0),
    "_v_per_m": ("V/m", 1.0),
    "_a_per_us": ("A/µs", 1.0),
    "_a_per_s": ("A/µs", a_per_us_from_a_per_s(1.0)),
    "_percent": ("%", 1.0),
    "_deg": ("°", 1.0),
    "_rad": ("°", 180 / np.pi),
    "_t_m": ("T m per A", 1.0),
    "_mm2": ("mm²", 1.0),
    "_uh": ("µH", 1.0),
    "_m3": ("cm³", 1e6),
    "_m2": ("cm²", 1e4),
    "_mm": ("mm", 1.0),
    "_us": ("µs", 1.0),
    "_ms": ("ms", 1.0),
    "_hz": ("Hz", 1.0),
    "_h": ("µH", 1e6),
    "_m": ("mm", MM_PER_M),
    "_s": ("s", 1.0),
}
"""What a key's suffix is shown as, and the factor; the longest suffix comes first."""
SECONDS_SHOWN_AS_US = 1e-3
WRITTEN_AS = {
    "e": "|E|", "didt": "dI/dt", "mso": "MSO", "mni": "MNI", "eeg": "EEG", "rmt": "RMT",
    "n": "number of", "tet": "tetrahedra", "node": "nodes", "pulse": "pulses",
    "dipole": "dipoles", "sigma": "conductivity", "m1": "M1", "sd": "SD",
}  # fmt: skip
NO_REASON = "not available"
CALLED: Mapping[str, tuple[str, str, float]] = {
    "words": ("Description", "", 1.0),
    "L23": ("L2/3", "", 1.0),
    "mni": ("Tie to MNI space", "", 1.0),
    "mni_mm": ("MNI coordinates", "mm", 1.0),
    "subject_mm": ("Subject coordinates", "mm", 1.0),
    "moved_mm": ("Moved onto the cortex by", "mm", 1.0),
    "radius_mm": ("Radius", "mm", 1.0),
    "distance_mm": ("From the scalp to the casing's face", "mm", 1.0),
    "current": ("Current", "", 1.0),
    "pulse_us": ("Pulse width", "µs", 1.0),
    "duration_s": ("From the first pulse to the last", "s", 1.0),
    "length_s": ("Length with the last interval", "s", 1.0),
    "induced_e": ("Direction of the induced field", "", 1.0),
    "a_y_sign": ("Sign of A along the coil's y axis", "", 1.0),
    "a_at_20mm_t_m": ("A 20 mm in front of the face", "T m per A", 1.0),
    "didt_max_a_per_us": ("dI/dt at full output", "A/µs", 1.0),
    "percent_mso": ("Stimulator output", "% MSO", 1.0),
    "percent_mso_range": ("Range of it", "% MSO", 1.0),
    "rmt_percent": ("Resting motor threshold", "% MSO", 1.0),
    "target_e_v_per_m": ("|E| at the target", "V/m", 1.0),
    "target_error_v_per_m": ("Numerical error at the target", "V/m", 1.0),
    "target_normal_v_per_m": ("Mean component into the cortex at the target", "V/m", 1.0),
    "target_e_per_percent_mso_v_per_m": ("|E| at the target per % MSO", "V/m", 1.0),
    "peak_e_v_per_m": ("99.9th percentile of |E| over the cortex", "V/m", 1.0),
    "local_peak_e_v_per_m": ("Peak |E| on the cortex", "V/m", 1.0),
    "local_peak_mm": ("Place of the peak, subject", "mm", 1.0),
    "local_peak_from_target_mm": ("From the target to the peak", "mm", 1.0),
    "percentiles_v_per_m": ("Percentiles of |E| over the cortex, by area", "V/m", 1.0),
    "focality_mm2": ("Cortex above a share of the 99.9th percentile", "mm²", 1.0),
    "predicted_e_v_per_m": ("|E| that the search predicted (linear elements)", "V/m", 1.0),
    "direct_e_v_per_m": ("|E| solved directly (linear elements)", "V/m", 1.0),
    "reciprocity_error": ("Relative difference of the two", "", 1.0),
    "highest_rate_hz": ("Highest rate in the tables", "Hz", 1.0),
    "train_s": ("Longest train", "s", 1.0),
    "e_v_per_m": ("|E|", "V/m", 1.0),
}
"""Keys whose parts would not make words: words, unit, factor."""
BESIDE = ("_is", "_source", "_note")
"""What follows a key's stem where its value is explained; shown with the value."""


def facts_of(record: Record) -> dict[str, Any]:
    """Return what a record says, by key and in its order.

    Parameters
    ----------
    record : dataclass or mapping
        A part of the plan.

    Returns
    -------
    dict
        Not deep: parts of it stay records. Without what it leaves unsaid.
    """
    if isinstance(record, Mapping):
        return dict(record)
    said = {entry.name: getattr(record, entry.name) for entry in fields(record)}
    return {name: value for name, value in said.items() if value is not UNSET}


def _is_record(value: object) -> bool:
    return isinstance(value, Mapping) or (is_dataclass(value) and not isinstance(value, type))


def label(key: str) -> tuple[str, str, float]:
    """Turn a key into words, its unit and the factor to it.

    Parameters
    ----------
    key : str
        Such as ``e_target_v_per_m``.

    Returns
    -------
    words : str
        Such as ``|E| target``.
    unit : str
        Empty when the key has none.
    factor : float
        Multiplies the value.
    """
    if key in CALLED:
        return CALLED[key]
    unit, factor = "", 1.0
    for suffix, (shown, times) in SHOWN_AS.items():
        if key.endswith(suffix) and key != suffix:
            key, unit, factor = key.removesuffix(suffix), shown, times
            break
    parts = [word for word in key.split("_") if word]
    words = [WRITTEN_AS.get(word, word) for word in parts]
    text = " ".join(words)
    if parts and parts[0] in WRITTEN_AS and not words[0].islower():
        return text, unit, factor
    return text[:1].upper() + text[1:], unit, factor


def number(value: float) -> str:
    """Write a number for a reader: four digits, exponents only when needed.

    Parameters
    ----------
    value : float
        Any.

    Returns
    -------
    str
        Such as ``1.234``.
    """
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")


@dataclass(frozen=True)
class Pair:
    """One value of a record, as a table shows it.

    Parameters
    ----------
    words : str
        Its key in words.
    value : any
        Text, number, list, record or nothing.
    unit : str
        Behind the value; empty where it has none.
    factor : float
        Multiplies numbers.
    reason : str
        Shown where there is no value.
    note : str
        What explains it; empty where nothing does.
    """

    words: str
    value: Any
    unit: str = ""
    factor: float = 1.0
    reason: str = NO_REASON
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Records as lines.

    Parameters
    ----------
    headings : tuple of str
        One for each column, with its unit.
    lines : tuple of tuples of Pair
        None where a record has no such key.
    """

    headings: tuple[str, ...]
    lines: tuple[tuple[Pair | None, ...], ...]


def kind_of(value: object) -> str:
    """Say how a value is shown.

    Parameters
    ----------
    value : any
        Text, number, list, record or nothing.

    Returns
    -------
    str
        ``missing``, ``sourced``, ``record``, ``plain``; of a list ``none``, ``records``,
        ``nested``, ``texts`` or ``numbers``.
    """
    if _is_missing(value):
        return "missing"
    if _is_record(value):
        return "sourced" if isinstance(value, SourcedNumber) else "record"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _kind_of_list(value)
    return "plain"


def _kind_of_list(values: Sequence[object]) -> str:
    if not values:
        return "none"
    if all(map(_is_record, values)):
        return "records"
    if any(isinstance(value, Sequence) and not isinstance(value, str) for value in values):
        return "nested"
    return "texts" if isinstance(values[0], str) and len(values) > 1 else "numbers"


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not np.isfinite(value))


def written(value: object, factor: float = 1.0) -> str:
    """Write a text or a number; not escaped.

    Parameters
    ----------
    value : any
        Anything else is written as a text.
    factor : float
        Multiplies numbers.

    Returns
    -------
    str
        For a reader.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(float(value) * factor)
    return str(value)


def pairs_of(record: Record, leave_out: Sequence[str] = ()) -> list[Pair]:
    """Return what a table of two columns says of a record.

    Parameters
    ----------
    record : dataclass or mapping
        A part of the plan.
    leave_out : sequence of str
        Keys that are shown elsewhere.

    Returns
    -------
    list of Pair
        Without what is blank, and without reasons and notes, which stand with their values.
    """
    values = facts_of(record)
    return [
        _pair(str(key), value, values)
        for key, value in values.items()
        if key not in leave_out
        and not _is_reason(str(key), values)
        and not _is_beside(str(key), values)
        and not _is_blank(value)
    ]


def _pair(key: str, value: object, values: Mapping[str, Any]) -> Pair:
    words, unit, factor = label(key)
    if unit == "s" and isinstance(value, float) and 0 < abs(value) < SECONDS_SHOWN_AS_US:
        unit, factor = "µs", US_PER_S
    if _is_record(value):
        words, unit = f"{words} ({unit})" if unit else words, ""
    return Pair(
        words=words,
        value=value,
        unit="" if _is_missing(value) else unit,
        factor=factor,
        reason=reason_for(values, key),
        note=_note(key, values),
    )


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _is_reason(key: str, values: Mapping[str, Any]) -> bool:
    stem = key.removesuffix("_reason")
    return key != stem and any(other.startswith(stem) for other in values if other != key)


def _stem(key: str) -> str:
    """Return a key without its unit."""
    return next((key.removesuffix(unit) for unit in SHOWN_AS if key.endswith(unit)), key)


def _is_beside(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a key explains another one of the same mapping."""
    return any(
        key.endswith(ending) and key.removesuffix(ending) in map(_stem, values)
        for ending in BESIDE
    )


def _note(key: str, values: Mapping[str, Any]) -> str:
    """Return what explains a value; empty when nothing does."""
    stem = _stem(key)
    found = [values.get(f"{stem}{ending}") for ending in BESIDE if not key.endswith(ending)]
    return "; ".join(str(text) for text in found if text)


def reason_for(values: Mapping[str, Any], key: str) -> str:
    """Say why a value of a mapping is missing.

    Parameters
    ----------
    values : mapping
        A part of the plan.
    key : str
        What is missing.

    Returns
    -------
    str
        ``<key>_reason``, else ``reason``, else that it is not available; not escaped.
    """
    found = values.get(f"{key}_reason") or values.get(f"{_stem(key)}_reason")
    return str(found or values.get("reason") or NO_REASON)


def table_of(records: Sequence[Record]) -> Table:
    """Return records as lines, with one column for each key.

    Parameters
    ----------
    records : sequence of dataclasses or mappings
        Keys may differ; the first that names a key places its column.

    Returns
    -------
    Table
        Without columns of reasons, which stand where a value is missing.
    """
    entries = [facts_of(record) for record in records]
    keys = [
        str(key)
        for key in dict.fromkeys(key for entry in entries for key in entry)
        if not str(key).endswith("_reason")
    ]
    return Table(
        headings=tuple(map(_heading, keys)),
        lines=tuple(tuple(_entry(entry, key) for key in keys) for entry in entries),
    )


def _heading(key: str) -> str:
    words, unit, _ = label(key)
    return words + (f" ({unit})" if unit else "")


def _entry(entry: Mapping[str, Any], key: str) -> Pair | None:
    if key not in entry:
        return None
    return Pair(key, entry[key], factor=label(key)[2], reason=reason_for(entry, key))
