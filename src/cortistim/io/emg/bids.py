"""EMG in BIDS: an EDF or BDF file with its sidecars.

``_channels.tsv`` says what the channels are, ``_events.tsv`` when the pulses came,
``_emg.json`` how it was recorded. The data file's own header must agree with them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.io.emg.edf import read_edf
from cortistim.io.emg.units import volts_of
from cortistim.io.emg.words import bytes_of, decoded
from cortistim.mapping.emg import EmgRecording
from cortistim.typing import FloatArray

ENDINGS = ("_emg.edf", "_emg.bdf")
EVENT_NAMES = ("trial_type", "value", "nibs_event_id")
Table = list[dict[str, str]]


def is_bids_emg(path: Path | str) -> bool:
    """Say whether a file has a name that BIDS gives to EMG."""
    return str(path).lower().endswith(ENDINGS)


def read_bids_emg(path: Path | str) -> EmgRecording:
    """Read EMG of BIDS with what its sidecars say.

    Parameters
    ----------
    path : Path or str
        ``..._emg.edf`` or ``..._emg.bdf``; sidecars are read where they are there.

    Returns
    -------
    EmgRecording
        Events are markers, named by ``trial_type``, else ``value``, else ``nibs_event_id``.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a sidecar contradicts the data, named with its row and column.
    """
    path = Path(path)
    recording = read_edf(path)
    stem = path.name[: -len(ENDINGS[0])]
    channels = path.with_name(f"{stem}_channels.tsv")
    if channels.is_file():
        table = read_tsv(channels)
        _require_channels(channels, table, recording)
        kinds = {row.get("name", ""): row.get("type", "").upper() for row in table}
        named = (replace(c, kind=kinds.get(c.name, "")) for c in recording.channels)
        recording = replace(recording, channels=tuple(named))
    events = path.with_name(f"{stem}_events.tsv")
    if not events.is_file():
        return recording
    markers = dict(recording.markers) | events_of(events, read_tsv(events))
    return replace(recording, markers=markers, format=f"BIDS {recording.format}")


def read_tsv(path: Path | str) -> Table:
    """Read a table of BIDS: tabs, one heading, ``n/a`` where nothing is known.

    Parameters
    ----------
    path : Path or str
        A .tsv file.

    Returns
    -------
    list of dict
        Cells by column.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When a row has another number of cells than the heading.
    """
    lines = decoded(bytes_of(path)).splitlines()
    rows = [line.split("\t") for line in lines if line]  # cells of BIDS are never quoted
    if not rows:
        msg = f"{path}: a table must have a heading; the file is empty."
        raise FileFormatError(msg)
    heading = [cell.strip() for cell in rows[0]]
    twice = [name for name in heading if heading.count(name) > 1]
    if twice:
        msg = (
            f"{path}: row 1: each column must have its own name; {quoted(twice[0])} occurs "
            "twice. Rename one."
        )
        raise FileFormatError(msg)
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(heading):
            msg = (
                f"{path}: row {number}: there must be {len(heading)} cells, as in the heading; "
                f"got {len(row)}."
            )
            raise FileFormatError(msg)
    return [dict(zip(heading, row, strict=True)) for row in rows[1:]]


def _require_channels(path: Path, table: Table, recording: EmgRecording) -> None:
    """Compare names and units with those of the data file."""
    own = [c.name for c in recording.channels]
    listed = [row.get("name", "") for row in table]
    if [name for name in listed if name in own] != own:
        number = next(
            (k for k, name in enumerate(listed, start=2) if name not in own), len(listed) + 1
        )
        msg = (
            f"{path}: row {number}, column name: the channels must be those of the data file, "
            f"{quoted(own)}; got {quoted(listed)}."
        )
        raise FileFormatError(msg)
    for number, row in enumerate(table, start=2):
        unit = row.get("units", "n/a")
        if unit == "n/a" or row["name"] not in own:
            continue
        channel = recording.channel(row["name"])
        ours, theirs = volts_of(channel.unit), volts_of(unit)
        if ours is not None and theirs is not None and ours != theirs:
            msg = (
                f"{path}: row {number}, column units: {quoted(row['name'])} is in "
                f"{quoted(channel.unit)} in the data file, here in {quoted(unit)}. One of them "
                "is wrong; correct it."
            )
            raise FileFormatError(msg)


def events_of(path: Path, table: Table) -> dict[str, FloatArray]:
    """Return the times of each kind of event.

    Parameters
    ----------
    path : Path
        Named in complaints.
    table : list of dict
        Of ``_events.tsv``.

    Returns
    -------
    dict of str to array [s]
        Sorted.

    Raises
    ------
    FileFormatError
        When an onset is no number.
    """
    found: dict[str, list[float]] = {}
    for number, row in enumerate(table, start=2):
        text = row.get("onset", "")
        try:
            onset_s = float(text)
        except ValueError:
            onset_s = np.nan
        if not np.isfinite(onset_s):
            msg = f"{path}: row {number}, column onset: must be seconds; got {quoted(text)}."
            raise FileFormatError(msg)
        names = [row[k] for k in EVENT_NAMES if row.get(k, "n/a") != "n/a"]
        found.setdefault(names[0] if names else "event", []).append(onset_s)
    return {name: np.array(sorted(times)) for name, times in found.items()}
