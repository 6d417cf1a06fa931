"""Fitted curves, read back."""

from pathlib import Path

from cortistim.errors import FileFormatError
from cortistim.files import require_file, require_size
from cortistim.io.text import text_of
from cortistim.records.curve import CurvesRecord
from cortistim.records.form import read_record

LARGEST_BYTES = 2**28


def read_curves(path: Path | str) -> CurvesRecord:
    """Read what `fit_curves` made.

    Parameters
    ----------
    path : Path or str
        A JSON file.

    Returns
    -------
    CurvesRecord
        Equal to the one that was written.

    Raises
    ------
    MissingFileError
        When there is no such file.
    FileFormatError
        When it is another.
    """
    require_size(require_file(path), LARGEST_BYTES)
    try:
        return read_record(CurvesRecord, text_of(path))
    except FileFormatError as error:
        msg = f"{path}: this is no file of fitted curves: {error}"
        raise FileFormatError(msg) from error
