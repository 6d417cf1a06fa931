"""Motor responses over intensity, and to paired pulses: what ``neuron io-curve`` tells."""

from dataclasses import dataclass

from cortistim.records.provenance import SourceRecord


@dataclass(frozen=True, kw_only=True)
class CurveRow:
    """Responses at one intensity.

    Parameters
    ----------
    percent_rmt : float or None
        Intensity in percent of the resting motor threshold.
    percent_mso : float or None
        The same in percent of the maximal output; None where the threshold is not stated.
    mean_uv, median_uv : float or None
        Peak to peak.
    cv_percent : float or None
        Coefficient of variation.
    p_above_50uv : float or None
        Share of trials above 50 µV.
    """

    percent_rmt: float | None
    percent_mso: float | None
    mean_uv: float | None
    median_uv: float | None
    cv_percent: float | None
    p_above_50uv: float | None


@dataclass(frozen=True, kw_only=True)
class SigmoidRecord:
    """A curve's plateau, half and slope; None where the intensities do not cover them.

    Parameters
    ----------
    plateau_uv : float or None
        Mean response to strong pulses.
    half_percent_rmt : float or None
        Where the mean reaches half of the plateau.
    steepest_ln_per_percent : float or None
        Largest slope of ln size over intensity.
    """

    plateau_uv: float | None
    half_percent_rmt: float | None
    steepest_ln_per_percent: float | None


@dataclass(frozen=True, kw_only=True)
class WavesRow:
    """Descending waves at one intensity, in units of the largest I1.

    Parameters
    ----------
    percent_rmt : float or None
        Intensity in percent of the resting motor threshold.
    D, I1, I2, I3, I4 : float or None
        Size of the direct and of each indirect wave.
    """

    percent_rmt: float | None
    D: float | None
    I1: float | None
    I2: float | None
    I3: float | None
    I4: float | None


@dataclass(frozen=True, kw_only=True)
class PairedRow:
    """What a conditioning pulse does at one interval.

    Parameters
    ----------
    interval_ms : float
        Between the pulses.
    conditioning_percent_rmt, test_percent_rmt : float
        Intensities of the first and the second pulse.
    percent_of_test : float or None
        Response in percent of that to the test pulse alone.
    effect : str
        The same in words.
    """

    interval_ms: float
    conditioning_percent_rmt: float
    test_percent_rmt: float
    percent_of_test: float | None
    effect: str


@dataclass(frozen=True, kw_only=True)
class FacilitationRow:
    """What a weaker second pulse does at one interval (SICF).

    Parameters
    ----------
    interval_ms : float
        Between the pulses.
    first_percent_rmt, second_percent_rmt : float
        Intensities.
    percent_of_first_alone : float or None
        Response in percent of that to the first pulse alone.
    effect : str
        The same in words.
    """

    interval_ms: float
    first_percent_rmt: float
    second_percent_rmt: float
    percent_of_first_alone: float | None
    effect: str


@dataclass(frozen=True, kw_only=True)
class EffectRecord:
    """A published effect of paired pulses that the model follows.

    Parameters
    ----------
    effect : str
        Such as ``SICI``.
    receptor : str
        That carries it.
    interval_ms : (2,) tuple of float
        Shortest and longest.
    published_percent_of_test : tuple of float
        Range of the response.
    source : str
        A key of ``references.bib``.
    confidence : str
        ``high``, ``medium`` or ``low``.
    phenomenological : bool
        That it follows a published course and simulates no network.
    """

    effect: str
    receptor: str
    interval_ms: tuple[float, float]
    published_percent_of_test: tuple[float, ...]
    source: str
    confidence: str
    phenomenological: bool


@dataclass(frozen=True, kw_only=True)
class ResponseCurveRecord:
    """Responses over intensity and to paired pulses, and what they rest on.

    Parameters
    ----------
    curve : tuple of CurveRow
        By intensity.
    sigmoid : SigmoidRecord
        Of the curve.
    threshold_criterion : str
        What the motor threshold is.
    waves : tuple of WavesRow
        By intensity.
    paired : tuple of PairedRow
        By interval; empty where none were asked for.
    sicf : tuple of FacilitationRow
        By interval; empty where none were asked for.
    effects : tuple of EffectRecord
        What the model follows.
    trials, seed : int
        Of each intensity, and of the variability.
    calibration : str
        That there is none.
    honest : str
        What the model does not do.
    sources : tuple of SourceRecord
        What it rests on.
    """

    curve: tuple[CurveRow, ...]
    sigmoid: SigmoidRecord
    threshold_criterion: str
    waves: tuple[WavesRow, ...]
    paired: tuple[PairedRow, ...]
    sicf: tuple[FacilitationRow, ...]
    effects: tuple[EffectRecord, ...]
    trials: int
    seed: int
    calibration: str
    honest: str
    sources: tuple[SourceRecord, ...]
