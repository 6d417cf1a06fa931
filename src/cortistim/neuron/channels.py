"""Ion channels of cortical neurons as published equations, tabulated for the engine.

Equations and densities: the cortical pyramidal cell of Hay 2011 as refitted for the layer 5
thick-tufted cell by Markram 2015, which Aberra 2018 and 2020 put on axons. Rates hold at
37 °C with a Q10 of 2.3 from 21 °C. Calcium currents and the potassium current that they
open are left out: they act over tens of milliseconds, a pulse over less than one. With
densities of Markram 2015 in soma, bare axon and all nodes of a layer 5 cell, thresholds of
two directions rose by 0.05 %; with thirty times those densities, by 0.3 %.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from cortistim.neuron._kernels import N_TABLE, PER_V, V_LOW
from cortistim.typing import FloatArray

SOURCES = ("hay2011", "markram2015", "aberra2020")
CHANNELS = ("NaTa", "NaP", "KT", "KP", "Kv31", "NaTs2", "Ih", "Im")
GATES = (
    "NaTa_m", "NaTa_h", "NaP_m", "NaP_h", "KT_m", "KT_h", "KP_m", "KP_h", "Kv31_m",
    "NaTs2_m", "NaTs2_h", "Ih_m", "Im_m",
)  # fmt: skip
SPEED_UP = 2.3 ** ((37 - 21) / 10)
S_PER_CM2 = 1e4  # in S/m²
AXON = {"NaTa": 3.137968, "NaP": 0.006827, "KT": 0.089259, "KP": 0.973538, "Kv31": 1.021945}
NODE = {**AXON, "NaTa": 2 * AXON["NaTa"]}
SOMA = {"NaTs2": 0.983955, "Kv31": 0.303472, "Ih": 8e-5}
APICAL = {"NaTs2": 0.026145, "Kv31": 0.004226, "Im": 0.000143, "Ih": 8e-5}
BASAL = {"Ih": 8e-5}
"""Densities in S/cm²; in the apical dendrite Ih grows with the distance, `apical_ih`."""
LEAK_S_PER_M2, LEAK_V = 0.3, -0.075
MYELIN_S_PER_M2, MYELIN_F_PER_M2 = 1e4 / 1.125e6, 2e-4
"""Of the myelinated membrane (Aberra 2018, after Eyal 2016)."""

Rate = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def densities(channels: dict[str, float]) -> FloatArray:
    """Return densities in S/m² in the order of `CHANNELS`.

    Parameters
    ----------
    channels : dict of str to float [S/cm²]
        Density by channel; others are 0.

    Returns
    -------
    (n_channel,) array [S/m²]
        In the order of `CHANNELS`.
    """
    return np.array([channels.get(name, 0.0) * S_PER_CM2 for name in CHANNELS])


def apical_ih(distance_m: float) -> float:
    """Return the factor on Ih at a distance from the soma (Hay 2011), beyond 1 mm as there.

    Parameters
    ----------
    distance_m : float [m]
        Along the dendrite.

    Returns
    -------
    float
        1 at the soma, growing outwards.
    """
    return float(-0.8696 + 2.087 * np.exp(3.1e3 * min(distance_m, 1e-3)))


def gate_range(channels: dict[str, float]) -> tuple[int, int]:
    """Return the first and one past the last gate that a set of channels needs.

    Parameters
    ----------
    channels : dict of str to float
        Those that are there.

    Returns
    -------
    first, beyond : int
        Indices of gates; both 0 where there are no channels.
    """
    if not channels:
        return 0, 0
    if set(channels) == {"Ih"}:
        return 11, 12
    if not channels.keys() & {"NaTa", "NaP", "KT", "KP"}:
        return 8, 13
    return (0, 13) if "Ih" in channels else (0, 9)


def _linoid(slope: float, x: FloatArray, width: float) -> FloatArray:
    """Return ``slope x / (1 - exp(-x / width))``, continued through zero."""
    y = np.where(np.abs(x) < 1e-6, 1e-6, x)
    return slope * y / (1 - np.exp(-y / width))


def _pair(opening: FloatArray, closing: FloatArray, q: float) -> tuple[FloatArray, FloatArray]:
    total = opening + closing
    return opening / total, 1 / total / q


def _sigmoid(x: FloatArray, width: float) -> FloatArray:
    return 1 / (1 + np.exp(-x / width))


def _sodium(v: FloatArray, m_mv: float, h_mv: float) -> list[tuple[FloatArray, FloatArray]]:
    m = _pair(_linoid(0.182, v - m_mv, 6), _linoid(0.124, m_mv - v, 6), SPEED_UP)
    h = _pair(_linoid(0.015, h_mv - v, 6), _linoid(0.015, v - h_mv, 6), SPEED_UP)
    return [m, h]


def _persistent_sodium(v: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    fast = _linoid(0.182, v + 38, 6) + _linoid(0.124, -38 - v, 6)
    closing = _linoid(2.88e-6, -(v + 17), 4.63)
    opening = _linoid(6.94e-6, v + 64.4, 2.63)
    return [
        (_sigmoid(v + 52.6, 4.6), 6 / fast / SPEED_UP),
        (_sigmoid(-(v + 48.8), 10), 1 / (opening + closing) / SPEED_UP),
    ]


def _potassium(v: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    u = v + 10
    slow = np.where(u < -50, 1.25 + 175.03 * np.exp(0.026 * u), 1.25 + 13 * np.exp(-0.026 * u))
    return [
        (_sigmoid(u, 19), (0.34 + 0.92 * np.exp(-(((u + 71) / 59) ** 2))) / SPEED_UP),
        (_sigmoid(-(u + 66), 10), (8 + 49 * np.exp(-(((u + 73) / 23) ** 2))) / SPEED_UP),
        (_sigmoid(u + 1, 12), slow / SPEED_UP),
        (
            _sigmoid(-(u + 54), 11),
            (360 + (1010 + 24 * (u + 55)) * np.exp(-(((u + 75) / 48) ** 2))) / SPEED_UP,
        ),
        (_sigmoid(v - 18.7, 9.7), 4 * _sigmoid(v + 46.56, 44.14)),
    ]


def _mixed(v: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    ih = _pair(_linoid(0.00643, -(v + 154.9), 11.9), 0.193 * np.exp(v / 33.1), 1.0)
    opening, closing = 3.3e-3 * np.exp((v + 35) / 10), 3.3e-3 * np.exp(-(v + 35) / 10)
    return [ih, _pair(opening, closing, SPEED_UP)]


def rates(v_mv: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Return steady state and time constant of each gate.

    Parameters
    ----------
    v_mv : (n,) array
        Membrane potentials in mV.

    Returns
    -------
    list of pairs of (n,) arrays
        Steady state and time constant in ms, in the order of `GATES`.
    """
    return [
        *_sodium(v_mv, -38, -66),
        *_persistent_sodium(v_mv),
        *_potassium(v_mv),
        *_sodium(v_mv, -32, -60),
        *_mixed(v_mv),
    ]


@cache
def table(dt_s: float) -> FloatArray:
    """Return the engine's table for a time step.

    Parameters
    ----------
    dt_s : float [s]
        Time step.

    Returns
    -------
    (N_TABLE, 26) float32 array
        Steady state and ``1 - exp(-dt / tau)`` of each gate.
    """
    v_mv = 1e3 * (V_LOW + np.arange(N_TABLE) / PER_V)
    columns = []
    for steady, tau_ms in rates(v_mv):
        columns += [steady, -np.expm1(-1e3 * dt_s / tau_ms)]
    return np.ascontiguousarray(np.stack(columns, axis=1), np.float32)
