"""An operator's file: one .npz that needs no head beside it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cortistim import cache
from cortistim.errors import BadInputError, FileFormatError
from cortistim.field.bars import ErrorShares
from cortistim.field.operator import VERSION, FieldOperator, OperatorOrigin
from cortistim.head.distance import SignedDistance
from cortistim.head.head import Head

SHARES = ("maps", "around")
ARRAYS = ("points_m", "fields_v_per_m", "samples_m", "members")


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
    if not path.is_file():
        msg = f"an operator must be a file of 'cortistim operator build'; {path} is none."
        raise BadInputError(msg)
    try:
        arrays = cache.load(path)
        version = int(arrays["origin_version"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
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
