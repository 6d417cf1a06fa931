"""The motor cortex as a ruler: the hand's area, thresholds of a head with a coil, angles."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from msgspec import UNSET

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import (
    FemSystem,
    Field,
    Sampler,
    SurfaceField,
    head_sampler,
    solve_fields,
)
from cortistim.field.local import refine_locally
from cortistim.field.peak import strongest_patch
from cortistim.geometry import unit
from cortistim.head import Head, Surface
from cortistim.head.space.targets import named_target
from cortistim.head.surfaces import adjacency
from cortistim.neuron.calibration import CRITERION, Calibration, factor_at_criterion
from cortistim.neuron.cells import TYPES
from cortistim.neuron.layers import (
    FLAT_WORDS,
    SOMA_DEPTH,
    LayeredField,
    layered,
    strong_vertices,
)
from cortistim.neuron.patch import Patch
from cortistim.neuron.recruitment import Recruitment
from cortistim.neuron.tables import ThresholdFit
from cortistim.placement import (
    Pose,
    handle_angle_rad,
    place_over,
    raise_until_clear,
    scalp_under,
)
from cortistim.pulse import Output
from cortistim.records import number
from cortistim.records.neuron import (
    GradientRecord,
    LayersRecord,
    MotorThresholdRecord,
    TargetRecruitment,
)
from cortistim.records.recruitment import AngleRecord, ByDirection
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import mm_from_m

FARTHEST_M = 15e-3
HAND_M = 12.5e-3
CANDIDATES = 200
BLOCK = 6
MOTOR = {"left": "m1_hand_l", "right": "m1_hand_r", "midline": "m1_hand_l"}
"""The hand area of each side; a target on the midline takes the left one, by convention."""
HANDLE_RAD = float(np.pi / 4)
PERCENT_PER_MM = 3.0  # of the maximal output per millimetre (Stokes 2005)
PERCENT_PER_MM_KEY = "stokes2005"
PATCH_WORDS = "cortex within 5 mm of the target"
MOTOR_WORDS = (
    "cortex within 12.5 mm of the coordinate along the surface; |E| is the mean of the 5 mm "
    "patch in it with the strongest field"
)
POLARITIES = {"as_told": 1.0, "reversed": -1.0}
SOURCES = (
    "aberra2020", "aberra2018", "markram2015", "hay2011", "weise2023", "waehnert2014",
    "peterchev2013",
)  # fmt: skip
LIMITS = (
    "Cells at rest, without synaptic background; five clones per type, grown from statistics",
    "The calibration factor between model and people is not understood physically",
)


def motor_threshold(
    patch: Patch,
    fit: ThresholdFit,
    calibration: Calibration,
    output: Output,
    *,
    sign: float = 1.0,
) -> MotorThresholdRecord:
    """Return the motor threshold that the model expects of a patch of motor cortex.

    Parameters
    ----------
    patch : Patch
        The muscle's representation.
    fit : ThresholdFit
        Of the pulse.
    calibration : Calibration
        In use.
    output : Output
        What the stimulator gives at full output.
    sign : float
        -1 for the other direction of the current.

    Returns
    -------
    MotorThresholdRecord
        dI/dt, %MSO (None where the pair was not measured) and mean |E| there, with the range
        of the calibration factor.
    """
    scale = factor_at_criterion(fit, *patch.felt(sign))

    def percent(factor: float) -> float | None:
        if output.didt_max is None:
            return None
        didt = scale / factor * patch.didt_a_per_s
        return number(100 * didt / output.didt_max.value, 2)

    return MotorThresholdRecord(
        percent_mso=percent(calibration.factor),
        percent_mso_range=(percent(calibration.high), percent(calibration.low)),
        reason=output.reason if output.didt_max is None else "",
        didt_a_per_us=number(scale / calibration.factor * patch.didt_a_per_s / 1e6, 3),
        e_v_per_m=number(scale / calibration.factor * patch.mean_v_per_m, 2),
        criterion=f"{100 * CRITERION:g} % of layer 5 cells recruited in the hand's area",
    )


def motor_patch(on_cortex: SurfaceField, point_m: FloatArray, didt_a_per_s: float) -> Patch:
    """Take the cortex that moves a muscle, and where in it the field is strongest.

    The hand's representation is the piece of cortex around the hand knob, on one side of the
    central sulcus, so distances are measured along the cortex. A hotspot is searched on a
    person until the response is largest, so the field that is quoted for the motor cortex is
    that of the strongest patch there, not that of the coordinate.

    Parameters
    ----------
    on_cortex : SurfaceField
        The whole cortex.
    point_m : (3,) array [m]
        Such as the hand knob.
    didt_a_per_s : float [A/s]
        At which the field is given.

    Returns
    -------
    Patch
        All vertices within 12.5 mm along the cortex of the vertex nearest to the point; its
        core is the 5 mm patch with the strongest field.

    Raises
    ------
    BadInputError
        When there is no cortex near the point.
    """
    vertices_m, size = on_cortex.surface.vertices_m, on_cortex.magnitude_v_per_m
    area = hand_area(on_cortex.surface, point_m)
    _, core = strongest_patch(vertices_m, size, area, candidates=CANDIDATES)
    return Patch(on_cortex, area, didt_a_per_s, core)


def hand_area(surface: Surface, point_m: FloatArray) -> IntArray:
    """Find the vertices within 12.5 mm of a point, along the cortex.

    Parameters
    ----------
    surface : Surface
        The cortex.
    point_m : (3,) array [m]
        Such as the hand knob.

    Returns
    -------
    (n,) int array
        Reached along edges from the vertex nearest to the point.

    Raises
    ------
    BadInputError
        When there is no cortex within 15 mm.
    """
    from scipy.sparse.csgraph import dijkstra

    distance_m = np.linalg.norm(surface.vertices_m - point_m, axis=1)
    if distance_m.min() > FARTHEST_M:
        msg = f"there must be cortex within {mm_from_m(FARTHEST_M):g} mm of the motor target."
        raise BadInputError(msg)
    near = np.flatnonzero(distance_m <= distance_m.min() + HAND_M)
    edges = adjacency(surface.triangles, len(distance_m))[near][:, near].tocoo()
    places_m = surface.vertices_m[near]
    edges.data = np.linalg.norm(places_m[edges.row] - places_m[edges.col], axis=1)
    start = int(distance_m[near].argmin())
    along_m = dijkstra(edges.tocsr(), directed=False, indices=start, limit=HAND_M)
    return near[along_m <= HAND_M]


def scalp_to_cortex_m(head: Head, point_m: FloatArray) -> float:
    """Measure the distance from the scalp over a point to the cortex under it.

    The rule of Stokes et al. (2005) was made for this distance: from the place of the coil on
    the scalp to the nearest cortex, whatever the depth of the point that is meant. A point in
    a sulcus and one on a crown beside it have the same.

    Parameters
    ----------
    head : Head
        With a cortex; its mid-grey surface is taken.
    point_m : (3,) array [m]
        In the brain.

    Returns
    -------
    float
        Metres.
    """
    scalp_m, _ = scalp_under(head, point_m)
    return float(np.linalg.norm(head.cortex.vertices_m - scalp_m, axis=1).min())


def is_motor(target: str) -> bool:
    """Tell whether a target's name is one of the motor cortex.

    Parameters
    ----------
    target : str
        As typed.

    Returns
    -------
    bool
        True for the hand's motor cortex of either side.
    """
    return target.lower().startswith("m1_")


def motor_reference(
    head: Head,
    coil: Coil,
    side: str,
    *,
    distance_m: float,
    system: FemSystem,
    places: Sampler | None = None,
) -> tuple[Patch | None, str]:
    """Solve for the coil over the hand's motor cortex, its handle at 45°.

    In the hand's area the field is of third order, as at a plan's target.

    Parameters
    ----------
    head, coil : Head, Coil
        What is solved.
    side : str
        ``left``, ``right`` or ``midline``.
    distance_m : float [m]
        From the scalp to the coil.
    system : FemSystem
        The head's.
    places : Sampler, optional
        The vertices of the head's cortex, when they were prepared before.

    Returns
    -------
    patch : Patch or None
        At 1 A/µs; None where it could not be had.
    reason : str
        Why not; empty otherwise.
    """
    try:
        point = head.frame.to_subject_m(np.atleast_2d(named_target(MOTOR[side]).mni_m))[0]
        pose = place_over(head, point, handle_rad=HANDLE_RAD, distance_m=distance_m)
        pose, _ = raise_until_clear(head, coil, pose)
        linear = solve_fields(head, coil, [pose], system=system)[0]
        area = hand_area(head.cortex, point)
        cortex = _read_in(area, linear, system, places)
        # layers count in the hand's area alone, and there where the field is strong
        read = np.intersect1d(area, strong_vertices(cortex))
        found = motor_patch(layered(cortex, linear, vertices=read), point, linear.didt_a_per_s)
    except BadInputError as error:
        return None, f"the field over the motor cortex could not be computed: {error}"
    return found, ""


def _read_in(
    area: IntArray, linear: Field, system: FemSystem, places: Sampler | None = None
) -> SurfaceField:
    """Read a field with third order in some of the cortex, by the elements elsewhere.

    Elsewhere it only tells how strong the strongest field is, which decides where in the
    area layers are read.
    """
    head, cortex = linear.head, linear.head.cortex
    places = places or head_sampler(head, cortex.vertices_m)
    here = replace(places, points_m=places.points_m[area], tets=places.tets[area])
    sharp = refine_locally(linear, here, fractions=0.0, system=system)
    plain = replace(places, recovery="element")
    e_v_per_m, error = linear.at_v_per_m(plain), np.zeros(len(places.tets))
    e_v_per_m[area], error[area] = sharp.at_v_per_m(here), sharp.error_v_per_m(here)
    return SurfaceField(cortex, e_v_per_m, error, sharp.highest_order)


def scan_angles(
    system: FemSystem,
    head: Head,
    coil: Coil,
    poses: list[Pose],
    point_m: FloatArray,
    fit: ThresholdFit,
    *,
    progress: Progress = silent,
) -> tuple[AngleRecord, ...]:
    """Turn the coil over a point and see how well each angle recruits layer 5.

    In the hand's area fields are of third order.

    Parameters
    ----------
    system : FemSystem
        The head's.
    head, coil : Head, Coil
        What is solved.
    poses : list of Pose
        From `turned_poses`.
    point_m : (3,) array [m]
        The hand's area around it counts, see `motor_patch`.
    fit : ThresholdFit
        Of the pulse.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    tuple of AngleRecord
        The dI/dt of the uncalibrated model at which the criterion is met for both directions
        of the current, and the direction of the induced field.
    """
    rows, area = [], hand_area(head.cortex, point_m)
    places = head_sampler(head, head.cortex.vertices_m)
    for start in range(0, len(poses), BLOCK):
        progress("turning the coil", start / len(poses))
        block = poses[start : start + BLOCK]
        for field in solve_fields(head, coil, block, system=system):
            sharp = _read_in(area, field, system, places)
            cortex = layered(sharp, field, vertices=area)
            patch = motor_patch(cortex, point_m, field.didt_a_per_s)
            rows.append(_angle_row(head, field.pose, patch, fit))
    return tuple(rows)


def turned_poses(
    head: Head, coil: Coil, point_m: FloatArray, angles_rad: FloatArray, distance_m: float
) -> list[Pose]:
    """Place the coil over a point with several handle angles, clear of the head.

    Parameters
    ----------
    head, coil : Head, Coil
        Which.
    point_m : (3,) array [m]
        The target.
    angles_rad : (n,) array [rad]
        As `place_over` takes them.
    distance_m : float [m]
        From the scalp to the coil.

    Returns
    -------
    list of Pose
        One for each angle.
    """
    placed = [
        place_over(head, point_m, handle_rad=float(a), distance_m=distance_m)
        for a in angles_rad
    ]
    return [raise_until_clear(head, coil, pose)[0] for pose in placed]


def _angle_row(head: Head, pose: Pose, patch: Patch, fit: ThresholdFit) -> AngleRecord:
    forward, backward = (
        factor_at_criterion(fit, *patch.felt(sign)) * patch.didt_a_per_s / 1e6
        for sign in POLARITIES.values()
    )
    direction = unit(patch.e_v_per_m.mean(axis=0))
    return AngleRecord(
        handle_deg=number(np.degrees(handle_angle_rad(head, pose)), 2),
        threshold_didt_a_per_us=ByDirection(
            as_told=number(forward, 3), reversed=number(backward, 3)
        ),
        e_direction=tuple(number(x, 4) for x in direction),
    )


def by_direction(
    patch: Patch, fit: ThresholdFit, calibration: Calibration, *, output: Output | None
) -> dict[str, TargetRecruitment]:
    """Return mean shares recruited in a patch for both directions of the current.

    Parameters
    ----------
    patch : Patch
        The target's.
    fit, calibration : ThresholdFit, Calibration
        Table and factor.
    output : Output or None
        What the stimulator gives: of a patch of motor cortex the motor threshold is told,
        too. None for any other patch.

    Returns
    -------
    dict of str to TargetRecruitment
        By the names of `POLARITIES`.
    """
    found = {}
    for name, sign in POLARITIES.items():
        maps = patch.recruited(fit, calibration, sign=sign)
        expected = UNSET
        if output is not None:
            expected = motor_threshold(patch, fit, calibration, output, sign=sign)
        found[name] = TargetRecruitment(
            recruited_percent=_mean_percent(maps.layers),
            baselines_percent=_mean_percent(maps.baselines),
            motor_threshold=expected,
        )
    return found


def _mean_percent(shares: Mapping[str, FloatArray]) -> dict[str, float | None]:
    return {name: number(100 * float(x.mean()), 3) for name, x in shares.items()}


def layers_record(patch: Patch) -> LayersRecord:
    """Say where the field of each layer was read, and how it grows there.

    Parameters
    ----------
    patch : Patch
        Any.

    Returns
    -------
    LayersRecord
        Words, depths (share of the cortex above, by volume), mean |E| by layer in the patch,
        and the gradient there.
    """
    cortex = patch.on_cortex
    if not isinstance(cortex, LayeredField):
        return LayersRecord(words=FLAT_WORDS)
    size = np.linalg.norm(cortex.layers_v_per_m[:, patch.vertices], axis=2).mean(axis=1)
    low, median, high = np.percentile(cortex.gradient[patch.vertices], [5, 50, 95])
    return LayersRecord(
        words=cortex.words,
        depth=dict(SOMA_DEPTH),
        e_v_per_m={name: number(x, 3) for name, x in zip(TYPES, size, strict=True)},
        gradient_percent_per_mm=GradientRecord(
            p05=number(low, 2), median=number(median, 2), p95=number(high, 2)
        ),
        moved_into_the_grey_percent=number(100 * cortex.moved_share, 2),
    )


def percent_maps(maps: Recruitment) -> dict[str, FloatArray]:
    """Return layers and baselines in percent, by words for a figure.

    Parameters
    ----------
    maps : Recruitment
        Shares from 0 to 1.

    Returns
    -------
    dict of str to (n_vertex,) array
        0 to 100.
    """
    layers = {
        f"{name.replace('L23', 'L2/3')} cells": 100 * x for name, x in maps.layers.items()
    }
    return layers | {f"baseline: {name}": 100 * x for name, x in maps.baselines.items()}
