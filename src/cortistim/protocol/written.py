"""Protocols and courses as plain mappings, the content of a protocol file.

The keys are those of the blocks' fields; `protocol.schema.json` beside the package's data
says the same to a JSON schema validator.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args

from cortistim.errors import FileFormatError, quoted
from cortistim.protocol.blocks import (
    Associative,
    Block,
    Bursts,
    Pairs,
    Pause,
    Pulses,
    Repeat,
    Train,
)
from cortistim.protocol.course import Course, Phase, phased_starts_s
from cortistim.protocol.protocol import UNSTATED, Protocol, Reference, Waveform
from cortistim.protocol.recipe import STEADY, Jitter, Recipe

SCHEMA = "cortistim-protocol-1"
KINDS: Mapping[str, type] = {
    "train": Train,
    "bursts": Bursts,
    "pairs": Pairs,
    "associative": Associative,
    "pulses": Pulses,
    "pause": Pause,
    "repeat": Repeat,
}
LONGEST_KEY = 40
SMALLEST, LARGEST = 1e-9, 1e9
"""A nanosecond, and 30 years in seconds: no number of a protocol lies beyond."""
_NAME_OF = {kind: name for name, kind in KINDS.items()}
KEYS = (
    "schema", "name", "intensity", "waveform", "blocks", "jitter", "course", "sources",
    "confidence", "note",
)  # fmt: skip
CHOICES = {
    "of": ("rMT", "aMT", "MSO"),
    "muscle": ("hand", "leg"),
    "method": ("EMG", "twitch"),
    "confidence": ("high", "medium", "low"),
    "waveform": get_args(Waveform),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a protocol file says: a session, and the course it is given in.

    Parameters
    ----------
    recipe : Recipe
        One session.
    phases : tuple of Phase
        The course, one phase after the other; empty for a single session.
    """

    recipe: Recipe
    phases: tuple[Phase, ...] = ()

    def course(self) -> Course:
        """Return the sessions over days and weeks; a single one without phases."""
        protocol = self.recipe.protocol()
        starts_s = phased_starts_s(self.phases, protocol.length_s)
        return Course(self.recipe.name, protocol, starts_s)


def written_from(content: object) -> Written:
    """Read the content of a protocol file.

    Parameters
    ----------
    content : object
        As a YAML or JSON parser gives it.

    Returns
    -------
    Written
        Session and course.

    Raises
    ------
    FileFormatError
        When a key is unknown or missing, or a value of the wrong kind.
    """
    table = _mapping(content, "the file", KEYS)
    if table.get("schema", SCHEMA) != SCHEMA:
        msg = f"schema must be '{SCHEMA}'; got {quoted(table['schema'])}."
        raise FileFormatError(msg)
    for key in ("name", "blocks"):
        if key not in table:
            msg = f"a protocol needs '{key}'; the file has {', '.join(table) or 'no key'}."
            raise FileFormatError(msg)
    fraction, threshold, reference = _intensity(table.get("intensity"))
    jitter = table.get("jitter")
    recipe = Recipe(
        _text(table["name"], "name"),
        _blocks(table["blocks"], "blocks"),
        fraction,
        threshold,
        _chosen(table.get("waveform", "biphasic"), "waveform"),
        reference,
        STEADY if jitter is None else _record(Jitter, jitter, "jitter"),
        tuple(_text(source, "sources") for source in _listed(table, "sources"))
        or Recipe.__dataclass_fields__["sources"].default,
        _chosen(table.get("confidence", "high"), "confidence"),
        _text(table.get("note", ""), "note"),
    )
    phases = tuple(_record(Phase, phase, "course") for phase in _listed(table, "course"))
    return Written(recipe, phases)


def content_of(written: Written) -> dict[str, Any]:
    """Return the content of a protocol file: the inverse of `written_from`.

    Parameters
    ----------
    written : Written
        Session and course.

    Returns
    -------
    dict
        Plain values.
    """
    recipe = written.recipe
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "name": recipe.name,
        "intensity": _intensity_content(recipe),
        "waveform": recipe.waveform,
        "blocks": [_block_content(block) for block in recipe.blocks],
    }
    if recipe.jitter != STEADY:
        content["jitter"] = _plain(recipe.jitter)
    if written.phases:
        content["course"] = [_plain(phase) for phase in written.phases]
    content |= {"sources": list(recipe.sources), "confidence": recipe.confidence}
    return content | ({"note": recipe.note} if recipe.note else {})


def recipe_of(protocol: Protocol) -> Recipe:
    """Return a recipe that states every pulse of a protocol.

    Parameters
    ----------
    protocol : Protocol
        Any.

    Returns
    -------
    Recipe
        Its protocol has the same times to the last bit.
    """
    block = Pulses(
        tuple(protocol.pulse_times_s.tolist()),
        tuple(protocol.relative_intensity.tolist()),
        tuple(protocol.afferent_times_s.tolist()),
        protocol.length_s,
    )
    return Recipe(
        protocol.name,
        (block,),
        protocol.intensity_fraction,
        protocol.threshold,
        protocol.waveform,
        protocol.reference,
        sources=protocol.sources,
        confidence=protocol.confidence,
        note=protocol.words,
    )


def _intensity(content: object) -> tuple[float, Any, Reference]:
    example = "such as {percent: 120, of: rMT} or {v_per_m: 80}"
    if not isinstance(content, Mapping):
        msg = f"the intensity needs a reference, {example}; got {quoted(content)}."
        raise FileFormatError(msg)
    keys = ("percent", "fraction", "of", "v_per_m", "muscle", "method", "corrected")
    table = _mapping(content, "intensity", keys)
    stated = [key for key in ("percent", "fraction", "v_per_m") if key in table]
    if len(stated) != 1:
        msg = f"the intensity must be stated once, {example}; got {', '.join(table)}."
        raise FileFormatError(msg)
    if "v_per_m" in table:
        return _number(table["v_per_m"], "v_per_m"), "V_per_m", UNSTATED
    if "of" not in table:
        msg = (
            f"the intensity needs a reference, {example}; got {stated[0]} "
            f"{table[stated[0]]} of an unstated threshold."
        )
        raise FileFormatError(msg)
    reference = Reference(
        _chosen(table["muscle"], "muscle") if table.get("muscle") else "",
        _chosen(table["method"], "method") if table.get("method") else "",
        _text(table.get("corrected", ""), "corrected"),
    )
    number = _number(table[stated[0]], stated[0])
    fraction = number / 100 if stated[0] == "percent" else number
    return fraction, _chosen(table["of"], "of"), reference


def _intensity_content(recipe: Recipe) -> dict[str, Any]:
    if recipe.threshold == "V_per_m":
        return {"v_per_m": recipe.intensity_fraction}
    reference = {key: value for key, value in _plain(recipe.reference).items() if value}
    return _share(recipe.intensity_fraction) | {"of": recipe.threshold} | reference


def _share(fraction: float) -> dict[str, float]:
    """Say it in percent when that gives the fraction back to the last bit."""
    for percent in (*(round(100 * fraction, digits) for digits in range(13)), 100 * fraction):
        if percent / 100 == fraction:
            return {"percent": percent}
    return {"fraction": fraction}


def _blocks(content: object, where: str) -> tuple[Block, ...]:
    if not isinstance(content, list) or not content:
        msg = f"{where} must be a list of one block or more; got {quoted(content)}."
        raise FileFormatError(msg)
    return tuple(_block(entry) for entry in content)


def _block(content: object) -> Block:
    if not isinstance(content, Mapping) or len(content) != 1:
        msg = (
            f"a block must be one of {', '.join(KINDS)} with its numbers; got "
            f"{quoted(content)}."
        )
        raise FileFormatError(msg)
    ((name, numbers),) = _mapping(content, "a block", tuple(KINDS)).items()
    return _record(KINDS[name], numbers, name)


def _block_content(block: Block) -> dict[str, Any]:
    return {_NAME_OF[type(block)]: _plain(block)}


def _plain(record: Any) -> dict[str, Any]:  # noqa: ANN401
    plain = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value == field.default:
            continue
        if field.name == "blocks":
            plain[field.name] = [_block_content(block) for block in value]
        else:
            plain[field.name] = list(value) if isinstance(value, tuple) else value
    return plain


def _record(kind: type, content: object, where: str) -> Any:  # noqa: ANN401
    known = {field.name: field for field in fields(kind)}
    table = _mapping(content, where, tuple(known))
    needed = [name for name, field in known.items() if field.default is MISSING]
    missing = [name for name in needed if name not in table]
    if missing:
        msg = f"{where} needs {', '.join(missing)}; got {', '.join(table) or 'nothing'}."
        raise FileFormatError(msg)
    return kind(**{key: _value(known[key], value, where) for key, value in table.items()})


def _value(field: Any, value: object, where: str) -> Any:  # noqa: ANN401
    place = f"{where}.{field.name}"
    if field.name == "blocks":
        return _blocks(value, place)
    if field.type is int:
        return _whole(value, place)
    if field.type is float:
        return _number(value, place)
    if not isinstance(value, list):
        msg = f"{place} must be a list of numbers; got {quoted(value)}."
        raise FileFormatError(msg)
    return tuple(_number(entry, place) for entry in value)


def _whole(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = f"{place} must be a whole number, 0 or more; got {quoted(value)}."
        raise FileFormatError(msg)
    return value


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{place} must be a number; got {quoted(value)}."
        raise FileFormatError(msg)
    if value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        msg = f"{place} must be 0 or {SMALLEST:g} to {LARGEST:g} in size; got {quoted(value)}."
        raise FileFormatError(msg)
    return float(value)


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        msg = f"{place} must be text; got {quoted(value)}."
        raise FileFormatError(msg)
    return value


def _chosen(value: object, key: str) -> Any:  # noqa: ANN401
    spelt = {choice.lower(): choice for choice in CHOICES[key]}
    if not isinstance(value, str) or value.lower() not in spelt:
        msg = f"{key} must be one of {', '.join(CHOICES[key])}; got {quoted(value)}."
        raise FileFormatError(msg)
    return spelt[value.lower()]


def _listed(table: Mapping[str, Any], key: str) -> list:
    value = table.get(key, [])
    if not isinstance(value, list):
        msg = f"{key} must be a list; got {quoted(value)}."
        raise FileFormatError(msg)
    return value


def _mapping(content: object, where: str, keys: Iterable[str]) -> Mapping[str, Any]:
    known = tuple(keys)
    if not isinstance(content, Mapping):
        msg = f"{where} must map keys to values ({', '.join(known)}); got {quoted(content)}."
        raise FileFormatError(msg)
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key)[:LONGEST_KEY], known, n=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            msg = f"{where} has no key {quoted(key)}. {hint}It may have {', '.join(known)}."
            raise FileFormatError(msg)
    return content
