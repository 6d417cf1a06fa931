"""The coil as the field sees it: magnetic dipoles per ampere, and a casing."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cortistim.coil import _kernels
from cortistim.errors import BadInputError
from cortistim.geometry import frozen
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Casing:
    """The triangulated outside of a coil, in the coil's frame.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Vertex positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    source : str
        ``file`` or how it was made up.
    """

    vertices_m: FloatArray
    triangles: IntArray
    source: str

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        object.__setattr__(self, "vertices_m", frozen(self.vertices_m, np.float64))
        object.__setattr__(self, "triangles", frozen(self.triangles, np.int32))


@dataclass(frozen=True, eq=False)
class Coil:
    """A stimulation coil in its own frame.

    The frame is that of ``matsimnibs``: the origin is the centre of the casing's face, z
    points out of the face into the head, y away from the handle, and x = y × z.

    Parameters
    ----------
    name : str
        What a user calls it.
    dipoles_m : (n_dipole, 3) array [m]
        Positions of the magnetic dipoles.
    moments_m2 : (n_dipole, 3) array
        Moments per ampere of coil current, A m² per A.
    casing : Casing
        What must not enter the head.
    geometry : str
        How the dipoles were made: file, or winding and discretisation, in words.
    sources : tuple of str
        Keys of ``references.bib``, or ``given by the user``.
    inductance_h : float [H], optional
        Inductance seen by the stimulator; NaN when unknown.
    didt_max_a_per_s : float [A/s], optional
        dI/dt at 100 % output that the coil's file states; NaN when unknown.
    stimulator : str, optional
        The stimulator that this dI/dt belongs to.
    header : mapping, optional
        Further keys of the file, kept for writing back.
    """

    name: str
    dipoles_m: FloatArray
    moments_m2: FloatArray
    casing: Casing
    geometry: str
    sources: tuple[str, ...]
    inductance_h: float = float("nan")
    didt_max_a_per_s: float = float("nan")
    stimulator: str = ""
    header: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse a coil without finite dipoles."""
        object.__setattr__(self, "dipoles_m", frozen(self.dipoles_m, np.float64))
        object.__setattr__(self, "moments_m2", frozen(self.moments_m2, np.float64))
        if self.dipoles_m.shape != self.moments_m2.shape or self.dipoles_m.shape[1:] != (3,):
            msg = (
                f"dipoles_m and moments_m2 must both be (n_dipole, 3); "
                f"got {self.dipoles_m.shape} and {self.moments_m2.shape}."
            )
            raise BadInputError(msg)
        finite = np.isfinite(self.dipoles_m).all() and np.isfinite(self.moments_m2).all()
        if len(self.dipoles_m) == 0 or not finite:
            msg = f"coil {self.name!r} must have finite dipoles; got {len(self.dipoles_m)}."
            raise BadInputError(msg)

    @cached_property
    def a_at_20mm_t_m(self) -> FloatArray:
        """Vector potential per ampere 20 mm in front of the face, (3,), in T m per A."""
        return self.vector_potential_t_m(np.array([[0.0, 0.0, 0.02]]))[0]

    def vector_potential_t_m(self, points_m: FloatArray) -> FloatArray:
        """Compute the vector potential per ampere at points of the coil's frame.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Never on a dipole.

        Returns
        -------
        (n_point, 3) array
            T m per ampere: A = mu0/4pi sum m x r / |r|³.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return _kernels.vector_potential(points, self.dipoles_m, self.moments_m2)

    def vector_potential_slope_t(self, points_m: FloatArray) -> FloatArray:
        """Compute the derivative of the vector potential per ampere.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Never on a dipole.

        Returns
        -------
        (n_point, 3, 3) array
            T per ampere: component of A, direction of the derivative.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return _kernels.vector_potential_slope(points, self.dipoles_m, self.moments_m2)

    def flux_density_t(self, points_m: FloatArray) -> FloatArray:
        """Compute the magnetic flux density per ampere at points of the coil's frame.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Never on a dipole.

        Returns
        -------
        (n_point, 3) array
            T per ampere: B = mu0/4pi sum (3 (m·r) r / |r|⁵ - m / |r|³).
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        return _kernels.flux_density(points, self.dipoles_m, self.moments_m2)
