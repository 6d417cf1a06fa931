"""Steps as futures of a Dask cluster, whose workers see the same files."""

from queue import Empty, Queue
from typing import Any

from cortistim.errors import BadInputError
from cortistim.records.cohort import StepState
from cortistim.records.form import read_record
from cortistim.study.cohort.steps import StepTask
from cortistim.study.cohort.worker import done_alone, lost

AHEAD = 4  # steps waiting at the scheduler for each worker's thread, so that none idles
TIMEOUT_S = 20
MISSING = (
    "`scheduler` needs Dask, which is not installed. Install it: pip install "
    "'cortistim[cluster]'."
)


class ClusterRunner:
    """Workers of a Dask scheduler; each does one step at a time, in a process of its own.

    A worker that dies loses the step that it was doing, and the scheduler gives it to another.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    BadInputError
        When Dask is missing, or nothing answers there.
    """

    def __init__(self, address: str) -> None:
        self._client = _connected(address)
        self.words = f"Dask scheduler {address}"
        self._ended: Queue[Any] = Queue()
        self._tasks: dict[str, tuple[StepTask, Any]] = {}
        self._count = 0

    @property
    def jobs(self) -> int:
        """Threads of all workers at this moment, at least one."""
        return max(1, sum(self._client.nthreads().values()))

    def room(self) -> bool:
        """Say whether the scheduler should get another step.

        Returns
        -------
        bool
            False where enough are waiting there.
        """
        return len(self._tasks) < AHEAD * self.jobs + 2

    def start(self, task: StepTask) -> None:
        """Hand a step to the scheduler.

        Parameters
        ----------
        task : StepTask
            To be done.
        """
        self._count += 1
        name = f"{task.kind}-{task.person.id}-{task.key}-{self._count}"
        future = self._client.submit(done_alone, task.text(), key=name, pure=False, retries=2)
        self._tasks[name] = (task, future)
        future.add_done_callback(self._ended.put)

    def wait(self) -> list[tuple[StepTask, StepState]]:
        """Wait until a step ends.

        Returns
        -------
        list of (StepTask, StepState)
            Those that have.
        """
        if not self._tasks:
            return []
        over = [self._ended.get()]
        while True:
            try:
                over.append(self._ended.get_nowait())
            except Empty:
                break
        return [self._taken(future) for future in over]

    def _taken(self, future: Any) -> tuple[StepTask, StepState]:  # noqa: ANN401
        task, _ = self._tasks.pop(future.key)
        if future.status == "finished":
            return task, read_record(StepState, future.result())
        error = future.exception() if future.status == "error" else "it was cancelled"
        told = " ".join(str(error).split())[:300]
        sentence = (
            f"the cluster lost this step ({type(error).__name__}: {told}). The next run does "
            "it again."
        )
        return task, lost(task, sentence)

    def close(self) -> None:
        """Leave the scheduler; what still runs there is given up."""
        for _, future in self._tasks.values():
            future.cancel()
        self._client.close()


def _connected(address: str) -> Any:  # noqa: ANN401
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInputError(MISSING) from error
    try:
        return Client(address, timeout=TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        told = " ".join(str(error).split())[:200]
        msg = (
            f"`scheduler` must be the address of a running Dask scheduler; {address} is not "
            f"reached ({told}). Start one with 'dask scheduler'."
        )
        raise BadInputError(msg) from error
