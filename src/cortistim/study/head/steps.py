"""A build in steps, each kept in the folder, so that a stopped one goes on where it was."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim import cache
from cortistim.errors import FileFormatError

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

        Warns
        -----
        RebuiltWarning
            When what was kept is damaged.
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
        return cache.load_own(path) if path.is_file() else None
    except FileFormatError as error:
        warnings.warn(f"{error} It is made again.", cache.RebuiltWarning, stacklevel=3)
        return None
