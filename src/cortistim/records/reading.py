"""Plain values, as a parser gives them, read as a type; with the place of whatever is wrong."""

import dataclasses
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from cortistim.errors import FileFormatError, quoted
from cortistim.naming import did_you_mean

Kind = TypeVar("Kind")

WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping of keys to values",
    "null": "nothing",
}
"""What people call the types of JSON."""
BOUNDS = {">=": "{:g} or more", "<=": "{:g} or less", ">": "above {:g}", "<": "below {:g}"}
_PLACED = re.compile(r"(?P<fault>.*?)(?: - at `\$\.?(?P<place>.*)`)?", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]*)`(?: (?:of length )?([<>]=?) ([-\d.e+]+))?.*")


def read_as(kind: type[Kind], content: object, *, whole: str = "the file") -> Kind:
    """Read plain values as a type.

    Parameters
    ----------
    kind : type
        A dataclass or a `msgspec.Struct`; one that forbids unknown fields refuses them here.
    content : object
        Mappings, lists, text, numbers, as YAML and JSON have them.
    whole : str, optional
        What the outermost value is called in messages.

    Returns
    -------
    object
        Of that type.

    Raises
    ------
    FileFormatError
        When a key is missing or unknown, or a value is not what its field takes; names the
        place, the rule and the value.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise FileFormatError(_message(kind, content, str(error), whole)) from error


def _message(kind: Any, content: Any, said: str, whole: str) -> str:  # noqa: ANN401
    """Say in the house's words what msgspec found."""
    hit = _PLACED.fullmatch(said)
    fault, place = (hit["fault"], hit["place"] or "") if hit else (said, "")
    steps = re.findall(r"\[(\d+|\.\.\.)\]|([^.\[\]]+)", place)
    value, note = content, ""
    for index, key in steps:
        note = _note(kind, key) if key else note
        kind, value = _within(kind, key), _inside(value, index, key)
    where = place or whole
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", fault, re.DOTALL)
    if unknown:
        keys = tuple(_fields(kind))
        hint = did_you_mean(unknown[1], keys, most=1)
        return f"{where} has no key {quoted(unknown[1])}. {hint}It may have {', '.join(keys)}."
    missing = re.fullmatch(r"Object missing required field `(.*)`", fault)
    if missing:
        has = ", ".join(map(str, value)) if isinstance(value, Mapping) else ""
        return f"{where} needs {missing[1]}{_note(kind, missing[1])}; it has {has or 'no key'}."
    return f"{where} {_rule(kind, fault)}{note}; got {quoted(value)}."


def _rule(kind: Any, fault: str) -> str:  # noqa: ANN401
    """Say what a value must be."""
    if fault.startswith("Invalid enum value"):
        choices = (str(choice) for choice in get_args(_bare(kind)) if choice != "")
        told = list(choices)
        return f"must be one of {', '.join(told)}" if len(told) > 1 else f"must be '{told[0]}'"
    expected = _EXPECTED.fullmatch(fault)
    if expected is None:
        return fault  # a type's own rule, which begins with a verb
    names, sign, bound = expected.groups()
    if "object" in names and _fields(kind):
        return f"must map keys to values ({', '.join(_fields(kind))})"
    types = [WORDS.get(name, name) for name in names.split(" | ") if name != "null"]
    limit = ""
    if sign:
        limit = f", {BOUNDS[sign].format(float(bound))}"
        limit = limit.replace(",", " of", 1) if "array" in names else limit
    return f"must be {' or '.join(types)}{limit}"


def _bare(kind: Any) -> Any:  # noqa: ANN401
    """Return a type without what is said of it, and without the alternative of nothing."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        some = [one for one in get_args(kind) if one not in (type(None), msgspec.UnsetType)]
        return _bare(some[0]) if len(some) == 1 else kind
    return kind


def _fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the keys that a type has, with the type of each."""
    kind = _bare(kind)
    if isinstance(kind, type) and (
        issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind)
    ):
        return get_type_hints(kind, include_extras=True)
    return {}


def _within(kind: Any, key: str) -> Any:  # noqa: ANN401
    """Return the type one step further in: of a key, or of an entry of a list."""
    if key:
        return _fields(kind).get(key, Any)
    arguments = get_args(_bare(kind))
    return arguments[0] if arguments and get_origin(_bare(kind)) is not Literal else Any


def _inside(value: Any, index: str, key: str) -> Any:  # noqa: ANN401
    if key:
        return value.get(key) if isinstance(value, Mapping) else None
    return value[int(index)] if index.isdigit() and isinstance(value, list | tuple) else value


def _note(kind: Any, key: str) -> str:  # noqa: ANN401
    """Return what is said of a field, as an aside."""
    field = _fields(kind).get(key)
    notes = [
        note.description
        for note in getattr(field, "__metadata__", ())
        if isinstance(note, msgspec.Meta) and note.description
    ]
    return f", {notes[0]}" if notes else ""
