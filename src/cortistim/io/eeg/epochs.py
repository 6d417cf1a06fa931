"""Epochs of EEG: our own file of arrays, and whatever MNE reads."""

from pathlib import Path
from typing import Any

import numpy as np

from cortistim import cache
from cortistim.eeg import Epochs
from cortistim.errors import BadInputError, CortistimError, FileFormatError, quoted
from cortistim.files import require_file

BEFORE_S, AFTER_S = -1.0, 1.0


def write_epochs(path: Path, epochs: Epochs) -> None:
    """Write epochs, atomically.

    Parameters
    ----------
    path : Path
        Ends in .npz.
    epochs : Epochs
        What to write; single precision.
    """
    text = "\n".join(epochs.names).encode("utf-8")
    cache.store(
        path,
        {
            "values_v": epochs.values_v.astype(np.float32),
            "times_s": np.asarray(epochs.times_s),
            "names": np.frombuffer(text, np.uint8),
        },
    )


def read_epochs(path: Path | str, event: str | None = None) -> Epochs:
    """Read epochs around pulses.

    Parameters
    ----------
    path : Path or str
        ``.npz`` with ``values_v`` (trials x channels x samples, in V), ``times_s`` and
        ``names``; any other file is given to MNE, epochs or a continuous recording.
    event : str, optional
        Which events of a continuous recording are pulses; needed where there are several.

    Returns
    -------
    Epochs
        EEG channels only.

    Raises
    ------
    BadInputError
        When there is no such file, mne is missing, or the pulses cannot be told.
    FileFormatError
        When it is no such file.
    """
    path = Path(path)
    if path.suffix.lower() == ".npz":
        return _own(require_file(path))
    if not path.exists():
        require_file(path)
    try:
        import mne  # type: ignore[import-not-found]
    except ImportError as error:
        msg = (
            f"{path}: such files are read by mne, which is not installed. Run: pip install "
            "'cortistim[eeg]', or give epochs as .npz."
        )
        raise BadInputError(msg) from error
    try:
        return _of_mne(mne, path, event)
    except CortistimError:  # says by itself what is wrong
        raise
    except Exception as error:  # whatever a reader of others may raise
        msg = f"{path}: mne cannot read it ({quoted(str(error))})."
        raise FileFormatError(msg) from error


def _own(path: Path) -> Epochs:
    arrays = cache.load(path)
    if not {"values_v", "times_s", "names"} <= set(arrays):
        msg = (
            f"{path}: epochs must hold the arrays values_v, times_s and names; there are "
            f"{', '.join(sorted(arrays)) or 'none'}."
        )
        raise FileFormatError(msg)
    names = arrays["names"]
    try:
        if names.dtype.kind == "U":
            told = tuple(str(name) for name in names.tolist())
        else:
            told = tuple(bytes(names.astype(np.uint8)).decode("utf-8").split("\n"))
        return Epochs(arrays["values_v"], arrays["times_s"], told)
    except (UnicodeDecodeError, ValueError, TypeError, BadInputError) as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error


def _of_mne(mne: Any, path: Path, event: str | None) -> Epochs:  # noqa: ANN401
    name = path.name.lower()
    if name.endswith((".fif", ".fif.gz")) and "epo" in name:
        found = mne.read_epochs(path, verbose="error")
    elif name.endswith(".set"):
        try:
            found = mne.io.read_epochs_eeglab(path, verbose="error")
        except (TypeError, ValueError):
            found = _cut(mne, path, event)
    else:
        found = _cut(mne, path, event)
    found = found.pick("eeg", exclude=())
    values = found.get_data(copy=True)
    return Epochs(np.asarray(values, float), np.asarray(found.times), tuple(found.ch_names))


def _cut(mne: Any, path: Path, event: str | None) -> Any:  # noqa: ANN401
    raw = mne.io.read_raw(path, preload=True, verbose="error")
    events, names = mne.events_from_annotations(raw, verbose="error")
    if event is None and len(names) == 1:
        event = next(iter(names))
    if event not in names:
        msg = (
            f"{path}: `event` must name the pulses; the recording has "
            f"{', '.join(sorted(names)) or 'no events'}."
        )
        raise BadInputError(msg)
    return mne.Epochs(
        raw, events, {event: names[event]}, BEFORE_S, AFTER_S, baseline=None, preload=True,
        verbose="error",
    )  # fmt: skip
