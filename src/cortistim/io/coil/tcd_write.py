"""Writing .tcd files: what was read is written so that it is read back equal."""

import base64
import json
import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cortistim.coil import (
    Channel,
    CoilAssembly,
    Dipoles,
    Element,
    Model,
    Parameter,
    SampledPotential,
    Segments,
    Shift,
    Turn,
)
from cortistim.errors import BadInputError
from cortistim.io.text import write_text
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

Pack = Callable[[np.ndarray], Any]


def write_tcd(path: Path | str, coil: CoilAssembly, *, packed: bool = True) -> None:
    """Write a coil of elements, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .tcd.
    coil : CoilAssembly
        At rest; `assembly_of` makes one of a rigid coil.
    packed : bool, optional
        Write long arrays as base64 of zlib-compressed numbers, not as lists. Potentials on
        grids are written as lists always: the packed form of the format is a pickle.

    Raises
    ------
    BadInputError
        When the name does not end in .tcd.
    """
    path = Path(path)
    if path.suffix.lower() != ".tcd":
        msg = f"{path}: a coil of elements must be written to a file that ends in .tcd."
        raise BadInputError(msg)
    write_text(path, json.dumps(tcd_content(coil, packed=packed), indent=1) + "\n")


def tcd_content(coil: CoilAssembly, *, packed: bool = True) -> dict[str, Any]:
    """Return what a .tcd file holds.

    Parameters
    ----------
    coil : CoilAssembly
        At rest.
    packed : bool, optional
        See `write_tcd`.

    Returns
    -------
    dict
        For JSON.
    """
    pack = _packed if packed else _listed
    content = {
        "name": coil.name,
        "brand": coil.brand,
        "version": coil.version,
        "limits": _millimetres(coil.limits_m),
        "resolution": _millimetres(coil.resolution_m),
        "coilCasing": coil.casing,
        "coilElementList": [_element(element, pack) for element in coil.elements],
        "stimulatorList": [_channel(channel, pack) for channel in coil.channels],
        "deformList": [_joint(joint) for joint in coil.joints],
        "deformRangeList": [_parameter(parameter) for parameter in coil.parameters],
        "coilModels": [_model(model, pack) for model in coil.models],
        "selfIntersectionTest": [list(group) for group in coil.exclusive],
    }
    return _present(content)


def exact_mm(value_m: FloatArray) -> FloatArray:
    """Convert metres to millimetres so that what came from millimetres comes back equal.

    Parameters
    ----------
    value_m : array [m]
        Any.

    Returns
    -------
    array
        Millimetres that `m_from_mm` turns into the same metres. Not every number of
        metres is a number of millimetres; those that are not are rounded.
    """
    value_m = np.asarray(value_m, dtype=float)
    value_mm = mm_from_m(value_m)
    for towards in (-np.inf, np.inf):
        beside = np.nextafter(mm_from_m(value_m), towards)
        better = (m_from_mm(value_mm) != value_m) & (m_from_mm(beside) == value_m)
        value_mm = np.where(better, beside, value_mm)
    return value_mm


def _millimetres(value_m: FloatArray | None) -> list[Any] | None:
    return None if value_m is None else exact_mm(value_m).tolist()


def _present(content: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the format wants absent rather than empty."""
    return {key: value for key, value in content.items() if value not in (None, "", [])}


def _listed(values: np.ndarray) -> list[Any]:
    return values.tolist()


def _packed(values: np.ndarray) -> str:
    dtype = "<i8" if values.dtype.kind in "iu" else "<f8"
    return base64.b64encode(zlib.compress(values.astype(dtype).tobytes())).decode("ascii")


def _element(element: Element, pack: Pack) -> dict[str, Any]:
    return _present(
        {
            "name": element.name,
            "stimulator": element.channel,
            "elementCasing": element.casing,
            "deformations": list(element.joints),
            **_current(element.current, pack),
        }
    )


def _current(current: Dipoles | Segments | SampledPotential, pack: Pack) -> dict[str, Any]:
    if isinstance(current, Dipoles):
        points, values = exact_mm(current.points_m), current.moments_m2
        return {"type": 1, "points": pack(points), "values": pack(values)}
    if isinstance(current, Segments):
        points = exact_mm(current.centres_m)
        values = exact_mm(current.weight * current.vectors_m)
        return {"type": 2, "points": pack(points), "values": pack(values)}
    affine = current.frame_m @ current.affine_m
    affine[:3] = exact_mm(affine[:3])
    values = current.values_t_m
    if not np.array_equal(current.frame_m, np.eye(4)):
        values = values @ current.frame_m[:3, :3].T
    return {"type": 3, "data": values.tolist(), "affine": affine.tolist()}


def _channel(channel: Channel, pack: Pack) -> dict[str, Any]:
    didt = channel.didt_max_a_per_s
    return _present(
        {
            "name": channel.name or "stimulator",
            "brand": channel.brand,
            "maxdIdt": didt if math.isfinite(didt) else None,
            "waveformList": [
                _present(
                    {
                        "name": waveform.name,
                        "time": pack(waveform.time_s),
                        "signal": pack(waveform.signal),
                        "fit": pack(waveform.fit) if len(waveform.fit) else None,
                    }
                )
                for waveform in channel.waveforms
            ],
        }
    )


def _joint(joint: Shift | Turn) -> dict[str, Any]:
    if isinstance(joint, Shift):
        return {"type": joint.axis, "deformRange": joint.parameter}
    return {
        "type": "rot2p",
        "deformRange": joint.parameter,
        "point1": exact_mm(joint.start_m).tolist(),
        "point2": exact_mm(joint.end_m).tolist(),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {"initial": parameter.initial, "range": [parameter.low, parameter.high]}


def _model(model: Model, pack: Pack) -> dict[str, Any]:
    content = {"points": pack(exact_mm(model.vertices_m)), "faces": pack(model.triangles)}
    for key, points_m in (
        ("minDistancePoints", model.contact_m),
        ("intersectPoints", model.intersect_m),
    ):
        if len(points_m):
            content[key] = pack(exact_mm(points_m))
    return content
