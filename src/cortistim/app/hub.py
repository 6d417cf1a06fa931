"""Between the engine, the session and the clients: one thread, the event loop's."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from msgspec import UNSET

from cortistim.app.client import Client, Published
from cortistim.app.console import flags_of, scene_of, state_of
from cortistim.app.engine import Computed, Drive, Engine, driven
from cortistim.app.hand import Hand
from cortistim.app.session import Session, pulse_of
from cortistim.app.sitting import Sitting
from cortistim.app.sources import ReplaySource, Source
from cortistim.app.watch import Sighting, Then
from cortistim.errors import BadInputError, CortistimError, PoseError
from cortistim.io.live import PulseHeard, ResponseHeard, wire
from cortistim.placement import Pose
from cortistim.pulse import Output
from cortistim.records.form import plain
from cortistim.records.live import (
    LiveEntry,
    LiveHello,
    LiveRefused,
    LiveScene,
    LiveState,
    LiveWritten,
)
from cortistim.units import a_per_s_from_a_per_us, matrix_m_from_mm, ms_from_s, uv_from_v

TICK_S = 0.05
REFRESH_S = 0.25
SHOWN_ENTRIES = 12
Answer: TypeAlias = LiveRefused | LiveWritten
NOTE = 400


class Hub:
    """Takes verbs and events, gives fields and messages.

    Parameters
    ----------
    engine : Engine
        Computes.
    session : Session
        Writes down.
    source : Source
        Brings poses.
    output : Output, optional
        Turns %MSO into dI/dt.
    sitting : Sitting, optional
        What the session comes to; by default a person's, by the usual table.
    colours : list of rows
        Of the scale.
    """

    def __init__(
        self,
        engine: Engine,
        session: Session,
        source: Source,
        *,
        output: Output | None = None,
        sitting: Sitting | None = None,
        colours: list[list[int]],
    ) -> None:
        self.engine, self.session, self.source = engine, session, source
        self.sitting = sitting or Sitting(session)
        self.clients: set[Client] = set()
        self._output, self._colours = output, colours
        self._hand = Hand(engine.scene)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = False
        self._published: Published | None = None
        self._verdict = engine.verdict()
        self._seq, self._answers, self._refreshed_s = 0, 0, -np.inf
        self._tasks: set[asyncio.Task] = set()

    def begin(self) -> None:
        """Publish the first field; call it in the event loop, before the engine starts."""
        self._loop = asyncio.get_running_loop()
        self._publish()

    def computed(self, _computed: Computed) -> None:
        """Be told by the engine's thread that there is a newer field."""
        if self._loop is None or self._pending:
            return
        self._pending = True
        self._loop.call_soon_threadsafe(self._publish)

    def _publish(self) -> None:
        """Send the newest field if it is new, and its numbers anyway."""
        self._pending = False
        computed, self._verdict = self.engine.latest, self.engine.verdict()
        flags, last = flags_of(computed, self._verdict), self._published
        same = last is not None and last.computed.shown is computed.shown
        if last is None or not same or last.flags != flags:
            self._seq += 1
            scale = self.engine.scale_v_per_m
            self._published = Published(self._seq, computed, flags, scale)
            for client in self.clients:
                client.offer(self._published)
        self._refreshed_s = time.monotonic()
        self._say_all(self.state(), "state")

    async def tick(self) -> None:
        """Notice what changes by itself: nothing comes any more, the target is held."""
        while True:
            await asyncio.sleep(TICK_S)
            verdict = self.engine.verdict()
            changed = (verdict.state, verdict.flags) != (
                self._verdict.state,
                self._verdict.flags,
            )
            if changed or time.monotonic() - self._refreshed_s > REFRESH_S:
                self._publish()

    def state(self) -> LiveState:
        """Return the numbers of the newest field."""
        return state_of(self.engine, self.engine.latest, self.engine.verdict(), self._seq)

    def scene(self) -> LiveScene:
        """Return what does not change."""
        return scene_of(self.engine.scene, self.engine, self.source.name, self._colours)

    def join(self, client: Client, role: str) -> None:
        """Give a new client the present field, whether or not anything moves."""
        self.clients.add(client)
        if self._published is not None:
            client.offer(self._published)
        client.say(LiveHello(role=role, protocol=wire.SUBPROTOCOL), key="hello")
        client.say(self.state(), key="state")
        client.say(self._log_message(), key="log")
        client.say(self.sitting.loop(), key="loop")
        client.say(self.sitting.safety(), key="safety")
        self._soon(client)

    def answer(self, client: Client, told: Answer) -> None:
        """Tell one client what came of its verb."""
        self._answers += 1
        client.say(told, key=f"answer {self._answers}")
        self._soon(client)

    def leave(self, client: Client) -> None:
        """Forget a client."""
        self.clients.discard(client)

    def hear(self, client: Client | None, verb: wire.Verb, role: str) -> Answer | None:
        """Do what a client says.

        Parameters
        ----------
        client : Client or None
            Who speaks; None for a request without a socket.
        verb : Verb
            What is said.
        role : str
            ``view`` or ``control``.

        Returns
        -------
        LiveRefused, LiveWritten or None
            An answer for this client alone.
        """
        if isinstance(verb, wire.VIEWING):
            if client is not None:
                self._view(client, verb)
            return None
        if role != "control":
            return refusal("this token is for looking only")
        try:
            return VERBS[type(verb)](self, verb)
        except CortistimError as error:
            return refusal(str(error))

    def _view(self, client: Client, verb: wire.Verb) -> None:
        if isinstance(verb, wire.Ack):
            client.drawn(verb.seq)
        elif isinstance(verb, wire.Subscribe):
            client.encoding = verb.encoding
            if self._published is not None:
                client.offer(self._published)
        self._soon(client)

    def see(self, sighting: Sighting) -> None:
        """Take a sighting of the source."""
        self.engine.see(sighting)

    def happened(self, heard: PulseHeard | ResponseHeard, arrived_s: float) -> None:
        """Take a pulse or a response of the source."""
        if isinstance(heard, PulseHeard):
            drive = self._heard_drive(heard)
            replayed = heard.pose if self.engine.watch.kind == "replay" else None
            then = Then(replayed, np.nan)
            if self.engine.watch.kind == "stream":
                then = self.engine.then(arrived_s, heard.source_time_s)
            self.pulse(then, drive, self.source.name, heard.source)
            return
        last = self.session.last(("pulse",))
        if last is not None and np.isfinite(heard.amplitude_v):
            amplitude_uv = uv_from_v(heard.amplitude_v)
            self._write("response", self.source.name, last.entry, amplitude_uv=amplitude_uv)

    def _heard_drive(self, heard: PulseHeard) -> Drive:
        known = self._output.didt_max if self._output is not None else None
        if np.isfinite(heard.percent_mso) and heard.percent_mso > 0 and known is not None:
            return driven(float(heard.percent_mso), known)
        if np.isfinite(heard.didt_a_per_s) and heard.didt_a_per_s > 0:
            return Drive(float(heard.didt_a_per_s), None, typed=True)
        return self.engine.drive

    def pulse(self, then: Then, drive: Drive, said_by: str, note: str) -> LiveEntry:
        """Write down what a pulse did.

        Parameters
        ----------
        then : Then
            Where the coil was; without a pose where it was seen last.
        drive : Drive
            What the stimulator gave.
        said_by, note : str
            Who says so, and what.

        Returns
        -------
        LiveEntry
            On the disk.
        """
        where = then.pose if then.pose is not None else self.engine.latest.shown.asked
        known = then.pose is not None and np.isfinite(then.off_s)
        off_ms = round(ms_from_s(then.off_s), 1) if known else UNSET
        try:
            told = pulse_of(self.engine, where, drive, off_ms)
        except PoseError as error:  # it went out all the same
            told, note = None, f"{note} (no field: {error})"[:NOTE]
        entry = self.session.add("pulse", said_by, pulse=told, note=note)
        self.sitting.react(entry)
        self._say_course()
        return entry

    def _say_course(self) -> None:
        """Tell everybody what the log holds now, and what follows from it."""
        self._say_all(self._log_message(), "log")
        self._say_all(self.sitting.loop(), "loop")
        self._say_all(self.sitting.safety(), "safety")

    def _write(self, kind: str, said_by: str, refers_to: int, **told: Any) -> LiveEntry:  # noqa: ANN401
        entry = self.session.add(kind, said_by, refers_to=refers_to, **told)
        self._say_course()
        return entry

    def _log_message(self) -> dict[str, Any]:
        counted = {e.entry for e in self.session.counted()}
        shown = [
            {**plain(entry), "counts": entry.entry in counted, "chain": entry.chain[:12]}
            for entry in self.session.entries[-SHOWN_ENTRIES:]
        ]
        pulses = sum(e.kind == "pulse" for e in self.session.counted())
        total = len(self.session.entries)
        return {"op": "log", "pulses": pulses, "total": total, "entries": shown}

    def _say_all(self, message: object, key: str) -> None:
        for client in self.clients:
            client.say(message, key=key)
            self._soon(client)

    def _soon(self, client: Client) -> None:
        task = asyncio.ensure_future(client.pump())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _pose(self, verb: wire.PoseGiven) -> None:
        if self.engine.watch.kind != "stream" or self.source.name != "api":
            msg = f"poses come from {self.source.name}; begin with the source api to send them."
            raise BadInputError(msg)
        time_s = np.nan if verb.source_time_s is None else verb.source_time_s
        pose = None
        if verb.matsimnibs is not None:
            pose = Pose(matrix_m_from_mm(np.array(verb.matsimnibs)))
        self.engine.see(Sighting(pose, time.monotonic(), time_s, "" if pose else "not seen"))

    def _move(self, verb: wire.Drag | wire.Nudge) -> None:
        if self.engine.watch.kind != "held":
            msg = f"the coil follows {self.source.name}; it is not moved by hand."
            raise BadInputError(msg)
        self.engine.ask(lambda: self._hand.move(verb))

    def _type_output(self, verb: wire.OutputTyped) -> LiveWritten:
        known = self._output.didt_max if self._output is not None else None
        if verb.didt_a_per_us is not None:
            drive = Drive(a_per_s_from_a_per_us(verb.didt_a_per_us), None, typed=True)
        elif verb.percent_mso is None:
            msg = (
                "an output needs %MSO (`percent_mso`) or dI/dt (`didt_a_per_us`); got neither."
            )
            raise BadInputError(msg)
        else:
            drive = driven(verb.percent_mso, known)
        self.engine.set_drive(drive)
        note = f"{drive.didt_a_per_s:.17g} A/s"
        return written(self.session.add("output", "typed", note=note))

    def _mark(self, verb: wire.PulseMarked) -> LiveWritten:
        then = Then(None, np.nan)
        if self.engine.watch.kind == "stream":
            then = self.engine.then(time.monotonic(), np.nan)
        return written(self.pulse(then, self.engine.drive, "page", verb.note))

    def _respond(self, verb: wire.ResponseTyped) -> LiveWritten:
        pulses = {e.entry for e in self.session.counted() if e.kind == "pulse"}
        wanted = verb.pulse if verb.pulse is not None else max(pulses, default=None)
        if wanted not in pulses or wanted is None:
            msg = "a response belongs to a pulse that counts; the log has none of that number."
            raise BadInputError(msg)
        amplitude_uv = verb.amplitude_uv
        return written(self._write("response", "typed", wanted, amplitude_uv=amplitude_uv))

    def _seek(self, verb: wire.LoopAsked) -> LiveWritten:
        if verb.kind == "none":
            entry = self.sitting.end()
        else:
            entry = self.sitting.begin(verb.start_percent, verb.method)
        self._say_course()
        return written(entry)

    def _undo(self, verb: wire.Undo) -> LiveWritten:
        kinds = ("pulse", "response")
        last = self.session.last(kinds)
        wanted = verb.entry if verb.entry is not None else (last.entry if last else None)
        counted = {e.entry for e in self.session.counted() if e.kind in kinds}
        if wanted is None or wanted not in counted:
            msg = "only a pulse or a response that counts can be taken back."
            raise BadInputError(msg)
        return written(self._write("undo", "page", wanted))

    def _replay(self, verb: wire.ReplayAt) -> None:
        if not isinstance(self.source, ReplaySource):
            msg = "nothing is being replayed."
            raise BadInputError(msg)
        self.source.go(verb.at, verb.speed)


def refusal(why: str) -> LiveRefused:
    """Return the answer to what is not done."""
    return LiveRefused(why=why[:NOTE])


def written(entry: LiveEntry) -> LiveWritten:
    """Return the answer to what was written down."""
    return LiveWritten(entry=entry.entry, kind=entry.kind)


VERBS: dict[type, Callable[[Hub, Any], Answer | None]] = {
    wire.PoseGiven: Hub._pose,
    wire.Drag: Hub._move,
    wire.Nudge: Hub._move,
    wire.OutputTyped: Hub._type_output,
    wire.PulseMarked: Hub._mark,
    wire.ResponseTyped: Hub._respond,
    wire.Undo: Hub._undo,
    wire.LoopAsked: Hub._seek,
    wire.ReplayAt: Hub._replay,
}
