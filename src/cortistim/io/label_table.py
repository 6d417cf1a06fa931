"""Tables that tell what the numbers of a label image mean, and the tissues they become."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.files import looks_like_file, require_file
from cortistim.head.tissues import (
    BONE,
    COMPACT_BONE,
    CSF,
    DEFAULTS,
    EYES,
    GREY,
    SCALP,
    SPONGY_BONE,
    WHITE,
)
from cortistim.io.text import text_of
from cortistim.typing import IntArray

AIR = 0
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
# the first that is found in a name counts
WORDS: tuple[tuple[str, int], ...] = (
    (r"air|sinus|background|unknown|^\W*$", AIR),
    (r"white|\bwm\b|brain.?stem|callos|ventral.?dc", WHITE),
    (r"gr[ae]y|\bgm\b|cortex|thalam|caudate|putamen|pallid|hippocamp|amygdal|accumb", GREY),
    (r"csf|ventricle|cerebrospinal|choroid|vessel", CSF),
    (r"spong|cancellous|diplo", SPONGY_BONE),
    (r"compact|cortical.?bone", COMPACT_BONE),
    (r"bone|skull", BONE),
    (r"eye", EYES),
    (r"scalp|skin|soft", SCALP),
    (r"blood", 9),
    (r"muscle", 10),
    (r"cartilage", 11),
    (r"fat", 12),
)
NAMED = ("simnibs", "freesurfer")


def tissue_table(name: str) -> dict[int, int]:
    """Return the tissue tag of each label number.

    Parameters
    ----------
    name : str
        ``simnibs`` (numbers are tissue tags), ``freesurfer`` (aseg, with 165 skull, 258 soft
        tissue and 259 eyes as in SAMSEG), or a text file with a line per label: number and
        name (charm's and FreeSurfer's tables), or number and tissue tag.

    Returns
    -------
    dict of int to int
        Tissue tag by label number.

    Raises
    ------
    BadInputError
        When there is no such table.
    FileFormatError
        When a line does not tell a tissue.
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
    return _table_of(Path(name))


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


def _table_of(path: Path) -> dict[int, int]:
    table: dict[int, int] = {}
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        words = line.split("#")[0].replace(",", " ").split()
        if not words or not words[0].lstrip("-").isdigit():
            continue  # headings and blank lines
        table[int(words[0])] = _tag(path, number, words[1:])
    if not table:
        msg = f"{path}: a label table must have lines such as '2 Gray-Matter'; it has none."
        raise FileFormatError(msg)
    return table


def _tag(path: Path, line: int, words: list[str]) -> int:
    if words and words[0].isdigit():
        tag = int(words[0])
        if tag == AIR or tag in DEFAULTS:
            return tag
    name = words[0].lower() if words else ""
    for pattern, tag in WORDS:
        if re.search(pattern, name.replace("_", "-")):
            return tag
    msg = (
        f"{path}: line {line} must tell a tissue by its name or tag (0 to 12); it says "
        f"{quoted(' '.join(words))}. Write number and tissue tag."
    )
    raise FileFormatError(msg)
