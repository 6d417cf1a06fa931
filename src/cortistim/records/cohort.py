"""A study of many people: the content of ``cohort.json`` and of each step's state."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from cortistim.records.provenance import NOTICE

State = Literal["waiting", "running", "done", "failed", "skipped"]
"""Skipped: not tried, because a step that it needs has failed."""
Kind = Literal["head", "operator", "plan", "map"]
Cause = Literal["", "input", "numerics", "lost", "program"]
"""Whose fault a failure is; one of input or numerics would come again and is not retried."""
Size = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, kw_only=True)
class FileStamp:
    """A file that a step has written.

    Parameters
    ----------
    path : str
        Below the cohort's folder.
    bytes : int
        Its size.
    """

    path: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class StepState:
    """How a step ended: the content of its file below ``steps``.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    person, step : str
        Whose, and which.
    key : str
        Hash of all that it was made from.
    state : {"done", "failed"}
        How it ended.
    sentence : str
        Why it failed; empty otherwise.
    cause : {"", "input", "numerics", "lost", "program"}
        Of the failure.
    seconds : float
        That it took.
    memory_gb : float
        The most that its process held; 0 where the system does not tell.
    digest : str
        Hash of the files.
    files : tuple of FileStamp
        What it has written.
    notes : tuple of str
        What a reader should know.
    """

    schema: Literal["cortistim-cohort-step-1"] = "cortistim-cohort-step-1"
    person: str
    step: str
    key: str
    state: State
    sentence: str = ""
    cause: Cause = ""
    seconds: Size = 0.0
    memory_gb: Size = 0.0
    digest: str = ""
    files: tuple[FileStamp, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CohortStep:
    """A step of a person.

    Parameters
    ----------
    step : str
        Such as ``head`` or ``plan:dlpfc_l:magstim_d70``.
    kind : {"head", "operator", "plan", "map"}
        What is done.
    target, coil : str
        Of plans and maps; empty for others.
    state : str
        ``waiting``, ``running``, ``done``, ``failed`` or ``skipped``.
    sentence : str
        Why it failed or was skipped; empty otherwise.
    kept : bool
        Done by an earlier run.
    key, digest : str
        Hashes of what went in and of what came out.
    folder : str
        Below the cohort's folder.
    seconds, memory_gb : float or None
        Measured; None where it was not run.
    needs_gb, expected_s : float
        Stated beforehand.
    """

    step: str
    kind: Kind
    target: str
    coil: str
    state: State
    sentence: str
    kept: bool
    key: str
    digest: str
    folder: str
    seconds: float | None
    memory_gb: float | None
    needs_gb: Size
    expected_s: Size


@dataclass(frozen=True, kw_only=True)
class CohortPerson:
    """A person of a cohort.

    Parameters
    ----------
    id : str
        Without ``sub-``.
    state : str
        ``done`` when every step is, ``failed`` when one is.
    sentence : str
        Of the first failure; empty otherwise.
    source : str
        What the head comes from.
    rmt_percent : float or None
        Resting motor threshold, %MSO.
    group : str
        Empty where none was given.
    values : mapping of str to float
        Covariates and outcomes.
    notes : tuple of str
        What a reader should know.
    steps : tuple of CohortStep
        In the order in which they are done.
    """

    id: str
    state: State
    sentence: str
    source: str
    rmt_percent: float | None
    group: str
    values: dict[str, float]
    notes: tuple[str, ...]
    steps: tuple[CohortStep, ...]


@dataclass(frozen=True, kw_only=True)
class CohortFailure:
    """What failed, and why.

    Parameters
    ----------
    person, step, sentence : str
        Whose, what, why.
    """

    person: str
    step: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class CohortCounts:
    """How far a cohort is.

    Parameters
    ----------
    people, people_done, people_failed : int
        All, and those with every step done, or one failed.
    steps, steps_done, steps_kept, steps_failed, steps_skipped : int
        All; done at all; done by earlier runs; failed; not tried for that.
    """

    people: int
    people_done: int
    people_failed: int
    steps: int
    steps_done: int
    steps_kept: int
    steps_failed: int
    steps_skipped: int


@dataclass(frozen=True, kw_only=True)
class CohortEstimate:
    """What is still to be done, before it is.

    Parameters
    ----------
    steps : int
        That are left.
    cpu_hours : float
        On one core.
    hours : float
        With the jobs that were asked for.
    jobs : int
        At once.
    disk_gb, free_gb : float
        Needed, and free where the cohort's folder is.
    memory_gb : float
        For all jobs at once.
    words : str
        The same in a sentence, and what it rests on.
    """

    steps: int
    cpu_hours: Size
    hours: Size
    jobs: int
    disk_gb: Size
    free_gb: Size
    memory_gb: Size
    words: str


@dataclass(frozen=True, kw_only=True)
class CohortRecord:
    """People, steps, states and failures: the content of ``cohort.json``.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    notice : str
        What this is not.
    name : str
        Of the cohort.
    setting, setting_is : str
        How finely heads are built, and what that means.
    targets, coils : tuple of str
        Planned for.
    protocol : str
        That doses are for.
    finished : bool
        Nothing is left to do.
    dry_run : bool
        Nothing was done.
    part : str
        Of an array, such as ``2/5``; empty for the whole.
    runner : str
        Processes of this machine, or the address of a Dask scheduler.
    jobs : int
        Steps at once.
    counts : CohortCounts
        Of people and steps.
    estimate : CohortEstimate
        What was left when the run began.
    people : tuple of CohortPerson
        In the order of the sheet.
    failures : tuple of CohortFailure
        Each with its sentence.
    notes : tuple of str
        What a reader should know.
    seconds : float
        Of this run.
    versions : mapping of str to str
        By library.
    """

    schema: Literal["cortistim-cohort-1"] = "cortistim-cohort-1"
    notice: Annotated[str, Meta(pattern="not a medical device")] = NOTICE
    name: str
    setting: str
    setting_is: str
    targets: tuple[str, ...]
    coils: tuple[str, ...]
    protocol: str
    finished: bool
    dry_run: bool
    part: str
    runner: str
    jobs: int
    counts: CohortCounts
    estimate: CohortEstimate
    people: tuple[CohortPerson, ...]
    failures: tuple[CohortFailure, ...]
    notes: tuple[str, ...]
    seconds: Size
    versions: dict[str, str]
