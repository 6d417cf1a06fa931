"""An operator's file: one .npz that needs no head beside it."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from cortistim import cache
from cortistim.errors import FileFormatError
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.operator import VERSION, FieldOperator, OperatorOrigin
from cortistim.files import require_file
from cortistim.head.distance import SignedDistance
from cortistim.head.head import Head

SHARES = ("maps", "around")
ARRAYS = ("points_m", "fields_v_per_m", "samples_m", "members")
# Kind of number and shape of each array; a letter is the same length wherever it stands.
LAYOUT = {
    "points_m": ("f", ("p", 3)),
    "fields_v_per_m": ("f", ("3p", "m")),
    "samples_m": ("f", ("s", 3)),
    "members": ("f", ("3s", "m")),
    "shares_maps": ("f", ("p", 3, 3)),
    "shares_around": ("f", ("p",)),
    "outside_vertices_m": ("f", ("v", 3)),
    "outside_triangles": ("iu", ("t", 3)),
    "outside_values_m": ("f", ("x", "y", "z")),
    "outside_nearest": ("iu", ("x", "y", "z")),
    "outside_affine_m": ("f", (4, 4)),
}
KIND_OF = {"str": "U", "int": "iu", "float": "f"}


def save_operator(operator: FieldOperator, path: Path) -> None:
    """Write an operator to one .npz file, atomically.

    Parameters
    ----------
    operator : FieldOperator
        Any.
    path : Path
        Where to; twelve bytes per point and member, and some 40 MB for the distance to the
        scalp and the samples.
    """
    outside = {f"outside_{name}": a for name, a in operator.outside.arrays().items()}
    origin = {f"origin_{name}": np.array(v) for name, v in asdict(operator.origin).items()}
    arrays = {name: getattr(operator, name) for name in ARRAYS}
    arrays |= {f"shares_{name}": getattr(operator.shares, name) for name in SHARES}
    cache.store(path, {**arrays, **outside, **origin})


def load_operator(path: Path, head: Head | None = None) -> FieldOperator:
    """Read an operator.

    Parameters
    ----------
    path : Path
        Written by `save_operator`.
    head : Head, optional
        Checked to be the one that the operator was built on.

    Returns
    -------
    FieldOperator
        Ready to evaluate.

    Raises
    ------
    BadInputError
        When there is no such file, or the head has another mesh or other conductivities.
    FileFormatError
        When the file is not an operator, or is one of another version.
    """
    require_file(path, "An operator is a file that 'cortistim operator build' makes.")
    try:
        arrays = cache.load_own(path)
        version = _version(arrays)
        if version == VERSION:
            _require_content(arrays)
    except FileFormatError as error:
        msg = f"{path}: this is not an operator, or it is damaged ({error}). Build it again."
        raise FileFormatError(msg) from error
    if version != VERSION:
        msg = f"{path}: an operator must have version {VERSION}; got {version}. Build it again."
        raise FileFormatError(msg)
    operator = FieldOperator(
        **{name: arrays[name] for name in ARRAYS},
        outside=SignedDistance.from_arrays(_part(arrays, "outside_")),
        origin=_origin(_part(arrays, "origin_")),
        shares=ErrorShares(**_part(arrays, "shares_")),
    )
    if head is not None:
        operator.origin.require(head)
    return operator


def _part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}


def _origin(arrays: Mapping[str, np.ndarray]) -> OperatorOrigin:
    plain = {name: array.tolist() for name, array in arrays.items()}
    return OperatorOrigin(**{**plain, "coils": tuple(plain["coils"])})


def _version(arrays: Mapping[str, np.ndarray]) -> int:
    found = arrays.get("origin_version", np.zeros(1))
    if found.shape or found.dtype.kind not in "iu":
        msg = "it must hold the number of its version"
        raise FileFormatError(msg)
    return int(found)


def _require_content(arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays that are missing, strange, of other kinds or shapes, or not finite."""
    layout = {**LAYOUT, **_origin_layout()}
    odd = sorted(set(layout) ^ set(arrays))
    if odd:
        msg = f"it must hold the arrays of an operator and no others; see {', '.join(odd)}"
        raise FileFormatError(msg)
    lengths: dict[str, int] = {}
    for name, (kinds, shape) in layout.items():
        array = arrays[name]
        if array.dtype.kind not in kinds or not _fits(array.shape, shape, lengths):
            msg = f"{name} has another kind or shape than in an operator: {array.dtype.str}, "
            msg += str(array.shape)
            raise FileFormatError(msg)
        if "f" in kinds and array.size and not np.isfinite([array.min(), array.max()]).all():
            msg = f"{name} must be finite everywhere"
            raise FileFormatError(msg)
    _require_index(arrays, "outside_triangles", "outside_vertices_m")
    _require_index(arrays, "outside_nearest", "outside_triangles")


def _origin_layout() -> dict[str, tuple[str, tuple[int | str, ...]]]:
    texts = {"coils": ("U", ("c",)), "recovery": ("U", ())}
    types = {f.name: getattr(f.type, "__name__", "") for f in fields(OperatorOrigin)}
    plain = {name: (KIND_OF[kind], ()) for name, kind in types.items() if kind in KIND_OF}
    return {f"origin_{name}": row for name, row in {**plain, **texts}.items()}


def _fits(
    found: tuple[int, ...], wanted: tuple[int | str, ...], lengths: dict[str, int]
) -> bool:
    """Compare shapes; learns the lengths that letters stand for."""
    if len(found) != len(wanted):
        return False
    for length, want in zip(found, wanted, strict=True):
        if isinstance(want, int):
            fits = length == want
        elif want.startswith("3"):
            fits = length == 3 * lengths[want[1:]]
        else:
            fits = length == lengths.setdefault(want, length) and length > 0
        if not fits:
            return False
    return True


def _require_index(arrays: Mapping[str, np.ndarray], name: str, into: str) -> None:
    index = arrays[name]
    if index.min() < 0 or index.max() >= len(arrays[into]):
        msg = f"{name} must point into {into}"
        raise FileFormatError(msg)
