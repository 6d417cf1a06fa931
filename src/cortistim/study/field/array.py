"""A hot spot steered by currents: what ``cortistim aim --array`` does."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.coil import Coil, CoilAssembly
from cortistim.coil.five_channels import NAME, ChannelSet, five_channels
from cortistim.errors import BadInputError, quoted
from cortistim.field import TOLERANCE, FemSystem, Field, Sampler, head_sampler, solve_linear
from cortistim.field.hierarchic import DEFAULT_ORDER, MAP_FRACTION
from cortistim.field.peak import strongest_patch
from cortistim.field.refinement import refined
from cortistim.field.target import FEWEST, RADIUS_M
from cortistim.geometry import unit
from cortistim.head import Head
from cortistim.io import write_pose
from cortistim.placement import (
    DISTANCE_M,
    Pose,
    place_over,
    raise_until_clear,
    require_clear,
    scalp_under,
)
from cortistim.records.array import ArrayRecord, ChannelRecord, LocusRecord, PeakRecord
from cortistim.records.form import json_text, number, numbers, significant
from cortistim.records.provenance import NOTICE
from cortistim.study.record import (
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    sources_record,
    versions,
)
from cortistim.study.request.coil import START_HANDLE_RAD
from cortistim.study.request.inputs import TargetPoint
from cortistim.targeting.array import ChannelFields, FieldWish, Steering, solve_channels, steer
from cortistim.typing import FloatArray, IntArray, Progress, silent
from cortistim.units import a_per_us_from_a_per_s, mm_from_m, us_from_s
from cortistim.viz.figures.steering import LocusPicture, write_steering

AROUND_M = 0.07  # cortex farther from the middle target than this gets little of a flat set
ASIDE_M = 0.003  # how far along the set's face a target may lie from where it was asked for
RISE_S = 60e-6  # assumed: linear rise of the current, as in pulses of multi-locus stimulators
WISHED_V_PER_M = 50.0  # assumed: near what moves a hand muscle; energies scale with its square
MOST_DIDT_A_PER_S = 150e6  # assumed: 1500 V on 10 µH
FARTHEST_M = 0.04  # that a hot spot may be asked for from the set's axis


@dataclass(frozen=True, slots=True)
class Locus:
    """A place and direction of the field, in the set's plane.

    Parameters
    ----------
    x_m, y_m : float [m]
        Along the set's x and y, from under its centre.
    angle_rad : float [rad]
        Of E, from the set's +y towards its -x.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    angle_rad: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no set reaches."""
        if not np.hypot(self.x_m, self.y_m) <= FARTHEST_M or not np.isfinite(self.angle_rad):
            msg = (
                f"a locus must lie within {mm_from_m(FARTHEST_M):g} mm of the set's axis, with "
                f"a finite angle; got {mm_from_m(self.x_m):g}, {mm_from_m(self.y_m):g} mm. "
                "Move the set instead."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class ArrayRequest:
    """What ``cortistim aim --array`` is asked besides head, set and target.

    Parameters
    ----------
    loci : tuple of Locus
        One or more.
    pose : Pose or None
        Where the set stands; straight above the target, handle at 45°, when left out.
    handle_rad : float [rad], optional
        Handle angle above the target instead of 45°.
    distance_m : float [m], optional
        From the scalp to the set's face there.
    wished_v_per_m : float [V/m]
        Mean E in every target.
    most_didt_a_per_s : float [A/s]
        Bound on every channel.
    rise_s : float [s]
        Of the currents, for their energy.
    order : int
        Highest order of the elements around the cortex that is read.
    tolerance : float
        On the relative residual of the solves.
    """

    loci: tuple[Locus, ...] = (Locus(),)
    pose: Pose | None = None
    handle_rad: float = START_HANDLE_RAD
    distance_m: float = DISTANCE_M
    wished_v_per_m: float = WISHED_V_PER_M
    most_didt_a_per_s: float = MOST_DIDT_A_PER_S
    rise_s: float = RISE_S
    order: int = DEFAULT_ORDER
    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        """Refuse numbers that are none."""
        for name in ("wished_v_per_m", "most_didt_a_per_s", "rise_s"):
            value = getattr(self, name)
            if not 0 < value < np.inf and not (name[:4] == "most" and value == np.inf):
                msg = f"`{name}` must be above 0 and finite; got {value:g}."
                raise BadInputError(msg)
        if not self.loci:
            msg = "a set must be steered to at least one locus; got none."
            raise BadInputError(msg)


def named_array(name: str) -> ChannelSet:
    """Return a built-in set of channels.

    Parameters
    ----------
    name : str
        ``five_channels``.

    Returns
    -------
    ChannelSet
        With its inductances.

    Raises
    ------
    BadInputError
        When there is none of that name.
    """
    if name.lower() != NAME:
        msg = f"a set of channels must be {NAME}; got {quoted(name)}."
        raise BadInputError(msg)
    return five_channels()


@dataclass(frozen=True, eq=False)
class _Stage:
    """The set on the head, and the cortex around it ready to be read."""

    head: Head
    parts: CoilAssembly
    pose: Pose
    system: FemSystem
    vertices_m: FloatArray
    places: Sampler
    request: ArrayRequest

    @property
    def in_set_m(self) -> FloatArray:
        """The cortex in the set's frame."""
        return self.pose.to_coil_m(self.vertices_m)

    def read(self, field: Field) -> FloatArray:
        """E at the cortex, of the order asked for."""
        fine = refined(
            field,
            self.places,
            order=self.request.order,
            fractions=MAP_FRACTION,
            system=self.system,
            tolerance=self.request.tolerance,
        )
        return fine.at_v_per_m(self.places)

    def target_of(self, locus: Locus) -> int:
        """Find the cortex under a locus, a vertex: a crown somewhat aside before a sulcus."""
        in_set_m = self.in_set_m
        aside_m = np.hypot(in_set_m[:, 0] - locus.x_m, in_set_m[:, 1] - locus.y_m)
        cost_m = np.where(aside_m <= ASIDE_M, in_set_m[:, 2] + aside_m, np.inf)
        order = np.argsort(cost_m, kind="stable")
        for vertex in order[: int((aside_m <= ASIDE_M).sum())]:
            away_m = np.linalg.norm(self.vertices_m - self.vertices_m[vertex], axis=1)
            if (away_m <= RADIUS_M).sum() >= FEWEST:
                return int(vertex)
        msg = (
            f"a locus must have cortex below it; there is none at {mm_from_m(locus.x_m):g}, "
            f"{mm_from_m(locus.y_m):g} mm from under the set's centre. Move the set."
        )
        raise BadInputError(msg)

    def directions(self, locus: Locus, vertex: int) -> tuple[FloatArray, FloatArray]:
        """Return unit vectors along and across the wished field, both along the scalp."""
        angle = locus.angle_rad
        normal = scalp_under(self.head, self.vertices_m[vertex])[1]
        along = self.pose.rotation @ np.array([-np.sin(angle), np.cos(angle), 0.0])
        along = unit(along - (along @ normal) * normal)
        return along, np.cross(normal, along)


def run_array(
    head: Head,
    chosen: ChannelSet,
    target: TargetPoint,
    *,
    request: ArrayRequest,
    folder: Path,
    progress: Progress = silent,
) -> ArrayRecord:
    """Steer a set of channels to places and directions, and write currents and evidence.

    Parameters
    ----------
    head : Head
        With a cortex.
    chosen : ChannelSet
        Coils that stay where they are.
    target : TargetPoint
        What the set stands above, unless the request has a pose.
    request : ArrayRequest
        Loci, strength, bounds.
    folder : Path
        Gets ``pose.json``, ``array.json`` and ``array.png``.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    ArrayRecord
        The content of ``array.json``.

    Raises
    ------
    BadInputError
        When a locus has no cortex, or its field is beyond the channels' bound.
    PoseError
        When the set cannot stand there.
    ConvergenceError
        When a solve stops short.
    """
    stage = _stage(head, chosen, target, request)
    progress("solving the field of every channel", 0.0)
    names = chosen.parts.channel_names()
    coils = [_fed(chosen.parts, np.eye(len(names))[k]) for k in range(len(names))]
    solved = solve_channels(
        head, coils, stage.pose, system=stage.system, tolerance=request.tolerance
    )
    e_v_per_m = np.stack([stage.read(field) for field in solved])
    fields = ChannelFields(stage.vertices_m, e_v_per_m)
    loci, pictures = [], []
    for done, locus in enumerate(request.loci):
        progress("steering", done / len(request.loci))
        row, picture = _steered(stage, chosen, fields, locus)
        loci.append(row)
        pictures.append(picture)
    record = _record(stage, chosen, target, solved[0], loci)
    with whole_folder(folder) as place:
        write_pose(place / "pose.json", stage.pose)
        missing = write_steering(place / "array.png", record, pictures)
        record.warnings.extend([missing] if missing else [])
        (place / "array.json").write_text(json_text(record), encoding="utf-8")
    return record


def _stage(
    head: Head, chosen: ChannelSet, target: TargetPoint, request: ArrayRequest
) -> _Stage:
    coil = chosen.parts.rigid()
    if request.pose is None:
        above = place_over(
            head,
            target.point_m,
            handle_rad=request.handle_rad,
            distance_m=request.distance_m,
        )
        pose = raise_until_clear(head, coil, above)[0]
    else:
        pose = request.pose
        require_clear(head, coil, pose)
    vertices_m = head.cortex.vertices_m
    in_set_m = pose.to_coil_m(vertices_m)
    under_m = vertices_m[np.argmin(np.hypot(*in_set_m.T[:2]) + np.maximum(in_set_m[:, 2], 0))]
    near = np.linalg.norm(vertices_m - under_m, axis=1) <= AROUND_M
    chosen_m = vertices_m[near]
    places = head_sampler(head, chosen_m)
    return _Stage(head, chosen.parts, pose, FemSystem.of(head), chosen_m, places, request)


def _fed(parts: CoilAssembly, shares: FloatArray) -> Coil:
    return parts.rigid(currents=dict(zip(parts.channel_names(), shares.tolist(), strict=True)))


def _steered(
    stage: _Stage, chosen: ChannelSet, fields: ChannelFields, locus: Locus
) -> tuple[LocusRecord, LocusPicture]:
    """Find the currents for one locus and confirm them by a direct solve of the set."""
    request = stage.request
    vertex = stage.target_of(locus)
    along, across = stage.directions(locus, vertex)
    point_m = _triple(stage.vertices_m[vertex])
    wish = FieldWish(point_m, _triple(along), _triple(across), request.wished_v_per_m)
    found = steer(
        fields, wish, chosen.inductances_h, most_didt_a_per_s=request.most_didt_a_per_s
    )
    largest = float(np.abs(found.didt_a_per_s).max())
    field = solve_linear(
        stage.head,
        _fed(stage.parts, found.didt_a_per_s / largest),
        stage.pose,
        didt_a_per_s=largest,
        system=stage.system,
        tolerance=request.tolerance,
    )
    e_v_per_m = stage.read(field)
    peak, patch = _peak(stage, e_v_per_m, vertex, locus)
    row = _locus_record(stage, locus, vertex, found, e_v_per_m, peak)
    return row, LocusPicture(stage.in_set_m, np.linalg.norm(e_v_per_m, axis=1), patch)


def _triple(vector: FloatArray) -> tuple[float, float, float]:
    x, y, z = np.asarray(vector, float).tolist()
    return x, y, z


def _peak(
    stage: _Stage, e_v_per_m: FloatArray, vertex: int, locus: Locus
) -> tuple[PeakRecord, IntArray]:
    size = np.linalg.norm(e_v_per_m, axis=1)
    centre, patch = strongest_patch(stage.vertices_m, size, np.arange(len(size)))
    mean = e_v_per_m[patch].mean(axis=0) @ stage.pose.rotation
    angle_rad = float(np.arctan2(-mean[0], mean[1]))
    off_rad = (angle_rad - locus.angle_rad + np.pi) % (2 * np.pi) - np.pi
    off_m = np.linalg.norm(stage.vertices_m[centre] - stage.vertices_m[vertex])
    aside_m = np.linalg.norm(stage.in_set_m[centre, :2] - [locus.x_m, locus.y_m])
    record = PeakRecord(
        e_v_per_m=float(f"{size[patch].mean():.5g}"),
        subject_mm=numbers(mm_from_m(stage.vertices_m[centre]), 2),
        in_plane_mm=numbers(mm_from_m(stage.in_set_m[centre, :2]), 2),
        angle_deg=round(float(np.rad2deg(angle_rad)), 2),
        off_mm=round(mm_from_m(float(off_m)), 2),
        off_in_plane_mm=round(mm_from_m(float(aside_m)), 2),
        off_deg=round(float(np.rad2deg(abs(off_rad))), 2),
    )
    return record, patch


def _locus_record(
    stage: _Stage,
    locus: Locus,
    vertex: int,
    found: Steering,
    e_v_per_m: FloatArray,
    peak: PeakRecord,
) -> LocusRecord:
    rise_s, along = stage.request.rise_s, stage.directions(locus, vertex)[0]
    away_m = np.linalg.norm(stage.vertices_m - stage.vertices_m[vertex], axis=1)
    names = stage.parts.channel_names()
    return LocusRecord(
        asked_mm=numbers(mm_from_m(np.array([locus.x_m, locus.y_m])), 3),
        asked_deg=round(float(np.rad2deg(locus.angle_rad)), 3),
        target_mm=numbers(mm_from_m(stage.vertices_m[vertex]), 2),
        target_in_plane_mm=numbers(mm_from_m(stage.in_set_m[vertex, :2]), 2),
        channels=[
            ChannelRecord(
                name=name,
                didt_a_per_us=round(a_per_us_from_a_per_s(float(didt)), 3),
                current_a=round(float(didt) * rise_s, 1),
                at_bound=channel in found.bounded,
            )
            for channel, (name, didt) in enumerate(zip(names, found.didt_a_per_s, strict=True))
        ],
        energy_j=float(f"{found.energy * rise_s**2:.5g}"),
        predicted_elsewhere=round(found.elsewhere, 4),
        target_e_v_per_m=float(f"{(e_v_per_m[away_m <= RADIUS_M].mean(axis=0) @ along):.5g}"),
        peak=peak,
    )


def _record(
    stage: _Stage,
    chosen: ChannelSet,
    target: TargetPoint,
    solved: Field,
    loci: list[LocusRecord],
) -> ArrayRecord:
    request, coil = stage.request, stage.parts.rigid()
    sources = (*solved.sources, *stage.parts.sources, "koponen2018", "souza2022")
    bound = a_per_us_from_a_per_s(request.most_didt_a_per_s)
    return ArrayRecord(
        notice=NOTICE,
        head=head_record(stage.head),
        coil=coil_record(coil),
        set=chosen.words,
        pose=pose_record(stage.head, coil, stage.pose),
        target=target.words,
        inductances_uh=numbers(1e6 * chosen.inductances_h, 3),
        rise_us=us_from_s(request.rise_s),
        bound_a_per_us=number(bound, 3),
        wished_e_v_per_m=request.wished_v_per_m,
        solver=convergence_record(solved.convergence),
        loci=loci,
        warnings=[*stage.head.warnings, *_doubts(loci)],
        versions=versions(),
        sources=sources_record(dict.fromkeys(sources)),
    )


def _doubts(loci: list[LocusRecord]) -> list[str]:
    return [
        f"at {locus.asked_mm[0]:g}, {locus.asked_mm[1]:g} mm and {locus.asked_deg:g}° another "
        f"patch of cortex gets {significant(locus.predicted_elsewhere, 3)} times the wished "
        "field; no currents within the bound do better"
        for locus in loci
        if locus.predicted_elsewhere > 1.01
    ]
