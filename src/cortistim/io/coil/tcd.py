"""Coils of elements: .tcd files (JSON), in millimetres, A m² or T m per ampere.

The format refuses keys that it does not know, and so does this reader. Arrays come as lists
or as base64 text of zlib-compressed little-endian numbers. A potential on a grid may come as
a Python pickle; unpickling runs whatever the file says, so that such data is refused.
"""

import base64
import binascii
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

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
    Waveform,
)
from cortistim.coil.bounds import (
    require_casing,
    require_grid,
    require_moments,
    require_winding,
)
from cortistim.coil.casing import merged_casing
from cortistim.coil.elements import Axis
from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.head.tissues import USER
from cortistim.io.text import json_of
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm

LARGEST_ARRAY_BYTES = 2**28
DIPOLES, WIRE, GRID = 1, 2, 3
AXES: dict[str, Axis] = {"x": "x", "y": "y", "z": "z"}
T = TypeVar("T")

TOP = (
    "name brand version limits resolution coilCasing coilElementList stimulatorList "
    "deformList deformRangeList coilModels selfIntersectionTest"
)
ELEMENT = "type stimulator name elementCasing deformations points values data affine"
STIMULATOR = "name brand maxdIdt waveformList"
WAVEFORM = "name time signal fit"
JOINT = "type deformRange point1 point2"
MODEL = "points faces minDistancePoints intersectPoints"


class Node:
    """One object of the file, and the only one who complains about it.

    Parameters
    ----------
    path : Path
        Named in complaints.
    where : str
        The place in the file, such as ``coilElementList[2]``.
    content : object
        What the file holds there.
    known : str
        Keys that the format knows, separated by blanks.
    """

    def __init__(self, path: Path, where: str, content: object, known: str) -> None:
        self.path, self.where = path, where
        if not isinstance(content, dict):
            self.fail(f"must be an object {{...}}; got {type(content).__name__}.")
        self.content: dict[str, Any] = content
        unknown = sorted(set(content) - set(known.split()))
        if unknown:
            self.fail(
                f"the format knows the keys {known}; got {unknown[:4]}. Remove what is not "
                "of the format."
            )

    def fail(self, why: str) -> NoReturn:
        """Complain about the place.

        Parameters
        ----------
        why : str
            The rule, the value and the remedy.
        """
        place = f"{self.where}: " if self.where else ""
        msg = f"{self.path}: {place}{why}"
        raise FileFormatError(msg)

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is there; null counts as absent."""
        return self.content.get(key) is not None

    def text(self, key: str) -> str:
        """Return a string, empty when absent.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        str
            Its value.
        """
        value = self.content.get(key)
        if value is not None and not isinstance(value, str):
            self.fail(f"{key} must be text; got {str(value)[:40]}.")
        return value or ""

    def index(self, key: str) -> int:
        """Return a whole number from 0.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        int
            Its value.
        """
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
            self.fail(f"{key} must be a whole number from 0; got {str(value)[:40]}.")
        return value

    def number(self, key: str) -> float:
        """Return a finite number.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        float
            Its value.
        """
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"{key} must be a number; got {str(value)[:40]}.")
        if not abs(value) < 1e300:
            self.fail(f"{key} must be finite; got {str(value)[:40]}.")
        return float(value)

    def items(self, key: str) -> list[Any]:
        """Return a list, empty when absent.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        list
            Its value, unchecked.
        """
        value = self.content.get(key, [])
        if not isinstance(value, list):
            self.fail(f"{key} must be a list; got {type(value).__name__}.")
        return value

    def nodes(self, key: str, known: str) -> list["Node"]:
        """Return a list of objects.

        Parameters
        ----------
        key : str
            Of the object.
        known : str
            Keys that each object may have, separated by blanks.

        Returns
        -------
        list of Node
            In the order of the file.
        """
        return [
            Node(self.path, f"{self.where}.{key}[{i}]".lstrip("."), item, known)
            for i, item in enumerate(self.items(key))
        ]

    def indices(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers from 0.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        tuple of int
            Its value.
        """
        values = self.items(key)
        if any(isinstance(v, bool) or not isinstance(v, int) or v < 0 for v in values):
            self.fail(f"{key} must be whole numbers from 0; got {str(values)[:60]}.")
        return tuple(values)

    def array(self, key: str, shape: tuple[int, ...], dtype: str = "<f8") -> FloatArray:
        """Return finite numbers of a shape, -1 for any length; lists or base64.

        Parameters
        ----------
        key : str
            Of the object.
        shape : tuple of int
            Wanted; -1 for any length.
        dtype : str, optional
            Of what is packed.

        Returns
        -------
        array
            Of that shape.
        """
        value = self.content.get(key)
        found = self._packed(key, value, dtype) if isinstance(value, str) else self._list(value)
        if found is None or found.dtype.kind not in "iuf":
            self.fail(f"{key} must be numbers; got {str(value)[:40]}.")
        whole = found.size and found.size % max(1, abs(int(np.prod(shape)))) == 0
        if isinstance(value, str) and whole:
            found = found.reshape(shape)
        fits = len(found.shape) == len(shape) and all(
            want in (-1, got) for want, got in zip(shape, found.shape, strict=True)
        )
        if not fits or found.size == 0 or not np.isfinite(found).all():
            self.fail(f"{key} must be finite numbers of shape {shape}; got {found.shape}.")
        return found

    def _list(self, value: object) -> FloatArray | None:
        if not isinstance(value, list):
            return None
        try:
            return np.array(value)
        except (ValueError, OverflowError):
            return None

    def _packed(self, key: str, value: str, dtype: str) -> FloatArray:
        try:
            packed = base64.b64decode(value, validate=True)
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(packed, LARGEST_ARRAY_BYTES)
        except (binascii.Error, ValueError, zlib.error) as error:
            self.fail(f"{key} must be base64 of zlib-compressed numbers ({error}).")
        if not unpacker.eof or len(data) % np.dtype(dtype).itemsize:
            self.fail(f"{key} is truncated, or longer than {LARGEST_ARRAY_BYTES} bytes.")
        return np.frombuffer(data, dtype)

    def points_m(self, key: str) -> FloatArray:
        """Return points given in millimetres, (n_point, 3), in metres.

        Parameters
        ----------
        key : str
            Of the object.

        Returns
        -------
        (n_point, 3) array [m]
            Its value.
        """
        return m_from_mm(np.asarray(self.array(key, (-1, 3)), dtype=float))

    def made(self, make: Callable[[], T]) -> T:
        """Build something, and say where in the file the complaint about it belongs.

        Parameters
        ----------
        make : callable
            Makes what the object stands for.

        Returns
        -------
        any
            What it made.
        """
        try:
            return make()
        except FileFormatError:
            raise
        except BadInputError as error:
            self.fail(str(error))


def read_tcd(path: Path | str) -> CoilAssembly:
    """Read a coil of elements.

    Parameters
    ----------
    path : Path or str
        A .tcd file.

    Returns
    -------
    CoilAssembly
        At rest; see `CoilAssembly.rigid`.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When the file breaks the format, or holds pickled data.
    """
    path = Path(path)
    top = Node(path, "", json_of(path), TOP)
    for key in ("coilElementList", "stimulatorList"):
        if not top.items(key):
            top.fail(f"a .tcd file needs a {key} with an entry. Is this a .tcd file?")
    coil = top.made(lambda: _assembly(top))
    top.made(lambda: _require_a_coil(coil))
    return coil


def _require_a_coil(coil: CoilAssembly) -> None:
    """Refuse what no coil is: in another unit, without a field, in another's casing."""
    currents = [element.current for element in coil.elements]
    dipoles = [current for current in currents if isinstance(current, Dipoles)]
    places = [current.points_m for current in dipoles]
    places += [current.places_m for current in currents if isinstance(current, Segments)]
    conductor_m = np.concatenate([np.empty((0, 3)), *places])
    require_winding(conductor_m)
    if dipoles:
        require_moments(np.concatenate([current.moments_m2 for current in dipoles]))
    used = {element.casing for element in coil.elements} | {coil.casing}
    models = [coil.models[index] for index in used if index is not None]
    if models:
        shell = merged_casing([(m.vertices_m, m.triangles) for m in models], "")
        require_casing(shell.vertices_m, shell.triangles, conductor_m)


def _assembly(top: Node) -> CoilAssembly:
    limits_m = m_from_mm(top.array("limits", (3, 2)) * 1.0) if "limits" in top else None
    resolution_m = (
        m_from_mm(top.array("resolution", (3,)) * 1.0) if "resolution" in top else None
    )
    if resolution_m is not None and not (resolution_m > 0).all():
        top.fail(f"resolution must be positive; got {top.content['resolution']}.")
    groups = top.items("selfIntersectionTest")
    if any(not isinstance(g, list) or len(g) < 2 for g in groups):
        top.fail(f"selfIntersectionTest must be lists of two or more; got {str(groups)[:60]}.")
    return CoilAssembly(
        name=top.text("name") or top.path.stem,
        elements=tuple(map(_element, top.nodes("coilElementList", ELEMENT))),
        channels=tuple(map(_channel, top.nodes("stimulatorList", STIMULATOR))),
        joints=tuple(map(_joint, top.nodes("deformList", JOINT))),
        parameters=tuple(map(_parameter, top.nodes("deformRangeList", "initial range"))),
        models=tuple(map(_model, top.nodes("coilModels", MODEL))),
        casing=top.index("coilCasing") if "coilCasing" in top else None,
        exclusive=tuple(_group(top, group) for group in groups),
        brand=top.text("brand"),
        version=top.text("version"),
        limits_m=limits_m,
        resolution_m=resolution_m,
        sources=(USER,),
    )


def _group(top: Node, group: list[object]) -> tuple[int, ...]:
    inner = {"group": group}
    return Node(top.path, "selfIntersectionTest", inner, "group").indices("group")


def _element(node: Node) -> Element:
    kind = node.index("type")
    if kind not in (DIPOLES, WIRE, GRID):
        node.fail(f"type must be 1 (dipoles), 2 (wire) or 3 (grid); got {kind}.")
    wanted, other = ("data", "affine"), ("points", "values")
    if kind != GRID:
        wanted, other = other, wanted
    if any(key in node for key in other):
        node.fail(f"an element of type {kind} must have {wanted} and not {other}.")
    return Element(
        node.made(lambda: (_grid if kind == GRID else _points)(node)),
        node.index("stimulator"),
        node.text("name"),
        node.index("elementCasing") if "elementCasing" in node else None,
        node.indices("deformations"),
    )


def _points(node: Node) -> Dipoles | Segments:
    points_m = node.points_m("points")
    if node.content["type"] == DIPOLES:
        return Dipoles(points_m, np.asarray(node.array("values", (-1, 3)), dtype=float))
    if "values" in node:
        return Segments(points_m, node.points_m("values"))
    ahead_m = np.roll(points_m, -1, axis=0) - points_m  # a closed path of corners
    return Segments(points_m + ahead_m / 2, ahead_m)


def _grid(node: Node) -> SampledPotential:
    if isinstance(node.content.get("data"), str):
        node.fail(
            "data is a Python pickle, which can run programs when it is opened, and is never "
            "opened here. Save the element's data as a JSON list, or the coil as .nii.gz."
        )
    affine = np.array(node.array("affine", (4, 4)), dtype=float)
    if not np.allclose(affine[3], [0, 0, 0, 1]):
        node.fail(f"the last row of affine must be 0 0 0 1; got {affine[3].tolist()}.")
    affine[:3] = m_from_mm(affine[:3])
    grid = SampledPotential(node.array("data", (-1, -1, -1, 3)), affine, np.eye(4))
    require_grid(grid)
    return grid


def _channel(node: Node) -> Channel:
    didt = node.number("maxdIdt") if "maxdIdt" in node else float("nan")
    if didt <= 0:
        node.fail(f"maxdIdt must be positive; got {didt}.")
    waveforms = tuple(map(_waveform, node.nodes("waveformList", WAVEFORM)))
    return Channel(node.text("name"), node.text("brand"), didt, waveforms)


def _waveform(node: Node) -> Waveform:
    fit = node.array("fit", (-1,)) if "fit" in node else np.empty(0)
    time_s, signal = node.array("time", (-1,)), node.array("signal", (-1,))
    return node.made(lambda: Waveform(time_s, signal, fit, node.text("name")))


def _joint(node: Node) -> Shift | Turn:
    kind, parameter = node.text("type"), node.index("deformRange")
    if kind == "rot2p":
        start, end = (m_from_mm(node.array(key, (3,)) * 1.0) for key in ("point1", "point2"))
        return node.made(lambda: Turn(start, end, parameter))
    if kind not in AXES:
        node.fail(f"type must be x, y, z or rot2p; got {quoted(kind)}.")
    if "point1" in node or "point2" in node:
        node.fail("only a deformation of type rot2p has point1 and point2.")
    return Shift(AXES[kind], parameter)


def _parameter(node: Node) -> Parameter:
    low, high = (float(value) for value in node.array("range", (2,)))
    return node.made(lambda: Parameter(node.number("initial"), low, high))


def _model(node: Node) -> Model:
    vertices_m, faces = node.points_m("points"), node.array("faces", (-1, 3), "<i8")
    if (faces != np.round(faces)).any() or np.abs(faces).max() > 2**53:
        node.fail("faces must be whole numbers.")
    extra = [
        node.points_m(key) if key in node else np.empty((0, 3))
        for key in ("minDistancePoints", "intersectPoints")
    ]
    return node.made(lambda: Model(vertices_m, faces.astype(np.int64), *extra))
