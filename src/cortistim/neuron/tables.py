"""Threshold tables: built by the engine for one pulse, kept by a hash, read in no time.

For each type of cell: mean and spread of ln threshold over five clones and the azimuth, by
the angle of the field to the soma-to-pia axis and by the field's gradient along it. A field of
the other sign has the angle 180° - theta.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache as memo
from importlib.resources import as_file, files

import numpy as np

from cortistim import cache
from cortistim.geometry import freeze
from cortistim.neuron import cells
from cortistim.neuron.directions import across, graded
from cortistim.neuron.engine import DT_S, Engine
from cortistim.neuron.shape import PulseShape
from cortistim.typing import FloatArray, IntArray, Progress, silent

SOURCES = ("aberra2020", "weise2023")
VERSION = 1  # raise it when the engine or what is tabulated changes
THETA_DEG = np.arange(0.0, 181.0, 15.0)
AZIMUTHS = 8
GRADIENTS = (-20.0, 0.0, 20.0)  # %/mm
SHIPPED = ("monophasic", "biphasic", "half_sine", "ctms30", "ctms60", "ctms120")
SMALLEST_SD = 0.05
TOLERANCE = 0.01
SILENT_V_PER_M = 5e3  # stands for a threshold beyond all fields


@dataclass(frozen=True, eq=False)
class ThresholdFit:
    """Thresholds of every type for one pulse.

    Parameters
    ----------
    pulse : str
        Its name.
    log_mean, log_sd : (n_type, n_gradient, n_theta) arrays
        Of ln threshold in V/m, over clones and azimuth; axes `cells.TYPES`, `GRADIENTS`,
        `THETA_DEG`.
    """

    pulse: str
    log_mean: FloatArray
    log_sd: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "log_mean", "log_sd", dtype=float)

    def at(
        self, cosine: FloatArray, gradient: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Read mean and spread of ln threshold.

        Parameters
        ----------
        cosine : (n,) or (n_type, n) array
            Of the angle between field and soma-to-pia axis.
        gradient : (n,) array [%/mm], optional
            Growth of the field toward the pia; 0 by default, cut off at ±20.

        Returns
        -------
        log_mean, log_sd : (n_type, n) arrays
            Linear in angle and gradient.
        """
        place = np.degrees(np.arccos(np.clip(cosine, -1, 1))) / (THETA_DEG[1] - THETA_DEG[0])
        k = np.minimum(place.astype(np.intp), len(THETA_DEG) - 2)
        tables = self.log_mean, self.log_sd
        mean, sd = (self._along(table, gradient, k, place - k) for table in tables)
        return mean, sd

    @staticmethod
    def _along(
        table: FloatArray, gradient: FloatArray | None, k: IntArray, f: FloatArray
    ) -> FloatArray:
        kind = np.arange(len(table))[:, None]
        if gradient is None:
            return table[kind, 1, k] * (1 - f) + table[kind, 1, k + 1] * f
        share = np.clip(gradient / GRADIENTS[2], -1, 1)
        side, weight = np.where(share < 0, 0, 2), np.abs(share)
        # weights on the corners of the cell of the table that each point is in
        corners = ((1, k, (1 - weight) * (1 - f)), (1, k + 1, (1 - weight) * f),
                   (side, k, weight * (1 - f)), (side, k + 1, weight * f))  # fmt: skip
        return sum((table[kind, g, j] * part for g, j, part in corners), start=np.zeros(()))

    def isotropic(self) -> tuple[FloatArray, FloatArray]:
        """Return mean and spread of ln threshold, (n_type,), over all directions.

        Returns
        -------
        mean, spread : (n_type,) array
            Of ln threshold in V/m, each direction counted by its solid angle.
        """
        weight = np.maximum(np.sin(np.radians(THETA_DEG)), np.sin(np.radians(3.75)) / 2)
        weight = weight / weight.sum()
        mean = self.log_mean[:, 1] @ weight
        var = (self.log_sd[:, 1] ** 2 + (self.log_mean[:, 1] - mean[:, None]) ** 2) @ weight
        return mean, np.sqrt(var)


def table_key(shape: PulseShape, name: str) -> str:
    """Return the hash of a pulse and of a type of cell.

    Parameters
    ----------
    shape : PulseShape
        The pulse.
    name : str
        One of `cells.TYPES`.

    Returns
    -------
    str
        Changes with the pulse, the cells and the code that builds tables.
    """
    text = repr(cells.statistics()["types"][name])
    return cache.digest(VERSION, shape.steps(DT_S).round(9), text, TOLERANCE, AZIMUTHS)


def fit_for(shape: PulseShape, *, progress: Progress = silent) -> ThresholdFit:
    """Find the table of a pulse: shipped, from the cache, or built in a few minutes.

    Parameters
    ----------
    shape : PulseShape
        Any.
    progress : callable, optional
        Told while it is built.

    Returns
    -------
    ThresholdFit
        Of that pulse.
    """
    known, rows = _shipped(), []
    for k, name in enumerate(cells.TYPES):
        key = table_key(shape, name)
        if key not in known:
            progress(f"thresholds of {name} for {shape.name}", k / len(cells.TYPES))
            found = cache.remembered(f"thresholds-{name}", key, lambda n=name: _built(n, shape))
            rows.append(found["table"])
        else:
            rows.append(known[key])
    mean, sd = np.stack(rows, axis=1)
    return ThresholdFit(shape.name, mean, sd)


def is_shipped(shape: PulseShape) -> bool:
    """Tell whether the table of a pulse comes with the package.

    Parameters
    ----------
    shape : PulseShape
        The pulse.

    Returns
    -------
    bool
        True when all types' tables do.
    """
    return all(table_key(shape, name) in _shipped() for name in cells.TYPES)


@memo
def _shipped() -> dict[str, FloatArray]:
    with as_file(files("cortistim.neuron").joinpath("data/thresholds.npz")) as path:
        return cache.load(path)


def _built(name: str, shape: PulseShape) -> dict[str, FloatArray]:
    return {"table": build(name, shape)}


def build(name: str, shape: PulseShape) -> FloatArray:
    """Run the engine for all clones of a type, directions and gradients.

    Parameters
    ----------
    name : str
        One of `cells.TYPES`.
    shape : PulseShape
        Any.

    Returns
    -------
    (2, n_gradient, n_theta) array
        Mean and spread of ln threshold.
    """
    table = np.empty((2, len(GRADIENTS), len(THETA_DEG)))
    for g, gradient in enumerate(GRADIENTS):
        logs = np.concatenate(list(_logs(name, shape, gradient)), axis=1)
        table[:, g] = logs.mean(axis=1), np.maximum(logs.std(axis=1), SMALLEST_SD)
    return table


def _grid(up: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return directions on circles around the axis, and which circle each is on."""
    side, front = across(up)
    rows, circle = [], []
    for k, theta in enumerate(np.radians(THETA_DEG)):
        count = 1 if k in (0, len(THETA_DEG) - 1) else AZIMUTHS
        # each circle is turned a little, so that azimuths do not line up
        turn = 2 * np.pi * np.arange(count) / count + 0.7 * k
        around = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * front
        rows.append(np.sin(theta) * around + np.cos(theta) * up)
        circle += [k] * count
    return np.concatenate(rows), np.array(circle)


def _logs(name: str, shape: PulseShape, gradient: float) -> Iterator[FloatArray]:
    """Give ln thresholds of each clone, (n_theta, AZIMUTHS); poles are repeated."""
    for cable in cells.clones(name):
        directions, circle = _grid(cable.up)
        fields = (
            graded(directions, cable.centre_m, cable.up, gradient) if gradient else directions
        )
        run = Engine(cable).thresholds(fields, shape, tolerance=TOLERANCE)
        logs = np.log(np.minimum(run.v_per_m, SILENT_V_PER_M))
        yield np.stack([np.resize(logs[circle == k], AZIMUTHS) for k in range(len(THETA_DEG))])
