"""Windings by their dimensions, turned into magnetic dipoles, a casing and an inductance.

A turn is replaced by the sheet of magnetic dipoles that it encloses (Ampère). The sheets of
all turns of a wing share their points: in r², the number of turns that enclose r is the
weight of a Gauss rule, so few rings carry every multipole up to high order. Concentric
circles stand for the spiral; leads and the step between turns are left out.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.coil.loops import (
    GMD_OF_CIRCLE,
    GMD_OF_RECTANGLE,
    coaxial_inductance_h,
    loop_vector_potential_t_m,
)
from cortistim.errors import BadInputError
from cortistim.geometry import transform
from cortistim.typing import FloatArray

SPACING_M = 7e-3
ROUNDED = 1 + 1e-9
FULLEST = 1.05  # published diameters and wire widths are rounded


@dataclass(frozen=True, slots=True)
class Winding:
    """Concentric turns of one wing.

    Parameters
    ----------
    inner_diameter_m, outer_diameter_m : float [m]
        Of the copper.
    turns : int
        In each layer.
    wire_width_m : float [m]
        Radial extent of the wire.
    wire_height_m : float [m]
        Axial extent of the wire.
    layers : int
        Behind each other.
    layer_gap_m : float [m]
        Between neighbouring layers.
    round_wire : bool
        The wire's section is a circle as wide as it is high, not a rectangle.
    """

    inner_diameter_m: float
    outer_diameter_m: float
    turns: int
    wire_width_m: float
    wire_height_m: float
    layers: int = 1
    layer_gap_m: float = 0.0
    round_wire: bool = False

    def __post_init__(self) -> None:
        """Refuse turns that do not fit."""
        sizes = (self.wire_height_m, self.outer_diameter_m - self.inner_diameter_m)
        if not all(0 < size < np.inf for size in sizes) or not 0 <= self.layer_gap_m < np.inf:
            msg = (
                "a winding needs an outer diameter above the inner one, wire of some height "
                f"and layers that do not overlap; got {1e3 * self.outer_diameter_m:g} mm "
                f"outside, {1e3 * self.inner_diameter_m:g} mm inside, wire "
                f"{1e3 * self.wire_height_m:g} mm high and {1e3 * self.layer_gap_m:g} mm "
                "between layers."
            )
            raise BadInputError(msg)
        room_m = (self.outer_diameter_m - self.inner_diameter_m) / 2
        if self.turns < 1 or self.layers < 1 or not 0 < self.wire_width_m <= room_m * ROUNDED:
            msg = (
                f"a winding needs turns and layers of at least 1 and wire that fits in; got "
                f"{self.turns} x {self.layers} turns of wire {1e3 * self.wire_width_m:g} mm "
                f"wide in {1e3 * room_m:g} mm. Correct the dimensions."
            )
            raise BadInputError(msg)
        needed_m = self.turns * self.wire_width_m
        if self.inner_diameter_m < 0 or needed_m > room_m * FULLEST:
            msg = (
                f"turns must not overlap; {self.turns} of {self.wire_width_m * 1e3:g} mm need "
                f"{needed_m * 1e3:.1f} mm between inner and outer radius, which are "
                f"{room_m * 1e3:.1f} mm apart. Take fewer turns, thinner wire or more room."
            )
            raise BadInputError(msg)

    @property
    def radii_m(self) -> FloatArray:
        """Radius of each turn's centre line, (turns,), in metres."""
        inner_m = (self.inner_diameter_m + self.wire_width_m) / 2
        outer_m = (self.outer_diameter_m - self.wire_width_m) / 2
        return inner_m + (outer_m - inner_m) * np.arange(self.turns) / max(self.turns - 1, 1)

    @property
    def height_m(self) -> float:
        """Axial extent of all layers, in metres."""
        return self.layers * self.wire_height_m + (self.layers - 1) * self.layer_gap_m

    @property
    def layer_centres_m(self) -> FloatArray:
        """Where the layers' middles lie, (layers,), in metres; copper begins at z = 0."""
        pitch_m = self.wire_height_m + self.layer_gap_m
        return -self.wire_height_m / 2 - pitch_m * np.arange(self.layers)

    @property
    def wire_length_m(self) -> float:
        """Length of the wire of all turns and layers, in metres."""
        return float(2 * np.pi * self.radii_m.sum() * self.layers)


@dataclass(frozen=True, eq=False)
class Wing:
    """A winding somewhere in the coil's frame.

    Parameters
    ----------
    sense : int
        +1 for current counter-clockwise seen from the head, -1 for clockwise.
    coil_from_wing : (4, 4) array [m]
        The wing's frame: origin in the middle of the copper's front, z out of it.
    """

    sense: int
    coil_from_wing: FloatArray


def round_wings(plastic_m: float) -> tuple[Wing, ...]:
    """Place a single round winding.

    Parameters
    ----------
    plastic_m : float [m]
        Between copper and the casing's face.

    Returns
    -------
    tuple of Wing
        One.
    """
    pose = np.eye(4)
    pose[2, 3] = -plastic_m
    return (Wing(1, pose),)


def figure_eight_wings(
    winding: Winding, plastic_m: float, *, bend_rad: float = 0.0, gap_m: float = 0.0
) -> tuple[Wing, ...]:
    """Place two wings side by side along x with opposite currents.

    Positive current runs along -y where the wings meet, so the electric field induced under
    the centre by a rising current points along +y, away from the handle.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    plastic_m : float [m]
        Between copper and the casing's face.
    bend_rad : float [rad]
        How far each wing's outer rim is turned towards the head; 0 is flat.
    gap_m : float [m]
        Between the wings' copper, at mid height; negative where they overlap.

    Returns
    -------
    tuple of Wing
        The one at -x and the one at +x.
    """
    middle_m = plastic_m + winding.height_m / 2
    reach_m = (winding.outer_diameter_m + gap_m) / 2
    # the hinge lies at mid height; shifted so that the faces meet at z = 0
    hinge_m = -middle_m / np.cos(bend_rad)
    wings = []
    for side in (-1, 1):
        cosine, sine = np.cos(bend_rad), side * np.sin(bend_rad)
        pose = np.eye(4)
        pose[:3, 0] = cosine, 0, sine
        pose[:3, 2] = -sine, 0, cosine
        offset_m = np.array([side * reach_m, 0, winding.height_m / 2])
        pose[:3, 3] = pose[:3, :3] @ offset_m + [0, 0, hinge_m]
        wings.append(Wing(side, pose))
    return tuple(wings)


def enclosed_area_rule(radii_m: FloatArray, order: int) -> tuple[FloatArray, FloatArray]:
    """Return the Gauss rule in r² whose weight is the number of turns enclosing r.

    Parameters
    ----------
    radii_m : (n_turn,) array [m]
        Ascending.
    order : int
        Number of rings; multipoles up to r to the power 2 (2 order - 1) are exact.

    Returns
    -------
    rings_m : (order,) array [m]
        Radii.
    areas_m2 : (order,) array
        Turns times area; they sum to the sum of pi R².
    """
    edges = np.concatenate([[0.0], radii_m**2])
    node, weight = np.polynomial.legendre.leggauss(2 * order)
    half = np.diff(edges) / 2
    u = ((edges[1:] + edges[:-1]) / 2)[:, None] + half[:, None] * node
    enclosing = np.arange(len(radii_m), 0, -1)
    w = (enclosing * half)[:, None] * weight
    diagonal, below, total = _lanczos(u.ravel(), w.ravel(), order)
    matrix = np.diag(diagonal) + np.diag(below, 1) + np.diag(below, -1)
    square, vectors = np.linalg.eigh(matrix)
    return np.sqrt(square), np.pi * total * vectors[0] ** 2


def _lanczos(
    node: FloatArray, weight: FloatArray, order: int
) -> tuple[FloatArray, FloatArray, float]:
    """Return the Jacobi matrix of a discrete measure and its total (Golub & Welsch)."""
    total = weight.sum()
    now, before = np.sqrt(weight / total), np.zeros_like(node)
    diagonal, below = np.empty(order), np.empty(order - 1)
    norm = 0.0
    for i in range(order):
        ahead = node * now - norm * before
        diagonal[i] = ahead @ now
        ahead -= diagonal[i] * now
        if i + 1 < order:
            norm = float(np.linalg.norm(ahead))
            below[i] = norm
            before, now = now, ahead / norm
    return diagonal, below, total


def wing_dipoles(
    winding: Winding, spacing_m: float = SPACING_M
) -> tuple[FloatArray, FloatArray]:
    """Replace a winding by dipoles along its axis.

    Parameters
    ----------
    winding : Winding
        In its own frame.
    spacing_m : float [m]
        Distance of neighbouring dipoles, about.

    Returns
    -------
    points_m : (n_dipole, 3) array [m]
        In the wing's frame, at z < 0.
    areas_m2 : (n_dipole,) array
        Moment per ampere along +z.
    """
    order = max(3, round(winding.outer_diameter_m / 2 / spacing_m))
    rings_m, areas_m2 = enclosed_area_rule(winding.radii_m, order)
    node, share = np.polynomial.legendre.leggauss(2)
    levels_m = winding.layer_centres_m[:, None] + node * winding.wire_height_m / 2
    parts = np.tile(share / 2, winding.layers)
    points, areas = [], []
    for ring_m, area_m2 in zip(rings_m, areas_m2, strict=True):
        n_angle = max(8, 4 * int(np.ceil(2 * np.pi * ring_m / spacing_m / 4)))
        angle = (np.arange(n_angle) + 0.5) * 2 * np.pi / n_angle
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * ring_m
        for level_m, part in zip(levels_m.ravel(), parts, strict=True):
            points.append(np.column_stack([circle, np.full(n_angle, level_m)]))
            areas.append(np.full(n_angle, area_m2 * part / n_angle))
    return np.concatenate(points), np.concatenate(areas)


def coil_dipoles(
    winding: Winding, wings: tuple[Wing, ...], spacing_m: float = SPACING_M
) -> tuple[FloatArray, FloatArray]:
    """Replace all wings by dipoles in the coil's frame.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are.
    spacing_m : float [m]
        Distance of neighbouring dipoles, about.

    Returns
    -------
    dipoles_m : (n_dipole, 3) array [m]
        Positions.
    moments_m2 : (n_dipole, 3) array
        Moments per ampere.
    """
    points_m, areas_m2 = wing_dipoles(winding, spacing_m)
    dipoles = [transform(wing.coil_from_wing, points_m) for wing in wings]
    moments = [wing.sense * areas_m2[:, None] * wing.coil_from_wing[:3, 2] for wing in wings]
    return np.concatenate(dipoles), np.concatenate(moments)


def exact_vector_potential_t_m(
    winding: Winding, wings: tuple[Wing, ...], points_m: FloatArray, n_filament: int = 8
) -> FloatArray:
    """Compute A per ampere of the turns themselves, by elliptic integrals.

    Slow; this is what the dipoles are measured against.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are.
    points_m : (n_point, 3) array [m]
        In the coil's frame.
    n_filament : int
        Filaments that share the current along the wire's height.

    Returns
    -------
    (n_point, 3) array
        T m per ampere.
    """
    steps = ((np.arange(n_filament) + 0.5) / n_filament - 0.5) * winding.wire_height_m
    levels_m = (winding.layer_centres_m[:, None] + steps).ravel()
    total = np.zeros((len(points_m), 3))
    for wing in wings:
        rotation, origin_m = wing.coil_from_wing[:3, :3], wing.coil_from_wing[:3, 3]
        local_m = (points_m - origin_m) @ rotation
        here = sum(
            loop_vector_potential_t_m(radius_m, local_m - [0, 0, level_m])
            for radius_m in winding.radii_m
            for level_m in levels_m
        )
        total += wing.sense / n_filament * here @ rotation.T
    return total


def inductance_h(winding: Winding, wings: tuple[Wing, ...]) -> float:
    """Compute the inductance of the winding, without cable and without iron.

    Current is taken to be spread evenly over the wire's height; at the pulse's frequencies
    it is not quite, and cable and leads add about a microhenry.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are.

    Returns
    -------
    float
        Henry.
    """
    return float(inductance_matrix_h(winding, wings).sum())


def inductance_matrix_h(winding: Winding, wings: tuple[Wing, ...]) -> FloatArray:
    """Compute the self and mutual inductances of wings.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are; the sense of their currents signs the mutual inductances.

    Returns
    -------
    (n_wing, n_wing) array
        Henry; the sum is the inductance of all in series.
    """
    matrix_h = np.diag(np.full(len(wings), _wing_inductance_h(winding)))
    for i, one in enumerate(wings):
        for j, other in enumerate(wings[:i]):
            matrix_h[i, j] = matrix_h[j, i] = mutual_inductance_h(winding, one, other)
    return matrix_h


def _wing_inductance_h(winding: Winding) -> float:
    """Sum Maxwell's formula over filaments; a wire's own by its geometric mean distance."""
    ratio = 1.0 if winding.round_wire else winding.wire_height_m / winding.wire_width_m
    n_part = max(1, round(ratio))
    part_m = winding.wire_height_m / n_part
    steps = ((np.arange(n_part) + 0.5) / n_part - 0.5) * winding.wire_height_m
    levels_m = (winding.layer_centres_m[:, None] + steps).ravel()
    radius, level = (grid.ravel() for grid in np.meshgrid(winding.radii_m, levels_m))
    apart_m = np.abs(level[:, None] - level)
    own_m = GMD_OF_RECTANGLE * (winding.wire_width_m + part_m)
    if winding.round_wire:
        own_m = GMD_OF_CIRCLE * winding.wire_width_m / 2
    np.fill_diagonal(apart_m, own_m)
    mutual_h = coaxial_inductance_h(radius[:, None], radius[None, :], apart_m)
    return float(mutual_h.sum()) / n_part**2


def mutual_inductance_h(
    winding: Winding,
    one: Wing,
    other: Wing,
    other_winding: Winding | None = None,
    n_angle: int = 256,
) -> float:
    """Integrate the vector potential of one wing along the turns of another, in henry.

    The other's winding is the same unless given. Signed by the senses of both currents.

    Parameters
    ----------
    winding : Winding
        Of the one wing.
    one, other : Wing
        Where they lie, and the sense of their currents.
    other_winding : Winding, optional
        Of the other; the one's by default.
    n_angle : int, optional
        Points on a turn.

    Returns
    -------
    float [H]
        Positive where the fields help each other.
    """
    along_turns = other_winding or winding
    angle = np.arange(n_angle) * 2 * np.pi / n_angle
    circle = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(n_angle)])
    along = np.column_stack([-np.sin(angle), np.cos(angle), np.zeros(n_angle)])
    rotation = other.coil_from_wing[:3, :3]
    total_h = 0.0
    for level_m in along_turns.layer_centres_m:
        for radius_m in along_turns.radii_m:
            turn_m = transform(other.coil_from_wing, circle * radius_m + [0, 0, level_m])
            a_t_m = exact_vector_potential_t_m(winding, (one,), turn_m, n_filament=1)
            step_m = 2 * np.pi * radius_m / n_angle
            total_h += other.sense * step_m * float(np.sum(a_t_m * (along @ rotation.T)))
    return total_h
