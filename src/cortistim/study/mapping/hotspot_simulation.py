"""Methods of hunting tried out on virtual subjects, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.field import load_operator
from cortistim.io.text import write_csv
from cortistim.mapping.hotspot import DEFAULT, HotspotSettings
from cortistim.mapping.hotspot.simulate import HuntScore, play
from cortistim.records.form import number
from cortistim.records.hotspot import HotspotScore, HotspotSimulationRecord
from cortistim.study.mapping.hotspot_cases import CaseMaker, Physics
from cortistim.study.mapping.virtual import TARGET
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import HeadRequest
from cortistim.typing import Progress, silent
from cortistim.units import mm_from_m

COLUMNS = (
    "subject", "pulse", "error_mm", "error_deg", "regret_percent", "radius_mm", "turn_deg",
    "found",
)  # fmt: skip
STEP = 5
LEVEL = 0.9
MOST_SUBJECTS = 10_000


@dataclass(frozen=True, kw_only=True)
class HotspotSimulation:
    """What is tried out.

    Parameters
    ----------
    head, coil : HeadRequest, CoilRequest
        Of all subjects.
    operator : Path
        The head's.
    target : str
        Around which their muscle lies.
    method, generator, physics : str
        How poses are chosen, how muscles respond, what the hunter believes of the field.
    subjects, pulses : int
        How many people, and pulses to each.
    seed : int
        Of the first; the others follow.
    """

    head: HeadRequest = field(default_factory=HeadRequest)
    coil: CoilRequest = field(default_factory=CoilRequest)
    operator: Path
    target: str = TARGET
    method: str = DEFAULT
    generator: str = "goetz2019"
    physics: Physics = "right"
    subjects: int = 60
    pulses: int = 50
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if not 1 <= self.subjects <= MOST_SUBJECTS:
            msg = f"`subjects` must lie between 1 and {MOST_SUBJECTS}; got {self.subjects}."
            raise BadInputError(msg)
        self.settings(0)

    def settings(self, seed: int) -> HotspotSettings:
        """Return how one hunt is done."""
        return HotspotSettings(method=self.method, pulses=self.pulses, seed=seed)

    def told_after(self) -> tuple[int, ...]:
        """Return the numbers of pulses after which hunts are scored."""
        steps = range(STEP, self.pulses, STEP)
        return (*steps, self.pulses)


def case_maker(request: HotspotSimulation, progress: Progress = silent) -> CaseMaker:
    """Load head, operator and coil of a simulation.

    Parameters
    ----------
    request : HotspotSimulation
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    CaseMaker
        For many cases.

    Raises
    ------
    BadInputError
        When they cannot be had.
    """
    head = request.head.load(progress=progress)
    progress("fields of the poses", 0.0)
    operator = load_operator(request.operator, head)
    return CaseMaker(head, operator, request.coil.load(), target=request.target)


def run_hotspot_simulation(
    request: HotspotSimulation, out: Path, *, progress: Progress = silent
) -> tuple[HotspotSimulationRecord, list[tuple[HuntScore, ...]]]:
    """Simulate a method and write how far off it is after ever more pulses.

    Parameters
    ----------
    request : HotspotSimulation
        What is tried out.
    out : Path
        Gets a CSV of `COLUMNS`.
    progress : callable, optional
        Told the fraction done.

    Returns
    -------
    record : HotspotSimulationRecord
        Medians and shares.
    scores : list of tuple of HuntScore
        Of every subject.

    Raises
    ------
    BadInputError
        When something asked for does not exist or does not fit.
    """
    maker = case_maker(request, progress)
    scores = []
    for k in range(request.subjects):
        progress("hunting", k / request.subjects)
        seed = request.seed + k
        case = maker.case(seed, request.generator, request.physics)
        scores.append(play(case, request.settings(seed), request.told_after()).scores)
    write_csv(out, COLUMNS, _rows(scores))
    record = HotspotSimulationRecord(
        method=request.method,
        generator=request.generator,
        physics=request.physics,
        subjects=request.subjects,
        level=LEVEL,
        scores=[summed([hunt[k] for hunt in scores]) for k in range(len(scores[0]))],
        out=str(out),
    )
    return record, scores


def summed(scores: Sequence[HuntScore]) -> HotspotScore:
    """Sum up how hunts stand after the same number of pulses.

    Parameters
    ----------
    scores : sequence of HuntScore
        One of each subject.

    Returns
    -------
    HotspotScore
        Medians and shares.
    """
    off_mm = mm_from_m(np.array([s.off_m for s in scores]))
    turned = np.degrees([s.turned_rad for s in scores])
    held_m = np.mean([s.off_m <= s.radius_m for s in scores])
    held_rad = np.mean([s.turned_rad <= s.turn_rad for s in scores])
    return HotspotScore(
        pulses=scores[0].pulses,
        median_mm=round(float(np.median(off_mm)), 2),
        p90_mm=round(float(np.percentile(off_mm, 90)), 2),
        median_deg=round(float(np.median(turned)), 1),
        median_regret_percent=round(100 * float(np.median([s.regret for s in scores])), 2),
        held_mm_percent=round(100 * float(held_m), 1),
        held_deg_percent=round(100 * float(held_rad), 1),
    )


def _rows(scores: list[tuple[HuntScore, ...]]) -> list[list[object]]:
    return [
        [
            k + 1,
            s.pulses,
            number(mm_from_m(s.off_m), 3),
            number(float(np.degrees(s.turned_rad)), 2),
            number(100 * s.regret, 3),
            number(mm_from_m(s.radius_m), 2),
            number(float(np.degrees(s.turn_rad)), 1),
            int(s.is_found),
        ]
        for k, hunt in enumerate(scores)
        for s in hunt
    ]
