"""Epochs cleaned with a head's own lead field: what ``cortistim eeg clean`` does."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.eeg import Epochs, SoundResult, SspSirResult, sound, ssp_sir, without_pulse
from cortistim.errors import BadInputError, quoted
from cortistim.io.eeg.epochs import read_epochs, write_epochs
from cortistim.io.eeg.lead import LeadFile, read_lead
from cortistim.records.eeg import CleanRecord, KeptRecord
from cortistim.study.folder import write_json
from cortistim.study.record import sources_record, versions
from cortistim.typing import BoolArray, FloatArray, Progress, silent
from cortistim.viz.figures.eeg import write_cleaning

FEWEST_SHARED = 8
REJECT_SD = 5.0
FEWEST_TRIALS = 3
WORK_HZ = 1000
UV = 1e6
LINE_HZ = (48.0, 52.0)
AFTER_S = (0.015, 0.3)
SHRINKS = (
    "these steps shrink brain signals, too: the kept percentages say by how much for dipoles "
    "on the cortex"
)
SOURCES = ("mutanen2018", "mutanen2016")


@dataclass(frozen=True, kw_only=True)
class CleanRequest:
    """What is cleaned, and how.

    Parameters
    ----------
    epochs : Path
        Epochs around pulses, or a recording with events.
    leadfield : Path
        Of the head, from ``cortistim eeg leadfield``.
    event : str or None
        Which events are pulses.
    drop : tuple of str
        Bad channels: left out, and restored through the lead field.
    cut_s : (float, float) [s]
        Around the pulse, bridged.
    sound, ssp_sir : bool
        Which steps are made.
    regularisation : float
        SOUND's lambda.
    components : int or None
        Muscle topographies; by default as many as hold 90 % of the variance.
    filter_hz : (float, float) or None
        Pass band of the last step; None leaves it out.
    line : bool
        Take 48 to 52 Hz out, too.
    random_seed : int
        Of SOUND's order of channels.
    """

    epochs: Path
    leadfield: Path
    event: str | None = None
    drop: tuple[str, ...] = ()
    cut_s: tuple[float, float] = (-0.002, 0.004)
    sound: bool = True
    ssp_sir: bool = True
    regularisation: float = 0.1
    components: int | None = None
    filter_hz: tuple[float, float] | None = (1.0, 100.0)
    line: bool = True
    random_seed: int = 1


@dataclass(frozen=True, eq=False)
class CleanResult:
    """Clean epochs and what was done.

    Parameters
    ----------
    request : CleanRequest
        What was asked.
    before, after : Epochs
        With the pulse bridged, and clean.
    restored : tuple of str
        Channels that come from the others.
    rejected : int
        Trials that were left out.
    noise : SoundResult or None
        SOUND.
    muscle : SspSirResult or None
        SSP-SIR.
    warnings : tuple of str
        What a reader should know.
    """

    request: CleanRequest
    before: Epochs
    after: Epochs
    restored: tuple[str, ...]
    rejected: int
    noise: SoundResult | None
    muscle: SspSirResult | None
    warnings: tuple[str, ...]


def run_clean(request: CleanRequest, *, progress: Progress = silent) -> CleanResult:
    """Clean epochs.

    The pulse is bridged before anything else, and filters come last.

    Parameters
    ----------
    request : CleanRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    CleanResult
        For `write_clean`.

    Raises
    ------
    BadInputError
        When channels, windows or numbers do not fit.
    FileFormatError
        When a file is damaged.
    """
    lead = read_lead(request.leadfield)
    epochs = read_epochs(request.epochs, request.event)
    own, warnings = _shared(request, epochs, lead)
    start_s, end_s = request.cut_s
    bridged = without_pulse(epochs.picked(own), request.cut_s)
    bridged = bridged.less_baseline(bridged.times_s[0], start_s)
    bridged = _slower(bridged)
    good = _good_trials(bridged)
    before = bridged.with_values(bridged.values_v[good])
    progress("clean", 0.3)
    restored: tuple[str, ...] = ()
    noise = None
    after = before.with_values(before.values_v - before.values_v.mean(axis=1, keepdims=True))
    gains = lead.fixed
    if request.sound:
        rows = [lead.names.index(name) for name in own]
        noise = sound(
            before.mean_v, gains[rows], whole=gains, regularisation=request.regularisation,
            seed=request.random_seed,
        )  # fmt: skip
        values = np.einsum("ij,kjt->kit", noise.matrix, before.values_v)
        after = Epochs(values, before.times_s, lead.names)
        restored = tuple(name for name in lead.names if name not in own)
    progress("clean", 0.7)
    muscle = None
    if request.ssp_sir:
        rows = [lead.names.index(name) for name in after.names]
        muscle = ssp_sir(after, gains[rows], components=request.components, blank_s=end_s)
        after = after.with_values(muscle.applied(after.values_v))
    return CleanResult(
        request=request,
        before=before,
        after=_filtered(after, request),
        restored=restored,
        rejected=int((~good).sum()),
        noise=noise,
        muscle=muscle,
        warnings=tuple(warnings),
    )


def _shared(
    request: CleanRequest, epochs: Epochs, lead: LeadFile
) -> tuple[tuple[str, ...], list[str]]:
    """Channels that epochs and lead field have both, without the bad ones."""
    for name in request.drop:
        if name not in epochs.names:
            msg = f"`drop` must name channels of the epochs; {quoted(name)} is none of them."
            raise BadInputError(msg)
    by_lower = {name.lower(): name for name in lead.names}
    own = tuple(n for n in epochs.names if n in lead.names and n not in request.drop)
    strangers = [n for n in epochs.names if n not in lead.names and n not in request.drop]
    if len(own) < FEWEST_SHARED:
        near = [n for n in strangers if n.lower() in by_lower]
        hint = " Names differ in capitals." if near else ""
        msg = (
            f"{request.epochs}: epochs and lead field must share at least {FEWEST_SHARED} "
            f"channels; they share {len(own)}.{hint} Make a lead field with this montage."
        )
        raise BadInputError(msg)
    warnings = []
    if strangers:
        warnings.append(f"left out, since the lead field lacks them: {', '.join(strangers)}")
    return own, warnings


def _slower(epochs: Epochs) -> Epochs:
    """Bring a multiple of 1000 Hz down to it; the pulse is bridged already."""
    from scipy.signal import resample_poly

    factor = round(epochs.rate_hz / WORK_HZ)
    if factor < 2 or abs(epochs.rate_hz - factor * WORK_HZ) > 1e-3 * WORK_HZ:
        return epochs
    zero = int(np.argmin(np.abs(epochs.times_s)))
    first = zero % factor  # the pulse stays a sample
    values = resample_poly(epochs.values_v[..., first:], 1, factor, axis=-1, padtype="line")
    times_s = epochs.times_s[first::factor]
    return Epochs(values[..., : len(times_s)], times_s, epochs.names)


def _good_trials(epochs: Epochs) -> BoolArray:
    """Trials whose spread over time, in any channel, is no more than 5 SD above the others'."""
    spread = np.log(epochs.values_v.std(axis=2) + 1e-15)
    centre = np.median(spread, axis=0)
    width = 1.4826 * np.median(np.abs(spread - centre), axis=0)
    whole = spread.mean(axis=1)
    own = 1.4826 * np.median(np.abs(whole - np.median(whole)))
    far = (spread > centre + REJECT_SD * np.maximum(width, 0.05)).mean(axis=1) > 0.2
    far |= whole > np.median(whole) + REJECT_SD * max(own, 0.02)
    return ~far if (~far).sum() >= FEWEST_TRIALS else np.ones(len(far), bool)


def _filtered(epochs: Epochs, request: CleanRequest) -> Epochs:
    from scipy.signal import butter, sosfiltfilt

    values = epochs.values_v
    if request.filter_hz is not None:
        low, high = request.filter_hz
        if not 0 < low < high < epochs.rate_hz / 2:
            msg = (
                f"`filter_hz` must be two frequencies below half the rate of "
                f"{epochs.rate_hz:g} Hz, the lower one first; got {low:g},{high:g}."
            )
            raise BadInputError(msg)
        band = butter(2, (low, high), "bandpass", fs=epochs.rate_hz, output="sos")
        values = sosfiltfilt(band, values, axis=-1)
        if request.line:
            stop = butter(2, LINE_HZ, "bandstop", fs=epochs.rate_hz, output="sos")
            values = sosfiltfilt(stop, values, axis=-1)
    return epochs.with_values(values)


def write_clean(result: CleanResult, folder: Path) -> CleanRecord:
    """Write clean epochs.

    Parameters
    ----------
    result : CleanResult
        From `run_clean`.
    folder : Path
        Gets ``clean.npz``, ``clean.json`` and ``clean.png``.

    Returns
    -------
    CleanRecord
        The content of ``clean.json``.
    """
    noise, muscle, before, after = result.noise, result.muscle, result.before, result.after
    own = before.names
    record = CleanRecord(
        trials=len(after.values_v),
        trials_rejected=result.rejected,
        channels=after.names,
        restored=result.restored,
        rate_hz=round(after.rate_hz, 3),
        sound_kept_percent=None if noise is None else _kept(noise.kept),
        ssp_sir_kept_percent=None if muscle is None else _kept(muscle.kept),
        noise_uv={}
        if noise is None
        else {n: float(f"{UV * v:.3g}") for n, v in zip(own, noise.noise_v, strict=True)},
        muscle_components=None if muscle is None else muscle.components,
        removed_percent=_removed(before, after),
        file="clean.npz",
        warnings=(*result.warnings, SHRINKS),
        versions=versions(),
        sources=sources_record(SOURCES),
    )
    with whole_folder(folder) as place:
        write_epochs(place / "clean.npz", after)
        missing = write_cleaning(place / "clean.png", before, after)
        if missing:
            record = replace(record, warnings=(*record.warnings, missing))
        write_json(place / "clean.json", record)
    return record


def _kept(shares: FloatArray) -> KeptRecord:
    p5, median, p95 = (100 * np.percentile(shares, (5, 50, 95))).round(1).tolist()
    return KeptRecord(p5=p5, median=median, p95=p95)


def _removed(before: Epochs, after: Epochs) -> float:
    """Share of the mean's variance after the pulse that is gone, in the channels of both."""
    window = before.between(*AFTER_S)
    first = before.mean_v - before.mean_v.mean(axis=0)
    second = after.picked(before.names).mean_v
    second = second - second.mean(axis=0)
    lost = ((first - second)[:, window] ** 2).sum() / (first[:, window] ** 2).sum()
    return round(100 * float(lost), 1)
