"""A coil that can be bent, in few elements: each part that moves as one is reduced once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.coil.assembly import CoilAssembly, casing_for
from cortistim.coil.casing import merged_casing
from cortistim.coil.coil import Casing, Coil
from cortistim.coil.collision import thinned_m
from cortistim.coil.current import SampledPotential, Segments
from cortistim.coil.elements import Dipoles, Element
from cortistim.coil.reduction import SIZES, reduced
from cortistim.geometry import transform
from cortistim.typing import FloatArray

SOLID_M = 4e-3


@dataclass(frozen=True, eq=False)
class ReducedAssembly:
    """Parts in few elements, at rest, and the points of the coil that can touch a head.

    Parameters
    ----------
    full : CoilAssembly
        The coil.
    parts : tuple of (Coil, int)
        Each part fed as asked, and an element that moves as it does.
    solid : tuple of ((n, 3) array [m], int)
        Points of each casing and the element that it moves with, -1 for none.
    """

    full: CoilAssembly
    parts: tuple[tuple[Coil, int], ...]
    solid: tuple[tuple[FloatArray, int], ...]

    @classmethod
    def of(cls, full: CoilAssembly, shares: Mapping[str, float]) -> "ReducedAssembly":
        """Reduce every part of a coil.

        Parameters
        ----------
        full : CoilAssembly
            With joints.
        shares : mapping of str to float
            Factor of dI/dt by channel name; 1 where none is given.

        Returns
        -------
        ReducedAssembly
            Parts that are fed nothing are left out.
        """
        names = full.channel_names()
        groups: dict[tuple[int, ...], list[tuple[Element, int]]] = {}
        for number, element in enumerate(full.elements):
            groups.setdefault(element.joints, []).append((element, number))
        parts = []
        for members in groups.values():
            fed = [(e, float(shares.get(names[e.channel], 1.0))) for e, _ in members]
            fed = [(element, share) for element, share in fed if share]
            if fed:
                part = _part(full, fed)
                parts.append((reduced(part, few=SIZES[0]).coil, members[0][1]))
        return cls(full, tuple(parts), _solid(full))

    def coil(self, values: FloatArray, casing: Casing) -> Coil:
        """Return the bent coil in few elements.

        Parameters
        ----------
        values : (n_parameter,) array
            See `CoilAssembly.values`.
        casing : Casing
            That it is to have; it is not bent.

        Returns
        -------
        Coil
            For searching.
        """
        motions = self.full.motions_m(values)
        dipoles: list[FloatArray] = [np.empty((0, 3))]
        moments: list[FloatArray] = [np.empty((0, 3))]
        further = []
        for part, number in self.parts:
            motion = motions[number]
            dipoles.append(transform(motion, part.dipoles_m))
            moments.append(part.moments_m2 @ motion[:3, :3].T)
            further += [piece.moved(motion) for piece in part.further]
        return Coil(
            self.full.name,
            np.concatenate(dipoles),
            np.concatenate(moments),
            casing,
            "in few elements, for searching",
            self.full.sources,
            further=tuple(further),
        )

    def solid_m(self, values: FloatArray) -> FloatArray:
        """Return the points of the bent coil that can touch a head, (n, 3), in metres.

        Parameters
        ----------
        values : (n_parameter,) array
            Of the deformations.

        Returns
        -------
        (n, 3) array [m]
            In coil space.
        """
        motions = (*self.full.motions_m(values), np.eye(4))
        return np.vstack([transform(motions[k], points_m) for points_m, k in self.solid])


def _part(full: CoilAssembly, fed: list[tuple[Element, float]]) -> Coil:
    """One part at rest, as a coil of its own."""
    dipoles: list[FloatArray] = [np.empty((0, 3))]
    moments: list[FloatArray] = [np.empty((0, 3))]
    further = []
    for element, share in fed:
        current = element.current
        if isinstance(current, Dipoles):
            dipoles.append(current.points_m)
            moments.append(share * current.moments_m2)
        elif isinstance(current, Segments):
            further.append(current.joined().scaled(share))
        else:
            further.append(current.scaled(share))
    places_m = np.concatenate(dipoles)
    return Coil(
        full.name,
        places_m,
        np.concatenate(moments),
        _casing(full, [element for element, _ in fed], places_m, tuple(further)),
        "a part that moves as one",
        full.sources,
        further=tuple(further),
    )


def _casing(
    full: CoilAssembly,
    elements: list[Element],
    dipoles_m: FloatArray,
    further: tuple[Segments | SampledPotential, ...],
) -> Casing:
    models = [full.models[e.casing] for e in elements if e.casing is not None]
    if not models:
        return casing_for(dipoles_m, further)
    return merged_casing([(m.vertices_m, m.triangles) for m in models], "file, of one part")


def _solid(full: CoilAssembly) -> tuple[tuple[FloatArray, int], ...]:
    owners = [(element.casing, number) for number, element in enumerate(full.elements)]
    owners.append((full.casing, -1))
    return tuple(
        (thinned_m(full.models[model], SOLID_M), number)
        for model, number in owners
        if model is not None
    )
