"""The two heads that are always there: a person and a ball."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import as_file, files

import numpy as np

from cortistim import cache
from cortistim.errors import BadInputError, quoted
from cortistim.head.head import Head
from cortistim.head.mesh import TetMesh
from cortistim.head.mesher import VERSION, MeshSizes, layered_sphere, mesh_labels, topology
from cortistim.head.quality.mesh import FACES
from cortistim.head.space.frames import AffineFrame
from cortistim.head.tissues import BONE, CSF, GREY, SCALP, WHITE, tissues_for
from cortistim.typing import FloatArray, IntArray, Progress, silent

COLIN27_FRAME = (
    "the mesh is in the MNI space of the Colin27 average brain (27 scans of one person in "
    "MNI space): subject and MNI coordinates are the same. Colin27 differs from the MNI152 "
    "average by a few millimetres."
)
SPHERE_FRAME = "the sphere is assumed to lie in MNI space with its centre at the origin."

# Intracranial space, skull and scalp after rush1968; CSF and cortex, 3 mm each, are assumed.
SPHERE_RADII_M = (0.074, 0.077, 0.080, 0.085, 0.092)
SPHERE_TAGS = (WHITE, GREY, CSF, BONE, SCALP)
SPHERE_EDGE_M = 0.0035

# Read off the T1 image: the deepest point of the bridge between brow and nose, the outer
# protuberance of the occipital bone, and the roots of the zygoma before the ears' canals.
COLIN27_FIDUCIALS_M = {
    "Nz": (0.000, 0.085, -0.040),
    "Iz": (0.000, -0.121, -0.036),
    "LPA": (-0.086, -0.020, -0.047),
    "RPA": (0.086, -0.020, -0.047),
}


def colin27(*, sizes: MeshSizes | None = None, progress: Progress = silent) -> Head:
    """Return the built-in head of a person: the Colin27 average [holmes1998]_.

    The labels ship with the package; the mesh is made on first use (about a minute) and
    kept in the cache.

    Parameters
    ----------
    sizes : MeshSizes, optional
        Other edge lengths than the default's.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Head
        White and grey matter, CSF, bone, scalp, eyes. The image ends at z = -71 mm and
        y = 91 mm; sinuses are bone and the skull base is approximate.
    """
    sizes = sizes or MeshSizes()
    with as_file(files("cortistim.head") / "data" / "colin27.npz") as path:
        shipped = cache.load(path)
    labels = np.where(shipped["sulci"], np.uint8(CSF), shipped["labels"])
    affine_m = shipped["affine_m"]
    key = cache.digest(labels, affine_m, sizes, VERSION)
    build = partial(_mesh_arrays, labels, affine_m, sizes, progress)
    kept = cache.remembered("colin27-mesh", key, build)
    mesh = TetMesh(kept["nodes_m"], kept["tets"], kept["tags"])
    return Head(
        name="colin27",
        mesh=mesh,
        tissues=tissues_for(mesh.present_tags()),
        frame=AffineFrame(np.eye(4), COLIN27_FRAME),
        origin="built-in: Colin27 average, 27 scans of one person, labelled by cortistim",
        landmarks_m=_on_outer_surface(mesh, COLIN27_FIDUCIALS_M),
        anatomy_sources=("holmes1998",),
    )


def sphere(*, edge_m: float = SPHERE_EDGE_M, progress: Progress = silent) -> Head:
    """Return the built-in ball of five layers, for comparison with closed forms.

    Radii 80, 85 and 92 mm of intracranial space, skull and scalp are those of [rush1968]_;
    white matter ends at 74 mm and grey matter at 77 mm, which is assumed. Every node of an
    interface lies on its sphere.

    Parameters
    ----------
    edge_m : float [m]
        Mean edge on the scalp.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Head
        Fiducials lie in the plane z = 0.
    """
    progress("build the ball", 0.0)
    mesh = layered_sphere(SPHERE_RADII_M, SPHERE_TAGS, edge_m=edge_m)
    axes = {"Nz": (0, 1, 0), "Iz": (0, -1, 0), "LPA": (-1, 0, 0), "RPA": (1, 0, 0)}
    return Head(
        name="sphere",
        mesh=mesh,
        tissues=tissues_for(SPHERE_TAGS),
        frame=AffineFrame(np.eye(4), SPHERE_FRAME),
        origin="built-in: concentric spheres",
        landmarks_m={name: SPHERE_RADII_M[-1] * np.array(at) for name, at in axes.items()},
        anatomy_sources=("rush1968",),
    )


BUILTINS: Mapping[str, Callable[..., Head]] = {"colin27": colin27, "sphere": sphere}


def builtin_names() -> tuple[str, ...]:
    """Return the names that `load_builtin` knows.

    Returns
    -------
    tuple of str
        The default first.
    """
    return tuple(BUILTINS)


def load_builtin(name: str, *, progress: Progress = silent) -> Head:
    """Return a built-in head by name.

    Parameters
    ----------
    name : str
        ``colin27`` or ``sphere``.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Head
        Ready to solve on.

    Raises
    ------
    BadInputError
        When there is no such head.
    """
    if name not in BUILTINS:
        msg = (
            f"a built-in head must be one of {', '.join(builtin_names())}; got {quoted(name)}."
        )
        raise BadInputError(msg)
    return BUILTINS[name](progress=progress)


def _mesh_arrays(
    labels: IntArray, affine_m: FloatArray, sizes: MeshSizes, progress: Progress
) -> dict[str, np.ndarray]:
    mesh = mesh_labels(labels, affine_m, sizes=sizes, progress=progress)
    return {"nodes_m": mesh.nodes_m, "tets": mesh.tets, "tags": mesh.tags}


def _on_outer_surface(
    mesh: TetMesh, points_m: Mapping[str, tuple[float, float, float]]
) -> dict[str, FloatArray]:
    """Nearest nodes of the mesh's boundary."""
    from scipy.spatial import KDTree

    partner, _ = topology.pair_faces(mesh.tets, len(mesh.nodes_m))
    tet, face = np.nonzero(partner < 0)
    boundary_m = mesh.nodes_m[np.unique(mesh.tets[tet[:, None], FACES[face]])]
    nearest = KDTree(boundary_m).query(list(points_m.values()))[1]
    return dict(zip(points_m, boundary_m[nearest], strict=True))
