"""A live session from beginning to end: load, build what is missing, serve, close."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cortistim import cache
from cortistim.app.chair import Chair, seed_of
from cortistim.app.engine import Drive, Engine, driven
from cortistim.app.guard import Guard
from cortistim.app.hub import Hub
from cortistim.app.limits import Limits, Meant
from cortistim.app.meshes import scene_meshes
from cortistim.app.reception import Reception, Tie
from cortistim.app.scene import Scene
from cortistim.app.server import Site, serve, static_files
from cortistim.app.session import Session, facts_of
from cortistim.app.sitting import Sitting
from cortistim.app.sources import ReplaySource, Source, source_for
from cortistim.app.stand_ins import STAND_INS, standing_in, wandering
from cortistim.coil import Coil
from cortistim.errors import BadInputError, quoted
from cortistim.field import (
    FieldOperator,
    OperatorSettings,
    load_operator,
    plan_operator,
    save_operator,
)
from cortistim.field.operator.basis import evenly_spread
from cortistim.head import Head
from cortistim.io.navigators import read_image_forms, read_one_pose, read_subject_poses
from cortistim.pulse import Output, named_device
from cortistim.safety import DEFAULT_TABLE
from cortistim.study.field.operator import solve_operator
from cortistim.study.request.inputs import find_target, output_of
from cortistim.typing import FloatArray, Progress, silent
from cortistim.viz.render.palette import field_map

# A small operator, for whoever has none. On the built-in head with the default coil, at four
# poses against direct solves of the same order (`check_operator`, seed 5): it missed 3 to 5.2 %
# of the vector potential, the field was off by 3.4 to 5.6 % (root mean square) and the peak by
# 4.3 to 8.0 %. Linear elements, because local problems of higher order take longest.
SMALL_POINTS = 4000
DENSE_M = (
    0.012  # from the target: twice the patch, with room for a target that is moved a little
)
SMALL = OperatorSettings(rank=80, order=1)


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What a user asks for.

    Parameters
    ----------
    target : str
        As in `find_target`.
    avoid : tuple of str
        Places that should get little, as in `find_target`.
    space : str
        Of coordinates.
    operator : Path, optional
        Of ``cortistim operator build``; else a small one is built once and kept.
    plan : Path, optional
        A plan's folder, or a file with one pose.
    stimulator : str, optional
        By default the one that the coil belongs to.
    rmt_percent : float, optional
        The output to begin with, in %MSO.
    source : str
        As in `source_for`.
    replay : Path, optional
        A recorded session, in place of a source.
    speed : float
        Of the replay.
    demo : str, optional
        A protocol that a stand-in speaks, in place of a source.
    image : Path, optional
        T1 that the navigator was given.
    registration : Path, optional
        A file with the matrix from the source's frame to the head's.
    tool : str, optional
        Which of the source's tools is the coil.
    session : Path, optional
        Folder of the log.
    triggers : str, optional
        A second source that tells of pulses alone, as in `source_for`.
    subject : str, optional
        ``virtual`` or ``virtual:SEED`` for a rehearsal; else there is a person.
    protocol : str, optional
        What the session is to be: a name or a file.
    table : str
        Of `safety`, by which pulses are looked at.
    port : int
        0 takes a free one.
    framed : bool
        Whether pages of this machine, such as a notebook, may show the page in a frame.
    """

    target: str = "C3"
    avoid: tuple[str, ...] = ()
    space: str = "subject"
    operator: Path | None = None
    plan: Path | None = None
    stimulator: str | None = None
    rmt_percent: float | None = None
    source: str = "mouse"
    replay: Path | None = None
    speed: float = 1.0
    demo: str | None = None
    image: Path | None = None
    registration: Path | None = None
    tool: str | None = None
    session: Path | None = None
    triggers: str | None = None
    subject: str | None = None
    protocol: str | None = None
    table: str = DEFAULT_TABLE
    port: int = 0
    framed: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Prepared:
    """Everything that a session needs, loaded.

    Parameters
    ----------
    scene : Scene
        Head, coil, operator, target, plan.
    output : Output
        Of the stimulator with the coil.
    source : Source or None
        None when a stand-in is to speak.
    tie : Tie
        Of the source's frame to the head's.
    triggers : Source or None
        That tells of pulses alone.
    """

    scene: Scene
    output: Output
    source: Source | None
    tie: Tie
    triggers: Source | None = None


def prepare(
    head: Head, coil: Coil, request: LiveRequest, *, progress: Progress = silent
) -> Prepared:
    """Load what a session needs.

    Parameters
    ----------
    head, coil : Head, Coil
        Of the session.
    request : LiveRequest
        What is asked for.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Prepared
        Checked.

    Raises
    ------
    BadInputError
        When a part cannot be used.
    PoseError
        When the coil fits nowhere over the target.
    """
    source = _source(request)
    triggers = None if request.triggers is None else source_for(request.triggers)
    seed_of(request.subject)
    Limits(meant_of(request))
    device = named_device(request.stimulator) if request.stimulator else None
    output = output_of(device.stimulator.name if device else None, coil)
    target = find_target(head, request.target, space=request.space)
    operator = operator_for(
        head, coil, request.operator, target_m=target.point_m, progress=progress
    )
    progress("preparing the scene", 0.0)
    avoid = tuple(find_target(head, name, space=request.space) for name in request.avoid)
    scene = Scene.of(head, coil, operator, target, _plan(request.plan), avoid)
    tie = Tie(
        np.eye(4) if request.registration is None else _matrix(request.registration),
        None if request.image is None else read_image_forms(request.image),
    )
    return Prepared(scene, output, source, tie, triggers)


def meant_of(request: LiveRequest) -> Meant:
    """Return what the session is to be, for the tables."""
    return Meant(request.protocol, request.rmt_percent, request.table)


def _source(request: LiveRequest) -> Source | None:
    if request.demo is not None:
        if request.demo not in STAND_INS:
            msg = f"`demo` must be one of {', '.join(STAND_INS)}; got {quoted(request.demo)}."
            raise BadInputError(msg)
        return None
    if request.replay is None:
        return source_for(request.source)
    found, _ = read_subject_poses(request.replay, request.image)
    samples = [pose for pose in found.poses if pose.kind == "sample"] or list(found.poses)
    return ReplaySource(samples, request.speed)


def _plan(path: Path | None) -> Any:  # noqa: ANN401
    if path is None:
        return None
    return read_one_pose(path / "pose.json" if path.is_dir() else path)


def _matrix(path: Path) -> np.ndarray:
    """Read a rigid matrix as poses are read."""
    return read_one_pose(path).matrix_m


def operator_for(
    head: Head,
    coil: Coil,
    path: Path | None = None,
    *,
    target_m: FloatArray | None = None,
    progress: Progress = silent,
) -> FieldOperator:
    """Take an operator from a file, or a small one that is built once and kept.

    Parameters
    ----------
    head : Head
        With a cortex.
    coil : Coil
        That the small one is built for.
    path : Path, optional
        Of ``cortistim operator build``.
    target_m : (3,) array [m], optional
        All of the cortex near it is among the small one's points, so that the target's mean is
        that of a plan.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    FieldOperator
        Of this head.

    Raises
    ------
    BadInputError
        When it cannot be read or is another head's.
    """
    if path is not None:
        return load_operator(path, head)
    points_m = head.cortex.vertices_m
    kept_points = evenly_spread(points_m, SMALL_POINTS)
    if target_m is not None:
        near = np.linalg.norm(points_m - target_m, axis=1) <= DENSE_M
        kept_points = np.union1d(kept_points, np.flatnonzero(near))
    chosen = points_m[kept_points]
    build = plan_operator(head, chosen, coils=[coil], settings=SMALL, progress=progress)
    kept = cache.folder() / f"live-operator-{build.key}.npz"
    if not kept.exists():
        save_operator(solve_operator(build).operator, kept)
    return load_operator(kept, head)


def drive_for(output: Output, percent: float | None) -> Drive:
    """Return the output to begin with.

    Parameters
    ----------
    output : Output
        dI/dt at 100 %.
    percent : float, optional
        In %MSO.

    Returns
    -------
    Drive
        1 A/µs, and said to be so, where nothing is asked for, or dI/dt is not known.
    """
    return Drive() if percent is None else driven(percent, output.didt_max)


Ready = Callable[[Guard], None]
Until = Callable[[], Awaitable[Any]]


async def run_live(
    prepared: Prepared, request: LiveRequest, ready: Ready, until: Until
) -> None:
    """Run a session.

    Parameters
    ----------
    prepared : Prepared
        From `prepare`.
    request : LiveRequest
        What is asked for.
    ready : callable
        Called with the gate when requests are answered.
    until : callable
        What is waited for.

    Raises
    ------
    BadInputError
        When the session's folder is another program's.
    OSError
        When the port is taken.
    """
    drive = drive_for(prepared.output, request.rmt_percent)
    meshes = scene_meshes(prepared.scene)
    async with _source_of(prepared, request) as source:
        session = Session(request.session, facts_of(prepared.scene))
        engine = Engine(prepared.scene, kind=source.kind, drive=drive)
        seed = seed_of(request.subject)
        chair = None if seed is None else Chair(prepared.scene, seed)
        sitting = Sitting(session, Limits(meant_of(request)), chair)
        hub = Hub(
            engine, session, source, output=prepared.output, sitting=sitting,
            colours=colour_table(),
        )  # fmt: skip
        engine.listener = hub.computed
        reception = Reception(
            hub.see, hub.happened, tie=prepared.tie, tool=request.tool,
            brainsight=source.name == "Brainsight",
        )  # fmt: skip
        hub.begin()
        engine.start()
        bringing = asyncio.ensure_future(_bring(source, prepared.triggers, reception))
        try:
            site = Site(hub, meshes, static_files())
            await serve(
                lambda: site,
                request.port,
                ready,
                lambda: _either(until, bringing),
                framed=request.framed,
            )
        finally:
            bringing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await bringing
            engine.stop()
            session.close()


async def _bring(source: Source, triggers: Source | None, reception: Reception) -> None:
    """Listen to the source of poses, and to the one of pulses if there is one."""
    listening = [source.run(reception.take, reception.lose)]
    if triggers is not None:
        listening.append(triggers.run(reception.take_pulse, lambda _why: None))
    await asyncio.gather(*listening)


async def _either(until: Until, bringing: asyncio.Future) -> None:
    """Wait for the end, or for a source that cannot be used at all."""
    ending = asyncio.ensure_future(until())
    done, _ = await asyncio.wait({ending, bringing}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if bringing in done:
        bringing.result()


@asynccontextmanager
async def _source_of(prepared: Prepared, request: LiveRequest) -> AsyncIterator[Source]:
    if prepared.source is not None:
        yield prepared.source
        return
    protocol = str(request.demo)
    async with standing_in(protocol, wandering(prepared.scene.first)) as port:
        yield source_for(f"{protocol}://127.0.0.1:{port}")


def colour_table() -> list[list[int]]:
    """Return the 256 colours of |E|, as in every figure."""
    colours = field_map()(np.arange(256))[:, :3]
    return np.rint(255 * colours).astype(int).tolist()
