"""A coil's field in the sphere of Deng et al. (2013): on the brain, and by depth."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.cache import atomic_path
from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field.analytic.deng2013 import (
    BRAIN_M,
    for_far_away,
    lift_outside_m,
    pose_over_sphere,
)
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.records import numbers
from cortistim.records.coil_sphere import SphereFieldRecord
from cortistim.study.coil.measures import load_for_sphere, performance_record
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import require_didt
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import a_per_us_from_a_per_s, mm_from_m

MAP_TURNS, MAP_RINGS = 181, 61
WIDEST_RAD = np.pi / 2
"""The map ends where the brain's surface turns away from the coil."""
DEEPEST_M = 0.05
PROFILE_STEP_M = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class SphereFieldRequest:
    """Which coil, and at which rate of current.

    Parameters
    ----------
    coil : CoilRequest
        One that can be bent is bent to the sphere, unless told how.
    didt_a_per_s : float [A/s], optional
        Of all fields.
    """

    coil: CoilRequest
    didt_a_per_s: float = 1e8

    def __post_init__(self) -> None:
        """Refuse rates that mean nothing."""
        if not 0 < self.didt_a_per_s < np.inf:
            msg = f"`didt_a_per_s` must be positive and finite; got {self.didt_a_per_s:g} A/s."
            raise BadInputError(msg)
        require_didt(self.didt_a_per_s)


@dataclass(frozen=True, kw_only=True, eq=False)
class SphereField:
    """A coil's field in the sphere.

    Parameters
    ----------
    coil : Coil
        As it was laid on the head.
    didt_a_per_s : float [A/s]
        Rate of its current.
    theta_rad : (n_ring,) array
        From the coil's axis.
    turn_rad : (n_turn,) array
        About it, from the coil's x axis towards y.
    e_v_per_m : (n_ring, n_turn) array [V/m]
        |E| on the brain's surface.
    depth_m : (n_depth,) array [m]
        Below the brain's surface.
    profile_v_per_m : (n_depth,) array [V/m]
        |E| below the strongest place.
    strongest_rad : (float, float)
        Where that is: from the axis, and about it.
    """

    coil: Coil
    didt_a_per_s: float
    theta_rad: FloatArray
    turn_rad: FloatArray
    e_v_per_m: FloatArray
    depth_m: FloatArray
    profile_v_per_m: FloatArray
    strongest_rad: tuple[float, float]


def run_sphere_field(
    request: SphereFieldRequest, *, progress: Progress = silent
) -> SphereField:
    """Compute a coil's field in the sphere by its closed form.

    Parameters
    ----------
    request : SphereFieldRequest
        Which coil.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    SphereField
        The coil's face on the head, its axis to the centre.

    Raises
    ------
    BadInputError
        When there is no such coil, or it is known on a grid only.
    """
    progress("laying the coil on the sphere", 0.0)
    coil = load_for_sphere(request.coil)
    pose, light = pose_over_sphere(lift_outside_m(coil)), for_far_away(coil)

    def size(points_m: FloatArray) -> FloatArray:
        found = sphere_field_v_per_m(points_m, light, pose, didt_a_per_s=request.didt_a_per_s)
        return np.linalg.norm(found, axis=1)

    progress("computing the field on the brain", 0.2)
    theta, turn = np.linspace(0, WIDEST_RAD, MAP_RINGS), np.linspace(0, 2 * np.pi, MAP_TURNS)
    grid = directions(*np.meshgrid(theta, turn, indexing="ij"))
    on_brain = size(BRAIN_M * grid.reshape(-1, 3)).reshape(MAP_RINGS, MAP_TURNS)
    ring, along = np.unravel_index(int(on_brain.argmax()), on_brain.shape)
    depth_m = np.arange(0, DEEPEST_M + PROFILE_STEP_M / 2, PROFILE_STEP_M)
    profile = size((BRAIN_M - depth_m)[:, None] * grid[ring, along])
    return SphereField(
        coil=coil,
        didt_a_per_s=request.didt_a_per_s,
        theta_rad=theta,
        turn_rad=turn,
        e_v_per_m=on_brain,
        depth_m=depth_m,
        profile_v_per_m=profile,
        strongest_rad=(float(theta[ring]), float(turn[along])),
    )


def directions(theta_rad: FloatArray, turn_rad: FloatArray) -> FloatArray:
    """Return unit vectors; the coil is on top, and its y axis is the head's -y.

    Parameters
    ----------
    theta_rad, turn_rad : arrays
        From the coil's axis, and about it from the coil's x towards its y.

    Returns
    -------
    (..., 3) array
        In the sphere's frame.
    """
    flat = np.sin(theta_rad)
    parts = (flat * np.cos(turn_rad), -flat * np.sin(turn_rad), np.cos(theta_rad))
    return np.stack(parts, axis=-1)


def write_sphere_field(found: SphereField, figure: Path | None = None) -> SphereFieldRecord:
    """Describe a coil's field in the sphere, and draw it.

    Parameters
    ----------
    found : SphereField
        From `run_sphere_field`.
    figure : Path, optional
        A .png, .pdf or .svg file.

    Returns
    -------
    SphereFieldRecord
        With depth and spread.

    Raises
    ------
    BadInputError
        When the figure's name ends otherwise.
    """
    record = SphereFieldRecord(
        coil=found.coil.name,
        didt_a_per_us=round(a_per_us_from_a_per_s(found.didt_a_per_s), 6),
        sphere=performance_record(found.coil).sphere,
        depth_mm=numbers(mm_from_m(found.depth_m), 3),
        e_v_per_m=numbers(found.profile_v_per_m, 3),
        strongest_at_deg=round(float(np.rad2deg(found.strongest_rad[0])), 2),
        deformation=dict(found.coil.shape.deformation),
    )
    if figure is None:
        return record
    from cortistim.viz.figures.coil_in_sphere import CoilInSphere, coil_in_sphere
    from cortistim.viz.render.canvas import figure_bytes

    content = CoilInSphere(
        name=record.coil,
        didt_a_per_us=record.didt_a_per_us,
        theta_rad=found.theta_rad,
        turn_rad=found.turn_rad,
        e_v_per_m=found.e_v_per_m,
        depth_mm=mm_from_m(found.depth_m),
        profile_v_per_m=found.profile_v_per_m,
        half_mm=10 * record.sphere.depth_half_cm,
        strongest_rad=found.strongest_rad,
    )
    drawn = figure_bytes(coil_in_sphere(content), figure)
    with atomic_path(figure) as temporary:
        temporary.write_bytes(drawn)
    return replace(record, file=str(figure))
