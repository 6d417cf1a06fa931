"""Where responses come from, as it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HeldOutRecord:
    """How well one measure of the field foretells responses that were held out.

    Parameters
    ----------
    log_likelihood : float
        Natural logarithm, of all responses.
    than_magnitude, standard_error : float
        By how much better than |E|, and how sure that is.
    """

    log_likelihood: float
    than_magnitude: float
    standard_error: float


@dataclass(frozen=True, kw_only=True)
class DoseRecord:
    """The output that gives another target the field that the site has at threshold.

    Parameters
    ----------
    target : str
        As asked for.
    centre_mm : (3,) tuple of float
        In the head's frame, on the cortex.
    matsimnibs : tuple of tuples
        The pose that serves it best; millimetres.
    e_v_per_m_per_a_per_us : float
        Mean |E| there for 1 A/µs.
    didt_a_per_us : float or None
        For the threshold's field; None where that is not known.
    percent_of_site : float
        Output in percent of what the site needs, each with its best pose.
    """

    target: str
    centre_mm: tuple[float, ...]
    matsimnibs: tuple[tuple[float, ...], ...]
    e_v_per_m_per_a_per_us: float
    didt_a_per_us: float | None
    percent_of_site: float


@dataclass(frozen=True, kw_only=True)
class LocateRecord:
    """Where the responses of a muscle come from.

    Parameters
    ----------
    peak_mm : (3,) tuple of float or None
        In the head's frame: the place with the smallest expected distance to the site.
    radius50_mm, radius90_mm : float or None
        Of the balls about it that hold the site with 50 and 90 %.
    identifiable : bool
        Whether the responses name a place.
    measure : str
        Of the field: magnitude, normal, tangential or recruited.
    reasons : list of str
        Why no place can be named.
    notes : list of str
        What to know besides.
    pulses, poses, censored : int
        How many; responses at or below the floor.
    floor_uv : float
        Where that is.
    explained : float or None
        Share of the variance of log amplitudes that the field at the peak explains.
    chance : float or None
        Share of permuted responses that are explained as well somewhere.
    threshold_v_per_m : float or None
        Field at the peak at which half of responses reach the criterion of 50 µV; of 1 A/µs
        where the table has no dI/dt.
    elements : int
        Pieces of cortex that were compared.
    held_out : dict of str to HeldOutRecord
        By measure; empty where they were not compared.
    congruence_mm : dict of str to tuple or None
        Place of the largest congruence factor, of its variants and of its rivals, where curves
        of three poses or more allow them.
    overlap : dict of str to float
        What the posterior shares with that of another muscle, 0 to 1.
    matsimnibs : tuple of tuples or None
        The pose that drives the peak best, in millimetres, where it was asked for.
    doses : list of DoseRecord
        At other targets, where they were asked for.
    head, coil : str
        Names.
    posterior, surface : str or None
        GIFTI files beside this one.
    """

    peak_mm: tuple[float, ...] | None
    radius50_mm: float | None
    radius90_mm: float | None
    identifiable: bool
    measure: str
    reasons: list[str]
    notes: list[str]
    pulses: int
    poses: int
    censored: int
    floor_uv: float
    explained: float | None
    chance: float | None
    threshold_v_per_m: float | None
    elements: int
    held_out: dict[str, HeldOutRecord]
    congruence_mm: dict[str, tuple[float, ...] | None]
    overlap: dict[str, float]
    matsimnibs: tuple[tuple[float, ...], ...] | None
    doses: list[DoseRecord]
    head: str
    coil: str
    posterior: str | None = None
    surface: str | None = None
