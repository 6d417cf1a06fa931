"""GIFTI surfaces and overlays, in millimetres of subject space."""

from collections.abc import Mapping
from colorsys import hsv_to_rgb
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import Parcels
from cortistim.head.mesh import Surface
from cortistim.io.text import write_bytes
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

SCANNER = 1
"""NIFTI_XFORM_SCANNER_ANAT."""
BOTH_HEMISPHERES = "CortexRightAndLeft"
GOLDEN = 0.618  # of the hue circle from one region to the next


def write_surface_gifti(
    path: Path | str,
    surface: Surface,
    structure: str = BOTH_HEMISPHERES,
    layer: str = "MidThickness",
) -> None:
    """Write a surface, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .gii; viewers expect .surf.gii.
    surface : Surface
        Any.
    structure : str
        GIFTI's AnatomicalStructurePrimary, such as ``CortexLeft``.
    layer : str
        GIFTI's AnatomicalStructureSecondary, such as ``Pial`` or ``GrayWhite``.

    Raises
    ------
    BadInputError
        When the name does not end in .gii.
    """
    from nibabel.gifti.gifti import GiftiCoordSystem, GiftiDataArray, GiftiImage, GiftiMetaData

    points = GiftiDataArray(
        mm_from_m(surface.vertices_m).astype(np.float32),
        intent="NIFTI_INTENT_POINTSET",
        datatype="NIFTI_TYPE_FLOAT32",
        coordsys=GiftiCoordSystem(SCANNER, SCANNER, np.eye(4)),
        meta=GiftiMetaData(
            {
                "AnatomicalStructurePrimary": structure,
                "AnatomicalStructureSecondary": layer,
                "GeometricType": "Anatomical",
            }
        ),
    )
    triangles = GiftiDataArray(
        np.asarray(surface.triangles, dtype=np.int32),
        intent="NIFTI_INTENT_TRIANGLE",
        datatype="NIFTI_TYPE_INT32",
        coordsys=None,
    )
    _write(path, GiftiImage(darrays=[points, triangles]).to_bytes())


def write_overlay_gifti(
    path: Path | str, columns: Mapping[str, FloatArray], structure: str = BOTH_HEMISPHERES
) -> None:
    """Write values at the vertices of a surface, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .gii; viewers expect .func.gii or .shape.gii.
    columns : mapping of str to (n_vertex,) array
        Such as magnitude, normal and tangential field.
    structure : str
        GIFTI's AnatomicalStructurePrimary; that of the surface.

    Raises
    ------
    BadInputError
        When the name does not end in .gii, or the columns differ in length.
    """
    from nibabel.gifti.gifti import GiftiDataArray, GiftiImage, GiftiMetaData

    shapes = {np.asarray(values).shape for values in columns.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1:
        msg = f"{path}: an overlay needs columns of one value per vertex; got {sorted(shapes)}."
        raise BadInputError(msg)
    arrays = [
        GiftiDataArray(
            np.asarray(values, dtype=np.float32),
            intent="NIFTI_INTENT_NONE",
            datatype="NIFTI_TYPE_FLOAT32",
            meta=GiftiMetaData({"Name": name}),
        )
        for name, values in columns.items()
    ]
    meta = GiftiMetaData({"AnatomicalStructurePrimary": structure})
    _write(path, GiftiImage(darrays=arrays, meta=meta).to_bytes())


def write_labels_gifti(
    path: Path | str, parcels: Parcels, structure: str = BOTH_HEMISPHERES
) -> None:
    """Write regions at the vertices of a surface, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .gii; viewers expect .label.gii.
    parcels : Parcels
        Numbers at the vertices and their names; colours are spread over the circle.
    structure : str
        GIFTI's AnatomicalStructurePrimary; that of the surface.

    Raises
    ------
    BadInputError
        When the name does not end in .gii.
    """
    from nibabel.gifti.gifti import (
        GiftiDataArray,
        GiftiImage,
        GiftiLabel,
        GiftiLabelTable,
        GiftiMetaData,
    )

    table = GiftiLabelTable()
    names = {0: "none"} | dict(parcels.names)
    for place, (number, name) in enumerate(names.items()):
        hue = place * GOLDEN % 1.0
        red, green, blue = hsv_to_rgb(hue, 0.5 if place % 2 else 0.8, 0.9)
        label = GiftiLabel(number, red, green, blue, float(number != 0))
        vars(label)["label"] = name  # its constructor takes no name
        table.labels.append(label)
    array = GiftiDataArray(
        np.asarray(parcels.numbers, dtype=np.int32),
        intent="NIFTI_INTENT_LABEL",
        datatype="NIFTI_TYPE_INT32",
        meta=GiftiMetaData({"Name": parcels.name}),
    )
    meta = GiftiMetaData({"AnatomicalStructurePrimary": structure})
    _write(path, GiftiImage(darrays=[array], labeltable=table, meta=meta).to_bytes())


def _write(path: Path | str, content: bytes) -> None:
    if not str(path).lower().endswith(".gii"):
        msg = f"{path}: a GIFTI file must end in .gii."
        raise BadInputError(msg)
    write_bytes(path, content)
