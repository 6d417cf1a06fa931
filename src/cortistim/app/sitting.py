"""What a session comes to while it runs: what is looked for, what tables say, who answers."""

from cortistim.app.chair import NAME, Chair
from cortistim.app.limits import Limits, Meant
from cortistim.app.loop import THRESHOLD, ThresholdLoop, answered_since, begun_loop, settings_of
from cortistim.app.session import Session
from cortistim.mapping.threshold import HuntSettings
from cortistim.records.live import LiveEntry, LiveLoop, LiveSafety

NOTHING = "no threshold is being looked for"


class Sitting:
    """Reads a session's log and says what follows from it.

    Parameters
    ----------
    session : Session
        Its log.
    limits : Limits, optional
        By default the usual table, without a protocol.
    chair : Chair, optional
        A virtual subject; by default there is a person.
    """

    def __init__(
        self, session: Session, limits: Limits | None = None, chair: Chair | None = None
    ) -> None:
        self.session, self.chair = session, chair
        self.limits = limits or Limits(Meant())
        self._begun: LiveEntry | None = None
        self._loop: ThresholdLoop | None = None

    def begin(self, start_percent: float | None, method: str | None) -> LiveEntry:
        """Begin to look for a threshold.

        Parameters
        ----------
        start_percent : float, optional
            First intensity; by default the usual one.
        method : str, optional
            By name; by default the usual one.

        Returns
        -------
        LiveEntry
            On the disk.

        Raises
        ------
        BadInputError
            When there is no such method or intensity.
        """
        usual = HuntSettings()
        settings = HuntSettings(
            method=method or usual.method,
            start_percent=start_percent if start_percent is not None else usual.start_percent,
        )
        ThresholdLoop(settings)  # refuses an unknown method before anything is written down
        facts = {
            "loop": THRESHOLD,
            "method": settings.method,
            "start_percent": repr(settings.start_percent),
        }
        return self.session.add("loop", "page", facts=facts)

    def end(self) -> LiveEntry:
        """Stop looking."""
        return self.session.add("loop", "page", facts={"loop": "none"})

    def loop(self) -> LiveLoop:
        """Return what is looked for, and the proposal."""
        counted = self.session.counted()
        begun = begun_loop(counted)
        if begun is None:
            return self._ended(counted)
        if self._loop is None or begun != self._begun:
            self._begun, self._loop = begun, ThresholdLoop(settings_of(begun))
        self._loop.follow(answered_since(counted, begun))
        return self._loop.told()

    def _ended(self, counted: list[LiveEntry]) -> LiveLoop:
        """Say that nothing is looked for; a virtual subject's truth is told after a search."""
        searched = any(entry.kind == "loop" for entry in counted)
        if self.chair is None or not searched:
            return LiveLoop(words=NOTHING)
        truth = round(self.chair.truth_percent(), 1)
        return LiveLoop(
            words=f"the {NAME}'s threshold over the best pose is {truth:g} %",
            truth_percent=truth,
        )

    def safety(self) -> LiveSafety:
        """Return what the table says of the pulses so far."""
        return self.limits.told(self.session.counted())

    def react(self, entry: LiveEntry) -> LiveEntry | None:
        """Let a virtual subject answer to a pulse.

        Parameters
        ----------
        entry : LiveEntry
            Of a pulse.

        Returns
        -------
        LiveEntry or None
            The response, on the disk; None from a person.
        """
        found = None if self.chair is None else self.chair.answer(entry.pulse)
        if found is None:
            return None
        return self.session.add(
            "response",
            NAME,
            refers_to=entry.entry,
            amplitude_uv=found.amplitude_uv,
            note=found.note,
        )
