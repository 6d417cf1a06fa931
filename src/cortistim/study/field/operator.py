"""Building and using a field operator: what ``cortistim operator`` does."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np

from cortistim import cache
from cortistim.coil import Coil
from cortistim.errors import BadInputError, PoseError
from cortistim.field import (
    MISSED_LIMIT,
    FemSystem,
    FieldOperator,
    OperatorBuild,
    OperatorSettings,
    load_operator,
    plan_operator,
    save_operator,
)
from cortistim.field.operator.basis import BATCH, Basis
from cortistim.field.operator.build import BLOCK, COILS
from cortistim.head import Head
from cortistim.placement import Pose
from cortistim.records.operator import (
    OperatorBuildRecord,
    OperatorExtendRecord,
    OperatorFieldsRecord,
)
from cortistim.study.record import coil_record, sources_record, versions
from cortistim.study.request.coil import CoilRequest, load_coil
from cortistim.study.request.inputs import HeadRequest, to_subject_m
from cortistim.study.stopwatch import Stopwatch
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

BYTES_PER_VECTOR = 20  # of E, of its bar, and of the bar in a file of its own meanwhile


@dataclass(frozen=True, kw_only=True, eq=False)
class OperatorBuildRequest:
    """Which operator is to be built.

    Parameters
    ----------
    head : HeadRequest
        Which head.
    points_m : (n_point, 3) array [m] or None
        Where the field will be given; points spread over the cortex by default.
    space : str
        ``subject`` or ``mni``: the frame of the points.
    coils : tuple of str
        Names or files of the coils whose poses the members combine.
    settings : OperatorSettings
        Rank, seed, tolerance, recovery, order.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    points_m: FloatArray | None = None
    space: str = "subject"
    coils: tuple[str, ...] = COILS
    settings: OperatorSettings = field(default_factory=OperatorSettings)


@dataclass(frozen=True, kw_only=True, eq=False)
class OperatorBuilt:
    """An operator that was built.

    Parameters
    ----------
    build : OperatorBuild
        What it was built from.
    operator : FieldOperator
        The basis fields.
    watch : Stopwatch
        Time taken by each part.
    """

    build: OperatorBuild
    operator: FieldOperator
    watch: Stopwatch


def run_operator_build(
    request: OperatorBuildRequest, *, progress: Progress = silent
) -> OperatorBuilt:
    """Build an operator; what was solved before is taken from the cache.

    Parameters
    ----------
    request : OperatorBuildRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    OperatorBuilt
        For `write_operator`.

    Raises
    ------
    BadInputError
        When something asked for does not exist, or points lie outside the head.
    ConvergenceError
        When a solve stops short.
    """
    coils = [load_coil(name) for name in request.coils]
    head = request.head.load(progress=progress)
    points_m = request.points_m
    if points_m is not None:
        points_m = to_subject_m(head, points_m, request.space)
    build = plan_operator(
        head, points_m, coils=coils, settings=request.settings, progress=progress
    )
    return solve_operator(build)


def solve_operator(build: OperatorBuild) -> OperatorBuilt:
    """Solve for an operator that was planned.

    Blocks of solves are kept as they come, so that an interrupted build resumes, and two at
    once share the work.

    Parameters
    ----------
    build : OperatorBuild
        From `cortistim.field.plan_operator`.

    Returns
    -------
    OperatorBuilt
        For `write_operator`.

    Raises
    ------
    BadInputError
        When points lie outside the head.
    ConvergenceError
        When a solve stops short.
    """
    watch = Stopwatch()
    with watch.lap("local problems"):
        _ = build.reader  # refuses points outside before anything is solved
    with watch.lap("basis"):
        kept = cache.remembered("operator-basis", build.key, lambda: build.choose().arrays())
    basis = Basis.from_arrays(kept)
    with watch.lap("solves"):
        operator = build.assemble(basis, _blocks(build, basis))
    return OperatorBuilt(build=build, operator=operator, watch=watch)


def _blocks(build: OperatorBuild, basis: Basis) -> Iterator[FloatArray]:
    solver = build.solver(basis)
    for number in range(build.n_block):
        build.progress("solving for the members", number / build.n_block)
        work = partial(_block, solver.block, number)
        yield cache.remembered("operator-block", f"{build.key}-{number:03d}", work)["fields"]


def _block(solve: Any, number: int) -> dict[str, np.ndarray]:  # noqa: ANN401
    return {"fields": solve(number)}


def write_operator(built: OperatorBuilt, path: Path) -> OperatorBuildRecord:
    """Write an operator to one file.

    Parameters
    ----------
    built : OperatorBuilt
        From `run_operator_build`.
    path : Path
        The .npz file.

    Returns
    -------
    OperatorBuildRecord
        What was built, how long it took, and its size.

    Raises
    ------
    BadInputError
        When the path is a folder or cannot be written to.
    """
    _require_file(path)
    cache.require_writable(path)
    build, origin = built.build, built.build.origin
    build.progress("writing", 1.0)
    with built.watch.lap("writing"):
        save_operator(built.operator, path)
    return OperatorBuildRecord(
        operator=str(path),
        bytes=path.stat().st_size,
        head=build.head.name,
        nodes=len(build.head.mesh.nodes_m),
        coils=tuple(origin.coils),
        points=len(build.points_m),
        rank=origin.rank,
        seed=origin.seed,
        tolerance=origin.tolerance,
        recovery=origin.recovery,
        order=origin.order,
        key=build.key,
        warnings=tuple(build.head.warnings),
        versions=versions(),
        seconds=built.watch.rounded(),
    )


@dataclass(frozen=True, kw_only=True)
class OperatorEvaluateRequest:
    """Which fields an operator is asked for.

    Parameters
    ----------
    operator : Path
        From `write_operator`.
    coil : CoilRequest
        Which coil.
    poses : tuple of Pose
        All outside the head.
    """

    operator: Path
    coil: CoilRequest = field(default_factory=CoilRequest)
    poses: tuple[Pose, ...]


def run_operator_evaluate(
    request: OperatorEvaluateRequest, path: Path, *, progress: Progress = silent
) -> OperatorFieldsRecord:
    """Evaluate an operator at poses and write E for 1 A/µs.

    Poses are evaluated and written batch by batch, so that memory does not grow with them;
    so there is no result to be written later.

    Parameters
    ----------
    request : OperatorEvaluateRequest
        What is asked.
    path : Path
        Gets an .npz file of ``points_mm``, ``e_v_per_m`` (pose, point, 3), ``missed_share``
        (pose,) and ``error_v_per_m`` (pose, point): bars of the numerical error.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    OperatorFieldsRecord
        Coil, missed share, warnings.

    Raises
    ------
    BadInputError
        When the operator cannot be read, the path is a folder or the operator's own, or the
        disk is too small.
    PoseError
        When the coil is inside the head at a pose.
    """
    _require_file(path)
    cache.require_apart(path, [request.operator])
    coil, poses = request.coil.load(), request.poses
    watch = Stopwatch()
    with watch.lap("reading"):
        operator = load_operator(request.operator)
    _require_room(operator, len(poses), path)
    with watch.lap("checking poses"):
        _require_all_clear(operator, coil, poses)
    missed_share, shape = np.empty(len(poses)), (len(poses), len(operator.points_m))
    bars: list[np.memmap] = []  # arrays of the file are written one after the other

    def batches() -> Iterator[FloatArray]:
        for first in range(0, len(poses), BATCH):
            progress("evaluating", first / len(poses))
            some = slice(first, first + BATCH)
            e_v_per_m, missed_share[some] = operator.evaluate_with_missed(coil, poses[some])
            bars[0][some] = operator.error_v_per_m(e_v_per_m)
            yield e_v_per_m

    with (
        watch.lap("evaluating and writing"),
        TemporaryFile(dir=path.absolute().parent) as aside,
        cache.growing(path) as archive,
    ):
        bars.append(np.memmap(aside, np.float32, shape=shape))
        archive.add("points_mm", mm_from_m(operator.points_m))
        archive.add_rows("e_v_per_m", (*shape, 3), np.float32, batches())
        archive.add("missed_share", missed_share)
        archive.add_rows("error_v_per_m", shape, np.float32, iter(bars[0][:, None]))
    return _fields_record(operator, coil, missed_share, path, watch)


@dataclass(frozen=True, kw_only=True)
class OperatorExtendRequest:
    """Which poses an operator is to be extended by.

    Parameters
    ----------
    operator : Path
        From `write_operator`.
    head : HeadRequest
        The one that it was built on.
    coil : CoilRequest
        Which coil.
    poses : tuple of Pose
        All outside the head.
    """

    operator: Path
    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    poses: tuple[Pose, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class OperatorExtended:
    """An operator with more members.

    Parameters
    ----------
    head, coil : Head, Coil
        Whose poses were added.
    operator : FieldOperator
        The larger one.
    rank_before : int
        Members that it had.
    missed_before, missed_after : (n_pose,) array
        Share of the coil's vector potential that was and is missed.
    """

    head: Head
    coil: Coil
    operator: FieldOperator
    rank_before: int
    missed_before: FloatArray
    missed_after: FloatArray


def run_operator_extend(
    request: OperatorExtendRequest, *, progress: Progress = silent
) -> OperatorExtended:
    """Add poses to an operator's members.

    Parameters
    ----------
    request : OperatorExtendRequest
        What is asked.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    OperatorExtended
        For `write_extended_operator`.

    Raises
    ------
    BadInputError
        When the operator cannot be read or is another head's.
    PoseError
        When the coil is inside the head at a pose.
    ConvergenceError
        When a solve stops short.
    """
    coil, poses = request.coil.load(), request.poses
    head = request.head.load(progress=progress)
    operator = load_operator(request.operator, head)
    _require_all_clear(operator, coil, poses)
    before, grown = operator.missed_shares(coil, poses), operator
    system = FemSystem.of(head)
    for first in range(0, len(poses), BLOCK):
        progress("solving", first / len(poses))
        grown = grown.extended(head, coil, poses[first : first + BLOCK], system=system)
    return OperatorExtended(
        head=head,
        coil=coil,
        operator=grown,
        rank_before=operator.rank,
        missed_before=before,
        missed_after=grown.missed_shares(coil, poses),
    )


def write_extended_operator(result: OperatorExtended, path: Path) -> OperatorExtendRecord:
    """Write an operator that was extended.

    Parameters
    ----------
    result : OperatorExtended
        From `run_operator_extend`.
    path : Path
        The .npz file.

    Returns
    -------
    OperatorExtendRecord
        Members and missed share before and after.
    """
    _require_file(path)
    save_operator(result.operator, path)
    return OperatorExtendRecord(
        operator=str(path),
        bytes=path.stat().st_size,
        head=result.head.name,
        coil=coil_record(result.coil),
        rank_before=result.rank_before,
        rank=result.operator.rank,
        missed_share_before=_short(result.missed_before),
        missed_share_after=_short(result.missed_after),
        versions=versions(),
    )


def _short(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(f"{value:.3g}") for value in values)


def _require_room(operator: FieldOperator, n_pose: int, path: Path) -> None:
    """Refuse what the disk cannot hold."""
    needed = BYTES_PER_VECTOR * n_pose * len(operator.points_m)
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        msg = (
            f"the fields of {n_pose} poses need {needed / 1e9:.1f} GB where `out` lies, "
            f"and {free / 1e9:.1f} GB are free there. Evaluate fewer poses at a time, or build "
            "an operator with fewer points."
        )
        raise BadInputError(msg)


def _require_all_clear(operator: FieldOperator, coil: Coil, poses: Sequence[Pose]) -> None:
    for number, pose in enumerate(poses, start=1):
        try:
            operator.require_clear(coil, pose)
        except PoseError as error:
            msg = f"pose {number} of {len(poses)}: {error}"
            raise PoseError(msg) from error


def _fields_record(
    operator: FieldOperator, coil: Coil, missed_share: FloatArray, path: Path, watch: Stopwatch
) -> OperatorFieldsRecord:
    poor = [n for n, value in enumerate(missed_share.tolist(), start=1) if value > MISSED_LIMIT]
    found = ()
    if poor:
        found = (
            f"{len(poor)} of {len(missed_share)} poses (first: pose {poor[0]}) are poorly "
            f"represented, up to {100 * missed_share.max():.1f} % of the vector potential is "
            "missed; their field may be off by several percent. Add them with "
            "'cortistim operator extend', or build one with this coil or of a larger rank",
        )
    return OperatorFieldsRecord(
        head=operator.origin.head,
        order=operator.origin.order,
        coil=coil_record(coil),
        didt_a_per_us=1.0,
        poses=len(missed_share),
        points=len(operator.points_m),
        missed_share=_short(missed_share),
        missed_limit=MISSED_LIMIT,
        warnings=found,
        versions=versions(),
        sources=sources_record((*operator.sources, *coil.sources)),
        fields=str(path),
        seconds=watch.rounded(),
    )


def _require_file(path: Path) -> None:
    if path.is_dir():
        msg = f"`out` must be a file; {path} is a folder. Add a file name to it."
        raise BadInputError(msg)
