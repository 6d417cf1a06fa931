"""What is done for everybody of a cohort, and how finely."""

from dataclasses import dataclass
from pathlib import PurePath

from cortistim.naming import find
from cortistim.records.cohort import Kind

COARSE_WORDS = (
    "coarse: images on voxels of 2 mm, folds registered down to 4 mm, edges two to three times "
    "as long as usual, linear elements in the search, no interval of |E|, an operator of 60 "
    "members. For trying a study out: fields may be off by tens of percent"
)
FINE_WORDS = "fine: heads, operators and plans as the single commands make them without options"


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What a step is expected to take for a T1 of 1 mm; assumed, but for the coarse head.

    That was measured once, on one core: 75 s.

    Parameters
    ----------
    cpu_s : float [s]
        Time of one core.
    memory_gb : float
        The most that its process holds.
    disk_gb : float
        That its files take.
    """

    cpu_s: float
    memory_gb: float
    disk_gb: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How finely heads are built and fields are solved for.

    Parameters
    ----------
    name, words : str
        What it is called, and what it means.
    coarse : bool
        See `cortistim.study.head.build.BuildRequest`.
    rank, points : int
        Members of a head's operator, and points that it is read at.
    order : int
        Of the elements that the search reads the target with.
    uncertainty : bool
        Plans state |E| with an interval.
    effort : mapping of str to Effort
        Of each kind of step.
    """

    name: str
    words: str
    coarse: bool
    rank: int
    points: int
    order: int
    uncertainty: bool
    effort: dict[Kind, Effort]


SETTINGS = {
    "fine": Setting(
        name="fine",
        words=FINE_WORDS,
        coarse=False,
        rank=300,
        points=20_000,
        order=3,
        uncertainty=True,
        effort={
            "head": Effort(cpu_s=220, memory_gb=4.0, disk_gb=0.12),
            "operator": Effort(cpu_s=400, memory_gb=4.0, disk_gb=0.16),
            "plan": Effort(cpu_s=110, memory_gb=4.0, disk_gb=0.06),
            "map": Effort(cpu_s=8, memory_gb=1.5, disk_gb=0.001),
        },
    ),
    "coarse": Setting(
        name="coarse",
        words=COARSE_WORDS,
        coarse=True,
        rank=60,
        points=4_000,
        order=1,
        uncertainty=False,
        effort={
            "head": Effort(cpu_s=75, memory_gb=1.5, disk_gb=0.03),
            "operator": Effort(cpu_s=30, memory_gb=1.5, disk_gb=0.01),
            "plan": Effort(cpu_s=40, memory_gb=1.5, disk_gb=0.04),
            "map": Effort(cpu_s=5, memory_gb=1.0, disk_gb=0.001),
        },
    ),
}


def named_setting(name: str) -> Setting:
    """Return a setting by its name.

    Parameters
    ----------
    name : str
        ``fine`` or ``coarse``.

    Returns
    -------
    Setting
        What it means.

    Raises
    ------
    BadInputError
        When there is no such setting.
    """
    return SETTINGS[find(name, SETTINGS, kind="setting")]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of a cohort, as the sheet has them.

    Parameters
    ----------
    id : str
        Letters and digits, without ``sub-``.
    t1, t2, head, surfaces : str or None
        Paths: an image to build the head from, or a head that is there; its cortex.
    rmt_percent, amt_percent : float or None
        Motor thresholds, %MSO.
    group : str
        Empty where none was given.
    values : mapping of str to float
        Whatever else the sheet says in numbers: covariates and outcomes.
    problem : str
        Why nothing can be done for this person; empty when something can.
    notes : tuple of str
        What a reader should know.
    """

    id: str
    t1: str | None = None
    t2: str | None = None
    head: str | None = None
    surfaces: str | None = None
    rmt_percent: float | None = None
    amt_percent: float | None = None
    group: str = ""
    values: dict[str, float]
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """What the head comes from, in words."""
        if self.head is not None:
            return f"head {PurePath(self.head).name}"
        return "nothing" if self.t1 is None else f"T1 {PurePath(self.t1).name}"


@dataclass(frozen=True, kw_only=True)
class CohortDesign:
    """What is done for everybody.

    Parameters
    ----------
    name : str
        Of the cohort.
    setting : str
        See `SETTINGS`.
    targets, coils : tuple of str
        A plan is made for each pair.
    space : str
        ``mni`` or ``subject``: of coordinates among the targets.
    protocol : str
        That doses are for.
    stimulator : str or None
        By default the one that the coil belongs to.
    operator : bool
        Build an operator for each head, and search poses with it.
    handle_deg, distance_mm : float or None
        As for a plan.
    """

    name: str
    setting: str = "fine"
    targets: tuple[str, ...] = ("dlpfc_l",)
    coils: tuple[str, ...] = ("magstim_d70",)
    space: str = "mni"
    protocol: str = "itbs_depression"
    stimulator: str | None = None
    operator: bool = True
    handle_deg: float | None = None
    distance_mm: float | None = None


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Who, and what is done for them.

    Parameters
    ----------
    design : CohortDesign
        For everybody.
    people : tuple of Person
        In the order of the sheet.
    source : str
        The sheet or dataset.
    notes : tuple of str
        What a reader should know.
    """

    design: CohortDesign
    people: tuple[Person, ...]
    source: str
    notes: tuple[str, ...] = ()
