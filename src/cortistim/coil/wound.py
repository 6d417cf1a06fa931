"""A coil from its windings: dipoles, casing and inductance joined."""

import numpy as np

from cortistim.coil.casing import disc_shell, merged_casing
from cortistim.coil.coil import Casing, Coil
from cortistim.coil.windings import Winding, Wing, coil_dipoles, inductance_h
from cortistim.geometry import transform


def wings_casing(winding: Winding, wings: tuple[Wing, ...], plastic_m: float) -> Casing:
    """Make the casing: one closed disc around each wing.

    Parameters
    ----------
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are.
    plastic_m : float [m]
        Between copper and the outside, on every side.

    Returns
    -------
    Casing
        Discs that overlap where the wings meet.
    """
    vertices_m, triangles = disc_shell(
        winding.outer_diameter_m / 2 + plastic_m, winding.height_m + 2 * plastic_m
    )
    shifted_m = vertices_m + np.array([0, 0, plastic_m])
    parts = [(transform(wing.coil_from_wing, shifted_m), triangles) for wing in wings]
    return merged_casing(parts, f"assumed: {plastic_m * 1e3:g} mm of plastic around the copper")


def wound_coil(
    name: str,
    winding: Winding,
    wings: tuple[Wing, ...],
    *,
    plastic_m: float,
    sources: tuple[str, ...],
    words: str = "",
) -> Coil:
    """Make a coil of a winding.

    Parameters
    ----------
    name : str
        What a user calls it.
    winding : Winding
        Of each wing.
    wings : tuple of Wing
        Where they are.
    plastic_m : float [m]
        Between copper and the casing's outside.
    sources : tuple of str
        Keys of ``references.bib``.
    words : str
        What else a reader should know.

    Returns
    -------
    Coil
        Dipoles, casing and computed inductance.
    """
    dipoles_m, moments_m2 = coil_dipoles(winding, wings)
    wing_words = f"{len(wings)} wings of " if len(wings) > 1 else ""
    geometry = (
        f"{wing_words}{winding.turns} x {winding.layers} turns, copper "
        f"{winding.inner_diameter_m * 1e3:g} to {winding.outer_diameter_m * 1e3:g} mm, wire "
        f"{winding.wire_width_m * 1e3:g} x {winding.wire_height_m * 1e3:g} mm, as "
        f"{len(dipoles_m)} dipoles; from 5 mm in front of the face A is within 0.1 % (rms, of "
        f"the peak) of that of the turns; inductance computed, without cable. {words}"
    )
    return Coil(
        name,
        dipoles_m,
        moments_m2,
        wings_casing(winding, wings, plastic_m),
        geometry.strip(),
        sources,
        inductance_h=inductance_h(winding, wings),
    )
