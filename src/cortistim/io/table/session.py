"""A session's table as CSV, TSV, Parquet and JSON.

Columns are those of `PulseRow`; those that hold nothing are left out. Facts and notes of
``NAME.csv`` stand in ``NAME.about.json`` beside it, and within a Parquet or JSON file.
"""

import csv
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import require_file, require_size
from cortistim.io.cursor import content_of
from cortistim.io.text import csv_text, json_of, plain_cell, text_of, write_bytes, write_text
from cortistim.records import json_text, read_record
from cortistim.records.session import (
    COLUMNS,
    NUMBERS,
    TEXT,
    TRUTH,
    WHOLE,
    PulseRow,
    SessionRecord,
    require_rows,
    unit_notes,
)

ENDINGS = (".csv", ".tsv", ".parquet", ".json")
LARGEST_BYTES = 2**28
ABOUT = ".about.json"
NOTHING = ("", "n/a", "nan", "null")
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")
MOST_PULSE = 10**9
KNOWN_AS = {
    "mep_mv": "mep_uv (microvolt)", "mep_v": "mep_uv (microvolt)", "mep": "mep_uv",
    "mep_p2p_uv": "mep_uv", "mep_amplitude": "mep_uv (microvolt)", "intensity": "percent_mso",
    "intensity_mso": "percent_mso", "mso": "percent_mso", "time_ms": "time_s (seconds)",
    "time": "time_s (seconds)", "muscle": "channel", "didt_a_per_s": "didt_a_per_us",
    "latency_s": "latency_ms", "x_m": "x_mm", "y_m": "y_mm", "z_m": "z_mm",
}  # fmt: skip
"""Names that others give to these columns, or the same with another unit."""
SHORTCUTS = {
    "mep_p2p_uv": "mep_uv", "name": "", "e_v_per_m_per_a_per_us": "", "deviation_mm": "",
    "deviation_deg": "", "lifted_mm": "", "missed_share": "",
}  # fmt: skip
"""Columns of a replayed session's pulses.csv: under another name here, or left out."""
METADATA = b"cortistim"


def read_session(path: Path | str) -> SessionRecord:
    """Read a session's table.

    Parameters
    ----------
    path : Path or str
        ``.csv``, ``.tsv``, ``.parquet`` or ``.json``; also the pulses.csv of a replay.

    Returns
    -------
    SessionRecord
        Units that look mistaken are told in its notes.

    Raises
    ------
    BadInputError
        When there is no such file, or pyarrow is missing for Parquet.
    FileFormatError
        When a column or a cell cannot be understood, named by row and column.
    """
    path = Path(path)
    require_size(require_file(path), LARGEST_BYTES)
    ending = _ending(path)
    try:
        if ending == ".json":
            found = read_record(SessionRecord, text_of(path))
        elif ending == ".parquet":
            found = _from_parquet(path)
        else:
            found = _from_text(path, "\t" if ending == ".tsv" else "")
        require_rows(found.pulses)
    except FileFormatError as error:
        if str(error).startswith(str(path)):
            raise
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error
    fresh = [note for note in unit_notes(found.pulses) if note not in found.notes]
    return replace(found, notes=(*found.notes, *fresh))


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        msg = f"{path}: a session's table must end in {', '.join(ENDINGS)}."
        raise BadInputError(msg)
    return ending


def _from_text(path: Path, delimiter: str) -> SessionRecord:
    lines = text_of(path).splitlines()
    delimiter = delimiter or max(",;\t", key=(lines or [""])[0].count)
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error as error:
        msg = f"this is not a table ({error}). Save it as CSV."
        raise FileFormatError(msg) from error
    if not rows:
        msg = "a session's table must have a heading; the file is empty."
        raise FileFormatError(msg)
    heading = columns_of([cell.strip() for cell in rows[0]])
    pulses = []
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(heading):
            msg = (
                f"row {number}: there must be {len(heading)} cells, as in the heading; got "
                f"{len(row)}."
            )
            raise FileFormatError(msg)
        pulses.append(row_of(dict(zip(heading, row, strict=True)), number))
    beside = path.with_suffix(ABOUT)
    told = json_of(beside) if beside.is_file() else {}
    facts, notes = told.get("facts"), told.get("notes")
    return SessionRecord(
        facts=_texts(facts) if isinstance(facts, dict) else {},
        notes=tuple(map(str, notes)) if isinstance(notes, list) else (),
        pulses=tuple(pulses),
    )


def _texts(facts: Mapping[str, object]) -> dict[str, str]:
    return {str(key): value for key, value in facts.items() if isinstance(value, str)}


def columns_of(heading: Sequence[str]) -> list[str]:
    """Check the names of columns.

    Parameters
    ----------
    heading : sequence of str
        As in a file.

    Returns
    -------
    list of str
        Our names; empty for what is left out.

    Raises
    ------
    FileFormatError
        When one is not known, or occurs twice; the message says what may have been meant.
    """
    found = [SHORTCUTS.get(name, name) for name in heading]
    for at, name in enumerate(found, start=1):
        if name and found.count(name) > 1:
            msg = (
                f"column {at}: each column must have its own name; {quoted(name)} occurs twice."
            )
            raise FileFormatError(msg)
        if name and name not in COLUMNS:
            near = KNOWN_AS.get(name.lower()) or next(
                iter(difflib.get_close_matches(name.lower(), COLUMNS, n=1)), ""
            )
            meant = f" It may have to be {near}." if near else ""
            msg = (
                f"column {at}: {quoted(name)} is no column of a session's table.{meant} Rename "
                "it, or leave it out."
            )
            raise FileFormatError(msg)
    return found


def row_of(cells: Mapping[str, Any], number: int) -> PulseRow:
    """Understand one row.

    Parameters
    ----------
    cells : mapping of str to any
        Text, numbers or None, by column; ``""`` is passed over.
    number : int
        The row, counted from 1.

    Returns
    -------
    PulseRow
        Without a column ``pulse`` the row's own number is taken.

    Raises
    ------
    FileFormatError
        When a cell is not what its column holds.
    """
    told = {name: _cell(name, value, number) for name, value in cells.items() if name}
    if told.get("pulse") is None:
        told["pulse"] = number
    if told.get("qc", "") not in ("", "ok", "review", "reject"):
        msg = (
            f"row {number}, column qc: must be ok, review or reject; got {quoted(told['qc'])}."
        )
        raise FileFormatError(msg)
    return PulseRow(**told)


def _cell(name: str, value: Any, number: int) -> Any:  # noqa: ANN401
    if name in TEXT:
        text = "" if value is None else plain_cell(str(value))
        return "" if text == "n/a" else text
    if value is None or (isinstance(value, str) and value.strip().lower() in NOTHING):
        return None
    if name in TRUTH:
        word = str(value).strip().lower()
        if word not in (*TRUE, *FALSE):
            msg = f"row {number}, column {name}: must be true or false; got {quoted(value)}."
            raise FileFormatError(msg)
        return word in TRUE
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = np.inf
    if np.isnan(found):
        return None
    whole = name in WHOLE
    if not np.isfinite(found) or (whole and not (found.is_integer() and found < MOST_PULSE)):
        what = "a whole number" if whole else "a number"
        msg = f"row {number}, column {name}: must be {what}; got {quoted(value)}."
        raise FileFormatError(msg)
    return int(found) if whole else found


def _from_parquet(path: Path) -> SessionRecord:
    parquet = _pyarrow(path, "pyarrow.parquet")
    try:
        table = parquet.read_table(BytesIO(content_of(path)))
        metadata = dict(table.schema.metadata or {})
        columns = table.to_pydict()
    except Exception as error:  # whatever a broken file makes of the library
        msg = f"this Parquet file cannot be read ({quoted(str(error))}). Write it again."
        raise FileFormatError(msg) from error
    heading = columns_of(list(columns))
    rows = zip(*columns.values(), strict=True)
    pulses = tuple(
        row_of(dict(zip(heading, row, strict=True)), number)
        for number, row in enumerate(rows, start=1)
    )
    told = read_record(SessionRecord, metadata[METADATA]) if METADATA in metadata else None
    if told is None:
        return SessionRecord(pulses=pulses)
    return replace(told, pulses=pulses)


def _pyarrow(path: Path, module: str) -> Any:  # noqa: ANN401
    try:
        return import_module(module)
    except ImportError as error:
        msg = (
            f"{path}: Parquet needs pyarrow, which is not installed. Run: pip install "
            "'cortistim[parquet]', or use .csv."
        )
        raise BadInputError(msg) from error


def write_session(path: Path | str, record: SessionRecord) -> list[Path]:
    """Write a session's table, atomically; it is read back equal.

    Parameters
    ----------
    path : Path or str
        ``.csv``, ``.tsv``, ``.parquet`` or ``.json``.
    record : SessionRecord
        Any.

    Returns
    -------
    list of Path
        What was written: a table of text has its facts in a second file.

    Raises
    ------
    BadInputError
        When the ending is another one, pyarrow is missing, or the place cannot be written to.
    """
    path = Path(path)
    ending = _ending(path)
    if ending == ".json":
        write_text(path, json_text(record))
        return [path]
    names = used_columns(record.pulses)
    if ending == ".parquet":
        write_bytes(path, _parquet(path, record, names))
        return [path]
    rows = [[shown(getattr(row, name)) for name in names] for row in record.pulses]
    if ending == ".csv":
        write_text(path, csv_text(names, rows))
    else:
        write_text(path, tsv_text(names, rows))
    written = [path]
    beside = path.with_suffix(ABOUT)
    if record.facts or record.notes or beside.exists():  # an old one must not stay
        write_text(beside, json_text(replace(record, pulses=())))
        written.append(beside)
    return written


def used_columns(rows: Sequence[PulseRow]) -> list[str]:
    """Return the columns that hold anything; always pulse, time and response."""
    always = ("pulse", "time_s", "mep_uv")
    return [
        name
        for name in COLUMNS
        if name in always or any(getattr(row, name) not in (None, "") for row in rows)
    ]


def shown(value: Any) -> str:  # noqa: ANN401
    """Write a cell so that it is read back equal; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)) if isinstance(value, float) else str(value)


def tsv_text(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with tabs, whose cells hold none."""
    lines = ([" ".join(cell.split()) for cell in line] for line in (names, *rows))
    return "".join("\t".join(line) + "\n" for line in lines)


def _parquet(path: Path, record: SessionRecord, names: Sequence[str]) -> bytes:
    arrow = _pyarrow(path, "pyarrow")
    kinds = {name: arrow.float64() for name in NUMBERS} | {
        name: arrow.string() for name in TEXT
    }
    kinds |= {"pulse": arrow.int64(), "censored": arrow.bool_()}
    told = json.dumps(json.loads(json_text(replace(record, pulses=()))))
    schema = arrow.schema([(name, kinds[name]) for name in names])
    columns = {name: [getattr(row, name) for row in record.pulses] for name in names}
    table = arrow.table(columns, schema=schema.with_metadata({METADATA: told.encode()}))
    stream = BytesIO()
    _pyarrow(path, "pyarrow.parquet").write_table(table, stream)
    return stream.getvalue()
