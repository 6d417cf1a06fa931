"""Five stacked coils with a channel each, whose field is steered by their currents alone.

Small shifts and turns of a figure-8's field span, to first order, five patterns: that of two
crossed figure-8 coils, of two crossed clover leaves and of a round coil. Such a stack was
built and described by Nieminen et al. (2022), who optimised the windings' paths; those paths
are not published as numbers. The windings here are round and their dimensions assumed: copper
that fits into a disc of 18 cm.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from cortistim.coil.assembly import CoilAssembly
from cortistim.coil.casing import disc_shell
from cortistim.coil.elements import Channel, Dipoles, Element, Model
from cortistim.coil.windings import (
    Winding,
    Wing,
    coil_dipoles,
    inductance_matrix_h,
    mutual_inductance_h,
)
from cortistim.sources import ASSUMED
from cortistim.typing import FloatArray

NAME = "five_channels"
SOURCES = ("nieminen2022", ASSUMED)
PLASTIC_M = 3e-3  # assumed: between the face and the first copper, and around the rim
LAYER_M = 5e-3  # assumed: from one coil of the stack to the next
WIRE_M = (2.0e-3, 4.0e-3)  # assumed: width and height of the wire
CLOVER = Winding(16e-3, 60e-3, 9, *WIRE_M)  # assumed, as the two below
EIGHT = Winding(24e-3, 88e-3, 10, *WIRE_M)
ROUND = Winding(40e-3, 100e-3, 12, *WIRE_M)
WORDS = (
    "two clover leaves, two figure-8 coils and a round coil in a stack, the first nearest the "
    "head; the arrangement is that of Nieminen et al. (2022), the round windings and all their "
    "dimensions are assumed"
)


@dataclass(frozen=True, eq=False)
class ChannelSet:
    """Coils that stay where they are, each with its own current.

    Parameters
    ----------
    parts : CoilAssembly
        One channel for each coil.
    inductances_h : (n_channel, n_channel) array [H]
        Self and mutual, signed by the directions of positive current.
    words : str
        What it is.
    """

    parts: CoilAssembly
    inductances_h: FloatArray
    words: str


@dataclass(frozen=True, eq=False)
class _Layer:
    """One coil of the stack: equal windings in series."""

    name: str
    winding: Winding
    wings: tuple[Wing, ...]


@cache
def five_channels() -> ChannelSet:
    """Wind the built-in set of five coils.

    Returns
    -------
    ChannelSet
        In one flat casing. Channel ``eight_y`` alone gives a field along +y under the centre,
        ``eight_x`` one along +x.
    """
    layers = _layers()
    names = tuple(layer.name for layer in layers)
    elements = tuple(
        Element(Dipoles(*coil_dipoles(layer.winding, layer.wings)), number, layer.name)
        for number, layer in enumerate(layers)
    )
    reach_m = max(
        float(np.hypot(*wing.coil_from_wing[:2, 3])) + layer.winding.outer_diameter_m / 2
        for layer in layers
        for wing in layer.wings
    )
    depth_m = 2 * PLASTIC_M + (len(layers) - 1) * LAYER_M + WIRE_M[1]
    parts = CoilAssembly(
        NAME,
        elements,
        tuple(Channel(name) for name in names),
        models=(Model(*disc_shell(reach_m + PLASTIC_M, depth_m)),),
        casing=0,
        sources=SOURCES,
    )
    return ChannelSet(parts, _inductances_h(layers), WORDS)


def _layers() -> tuple[_Layer, ...]:
    clover_m = CLOVER.outer_diameter_m / np.sqrt(2)  # four leaves that touch each other
    eight_m = EIGHT.outer_diameter_m / 2
    quarter = np.pi / 4
    return (
        _Layer("clover_xy", CLOVER, _ring(4, clover_m, quarter, 0)),
        _Layer("clover_diagonal", CLOVER, _ring(4, clover_m, 0.0, 1)),
        _Layer("eight_y", EIGHT, _ring(2, eight_m, 0.0, 2)),
        _Layer("eight_x", EIGHT, _ring(2, eight_m, -np.pi / 2, 3)),
        _Layer("round", ROUND, _ring(1, 0.0, 0.0, 4)),
    )


def _ring(count: int, radius_m: float, first_rad: float, layer: int) -> tuple[Wing, ...]:
    """Put windings on a circle, their currents running round alternately."""
    wings = []
    for number in range(count):
        angle = first_rad + 2 * np.pi * number / count
        pose = np.eye(4)
        pose[:2, 3] = radius_m * np.cos(angle), radius_m * np.sin(angle)
        pose[2, 3] = -PLASTIC_M - layer * LAYER_M
        wings.append(Wing(1 if number % 2 == 0 else -1, pose))
    return tuple(wings)


def _inductances_h(layers: tuple[_Layer, ...]) -> FloatArray:
    """Self inductances of the layers, all wings in series, and their mutual ones."""
    own = [float(inductance_matrix_h(layer.winding, layer.wings).sum()) for layer in layers]
    matrix_h = np.diag(own)
    for i, one in enumerate(layers):
        for j, other in enumerate(layers[:i]):
            total_h = sum(
                mutual_inductance_h(one.winding, here, there, other.winding)
                for here in one.wings
                for there in other.wings
            )
            matrix_h[i, j] = matrix_h[j, i] = total_h
    return matrix_h
