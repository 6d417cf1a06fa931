"""A hot spot that is being hunted: pose out, response in, every pulse on the disk between."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.pose import unit_doubt
from cortistim.mapping.hotspot import HotspotHunt
from cortistim.placement import Pose
from cortistim.plain import plain_json
from cortistim.records.form import numbers, plain
from cortistim.records.hotspot import (
    HotspotComplaint,
    HotspotGain,
    HotspotProposal,
    HotspotRecord,
    HotspotRegion,
    HotspotTrial,
    Matrix,
)
from cortistim.study.mapping.ground import HuntGround
from cortistim.study.mapping.trial_log import TrialLog
from cortistim.typing import FloatArray
from cortistim.units import matrix_m_from_mm, matrix_mm_from_m, mm_from_m, v_from_uv

KEYS = ("mep_uv", "undo", "matsimnibs")
WANTED = '{"mep_uv": 31.0}, with "matsimnibs" where the coil was really held, or {"undo": true}'
FARTHER_M = 0.015  # beyond the candidates; a pose farther off is no pose of this hunt
SILENT_PULSES = 10
DECIMALS = 6  # of matrices in mm


class HotspotRun:
    """A hot spot that is being hunted.

    Parameters
    ----------
    ground : HuntGround
        Candidates and fields.
    hunt : HotspotHunt
        As far as it is.
    log : TrialLog
        Of its pulses.
    notes : tuple of str
        What the user should know.
    """

    def __init__(
        self, ground: HuntGround, hunt: HotspotHunt, log: TrialLog, notes: tuple[str, ...] = ()
    ) -> None:
        self.ground, self.hunt, self.log, self.notes = ground, hunt, log, notes

    def take(self, mep_v: float, held_m: FloatArray | None = None) -> None:
        """Take a response; it is on the disk when this returns.

        Parameters
        ----------
        mep_v : float [V]
            Peak to peak.
        held_m : (4, 4) array [m], optional
            Where the coil really was.

        Raises
        ------
        BadInputError
            When it cannot be taken, or not be written.
        """
        trial = _trial(len(self.hunt.pulses) + 1, mep_v, self._proposed_m(), held_m)
        put_trial(self.ground, self.hunt, trial)  # as logged, so that resuming goes on alike
        self.log.add(trial)

    def undo(self) -> None:
        """Take back the last pulse, which stays in the log.

        Raises
        ------
        BadInputError
            When there is none, or it cannot be written.
        """
        count = len(self.hunt.pulses)
        gone = self.hunt.undo()
        proposed = self.ground.grid.poses_m[gone.at]
        self.log.add(_trial(count, gone.mep_v, proposed, None, undo=True))

    def _proposed_m(self) -> FloatArray:
        """Return the pose that is proposed; where none is needed any more, the best one."""
        at = self.hunt.propose()
        if at is None:
            return self.ground.pose_at(self.hunt.result().best)
        return self.ground.grid.poses_m[at]

    def proposal(self) -> HotspotProposal | HotspotRecord:
        """Return the next pose, or the hot spot when none is needed."""
        at = self.hunt.propose()
        if at is None:
            return self.record()
        u, v, turn = self.ground.space.coordinates[at]
        return HotspotProposal(
            matsimnibs=matrix_of(self.ground.grid.poses_m[at]),
            pulse=len(self.hunt.pulses) + 1,
            along_mm=numbers(mm_from_m(np.array([u, v])), 1),
            turn_deg=round(float(np.degrees(turn)), 1) + 0.0,
        )

    def record(self) -> HotspotRecord:
        """Return what is known."""
        return hotspot_record(self.ground, self.hunt)

    def answer(self, line: str) -> tuple[str, bool]:
        """Answer one line of JSON with one.

        Parameters
        ----------
        line : str
            Size, pose held, or undo.

        Returns
        -------
        text : str
            The next proposal, the hot spot, or what is wrong and the same proposal.
        done : bool
            Whether it was the hot spot.

        Raises
        ------
        BadInputError
            When the trial cannot be written.
        """
        try:
            asked = _asked(line)
            held_m = self._held_m(asked)
            self._check(asked)
        except BadInputError as error:
            said = HotspotComplaint(
                error=str(error).replace("`", ""),
                matsimnibs=matrix_of(self._proposed_m()),
                pulse=len(self.hunt.pulses) + 1,
            )
            return as_line(said), False
        if asked.get("undo"):
            self.undo()
        else:
            self.take(v_from_uv(float(asked["mep_uv"])), held_m)
        said = self.proposal()
        return as_line(said), isinstance(said, HotspotRecord)

    def _check(self, asked: dict[str, Any]) -> None:
        """Refuse what cannot be taken, before anything is changed."""
        if not asked.get("undo"):
            self.hunt.check(v_from_uv(float(asked["mep_uv"])))
        elif not self.hunt.pulses:
            msg = "there is no pulse to take back. Give the response to the first one."
            raise BadInputError(msg)

    def _held_m(self, asked: dict[str, Any]) -> FloatArray | None:
        if "matsimnibs" not in asked:
            return None
        held_m = matrix_m(asked["matsimnibs"])
        require_here(self.ground, held_m)
        return held_m

    def close(self) -> None:
        """Close the log."""
        self.log.close()


def require_here(ground: HuntGround, held_m: FloatArray) -> None:
    """Refuse a pose that is nowhere near the candidates.

    Parameters
    ----------
    ground : HuntGround
        With the candidates.
    held_m : (4, 4) array [m]
        Where the coil is said to be.

    Raises
    ------
    BadInputError
        With the distance.
    """
    gap_m = float(np.linalg.norm(ground.grid.poses_m[:, :3, 3] - held_m[:3, 3], axis=1).min())
    if gap_m > FARTHER_M:
        msg = (
            f"the coil must be held within {mm_from_m(FARTHER_M):g} mm of the poses of this "
            f"hunt; matsimnibs is {mm_from_m(gap_m):.0f} mm away from them. Is it in the "
            "head's frame, in millimetres?"
        )
        raise BadInputError(msg)
    if held_m[:3, 2] @ ground.grid.start_m[:3, 2] < 0:
        msg = "the coil must face the head: z of matsimnibs points into it."
        raise BadInputError(msg)


def put(
    ground: HuntGround,
    hunt: HotspotHunt,
    mep_v: float,
    proposed_m: FloatArray,
    held_m: FloatArray | None,
) -> None:
    """Give a pulse to a hunt.

    Parameters
    ----------
    ground : HuntGround
        Knows the field where the coil was.
    hunt : HotspotHunt
        Takes it.
    mep_v : float [V]
        Peak to peak.
    proposed_m : (4, 4) array [m]
        The pose that was proposed.
    held_m : (4, 4) array [m] or None
        Where the coil was; the proposed pose by default.

    Raises
    ------
    BadInputError
        When it cannot be.
    """
    there_m = proposed_m if held_m is None else held_m
    at = ground.space.nearest(ground.grid.coordinates(there_m[None])[0])
    felt = None
    if hunt.kind.physics and ground.views is not None and held_m is not None:
        felt = ground.views.at(held_m)
    hunt.respond(mep_v, at=at, log_felt=felt)


def put_trial(ground: HuntGround, hunt: HotspotHunt, trial: HotspotTrial) -> None:
    """Give a logged trial to a hunt.

    Parameters
    ----------
    ground : HuntGround
        Candidates and fields.
    hunt : HotspotHunt
        Takes it.
    trial : HotspotTrial
        One pulse.

    Raises
    ------
    BadInputError
        When it cannot be.
    """
    held_m = None if trial.matsimnibs is None else matrix_m(trial.matsimnibs)
    put(ground, hunt, v_from_uv(trial.mep_uv), matrix_m(trial.proposed), held_m)


def hotspot_record(ground: HuntGround, hunt: HotspotHunt) -> HotspotRecord:
    """Turn what a hunt knows into its record.

    Parameters
    ----------
    ground : HuntGround
        Candidates.
    hunt : HotspotHunt
        As far as it is.

    Returns
    -------
    HotspotRecord
        Pose, region, gain.
    """
    found = hunt.result()
    region = HotspotRegion(
        radius_mm=round(mm_from_m(found.radius_m), 1),
        turn_deg=round(float(np.degrees(found.turn_rad)), 1),
        level=found.level,
    )
    gain = HotspotGain(
        mean=_short(found.gain), low=_short(found.gain_low), high=_short(found.gain_high)
    )
    return HotspotRecord(
        matsimnibs=matrix_of(ground.pose_at(found.best)),
        region=region,
        gain=gain,
        along_mm=numbers(mm_from_m(found.best[:2]), 1),
        turn_deg=round(float(np.degrees(found.best[2])), 1) + 0.0,
        pulses=found.pulses,
        method=hunt.settings.method,
        found=found.is_found,
        alarms=_alarms(ground, hunt, found.best),
    )


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _alarms(ground: HuntGround, hunt: HotspotHunt, best: FloatArray) -> list[str]:
    sizes_v = np.array([pulse.mep_v for pulse in hunt.pulses])
    told = []
    if not len(sizes_v):
        return told
    if len(sizes_v) >= SILENT_PULSES and (sizes_v < hunt.settings.floor_v).mean() > 0.9:
        told.append("hardly any response so far: raise the output")
    if len(sizes_v) >= SILENT_PULSES and np.median(sizes_v) > 2e-3:
        told.append("responses near their largest tell poses apart no more: lower the output")
    reach_m = np.linalg.norm(ground.space.places_m, axis=1).max()
    if np.linalg.norm(best[:2]) > 0.85 * reach_m:
        told.append("the best pose lies at the edge of those that were tried: begin there")
    return told


def matrix_of(pose_m: FloatArray) -> Matrix:
    """Write a pose as rows of numbers in mm.

    Parameters
    ----------
    pose_m : (4, 4) array [m]
        Coil to subject.

    Returns
    -------
    tuple
        Four rows of four.
    """
    matrix_mm = matrix_mm_from_m(pose_m)
    return numbers(matrix_mm, DECIMALS)


def matrix_m(rows: Any) -> FloatArray:  # noqa: ANN401
    """Read a pose from rows of numbers in mm.

    Parameters
    ----------
    rows : list
        Four of four.

    Returns
    -------
    (4, 4) array [m]
        Rigid.

    Raises
    ------
    BadInputError
        When it is no pose.
    """
    try:
        matrix_mm = np.array(rows, dtype=float)
    except (TypeError, ValueError) as error:
        msg = "matsimnibs must be a 4x4 matrix of numbers, translation in mm."
        raise FileFormatError(msg) from error
    if matrix_mm.shape != (4, 4):
        msg = f"matsimnibs must be a 4x4 matrix; got shape {matrix_mm.shape}."
        raise FileFormatError(msg)
    if doubt := unit_doubt(matrix_mm):
        raise FileFormatError(doubt)
    return Pose(matrix_m_from_mm(matrix_mm)).matrix_m


def as_line(record: object) -> str:
    """Return a record as one line of JSON."""
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False)


def now() -> str:
    """Return the time as logs have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _trial(
    pulse: int,
    mep_v: float,
    proposed_m: FloatArray,
    held_m: FloatArray | None,
    *,
    undo: bool = False,
) -> HotspotTrial:
    return HotspotTrial(
        pulse=pulse,
        proposed=matrix_of(proposed_m),
        matsimnibs=None if held_m is None else matrix_of(held_m),
        mep_uv=round(1e6 * mep_v, 6),
        undo=undo,
        time=now(),
    )


def _asked(line: str) -> dict[str, Any]:
    """Read one line of JSON and say what is wrong with it."""
    try:
        content = plain_json(line, "")
    except FileFormatError as error:
        msg = f"a line must be JSON with finite numbers, {WANTED}; got {quoted(line.strip())}."
        raise FileFormatError(msg) from error
    if not isinstance(content, dict) or set(content) - set(KEYS):
        msg = f"a line must be {WANTED}; got {quoted(content)}."
        raise FileFormatError(msg)
    if ("mep_uv" in content) == ("undo" in content) or content.get("undo", True) is not True:
        msg = f"a line must be one of {WANTED}; got {quoted(content)}."
        raise FileFormatError(msg)
    size = content.get("mep_uv", 0)
    if isinstance(size, bool) or not isinstance(size, int | float):
        msg = f"mep_uv must be a number; got {quoted(size)}."
        raise FileFormatError(msg)
    return content
