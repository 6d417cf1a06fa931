"""What a stated intensity is in % of the hand's resting motor threshold, as the tables are."""

from dataclasses import dataclass

from cortistim.protocol import Protocol, require_thresholds

TWITCH_OVER_EMG = 1.113
"""A threshold seen as a twitch lies 11.3 % above one by EMG, 0 to 27.8 % (PMC3954153)."""
LARGEST_TWITCH = 1.278


@dataclass(frozen=True, slots=True)
class Converted:
    """An intensity in the tables' unit.

    Parameters
    ----------
    percent : float or None
        Of the hand's resting motor threshold; None when it cannot be told.
    reason : str
        Why it cannot be told.
    notes : tuple of str
        What was converted.
    cautions : tuple of str
        What was not.
    """

    percent: float | None
    reason: str = ""
    notes: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def percent_of_hand_rmt(
    protocol: Protocol, rmt_percent: float | None = None, amt_percent: float | None = None
) -> Converted:
    """Express a protocol's intensity as the tables do.

    Parameters
    ----------
    protocol : Protocol
        Any.
    rmt_percent, amt_percent : float, optional
        The person's resting and active motor threshold in % of the output.

    Returns
    -------
    Converted
        With every assumption said.

    Raises
    ------
    BadInputError
        When a threshold is not between 0 and 100 %, or the active one exceeds the resting one.
    """
    require_thresholds(rmt_percent, amt_percent)
    percent = round(100 * protocol.intensity_fraction, 6)
    if protocol.threshold == "V_per_m":
        return Converted(None, _outside(f"{protocol.intensity_fraction:g} V/m at the target"))
    if protocol.threshold == "MSO":
        if rmt_percent is None:
            words = _outside(f"{percent:g} % of the output")
            return Converted(None, f"{words} State the measured resting motor threshold.")
        share = 100 * percent / rmt_percent
        note = f"{percent:g} % of the output is {share:.4g} % of an rMT of {rmt_percent:g} %."
        return Converted(share, notes=(note,))
    if protocol.reference.corrected:
        return Converted(None, _outside(f"{percent:g} % corrected for the depth of the target"))
    if protocol.threshold == "aMT":
        return _active(percent, rmt_percent, amt_percent)
    return _resting(protocol, percent)


def _active(percent: float, rmt_percent: float | None, amt_percent: float | None) -> Converted:
    if rmt_percent is None or amt_percent is None:
        note = (
            f"{percent:g} % aMT counts as {percent:g} % rMT: aMT never exceeds rMT, so this is "
            "an upper bound."
        )
        return Converted(percent, notes=(note,))
    share = percent * amt_percent / rmt_percent
    note = (
        f"{percent:g} % of an aMT of {amt_percent:g} % is {share:.4g} % of an rMT of "
        f"{rmt_percent:g} %."
    )
    return Converted(share, notes=(note,))


def _resting(protocol: Protocol, percent: float) -> Converted:
    reference = protocol.reference
    notes, cautions = (), ()
    if reference.muscle == "leg":
        cautions += (
            "the intensity refers to the leg's threshold, which lies above the hand's; the "
            "table is in % of the hand's and does not apply directly.",
        )
    elif not reference.muscle:
        cautions += ("the muscle of the threshold is not stated; the hand's is assumed.",)
    if reference.method == "twitch":
        notes += (
            f"{percent:g} % of a threshold seen as a twitch counts as "
            f"{percent * TWITCH_OVER_EMG:.4g} % of one by EMG, which is 11.3 % lower "
            "(0 to 27.8 %).",
        )
        return Converted(percent * TWITCH_OVER_EMG, "", notes, cautions)
    if not reference.method:
        cautions += (
            "whether the threshold was recorded by EMG or seen as a twitch is not stated; "
            f"from a twitch it would be {percent * TWITCH_OVER_EMG:.4g} % of the one by EMG "
            f"(up to {percent * LARGEST_TWITCH:.4g} %).",
        )
    return Converted(percent, "", notes, cautions)


def _outside(what: str) -> str:
    return (
        f"{what} is no share of the hand's resting motor threshold, in which the tables are "
        "written; without a conversion it lies outside them."
    )
