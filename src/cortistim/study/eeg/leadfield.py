"""The lead field of a person's own head: what ``cortistim eeg leadfield`` does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cortistim.cache import whole_folder
from cortistim.errors import BadInputError, quoted
from cortistim.field.eeg_lead import EegLead, eeg_lead
from cortistim.field.operator.basis import evenly_spread
from cortistim.head import Head
from cortistim.io.eeg.lead import LeadFile, write_lead, write_mne_forward
from cortistim.io.table.positions import FIDUCIALS, read_positions_csv
from cortistim.naming import did_you_mean
from cortistim.records.eeg import LeadFieldRecord
from cortistim.study.folder import write_json
from cortistim.study.record import convergence_record, sources_record, versions
from cortistim.study.request.inputs import HeadRequest, head_of
from cortistim.typing import FloatArray, Progress, silent

NAMES_64 = (
    "Fp1,Fpz,Fp2,AF7,AF3,AFz,AF4,AF8,F7,F5,F3,F1,Fz,F2,F4,F6,F8,FT7,FC5,FC3,FC1,FCz,FC2,FC4,FC6,"
    "FT8,T7,C5,C3,C1,Cz,C2,C4,C6,T8,TP7,CP5,CP3,CP1,CPz,CP2,CP4,CP6,TP8,P7,P5,P3,P1,Pz,P2,P4,P6,"
    "P8,PO7,PO3,POz,PO4,PO8,O1,Oz,O2,TP9,TP10,Iz"
)
NAMES_32 = (
    "Fp1,Fp2,F7,F3,Fz,F4,F8,FC5,FC1,FC2,FC6,T7,C3,Cz,C4,T8,TP9,CP5,CP1,CP2,CP6,TP10,P7,P3,Pz,P4,"
    "P8,PO9,O1,Oz,O2,PO10"
)
MONTAGES: Mapping[str, str] = {"64": NAMES_64, "32": NAMES_32}
POINTS = 5000
FEWEST_POINTS = 10
UV_PER_10_NA_M = 1e6 * 10e-9


@dataclass(frozen=True, kw_only=True)
class LeadFieldRequest:
    """Which lead field.

    Parameters
    ----------
    head : HeadRequest or Head
        With a cortex.
    montage : str
        ``64``, ``32``, names of the 10-10 system with commas between, or a file of positions.
    points : int
        Dipoles, spread evenly over the mid-grey surface; all of its vertices when more.
    """

    head: HeadRequest | Head = field(default_factory=HeadRequest)
    montage: str = "64"
    points: int = POINTS

    def __post_init__(self) -> None:
        """Refuse what is no number of points."""
        if self.points < FEWEST_POINTS:
            msg = f"`points` must be at least {FEWEST_POINTS}; got {self.points}."
            raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class LeadFieldResult:
    """A lead field and whose it is.

    Parameters
    ----------
    head : Head
        It was solved on.
    lead : EegLead
        Free dipoles.
    file : LeadFile
        What is written.
    """

    head: Head
    lead: EegLead
    file: LeadFile


def electrodes_of(head: Head, montage: str) -> dict[str, FloatArray]:
    """Understand a montage.

    Parameters
    ----------
    head : Head
        With positions of the 10-10 system.
    montage : str
        See `LeadFieldRequest`.

    Returns
    -------
    dict of str to (3,) array [m]
        On or near the scalp.

    Raises
    ------
    BadInputError
        When a name is unknown, or a file holds no electrodes.
    """
    if Path(montage).is_file():
        found = read_positions_csv(montage)
        found = {name: place for name, place in found.items() if name not in FIDUCIALS}
        if not found:
            msg = f"{montage}: `montage` must be a file of electrodes; it has none."
            raise BadInputError(msg)
        return found
    names = [name.strip() for name in MONTAGES.get(montage, montage).split(",")]
    known = head.electrodes_m
    by_lower = {name.lower(): name for name in known}
    for name in names:
        if name.lower() not in by_lower:
            msg = (
                f"`montage` must be 64, 32, names of the 10-10 system such as Fz,Cz,Pz, or a "
                f"file of positions; got {quoted(name)}. {did_you_mean(name, tuple(known))}"
            ).rstrip()
            raise BadInputError(msg)
    if len({name.lower() for name in names}) != len(names):
        msg = f"`montage` must name each electrode once; got {quoted(montage)}."
        raise BadInputError(msg)
    return {by_lower[name.lower()]: known[by_lower[name.lower()]] for name in names}


def run_leadfield(request: LeadFieldRequest, *, progress: Progress = silent) -> LeadFieldResult:
    """Compute a lead field.

    Parameters
    ----------
    request : LeadFieldRequest
        What is asked.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    LeadFieldResult
        For `write_leadfield`.

    Raises
    ------
    BadInputError
        When the montage does not fit the head.
    ConvergenceError
        When a solve stops short.
    """
    head = head_of(request.head, progress=progress)
    electrodes = electrodes_of(head, request.montage)
    cortex = head.cortex
    chosen = evenly_spread(cortex.vertices_m, request.points)
    points_m = cortex.vertices_m[chosen]
    lead = eeg_lead(head, np.array(list(electrodes.values())), points_m, progress=progress)
    known = head.electrodes_m
    file = LeadFile(
        gain=lead.gain,
        points_m=points_m,
        normals=cortex.normals[chosen],
        areas_m2=_areas_m2(cortex.vertices_m, cortex.vertex_areas_m2, points_m),
        electrodes_m=lead.electrodes_m,
        names=tuple(electrodes),
        fiducials_m=np.array([known[name] for name in ("Nz", "LPA", "RPA")]),
    )
    return LeadFieldResult(head, lead, file)


def _areas_m2(vertices_m: FloatArray, areas_m2: FloatArray, points_m: FloatArray) -> FloatArray:
    from scipy.spatial import KDTree

    nearest = np.asarray(KDTree(points_m).query(vertices_m)[1])
    return np.asarray(np.bincount(nearest, areas_m2, len(points_m)), float)


def write_leadfield(result: LeadFieldResult, folder: Path) -> LeadFieldRecord:
    """Write a lead field.

    Parameters
    ----------
    result : LeadFieldResult
        From `run_leadfield`.
    folder : Path
        Gets ``leadfield.npz``, ``leadfield.json`` and, where mne is installed,
        ``leadfield-fwd.fif``.

    Returns
    -------
    LeadFieldRecord
        The content of ``leadfield.json``.
    """
    strongest = np.abs(result.file.fixed).max(axis=0)
    worst = max(result.lead.convergence, key=lambda one: one.residual)
    record = LeadFieldRecord(
        head=result.head.name,
        electrodes=result.file.names,
        points=len(result.file.points_m),
        reference="average of the electrodes",
        unit="V/(A m)",
        median_uv_per_10_na_m=float(f"{UV_PER_10_NA_M * np.median(strongest):.4g}"),
        solver=convergence_record(worst),
        files=("leadfield.npz",),
        warnings=tuple(result.head.warnings),
        versions=versions(),
        sources=sources_record(("weinstein2000", *result.head.sources)),
    )
    with whole_folder(folder) as place:
        write_lead(place / "leadfield.npz", result.file)
        missing = write_mne_forward(place / "leadfield-fwd.fif", result.file)
        files = ("leadfield.npz",) if missing else ("leadfield.npz", "leadfield-fwd.fif")
        more = (missing,) if missing else ()
        record = replace(record, files=files, warnings=(*record.warnings, *more))
        write_json(place / "leadfield.json", record)
    return record
