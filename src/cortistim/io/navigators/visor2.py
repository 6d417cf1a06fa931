"""ANT Neuro visor2 markers: JSON with coil targets.

Poses are ``matsimnibs`` in millimetres in the world of the image that the file describes by
its quaternion, offset and voxel sizes.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.navigators.frames import DeclaredFrame, ImageForms
from cortistim.io.navigators.record import Collector, NavigatedPose, PoseFile
from cortistim.io.navigators.source import dicts_in, matrix_of, number
from cortistim.typing import FloatArray
from cortistim.units import matrix_mm_from_m

RULES = {
    "CoordinateSystem": "ASSOCIATED_IMAGE",
    "PositionalUnit": "mm",
    "CoilAxesConvention": "simnibs",
}
IMAGE_KEYS = ("NIfTI_quatern", "NIfTI_qoffset", "NIfTI_pixdim")
IMAGE_TOLERANCE = 1e-5


def read(path: Path | str, content: dict[str, Any]) -> PoseFile:
    """Read coil targets.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    content : dict
        The JSON.

    Returns
    -------
    PoseFile
        In the world of the associated image.

    Raises
    ------
    FileFormatError
        When units, frame or axes are others than those known.
    """
    gathered = Collector(rounding=5e-6)
    for entry in dicts_in(content.get("TargetMarkers")):
        target = entry.get("CoilTarget")
        if isinstance(target, dict):
            _take(gathered, path, target)
    version = _dict(_dict(content.get("Configuration")).get("SourceInfo")).get("AppVersion")
    return gathered.file("visor2", str(version or ""), DeclaredFrame("ASSOCIATED_IMAGE"))


def _take(gathered: Collector, path: Path | str, target: dict[str, Any]) -> None:
    name = str(target.get("Name", ""))
    for key, rule in RULES.items():
        if target.get(key) != rule:
            told = target.get(key)
            msg = f"{path}: target {name[:40]!r}: {key} must be {rule}; got {quoted(told)}."
            raise FileFormatError(msg)
    pose = _dict(target.get("CoilPose"))
    gathered.take(name, "target", matrix_of(pose.get("RigidTransformMatrix4x4")), np.eye(4))


def require_image(path: Path | str, content: dict[str, Any], image: ImageForms) -> None:
    """Refuse an image that is not the one the file was made with.

    Parameters
    ----------
    path : Path or str
        Named in complaints.
    content : dict
        The JSON.
    image : ImageForms
        Of the T1.

    Raises
    ------
    BadInputError
        When the numbers differ by more than 1e-5.
    """
    told = _dict(_dict(content.get("Configuration")).get("AssociatedImageInfo"))
    for key, own in _image_block(image).items():
        values = [number(v) for v in told[key]] if isinstance(told.get(key), list) else own
        if len(values) != len(own) or not _close(np.array(values), np.array(own)):
            msg = (
                f"{image.path}: this is not the image that {path} was made with: {key} is "
                f"{own}, the file says {values}. Give the T1 that visor2 was given."
            )
            raise BadInputError(msg)


def _close(told: FloatArray, own: FloatArray) -> bool:
    return bool(np.allclose(told, own, rtol=IMAGE_TOLERANCE, atol=IMAGE_TOLERANCE))


def _image_block(image: ImageForms) -> dict[str, list[float]]:
    values = (image.quatern, image.qoffset, image.pixdim)
    return {key: list(numbers) for key, numbers in zip(IMAGE_KEYS, values, strict=True)}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def write(poses: tuple[NavigatedPose, ...], image: ImageForms | None = None) -> bytes:
    """Write coil targets.

    Parameters
    ----------
    poses : tuple of NavigatedPose
        In subject space.
    image : ImageForms, optional
        Of the T1; without it the file does not name its image.

    Returns
    -------
    bytes
        The file's content.
    """
    configuration: dict[str, Any] = {"SourceInfo": {"AppName": "cortistim", "AppVersion": ""}}
    if image is not None:
        configuration["AssociatedImageInfo"] = _image_block(image)
    markers = [
        {
            "CoilTarget": {
                "Name": entry.name,
                **RULES,
                "CoilPose": {
                    "RigidTransformMatrix4x4": matrix_mm_from_m(entry.pose.matrix_m).tolist()
                },
            }
        }
        for entry in poses
    ]
    content = {"Configuration": configuration, "TargetMarkers": markers}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
