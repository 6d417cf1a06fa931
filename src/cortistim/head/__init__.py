"""The head: tetrahedra, tissues, surfaces and frames.

Takes meshes of tetrahedra with tissue tags; gives a `Head`: conductivities, the scalp and
the distance to it, the mid-grey surface, EEG positions, and the tie to MNI space.
"""

from cortistim.head.builtin import builtin_names, load_builtin
from cortistim.head.cortex.hemispheres import CorticalSurfaces, Hemisphere, Parcels
from cortistim.head.cortex.mid_grey import mid_grey_surface
from cortistim.head.distance import SignedDistance
from cortistim.head.head import Head
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.quality.mesh import check_mesh, repair_mesh, require_sound
from cortistim.head.rasterise import locate, rasterise
from cortistim.head.scalp import ScalpDistance, scalp_distance, scalp_surface
from cortistim.head.space.eeg import eeg_positions
from cortistim.head.space.frames import AffineFrame, Frame
from cortistim.head.space.registration import RegisteredFrame
from cortistim.head.surfaces import coarser
from cortistim.head.tissues import DEFAULTS, Tissue, tissues_for

__all__ = [
    "DEFAULTS",
    "AffineFrame",
    "CorticalSurfaces",
    "Frame",
    "Head",
    "Hemisphere",
    "Parcels",
    "RegisteredFrame",
    "ScalpDistance",
    "SignedDistance",
    "Surface",
    "TetMesh",
    "Tissue",
    "builtin_names",
    "check_mesh",
    "coarser",
    "eeg_positions",
    "load_builtin",
    "locate",
    "mid_grey_surface",
    "rasterise",
    "repair_mesh",
    "require_sound",
    "scalp_distance",
    "scalp_surface",
    "tissues_for",
]
