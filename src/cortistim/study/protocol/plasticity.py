"""Plasticity as records: what is predicted for a protocol, for scripts and reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cortistim.errors import BadInputError
from cortistim.plasticity import DEFAULT_MINUTES, Conditions, Prediction, predict
from cortistim.plasticity.calcium import MODEL_VERSION
from cortistim.plasticity.ensemble import MEMBERS, model_hash
from cortistim.plasticity.evidence import evidence
from cortistim.plasticity.opinion import Opinion
from cortistim.protocol import Course, find_protocol
from cortistim.sources import describe, references

DEFAULT_MODEL = "calcium"
VERDICT_MIN = 15
"""When a plan's verdict on plasticity holds, in minutes after the last pulse."""
HONEST = (
    "About half of people respond in the expected direction. This is the opinion of a model "
    "calibrated on group means of motor responses; it predicts no single person and no "
    "clinical effect."
)


@dataclass(frozen=True, slots=True)
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
        """Find the protocol and its sessions."""
        return find_protocol(self.protocol).course()

    def predict(
        self, minutes: Iterable[float] | None = None, *, models: bool = True
    ) -> Prediction:
        """Run the ensemble, and the published models if asked for."""
        return predict(
            self.course(),
            self.minutes if minutes is None else minutes,
            under=Conditions(self.intensity, self.block, self.genotype),
            members=self.members,
            seed=self.seed,
            models=models,
        )


def prediction_record(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction as plain values.

    Parameters
    ----------
    prediction : Prediction
        From `predict`.

    Returns
    -------
    dict
        ``minutes``, ``ensemble`` (a row per time) and ``models`` (rows by name), and what
        they rest on.
    """
    summary = prediction.summary()
    rows = {said.model: _opinion_rows(prediction, said) for said in prediction.opinions}
    known = [key for key in prediction.sources if key in references()]
    return {
        "protocol": prediction.protocol,
        "minutes": [row["minutes"] for row in summary],
        "ensemble": summary,
        "models": {DEFAULT_MODEL: summary, **rows},
        "members": len(prediction.percent),
        "model_version": MODEL_VERSION,
        "model_hash": model_hash(),
        "outside_the_data": list(prediction.outside),
        "honest": HONEST,
        "sources": [{"key": key, "text": describe(key)} for key in known],
    }


def course_record(course: Course) -> dict[str, Any]:
    """Return what a plan says of plasticity; the published models are left out.

    Parameters
    ----------
    course : Course
        A single session is a course of one.

    Returns
    -------
    dict
        As `prediction_record`, with the verdict at `VERDICT_MIN` minutes; no rows and a
        reason where the protocol's intensity has no motor threshold to relate to.
    """
    found = {"verdict": "not determined", "reasons": [], "minutes": [], "ensemble": []}
    try:
        record = prediction_record(predict(course, models=False))
    except BadInputError as error:
        return {**found, "reasons": [str(error)], "honest": HONEST, "sources": []}
    kept = {key: value for key, value in record.items() if key not in ("models", "protocol")}
    middle = next(row for row in record["ensemble"] if row["minutes"] == VERDICT_MIN)
    return {**found, **kept, "verdict": middle["verdict"], "reasons": middle["reasons"]}


def _opinion_rows(prediction: Prediction, opinion: Opinion) -> list[dict[str, Any]]:
    return [
        {
            "minutes": row["minutes"],
            "mean_percent": round(float(value), 3) if np.isfinite(value) else None,
            "verdict": _sign(float(value)),
            "reasons": [opinion.reason],
        }
        for row, value in zip(prediction.summary(), opinion.percent, strict=True)
    ]


def _sign(percent: float) -> str:
    if not np.isfinite(percent):
        return "not determined"
    if abs(percent) < 10:
        return "none"
    return "up" if percent > 0 else "down"


def evidence_record(topic: str = "") -> list[dict[str, str]]:
    """Return cited statements as plain values.

    Parameters
    ----------
    topic : str
        Words to look for; everything when empty.

    Returns
    -------
    list of dict
        ``topic``, ``finding``, ``study``, ``source``, ``confidence``.
    """
    return [
        {
            "topic": found.topic,
            "finding": found.finding,
            "study": found.study,
            "source": _source(found.source),
            "confidence": found.confidence,
        }
        for found in evidence(topic)
    ]


def _source(key: str) -> str:
    return describe(key) if key in references() else key
