"""Whatever program recorded it: the content decides how a file of EMG is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, CortistimError, FileFormatError, quoted
from cortistim.files import require_file
from cortistim.io.emg import brainsight, brainvision, edf, labchart, matlab, table
from cortistim.io.emg.bids import is_bids_emg, read_bids_emg
from cortistim.io.image.stream import beginning
from cortistim.io.navigators import brainsight as navigator
from cortistim.mapping.emg import EmgChannel, EmgEpochs, EmgRecording
from cortistim.typing import FloatArray

FIRST_BYTES = 4096
FOREIGN = {
    ".smr": "Export it from Spike2 as MATLAB (.mat) or spreadsheet text.",
    ".smrx": "Export it from Spike2 as MATLAB (.mat) or spreadsheet text.",
    ".cfs": "Export it from Signal as MATLAB (.mat).",
    ".adicht": "Export it from LabChart as text or MATLAB (.mat).",
    ".acq": "Export it from AcqKnowledge as text with a column of time.",
    ".eeg": "Name the header (.vhdr) that belongs to it.",
    ".vmrk": "Name the header (.vhdr) that belongs to it.",
}
"""Files that are not read, and what to do instead."""
BRIDGED = (".set", ".cnt", ".mff", ".fif", ".nxe", ".cdt", ".mefd")
"""Read by mne where it is installed."""
Read = Callable[[Path], "EmgRecording | EmgEpochs"]
LEAST_EDGE = 3.0
"""How far a trigger must stand out, in ranges of the middle nine tenths; assumed."""


def read_emg(path: Path | str) -> EmgRecording | EmgEpochs:
    """Read EMG of any format that is known.

    Parameters
    ----------
    path : Path or str
        EDF, BDF and their BIDS sidecars, BrainVision, Brainsight's text with EMG, LabChart's
        text, MATLAB files of LabChart, Spike2 and Signal, tables; others through mne.

    Returns
    -------
    EmgRecording or EmgEpochs
        Pieces where the program kept only pieces.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When the format is not known, or the file breaks its rules.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending in BRIDGED:
        return _by_mne(path)
    require_file(path)
    if ending in FOREIGN:
        msg = f"{path}: files that end in {ending} are not read. {FOREIGN[ending]}"
        raise FileFormatError(msg)
    data = beginning(path, FIRST_BYTES)
    if is_bids_emg(path) and edf.looks_like(data):
        return read_bids_emg(path)
    for known, read in _KINDS:
        if known(data):
            return read(path)
    msg = (
        f"{path}: this is no file of EMG that is known: EDF, BDF, BrainVision, text of "
        "Brainsight or LabChart, MATLAB files of LabChart, Spike2 or Signal, or a table that "
        "begins with time. Export it as one of these."
    )
    raise FileFormatError(msg)


_KINDS: tuple[tuple[Callable[[bytes], bool], Read], ...] = (
    (edf.looks_like, edf.read_edf),
    (brainvision.looks_like, brainvision.read_brainvision),
    (matlab.looks_like, matlab.read_emg_mat),
    (navigator.looks_like, brainsight.read_brainsight_emg),
    (labchart.looks_like, labchart.read_labchart_text),
    (table.looks_like, table.read_emg_table),
)


def _by_mne(path: Path | str) -> EmgRecording:
    """Read a recording that only mne knows.

    Parameters
    ----------
    path : Path or str
        Any file or folder that `mne.io.read_raw` takes.

    Returns
    -------
    EmgRecording
        Annotations are markers.

    Raises
    ------
    BadInputError
        When mne is not installed.
    FileFormatError
        When it cannot read the file.
    """
    path = Path(path)
    if not path.exists():
        require_file(path)
    try:
        import mne  # type: ignore[import-not-found]
    except ImportError as error:
        msg = (
            f"{path}: files that end in {path.suffix} are read by mne, which is not installed. "
            "Run: pip install 'cortistim[mne]'"
        )
        raise BadInputError(msg) from error
    try:
        raw = mne.io.read_raw(path, preload=False, verbose="error")
        return recording_of(raw)
    except CortistimError:  # says by itself what is wrong
        raise
    except Exception as error:  # whatever a reader of others may raise
        msg = f"{path}: mne cannot read it ({quoted(str(error))})."
        raise FileFormatError(msg) from error


def recording_of(raw: Any) -> EmgRecording:  # noqa: ANN401 - mne need not be installed
    """Turn a Raw object of mne into a recording.

    Parameters
    ----------
    raw : mne.io.Raw
        Any.

    Returns
    -------
    EmgRecording
        In single precision, which holds what any amplifier gives.
    """
    rate_hz = float(raw.info["sfreq"])
    kinds = dict(zip(raw.ch_names, raw.get_channel_types(), strict=True))
    channels = tuple(
        EmgChannel(
            name,
            raw.get_data(picks=[name])[0].astype(np.float32),
            rate_hz,
            unit="" if kinds[name] == "stim" else "V",
        )
        for name in raw.ch_names
    )
    markers: dict[str, list[float]] = {}
    for onset, words in zip(raw.annotations.onset, raw.annotations.description, strict=True):
        markers.setdefault(str(words), []).append(float(onset) - float(raw.first_time))
    return EmgRecording(
        "mne", channels, {name: np.array(sorted(times)) for name, times in markers.items()}
    )


def edges_s(channel: EmgChannel, least_gap_s: float = 0.001) -> FloatArray:
    """Return when a trigger channel rises.

    Parameters
    ----------
    channel : EmgChannel
        Rising or falling pulses on a level; the longer level is rest.
    least_gap_s : float [s]
        Two edges closer than this are one.

    Returns
    -------
    (n_edge,) array
        In seconds, sorted.

    Raises
    ------
    BadInputError
        When the channel holds no pulses that stand out.
    """
    values = channel.volts(0, len(channel.samples))
    known = values[np.isfinite(values)]
    low, middle, high = (
        (known.min(), np.median(known), known.max()) if len(known) else (0.0, 0.0, 0.0)
    )
    up = high - middle >= middle - low
    top = high if up else low
    middle_range = float(np.ptp(np.quantile(known, [0.05, 0.95]))) if len(known) else 0.0
    if top == middle or abs(top - middle) < LEAST_EDGE * middle_range:
        msg = (
            f"{quoted(channel.name)} holds no trigger pulses that stand out from its level. "
            "Name another channel or marker (`pulses`)."
        )
        raise BadInputError(msg)
    above = (values - middle) / (top - middle) > 0.5
    rising = np.flatnonzero(above[1:] & ~above[:-1]) + 1
    times = rising / channel.rate_hz
    apart = np.concatenate([[True], np.diff(times) >= least_gap_s])
    return times[apart]
