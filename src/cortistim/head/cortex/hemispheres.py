"""The cortex as two hemispheres, each with a white, a middle and a pial side.

They come from others (FreeSurfer, charm) or from `cortistim.head.cortex.separation`. Vertices
of one hemisphere keep their number on all three sides, on the sphere and in every map.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import assign, freeze, frozen, unit
from cortistim.head.cortex.mid_grey import snapped
from cortistim.head.cortex.ribbon import Ribbon, surface_on
from cortistim.head.mesh import Surface, TetMesh
from cortistim.head.rasterise import locate
from cortistim.head.space.frames import Frame
from cortistim.head.surfaces import compacted, edge_keys, parts
from cortistim.head.tissues import GREY
from cortistim.typing import FloatArray, IntArray
from cortistim.units import mm_from_m

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = get_args(Side)
# shares of the vertices in grey matter: some 0.9 when they fit, 0.6 for another person's or a
# shift of 4 mm, 0.4 for one of 10 mm
LEAST_IN_GREY, DOUBTFUL_IN_GREY = 0.5, 0.7


def unregistered() -> FloatArray:
    """Return the sphere of a hemisphere that was not registered: no vertices, (0, 3)."""
    return np.zeros((0, 3))


@dataclass(frozen=True, eq=False)
class Parcels:
    """Named regions at the vertices of a hemisphere.

    Parameters
    ----------
    name : str
        Of the division, such as ``aparc``.
    numbers : (n_vertex,) int array
        Region of each vertex; 0 where there is none.
    names : mapping of int to str
        What the numbers mean.
    source : str
        Where they are from.
    """

    name: str
    numbers: IntArray
    names: Mapping[int, str]
    source: str

    def __post_init__(self) -> None:
        """Freeze the numbers."""
        freeze(self, "numbers", dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Hemisphere:
    """One half of the cortex.

    Parameters
    ----------
    side : {"left", "right"}
        Which.
    ribbon : Ribbon
        White, middle and pial side and thickness; `Ribbon.at_depth` gives layers.
    sphere : (n_vertex, 3) array, optional
        Unit vectors: where each vertex lies on the registered sphere (``sphere.reg``). Empty
        when the hemisphere was not registered.
    maps : mapping of str to (n_vertex,) array, optional
        Further values at the vertices, as given.
    parcels : tuple of Parcels, optional
        Divisions into regions.
    """

    side: Side
    ribbon: Ribbon
    sphere: FloatArray = field(default_factory=unregistered)
    maps: Mapping[str, FloatArray] = field(default_factory=dict)
    parcels: tuple[Parcels, ...] = ()

    def __post_init__(self) -> None:
        """Freeze the sphere; refuse columns of another length."""
        assign(self, sphere=frozen(unit(np.asarray(self.sphere, float))))
        n_vertex = len(self.ribbon.mid.vertices_m)
        lengths = {name: len(values) for name, values in self.maps.items()}
        lengths |= {part.name: len(part.numbers) for part in self.parcels}
        lengths |= {"sphere": len(self.sphere)} if len(self.sphere) else {}
        for name, length in lengths.items():
            if length != n_vertex:
                msg = (
                    f"{name} of the {self.side} hemisphere must have {n_vertex} vertices like "
                    f"its surfaces; it has {length}. Use files from the same run."
                )
                raise BadInputError(msg)

    @property
    def registered(self) -> bool:
        """Whether its vertices have a place on the common sphere."""
        return len(self.sphere) > 0


@dataclass(frozen=True, eq=False)
class CorticalSurfaces:
    """Both hemispheres.

    Parameters
    ----------
    left, right : Hemisphere
        Left and right of the subject.
    origin : str
        Where they are from.
    notes : tuple of str, optional
        What was decided when they were read or made.
    warnings : tuple of str, optional
        What a reader should know before trusting them.
    talairach : Frame, optional
        The tie to MNI space that came with them.
    """

    left: Hemisphere
    right: Hemisphere
    origin: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    talairach: Frame | None = None

    def __post_init__(self) -> None:
        """Refuse hemispheres that changed places."""
        middles = [np.median(half.ribbon.mid.vertices_m[:, 0]) for half in self.both]
        if middles[0] >= middles[1]:
            msg = (
                "the left hemisphere must lie left (smaller x, RAS) of the right one; in "
                f"{self.origin} it lies right of it. Check that lh and rh are not exchanged "
                "and the coordinates are RAS."
            )
            raise BadInputError(msg)

    @property
    def both(self) -> tuple[Hemisphere, Hemisphere]:
        """Left, then right."""
        return self.left, self.right

    @property
    def n_vertex(self) -> int:
        """Vertices of both hemispheres."""
        return sum(len(half.ribbon.mid.vertices_m) for half in self.both)

    def with_parcels(self, parcels: tuple[Parcels, Parcels]) -> "CorticalSurfaces":
        """Return the same surfaces with one more division into regions, left and right."""
        left, right = (
            replace(half, parcels=(*half.parcels, more))
            for half, more in zip(self.both, parcels, strict=True)
        )
        return replace(self, left=left, right=right)

    def split(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Cut values at all vertices, left first, into those of each hemisphere."""
        n_left = len(self.left.ribbon.mid.vertices_m)
        return values[:n_left], values[n_left:]

    def joined(self) -> Ribbon:
        """Both hemispheres as one ribbon, the left one's vertices first."""
        ribbons = [half.ribbon for half in self.both]
        return Ribbon(
            self.mid(),
            np.vstack([ribbon.white_m for ribbon in ribbons]),
            np.vstack([ribbon.pial_m for ribbon in ribbons]),
            np.concatenate([ribbon.thickness_m for ribbon in ribbons]),
        )

    def mid(self) -> Surface:
        """Return both middle surfaces as one, left first."""
        mids = [half.ribbon.mid for half in self.both]
        second = mids[1].triangles + len(mids[0].vertices_m)
        return Surface(
            np.vstack([mid.vertices_m for mid in mids]),
            np.vstack([mids[0].triangles, second]),
            np.vstack([mid.normals for mid in mids]),
            np.concatenate([mid.curvature_per_m for mid in mids]),
        )


@dataclass(frozen=True, eq=False)
class SettledCortex:
    """The part of given surfaces that lies in a mesh's grey matter.

    Parameters
    ----------
    surfaces : CorticalSurfaces
        As given, whole.
    surface : Surface
        Every vertex lies in a tetrahedron of grey matter.
    kept : (n_kept,) int array
        Its vertices among those of `CorticalSurfaces.mid`.
    moved_m : (n_moved,) array [m]
        How far vertices just outside were moved into grey matter.
    dropped : int
        Vertices too far from grey matter, above all on the medial wall.
    """

    surfaces: CorticalSurfaces
    surface: Surface
    kept: IntArray
    moved_m: FloatArray
    dropped: int

    def in_words(self) -> str:
        """Tell how many vertices were moved and dropped."""
        total = len(self.kept) + self.dropped
        moved, farthest_m = len(self.moved_m), float(self.moved_m.max(initial=0.0))
        doubt = (
            ""
            if 1 - (moved + self.dropped) / total >= DOUBTFUL_IN_GREY
            else (" That is much: they may be another person's surfaces, or millimetres off.")
        )
        return (
            f"of {total} vertices of the given cortex {100 * moved / total:.1f} % lay outside "
            f"the mesh's grey matter and were moved into it, by {mm_from_m(farthest_m):.1f} mm "
            f"at most; {100 * self.dropped / total:.1f} % lay farther off (medial wall, cuts "
            "of the mesh) and are left out, so that fields are read in grey matter only."
            f"{doubt}"
        )

    @property
    def ribbon(self) -> Ribbon:
        """The settled surface with its white and pial sides."""
        whole, kept = self.surfaces.joined(), self.kept
        sides = (whole.white_m[kept], whole.pial_m[kept], whole.thickness_m[kept])
        return Ribbon(self.surface, *sides)

    def spread(self, values: FloatArray) -> FloatArray:
        """Put values at the kept vertices among all given ones; NaN elsewhere."""
        out = np.full((len(self.kept) + self.dropped, *values.shape[1:]), np.nan)
        out[self.kept] = values
        return out


def settle(surfaces: CorticalSurfaces, mesh: TetMesh) -> SettledCortex:
    """Fit given surfaces into the grey matter of a mesh.

    A vertex outside grey matter moves to the nearest grey tetrahedron when that is no further
    than 2.5 mm; else it is left out, with its triangles.

    Parameters
    ----------
    surfaces : CorticalSurfaces
        In the mesh's frame.
    mesh : TetMesh
        With grey matter.

    Returns
    -------
    SettledCortex
        The cortex that fields are read on.

    Raises
    ------
    BadInputError
        When more than half of the vertices lie outside grey matter.
    """
    whole = surfaces.mid()
    vertices_m = whole.vertices_m.copy()
    inside = locate(mesh, vertices_m, tags=(GREY,)) >= 0
    if inside.mean() < LEAST_IN_GREY:
        msg = (
            "given surfaces must lie in the grey matter of the mesh; only "
            f"{100 * inside.mean():.0f} % of their vertices do ({surfaces.origin}). Give "
            "surfaces of the same person in the coordinates of the same T1 image, in mm."
        )
        raise BadInputError(msg)
    strays = np.flatnonzero(~inside)
    settled_m, near = snapped(mesh, vertices_m[strays])
    moved_m = np.linalg.norm(settled_m - vertices_m[strays], axis=1)[near]
    vertices_m[strays[near]] = settled_m[near]
    inside[strays] = near
    triangles = whole.triangles[inside[whole.triangles].all(axis=1)]
    _, triangles, kept = compacted(vertices_m, triangles)
    surface = Surface(
        vertices_m[kept], triangles, whole.normals[kept], whole.curvature_per_m[kept]
    )
    return SettledCortex(surfaces, surface, kept, moved_m, len(whole.vertices_m) - len(kept))


def euler_number(triangles: IntArray) -> int:
    """Count vertices minus edges plus triangles: 2 for a sphere, 0 for a ring.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    int
        The Euler characteristic.
    """
    return len(np.unique(triangles)) - len(np.unique(edge_keys(triangles))) + len(triangles)


def is_sphere(triangles: IntArray) -> bool:
    """Tell whether a surface is one closed piece without handles or holes.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Returns
    -------
    bool
        True when it hangs together, each edge has two triangles and its Euler number is 2.
    """
    closed = bool((np.unique(edge_keys(triangles), return_counts=True)[1] == 2).all())
    return closed and parts(triangles).max() == 0 and euler_number(triangles) == 2


def ribbon_between(
    triangles: IntArray,
    white_m: FloatArray,
    pial_m: FloatArray,
    mid_m: FloatArray,
    thickness_m: FloatArray | None = None,
) -> Ribbon:
    """Make a ribbon of surfaces that share their vertices.

    Parameters
    ----------
    triangles : (n_triangle, 3) int array
        Counter-clockwise seen from outside.
    white_m, pial_m, mid_m : (n_vertex, 3) array [m]
        The same vertices on the three sides.
    thickness_m : (n_vertex,) array [m], optional
        As measured by others; by default the distance from white to pial.

    Returns
    -------
    Ribbon
        With normals and curvature of the middle.
    """
    across_m = np.linalg.norm(pial_m - white_m, axis=1) if thickness_m is None else thickness_m
    return Ribbon(surface_on(triangles, mid_m), white_m, pial_m, across_m)
