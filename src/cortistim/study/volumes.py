"""A field as surfaces and volumes that other programs read."""

from pathlib import Path

import numpy as np

from cortistim.field import Field, SurfaceField
from cortistim.head.mesh import TetMesh
from cortistim.head.rasterise import grid_around, tets_onto
from cortistim.io import (
    write_overlay_gifti,
    write_surface_gifti,
    write_volume_nifti,
)
from cortistim.typing import FloatArray, IntArray
from cortistim.viz import VolumeGrid

MAGNITUDE_SPACING_M = 0.001
VECTOR_SPACING_M = 0.002


def write_cortex(on_cortex: SurfaceField, folder: Path) -> None:
    """Write the mid-grey surface and the field on it as GIFTI.

    Parameters
    ----------
    on_cortex : SurfaceField
        Surface and field.
    folder : Path
        Gets ``cortex.surf.gii`` and ``cortex_field.func.gii``.
    """
    write_surface_gifti(folder / "cortex.surf.gii", on_cortex.surface)
    overlay = {
        "E magnitude [V/m]": on_cortex.magnitude_v_per_m,
        "E normal, positive into the cortex [V/m]": on_cortex.normal_v_per_m,
        "E tangential [V/m]": on_cortex.tangential_v_per_m,
        "bar of the numerical error of E [V/m]": on_cortex.error_v_per_m,
    }
    write_overlay_gifti(folder / "cortex_field.func.gii", overlay)


def write_volumes(field: Field, folder: Path) -> VolumeGrid:
    """Write |E| at 1 mm and the vector E at 2 mm as NIfTI.

    Parameters
    ----------
    field : Field
        Any.
    folder : Path
        Gets ``field_magnitude.nii.gz`` and ``field_vector.nii.gz``.

    Returns
    -------
    VolumeGrid
        Labels and |E| at 1 mm, for slices.
    """
    mesh, e_v_per_m = field.head.mesh, field.in_tets_v_per_m()
    tets, affine_m = tets_on_grid(mesh, VECTOR_SPACING_M)
    vector = np.where((tets >= 0)[..., None], e_v_per_m[tets], 0).astype(np.float32)
    write_volume_nifti(folder / "field_vector.nii.gz", vector, affine_m)
    tets, affine_m = tets_on_grid(mesh, MAGNITUDE_SPACING_M)
    size = np.linalg.norm(e_v_per_m, axis=1).astype(np.float32)
    magnitude = np.where(tets >= 0, size[tets], np.float32(0))
    write_volume_nifti(folder / "field_magnitude.nii.gz", magnitude, affine_m)
    labels = np.where(tets >= 0, mesh.tags[tets], 0)
    return VolumeGrid(labels, np.where(tets >= 0, magnitude, np.float32(np.nan)), affine_m)


def tets_on_grid(mesh: TetMesh, spacing_m: float) -> tuple[IntArray, FloatArray]:
    """Find the tetrahedron at each voxel of a grid around a mesh.

    Parameters
    ----------
    mesh : TetMesh
        Any.
    spacing_m : float [m]
        Edge of a voxel.

    Returns
    -------
    tets : (nx, ny, nz) int array
        Index of a tetrahedron, -1 outside.
    affine_m : (4, 4) array
        Voxel index to metres.
    """
    shape, affine_m = grid_around(mesh.nodes_m, spacing_m, spacing_m)
    return tets_onto(mesh, shape, affine_m), affine_m
