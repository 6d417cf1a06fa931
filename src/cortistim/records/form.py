"""One way from a record to JSON, to its schema and back."""

import dataclasses
import json
from typing import Any, TypeVar

import msgspec
import numpy as np

from cortistim.errors import FileFormatError, quoted
from cortistim.typing import FloatArray

Record = TypeVar("Record")
QUOTED = 80  # characters of a file that an error repeats


def number(value: float | None, decimals: int) -> float | None:
    """Round a number for a record.

    Parameters
    ----------
    value : float or None
        None, infinities and NaN mean that there is no value.
    decimals : int
        Digits after the point.

    Returns
    -------
    float or None
        Without a negative zero; None where there is no value.
    """
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), decimals) + 0.0


def known(value: float) -> float | None:
    """Take a number for a record as it is, None where there is no value.

    Parameters
    ----------
    value : float
        Infinities and NaN mean that there is no value.

    Returns
    -------
    float or None
        Unrounded.
    """
    return float(value) if np.isfinite(value) else None


def significant(value: float | None, digits: int) -> float | None:
    """Round a number to significant digits, None where there is no value.

    Parameters
    ----------
    value : float or None
        None, infinities and NaN mean that there is no value.
    digits : int
        How many count.

    Returns
    -------
    float or None
        The number that has these digits.
    """
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.{digits}g}") + 0.0


def numbers(array: FloatArray, decimals: int) -> Any:  # noqa: ANN401
    """Round an array for a record.

    Parameters
    ----------
    array : array
        Of any shape.
    decimals : int
        Digits after the point.

    Returns
    -------
    tuple
        Nested as the array is, without negative zeros; a float for a single number.
    """
    return _frozen((np.round(np.asarray(array, dtype=float), decimals) + 0.0).tolist())


def _frozen(nested: Any) -> Any:  # noqa: ANN401
    return tuple(map(_frozen, nested)) if isinstance(nested, list) else nested


def json_text(record: object) -> str:
    """Write a record as JSON.

    Parameters
    ----------
    record : dataclass
        One of `cortistim.records`.

    Returns
    -------
    str
        Indented, in the order of the fields, ending with a line break. NaN and infinities have
        no place in JSON and cannot occur: `number` made them null.
    """
    text = json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def json_line(record: object) -> str:
    """Write a record as JSON on one line, as commands print it.

    Parameters
    ----------
    record : dataclass
        One of `cortistim.records`.

    Returns
    -------
    str
        Without a line break.
    """
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False)


def plain(record: object) -> Any:  # noqa: ANN401
    """Return a record as mappings, lists, strings and numbers, as JSON has them.

    Parameters
    ----------
    record : dataclass
        One of `cortistim.records`, or a tuple or mapping of them.

    Returns
    -------
    mapping, list, tuple, str or number
        What `json.dumps` takes.
    """
    return msgspec.to_builtins(record, str_keys=True, enc_hook=_number_of_numpy)


def _number_of_numpy(value: object) -> Any:  # noqa: ANN401
    """Give numpy's scalars as Python's; a record holds no arrays."""
    if isinstance(value, np.generic):
        return value.item()
    msg = f"a record cannot hold a {type(value).__name__}"
    raise NotImplementedError(msg)


def read_record(kind: type[Record], text: str | bytes) -> Record:
    """Read a record back.

    Parameters
    ----------
    kind : type
        The dataclass; where it has a field ``schema``, its default is the one that is read.
    text : str or bytes
        JSON.

    Returns
    -------
    dataclass
        Equal to the one that was written.

    Raises
    ------
    FileFormatError
        When the text is another record, an older one, or none.
    """
    _require_version(kind, text)
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        msg = f"a {kind.__name__} must have the fields that were written; {error}"[:400]
        raise FileFormatError(msg) from error


def _require_version(kind: type, text: str | bytes) -> None:
    """Name an old or foreign record by what it calls itself."""
    wanted = _own_name(kind)
    if wanted is None:
        return
    try:
        found = msgspec.json.decode(text, type=_Versioned).schema
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    if found == wanted:
        return
    said = "no schema" if not isinstance(found, str) else repr(found[:QUOTED])
    msg = f"this reads records of schema {quoted(wanted)}; the file has {said}. Write it again."
    raise FileFormatError(msg)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Versioned:
    schema: Any = None


def schema(kind: type) -> dict[str, Any]:
    """Return the JSON schema of a record.

    Parameters
    ----------
    kind : type
        The dataclass.

    Returns
    -------
    dict
        Draft 2020-12; ``$id`` is the record's own name and version.
    """
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    own_name = _own_name(kind)
    if own_name is not None:
        head["$id"] = own_name
    made = {**head, **msgspec.json.schema(kind)}
    for told in made.get("$defs", {}).values():  # of a docstring, the first line is for readers
        told["description"] = told.get("description", "").split("\n")[0]
    return made


def _own_name(kind: type) -> str | None:
    """Name and version of a whole file's record, such as ``cortistim-plan-2``."""
    is_struct = issubclass(kind, msgspec.Struct)
    for field in msgspec.structs.fields(kind) if is_struct else dataclasses.fields(kind):
        if field.name == "schema" and isinstance(field.default, str):
            return field.default
    return None
