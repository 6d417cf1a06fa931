"""Protocol files: YAML or JSON, by the ending of the name."""

import json
from pathlib import Path

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, FileFormatError, MissingFileError, quoted
from cortistim.plain import NUMBER, read_plain
from cortistim.protocol.library import library_entry
from cortistim.protocol.named import named_recipe
from cortistim.protocol.written import Written, content_of, written_from

ENDINGS = (".yaml", ".yml", ".json")


def read_protocol(path: Path) -> Written:
    """Read a protocol file.

    Parameters
    ----------
    path : Path
        Ends in .yaml, .yml or .json.

    Returns
    -------
    Written
        Session and course.

    Raises
    ------
    FileFormatError
        When the file does not follow the format.
    BadInputError
        When there is no such file.
    """
    content = read_plain(path)
    try:
        return written_from(content)
    except BadInputError as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from None


def write_protocol(path: Path, written: Written) -> None:
    """Write a protocol file.

    Parameters
    ----------
    path : Path
        Ends in .yaml, .yml or .json.
    written : Written
        Session and course; reading the file gives the same.

    Raises
    ------
    BadInputError
        When the name has another ending.
    """
    if path.suffix.lower() not in ENDINGS:
        msg = f"a protocol file must end in {', '.join(ENDINGS)}; got {quoted(path.name)}."
        raise BadInputError(msg)
    import yaml

    content = content_of(written)
    if path.suffix.lower() == ".json":
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        text = yaml.dump(content, Dumper=_dumper(), sort_keys=False, allow_unicode=True)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _dumper() -> type:
    """Return a writer that quotes text which `plain` would take for a number, such as 1e3."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("+-.0123456789"))
    return Dumper


def find_protocol(name_or_file: str) -> Written:
    """Return a named protocol or the content of a protocol file.

    Parameters
    ----------
    name_or_file : str
        A file when one of this name exists or the ending is that of a protocol file.

    Returns
    -------
    Written
        Session, and course when a file states one.

    Raises
    ------
    BadInputError
        When there is neither.
    """
    path = Path(name_or_file)
    if path.suffix.lower() in ENDINGS or path.is_file():
        return read_protocol(path)
    if "/" in name_or_file or "\\" in name_or_file:
        raise MissingFileError(name_or_file)
    entry = library_entry(name_or_file)
    return entry.written() if entry else Written(named_recipe(name_or_file))
