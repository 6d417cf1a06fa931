"""What a measurement of EMG leaves as JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EmgChannelRecord:
    """One muscle of a session.

    Parameters
    ----------
    name : str
        As in the recording.
    trials, ok, review, reject : int
        How many, and how many of each quality.
    responses : int
        Trials that reach the criterion and the floor, with an onset; whatever their quality.
    below_50_uv_share : float or None
        Of the trials that are not rejected.
    median_uv : float or None
        Of the same, zeros and all.
    latency_ms : float or None
        Median over responses that are not rejected.
    silent_period_ms : float or None
        The same.
    noise_floor_uv : float or None
        What 2 % of the mirrored windows exceed.
    baseline_rms_uv : float or None
        Median.
    reasons : dict of str to int
        How often each doubt was raised.
    """

    name: str
    trials: int
    ok: int
    review: int
    reject: int
    responses: int
    below_50_uv_share: float | None
    median_uv: float | None
    latency_ms: float | None
    silent_period_ms: float | None
    noise_floor_uv: float | None
    baseline_rms_uv: float | None
    reasons: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class EmgSettingsRecord:
    """How it was measured, windows in milliseconds from the pulse."""

    response_ms: tuple[float, float]
    baseline_ms: tuple[float, float]
    blank_ms: tuple[float, float]
    band_hz: tuple[float, float]
    criterion_uv: float
    active: bool


@dataclass(frozen=True, kw_only=True)
class EmgRecord:
    """A measured session; its trials are in the table beside it.

    Parameters
    ----------
    schema : str
        Name and version of this record.
    file, format : str
        What was read.
    rate_hz : float
        Sampling rate.
    pulses : int
        How many.
    pulses_from : str
        Where their times are from, in words.
    settings : EmgSettingsRecord
        How it was measured.
    channels : tuple of EmgChannelRecord
        One for each muscle.
    warnings, notes : tuple of str
        What a reader must know, and should.
    versions : dict of str to str
        Of the libraries.
    sources : tuple of str
        Keys of the bibliography.
    """

    schema: str = "cortistim-emg-1"
    file: str
    format: str
    rate_hz: float
    pulses: int
    pulses_from: str
    settings: EmgSettingsRecord
    channels: tuple[EmgChannelRecord, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: dict[str, str]
    sources: tuple[str, ...] = ()
