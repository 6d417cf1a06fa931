"""How much stimulator output a plan takes, and what that rests on."""

from dataclasses import dataclass

from cortistim.protocol import (
    Protocol,
    output_fraction,
    require_thresholds,
    why_no_output,
)
from cortistim.pulse import Output

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
    missing : str
        The parameter of `dose_for` that would tell the output; empty when none would.
    """

    percent_mso: float | None
    reason: str
    didt_a_per_s: float | None
    rests_on: str
    missing: str = ""


def dose_for(
    protocol: Protocol,
    output: Output,
    rmt_percent: float | None,
    amt_percent: float | None = None,
) -> Dose:
    """Turn a protocol's intensity into stimulator output.

    The intensity is a percentage of a motor threshold, which only a measurement on the person
    gives: the resting one or the active one, as the protocol says. Neither is guessed from
    the other.

    Parameters
    ----------
    protocol : Protocol
        Its intensity and the threshold that counts.
    output : Output
        What the stimulator gives with the coil.
    rmt_percent, amt_percent : float or None
        The person's resting and active motor threshold in percent of the maximal output,
        measured with the same stimulator and coil.

    Returns
    -------
    Dose
        Output, or the reason why not.

    Raises
    ------
    BadInputError
        When a threshold is not between 0 and 100 %, or the active one exceeds the resting one.
    """
    require_thresholds(rmt_percent, amt_percent)
    asked = protocol.intensity_words.replace("% ", "% of ", 1)
    fraction = output_fraction(protocol, rmt_percent, amt_percent)
    if fraction is None:
        reason, missing = why_no_output(protocol)
        return _withheld(f"{protocol.name} is given at {asked}, {reason}", missing)
    if protocol.threshold == "MSO":
        return _of_output(protocol, output)
    measured = amt_percent if protocol.threshold == "aMT" else rmt_percent
    words = "an active" if protocol.threshold == "aMT" else "a resting"
    rests_on = (
        f"{asked} ({protocol.name}, confidence {protocol.confidence}) times {words} motor "
        f"threshold of {measured:g} % MSO as stated, which must have been measured with "
        "this stimulator and coil; no correction for depth or field at the target"
    )
    if fraction > 1:
        return _withheld(
            f"{asked} at a threshold of {measured:g} % would take {100 * fraction:.0f} % of "
            "the maximal output; this stimulator and coil cannot deliver it"
        )
    didt = None if output.didt_max is None else output.didt_max.value * fraction
    return Dose(100 * fraction, "", didt, rests_on)


def _of_output(protocol: Protocol, output: Output) -> Dose:
    didt = None if output.didt_max is None else output.didt_max.value
    fraction = protocol.intensity_fraction
    rests_on = f"the output that {protocol.name} states; no threshold was used"
    return Dose(100 * fraction, "", None if didt is None else didt * fraction, rests_on)


def _withheld(reason: str, missing: str = "") -> Dose:
    rests_on = "the protocol alone; without a threshold no output can be stated"
    return Dose(None, reason, None, rests_on, missing)
