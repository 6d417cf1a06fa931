"""EEG lead fields, cleaned epochs and evoked potentials."""

from dataclasses import dataclass, field

from cortistim.records.provenance import ConvergenceRecord, SourceRecord


@dataclass(frozen=True, kw_only=True)
class LeadFieldRecord:
    """What ``leadfield.json`` tells.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    head : str
        Its name.
    electrodes : tuple of str
        Names, in the order of the rows.
    points : int
        Dipoles on the mid-grey surface.
    reference : str
        Of the potentials.
    unit : str
        Of the gains.
    median_uv_per_10_na_m : float
        Median over dipoles of the largest potential, for dipoles of 10 nA m out of the cortex.
    solver : ConvergenceRecord
        Of the worst block of solves.
    files : tuple of str
        Written beside this one.
    warnings : tuple of str
        What a reader should know.
    versions : mapping of str to str
        Of programs.
    sources : tuple of SourceRecord
        Literature.
    """

    schema: str = "cortistim-eeg-leadfield-1"
    head: str
    electrodes: tuple[str, ...]
    points: int
    reference: str
    unit: str
    median_uv_per_10_na_m: float
    solver: ConvergenceRecord
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...] = ()


@dataclass(frozen=True, kw_only=True)
class KeptRecord:
    """How much of the lead field's columns a step leaves, in percent of their size.

    Parameters
    ----------
    p5, median, p95 : float
        Percentiles over dipoles.
    """

    p5: float
    median: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class CleanRecord:
    """What ``clean.json`` tells.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    trials, trials_rejected : int
        That are left, and that were left out.
    channels : tuple of str
        Of the clean data.
    restored : tuple of str
        Channels that were missing and come from the others through the lead field.
    rate_hz : float
        Samples per second.
    sound_kept_percent, ssp_sir_kept_percent : KeptRecord or None
        What the steps leave of brain signals; None where a step was left out.
    noise_uv : mapping of str to float
        Noise of each channel as SOUND finds it.
    muscle_components : int or None
        Topographies that were projected out.
    removed_percent : float
        Variance of the mean after the pulse that cleaning took away.
    file : str
        The clean epochs.
    warnings : tuple of str
        What a reader should know.
    versions : mapping of str to str
        Of programs.
    sources : tuple of SourceRecord
        Literature.
    """

    schema: str = "cortistim-eeg-clean-1"
    trials: int
    trials_rejected: int
    channels: tuple[str, ...]
    restored: tuple[str, ...]
    rate_hz: float
    sound_kept_percent: KeptRecord | None
    ssp_sir_kept_percent: KeptRecord | None
    noise_uv: dict[str, float]
    muscle_components: int | None
    removed_percent: float
    file: str
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PeakRecord:
    """A peak of an evoked potential.

    Parameters
    ----------
    name : str
        Such as N45.
    latency_ms : float or None
        None where the window has no extremum.
    amplitude_uv : float
        There, or in the middle of the window.
    """

    name: str
    latency_ms: float | None
    amplitude_uv: float


@dataclass(frozen=True, kw_only=True)
class SourceMapRecord:
    """Where an evoked potential may come from, by a minimum-norm estimate.

    Parameters
    ----------
    from_ms, to_ms : float
        Window that is averaged.
    peak_mm : tuple of float
        Place of the largest source, in the head's frame.
    """

    from_ms: float
    to_ms: float
    peak_mm: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class TepRecord:
    """What ``tep.json`` tells.

    Parameters
    ----------
    schema : str
        Name and version of the file.
    trials : int
        In the mean.
    channels : tuple of str
        In the mean.
    site : str
        Whose windows are used.
    course_channels : tuple of str
        Whose mean the peaks are measured on.
    peaks : tuple of PeakRecord
        In the order of their windows.
    gmfa_uv : mapping of str to float
        Mean global mean field amplitude in windows, such as "15-50".
    pci_st : float or None
        None where the epochs do not hold its windows.
    pci_components : int or None
        Components that stand out of the baseline.
    sources_at : SourceMapRecord or None
        None without a lead field.
    files : tuple of str
        Written beside this one.
    warnings : tuple of str
        What a reader should know.
    versions : mapping of str to str
        Of programs.
    sources : tuple of SourceRecord
        Literature.
    """

    schema: str = "cortistim-eeg-tep-1"
    trials: int
    channels: tuple[str, ...]
    site: str
    course_channels: tuple[str, ...]
    peaks: tuple[PeakRecord, ...]
    gmfa_uv: dict[str, float]
    pci_st: float | None
    pci_components: int | None
    sources_at: SourceMapRecord | None
    files: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    sources: tuple[SourceRecord, ...] = ()
