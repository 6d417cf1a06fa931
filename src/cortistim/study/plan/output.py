"""One recommended stimulator output with its interval, and what else could be taken, ranked."""

from collections.abc import Mapping
from dataclasses import replace

from msgspec import UNSET
from scipy.stats import norm

from cortistim.protocol import Protocol
from cortistim.pulse import deliverable, named_device
from cortistim.records import number
from cortistim.records.dose import OutputChoice
from cortistim.records.neuron import EqualFieldDose
from cortistim.study.plan.dose import Dose
from cortistim.targeting.uncertainty import LEVEL

STANDARD_ERROR = 0.05
"""Of a motor threshold that is measured again, as a share of it (Shirota 2025)."""
REPEATS = float(norm.ppf(0.5 + LEVEL / 2)) * STANDARD_ERROR
"""A threshold measured again lies within this share of the first at the plan's level."""
REPEATS_KEY = "shirota2025"
INTERVAL_WORDS = (
    f"a motor threshold that is measured again lies within {100 * REPEATS:.0f} % of the first "
    f"in {100 * LEVEL:.0f} % of cases; an output that rests on it is known no better"
)
RULES: Mapping[str, tuple[str, str]] = {
    "threshold": (
        "the protocol's share of the motor threshold as it was measured",
        "by default: the published trials were dosed so, and safety tables refer to it",
    ),
    "equal_field": (
        "as much |E| at the target as over the motor cortex at threshold",
        "to give people, or two targets of one person, the same field; no trial has shown that "
        "it works better",
    ),
    "by_depth": (
        "more where the cortex lies deeper below the scalp, 3 % of the maximal output for each "
        "millimetre",
        "where depth alone is known, or to compare with studies that were dosed so; the field "
        "of this head tells more",
    ),
    "equal_recruitment": (
        "as many layer 5 cells at the target as in the motor cortex at threshold",
        "for research only: the cells are a model's, and their thresholds were set by motor "
        "responses of the hand",
    ),
}
"""What each rule does and when to use it; the first is recommended, the rest are ranked."""
STATED = (
    "the output that the protocol states",
    "by default; it takes no account of the person's threshold",
)


def output_choices(
    protocol: Protocol, dose: Dose, neuron: EqualFieldDose, device: str
) -> tuple[OutputChoice, ...]:
    """Rank the outputs that could be taken for a protocol; the first one is recommended.

    Parameters
    ----------
    protocol : Protocol
        Its share of the threshold is in every number.
    dose : Dose
        The stated output.
    neuron : EqualFieldDose
        The motor threshold carried to the target by other rules.
    device : str
        That is to deliver it.

    Returns
    -------
    tuple of OutputChoice
        Empty where no output can be stated.
    """
    if dose.percent_mso is None:
        return ()
    if protocol.threshold == "MSO":
        words, when = STATED
        fit = _fits(protocol, dose.percent_mso, device)
        return (
            OutputChoice(
                rank=1,
                rule="output",
                words=words,
                threshold_percent_mso=None,
                percent_mso=round(dose.percent_mso, 2),
                percent_mso_low=None,
                percent_mso_high=None,
                when=when,
                deliverable=fit,
            ),
        )
    share = protocol.intensity_fraction
    thresholds: dict[str, float | None] = {"threshold": dose.percent_mso / share}
    if protocol.threshold == "rMT":
        thresholds |= _carried(neuron)
    known = {rule: value for rule, value in thresholds.items() if value is not None}
    return tuple(
        _choice(rank, rule, value, protocol, device)
        for rank, (rule, value) in enumerate(known.items(), start=1)
    )


def _carried(neuron: EqualFieldDose) -> dict[str, float | None]:
    others = neuron.alternatives
    depth = others.by_depth_percent_mso
    recruited = others.equal_recruitment_of_layer_5_percent_mso
    return {
        "equal_field": neuron.percent_mso,
        "by_depth": None if depth is UNSET else depth,
        "equal_recruitment": None if recruited is UNSET else recruited,
    }


def _choice(
    rank: int, rule: str, threshold: float, protocol: Protocol, device: str
) -> OutputChoice:
    percent = threshold * protocol.intensity_fraction
    words, when = RULES[rule]
    return OutputChoice(
        rank=rank,
        rule=rule,
        words=words,
        threshold_percent_mso=round(threshold, 2),
        percent_mso=round(percent, 2),
        percent_mso_low=round(percent * (1 - REPEATS), 2),
        percent_mso_high=round(percent * (1 + REPEATS), 2),
        when=when,
        deliverable=_fits(protocol, percent, device),
    )


def _fits(protocol: Protocol, percent: float, device: str) -> bool | None:
    share = percent / 100 * protocol.relative_intensity
    found = deliverable(protocol.pulse_times_s, share, named_device(device))
    return None if found.verdict == "not known" else found.ok


def for_protocol(dose: EqualFieldDose, protocol: Protocol) -> EqualFieldDose:
    """Multiply the output of equal field by the protocol's share of the threshold.

    Parameters
    ----------
    dose : EqualFieldDose
        Carried motor threshold.
    protocol : Protocol
        Of the plan.

    Returns
    -------
    EqualFieldDose
        Unchanged where the protocol does not refer to the resting threshold.
    """
    if dose.percent_mso is None or protocol.threshold != "rMT":
        return dose
    share = protocol.intensity_fraction
    return replace(
        dose,
        protocol_percent_mso=number(dose.percent_mso * share, 2),
        words=(
            "the first output gives the target the field that the motor cortex has at "
            f"threshold; the output for the protocol is {100 * share:g} % of that"
        ),
    )
