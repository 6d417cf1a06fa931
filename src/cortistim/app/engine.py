"""The newest pose becomes the newest field: one worker, one place in, one place out.

A pose that comes while another is evaluated waits in a slot; one that comes after it takes its
place. So a slow machine shows fewer fields, never older ones.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cortistim.app.evaluate import SecondLook, Shown, evaluate, look_again
from cortistim.app.guidance import OnTarget
from cortistim.app.scene import UNIT_DIDT_A_PER_S, Scene
from cortistim.app.slot import LatestSlot
from cortistim.app.watch import Kind, Sighting, Then, Verdict, Watch
from cortistim.errors import CortistimError, PoseError
from cortistim.placement import Pose
from cortistim.sources import Sourced

IDLE_S = 0.15  # so long after a field a second look is taken
LOOK_S = 1.0  # and once so often while poses keep coming
KEPT_S = 1.5  # a second look is shown with later fields for so long


@dataclass(frozen=True, slots=True)
class Drive:
    """What the stimulator is taken to give.

    Parameters
    ----------
    didt_a_per_s : float [A/s]
        1 A/µs where nothing is known.
    percent_mso : float or None
        As typed.
    typed : bool
        Whether a person said it; else nothing is known.
    """

    didt_a_per_s: float = UNIT_DIDT_A_PER_S
    percent_mso: float | None = None
    typed: bool = False


def driven(percent: float, didt_max: Sourced | None) -> Drive:
    """Return what a stimulator gives at an output.

    Parameters
    ----------
    percent : float
        In %MSO, as typed.
    didt_max : Sourced or None
        dI/dt at 100 %, in A/s.

    Returns
    -------
    Drive
        The field stays that of 1 A/µs, and says so, where dI/dt of the pair is not known.
    """
    if didt_max is None:
        return Drive(percent_mso=percent)
    return Drive(percent / 100 * didt_max.value, percent, typed=True)


@dataclass(frozen=True, eq=False, slots=True)
class Computed:
    """A field with the sighting that it is of, and what it took.

    Parameters
    ----------
    shown : Shown
        Field and numbers.
    sighting : Sighting
        Its pose.
    drive : Drive
        What it is scaled to.
    compute_s : float [s]
        Evaluation alone.
    again : SecondLook or None
        Of this pose, or of one that was there at most 1.5 s before.
    again_s : float [s]
        When it was taken.
    """

    shown: Shown
    sighting: Sighting
    drive: Drive
    compute_s: float
    again: SecondLook | None = None
    again_s: float = -np.inf


Listener = Callable[[Computed], None]
Errand = Callable[[], Pose]
"""Finds out where the coil is to be: too slow for the thread that talks to clients."""


class Engine:
    """Evaluates poses in a thread of its own.

    Parameters
    ----------
    scene : Scene
        The session's fixed parts.
    listener : callable, optional
        Called in the engine's thread with everything computed.
    kind : {"stream", "held", "replay"}
        Of the source.
    drive : Drive, optional
        What the stimulator gives.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self,
        scene: Scene,
        listener: Listener = lambda _computed: None,
        *,
        kind: Kind = "stream",
        drive: Drive | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scene, self.listener, self._clock = scene, listener, clock
        self.drive = drive or Drive()
        self.scale_v_per_m = scene.scale_v_per_m(self.drive.didt_a_per_s)
        self.watch, self.on_target = Watch(kind), OnTarget()
        self._slot: LatestSlot[Sighting | Errand] = LatestSlot()
        self._lock = threading.Lock()
        first = Sighting(scene.first, clock())
        if kind == "held":
            self.watch.see(first)
        self._last: Computed | None = None
        self._computed = self._evaluated(first)
        self._thread = threading.Thread(target=self._work, daemon=True, name="engine")

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._slot.close()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def latest(self) -> Computed:
        """The newest field; from the beginning there is one, of the first pose."""
        with self._lock:
            return self._computed

    @property
    def dropped(self) -> int:
        """How many poses gave way to newer ones."""
        return self._slot.dropped

    def see(self, sighting: Sighting) -> None:
        """Take the newest sighting; from any thread."""
        with self._lock:
            self.watch.see(sighting)
        if sighting.pose is not None:
            self._slot.put(sighting)

    def ask(self, errand: Errand) -> None:
        """Let the worker find out where the coil is; the newest errand wins, as with poses."""
        self._slot.put(errand)

    def age_s(self, computed: Computed) -> float:
        """How old a field's pose is."""
        return self._clock() - computed.sighting.arrived_s

    def set_drive(self, drive: Drive) -> None:
        """Scale to another output, and the scale's top with it: fields stay comparable."""
        with self._lock:
            self.scale_v_per_m *= drive.didt_a_per_s / self.drive.didt_a_per_s
            self.drive = drive
            sighting = self._computed.sighting
        self._slot.put(sighting)

    def verdict(self) -> Verdict:
        """Say whether the newest field may look live now."""
        with self._lock:
            return self.watch.verdict(self._clock())

    def then(self, arrived_s: float, source_time_s: float) -> Then:
        """Find where the coil was when something happened; see `Watch.at`."""
        with self._lock:
            return self.watch.at(arrived_s, source_time_s)

    def rate_hz(self) -> float:
        """Count what the source sends per second."""
        with self._lock:
            return self.watch.rate_hz(self._clock())

    def now_on_target(self) -> bool:
        """Say whether the coil is on target now; never of a field that is not live."""
        verdict = self.verdict()
        live = verdict.state in ("live", "held", "replay") and not verdict.flags
        off = self.latest.shown.off if live else None
        with self._lock:
            return self.on_target.see(off, self._clock())

    def _evaluated(self, sighting: Sighting) -> Computed:
        begun_s, drive = time.perf_counter(), self.drive
        pose = sighting.pose if sighting.pose is not None else self.scene.first
        shown = evaluate(self.scene, pose, drive.didt_a_per_s)
        again, again_s = self._kept(drive)
        return Computed(shown, sighting, drive, time.perf_counter() - begun_s, again, again_s)

    def _kept(self, drive: Drive) -> tuple[SecondLook | None, float]:
        """Return the last second look while it is fresh and of the same output."""
        last = self._last
        if last is None or last.drive != drive or self._clock() - last.again_s > KEPT_S:
            return None, -np.inf
        return last.again, last.again_s

    def _work(self) -> None:
        looked_again = False
        while not self._slot.closed:
            waiting = self._slot.take(IDLE_S)
            if waiting is not None:
                looked_again = not self._take(waiting)
                overdue = self._clock() - self.latest.again_s > LOOK_S
                if overdue and not looked_again:
                    self._look_again()
            elif not looked_again and not self._slot.closed:
                self._look_again()
                looked_again = True

    def _take(self, waiting: Sighting | Errand) -> bool:
        try:
            sighting = self._fetched(waiting)
        except CortistimError:  # a hand that points beside the head moves nothing
            return True
        try:
            computed = self._evaluated(sighting)
        except PoseError as error:
            with self._lock:
                self.watch.refuse(str(error))
            return False
        self._publish(computed)
        return True

    def _fetched(self, waiting: Sighting | Errand) -> Sighting:
        if isinstance(waiting, Sighting):
            return waiting
        sighting = Sighting(waiting(), self._clock())
        with self._lock:
            self.watch.see(sighting)
        return sighting

    def _look_again(self) -> None:
        latest = self.latest
        again = look_again(self.scene, latest.shown)
        self._publish(replace(latest, again=again, again_s=self._clock()))

    def _publish(self, computed: Computed) -> None:
        with self._lock:
            self._computed = self._last = computed
        self.listener(computed)
