"""From a request to a plan: where the coil goes, which field results, which output it takes."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import FemSystem, Field, Sampler, head_sampler, load_operator
from cortistim.field.hierarchic import MAP_FRACTION
from cortistim.field.peak import Peak, peak_near
from cortistim.field.refinement import Refinement, refined
from cortistim.geometry import assign
from cortistim.head import Head
from cortistim.neuron.layers import LayeredField, layered
from cortistim.neuron.motor import is_motor, motor_reference
from cortistim.neuron.patch import Patch
from cortistim.neuron.recruitment import Recruitment
from cortistim.placement import DISTANCE_M
from cortistim.plasticity import Prediction, predict
from cortistim.protocol import DEFAULT_PROTOCOL, Course, Protocol, find_protocol
from cortistim.pulse import Pulse
from cortistim.records.neuron import PlanNeuron
from cortistim.records.plasticity import CourseEffectRecord
from cortistim.records.pose import Side
from cortistim.records.safety import SafetyRecord
from cortistim.safety import DEFAULT_TABLE, Verdict, check_protocol
from cortistim.shown import Facts, Shown
from cortistim.study.plan.dose import REFERENCE_DIDT_A_PER_S, Dose, dose_for
from cortistim.study.plan.neuron import StimulatedCortex, neurons_at
from cortistim.study.plan.output import REPEATS_KEY
from cortistim.study.protocol.check import safety_record
from cortistim.study.protocol.plasticity import course_record
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import (
    HeadRequest,
    Output,
    TargetPoint,
    find_target,
    output_of,
    require_didt,
    require_whole,
    side_of,
)
from cortistim.study.request.pulse import pulse_table, waveform
from cortistim.study.request.suitability import protocol_for
from cortistim.study.stopwatch import Stopwatch
from cortistim.study.target_uncertainty import uncertainty_of_aim
from cortistim.targeting import (
    Aim,
    AimSettings,
    TargetUncertainty,
    aim,
    aim_of_pose,
    aim_with_operator,
)
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import a_per_us_from_a_per_s, mm_from_m
from cortistim.viz.figures.plasticity_course import COURSE_MIN
from cortistim.viz.report.print_page import require_code

PEAK_PERCENTILE = 99.9
NO_PROTOCOL = "no protocol was named; {} is taken, since the target is not prefrontal"


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a user asks for; the defaults are the built-in example.

    Parameters
    ----------
    head : HeadRequest
        Which head.
    coil : CoilRequest
        Which coil; one that can be bent, and is not told how, is bent to the head.
    stimulator : str or None
        A named stimulator, or None for the one that the coil belongs to.
    target : str
        A named target, an EEG position or ``x,y,z`` in millimetres.
    space : str
        ``subject`` or ``mni``: the frame of coordinates.
    protocol : str
        A named protocol, or a protocol file; when left out, what `protocol_for` chooses by
        the target.
    safety_table : str
        The table that rates the protocol.
    settings : AimSettings
        Distance, handle angle, radius, tolerance.
    didt_a_per_s : float [A/s] or None
        dI/dt at which the field is reported; by default that of the dose, else 100 A/µs.
    rmt_percent, amt_percent : float or None
        Resting and active motor threshold in percent of the maximal output.
    pulse : str
        Whose threshold table neurons take, see `pulse_table`.
    accept_incomplete_head : bool
        Plan on a head that lacks a tissue, too, such as a phantom.
    refinement : {"local", "global"}
        How elements of higher order are solved for, see `refined`.
    uncertainty : bool
        State |E| at the target with an interval.
    operator : Path or None
        Of ``cortistim operator build`` for this head: the pose is searched with it.
    patient_code : str
        A pseudonym, printed on the page for the folder and nowhere else.
    protocol_note : str
        Says that a protocol was chosen by the target; not given.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    stimulator: str | None = None
    target: str = "dlpfc_l"
    space: str = "subject"
    protocol: str = ""
    safety_table: str = DEFAULT_TABLE
    settings: AimSettings = field(default_factory=AimSettings)
    didt_a_per_s: float | None = None
    rmt_percent: float | None = None
    amt_percent: float | None = None
    pulse: str = ""
    accept_incomplete_head: bool = False
    refinement: Refinement = "local"
    uncertainty: bool = True
    operator: Path | None = None
    patient_code: str = ""

    protocol_note: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing, and choose a protocol, before any work is done."""
        require_code(self.patient_code)
        if not self.protocol:
            assign(self, protocol=protocol_for(self.target))
            if self.protocol != DEFAULT_PROTOCOL:
                assign(self, protocol_note=NO_PROTOCOL.format(self.protocol))
        didt = self.didt_a_per_s
        if didt is not None and not 0 < didt < np.inf:
            msg = f"`didt_a_per_s` must be positive and finite; got {didt:g} A/s."
            raise BadInputError(msg)
        if didt is not None:
            require_didt(didt)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Plan(Shown):
    """A coil placed on a head for a target, with field and dose.

    Parameters
    ----------
    request : PlanRequest
        What was asked.
    head, coil, course : Head, Coil, Course
        The nouns; a single session is a course of one.
    verdict : Verdict
        What the safety table says of the protocol.
    output : Output
        Stimulator and dI/dt at full output.
    target : TargetPoint
        Where the field is wanted.
    aimed : Aim
        Pose and evidence.
    dose : Dose
        Stimulator output, or why not.
    field : Field
        At the reported dI/dt.
    on_cortex : LayeredField
        The same on the mid-grey surface, and at each layer's depth.
    cortex : StimulatedCortex
        The target as its cells feel the field.
    neuron : PlanNeuron
        Which cells fire at the target.
    recruitment : Recruitment
        Which fire on the whole cortex.
    safety : SafetyRecord
        The verdict beside labelled uses and the course's dose.
    plasticity : CourseEffectRecord
        What the ensemble expects of the protocol.
    excitability : Prediction or None
        Its course at `COURSE_MIN`; None where it says nothing, and for a single pulse.
    uncertainty : TargetUncertainty or None
        Of mean |E| at the target, at the reported dI/dt; None where it was not asked for.
    watch : Stopwatch
        Time taken by each part.
    """

    request: PlanRequest
    head: Head
    coil: Coil
    course: Course
    verdict: Verdict
    output: Output
    target: TargetPoint
    aimed: Aim
    dose: Dose
    field: Field
    on_cortex: LayeredField
    cortex: StimulatedCortex
    neuron: PlanNeuron
    recruitment: Recruitment
    safety: SafetyRecord
    plasticity: CourseEffectRecord
    excitability: Prediction | None
    uncertainty: TargetUncertainty | None
    watch: Stopwatch

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        x, y, z = mm_from_m(self.aimed.pose.origin_m)
        rate = a_per_us_from_a_per_s(self.field.didt_a_per_s)
        dose = self.dose.percent_mso
        output = f"withheld: {self.dose.reason}" if dose is None else f"{dose:.0f} % MSO"
        return (
            ("target", f"{self.target.words} ({self.side})"),
            ("coil", f"{self.coil.name} at ({x:.1f}, {y:.1f}, {z:.1f}) mm"),
            ("|E|", f"{self.target_e_v_per_m:.1f} V/m at {rate:.4g} A/µs"),
            ("protocol", self.course.name),
            ("output", output),
            ("safety", self.verdict.verdict),
        )

    @property
    def protocol(self) -> Protocol:
        """One session."""
        return self.course.protocol

    @property
    def target_e_v_per_m(self) -> float:
        """Mean |E| over the mid-grey points within 5 mm of the target, in V/m."""
        return float(self.on_cortex.magnitude_v_per_m[self.aimed.target.vertices].mean())

    @property
    def peak_e_v_per_m(self) -> float:
        """99.9th percentile of |E| over the mid-grey surface, in V/m."""
        return self.on_cortex.percentile_v_per_m(PEAK_PERCENTILE)

    @cached_property
    def peak(self) -> Peak:
        """The strongest patch of cortex, measured as the target is; never below it."""
        cortex, target = self.on_cortex, self.aimed.target
        places_m, size = cortex.surface.vertices_m, cortex.magnitude_v_per_m
        return peak_near(places_m, size, target.vertices, target.centre_m)

    @cached_property
    def side(self) -> Side:
        """Where the target lies."""
        return side_of(self.head, self.aimed.target.centre_m)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib`` that the plan rests on."""
        measured = self.output.didt_max
        keys = (
            *self.aimed.sources,
            *self.protocol.sources,
            *self.verdict.sources,
            *self.pulse.sources,
            self.target.source,
            *((measured.key,) if measured else ()),
            REPEATS_KEY,
        )
        return tuple(dict.fromkeys(key for key in keys if " " not in key))

    @cached_property
    def pulse(self) -> Pulse:
        """The stimulator's waveform, scaled to the reported dI/dt."""
        return waveform(self.output, self.coil, self.field.didt_a_per_s)

    def cortex_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points to MNI space."""
        return self.head.frame.to_mni_m(points_m)


def make_plan(request: PlanRequest, *, progress: Progress = silent) -> Plan:
    """Place the coil, solve the field and state the dose.

    Parameters
    ----------
    request : PlanRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Plan
        Everything that a report shows.

    Raises
    ------
    BadInputError
        When something asked for does not exist or cannot be.
    MissingAnatomyError
        When the head lacks a tissue, and that was not accepted.
    ConvergenceError
        When a solve stops short.
    """
    watch = Stopwatch()
    coil = request.coil.load()
    course = find_protocol(request.protocol).course()
    output = output_of(request.stimulator, coil)
    dose = dose_for(course.protocol, output, request.rmt_percent, request.amt_percent)
    verdict = check_protocol(
        course.protocol,
        request.safety_table,
        rmt_percent=request.rmt_percent,
        amt_percent=request.amt_percent,
    )
    with watch.lap("threshold table"):
        table = pulse_table(request.pulse, output, coil, progress=progress)
    with watch.lap("head"):
        head = _head(request, progress)
    with watch.lap("surfaces"):
        progress("finding scalp and cortex", 0.0)
        _ = head.scalp, head.outside, head.cortex
        target = find_target(head, request.target, space=request.space)
        settings = request.settings
        coil = request.coil.load_for(
            head,
            target.point_m,
            distance_m=settings.distance_m,
            handle_rad=settings.handle_rad,
            progress=progress,
        )
    with watch.lap("stiffness"):
        progress("building the solver", 0.0)
        system = FemSystem.of(head)
        system.prepare(keep=True)
    with watch.lap("aim"):
        aimed = _aim(request, head, coil, target.point_m, system, progress)
    with watch.lap("field"):
        progress("reading the field on the cortex", 0.0)
        places = _cortex_places(head)
        solved, on_cortex = _on_cortex(aimed, system, request, dose, places)
    with watch.lap("uncertainty"):
        progress("finding how far the field at the target may be off", 0.0)
        uncertain = _uncertain(request, aimed, on_cortex, system, solved)
    with watch.lap("motor cortex"):
        progress("solving over the motor cortex", 0.0)
        side = side_of(head, aimed.target.centre_m)
        motor, motor_reason = _motor(aimed, target.name, side, request, system, places)
    cortex = StimulatedCortex(
        head=head,
        name=target.name,
        point_m=target.point_m,
        centre_m=aimed.target.centre_m,
        vertices=aimed.target.vertices,
        side=side,
        on_cortex=on_cortex,
        didt_a_per_s=solved.didt_a_per_s,
        table=table,
        output=output,
        rmt_percent=request.rmt_percent,
        motor=motor,
        motor_reason=motor_reason,
    )
    progress("recruiting cells", 0.0)
    with watch.lap("neurons"):
        neuron, recruitment = neurons_at(cortex), cortex.recruitment()
    with watch.lap("plasticity"):
        plasticity, excitability = _predicted(course, progress)
    return Plan(
        request=request,
        head=head,
        coil=coil,
        course=course,
        verdict=verdict,
        output=output,
        target=target,
        aimed=aimed,
        dose=dose,
        field=solved,
        on_cortex=on_cortex,
        cortex=cortex,
        neuron=neuron,
        recruitment=recruitment,
        safety=safety_record(course, verdict),
        plasticity=plasticity,
        excitability=excitability,
        uncertainty=uncertain,
        watch=watch,
    )


def _head(request: PlanRequest, progress: Progress) -> Head:
    head = request.head.load(progress=progress)
    if not request.accept_incomplete_head:
        require_whole(head)
    return head


def _predicted(
    course: Course, progress: Progress
) -> tuple[CourseEffectRecord, Prediction | None]:
    """Predict; the whole course only where many pulses come and the ensemble has an answer."""
    progress("predicting plasticity", 0.0)
    plasticity = course_record(course)
    if course.protocol.n_pulses == 1 or not plasticity.ensemble:
        return plasticity, None
    return plasticity, predict(course, COURSE_MIN, models=False)


def _cortex_places(head: Head) -> Sampler:
    return head_sampler(head, head.cortex.vertices_m)


def _on_cortex(
    aimed: Aim, system: FemSystem, request: PlanRequest, dose: Dose, places: Sampler
) -> tuple[Field, LayeredField]:
    """Refine the field of the chosen pose, and read it on the cortex and at each layer."""
    solved = refined(
        aimed.field,
        places,
        aimed.target.points,  # of higher order however weak the field is there
        refinement=request.refinement,
        fractions=(MAP_FRACTION, 0.0),
        system=system,
        tolerance=request.settings.tolerance,
    ).scaled_to(_reported_didt(request, dose))
    linear = aimed.field.scaled_to(solved.didt_a_per_s)
    return solved, layered(solved.on_cortex(places=places), linear)


def _aim(
    request: PlanRequest,
    head: Head,
    coil: Coil,
    point_m: FloatArray,
    system: FemSystem,
    progress: Progress,
) -> Aim:
    """Search by adjoint solves, or with an operator, and solve at what was found."""
    settings = request.settings
    if request.operator is None:
        return aim(head, coil, point_m, settings=settings, system=system, progress=progress)
    operator = load_operator(request.operator, head)
    found = aim_with_operator(
        head, coil, point_m, operator, settings=settings, progress=progress
    )
    return aim_of_pose(
        head, coil, point_m, found.best.pose, settings=settings, system=system,
        progress=progress,
    )  # fmt: skip


def _uncertain(
    request: PlanRequest,
    aimed: Aim,
    on_cortex: LayeredField,
    system: FemSystem,
    solved: Field,
) -> TargetUncertainty | None:
    """Take the bar from the reported field, and everything else from what aiming solved."""
    if not request.uncertainty:
        return None
    scale = solved.didt_a_per_s / aimed.field.didt_a_per_s
    bar_v_per_m = float(on_cortex.error_v_per_m[aimed.target.vertices].mean()) / scale
    return uncertainty_of_aim(aimed, system, bar_v_per_m).scaled_by(scale)


def _motor(
    aimed: Aim,
    target: str,
    side: Side,
    request: PlanRequest,
    system: FemSystem,
    places: Sampler,
) -> tuple[Patch | None, str]:
    if is_motor(target):
        return None, "the target is the motor cortex itself"
    head, coil = aimed.field.head, aimed.field.coil
    distance_m = request.settings.distance_m
    return motor_reference(
        head, coil, side, distance_m=distance_m, system=system, places=places
    )


def _reported_didt(request: PlanRequest, dose: Dose) -> float:
    return request.didt_a_per_s or dose.didt_a_per_s or REFERENCE_DIDT_A_PER_S


__all__ = ["DISTANCE_M", "Plan", "PlanRequest", "make_plan"]
