"""How far a command is: one share of the whole that never falls, and the time that is left."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PLAN: Mapping[str, float] = {
    "reading the head mesh": 4,
    "checking the head mesh": 4,
    "finding scalp and cortex": 14,
    "bending the coil to the head": 0,
    "building the solver": 4,
    "solving the adjoint fields": 12,
    "searching the scalp": 6,
    "refining the pose": 4,
    "confirming by a direct solve": 10,
    "reading the field on the cortex": 12,
    "finding how far the field at the target may be off": 5,
    "solving over the motor cortex": 12,
    "recruiting cells": 2,
    "predicting plasticity": 2,
    "writing surfaces and volumes": 4,
    "drawing the report": 5,
}
"""Stages of a plan with their share of its time, in percent; assumed, heads differ."""
ALMOST = 0.95
"""A stage that says nothing of itself is shown as done up to here, by its usual time."""
EARLY = 0.03
"""Before this share is done, the time that is left is anybody's guess."""


@dataclass
class Course:
    """Where a command with known stages is.

    Parameters
    ----------
    stages : mapping of str to float
        Share of the time by stage, in the order of the run; others stand still.
    clock : callable, optional
        Seconds.
    """

    stages: Mapping[str, float]
    clock: Callable[[], float] = time.monotonic
    _begun_s: float = field(init=False)
    _stage: str = field(init=False, default="")
    _entered: tuple[float, float] = field(init=False, default=(0.0, 0.0))
    _told: float = field(init=False, default=0.0)
    _share: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._begun_s = self.clock()
        self._entered = (self._begun_s, 0.0)

    @property
    def elapsed_s(self) -> float:
        """Since the start, in seconds."""
        return self.clock() - self._begun_s

    def tell(self, what: str, fraction: float) -> None:
        """Take what the library says of itself.

        Parameters
        ----------
        what : str
            The stage.
        fraction : float
            Of it.
        """
        if what != self._stage and what in self.stages:
            self._stage, self._told = what, 0.0
            self._entered = (self.clock(), self.share)
        self._told = max(self._told, min(max(fraction, 0.0), 1.0))

    @property
    def share(self) -> float:
        """Of the whole, 0 to 1; never falls."""
        names = list(self.stages)
        if self._stage:
            whole = sum(self.stages.values())
            before = sum(self.stages[name] for name in names[: names.index(self._stage)])
            inside = max(self._told, self._by_time(whole)) * self.stages[self._stage]
            self._share = max(self._share, min((before + inside) / whole, 1.0))
        return self._share

    def _by_time(self, whole: float) -> float:
        """Guess how much of a silent stage is over, at the pace of the stages before."""
        entered_s, share = self._entered
        if share < EARLY:
            return 0.0
        usual_s = self.stages[self._stage] / whole * (entered_s - self._begun_s) / share
        spent_s = self.clock() - entered_s
        return ALMOST * (1 - 2.0 ** (-spent_s / usual_s)) if usual_s > 0 else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds that are left at this pace; None while that is a guess."""
        share = self.share
        return None if share < EARLY else self.elapsed_s * (1 - share) / share


def clock_words(seconds: float) -> str:
    """Write a length of time.

    Parameters
    ----------
    seconds : float
        Not negative.

    Returns
    -------
    str
        Such as ``2:05``.
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
