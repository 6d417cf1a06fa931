"""A screening read, decided and recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortistim import __version__
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.plain import read_plain
from cortistim.records.provenance import RESEARCH_SOFTWARE
from cortistim.records.safety import ScreeningRecord
from cortistim.safety import append_record, audit_path, screen
from cortistim.sources import describe

DECISION_WORDS = {
    "clear": "nothing to note in any topic",
    "flag": "something to note, nothing that speaks against",
    "ask": "topics are unanswered; ask them before stimulating",
    "postpone": "defer until the reason has passed",
    "weigh": "weigh benefit against risk",
    "specialist": "a specialist decides",
    "stop": "the default is not to stimulate",
}
NOTICE = (
    f"{RESEARCH_SOFTWARE} Defaults for a clinician, who decides; nothing was passed or blocked."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningRequest:
    """Who is asked what, and where it is recorded.

    Parameters
    ----------
    file : Path or None
        Answers by topic, YAML or JSON.
    answers : tuple of str
        ``TOPIC=VALUE`` each; they outrank the file.
    audit : Path or None
        Where the screening is recorded.
    """

    file: Path | None = None
    answers: tuple[str, ...] = ()
    audit: Path | None = None


def run_screening(request: ScreeningRequest) -> ScreeningRecord:
    """Screen a person and record it: what is not recorded was not asked.

    Parameters
    ----------
    request : ScreeningRequest
        The answers.

    Returns
    -------
    ScreeningRecord
        Decision, flags, what is unanswered, sources and where the record lies.

    Raises
    ------
    BadInputError
        When an answer cannot be understood.
    """
    given = {
        **(_read(request.file) if request.file else {}),
        **dict(map(_split, request.answers)),
    }
    screening = screen(given)
    keys = sorted({source for flag in screening.flags for source in flag.sources})
    place = request.audit or audit_path()
    append_record(
        {
            "inputs": {"answers": {key: _plain(value) for key, value in given.items()}},
            "decision": screening.decision,
            "decisions": {flag.topic: flag.decision for flag in screening.flags},
        },
        version=__version__,
        path=place,
    )
    return ScreeningRecord(
        decision=screening.decision,
        decision_words=DECISION_WORDS[screening.decision],
        flags=screening.flags,
        unanswered=screening.unanswered,
        references={key: describe(key) for key in keys},
        notice=NOTICE,
        version=__version__,
        audit=str(place),
    )


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | list) else str(value)


def _split(answer: str) -> tuple[str, str]:
    key, sign, value = answer.partition("=")
    if not sign:
        msg = f"an answer must be TOPIC=VALUE, such as pregnancy=no; got {quoted(answer)}."
        raise BadInputError(msg)
    return key.strip(), value.strip()


def _read(path: Path) -> Mapping[str, Any]:
    content = read_plain(path)
    if not isinstance(content, dict):
        msg = f"{path} must map topics to answers, such as 'pregnancy: no'."
        raise FileFormatError(msg)
    return content
