"""Coils as a vector potential on a grid: .nii and .nii.gz, T m per ampere, millimetres.

Four axes (x, y, z, component) hold one stimulator's potential, five (x, y, z, stimulator,
component) one for each of several. Components are those of the coil's frame, to which the
file's affine leads. The format cannot say that it holds a potential and not a flux density.
"""

import math
from pathlib import Path

import numpy as np

from cortistim.coil import Channel, CoilAssembly, Element, Model, SampledPotential
from cortistim.coil.bounds import LARGEST_T_M, require_grid
from cortistim.errors import BadInputError, FileFormatError
from cortistim.head.tissues import USER
from cortistim.io.image.nifti import nifti_bytes
from cortistim.io.image.opening import open_image
from cortistim.io.mesh.stl import read_casing_stl
from cortistim.io.text import write_bytes
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

ENDINGS = (".nii", ".nii.gz")
MOST_POINTS = 50_000_000


def read_coil_nifti(path: Path | str) -> CoilAssembly:
    """Read a coil whose vector potential was sampled on a grid.

    A casing is read from ``<same name>.stl``, or from ``<same name>.nii.stl``, which others
    write for ``.nii.gz``.

    Parameters
    ----------
    path : Path or str
        Ends in .nii or .nii.gz.

    Returns
    -------
    CoilAssembly
        One element and one channel per stimulator.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is no NIfTI file, has other axes, or holds no potential.
    """
    path = Path(path)
    image = open_image(path)
    shape = image.shape
    if len(shape) not in (4, 5) or shape[-1] != 3 or math.prod(shape) > 3 * MOST_POINTS:
        msg = (
            f"{path}: a coil's potential must have the axes (x, y, z, 3) or (x, y, z, "
            f"stimulator, 3) and at most {MOST_POINTS} points; got {shape}. Is this a coil?"
        )
        raise FileFormatError(msg)
    affine_m = image.affine_m()
    values = image.values(np.float64)
    values = values[..., None, :] if values.ndim == 4 else values
    largest = float(np.abs(values).max(initial=0.0))
    if not 0 < largest < LARGEST_T_M:
        msg = (
            f"{path}: the potential of a coil is some 1e-6 T m per ampere and never above "
            f"{LARGEST_T_M:g}; the largest here is {largest:.3g}. Is this an image?"
        )
        raise FileFormatError(msg)
    return _assembly(path, values, affine_m)


def _assembly(path: Path, values: FloatArray, affine_m: FloatArray) -> CoilAssembly:
    stem = stem_of(path)
    count = values.shape[3]
    try:
        grids = [SampledPotential(values[..., k, :], affine_m, np.eye(4)) for k in range(count)]
        for grid in grids:
            require_grid(grid)
    except FileFormatError:
        raise
    except BadInputError as error:
        msg = f"{path}: {error}"
        raise FileFormatError(msg) from error
    names = [f"stimulator {k + 1}" for k in range(count)] if count > 1 else ["stimulator"]
    model = _casing(path, stem)
    return CoilAssembly(
        stem,
        tuple(Element(grid, k, names[k]) for k, grid in enumerate(grids)),
        tuple(Channel(name) for name in names),
        models=model,
        casing=0 if model else None,
        sources=(USER,),
    )


def stem_of(path: Path) -> str:
    """Return a file's name without .nii or .nii.gz.

    Parameters
    ----------
    path : Path
        Of an image.

    Returns
    -------
    str
        The name alone.
    """
    name = path.name
    for ending in (".nii.gz", ".nii"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem


def _casing(path: Path, stem: str) -> tuple[Model, ...]:
    for beside in (path.with_name(f"{stem}.stl"), path.with_name(f"{stem}.nii.stl")):
        if beside.exists():
            return (Model(*read_casing_stl(beside, np.empty((0, 3)))),)
    return ()


def write_coil_nifti(
    path: Path | str,
    coil: CoilAssembly,
    *,
    limits_m: FloatArray | None = None,
    resolution_m: FloatArray | None = None,
) -> None:
    """Write a coil's vector potential on a grid, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .nii or .nii.gz.
    coil : CoilAssembly
        Bent as at rest. One made only of grids with the same affine, one per channel, is
        written as it is; any other is sampled.
    limits_m : (3, 2) array [m], optional
        Box to sample; by default the coil's own, or 300 x 200 x 200 mm to either side.
    resolution_m : (3,) array [m], optional
        Steps; by default the coil's own, or 3 mm.

    Raises
    ------
    BadInputError
        When the name or the box do not fit.
    """
    path = Path(path)
    if not path.name.lower().endswith(ENDINGS):
        msg = f"{path}: a coil's potential must be written to a .nii or .nii.gz file."
        raise BadInputError(msg)
    asked = limits_m is not None or resolution_m is not None
    values, affine_m = (None if asked else _as_it_is(coil)) or _sampled(
        coil, limits_m, resolution_m
    )
    values = values[:, :, :, 0] if values.shape[3] == 1 else values
    single = values.astype(np.float32)
    values = single if np.array_equal(single, values) else values
    affine_mm = np.array(affine_m)
    affine_mm[:3] = mm_from_m(affine_mm[:3])
    write_bytes(path, nifti_bytes(path, values, affine_mm, "A in T m per ampere"))


def _as_it_is(coil: CoilAssembly) -> tuple[FloatArray, FloatArray] | None:
    grids = [e.current for e in coil.elements if isinstance(e.current, SampledPotential)]
    own = [e.channel for e in coil.elements] == list(range(len(coil.channels)))
    if coil.joints or not own or len(grids) != len(coil.elements):
        return None
    first = grids[0]
    same = all(
        np.array_equal(grid.affine_m, first.affine_m)
        and np.array_equal(grid.frame_m, np.eye(4))
        and grid.values_t_m.shape == first.values_t_m.shape
        for grid in grids
    )
    if not same:
        return None
    return np.stack([grid.values_t_m for grid in grids], axis=3), first.affine_m


def _sampled(
    coil: CoilAssembly, limits_m: FloatArray | None, resolution_m: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    limits = coil.limits_m if limits_m is None else np.asarray(limits_m, dtype=float)
    if limits is None:
        limits = np.array([[-0.3, 0.3], [-0.2, 0.2], [-0.2, 0.2]])
    steps = coil.resolution_m if resolution_m is None else np.asarray(resolution_m, dtype=float)
    steps = np.full(3, 3e-3) if steps is None else np.broadcast_to(steps, (3,))
    counts = np.floor((limits[:, 1] - limits[:, 0]) / steps + 1e-6) + 1
    if not (steps > 0).all() or not (counts >= 2).all() or counts.prod() > MOST_POINTS:
        msg = (
            f"a grid needs a box wider than its steps and at most {MOST_POINTS} points; got "
            f"{mm_from_m(limits).tolist()} mm in steps of {mm_from_m(steps).tolist()} mm."
        )
        raise BadInputError(msg)
    axes = [
        low + step * np.arange(int(count))
        for low, step, count in zip(limits[:, 0], steps, counts, strict=True)
    ]
    points_m = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    names = coil.channel_names()
    fields = [
        coil.rigid(currents={name: float(name == fed) for name in names})
        .vector_potential_t_m(points_m.reshape(-1, 3))
        .reshape(points_m.shape)
        for fed in names
    ]
    affine_m = np.diag([*steps, 1.0])
    affine_m[:3, 3] = limits[:, 0]
    return np.stack(fields, axis=3), affine_m
