"""Atlases in MNI space: a label image and a table of names."""

from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.atlas import Atlas
from cortistim.io.head_image import read_label_image
from cortistim.io.text import text_of

LONGEST_NUMBER = 9  # digits of a region's number


def read_atlas(path: Path, table: Path | None = None) -> Atlas:
    """Read an atlas.

    Parameters
    ----------
    path : Path
        A label image in MNI space: .nii, .nii.gz, .mgz.
    table : Path, optional
        Text with a line per region: number and name, further columns are passed over (the
        tables of FreeSurfer, MRIcron and charm). Regions are named by their number without it.

    Returns
    -------
    Atlas
        With a name for every number that occurs.

    Raises
    ------
    BadInputError
        When the image holds no labels or the table lacks one that occurs.
    FileFormatError
        When a file is broken.
    """
    labels, affine_m = read_label_image(path)
    present = [int(number) for number in np.unique(labels) if number > 0]
    if not present:
        msg = f"{path}: an atlas must hold regions, numbers above 0; it has none."
        raise BadInputError(msg)
    names = read_names(table) if table else {n: f"region {n}" for n in present}
    nameless = [number for number in present if number not in names]
    if nameless:
        msg = (
            f"{table}: every number of {path.name} must have a name; {nameless[:8]} have none. "
            "Add lines such as '12 Insula_L'."
        )
        raise BadInputError(msg)
    name = path.name.split(".")[0]
    return Atlas(name, labels, affine_m, {number: names[number] for number in present})


def read_names(path: Path) -> dict[int, str]:
    """Read the names of numbers.

    Parameters
    ----------
    path : Path
        Text; headings, blank lines and what follows # are passed over.

    Returns
    -------
    dict of int to str
        By number.

    Raises
    ------
    FileFormatError
        When no line has a number and a name.
    """
    names: dict[int, str] = {}
    for line in text_of(path).splitlines():
        words = line.split("#")[0].replace(",", " ").split()
        if len(words) > 1 and words[0].isdecimal() and len(words[0]) <= LONGEST_NUMBER:
            names[int(words[0])] = words[1]
    if not names:
        msg = f"{path}: a table must have lines such as '12 Insula_L'; it has none."
        raise FileFormatError(msg)
    return names
