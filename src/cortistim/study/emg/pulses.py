"""When the pulses came: from a marker, a trigger channel, or a table of times."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import looks_like_file
from cortistim.io.emg import edges_s
from cortistim.io.emg.bids import read_tsv
from cortistim.io.emg.units import require_volts, volts_of
from cortistim.io.text import csv_rows
from cortistim.mapping.emg import EmgChannel, EmgRecording
from cortistim.mapping.emg.recording import require_pulses
from cortistim.typing import FloatArray

LIKELY = re.compile(r"tms|stim|pulse|trig|ttl", re.IGNORECASE)
TRIGGER = re.compile(r"trig|ttl|stim|tms|pulse|sync", re.IGNORECASE)
TIMES = ("time_s", "onset")
EMG_KINDS = ("", "N/A", "EMG")
MOST_LISTED = 8


def find_pulses(recording: EmgRecording, asked: str | None) -> tuple[FloatArray, str]:
    """Return when the pulses came.

    Parameters
    ----------
    recording : EmgRecording
        With markers and channels.
    asked : str or None
        A marker, a channel whose edges are triggers, or a table with a column ``time_s`` or
        ``onset``. None takes the only marker, the only one that is called like a trigger, or
        the only channel that is.

    Returns
    -------
    times_s : (n_pulse,) array [s]
        Rising.
    words : str
        Where they are from.

    Raises
    ------
    BadInputError
        When there is no trigger, or more than one that may be meant.
    """
    if asked is not None:
        times_s, words = _named(recording, asked)
    else:
        times_s, words = _found(recording)
    require_pulses(times_s)
    return times_s, words


def _named(recording: EmgRecording, asked: str) -> tuple[FloatArray, str]:
    if asked in recording.markers:
        return _distinct(recording.markers[asked]), f"marker {quoted(asked)}"
    if looks_like_file(asked) and Path(asked).is_file():
        return times_in(Path(asked)), f"times in {Path(asked).name}"
    names = [c.name.strip().lower() for c in recording.channels]
    if asked.strip().lower() in names:
        return edges_s(recording.channel(asked)), f"edges of channel {quoted(asked)}"
    msg = (
        f"`pulses` must be a marker, a channel or a table of times; there is no "
        f"{quoted(asked)}. {_offer(recording)}"
    )
    raise BadInputError(msg)


def _found(recording: EmgRecording) -> tuple[FloatArray, str]:
    markers = recording.markers
    likely = [name for name in markers if LIKELY.search(name)]
    chosen = list(markers) if len(markers) == 1 else likely
    if len(chosen) == 1:
        return _distinct(markers[chosen[0]]), f"marker {quoted(chosen[0])}"
    channels = [c for c in recording.channels if _is_trigger(c)]
    if not markers and len(channels) == 1:
        return edges_s(channels[0]), f"edges of channel {quoted(channels[0].name)}"
    what = "several kinds of marker" if markers else "no trigger"
    msg = f"the recording has {what}: say when the pulses came (`pulses`). {_offer(recording)}"
    raise BadInputError(msg)


def _is_trigger(channel: EmgChannel) -> bool:
    return channel.kind == "TRIG" or (not channel.kind and bool(TRIGGER.search(channel.name)))


def _distinct(times_s: FloatArray) -> FloatArray:
    """Two markers of one kind at one time are one pulse."""
    return np.unique(np.asarray(times_s, dtype=float))


def _offer(recording: EmgRecording) -> str:
    counted = [
        f"{quoted(n)} ({len(t)})" for n, t in list(recording.markers.items())[:MOST_LISTED]
    ]
    markers = ", ".join(counted) or "none"
    channels = ", ".join(quoted(c.name) for c in recording.channels[:MOST_LISTED]) or "none"
    return f"Markers: {markers}; channels: {channels}."


def times_in(path: Path) -> FloatArray:
    """Read times of pulses from a table.

    Parameters
    ----------
    path : Path
        CSV, or TSV as BIDS has it, with a column ``time_s`` or ``onset``, in seconds.

    Returns
    -------
    (n_pulse,) array [s]
        In the table's order, each time once; one row for each muscle is allowed.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When there is no such column, or a time is no number.
    """
    if path.suffix.lower() == ".tsv":
        table = read_tsv(path)
    else:
        (_, heading), *rows = csv_rows(path) or [(1, [])]
        table = [dict(zip(heading, row, strict=False)) for _, row in rows]
    names = [name for name in TIMES if table and name in table[0]]
    if not names:
        msg = f"{path}: a table of pulses must have a column {' or '.join(TIMES)}, in seconds."
        raise FileFormatError(msg)
    times: dict[float, None] = {}
    for number, row in enumerate(table, start=1):
        try:
            value = float(row.get(names[0], ""))
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            said = quoted(row.get(names[0], ""))
            msg = f"{path}: row {number}, column {names[0]}: must be seconds; got {said}."
            raise FileFormatError(msg)
        times[value] = None
    return np.array(list(times))


def emg_channels(
    recording: EmgRecording, names: tuple[str, ...], unit: str | None
) -> EmgRecording:
    """Keep the channels that are measured, all of them in volt.

    Parameters
    ----------
    recording : EmgRecording
        Any.
    names : tuple of str
        Which; none for all that are in volt and not called like a trigger.
    unit : str or None
        The unit of channels that do not tell theirs.

    Returns
    -------
    EmgRecording
        With those channels only.

    Raises
    ------
    BadInputError
        When none is left, a name is not there, or a channel does not tell its unit.
    """
    if names:
        chosen = [recording.channel(name) for name in names]
    else:
        told = [c for c in recording.channels if not _is_trigger(c) and c.kind in EMG_KINDS]
        chosen = [c for c in told if volts_of(c.unit) is not None or (unit and not c.unit)]
        if not chosen and told:
            chosen = [c for c in told if not c.unit] or told
    if not chosen:
        msg = f"the recording has no channel of EMG. {_offer(recording)}"
        raise BadInputError(msg)
    return replace(recording, channels=tuple(_in_volt(c, unit) for c in chosen))


def _in_volt(channel: EmgChannel, unit: str | None) -> EmgChannel:
    if volts_of(channel.unit) is not None:
        return channel
    if channel.unit:
        msg = (
            f"`channels` must be in volt; {quoted(channel.name)} is in {quoted(channel.unit)}. "
            "Name others."
        )
        raise BadInputError(msg)
    if unit is None:
        msg = (
            f"{quoted(channel.name)} does not tell its unit, and none is guessed: say it "
            "(`unit`), such as uV or mV."
        )
        raise BadInputError(msg)
    factor = require_volts(unit)
    limits = channel.limits_v
    return replace(
        channel,
        gain_v=channel.gain_v * factor,
        offset_v=channel.offset_v * factor,
        unit=unit,
        limits_v=None if limits is None else (limits[0] * factor, limits[1] * factor),
    )
