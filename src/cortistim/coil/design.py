"""Coils of one's own: from winding parameters to a coil with its electrical properties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cortistim.coil.assembly import CoilAssembly, assembly_of, casing_for
from cortistim.coil.coil import Coil
from cortistim.coil.current import Segments
from cortistim.coil.elements import Channel, Dipoles, Element, Model
from cortistim.coil.windings import (
    Winding,
    Wing,
    inductance_matrix_h,
    round_wings,
    wing_dipoles,
)
from cortistim.coil.wire import Wire, path_inductances_h
from cortistim.coil.wound import wings_casing, wound_coil
from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.typing import FloatArray

GIVEN = ("given by the user",)
MOST_ELEMENTS = 64


@dataclass(frozen=True, eq=False)
class CoilDesign:
    """A coil and what a circuit sees of it.

    Parameters
    ----------
    coil : Coil
        Fed with the same current in every channel.
    parts : CoilAssembly
        The same with its elements and channels apart.
    inductances_h : (n_part, n_part) array [H]
        Self and mutual inductances of wings, paths or array elements.
    in_series : bool
        One stimulator drives all parts with one current; otherwise each has its own.
    wire : Wire
        Its section.
    wire_length_m : float [m]
        Of all parts.
    """

    coil: Coil
    parts: CoilAssembly
    inductances_h: FloatArray
    in_series: bool
    wire: Wire
    wire_length_m: float

    @property
    def inductance_h(self) -> float:
        """What one stimulator sees, in henry: all parts in series, or one part alone."""
        matrix_h = self.inductances_h
        return float(matrix_h.sum() if self.in_series else matrix_h[0, 0])

    @property
    def mutual_h(self) -> FloatArray:
        """Mutual inductances of every pair of parts, in henry."""
        return self.inductances_h[np.triu_indices(len(self.inductances_h), 1)]

    @property
    def driven_length_m(self) -> float:
        """Length of the wire that one stimulator drives, in metres."""
        return self.wire_length_m / (1 if self.in_series else len(self.inductances_h))


def design_windings(
    name: str, winding: Winding, wings: tuple[Wing, ...], *, plastic_m: float, words: str
) -> CoilDesign:
    """Make a coil of windings in series.

    Parameters
    ----------
    name : str
        What a user calls it.
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        From `round_wings` or `figure_eight_wings`.
    plastic_m : float [m]
        Between copper and the casing's outside.
    words : str
        What it is.

    Returns
    -------
    CoilDesign
        One element, one channel.
    """
    coil = wound_coil(name, winding, wings, plastic_m=plastic_m, sources=GIVEN, words=words)
    return CoilDesign(
        coil,
        assembly_of(coil),
        inductance_matrix_h(winding, wings),
        in_series=True,
        wire=wire_of(winding),
        wire_length_m=winding.wire_length_m * len(wings),
    )


def design_array(
    name: str, winding: Winding, layout: tuple[int, int], pitch_m: float, *, plastic_m: float
) -> CoilDesign:
    """Make an array of round windings in rows and columns, each with its own channel.

    Parameters
    ----------
    name : str
        What a user calls it.
    winding : Winding
        Of each element.
    layout : tuple of int
        Columns along x and rows along y.
    pitch_m : float [m]
        Between neighbouring centres.
    plastic_m : float [m]
        Between copper and the casing's outside.

    Returns
    -------
    CoilDesign
        As many elements and channels as windings.

    Raises
    ------
    BadInputError
        When neighbours overlap, or there are none or too many.
    """
    columns, rows = layout
    if columns < 1 or rows < 1 or not 2 <= columns * rows <= MOST_ELEMENTS:
        msg = f"an array must have 2 to {MOST_ELEMENTS} elements; got {columns} x {rows}."
        raise BadInputError(msg)
    if not winding.outer_diameter_m <= pitch_m < np.inf:
        msg = (
            f"neighbours of an array must not overlap: the pitch must be at least "
            f"{winding.outer_diameter_m * 1e3:g} mm; got {pitch_m * 1e3:g} mm."
        )
        raise BadInputError(msg)
    wings = tuple(
        _shifted(round_wings(plastic_m)[0], x * pitch_m, y * pitch_m)
        for y in np.arange(rows) - (rows - 1) / 2
        for x in np.arange(columns) - (columns - 1) / 2
    )
    casing = wings_casing(winding, wings, plastic_m)
    points_m, areas_m2 = wing_dipoles(winding)
    moments_m2 = np.outer(areas_m2, [0.0, 0.0, 1.0])
    names = [f"element_{k + 1}" for k in range(len(wings))]
    parts = CoilAssembly(
        name,
        tuple(
            Element(Dipoles(transform(wing.coil_from_wing, points_m), moments_m2), k, names[k])
            for k, wing in enumerate(wings)
        ),
        tuple(Channel(label) for label in names),
        models=(Model(casing.vertices_m, casing.triangles),),
        casing=0,
        sources=GIVEN,
    )
    return CoilDesign(
        parts.rigid(),
        parts,
        inductance_matrix_h(winding, wings),
        in_series=False,
        wire=wire_of(winding),
        wire_length_m=winding.wire_length_m * len(wings),
    )


def _shifted(wing: Wing, x_m: float, y_m: float) -> Wing:
    pose_m = wing.coil_from_wing.copy()
    pose_m[:2, 3] += x_m, y_m
    return Wing(wing.sense, pose_m)


def design_paths(
    name: str, paths: Sequence[Segments], wire: Wire, *, in_series: bool = True
) -> CoilDesign:
    """Make a coil of closed paths of wire.

    Parameters
    ----------
    name : str
        What a user calls it.
    paths : sequence of Segments
        From `closed_path`, in the coil's frame.
    wire : Wire
        Its section.
    in_series : bool, optional
        One channel for all paths, or one for each.

    Returns
    -------
    CoilDesign
        One element per path.

    Raises
    ------
    BadInputError
        When there is no path, or too much wire.
    """
    if not 1 <= len(paths) <= MOST_ELEMENTS:
        msg = f"a coil must have 1 to {MOST_ELEMENTS} paths; got {len(paths)}."
        raise BadInputError(msg)
    casing = casing_for(np.empty((0, 3)), tuple(paths))
    labels = [f"path_{k + 1}" for k in range(len(paths))]
    parts = CoilAssembly(
        name,
        tuple(Element(path, 0 if in_series else k, labels[k]) for k, path in enumerate(paths)),
        tuple(Channel(label) for label in (("stimulator",) if in_series else labels)),
        models=(Model(casing.vertices_m, casing.triangles),),
        casing=0,
        sources=GIVEN,
    )
    length_m = sum(float(np.linalg.norm(path.vectors_m, axis=1).sum()) for path in paths)
    inductances_h = path_inductances_h(paths, wire)
    return CoilDesign(parts.rigid(), parts, inductances_h, in_series, wire, length_m)


def wire_of(winding: Winding) -> Wire:
    """Return the section of a winding's wire.

    Parameters
    ----------
    winding : Winding
        Any.

    Returns
    -------
    Wire
        Rectangular or round.
    """
    return Wire(winding.wire_width_m, winding.wire_height_m, winding.round_wire)
