"""Whether the parts of a bent coil run into each other.

Each part is filled with nodes 2 mm apart; how deep the surface of another part lies among
them is the depth of the collision, to about a node's distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

from cortistim.coil import _kernels
from cortistim.coil.assembly import CoilAssembly
from cortistim.coil.casing import surface_samples_m
from cortistim.coil.elements import Model
from cortistim.errors import BadInputError
from cortistim.geometry import frozen, transform
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m

NODE_M = 2e-3
TOLERANCE_M = 2e-3  # what the nodes cannot tell from touching
OFF_GRID = 0.0137  # of a node: rays that meet an edge of a mesh on round numbers count twice


@dataclass(frozen=True, eq=False)
class Solid:
    """How deep every place lies inside a closed surface.

    Parameters
    ----------
    depth_m : (n_x, n_y, n_z) array [m]
        At the nodes; 0 outside.
    origin_m : (3,) array [m]
        Of the first node.
    """

    depth_m: FloatArray
    origin_m: FloatArray

    def deepest_m(self, points_m: FloatArray) -> float:
        """Return how deep the deepest of some points lies inside, 0 when none does.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Any points.

        Returns
        -------
        float
            In metres.
        """
        index = ((points_m - self.origin_m) / NODE_M).T
        last = np.array(self.depth_m.shape)[:, None]
        near = ((index > -1) & (index < last)).all(axis=0)
        if not near.any():
            return 0.0
        depth_m = map_coordinates(self.depth_m, index[:, near], order=1, mode="constant")
        return float(depth_m.max())


@lru_cache(maxsize=32)
def solid(model: Model) -> Solid:
    """Fill a casing.

    Parameters
    ----------
    model : Model
        Its surfaces must be closed; nodes round which they wind are inside.

    Returns
    -------
    Solid
        With the depth at every node.
    """
    low_m = model.vertices_m.min(axis=0) - (2 + OFF_GRID) * NODE_M
    size = np.ceil((model.vertices_m.max(axis=0) - low_m) / NODE_M).astype(int) + 3
    corners = ((model.vertices_m - low_m) / NODE_M)[model.triangles]
    winding = _kernels.winding_along_x(corners, (int(size[0]), int(size[1]), int(size[2])))
    depth_m = NODE_M * np.asarray(distance_transform_edt(np.abs(winding) > 0.5))
    return Solid(frozen(depth_m), frozen(low_m))


@lru_cache(maxsize=32)
def thinned_m(model: Model, spacing_m: float = NODE_M) -> FloatArray:
    """Return points of a casing's surface, one per cell, (n_point, 3), in metres.

    Parameters
    ----------
    model : Model
        A casing.
    spacing_m : float [m]
        Of the cells.

    Returns
    -------
    (n_point, 3) array [m]
        One in each cell that the surface crosses.
    """
    points_m = surface_samples_m(model.vertices_m, model.triangles, spacing_m)
    cells = np.floor(points_m / spacing_m).astype(np.int64)
    return points_m[np.unique(cells, axis=0, return_index=True)[1]]


@dataclass(frozen=True, slots=True)
class Collision:
    """Two parts of a coil that are where only one can be.

    Parameters
    ----------
    parts : tuple of str
        Their names.
    depth_m : float [m]
        How far one reaches into the other.
    """

    parts: tuple[str, str]
    depth_m: float


def collisions(coil: CoilAssembly, values: FloatArray) -> tuple[Collision, ...]:
    """Find the parts that run into each other and must not.

    Parameters
    ----------
    coil : CoilAssembly
        Its groups say which parts must keep apart; parts that overlap at rest may go on
        doing so as deeply.
    values : (n_parameter,) array
        In degrees or millimetres; see `CoilAssembly.values`.

    Returns
    -------
    tuple of Collision
        Deeper than 2 mm, and than at rest; the deepest first.
    """
    rest = _depths_m(coil, coil.values({}))
    found = [
        Collision(parts, depth_m)
        for parts, depth_m in _depths_m(coil, values).items()
        if depth_m > max(TOLERANCE_M, rest[parts] + TOLERANCE_M / 2)
    ]
    return tuple(sorted(found, key=lambda collision: -collision.depth_m))


def require_apart(coil: CoilAssembly, values: FloatArray) -> None:
    """Refuse a deformation that runs parts of the coil into each other.

    Parameters
    ----------
    coil : CoilAssembly
        With groups of parts that must keep apart; without any, nothing is refused.
    values : (n_parameter,) array
        In degrees or millimetres.

    Raises
    ------
    BadInputError
        With the parts and the depth.
    """
    found = collisions(coil, values)
    if found:
        one, other = found[0].parts
        msg = (
            f"the parts of a bent coil must not run into each other; {one} and {other} of "
            f"{coil.name} do by {mm_from_m(found[0].depth_m):.1f} mm. Bend it less."
        )
        raise BadInputError(msg)


def _depths_m(coil: CoilAssembly, values: FloatArray) -> dict[tuple[str, str], float]:
    motions = (np.eye(4), *coil.motions_m(values))
    models = [coil.casing, *(element.casing for element in coil.elements)]
    names = ["the casing", *(e.name or f"element {k}" for k, e in enumerate(coil.elements))]
    pairs = {
        (one, other)
        for group in coil.exclusive
        for one in group
        for other in group
        if one < other and models[one] is not None and models[other] is not None
    }
    return {
        (names[one], names[other]): _overlap_m(coil.models, models, motions, (one, other))
        for one, other in sorted(pairs)
    }


def _overlap_m(
    models: Sequence[Model],
    model_of: Sequence[int | None],
    motions: Sequence[FloatArray],
    pair: tuple[int, int],
) -> float:
    depths = []
    for here, there in (pair, pair[::-1]):
        own, other = model_of[here], model_of[there]
        if own is not None and other is not None:
            into_m = np.linalg.inv(motions[here]) @ motions[there]
            points_m = transform(into_m, thinned_m(models[other]))
            depths.append(solid(models[own]).deepest_m(points_m))
    return max(depths)
