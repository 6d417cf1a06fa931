"""What each step does: head, operator, plan, and the field on fsaverage."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim import cache
from cortistim.cache import whole_folder
from cortistim.field import OperatorSettings
from cortistim.field.operator.basis import evenly_spread
from cortistim.head.cortex.hemispheres import SIDES, Side
from cortistim.head.fsaverage import DENSITY, NAME, fsaverage5, tie_to_fsaverage5
from cortistim.io import write_overlay_gifti
from cortistim.io.surface.gifti_read import read_columns_gifti
from cortistim.io.text import write_text
from cortistim.records.cohort import FileStamp, Kind
from cortistim.records.form import json_text, read_record
from cortistim.records.plan import PlanRecord
from cortistim.study.cohort.design import named_setting
from cortistim.study.cohort.steps import StepTask
from cortistim.study.field.operator import (
    OperatorBuildRequest,
    run_operator_build,
    write_operator,
)
from cortistim.study.head.build import BuildRequest, run_head_build, write_head
from cortistim.study.head.hemisphere_files import STRUCTURES
from cortistim.study.plan.files import write_plan
from cortistim.study.plan.plan import PlanRequest, make_plan
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest, parse_point_mm, require_whole
from cortistim.targeting import AimSettings
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

HEMI: dict[Side, str] = {"left": "L", "right": "R"}
RECRUITED = "L5 cells [%]"
COLUMNS = ("magn", "normal", "recruitment")
SUFFIX = "efield.shape.gii"


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a step has made.

    Parameters
    ----------
    files : tuple of FileStamp
        Without which it would have to be done again.
    digest : str
        Hash of the numbers; not of times and versions.
    notes : tuple of str
        What a reader should know.
    """

    files: tuple[FileStamp, ...]
    digest: str
    notes: tuple[str, ...] = ()


def work_on(task: StepTask) -> StepResult:
    """Do a step.

    Parameters
    ----------
    task : StepTask
        Whose earlier steps are done.

    Returns
    -------
    StepResult
        What it has written.

    Raises
    ------
    CortistimError
        When the person's files cannot be used, or a solve stops short.
    """
    return WORK[task.kind](task)


def _head(task: StepTask) -> StepResult:
    person = task.person
    if person.t1 is None or person.head is not None:
        head = head_request(task).load()
        require_whole(head)
        return StepResult(files=(), digest=head.mesh.digest, notes=tuple(head.warnings))
    request = BuildRequest(
        t1=Path(person.t1),
        t2=None if person.t2 is None else Path(person.t2),
        work_folder=task.place,
        coarse=named_setting(task.design.setting).coarse,
    )
    built = run_head_build(request)
    record = write_head(built, task.place)
    for path in (task.place / "steps").glob("*.npz"):
        path.unlink()  # what would be needed to go on with the build; it is done
    names = ("labels.nii.gz", "head.msh", "head.json", "quality.html")
    files = stamps(task, [task.place / name for name in names])
    digest = cache.digest(built.labels.astype(np.int32), built.head.mesh.nodes_m)
    return StepResult(files=files, digest=digest, notes=(*record.notes, *record.warnings))


def head_request(task: StepTask) -> HeadRequest:
    """Return the request for a person's head.

    Parameters
    ----------
    task : StepTask
        Any of theirs.

    Returns
    -------
    HeadRequest
        With their surfaces, where there are any.
    """
    surfaces = task.person.surfaces
    return HeadRequest(str(task.head), surfaces=None if surfaces is None else Path(surfaces))


def _operator(task: StepTask) -> StepResult:
    setting = named_setting(task.design.setting)
    asked = head_request(task)
    cortex_m = asked.load().cortex.vertices_m
    request = OperatorBuildRequest(
        head=asked,
        points_m=cortex_m[evenly_spread(cortex_m, setting.points)],
        settings=OperatorSettings(rank=setting.rank, order=setting.order),
    )
    built = run_operator_build(request)
    record = write_operator(built, task.place)
    for path in cache.folder().glob("operator-*"):
        path.unlink(missing_ok=True)  # blocks of a build that is done
    return StepResult(
        files=stamps(task, [task.place]),
        digest=cache.digest(record.key, record.rank, record.points),
        notes=tuple(record.warnings),
    )


def _plan(task: StepTask) -> StepResult:
    design, person = task.design, task.person
    setting = named_setting(design.setting)
    usual = AimSettings(order=setting.order)
    request = PlanRequest(
        head=head_request(task),
        coil=CoilRequest(task.coil),
        stimulator=design.stimulator,
        target=task.target,
        space=design.space if parse_point_mm(task.target) is not None else "subject",
        protocol=design.protocol,
        settings=replace(
            usual,
            distance_m=usual.distance_m
            if design.distance_mm is None
            else m_from_mm(design.distance_mm),
            handle_rad=None if design.handle_deg is None else np.deg2rad(design.handle_deg),
        ),
        rmt_percent=person.rmt_percent,
        amt_percent=person.amt_percent,
        uncertainty=setting.uncertainty,
        operator=task.home / "operator.npz" if design.operator else None,
    )
    plan = make_plan(request)
    record = write_plan(plan, task.place)
    bare = replace(record, timing_s={}, versions={})
    digest = cache.digest(json_text(bare), plan.on_cortex.e_v_per_m)
    files = stamps(task, [task.place / name for name in PLAN_FILES])
    return StepResult(files=files, digest=digest, notes=tuple(record.warnings))


PLAN_FILES = ("plan.json", "cortex_field.func.gii", "recruitment.func.gii", "pose.json")


def _map(task: StepTask) -> StepResult:
    """Carry |E| and its normal part at 1 A/µs, and recruitment, to fsaverage5."""
    plan_folder = replace(task, kind="plan").place
    plan = read_record(PlanRecord, (plan_folder / "plan.json").read_bytes())
    tie = tie_to_fsaverage5(head_request(task).load())
    field = read_columns_gifti(plan_folder / "cortex_field.func.gii")
    cells = read_columns_gifti(plan_folder / "recruitment.func.gii")
    magnitude, normal = (field[name] for name in list(field)[:2])
    scale = 1 / plan.field.didt_a_per_us
    maps = {
        "magn": tie.values(magnitude) * scale,
        "normal": tie.values(normal) * scale,
        "recruitment": tie.values(cells[RECRUITED]),
    }
    far_mm = mm_from_m(float(np.nanmedian(tie.distance_m)))
    told = {
        "Description": "Simulated electric field of a TMS coil on the cortex.",
        "TiedBy": tie.by,
        "MedianDistance": round(far_mm, 2),
        "Coil": plan.coil.name,
        "Target": task.target,
        "Pose": [list(row) for row in plan.pose.matsimnibs],
        "PoseIs": "matsimnibs, mm, in the space of the person's head",
        "HeadKey": plan.head.name,
        "Key": task.key,
    }
    about = {
        "magn": {"Units": "V/m", "DIDT": 1.0, "DIDTUnits": "A/us", "Quantity": "|E|"},
        "normal": {"Units": "V/m", "DIDT": 1.0, "DIDTUnits": "A/us",
                   "Quantity": "E into the cortex"},
        "recruitment": {"Units": "percent", "DIDT": plan.field.didt_a_per_us,
                        "DIDTUnits": "A/us", "Quantity": "layer-5 cells that fire"},
    }  # fmt: skip
    written = []
    with whole_folder(task.place) as place:
        for column, values in maps.items():
            for side in SIDES:
                name = map_name(task.person.id, task.target, task.coil, side, column)
                part = values[fsaverage5().side(side)]
                write_overlay_gifti(place / name, {column: part}, STRUCTURES[side])
                sidecar = name.replace(SUFFIX, "efield.shape.json")
                write_text(place / sidecar, json.dumps({**told, **about[column]}, indent=2))
                written += [task.place / name, task.place / sidecar]
    return StepResult(files=stamps(task, written), digest=cache.digest(*maps.values()))


def map_name(person: str, target: str, coil: str, side: Side, column: str) -> str:
    """Return the name of a map on fsaverage5, in the manner of BIDS.

    Parameters
    ----------
    person, target, coil : str
        Whose, and of which plan.
    side : {"left", "right"}
        Of the hemisphere.
    column : {"magn", "normal", "recruitment"}
        What the map shows.

    Returns
    -------
    str
        Of a GIFTI file.
    """
    return (
        f"sub-{person}_acq-{acquisition(target, coil)}_hemi-{HEMI[side]}_space-{NAME}"
        f"_den-{DENSITY}_desc-{column}_{SUFFIX}"
    )


def acquisition(target: str, coil: str) -> str:
    """Return a label of letters and digits for a target and a coil.

    Parameters
    ----------
    target, coil : str
        As named.

    Returns
    -------
    str
        Labels of names that differ in signs alone are told apart by a hash.
    """
    parts = [Path(target).name, Path(coil).name]
    words = [word for part in parts for word in _words(part)]
    label = words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
    usual = all(part.replace("_", "").isalnum() for part in (target, coil))
    return label if usual else f"{label}{cache.digest(target, coil)[:4]}"


def _words(text: str) -> list[str]:
    plain = "".join(sign if sign.isalnum() and sign.isascii() else " " for sign in text)
    return plain.split() or ["x"]


def read_map(folder: Path, person: str, target: str, coil: str, column: str) -> FloatArray:
    """Read a map on fsaverage5.

    Parameters
    ----------
    folder : Path
        The derivatives of a cohort.
    person, target, coil : str
        Whose, and of which plan.
    column : {"magn", "normal", "recruitment"}
        What the map shows.

    Returns
    -------
    (20484,) array
        Left first.
    """
    parts = []
    for side in SIDES:
        name = map_name(person, target, coil, side, column)
        columns = read_columns_gifti(folder / f"sub-{person}" / name)
        parts.append(next(iter(columns.values())))
    return np.concatenate(parts)


def stamps(task: StepTask, paths: Iterable[Path]) -> tuple[FileStamp, ...]:
    """Note the sizes of files.

    Parameters
    ----------
    task : StepTask
        Whose.
    paths : iterable of Path
        Below the cohort's folder.

    Returns
    -------
    tuple of FileStamp
        With paths relative to it.
    """
    root = Path(task.root)
    return tuple(
        FileStamp(path=path.relative_to(root).as_posix(), bytes=path.stat().st_size)
        for path in paths
    )


WORK: dict[Kind, Callable[[StepTask], StepResult]] = {
    "head": _head,
    "operator": _operator,
    "plan": _plan,
    "map": _map,
}
