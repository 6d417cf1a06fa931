"""The signal made fit to be measured: offset off, artefact bridged, band limited.

The pulse's artefact is bridged *before* the filter, so that there is nothing for the filter to
ring with, and the filter runs forwards and backwards, so that it shifts no onset.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError, quoted
from cortistim.mapping.emg.recording import EmgEpochs
from cortistim.typing import FloatArray
from cortistim.units import ms_from_s

Muscle = Literal["hand", "forearm", "leg"]
RESPONSES_S: dict[str, tuple[float, float]] = {
    "hand": (0.015, 0.040),
    "forearm": (0.012, 0.035),
    "leg": (0.025, 0.055),
}
"""Where responses are looked for, by muscle; assumed: they hold latencies of short and tall."""
SLOW_RATE_HZ = 2000.0
FILTER_ORDER = 2
EDGE_S = 0.001  # over which the ends of the bridge are averaged


@dataclass(frozen=True, slots=True)
class EmgSettings:
    """How responses are measured. All defaults are assumed unless a source is named.

    Parameters
    ----------
    response_s : tuple of 2 floats [s]
        Where the response is looked for, from the pulse.
    baseline_s : tuple of 2 floats [s]
        What is called rest, before the pulse.
    blank_s : tuple of 2 floats [s]
        What the pulse's artefact covers.
    band_hz : tuple of 2 floats [Hz]
        Edges of the filter; the upper one is 500 Hz where the rate is 2 kHz or less.
    criterion_v : float [V]
        Least response: 50 µV at rest (rossini2015).
    active : bool
        Whether the muscle was to be tense: for active thresholds and silent periods.
    quiet_rms_v : float [V]
        A muscle at rest with more baseline RMS than this is not at rest.
    quiet_peak_v : float [V]
        As that, peak to peak in the last 50 ms.
    tail_v : float [V]
        What may be left of the artefact where the response window begins.
    apart_s : float [s]
        Two methods whose latencies differ by more disagree.
    implausible_v : float [V]
        A median response above this is a mistaken unit: no muscle gives 50 mV.
    """

    response_s: tuple[float, float] = RESPONSES_S["hand"]
    baseline_s: tuple[float, float] = (-0.100, -0.005)
    blank_s: tuple[float, float] = (-0.0005, 0.005)
    band_hz: tuple[float, float] = (20.0, 1000.0)
    criterion_v: float = 50e-6
    active: bool = False
    quiet_rms_v: float = 10e-6
    quiet_peak_v: float = 50e-6
    tail_v: float = 10e-6
    apart_s: float = 0.002
    implausible_v: float = 0.05

    def __post_init__(self) -> None:
        """Check that the windows follow each other."""
        for name in ("response_s", "baseline_s", "blank_s"):
            first, last = getattr(self, name)
            if not (np.isfinite([first, last]).all() and first < last):
                msg = (
                    f"`{name}` must begin before it ends; got {ms_from_s(first):g} to "
                    f"{ms_from_s(last):g} ms."
                )
                raise BadInputError(msg)
        if self.response_s[0] < self.blank_s[1]:
            msg = (
                "`response_s` must begin after the blanked artefact ends at "
                f"{ms_from_s(self.blank_s[1]):g} ms; got {ms_from_s(self.response_s[0]):g} ms."
            )
            raise BadInputError(msg)
        if self.baseline_s[1] > self.blank_s[0]:
            msg = (
                "`baseline_s` must end before the blanked artefact begins at "
                f"{ms_from_s(self.blank_s[0]):g} ms; got {ms_from_s(self.baseline_s[1]):g} ms."
            )
            raise BadInputError(msg)
        if not 0 < self.criterion_v < 0.05:
            msg = (
                "`criterion_v` must be above 0 and below 0.05 V; got "
                f"{quoted(self.criterion_v)}."
            )
            raise BadInputError(msg)

    @property
    def mirrored_s(self) -> tuple[float, float]:
        """The response window on the other side of the pulse, where no response can be."""
        return -self.response_s[1], -self.response_s[0]


def settings_for(muscle: str, *, active: bool = False) -> EmgSettings:
    """Return the settings for a muscle of the hand, the forearm or the leg.

    Parameters
    ----------
    muscle : {"hand", "forearm", "leg"}
        Decides where responses are looked for.
    active : bool
        Whether it was to be tense; its least response is then 200 µV (rossini2015).

    Returns
    -------
    EmgSettings
        Defaults for the rest.

    Raises
    ------
    BadInputError
        When the muscle is none of these.
    """
    if muscle not in RESPONSES_S:
        msg = f"`muscle` must be {', '.join(RESPONSES_S)}; got {quoted(muscle)}."
        raise BadInputError(msg)
    least_v = 200e-6 if active else 50e-6
    return EmgSettings(response_s=RESPONSES_S[muscle], active=active, criterion_v=least_v)


def conditioned(epochs: EmgEpochs, settings: EmgSettings) -> EmgEpochs:
    """Take offset, artefact and what no muscle sends out of epochs.

    Parameters
    ----------
    epochs : EmgEpochs
        As recorded.
    settings : EmgSettings
        Windows and band.

    Returns
    -------
    EmgEpochs
        The same pieces; nan stays nan.

    Raises
    ------
    BadInputError
        When the sampling rate is too low for the band, or the pieces do not hold the windows.
    """
    require_windows(epochs, settings)
    missing = ~np.isfinite(epochs.volts)
    volts = np.where(missing, 0.0, epochs.volts)
    baseline = epochs.span(settings.baseline_s)
    weight = (~missing[..., baseline]).sum(axis=2, keepdims=True)
    level = volts[..., baseline].sum(axis=2, keepdims=True) / np.maximum(weight, 1)
    volts = np.where(missing, 0.0, volts - level)
    _bridge(volts, epochs, settings)
    before = slice(0, epochs.span(settings.blank_s).start)
    rest = _band_limited(volts[..., before], epochs.rate_hz, settings.band_hz)
    volts = _band_limited(volts, epochs.rate_hz, settings.band_hz)
    volts[..., before] = rest  # filtered alone, so that no response leaks into the baseline
    volts[missing] = np.nan
    return replace(epochs, volts=volts)


def require_windows(epochs: EmgEpochs, settings: EmgSettings) -> None:
    """Refuse epochs that do not reach over the windows.

    Parameters
    ----------
    epochs : EmgEpochs
        Any.
    settings : EmgSettings
        With the windows.

    Raises
    ------
    BadInputError
        When they are too short, or sampled too seldom.
    """
    upper_hz = _upper_hz(epochs.rate_hz, settings.band_hz)
    if epochs.rate_hz < 2.5 * upper_hz and epochs.rate_hz < 1000:
        msg = (
            "EMG must be sampled at 1 kHz or more, better 4 kHz, for responses to be measured; "
            f"got {epochs.rate_hz:g} Hz."
        )
        raise BadInputError(msg)
    end_s = epochs.start_s + epochs.volts.shape[2] / epochs.rate_hz
    first_s = min(settings.baseline_s[0], settings.mirrored_s[0])
    last_s = settings.response_s[1]
    slack_s = 1 / epochs.rate_hz
    if epochs.start_s > first_s + slack_s or end_s < last_s - slack_s:
        msg = (
            f"epochs must reach from {ms_from_s(first_s):g} to {ms_from_s(last_s):g} ms about "
            f"the pulse; got {ms_from_s(epochs.start_s):g} to {ms_from_s(end_s):g} ms. Export "
            "longer ones, or give a shorter baseline (`baseline_s`)."
        )
        raise BadInputError(msg)


def _bridge(volts: FloatArray, epochs: EmgEpochs, settings: EmgSettings) -> None:
    """Lay a straight line over the artefact, from the mean before it to the mean after it."""
    gap = epochs.span(settings.blank_s)
    if gap.stop <= gap.start:
        return
    edge = max(round(EDGE_S * epochs.rate_hz), 1)
    left = volts[..., max(gap.start - edge, 0) : gap.start]
    right = volts[..., gap.stop : gap.stop + edge]
    if not left.shape[2] or not right.shape[2]:
        volts[..., gap] = 0.0
        return
    share = (np.arange(gap.stop - gap.start) + 1) / (gap.stop - gap.start + 1)
    from_v, to_v = (side.mean(axis=2)[..., None] for side in (left, right))
    volts[..., gap] = from_v + share * (to_v - from_v)


def _upper_hz(rate_hz: float, band_hz: tuple[float, float]) -> float:
    highest = 500.0 if rate_hz <= SLOW_RATE_HZ else band_hz[1]
    return min(band_hz[1], highest, 0.45 * rate_hz)


def _band_limited(
    volts: FloatArray, rate_hz: float, band_hz: tuple[float, float]
) -> FloatArray:
    from scipy.signal import butter, sosfiltfilt

    edges = [band_hz[0], _upper_hz(rate_hz, band_hz)]
    sections = butter(FILTER_ORDER, edges, btype="bandpass", fs=rate_hz, output="sos")
    length = min(round(rate_hz / band_hz[0]), volts.shape[2] - 1)
    return np.asarray(sosfiltfilt(sections, volts, axis=2, padtype="even", padlen=length))
