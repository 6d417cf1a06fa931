"""A coil's field in a sphere, and designs beside each other."""

from dataclasses import dataclass

from cortistim.records.coil import SphereRecord


@dataclass(frozen=True, kw_only=True)
class SphereFieldRecord:
    """The field of a coil in the sphere: its profile in depth and its size on the brain.

    Parameters
    ----------
    coil : str
        Its name.
    didt_a_per_us : float
        Rate of current of all fields.
    sphere : SphereRecord
        Depth, spread and the model, for 1 A/µs.
    depth_mm, e_v_per_m : tuple of float
        |E| below the place where it is strongest on the brain, by depth below the brain's
        surface.
    strongest_at_deg : float
        Of that place, from the coil's axis.
    deformation : mapping of str to float
        How the coil was bent.
    file : str
        The figure; empty where none was asked for.
    """

    coil: str
    didt_a_per_us: float
    sphere: SphereRecord
    depth_mm: tuple[float, ...]
    e_v_per_m: tuple[float, ...]
    strongest_at_deg: float
    deformation: dict[str, float]
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class SweptDesign:
    """One design of a sweep.

    Parameters
    ----------
    varied : mapping of str to float
        What was varied, in the units of the options.
    inductance_uh, didt_a_per_us, peak_current_ka : float or None
        In its circuit; None where the design cannot be wound.
    depth_half_cm, spread_half_cm2, e_peak_cortex_v_per_m : float or None
        In the sphere.
    reason : str
        Why it cannot be wound; empty otherwise.
    """

    varied: dict[str, float]
    inductance_uh: float | None
    didt_a_per_us: float | None
    peak_current_ka: float | None
    depth_half_cm: float | None
    spread_half_cm2: float | None
    e_peak_cortex_v_per_m: float | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class SweepRecord:
    """Designs beside each other.

    Parameters
    ----------
    shape : str
        Of all of them.
    designs : tuple of SweptDesign
        In the order of the values, the last one varied fastest.
    """

    shape: str
    designs: tuple[SweptDesign, ...]
