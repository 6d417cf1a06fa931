"""The field where each layer's cells lie, and how it grows from there toward the pia."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cortistim.field import Field, SurfaceField, head_sampler
from cortistim.geometry import freeze
from cortistim.head import Head
from cortistim.head.tissues import GREY, WHITE
from cortistim.neuron.cells import TYPES
from cortistim.typing import FloatArray, IntArray

SOURCES = ("aberra2020", "waehnert2014")
SOMA_DEPTH = {"L1": 0.06, "L23": 0.40, "L4": 0.55, "L5": 0.65, "L6": 0.85}
"""Share of the cortex above the somata of each type, by volume; 0 at the pia (Aberra 2020)."""
STRONG = 0.25
"""Layers are read where the field has this share of its 99.9th percentile or more; weaker
fields recruit nobody and keep the field of the middle."""
RETREATS = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares of the way from the middle, tried until a place lies in the grey matter."""
THINNEST_M = 0.1e-3
DEEP_WORDS = (
    "each layer's field at the depth of its somata, with its gradient toward the pia, where "
    "the field is strong"
)
FLAT_WORDS = (
    "the field of the middle of the grey for all layers, uniform over a cell: the head has no "
    "white matter to measure depths from"
)


@dataclass(frozen=True, eq=False)
class LayeredField(SurfaceField):
    """E on the mid-grey surface, and at the depth of each type's somata.

    Parameters
    ----------
    surface, e_v_per_m, error_v_per_m, highest_order
        As for `SurfaceField`.
    layers_v_per_m : (n_type, n_vertex, 3) array [V/m]
        In the order of `cells.TYPES`.
    gradient : (n_vertex,) array [%/mm]
        Growth of |E| toward the pia.
    moved_share : float
        Of places that were drawn toward the middle because they lay outside the grey matter.
    words : str
        Where the field was read.
    """

    layers_v_per_m: FloatArray
    gradient: FloatArray
    moved_share: float
    words: str

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "e_v_per_m", "error_v_per_m", "layers_v_per_m", "gradient")

    def scaled_by(self, factor: float) -> Self:
        """Return the field at another intensity.

        Parameters
        ----------
        factor : float
            Of the intensity.

        Returns
        -------
        LayeredField
            With all layers scaled as well.
        """
        scaled = super().scaled_by(factor)
        return replace(scaled, layers_v_per_m=self.layers_v_per_m * factor)


def layered(
    on_cortex: SurfaceField, linear: Field, *, vertices: IntArray | None = None
) -> LayeredField:
    """Read a field at the depths of all layers.

    Between the depths the field of linear elements is read by harmonic recovery; what higher
    order adds in the middle of the grey is added to all depths.

    Parameters
    ----------
    on_cortex : SurfaceField
        On the head's cortex.
    linear : Field
        Of linear elements, at the same dI/dt and pose.
    vertices : (n,) int array, optional
        Where the layers are wanted; where the field is strong by default.

    Returns
    -------
    LayeredField
        With the middle's field at all depths elsewhere, and everywhere where the head has no
        white matter.
    """
    head, n_vertex = linear.head, len(on_cortex.e_v_per_m)
    layers = np.repeat(on_cortex.e_v_per_m[None], len(TYPES), axis=0)
    gradient = np.zeros(n_vertex)
    if WHITE not in head.mesh.present_tags():
        return _layered(on_cortex, layers, gradient, 0.0, FLAT_WORDS)
    strong = strong_vertices(on_cortex) if vertices is None else vertices
    places_m, moved = _places(head, strong)
    deep = linear.at_v_per_m(head_sampler(head, places_m.reshape(-1, 3)))
    if on_cortex.highest_order > 1:
        middle_m = on_cortex.surface.vertices_m[strong]
        plain = linear.at_v_per_m(head_sampler(head, middle_m))
        deep = deep + np.tile(on_cortex.e_v_per_m[strong] - plain, (len(TYPES), 1))
    layers[:, strong] = deep.reshape(len(TYPES), -1, 3)
    out = places_m - on_cortex.surface.vertices_m[strong]
    height_m = np.einsum("tij,ij->ti", out, on_cortex.surface.normals[strong])
    gradient[strong] = growth(height_m, np.linalg.norm(layers[:, strong], axis=2))
    return _layered(on_cortex, layers, gradient, moved, DEEP_WORDS)


def strong_vertices(on_cortex: SurfaceField) -> IntArray:
    """List the vertices where layers are read by default: elsewhere nobody is recruited."""
    size = on_cortex.magnitude_v_per_m
    return np.flatnonzero(size >= STRONG * on_cortex.percentile_v_per_m(99.9))


def growth(height_m: FloatArray, size_v_per_m: FloatArray) -> FloatArray:
    """Fit how a field grows along columns.

    Parameters
    ----------
    height_m : (n_depth, n_column) array [m]
        Toward the pia.
    size_v_per_m : (n_depth, n_column) array [V/m]
        Magnitudes there.

    Returns
    -------
    (n_column,) array [%/mm]
        Slope of ln |E| by least squares; 0 in columns with no extent.
    """
    log = np.log(np.maximum(size_v_per_m, 1e-12))
    height = height_m - height_m.mean(axis=0)
    extent = (height**2).sum(axis=0)
    slope = (height * log).sum(axis=0) / np.maximum(extent, THINNEST_M**2)
    return np.where(extent < THINNEST_M**2, 0.0, 0.1 * slope)


def _places(head: Head, vertices: IntArray) -> tuple[FloatArray, float]:
    """Return (n_type, n, 3) places of somata in the grey, and the share that was moved."""
    middle_m = head.cortex.vertices_m[vertices]
    wanted = [head.ribbon.places_m(SOMA_DEPTH[name])[vertices] for name in TYPES]
    ways_m = np.concatenate(wanted) - np.tile(middle_m, (len(TYPES), 1))
    start_m = np.tile(middle_m, (len(TYPES), 1))
    places_m = start_m.copy()
    open_ = np.arange(len(ways_m))
    moved = 0
    for share in RETREATS:
        trial_m = start_m[open_] + share * ways_m[open_]
        grey = head_sampler(head, trial_m).tags == GREY
        places_m[open_[grey]] = trial_m[grey]
        open_ = open_[~grey]
        moved = moved or len(open_)
        if not len(open_):
            break
    return places_m.reshape(len(TYPES), -1, 3), moved / max(len(ways_m), 1)


def _layered(
    on_cortex: SurfaceField, layers: FloatArray, gradient: FloatArray, moved: float, words: str
) -> LayeredField:
    return LayeredField(
        on_cortex.surface,
        on_cortex.e_v_per_m,
        on_cortex.error_v_per_m,
        on_cortex.highest_order,
        layers,
        gradient,
        moved,
        words,
    )
