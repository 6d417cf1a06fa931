"""A field as surfaces and volumes that other programs read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

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
    volumes = Volumes.of(field)
    volumes.write(folder)
    return volumes.grid


@dataclass(frozen=True, eq=False)
class Volumes:
    """A field in the tetrahedra, and on a grid of 1 mm.

    Parameters
    ----------
    mesh : TetMesh
        Of the field's head.
    e_v_per_m : (n_tet, 3) array [V/m]
        E at the tetrahedra's centres.
    grid : VolumeGrid
        Labels and |E| at 1 mm; NaN outside the head.
    """

    mesh: TetMesh
    e_v_per_m: FloatArray
    grid: VolumeGrid

    @classmethod
    def of(cls, field: Field) -> Self:
        """Read a field.

        Parameters
        ----------
        field : Field
            Any.
        """
        mesh, e_v_per_m = field.head.mesh, field.in_tets_v_per_m()
        tets, affine_m = tets_on_grid(mesh, MAGNITUDE_SPACING_M)
        size = np.linalg.norm(e_v_per_m, axis=1).astype(np.float32)
        magnitude = np.where(tets >= 0, size[tets], np.float32(np.nan))
        labels = np.where(tets >= 0, mesh.tags[tets], 0)
        return cls(mesh, e_v_per_m, VolumeGrid(labels, magnitude, affine_m))

    def write(self, folder: Path) -> None:
        """Write |E| at 1 mm and the vector E at 2 mm as NIfTI.

        No parallel kernel is called, so that a thread of its own may do this.

        Parameters
        ----------
        folder : Path
            Gets ``field_magnitude.nii.gz`` and ``field_vector.nii.gz``.
        """
        magnitude = np.nan_to_num(self.grid.e_magnitude_v_per_m, nan=0.0)
        write_volume_nifti(folder / "field_magnitude.nii.gz", magnitude, self.grid.affine_m)
        tets, affine_m = tets_on_grid(self.mesh, VECTOR_SPACING_M)
        vector = np.where((tets >= 0)[..., None], self.e_v_per_m[tets], 0).astype(np.float32)
        write_volume_nifti(folder / "field_vector.nii.gz", vector, affine_m)


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
