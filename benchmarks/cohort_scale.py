"""What a cohort costs besides its steps: the schedule alone, and beside a Dask scheduler.

    python benchmarks/cohort_scale.py [--tasks 100000] [--dask 5000] [--workers 2]

Fake steps take no time, so that what is measured is planning, hashing, keeping books and, with
Dask, the way to a worker and back. Prints one line of JSON for each part.
"""

import argparse
import json
import resource
import tempfile
import time
from collections import deque
from pathlib import Path

from cortistim.records.cohort import StepState
from cortistim.study.cohort.design import Cohort, CohortDesign, Person
from cortistim.study.cohort.schedule import Schedule
from cortistim.study.cohort.steps import InputHashes, tasks_of

STEPS = 4  # of a person with one target and one coil


class Nothing:
    """Ends every step at once."""

    words, jobs = "nothing", 1000

    def __init__(self):
        self._waiting = deque()

    def room(self):
        """Say whether another step can be started."""
        return len(self._waiting) < self.jobs

    def start(self, task):
        """Take a step."""
        self._waiting.append(task)

    def wait(self):
        """Return the oldest step as done."""
        task = self._waiting.popleft()
        return [(task, ended(task))]


def ended(task):
    return StepState(
        person=task.person.id, step=task.step, key=task.key, state="done", seconds=1.0
    )


def schedule_of(n_task, folder):
    people = tuple(
        Person(id=f"{k:06d}", head="sphere", values={}) for k in range(n_task // STEPS)
    )
    design = CohortDesign(name="fake", setting="coarse")
    cohort = Cohort(design=design, people=people, source="")
    return Schedule(tasks_of(cohort, folder, InputHashes(folder)))


def alone(n_task):
    with tempfile.TemporaryDirectory() as place:
        begun = time.process_time()
        schedule = schedule_of(n_task, Path(place))
        planned = time.process_time()
        schedule.run(Nothing(), lambda _node: None)
        done = time.process_time()
    count = sum(schedule.counts.values())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    tell(
        part="schedule alone", steps=count, done=schedule.counts["done"],
        planning_cpu_s=round(planned - begun, 2), running_cpu_s=round(done - planned, 2),
        microseconds_per_step=round(1e6 * (done - begun) / count, 1), memory_gb=round(most, 2),
    )  # fmt: skip


def nothing(number):
    return f'{{"person": "{number}"}}'


def with_dask(n_task, workers):
    from distributed import Client, LocalCluster, as_completed

    options = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:
        client.submit(nothing, 0, pure=False).result()
        begun = time.monotonic()
        futures = [
            client.submit(nothing, k, key=f"step-{k}", pure=False) for k in range(n_task)
        ]
        sent = time.monotonic()
        done = sum(1 for _ in as_completed(futures))
        over = time.monotonic()
    tell(
        part="Dask", workers=workers, steps=n_task, done=done,
        sending_s=round(sent - begun, 2), whole_s=round(over - begun, 2),
        milliseconds_per_step=round(1e3 * (over - begun) / n_task, 3),
    )  # fmt: skip


def tell(**told):
    print(json.dumps(told), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--dask", type=int, default=5000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    alone(asked.tasks)
    if asked.dask:
        with_dask(asked.dask, asked.workers)


if __name__ == "__main__":
    main()
