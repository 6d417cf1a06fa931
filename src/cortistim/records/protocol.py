"""Protocols as records: sessions, what a device makes of them, the library, a search."""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from cortistim.records.plasticity import EffectRecord
from cortistim.records.safety import (
    ClearanceRecord,
    Confidence,
    CourseDoseRecord,
    LabelRecord,
    TrainAloneRecord,
    VerdictRecord,
)

Deliverable = Literal["deliverable", "not deliverable", "not known"]
Status = Literal["cleared", "guideline", "emerging", "laboratory", "short name"]
Goal = Literal["raise", "lower"]


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """One session, without its pulse times.

    Parameters
    ----------
    name, words : str
        What it is called, and its pattern.
    pulses, nerve_stimuli : int
        How many there are.
    length_s : float
        Of the session.
    intensity : str
        With its threshold.
    waveform : str
        Of each pulse.
    threshold_muscle, threshold_method : str
        How the threshold is measured, or ``not stated``.
    confidence : {"high", "medium", "low"}
        How sure the pattern is.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    """

    name: str
    words: str
    pulses: int
    nerve_stimuli: int
    length_s: float
    intensity: str
    waveform: str
    threshold_muscle: str
    threshold_method: str
    confidence: Confidence
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DeliveryRecord:
    """What a stimulator can deliver of a session.

    Parameters
    ----------
    name : str
        The device.
    verdict : {"deliverable", "not deliverable", "not known"}
        What is known of it.
    reason : str
        Why.
    missing : str, optional
        The parameter that would tell the output, where it is not known.
    deliverable_up_to_percent_mso : float, optional
        The highest output of these pulses, where theirs is not known.
    percent_mso : float, optional
        The output that is asked for.
    notes : tuple of str, optional
        What else to know.
    mean_power_w : float, optional
        Over a train and its pause.
    heat_j : float, optional
        Of all pulses.
    sources : tuple of str
        Of the device's limits, spelt out.
    """

    name: str
    verdict: Deliverable
    reason: str
    missing: str | UnsetType = UNSET
    deliverable_up_to_percent_mso: float | UnsetType = UNSET
    percent_mso: float | UnsetType = UNSET
    notes: tuple[str, ...] | UnsetType = UNSET
    mean_power_w: float | UnsetType = UNSET
    heat_j: float | UnsetType = UNSET
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CheckRecord(VerdictRecord):
    """A checked protocol.

    Parameters
    ----------
    protocol, verdict, table, table_words, table_basis : see `VerdictRecord`
        The verdict.
    cell, limits, reasons, cautions, published_bursts : see `VerdictRecord`
        What it rests on.
    missing, sources, notice : see `VerdictRecord`
        What to know of it.
    train_alone : TrainAloneRecord, optional
        Of an entry of the library that lacks numbers.
    labelled_use : tuple of LabelRecord
        Cleared uses with these pulses.
    dose : CourseDoseRecord, optional
        Pulses of the course, where they are known.
    confidence : {"high", "medium", "low"}
        How sure the protocol is.
    protocol_record : SessionRecord, optional
        The session, where it is known.
    stimulator : DeliveryRecord, optional
        What the device makes of it, where one was named.
    version : str
        Of the package.
    audit : str
        The file that it was recorded in.
    """

    train_alone: TrainAloneRecord | UnsetType = UNSET
    labelled_use: tuple[LabelRecord, ...]
    dose: CourseDoseRecord | UnsetType = UNSET
    confidence: Confidence
    protocol_record: SessionRecord | UnsetType = UNSET
    stimulator: DeliveryRecord | UnsetType = UNSET
    version: str
    audit: str


@dataclass(frozen=True, kw_only=True)
class EvidenceGrade:
    """How well a use is supported.

    Parameters
    ----------
    level : str
        ``A`` to ``C``, or empty where nobody graded it.
    graded_by : str
        A key of ``references.bib``, or empty.
    confidence : {"high", "medium", "low"}
        How sure the grade is that of its source.
    note : str, optional
        What to know of it.
    """

    level: str | UnsetType = UNSET
    graded_by: str | UnsetType = UNSET
    confidence: Confidence | UnsetType = UNSET
    note: str | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class StatedDose:
    """The numbers of a session as its sources state them; only what they state.

    Parameters
    ----------
    intensity : str
        As stated.
    rate_hz : float, optional
        Within a train.
    pulses_per_train : int, optional
        How many.
    train_s, rest_s : float, optional
        Length of a train, and the rest after it.
    trains, pulses : int, optional
        How many.
    duration_s : float, optional
        Of the session.
    """

    intensity: str
    rate_hz: float | UnsetType = UNSET
    pulses_per_train: int | UnsetType = UNSET
    train_s: float | UnsetType = UNSET
    rest_s: float | UnsetType = UNSET
    trains: int | UnsetType = UNSET
    pulses: int | UnsetType = UNSET
    duration_s: float | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class OutcomeRecord:
    """What a trial found.

    Parameters
    ----------
    study, design : str
        Which trial, and how it was made.
    people : int, optional
        How many took part.
    measure : str
        What was measured.
    active, sham : str
        With stimulation and without.
    source : str
        A key of ``references.bib``, or words.
    basis : str
        What of it was read, and what is quoted from memory.
    """

    study: str
    design: str
    people: int | UnsetType = UNSET
    measure: str
    active: str
    sham: str
    source: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class BasisRecord:
    """What of an entry was read, and what is quoted from memory.

    Parameters
    ----------
    source, dose : str
        ``read``, ``memory`` or ``mixed``, with what is which.
    """

    source: str
    dose: str


@dataclass(frozen=True, kw_only=True)
class ListedProtocol:
    """A protocol in the list of all.

    Parameters
    ----------
    id : str
        What a user types.
    status : str
        ``cleared``, ``guideline``, ``emerging``, ``laboratory`` or ``short name``.
    use, target, coil : str
        What it is for, where and with what; the last two may be empty.
    confidence : {"high", "medium", "low"}
        How sure the entry is.
    evidence : EvidenceGrade
        How well it is supported; empty besides the library.
    regulator : tuple of ClearanceRecord
        Clearances.
    intensity : str
        With its threshold.
    pulses : int or None
        None where they are not stated.
    length_s : float or None
        The same.
    complete : bool
        Whether it can be simulated.
    missing : tuple of str
        What nobody stated.
    sources : tuple of str
        Keys of ``references.bib`` and words.
    """

    id: str
    status: Status
    use: str
    target: str
    coil: str
    confidence: Confidence
    evidence: EvidenceGrade
    regulator: tuple[ClearanceRecord, ...]
    intensity: str
    pulses: int | None
    length_s: float | None
    complete: bool
    missing: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProposalRecord:
    """A session that a search found.

    Parameters
    ----------
    name, words : str
        What it is called, and its pattern.
    pulses : int
        How many there are.
    length_s : float
        Of the session.
    intensity : str
        With its threshold.
    p_raise, p_lower : float, optional
        Probability of the change that is wanted; the other one is absent.
    mean_percent, sd_percent : float
        Over the ensemble, at the time that is asked for.
    probable_for_min : float
        For how long the change stays clear.
    clear : bool
        Whether it is, at that time.
    safety : VerdictRecord, optional
        Of the proposal alone.
    prediction : EffectRecord, optional
        Of the proposal alone, by its own run of the ensemble.
    """

    name: str
    words: str
    pulses: int
    length_s: float
    intensity: str
    p_raise: float | UnsetType = UNSET
    p_lower: float | UnsetType = UNSET
    mean_percent: float
    sd_percent: float
    probable_for_min: float
    clear: bool
    safety: VerdictRecord | UnsetType = UNSET
    prediction: EffectRecord | UnsetType = UNSET

    @property
    def p_wanted(self) -> float:
        """Probability of the change that is wanted."""
        return self.p_lower if self.p_raise is UNSET else self.p_raise  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class CountsRecord:
    """How many candidates each demand leaves.

    Parameters
    ----------
    candidates, within_limits, as_wished : int
        All, those within the safety table, and those as short, weak and small as asked for.
    deliverable_and_inside_the_data, more_likely_than_not : int
        Those that can be delivered and predicted, and those that probably do what is wanted.
    """

    candidates: int
    within_limits: int
    as_wished: int
    deliverable_and_inside_the_data: int
    more_likely_than_not: int


@dataclass(frozen=True, kw_only=True)
class SearchRecord:
    """A search for a session.

    Parameters
    ----------
    goal : {"raise", "lower"}
        What is wanted of excitability.
    minutes : float
        When, after the last pulse.
    table : str
        The safety table that was kept to.
    seed : int
        Of the proposal's prediction.
    proposal : ProposalRecord or None
        With its verdict and prediction; None when nothing fits.
    reason : str
        Why nothing fits, or empty.
    ranking : str
        By what the order is.
    alternatives : tuple of ProposalRecord
        The next best.
    trade_off : tuple of ProposalRecord
        Those that no other candidate beats in probability, duration and length at once.
    counts : CountsRecord
        What each demand leaves.
    version : str
        Of the package.
    notice : str
        What a proposal is not.
    warnings : tuple of str, optional
        Of the files.
    """

    goal: Goal
    minutes: float
    table: str
    seed: int
    proposal: ProposalRecord | None
    reason: str
    ranking: str
    alternatives: tuple[ProposalRecord, ...]
    trade_off: tuple[ProposalRecord, ...]
    counts: CountsRecord
    version: str
    notice: str
    warnings: tuple[str, ...] | UnsetType = UNSET
