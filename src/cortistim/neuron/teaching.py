"""Cells for teaching and tests: a straight axon, and a ball with a stick."""

import numpy as np

from cortistim.neuron import channels
from cortistim.neuron.cable import (
    AXIAL_OHM_M,
    BARE,
    INTERNODE,
    MEMBRANE_F_PER_M2,
    NODE,
    Cable,
    cable_of,
)
from cortistim.neuron.morphology import AXON, SOMA, Morphology
from cortistim.typing import FloatArray, IntArray

Z = (0.0, 0.0, 1.0)


def straight_axon(
    length_m: float = 1e-3,
    diameter_m: float = 1e-6,
    *,
    internode_m: float = 50e-6,
    pieces: int = 3,
    direction: tuple[float, float, float] = Z,
) -> Cable:
    """Return a straight axon, alike from both ends.

    Its threshold in a uniform field is exactly ``T0 / |cos(angle)|``: a straight cable only
    sees the field along it, and only at its ends.

    Parameters
    ----------
    length_m, diameter_m : float [m]
        Of the axon; the length is brought to whole internodes.
    internode_m : float [m]
        Between nodes; 0 for an axon without myelin, cut into pieces of 10 µm.
    pieces : int
        Compartments per internode.
    direction : tuple of float
        Where it points to.

    Returns
    -------
    Cable
        Its first compartment lies at the origin.
    """
    sizes_m, part = _row(length_m, internode_m, pieces)
    myelin = part == INTERNODE
    centre = np.cumsum(sizes_m) - sizes_m / 2
    area = np.pi * diameter_m * sizes_m
    ohm = AXIAL_OHM_M * sizes_m / (np.pi * diameter_m**2 / 4)
    axial = np.concatenate([[0.0], 2 / (ohm[1:] + ohm[:-1])])
    densities = channels.NODE if myelin.any() else channels.AXON
    bars = np.where(myelin[:, None], 0.0, channels.densities(densities))
    along = np.asarray(direction, float) / np.linalg.norm(direction)
    far = centre - centre[0]
    return Cable(
        "straight axon",
        far[:, None] * along,
        np.arange(len(part)) - 1,
        area,
        axial,
        area * np.where(myelin, channels.MYELIN_F_PER_M2, MEMBRANE_F_PER_M2),
        area * np.where(myelin, channels.MYELIN_S_PER_M2, channels.LEAK_S_PER_M2),
        bars * area[:, None],
        np.where(myelin[:, None], 0, np.array([0, 9])),
        part,
        np.minimum(far, far[-1] - far),
        along,
    )


def _row(length_m: float, internode_m: float, pieces: int) -> tuple[FloatArray, IntArray]:
    """Return lengths and parts from node to node."""
    if internode_m == 0:
        count = max(3, round(length_m / 10e-6))
        return np.full(count, length_m / count), np.full(count, BARE)
    count = max(2, round(length_m / internode_m))
    inner_m = [(length_m / count - 1e-6) / pieces] * pieces
    sizes = [1e-6, *([*inner_m, 1e-6] * count)]
    parts = [NODE, *([*[INTERNODE] * pieces, NODE] * count)]
    return np.array(sizes), np.array(parts)


def ball_and_stick(
    axon_m: float = 1e-3,
    diameter_m: float = 1e-6,
    *,
    soma_radius_m: float = 10e-6,
    direction: tuple[float, float, float] = (0.0, 0.0, -1.0),
) -> Cable:
    """Return a soma with one straight, unbranched, myelinated axon.

    Parameters
    ----------
    axon_m, diameter_m : float [m]
        Of the axon.
    soma_radius_m : float [m]
        Of the soma.
    direction : tuple of float
        Where the axon points to; down by default.

    Returns
    -------
    Cable
        The soma at the origin, the pia above.
    """
    way = np.linspace(0, axon_m, 101)[:, None]
    along = np.asarray(direction, float) / np.linalg.norm(direction)
    kind = np.r_[SOMA, np.full(100, AXON)]
    radius = np.r_[soma_radius_m, np.full(100, diameter_m / 2)]
    up = np.array(Z)
    shape = Morphology("ball and stick", way * along, radius, kind, np.arange(101) - 1, up)
    return cable_of(shape)
