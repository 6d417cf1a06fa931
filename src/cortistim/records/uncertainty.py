"""How far |E| at the target may be off, and for which reasons."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IntervalRecord:
    """Where a number lies.

    Parameters
    ----------
    mean : float
        Over everything that is uncertain; not the value at the nominal head and pose.
    low, high : float
        Ends of the interval.
    level : float
        Share of the cases that lie between them.
    """

    mean: float
    low: float
    high: float
    level: float


@dataclass(frozen=True, kw_only=True)
class UncertaintyPart:
    """What one reason contributes.

    Parameters
    ----------
    low, high : float [V/m]
        Ends of the interval, at the same level, if this were the only reason.
    variance_share : float
        Of the variance that the reasons have together.
    rests_on : str
        Where its size is from.
    """

    low: float
    high: float
    variance_share: float
    rests_on: str


@dataclass(frozen=True, kw_only=True)
class UncertaintyParts:
    """The reasons; one that was not counted is null.

    Parameters
    ----------
    numerical : UncertaintyPart
        The mesh and the elements on it.
    conductivities : UncertaintyPart or None
        How well tissues conduct; null where nothing was solved.
    navigation : UncertaintyPart
        Errors of the coil's place and turn.
    coil_model : UncertaintyPart
        How exactly the winding is known.
    """

    numerical: UncertaintyPart
    conductivities: UncertaintyPart | None
    navigation: UncertaintyPart
    coil_model: UncertaintyPart


@dataclass(frozen=True, kw_only=True)
class UncertaintyRecord:
    """|E| at the target with one interval.

    Parameters
    ----------
    e_target_v_per_m : IntervalRecord [V/m]
        At the dI/dt of the record.
    dominant : str
        The part with the largest share of the variance.
    parts : UncertaintyParts
        One for each reason.
    words : str
        The same as a sentence, and what is not counted.
    """

    e_target_v_per_m: IntervalRecord
    dominant: str
    parts: UncertaintyParts
    words: str
