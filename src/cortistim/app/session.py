"""What happened, written down before anybody is told: a log that only grows.

Each entry is on the disk (fsync) before it is acknowledged. Nothing is taken back but by
another entry that says so. Numbers are kept to the last bit, so that a replay can be compared.
"""

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from msgspec import UNSET, UnsetType

from cortistim.app.console import deviation_of, flag_names
from cortistim.app.engine import Drive, Engine
from cortistim.app.evaluate import evaluate
from cortistim.app.scene import Scene
from cortistim.errors import BadInputError
from cortistim.io.live.session_log import NAME, chained, line_of, read_session_log
from cortistim.io.live.wire import Flag
from cortistim.placement import Pose
from cortistim.records.live import LiveEntry, LivePulse

FOLDER_MODE, FILE_MODE = 0o700, 0o600


class Session:
    """A session's log; without a folder it is kept in memory alone.

    Parameters
    ----------
    folder : Path, optional
        Made when missing, readable by its owner alone. A log that is there is resumed.
    facts : dict of str to str
        Of head, coil, operator and target, for the first entry.
    """

    def __init__(self, folder: Path | None, facts: dict[str, str]) -> None:
        self.entries: list[LiveEntry] = []
        self._file: int | None = None
        self._lock: FileLock | None = None
        if folder is not None:
            self._open(folder)
        kind = "resume" if self.entries else "begin"
        self.add(kind, "cortistim", facts=facts)

    def _open(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)
        self._lock = FileLock(folder / f"{NAME}.lock", timeout=0, mode=FILE_MODE)
        try:
            self._lock.acquire()
        except Timeout as error:
            msg = f"a session's folder belongs to one program; another one writes to {folder}."
            raise BadInputError(msg) from error
        path = folder / NAME
        if path.exists():
            found = read_session_log(path)
            self.entries = list(found.entries)
            os.truncate(path, found.whole_bytes)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)

    def add(self, kind: str, said_by: str, **told: Any) -> LiveEntry:  # noqa: ANN401
        """Write an entry down.

        Parameters
        ----------
        kind : str
            Of `LiveEntry`.
        said_by : str
            Who says so.
        **told
            Further fields of `LiveEntry`.

        Returns
        -------
        LiveEntry
            On the disk, where there is a folder.
        """
        entry = LiveEntry(
            entry=len(self.entries) + 1,
            kind=kind,  # pyright: ignore[reportArgumentType]
            time_utc=datetime.now(UTC).isoformat(timespec="microseconds"),
            monotonic_s=time.monotonic(),
            said_by=said_by,
            **told,
        )
        entry = chained(entry, self.entries[-1].chain if self.entries else "")
        if self._file is not None:
            line = memoryview(line_of(entry))
            while line:
                line = line[os.write(self._file, line) :]
            os.fsync(self._file)
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Write the end down and let go of the folder."""
        self.add("end", "cortistim")
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._lock is not None:
            self._lock.release()

    def counted(self) -> list[LiveEntry]:
        """Return the entries that were not taken back."""
        undone = {e.refers_to for e in self.entries if e.kind == "undo"}
        return [e for e in self.entries if e.entry not in undone and e.kind != "undo"]

    def last(self, kinds: Iterable[str]) -> LiveEntry | None:
        """Return the newest entry of some kinds that counts."""
        wanted = tuple(kinds)
        return next((e for e in reversed(self.counted()) if e.kind in wanted), None)


def facts_of(scene: Scene) -> dict[str, str]:
    """Return what a session's numbers depend on."""
    origin, target = scene.operator.origin, scene.target
    return {
        "head": scene.head.name,
        "mesh": origin.mesh,
        "sigma": origin.sigma,
        "coil": scene.coil.name,
        "members": str(scene.operator.rank),
        "points": str(len(scene.operator.points_m)),
        "target": target.name,
        "target_m": " ".join(value.hex() for value in target.point_m.tolist()),
    }


def pulse_of(
    engine: Engine, pose: Pose, drive: Drive, pose_off_ms: float | UnsetType = UNSET
) -> LivePulse:
    """Evaluate what a pulse did.

    Parameters
    ----------
    engine : Engine
        Its scene, and whether the field is live.
    pose : Pose
        Where the coil was.
    drive : Drive
        What the stimulator gave.
    pose_off_ms : float, optional
        From the pulse to the sighting of its pose, in milliseconds as the log has it.

    Returns
    -------
    LivePulse
        Exact.

    Raises
    ------
    PoseError
        When the pose cannot be evaluated.
    """
    verdict = engine.verdict()
    # made anew from the numbers that are kept, as a replay will: rounding is taken out again
    shown = evaluate(engine.scene, Pose(pose.matrix_m), drive.didt_a_per_s)
    flags = verdict.flags
    flags |= Flag.REFUSED if shown.refused else Flag(0)
    flags |= Flag.POOR if shown.poor else Flag(0)
    flags |= Flag(0) if drive.typed else Flag.UNIT
    return LivePulse(
        matsimnibs_m=pose.matrix_m.tolist(),
        didt_a_per_s=drive.didt_a_per_s,
        percent_mso=drive.percent_mso,
        output_is_typed=drive.typed,
        target_e_v_per_m=shown.target_v_per_m,
        peak_e_v_per_m=shown.peak_v_per_m,
        missed_share=shown.missed_share,
        flags=flag_names(flags),
        state=verdict.state,
        on_target=engine.now_on_target(),
        deviation=deviation_of(shown.off),
        pose_off_ms=pose_off_ms,
    )


def changed_bits(scene: Scene, entries: Iterable[LiveEntry]) -> list[int]:
    """Compute every pulse of a log again and compare.

    Parameters
    ----------
    scene : Scene
        With the head, coil, operator and target of the session.
    entries : iterable of LiveEntry
        Of a log.

    Returns
    -------
    list of int
        Entries whose numbers are not the same to the last bit.
    """
    found = []
    for entry in entries:
        if entry.pulse is None:
            continue
        told = entry.pulse
        shown = evaluate(scene, exact_pose(told), told.didt_a_per_s)
        now = (shown.target_v_per_m, shown.peak_v_per_m, shown.missed_share)
        if now != (told.target_e_v_per_m, told.peak_e_v_per_m, told.missed_share):
            found.append(entry.entry)
    return found


def exact_pose(pulse: LivePulse) -> Pose:
    """Return the pose of a pulse in the log."""
    return Pose(np.array(pulse.matsimnibs_m))
