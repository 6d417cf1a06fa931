"""How much stimulator output a plan takes, and what that rests on."""

from dataclasses import dataclass

from cortistim.errors import BadInputError
from cortistim.protocol import Protocol
from cortistim.study.inputs import Output

REFERENCE_DIDT_A_PER_S = 1e8


@dataclass(frozen=True, slots=True)
class Dose:
    """Stimulator output for a protocol.

    Parameters
    ----------
    percent_mso : float or None
        Percent of the maximal stimulator output; None when it cannot be stated.
    reason : str
        Why it is None; empty otherwise.
    didt_a_per_s : float or None
        dI/dt at that output; None when the pair of stimulator and coil was not measured.
    rests_on : str
        What the number rests on, for a reader.
    """

    percent_mso: float | None
    reason: str
    didt_a_per_s: float | None
    rests_on: str


def dose_for(protocol: Protocol, output: Output, rmt_percent: float | None) -> Dose:
    """Turn a protocol's intensity into stimulator output.

    The intensity is a percentage of the resting motor threshold, which only a measurement
    on the person gives. Nothing is guessed in its place.

    Parameters
    ----------
    protocol : Protocol
        Its intensity and the threshold that counts.
    output : Output
        What the stimulator gives with the coil.
    rmt_percent : float or None
        The person's resting motor threshold in percent of the maximal output, measured with
        the same stimulator and coil.

    Returns
    -------
    Dose
        Output, or the reason why not.

    Raises
    ------
    BadInputError
        When the threshold is not between 0 and 100 %.
    """
    if rmt_percent is not None and not 0 < rmt_percent <= 100:
        msg = f"--rmt must be above 0 and at most 100 % MSO; got {rmt_percent:g}."
        raise BadInputError(msg)
    asked = protocol.intensity_words.replace("% ", "% of ", 1)
    if protocol.threshold == "MSO":
        return _of_output(protocol, output)
    if protocol.reference.corrected:
        return _withheld(
            f"{protocol.name} is given at {asked}, and that correction is not made here"
        )
    if rmt_percent is None:
        return _withheld(
            f"{protocol.name} is given at {asked}, and no resting motor threshold was stated; "
            "measure it and pass --rmt PERCENT"
        )
    if protocol.threshold != "rMT":
        return _withheld(
            f"{protocol.name} is given at {asked}, which a resting motor threshold does not fix"
        )
    percent = protocol.intensity_fraction * rmt_percent
    rests_on = (
        f"{asked} ({protocol.name}, confidence {protocol.confidence}) times a resting motor "
        f"threshold of {rmt_percent:g} % MSO as stated, which must have been measured with "
        "this stimulator and coil; no correction for depth or field at the target"
    )
    if percent > 100:
        return _withheld(
            f"{asked} at a threshold of {rmt_percent:g} % would take {percent:.0f} % of the "
            "maximal output; this stimulator and coil cannot deliver it"
        )
    didt = None if output.didt_max is None else output.didt_max.value * percent / 100
    return Dose(percent, "", didt, rests_on)


def _of_output(protocol: Protocol, output: Output) -> Dose:
    didt = None if output.didt_max is None else output.didt_max.value
    fraction = protocol.intensity_fraction
    rests_on = f"the output that {protocol.name} states; no threshold was used"
    return Dose(100 * fraction, "", None if didt is None else didt * fraction, rests_on)


def _withheld(reason: str) -> Dose:
    rests_on = "the protocol alone; without a threshold no output can be stated"
    return Dose(None, reason, None, rests_on)
