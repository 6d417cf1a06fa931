"""Knock-outs: what the default model does without a receptor or channel.

Experiments with the model, not predictions of drugs. In people, NMDA antagonists abolished the
after-effects of both theta bursts (Huang et al. 2007) and nimodipine, which blocks L-type
channels, the depression by continuous theta burst (Wankerl et al. 2010). The other blocks are
assumed from slices; none has a dose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cortistim.errors import BadInputError, quoted
from cortistim.plasticity.calcium import COLUMN
from cortistim.plasticity.ensemble import Ensemble


@dataclass(frozen=True)
class Blockade:
    """What a block does to parameters.

    Parameters
    ----------
    words : str
        For a reader.
    factors : mapping of str to float
        Each multiplies a parameter.
    source : str
        Key of ``references.bib``, or ``assumed``.
    """

    words: str
    factors: Mapping[str, float]
    source: str


BLOCKADES: Mapping[str, Blockade] = {
    "nmda": Blockade(
        "without NMDA receptors only the calcium of voltage-gated channels is left, a quarter, "
        "and volleys no longer pair with pulses",
        {"a0": 0.25, "nl": 0.0, "pas_p": 0.0, "pas_d": 0.0},
        "huang2007",
    ),
    "l-type": Blockade(
        "without L-type calcium channels nothing drives depression, and a quarter of the "
        "calcium is missing",
        {"a0": 0.75, "ltd": 0.0, "pas_d": 0.0},
        "wankerl2010",
    ),
    "ampa": Blockade(
        "without AMPA receptors nothing lifts the magnesium from NMDA receptors",
        {"a0": 0.25, "nl": 0.0, "pas_p": 0.0},
        "assumed",
    ),
    "gaba-a": Blockade(
        "without GABA-A receptors each pulse depolarises more, by a fifth",
        {"a0": 1.2},
        "assumed",
    ),
    "gaba-b": Blockade(
        "without GABA-B receptors no earlier pulse disinhibits the next (Davies et al. 1991)",
        {"kb": 0.0},
        "assumed",
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
        With other parameters and the same people.
    """
    theta = group.theta.copy()
    for parameter, factor in blockade(name).factors.items():
        theta[:, COLUMN[parameter]] *= factor
    return replace(group, theta=theta)


def blockade(name: str) -> Blockade:
    """Return a block by its name.

    Parameters
    ----------
    name : str
        A key of `BLOCKADES`; case does not matter, nor does ``_`` or its absence.

    Returns
    -------
    Blockade
        What it does.

    Raises
    ------
    BadInputError
        When nothing of this name can be blocked.
    """
    wanted = name.lower().replace("_", "").replace("-", "")
    for known, block in BLOCKADES.items():
        if known.replace("-", "") == wanted:
            return block
    msg = f"one of {', '.join(BLOCKADES)} can be blocked; got {quoted(name)}."
    raise BadInputError(msg)
