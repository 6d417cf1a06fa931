"""BrainVision: a header (.vhdr), markers (.vmrk) and samples (.eeg), three files together.

The header names the two others, which must lie beside it: names with folders are cut to their
last part, so that no header can point elsewhere.
"""

from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.files import require_file
from cortistim.io.emg.units import volts_of
from cortistim.io.emg.words import bytes_of, decoded
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.typing import FloatArray

MAGIC = ("brain vision data exchange header", "brainvision data exchange header")
DTYPES = {"INT_16": "<i2", "INT_32": "<i4", "IEEE_FLOAT_32": "<f4"}
MOST_CHANNELS = 1024
DEFAULT_UNIT = "µV"  # what the format says an empty unit means

Sections = dict[str, dict[str, str]]


def looks_like(data: bytes) -> bool:
    """Say whether a file is a BrainVision header by its first line."""
    return decoded(data[:100]).lstrip().lower().startswith(MAGIC)


def read_brainvision(path: Path | str) -> EmgRecording:
    """Read a recording of BrainVision.

    Parameters
    ----------
    path : Path or str
        The header, .vhdr; its other two files are looked for beside it.

    Returns
    -------
    EmgRecording
        Markers under their description, or their type where they have none.

    Raises
    ------
    BadInputError
        When a file of the three is missing.
    FileFormatError
        When the header is not sound, or the samples do not fit it.
    """
    path = Path(path)
    data = bytes_of(path)
    if not looks_like(data):
        msg = f"{path}: this is no BrainVision header (.vhdr). Name the .vhdr of the three."
        raise FileFormatError(msg)
    sections = _sections(decoded(data))
    common = sections.get("common infos", {})
    interval_us = _number(path, common, "samplinginterval", 1e-3, 1e9)
    n_channel = int(_number(path, common, "numberofchannels", 1, MOST_CHANNELS))
    counts = _samples(path, sections, n_channel)
    rate_hz = 1e6 / interval_us
    channels = tuple(
        _channel(sections.get("channel infos", {}).get(f"ch{k + 1}", ""), k, counts[k], rate_hz)
        for k in range(n_channel)
    )
    markers, notes = _markers(path, common.get("markerfile", ""), rate_hz)
    return EmgRecording("BrainVision", channels, markers, notes)


def _sections(text: str) -> Sections:
    """Split into sections; keys in small letters, comments left out."""
    found: Sections = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        entry = line.strip()
        if entry.startswith(";") or not entry:
            continue
        if entry.startswith("[") and entry.endswith("]"):
            section = found.setdefault(entry[1:-1].strip().lower(), {})
            if entry.lower() == "[comment]":
                section = {}
        elif "=" in entry:
            key, _, value = entry.partition("=")
            section[key.strip().lower()] = value.strip()
    return found


def _number(path: Path, section: dict[str, str], key: str, least: float, most: float) -> float:
    text = section.get(key, "")
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not least <= value <= most:
        msg = (
            f"{path}: {key} must be a number from {least:g} to {most:g}; got {quoted(text)}. "
            "Export the recording again."
        )
        raise FileFormatError(msg)
    return value


def _beside(path: Path, name: str, ending: str) -> Path:
    """Return the file of that name in the header's own folder."""
    plain = PureWindowsPath(PurePosixPath(name).name).name.replace("$b", path.stem)
    other = path.with_name(plain) if plain else path.with_suffix(ending)
    return require_file(other, f"{path.name} needs it; put both into one folder.")


def _samples(path: Path, sections: Sections, n_channel: int) -> FloatArray:
    """Return counts, (n_channel, n_sample)."""
    common = sections.get("common infos", {})
    if common.get("dataformat", "BINARY").upper() != "BINARY":
        msg = f"{path}: samples must be binary; got {common['dataformat'][:40]!r}."
        raise FileFormatError(msg)
    form = sections.get("binary infos", {}).get("binaryformat", "").upper()
    if form not in DTYPES:
        msg = f"{path}: BinaryFormat must be one of {', '.join(DTYPES)}; got {quoted(form)}."
        raise FileFormatError(msg)
    other = _beside(path, common.get("datafile", ""), ".eeg")
    data = bytes_of(other)
    size = np.dtype(DTYPES[form]).itemsize * n_channel
    if len(data) < size or len(data) % size:
        msg = (
            f"{other}: the samples are truncated: {len(data)} bytes are no multiple of "
            f"{size}, {n_channel} channels in {form}. Copy the file again."
        )
        raise FileFormatError(msg)
    flat = np.frombuffer(data, DTYPES[form])
    orientation = common.get("dataorientation", "MULTIPLEXED").upper()
    if orientation == "MULTIPLEXED":
        return np.ascontiguousarray(flat.reshape(-1, n_channel).T)
    if orientation == "VECTORIZED":
        return flat.reshape(n_channel, -1)
    msg = (
        f"{path}: DataOrientation must be MULTIPLEXED or VECTORIZED; got {quoted(orientation)}."
    )
    raise FileFormatError(msg)


def _channel(entry: str, index: int, counts: FloatArray, rate_hz: float) -> EmgChannel:
    r"""Understand ``name,reference,resolution,unit``; commas in names are written ``\1``."""
    cells = [cell.replace("\\1", ",").strip() for cell in entry.split(",")]
    name, _, resolution, unit = (*cells, "", "", "", "")[:4]
    unit = unit or DEFAULT_UNIT
    try:
        gain = float(resolution) if resolution else 1.0
    except ValueError:
        gain = np.nan
    if not np.isfinite(gain) or gain == 0:
        msg = (
            f"the resolution of channel {index + 1} must be a number; got {quoted(resolution)}."
        )
        raise FileFormatError(msg)
    factor = volts_of(unit)
    gain_v = gain * (1.0 if factor is None else factor)
    limits = None
    if counts.dtype.kind == "i":
        span = np.iinfo(counts.dtype)
        ends = sorted((span.min * gain_v, span.max * gain_v))
        limits = (ends[0], ends[1])
    return EmgChannel(name or f"Ch{index + 1}", counts, rate_hz, gain_v, 0.0, unit, limits)


def _markers(
    path: Path, name: str, rate_hz: float
) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Read markers; positions count from 1."""
    if not name:
        return {}, ("the header names no file of markers",)
    text = decoded(bytes_of(_beside(path, name, ".vmrk")))
    found: dict[str, list[float]] = {}
    segments = 0
    for key, value in _sections(text).get("marker infos", {}).items():
        cells = [cell.replace("\\1", ",").strip() for cell in value.split(",")]
        if not key.startswith("mk") or len(cells) < 3 or not cells[2].isascii():
            continue
        if cells[0].lower() == "new segment":
            segments += 1
            continue
        if not cells[2].isdigit() or len(cells[2]) > 15 or int(cells[2]) < 1:
            msg = (
                f"{path}: {key}: the position must be a whole number from 1; got "
                f"{quoted(cells[2])}. Export the recording again."
            )
            raise FileFormatError(msg)
        found.setdefault(cells[1] or cells[0], []).append((int(cells[2]) - 1) / rate_hz)
    notes = () if segments <= 1 else (
        f"{segments} segments follow each other: time was cut out between them",
    )  # fmt: skip
    return {name: np.array(sorted(times)) for name, times in found.items()}, notes
