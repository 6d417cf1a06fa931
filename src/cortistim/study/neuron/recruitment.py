"""Recruitment over a whole cortex: what ``cortistim neuron recruit`` does."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from cortistim.cache import whole_folder
from cortistim.coil import Coil
from cortistim.errors import BadInputError, MissingAnatomyError, quoted
from cortistim.field import FemSystem, Field, solve_linear
from cortistim.field.target import target_at
from cortistim.geometry import unit
from cortistim.head import Head
from cortistim.head.cortex.sulcus import sulcus_course
from cortistim.io import write_overlay_gifti, write_surface_gifti
from cortistim.neuron.calibration import Calibration, default_calibration, fitted_calibration
from cortistim.neuron.layers import layered
from cortistim.neuron.motor import (
    LIMITS,
    MOTOR_WORDS,
    PATCH_WORDS,
    SOURCES,
    by_direction,
    is_motor,
    layers_record,
    motor_patch,
    motor_threshold,
    percent_maps,
    scan_angles,
    turned_poses,
)
from cortistim.neuron.patch import Patch
from cortistim.neuron.recruitment import Recruitment
from cortistim.neuron.tables import ThresholdFit
from cortistim.placement import DISTANCE_M, Pose, place_over, raise_until_clear
from cortistim.protocol import require_thresholds
from cortistim.pulse import Output
from cortistim.records import number
from cortistim.records.provenance import NOTICE
from cortistim.records.recruitment import (
    AngleRecord,
    BestAngle,
    RecruitmentRecord,
    RecruitTargetRecord,
    SulcusRecord,
)
from cortistim.study.folder import write_json
from cortistim.study.record import pose_record, sources_record, versions
from cortistim.study.request.coil import CoilRequest, coil_of, polarity_record
from cortistim.study.request.inputs import (
    HeadRequest,
    TargetPoint,
    find_target,
    head_of,
    output_of,
    require_didt,
)
from cortistim.study.request.pulse import PulseTable, pulse_table
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m
from cortistim.viz.figures.recruitment import write_recruitment_figure

LARGEST_E_V_PER_M = 2000.0  # assumed: ten times what stimulators reach
SHARE_OF_THRESHOLD = 1.2  # of the motor threshold: a usual intensity where none is asked for
SULCUS_WORDS = (
    "longest axis, in the scalp's plane, of the sheet halfway between the facing banks nearest "
    "to the coordinate, within 15 mm"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecruitRequest:
    """What is asked.

    Parameters
    ----------
    head : HeadRequest or Head
        The person's.
    coil : CoilRequest or Coil
        That stimulates.
    stimulator : str or None
        A named stimulator, or None for the one that the coil belongs to.
    target, space : str
        Where recruitment is reported, and where the coil goes when no pose is given.
    pose : Pose or None
        Of the coil.
    handle_rad : float [rad]
        Of the handle over the target when no pose is given.
    distance_m : float [m]
        From the scalp then.
    pulse : str
        Whose threshold table is taken, see `pulse_table`.
    didt_a_per_s, mso_percent : float or None
        Intensity; one of them, or neither for 120 % of the expected motor threshold.
    factor, rmt_percent : float or None
        Calibration: the factor itself, or the motor threshold measured with this coil at
        this pose over the motor cortex.
    angles : int
        How many handle angles to scan; 0 for none.
    """

    head: HeadRequest | Head = field(default_factory=HeadRequest)
    coil: CoilRequest | Coil = field(default_factory=CoilRequest)
    stimulator: str | None = None
    target: str = "m1_hand_l"
    space: str = "subject"
    pose: Pose | None = None
    handle_rad: float = float(np.pi / 4)
    distance_m: float = DISTANCE_M
    pulse: str = ""
    didt_a_per_s: float | None = None
    mso_percent: float | None = None
    factor: float | None = None
    rmt_percent: float | None = None
    angles: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be, before any work."""
        if self.didt_a_per_s is not None and self.mso_percent is not None:
            msg = "give either dI/dt or a percentage of the output, not both."
            raise BadInputError(msg)
        if self.factor is not None and self.rmt_percent is not None:
            msg = "give either the calibration factor or a motor threshold to fit it, not both."
            raise BadInputError(msg)
        default_calibration(self.factor)
        for name, value in (
            ("didt_a_per_s", self.didt_a_per_s),
            ("mso_percent", self.mso_percent),
        ):
            if value is not None and not 0 < value < np.inf:
                msg = f"`{name}` must be positive and finite; got {value:g}."
                raise BadInputError(msg)
        require_didt(self.didt_a_per_s or 0.0)
        require_thresholds(self.rmt_percent)
        if self.rmt_percent is not None and not is_motor(self.target):
            msg = (
                "a motor threshold fits the factor only where the coil is over the motor "
                f"cortex; the target is {quoted(self.target)}. Fit it there (m1_hand_l) and "
                "give the factor found as `factor` here."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False, kw_only=True)
class RecruitedCortex:
    """Who fires over a cortex, and everything that it follows from.

    Parameters
    ----------
    request : RecruitRequest
        What was asked.
    head, coil : Head, Coil
        What was solved.
    output : Output
        What the stimulator gives with the coil.
    target : TargetPoint
        As asked.
    solved : Field
        At the pose.
    patch : Patch
        Cortex around the target with the field at the intensity asked for.
    table : PulseTable
        Thresholds of the stimulator's pulse.
    calibration : Calibration
        In use.
    maps : Recruitment
        Over the whole cortex, the current as the coil's file has it.
    scan : tuple of AngleRecord
        Empty where no angles were scanned.
    """

    request: RecruitRequest
    head: Head
    coil: Coil
    output: Output
    target: TargetPoint
    solved: Field
    patch: Patch
    table: PulseTable
    calibration: Calibration
    maps: Recruitment
    scan: tuple[AngleRecord, ...]


def run_recruit(request: RecruitRequest, *, progress: Progress = silent) -> RecruitedCortex:
    """Solve the field and read the table over the cortex.

    Parameters
    ----------
    request : RecruitRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    RecruitedCortex
        Ready to be written by `write_recruit`.

    Raises
    ------
    BadInputError
        When the intensity cannot be had from this stimulator and coil, or no stimulator
        reaches its field.
    """
    coil = coil_of(request.coil)
    output = output_of(request.stimulator, coil)
    table = pulse_table(request.pulse, output, coil, progress=progress)
    fit = table.fit
    head = head_of(request.head, progress=progress)
    target = find_target(head, request.target, space=request.space)
    pose = request.pose or place_over(
        head, target.point_m, handle_rad=request.handle_rad, distance_m=request.distance_m
    )
    pose, _ = raise_until_clear(head, coil, pose)
    progress("solving the field", 0.0)
    system = FemSystem.of(head)
    solved = solve_linear(head, coil, pose, system=system)
    patch = _patch(head, solved, target)
    calibration = _calibration(request, output, fit, patch)
    patch = _at_intensity(request, output, fit, calibration, patch)
    progress("reading the table", 0.0)
    scan: tuple[AngleRecord, ...] = ()
    if request.angles:
        angles = np.linspace(-np.pi / 2, np.pi / 2, request.angles, endpoint=False)
        poses = turned_poses(head, coil, target.point_m, angles, request.distance_m)
        scan = scan_angles(system, head, coil, poses, target.point_m, fit, progress=progress)
    return RecruitedCortex(
        request=request,
        head=head,
        coil=coil,
        output=output,
        target=target,
        solved=solved,
        patch=patch,
        table=table,
        calibration=calibration,
        maps=patch.everywhere.recruited(fit, calibration),
        scan=scan,
    )


def write_recruit(
    found: RecruitedCortex, folder: Path, *, progress: Progress = silent
) -> RecruitmentRecord:
    """Write ``recruit.json``, the maps as GIFTI and a figure.

    Parameters
    ----------
    found : RecruitedCortex
        From `run_recruit`.
    folder : Path
        Where to.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    RecruitmentRecord
        The content of ``recruit.json``.
    """
    record = recruitment_record(found)
    with whole_folder(folder) as place:
        progress("writing", 0.0)
        surface = found.patch.on_cortex.surface
        write_surface_gifti(place / "cortex.surf.gii", surface)
        percent = percent_maps(found.maps)
        overlay = {f"{name} [%]": shares for name, shares in percent.items()}
        write_overlay_gifti(place / "recruitment.func.gii", overlay)
        toward = -found.solved.pose.rotation[:, 2]
        centre = surface.vertices_m[found.patch.in_core.vertices].mean(axis=0)
        missing = write_recruitment_figure(
            surface, percent, toward, centre, place / "recruitment.png"
        )
        if missing:
            record = replace(record, warnings=(*record.warnings, missing))
        write_json(place / "recruit.json", record)
    return record


def _patch(head: Head, solved: Field, target: TargetPoint) -> Patch:
    """Take the cortex around the target; for the motor cortex, the hand's area."""
    cortex = layered(solved.on_cortex(), solved)
    if is_motor(target.name):
        return motor_patch(cortex, target.point_m, solved.didt_a_per_s)
    return Patch(cortex, target_at(head, target.point_m).vertices, solved.didt_a_per_s)


def _calibration(
    request: RecruitRequest, output: Output, fit: ThresholdFit, patch: Patch
) -> Calibration:
    if request.rmt_percent is None:
        return default_calibration(request.factor)
    if output.didt_max is None:
        msg = f"a motor threshold in %MSO needs dI/dt at full output: {output.reason}"
        raise BadInputError(msg)
    didt = output.didt_max.value * request.rmt_percent / 100
    return fitted_calibration(fit, *patch.felt(didt / patch.didt_a_per_s))


def _at_intensity(
    request: RecruitRequest,
    output: Output,
    fit: ThresholdFit,
    calibration: Calibration,
    patch: Patch,
) -> Patch:
    if request.didt_a_per_s is not None:
        didt = request.didt_a_per_s
    elif request.mso_percent is not None:
        if output.didt_max is None:
            msg = f"`mso_percent` needs dI/dt at full output: {output.reason}"
            raise BadInputError(msg)
        didt = output.didt_max.value * request.mso_percent / 100
    else:
        expected = motor_threshold(patch, fit, calibration, output).didt_a_per_us
        didt = SHARE_OF_THRESHOLD * 1e6 * cast("float", expected)
    cortex = patch.on_cortex
    scaled = cortex.scaled_by(didt / patch.didt_a_per_s)
    found = replace(patch, on_cortex=scaled, didt_a_per_s=didt)
    if found.mean_v_per_m > LARGEST_E_V_PER_M:
        msg = (
            f"the field in the target would be {found.mean_v_per_m:.3g} V/m, which no "
            f"stimulator reaches. Check the intensity: dI/dt is {didt / 1e6:.3g} A/µs."
        )
        raise BadInputError(msg)
    return found


def recruitment_record(found: RecruitedCortex) -> RecruitmentRecord:
    """Return the content of ``recruit.json``.

    Parameters
    ----------
    found : RecruitedCortex
        From `run_recruit`.

    Returns
    -------
    RecruitmentRecord
        Without what only writing the figure can tell.
    """
    patch, full, target = found.patch, found.output.didt_max, found.target
    motor = is_motor(target.name)
    area_m2 = patch.on_cortex.surface.vertex_areas_m2
    return RecruitmentRecord(
        notice=NOTICE,
        head=found.head.name,
        coil=found.coil.name,
        stimulator=found.output.stimulator.name,
        pose=pose_record(found.head, found.coil, found.solved.pose),
        target=RecruitTargetRecord(
            name=target.name,
            words=target.words,
            points=len(patch.vertices),
            note=target.note,
            patch=MOTOR_WORDS if motor else PATCH_WORDS,
        ),
        didt_a_per_us=number(patch.didt_a_per_s / 1e6, 4),
        percent_mso=None if full is None else number(100 * patch.didt_a_per_s / full.value, 3),
        target_e_v_per_m=number(patch.mean_v_per_m, 3),
        pulse=found.table.record(),
        layers=layers_record(patch),
        calibration=found.calibration.record(),
        polarity=by_direction(
            patch, found.table.fit, found.calibration, output=found.output if motor else None
        ),
        polarity_note=polarity_record(found.coil).stimulator_first_phase,
        area_cm2_above_half={
            name: number(1e4 * float(area_m2[shares >= 0.5].sum()), 3)
            for name, shares in {**found.maps.layers, **found.maps.baselines}.items()
        },
        sulcus=_sulcus(found),
        angles=found.scan,
        limits=LIMITS,
        warnings=tuple(found.head.warnings),
        versions=versions(),
        sources=sources_record(SOURCES),
    )


def _sulcus(found: RecruitedCortex) -> SulcusRecord:
    """Say how the best angle of a scan lies to the sulcus beside the target."""
    if not found.scan:
        return SulcusRecord()
    point_m, cortex = found.target.point_m, found.head.cortex
    try:
        course = sulcus_course(cortex, point_m)
    except MissingAnatomyError as error:
        return SulcusRecord(reason=str(error))
    outward = unit(point_m - cortex.vertices_m.mean(axis=0))

    def best(direction: str) -> BestAngle:
        row = min(found.scan, key=lambda row: getattr(row.threshold_didt_a_per_us, direction))
        e = np.array(row.e_direction)
        flat = e - (e @ outward) * outward
        cosine = abs(float(flat @ course.across)) / float(np.linalg.norm(flat))
        off_deg = number(np.degrees(np.arccos(min(cosine, 1.0))), 1)
        return BestAngle(best_handle_deg=row.handle_deg, e_off_perpendicular_deg=off_deg)

    return SulcusRecord(
        across=tuple(number(x, 4) for x in course.across),
        straightness=number(course.straightness, 3),
        distance_mm=number(mm_from_m(course.distance_m), 2),
        found_by=SULCUS_WORDS,
        as_told=best("as_told"),
        reversed=best("reversed"),
    )
