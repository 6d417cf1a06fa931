"""Whether a person's own target is worth more than a group's, in words."""

from dataclasses import dataclass

EVIDENCE = (
    "Evidence that connectivity with the subgenual cingulate predicts response is weak: in "
    "295 patients r was -0.16, and only where the stimulated site came from a model of the "
    "electric field (elbau2023); a randomised trial of connectivity-guided against other "
    "image-guided stimulation found no difference (morriss2024). A target from connectivity is "
    "a choice, not a promise."
)
FEW_MINUTES, SHORT_MINUTES = 10.0, 20.0  # own simulation: medians of 15 mm and 10 mm
NO_SIGNAL = 20.0  # temporal signal-to-noise ratio of the seed; assumed
RIVAL = 0.8  # size of the second cluster over that of the first; assumed
CLEAR = 2.0  # standard errors
FAR_M, VERY_FAR_M = 0.010, 0.020  # a gyrus, and two; assumed


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with a target.

    Parameters
    ----------
    verdict : str
        ``individual target``, ``individual target with caution`` or ``group site preferred``.
    reasons : tuple of str
        Why, as sentences without a full stop.
    """

    verdict: str
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """Verdict and reasons in one line."""
        return self.verdict + (f": {'; '.join(self.reasons)}" if self.reasons else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is known about a target.

    Parameters
    ----------
    found : bool
        Whether there is one.
    minutes : float
        Of data that count.
    half_m : (float, float) or None [m]
        Median and 90th percentile of the distance between halves.
    rival : float or None
        Size of the second cluster over that of the first.
    tsnr : float or None
        Temporal signal-to-noise ratio in the seed.
    filters_m : float or None [m]
        Distance between the targets with and without the global signal.
    r_over_error : float or None
        Size of the correlation over its standard error.
    cleaned : bool
        Whether nuisance regressors were given.
    """

    found: bool
    minutes: float
    half_m: tuple[float, float] | None = None
    rival: float | None = None
    tsnr: float | None = None
    filters_m: float | None = None
    r_over_error: float | None = None
    cleaned: bool = True


def advice_for(known: Trust) -> Advice:
    """Weigh what is known about a target.

    Parameters
    ----------
    known : Trust
        All that speaks for or against it.

    Returns
    -------
    Advice
        The worst of all reasons decides.
    """
    if not known.found:
        none = "no place of the region has the sign looked for"
        return Advice("group site preferred", (none,))
    against: list[str] = []
    careful: list[str] = []
    _judge_minutes(known.minutes, against, careful)
    _judge_halves(known.half_m, against, careful)
    _judge_signal(known, against, careful)
    if against:
        return Advice("group site preferred", (*against, *careful))
    if careful:
        return Advice("individual target with caution", tuple(careful))
    return Advice("individual target", ())


def _judge_signal(known: Trust, against: list[str], careful: list[str]) -> None:
    if known.r_over_error is not None and known.r_over_error < CLEAR:
        against.append("the correlation does not differ clearly from 0")
    if known.tsnr is not None and known.tsnr < NO_SIGNAL:
        against.append(f"tSNR of the seed is {known.tsnr:.0f}, below {NO_SIGNAL:g}: dropout")
    if known.rival is not None and known.rival > RIVAL:
        careful.append(f"the second cluster has {100 * known.rival:.0f} % of the first's size")
    if known.filters_m is not None and known.filters_m > FAR_M:
        moved = f"{1e3 * known.filters_m:.0f} mm"
        careful.append(f"the target moves by {moved} with the global signal's treatment")
    if not known.cleaned:
        careful.append("no confounds were given, so motion was not removed")


def _judge_minutes(minutes: float, against: list[str], careful: list[str]) -> None:
    short = f"{minutes:.1f} min of data"
    if minutes < FEW_MINUTES:
        against.append(f"{short}, fewer than {FEW_MINUTES:g}")
    elif minutes < SHORT_MINUTES:
        careful.append(f"{short}, fewer than {SHORT_MINUTES:g}")


def _judge_halves(
    half_m: tuple[float, float] | None, against: list[str], careful: list[str]
) -> None:
    if half_m is None:
        careful.append("the halves of the run do not both give a target")
        return
    p50, p90 = half_m
    told = f"targets of two halves lie {1e3 * p50:.0f} mm apart in the median"
    if p50 > FAR_M:
        against.append(told)
    elif p90 > VERY_FAR_M:
        careful.append(f"{told}, {1e3 * p90:.0f} mm in one of ten halvings")
