"""One step in a process of its own: ``python -m cortistim.study.cohort.worker``.

The task comes as a line of standard input, which stays open as a life-line: when it closes,
whoever asked is gone, and so is this process. How the step ended is written to a file; a
process that dies has written none.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock

from cortistim.errors import BadInputError, CortistimError
from cortistim.records.cohort import Cause, StepState
from cortistim.study.cohort.steps import StepTask, read_state, read_task, write_state

THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip
MODULE = "cortistim.study.cohort.worker"


def started(task: StepTask) -> "subprocess.Popen[str]":
    """Start a process for a step: one thread, a cache and a log of the person's own.

    Parameters
    ----------
    task : StepTask
        To be done.

    Returns
    -------
    Popen
        Its standard input must stay open until it has ended.
    """
    log = log_of(task)
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    environment.update(dict.fromkeys(THREADS, "1"))
    environment["CORTISTIM_CACHE"] = str(task.home / "cache")
    with log.open("w", encoding="utf-8") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=told,
            stderr=told,
            text=True,
            env=environment,
        )
    if process.stdin is not None:
        process.stdin.write(task.text() + "\n")
        process.stdin.flush()
    return process


def log_of(task: StepTask) -> Path:
    """Return where a step's own messages go.

    Parameters
    ----------
    task : StepTask
        Which.

    Returns
    -------
    Path
        A text file beside its state.
    """
    return task.state_path.with_suffix(".log")


def ended(task: StepTask, code: int) -> StepState:
    """Return how a step ended whose process is gone.

    Parameters
    ----------
    task : StepTask
        Which.
    code : int
        The exit status of its process; below 0 the signal that ended it.

    Returns
    -------
    StepState
        As the process wrote it; else it was lost.
    """
    state = read_state(task.state_path)
    if state is not None and state.key == task.key and code == 0:
        return state
    how = f"signal {-code}" if code < 0 else f"exit status {code}"
    sentence = (
        f"the step's process ended by {how} before it was done, perhaps for lack of memory "
        f"({task.effort.memory_gb:g} GB are expected); {log_of(task)} may say more. The next "
        "run does it again."
    )
    return lost(task, sentence)


def lost(task: StepTask, sentence: str) -> StepState:
    """Return the state of a step whose process or worker is gone.

    Parameters
    ----------
    task : StepTask
        Which.
    sentence : str
        What is known of it.

    Returns
    -------
    StepState
        Failed, to be done again by the next run.
    """
    return StepState(
        person=task.person.id, step=task.step, key=task.key, state="failed", cause="lost",
        sentence=sentence,
    )  # fmt: skip


def done_alone(text: str) -> str:
    """Do a step in a process of its own, and wait for it: what a worker of a cluster runs.

    Parameters
    ----------
    text : str
        From `StepTask.text`.

    Returns
    -------
    str
        The state as JSON: paths and digests, no arrays.
    """
    from cortistim.records.form import json_line

    task = read_task(text)
    kept = task.kept()
    if kept is None:
        process = started(task)
        kept = ended(task, process.wait())
    return json_line(kept)


def perform(task: StepTask) -> StepState:
    """Do a step here, unless somebody else has done it meanwhile, and write how it ended.

    Parameters
    ----------
    task : StepTask
        To be done.

    Returns
    -------
    StepState
        As it was written.
    """
    task.state_path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(task.state_path.with_suffix(".lock")):
        kept = task.kept()
        if kept is not None:
            return kept
        state = _tried(task)
        write_state(task, state)
        return state


def _tried(task: StepTask) -> StepState:
    from cortistim.study.cohort.work import work_on  # loads everything

    begun = time.monotonic()
    about: dict[str, Any] = {"person": task.person.id, "step": task.step, "key": task.key}
    try:
        made = work_on(task)
    except Exception as error:  # noqa: BLE001 - one person's failure must not end the others
        cause, sentence = _why(error, task)
        return StepState(
            **about, state="failed", cause=cause, sentence=sentence,
            seconds=round(time.monotonic() - begun, 2), memory_gb=_memory_gb(),
        )  # fmt: skip
    return StepState(
        **about, state="done", seconds=round(time.monotonic() - begun, 2),
        memory_gb=_memory_gb(), digest=made.digest, files=made.files, notes=made.notes,
    )  # fmt: skip


def _why(error: Exception, task: StepTask) -> tuple[Cause, str]:
    told = " ".join(str(error).replace("`", "").split())
    if isinstance(error, BadInputError):
        return "input", told
    if isinstance(error, CortistimError):
        return "numerics", told
    import traceback

    traceback.print_exception(error)  # to the log
    kind = type(error).__name__
    return "program", f"the step ended with {kind} ({told[:200]}); {log_of(task)} says where."


def _memory_gb() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most * (1 if sys.platform == "darwin" else 1024) / 1e9, 3)


def _end_with(line: TextIO) -> None:
    while line.readline():
        pass
    os._exit(1)


def main() -> None:
    """Read a task from standard input and do it."""
    task = read_task(sys.stdin.readline())
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    perform(task)
    sys.stdout.flush()
    os._exit(0)  # without waiting for the life-line


if __name__ == "__main__":
    main()
