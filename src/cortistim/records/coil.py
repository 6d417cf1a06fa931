"""A coil as records describe it."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from cortistim.records.pose import Point


@dataclass(frozen=True, kw_only=True)
class StimulatorShare:
    """What one stimulator of a coil gives.

    Parameters
    ----------
    name : str or None
        None where the coil does not name it.
    share : float
        Of dI/dt.
    """

    name: str | None
    share: float


@dataclass(frozen=True, kw_only=True)
class PolarityRecord:
    """Which way a coil's current and its field run, and who says so.

    Parameters
    ----------
    a_y_sign : {-1, 0, 1}
        Sign of the vector potential along y, 20 mm in front of the face.
    induced_e : str
        Direction of the induced field for rising current.
    sign : str
        Whose convention it is.
    stimulator_first_phase : str
        What is known of the stimulator's sign.
    """

    a_y_sign: Annotated[int, Meta(ge=-1, le=1)]
    induced_e: str
    sign: str
    stimulator_first_phase: str


@dataclass(frozen=True, kw_only=True)
class CoilRecord:
    """A coil as it was bent and fed.

    Parameters
    ----------
    name, geometry : str
        What it is called and how it is wound.
    elements, dipoles, segments, grids : int
        What its field is summed over.
    stimulators : tuple of StimulatorShare
        Usually one.
    deformation : mapping of str to float
        In degrees or millimetres, by parameter; empty for rigid coils.
    casing : str
        Where its shape is from.
    inductance_uh : float or None
        None where it is not known.
    a_at_20mm_t_m : (3,) tuple of float
        Vector potential for 1 A, 20 mm in front of the face.
    current : str
        Direction of the induced field for rising current.
    polarity : PolarityRecord
        The same with who says so.
    sources : tuple of str
        Keys of ``references.bib``.
    """

    name: str
    geometry: str
    elements: int
    dipoles: int
    segments: int
    grids: int
    stimulators: tuple[StimulatorShare, ...]
    deformation: dict[str, float]
    casing: str
    inductance_uh: float | None
    a_at_20mm_t_m: Point
    current: str
    polarity: PolarityRecord
    sources: tuple[str, ...]
