"""What is doubtful about a response, each with its reason; nothing is ever deleted.

A response is ``reject`` when its size means nothing, ``review`` when a person should look at
it, else ``ok``. Whoever analyses decides what to do with that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cortistim.mapping.emg.conditioning import EmgSettings
from cortistim.mapping.emg.measure import LAST_REST_S, Responses
from cortistim.mapping.emg.recording import EmgEpochs
from cortistim.typing import FloatArray
from cortistim.units import ms_from_s, uv_from_v

State = Literal["ok", "review", "reject"]
SATURATED_SAMPLES = 3
TAIL_S = 0.003
FLAT_V = 1e-9
CROSSTALK = 0.9  # correlation with a channel that responds five times as much
CROSSTALK_RATIO = 5.0
EDGE_S = 0.001
LEAST_ACTIVE_RMS_V = 20e-6
SLOW_RATE_HZ = 2000.0
LEAST_BELIEVABLE_V = 1e-7  # assumed: no amplifier is as quiet; the unit is a thousand off


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that is doubtful.

    Parameters
    ----------
    code : str
        One word, for tables.
    state : {"review", "reject"}
        How grave.
    reason : str
        With the value and the limit.
    """

    code: str
    state: State
    reason: str


Flags = tuple[Flag, ...]


def state_of(flags: Sequence[Flag]) -> State:
    """Return the gravest of several flags' states; ``ok`` without any."""
    states = {flag.state for flag in flags}
    return "reject" if "reject" in states else "review" if "review" in states else "ok"


def flags_of(
    raw: EmgEpochs, clean: EmgEpochs, found: Responses, settings: EmgSettings
) -> list[list[Flags]]:
    """Say what is doubtful about each response.

    Parameters
    ----------
    raw : EmgEpochs
        As recorded.
    clean : EmgEpochs
        Conditioned.
    found : Responses
        What was measured in it.
    settings : EmgSettings
        With the limits.

    Returns
    -------
    list of list of tuple of Flag
        For each pulse and channel.
    """
    table: list[list[Flags]] = []
    for row in range(len(raw.pulses_s)):
        cells: list[Flags] = []
        for column in range(len(raw.names)):
            one = _One(raw, clean, found, settings, row, column)
            cells.append(one.missing() or (*one.signal(), *one.rest(), *one.response()))
        table.append(cells)
    return table


@dataclass(frozen=True, slots=True)
class _One:
    """One response, with all that is known about it."""

    raw: EmgEpochs
    clean: EmgEpochs
    found: Responses
    settings: EmgSettings
    row: int
    column: int

    def piece(self, epochs: EmgEpochs, window_s: tuple[float, float]) -> FloatArray:
        return epochs.volts[self.row, self.column, epochs.span(window_s)]

    def missing(self) -> Flags:
        """Nothing else can be said where the signal is not complete."""
        begin_s, end_s = self.settings.baseline_s[0], self.settings.response_s[1]
        piece = self.piece(self.raw, (begin_s, end_s))
        lost = int((~np.isfinite(piece)).sum())
        if lost:
            why = f"{lost} of {len(piece)} samples were not recorded"
            return (Flag("incomplete", "reject", why),)
        if np.ptp(piece) < FLAT_V:
            return (Flag("flat", "reject", "the signal does not change at all"),)
        return ()

    def signal(self) -> list[Flag]:
        flags = []
        response = self.piece(self.raw, self.settings.response_s)
        stuck = _longest_at_limit(response, self._limits())
        if stuck >= SATURATED_SAMPLES:
            why = f"{stuck} samples in a row are at the amplifier's limit"
            flags.append(Flag("saturated", "reject", why))
        begin_s = self.settings.response_s[0]
        level = float(self.piece(self.raw, self.settings.baseline_s).mean())
        tail = self.piece(self.raw, (begin_s - TAIL_S, begin_s)).mean() - level
        # the mean of a few noisy samples is not zero either
        rest_v = self.found.baseline_rms_v[self.row, self.column]
        if abs(tail) > self.settings.tail_v + 1.5 * rest_v:
            limit = f"{uv_from_v(self.settings.tail_v):g} µV"
            why = f"{uv_from_v(abs(tail)):.0f} µV of artefact are left, above {limit}"
            flags.append(Flag("artefact", "review", why))
        return [*flags, *self._neighbours()]

    def _limits(self) -> tuple[float, float] | None:
        return self.raw.limits_v[self.column] if self.raw.limits_v else None

    def _neighbours(self) -> list[Flag]:
        times = self.raw.pulses_s
        here = times[self.row]
        others = times[np.isfinite(times) & (times != here)] - here
        before, after = -self.settings.baseline_s[0], self.settings.response_s[1]
        near = others[(others > -before - after) & (others < after)]
        if not len(near) or not np.isfinite(here):
            return []
        gap_ms = ms_from_s(float(near[np.abs(near).argmin()]))
        side = "after" if gap_ms > 0 else "before"
        why = f"another pulse came {abs(gap_ms):.0f} ms {side} it"
        return [Flag("close", "review", why)]

    def rest(self) -> list[Flag]:
        rms_v = float(self.found.baseline_rms_v[self.row, self.column])
        if self.settings.active:
            if rms_v >= LEAST_ACTIVE_RMS_V:
                return []
            why = (
                f"baseline RMS of {uv_from_v(rms_v):.1f} µV, below "
                f"{uv_from_v(LEAST_ACTIVE_RMS_V):g} µV: the muscle was not tense"
            )
            return [Flag("relaxed", "review", why)]
        peak_v = float(np.ptp(self.piece(self.clean, LAST_REST_S)))
        limits = self.settings
        if rms_v > limits.quiet_rms_v:
            why = (
                f"baseline RMS of {uv_from_v(rms_v):.1f} µV, above "
                f"{uv_from_v(limits.quiet_rms_v):g} µV"
            )
            return [Flag("tense", "reject", why)]
        if peak_v > limits.quiet_peak_v:
            why = (
                f"{uv_from_v(peak_v):.0f} µV peak to peak in the last 50 ms, above "
                f"{uv_from_v(limits.quiet_peak_v):g} µV"
            )
            return [Flag("tense", "reject", why)]
        return []

    def response(self) -> list[Flag]:
        if not self.found.present[self.row, self.column]:
            return []
        flags = []
        crossing_s = self.found.crossing_s[self.row, self.column]
        ramp_s = self.found.ramp_s[self.row, self.column]
        if abs(crossing_s - ramp_s) > self.settings.apart_s:
            why = (
                f"onset at {ms_from_s(crossing_s):.1f} or at {ms_from_s(ramp_s):.1f} ms: two "
                "methods disagree"
            )
            flags.append(Flag("onset", "review", why))
        if max(crossing_s, ramp_s) < self.settings.response_s[0] - EDGE_S:
            begin_ms = ms_from_s(self.settings.response_s[0])
            why = f"it begins before the response window, which begins at {begin_ms:g} ms"
            flags.append(Flag("early", "review", why))
        size = np.abs(self.piece(self.clean, self.settings.response_s))
        edge = max(round(EDGE_S * self.clean.rate_hz), 1)
        if int(size.argmax()) >= len(size) - edge:
            why = "it is largest where the response window ends: the window may cut it"
            flags.append(Flag("late", "review", why))
        return [*flags, *self._crosstalk()]

    def _crosstalk(self) -> list[Flag]:
        window = self.clean.span(self.settings.response_s)
        own = self.clean.volts[self.row, self.column, window]
        for other, name in enumerate(self.clean.names):
            theirs = self.clean.volts[self.row, other, window]
            ratio = np.ptp(theirs) / max(float(np.ptp(own)), 1e-12)
            if other == self.column or not ratio > CROSSTALK_RATIO:
                continue
            alike = float(np.corrcoef(own, theirs)[0, 1])
            if abs(alike) > CROSSTALK:
                why = f"it is {name}'s response, {ratio:.0f} times smaller (r = {alike:.2f})"
                return [Flag("crosstalk", "review", why)]
        return []


def _longest_at_limit(volts: FloatArray, limits_v: tuple[float, float] | None) -> int:
    """Return the longest run of equal values at the least or largest, or at the limits."""
    if not len(volts) or np.ptp(volts) < FLAT_V:
        return 0
    ends = [float(volts.min()), float(volts.max())]
    if limits_v is not None:
        step = 1e-6 * (limits_v[1] - limits_v[0])
        at_end = [volts <= limits_v[0] + step, volts >= limits_v[1] - step]
    else:
        at_end = [volts == end for end in ends]
    return max(_longest_run(mask) for mask in at_end)


def _longest_run(mask: FloatArray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0


def warnings_of(epochs: EmgEpochs, found: Responses, settings: EmgSettings) -> list[str]:
    """Say what is doubtful about a whole session: units, rate, rest.

    Parameters
    ----------
    epochs : EmgEpochs
        As recorded.
    found : Responses
        What was measured.
    settings : EmgSettings
        With the limits.

    Returns
    -------
    list of str
        Sentences; a mistaken unit is told, never put right by guessing.
    """
    told = list(unit_warnings(found, settings))
    if epochs.rate_hz < SLOW_RATE_HZ:
        told.append(
            f"sampled at {epochs.rate_hz:g} Hz: sizes come out small and onsets are coarse; "
            "4 kHz or more is advised"
        )
    tense = found.baseline_rms_v > settings.quiet_rms_v
    if not settings.active and tense.mean() > 0.2:
        told.append(
            f"{100 * tense.mean():.0f} % of the responses come from a muscle that was not at "
            "rest; if it was meant to be tense, measure them as active"
        )
    return told


def unit_warnings(found: Responses, settings: EmgSettings) -> list[str]:
    """Say which channels look as if their unit were a thousand or a million off.

    Parameters
    ----------
    found : Responses
        What was measured.
    settings : EmgSettings
        With the largest response that is believed.

    Returns
    -------
    list of str
        One sentence for each such channel.
    """
    told = []
    for column, name in enumerate(found.names):
        sizes_v, noise_v = found.peak_to_peak_v[:, column], found.noise_v[:, column]
        if not np.isfinite(sizes_v).any():
            continue
        middle_v, calm_v = float(np.nanmedian(sizes_v)), float(np.nanmedian(noise_v))
        if middle_v > settings.implausible_v or calm_v > settings.implausible_v / 10:
            told.append(
                f"{name}: the median response is {uv_from_v(middle_v):.3g} µV and the median "
                f"noise {uv_from_v(calm_v):.3g} µV, more than any muscle gives; the unit may "
                "be mistaken, such as mV for µV. Nothing was changed"
            )
        elif 0 < calm_v < LEAST_BELIEVABLE_V:
            told.append(
                f"{name}: the noise is {uv_from_v(calm_v):.2g} µV peak to peak, less than any "
                "amplifier has; the unit may be mistaken, such as mV or V for µV. Nothing was "
                "changed"
            )
    return told
