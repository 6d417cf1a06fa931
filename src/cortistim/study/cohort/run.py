"""A cohort from its sheet to ``cohort.json``."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cortistim.errors import BadInputError
from cortistim.io.text import write_text
from cortistim.records.cohort import (
    CohortCounts,
    CohortEstimate,
    CohortFailure,
    CohortPerson,
    CohortRecord,
    CohortStep,
    State,
)
from cortistim.study.cohort.cluster import ClusterRunner
from cortistim.study.cohort.design import Cohort, Person, Setting, named_setting
from cortistim.study.cohort.local import LocalRunner, usual_jobs
from cortistim.study.cohort.schedule import Clock, Node, Schedule
from cortistim.study.cohort.sheet import Changes, changed, chosen, read_cohort
from cortistim.study.cohort.steps import DERIVATIVES, InputHashes, tasks_of
from cortistim.study.folder import write_json
from cortistim.study.record import versions
from cortistim.typing import Progress, silent

RECORD, FAILED = "cohort.json", "failed.tsv"
WRITE_EVERY_S, TELL_EVERY_S = 5.0, 0.2


@dataclass(frozen=True, kw_only=True)
class CohortRequest:
    """What is to be done, and where.

    Parameters
    ----------
    sheet : Path
        A sheet or a BIDS dataset.
    out : Path
        The cohort's folder.
    jobs : int or None
        Steps at once on this machine; by default as many as cores and memory allow.
    scheduler : str or None
        Address of a Dask scheduler whose workers do the steps instead.
    participant_label : tuple of str
        Whose steps; everybody's when empty.
    array : str
        ``K/N``: every N-th person, beginning with the K-th.
    dry_run : bool
        Say what would be done, and do nothing.
    changes : tuple of (str, value)
        Fields of `CohortDesign` that replace what the sheet says.
    retry : bool
        Try again what failed for the input's sake, too.
    """

    sheet: Path
    out: Path
    jobs: int | None = None
    scheduler: str | None = None
    participant_label: tuple[str, ...] = ()
    array: str = ""
    dry_run: bool = False
    changes: Changes = ()
    retry: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.jobs is not None and self.scheduler is not None:
            msg = "give either `jobs` on this machine or a `scheduler`, not both."
            raise BadInputError(msg)
        if self.jobs is not None and self.jobs < 1:
            msg = f"`jobs` must be 1 or more; got {self.jobs}."
            raise BadInputError(msg)

    def cohort(self) -> Cohort:
        """Read the sheet, and keep those who were asked for.

        Returns
        -------
        Cohort
            With the changes that were asked for.
        """
        found = read_cohort(self.sheet)
        found = replace(found, design=changed(found.design, self.changes))
        return chosen(found, self.participant_label, self.array)


def run_cohort(request: CohortRequest, *, progress: Progress = silent) -> CohortRecord:
    """Do every step of everybody that is not done yet, and write how it went.

    ``cohort.json`` is written when the run begins, every few seconds, and at the end.

    Parameters
    ----------
    request : CohortRequest
        Who, what and where.
    progress : callable, optional
        Told how many steps are done, and how long the rest may take.

    Returns
    -------
    CohortRecord
        The content of ``cohort.json``.

    Raises
    ------
    BadInputError
        When nothing can be started: the sheet is none, or nobody's row can be used.
    """
    begun = time.monotonic()
    cohort = request.cohort()
    _require_somebody(cohort)
    root = request.out.absolute()
    progress("looking for what is done", 0.0)
    hashes = InputHashes(root)
    steps = list(tasks_of(cohort, root, hashes))
    if request.retry and not request.dry_run:
        _forget(steps)
    schedule = Schedule(steps)
    report = _Report(request, cohort, schedule, begun)
    if request.dry_run:
        report.estimate = report.estimated(request.jobs or _usual(cohort))
        return report.record(finished=not schedule.ready)
    root.mkdir(parents=True, exist_ok=True)
    hashes.save()
    if schedule.ready:
        with _runner(request, cohort) as runner:
            report.runner, report.jobs = runner.words, runner.jobs
            report.estimate = report.estimated(runner.jobs)
            _work(schedule, runner, report, progress)
    record = report.record(finished=True)
    _write(root, record)
    return record


def _require_somebody(cohort: Cohort) -> None:
    """Refuse a cohort in which nobody's row can be used."""
    problems = [person.problem for person in cohort.people]
    if not problems:
        msg = "`array` leaves nobody for this part: there are fewer people than parts."
        raise BadInputError(msg)
    if all(problems):
        more = f" The same or alike holds for all {len(problems)} people."
        msg = f"nothing can be started: {problems[0]}{more if len(problems) > 1 else ''}"
        raise BadInputError(msg)


def _forget(steps: list) -> None:
    for tasks in steps:
        for task in tasks:
            kept = task.kept()
            if kept is not None and kept.state == "failed":
                task.state_path.unlink(missing_ok=True)


def _usual(cohort: Cohort) -> int:
    setting = named_setting(cohort.design.setting)
    return usual_jobs(max(effort.memory_gb for effort in setting.effort.values()))


@contextmanager
def _runner(request: CohortRequest, cohort: Cohort) -> Iterator[LocalRunner | ClusterRunner]:
    if request.scheduler is not None:
        runner = ClusterRunner(request.scheduler)
    else:
        runner = LocalRunner(request.jobs or _usual(cohort))
    try:
        yield runner
    finally:
        runner.close()


def _work(
    schedule: Schedule,
    runner: LocalRunner | ClusterRunner,
    report: "_Report",
    progress: Progress,
) -> None:
    root = report.request.out.absolute()
    write, tell = Clock(WRITE_EVERY_S), Clock(TELL_EVERY_S)
    _write(root, report.record(finished=False))
    total = max(1, sum(schedule.counts.values()))

    def told(node: Node) -> None:
        counts = schedule.counts
        done = counts["done"] + counts["failed"] + counts["skipped"]
        if tell.due() or node.state == "failed":
            left = in_words(schedule.left_s(report.jobs))
            failed = f", {counts['failed']} failed" if counts["failed"] else ""
            what = f"{done} of {total} steps{failed}, about {left} left"
            if node.state in ("failed", "done"):
                what += f" ({node.task.name}: {node.state})"
            progress(what, done / total)
        if write.due():
            _write(root, report.record(finished=False))

    schedule.run(runner, told)


def in_words(seconds: float) -> str:
    """Say a length of time.

    Parameters
    ----------
    seconds : float
        Above 0.

    Returns
    -------
    str
        Such as ``40 s``, ``12 min`` or ``3.5 h``.
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def _write(root: Path, record: CohortRecord) -> None:
    from cortistim.study.cohort.derivatives import write_derivatives

    lines = ["participant_id\tstep\tsentence"]
    lines += [f"sub-{one.person}\t{one.step}\t{one.sentence}" for one in record.failures]
    write_text(root / FAILED, "\n".join(lines) + "\n")
    if record.finished:
        write_derivatives(root / DERIVATIVES, record)
    write_json(root / RECORD, record)


class _Report:
    """Fills the record of a run, at any moment of it."""

    def __init__(
        self, request: CohortRequest, cohort: Cohort, schedule: Schedule, begun: float
    ) -> None:
        self.request, self.cohort, self.schedule, self.begun = request, cohort, schedule, begun
        self.runner, self.jobs = "nothing was left to do", 1
        self.estimate = self.estimated(1)

    @property
    def setting(self) -> Setting:
        """How finely heads are built."""
        return named_setting(self.cohort.design.setting)

    def estimated(self, jobs: int) -> CohortEstimate:
        """State time, memory and disk of what is left."""
        left = [n.task for n in self.schedule.nodes() if n.state == "waiting"]
        cpu_s = sum(task.effort.cpu_s for task in left)
        memory_gb = max((task.effort.memory_gb for task in left), default=0.0)
        disk_gb = sum(task.effort.disk_gb for task in left)
        free_gb = _free_gb(self.request.out)
        wall_s = self.schedule.left_s(jobs)
        words = (
            f"{len(left)} steps are left: {in_words(cpu_s)} of one core, about "
            f"{in_words(wall_s)} with {jobs} at once, {disk_gb:.2g} GB of disk "
            f"({free_gb:.3g} GB are free), {memory_gb * jobs:.2g} GB of memory. "
            "Expected for T1 images of 1 mm; yours may differ by a factor of two."
        )
        if disk_gb > free_gb:
            words += " The disk is too small."
        return CohortEstimate(
            steps=len(left),
            cpu_hours=round(cpu_s / 3600, 3),
            hours=round(wall_s / 3600, 3),
            jobs=jobs,
            disk_gb=round(disk_gb, 3),
            free_gb=round(free_gb, 2),
            memory_gb=round(memory_gb * jobs, 2),
            words=words,
        )

    def record(self, *, finished: bool) -> CohortRecord:
        """Return the content of ``cohort.json``."""
        design, counts = self.cohort.design, self.schedule.counts
        people = tuple(
            self._person(person, nodes)
            for person, nodes in zip(self.cohort.people, self.schedule.people, strict=True)
        )
        kept = sum(node.kept and node.state == "done" for node in self.schedule.nodes())
        return CohortRecord(
            name=design.name,
            setting=design.setting,
            setting_is=self.setting.words,
            targets=design.targets,
            coils=design.coils,
            protocol=design.protocol,
            finished=finished,
            dry_run=self.request.dry_run,
            part=self.request.array,
            runner=self.runner,
            jobs=self.jobs,
            counts=CohortCounts(
                people=len(people),
                people_done=sum(one.state == "done" for one in people),
                people_failed=sum(one.state == "failed" for one in people),
                steps=sum(counts.values()),
                steps_done=counts["done"],
                steps_kept=kept,
                steps_failed=counts["failed"],
                steps_skipped=counts["skipped"],
            ),
            estimate=self.estimate,
            people=people,
            failures=tuple(_failures(people)),
            notes=self.cohort.notes,
            seconds=round(time.monotonic() - self.begun, 2),
            versions=versions(),
        )

    def _person(self, person: Person, nodes: list[Node]) -> CohortPerson:
        steps = tuple(self._step(node) for node in nodes)
        told = [note for n in nodes if n.ended and n.state == "done" for note in n.ended.notes]
        failed = next((node for node in nodes if node.state == "failed"), None)
        return CohortPerson(
            id=person.id,
            state=_state_of(person, nodes),
            sentence=person.problem or (failed.sentence if failed else ""),
            source=person.source,
            rmt_percent=person.rmt_percent,
            group=person.group,
            values=person.values,
            notes=tuple(dict.fromkeys((*person.notes, *told))),
            steps=steps,
        )

    def _step(self, node: Node) -> CohortStep:
        task, ended = node.task, node.ended
        return CohortStep(
            step=task.step,
            kind=task.kind,
            target=task.target,
            coil=task.coil,
            state=node.state,
            sentence=node.sentence,
            kept=node.kept and node.state == "done",
            key=task.key,
            digest="" if ended is None else ended.digest,
            folder=task.place.relative_to(task.root).as_posix(),
            seconds=None if ended is None else ended.seconds,
            memory_gb=None if ended is None else ended.memory_gb,
            needs_gb=task.effort.memory_gb,
            expected_s=round(self.schedule.expected_s(task), 1),
        )


def _state_of(person: Person, nodes: list[Node]) -> State:
    if person.problem or any(node.state == "failed" for node in nodes):
        return "failed"
    if all(node.state == "done" for node in nodes):
        return "done"
    running = any(node.state in ("running", "done") for node in nodes)
    return "running" if running else "waiting"


def _failures(people: tuple[CohortPerson, ...]) -> Iterator[CohortFailure]:
    for person in people:
        failed = [step for step in person.steps if step.state == "failed"]
        if person.state == "failed" and not failed:
            yield CohortFailure(person=person.id, step="sheet", sentence=person.sentence)
        for step in failed:
            yield CohortFailure(person=person.id, step=step.step, sentence=step.sentence)


def _free_gb(place: Path) -> float:
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free / 1e9
