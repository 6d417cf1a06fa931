"""A virtual subject in the chair: the muscle answers to the field that a pulse really made.

For rehearsals: everything else of the session is as with a person.
"""

from dataclasses import dataclass

from cortistim.app.evaluate import evaluate
from cortistim.app.scene import UNIT_DIDT_A_PER_S, Scene
from cortistim.errors import BadInputError, quoted
from cortistim.mapping.subject import BASELINE_LIMIT_V, VirtualSubject
from cortistim.records.live import LivePulse
from cortistim.units import uv_from_v

NAME = "virtual subject"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the muscle did.

    Parameters
    ----------
    amplitude_uv : float [µV]
        Peak to peak.
    note : str
        What the amplifier shows beside it; empty for nothing.
    """

    amplitude_uv: float
    note: str


def seed_of(text: str | None) -> int | None:
    """Understand who is to sit in the chair.

    Parameters
    ----------
    text : str, optional
        ``virtual``, or ``virtual:SEED``.

    Returns
    -------
    int or None
        The seed of a virtual subject; None for a person.

    Raises
    ------
    BadInputError
        When it is neither.
    """
    if text is None:
        return None
    name, colon, digits = text.partition(":")
    if name != "virtual" or (colon and not (digits.isdecimal() and len(digits) < 10)):
        msg = (
            f"`subject` must be virtual or virtual:SEED, such as virtual:7; got {quoted(text)}."
        )
        raise BadInputError(msg)
    return int(digits) if colon else 1


class Chair:
    """Somebody who does not exist sits over the target.

    The muscle is where the target is: a pulse counts for as much as the target's |E| is of what
    the planned pose, or the one straight above the target, gives at the same output.

    Parameters
    ----------
    scene : Scene
        With the target and the plan.
    seed : int
        Of the subject and of all that happens.
    """

    def __init__(self, scene: Scene, seed: int) -> None:
        best = scene.plan if scene.plan is not None else scene.first
        self._unit_v_per_m = evaluate(scene, best, UNIT_DIDT_A_PER_S).target_v_per_m
        self._subject = VirtualSubject(seed)

    def answer(self, pulse: LivePulse | None) -> Answer | None:
        """Return how the muscle answers to a pulse.

        Parameters
        ----------
        pulse : LivePulse or None
            As it was written down.

        Returns
        -------
        Answer or None
            None for a pulse without a field or without a typed output: nobody can say.
        """
        if pulse is None or pulse.percent_mso is None:
            return None
        per_unit = pulse.target_e_v_per_m / pulse.didt_a_per_s * UNIT_DIDT_A_PER_S
        share = per_unit / max(self._unit_v_per_m, 1e-12)
        found = self._subject.pulse(pulse.percent_mso * share)
        note = ""
        if found.baseline_v > BASELINE_LIMIT_V:
            note = (
                f"the muscle was tense: {uv_from_v(found.baseline_v):.0f} µV before the pulse"
            )
        return Answer(round(uv_from_v(found.mep_v), 1), note)

    def truth_percent(self) -> float:
        """Return the subject's threshold over the best pose; for the end of a rehearsal."""
        return self._subject.threshold_percent()
