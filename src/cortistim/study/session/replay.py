"""A recorded session: from where the coil was at every pulse to the field at the target."""

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError, PoseError
from cortistim.field import (
    FieldOperator,
    MissedShareWarning,
    load_operator,
    solve_fields,
)
from cortistim.field.solver.fem import FemSystem
from cortistim.field.target import FEWEST, RADIUS_M, Target, patch_around, target_at
from cortistim.head import Head
from cortistim.io.navigators import (
    NavigatedPose,
    PoseFile,
    read_one_pose,
    read_subject_poses,
)
from cortistim.placement import Pose, cortical_target, deviation, raise_until_clear
from cortistim.pulse import Output, displayed_over_measured, named_device
from cortistim.study.request.coil import CoilRequest, coil_of
from cortistim.study.request.inputs import (
    HeadRequest,
    TargetPoint,
    find_target,
    head_of,
    output_of,
)
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

UNIT_DIDT_A_PER_S = 1e6
MOST_SOLVED = 256
BLOCK = 8
BATCH = 32
HIGHEST_LIFT_M = 0.010
FARTHEST_M = 0.100
INSIDE, FAR = "inside the head", "far from the head"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """What a session is replayed with.

    Parameters
    ----------
    log : Path
        Any navigator's file.
    head : HeadRequest or Head, optional
        Of the person.
    coil : CoilRequest or Coil, optional
        That was used.
    target : str, optional
        As in `find_target`; by default the cortex below the plan, else below the coil.
    space : str, optional
        Of coordinates.
    stimulator : str, optional
        Name of a stimulator or device; by default the one that the coil belongs to.
    plan : Path, optional
        A file with one pose; by default each pulse's own target in the log.
    operator : Path, optional
        Of ``cortistim operator build``; without it every pose is solved.
    image : Path, optional
        T1 that the navigator was given.
    use_targets : bool, optional
        Replay the file's targets instead of its samples.
    """

    log: Path
    head: HeadRequest | Head = field(default_factory=HeadRequest)
    coil: CoilRequest | Coil = field(default_factory=CoilRequest)
    target: str | None = None
    space: str = "subject"
    stimulator: str | None = None
    plan: Path | None = None
    operator: Path | None = None
    image: Path | None = None
    use_targets: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Replay:
    """What every pulse of a session did.

    Parameters
    ----------
    head, coil : Head, Coil
        What was computed with.
    output : Output
        What the stimulator gives with the coil.
    source : PoseFile
        The log.
    target : TargetPoint
        As asked.
    patch : Target
        The mid-grey points that are averaged over.
    pulses : tuple of NavigatedPose
        Those that were computed; their poses as recorded.
    lift_m : (n_pulse,) array [m]
        How far each coil was lifted along its axis to be outside the head.
    e_v_per_m : (n_pulse,) array [V/m]
        Mean |E| in the patch for 1 A/µs.
    didt_a_per_s : (n_pulse,) array [A/s]
        nan where the log does not tell it.
    deviation_m, deviation_rad : (n_pulse,) arrays
        From the plan; nan where there is none.
    missed_share : (n_pulse,) array
        Share of the vector potential that the operator misses; nan without an operator.
    dropped : mapping of str to int
        Entries and pulses that were left out, by reason.
    """

    head: Head
    coil: Coil
    output: Output
    source: PoseFile
    target: TargetPoint
    patch: Target
    pulses: tuple[NavigatedPose, ...]
    lift_m: FloatArray
    e_v_per_m: FloatArray
    didt_a_per_s: FloatArray
    deviation_m: FloatArray
    deviation_rad: FloatArray
    missed_share: FloatArray
    dropped: Mapping[str, int]

    @property
    def dose_v_per_m(self) -> FloatArray:
        """Mean |E| in the patch at each pulse's own dI/dt, (n_pulse,), V/m."""
        return self.e_v_per_m * self.didt_a_per_s / UNIT_DIDT_A_PER_S

    @property
    def first_mep_v(self) -> FloatArray:
        """Amplitude in the first channel, (n_pulse,), in volt; nan where there is none."""
        return np.array([p.mep_v[0] if p.mep_v else np.nan for p in self.pulses])


def run_replay(request: ReplayRequest, *, progress: Progress = silent) -> Replay:
    """Compute the field at the target for every pulse of a log.

    Parameters
    ----------
    request : ReplayRequest
        Log, head, coil, target, plan.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Replay
        One row a pulse, in the order of the log.

    Raises
    ------
    BadInputError
        When the log holds no samples, is in another frame than the head's, holds more pulses
        than are solved without an operator, or the operator is of another head.
    PoseError
        When a pose of the log is not rigid, or none is outside the head.
    """
    source = read_subject_poses(request.log, request.image)[0]
    told = _chosen(source, request)
    if request.operator is None:
        _require_few(request.log, len(told))
    plan = None if request.plan is None else read_one_pose(request.plan)
    coil = coil_of(request.coil)
    device = named_device(request.stimulator) if request.stimulator else None
    output = output_of(device.stimulator.name if device else None, coil)
    head = head_of(request.head, progress=progress)
    operator = None if request.operator is None else load_operator(request.operator, head)
    placed, lost = _placed(head, coil, told, progress)
    pulses, poses, lifts_m = zip(*placed, strict=True)
    point = _target(head, request, plan, poses)
    patch = target_at(head, point.point_m)
    if operator is None:
        e_v_per_m, missed_share = _solved(head, coil, poses, patch, progress)
    else:
        e_v_per_m, missed_share = _evaluated(operator, coil, poses, patch, progress)
    off = _deviations(pulses, source, plan)
    return Replay(
        head=head,
        coil=coil,
        output=output,
        source=source,
        target=point,
        patch=patch,
        pulses=pulses,
        lift_m=np.array(lifts_m),
        e_v_per_m=e_v_per_m,
        didt_a_per_s=np.array([didt_of(pulse, output, coil) for pulse in pulses]),
        deviation_m=off[:, 0],
        deviation_rad=off[:, 1],
        missed_share=missed_share,
        dropped={**source.dropped, **lost},
    )


def _require_few(log: Path, count: int) -> None:
    if count > MOST_SOLVED:
        msg = (
            f"{log}: {count} pulses are too many to be solved one by one, at most "
            f"{MOST_SOLVED} are; build an operator with 'cortistim operator build' and "
            "give it as `operator`."
        )
        raise BadInputError(msg)


def _chosen(source: PoseFile, request: ReplayRequest) -> tuple[NavigatedPose, ...]:
    kind = "target" if request.use_targets else "sample"
    told = tuple(p for p in source.poses if p.kind == kind)
    if told:
        return told
    lost = "".join(f", {n} {reason}" for reason, n in source.dropped.items())
    remedy = ""
    if not request.use_targets and source.poses:
        remedy = f" It holds {len(source.poses)} targets; to replay them, set `use_targets`."
    msg = f"{request.log}: a replay needs tracked {kind}s; the file holds none{lost}.{remedy}"
    raise BadInputError(msg)


def _placed(
    head: Head, coil: Coil, told: Sequence[NavigatedPose], progress: Progress
) -> tuple[list[tuple[NavigatedPose, Pose, float]], Counter[str]]:
    """Lift coils that the registration put a little into the head; drop what cannot be."""
    kept: list[tuple[NavigatedPose, Pose, float]] = []
    lost: Counter[str] = Counter()
    gaps_m = head.outside.at(np.array([p.pose.origin_m for p in told]))
    for number, (pulse, gap_m) in enumerate(zip(told, gaps_m, strict=True)):
        progress("checking poses", number / len(told))
        if gap_m > FARTHEST_M:
            lost[FAR] += 1
            continue
        try:
            pose = raise_until_clear(head, coil, pulse.pose)[0]
        except PoseError:
            lost[INSIDE] += 1
            continue
        lift_m = float(np.linalg.norm(pose.origin_m - pulse.pose.origin_m))
        if lift_m > HIGHEST_LIFT_M:
            lost[INSIDE] += 1
        else:
            kept.append((pulse, pose, lift_m))
    if not kept:
        why = ", ".join(f"{n} {reason}" for reason, n in lost.items())
        msg = (
            f"none of the {len(told)} poses fits this head ({why}). Check that the log and "
            "the head are of the same person, and the frame of the log."
        )
        raise PoseError(msg)
    return kept, lost


def _target(
    head: Head,
    request: ReplayRequest,
    plan: Pose | None,
    poses: Sequence[Pose],
) -> TargetPoint:
    if request.target is not None:
        return find_target(head, request.target, space=request.space)
    origins_m = np.array([pose.origin_m for pose in poses])
    middle = np.linalg.norm(origins_m - np.median(origins_m, axis=0), axis=1).argmin()
    below, words = (origins_m[middle], "the middle pose of the log")
    if plan is not None:
        below, words = plan.origin_m, "the plan"
    point_m = cortical_target(head, below)
    return TargetPoint("below the coil", f"cortex below {words}", point_m, "computed here")


def _solved(
    head: Head, coil: Coil, poses: Sequence[Pose], patch: Target, progress: Progress
) -> tuple[FloatArray, FloatArray]:
    progress("preparing the solver", 0.0)
    system = FemSystem.of(head)
    found: list[float] = []
    for start in range(0, len(poses), BLOCK):
        progress("solving the fields", start / len(poses))
        block = list(poses[start : start + BLOCK])
        fields = solve_fields(head, coil, block, system=system)
        found += [float(_strength(patch.at_v_per_m(f)[None])[0]) for f in fields]
    return np.array(found), np.full(len(poses), np.nan)


def _evaluated(
    operator: FieldOperator,
    coil: Coil,
    poses: Sequence[Pose],
    patch: Target,
    progress: Progress,
) -> tuple[FloatArray, FloatArray]:
    found = patch_around(operator.points_m, patch.centre_m)
    if found.moved_m > 0:
        msg = (
            f"the operator needs {FEWEST} points within {mm_from_m(RADIUS_M):g} mm of the "
            "target; it has fewer. Build one with more points there."
        )
        raise BadInputError(msg)
    near = found.points
    strengths, missed_shares = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissedShareWarning)  # it is in the table
        for start in range(0, len(poses), BATCH):
            progress("evaluating the operator", start / len(poses))
            batch = poses[start : start + BATCH]
            strengths.append(_strength(operator.evaluate_many(coil, batch)[:, near]))
            missed_shares.append(operator.missed_shares(coil, batch))
    return np.concatenate(strengths), np.concatenate(missed_shares)


def _strength(e_v_per_m: FloatArray) -> FloatArray:
    """Return mean |E| over points, (n_pose,), of fields (n_pose, n_point, 3)."""
    return np.linalg.norm(np.asarray(e_v_per_m, dtype=float), axis=2).mean(axis=1)


def _deviations(
    pulses: Iterable[NavigatedPose], source: PoseFile, plan: Pose | None
) -> FloatArray:
    own = {p.name: p.pose for p in source.poses if p.kind == "target"}
    planned = [(p, own.get(p.target) if plan is None else plan) for p in pulses]
    none = (np.nan, np.nan)
    return np.array([none if goal is None else deviation(p.pose, goal) for p, goal in planned])


def didt_of(pulse: NavigatedPose, output: Output, coil: Coil) -> float:
    """Return the dI/dt of a recorded pulse.

    The output in %MSO goes first, with dI/dt at 100 % as measured; what the stimulator
    displays is a few percent off, and is corrected where that was measured.

    Parameters
    ----------
    pulse : NavigatedPose
        Of a log.
    output : Output
        dI/dt at 100 %.
    coil : Coil
        Names the pair.

    Returns
    -------
    float
        In A/s; nan when the log tells neither.
    """
    if np.isfinite(pulse.percent_mso) and pulse.percent_mso > 0 and output.didt_max is not None:
        return pulse.percent_mso / 100 * output.didt_max.value
    shown = displayed_over_measured(output.stimulator, coil.name)
    return pulse.didt_a_per_s / (shown if np.isfinite(shown) else 1.0)
