"""Virtual lesions: a design with its schedule, its power, and the map of its results."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.field import load_operator
from cortistim.io.table.responses import ResponseTable, read_responses
from cortistim.mapping.lesion import (
    Site,
    Study,
    matched_control,
    overlap_weights,
    schedule,
    site_rates,
    study_power,
)
from cortistim.placement import Pose
from cortistim.protocol import Protocol, find_protocol
from cortistim.protocol.blocks import Train
from cortistim.records.form import number
from cortistim.records.lesion import (
    LesionDesignRecord,
    LesionMapRecord,
    LesionPowerRecord,
    LesionPowerRow,
    LesionSiteRecord,
    TrialRecord,
)
from cortistim.safety import DEFAULT_TABLE, check_protocol
from cortistim.study.request.coil import CoilRequest
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

SHORTEST_S = 3.0  # beynel2019 found more effect with short intervals; safety tables want rest
FEWEST_TRIALS = 8
CLOSE = 0.2  # difference of ratings from which a control is told to be poor; assumed
# picht2013: predictive values of navigated stimulation against direct stimulation
NEGATIVE_FIRST = (
    "negative sites come first: against surgery, a negative site was right in 84 of 100 cases "
    "and a positive one in 36 (Picht 2013); a positive site needs another test"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LesionDesignRequest:
    """A design to be laid out.

    Parameters
    ----------
    sites : Path
        Table with ``site``, and perhaps ``x_mm``, ``y_mm``, ``z_mm``, ``discomfort`` and
        ``click``.
    target : str
        The site in question.
    items : Path or int
        Table with ``item``, or how many there are.
    people : int
        How many.
    rate_hz : float [Hz]
        Of the train of each trial.
    pulses : int
        In each train.
    interval_s : float [s]
        Between starts of trials.
    percent_rmt : float
        Intensity.
    rmt_percent : float or None
        The threshold in % of the output, for the check.
    protocol : str or None
        Off-line: what is given before a block; then nothing is given in trials.
    table : str
        Of safety.
    seed : int
        Of orders.
    """

    sites: Path
    target: str
    items: Path | int
    people: int = 1
    rate_hz: float = 5.0
    pulses: int = 5
    interval_s: float = 4.0
    percent_rmt: float = 100.0
    rmt_percent: float | None = None
    protocol: str | None = None
    table: str = DEFAULT_TABLE
    seed: int = 1


def design_lesion(request: LesionDesignRequest) -> LesionDesignRecord:
    """Choose a matched control, lay out trials and check what they give.

    Parameters
    ----------
    request : LesionDesignRequest
        What is asked.

    Returns
    -------
    LesionDesignRecord
        With every trial.

    Raises
    ------
    BadInputError
        When sites, items or timing cannot be used.
    """
    sites = _sites(request.sites)
    target = next((site for site in sites if site.name == request.target), None)
    if target is None:
        known = ", ".join(site.name for site in sites)
        msg = f"`target` must be one of the sites ({quoted(known)}); got "
        msg += f"{quoted(request.target)}."
        raise BadInputError(msg)
    if len(sites) < 2:
        msg = (
            f"{request.sites}: a design takes two sites or more, one of them a control; got "
            "one. What a site does is known only against another one."
        )
        raise BadInputError(msg)
    control = matched_control(target, sites)
    items = _items(request.items)
    session, words = _session(request, len(items))
    verdict = check_protocol(session, request.table, rmt_percent=request.rmt_percent)
    trials = schedule(
        [site.name for site in sites], items, request.people, interval_s=request.interval_s,
        off_line=request.protocol is not None, seed=request.seed,
    )  # fmt: skip
    hurt, heard = (abs(getattr(target, name) - getattr(control, name))
                   for name in ("discomfort", "click"))  # fmt: skip
    return LesionDesignRecord(
        target=target.name,
        control=control.name,
        discomfort_apart=round(hurt, 3),
        click_apart=round(heard, 3),
        sites=[site.name for site in sites],
        items=len(items),
        people=request.people,
        protocol=words,
        verdict=verdict.verdict,
        reasons=[*verdict.reasons, *verdict.cautions],
        notes=_design_notes(request, sites, len(items), max(hurt, heard)),
        trials=[TrialRecord(**asdict(trial)) for trial in trials],
    )


def _sites(path: Path) -> list[Site]:
    table = read_responses(path)
    names = table.texts("site")
    if len(set(names)) != len(names) or not all(names):
        msg = f"{path}: the column site must hold different names."
        raise BadInputError(msg)
    ratings = [table.numbers(name, low=0, high=1) if table.has(name) else np.zeros(len(names))
               for name in ("discomfort", "click")]  # fmt: skip
    places = _places(table)
    return [
        Site(
            name,
            None if places is None else _triple(places[k]),
            float(ratings[0][k]),
            float(ratings[1][k]),
        )
        for k, name in enumerate(names)
    ]


def _triple(place_m: FloatArray) -> tuple[float, float, float]:
    x_m, y_m, z_m = place_m.tolist()
    return x_m, y_m, z_m


def _places(table: ResponseTable) -> FloatArray | None:
    names = ("x_mm", "y_mm", "z_mm")
    if not any(table.has(name) for name in names):
        return None
    return m_from_mm(np.column_stack([table.numbers(name) for name in names]))


def _items(given: Path | int) -> list[str]:
    if isinstance(given, int):
        return [f"item {k + 1}" for k in range(given)]
    names = read_responses(given).texts("item")
    if len(set(names)) != len(names) or not all(names):
        msg = f"{given}: the column item must hold different names."
        raise BadInputError(msg)
    return names


def _session(request: LesionDesignRequest, items: int) -> tuple[Protocol, str]:
    """Return what one person is given, and the words for it."""
    if request.protocol is not None:
        found = find_protocol(request.protocol).recipe.protocol()
        return found, f"off-line: {found.words}"
    if request.interval_s < SHORTEST_S:
        msg = f"`interval_s` must be {SHORTEST_S:g} or more; got {request.interval_s:g}."
        raise BadInputError(msg)
    length = request.pulses / request.rate_hz
    if length >= request.interval_s:
        msg = (
            f"{request.pulses} pulses at {request.rate_hz:g} Hz last {length:.2f} s and must "
            f"end before the next trial (`interval_s` {request.interval_s:g})."
        )
        raise BadInputError(msg)
    rest = request.interval_s - length
    train = Train(request.rate_hz, request.pulses, items, rest)
    line = train.expand()
    return Protocol(
        name="on-line lesion",
        pulse_times_s=line.times_s,
        relative_intensity=line.relative,
        intensity_fraction=request.percent_rmt / 100,
        threshold="rMT",
        words=train.words,
        sources=("given by the user",),
        confidence="medium",
        length_s=line.length_s,
    ), f"on-line: {train.words}, {request.percent_rmt:g} % rMT, from the start of each trial"


def _design_notes(
    request: LesionDesignRequest, sites: list[Site], items: int, apart: float
) -> list[str]:
    told = ["name all items twice without stimulation first, and leave out those that fail"]
    if apart > CLOSE:
        told.append(
            f"no control feels like the target: ratings differ by {apart:.2f}. Look for "
            "another site, or measure what discomfort does ('cortistim lesion simulate')"
        )
    if not any(site.discomfort or site.click for site in sites):
        told.append(
            "no site has ratings of discomfort and click (columns discomfort, click, from 0 to "
            "1): the control is not matched"
        )
    if items // len(sites) < FEWEST_TRIALS:
        told.append(f"{items // len(sites)} trials a site are few; {FEWEST_TRIALS} are usual")
    if request.people % len(sites):
        told.append(
            "items meet every site equally often only when people are a multiple of "
            f"{len(sites)}"
        )
    return told


def simulate_lesion(study: Study, *, runs: int = 1000, seed: int = 1) -> LesionPowerRecord:
    """Compare a matched control with none, with and without an effect.

    Parameters
    ----------
    study : Study
        With a matched control.
    runs, seed : int
        Of the simulation.

    Returns
    -------
    LesionPowerRecord
        Power and false positives.

    Raises
    ------
    BadInputError
        When the study cannot be simulated.
    """
    rows = []
    for control, matched in (("matched", study.matched), ("no stimulation", 0.0)):
        for effect in (study.effect, 0.0):
            got = study_power(
                replace(study, effect=effect, matched=matched), runs=runs, seed=seed
            )
            rows.append(
                LesionPowerRow(
                    control=control, effect=effect, share=round(got.share, 4),
                    low=round(got.low, 4), high=round(got.high, 4),
                    difference=round(got.difference, 4),
                )
            )  # fmt: skip
    fooled = rows[3].low > 0.05
    words = (
        "against no stimulation, discomfort alone passes for a lesion in "
        f"{100 * rows[3].share:.0f} of 100 studies, against the matched control in "
        f"{100 * rows[1].share:.0f}"
        if fooled
        else "discomfort alone does not pass for a lesion more often than chance"
    )
    return LesionPowerRecord(
        people=study.people, items=study.items, runs=runs, baseline=study.baseline,
        discomfort=study.discomfort, rows=rows, words=words,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class LesionMapRequest:
    """A map to be made.

    Parameters
    ----------
    table : Path
        A row for each trial.
    site, error : str
        Columns: where, and whether it failed.
    baseline : str
        What the site column holds without stimulation.
    margin : float
        Above the baseline, in share of errors.
    operator : Path or None
        With ``poses``: sites lend each other trials as far as their fields overlap.
    coil : CoilRequest
        At the poses.
    poses : tuple of Pose
        One for each site, in the order in which sites first occur.
    """

    table: Path
    site: str
    error: str
    baseline: str
    margin: float = 0.05
    operator: Path | None = None
    coil: CoilRequest | None = None
    poses: tuple[Pose, ...] = ()


def analyse_lesion(request: LesionMapRequest) -> LesionMapRecord:
    """Compare the sites of a table with the baseline.

    Parameters
    ----------
    request : LesionMapRequest
        What is asked.

    Returns
    -------
    LesionMapRecord
        Negative sites first.

    Raises
    ------
    BadInputError
        When there is no baseline or no site, or poses are not as many as sites.
    """
    table = read_responses(request.table)
    where, failed = table.texts(request.site), table.answers(request.error)
    names = [name for name in dict.fromkeys(where) if name != request.baseline]
    own = np.array([name == request.baseline for name in where])
    if not own.any() or not names:
        missing = "no row of it" if not own.any() else "nothing else"
        msg = (
            f"{request.table}: sites are compared with the baseline "
            f"{quoted(request.baseline)} of the same person (`baseline`); column "
            f"{quoted(request.site)} has {missing}."
        )
        raise BadInputError(msg)
    members = [np.array([name == other for other in where]) for name in names]
    errors = np.array([float(failed[rows].sum()) for rows in members])
    trials = np.array([float(rows.sum()) for rows in members])
    weights = _weights(request, names)
    rows = site_rates(names, errors, trials, (int(failed[own].sum()), int(own.sum())),
                      weights=weights, margin=request.margin)  # fmt: skip
    few = [name for name, count in zip(names, trials, strict=True) if count < FEWEST_TRIALS]
    notes = [NEGATIVE_FIRST]
    if few:
        notes.append(f"fewer than {FEWEST_TRIALS} trials at {', '.join(few)}")
    if len(names) == 1:
        notes.append("one site is no map: without an active control its discomfort counts, too")
    return LesionMapRecord(
        baseline_errors=int(failed[own].sum()),
        baseline_trials=int(own.sum()),
        margin=request.margin,
        smoothed=weights is not None,
        sites=[LesionSiteRecord(
            site=row.name, errors=row.errors, trials=row.trials,
            rests_on=number(row.weight, 2) or 0.0, rate=round(row.rate, 4),
            low=round(row.low, 4), high=round(row.high, 4),
            above_baseline=round(row.above, 4), call=row.call,
        ) for row in rows],
        notes=notes,
    )  # fmt: skip


def _weights(request: LesionMapRequest, names: list[str]) -> FloatArray | None:
    if request.operator is None or request.coil is None:
        return None
    if len(request.poses) != len(names):
        msg = (
            f"`poses` must hold one for each of the {len(names)} sites, in the order in which "
            f"they first occur; got {len(request.poses)}."
        )
        raise BadInputError(msg)
    fields = load_operator(request.operator).evaluate_many(request.coil.load(), request.poses)
    return overlap_weights(np.linalg.norm(fields, axis=2).astype(float))
