"""PCI by state transitions: how rich the deterministic response to a pulse is.

Principal components of the response that stand out of the baseline are looked at one by one:
how often their recurrence matrix changes state at a threshold, beyond what the baseline does.
Source: comolatti2019.
"""

from dataclasses import dataclass

import numpy as np

from cortistim.errors import BadInputError
from cortistim.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class PciSettings:
    """Windows and thresholds.

    Parameters
    ----------
    baseline_s, response_s : (float, float) [s]
        Half-open windows.
    least_ratio : float
        Root of the power in the response over that in the baseline, which a component must
        exceed.
    variance : float
        Share of the response's variance that components are taken for.
    thresholds : int
        How many are tried.
    weight : float
        Of the baseline's transitions.
    """

    baseline_s: tuple[float, float] = (-0.400, -0.050)
    response_s: tuple[float, float] = (0.0, 0.300)
    least_ratio: float = 1.1
    variance: float = 0.99
    thresholds: int = 100
    weight: float = 1.2


def pci_st(
    mean_v: FloatArray, times_s: FloatArray, settings: PciSettings | None = None
) -> tuple[float, int]:
    """Compute PCI by state transitions.

    Parameters
    ----------
    mean_v : (n_channel, n_sample) array
        Mean over trials, in any unit.
    times_s : (n_sample,) array [s]
        Their times.
    settings : PciSettings, optional
        The paper's by default.

    Returns
    -------
    value : float
        Zero where nothing stands out of the baseline.
    components : int
        How many do.

    Raises
    ------
    BadInputError
        When a window is not in the data.
    """
    asked = settings or PciSettings()
    windows = [_within(times_s, window) for window in (asked.baseline_s, asked.response_s)]
    ends = [*asked.baseline_s, *asked.response_s]
    step_s = (times_s[-1] - times_s[0]) / max(len(times_s) - 1, 1)
    held = times_s[0] <= min(ends) + step_s and times_s[-1] >= max(ends) - 2 * step_s
    if not held or min(window.sum() for window in windows) < 3:
        told = " and ".join(
            f"{1e3 * a:g} to {1e3 * b:g} ms" for a, b in (asked.baseline_s, asked.response_s)
        )
        msg = f"PCI needs samples at {told}; the epochs do not hold them."
        raise BadInputError(msg)
    rest, response = windows
    components = _components(mean_v, rest, response, asked)
    values = [_transitions(one[rest], one[response], asked) for one in components]
    return float(sum(values)), len(components)


def _within(times_s: FloatArray, window_s: tuple[float, float]) -> BoolArray:
    tiny = 1e-9
    return (times_s >= window_s[0] - tiny) & (times_s < window_s[1] - tiny)


def _components(
    mean_v: FloatArray, rest: BoolArray, response: BoolArray, asked: PciSettings
) -> FloatArray:
    """Principal components of the response, over all samples, that stand out."""
    part = mean_v[:, response]
    if not part.any():
        return np.zeros((0, mean_v.shape[1]))
    vectors, size, _ = np.linalg.svd(part, full_matrices=False)
    held = np.cumsum(size**2) / (size**2).sum()
    count = int(np.searchsorted(held, asked.variance)) + 1
    courses = vectors[:, :count].T @ mean_v
    power = [(courses[:, window] ** 2).mean(axis=1) for window in (response, rest)]
    ratio = np.sqrt(power[0] / np.maximum(power[1], np.finfo(float).tiny))
    return courses[ratio > asked.least_ratio]


def _transitions(rest: FloatArray, response: FloatArray, asked: PciSettings) -> float:
    """Transitions of the response beyond the baseline's, at the threshold that shows most."""
    apart = [np.abs(one[:, None] - one) for one in (rest, response)]
    limits = np.linspace(np.median(apart[0]), apart[1].max(), asked.thresholds)
    counts = [[_changes(one > limit) for limit in limits] for one in apart]
    of_rest, of_response = (np.array(one) for one in counts)
    beyond = (of_response - asked.weight * of_rest) * len(response)
    return max(float(beyond.max()), 0.0)


def _changes(above: BoolArray) -> float:
    """Count changes from row to row, over the number of cells."""
    return float((above[1:] != above[:-1]).sum()) / above.size
