"""Devices: how fast, how long and how hot a stimulator can be run.

A device is a circuit of `cortistim.pulse.stimulators` with the limits of one product. What
no source tells is not limited here, and the verdict says so.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from cortistim.geometry import frozen
from cortistim.naming import find
from cortistim.pulse.stimulators import Stimulator, named_stimulator
from cortistim.sources import ASSUMED
from cortistim.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Limit:
    """A number that a device cannot pass, and where it is from.

    Parameters
    ----------
    value : float
        Infinite when nothing is known.
    key : str
        A key of ``references.bib``, or ``assumed``.
    confidence : str
        ``high``, ``medium``, ``low``, or empty when nothing is known.
    note : str
        What to know about it.
    """

    value: float
    key: str = ASSUMED
    confidence: str = ""
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a limit."""
        return bool(np.isfinite(self.value))


@dataclass(frozen=True, eq=False)
class Device:
    """A stimulator as a product.

    Parameters
    ----------
    name : str
        What a user types.
    words : str
        What it is.
    stimulator : Stimulator
        Its circuit and outputs.
    rate_mso_fraction : (n_knot,) array
        Outputs, 0 to 1, at which the highest rate is told; empty when it is not.
    rate_hz : (n_knot,) array [Hz]
        Highest rate there; straight lines lie between.
    rate : Limit
        The rate at full output, with the source of the curve.
    mean_power_w : Limit
        Mean power taken from the capacitor over a train and the pause after it, in watt.
    shortest_pause_s, longest_pause_s : float [s]
        Between two trains of the device's own programmes.
    train_s, train_pulses : float
        Longest train that the device's own programmes hold; infinite when not told.
    train_note : str
        What happens beyond.
    session_pulses : float
        Most pulses shown without a pause; infinite when not told.
    mains_note : str
        At which mains voltage the rates hold; empty when not told.
    """

    name: str
    words: str
    stimulator: Stimulator
    rate_mso_fraction: FloatArray
    rate_hz: FloatArray
    rate: Limit
    mean_power_w: Limit
    shortest_pause_s: float
    longest_pause_s: float
    train_s: float
    train_pulses: float
    train_note: str
    session_pulses: float
    mains_note: str

    def max_rate_hz(self, mso_fraction: FloatArray) -> FloatArray:
        """Return the highest rate at an output.

        Parameters
        ----------
        mso_fraction : (...) array
            0 to 1.

        Returns
        -------
        (...) array
            In Hz; infinite when nothing is known.
        """
        share = np.asarray(mso_fraction, dtype=float)
        if not len(self.rate_hz):
            return np.full(share.shape, np.inf)
        return np.interp(share, self.rate_mso_fraction, self.rate_hz)

    def max_mso_fraction(self, rate_hz: float) -> float:
        """Return the highest output at a rate.

        Parameters
        ----------
        rate_hz : float [Hz]
            Of the pulses.

        Returns
        -------
        float
            0 to 1; 0 when the device is never as fast.
        """
        shares = np.linspace(0, 1, 1001)
        enough = self.max_rate_hz(shares) >= rate_hz * (1 - 1e-9)
        return float(shares[enough][-1]) if enough.any() else 0.0


def device_names() -> tuple[str, ...]:
    """Return the names that `named_device` knows.

    Returns
    -------
    tuple of str
        In the order of the table.
    """
    return tuple(_table())


def named_device(name: str) -> Device:
    """Return a device of the table.

    Parameters
    ----------
    name : str
        One of `device_names`, or of `cortistim.pulse.stimulator_names`; case and
        punctuation do not matter.

    Returns
    -------
    Device
        With its limits.

    Raises
    ------
    BadInputError
        When no device has this name.
    """
    found = find(name, _table(), kind="device", also=_ALIASES)
    return _device(found, _table()[found])


_ALIASES = {"magstim_rapid": "magstim_rapid2", "rapid2": "magstim_rapid2"}


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files("cortistim").joinpath("pulse/data/devices.json").read_text("utf-8")
    return json.loads(text)


def _device(name: str, row: dict[str, Any]) -> Device:
    curve = row.get("max_rate_hz", {"mso_percent": [], "hz": []})
    return Device(
        name,
        row["words"],
        named_stimulator(row["circuit"]),
        frozen(np.array(curve["mso_percent"]) / 100, np.float64),
        frozen(curve["hz"], np.float64),
        _limit(row, "rate", curve["hz"][-1] if curve["hz"] else np.inf),
        _limit(row, "power", row.get("mean_power_w", np.inf)),
        row.get("shortest_pause_s", 0.0),
        row.get("longest_pause_s", np.inf),
        row.get("train_s", np.inf),
        row.get("train_pulses", np.inf),
        row.get("train_note", ""),
        row.get("session_pulses", np.inf),
        row.get("mains_note", ""),
    )


def _limit(row: dict[str, Any], what: str, value: float) -> Limit:
    told = (row.get(f"{what}_{part}", "") for part in ("source", "confidence", "note"))
    key, confidence, note = told
    return Limit(float(value), key or ASSUMED, confidence, note or "no source states it")
