"""MATLAB files of LabChart, Spike2 and Signal, as their makers document the layout.

LabChart exports ``data`` in one row with ``datastart``, ``dataend``, ``titles`` and
``samplerate``; Spike2 one struct for each channel, with ``interval`` and ``values`` where it is
a waveform and ``times`` where it is events; Signal one struct whose ``values`` are
(point, channel, frame).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.emg.units import volts_of
from cortistim.io.emg.words import bytes_of
from cortistim.io.navigators.matfile import variables
from cortistim.mapping.emg import EmgChannel, EmgEpochs, EmgRecording
from cortistim.typing import FloatArray

MAGIC = b"MATLAB 5.0 MAT-file"
NEWER = (b"MATLAB 7.3", b"\x89HDF\r\n\x1a\n")
MOST_RATE_HZ = 1e7
LARGEST_UNFOLDED = 2**29
WAVE = {"title", "interval", "values"}  # fields of a struct of Spike2 that holds samples
Variables = Mapping[str, Any]


def looks_like(data: bytes) -> bool:
    """Say whether a file is MATLAB's by its first bytes."""
    return data.startswith((MAGIC, *NEWER))


def read_emg_mat(path: Path | str) -> EmgRecording | EmgEpochs:
    """Read EMG from a MATLAB file of LabChart, Spike2 or Signal.

    Parameters
    ----------
    path : Path or str
        Saved as version 7 or older.

    Returns
    -------
    EmgRecording or EmgEpochs
        Pieces from Signal, whose frames begin at the time that the file gives.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is of version 7.3, broken, or has none of the three layouts.
    """
    found = _variables(path)
    try:
        return _understood(path, found)
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        AttributeError,
        OverflowError,
    ) as error:
        if isinstance(error, FileFormatError):
            raise
        said = quoted(str(error))
        msg = f"{path}: the MATLAB file's layout is broken ({said}). Export it again."
        raise FileFormatError(msg) from error


def _variables(path: Path | str) -> Variables:
    """Read with our own reader: a broken file can bring SciPy's, and Python with it, down."""
    data = bytes_of(path)
    if data.startswith(NEWER):
        msg = f"{path}: a .mat file must be of version 5 to 7. Save it with '-v7'."
        raise FileFormatError(msg)
    return variables(path, data, largest=LARGEST_UNFOLDED, rows_of_text=True)


def _one(value: object) -> dict[str, Any]:
    """Return a struct that is alone; an empty one for anything else."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0]
    return {}


def _structs(value: object) -> list[dict[str, Any]]:
    """Return the structs of an array of structs, or of a cell of single ones."""
    listed = value if isinstance(value, list) else []
    return [entry if isinstance(entry, dict) else _one(entry) for entry in listed]


def _understood(path: Path | str, found: Variables) -> EmgRecording | EmgEpochs:
    structs = {name: struct for name, value in found.items() if (struct := _one(value))}
    if {"data", "datastart", "dataend", "titles", "samplerate"} <= set(found):
        return _labchart(path, found)
    for struct in structs.values():
        if {"values", "interval", "frames", "chaninfo"} <= set(struct):
            return _signal(path, struct)
    if any(set(struct) >= WAVE for struct in structs.values()):
        return _spike2(path, structs)
    names = [name for name in found if not name.startswith("__")]
    msg = (
        f"{path}: the MATLAB file must be an export of LabChart, Spike2 or Signal; its "
        f"variables are {quoted(names)}. Write the EMG as CSV with a column of time instead."
    )
    raise FileFormatError(msg)


def _words(value: object) -> list[str]:
    """Rows of text, whether MATLAB kept them as a matrix of characters or as cells."""
    listed = value if isinstance(value, list) else [value]
    return [word.strip() for word in listed if isinstance(word, str)]


def _rate_hz(path: Path | str, value: float) -> float:
    if not 0 < value <= MOST_RATE_HZ:
        msg = f"{path}: the sampling rate must be above 0 Hz; got {quoted(value)}."
        raise FileFormatError(msg)
    return value


def _scalar(value: object, otherwise: float = np.nan) -> float:
    """Return the first number of an array, or what stands for none."""
    flat = np.ravel(value) if isinstance(value, np.ndarray) else np.empty(0)
    return float(flat[0]) if len(flat) else otherwise


def _in_volt(name: str, values: object, rate_hz: float, unit: str, scale: float = 1.0,
             offset: float = 0.0) -> EmgChannel:  # fmt: skip
    factor = volts_of(unit) or 1.0
    flat = np.asarray(values, dtype=float).ravel()
    return EmgChannel(name, flat, rate_hz, scale * factor, offset * factor, unit)


def _labchart(path: Path | str, found: Variables) -> EmgRecording:
    """Understand one block; rows of ``datastart`` are channels, columns blocks."""
    titles = _words(found["titles"])
    if not titles:
        msg = f"{path}: it names no channel. Export it again."
        raise FileFormatError(msg)
    starts = np.asarray(found["datastart"], dtype=float).reshape(len(titles), -1)
    ends = np.asarray(found["dataend"], dtype=float).reshape(starts.shape)
    rates = np.asarray(found["samplerate"], dtype=float).reshape(starts.shape)
    if starts.shape[1] != 1:
        msg = f"{path}: it holds {starts.shape[1]} blocks. Export one block at a time."
        raise FileFormatError(msg)
    data = np.asarray(found["data"], dtype=float).ravel()
    units = _words(found.get("unittext", []))
    which = np.asarray(found.get("unittextmap", np.zeros(starts.shape))).reshape(starts.shape)
    channels = []
    for k, title in enumerate(titles):
        first, last = int(starts[k, 0]), int(ends[k, 0])
        if first < 1:  # LabChart's sign for a channel without samples
            continue
        if last > len(data):
            msg = f"{path}: channel {quoted(title)} ends at {last} of {len(data)} values."
            raise FileFormatError(msg)
        unit_at = int(which[k, 0]) - 1
        unit = units[unit_at] if 0 <= unit_at < len(units) else ""
        rate_hz = _rate_hz(path, rates[k, 0])
        channels.append(_in_volt(title, data[first - 1 : last], rate_hz, unit))
    return EmgRecording("LabChart MATLAB", tuple(channels), _labchart_markers(path, found))


def _labchart_markers(path: Path | str, found: Variables) -> dict[str, FloatArray]:
    """Comments: rows of channel, block, position in ticks, kind, number of the text."""
    if "com" not in found or not np.size(found["com"]):
        return {}
    tick_hz = _rate_hz(path, _scalar(found["tickrate"]))
    texts = _words(found["comtext"])
    markers: dict[str, list[float]] = {}
    for row in np.asarray(found["com"], dtype=float).reshape(-1, 5):
        at = int(row[4]) - 1
        words = texts[at] if 0 <= at < len(texts) else "comment"
        markers.setdefault(words or "comment", []).append(float(row[2]) / tick_hz)
    return {name: np.array(sorted(times)) for name, times in markers.items()}


def _spike2(path: Path | str, structs: Mapping[str, dict[str, Any]]) -> EmgRecording:
    """Understand waveforms, whose values are in their unit, and events."""
    channels, markers = [], {}
    waves = [s for s in structs.values() if set(s) >= WAVE]
    start_s = min(_scalar(s.get("start"), 0.0) for s in waves)
    for struct in waves:
        rate_hz = _rate_hz(path, 1 / _scalar(struct["interval"]))
        unit, title = ("".join(_words(struct.get(name))[:1]) for name in ("units", "title"))
        channels.append(_in_volt(title, struct["values"], rate_hz, unit))
    for name, struct in structs.items():
        if "times" in struct and "values" not in struct:
            title = "".join(_words(struct.get("title"))[:1]) or name
            markers[title] = np.sort(np.asarray(struct["times"], dtype=float).ravel()) - start_s
    return EmgRecording("Spike2 MATLAB", tuple(channels), markers)


def _signal(path: Path | str, struct: Mapping[str, Any]) -> EmgEpochs:
    listed = _structs(struct["chaninfo"])
    titles = ["".join(_words(entry["title"])[:1]) for entry in listed]
    units = ["".join(_words(entry.get("units"))[:1]) for entry in listed]
    unknown = [t for t, unit in zip(titles, units, strict=True) if volts_of(unit) is None]
    values = np.asarray(struct["values"], dtype=float)
    if not values.size or values.size % (values.shape[0] * max(len(titles), 1)):
        msg = f"{path}: the values do not fit {len(titles)} channels. Export them again."
        raise FileFormatError(msg)
    values = values.reshape(values.shape[0], len(titles), -1, order="F")
    keep = [k for k, unit in enumerate(units) if volts_of(unit) is not None]
    if not keep:
        msg = f"{path}: no channel is in volt; the units are {quoted(units)}."
        raise FileFormatError(msg)
    factors = np.array([volts_of(units[k]) or 1.0 for k in keep])
    volts = np.moveaxis(values[:, keep, :], (0, 1, 2), (2, 1, 0)) * factors[None, :, None]
    frames = _structs(struct.get("frameinfo"))
    times = np.array([_scalar(frame["start"]) for frame in frames])
    if len(times) != len(volts) or (np.diff(times) <= 0).any():
        times = np.full(len(volts), np.nan)
    left_out = (f"channels that are not in volt are left out: {quoted(unknown)}",)
    return EmgEpochs(
        tuple(titles[k] for k in keep),
        volts,
        _rate_hz(path, 1 / _scalar(struct["interval"])),
        _scalar(struct.get("start"), 0.0),
        times,
        notes=left_out if unknown else (),
    )
