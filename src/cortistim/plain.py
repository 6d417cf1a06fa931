"""Plain values from YAML and JSON: the one reader of such files.

A file may come from anybody. Nothing in it makes an object, names another file or grows: tags
are refused, aliases count as often as they are used, and size, depth, digits and the number of
values are bounded. A key that occurs twice, text that is no Unicode and numbers that are not
finite are refused, because whatever was meant, one reading of them is wrong.

Both formats give the same: mappings with text for keys, lists, text, numbers, true and false,
nothing. In YAML ``1e3`` is a number, as in version 1.2; ``yes``, ``no``, ``on`` and ``off`` are
true or false, as in version 1.1; dates, times and ``010`` stay text.
"""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import require_file, require_size

LARGEST_JSON_BYTES = 256 * 2**20
LARGEST_YAML_BYTES = 4 * 2**20
"""A protocol of a hundred thousand single pulses has half as much."""
MOST_YAML_VALUES = 500_000
DEEPEST = 64
MOST_DIGITS = 30
"""Identifiers and times in nanoseconds have 20."""
NO_KEY = "a key must be text; a list or a mapping stands in its place."
TOO_DEEP = f"the content is nested more than {DEEPEST} deep. Write it flatter."

TRUE = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")
FALSE = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF")
NOTHING = ("", "~", "null", "Null", "NULL")
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def read_plain(path: Path | str) -> Any:  # noqa: ANN401
    """Read a YAML or JSON file.

    Parameters
    ----------
    path : Path or str
        JSON when it ends in ``.json``, else YAML. UTF-8.

    Returns
    -------
    any
        Plain values; None for an empty YAML file.

    Raises
    ------
    MissingFileError
        When there is no such file.
    BadInputError
        When it cannot be read.
    FileFormatError
        When it is larger than such a file can be, no text, or breaks a rule above.
    """
    path = require_file(path)
    is_json = path.suffix.lower() == ".json"
    require_size(path, LARGEST_JSON_BYTES if is_json else LARGEST_YAML_BYTES)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = (
            f"{path}: this must be text in UTF-8; byte {error.start} is not. Save it as UTF-8."
        )
        raise FileFormatError(msg) from error
    except OSError as error:
        msg = f"{path}: the file cannot be read ({error.strerror})."
        raise BadInputError(msg) from error
    return plain_json(text, path) if is_json else plain_yaml(text, path)


def plain_json(text: str, where: object, *, finite: bool = True) -> Any:  # noqa: ANN401
    """Parse JSON.

    Parameters
    ----------
    text : str
        The file's content.
    where : object
        The file, for complaints.
    finite : bool
        Refuse numbers that are not finite. Navigators write NaN where a camera saw nothing.

    Returns
    -------
    any
        Plain values.

    Raises
    ------
    FileFormatError
        When it is no JSON or breaks a rule of this module.
    """
    try:
        content = json.loads(text, object_pairs_hook=_mapping)
        _require_plain(content, finite=finite)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        msg = f"{where}: this is not JSON ({at}: {error.msg}). Correct the file there."
        raise FileFormatError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"{where}: {_reason(error)}"
        raise FileFormatError(msg) from error
    return content


def plain_yaml(text: str, where: object) -> Any:  # noqa: ANN401
    """Parse YAML.

    Parameters
    ----------
    text : str
        The file's content: one document.
    where : object
        The file, for complaints.

    Returns
    -------
    any
        Plain values.

    Raises
    ------
    FileFormatError
        When it is no YAML or breaks a rule of this module.
    """
    import yaml

    tree = _Tree()
    try:
        for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            tree.take(event)
        _require_plain(tree.content, finite=True)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        msg = f"{where}: this is not YAML ({at}{error.problem or error.context})."
        msg += " Correct the file there."
        raise FileFormatError(msg) from error
    except yaml.YAMLError as error:
        reason = quoted(" ".join(str(error).split()))
        msg = f"{where}: this is not YAML ({reason}). Correct the file there."
        raise FileFormatError(msg) from error
    except (ValueError, OverflowError, RecursionError) as error:
        msg = f"{where}: {_reason(error)}"
        raise FileFormatError(msg) from error
    return tree.content


def _reason(error: Exception) -> str:
    """Say what was refused; the parsers' own errors are of numbers, characters and nesting."""
    if isinstance(error, FileFormatError):
        return str(error)
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return f"a number or a character is beyond what can be read ({quoted(str(error))})."


def _mapping(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            msg = f"each key may occur once; {quoted(key)} occurs twice. Remove one."
            raise FileFormatError(msg)
        content[key] = value
    return content


def _require_plain(content: object, *, finite: bool) -> None:
    """Look at every value, level by level."""
    level: list[Iterable[Any]] = [(content,)]
    for _ in range(DEEPEST + 2):
        level = [group for above in level for group in _checked(above, finite=finite)]
    if level:
        raise FileFormatError(TOO_DEEP)


def _checked(group: Iterable[Any], *, finite: bool) -> list[Iterable[Any]]:
    """Check the single values of a group and return the groups in it."""
    if set(map(type, group)) <= {int, float}:
        _require_numbers(group, finite=finite)
        return []
    below: list[Iterable[Any]] = []
    for value in group:
        if isinstance(value, str):
            _require_unicode(value)
        elif isinstance(value, dict):
            below += (value.keys(), value.values())
        elif isinstance(value, list):
            below.append(value)
        elif isinstance(value, int | float):
            _require_numbers((value,), finite=finite)
    return below


def _require_numbers(numbers: Iterable[float], *, finite: bool) -> None:
    for number in numbers:
        if isinstance(number, int):
            if abs(number) >= 10**MOST_DIGITS:
                msg = f"a number must have at most {MOST_DIGITS} digits; got {quoted(number)}."
                raise FileFormatError(msg)
        elif finite and not math.isfinite(number):
            msg = f"numbers must be finite; got {number}."
            raise FileFormatError(msg)


def _require_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        msg = (
            f"text must be Unicode; {quoted(text)} holds half of a pair of surrogates at "
            f"character {error.start + 1}. Write the character itself."
        )
        raise FileFormatError(msg) from None


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    content: Any
    anchor: str | None
    values_before: int
    key: str | None = None


@dataclass(slots=True)
class _Tree:
    """Builds values from a parser's events, which come flat, so that nothing recurses."""

    content: Any = None
    documents: int = 0
    values: int = 0
    opened: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)

    def take(self, event: Any) -> None:  # noqa: ANN401
        """Add what an event says."""
        match type(event).__name__:
            case "DocumentStartEvent":
                self.documents += 1
                if self.documents > 1:
                    msg = "the file must hold one document; a second begins after '---'."
                    raise FileFormatError(msg)
            case "AliasEvent":
                self._alias(event.anchor)
            case "ScalarEvent":
                _refuse_tag(event.tag)
                self._count(1)
                self._single(event.value, event.anchor, plain=not event.style)
            case "SequenceStartEvent":
                _refuse_tag(event.tag)
                self._open([], event.anchor)
            case "MappingStartEvent":
                _refuse_tag(event.tag)
                self._open({}, event.anchor)
            case "SequenceEndEvent" | "MappingEndEvent":
                self._close()

    def _count(self, values: int) -> None:
        self.values += values
        if self.values > MOST_YAML_VALUES:
            msg = (
                f"YAML may hold {MOST_YAML_VALUES} values, each alias (*name) counted as what "
                "it stands for; there are more. Write JSON for long lists."
            )
            raise FileFormatError(msg)

    def _open(self, content: Any, anchor: str | None) -> None:  # noqa: ANN401
        if self._wants_key():
            raise FileFormatError(NO_KEY)
        if len(self.opened) >= DEEPEST:
            raise FileFormatError(TOO_DEEP)
        self._count(1)
        self.opened.append(_Open(content, anchor, self.values - 1))

    def _close(self) -> None:
        done = self.opened.pop()
        self._keep(done.anchor, done.content, self.values - done.values_before)
        self._place(done.content)

    def _wants_key(self) -> bool:
        top = self.opened[-1] if self.opened else None
        return top is not None and isinstance(top.content, dict) and top.key is None

    def _single(self, text: str, anchor: str | None, *, plain: bool) -> None:
        if self._wants_key():
            self._keep(anchor, text, 1)
            if plain and text == "<<":
                msg = "merge keys (<<) are not read. Write the values out."
                raise FileFormatError(msg)
            self._key(text)
            return
        value = plain_value(text) if plain else text
        self._keep(anchor, value, 1)
        self._place(value)

    def _key(self, text: str) -> None:
        top = self.opened[-1]
        if text in top.content:
            msg = f"each key may occur once; {quoted(text)} occurs twice. Remove one."
            raise FileFormatError(msg)
        top.key = text

    def _place(self, value: Any) -> None:  # noqa: ANN401
        if not self.opened:
            self.content = value
            return
        top = self.opened[-1]
        if isinstance(top.content, list):
            top.content.append(value)
        else:
            top.content[top.key] = value
            top.key = None

    def _keep(self, anchor: str | None, value: Any, values: int) -> None:  # noqa: ANN401
        if anchor is not None:
            self.anchors[anchor] = (value, values)

    def _alias(self, name: str) -> None:
        if name not in self.anchors:
            msg = f"the alias *{name[:40]} has no anchor before it. Write the values out."
            raise FileFormatError(msg)
        value, values = self.anchors[name]
        self._count(values)
        if not self._wants_key():
            self._place(value)
        elif isinstance(value, str):
            self._key(value)
        else:
            raise FileFormatError(NO_KEY)


def _refuse_tag(tag: str | None) -> None:
    if tag is not None:
        name = tag.replace("tag:yaml.org,2002:", "!!")
        msg = f"tags are not read; got {quoted(name)}. Write the value alone."
        raise FileFormatError(msg)


def plain_value(text: str) -> str | float | bool | None:
    """Read a plain scalar of YAML.

    Parameters
    ----------
    text : str
        Without quotes.

    Returns
    -------
    str, int, float, bool or None
        See the head of this module.

    Raises
    ------
    FileFormatError
        When it is a number that is not finite or too long.
    """
    if text in NOTHING:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if NOT_FINITE.fullmatch(text):
        msg = f"numbers must be finite; got {text}."
        raise FileFormatError(msg)
    if INTEGER.fullmatch(text):
        if len(text) > 2 * MOST_DIGITS:
            msg = f"a number must have at most {MOST_DIGITS} digits; got {quoted(text)}."
            raise FileFormatError(msg)
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text
