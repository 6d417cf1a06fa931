"""Atlases in MNI space: a label image and a table of names."""

from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.cortex.atlas import Atlas
from cortistim.io.image.head_image import read_label_image
from cortistim.io.table.label_rows import read_label_rows


def read_atlas(path: Path, table: Path | None = None) -> Atlas:
    """Read an atlas.

    Parameters
    ----------
    path : Path
        A label image in MNI space: .nii, .nii.gz, .mgz.
    table : Path, optional
        Text that names the numbers (FreeSurfer, MRIcron, charm, ITK-SNAP, BIDS), see
        `cortistim.io.table.label_rows`. Regions are named by their number without it.

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
        See `cortistim.io.table.label_rows`.

    Returns
    -------
    dict of int to str
        By number; where a column tells the hemisphere, it stands behind the name.

    Raises
    ------
    FileFormatError
        When no line has a number and a name, or a number has two names.
    """
    return {row.number: row.name for row in read_label_rows(path)}
