"""How long each part of a run took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Stopwatch:
    """Seconds by the name of the part.

    Parameters
    ----------
    seconds : dict of str to float
        Filled as the run goes on.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time what happens inside.

        Parameters
        ----------
        name : str
            Laps of the same name add up.

        Yields
        ------
        None
            Nothing.
        """
        begin = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - begin
            self.seconds[name] = self.seconds.get(name, 0.0) + spent

    def rounded(self) -> dict[str, float]:
        """Return the laps in hundredths, with their total.

        Returns
        -------
        dict[str, float]
            In seconds, by lap.
        """
        laps = {name: round(seconds, 2) for name, seconds in self.seconds.items()}
        return {**laps, "total": round(sum(self.seconds.values()), 2)}
