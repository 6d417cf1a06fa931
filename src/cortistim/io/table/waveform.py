"""Recorded pulses: .tsv files of time and signal."""

import re
from pathlib import Path

import numpy as np

from cortistim.coil import Waveform
from cortistim.errors import BadInputError, FileFormatError
from cortistim.io.text import text_of, write_text

UNIT = re.compile(
    r"(?:^|[^a-zµμ])(milli|micro|[muµμ])?s(?:ec(?:ond)?s?)?\W*$", flags=re.IGNORECASE
)


def read_waveform_tsv(path: Path | str) -> Waveform:
    """Read a recorded pulse.

    Parameters
    ----------
    path : Path or str
        Tab-separated: time, the signal, and, if there is one, a fit. Time is in seconds
        unless the header names ms or µs, in short or in full; a file without a header is in
        seconds.

    Returns
    -------
    Waveform
        Named as the column of its signal; ``signal`` without a header.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a line breaks the format; the message names the line.
    """
    path = Path(path)
    lines = text_of(path).splitlines()
    columns = lines[0].lstrip("#").strip().split("\t") if lines else []
    if len(columns) not in (2, 3):
        msg = (
            f"{path}: line 1: a waveform must have the columns time, signal and "
            f"perhaps fit, separated by tabs; got {columns[:4]}."
        )
        raise FileFormatError(msg)
    named = not all(map(_is_number, columns))
    rows = [
        _row(path, number, line, len(columns))
        for number, line in enumerate(lines, start=1)
        if line.strip() and not (named and number == 1)
    ]
    table = np.array(rows).reshape(-1, len(columns))
    if named:
        table[:, 0] *= _seconds(columns[0])
    fit = table[:, 2] if len(columns) == 3 else np.empty(0)
    try:
        return Waveform(table[:, 0], table[:, 1], fit, columns[1] if named else "signal")
    except BadInputError as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _seconds(heading: str) -> float:
    """Return the time unit that a column's heading names, in seconds."""
    unit = UNIT.search(heading.strip())
    prefix = (unit[1] or "").lower() if unit else ""
    return {"": 1.0, "m": 1e-3, "milli": 1e-3}.get(prefix, 1e-6)


def _row(path: Path, number: int, line: str, width: int) -> list[float]:
    words = line.split("\t")
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != width or not np.isfinite(values).all():
        msg = f"{path}: line {number}: must be {width} finite numbers; got {line[:60]!r}."
        raise FileFormatError(msg)
    return values


def write_waveform_tsv(path: Path | str, waveform: Waveform) -> None:
    """Write a recorded pulse, atomically; it is read back equal.

    Parameters
    ----------
    path : Path or str
        Where to.
    waveform : Waveform
        Any.
    """
    write_text(path, waveform_text(waveform))


def waveform_text(waveform: Waveform) -> str:
    """Return a recorded pulse as text; see `write_waveform_tsv`.

    Parameters
    ----------
    waveform : Waveform
        Any.

    Returns
    -------
    str
        What a file holds.
    """
    name = waveform.name or "signal"
    columns = [waveform.time_s, waveform.signal]
    header = f"# Time\t{name}"
    if len(waveform.fit):
        columns.append(waveform.fit)
        header += f"\t{name}_fit"
    rows = ("\t".join(map(repr, row)) for row in np.column_stack(columns).tolist())
    return "\n".join([header, *rows]) + "\n"
