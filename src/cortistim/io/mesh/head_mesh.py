"""Meshes written for gmsh and SimNIBS: a head alone, or with a field."""

from pathlib import Path

import numpy as np

from cortistim.field import Field
from cortistim.head.mesh import TetMesh
from cortistim.io.mesh.msh import MshFile, write_msh


def write_head_mesh(path: Path | str, mesh: TetMesh) -> None:
    """Write a head mesh with SimNIBS tags.

    Parameters
    ----------
    path : Path or str
        A .msh file; gmsh 2.2 binary.
    mesh : TetMesh
        Any.
    """
    write_msh(path, _file(mesh))


def write_mesh_field(path: Path | str, field: Field) -> None:
    """Write the mesh with E, its magnitude and the potential.

    Parameters
    ----------
    path : Path or str
        A .msh file; gmsh 2.2 binary.
    field : Field
        Any.
    """
    e_v_per_m = field.in_tets_v_per_m()
    tet_data = {"E": e_v_per_m, "magnE": np.linalg.norm(e_v_per_m, axis=1)}
    write_msh(path, _file(field.head.mesh, {"v": field.potential_v}, tet_data))


def _file(
    mesh: TetMesh, node_data: dict | None = None, tet_data: dict | None = None
) -> MshFile:
    none = np.zeros((0, 3), np.int32)
    return MshFile(
        mesh.nodes_m, mesh.tets, mesh.tags, none, none[:, 0], node_data or {}, tet_data or {}
    )
