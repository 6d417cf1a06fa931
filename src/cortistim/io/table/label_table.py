"""Tables that tell what the numbers of a label image mean, and the tissues they become."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import looks_like_file, require_file
from cortistim.head.tissues import BONE, CSF, DEFAULTS, EYES, GREY, SCALP, WHITE
from cortistim.io.table.label_rows import SHOWN, read_label_rows
from cortistim.io.table.tissue_names import AIR, FOREIGN, tissue_called
from cortistim.typing import IntArray

FREESURFER: Mapping[int, tuple[int, ...]] = {
    AIR: (0,),
    WHITE: (2, 7, 16, 28, 41, 46, 60, 77, 78, 79, 85, 192, 251, 252, 253, 254, 255),
    GREY: (3, 8, 9, 10, 11, 12, 13, 17, 18, 19, 20, 26, 27, 42, 47, 48, 49, 50, 51, 52, 53, 54,
           55, 56, 58, 59, 80, 81, 82),
    CSF: (4, 5, 14, 15, 24, 30, 31, 43, 44, 62, 63, 72, 257),
    BONE: (165,),
    SCALP: (258,),
    EYES: (259,),
}  # fmt: skip
CORTICAL = ((1000, 1036), (2000, 2036), (11100, 11176), (12100, 12176))  # parcels of the ribbon
WHITE_PARCELS = ((3000, 3036), (4000, 4036), (5001, 5003))
NAMED = ("simnibs", "freesurfer")


def tissue_table(name: str, occurring: Iterable[int] | None = None) -> dict[int, int]:
    """Return the tissue tag of each label number.

    Parameters
    ----------
    name : str
        ``simnibs`` (numbers are tissue tags), ``freesurfer`` (aseg, with 165 skull, 258 soft
        tissue and 259 eyes as in SAMSEG), or a text file that gives each label a name
        (see `cortistim.io.table.label_rows`) or a tissue tag.
    occurring : iterable of int, optional
        Labels of the image; a file may hold others whose names tell no tissue. All of the
        file's must tell one when left out.

    Returns
    -------
    dict of int to int
        Tissue tag by label number.

    Raises
    ------
    BadInputError
        When there is no such table.
    FileFormatError
        When the line of a label that counts does not tell a tissue.
    """
    if name.lower() == "simnibs":
        return {AIR: AIR, **{tag: tag for tag in DEFAULTS}}
    if name.lower() == "freesurfer":
        table = {number: tag for tag, numbers in FREESURFER.items() for number in numbers}
        table |= {n: GREY for low, high in CORTICAL for n in range(low, high)}
        return table | {n: WHITE for low, high in WHITE_PARCELS for n in range(low, high)}
    if looks_like_file(name):
        require_file(name)
    if not Path(name).is_file():
        msg = f"a label table must be one of {', '.join(NAMED)} or a file; got {quoted(name)}."
        raise BadInputError(msg)
    return _table_of(Path(name), None if occurring is None else set(occurring))


def translated(labels: IntArray, table: Mapping[int, int]) -> IntArray:
    """Turn label numbers into tissue tags.

    Parameters
    ----------
    labels : (nx, ny, nz) int array
        As stored.
    table : mapping of int to int
        From `tissue_table`.

    Returns
    -------
    (nx, ny, nz) uint8 array
        Tissue tags.

    Raises
    ------
    BadInputError
        When a label is not in the table, or nothing but air is left.
    """
    numbers, place = np.unique(labels, return_inverse=True)
    strangers = [int(n) for n in numbers if int(n) not in table]
    if strangers:
        msg = (
            f"every label must be in the table; {strangers[:8]} of the image are not. Give "
            f"as `table` a file with a line for each label, or one of {', '.join(NAMED)}."
        )
        raise BadInputError(msg)
    tags = np.array([table[int(n)] for n in numbers], np.uint8)
    if not tags.any():
        msg = "a label image must hold tissue; this one is all air by the table given."
        raise BadInputError(msg)
    return tags[place.reshape(labels.shape)]


def _table_of(path: Path, occurring: set[int] | None) -> dict[int, int]:
    table: dict[int, int] = {}
    for row in read_label_rows(path):
        tag = _tag(row.name)
        if tag is not None:
            table[row.number] = tag
        elif occurring is None or row.number in occurring:
            msg = (
                f"{path}: line {row.line} must tell the tissue of label {row.number} by its "
                f"name or tag (0 to {max(DEFAULTS)}); it says {quoted(row.name[:SHOWN])}. "
                "Write "
                "number and tissue tag."
            )
            raise FileFormatError(msg)
    return table


def _tag(name: str) -> int | None:
    """Return the tissue that a name or number means."""
    first = name.split(maxsplit=1)[0]
    if first.isascii() and first.isdecimal() and len(first) < 3:
        tag = int(first)
        return tag if tag == AIR or tag in DEFAULTS else None
    tag = tissue_called(name)
    return None if tag == FOREIGN else tag
