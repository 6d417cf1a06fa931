"""The steps of a person: what each is made from, where it lies, and how it ended."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cortistim import __version__, cache
from cortistim.errors import CortistimError
from cortistim.io.text import json_of
from cortistim.naming import spelt
from cortistim.records.cohort import Kind, StepState
from cortistim.records.form import json_line, read_record
from cortistim.study.cohort.design import Cohort, CohortDesign, Effort, Person, named_setting
from cortistim.study.folder import write_json

PEOPLE, STEPS, DERIVATIVES = "people", "steps", "derivatives/cortistim"
SHEET_HASHES = "inputs.json"
FINAL = ("input", "numerics")
"""Causes of failures that would come again from the same input."""
VERSIONS: dict[Kind, int] = {"head": 1, "operator": 1, "plan": 1, "map": 1}
"""Raise one when the same input would give other files in that step."""


@dataclass(frozen=True, kw_only=True)
class StepTask:
    """A step to be done, as it is handed to a process of its own.

    Parameters
    ----------
    root : str
        The cohort's folder.
    person : Person
        Whose.
    design : CohortDesign
        What is done for everybody.
    kind : {"head", "operator", "plan", "map"}
        What is done.
    target, coil : str
        Of plans and maps.
    key : str
        Hash of all that the result depends on.
    """

    root: str
    person: Person
    design: CohortDesign
    kind: Kind
    target: str = ""
    coil: str = ""
    key: str = ""

    @property
    def step(self) -> str:
        """Name among the steps of a person."""
        return ":".join(part for part in (self.kind, self.target, self.coil) if part)

    @property
    def name(self) -> str:
        """Name among the steps of the cohort."""
        return f"sub-{self.person.id} {self.step}"

    @property
    def home(self) -> Path:
        """The person's folder."""
        return Path(self.root) / PEOPLE / f"sub-{self.person.id}"

    @property
    def place(self) -> Path:
        """Where the step writes."""
        pair = "_".join(plain_name(part) for part in (self.target, self.coil) if part)
        return {
            "head": self.home / "head",
            "operator": self.home / "operator.npz",
            "plan": self.home / "plan" / pair,
            "map": Path(self.root) / DERIVATIVES / f"sub-{self.person.id}",
        }[self.kind]

    @property
    def head(self) -> Path | str:
        """The head that plans are made on: a folder or file, or a name."""
        if self.person.head is None:
            return self.home / "head"
        return self.person.head

    @property
    def state_path(self) -> Path:
        """Where it is written how the step ended."""
        name = "_".join(plain_name(part) for part in self.step.split(":"))
        return self.home / STEPS / f"{name}.json"

    @property
    def effort(self) -> Effort:
        """What it is expected to take."""
        full = named_setting(self.design.setting).effort[self.kind]
        if self.kind == "head" and self.person.head is not None:
            return Effort(cpu_s=5.0, memory_gb=full.memory_gb, disk_gb=0.0)
        return full

    def text(self) -> str:
        """Return the task as a line of JSON, which `read_task` reads.

        Returns
        -------
        str
            Without a line break.
        """
        return json_line(self)

    def kept(self) -> StepState | None:
        """Return how the step ended, where it was made from the same and its files are there.

        Returns
        -------
        StepState or None
            Done, or failed for a reason that would come again; None where it is to be done.
        """
        state = read_state(self.state_path)
        if state is None or state.key != self.key:
            return None
        if state.state == "failed":
            return state if state.cause in FINAL else None
        root = Path(self.root)
        for stamp in state.files:
            with contextlib.suppress(OSError):
                if (root / stamp.path).stat().st_size == stamp.bytes:
                    continue
            return None
        return state


def plain_name(text: str) -> str:
    """Return a name for files: letters, digits and underscores.

    Parameters
    ----------
    text : str
        A target or a coil; of a path the last part counts.

    Returns
    -------
    str
        Names that differ in signs alone are told apart by a hash.
    """
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    plain = spelt(last)
    return plain if plain == text else f"{plain[:40]}_{cache.digest(text)[:4]}"


def read_task(text: str) -> StepTask:
    """Read a task.

    Parameters
    ----------
    text : str
        From `StepTask.text`.

    Returns
    -------
    StepTask
        Equal to the one that was written.
    """
    return read_record(StepTask, text)


def read_state(path: Path) -> StepState | None:
    """Read how a step ended.

    Parameters
    ----------
    path : Path
        Its file.

    Returns
    -------
    StepState or None
        None where there is none, or it is damaged: the step is then done again.
    """
    with contextlib.suppress(OSError, CortistimError):
        return read_record(StepState, path.read_bytes())
    return None


def write_state(task: StepTask, state: StepState) -> None:
    """Write how a step ended.

    Parameters
    ----------
    task : StepTask
        Which.
    state : StepState
        How.
    """
    write_json(task.state_path, state)


class InputHashes:
    """Hashes of input files, remembered by size and time of change.

    Parameters
    ----------
    folder : Path
        The cohort's folder, in which they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / SHEET_HASHES
        self._known: dict[str, str] = {}
        with contextlib.suppress(OSError, CortistimError):
            known = json_of(self._path)
            self._known = {name: str(value) for name, value in known.items()}
        self._found: dict[str, str] = {}

    def of(self, path: str | None) -> str:
        """Return the hash of a file, or of a folder's names, sizes and times.

        Parameters
        ----------
        path : str or None
            Where; a name that is no path stands for itself.

        Returns
        -------
        str
            Empty for None.
        """
        if path is None:
            return ""
        place = Path(path)
        if not place.exists():
            return path
        if place.is_dir():
            files = sorted(p for p in place.rglob("*") if p.is_file())
            return cache.digest(*(_stamp(p, p.relative_to(place)) for p in files))
        stamp = _stamp(place, place)
        if stamp not in self._found:
            self._found[stamp] = self._known.get(stamp) or _content(place)
        return self._found[stamp]

    def save(self) -> None:
        """Write what was found, so that the next run need not read the images."""
        if self._found != self._known:
            write_json(self._path, self._found)


def _stamp(path: Path, name: Path) -> str:
    told = path.stat()
    return f"{name}|{told.st_size}|{told.st_mtime_ns}"


def _content(path: Path) -> str:
    import hashlib

    total = hashlib.blake2b(digest_size=8)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()


def tasks_of(cohort: Cohort, root: Path, hashes: InputHashes) -> Iterator[list[StepTask]]:
    """Give the steps of each person, in the order in which they need one another.

    Parameters
    ----------
    cohort : Cohort
        People without a problem have steps.
    root : Path
        The cohort's folder.
    hashes : InputHashes
        Of their files.

    Yields
    ------
    list of StepTask
        The head first; a plan comes before its map. Empty for people with a problem.
    """
    for person in cohort.people:
        yield [] if person.problem else list(_of_person(cohort, person, root, hashes))


def _of_person(
    cohort: Cohort, person: Person, root: Path, hashes: InputHashes
) -> Iterator[StepTask]:
    design = cohort.design
    setting = named_setting(design.setting)

    def task(kind: Kind, *parts: object, target: str = "", coil: str = "") -> StepTask:
        key = cache.digest(kind, VERSIONS[kind], target, coil, *parts)
        return StepTask(
            root=str(root.absolute()), person=person, design=design, kind=kind,
            target=target, coil=coil, key=key,
        )  # fmt: skip

    sources = [hashes.of(path) for path in (person.t1, person.t2, person.head)]
    surfaces = hashes.of(person.surfaces)
    head = task("head", *sources, setting.coarse, __version__)
    yield head
    before = head.key
    if design.operator:
        operator = task("operator", head.key, setting.rank, setting.points)
        yield operator
        before = operator.key
    asked = (
        design.space, design.protocol, design.stimulator, design.handle_deg,
        design.distance_mm, person.rmt_percent, person.amt_percent, setting.order,
        setting.uncertainty,
    )  # fmt: skip
    for target in design.targets:
        for coil in design.coils:
            coil_file = hashes.of(coil)
            told = (before, surfaces, coil_file, *asked)
            plan = task("plan", *told, target=target, coil=coil)
            yield plan
            yield task("map", plan.key, target=target, coil=coil)


def needs(task: StepTask, steps: list[StepTask]) -> StepTask | None:
    """Return the step that must be done before another of the same person.

    Parameters
    ----------
    task : StepTask
        One of the steps.
    steps : list of StepTask
        From `tasks_of`.

    Returns
    -------
    StepTask or None
        A map needs its plan, a plan the operator or head, an operator the head.
    """
    if task.kind == "head":
        return None
    if task.kind == "map":
        return next(
            one
            for one in steps
            if one.kind == "plan" and (one.target, one.coil) == (task.target, task.coil)
        )
    if task.kind == "plan" and task.design.operator:
        return next(one for one in steps if one.kind == "operator")
    return next(one for one in steps if one.kind == "head")
