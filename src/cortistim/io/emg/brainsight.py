"""EMG in Brainsight's text export: one piece for each sample and channel, in microvolt.

The samples' table has ``EMG Start``, ``EMG End`` and ``EMG Res.`` in milliseconds from the
pulse, and for each channel ``EMG Data N`` with values divided by semicolons.
"""

import re
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.emg.words import bytes_of, decoded
from cortistim.io.navigators.brainsight import NULL, rows_of, sample_times_s
from cortistim.mapping.emg import EmgEpochs
from cortistim.typing import FloatArray
from cortistim.units import ms_from_s, s_from_ms, uv_from_v, v_from_uv

DATA = re.compile(r"EMG Data (\d+)")
MOST_SAMPLES = 1_000_000
Row = dict[str, str]


def holds_emg(data: bytes) -> bool:
    """Say whether a Brainsight file has traces of EMG, not only their size."""
    return b"EMG Data" in data


def read_brainsight_emg(path: Path | str) -> EmgEpochs:
    """Read the EMG that Brainsight recorded around each pulse.

    Parameters
    ----------
    path : Path or str
        Text export with EMG data.

    Returns
    -------
    EmgEpochs
        One piece for each sample of the file, in its order; samples without EMG are nan, so
        that they stay beside their poses.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When there are no traces, or their lengths do not fit their times.
    """
    rows = [row for kind, row in rows_of(decoded(bytes_of(path))) if kind == "Sample Name"]
    columns = sorted(
        {name for row in rows for name in row if DATA.fullmatch(name)},
        key=lambda name: int(name.split()[-1]),
    )
    told = [row for row in rows if any(_has(row.get(name)) for name in columns)]
    if not told:
        msg = f"{path}: no sample has EMG traces. Export the samples with their EMG data."
        raise FileFormatError(msg)
    timing = {_timing(path, row) for row in told}
    if len(timing) != 1:
        msg = (
            f"{path}: all samples must have one EMG window and resolution; got "
            f"{len(timing)} different ones. Export the sessions apart."
        )
        raise FileFormatError(msg)
    start_s, step_s = timing.pop()
    traces = [
        [_trace(path, k, row.get(name)) for name in columns] for k, row in enumerate(rows)
    ]
    lengths = sorted({len(t) for row in traces for t in row if t is not None})
    if len(lengths) != 1:
        msg = (
            f"{path}: all EMG traces must be of one length; got {lengths[0]} to {lengths[-1]} "
            "values. Export the sessions apart."
        )
        raise FileFormatError(msg)
    missing = np.full(lengths[0], np.nan)
    volts = np.array([[missing if t is None else t for t in row] for row in traces])
    names = tuple(f"EMG {DATA.fullmatch(name)[1]}" for name in columns)  # type: ignore[index]
    times_s = _in_order(sample_times_s(rows))
    return EmgEpochs(names, v_from_uv(volts), 1 / step_s, start_s, times_s)


def _has(cell: str | None) -> bool:
    return bool(cell and cell.strip() not in ("", NULL))


def _in_order(times_s: FloatArray) -> FloatArray:
    """Give up times that do not rise: they were told in whole seconds, or twice."""
    known = times_s[np.isfinite(times_s)]
    return times_s if (np.diff(known) > 0).all() else np.full(len(times_s), np.nan)


def _timing(path: Path | str, row: Row) -> tuple[float, float]:
    """Return start and step of the traces in seconds."""
    cells = [row.get(name, "") for name in ("EMG Start", "EMG Res.")]
    try:
        start_ms, step_ms = (float(cell) for cell in cells)
    except ValueError:
        start_ms, step_ms = np.nan, np.nan
    if not (np.isfinite([start_ms, step_ms]).all() and step_ms > 0):
        msg = (
            f"{path}: EMG Start and EMG Res. must be numbers in milliseconds; got "
            f"{quoted(cells)}."
        )
        raise FileFormatError(msg)
    return s_from_ms(start_ms), s_from_ms(step_ms)


def _trace(path: Path | str, index: int, cell: str | None) -> FloatArray | None:
    if not _has(cell):
        return None
    words = (cell or "").strip().strip(";").split(";")
    try:
        values = np.array(words[: MOST_SAMPLES + 1], dtype=float)
    except ValueError:
        values = np.array([np.inf])
    if len(values) > MOST_SAMPLES or np.isinf(values).any():
        msg = (
            f"{path}: sample {index + 1}: EMG data must be up to {MOST_SAMPLES} finite "
            f"numbers divided by semicolons; got {quoted(cell)}."
        )
        raise FileFormatError(msg)
    return values


def emg_cells(epochs: EmgEpochs, row: int) -> dict[str, str]:
    """Return the cells that hold one sample's EMG, as Brainsight writes them.

    Parameters
    ----------
    epochs : EmgEpochs
        Pieces.
    row : int
        Which pulse.

    Returns
    -------
    dict of str to str
        By name of the column.
    """
    step_ms = ms_from_s(1 / epochs.rate_hz)
    end_ms = ms_from_s(epochs.start_s) + step_ms * (epochs.volts.shape[2] - 1)
    cells = {
        "EMG Start": f"{ms_from_s(epochs.start_s):.10g}",
        "EMG End": f"{end_ms:.10g}",
        "EMG Res.": f"{step_ms:.10g}",
        "EMG Channels": str(len(epochs.names)),
    }
    for k, trace in enumerate(epochs.volts[row], start=1):
        known = np.isfinite(trace).all()
        cells[f"EMG Data {k}"] = (
            ";".join(f"{uv_from_v(v):.10g}" for v in trace) if known else NULL
        )
    return cells
