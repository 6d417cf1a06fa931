"""SOUND: the noise of each channel from what the others and the lead field say of it.

Each channel is predicted from all others by a minimum-norm estimate that trusts them by their
noise; what it has beyond that is its own noise, and the estimate is made again. The result is
one matrix, fitted to the mean and applied to every trial. Source: mutanen2018.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.geometry import freeze
from cortistim.typing import FloatArray

LAMBDA = 0.1
ROUNDS = 5
LEAST_CHANNELS = 8


@dataclass(frozen=True, eq=False)
class SoundResult:
    """What SOUND found.

    Parameters
    ----------
    matrix : (n_lead, n_channel) array
        From channels to clean ones against their average; missing channels of the lead field
        come back.
    noise_v : (n_channel,) array [V]
        Root mean square noise of each channel.
    change : float
        Largest relative change of a noise in the last round.
    kept : (n_dipole,) array
        Share of the size of each column of the lead field that is left: what the method does
        to brain signals.
    """

    matrix: FloatArray
    noise_v: FloatArray
    change: float
    kept: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "matrix", "noise_v", "kept")


def sound(
    mean_v: FloatArray,
    lead: FloatArray,
    *,
    whole: FloatArray | None = None,
    regularisation: float = LAMBDA,
    rounds: int = ROUNDS,
    seed: int = 1,
) -> SoundResult:
    """Fit SOUND to the mean over trials.

    Parameters
    ----------
    mean_v : (n_channel, n_sample) array [V]
        Against any common reference.
    lead : (n_channel, n_dipole) array
        The channels' lead field, against any common reference.
    whole : (n_lead, n_dipole) array, optional
        Lead field of all channels that are wanted, missing ones among them.
    regularisation : float, optional
        Lambda: how much the minimum-norm estimate is damped.
    rounds : int, optional
        How often the noise is estimated.
    seed : int, optional
        Of the order in which channels take their turn.

    Returns
    -------
    SoundResult
        One matrix for all trials.

    Raises
    ------
    BadInputError
        When there are too few channels, or shapes do not match.
    """
    count = len(mean_v)
    if count < LEAST_CHANNELS or lead.shape[0] != count:
        msg = (
            f"SOUND needs at least {LEAST_CHANNELS} channels, all in the lead field; got "
            f"{count} channels and {lead.shape[0]} rows of the lead field."
        )
        raise BadInputError(msg)
    if not regularisation > 0:
        msg = f"`regularisation` must be above 0; got {regularisation:g}."
        raise BadInputError(msg)
    covariance = mean_v @ mean_v.T / mean_v.shape[1]
    flat = int((np.diag(covariance) <= 0).sum())
    if flat > 1:  # one may be the reference
        msg = f"SOUND needs channels that vary; {flat} are flat. Leave them out (`drop`)."
        raise BadInputError(msg)
    centre = np.eye(count) - 1 / count  # so that the reference of the data does not matter
    best = int(np.argmin(_first_noise(centre @ covariance @ centre)))
    others = np.delete(np.arange(count), best)
    change = np.delete(np.eye(count), best, axis=0)
    change[:, best] = -1.0  # against the channel with the least noise, which is left out
    covariance, own = change @ covariance @ change.T, change @ lead
    noise, moved = _rounds(covariance, own, regularisation, rounds, np.random.default_rng(seed))
    wanted = lead if whole is None else whole
    wanted = wanted - wanted.mean(axis=0)
    matrix = wanted @ _estimate(own, noise, regularisation) @ change
    kept = np.linalg.norm(matrix @ lead, axis=0) / np.linalg.norm(wanted, axis=0)
    all_noise = np.zeros(count)
    all_noise[others] = noise
    all_noise[best] = np.min(noise)
    return SoundResult(matrix, all_noise, moved, kept)


def _first_noise(covariance: FloatArray) -> FloatArray:
    """Find what each channel has beyond a damped regression on all others."""
    count = len(covariance)
    damping = np.trace(covariance) / count
    out = np.empty(count)
    for row in range(count):
        rest = np.delete(np.arange(count), row)
        inner = covariance[np.ix_(rest, rest)] + damping * np.eye(count - 1)
        weight = np.linalg.solve(inner, covariance[rest, row])
        beyond = (
            covariance[row, row]
            - 2 * weight @ covariance[rest, row]
            + weight @ covariance[np.ix_(rest, rest)] @ weight
        )
        out[row] = np.sqrt(max(beyond, 0.0))
    return out


def _estimate(lead: FloatArray, noise: FloatArray, regularisation: float) -> FloatArray:
    """Matrix from channels to dipoles, whitened by the channels' noise."""
    white = lead / noise[:, None]
    gram = white @ white.T
    damping = regularisation * np.trace(gram) / len(gram)
    return white.T @ np.linalg.inv(gram + damping * np.eye(len(gram))) / noise


def _rounds(
    covariance: FloatArray,
    lead: FloatArray,
    regularisation: float,
    rounds: int,
    draw: np.random.Generator,
) -> tuple[FloatArray, float]:
    """Estimate the noise again and again; only the covariance of the data is needed."""
    count = len(lead)
    gram = lead @ lead.T
    noise = np.maximum(_first_noise(covariance), 1e-6 * np.sqrt(np.diag(covariance)))
    moved = 0.0
    for _ in range(rounds):
        before = noise.copy()
        for row in draw.permutation(count):
            rest = np.delete(np.arange(count), row)
            weight = 1 / noise[rest]
            white = weight[:, None] * gram[np.ix_(rest, rest)] * weight
            damping = regularisation * np.trace(white) / (count - 1)
            inner = np.linalg.inv(white + damping * np.eye(count - 1))
            predict = (gram[row, rest] * weight) @ inner * weight
            beyond = (
                covariance[row, row]
                - 2 * predict @ covariance[rest, row]
                + predict @ covariance[np.ix_(rest, rest)] @ predict
            )
            floor = 1e-6 * np.sqrt(covariance[row, row])
            noise[row] = max(np.sqrt(max(beyond, 0.0)), floor)
        moved = float(np.max(np.abs(noise - before) / before))
    return noise, moved
