"""The best pose for a target: what ``cortistim aim`` does."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from msgspec import UNSET

from cortistim.cache import whole_folder
from cortistim.coil import Coil
from cortistim.errors import BadInputError
from cortistim.field import MISSED_LIMIT, FemSystem, FieldOperator, load_operator
from cortistim.head import Head
from cortistim.io import write_pose
from cortistim.io.text import write_csv
from cortistim.placement import Pose
from cortistim.records import numbers
from cortistim.records.aim import (
    AimRecord,
    AimTarget,
    ObjectiveRecord,
    OtherPose,
    TradeOffPose,
)
from cortistim.shown import Facts, Shown
from cortistim.study.field.bending import bending_of, shape_record
from cortistim.study.folder import write_json
from cortistim.study.record import (
    coil_record,
    convergence_record,
    head_record,
    matsimnibs,
    pose_record,
    sources_record,
    tolerance_record,
    versions,
)
from cortistim.study.request.coil import CoilRequest, coil_warnings
from cortistim.study.request.inputs import HeadRequest, TargetPoint, find_target, side_of
from cortistim.study.request.wish import wish_for
from cortistim.study.target_uncertainty import (
    uncertainty_of_aim,
    uncertainty_of_operator,
    uncertainty_record,
)
from cortistim.targeting import (
    Aim,
    AimSettings,
    OperatorAim,
    Region,
    TargetUncertainty,
    Wish,
    aim,
    aim_with_operator,
)
from cortistim.targeting.operator_aim import Choice
from cortistim.targeting.shape_search import Reshaped
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import matrix_mm_from_m, mm_from_m
from cortistim.viz.figures.trade_off import write_trade_off

MM2_PER_M2 = 1e6
ANYWHERE = Region((0.0, 0.0, 0.0), 1.0)
"""Stands for a region of which only the head can say where it is."""
PLAIN_WISH = Wish()


@dataclass(frozen=True, kw_only=True)
class AimRequest:
    """What is asked of a pose.

    Parameters
    ----------
    head : HeadRequest
        Which head.
    coil : CoilRequest
        Which coil; one that can be bent, and is not told how, is bent to the head.
    target : str
        A named target, an EEG position or ``x,y,z`` in millimetres.
    space : str
        ``subject`` or ``mni``: the frame of coordinates.
    settings : AimSettings
        Distance, handle angle, radius, tolerance.
    objective : str
        Name of a `Wish`.
    direction : str or None
        For ``component``: ``x,y,z`` in subject space, or ``normal``.
    percent, fraction, least : float
        As in `Wish`.
    avoid : tuple of str
        Regions to be avoided, see `wish_for`.
    operator : Path or None
        File of an operator: with it, the whole cortex is known at every pose and nothing is
        solved.
    trade_off : bool
        Keep the poses that no other beats in target and avoided region both.
    uncertainty : bool
        State |E| at the target with an interval.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    target: str = "dlpfc_l"
    space: str = "subject"
    settings: AimSettings = field(default_factory=AimSettings)
    objective: str = PLAIN_WISH.name
    direction: str | None = None
    percent: float = PLAIN_WISH.percent
    fraction: float = PLAIN_WISH.fraction
    least: float = PLAIN_WISH.least
    avoid: tuple[str, ...] = ()
    operator: Path | None = None
    trade_off: bool = False
    uncertainty: bool = True

    def __post_init__(self) -> None:
        """Refuse what does not fit together, before a head is built."""
        along = None if self.direction is None else "normal"
        regions = (ANYWHERE,) if self.avoid else ()
        early = Wish(cast("Any", self.objective), along, avoid=regions)
        if self.operator is None:
            early.require_no_operator()
        if self.trade_off and not self.avoid:
            msg = (
                "a trade-off needs a region to be avoided. Name one (`avoid`): "
                "x,y,z[,radius] in mm."
            )
            raise BadInputError(msg)
        if self.operator is None and self.avoid:
            msg = (
                "a region to be avoided lies outside the target, which takes an operator "
                "(`operator`); build one with 'cortistim operator build'."
            )
            raise BadInputError(msg)

    def wish(self, head: Head) -> Wish:
        """Place directions and regions on a head.

        Parameters
        ----------
        head : Head
            Under the coil.

        Returns
        -------
        Wish
            What the search maximises.
        """
        return wish_for(
            head,
            self.objective,
            direction=self.direction,
            avoid=self.avoid,
            space=self.space,
            percent=self.percent,
            fraction=self.fraction,
            least=self.least,
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AimResult(Shown):
    """The pose that serves a target best.

    Parameters
    ----------
    request : AimRequest
        What was asked.
    head, coil, target, wish : Head, Coil, TargetPoint, Wish
        What it became.
    found : Aim or OperatorAim
        Pose and evidence, from solves or from an operator.
    operator : FieldOperator or None
        The operator, where one was used.
    uncertainty : TargetUncertainty or None
        Of |E| at the target for 1 A/µs; None with an operator, and where it was not asked for.
    shape : Reshaped or None
        How shape and pose were searched together; None for a coil in one shape.
    """

    request: AimRequest
    head: Head
    coil: Coil
    target: TargetPoint
    wish: Wish
    found: Aim | OperatorAim
    operator: FieldOperator | None
    uncertainty: TargetUncertainty | None
    shape: Reshaped | None = None

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        x, y, z = mm_from_m(self.pose.origin_m)
        rows = [
            ("target", self.target.words),
            ("coil", f"{self.coil.name} at ({x:.1f}, {y:.1f}, {z:.1f}) mm"),
            ("other good poses", f"{len(self.alternatives)}"),
        ]
        if self.uncertainty is not None:
            rows.insert(1, ("|E|", uncertainty_record(self.uncertainty).words.split(". ")[0]))
        return tuple(rows)

    @property
    def pose(self) -> Pose:
        """The chosen one."""
        return self.found.pose if isinstance(self.found, Aim) else self.found.best.pose

    @property
    def centre_m(self) -> FloatArray:
        """Middle of the target's patch, (3,), in metres."""
        found = self.found
        return found.target.centre_m if isinstance(found, Aim) else found.centre_m

    @property
    def alternatives(self) -> tuple[tuple[Pose, float], ...]:
        """Other good poses, each with its value."""
        if isinstance(self.found, Aim):
            return self.found.alternatives
        return tuple((other.pose, other.value) for other in self.found.alternatives)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Poses that no other beats in target and avoided region, if they were asked for."""
        if isinstance(self.found, Aim) or not self.request.trade_off:
            return ()
        return self.found.trade_off


def run_aim(request: AimRequest, *, progress: Progress = silent) -> AimResult:
    """Find the best pose for a target.

    Parameters
    ----------
    request : AimRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    AimResult
        For `write_aim`.

    Raises
    ------
    BadInputError
        When something asked for does not exist or cannot be.
    ConvergenceError
        When a solve stops short.
    """
    request.coil.load()  # complains before the head is built
    settings = request.settings
    head = request.head.load(progress=progress)
    target = find_target(head, request.target, space=request.space)
    wish = request.wish(head)
    operator = None if request.operator is None else load_operator(request.operator, head)
    coil = request.coil.load_for(
        head,
        target.point_m,
        distance_m=settings.distance_m,
        handle_rad=settings.handle_rad,
        progress=progress,
    )
    asked = {"wish": wish, "settings": settings, "progress": progress}
    uncertain: TargetUncertainty | None = None
    found: Aim | OperatorAim
    shape: Reshaped | None = None
    if operator is not None:
        found = aim_with_operator(head, coil, target.point_m, operator, **asked)
        if request.uncertainty:
            uncertain = uncertainty_of_operator(head, coil, found, operator)
    else:
        system = FemSystem.of(head)
        system.prepare(keep=True)
        found = aim(head, coil, target.point_m, system=system, **asked)
        bending = bending_of(request.coil)
        if bending is not None:
            shape = bending.searched(found, system, settings.tolerance, progress)
            found = shape.aim
            coil = found.search.coil
        if request.uncertainty:
            bar_v_per_m = found.target.bar_v_per_m(found.field)
            uncertain = uncertainty_of_aim(found, system, bar_v_per_m)
    return AimResult(
        request=request,
        head=head,
        coil=coil,
        target=target,
        wish=wish,
        found=found,
        operator=operator,
        uncertainty=uncertain,
        shape=shape,
    )


def write_aim(result: AimResult, folder: Path) -> AimRecord:
    """Write an aim.

    Parameters
    ----------
    result : AimResult
        From `run_aim`.
    folder : Path
        Gets ``pose.json`` and ``aim.json``, and with a trade-off ``trade_off.csv`` and
        ``trade_off.png``.

    Returns
    -------
    AimRecord
        The content of ``aim.json``, with a warning where the figure is missing.
    """
    record = aim_record(result)
    bent = dict(result.coil.shape.deformation)
    with whole_folder(folder) as place:
        write_pose(place / "pose.json", result.pose, deformation=bent)
        missing = _write_trade_off(place, result)
        if missing:
            record = replace(record, warnings=(*record.warnings, missing))
        write_json(place / "aim.json", record)
    return record


def aim_record(result: AimResult) -> AimRecord:
    """Return the content of ``aim.json``.

    Parameters
    ----------
    result : AimResult
        From `run_aim`.

    Returns
    -------
    AimRecord
        Fields for 1 A/µs.
    """
    head, coil, pose, found = result.head, result.coil, result.pose, result.found
    return AimRecord(
        head=head_record(head),
        coil=coil_record(coil),
        target=AimTarget(
            words=result.target.words,
            subject_mm=numbers(mm_from_m(result.centre_m), 2),
            side=side_of(head, result.centre_m),
        ),
        pose=pose_record(head, coil, pose),
        didt_a_per_us=1.0,
        objective=_objective(result),
        tolerance=tolerance_record(found.tolerance),
        uncertainty=(
            None if result.uncertainty is None else uncertainty_record(result.uncertainty)
        ),
        alternatives=tuple(_other(result, *other) for other in result.alternatives),
        trade_off=tuple(map(_choice, result.choices)),
        warnings=(
            *head.warnings,
            *coil_warnings(head, coil, pose),
            *(() if isinstance(found, Aim) else _operator_warnings(found)),
        ),
        versions=versions(),
        sources=sources_record((*_sources(result), *head.sources, *coil.sources)),
        shape=UNSET if result.shape is None else shape_record(result.shape),
        **(_of_solve(found) if isinstance(found, Aim) else _of_operator(found)),
    )


def _of_solve(found: Aim) -> dict[str, Any]:
    """Give the entries that an aim has when its pose was solved."""
    return {
        "target_e_v_per_m": found.e_v_per_m,
        "predicted_e_v_per_m": found.predicted_e_v_per_m,
        "reciprocity_error": found.reciprocity_error,
        "solver": convergence_record(found.field.convergence),
    }


def _of_operator(found: OperatorAim) -> dict[str, Any]:
    """Give the entries that an aim has when its pose is an operator's."""
    avoided = found.best.avoided_v_per_m
    return {
        "target_e_v_per_m": found.best.target_v_per_m,
        "avoided_e_v_per_m": None if np.isnan(avoided) else avoided,
        "target_points": found.points,
        "poses_tried": found.tried,
        "missed_share": float(f"{found.missed_share:.3g}"),
    }


def _operator_warnings(found: OperatorAim) -> list[str]:
    warnings = []
    if found.missed_share > MISSED_LIMIT:
        warnings.append(
            f"the operator misses {100 * found.missed_share:.1f} % of this coil's vector "
            "potential; its field may be off by several percent. Build one for this coil, or "
            "extend it with 'cortistim operator extend'"
        )
    if found.moved_m > 0:
        warnings.append(
            f"fewer than five points of the operator lie within 5 mm of the target; it was "
            f"moved by {mm_from_m(found.moved_m):.1f} mm"
        )
    return warnings


def _sources(result: AimResult) -> tuple[str, ...]:
    if isinstance(result.found, Aim):
        return result.found.sources
    return ("gomez2021", *(() if result.operator is None else result.operator.sources))


def _objective(result: AimResult) -> ObjectiveRecord:
    found = result.found
    if isinstance(found, Aim):
        objective = found.objective
        name, value = objective.name, objective.sign * found.value
        unit = objective.unit
    else:
        name, value, unit = found.name, found.best.value, found.unit
    if unit == "m2":
        value, unit = value * MM2_PER_M2, "mm2"
    return ObjectiveRecord(
        name=name, value=float(value), unit=cast("Any", unit), words=result.wish.words
    )


def _other(result: AimResult, pose: Pose, value: float) -> OtherPose:
    found = result.found
    unit = found.objective.unit if isinstance(found, Aim) else found.unit
    scale = MM2_PER_M2 if unit == "m2" else 1.0
    away_m = float(np.linalg.norm(pose.origin_m - result.pose.origin_m))
    return OtherPose(
        value=scale * value,
        away_mm=round(mm_from_m(away_m), 2),
        matsimnibs=matsimnibs(pose),
    )


def _choice(choice: Choice) -> TradeOffPose:
    return TradeOffPose(
        target_e_v_per_m=choice.target_v_per_m,
        avoided_e_v_per_m=choice.avoided_v_per_m,
        matsimnibs=matsimnibs(choice.pose),
    )


def _write_trade_off(folder: Path, result: AimResult) -> str:
    """Write table and figure; return why the figure is missing, empty when it is not."""
    if isinstance(result.found, Aim) or not result.choices:
        return ""
    choices, best = result.choices, result.found.best
    gain = np.array([choice.target_v_per_m for choice in choices])
    cost = np.array([choice.avoided_v_per_m for choice in choices])
    names = [f"m{row}{column}" for row in range(3) for column in range(4)]
    rows = []
    for choice in choices:
        matrix_mm = matrix_mm_from_m(choice.pose.matrix_m)[:3].ravel()
        values = (choice.target_v_per_m, choice.avoided_v_per_m, *matrix_mm)
        rows.append([f"{value:.9g}" for value in values])
    header = ("target_e_v_per_m", "avoided_e_v_per_m", *names)
    write_csv(folder / "trade_off.csv", header, rows)
    chosen = (best.target_v_per_m, best.avoided_v_per_m)
    return write_trade_off(folder / "trade_off.png", gain, cost, chosen)
