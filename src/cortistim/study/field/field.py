"""One field for one pose: what ``cortistim field`` does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.cache import whole_folder
from cortistim.coil import Coil
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
    solve_field,
)
from cortistim.field.hierarchic import DEFAULT_ORDER, MAP_FRACTION, READ_FRACTION
from cortistim.field.peak import strongest_patch
from cortistim.field.percentiles import weighted_percentile
from cortistim.field.refinement import Refinement, refined
from cortistim.head import Head
from cortistim.io import read_pose, write_mesh_field, write_points_csv
from cortistim.io.table.points import PointField, PointTable
from cortistim.placement import Pose, require_clear
from cortistim.records import plain
from cortistim.records.provenance import NOTICE
from cortistim.study.folder import write_json
from cortistim.study.record import (
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    rounded,
    sources_record,
    versions,
)
from cortistim.study.request.coil import coil_warnings
from cortistim.study.request.inputs import require_didt, to_subject_m
from cortistim.study.target_uncertainty import uncertainty_of_field, uncertainty_record
from cortistim.study.volumes import write_cortex, write_volumes
from cortistim.targeting import Target
from cortistim.typing import Progress, silent
from cortistim.units import a_per_us_from_a_per_s, mm_from_m


@dataclass(frozen=True, slots=True)
class FieldRequest:
    """What is to be written besides the summary.

    Parameters
    ----------
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

    @property
    def highest_order(self) -> int:
        """The order asked for, or what stands for it."""
        if self.order is not None:
            return self.order
        return DEFAULT_ORDER if self.recovery == "harmonic" else 1


def run_field(
    head: Head,
    coil: Coil,
    pose: Pose,
    didt_a_per_s: float,
    *,
    request: FieldRequest,
    folder: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Solve one field and write what was asked for.

    Parameters
    ----------
    head, coil, pose : Head, Coil, Pose
        What is solved; the coil must be outside the head.
    didt_a_per_s : float [A/s]
        Rate of the coil's current.
    request : FieldRequest
        What to write.
    folder : Path
        Gets ``field.json`` and the rest.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        The content of ``field.json``.

    Raises
    ------
    BadInputError
        When dI/dt is zero, not finite or beyond any stimulator's.
    PoseError
        When the coil is inside the head.
    MissingAnatomyError
        When the cortex is asked for and the head has none.
    ConvergenceError
        When the solve stops short.
    """
    if not np.isfinite(didt_a_per_s) or didt_a_per_s == 0:
        msg = f"dI/dt must be finite and not zero; got {didt_a_per_s / 1e6:g} A/µs."
        raise BadInputError(msg)
    require_didt(didt_a_per_s)
    require_clear(head, coil, pose)
    if request.cortex:
        _ = head.cortex  # refuses a head without grey matter before the solve
    places = _places(head, request)
    progress("solving the field", 0.0)
    system, tolerance = FemSystem.of(head), request.tolerance
    linear = solve_field(
        head, coil, pose, didt_a_per_s=didt_a_per_s, system=system, tolerance=tolerance
    )
    field, cortex = linear, cortex_places(head)
    if request.highest_order > 1:
        read = [] if cortex is None else [(cortex, MAP_FRACTION)]
        if places is not None:
            read += [(places, READ_FRACTION), (cube_spots(places), READ_FRACTION)]
        progress(f"solving with elements of order {request.highest_order}", 0.5)
        field = refined(
            linear,
            *(points for points, _ in read),
            refinement=request.refinement,
            fractions=[share for _, share in read],
            order=request.highest_order,
            system=system,
            tolerance=tolerance,
        )
    record = field_record(field, request, places)
    if request.uncertainty and cortex is not None:
        progress("finding how far the field may be off", 0.7)
        record["uncertainty"] = _uncertainty(field, linear, cortex, request, system)
    progress("writing", 0.0)
    with whole_folder(folder) as place:
        _write(field, request, places, place)
        write_json(place / "field.json", record)
    return record


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


def _write(field: Field, request: FieldRequest, places: Sampler | None, folder: Path) -> None:
    if places is not None and request.points is not None:
        read = PointField(
            field.at_v_per_m(places),
            places.tags,
            field.error_v_per_m(places),
            cube_mean_v_per_m(field, places),
        )
        write_points_csv(folder / "points.csv", request.points, read)
    if request.cortex:
        write_cortex(field.on_cortex(recovery=request.recovery), folder)
    if request.volume:
        write_volumes(field, folder)
    if request.mesh:
        write_mesh_field(folder / "field.msh", field)


def field_record(field: Field, request: FieldRequest, places: Sampler | None) -> dict[str, Any]:
    """Return the content of ``field.json``.

    Parameters
    ----------
    field : Field
        The solve.
    request : FieldRequest
        What was asked.
    places : Sampler or None
        The points.

    Returns
    -------
    dict
        Inputs, strength by tissue, solver, versions, sources.
    """
    record: dict[str, Any] = plain(
        {
            "notice": NOTICE,
            "head": head_record(field.head),
            "coil": coil_record(field.coil),
            "pose": pose_record(field.head, field.coil, field.pose),
            "didt_a_per_us": a_per_us_from_a_per_s(field.didt_a_per_s),
            "recovery": request.recovery,
            "order": field.highest_order,
            "refinement": request.refinement if field.highest_order > 1 else None,
            "tissues": _by_tissue(field),
            "uncertainty": None,
            "solver": convergence_record(field.convergence),
            "warnings": [
                *field.head.warnings,
                *coil_warnings(field.head, field.coil, field.pose),
            ],
            "versions": versions(),
            "sources": sources_record(field.sources),
        }
    )
    if places is not None:
        outside = int((~places.inside).sum())
        record["points"] = {"count": len(places.points_m), "outside_head": outside}
        if outside:
            record["warnings"].append(
                f"{outside} of {len(places.points_m)} points lie outside the head; their "
                "field is nan and their tissue 0"
            )
    return record


def _uncertainty(
    field: Field, linear: Field, cortex: Sampler, request: FieldRequest, system: FemSystem
) -> dict[str, Any]:
    """State the interval of mean |E| in the strongest patch of cortex, and where that is."""
    size = np.linalg.norm(field.at_v_per_m(cortex), axis=1)
    known = np.flatnonzero(np.isfinite(size))
    centre, patch = strongest_patch(cortex.points_m, size, known)
    centre_m = cortex.points_m[centre]
    places = head_sampler(field.head, cortex.points_m[patch], recovery=request.recovery)
    target = Target(centre_m, patch, places, 0.0, field.head, request.highest_order)
    bar_v_per_m = float(field.error_v_per_m(places).mean())
    found = uncertainty_of_field(linear, target, system, bar_v_per_m)
    return {
        **plain(uncertainty_record(found)),
        "target_is": "the strongest 5 mm patch of cortex",
        "target_mm": rounded(mm_from_m(centre_m), 2),
    }


def _by_tissue(field: Field) -> list[dict[str, Any]]:
    """Volume-weighted strength of the field in each tissue."""
    mesh, size = field.head.mesh, np.linalg.norm(field.in_tets_v_per_m(), axis=1)
    rows = []
    for tissue in field.head.tissues:
        chosen = mesh.tags == tissue.tag
        volume, values = np.abs(mesh.volumes_m3[chosen]), size[chosen]
        strong = weighted_percentile(values, volume, 99.9)
        rows.append(
            {
                "tag": tissue.tag,
                "name": tissue.name,
                "mean_e_v_per_m": rounded(np.average(values, weights=volume), 5),
                "p99_9_e_v_per_m": rounded(np.array(strong), 5),
            }
        )
    return rows


__all__ = ["FieldRequest", "field_record", "read_pose", "run_field"]
