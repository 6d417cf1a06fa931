"""Which step is next: people are independent, and a failure ends its own person's steps only.

The loop costs the same for each step however many there are; `docs/scale.md` says what.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from cortistim.records.cohort import Kind, State, StepState
from cortistim.study.cohort.steps import StepTask, needs

LEARNT = 2  # steps of a kind whose mean time counts more than what was expected


class Runner(Protocol):
    """Does steps: processes of this machine, or workers of a cluster."""

    words: str

    @property
    def jobs(self) -> int:
        """How many steps are done at once."""
        ...

    def room(self) -> bool:
        """Say whether another step can be started now."""
        ...

    def start(self, task: StepTask) -> None:
        """Begin a step."""
        ...

    def wait(self) -> list[tuple[StepTask, StepState]]:
        """Wait until a step ends, and return those that have."""
        ...


@dataclass(eq=False)
class Node:
    """A step with its place in the order.

    Parameters
    ----------
    task : StepTask
        What is done.
    state : str
        See `cortistim.records.cohort.State`.
    ended : StepState or None
        How it ended.
    kept : bool
        Done by an earlier run.
    after : list of Node
        Those that need it.
    sentence : str
        Why it failed or was skipped.
    """

    task: StepTask
    state: State = "waiting"
    ended: StepState | None = None
    kept: bool = False
    after: "list[Node]" = field(default_factory=list)
    sentence: str = ""


class Schedule:
    """The steps of a cohort, and how far they are.

    Parameters
    ----------
    steps : iterable of list of StepTask
        Of each person, see `cortistim.study.cohort.steps.tasks_of`.
    look : bool
        Look for what earlier runs have done.
    """

    def __init__(self, steps: Iterable[list[StepTask]], *, look: bool = True) -> None:
        self.people: list[list[Node]] = []
        self.ready: deque[Node] = deque()
        self.counts: dict[State, int] = dict.fromkeys(
            ("waiting", "running", "done", "failed", "skipped"), 0
        )
        self._spent: dict[Kind, tuple[int, float]] = {}
        for tasks in steps:
            self.people.append(self._person(tasks, look=look))

    def _person(self, tasks: list[StepTask], *, look: bool) -> list[Node]:
        nodes = {task.step: Node(task) for task in tasks}
        for task in tasks:
            before = needs(task, tasks)
            node = nodes[task.step]
            self.counts["waiting"] += 1
            if before is not None:
                nodes[before.step].after.append(node)
            kept = task.kept() if look else None
            # what is kept of a step counts only where the one before it is kept, too
            whole = before is None or nodes[before.step].state == "done"
            if node.state == "waiting" and kept is not None and whole:
                node.kept = True
                self._end(node, kept, ready=False)
        for node in nodes.values():
            before = needs(node.task, tasks)
            is_next = before is None or nodes[before.step].state == "done"
            if node.state == "waiting" and is_next:
                self.ready.append(node)
        return list(nodes.values())

    def nodes(self) -> Iterator[Node]:
        """Give every step of every person.

        Yields
        ------
        Node
            In the order of the sheet.
        """
        for person in self.people:
            yield from person

    def _set(self, node: Node, state: State) -> None:
        self.counts[node.state] -= 1
        self.counts[state] += 1
        node.state = state

    def _end(self, node: Node, ended: StepState, *, ready: bool = True) -> None:
        self._set(node, "done" if ended.state == "done" else "failed")
        node.ended, node.sentence = ended, ended.sentence
        if node.state == "failed":
            self._skip(node)
        elif ready:
            self.ready.extend(one for one in node.after if one.state == "waiting")

    def _skip(self, node: Node) -> None:
        """Leave out what needs a step that has failed."""
        left = list(node.after)
        while left:
            one = left.pop()
            if one.state == "waiting":
                self._set(one, "skipped")
                one.sentence = f"{node.task.step} has failed: {node.sentence}"
            left += one.after

    def run(self, runner: Runner, told: Callable[[Node], None]) -> None:
        """Do every step that can be done.

        Parameters
        ----------
        runner : Runner
            Does them.
        told : callable
            Told of each step that begins or ends.
        """
        running: dict[int, Node] = {}
        while self.ready or running:
            while self.ready and runner.room():
                node = self.ready.popleft()
                self._set(node, "running")
                running[id(node.task)] = node
                runner.start(node.task)
                told(node)
            for task, ended in runner.wait():
                node = running.pop(id(task))
                self._learn(task, ended)
                self._end(node, ended)
                told(node)

    def _learn(self, task: StepTask, ended: StepState) -> None:
        if ended.state == "done":
            count, total_s = self._spent.get(task.kind, (0, 0.0))
            self._spent[task.kind] = (count + 1, total_s + ended.seconds)

    def expected_s(self, task: StepTask) -> float:
        """Return how long a step is expected to take.

        Parameters
        ----------
        task : StepTask
            Any.

        Returns
        -------
        float
            The mean of this run's, once there are some; else what is stated.
        """
        count, total_s = self._spent.get(task.kind, (0, 0.0))
        return total_s / count if count >= LEARNT else task.effort.cpu_s

    def left_s(self, jobs: int) -> float:
        """Return how long the rest is expected to take.

        Parameters
        ----------
        jobs : int
            At once.

        Returns
        -------
        float
            Seconds; never less than the longest person's own steps.
        """
        total = longest = 0.0
        for person in self.people:
            own = sum(
                self.expected_s(node.task)
                for node in person
                if node.state in ("waiting", "running")
            )
            total, longest = total + own, max(longest, own)
        return max(total / max(jobs, 1), longest)


class Clock:
    """Lets something be done now and then: at once the first time, later as time passes.

    Parameters
    ----------
    every_s : float [s]
        The shortest time between.
    """

    def __init__(self, every_s: float) -> None:
        self.every_s, self._last = every_s, -float("inf")

    def due(self) -> bool:
        """Say whether it is time again.

        Returns
        -------
        bool
            At most once in every `every_s`.
        """
        now = time.monotonic()
        if now - self._last < self.every_s:
            return False
        self._last = now
        return True
