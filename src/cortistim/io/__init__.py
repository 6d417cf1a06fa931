"""Files of others: takes meshes, coils, poses, points; gives the nouns of the chain, and back.

One file per format. Readers check before they return; writers are atomic.
"""

from cortistim.io.coil.ccd import read_ccd, write_ccd
from cortistim.io.coil.file import read_assembly, read_coil, write_coil
from cortistim.io.coil.nifti import read_coil_nifti, write_coil_nifti
from cortistim.io.coil.paths import read_paths
from cortistim.io.coil.tcd import read_tcd
from cortistim.io.coil.tcd_write import write_tcd
from cortistim.io.image.nifti import read_volume_nifti, write_volume_nifti
from cortistim.io.mesh.head_mesh import write_head_mesh, write_mesh_field
from cortistim.io.mesh.msh import MshFile, read_mesh, read_msh, write_msh
from cortistim.io.mesh.stl import read_stl, write_stl
from cortistim.io.pose import read_deformation, read_pose, read_poses, write_pose
from cortistim.io.subject.head import read_head
from cortistim.io.surface.gifti import write_overlay_gifti, write_surface_gifti
from cortistim.io.table.points import (
    PointField,
    PointTable,
    read_points_csv,
    write_points_csv,
)
from cortistim.io.table.positions import read_positions_csv, write_electrodes_csv
from cortistim.io.table.sigma import parse_sigma
from cortistim.io.table.waveform import read_waveform_tsv, write_waveform_tsv

__all__ = [
    "MshFile",
    "PointField",
    "PointTable",
    "parse_sigma",
    "read_assembly",
    "read_ccd",
    "read_coil",
    "read_coil_nifti",
    "read_deformation",
    "read_head",
    "read_mesh",
    "read_msh",
    "read_paths",
    "read_points_csv",
    "read_pose",
    "read_poses",
    "read_positions_csv",
    "read_stl",
    "read_tcd",
    "read_volume_nifti",
    "read_waveform_tsv",
    "write_ccd",
    "write_coil",
    "write_coil_nifti",
    "write_electrodes_csv",
    "write_head_mesh",
    "write_mesh_field",
    "write_msh",
    "write_overlay_gifti",
    "write_points_csv",
    "write_pose",
    "write_stl",
    "write_surface_gifti",
    "write_tcd",
    "write_volume_nifti",
    "write_waveform_tsv",
]
