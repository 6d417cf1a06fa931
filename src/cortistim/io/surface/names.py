"""By what names others keep the surfaces of a cortex, and which of their files belong together.

FreeSurfer and charm write ``lh.pial``; fMRIPrep ``sub-01_hemi-L_pial.surf.gii`` in ``anat``;
the HCP pipelines ``100307.L.pial.native.surf.gii`` in ``T1w/Native`` and, on a common mesh,
``100307.L.pial.32k_fs_LR.surf.gii`` in ``T1w/fsaverage_LR32k``. The files of the same names in
``MNINonLinear`` are warped to MNI space and fit no head.

Curvature is taken from FreeSurfer's own files only: those of the others do not tell whether its
sign was turned.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import Side

Maker = Literal["FreeSurfer", "fMRIPrep", "HCP"]

PLACES = ("", "surf", "surfaces")
LETTERS: dict[Side, str] = {"left": "lh", "right": "rh"}
NAMES = {
    "white": ("white",),
    "pial": ("pial", "pial.T1"),
    "central": ("central", "midthickness", "mid", "graymid"),
    "sphere.reg": ("sphere.reg",),
    "thickness": ("thickness",),
    "curv": ("curv",),
}
ENDINGS = ("", ".gii", ".surf.gii", ".shape.gii", ".gii.gz", ".surf.gii.gz", ".shape.gii.gz")
SURFACES = ("white", "pial", "central")

BIDS_PLACES = ("", "anat", "ses-*/anat")
BIDS_NAME = re.compile(r"(?P<entities>.*hemi-[LR].*?)_?(?P<what>[A-Za-z]+)\.(surf|shape)\.gii")
BIDS_KINDS = {
    "white": "white", "smoothwm": "smoothwm", "pial": "pial", "midthickness": "central",
    "sphere": "sphere", "thickness": "thickness",
}  # fmt: skip
OWN_SPACES = ("", "T1w", "fsnative", "individual")
SMOOTHED = "the white surface is FreeSurfer's smoothwm, which is slightly smoothed."

HCP_PLACES = ("", "T1w/Native", "Native", "T1w/fsaverage_LR*k", "fsaverage_LR*k")
HCP_VALUES = ("MNINonLinear/Native", "MNINonLinear/fsaverage_LR*k")  # not moved by the warp
HCP_NAME = re.compile(
    r"(?P<subject>.+)\.(?P<side>[LR])\."
    r"(?P<what>white|pial|midthickness|sphere\.reg|thickness)(?P<registered>_[A-Za-z0-9_]+)?"
    r"(\.(?P<mesh>native|\d+k_fs_LR))?\.(surf|shape)\.gii"
)
HCP_KINDS = {"midthickness": "central"}
HCP_MESHES = ("native", "", "164k_fs_LR", "59k_fs_LR", "32k_fs_LR")
WARPED = "MNINonLinear"


@dataclass(frozen=True)
class CortexFiles:
    """Files of one hemisphere that belong together.

    Parameters
    ----------
    maker : {"FreeSurfer", "fMRIPrep", "HCP"}
        Whose names they have; charm's are FreeSurfer's.
    paths : mapping of str to Path
        By kind: white, pial, central, sphere.reg, thickness, curv, as far as they are there.
    notes : tuple of str
        What to know about the choice.
    """

    maker: Maker = "FreeSurfer"
    paths: Mapping[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def cortex_files(folder: Path, side: Side) -> CortexFiles:
    """Find the files of a hemisphere.

    Parameters
    ----------
    folder : Path
        Of a subject, or one that holds the files themselves.
    side : {"left", "right"}
        Which hemisphere.

    Returns
    -------
    CortexFiles
        Of the first maker of whom there are enough, else any; empty when there are none.

    Raises
    ------
    BadInputError
        When there are files of several subjects or runs.
    """
    makers = [_freesurfer(folder, side), _fmriprep(folder, side), _hcp(folder, side)]
    whole = [found for found in makers if "pial" in found.paths and len(_surfaces(found)) > 1]
    some = [found for found in makers if _surfaces(found)]
    return next(iter((*whole, *some)), CortexFiles())


def _surfaces(found: CortexFiles) -> list[str]:
    return [kind for kind in SURFACES if kind in found.paths]


def _freesurfer(folder: Path, side: Side) -> CortexFiles:
    found: dict[str, Path] = {}
    for kind, names in NAMES.items():
        for place in PLACES:
            for name in names:
                for ending in ENDINGS:
                    path = folder / place / f"{LETTERS[side]}.{name}{ending}"
                    if kind not in found and path.is_file():
                        found[kind] = path
    return CortexFiles("FreeSurfer", found)


def _fmriprep(folder: Path, side: Side) -> CortexFiles:
    letter = side[0].upper()
    groups: dict[tuple[str, ...], dict[str, Path]] = defaultdict(dict)
    for path in _in_places(folder, BIDS_PLACES):
        match = BIDS_NAME.fullmatch(path.name.removesuffix(".gz"))
        kind = BIDS_KINDS.get(match["what"]) if match else None
        if match is None or kind is None:
            continue
        parts = dict(p.split("-", 1) for p in match["entities"].split("_") if "-" in p)
        own, desc = parts.get("space", "") in OWN_SPACES, parts.get("desc", "")
        if kind == "sphere":  # FreeSurfer's registration to fsaverage, not that to fsLR
            own = desc == "reg" and parts.get("space", "") in (*OWN_SPACES, "fsaverage")
            kind, desc = "sphere.reg", ""
        if parts["hemi"] == letter and own and not desc:
            run = tuple(parts.get(name, "") for name in ("sub", "ses", "acq", "run", "tpl"))
            groups[run].setdefault(kind, path)
    found = _only_one(folder, {run: paths for run, paths in groups.items() if "pial" in paths})
    smoothed = found.pop("smoothwm", None)
    if smoothed is not None and "white" not in found:
        return CortexFiles("fMRIPrep", found | {"white": smoothed}, (SMOOTHED,))
    return CortexFiles("fMRIPrep", found)


def _hcp(folder: Path, side: Side) -> CortexFiles:
    letter = side[0].upper()
    groups: dict[tuple[str, ...], dict[str, Path]] = defaultdict(dict)
    for path in _in_places(folder, (*HCP_PLACES, *HCP_VALUES)):
        match = HCP_NAME.fullmatch(path.name.removesuffix(".gz"))
        if match is None or match["side"] != letter:
            continue
        kind = HCP_KINDS.get(match["what"], match["what"])
        if WARPED in path.absolute().parts and kind in SURFACES:
            continue
        run = (match["mesh"] or "", match["registered"] or "", match["subject"])
        groups[run].setdefault(kind, path)
    whole = {run: paths for run, paths in groups.items() if "pial" in paths}
    first = min((_rank(run) for run in whole), default=None)
    best = {run: paths for run, paths in whole.items() if _rank(run) == first}
    return CortexFiles("HCP", _only_one(folder, best))


def _rank(run: tuple[str, ...]) -> tuple[int, int]:
    """Prefer the subject's own mesh, and the plain name."""
    mesh, registered, _ = run
    return HCP_MESHES.index(mesh) if mesh in HCP_MESHES else len(HCP_MESHES), len(registered)


def _in_places(folder: Path, places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        for inner in sorted(folder.glob(place)) if place else [folder]:
            yield from sorted(path for path in inner.glob("*.gii*") if path.is_file())


def _only_one(
    folder: Path, groups: Mapping[tuple[str, ...], dict[str, Path]]
) -> dict[str, Path]:
    if len(groups) > 1:
        names = ", ".join(paths["pial"].name for paths in list(groups.values())[:3])
        msg = (
            f"the surfaces must be those of one person and one run; {folder} holds several: "
            f"{names}. Give a folder that holds one of them."
        )
        raise BadInputError(msg)
    return dict(next(iter(groups.values()), {}))
