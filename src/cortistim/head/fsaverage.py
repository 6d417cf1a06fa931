"""The template fsaverage5: where groups of people are compared, vertex by vertex [fischl1999]_.

FreeSurfer's terms for it lie beside the data, in ``FSAVERAGE_NOTICE.txt``.
"""

from dataclasses import dataclass
from functools import cache as once
from importlib.resources import as_file, files

import numpy as np

from cortistim import cache
from cortistim.errors import BadInputError
from cortistim.geometry import freeze, transform, unit
from cortistim.head.cortex.hemispheres import SIDES, Side
from cortistim.head.cortex.sphere_map import sphere_map
from cortistim.head.head import Head
from cortistim.head.surfaces import area_vectors_m2
from cortistim.typing import BoolArray, FloatArray, IntArray
from cortistim.units import m_from_mm

NAME, DENSITY = "fsaverage", "10k"
# MNI305, where the template lies, to MNI152 (FreeSurfer's documentation of its spaces); mm
MNI152_FROM_MNI305_MM = np.array(
    [
        [0.9975, -0.0073, 0.0176, -0.0429],
        [0.0146, 1.0009, -0.0024, 1.5496],
        [-0.0130, -0.0093, 0.9971, 1.1840],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
FARTHEST_M = 10e-3  # assumed: from a template's vertex to the person's nearest cortex
BY_SPHERE = "registered spheres (sphere.reg)"
BY_MNI = "MNI space: nearest cortex, which may be the other bank of a sulcus"


@dataclass(frozen=True, eq=False)
class Template:
    """Both hemispheres of fsaverage5, left first.

    Parameters
    ----------
    mid_m : (20484, 3) array [m]
        Halfway between white and pial, in MNI152 space.
    sphere : (20484, 3) array
        Unit vectors, each hemisphere on a sphere of its own.
    triangles : (40960, 3) int array
        Of both.
    sulc : (20484,) array
        Sulcal depth of the template, below 0 on gyri.
    curv : (20484,) array
        Its curvature.
    wall : (20484,) bool array
        Where the template's cortex is thinner than 0.5 mm: the medial wall.
    """

    mid_m: FloatArray
    sphere: FloatArray
    triangles: IntArray
    sulc: FloatArray
    curv: FloatArray
    wall: BoolArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "mid_m", "sphere", "triangles", "sulc", "curv", "wall")

    @property
    def n_side(self) -> int:
        """Vertices of one hemisphere."""
        return len(self.mid_m) // 2

    def side(self, side: Side) -> slice:
        """Return which vertices are of one hemisphere.

        Parameters
        ----------
        side : {"left", "right"}
            Which.

        Returns
        -------
        slice
            Of any array over both.
        """
        first = SIDES.index(side) * self.n_side
        return slice(first, first + self.n_side)

    @property
    def side_triangles(self) -> IntArray:
        """Triangles of one hemisphere; both have the same."""
        return self.triangles[: len(self.triangles) // 2]

    @property
    def area_m2(self) -> FloatArray:
        """Area of each vertex, (20484,) in m²: a third of its triangles."""
        areas = np.linalg.norm(area_vectors_m2(self.mid_m, self.triangles), axis=1)
        out = np.zeros(len(self.mid_m))
        for corner in range(3):
            np.add.at(out, self.triangles[:, corner], areas / 3)
        return out


@once
def fsaverage5() -> Template:
    """Read the template that ships with the package.

    Returns
    -------
    Template
        In MNI152 space.
    """
    with as_file(files("cortistim.head") / "data" / "fsaverage5.npz") as path:
        kept = cache.load(path)
    both = {
        name: np.concatenate([kept[f"{name}_{side}"] for side in SIDES])
        for name in ("mid", "sphere", "sulc", "curv", "thin")
    }
    mid_mm = transform(MNI152_FROM_MNI305_MM, both["mid"].astype(float) / 100)
    triangles = kept["triangles"].astype(np.int64)
    n_side = len(both["mid"]) // 2
    return Template(
        mid_m=m_from_mm(mid_mm),
        sphere=unit(both["sphere"].astype(float)),
        triangles=np.concatenate([triangles, triangles + n_side]),
        sulc=both["sulc"].astype(float),
        curv=both["curv"].astype(float),
        wall=both["thin"].astype(bool),
    )


@dataclass(frozen=True, eq=False)
class TemplateTie:
    """From a head's cortex to the vertices of fsaverage5.

    Parameters
    ----------
    corners : (20484, k) int array
        Vertices of the head's cortex whose values are taken.
    weights : (20484, k) array
        How much each counts; all 0 where the template has no counterpart.
    by : str
        How the tie was made.
    distance_m : (20484,) array [m]
        From where the template's vertex falls to the cortex that is read; 0 where the tie is
        by registered spheres, NaN where there is none.
    """

    corners: IntArray
    weights: FloatArray
    by: str
    distance_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "corners", "weights", "distance_m")

    def values(self, values: FloatArray) -> FloatArray:
        """Carry values of the head's cortex to the template.

        Parameters
        ----------
        values : (n_vertex,) array
            At the vertices of `Head.cortex`.

        Returns
        -------
        (20484,) array
            Left first; NaN where there is nothing to read.
        """
        at = np.asarray(values, float)[self.corners]
        share = np.where(np.isfinite(at), self.weights, 0.0)
        total = (share * np.where(np.isfinite(at), at, 0.0)).sum(axis=1)
        whole = share.sum(axis=1)
        return np.divide(total, whole, out=np.full(len(at), np.nan), where=whole > 1e-3)


def tie_to_fsaverage5(head: Head) -> TemplateTie:
    """Tie a head's cortex to the template.

    By the registered spheres of surfaces that were given with the head, where both hemispheres
    have one; else by MNI space: a template's vertex is carried into the head, and takes the
    value of the nearest cortex within 10 mm ("registration fusion", [wu2018]_, without its
    averaging). The latter may read the other bank of a sulcus.

    Parameters
    ----------
    head : Head
        With white and grey matter and a tie to MNI space.

    Returns
    -------
    TemplateTie
        For values at the vertices of ``head.cortex``.

    Raises
    ------
    MissingAnatomyError
        When the head has no cortex or no tie to MNI space.
    BadInputError
        When less than half of the template finds any cortex.
    """
    given = head.given_cortex
    if given is not None and all(half.registered for half in given.surfaces.both):
        return _by_spheres(head)
    return _by_mni(head)


def _by_spheres(head: Head) -> TemplateTie:
    template, given = fsaverage5(), head.given_cortex
    if given is None:
        msg = "the head must have surfaces of its cortex with registered spheres; it has none."
        raise BadInputError(msg)
    place = np.full(given.surfaces.n_vertex, -1)
    place[given.kept] = np.arange(len(given.kept))
    corners, weights, first = [], [], 0
    for half in given.surfaces.both:
        onto = template.sphere[template.side(half.side)]
        tie = sphere_map(half.sphere, half.ribbon.mid.triangles, onto)
        corners.append(tie.corners + first)
        weights.append(tie.weights)
        first += len(half.sphere)
    whole = place[np.concatenate(corners)]
    share = np.where(whole >= 0, np.concatenate(weights), 0.0)
    return TemplateTie(np.maximum(whole, 0), share, BY_SPHERE, np.zeros(len(whole)))


def _by_mni(head: Head) -> TemplateTie:
    from scipy.spatial import KDTree

    template, cortex = fsaverage5(), head.cortex
    places_m = head.frame.to_subject_m(template.mid_m)
    sides = head.frame.to_mni_m(cortex.vertices_m)[:, 0] > 0
    corners = np.zeros(len(places_m), int)
    distance_m = np.full(len(places_m), np.nan)
    for number, side in enumerate(SIDES):
        own = np.flatnonzero(sides == bool(number))
        if len(own) == 0:
            continue
        far, near = KDTree(cortex.vertices_m[own]).query(places_m[template.side(side)])
        corners[template.side(side)] = own[near]
        distance_m[template.side(side)] = far
    held = distance_m <= FARTHEST_M
    if held.mean() < 0.5:
        msg = (
            "the head must lie over the template in MNI space; "
            f"{100 * held.mean():.0f} % of fsaverage5's vertices find its cortex within "
            "10 mm. Check the head's tie to MNI space."
        )
        raise BadInputError(msg)
    weights = held[:, None].astype(float)
    return TemplateTie(corners[:, None], weights, BY_MNI, np.where(held, distance_m, np.nan))
