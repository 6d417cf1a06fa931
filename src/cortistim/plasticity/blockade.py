"""Knock-outs: what the default model does without a receptor or channel.

Experiments with the model, not predictions of drugs; none has a dose. Where people were tested
the knock-out keeps to what was found. NMDA antagonists abolished the after-effects of both
theta bursts (huang2007, wankerl2010) and of both pairings of a nerve stimulus with a pulse
(wolters2003, weise2017). Nimodipine, which blocks L-type channels, abolished both pairings
too, but turned the potentiation that continuous theta burst left in a naive cortex into
depression (wankerl2010). Less calcium lowers depression in the model before it lowers
potentiation, so it would turn nothing around: without L-type channels it determines pairings
alone. The other blocks are assumed from slices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cortistim.naming import find
from cortistim.plasticity.calcium import COLUMN
from cortistim.plasticity.drive import Drive
from cortistim.plasticity.ensemble import Ensemble
from cortistim.sources import ASSUMED


@dataclass(frozen=True)
class Blockade:
    """What a block does to parameters.

    Parameters
    ----------
    words : str
        For a reader.
    factors : mapping of str to float
        Each multiplies a parameter.
    sources : tuple of str
        Keys of ``references.bib``, or ``assumed``.
    unpaired : str
        Why nothing is determined where no nerve stimulus goes with the pulses; empty where
        the model answers.
    """

    words: str
    factors: Mapping[str, float]
    sources: tuple[str, ...]
    unpaired: str = ""

    def outside(self, drive: Drive) -> tuple[str, ...]:
        """Say why a session under this block is not determined; empty where it is.

        Parameters
        ----------
        drive : Drive
            One session.

        Returns
        -------
        tuple of str
            Sentences.
        """
        silent = drive.paired or not drive.n_pulses or not drive.drive.any()
        return (self.unpaired,) if self.unpaired and not silent else ()


BLOCKADES: Mapping[str, Blockade] = {
    "nmda": Blockade(
        "without NMDA receptors only the calcium of voltage-gated channels is left, a quarter, "
        "and volleys no longer pair with pulses",
        {"a0": 0.25, "nl": 0.0, "eta": 0.0, "pas_p": 0.0, "pas_d": 0.0},
        ("huang2007", "wankerl2010", "wolters2003", "weise2017"),
    ),
    "l-type": Blockade(
        "without L-type calcium channels a quarter of the calcium is missing (assumed), and "
        "volleys no longer pair with pulses (Wolters et al. 2003, Weise et al. 2017)",
        {"a0": 0.75, "pas_p": 0.0, "pas_d": 0.0},
        ("wolters2003", "weise2017", "wankerl2010"),
        "outside the data: under nimodipine continuous theta burst depressed a naive cortex "
        "that it potentiates otherwise (Wankerl et al. 2010); the model's missing calcium "
        "does not turn that around, so it cannot tell what a block of L-type channels does",
    ),
    "ampa": Blockade(
        "without AMPA receptors nothing lifts the magnesium from NMDA receptors",
        {"a0": 0.25, "nl": 0.0, "eta": 0.0, "pas_p": 0.0},
        (ASSUMED,),
    ),
    "gaba-a": Blockade(
        "without GABA-A receptors each pulse depolarises more, by a fifth",
        {"a0": 1.2},
        (ASSUMED,),
    ),
    "gaba-b": Blockade(
        "without GABA-B receptors no earlier pulse disinhibits the next (Davies et al. 1991)",
        {"kb": 0.0},
        (ASSUMED,),
    ),
}


def blocked(group: Ensemble, name: str) -> Ensemble:
    """Return the ensemble without a receptor or channel.

    Parameters
    ----------
    group : Ensemble
        Intact.
    name : str
        A key of `BLOCKADES`.

    Returns
    -------
    Ensemble
        With other parameters and the same people; what the intact model misses says nothing.
    """
    theta = group.theta.copy()
    for parameter, factor in blockade(name).factors.items():
        theta[:, COLUMN[parameter]] *= factor
    return replace(group, theta=theta, neighbours=None)


def blockade(name: str) -> Blockade:
    """Return a block by its name.

    Parameters
    ----------
    name : str
        A key of `BLOCKADES`; case and punctuation do not matter.

    Returns
    -------
    Blockade
        What it does.

    Raises
    ------
    BadInputError
        When nothing of this name can be blocked.
    """
    joined = {known.replace("-", ""): known for known in BLOCKADES}
    known = f"One of {', '.join(BLOCKADES)} can be blocked."
    found = find(name, BLOCKADES, kind="receptor or channel", known=known, also=joined)
    return BLOCKADES[found]
