"""What peers say arrives here: which tool is the coil, and where it is in the head's frame."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from cortistim.app.watch import Sighting
from cortistim.errors import BadInputError, PoseError
from cortistim.io.live import CoilSeen, Heard, PulseHeard, ResponseHeard, StateHeard
from cortistim.io.navigators.brainsight import declared_frame
from cortistim.io.navigators.frames import ImageForms, subject_from
from cortistim.placement import Pose
from cortistim.typing import FloatArray
from cortistim.units import matrix_m_from_mm

MOST_SAID = 64
NO_COILS = ("pointer", "head", "reference", "subject", "stylus", "probe")


@dataclass(frozen=True, eq=False)
class Tie:
    """How a peer's frame lies in the head's.

    Parameters
    ----------
    registration_m : (4, 4) array
        From the peer's frame to the head's, in metres.
    image : ImageForms, optional
        Of the T1 that a navigator was given; needed for Brainsight's own frame.
    """

    registration_m: FloatArray = field(default_factory=lambda: np.eye(4))
    image: ImageForms | None = None

    def to_subject(self, seen: CoilSeen, *, brainsight: bool) -> Pose:
        """Carry a pose into the head's frame.

        Parameters
        ----------
        seen : CoilSeen
            With a pose.
        brainsight : bool
            Whether the frame's name is one of Brainsight's.

        Returns
        -------
        Pose
            In the head's frame.

        Raises
        ------
        BadInputError
            When the frame needs the T1 image and there is none.
        """
        carry = self.registration_m
        if brainsight:
            frame = declared_frame(seen.frame)
            if frame.needs_image and self.image is None:
                msg = f"poses in the frame {frame.name} need the navigator's T1 (`image`)"
                raise BadInputError(msg)
            if frame.needs_image and self.image is not None:
                carry = carry @ matrix_m_from_mm(subject_from(frame, self.image))
        if seen.pose is None:
            msg = "a pose is needed"
            raise PoseError(msg)
        return Pose(carry @ seen.pose.matrix_m)


class Reception:
    """Sorts what a peer says.

    Parameters
    ----------
    see : callable
        Takes sightings of the coil.
    happen : callable
        Takes pulses and responses, with the time of arrival.
    tie : Tie, optional
        How the peer's frame lies in the head's.
    tool : str, optional
        Which tool is the coil; by default the first one that is not called otherwise.
    brainsight : bool, optional
        Whether frames have Brainsight's names.
    clock : callable, optional
        Seconds that never go back.
    """

    def __init__(
        self,
        see: Callable[[Sighting], None],
        happen: Callable[[PulseHeard | ResponseHeard, float], None],
        *,
        tie: Tie | None = None,
        tool: str | None = None,
        brainsight: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._see, self._happen, self._clock = see, happen, clock
        self._tie, self._tool, self._brainsight = tie or Tie(), tool, brainsight
        self.said: dict[str, str] = {}

    def take(self, heard: Heard) -> None:
        """Take one event, as it arrives."""
        now_s = self._clock()
        if isinstance(heard, CoilSeen):
            if self._is_coil(heard.tool):
                self._see(self._sighting(heard, now_s))
        elif isinstance(heard, StateHeard):
            if heard.key in self.said or len(self.said) < MOST_SAID:
                self.said[heard.key] = heard.text
        else:
            self._happen(heard, now_s)

    def take_pulse(self, heard: Heard) -> None:
        """Take one event of a source that tells of pulses alone.

        Its own time is that of this machine's clock that never goes back, where it tells one.
        """
        if isinstance(heard, PulseHeard):
            told_s = heard.source_time_s
            arrived_s = told_s if np.isfinite(told_s) else self._clock()
            self._happen(replace(heard, source_time_s=np.nan), arrived_s)

    def lose(self, why: str) -> None:
        """Note that the peer is gone."""
        self._see(Sighting(None, self._clock(), why=why))

    def _is_coil(self, tool: str) -> bool:
        if self._tool is None and not tool.lower().startswith(NO_COILS):
            self._tool = tool
        return tool == self._tool

    def _sighting(self, seen: CoilSeen, now_s: float) -> Sighting:
        if seen.pose is None:
            return Sighting(None, now_s, seen.source_time_s, seen.why)
        try:
            pose = self._tie.to_subject(seen, brainsight=self._brainsight)
        except BadInputError as error:
            return Sighting(None, now_s, seen.source_time_s, str(error))
        return Sighting(pose, now_s, seen.source_time_s)
