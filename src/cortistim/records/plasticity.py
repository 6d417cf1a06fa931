"""What models expect of a protocol, and what there is evidence for, as records."""

from dataclasses import dataclass
from typing import Literal

from msgspec import UNSET, UnsetType

from cortistim.records.provenance import SourceRecord

Effect = Literal["up", "down", "none", "not determined"]


@dataclass(frozen=True, kw_only=True)
class EffectRecord:
    """The ensemble's change of excitability at one time.

    Parameters
    ----------
    minutes : float
        After the last pulse.
    mean_percent, sd_percent : float
        Over the members.
    p_up, p_down : float
        Probability of either sign in a person.
    p_group_up : float
        Probability that the mean of a group rises, which the verdict rests on.
    verdict : {"up", "down", "none", "not determined"}
        What may be said.
    reasons : tuple of str
        Why, and what a reader must know.
    p10_percent, median_percent, p90_percent : float
        Quantiles over the members.
    p_responds : float
        Probability of more than 10 % either way.
    """

    minutes: float
    mean_percent: float
    sd_percent: float
    p_up: float
    p_down: float
    p_group_up: float
    verdict: Effect
    reasons: tuple[str, ...]
    p10_percent: float
    median_percent: float
    p90_percent: float
    p_responds: float


@dataclass(frozen=True, kw_only=True)
class OpinionRecord:
    """What a published model says at one time.

    Parameters
    ----------
    minutes : float
        After the last pulse.
    mean_percent : float or None
        None where the model does not answer.
    verdict : {"up", "down", "none", "not determined"}
        Its sign.
    reasons : tuple of str
        Why it does not answer, or what the answer leaves out.
    """

    minutes: float
    mean_percent: float | None
    verdict: Effect
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ModelsRecord:
    """Rows of every model that was asked.

    Parameters
    ----------
    calcium : tuple of EffectRecord
        The default model's ensemble.
    huang2011, ma2024, graupner2012, fung2014 : tuple of OpinionRecord, optional
        Published models; absent where none was asked, as for sham or a course.
    """

    calcium: tuple[EffectRecord, ...]
    huang2011: tuple[OpinionRecord, ...] | UnsetType = UNSET
    ma2024: tuple[OpinionRecord, ...] | UnsetType = UNSET
    graupner2012: tuple[OpinionRecord, ...] | UnsetType = UNSET
    fung2014: tuple[OpinionRecord, ...] | UnsetType = UNSET

    def published(self) -> dict[str, tuple[OpinionRecord, ...]]:
        """Return the rows of the published models that were asked, by author and year.

        Returns
        -------
        dict of str to tuple of OpinionRecord
            Without those that were not asked.
        """
        rows = {
            "huang2011": self.huang2011,
            "ma2024": self.ma2024,
            "graupner2012": self.graupner2012,
            "fung2014": self.fung2014,
        }
        return {name: said for name, said in rows.items() if said is not UNSET}


@dataclass(frozen=True, kw_only=True)
class PredictionRecord:
    """A predicted effect.

    Parameters
    ----------
    protocol : str
        Its name.
    minutes : tuple of float
        After the last pulse.
    ensemble : tuple of EffectRecord
        One for each time.
    models : ModelsRecord
        The same beside published models.
    members : int
        Of the ensemble.
    model_version : str
        Of the default model.
    model_hash : str
        Of the same with its parameters.
    outside_the_data : tuple of str
        In which respects the protocol lies outside the calibration.
    honest : str
        What the prediction is not.
    sources : tuple of SourceRecord
        What it rests on.
    """

    protocol: str
    minutes: tuple[float, ...]
    ensemble: tuple[EffectRecord, ...]
    models: ModelsRecord
    members: int
    model_version: str
    model_hash: str
    outside_the_data: tuple[str, ...]
    honest: str
    sources: tuple[SourceRecord, ...]


@dataclass(frozen=True, kw_only=True)
class CourseEffectRecord:
    """What a plan says of plasticity.

    Parameters
    ----------
    verdict : {"up", "down", "none", "not determined"}
        15 minutes after the last pulse.
    reasons : tuple of str
        Why.
    minutes : tuple of float
        Empty where the intensity has no motor threshold to relate to.
    ensemble : tuple of EffectRecord
        One for each time.
    members, model_version, model_hash, outside_the_data : see `PredictionRecord`, optional
        Absent where nothing was predicted.
    honest : str
        What the prediction is not.
    sources : tuple of SourceRecord
        What it rests on.
    """

    verdict: Effect
    reasons: tuple[str, ...]
    minutes: tuple[float, ...]
    ensemble: tuple[EffectRecord, ...]
    members: int | UnsetType = UNSET
    model_version: str | UnsetType = UNSET
    model_hash: str | UnsetType = UNSET
    outside_the_data: tuple[str, ...] | UnsetType = UNSET
    honest: str
    sources: tuple[SourceRecord, ...]


@dataclass(frozen=True, kw_only=True)
class EvidenceRecord:
    """A cited statement on an effect without a dose model.

    Parameters
    ----------
    topic, finding, study : str
        What it is about, what was seen, and on whom.
    source : str
        The publication in words.
    confidence : {"high", "medium", "low"}
        How sure the numbers are those of the source.
    """

    topic: str
    finding: str
    study: str
    source: str
    confidence: Literal["high", "medium", "low"]
