"""How uncertain a field is: what ``cortistim uncertainty`` does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import Sampler, head_sampler
from cortistim.field.uncertainty import SHAPE
from cortistim.head import Head
from cortistim.io.text import write_csv
from cortistim.placement import Pose, require_clear
from cortistim.records import numbers
from cortistim.records.field_spread import (
    ConductivityRange,
    FieldSpreadRecord,
    PointSpread,
)
from cortistim.study.folder import write_json
from cortistim.study.record import (
    coil_record,
    head_record,
    pose_record,
    sources_record,
    versions,
)
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest, find_target, to_subject_m
from cortistim.targeting import target_at
from cortistim.targeting.spread import UncertainInputs, Uncertainty, uncertainty
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

POSE_SD_IS = (
    "standard deviations of position and turn, assumed unless given; published errors reach "
    "from 0.3 mm with navigation to 11 mm without (caulfield2022)"
)
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, kw_only=True, eq=False)
class UncertaintyRequest:
    """Whose field may spread, where, and because of what.

    Parameters
    ----------
    head : HeadRequest
        Which head.
    coil : CoilRequest
        Which coil.
    pose : Pose
        The pose that is meant; outside the head.
    deformation : mapping of str to float
        How a coil that can be bent is bent at this pose; what `coil` says wins.
    target : str or None
        A named target, an EEG position or ``x,y,z`` in millimetres: |E| is the mean over its
        patch.
    points_m : (n_point, 3) array [m] or None
        Instead of a target: |E| at each point.
    space : str
        ``subject`` or ``mni``: the frame of coordinates and points.
    inputs : UncertainInputs
        What is uncertain, and how it is sampled.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    pose: Pose
    deformation: Mapping[str, float] = field(default_factory=dict)
    target: str | None = None
    points_m: FloatArray | None = None
    space: str = "subject"
    inputs: UncertainInputs = field(default_factory=UncertainInputs)

    def __post_init__(self) -> None:
        """Refuse a request that does not say where."""
        if (self.target is None) == (self.points_m is None):
            msg = "uncertainty needs either `target` or `points_m`."
            raise BadInputError(msg)

    def places(self, head: Head) -> Sampler:
        """Find where on a head |E| is wanted."""
        if self.points_m is not None:
            return head_sampler(head, to_subject_m(head, self.points_m, self.space))
        point_m = find_target(head, self.target or "", space=self.space).point_m
        return target_at(head, point_m).points


@dataclass(frozen=True, kw_only=True, eq=False)
class UncertaintyResult:
    """How far |E| may spread.

    Parameters
    ----------
    inputs : UncertainInputs
        What was uncertain.
    head, coil, pose : Head, Coil, Pose
        What was meant.
    places : Sampler
        Where.
    found : Uncertainty
        Samples and shares of the variance.
    """

    inputs: UncertainInputs
    head: Head
    coil: Coil
    pose: Pose
    places: Sampler
    found: Uncertainty


def run_uncertainty(
    request: UncertaintyRequest, *, progress: Progress = silent
) -> UncertaintyResult:
    """Sample |E| over what is uncertain.

    Parameters
    ----------
    request : UncertaintyRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    UncertaintyResult
        For `write_uncertainty`.

    Raises
    ------
    BadInputError
        When something asked for does not exist, or points lie outside the head.
    PoseError
        When the coil is inside the head.
    ConvergenceError
        When a solve stops short.
    """
    coil, pose = request.coil.load(deformation=request.deformation), request.pose
    head = request.head.load(progress=progress)
    places = request.places(head)
    require_clear(head, coil, pose)
    inputs = replace(request.inputs, mean=request.points_m is None)
    found = uncertainty(head, coil, pose, places, request=inputs, progress=progress)
    return UncertaintyResult(
        inputs=inputs, head=head, coil=coil, pose=pose, places=places, found=found
    )


def write_uncertainty(result: UncertaintyResult, path: Path) -> FieldSpreadRecord:
    """Write mean, spread, percentiles and what matters.

    Parameters
    ----------
    result : UncertaintyResult
        From `run_uncertainty`.
    path : Path
        Gets JSON, or with the suffix .csv one row for each point.

    Returns
    -------
    FieldSpreadRecord
        What is written as JSON.
    """
    record = uncertainty_file(result)
    if path.suffix.lower() == ".csv":
        _write_csv(path, record.results)
    else:
        write_json(path, record)
    return record


def uncertainty_file(result: UncertaintyResult) -> FieldSpreadRecord:
    """Return the content of the file of ``cortistim uncertainty``.

    Parameters
    ----------
    result : UncertaintyResult
        From `run_uncertainty`.

    Returns
    -------
    FieldSpreadRecord
        For 1 A/µs.
    """
    head, coil, found = result.head, result.coil, result.found
    inputs, points_m = result.inputs, result.places.points_m
    ranges = {tissue: inputs.range_of(tissue) for tissue in head.tissues}
    keys = [span.source for span in ranges.values()] if inputs.conductivities else []
    centre_m = points_m if len(found.nominal_v_per_m) > 1 else [points_m.mean(0)]
    return FieldSpreadRecord(
        head=head_record(head),
        coil=coil_record(coil),
        pose=pose_record(head, coil, result.pose),
        didt_a_per_us=1.0,
        conductivities=tuple(
            ConductivityRange(
                tag=tissue.tag,
                name=tissue.name,
                low_siemens_per_m=float(span.low_siemens_per_m),
                high_siemens_per_m=float(span.high_siemens_per_m),
                distribution=f"beta({SHAPE:g}, {SHAPE:g})",
                source=span.source,
            )
            for tissue, span in ranges.items()
            if inputs.conductivities
        ),
        pose_sd_is=POSE_SD_IS,
        pose_sd_mm=mm_from_m(inputs.shift_m),
        pose_sd_deg=round(float(np.rad2deg(inputs.turn_rad)), 9),
        samples=inputs.samples,
        seed=inputs.seed,
        warnings=tuple(head.warnings),
        reduced_unknowns=found.rank,
        reduced_error=float(f"{found.reduced_error:.3g}"),
        results=tuple(
            _spread(found, number, np.asarray(point_m))
            for number, point_m in enumerate(centre_m)
        ),
        versions=versions(),
        sources=sources_record((*keys, "caulfield2022", *head.sources, *coil.sources)),
    )


def _spread(found: Uncertainty, number: int, point_m: FloatArray) -> PointSpread:
    samples = found.samples_v_per_m[:, number]
    p5, p25, p50, p75, p95 = np.percentile(samples, PERCENTILES).tolist()
    return PointSpread(
        point_mm=numbers(mm_from_m(point_m), 3),
        nominal_v_per_m=float(found.nominal_v_per_m[number]),
        mean_v_per_m=float(samples.mean()),
        sd_v_per_m=float(samples.std(ddof=1)),
        p5_v_per_m=p5,
        p25_v_per_m=p25,
        p50_v_per_m=p50,
        p75_v_per_m=p75,
        p95_v_per_m=p95,
        first_order={
            name: round(float(values[number]), 4) for name, values in found.indices.items()
        },
    )


def _write_csv(path: Path, spreads: Sequence[PointSpread]) -> None:
    named = [entry.name for entry in fields(PointSpread) if entry.name.endswith("_v_per_m")]
    inputs = list(spreads[0].first_order)
    lines = []
    for spread in spreads:
        values = [*spread.point_mm, *(getattr(spread, name) for name in named)]
        values += [spread.first_order[name] for name in inputs]
        lines.append([f"{value:.6g}" for value in values])
    shares = [f"s_{name.replace(' ', '_')}" for name in inputs]
    write_csv(path, ("x_mm", "y_mm", "z_mm", *named, *shares), lines)
