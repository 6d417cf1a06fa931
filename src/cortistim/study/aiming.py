"""The best pose for a target: what ``cortistim aim`` does."""

from pathlib import Path
from typing import Any

from cortistim.coil import Coil
from cortistim.head import Head
from cortistim.io import write_pose
from cortistim.study.coils import coil_warnings
from cortistim.study.inputs import TargetPoint, side_of
from cortistim.study.outputs import whole_folder, write_json
from cortistim.study.record import (
    NOTICE,
    coil_record,
    convergence_record,
    head_record,
    pose_record,
    rounded,
    sources_record,
    versions,
)
from cortistim.targeting import Aim, AimSettings, aim
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m


def run_aim(
    head: Head,
    coil: Coil,
    target: TargetPoint,
    *,
    settings: AimSettings,
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
    settings : AimSettings
        Distance, handle angle, radius, tolerance.
    folder : Path
        Gets ``pose.json`` and ``aim.json``.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    dict
        The content of ``aim.json``.
    """
    aimed = aim(head, coil, target.point_m, settings=settings, progress=progress)
    record = aim_record(head, coil, target, aimed)
    with whole_folder(folder) as place:
        bent = dict(coil.shape.deformation)
        write_pose(place / "pose.json", aimed.pose, deformation=bent)
        write_json(place / "aim.json", record)
    return record


def aim_record(head: Head, coil: Coil, target: TargetPoint, aimed: Aim) -> dict[str, Any]:
    """Return the content of ``aim.json``.

    Parameters
    ----------
    head, coil, target : Head, Coil, TargetPoint
        What was asked.
    aimed : Aim
        What was found.

    Returns
    -------
    dict
        Pose, field per A/µs, solver, versions, sources.
    """
    return {
        "notice": NOTICE,
        "head": head_record(head),
        "coil": coil_record(coil),
        "target": {
            "words": target.words,
            "subject_mm": rounded(mm_from_m(aimed.target.centre_m), 2),
            "side": side_of(head, aimed.target.centre_m),
        },
        "pose": pose_record(head, coil, aimed.pose),
        "didt_a_per_us": 1.0,
        "target_e_v_per_m": aimed.e_v_per_m,
        "predicted_e_v_per_m": aimed.predicted_e_v_per_m,
        "reciprocity_error": aimed.reciprocity_error,
        "solver": convergence_record(aimed.field.convergence),
        "warnings": [*head.warnings, *coil_warnings(head, coil, aimed.pose)],
        "versions": versions(),
        "sources": sources_record(aimed.sources),
    }
