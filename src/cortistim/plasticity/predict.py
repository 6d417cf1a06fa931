"""A protocol's likely effect, as a distribution over parameter sets and people."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from types import ModuleType

import numpy as np

from cortistim.errors import BadInputError
from cortistim.plasticity import fung2014, graupner2012, huang2011, ma2024
from cortistim.plasticity.blockade import blockade, blocked
from cortistim.plasticity.calcium import (
    CEILING,
    LAST_WAIT_S,
    PROTEIN_S,
    Induction,
    close_pulses,
    expressed,
    induce,
    rested,
    resting,
)
from cortistim.plasticity.domain import outside
from cortistim.plasticity.drive import Drive, blocks_of, drive_of
from cortistim.plasticity.ensemble import MEMBERS, Ensemble, ensemble, with_genotype
from cortistim.plasticity.opinion import Opinion, declined
from cortistim.protocol import Course, Protocol
from cortistim.records.plasticity import Effect, EffectRecord
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray

DEFAULT_MINUTES = (1.0, 5.0, 15.0, 30.0, 60.0)
PAUSE_S = 240.0
"""A pause this long parts blocks: every state but metaplasticity and protein has rested."""
PEAK_S = 60.0 * np.arange(1.0, 31.0)
SMALL_PERCENT = 10.0  # changes above are large; assumed, near what sham leaves
NONE_PERCENT = 5.0
"""Medians up to this may be none: predictions shrink, so that one of 8 % still has a sign."""
CLEAR_PERCENT = 5.0  # from which a published model's sign is told as one; assumed
SURE = 0.65
"""Probability from which a sign counts as determined; assumed."""
MODELS = (huang2011, ma2024, graupner2012, fung2014)
SOURCES = (
    "shouval2002", "graupner2012", "tsodyks1997", "fung2014", "luboeinski2021",
    "wischnewski2015", "huang2005",
)  # fmt: skip
MOTOR = "calibrated on motor responses of the hand; other areas and clinical effects were not"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What differs from the protocol as written, given to an unknown person.

    Parameters
    ----------
    intensity : str
        Such as ``110%rMT``, instead of the protocol's own.
    block : str
        A receptor or channel to leave out; see `blockade.BLOCKADES`.
    genotype : str
        BDNF: ``val/val`` or ``met``; unknown when empty.
    """

    intensity: str = ""
    block: str = ""
    genotype: str = ""

    def applied(self, group: Ensemble, seed: int) -> tuple[Ensemble, list[str]]:
        """Return the ensemble under these conditions, and what a reader must know.

        Parameters
        ----------
        group : Ensemble
            Intact.
        seed : int
            Of the genotype's gain.

        Returns
        -------
        group : Ensemble
            With other parameters.
        notes : list of str
            Sentences.
        """
        notes = [MOTOR]
        if self.genotype:
            group = with_genotype(group, self.genotype, seed)
            notes.append("the gain of the BDNF genotype has a prior that includes zero")
        if self.block:
            group = blocked(group, self.block)
            notes.append(f"an experiment with the model: {blockade(self.block).words}")
        return group, notes

    def outside(self, drive: Drive) -> tuple[str, ...]:
        """Say why a session under these conditions is not determined; empty where it is.

        Parameters
        ----------
        drive : Drive
            One session.

        Returns
        -------
        tuple of str
            Sentences.
        """
        return blockade(self.block).outside(drive) if self.block else ()

    @property
    def block_sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib`` that the block rests on."""
        return blockade(self.block).sources if self.block else ()


AS_GIVEN = Conditions()


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Shown):
    """The change of excitability after a protocol.

    Parameters
    ----------
    protocol : str
        Its name.
    minutes : (n_minute,) array
        After the last pulse.
    percent : (n_member, n_minute) array
        Change for each member of the ensemble, a person.
    group_percent : (n_member, n_minute) array
        Change of the group that each of them belongs to: what a study would find.
    outside : tuple of str
        In which respects the protocol lies outside the data.
    notes : tuple of str
        What else a reader must know.
    opinions : tuple of Opinion
        Of the published models.
    block_sources : tuple of str
        Keys of ``references.bib`` that the block of a receptor or channel rests on.
    """

    protocol: str
    minutes: FloatArray
    percent: FloatArray
    group_percent: FloatArray
    outside: tuple[str, ...]
    notes: tuple[str, ...]
    opinions: tuple[Opinion, ...]
    block_sources: tuple[str, ...] = ()

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        rows = (
            (
                f"{row.minutes:g} min",
                f"{row.mean_percent:+.0f} % (SD {row.sd_percent:.0f}), {row.verdict}",
            )
            for row in self.summary()[:6]
        )
        return (("protocol", self.protocol), *rows)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of ``references.bib``."""
        asked = (key for said in self.opinions if said.answers for key in said.sources)
        return tuple(dict.fromkeys((*SOURCES, *self.block_sources, *asked)))

    def summary(self) -> tuple[EffectRecord, ...]:
        """Return mean, spread, probabilities and verdict for each time.

        Returns
        -------
        tuple of EffectRecord
            Ascending in time.
        """
        return tuple(self._at(i) for i in range(len(self.minutes)))

    def _at(self, i: int) -> EffectRecord:
        values = self.percent[:, i]
        p_up, p_down = float((values > 0).mean()), float((values < 0).mean())
        group = self.group_percent[:, i]
        verdict, why = judge(group, self.outside)
        low, middle, high = np.percentile(values, [10, 50, 90])
        return EffectRecord(
            minutes=_plain(self.minutes[i]),
            mean_percent=round(float(values.mean()), 3),
            sd_percent=round(float(values.std()), 3),
            p_up=round(p_up, 4),
            p_down=round(p_down, 4),
            p_group_up=round(float((group > 0).mean()), 4),
            verdict=verdict,
            reasons=(*why, *self.notes),
            p10_percent=round(float(low), 3),
            median_percent=round(float(middle), 3),
            p90_percent=round(float(high), 3),
            p_responds=round(float((np.abs(values) > SMALL_PERCENT).mean()), 4),
        )


def judge(percent: FloatArray, outside_because: tuple[str, ...]) -> tuple[Effect, list[str]]:
    """Return the verdict on what a study would find at one time, with reasons.

    None means a median within 5 % and a probability below a half of more than 10 % either
    way; not determined means outside the data, or neither sign at 0.65 or more.

    Parameters
    ----------
    percent : (n_member,) array
        Changes of groups.
    outside_because : tuple of str
        Sentences from `domain.outside`.

    Returns
    -------
    verdict : str
        ``up``, ``down``, ``none`` or ``not determined``.
    reasons : list of str
        Sentences.
    """
    if outside_because:
        return "not determined", list(outside_because)
    median = float(np.median(percent))
    large = float((np.abs(percent) > SMALL_PERCENT).mean())
    if abs(median) <= NONE_PERCENT and large < 0.5:
        return "none", [f"median {median:+.1f} %, P(|change| > 10 %) = {large:.2f} < 0.5"]
    p_up, p_down = float((percent > 0).mean()), float((percent < 0).mean())
    said = f"P(up) = {p_up:.2f}, P(down) = {p_down:.2f}"
    if max(p_up, p_down) < SURE:
        return "not determined", [f"{said}: neither reaches {SURE}"]
    return ("up" if p_up > p_down else "down"), [said]


def predict(
    given: Protocol | Course,
    minutes: Iterable[float] = DEFAULT_MINUTES,
    *,
    under: Conditions = AS_GIVEN,
    members: int = MEMBERS,
    seed: int = 1,
    models: bool = True,
) -> Prediction:
    """Predict the change of excitability after a protocol or course.

    Parameters
    ----------
    given : Protocol or Course
        What is given.
    minutes : iterable of float
        After the last pulse.
    under : Conditions
        Another intensity, a blocked receptor, a genotype.
    members : int
        Of the ensemble.
    seed : int
        Of the ensemble.
    models : bool
        Ask the published models too, which takes seconds.

    Returns
    -------
    Prediction
        A distribution for each time.

    Raises
    ------
    BadInputError
        When a time, the intensity, the block or the genotype cannot be used.
    """
    times_min = checked_minutes(minutes)
    protocol = given.protocol if isinstance(given, Course) else given
    starts_s = given.session_starts_s if isinstance(given, Course) else np.zeros(1)
    drive = drive_of(protocol, under.intensity)
    group, notes = under.applied(ensemble(members, seed), seed)
    parts = blocks_of(drive, PAUSE_S)
    log_change = course_of(group.theta, drive, starts_s, 60.0 * times_min)
    if group.neighbours is not None and len(starts_s) == 1:
        log_change = completed(group, drive, log_change, 60.0 * times_min)
    of_groups = group.in_laboratories(log_change)
    percent = 100 * np.expm1(group.responses(of_groups))
    single = len(starts_s) == 1
    opinions = _opinions(drive, times_min, under.block, single=single) if models else ()
    notes += _disagreement(percent, opinions)
    limits = (*outside(drive, len(parts), len(starts_s)), *under.outside(drive))
    if group.neighbours is not None and drive.drive.any():
        limits += group.neighbours.disputed(drive)
    return Prediction(
        given.name,
        times_min,
        percent,
        100 * np.expm1(of_groups),
        limits,
        tuple(notes),
        opinions,
        under.block_sources,
    )


def checked_minutes(minutes: Iterable[float]) -> FloatArray:
    """Return times as an ascending array.

    Parameters
    ----------
    minutes : iterable of float
        After the last pulse.

    Returns
    -------
    (n_minute,) array
        Ascending, without repeats.

    Raises
    ------
    BadInputError
        When there is none, or one is negative or not finite.
    """
    found = np.unique(np.asarray(list(minutes), dtype=float))
    if not len(found) or not np.isfinite(found).all() or found[0] < 0:
        msg = f"minutes after the end must be finite and 0 or more; got {found.tolist()}."
        raise BadInputError(msg)
    return found


def course_of(
    theta: FloatArray, drive: Drive, starts_s: FloatArray, after_s: FloatArray
) -> FloatArray:
    """Return the log change after all sessions, for every member.

    A block that starts from the same metaplastic state as an earlier one is not run again.

    Parameters
    ----------
    theta : (n_member, n_parameter) array
        Parameters.
    drive : Drive
        One session.
    starts_s : (n_session,) array [s]
        Ascending.
    after_s : (n_time,) array [s]
        After the very last pulse.

    Returns
    -------
    (n_member, n_time) array
        Log change of excitability.
    """
    if not drive.n_pulses or not drive.drive.any():
        return np.zeros((len(theta), len(after_s)))
    parts = blocks_of(drive, PAUSE_S)
    run = partial(_remembered, theta, parts, {})
    state, protein, last_s = resting(theta, drive), 0.0, -np.inf
    end_s = starts_s[-1] + drive.pulse_times_s[-1]
    total = np.zeros((len(theta), len(after_s)))
    for start_s in starts_s:
        for which, part in enumerate(parts):
            first_s, stop_s = start_s + part.pulse_times_s[[0, -1]]
            if np.isfinite(last_s):
                pause_s = max(first_s - last_s - LAST_WAIT_S, 0.0)
                state = rested(theta, state, pause_s)
            induction = run(which, state)
            protein = protein * np.exp(-(stop_s - last_s) / PROTEIN_S) + induction.close_pulses
            total += expressed(theta, induction, protein, after_s + end_s - stop_s)
            state, last_s = induction.state, stop_s
    return np.clip(total, -CEILING, CEILING)


def completed(
    group: Ensemble, drive: Drive, log_change: FloatArray, after_s: FloatArray
) -> FloatArray:
    """Add to a course what the model misses of protocols that are like this one.

    Parameters
    ----------
    group : Ensemble
        With neighbours.
    drive : Drive
        One session.
    log_change : (n_member, n_time) array
        From `course_of`.
    after_s : (n_time,) array [s]
        After the last pulse.

    Returns
    -------
    (n_member, n_time) array
        Log change; what is added follows the course of any change, its peak being whole.
    """
    if group.neighbours is None or not drive.n_pulses or not drive.drive.any():
        return log_change
    missed = group.neighbours.missed(drive)
    nothing, close = np.zeros(len(missed)), close_pulses(drive)
    alone = Induction(missed, nothing, nothing, close, np.zeros((0, 2)), drive.duration_s)
    peak = np.abs(expressed(group.theta, alone, close, PEAK_S)).max(axis=1, keepdims=True)
    course = expressed(group.theta, alone, close, after_s)
    added = course * np.abs(missed)[:, None] / np.maximum(peak, 1e-12)
    return np.clip(log_change + added, -CEILING, CEILING)


def _remembered(
    theta: FloatArray, parts: list[Drive], known: dict, which: int, state: FloatArray
) -> Induction:
    key = (which, np.round(state, 6).tobytes())
    if key not in known:
        known[key] = induce(theta, parts[which], state)
    return known[key]


def _opinions(
    drive: Drive, minutes: FloatArray, block: str, *, single: bool
) -> tuple[Opinion, ...]:
    if not single or not drive.n_pulses or not drive.drive.any():
        return ()
    if block:  # an intact model beside a blocked one would look like a disagreement
        why = f"outside the model: it knows no block of {block}"
        return tuple(declined(model.NAME, minutes, why, model.SOURCES) for model in MODELS)
    return tuple(_opinion(model, drive, minutes) for model in MODELS)


def _opinion(model: ModuleType, drive: Drive, minutes: FloatArray) -> Opinion:
    if drive.contraction and model is not huang2011:
        why = "outside the model: it does not know what the muscle did"
        return declined(model.NAME, minutes, why, model.SOURCES)
    return model.opinion(drive, minutes)


def _disagreement(percent: FloatArray, opinions: tuple[Opinion, ...]) -> list[str]:
    """Name the published models that clearly say the other sign at some time."""
    mean = percent.mean(axis=0)
    against = [
        opinion.model
        for opinion in opinions
        if opinion.answers and _contradicts(opinion.percent, mean)
    ]
    return [f"published models that disagree: {', '.join(against)}"] if against else []


def _contradicts(percent: FloatArray, mean: FloatArray) -> bool:
    return bool(((percent * mean < 0) & (np.abs(percent) > CLEAR_PERCENT)).any())


def _plain(minutes: float) -> float | int:
    return int(minutes) if float(minutes).is_integer() else float(minutes)


__all__ = ["DEFAULT_MINUTES", "Conditions", "Ensemble", "Prediction", "judge", "predict"]
