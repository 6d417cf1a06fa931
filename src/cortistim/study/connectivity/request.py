"""What is asked of a target from connectivity, and the run that it names."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from cortistim.connectivity import REGIONS, SEEDS, Cleaning, Nuisance, cleaning_for
from cortistim.connectivity.places import parse_sphere
from cortistim.errors import BadInputError, FileFormatError, MissingFileError, quoted
from cortistim.files import looks_like_file
from cortistim.head import Head
from cortistim.io.image.bold import BoldFile, open_bold
from cortistim.io.table.confounds import DISPLACEMENT, WHOLE, ConfoundTable, read_confounds
from cortistim.io.text import json_of
from cortistim.naming import did_you_mean
from cortistim.study.request.inputs import SPACES, HeadRequest
from cortistim.typing import BoolArray, FloatArray

Method = Literal["cluster", "mean", "seedmap", "hierarchical"]
METHODS: tuple[str, ...] = get_args(Method)
SIGNS = {"negative": -1, "positive": 1}
LONGEST_TR_S = 20.0
SPACE_IN_NAME = re.compile(r"_space-(?P<name>[A-Za-z0-9]+)")
FIRST_STEPS = re.compile(
    r"(_space-[A-Za-z0-9]+)?(_res-[A-Za-z0-9]+)?_desc-[A-Za-z]+_bold\.nii(\.gz)?$"
)
OWN_SPACES = ("T1w", "T1", "individual", "native", "orig")


@dataclass(frozen=True, kw_only=True)
class ConnectivityRequest:
    """Which target is looked for, in which data.

    Parameters
    ----------
    bold : Path
        Series of volumes after preprocessing.
    mask : Path or None
        The brain, on the same grid; by default fMRIPrep's beside the series.
    confounds : Path or None
        Nuisance regressors; by default fMRIPrep's beside the series.
    tr_s : float or None [s]
        From frame to frame; by default what the sidecar or the header state.
    space : {"mni", "subject"}
        In which the images and the answer are.
    seed : str
        ``sgacc``, ``x,y,z,radius`` in mm, or a map.
    method : {"cluster", "mean", "seedmap", "hierarchical"}
        How seed and region become a place.
    search_region : str
        ``left_dlpfc``, ``right_dlpfc`` or a mask.
    head : HeadRequest, Head or None
        Ties subject and MNI space together; the target is moved to its grey matter.
    operator : Path or None
        Of that head, for the dose.
    coil : str
        For the dose.
    gsr : bool
        Take the mean over the brain out.
    sign : {"negative", "positive"}
        Of the correlation that is looked for.
    percent : float
        Share of the correlations of that sign in a cluster.
    band_hz : (float, float)
        Frequencies that are kept.
    fd_mm : float
        Frames that moved farther do not count.
    fwhm_mm : float
        Of the smoothing.
    draws : int
        Of the bootstrap.
    random_seed : int
        Of halvings and draws.
    """

    bold: Path
    mask: Path | None = None
    confounds: Path | None = None
    tr_s: float | None = None
    space: str = "mni"
    seed: str = "sgacc"
    method: str = "cluster"
    search_region: str = "left_dlpfc"
    head: HeadRequest | Head | None = None
    operator: Path | None = None
    coil: str = "magstim_d70"
    gsr: bool = True
    sign: str = "negative"
    percent: float = 10.0
    band_hz: tuple[float, float] = (0.01, 0.1)
    fd_mm: float = 0.5
    fwhm_mm: float = 4.0
    draws: int = 200
    random_seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what no data can answer, before any file is opened."""
        _require_one("space", self.space, SPACES)
        _require_one("method", self.method, METHODS)
        _require_one("sign", self.sign, tuple(SIGNS))
        if self.tr_s is not None:
            require_tr(self.tr_s, "`tr`")
        low, high = self.band_hz
        if not 0 <= low < high:
            msg = (
                f"`band_hz` must be two frequencies, the lower one first; got {low:g},{high:g}."
            )
            raise BadInputError(msg)
        if self.seed not in SEEDS and parse_sphere(self.seed) is None:
            _require_image("seed", self.seed, tuple(SEEDS))
        if self.search_region not in REGIONS:
            _require_image("search_region", self.search_region, tuple(REGIONS))
        if self.operator is not None and self.head is None:
            msg = "`operator` is that of a head; give the `head`, too."
            raise BadInputError(msg)
        if self.space == "subject" and self.head is None and self.needs_mni:
            msg = (
                "sgacc, left_dlpfc and right_dlpfc are known in MNI space; for images in "
                "subject space give the person's `head`, or a `seed` as x,y,z,radius and a "
                "`search_region` as a mask in the space of the images."
            )
            raise BadInputError(msg)

    @property
    def needs_mni(self) -> bool:
        """Whether seed or region are known in MNI space only."""
        return self.seed in SEEDS or self.search_region in REGIONS

    @property
    def seed_is_map(self) -> bool:
        """Whether the seed is a file."""
        return self.seed not in SEEDS and parse_sphere(self.seed) is None


def _require_one(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        msg = f"`{name}` must be one of {', '.join(known)}; got {quoted(value)}."
        raise BadInputError(msg)


def _require_image(name: str, text: str, known: tuple[str, ...]) -> None:
    if Path(text).is_file():
        return
    if looks_like_file(text):
        raise MissingFileError(Path(text))
    msg = (
        f"`{name}` must be {', '.join(known)}, "
        f"{'x,y,z,radius in mm, ' if name == 'seed' else ''}or an image; got {quoted(text)}. "
        f"{did_you_mean(text, known)}"
    ).rstrip()
    raise BadInputError(msg)


def require_tr(tr_s: float, where: str) -> float:
    """Refuse a time between frames that no scanner has.

    Parameters
    ----------
    tr_s : float [s]
        From frame to frame.
    where : str
        Who states it, for the complaint.

    Returns
    -------
    float [s]
        The same.

    Raises
    ------
    BadInputError
        When it is not above 0 and at most 20 s.
    """
    if not 0 < tr_s <= LONGEST_TR_S:
        unit = " It may be in milliseconds; divide it by 1000." if tr_s > LONGEST_TR_S else ""
        msg = (
            f"{where}: the time from volume to volume must be above 0 and at most "
            f"{LONGEST_TR_S:g} s; it is {tr_s:g} s.{unit} Give the right one as `tr`."
        )
        raise BadInputError(msg)
    return tr_s


@dataclass(frozen=True, eq=False)
class Run:
    """A run whose files were found to belong together.

    Parameters
    ----------
    bold : BoldFile
        Its volumes are not read yet.
    tr_s : float [s]
        From frame to frame.
    cleaning : Cleaning
        Without the global signal's part.
    whole : (n_kept,) array or None
        The global signal of the table, where it has one.
    fd_known : bool
        Whether frames could be judged by their motion.
    regressors : tuple of str
        Names.
    template : str or None
        Space that the file's name states.
    confounds : bool
        Whether a table was used.
    warnings, notes : tuple of str
        For the reader.
    """

    bold: BoldFile
    tr_s: float
    cleaning: Cleaning
    whole: FloatArray | None
    fd_known: bool
    regressors: tuple[str, ...]
    template: str | None
    confounds: bool
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def times_s(self) -> FloatArray:
        """When the kept frames were taken."""
        return self.tr_s * np.flatnonzero(self.cleaning.kept)


def open_run(request: ConnectivityRequest) -> Run:
    """Open the files of a run and work out how it is cleaned.

    Parameters
    ----------
    request : ConnectivityRequest
        What is asked.

    Returns
    -------
    Run
        Ready to be read.

    Raises
    ------
    BadInputError
        When files are missing, do not belong together, or too little is left.
    FileFormatError
        When a file is damaged.
    """
    notes: list[str] = []
    template = _template(request)
    mask = request.mask or _beside(request.bold, "desc-brain_mask.nii.gz", spaced=True)
    if mask is None:
        msg = (
            f"`mask` is needed: {request.bold.name} has no brain mask of fMRIPrep beside it. "
            "Give an image of the brain on the same grid."
        )
        raise BadInputError(msg)
    if request.mask is None:
        notes.append(f"the mask is {mask.name}, found beside the series")
    bold = open_bold(request.bold, mask)
    tr_s = request.tr_s or _stated_tr(request.bold, bold)
    confounds = request.confounds or _beside(
        request.bold, "desc-confounds_timeseries.tsv", spaced=False
    )
    if confounds is not None and request.confounds is None:
        notes.append(f"confounds are those of {confounds.name}, found beside the series")
    table = read_confounds(confounds, bold.n_frame) if confounds else None
    nuisance, warnings = _nuisance(request, bold.n_frame, table)
    cleaning = cleaning_for(nuisance, tr_s, request.band_hz)
    if cleaning.redundant:
        notes.append(
            f"{cleaning.redundant} of {len(nuisance.names) + 1} regressors follow from the "
            "others or lie outside the pass band; they cost nothing"
        )
    whole = None if table is None else table.column(WHOLE)
    return Run(
        bold=bold,
        tr_s=tr_s,
        cleaning=cleaning,
        whole=None if whole is None else whole[nuisance.kept],
        fd_known=table is not None and table.column(DISPLACEMENT) is not None,
        regressors=nuisance.names,
        template=template,
        confounds=table is not None,
        warnings=tuple(warnings),
        notes=tuple(notes),
    )


def _template(request: ConnectivityRequest) -> str | None:
    """Read the space off the file's name; refuse one that is not the one that was stated."""
    found = SPACE_IN_NAME.search(request.bold.name)
    if found is None:
        return None
    name = found["name"]
    if name.lower().startswith(("fsaverage", "fslr", "fsnative")):
        told = f"a surface ({name})"
    elif request.space == "mni" and not name.startswith("MNI"):
        told = f"the space {name}, not MNI"
    elif request.space == "mni" and any(word in name for word in ("Pediatric", "Infant")):
        told = f"the template {name}, whose coordinates are not those of adults' MNI space"
    elif request.space == "subject" and name not in OWN_SPACES:
        told = f"the space {name}, not the subject's own"
    else:
        return name
    msg = (
        f"{request.bold}: the name says that the series is in {told}; `space` is "
        f"{request.space}. Give the series of that space, or the other `space`."
    )
    raise BadInputError(msg)


def _beside(bold: Path, ending: str, *, spaced: bool) -> Path | None:
    """Find a derivative of fMRIPrep that belongs to a series."""
    if not FIRST_STEPS.search(bold.name):
        return None
    stem = bold.name[: bold.name.rindex("_desc-")]
    if not spaced:
        stem = FIRST_STEPS.sub("", bold.name)
    path = bold.with_name(f"{stem}_{ending}")
    return path if path.is_file() else None


def _stated_tr(path: Path, bold: BoldFile) -> float:
    sidecar = path.with_name(re.sub(r"\.nii(\.gz)?$", "", path.name) + ".json")
    if sidecar.is_file():
        value = json_of(sidecar).get("RepetitionTime")
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not math.isfinite(value):
                msg = f"{sidecar}: RepetitionTime must be a finite number of seconds."
                raise FileFormatError(msg)
            return require_tr(float(value), f"{sidecar}: RepetitionTime")
    return require_tr(bold.header_tr_s, f"{path}: header (pixdim[4])")


def _nuisance(
    request: ConnectivityRequest, n_frame: int, table: ConfoundTable | None
) -> tuple[Nuisance, list[str]]:
    """Choose regressors and frames."""
    kept = np.ones(n_frame, bool)
    if table is None:
        warning = (
            "no confounds were given: trend, frequencies and, with gsr, the mean over the "
            "brain are removed, motion is not"
        )
        return Nuisance(np.zeros((n_frame, 0)), kept), [warning]
    warnings: list[str] = []
    names = table.nuisance_names()
    columns = [table.column(name) for name in names]
    moved = table.column(DISPLACEMENT)
    unsteady: BoolArray = np.asarray(table.unsteady(), bool)
    kept &= ~unsteady
    if moved is None:
        warnings.append(
            "the confounds have no framewise_displacement: no frame is left out for motion"
        )
    else:
        kept &= moved <= request.fd_mm
    regressors = np.column_stack(
        [c for c in columns if c is not None] or [np.zeros((n_frame, 0))]
    )
    return Nuisance(regressors, kept, names), warnings
