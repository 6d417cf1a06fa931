"""Evoked potentials measured: what ``cortistim eeg tep`` does."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.eeg import Epochs, Peak, gmfa, pci_st, peaks
from cortistim.eeg.evoked import WINDOWS_S
from cortistim.errors import BadInputError, quoted
from cortistim.io.eeg.epochs import read_epochs
from cortistim.io.eeg.lead import LeadFile, read_lead
from cortistim.io.text import write_csv
from cortistim.records import number
from cortistim.records.eeg import PeakRecord, SourceMapRecord, TepRecord
from cortistim.study.folder import write_json
from cortistim.study.record import sources_record, versions
from cortistim.typing import FloatArray
from cortistim.units import mm_from_m
from cortistim.viz.figures.eeg import write_tep_figure

UV = 1e6
GMFA_WINDOWS_MS = ((15, 50), (50, 80), (80, 150), (150, 250))
COURSES = {
    "m1": ("C3", "C1", "CP3", "CP1", "FC3", "FC1"),
    "dlpfc": ("F3", "F1", "F5", "FC3", "FC1", "AF3"),
}
EARLY_S = (0.015, 0.050)
SNR = 3.0  # amplitude ratio assumed by the minimum-norm estimate
AUDITORY = (
    "without masking of the click and a realistic sham, N100 and P180 are mostly responses to "
    "sound and touch (conde2019)"
)
SOURCES = ("comolatti2019", "farzan2016", "conde2019")


@dataclass(frozen=True, kw_only=True)
class TepRequest:
    """What is measured.

    Parameters
    ----------
    epochs : Path
        Clean epochs, or others around pulses.
    event : str or None
        Which events of a recording are pulses.
    site : str
        ``m1`` or ``dlpfc``: whose windows are used.
    channels : tuple of str
        Whose mean the peaks are measured on; by default those around the site.
    leadfield : Path or None
        For a map of sources.
    baseline_s : (float, float) [s]
        Window that is set to zero.
    """

    epochs: Path
    event: str | None = None
    site: str = "m1"
    channels: tuple[str, ...] = ()
    leadfield: Path | None = None
    baseline_s: tuple[float, float] = (-0.4, -0.05)

    def __post_init__(self) -> None:
        """Refuse a site without windows."""
        if self.site not in WINDOWS_S:
            msg = f"`site` must be one of {', '.join(WINDOWS_S)}; got {quoted(self.site)}."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class TepResult:
    """An evoked potential and its numbers.

    Parameters
    ----------
    request : TepRequest
        What was asked.
    epochs : Epochs
        Against the average of the channels, with a baseline of zero.
    course : tuple of str
        Channels whose mean was measured.
    peaks : tuple of Peak
        By window.
    pci : (float, int) or None
        PCI and its components.
    lead : LeadFile or None
        Of the sources.
    sources : (n_point,) array
        Early sources in A m per point; empty without a lead field.
    """

    request: TepRequest
    epochs: Epochs
    course: tuple[str, ...]
    peaks: tuple[Peak, ...]
    pci: tuple[float, int] | None
    lead: LeadFile | None
    sources: FloatArray

    @property
    def course_v(self) -> FloatArray:
        """Mean over the channels that are measured."""
        return self.epochs.picked(self.course).mean_v.mean(axis=0)


def run_tep(request: TepRequest) -> TepResult:
    """Measure an evoked potential.

    Parameters
    ----------
    request : TepRequest
        What is asked.

    Returns
    -------
    TepResult
        For `write_tep`.

    Raises
    ------
    BadInputError
        When channels or windows do not fit.
    FileFormatError
        When a file is damaged.
    """
    lead = None if request.leadfield is None else read_lead(request.leadfield)
    epochs = read_epochs(request.epochs, request.event).less_baseline(*request.baseline_s)
    values = epochs.values_v
    epochs = epochs.with_values(values - values.mean(axis=1, keepdims=True))
    course = _course(request, epochs)
    windows = WINDOWS_S[request.site]
    found = peaks(epochs.picked(course).mean_v.mean(axis=0), epochs.times_s, windows)
    try:
        pci = pci_st(epochs.mean_v, epochs.times_s)
    except BadInputError:  # shorter epochs have no PCI
        pci = None
    sources = np.zeros(0) if lead is None else _sources(epochs, lead)
    return TepResult(request, epochs, course, found, pci, lead, sources)


def _course(request: TepRequest, epochs: Epochs) -> tuple[str, ...]:
    wanted = request.channels or COURSES[request.site]
    unknown = [name for name in request.channels if name not in epochs.names]
    known = tuple(name for name in wanted if name in epochs.names)
    if unknown or not known:
        told = ", ".join(unknown or wanted)
        msg = (
            f"`channels` must be channels of the epochs; {told} are none of them. There are "
            f"{', '.join(epochs.names[:12])}..."
        )
        raise BadInputError(msg)
    return known


def _sources(epochs: Epochs, lead: LeadFile) -> FloatArray:
    """Minimum-norm estimate of the mean in the early window, dipoles out of the cortex."""
    shared = tuple(name for name in epochs.names if name in lead.names)
    if len(shared) < 8:
        msg = f"epochs and lead field must share at least 8 channels; they share {len(shared)}."
        raise BadInputError(msg)
    gain = lead.fixed[[lead.names.index(name) for name in shared]]
    gain = gain - gain.mean(axis=0)
    data = epochs.picked(shared).mean_v
    data = data - data.mean(axis=0)
    gram = gain @ gain.T
    damping = np.trace(gram) / len(gram) / SNR**2
    inverse = gain.T @ np.linalg.inv(gram + damping * np.eye(len(gram)))
    courses = inverse @ data[:, epochs.between(*EARLY_S)]
    return np.sqrt((courses**2).mean(axis=1))


def write_tep(result: TepResult, folder: Path) -> TepRecord:
    """Write the numbers of an evoked potential.

    Parameters
    ----------
    result : TepResult
        From `run_tep`.
    folder : Path
        Gets ``tep.json``, ``tep.png``, ``tep.csv`` and, with a lead field, ``sources.csv``.

    Returns
    -------
    TepRecord
        The content of ``tep.json``.
    """
    epochs = result.epochs
    field_uv = UV * gmfa(epochs.mean_v)
    record = TepRecord(
        trials=len(epochs.values_v),
        channels=epochs.names,
        site=result.request.site,
        course_channels=result.course,
        peaks=tuple(
            PeakRecord(
                name=one.name,
                latency_ms=number(1e3 * one.latency_s, 2),
                amplitude_uv=round(UV * one.amplitude_v, 4),
            )
            for one in result.peaks
        ),
        gmfa_uv=_windows(epochs, field_uv),
        pci_st=None if result.pci is None else number(result.pci[0], 4),
        pci_components=None if result.pci is None else result.pci[1],
        sources_at=_source_record(result),
        files=("tep.csv",),
        warnings=(AUDITORY,),
        versions=versions(),
        sources=sources_record(SOURCES),
    )
    with whole_folder(folder) as place:
        files = ["tep.csv"]
        rows = np.column_stack([1e3 * epochs.times_s, field_uv, UV * result.course_v])
        write_csv(place / "tep.csv", ("time_ms", "gmfa_uv", "course_uv"), _text(rows))
        if result.lead is not None:
            table = np.column_stack([mm_from_m(result.lead.points_m), 1e9 * result.sources])
            write_csv(place / "sources.csv", ("x_mm", "y_mm", "z_mm", "na_m"), _text(table))
            files.append("sources.csv")
        missing = write_tep_figure(place / "tep.png", epochs, result.course_v, result.peaks)
        files += [] if missing else ["tep.png"]
        more = (missing,) if missing else ()
        record = replace(record, files=tuple(files), warnings=(*record.warnings, *more))
        write_json(place / "tep.json", record)
    return record


def _text(rows: FloatArray) -> list[list[str]]:
    return [[f"{value:.6g}" for value in row] for row in rows.tolist()]


def _windows(epochs: Epochs, field_uv: FloatArray) -> dict[str, float]:
    out = {}
    for start, end in GMFA_WINDOWS_MS:
        inside = epochs.between(1e-3 * start, 1e-3 * end)
        if inside.any():
            out[f"{start}-{end}"] = round(float(field_uv[inside].mean()), 4)
    return out


def _source_record(result: TepResult) -> SourceMapRecord | None:
    if result.lead is None:
        return None
    best = int(np.argmax(result.sources))
    x, y, z = np.round(mm_from_m(result.lead.points_m[best]), 1).tolist()
    start_s, end_s = EARLY_S
    return SourceMapRecord(from_ms=1e3 * start_s, to_ms=1e3 * end_s, peak_mm=(x, y, z))
