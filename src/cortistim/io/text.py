"""Text files: read whole, written whole."""

from pathlib import Path

from cortistim.cache import atomic_path
from cortistim.errors import BadInputError, FileFormatError
from cortistim.files import require_file, require_size
from cortistim.io.cursor import content_of
from cortistim.plain import LARGEST_JSON_BYTES, plain_json


def text_of(path: Path | str) -> str:
    """Read a text file.

    Parameters
    ----------
    path : Path or str
        UTF-8, gzipped or not.

    Returns
    -------
    str
        Its text, with a byte-order mark removed.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is no text.
    """
    try:
        return content_of(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: this must be text in UTF-8; byte {error.start} is not. Save it so."
        raise FileFormatError(msg) from error


def json_of(path: Path | str) -> dict[str, object]:
    """Read a JSON object.

    Parameters
    ----------
    path : Path or str
        A JSON file.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    BadInputError
        When there is no such file, or it cannot be read.
    FileFormatError
        When it is not a JSON object, or breaks a rule of `cortistim.plain`.
    """
    require_size(require_file(path), LARGEST_JSON_BYTES)
    content = plain_json(text_of(path), path)
    if not isinstance(content, dict):
        msg = f"{path}: the JSON must be an object {{...}}; got {type(content).__name__}."
        raise FileFormatError(msg)
    return content


def write_text(path: Path | str, text: str) -> None:
    """Write a text file, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    text : str
        What.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file, atomically.

    Parameters
    ----------
    path : Path or str
        Where to.
    content : bytes
        What.

    Raises
    ------
    BadInputError
        When the place cannot be written to.
    """
    try:
        with atomic_path(Path(path)) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        msg = f"{path}: cannot be written ({error.strerror}). Choose another place."
        raise BadInputError(msg) from error
