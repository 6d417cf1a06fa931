"""A build in steps, each kept in the folder, so that a stopped one goes on where it was."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cortistim import cache

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Steps:
    """Results of steps, by name, with the hash of what each was made from.

    Parameters
    ----------
    folder : Path
        Holds one .npz file per step.
    """

    folder: Path

    def done(self, name: str, key: str, build: Callable[[], Arrays]) -> Arrays:
        """Return a step's result, made now unless it was made from the same before.

        Parameters
        ----------
        name : str
            Of the step.
        key : str
            Hash of all that the result depends on.
        build : callable
            Makes the arrays.

        Returns
        -------
        dict of arrays
            The result.
        """
        path = self.folder / f"{name}.npz"
        kept = _read(path)
        if kept is not None and str(kept.get("key")) == key:
            return kept
        made = build()
        cache.store(path, {**made, "key": np.array(key)})
        return made


def _read(path: Path) -> Arrays | None:
    try:
        return cache.load(path) if path.is_file() else None
    except (OSError, ValueError, BadZipFile, KeyError):
        return None  # cut short: made again
