"""Steps as processes of this machine, one thread each."""

import contextlib
import os
import subprocess
import time

from cortistim.errors import BadInputError
from cortistim.records.cohort import StepState
from cortistim.study.cohort.steps import StepTask
from cortistim.study.cohort.worker import ended, lost, started

POLL_S = 0.05


def cores() -> int:
    """Return how many cores this process may use.

    Returns
    -------
    int
        At least one.
    """
    with contextlib.suppress(AttributeError):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def memory_gb() -> float:
    """Return how much memory the machine has.

    Returns
    -------
    float
        Infinite where the system does not tell.
    """
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return float("inf")


def usual_jobs(needs_gb: float) -> int:
    """Return how many steps this machine can do at once.

    Parameters
    ----------
    needs_gb : float
        Of one step.

    Returns
    -------
    int
        As many as cores, if memory suffices for them.
    """
    return max(1, min(cores(), int(0.9 * memory_gb() / max(needs_gb, 0.1))))


class LocalRunner:
    """Processes of this machine.

    Parameters
    ----------
    jobs : int
        At once.
    """

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            msg = f"`jobs` must be 1 or more; got {jobs}."
            raise BadInputError(msg)
        self.jobs = jobs
        self.words = "processes of this machine"
        self._running: list[tuple[StepTask, subprocess.Popen[str] | OSError]] = []

    def room(self) -> bool:
        """Say whether another process can be started.

        Returns
        -------
        bool
            False where all jobs are taken.
        """
        return len(self._running) < self.jobs

    def start(self, task: StepTask) -> None:
        """Start a process for a step.

        Parameters
        ----------
        task : StepTask
            To be done.
        """
        try:
            self._running.append((task, started(task)))
        except OSError as error:  # no memory for a process, no room for its log
            self._running.append((task, error))

    def wait(self) -> list[tuple[StepTask, StepState]]:
        """Wait until a process ends.

        Returns
        -------
        list of (StepTask, StepState)
            Those that have.
        """
        while self._running:
            over = [(t, p) for t, p in self._running if _is_over(p)]
            if over:
                self._running = [pair for pair in self._running if pair not in over]
                return [(task, _state(task, process)) for task, process in over]
            time.sleep(POLL_S)
        return []

    def close(self) -> None:
        """End what still runs."""
        for _, process in self._running:
            if isinstance(process, subprocess.Popen):
                process.kill()
                process.wait()


def _is_over(process: "subprocess.Popen[str] | OSError") -> bool:
    return isinstance(process, OSError) or process.poll() is not None


def _state(task: StepTask, process: "subprocess.Popen[str] | OSError") -> StepState:
    if isinstance(process, OSError):
        return lost(task, f"the step's process could not be started ({process.strerror}).")
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    return ended(task, process.returncode)
