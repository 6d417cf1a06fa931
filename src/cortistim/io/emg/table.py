"""EMG as a table: a column of time, and one for each channel, with its unit in the heading.

CSV, TSV and semicolons; also what Spike2 writes as spreadsheet text. A heading is
``time (s)`` or ``time_ms``, ``FDI (uV)``, ``FDI [mV]`` or ``FDI_uV``.
"""

import csv
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.emg.units import named_unit, seconds_of, volts_of
from cortistim.io.emg.words import bytes_of, decoded, numbers_in
from cortistim.io.text import csv_text, plain_cell, write_text
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.typing import FloatArray
from cortistim.units import uv_from_v

DELIMITERS = "\t,;"
UNEVEN = 0.01  # of a step: what rounded times are off by
FEWEST_ROWS = 2


def looks_like(data: bytes) -> bool:
    """Say whether a text begins with a heading of time and channels."""
    first = decoded(data[:4096]).lstrip().splitlines()[:1]
    return bool(first) and first[0].lstrip('"# ').lower().startswith("time")


def read_emg_table(path: Path | str) -> EmgRecording:
    """Read EMG from a table.

    Parameters
    ----------
    path : Path or str
        See the head of this module.

    Returns
    -------
    EmgRecording
        Empty cells and ``nan`` are nan. A column without a unit has the unit ``""``.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When there is no column of time, its steps are not even, or a cell is no number.
    """
    text = decoded(bytes_of(path))
    lines = text.splitlines()
    if not lines or not looks_like(text[:4096].encode()):
        msg = (
            f"{path}: line 1: a table of EMG must begin with a column of time, such as time_s."
        )
        raise FileFormatError(msg)
    delimiter = max(DELIMITERS, key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        msg = f"{path}: this is not a table ({error}). Save it as CSV or TSV."
        raise FileFormatError(msg) from error
    headings = [plain_cell(cell) for cell in rows[0]]
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    table = numbers_in(path, 2, rows[1:])
    if len(table) < FEWEST_ROWS or table.shape[1] != len(headings) or len(headings) < 2:
        msg = (
            f"{path}: a table of EMG must have time and at least one channel, and "
            f"{FEWEST_ROWS} rows or more; got {len(headings)} columns and {len(table)} rows."
        )
        raise FileFormatError(msg)
    rate_hz = 1 / _step_s(path, headings[0], table[:, 0])
    channels = []
    for k, heading in enumerate(headings[1:], start=1):
        name, unit = named_unit(heading)
        factor = volts_of(unit) if unit else None
        if unit and factor is None:
            name, unit = heading.strip(), ""
        channels.append(EmgChannel(name, table[:, k], rate_hz, factor or 1.0, 0.0, unit))
    return EmgRecording("table", tuple(channels))


def _step_s(path: Path | str, heading: str, times: FloatArray) -> float:
    _, unit = named_unit(heading.lstrip("# "))
    factor = seconds_of(unit) if unit else 1.0
    if factor is None:
        msg = f"{path}: line 1: time must be in s, ms or us; got {quoted(heading)}."
        raise FileFormatError(msg)
    steps = np.diff(times)
    step = (times[-1] - times[0]) / (len(times) - 1)
    if not (steps > 0).all():
        steps_bad, at = True, int(np.argmax(~(steps > 0)))
    else:
        off = np.where(np.isfinite(steps), np.abs(steps - step), np.inf)
        allowed = max(UNEVEN * step, 2.1 * _rounding(times))
        at = int(off.argmax())
        steps_bad = bool(off[at] > allowed)
    if steps_bad:
        msg = (
            f"{path}: line {at + 3}: times must rise in even steps; this one is "
            f"{times[at + 1]:.9g} after {times[at]:.9g}. Export without gaps."
        )
        raise FileFormatError(msg)
    return float(step * factor)


def _rounding(times: FloatArray) -> float:
    """Half a unit of the last decimal that the times seem to be rounded to."""
    known = times[: min(len(times), 1000)]
    for decimals in range(10):
        if np.allclose(known, np.round(known, decimals), rtol=0, atol=1e-12):
            return 0.5 * 10.0**-decimals
    return 0.0


def write_emg_table(path: Path | str, recording: EmgRecording) -> None:
    """Write a recording whose channels have one rate as a table, atomically.

    Parameters
    ----------
    path : Path or str
        ``.tsv`` for tabs, else commas.
    recording : EmgRecording
        In microvolt where the unit is known; read back equal to nine digits.

    Raises
    ------
    FileFormatError
        When the channels have different rates or lengths.
    """
    rates = {c.rate_hz for c in recording.channels}
    lengths = {len(c.samples) for c in recording.channels}
    if len(rates) != 1 or len(lengths) != 1:
        msg = "channels of one table must have one sampling rate and length. Write them apart."
        raise FileFormatError(msg)
    n_sample, rate_hz = lengths.pop(), rates.pop()
    known = [volts_of(c.unit) is not None for c in recording.channels]
    headings = [
        f"{c.name} (uV)" if in_volt else c.name
        for c, in_volt in zip(recording.channels, known, strict=True)
    ]
    columns = [
        uv_from_v(c.volts(0, n_sample)) if in_volt else c.volts(0, n_sample)
        for c, in_volt in zip(recording.channels, known, strict=True)
    ]
    table = np.column_stack([np.arange(n_sample) / rate_hz, *columns])
    rows = ([f"{value:.10g}" for value in row] for row in table)
    text = csv_text(["time (s)", *headings], rows)
    write_text(path, text.replace(",", "\t") if str(path).endswith(".tsv") else text)
