"""Building and using a field operator: what ``cortistim operator`` does."""

import shutil
from collections.abc import Iterator, Sequence
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
    load_operator,
    save_operator,
)
from cortistim.field.operator.basis import BATCH, Basis
from cortistim.field.operator.build import BLOCK
from cortistim.head import Head
from cortistim.placement import Pose
from cortistim.records import plain
from cortistim.records.provenance import NOTICE
from cortistim.study.record import coil_record, sources_record, versions
from cortistim.study.stopwatch import Stopwatch
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

BYTES_PER_VECTOR = 20  # of E, of its bar, and of the bar in a file of its own meanwhile


def run_operator_build(build: OperatorBuild, path: Path) -> dict[str, Any]:
    """Build an operator and write it; what was solved before is taken from the cache.

    Blocks of solves are kept as they come, so that a build that was stopped goes on where
    it was, and two at once share the work.

    Parameters
    ----------
    build : OperatorBuild
        From `cortistim.field.plan_operator`.
    path : Path
        Gets the operator.

    Returns
    -------
    dict
        What was built, how long it took, and its size.

    Raises
    ------
    BadInputError
        When the path is a folder or cannot be written to, or points lie outside the head.
    ConvergenceError
        When a solve stops short.
    """
    _require_file(path)
    cache.require_writable(path)
    watch = Stopwatch()
    with watch.lap("local problems"):
        _ = build.reader  # refuses points outside before anything is solved
    with watch.lap("basis"):
        kept = cache.remembered("operator-basis", build.key, lambda: build.choose().arrays())
    basis = Basis.from_arrays(kept)
    with watch.lap("solves"):
        operator = build.assemble(basis, _blocks(build, basis))
    build.progress("writing", 1.0)
    with watch.lap("writing"):
        save_operator(operator, path)
    return {**_build_record(build, path), "seconds": watch.rounded()}


def _blocks(build: OperatorBuild, basis: Basis) -> Iterator[FloatArray]:
    solver = build.solver(basis)
    for number in range(build.n_block):
        build.progress("solving for the members", number / build.n_block)
        work = partial(_block, solver.block, number)
        yield cache.remembered("operator-block", f"{build.key}-{number:03d}", work)["fields"]


def _block(solve: Any, number: int) -> dict[str, np.ndarray]:  # noqa: ANN401
    return {"fields": solve(number)}


def _build_record(build: OperatorBuild, path: Path) -> dict[str, Any]:
    origin = build.origin
    return {
        "notice": NOTICE,
        "operator": str(path),
        "bytes": path.stat().st_size,
        "head": build.head.name,
        "nodes": len(build.head.mesh.nodes_m),
        "coils": list(origin.coils),
        "points": len(build.points_m),
        "rank": origin.rank,
        "seed": origin.seed,
        "tolerance": origin.tolerance,
        "recovery": origin.recovery,
        "order": origin.order,
        "key": build.key,
        "warnings": list(build.head.warnings),
        "versions": versions(),
    }


def run_operator_evaluate(
    operator_path: Path,
    coil: Coil,
    poses: Sequence[Pose],
    path: Path,
    *,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Evaluate an operator at poses and write E for 1 A/µs.

    Poses are evaluated and written batch by batch, so that memory does not grow with them.

    Parameters
    ----------
    operator_path : Path
        From `run_operator_build`.
    coil : Coil
        Any.
    poses : sequence of Pose
        All outside the head.
    path : Path
        Gets an .npz file of ``points_mm``, ``e_v_per_m`` (pose, point, 3), ``missed_share``
        (pose,) and ``error_v_per_m`` (pose, point): bars of the numerical error.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    dict
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
    cache.require_apart(path, [operator_path])
    watch = Stopwatch()
    with watch.lap("reading"):
        operator = load_operator(operator_path)
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
    record = _evaluate_record(operator, coil, missed_share)
    return {**record, "fields": str(path), "seconds": watch.rounded()}


def run_operator_extend(
    operator_path: Path,
    head: Head,
    coil: Coil,
    poses: Sequence[Pose],
    path: Path,
    *,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Add poses to an operator's members and write it.

    Parameters
    ----------
    operator_path : Path
        From `run_operator_build`.
    head : Head
        The one that it was built on.
    coil : Coil
        Any.
    poses : sequence of Pose
        All outside the head.
    path : Path
        Gets the larger operator.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    dict
        Members and missed share before and after.

    Raises
    ------
    BadInputError
        When the operator cannot be read or is another head's.
    PoseError
        When the coil is inside the head at a pose.
    ConvergenceError
        When a solve stops short.
    """
    _require_file(path)
    operator = load_operator(operator_path, head)
    _require_all_clear(operator, coil, poses)
    before, grown = operator.missed_shares(coil, poses), operator
    system = FemSystem.of(head)
    for first in range(0, len(poses), BLOCK):
        progress("solving", first / len(poses))
        grown = grown.extended(head, coil, poses[first : first + BLOCK], system=system)
    save_operator(grown, path)
    return {
        "notice": NOTICE,
        "operator": str(path),
        "bytes": path.stat().st_size,
        "head": head.name,
        "coil": plain(coil_record(coil)),
        "rank_before": operator.rank,
        "rank": grown.rank,
        "missed_share_before": _short(before),
        "missed_share_after": _short(grown.missed_shares(coil, poses)),
        "versions": versions(),
    }


def _short(values: FloatArray) -> list[float]:
    return [float(f"{value:.3g}") for value in values]


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


def _evaluate_record(
    operator: FieldOperator, coil: Coil, missed_share: FloatArray
) -> dict[str, Any]:
    poor = [n for n, value in enumerate(missed_share.tolist(), start=1) if value > MISSED_LIMIT]
    found = []
    if poor:
        found.append(
            f"{len(poor)} of {len(missed_share)} poses (first: pose {poor[0]}) are poorly "
            f"represented, up to {100 * missed_share.max():.1f} % of the vector potential is "
            "missed; their field may be off by several percent. Add them with "
            "'cortistim operator extend', or build one with this coil or of a larger rank"
        )
    return {
        "notice": NOTICE,
        "head": operator.origin.head,
        "order": operator.origin.order,
        "coil": plain(coil_record(coil)),
        "didt_a_per_us": 1.0,
        "poses": len(missed_share),
        "points": len(operator.points_m),
        "missed_share": _short(missed_share),
        "missed_limit": MISSED_LIMIT,
        "warnings": found,
        "versions": versions(),
        "sources": plain(sources_record((*operator.sources, *coil.sources))),
    }


def _require_file(path: Path) -> None:
    if path.is_dir():
        msg = f"`out` must be a file; {path} is a folder. Add a file name to it."
        raise BadInputError(msg)
