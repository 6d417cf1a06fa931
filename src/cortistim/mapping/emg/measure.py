"""Size, onset, silence and noise of every response, and the noise floor of the session."""

from dataclasses import dataclass

import numpy as np

from cortistim.mapping.emg.conditioning import EmgSettings, conditioned
from cortistim.mapping.emg.latency import NO_ONSET, Onset, onset
from cortistim.mapping.emg.recording import EmgEpochs
from cortistim.typing import FloatArray

FLOOR_QUANTILE = 0.98  # of the mirrored windows: at most 2 % of pulse-free windows exceed it
LAST_REST_S = (-0.050, -0.005)  # where a muscle must be at rest above all
FEWEST_FOR_FLOOR = 20
"""Fewer windows have no such quantile of their own: the largest of them is taken."""
FIRST_CLEAR_S = 0.003  # after the artefact: where an onset is looked for from
SILENCE_SHARE = 0.5  # of the baseline: below is silence
SMOOTH_SILENCE_S = 0.005
BACK_S = 0.020  # the EMG must be back for most of this long
BACK_SHARE = 0.75
AGREE_S = 0.001
LEAST_ACTIVE_RMS_V = 20e-6  # assumed: below there is no tension that could fall silent


@dataclass(frozen=True, eq=False, slots=True)
class Responses:
    """What was measured, for each pulse and channel.

    Parameters
    ----------
    names : tuple of str
        The channels.
    pulses_s : (n_pulse,) array [s]
        Times of the pulses.
    peak_to_peak_v : (n_pulse, n_channel) array [V]
        Within the response window; nan where nothing was recorded.
    area_v_s : (n_pulse, n_channel) array
        Area of the rectified signal in the window above that of the baseline, in V s.
    crossing_s, ramp_s : (n_pulse, n_channel) arrays [s]
        Latency by two methods, from the pulse; nan where there is no response.
    silent_s : (n_pulse, n_channel) array [s]
        End of the silent period, from the pulse; nan where the muscle was not tense or the
        EMG did not come back within the epoch.
    baseline_rms_v : (n_pulse, n_channel) array [V]
        Before the pulse.
    noise_v : (n_pulse, n_channel) array [V]
        Peak to peak in the window mirrored to before the pulse.
    floor_v : (n_channel,) array [V]
        Noise floor of the session: what 2 % of the mirrored windows exceed, of trials in which
        the muscle was at rest if it was to be.
    present : (n_pulse, n_channel) boolean array
        Whether there is a response: it reaches the criterion and the floor, and has an onset.
    """

    names: tuple[str, ...]
    pulses_s: FloatArray
    peak_to_peak_v: FloatArray
    area_v_s: FloatArray
    crossing_s: FloatArray
    ramp_s: FloatArray
    silent_s: FloatArray
    baseline_rms_v: FloatArray
    noise_v: FloatArray
    floor_v: FloatArray
    present: FloatArray

    @property
    def latency_s(self) -> FloatArray:
        """Mean of both methods where they agree within 1 ms; else by crossing.

        At low signal-to-noise ratios the fit of a ramp is off by more, and more often.
        """
        with np.errstate(invalid="ignore"):
            agree = np.abs(self.crossing_s - self.ramp_s) <= AGREE_S
        return np.where(agree, (self.crossing_s + self.ramp_s) / 2, self.crossing_s)

    @property
    def censored(self) -> FloatArray:
        """Whether a response is lost in the noise: its true size is below the floor."""
        with np.errstate(invalid="ignore"):
            return self.peak_to_peak_v < self.floor_v


def measure(epochs: EmgEpochs, settings: EmgSettings) -> Responses:
    """Measure responses.

    Parameters
    ----------
    epochs : EmgEpochs
        As recorded: conditioning is done here.
    settings : EmgSettings
        Windows and limits.

    Returns
    -------
    Responses
        One value for each pulse and channel; none is left out.

    Raises
    ------
    BadInputError
        When the epochs are too short or sampled too seldom.
    """
    return measure_conditioned(conditioned(epochs, settings), settings)


def measure_conditioned(clean: EmgEpochs, settings: EmgSettings) -> Responses:
    """Measure responses in what `conditioned` returned; see `measure`.

    Parameters
    ----------
    clean : EmgEpochs
        Conditioned.
    settings : EmgSettings
        The same.

    Returns
    -------
    Responses
        As `measure`.
    """
    volts = clean.volts
    response, baseline = clean.span(settings.response_s), clean.span(settings.baseline_s)
    peaks_v = _peak_to_peak(volts[..., response])
    rest = volts[..., baseline]
    rms_v = np.sqrt((rest**2).mean(axis=2))
    noise_v = _peak_to_peak(volts[..., clean.span(settings.mirrored_s)])
    length_s = (response.stop - response.start) / clean.rate_hz
    area = np.abs(volts[..., response]).mean(axis=2) - np.abs(rest).mean(axis=2)
    calm = at_rest(clean, settings, rms_v)
    floor_v = np.array(
        [noise_floor_v(own[rest_]) for own, rest_ in zip(noise_v.T, calm.T, strict=True)]
    )
    onsets = np.full((*peaks_v.shape, 2), np.nan)
    with np.errstate(invalid="ignore"):
        present = (peaks_v >= settings.criterion_v) & (peaks_v > floor_v)
        worth_it = (peaks_v > floor_v) & np.isfinite(rms_v)
    silent_s = np.full(peaks_v.shape, np.nan)
    for row, column in zip(*np.nonzero(worth_it), strict=True):
        found = _onset(clean, int(row), int(column), settings, float(rms_v[row, column]))
        onsets[row, column] = found
        if np.isfinite(found.crossing_s):
            silent_s[row, column] = silence_end_s(
                volts[row, column], clean, settings, float(rms_v[row, column])
            )
    present &= np.isfinite(onsets).any(axis=2)
    return Responses(
        clean.names,
        clean.pulses_s,
        peaks_v,
        area * length_s,
        onsets[..., 0],
        onsets[..., 1],
        silent_s,
        rms_v,
        noise_v,
        floor_v,
        present,
    )


def at_rest(clean: EmgEpochs, settings: EmgSettings, rms_v: FloatArray) -> FloatArray:
    """Say in which trials the muscle was at rest: those tell of the amplifier's noise.

    Parameters
    ----------
    clean : EmgEpochs
        Conditioned.
    settings : EmgSettings
        With the limits.
    rms_v : (n_pulse, n_channel) array [V]
        Of the baseline.

    Returns
    -------
    (n_pulse, n_channel) boolean array
        All of a channel where the muscle was to be tense, or was never at rest.
    """
    if settings.active:
        return np.ones(rms_v.shape, dtype=bool)
    peaks_v = _peak_to_peak(clean.volts[..., clean.span(LAST_REST_S)])
    with np.errstate(invalid="ignore"):
        calm = (rms_v <= settings.quiet_rms_v) & (peaks_v <= settings.quiet_peak_v)
    return calm | ~calm.any(axis=0)


def noise_floor_v(noise_v: FloatArray) -> float:
    """Return the floor of a session: what 2 % of its pulse-free windows exceed.

    Parameters
    ----------
    noise_v : (n_pulse,) array [V]
        Peak to peak in the mirrored windows; nan is passed over.

    Returns
    -------
    float
        In volt; the largest value when there are fewer than 20, nan when there is none.
    """
    known = noise_v[np.isfinite(noise_v)]
    if not len(known):
        return float("nan")
    if len(known) < FEWEST_FOR_FLOOR:
        return float(known.max())
    return float(np.quantile(known, FLOOR_QUANTILE))


def _peak_to_peak(volts: FloatArray) -> FloatArray:
    if not volts.shape[2]:
        return np.full(volts.shape[:2], np.nan)
    return volts.max(axis=2) - volts.min(axis=2)


def _onset(
    clean: EmgEpochs, row: int, column: int, settings: EmgSettings, rms_v: float
) -> Onset:
    """Return the onset, if it lies in the window where responses are looked for."""
    begin_s = settings.blank_s[1] + FIRST_CLEAR_S
    piece = clean.span((begin_s, settings.response_s[1]))
    found = onset(
        clean.volts[row, column, piece],
        clean.rate_hz,
        clean.start_s + piece.start / clean.rate_hz,
        rms_v,
        settings.response_s[0],
    )
    return found if np.isfinite(found.crossing_s) else NO_ONSET


def silence_end_s(
    volts: FloatArray, clean: EmgEpochs, settings: EmgSettings, rms_v: float
) -> float:
    """Return when the EMG of a tense muscle is back.

    The running RMS over 5 ms falls below half of the baseline after the response; it is back
    where it exceeds that and does so for three quarters of the next 20 ms.

    Parameters
    ----------
    volts : (n_sample,) array, in volt
        One conditioned epoch.
    clean : EmgEpochs
        To which it belongs.
    settings : EmgSettings
        With the response window.
    rms_v : float [V]
        Baseline.

    Returns
    -------
    float
        Seconds from the pulse; nan when the muscle was not tense, never fell silent, or did
        not come back within the epoch.
    """
    if not settings.active or rms_v < LEAST_ACTIVE_RMS_V or not np.isfinite(volts).all():
        return float("nan")
    width = max(round(SMOOTH_SILENCE_S * clean.rate_hz), 1)
    size_v = np.sqrt(np.convolve(volts**2, np.ones(width) / width, "same"))
    loud = size_v > SILENCE_SHARE * rms_v
    after = clean.span((settings.response_s[0], clean.time_s[-1]))
    start = after.start + int(np.abs(volts[clean.span(settings.response_s)]).argmax())
    quiet = np.flatnonzero(~loud[start:])
    span = round(BACK_S * clean.rate_hz)
    if not len(quiet):
        return float("nan")
    begin = start + int(quiet[0])
    ahead = np.convolve(loud[begin:].astype(float), np.ones(span), "valid") / span
    back = np.flatnonzero(loud[begin : begin + len(ahead)] & (ahead >= BACK_SHARE))
    return float(clean.time_s[begin + int(back[0])]) if len(back) else float("nan")
