"""A coil as records describe it."""

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from cortistim.records.pose import Point
from cortistim.records.provenance import SourceRecord
from cortistim.records.reduction import ReductionRecord


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


@dataclass(frozen=True, kw_only=True)
class StimulatorOfCoil(StimulatorShare):
    """One stimulator of a coil, with what it was told to give.

    Parameters
    ----------
    name, share : see `StimulatorShare`
        Which one.
    didt_max_a_per_us : float or None
        At full output; None where the coil does not say.
    elements : tuple of str, optional
        What it drives, for coils of several elements.
    """

    didt_max_a_per_us: float | None
    elements: tuple[str, ...] | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class DeformationRecord:
    """A parameter by which a coil can be bent or moved.

    Parameters
    ----------
    name, unit : str
        What it is.
    initial : float
        As the file has it.
    range : (2,) tuple of float
        Lowest and highest.
    value : float
        As the coil is now.
    elements : int
        How many it moves.
    """

    name: str
    unit: str
    initial: float
    range: tuple[float, float]
    value: float
    elements: int


@dataclass(frozen=True, kw_only=True)
class CoilWaveformRecord:
    """A waveform that a coil file holds.

    Parameters
    ----------
    name : str
        As the file calls it.
    samples : int
        How many.
    """

    name: str
    samples: int


@dataclass(frozen=True, kw_only=True)
class ShownCoil(CoilRecord):
    """Everything known of a coil.

    Parameters
    ----------
    name, geometry, elements, dipoles, segments, grids : see `CoilRecord`
        The coil.
    stimulators : tuple of StimulatorOfCoil
        With what each gives.
    deformation, casing, inductance_uh, a_at_20mm_t_m : see `CoilRecord`
        The coil; the vector potential is not rounded.
    current, polarity, sources : see `CoilRecord`
        Which way it works, and who says so.
    extent_mm : (3, 2) tuple of float
        Lowest and highest coordinate of the copper along x, y and z.
    b_peak_10mm_mt_per_ka : float
        Largest B, 10 mm in front of the face.
    didt_max_a_per_us : float or None
        None where the coil does not say.
    stimulator : str
        Of the file; may be empty.
    deformations : tuple of DeformationRecord
        Empty for rigid coils.
    waveforms : tuple of CoilWaveformRecord
        Of the file.
    reduced : ReductionRecord
        What stands for it in searches, and how far off that is.
    header : mapping of str to str
        What else the file says.
    references : tuple of SourceRecord
        The sources spelt out.
    """

    stimulators: tuple[StimulatorOfCoil, ...]
    extent_mm: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    b_peak_10mm_mt_per_ka: float
    didt_max_a_per_us: float | None
    stimulator: str
    deformations: tuple[DeformationRecord, ...]
    waveforms: tuple[CoilWaveformRecord, ...]
    reduced: ReductionRecord
    header: dict[str, str]
    references: tuple[SourceRecord, ...]


@dataclass(frozen=True, kw_only=True)
class CircuitRecord:
    """A coil with a capacitor.

    Parameters
    ----------
    capacitance_uf, voltage_v : float
        Of the capacitor.
    total_inductance_uh, total_resistance_mohm : float
        Of coil, leads and stimulator.
    didt_a_per_us, period_us, peak_current_ka, energy_j : float
        Of the pulse.
    """

    capacitance_uf: float
    voltage_v: float
    total_inductance_uh: float
    total_resistance_mohm: float
    didt_a_per_us: float
    period_us: float
    peak_current_ka: float
    energy_j: float


@dataclass(frozen=True, kw_only=True)
class SphereRecord:
    """A coil's field in a sphere, by the measures of Deng et al. (2013).

    Parameters
    ----------
    model : str
        The sphere.
    e_cortex_v_per_m_per_a_per_us, e_head_v_per_m_per_a_per_us : float
        Largest E in the brain and on the head.
    depth_half_cm, spread_half_cm2, focality_volume_half_cm3 : float
        Where E is at least half of the largest in the brain.
    lift_mm : float
        By how much the coil was lifted to stay outside.
    e_peak_cortex_v_per_m, e_peak_head_v_per_m : float, optional
        With the full pulse of a circuit.
    """

    model: str
    e_cortex_v_per_m_per_a_per_us: float
    e_head_v_per_m_per_a_per_us: float
    depth_half_cm: float
    spread_half_cm2: float
    focality_volume_half_cm3: float
    lift_mm: float
    e_peak_cortex_v_per_m: float | UnsetType = UNSET
    e_peak_head_v_per_m: float | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class PerformanceRecord:
    """A coil's field per ampere, and with a circuit in full.

    Parameters
    ----------
    b_peak_10mm_mt_per_ka : float
        Largest B, 10 mm in front of the face.
    b_peak_10mm_t : float, optional
        With the circuit's largest current.
    sphere : SphereRecord
        Depth and spread.
    """

    b_peak_10mm_mt_per_ka: float
    b_peak_10mm_t: float | UnsetType = UNSET
    sphere: SphereRecord


@dataclass(frozen=True, kw_only=True)
class DesignedCoilRecord(CoilRecord):
    """A designed coil in a circuit and on a sphere.

    Parameters
    ----------
    name, geometry, elements, dipoles, segments, grids, stimulators : see `CoilRecord`
        The coil.
    deformation, casing, inductance_uh, a_at_20mm_t_m : see `CoilRecord`
        The coil; the vector potential is not rounded.
    current, polarity, sources : see `CoilRecord`
        Which way it works, and who says so.
    shape : str
        How the wire runs.
    self_inductances_uh, mutual_inductances_uh : tuple of float
        Of the parts, and of every pair of them.
    driven : str
        What one stimulator sees.
    wire_length_m : float
        Of all parts.
    resistance_dc_mohm, resistance_skin_mohm : float
        At rest, and with the skin effect of the pulse.
    resistance_words : str
        What they hold and leave out.
    circuit : CircuitRecord
        With the stimulator.
    b_peak_10mm_mt_per_ka, b_peak_10mm_t : float
        Largest B, 10 mm in front of the face.
    sphere : SphereRecord
        Depth and spread.
    file : str, optional
        Where it was written.
    """

    shape: str
    self_inductances_uh: tuple[float, ...]
    mutual_inductances_uh: tuple[float, ...]
    driven: str
    wire_length_m: float
    resistance_dc_mohm: float
    resistance_skin_mohm: float
    resistance_words: str
    circuit: CircuitRecord
    b_peak_10mm_mt_per_ka: float
    b_peak_10mm_t: float
    sphere: SphereRecord
    file: str | UnsetType = UNSET


@dataclass(frozen=True, kw_only=True)
class ComparedCoil:
    """A coil beside others.

    Parameters
    ----------
    coil : str
        The name that is shown.
    dipoles : int
        What its field is summed over.
    inductance_uh : float or None
        None where it is not known.
    a_y_at_20mm_t_m : float
        Vector potential for 1 A along y, 20 mm in front of the face.
    b_peak_10mm_mt_per_ka : float
        Largest B, 10 mm in front of the face.
    e_cortex_v_per_m_per_a_per_us, e_head_v_per_m_per_a_per_us : see `SphereRecord`
        In the sphere.
    depth_half_cm, spread_half_cm2, focality_volume_half_cm3, lift_mm : see `SphereRecord`
        In the sphere.
    deformation : mapping of str to float
        How it was bent to the sphere, in degrees or millimetres; empty for a rigid coil.
    note : str
        That it lies off the head, where it does.
    """

    coil: str
    dipoles: int
    inductance_uh: float | None
    a_y_at_20mm_t_m: float
    b_peak_10mm_mt_per_ka: float
    e_cortex_v_per_m_per_a_per_us: float
    e_head_v_per_m_per_a_per_us: float
    depth_half_cm: float
    spread_half_cm2: float
    focality_volume_half_cm3: float
    lift_mm: float
    deformation: dict[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ComparisonRecord:
    """Coils beside each other.

    Parameters
    ----------
    coils : tuple of ComparedCoil
        In the order they were asked for.
    """

    coils: tuple[ComparedCoil, ...]


@dataclass(frozen=True, kw_only=True)
class PublishedCoil:
    """A named coil beside what was published of it.

    Parameters
    ----------
    number : int
        In the paper.
    coil, published_name : str
        Here and there.
    depth_half_cm, published_depth_half_cm, depth_off_percent : float
        Depth here, there, and the difference.
    spread_half_cm2, published_spread_half_cm2, spread_off_percent : float
        Spread here, there, and the difference.
    e_head_v_per_m, published_e_max_v_per_m : float
        Largest E on the head.
    within : bool
        Whether both lie within the tolerance.
    note : str
        Why not; may be empty.
    """

    number: int
    coil: str
    published_name: str
    depth_half_cm: float
    published_depth_half_cm: float
    depth_off_percent: float
    spread_half_cm2: float
    published_spread_half_cm2: float
    spread_off_percent: float
    e_head_v_per_m: float
    published_e_max_v_per_m: float
    within: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class PublishedComparison:
    """Named coils beside what was published of them.

    Parameters
    ----------
    coils : tuple of PublishedCoil
        By their number in the paper.
    """

    coils: tuple[PublishedCoil, ...]
