"""Questions before a session: every answer gets a decision, and so does a missing one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from cortistim.errors import BadInputError, quoted
from cortistim.naming import did_you_mean
from cortistim.plain import plain_yaml
from cortistim.records.safety import Decision, FlagRecord

DECISIONS: tuple[Decision, ...] = get_args(Decision)
"""From nothing to note to the gravest; ``ask`` where nobody answered."""
YES = ("yes", "true", "y", "1")
NO = ("no", "false", "n", "0")
UNKNOWN = ("", "unknown", "?")


@dataclass(frozen=True, slots=True)
class Screening:
    """All topics with their decisions.

    Parameters
    ----------
    flags : tuple of FlagRecord
        One per topic, answered or not.
    """

    flags: tuple[FlagRecord, ...]

    @property
    def decision(self) -> Decision:
        """The gravest decision; never ``clear`` while a topic is unanswered."""
        return DECISIONS[max(DECISIONS.index(flag.decision) for flag in self.flags)]

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Topics that nobody answered."""
        return tuple(flag.topic for flag in self.flags if flag.decision == "ask")


@cache
def _content() -> dict[str, Any]:
    text = files("cortistim").joinpath("safety/data/screening.yaml").read_text("utf-8")
    return plain_yaml(text, "the shipped topics")


def topic_keys() -> tuple[str, ...]:
    """Return the keys that `screen` understands.

    Returns
    -------
    tuple of str
        In the order of the topics.
    """
    return tuple(topic["key"] for topic in _content()["topics"])


def screen(answers: Mapping[str, Any]) -> Screening:
    """Decide on every topic.

    Parameters
    ----------
    answers : mapping
        By topic: yes or no, a number, or a list of drugs. ``unknown`` counts as unanswered.

    Returns
    -------
    Screening
        Defaults for a clinician to overrule; nothing is passed or blocked in silence.

    Raises
    ------
    BadInputError
        When a topic is unknown or an answer of the wrong kind.
    """
    for key in answers:
        if key not in topic_keys():
            hint = did_you_mean(str(key), topic_keys()) or f"Known: {', '.join(topic_keys())}."
            msg = f"no screening topic is named {quoted(key)}. {hint}".rstrip()
            raise BadInputError(msg)
    topics = _content()["topics"]
    return Screening(tuple(_flag(topic, answers.get(topic["key"], "")) for topic in topics))


def _flag(topic: Mapping[str, Any], answer: object) -> FlagRecord:
    if answer is None or (isinstance(answer, str) and answer.strip().lower() in UNKNOWN):
        return _decided(topic, "", "ask", "nobody answered; ask before stimulating")
    if topic["kind"] == "yes_no":
        yes = _yes(topic["key"], answer)
        worry = yes == topic.get("worry_if", True)
        said = "yes" if yes else "no"
        return _decided(topic, said, topic["decision"] if worry else "clear")
    if topic["kind"] == "number":
        return _number_flag(topic, answer)
    return _drug_flag(topic, answer)


def _decided(
    topic: Mapping[str, Any], answer: str, decision: Decision, words: str = ""
) -> FlagRecord:
    said = words or (topic["words"] if decision != "clear" else "nothing to note")
    return FlagRecord(
        topic=topic["key"],
        answer=answer,
        question=topic["question"],
        decision=decision,
        words=said,
        sources=tuple(topic["sources"]),
        basis=topic["basis"],
        confidence=topic["confidence"],
    )


def _yes(key: str, answer: object) -> bool:
    text = str(answer).strip().lower()
    if text in YES:
        return True
    if text in NO:
        return False
    msg = f"{key} must be yes, no or unknown; got {quoted(answer)}."
    raise BadInputError(msg)


def _number_flag(topic: Mapping[str, Any], answer: object) -> FlagRecord:
    try:
        number = float(str(answer))
    except ValueError:
        number = float("nan")
    if isinstance(answer, bool) or not 0 <= number < 1e3:
        msg = f"{topic['key']} must be a number from 0 to 1000; got {quoted(answer)}."
        raise BadInputError(msg)
    low, high = topic.get("below", float("-inf")), topic.get("above", float("inf"))
    return _decided(
        topic, f"{number:g}", topic["decision"] if number < low or number > high else "clear"
    )


def _drug_flag(topic: Mapping[str, Any], answer: object) -> FlagRecord:
    named = answer if isinstance(answer, list) else str(answer).split(",")
    if isinstance(answer, dict) or any(isinstance(drug, list | dict) for drug in named):
        msg = f"{topic['key']} must be a list of names, or none; got {quoted(answer)}."
        raise BadInputError(msg)
    drugs = [str(drug).strip() for drug in named if str(drug).strip()]
    if len(drugs) == 1 and drugs[0].lower() in ("none", *NO):
        return _decided(topic, "none", "clear")
    said = [f"{drug}: {_drug_words(drug)}" for drug in drugs]
    words = "; ".join((*said, topic["words"]))
    return _decided(topic, ", ".join(drugs), "flag", words)


def _drug_words(drug: str) -> str:
    lists = _content()["drugs"]
    found = [name for name, drugs in lists.items() if drug.lower().rstrip("s") in _stems(drugs)]
    return "listed as " + " and ".join(found) if found else "on none of the lists; look it up"


def _stems(drugs: list[str]) -> set[str]:
    return {drug.rstrip("s") for drug in drugs}
