"""One field for one pose: what ``cortistim field`` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from msgspec import UNSET, UnsetType

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, MissingAnatomyError
from cortistim.field import (
    TOLERANCE,
    FemSystem,
    Field,
    Recovery,
    Sampler,
    cube_mean_v_per_m,
    cube_spots,
    head_sampler,
    solve_linear,
)
from cortistim.field.hierarchic import DEFAULT_ORDER, MAP_FRACTION, READ_FRACTION
from cortistim.field.peak import strongest_patch
from cortistim.field.percentiles import weighted_percentile
from cortistim.field.refinement import Refinement, refined
from cortistim.head import Head
from cortistim.io import write_mesh_field, write_points_csv
from cortistim.io.table.points import PointField, PointTable
from cortistim.placement import Pose, require_clear
from cortistim.records import numbers
from cortistim.records.field import (
    FieldRecord,
    PeakUncertainty,
    PointsRecord,
    TissueField,
)
from cortistim.study.folder import write_json
from cortistim.study.record import (
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    sources_record,
    versions,
)
from cortistim.study.request.coil import CoilRequest, coil_warnings
from cortistim.study.request.inputs import HeadRequest, require_didt, to_subject_m
from cortistim.study.target_uncertainty import uncertainty_of_field, uncertainty_record
from cortistim.study.volumes import write_cortex, write_volumes
from cortistim.targeting import Target, TargetUncertainty
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import a_per_s_from_a_per_us, a_per_us_from_a_per_s, mm_from_m

A_PER_US = a_per_s_from_a_per_us(1.0)


@dataclass(frozen=True, kw_only=True)
class FieldRequest:
    """What is to be solved, and what is to be read.

    Parameters
    ----------
    head : HeadRequest
        Which head.
    coil : CoilRequest
        Which coil.
    pose : Pose
        Where it stands; outside the head.
    deformation : mapping of str to float
        How a coil that can be bent is bent at this pose; what `coil` says wins.
    didt_a_per_s : float [A/s]
        Rate of the coil's current, of either sign.
    points : PointTable or None
        Points to read the field at.
    space : str
        ``subject`` or ``mni``: the frame of the points.
    recovery : {"harmonic", "tissue", "element"}
        How the gradient of the potential is read where the elements are linear.
    order : int or None
        Highest order of the elements around what is read; by default 3, and 1 with a
        recovery other than harmonic, which is then the field that others publish.
    refinement : {"local", "global"}
        How elements of higher order are solved for.
    cortex : bool
        Write the field on the mid-grey surface.
    volume : bool
        Write the field as NIfTI.
    mesh : bool
        Write the mesh with E and potential.
    tolerance : float
        On the relative residual.
    uncertainty : bool
        State |E| in the strongest patch of cortex with an interval.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    pose: Pose
    deformation: Mapping[str, float] = field(default_factory=dict)
    didt_a_per_s: float = A_PER_US
    points: PointTable | None = None
    space: str = "subject"
    recovery: Recovery = "harmonic"
    order: int | None = None
    refinement: Refinement = "local"
    cortex: bool = False
    volume: bool = False
    mesh: bool = False
    tolerance: float = TOLERANCE
    uncertainty: bool = True

    def __post_init__(self) -> None:
        """Refuse a rate of current that means nothing, before any work is done."""
        if not np.isfinite(self.didt_a_per_s) or self.didt_a_per_s == 0:
            got = a_per_us_from_a_per_s(self.didt_a_per_s)
            msg = f"dI/dt must be finite and not zero; got {got:g} A/µs."
            raise BadInputError(msg)
        require_didt(self.didt_a_per_s)

    @property
    def highest_order(self) -> int:
        """The order asked for, or what stands for it."""
        if self.order is not None:
            return self.order
        return DEFAULT_ORDER if self.recovery == "harmonic" else 1


@dataclass(frozen=True, kw_only=True, eq=False)
class PeakInterval:
    """|E| in the strongest patch of cortex, with an interval.

    Parameters
    ----------
    uncertainty : TargetUncertainty
        Of mean |E| in the patch.
    centre_m : (3,) array [m]
        The patch's middle.
    """

    uncertainty: TargetUncertainty
    centre_m: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldResult:
    """A field that was solved.

    Parameters
    ----------
    request : FieldRequest
        What was asked.
    field : Field
        Of the highest order that was asked for, with head, coil and pose.
    places : Sampler or None
        The points.
    interval : PeakInterval or None
        None where it was not asked for, and without a cortex.
    """

    request: FieldRequest
    field: Field
    places: Sampler | None
    interval: PeakInterval | None


def run_field(request: FieldRequest, *, progress: Progress = silent) -> FieldResult:
    """Solve one field.

    Parameters
    ----------
    request : FieldRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    FieldResult
        For `write_field`.

    Raises
    ------
    BadInputError
        When something asked for does not exist or cannot be.
    PoseError
        When the coil is inside the head.
    MissingAnatomyError
        When the cortex is asked for and the head has none.
    ConvergenceError
        When the solve stops short.
    """
    coil = request.coil.load(deformation=request.deformation)
    head = request.head.load(progress=progress)
    require_clear(head, coil, request.pose)
    if request.cortex:
        _ = head.cortex  # refuses a head without grey matter before the solve
    places = _places(head, request)
    progress("solving the field", 0.0)
    system, tolerance = FemSystem.of(head), request.tolerance
    system.prepare(keep=True)
    linear = solve_linear(
        head,
        coil,
        request.pose,
        didt_a_per_s=request.didt_a_per_s,
        system=system,
        tolerance=tolerance,
    )
    found, cortex = linear, cortex_places(head)
    if request.highest_order > 1:
        read = [] if cortex is None else [(cortex, MAP_FRACTION)]
        if places is not None:
            read += [(places, READ_FRACTION), (cube_spots(places), READ_FRACTION)]
        progress(f"solving with elements of order {request.highest_order}", 0.5)
        found = refined(
            linear,
            *(points for points, _ in read),
            refinement=request.refinement,
            fractions=[share for _, share in read],
            order=request.highest_order,
            system=system,
            tolerance=tolerance,
        )
    interval = None
    if request.uncertainty and cortex is not None:
        progress("finding how far the field may be off", 0.7)
        interval = _interval(found, linear, cortex, request, system)
    return FieldResult(request=request, field=found, places=places, interval=interval)


def _places(head: Head, request: FieldRequest) -> Sampler | None:
    if request.points is None:
        return None
    points = to_subject_m(head, request.points.points_m, request.space)
    return head_sampler(head, points, recovery=request.recovery)


def cortex_places(head: Head) -> Sampler | None:
    """Prepare to read a field on the mid-grey surface.

    Parameters
    ----------
    head : Head
        With or without grey matter.

    Returns
    -------
    Sampler or None
        None without.
    """
    try:
        return head_sampler(head, head.cortex.vertices_m)
    except MissingAnatomyError:
        return None


def _interval(
    found: Field, linear: Field, cortex: Sampler, request: FieldRequest, system: FemSystem
) -> PeakInterval:
    """Find the interval of mean |E| in the strongest patch of cortex, and where that is."""
    size = np.linalg.norm(found.at_v_per_m(cortex), axis=1)
    known = np.flatnonzero(np.isfinite(size))
    centre, patch = strongest_patch(cortex.points_m, size, known)
    centre_m = cortex.points_m[centre]
    places = head_sampler(found.head, cortex.points_m[patch], recovery=request.recovery)
    target = Target(centre_m, patch, places, 0.0, found.head, request.highest_order)
    bar_v_per_m = float(found.error_v_per_m(places).mean())
    uncertain = uncertainty_of_field(linear, target, system, bar_v_per_m)
    return PeakInterval(uncertainty=uncertain, centre_m=centre_m)


def write_field(
    result: FieldResult, folder: Path, *, progress: Progress = silent
) -> FieldRecord:
    """Write a field.

    Parameters
    ----------
    result : FieldResult
        From `run_field`.
    folder : Path
        Gets ``field.json``, and what the request asks for: ``points.csv``, the cortex as
        GIFTI, volumes as NIfTI, ``field.msh``.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    FieldRecord
        The content of ``field.json``.
    """
    progress("writing", 0.0)
    record = field_record(result)
    with whole_folder(folder) as place:
        _write(result, place)
        write_json(place / "field.json", record)
    return record


def _write(result: FieldResult, folder: Path) -> None:
    found, request, places = result.field, result.request, result.places
    if places is not None and request.points is not None:
        read = PointField(
            found.at_v_per_m(places),
            places.tags,
            found.error_v_per_m(places),
            cube_mean_v_per_m(found, places),
        )
        write_points_csv(folder / "points.csv", request.points, read)
    if request.cortex:
        write_cortex(found.on_cortex(recovery=request.recovery), folder)
    if request.volume:
        write_volumes(found, folder)
    if request.mesh:
        write_mesh_field(folder / "field.msh", found)


def field_record(result: FieldResult) -> FieldRecord:
    """Return the content of ``field.json``.

    Parameters
    ----------
    result : FieldResult
        From `run_field`.

    Returns
    -------
    FieldRecord
        Inputs, strength by tissue, solver, versions, sources.
    """
    found, request, places = result.field, result.request, result.places
    points: PointsRecord | UnsetType = UNSET
    warnings = [*found.head.warnings, *coil_warnings(found.head, found.coil, found.pose)]
    if places is not None:
        outside = int((~places.inside).sum())
        points = PointsRecord(count=len(places.points_m), outside_head=outside)
        if outside:
            warnings.append(
                f"{outside} of {points.count} points lie outside the head; their field is nan "
                "and their tissue 0"
            )
    return FieldRecord(
        head=head_record(found.head),
        coil=coil_record(found.coil),
        pose=pose_record(found.head, found.coil, found.pose),
        didt_a_per_us=a_per_us_from_a_per_s(found.didt_a_per_s),
        recovery=request.recovery,
        order=found.highest_order,
        refinement=request.refinement if found.highest_order > 1 else None,
        tissues=_by_tissue(found),
        uncertainty=None if result.interval is None else _interval_record(result.interval),
        solver=convergence_record(found.convergence),
        warnings=tuple(warnings),
        versions=versions(),
        sources=sources_record(found.sources),
        points=points,
    )


def _interval_record(interval: PeakInterval) -> PeakUncertainty:
    said = uncertainty_record(interval.uncertainty)
    return PeakUncertainty(
        e_target_v_per_m=said.e_target_v_per_m,
        dominant=said.dominant,
        parts=said.parts,
        words=said.words,
        target_is="the strongest 5 mm patch of cortex",
        target_mm=numbers(mm_from_m(interval.centre_m), 2),
    )


def _by_tissue(found: Field) -> tuple[TissueField, ...]:
    """Volume-weighted strength of the field in each tissue."""
    mesh, size = found.head.mesh, np.linalg.norm(found.in_tets_v_per_m(), axis=1)
    rows = []
    for tissue in found.head.tissues:
        chosen = mesh.tags == tissue.tag
        volume, values = np.abs(mesh.volumes_m3[chosen]), size[chosen]
        rows.append(
            TissueField(
                tag=tissue.tag,
                name=tissue.name,
                mean_e_v_per_m=round(float(np.average(values, weights=volume)), 5),
                p99_9_e_v_per_m=round(weighted_percentile(values, volume, 99.9), 5),
            )
        )
    return tuple(rows)
