"""Motor thresholds as measured on a person, and the output that a protocol takes by them."""

from cortistim.errors import BadInputError
from cortistim.plausible import require_plausible
from cortistim.protocol.protocol import Protocol

RESTING, ACTIVE = "rmt_percent", "amt_percent"
WORDS = {"rMT": "resting motor threshold", "aMT": "active motor threshold"}
PARAMETER = {"rMT": RESTING, "aMT": ACTIVE}


def require_thresholds(
    rmt_percent: float | None = None, amt_percent: float | None = None
) -> None:
    """Refuse motor thresholds that nobody has.

    Parameters
    ----------
    rmt_percent, amt_percent : float, optional
        Resting and active motor threshold in percent of the maximal output.

    Raises
    ------
    BadInputError
        When one is not between 0 and 100 % or can only be a fraction, or the active one lies
        above the resting one.
    """
    for name, value in ((RESTING, rmt_percent), (ACTIVE, amt_percent)):
        if value is not None and not 0 < value <= 100:
            msg = (
                f"`{name}` must be above 0 and at most 100 % of the maximal output; got "
                f"{value:g}."
            )
            raise BadInputError(msg)
        require_plausible(name, value)
    if rmt_percent is not None and amt_percent is not None and amt_percent > rmt_percent:
        msg = (
            f"the active threshold cannot exceed the resting one; `{ACTIVE}` is "
            f"{amt_percent:g} % and `{RESTING}` {rmt_percent:g} %. Check which is which."
        )
        raise BadInputError(msg)


def output_fraction(
    protocol: Protocol, rmt_percent: float | None = None, amt_percent: float | None = None
) -> float | None:
    """Return the share of the maximal output that a protocol takes.

    Parameters
    ----------
    protocol : Protocol
        Any.
    rmt_percent, amt_percent : float, optional
        Resting and active motor threshold in percent of the maximal output. Each serves the
        protocols that refer to it, and no other.

    Returns
    -------
    float or None
        May exceed 1. None when the threshold that counts was not measured, when a
        correction is asked for, or when the dose is a field.
    """
    if protocol.threshold == "MSO":
        return protocol.intensity_fraction
    measured = {"rMT": rmt_percent, "aMT": amt_percent}.get(protocol.threshold)
    if measured is None or protocol.reference.corrected:
        return None
    return protocol.intensity_fraction * measured / 100


def why_no_output(protocol: Protocol) -> tuple[str, str]:
    """Say what is missing to state the output of a protocol.

    Parameters
    ----------
    protocol : Protocol
        One whose `output_fraction` is None.

    Returns
    -------
    reason : str
        To follow "is given at 80 % of aMT", for a reader.
    missing : str
        The parameter that would tell, ``rmt_percent`` or ``amt_percent``, or empty.
    """
    if protocol.threshold == "V_per_m":
        return "which takes a field, not a threshold", ""
    if protocol.reference.corrected:
        return "and that correction is not made here", ""
    reason = (
        f"and no {WORDS[protocol.threshold]} was stated; measure it with this stimulator and "
        "coil"
    )
    return reason, PARAMETER[protocol.threshold]
