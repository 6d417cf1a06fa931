"""EDF, EDF+, BDF and BDF+: the formats that BIDS allows for EMG; read and written.

A header of fixed fields in ASCII, then records, each with some samples of every channel:
16 bits in EDF, 24 in BDF (kemp2003). Read here and not by a library, because samples stay in
the amplifier's counts, every length is checked against the file before it is believed, and
no further package is needed for the one format that BIDS asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.emg.units import volts_of
from cortistim.io.emg.words import bytes_of
from cortistim.io.text import write_bytes
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.typing import FloatArray, IntArray

FIXED, PER_CHANNEL = 256, 256
MOST_CHANNELS = 1024
BDF = b"\xffBIOSEMI"
TALKING = ("EDF Annotations", "BDF Annotations")
STATUS = "Status"
TRIGGER_BITS = 0xFFFF  # of the 24 in BioSemi's status channel; the rest tell of the amplifier
GAP_S = 1e-3
FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
LABEL, _, UNIT, LOW, HIGH, LEAST, MOST, _, SAMPLES, _ = range(10)
RECORD_S = 1.0
ENDS = ((-(2**15), 2**15 - 1), (-32000, 32000), (-(2**23), 2**23 - 1), (-8_000_000, 8_000_000))
"""Counts that limits may stand for; the pair is taken whose limits are written best."""


@dataclass(frozen=True)
class _Signal:
    label: str
    unit: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    samples: int


@dataclass(frozen=True)
class _Header:
    wide: bool
    kind: str
    start: int
    records: int
    record_s: float
    signals: tuple[_Signal, ...]


def looks_like(data: bytes) -> bool:
    """Say whether a file is EDF or BDF by its first bytes."""
    return data[:8] in (b"0       ", BDF)


def read_edf(path: Path | str) -> EmgRecording:
    """Read a recording in EDF, EDF+, BDF or BDF+.

    Parameters
    ----------
    path : Path or str
        Gzipped or not.

    Returns
    -------
    EmgRecording
        Annotations are markers under their own words, BioSemi's triggers under
        ``Status N``.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is none of these, is truncated, or has gaps between its records.
    """
    data = bytes_of(path)
    if not looks_like(data):
        msg = f"{path}: this is neither EDF nor BDF. Check that it is the right file."
        raise FileFormatError(msg)
    try:
        header = _header(data)
        counts = _counts(data, header)
    except FileFormatError as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error
    markers: dict[str, list[float]] = {}
    channels, notes = [], []
    for signal, samples in zip(header.signals, counts, strict=True):
        if signal.label in TALKING:
            starts = _annotations(samples, header, markers)
            _require_no_gap(path, starts, header)
        else:
            channels.append(_channel(signal, samples, header))
            if signal.label == STATUS and header.wide:
                _triggers(channels[-1], markers)
    if not channels:
        notes.append("the file holds annotations, but no signal")
    times = {name: np.array(sorted(found)) for name, found in markers.items()}
    form = ("BDF" if header.wide else "EDF") + ("+" if header.kind else "")
    return EmgRecording(form, tuple(channels), times, tuple(notes))


def _header(data: bytes) -> _Header:
    if len(data) < FIXED:
        msg = "the header is truncated. Copy the file again."
        raise FileFormatError(msg)
    n_signal = int(_number(data[252:256], "number of signals", 1, MOST_CHANNELS))
    start = FIXED + PER_CHANNEL * n_signal
    if len(data) < start:
        msg = f"the header of {n_signal} signals is truncated. Copy the file again."
        raise FileFormatError(msg)
    signals = tuple(_signal(cells) for cells in _cells(data, n_signal))
    kind = _text(data[192:236])[:5]
    record_s = _number(data[244:252], "duration of a record", 0, 1e6)
    wide = data[:8] == BDF
    width = sum(s.samples for s in signals) * (3 if wide else 2)
    records = int(_number(data[236:244], "number of records", -1, 1e8))
    held = (len(data) - start) // max(width, 1)
    if records == -1:  # a recording that was never closed
        records = held
    if records > held or records < 1 or width == 0:
        msg = (
            f"the file is truncated: it states {records} records of {width} bytes, and holds "
            f"{held}. Copy or save it again."
        )
        raise FileFormatError(msg)
    if record_s <= 0 and any(s.label not in TALKING for s in signals):
        msg = f"the duration of a record must be above 0 s; got {record_s:g}."
        raise FileFormatError(msg)
    return _Header(wide, kind if kind[:3] in ("EDF", "BDF") else "", start, records, record_s,
                   signals)  # fmt: skip


def _cells(data: bytes, n_signal: int) -> list[list[bytes]]:
    """Return the fields of each signal; the header has field after field."""
    at, columns = FIXED, []
    for width in FIELDS:
        columns.append([data[at + k * width : at + (k + 1) * width] for k in range(n_signal)])
        at += width * n_signal
    return [list(row) for row in zip(*columns, strict=True)]


def _signal(cells: Sequence[bytes]) -> _Signal:
    label = _text(cells[LABEL])
    if label in TALKING:
        physical, digital = (-1.0, 1.0), (-1.0, 1.0)
    else:
        limit = 1e12
        what, limit = f"limits of {quoted(label)}", 1e12
        low, high = (_number(cells[k], what, -limit, limit) for k in (LOW, HIGH))
        least, most = (_number(cells[k], what, -(2**31), 2**31) for k in (LEAST, MOST))
        physical, digital = (low, high), (least, most)
        if digital[0] >= digital[1] or physical[0] == physical[1]:
            msg = f"the limits of {quoted(label)} leave no room between them. Export it again."
            raise FileFormatError(msg)
    samples = int(_number(cells[SAMPLES], f"samples of {quoted(label)}", 0, 1e7))
    return _Signal(label, _text(cells[UNIT]), physical, digital, samples)


def _text(field: bytes) -> str:
    return field.decode("latin-1").replace("\0", " ").strip()


def _number(field: bytes, what: str, least: float, most: float) -> float:
    text = _text(field)
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not least <= value <= most:
        msg = f"the {what} must be a number from {least:g} to {most:g}; got {quoted(text)}."
        raise FileFormatError(msg)
    return value


def _counts(data: bytes, header: _Header) -> list[IntArray]:
    """Return the samples of each signal, in counts; annotations as bytes."""
    each = 3 if header.wide else 2
    widths = [s.samples * each for s in header.signals]
    size = header.records * sum(widths)
    raw = np.frombuffer(data, np.uint8, size, header.start).reshape(header.records, -1)
    found, at = [], 0
    for signal, width in zip(header.signals, widths, strict=True):
        piece = raw[:, at : at + width]
        at += width
        if signal.label in TALKING:
            found.append(piece)
        elif header.wide:
            found.append(_from_24_bits(piece))
        else:
            found.append(np.ascontiguousarray(piece).view("<i2").ravel())
    return found


def _from_24_bits(piece: IntArray) -> IntArray:
    three = np.ascontiguousarray(piece).reshape(-1, 3)
    padded = np.zeros((len(three), 4), np.uint8)
    padded[:, 1:] = three
    return padded.view("<i4").ravel() >> 8


def _channel(signal: _Signal, samples: IntArray, header: _Header) -> EmgChannel:
    (low, high), (least, most) = signal.physical, signal.digital
    factor = volts_of(signal.unit)
    scale = (high - low) / (most - least)
    unit_v = 1.0 if factor is None else factor
    ends = sorted((low * unit_v, high * unit_v))
    return EmgChannel(
        signal.label,
        samples,
        signal.samples / header.record_s,
        scale * unit_v,
        (low - least * scale) * unit_v,
        signal.unit,
        (ends[0], ends[1]),
    )


def _annotations(
    raw: IntArray, header: _Header, markers: dict[str, list[float]]
) -> list[float]:
    """Collect annotations; return when each record begins, as its first one says."""
    starts: list[float] = []
    found: list[tuple[str, float]] = []
    for record in raw:
        begun = False
        for entry in record.tobytes().split(b"\0"):
            onset_s, texts = _entry(entry)
            if onset_s is None:
                continue
            if not begun:
                starts.append(onset_s)
                begun = True
            found.extend((text, onset_s) for text in filter(None, texts))
    first_s = starts[0] if starts else 0.0  # it may be a fraction of a second
    for text, onset_s in found:
        markers.setdefault(text, []).append(onset_s - first_s)
    return starts if header.kind else []


def _entry(entry: bytes) -> tuple[float | None, list[str]]:
    """Return the onset and the words of one annotation."""
    head, *texts = entry.split(b"\x14")
    onset = head.split(b"\x15")[0]
    try:
        onset_s = float(onset) if onset[:1] in (b"+", b"-") else np.nan
    except ValueError:
        onset_s = np.nan
    if not np.isfinite(onset_s):
        return None, []
    return onset_s, [text.decode("utf-8", errors="replace").strip() for text in texts]


def _require_no_gap(path: Path | str, starts: list[float], header: _Header) -> None:
    apart = np.abs(np.diff(starts) - header.record_s)
    if len(apart) and float(apart.max()) > GAP_S:
        at = int(apart.argmax()) + 1
        msg = (
            f"{path}: records must follow each other without a gap; record {at + 1} begins "
            f"at {starts[at]:.6g} s. Export the recording as continuous (EDF+C, BDF+C)."
        )
        raise FileFormatError(msg)


def _triggers(channel: EmgChannel, markers: dict[str, list[float]]) -> None:
    """Collect the changes of BioSemi's trigger bits to a value above 0."""
    values = np.asarray(channel.samples) & TRIGGER_BITS
    changed = np.flatnonzero(np.diff(values) != 0) + 1
    for at in changed[values[changed] > 0]:
        name = f"{STATUS} {int(values[at])}"
        markers.setdefault(name, []).append(int(at) / channel.rate_hz)


def write_edf(path: Path | str, recording: EmgRecording) -> None:
    """Write a recording as EDF+C, or as BDF+C when the name ends in ``.bdf``; atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    recording : EmgRecording
        All channels in volt, with whole numbers of samples in a second. Counts that fit are
        written as they are; others are spread over the format's range. The end is padded
        with the last sample to a whole second.

    Raises
    ------
    BadInputError
        When a rate is not a whole number, a sample not finite, or the place cannot be
        written to.
    """
    wide = str(path).lower().endswith(".bdf")
    each = 3 if wide else 2
    records = max(int(np.ceil(round(recording.duration_s / RECORD_S, 9))), 1)
    made = [_quantised(channel, records, wide=wide) for channel in recording.channels]
    talk = _talk(recording.markers, records, each)
    signals = [*(signal for signal, _ in made), _Signal(
        TALKING[int(wide)], "", (-1, 1), (-(2 ** (8 * each - 1)), 2 ** (8 * each - 1) - 1),
        talk.shape[1] // each)]  # fmt: skip
    pieces = [_packed(counts, records, wide=wide) for _, counts in made]
    body = np.concatenate([*pieces, talk], axis=1)
    write_bytes(path, _head(signals, records, wide=wide) + body.tobytes())


def _quantised(channel: EmgChannel, records: int, *, wide: bool) -> tuple[_Signal, IntArray]:
    rate = round(channel.rate_hz)
    if abs(rate - channel.rate_hz) > 1e-9 or rate < 1:
        msg = (
            f"{quoted(channel.name)}: EDF needs a whole number of samples in a second; got "
            f"{channel.rate_hz:g}. Write it as CSV."
        )
        raise BadInputError(msg)
    samples = np.asarray(channel.samples)
    if not np.isfinite(samples).all():
        msg = f"{quoted(channel.name)}: EDF has no word for samples that are missing (nan)."
        raise BadInputError(msg)
    microvolts = 1e6 if volts_of(channel.unit) is not None or not channel.unit else 1.0
    ends = [end for end in ENDS if wide or end[1] < 2**15]
    if samples.dtype.kind in "iu":
        ends = [end for end in ends if end[0] <= samples.min() and samples.max() <= end[1]]
    if samples.dtype.kind in "iu" and ends:
        gain, offset = channel.gain_v * microvolts, channel.offset_v * microvolts
        counts = samples.astype(np.int64)
    else:
        ends = [(-(2**23), 2**23 - 1) if wide else (-(2**15), 2**15 - 1)]
        values = (samples.astype(float) * channel.gain_v + channel.offset_v) * microvolts
        low, high = float(values.min()), float(values.max())
        offset = float(f"{(low + high) / 2:.4g}")
        gain = _rounded_up(1.001 * max(high - offset, offset - low, 1e-9) / ends[0][1])
        counts = np.clip(np.round((values - offset) / gain), *ends[0]).astype(np.int64)
    digital = min(ends, key=lambda pair: _written_error(gain, offset, pair))
    low, high = (offset + gain * end for end in digital)
    padded = np.concatenate([counts, np.full(records * rate - len(counts), counts[-1])])
    unit = "uV" if microvolts > 1 else channel.unit
    return _Signal(channel.name, unit, (low, high), digital, rate), padded


def _rounded_up(value: float) -> float:
    """Round up to three digits, so that limits fit into their eight characters."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 2)
    return float(f"{np.ceil(value / unit) * unit:.4g}")


def _written_error(gain: float, offset: float, digital: tuple[int, int]) -> float:
    """Return the largest share by which a limit changes when it is written."""
    limits = [offset + gain * end for end in digital]
    return max(abs(float(_limit(limit)) - limit) for limit in limits) / max(map(abs, limits))


def _packed(counts: IntArray, records: int, *, wide: bool) -> IntArray:
    if wide:
        four = counts.astype("<i4").view(np.uint8).reshape(-1, 4)
        return np.ascontiguousarray(four[:, :3]).reshape(records, -1)
    return counts.astype("<i2").view(np.uint8).reshape(records, -1)


def _talk(markers: Mapping[str, FloatArray], records: int, each: int) -> IntArray:
    """Return the annotations, bytes for each record."""
    lines = [[f"+{k * RECORD_S:g}\x14\x14\0".encode()] for k in range(records)]
    for name, times in markers.items():
        words = " ".join(name.replace("\x14", " ").replace("\x15", " ").split("\0"))
        for time_s in np.asarray(times):
            at = min(max(int(time_s // RECORD_S), 0), records - 1)
            lines[at].append(f"+{time_s:.9g}\x14{words}\x14\0".encode())
    packed = [b"".join(line) for line in lines]
    width = max(map(len, packed))
    width += -width % each
    return np.array([list(text.ljust(width, b"\0")) for text in packed], dtype=np.uint8)


def _head(signals: Sequence[_Signal], records: int, *, wide: bool) -> bytes:
    start = FIXED + PER_CHANNEL * len(signals)
    fields = [
        (BDF if wide else b"0".ljust(8)), _field("X X X X", 80),
        _field("Startdate X X X X", 80), _field("01.01.85", 8), _field("00.00.00", 8),
        _field(str(start), 8), _field("BDF+C" if wide else "EDF+C", 44),
        _field(str(records), 8), _field(f"{RECORD_S:g}", 8), _field(str(len(signals)), 4),
    ]  # fmt: skip
    columns = [
        [(s.label, "", s.unit, _limit(s.physical[0]), _limit(s.physical[1]),
          f"{s.digital[0]:.0f}", f"{s.digital[1]:.0f}", "", str(s.samples), "")[k]
         for s in signals]
        for k in range(len(FIELDS))
    ]  # fmt: skip
    for width, column in zip(FIELDS, columns, strict=True):
        fields += [_field(text, width) for text in column]
    return b"".join(fields)


def _field(text: str, width: int) -> bytes:
    return text.encode("ascii", errors="replace")[:width].ljust(width)


def _limit(value: float) -> str:
    """Write a limit in at most eight characters, as exactly as they allow."""
    texts = [f"{value:.{digits}g}" for digits in range(8, 0, -1)]
    return next(text for text in texts if len(text) <= 8)
