"""Plasticity as records: what is predicted for a protocol, for scripts and reports."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.plasticity import (
    DEFAULT_MINUTES,
    SMALL_PERCENT,
    Conditions,
    Prediction,
    predict,
)
from cortistim.plasticity.calcium import MODEL_VERSION
from cortistim.plasticity.ensemble import MEMBERS, model_hash
from cortistim.plasticity.evidence import evidence
from cortistim.plasticity.opinion import Opinion
from cortistim.protocol import Course, find_protocol
from cortistim.records import number
from cortistim.records.plasticity import (
    CourseEffectRecord,
    Effect,
    EvidenceRecord,
    ModelsRecord,
    OpinionRecord,
    PredictionRecord,
)
from cortistim.sources import describe, references
from cortistim.study.record import sources_record

DEFAULT_MODEL = "calcium"
VERDICT_MIN = 15
"""When a plan's verdict on plasticity holds, in minutes after the last pulse."""
HONEST = (
    "About half of people respond in the expected direction. This is the opinion of a model "
    "calibrated on group means of motor responses; it predicts no single person and no "
    "clinical effect."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictRequest:
    """What is to be predicted.

    Parameters
    ----------
    protocol : str
        A name or a file.
    minutes : tuple of float
        After the last pulse.
    intensity, block, genotype : str
        As in `cortistim.plasticity.predict`.
    seed : int
        Of the ensemble.
    members : int
        Of the ensemble.
    """

    protocol: str
    minutes: tuple[float, ...] = DEFAULT_MINUTES
    intensity: str = ""
    block: str = ""
    genotype: str = ""
    seed: int = 1
    members: int = MEMBERS

    def course(self) -> Course:
        """Find the protocol and its sessions.

        Returns
        -------
        Course
            A single session is a course of one.
        """
        return find_protocol(self.protocol).course()

    def predict(
        self, minutes: Iterable[float] | None = None, *, models: bool = True
    ) -> Prediction:
        """Run the ensemble, and the published models if asked for.

        Parameters
        ----------
        minutes : iterable of float, optional
            Instead of those of the request.
        models : bool
            Ask the published models too.

        Returns
        -------
        Prediction
            A distribution for each time.
        """
        return predict(
            self.course(),
            self.minutes if minutes is None else minutes,
            under=Conditions(self.intensity, self.block, self.genotype),
            members=self.members,
            seed=self.seed,
            models=models,
        )


def prediction_record(prediction: Prediction) -> PredictionRecord:
    """Return a prediction as a record.

    Parameters
    ----------
    prediction : Prediction
        From `predict`.

    Returns
    -------
    PredictionRecord
        A row per time, of the ensemble and of every model, and what they rest on.
    """
    summary = prediction.summary()
    published = {said.model: _opinion_rows(prediction, said) for said in prediction.opinions}
    return PredictionRecord(
        protocol=prediction.protocol,
        minutes=tuple(row.minutes for row in summary),
        ensemble=summary,
        models=ModelsRecord(calcium=summary, **published),
        members=len(prediction.percent),
        model_version=MODEL_VERSION,
        model_hash=model_hash(),
        outside_the_data=prediction.outside,
        honest=HONEST,
        sources=sources_record(prediction.sources),
    )


def course_record(course: Course) -> CourseEffectRecord:
    """Return what a plan says of plasticity; the published models are left out.

    Parameters
    ----------
    course : Course
        A single session is a course of one.

    Returns
    -------
    CourseEffectRecord
        With the verdict at `VERDICT_MIN` minutes; no rows and a reason where the protocol's
        intensity has no motor threshold to relate to.
    """
    try:
        record = prediction_record(predict(course, models=False))
    except BadInputError as error:
        return CourseEffectRecord(
            verdict="not determined",
            reasons=(str(error),),
            minutes=(),
            ensemble=(),
            honest=HONEST,
            sources=(),
        )
    middle = next(row for row in record.ensemble if row.minutes == VERDICT_MIN)
    return CourseEffectRecord(
        verdict=middle.verdict,
        reasons=middle.reasons,
        minutes=record.minutes,
        ensemble=record.ensemble,
        members=record.members,
        model_version=record.model_version,
        model_hash=record.model_hash,
        outside_the_data=record.outside_the_data,
        honest=HONEST,
        sources=record.sources,
    )


def _opinion_rows(prediction: Prediction, opinion: Opinion) -> tuple[OpinionRecord, ...]:
    return tuple(
        OpinionRecord(
            minutes=row.minutes,
            mean_percent=number(value, 3),
            verdict=_sign(float(value)),
            reasons=(opinion.reason,),
        )
        for row, value in zip(prediction.summary(), opinion.percent, strict=True)
    )


def _sign(percent: float) -> Effect:
    if not np.isfinite(percent):
        return "not determined"
    if abs(percent) < SMALL_PERCENT:
        return "none"
    return "up" if percent > 0 else "down"


def evidence_record(topic: str = "") -> tuple[EvidenceRecord, ...]:
    """Return cited statements.

    Parameters
    ----------
    topic : str
        Words to look for; everything when empty.

    Returns
    -------
    tuple of EvidenceRecord
        In the order of topics.
    """
    return tuple(
        EvidenceRecord(
            topic=found.topic,
            finding=found.finding,
            study=found.study,
            source=_source(found.source),
            confidence=found.confidence,
        )
        for found in evidence(topic)
    )


def _source(key: str) -> str:
    return describe(key) if key in references() else key
