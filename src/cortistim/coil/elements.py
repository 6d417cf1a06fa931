"""What a coil of several elements is made of: currents, casings, joints, channels.

A joint moves the elements that name it by as much as its parameter says. Parameters are
counted as files count them, in degrees where they turn and in millimetres where they shift;
everything else is SI.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cortistim.coil.current import SampledPotential, Segments
from cortistim.errors import BadInputError, quoted
from cortistim.geometry import freeze, unit
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm

Axis = Literal["x", "y", "z"]


@dataclass(frozen=True, eq=False)
class Dipoles:
    """Magnetic dipoles per ampere.

    Parameters
    ----------
    points_m : (n_dipole, 3) array [m]
        Positions.
    moments_m2 : (n_dipole, 3) array
        A m² per A.
    """

    points_m: FloatArray
    moments_m2: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse what does not pair up."""
        freeze(self, "points_m", "moments_m2", dtype=np.float64)
        shape = self.points_m.shape
        if len(shape) != 2 or shape[1] != 3 or shape != self.moments_m2.shape or not shape[0]:
            msg = f"dipoles must be (n_dipole, 3) twice; got {shape}, {self.moments_m2.shape}."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Model:
    """A closed surface of a coil file.

    Parameters
    ----------
    vertices_m : (n_vertex, 3) array [m]
        Positions.
    triangles : (n_triangle, 3) int array
        Vertex indices.
    contact_m : (n_point, 3) array [m]
        Points that should touch the head; none when the file gives none.
    intersect_m : (n_point, 3) array [m]
        Points that older files give for testing intersections; kept, not used.
    """

    vertices_m: FloatArray
    triangles: IntArray
    contact_m: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    intersect_m: FloatArray = field(default_factory=lambda: np.empty((0, 3)))

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse triangles without vertices."""
        freeze(self, "vertices_m", "contact_m", "intersect_m", dtype=np.float64)
        freeze(self, "triangles", dtype=np.int64)
        top = self.triangles.max(initial=-1)
        if len(self.triangles) == 0 or top >= len(self.vertices_m) or self.triangles.min() < 0:
            msg = (
                f"a casing's triangles must name its {len(self.vertices_m)} points, counted "
                f"from 0; {len(self.triangles)} triangles name up to {top}."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a user can bend, and how far.

    Parameters
    ----------
    initial, low, high : float
        In degrees or millimetres, as the joints that follow it turn or shift.
    """

    initial: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a range that does not hold its start."""
        if not -np.inf < self.low <= self.initial <= self.high < np.inf:
            msg = (
                f"a deformation must start within its range; got {self.initial} in "
                f"{self.low} to {self.high}."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Shift:
    """A joint that slides along an axis of the coil.

    Parameters
    ----------
    axis : str
        ``x``, ``y`` or ``z``.
    parameter : int
        Which parameter it follows, in millimetres.
    """

    axis: Axis
    parameter: int

    unit = "mm"

    def matrix_m(self, value: float) -> FloatArray:
        """Return the motion, (4, 4), for a value in millimetres.

        Parameters
        ----------
        value : float
            In millimetres, as coil files have it.

        Returns
        -------
        (4, 4) array [m]
            The motion.
        """
        matrix_m = np.eye(4)
        matrix_m["xyz".index(self.axis), 3] = m_from_mm(value)
        return matrix_m


@dataclass(frozen=True, eq=False)
class Turn:
    """A joint that turns about an axis, right-handed from its first to its second point.

    Parameters
    ----------
    start_m, end_m : (3,) arrays [m]
        Two points of the axis.
    parameter : int
        Which parameter it follows, in degrees.
    """

    start_m: FloatArray
    end_m: FloatArray
    parameter: int

    unit = "deg"

    def __post_init__(self) -> None:
        """Freeze the points; refuse an axis without direction."""
        freeze(self, "start_m", "end_m", dtype=np.float64)
        if not np.linalg.norm(self.end_m - self.start_m) > 0:
            msg = f"a turn needs two different points on its axis; got {self.start_m} twice."
            raise BadInputError(msg)

    def matrix_m(self, value: float) -> FloatArray:
        """Return the motion, (4, 4), for a value in degrees (Rodrigues' formula).

        Parameters
        ----------
        value : float
            In degrees, as coil files have it.

        Returns
        -------
        (4, 4) array [m]
            The motion.
        """
        x, y, z = unit(self.end_m - self.start_m)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        angle = np.deg2rad(value)
        matrix_m = np.eye(4)
        matrix_m[:3, :3] += np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
        matrix_m[:3, 3] = self.start_m - matrix_m[:3, :3] @ self.start_m
        return matrix_m


@dataclass(frozen=True, eq=False)
class Waveform:
    """A recorded pulse.

    Parameters
    ----------
    time_s : (n_sample,) array [s]
        When.
    signal : (n_sample,) array
        As recorded, of any scale and sign.
    fit : (n_sample,) array or empty
        A smooth curve through it.
    name : str
        As the file calls it.
    """

    time_s: FloatArray
    signal: FloatArray
    fit: FloatArray
    name: str = ""

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse a signal without times."""
        freeze(self, "time_s", "signal", "fit", dtype=np.float64)
        lengths = {len(self.time_s), len(self.signal), len(self.fit) or len(self.time_s)}
        if len(lengths) != 1 or self.time_s.ndim != 1 or len(self.time_s) < 2:
            msg = (
                f"waveform {quoted(self.name)} must have as many values as times, 2 or more; "
                "got "
                f"{sorted(lengths)}."
            )
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class Channel:
    """A stimulator that feeds one or more elements.

    Parameters
    ----------
    name, brand : str
        As the file calls it.
    didt_max_a_per_s : float [A/s]
        At full output; NaN when unknown.
    waveforms : tuple of Waveform
        Recorded pulses.
    """

    name: str = ""
    brand: str = ""
    didt_max_a_per_s: float = float("nan")
    waveforms: tuple[Waveform, ...] = ()


@dataclass(frozen=True, eq=False)
class Element:
    """A rigid part of a coil that carries current.

    Parameters
    ----------
    current : Dipoles, Segments or SampledPotential
        At rest, before any deformation.
    channel : int
        Which stimulator feeds it.
    name : str
        As the file calls it.
    casing : int or None
        Which model is its outside.
    joints : tuple of int
        The deformations that move it, in the order in which they act.
    """

    current: Dipoles | Segments | SampledPotential
    channel: int
    name: str = ""
    casing: int | None = None
    joints: tuple[int, ...] = ()
