"""The best pose for a target: what ``cortistim aim`` does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np

from cortistim.cache import whole_folder
from cortistim.coil import Coil
from cortistim.errors import BadInputError, quoted
from cortistim.field import MISSED_LIMIT, FemSystem, FieldOperator
from cortistim.head import Head
from cortistim.io import write_pose
from cortistim.io.text import write_csv
from cortistim.placement import Pose
from cortistim.study.field.bending import Bending, shape_record
from cortistim.study.folder import write_json
from cortistim.study.record import (
    NOTICE,
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    rounded,
    sources_record,
    tolerance_record,
    versions,
)
from cortistim.study.request.coil import coil_warnings
from cortistim.study.request.inputs import TargetPoint, find_target, side_of
from cortistim.targeting import (
    Aim,
    AimSettings,
    OperatorAim,
    Region,
    Wish,
    aim,
    aim_with_operator,
)
from cortistim.targeting.operator_aim import Choice
from cortistim.typing import Progress, silent
from cortistim.units import m_from_mm, matrix_mm_from_m, mm_from_m
from cortistim.viz.figures.trade_off import write_trade_off

AVOID_RADIUS_MM = 10.0
MM2_PER_M2 = 1e6


@dataclass(frozen=True, slots=True)
class AimRequest:
    """What ``cortistim aim`` is asked besides head, coil and target.

    Parameters
    ----------
    settings : AimSettings
        Distance, handle angle, radius, tolerance.
    wish : Wish
        The objective.
    operator : FieldOperator or None
        With it, the whole cortex is known at every pose and nothing is solved.
    trade_off : bool
        Write the poses that no other beats in target and avoided region both.
    bending : Bending or None
        Of a coil that was bent to the head: search its shape together with its pose.
    """

    settings: AimSettings = field(default_factory=AimSettings)
    wish: Wish = field(default_factory=Wish)
    operator: FieldOperator | None = None
    trade_off: bool = False
    bending: Bending | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        if self.operator is None:
            self.wish.require_no_operator()
        if self.trade_off and not self.wish.avoid:
            msg = (
                "a trade-off needs a region to be avoided. Name one (`avoid`): "
                "x,y,z[,radius] in mm."
            )
            raise BadInputError(msg)
        if self.operator is None and self.wish.avoid:
            msg = (
                "a region to be avoided lies outside the target, which takes an operator "
                "(`operator`); build one with 'cortistim operator build'."
            )
            raise BadInputError(msg)


def wish_for(
    head: Head,
    name: str,
    *,
    direction: str | None = None,
    avoid: Sequence[str] = (),
    space: str = "subject",
    **numbers: float,
) -> Wish:
    """Understand an objective as the user typed it.

    Parameters
    ----------
    head : Head
        Ties the spaces together.
    name : str
        Of the objective.
    direction : str, optional
        ``x,y,z`` in subject space, or ``normal``.
    avoid : sequence of str, optional
        Each ``x,y,z`` or ``x,y,z,radius`` in mm, or what `find_target` understands.
    space : str, optional
        Of the coordinates to be avoided.
    **numbers : float
        ``percent``, ``fraction`` and ``least`` of `Wish`.

    Returns
    -------
    Wish
        In subject space and metres.

    Raises
    ------
    BadInputError
        When something cannot be understood.
    """
    along: Any = direction  # the wish checks it
    if direction is not None and direction != "normal":
        along = _numbers(direction, (3,), "a direction must be normal or x,y,z")
    regions = tuple(_region(head, text, space) for text in avoid)
    return Wish(cast("Any", name), along, avoid=regions, **numbers)


def _region(head: Head, text: str, space: str) -> Region:
    radius_mm = AVOID_RADIUS_MM
    parts = text.replace(",", " ").split()
    if len(parts) == 4:
        *_, radius_mm = _numbers(text, (4,), "a region must be x,y,z[,radius] in mm")
        text = ",".join(parts[:3])
    if not radius_mm > 0:
        msg = f"the radius of a region must be positive; got {radius_mm:g} mm."
        raise BadInputError(msg)
    x, y, z = find_target(head, text, space=space).point_m.tolist()
    return Region((x, y, z), m_from_mm(radius_mm))


def _numbers(text: str, counts: tuple[int, ...], rule: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        found = ()
    if len(found) not in counts or not np.isfinite(found).all():
        msg = f"{rule}; got {quoted(text)}."
        raise BadInputError(msg)
    return found


def run_aim(
    head: Head,
    coil: Coil,
    target: TargetPoint,
    *,
    request: AimRequest,
    folder: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Find the best pose for a target and write it.

    Parameters
    ----------
    head, coil : Head, Coil
        Who and what.
    target : TargetPoint
        From `find_target`.
    request : AimRequest
        Objective, operator, settings.
    folder : Path
        Gets ``pose.json`` and ``aim.json``, and with a trade-off ``trade_off.csv`` and
        ``trade_off.png``.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        The content of ``aim.json``.
    """
    point_m, asked = target.point_m, {"wish": request.wish, "settings": request.settings}
    choices: tuple[Choice, ...] = ()
    if request.operator is None:
        system = FemSystem.of(head)
        aimed, shape = aim(head, coil, point_m, **asked, system=system, progress=progress), None
        if request.bending is not None:
            tolerance = request.settings.tolerance
            shape = request.bending.searched(aimed, system, tolerance, progress)
            aimed = shape.aim
        coil, pose = aimed.search.coil, aimed.pose
        found = {**_solved_record(aimed), **shape_record(shape)}
        centre_m, alternatives = aimed.target.centre_m, aimed.alternatives
    else:
        best = aim_with_operator(
            head, coil, point_m, request.operator, **asked, progress=progress
        )
        pose, found = best.best.pose, _operator_record(best, request.operator)
        centre_m, choices = best.centre_m, best.trade_off if request.trade_off else ()
        alternatives = tuple((other.pose, other.value) for other in best.alternatives)
    record = {
        "notice": NOTICE,
        "head": head_record(head),
        "coil": coil_record(coil),
        "target": {
            "words": target.words,
            "subject_mm": rounded(mm_from_m(centre_m), 2),
            "side": side_of(head, centre_m),
        },
        "pose": pose_record(head, coil, pose),
        "didt_a_per_us": 1.0,
        **found,
        "alternatives": [_alternative(pose, other, found) for other in alternatives],
        "trade_off": [_row(choice) for choice in choices],
        "versions": versions(),
    }
    record["objective"]["words"] = request.wish.words
    record["warnings"] = [
        *head.warnings,
        *coil_warnings(head, coil, pose),
        *record["warnings"],
    ]
    record["sources"] = sources_record((*record["sources"], *head.sources, *coil.sources))
    with whole_folder(folder) as place:
        write_pose(place / "pose.json", pose, deformation=dict(coil.shape.deformation))
        if choices:
            missing = _write_trade_off(place, choices, record)
            record["warnings"] += [missing] if missing else []
        write_json(place / "aim.json", record)
    return record


def _solved_record(aimed: Aim) -> dict[str, Any]:
    objective = aimed.objective
    return {
        "objective": _value(objective.name, objective.sign * aimed.value, objective.unit),
        "target_e_v_per_m": aimed.e_v_per_m,
        "predicted_e_v_per_m": aimed.predicted_e_v_per_m,
        "reciprocity_error": aimed.reciprocity_error,
        "tolerance": tolerance_record(aimed.tolerance),
        "solver": convergence_record(aimed.field.convergence),
        "warnings": [],
        "sources": aimed.sources,
    }


def _operator_record(found: OperatorAim, operator: FieldOperator) -> dict[str, Any]:
    best, warnings = found.best, []
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
    return {
        "objective": _value(found.name, best.value, found.unit),
        "target_e_v_per_m": best.target_v_per_m,
        "avoided_e_v_per_m": None if np.isnan(best.avoided_v_per_m) else best.avoided_v_per_m,
        "tolerance": tolerance_record(found.tolerance),
        "target_points": found.points,
        "poses_tried": found.tried,
        "missed_share": float(f"{found.missed_share:.3g}"),
        "warnings": warnings,
        "sources": ("gomez2021", *operator.sources),
    }


def _value(name: str, value: float, unit: str) -> dict[str, Any]:
    if unit == "m2":
        value, unit = value * MM2_PER_M2, "mm2"
    return {"name": name, "value": value, "unit": unit}


def _alternative(
    chosen: Pose, other: tuple[Pose, float], found: dict[str, Any]
) -> dict[str, Any]:
    pose, value = other
    scale = MM2_PER_M2 if found["objective"]["unit"] == "mm2" else 1.0
    away_m = float(np.linalg.norm(pose.origin_m - chosen.origin_m))
    return {
        "value": scale * value,
        "away_mm": round(mm_from_m(away_m), 2),
        "matsimnibs": rounded(matrix_mm_from_m(pose.matrix_m), 9),
    }


def _row(choice: Choice) -> dict[str, Any]:
    return {
        "target_e_v_per_m": choice.target_v_per_m,
        "avoided_e_v_per_m": choice.avoided_v_per_m,
        "matsimnibs": rounded(matrix_mm_from_m(choice.pose.matrix_m), 9),
    }


def _write_trade_off(folder: Path, choices: tuple[Choice, ...], record: dict[str, Any]) -> str:
    """Write table and figure; return why the figure is missing, empty when it is not."""
    gain = np.array([choice.target_v_per_m for choice in choices])
    cost = np.array([choice.avoided_v_per_m for choice in choices])
    names = [f"m{row}{column}" for row in range(3) for column in range(4)]
    rows = []
    for choice in choices:
        matrix_mm = matrix_mm_from_m(choice.pose.matrix_m)[:3].ravel()
        numbers = (choice.target_v_per_m, choice.avoided_v_per_m, *matrix_mm)
        rows.append([f"{number:.9g}" for number in numbers])
    header = ("target_e_v_per_m", "avoided_e_v_per_m", *names)
    write_csv(folder / "trade_off.csv", header, rows)
    chosen = (record["target_e_v_per_m"], record["avoided_e_v_per_m"])
    return write_trade_off(folder / "trade_off.png", gain, cost, chosen)
