"""Hot spots that are hunted: every pulse goes to the log before the next pose is proposed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim import __version__, cache
from cortistim.errors import BadInputError, quoted
from cortistim.field import FieldOperator, load_operator
from cortistim.head import Head
from cortistim.io.navigators import read_all_poses
from cortistim.mapping.hotspot import DEFAULT, METHODS, HotspotHunt, HotspotSettings
from cortistim.mapping.hotspot.hunt import FLOOR_V
from cortistim.mapping.hotspot.space import Waveform
from cortistim.naming import find
from cortistim.placement import Pose
from cortistim.records.hotspot import HotspotLogHeader, HotspotTrial
from cortistim.study.mapping.ground import HuntGround, hunt_ground
from cortistim.study.mapping.hotspot_run import HotspotRun, matrix_m, matrix_of, now, put_trial
from cortistim.study.mapping.pose_grid import GridSettings
from cortistim.study.mapping.trial_log import LogKind, begun, require_fresh, taken_up
from cortistim.study.mapping.virtual import TARGET
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest, find_target
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import m_from_mm, v_from_uv

HOTSPOT = LogKind(HotspotLogHeader, HotspotTrial, "hotspot")
WITHOUT = "gp-thompson"
"""Method where there is no operator."""
RADIUS_MM, TIGHT_MM, TIGHT_DEG = 30.0, 5.0, 15.0


@dataclass(frozen=True, kw_only=True)
class HotspotRequest:
    """A hot spot to be hunted.

    Parameters
    ----------
    head, coil : HeadRequest, CoilRequest
        What is held where.
    operator : Path, optional
        The head's; without it nothing is known of the field.
    start : Path, optional
        Pose to begin with; that of the record when one is resumed.
    target : str, optional
        Where the muscle is expected, as `find_target` understands it.
    space : str
        Of the target's coordinates.
    method, waveform : str, optional
        By name.
    radius_mm, tight_mm, tight_deg, floor_uv : float, optional
        How far poses may lie from the start; the region at which to stop; the size below which
        responses are censored.
    pulses : int, optional
        Exactly so many.
    seed : int, optional
        Of draws.
    record : Path, optional
        The log; a fresh file by default.
    resume : bool
        Go on with it.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    operator: Path | None = None
    start: Path | None = None
    target: str | None = None
    space: str = "subject"
    method: str | None = None
    waveform: str | None = None
    radius_mm: float | None = None
    tight_mm: float | None = None
    tight_deg: float | None = None
    floor_uv: float | None = None
    pulses: int | None = None
    seed: int | None = None
    record: Path | None = None
    resume: bool = False


def start_hotspot(request: HotspotRequest, *, progress: Progress = silent) -> HotspotRun:
    """Begin, or go on with, a hunt.

    Parameters
    ----------
    request : HotspotRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    HotspotRun
        With its log open.

    Raises
    ------
    BadInputError
        When the request, or the record that it resumes, cannot be used.
    """
    if request.resume:
        return _resumed(request, progress)
    require_fresh(request.record)
    ground, header = _fresh(request, progress)
    hunt = HotspotHunt(ground.space, settings_of(header))
    return HotspotRun(ground, hunt, begun(request.record, header, HOTSPOT), _notes(header))


def _fresh(request: HotspotRequest, progress: Progress) -> tuple[HuntGround, HotspotLogHeader]:
    """Prepare a hunt that nothing is known of yet."""
    if request.start is None:
        msg = "give the pose to begin with (`start`): a JSON file with matsimnibs."
        raise BadInputError(msg)
    start_m = read_all_poses(request.start)[0].matrix_m
    head, operator = _loaded(request, progress)
    header = _header(request, head, operator, start_m)
    settings_of(header)  # what cannot be is refused before fields are computed
    return _ground(request, header, head, operator, progress), header


def _resumed(request: HotspotRequest, progress: Progress) -> HotspotRun:
    if request.record is None:
        msg = "`resume` goes on with a record; name its file (`record`)."
        raise BadInputError(msg)
    log, found = taken_up(request.record, HOTSPOT)
    try:
        if found.header is None:
            ground, header = _fresh(request, progress)
            log.add(header)
            note = "the record held nothing yet; this begins it"
            return HotspotRun(
                ground, HotspotHunt(ground.space, settings_of(header)), log, (note,)
            )
        ground = ground_of(request, found.header, progress)
        hunt = HotspotHunt(ground.space, settings_of(found.header))
        for trial in found.trials:
            put_trial(ground, hunt, trial)
    except BaseException:
        log.close()
        raise
    notes = (f"{len(found.trials)} pulses of {request.record} are taken up",)
    if found.unfinished:
        notes += ("an unfinished line at its end, which was never answered, is removed",)
    return HotspotRun(ground, hunt, log, notes)


def ground_of(
    request: HotspotRequest, header: HotspotLogHeader, progress: Progress = silent
) -> HuntGround:
    """Prepare what a recorded hunt stood on.

    Parameters
    ----------
    request : HotspotRequest
        Head, operator and coil.
    header : HotspotLogHeader
        Of the record.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    HuntGround
        The same candidates as then.

    Raises
    ------
    BadInputError
        When head, operator or coil are others.
    """
    head, operator = _loaded(request, progress)
    start_m = matrix_m(header.start)
    if request.start is not None:
        start_m = read_all_poses(request.start)[0].matrix_m
    _require_same(header, request, _header(request, head, operator, start_m))
    return _ground(request, header, head, operator, progress)


def _loaded(request: HotspotRequest, progress: Progress) -> tuple[Head, FieldOperator | None]:
    head = request.head.load(progress=progress)
    if request.operator is None:
        return head, None
    progress("reading the operator", 0.0)
    return head, load_operator(request.operator, head)


def _ground(
    request: HotspotRequest,
    header: HotspotLogHeader,
    head: Head,
    operator: FieldOperator | None,
    progress: Progress,
) -> HuntGround:
    progress("fields of the poses", 0.5)
    target_m = np.zeros(3)
    if operator is not None:
        target_m = find_target(head, header.target, space=request.space).point_m
    grid = GridSettings(radius_m=m_from_mm(header.radius_mm))
    start, waveform = Pose(matrix_m(header.start)), _waveform(header.waveform)
    return hunt_ground(head, request.coil.load(), start, operator, target_m, waveform, grid)


def _waveform(name: str) -> Waveform:
    return "monophasic" if name == "monophasic" else "biphasic"


def _header(
    request: HotspotRequest,
    head: Head,
    operator: FieldOperator | None,
    start_m: FloatArray,
) -> HotspotLogHeader:
    method = request.method or (DEFAULT if operator is not None else WITHOUT)
    if METHODS[find(method, METHODS, kind="method")].physics and operator is None:
        msg = (
            f"the method {quoted(method)} needs the field: give the head's operator "
            f"(`operator`), or take a method without it, such as {WITHOUT}."
        )
        raise BadInputError(msg)
    digest = ""
    if operator is not None:
        digest = cache.digest(operator.points_m, operator.members, operator.fields_v_per_m)
    return HotspotLogHeader(
        method=find(method, METHODS, kind="method"),
        head=head.name,
        mesh=head.mesh.digest,
        coil=request.coil.load().name,
        operator=digest,
        target=request.target or TARGET,
        start=matrix_of(start_m),
        waveform=request.waveform or "biphasic",
        radius_mm=_or(request.radius_mm, RADIUS_MM),
        tight_mm=_or(request.tight_mm, TIGHT_MM),
        tight_deg=_or(request.tight_deg, TIGHT_DEG),
        floor_uv=_or(request.floor_uv, round(1e6 * FLOOR_V, 6)),
        pulses=request.pulses,
        seed=1 if request.seed is None else request.seed,
        time=now(),
        version=__version__,
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None else float(value)


def settings_of(header: HotspotLogHeader) -> HotspotSettings:
    """Return the settings that a log was written with."""
    return HotspotSettings(
        method=header.method,
        floor_v=v_from_uv(header.floor_uv),
        pulses=header.pulses,
        radius_m=m_from_mm(header.tight_mm),
        turn_rad=float(np.radians(header.tight_deg)),
        seed=header.seed,
    )


def _notes(header: HotspotLogHeader) -> tuple[str, ...]:
    if header.operator:
        return ()
    return ("without an operator nothing is known of the field; expect to need more pulses",)


ASKED = ("target", "method", "waveform", "radius_mm", "tight_mm", "tight_deg", "floor_uv",
         "pulses", "seed", "start")  # fmt: skip


def _require_same(
    header: HotspotLogHeader, request: HotspotRequest, now: HotspotLogHeader
) -> None:
    """Refuse to go on with a record in another way, or on another head, than it was begun."""
    for name in ("mesh", "coil", "operator"):
        if getattr(header, name) != getattr(now, name):
            what = "head" if name == "mesh" else name
            msg = (
                f"the record was begun with another {what}: it holds {quoted(header.head)} "
                f"with coil {quoted(header.coil)}. Give the same `head_name`, `operator` and "
                "`coil_name`."
            )
            raise BadInputError(msg)
    for name in ASKED:
        if getattr(request, name) is not None and getattr(now, name) != getattr(header, name):
            msg = (
                f"`{name}` is {quoted(getattr(now, name))}, but the record was begun with "
                f"{quoted(getattr(header, name))}. Leave it out, or begin another record."
            )
            raise BadInputError(msg)
