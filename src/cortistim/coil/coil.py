"""The coil as the field sees it: magnetic dipoles per ampere, and a casing."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cortistim.coil import _kernels
from cortistim.coil.current import (
    LONGEST_M,
    SAGITTA_M,
    SampledPotential,
    Segments,
)
from cortistim.coil.elements import Waveform
from cortistim.coil.point_currents import PointCurrents
from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze
from cortistim.shown import Facts, Shown
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
        freeze(self, "vertices_m", dtype=np.float64)
        freeze(self, "triangles", dtype=np.int32)


@dataclass(frozen=True, slots=True)
class CoilShape:
    """How a coil of several elements was bent and fed.

    Parameters
    ----------
    elements : int
        How many there are; 1 for a coil in one piece.
    stimulators : tuple of (str, float)
        Names of the channels, and the share of the stated dI/dt that each gets.
    deformation : tuple of (str, float)
        Names and values of the deformations, in degrees or millimetres.
    """

    elements: int = 1
    stimulators: tuple[tuple[str, float], ...] = ()
    deformation: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Coil(Shown):
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
    further : tuple of Segments, SampledPotential or PointCurrents, optional
        What carries the field besides the dipoles; a coil may have no dipoles at all.
    waveforms : tuple of Waveform, optional
        Pulses recorded with the coil.
    shape : CoilShape, optional
        How a coil of several elements was bent and fed.
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
    further: tuple[Segments | SampledPotential | PointCurrents, ...] = ()
    waveforms: tuple[Waveform, ...] = ()
    shape: CoilShape = field(default_factory=CoilShape)

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        inductance = f"{self.inductance_h * 1e6:.3g} µH" if self.inductance_h > 0 else "unknown"
        return (
            ("name", self.name),
            ("made of", self.geometry.split(";")[0]),
            ("inductance", inductance),
            ("casing", self.casing.source),
        )

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse a coil without a finite field."""
        freeze(self, "dipoles_m", "moments_m2", dtype=np.float64)
        if self.dipoles_m.shape != self.moments_m2.shape or self.dipoles_m.shape[1:] != (3,):
            msg = (
                f"dipoles_m and moments_m2 must both be (n_dipole, 3); "
                f"got {self.dipoles_m.shape} and {self.moments_m2.shape}."
            )
            raise BadInputError(msg)
        finite = np.isfinite(self.dipoles_m).all() and np.isfinite(self.moments_m2).all()
        if (len(self.dipoles_m) == 0 and not self.further) or not finite:
            msg = (
                f"coil {quoted(self.name)} must have finite dipoles; got {len(self.dipoles_m)}."
            )
            raise BadInputError(msg)

    @cached_property
    def copper_m(self) -> FloatArray:
        """Where current is known to run: dipoles and wire, (n_place, 3), in metres."""
        return np.vstack([self.dipoles_m, *(part.places_m for part in self.further)])

    @property
    def strengths(self) -> FloatArray:
        """How much each place of `copper_m` counts in a picture, (n_place,), up to 1."""
        dipoles = np.linalg.norm(self.moments_m2, axis=1)
        dipoles = dipoles / dipoles.max(initial=np.finfo(float).tiny)
        return np.concatenate([dipoles, np.ones(len(self.copper_m) - len(dipoles))])

    @property
    def arrays(self) -> tuple[FloatArray, ...]:
        """All numbers that the field depends on."""
        return (
            self.dipoles_m,
            self.moments_m2,
            *(array for part in self.further for array in part.arrays),
        )

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
            T m per ampere: A = mu0/4pi sum m x r / |r|³, plus that of wire and grids.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        a_t_m = _kernels.vector_potential(points, self.dipoles_m, self.moments_m2)
        return sum((part.vector_potential_t_m(points) for part in self.further), a_t_m)

    def vector_potential_slope_t(self, points_m: FloatArray) -> FloatArray:
        """Compute the derivative of the vector potential per ampere.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Never on a dipole.

        Returns
        -------
        (n_point, 3, 3) array
            T per ampere: component of A, direction of the derivative. That of grids is a
            central difference over 0.2 mm.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        slope = _kernels.vector_potential_slope(points, self.dipoles_m, self.moments_m2)
        return sum((part.vector_potential_slope_t(points) for part in self.further), slope)

    def joined(self, *, sagitta_m: float = SAGITTA_M, longest_m: float = LONGEST_M) -> "Coil":
        """Return the coil with its wire in fewer pieces, see `Segments.joined`.

        Parameters
        ----------
        sagitta_m, longest_m : float, optional
            How far the wire may lie from its pieces, and how long these may be.

        Returns
        -------
        Coil
            The same where there is no wire.
        """
        further = tuple(
            part.joined(sagitta_m=sagitta_m, longest_m=longest_m)
            if isinstance(part, Segments)
            else part
            for part in self.further
        )
        return replace(self, further=further)

    def flux_density_t(self, points_m: FloatArray) -> FloatArray:
        """Compute the magnetic flux density per ampere at points of the coil's frame.

        Parameters
        ----------
        points_m : (n_point, 3) array [m]
            Never on a dipole.

        Returns
        -------
        (n_point, 3) array
            T per ampere: B = mu0/4pi sum (3 (m·r) r / |r|⁵ - m / |r|³), plus that of wire
            and grids.
        """
        points = np.ascontiguousarray(points_m, dtype=np.float64)
        b_t = _kernels.flux_density(points, self.dipoles_m, self.moments_m2)
        return sum((part.flux_density_t(points) for part in self.further), b_t)
