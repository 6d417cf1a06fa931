"""One dose rule for everybody: who gets how much; and motor thresholds foretold from fields."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import FloatArray, IntArray

Rule = Literal["same_mso", "percent_rmt", "equal_field"]
Verdict = Literal["under", "within", "over", "unknown"]
WITHIN = 0.2
"""Assumed: a field within a fifth of the reference is as intended; the spread of |E| at one
output between people, and what a millimetre of the coil costs, are of that size."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DosedGroup:
    """What doses of a group follow from; NaN where a number is not known.

    Parameters
    ----------
    target_v_per_m : (n_people,) array [V/m]
        |E| at the target at full output.
    motor_v_per_m : (n_people,) array [V/m]
        |E| at the hand's motor cortex at full output, the coil over it.
    rmt_percent : (n_people,) array
        Resting motor thresholds, % of full output.
    """

    target_v_per_m: FloatArray
    motor_v_per_m: FloatArray
    rmt_percent: FloatArray

    def __post_init__(self) -> None:
        """Freeze the columns."""
        freeze(self, "target_v_per_m", "motor_v_per_m", "rmt_percent", dtype=np.float64)

    @property
    def at_threshold_v_per_m(self) -> FloatArray:
        """|E| at each motor cortex at the person's own threshold."""
        return self.motor_v_per_m * self.rmt_percent / 100

    @property
    def reference_v_per_m(self) -> FloatArray:
        """What each target should get: that of the own motor cortex, else the group's median.

        The median of targets at half of the output stands in where nobody has a threshold.
        """
        own = self.at_threshold_v_per_m
        if np.isfinite(own).any():
            return np.where(np.isfinite(own), own, np.nanmedian(own))
        return np.full(len(own), np.nanmedian(self.target_v_per_m) / 2)


@dataclass(frozen=True, eq=False, kw_only=True)
class RuleDose:
    """A rule applied to everybody.

    Parameters
    ----------
    rule : {"same_mso", "percent_rmt", "equal_field"}
        Which.
    words : str
        The same in a sentence.
    percent_mso : (n_people,) array
        Outputs, at most 100; NaN where they cannot be said.
    field_v_per_m : (n_people,) array
        |E| at the target then.
    relative : (n_people,) array
        The same over the reference.
    verdicts : tuple of str
        ``under``, ``within``, ``over`` or ``unknown``.
    """

    rule: Rule
    words: str
    percent_mso: FloatArray
    field_v_per_m: FloatArray
    relative: FloatArray
    verdicts: tuple[Verdict, ...]

    @property
    def variation(self) -> float:
        """Standard deviation of |E| over its mean; NaN for fewer than two people."""
        known = self.field_v_per_m[np.isfinite(self.field_v_per_m)]
        return float(known.std(ddof=1) / known.mean()) if len(known) > 1 else np.nan


def doses_by_rule(
    group: DosedGroup, *, percent_mso: float | None = None, percent_rmt: float = 100.0
) -> tuple[RuleDose, ...]:
    """Dose everybody by each of three rules, and say who gets too little or too much.

    Parameters
    ----------
    group : DosedGroup
        Who.
    percent_mso : float, optional
        Of the first rule; by default the output at which the median target gets the median
        reference.
    percent_rmt : float, optional
        Of the second rule.

    Returns
    -------
    tuple of RuleDose
        Same output, same share of the motor threshold, same field as in the motor cortex.

    Raises
    ------
    BadInputError
        When a percentage cannot be.
    """
    reference = group.reference_v_per_m
    if percent_mso is None:
        median = 100 * np.nanmedian(reference) / np.nanmedian(group.target_v_per_m)
        percent_mso = float(np.clip(median, 1, 100))
    if not (0 < percent_mso <= 100 and 0 < percent_rmt <= 300):
        msg = (
            "`mso_percent` must lie between 0 and 100 % and `percent_rmt` between 0 and 300 %; "
            f"got {percent_mso:g} and {percent_rmt:g}."
        )
        raise BadInputError(msg)
    n_people = len(reference)
    asked: tuple[tuple[Rule, str, FloatArray], ...] = (
        ("same_mso", f"{percent_mso:.0f} % of the maximal output for everybody",
         np.full(n_people, percent_mso)),
        ("percent_rmt", f"{percent_rmt:g} % of the resting motor threshold",
         group.rmt_percent * percent_rmt / 100),
        ("equal_field", "the field that the person's motor cortex has at threshold",
         100 * reference / group.target_v_per_m),
    )  # fmt: skip
    return tuple(_dosed(group, reference, *one) for one in asked)


def _dosed(
    group: DosedGroup, reference: FloatArray, rule: Rule, words: str, wanted: FloatArray
) -> RuleDose:
    given = np.minimum(wanted, 100.0)  # no stimulator gives more
    field = group.target_v_per_m * given / 100
    relative = field / reference
    verdicts: tuple[Verdict, ...] = tuple(_verdict(one) for one in relative.tolist())
    return RuleDose(
        rule=rule, words=words, percent_mso=given, field_v_per_m=field, relative=relative,
        verdicts=verdicts,
    )  # fmt: skip


def _verdict(relative: float) -> Verdict:
    if not np.isfinite(relative):
        return "unknown"
    if relative < 1 - WITHIN:
        return "under"
    return "over" if relative > 1 + WITHIN else "within"


@dataclass(frozen=True, eq=False, kw_only=True)
class Foretold:
    """Motor thresholds foretold for each person from the others.

    Parameters
    ----------
    people : (n_known,) int array
        Whose threshold and field are known.
    measured, foretold : (n_known,) array
        % of full output.
    threshold_v_per_m : float
        The field at which hands move, of all together.
    rmse, rmse_of_mean : float
        Of the forecast, and of the mean of the others in its place; % of full output.
    r : float
        Correlation of measured and foretold.
    """

    people: IntArray
    measured: FloatArray
    foretold: FloatArray
    threshold_v_per_m: float
    rmse: float
    rmse_of_mean: float
    r: float


LEAST_KNOWN = 3


def foretell_rmt(group: DosedGroup) -> Foretold | None:
    """Foretell each motor threshold from the field at the motor cortex, leaving that one out.

    One field strength moves everybody's hand: the geometric mean of the others' |E| at
    threshold, over the person's own |E| at full output.

    Parameters
    ----------
    group : DosedGroup
        With thresholds of at least three people.

    Returns
    -------
    Foretold or None
        None for fewer.
    """
    known = np.isfinite(group.at_threshold_v_per_m) & (group.at_threshold_v_per_m > 0)
    people = np.flatnonzero(known)
    if len(people) < LEAST_KNOWN:
        return None
    measured, motor = group.rmt_percent[people], group.motor_v_per_m[people]
    logs = np.log(group.at_threshold_v_per_m[people])
    others = (logs.sum() - logs) / (len(people) - 1)
    foretold = 100 * np.exp(others) / motor
    by_mean = (measured.sum() - measured) / (len(people) - 1)
    varied = min(np.ptp(measured), np.ptp(foretold)) > 0
    return Foretold(
        people=people,
        measured=measured,
        foretold=foretold,
        threshold_v_per_m=float(np.exp(logs.mean())),
        rmse=float(np.sqrt(np.mean((foretold - measured) ** 2))),
        rmse_of_mean=float(np.sqrt(np.mean((by_mean - measured) ** 2))),
        r=float(np.corrcoef(measured, foretold)[0, 1]) if varied else np.nan,
    )
