"""Plans as HTML tables: every value escaped, every missing one with its reason.

A key's unit suffix picks the unit that is shown: ``distance_m`` becomes mm, ``didt_a_per_s``
becomes A/µs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

import numpy as np
from msgspec import UNSET

from cortistim.records.provenance import SourcedNumber, SourceRecord
from cortistim.sources import ASSUMED
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
    """Write a number for a reader: four digits, exponents only when needed."""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")


def cell(value: Any, *, factor: float = 1.0, reason: str = NO_REASON) -> str:  # noqa: ANN401
    """Write any value of a plan as HTML.

    Parameters
    ----------
    value : any
        Text, number, list, mapping or nothing.
    factor : float
        Multiplies numbers.
    reason : str
        Shown when there is no value.

    Returns
    -------
    str
        Safe HTML.
    """
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return f'<span class="missing">{escape(reason)}</span>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return number(float(value) * factor)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if _is_record(value):
        return _sourced(value) if isinstance(value, SourcedNumber) else rows(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listed(value, factor, reason)
    return escape(str(value))


def _sourced(number: SourcedNumber) -> str:
    """Write a number with unit, source and note; an assumed one stands out."""
    badge = (
        '<span class="assumed">assumed</span>'
        if number.source == ASSUMED
        else escape(number.source)
    )
    note = f'<span class="note">{escape(number.note)}</span>'
    parts = (cell(number.value), escape(number.unit), badge, note)
    return " ".join(part for part in parts if part)


def _listed(values: Sequence[Any], factor: float, reason: str) -> str:
    if not values:
        return '<span class="missing">none</span>'
    if all(map(_is_record, values)):
        return grid(values)
    if any(isinstance(value, Sequence) and not isinstance(value, str) for value in values):
        return "<br>".join(cell(value, factor=factor, reason=reason) for value in values)
    texts = [cell(value, factor=factor, reason=reason) for value in values]
    if any(isinstance(value, str) for value in values) and len(values) > 1:
        return "<ul>" + "".join(f"<li>{text}</li>" for text in texts) + "</ul>"
    return ", ".join(texts)


def rows(record: Record, *, leave_out: Sequence[str] = ()) -> str:
    """Write a record as a table of two columns.

    Parameters
    ----------
    record : dataclass or mapping
        A part of the plan.
    leave_out : sequence of str
        Keys that are shown elsewhere.

    Returns
    -------
    str
        Safe HTML; a sentence when there is nothing to show.
    """
    values = facts_of(record)
    lines = [
        _row(str(key), value, values)
        for key, value in values.items()
        if key not in leave_out
        and not _is_reason(str(key), values)
        and not _is_beside(str(key), values)
        and not _is_blank(value)
    ]
    if not lines:
        return '<p class="missing">Nothing was recorded.</p>'
    return f'<table class="pairs">{"".join(lines)}</table>'


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
    """Return what explains a value, safe and small; empty when nothing does."""
    stem = _stem(key)
    found = [values.get(f"{stem}{ending}") for ending in BESIDE if not key.endswith(ending)]
    texts = [escape(str(text)) for text in found if text]
    return f' <span class="note">{"; ".join(texts)}</span>' if texts else ""


def _row(key: str, value: Any, values: Mapping[str, Any]) -> str:  # noqa: ANN401
    words, unit, factor = label(key)
    if unit == "s" and isinstance(value, float) and 0 < abs(value) < SECONDS_SHOWN_AS_US:
        unit, factor = "µs", US_PER_S
    missing = value is None or (isinstance(value, float) and not np.isfinite(value))
    shown = cell(value, factor=factor, reason=reason_for(values, key))
    if _is_record(value):
        words, unit = f"{words} ({unit})" if unit else words, ""
    unit = f" {unit}" if unit and not missing else ""
    return f"<tr><th>{escape(words)}</th><td>{shown}{unit}{_note(key, values)}</td></tr>"


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


def grid(records: Sequence[Record], *, leave_out: Sequence[str] = ()) -> str:
    """Write records as a table with one line each and one column per key.

    Parameters
    ----------
    records : sequence of dataclasses or mappings
        Keys may differ; the first that names a key places its column.
    leave_out : sequence of str
        Columns that are not wanted.

    Returns
    -------
    str
        Safe HTML.
    """
    entries = [facts_of(record) for record in records]
    keys = [
        str(key)
        for key in dict.fromkeys(key for entry in entries for key in entry)
        if key not in leave_out and not str(key).endswith("_reason")
    ]
    head = "".join(f"<th>{_heading(key)}</th>" for key in keys)
    body = "".join(
        "<tr>" + "".join(f"<td>{_entry(entry, key)}</td>" for key in keys) + "</tr>"
        for entry in entries
    )
    return (
        f'<div class="wide"><table class="grid"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(key: str) -> str:
    words, unit, _ = label(key)
    return escape(words) + (f" ({unit})" if unit else "")


def _entry(entry: Mapping[str, Any], key: str) -> str:
    if key not in entry:
        return ""
    if key == "source" and entry[key] == ASSUMED:
        return '<span class="assumed">assumed</span>'
    return cell(entry[key], factor=label(key)[2], reason=reason_for(entry, key))


def source_list(sources: Sequence[SourceRecord]) -> str:
    """Write sources with their full references, one line each.

    Parameters
    ----------
    sources : sequence of SourceRecord
        Keys and texts.

    Returns
    -------
    str
        Safe HTML.
    """
    lines = dict.fromkeys(
        f"<li><b>{escape(source.key)}</b> {escape(source.text)}</li>" for source in sources
    )
    return f'<ul class="sources">{"".join(lines)}</ul>' if lines else cell(None)
