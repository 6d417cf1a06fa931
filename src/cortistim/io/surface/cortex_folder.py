"""The cortex in folders of others: FreeSurfer subjects, charm's m2m folders, GIFTI files."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cortistim.errors import BadInputError
from cortistim.head.cortex.hemispheres import (
    CorticalSurfaces,
    Hemisphere,
    Parcels,
    Side,
    is_sphere,
    ribbon_between,
    unregistered,
)
from cortistim.head.space.frames import AffineFrame, Frame
from cortistim.head.surfaces import enclosed_volume_m3
from cortistim.io.image.stream import beginning
from cortistim.io.surface.freesurfer import (
    StoredSurface,
    placed_m,
    read_annotation,
    read_surface,
    read_talairach_m,
    read_values,
    tk_of_volume_mm,
)
from cortistim.io.surface.gifti_read import read_columns_gifti, read_surface_gifti
from cortistim.io.surface.names import (
    ENDINGS,
    LETTERS,
    PLACES,
    SURFACES,
    WARPED,
    Maker,
    cortex_files,
)
from cortistim.typing import FloatArray, IntArray
from cortistim.units import m_from_mm

ORIG, TALAIRACH = Path("mri/orig.mgz"), Path("mri/transforms/talairach.xfm")
ALL_SURFACES = 4  # that `missing_surfaces` can name
KNOWN_FOLDERS = "subject of FreeSurfer, fMRIPrep or HCP, m2m folder, or lh.white and lh.pial"
IN_T1W = "the HCP's surfaces are taken to lie in the coordinates of its T1w image."
SPHERE = "a topological sphere (Euler number 2)"


def missing_surfaces(folder: Path) -> tuple[str, ...]:
    """Tell which surfaces of the cortex a folder would need to have more.

    Parameters
    ----------
    folder : Path
        Of a subject, or one that holds the files themselves.

    Returns
    -------
    tuple of str
        Such as ``lh.pial``; empty when both hemispheres can be read. All of them when the
        folder has no surface at all.
    """
    missing = []
    for side, letters in LETTERS.items():
        found = cortex_files(folder, side).paths
        if "pial" not in found:
            missing.append(f"{letters}.pial")
        if not ("white" in found or "central" in found):
            missing.append(f"{letters}.white or {letters}.central")
    return tuple(missing)


def read_cortical_surfaces(folder: Path | str) -> CorticalSurfaces:
    """Read both hemispheres of a subject.

    White and pial surfaces, or central and pial ones, of each side are needed; ``sphere.reg``,
    ``thickness``, ``curv`` and annotations are taken where they are.

    Parameters
    ----------
    folder : Path or str
        A FreeSurfer subject, an ``m2m_`` folder, a subject of fMRIPrep or of the HCP, or a
        folder with files such as ``lh.white``, ``lh.white.gii``, ``hemi-L_white.surf.gii`` or
        ``100307.L.white.native.surf.gii``; see `cortistim.io.surface.names`.

    Returns
    -------
    CorticalSurfaces
        In scanner coordinates; the notes say how the frame was found and whether every
        surface is a topological sphere.

    Raises
    ------
    BadInputError
        When a surface is missing, the files do not fit together, or no file tells where
        FreeSurfer's coordinates lie.
    FileFormatError
        When a file is broken.
    """
    folder = Path(folder)
    if not folder.is_dir():
        msg = f"`surfaces` must be a folder ({KNOWN_FOLDERS}); {folder} is none."
        raise BadInputError(msg)
    (left, *told_left), (right, *told_right) = (
        _hemisphere(folder, side) for side in ("left", "right")
    )
    notes, warnings = (
        tuple(dict.fromkeys((*ours, *theirs)))
        for ours, theirs in zip(told_left, told_right, strict=True)
    )
    talairach = _talairach(folder / TALAIRACH)
    origin = f"surfaces of {folder.absolute().name}"
    return CorticalSurfaces(left, right, origin, notes, warnings, talairach)


def registered_sphere(folder: Path, side: Side) -> tuple[FloatArray, IntArray]:
    """Read the sphere of a template such as fsaverage.

    Parameters
    ----------
    folder : Path
        FreeSurfer's ``fsaverage``, SimNIBS' ``fsaverage_surf`` or the copy of nilearn.
    side : {"left", "right"}
        Which hemisphere.

    Returns
    -------
    sphere : (n_vertex, 3) array
        Unit vectors.
    triangles : (n_triangle, 3) int array
        Vertex indices.

    Raises
    ------
    BadInputError
        When the folder has none.
    """
    letters = LETTERS[side]
    names = [f"{letters}.sphere.reg", f"{letters}.sphere", f"sphere_{side}"]
    for place in PLACES:
        for name in names:
            for ending in ENDINGS:
                path = folder / place / f"{name}{ending}"
                if path.is_file():
                    stored = _stored(path)
                    length_mm = np.linalg.norm(stored.vertices_mm, axis=1, keepdims=True)
                    return stored.vertices_mm / np.maximum(length_mm, 1e-12), stored.triangles
    msg = (
        f"`fsaverage` must be a folder with {letters}.sphere.reg or {letters}.sphere (or .gii)"
        f"; {folder} has none. It is part of FreeSurfer, SimNIBS and nilearn."
    )
    raise BadInputError(msg)


def _is_gifti(path: Path) -> bool:
    """Tell GIFTI, which is XML, from FreeSurfer's own by what the file begins with."""
    first = beginning(path, 64).removeprefix(b"\xef\xbb\xbf").lstrip()
    return first.startswith(b"<") or ".gii" in path.name.lower()


def _stored(path: Path) -> StoredSurface:
    return read_surface_gifti(path) if _is_gifti(path) else read_surface(path)


@dataclass(frozen=True, eq=False)
class _Placed:
    """A surface in scanner coordinates, with how its frame was found."""

    path: Path
    vertices_m: FloatArray
    triangles: IntArray
    note: str


def _placed(folder: Path, path: Path, maker: Maker) -> _Placed:
    stored, is_gifti = _stored(path), _is_gifti(path)
    if maker == "HCP":  # its pipelines shift the vertices: metadata must not do it again
        return _Placed(path, m_from_mm(stored.vertices_mm), stored.triangles, IN_T1W)
    matrix_mm, note = stored.scanner_from_file_mm, ""
    if matrix_mm is not None and not np.allclose(matrix_mm, np.eye(4)):
        shift = ", ".join(f"{value:g}" for value in matrix_mm[:3, 3].round(2))
        teller = "GIFTI metadata" if is_gifti else "the surface files' footer"
        note = (
            f"surfaces were carried from FreeSurfer's tkRAS to scanner coordinates by {teller} "
            f"(shift {shift} mm)."
        )
    if matrix_mm is None and is_gifti:
        matrix_mm = np.eye(4)
    if matrix_mm is None:
        matrix_mm, note = _from_volume(folder, path)
    return _Placed(path, placed_m(stored, matrix_mm), stored.triangles, note)


def _from_volume(folder: Path, path: Path) -> tuple[FloatArray, str]:
    for base in (folder, folder.parent):
        if (base / ORIG).is_file():
            matrix_mm = tk_of_volume_mm(base / ORIG)
            shift = ", ".join(f"{value:g}" for value in matrix_mm[:3, 3].round(2))
            note = (
                "surfaces were carried from FreeSurfer's tkRAS to scanner coordinates by "
                f"mri/orig.mgz (shift {shift} mm)."
            )
            return matrix_mm, note
    msg = (
        f"{path}: FreeSurfer's coordinates (tkRAS) need the place of their volume; the file "
        "has no volume info and there is no mri/orig.mgz beside surf. Give the whole subject "
        "folder."
    )
    raise BadInputError(msg)


def _hemisphere(
    folder: Path, side: Side
) -> tuple[Hemisphere, tuple[str, ...], tuple[str, ...]]:
    """Read one half, with notes and warnings."""
    files = cortex_files(folder, side)
    found = files.paths
    sides = {
        kind: _placed(folder, found[kind], files.maker) for kind in SURFACES if kind in found
    }
    if "pial" not in sides or len(sides) < 2:
        raise _lacking(folder, side, tuple(sides))
    _require_same(sides)
    triangles = sides["pial"].triangles
    if enclosed_volume_m3(sides["pial"].vertices_m, triangles) < 0:
        triangles = np.ascontiguousarray(triangles[:, ::-1])
    white_m, mid_m, warnings = _middle(side, sides)
    pial_m = sides["pial"].vertices_m
    values = {kind: _values(found[kind]) for kind in ("thickness", "curv") if kind in found}
    thickness_m = m_from_mm(values["thickness"]) if "thickness" in values else None
    _require_length(found.get("thickness"), thickness_m, len(pial_m))
    ribbon = ribbon_between(triangles, white_m, pial_m, mid_m, thickness_m)
    half = Hemisphere(side, ribbon, maps={n: v for n, v in values.items() if n == "curv"})
    sphere = _sphere(found.get("sphere.reg"))
    half = replace(half, sphere=sphere, parcels=_parcels(folder, side))
    notes = (*files.notes, *(one.note for one in sides.values() if one.note))
    if is_sphere(triangles):
        return half, (*notes, f"the given {side} surface is {SPHERE}."), warnings
    wrong = f"the given {side} surface is not {SPHERE}: it has holes, handles or pieces."
    return half, notes, (*warnings, wrong)


def _lacking(folder: Path, side: Side, have: tuple[str, ...]) -> BadInputError:
    letters = LETTERS[side]
    warped = WARPED in folder.absolute().parts
    way = f" Give T1w/Native: what is in {WARPED} lies in MNI space." if warped else ""
    msg = (
        f"surfaces of the {side} hemisphere must be {letters}.white and {letters}.pial, or "
        f"{letters}.central and {letters}.pial, or fMRIPrep's or the HCP's names of them; "
        f"{folder} has {', '.join(have) or 'none of them'}.{way}"
    )
    return BadInputError(msg)


def _require_same(sides: dict[str, _Placed]) -> None:
    first, *others = sides.values()
    for other in others:
        if not np.array_equal(first.triangles, other.triangles):
            msg = (
                f"{other.path}: all surfaces of a hemisphere must have the same triangles; it "
                f"differs from {first.path.name}. Use files from the same run."
            )
            raise BadInputError(msg)


def _require_length(path: Path | None, values: FloatArray | None, wanted: int) -> None:
    if values is not None and len(values) != wanted:
        msg = (
            f"{path}: it must have a value for each of the {wanted} vertices; it has "
            f"{len(values)}. Use files from the same run."
        )
        raise BadInputError(msg)


def _middle(
    side: Side, sides: dict[str, _Placed]
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """White and middle places; what is missing follows from the other two."""
    pial_m = sides["pial"].vertices_m
    if "white" in sides:
        white_m = sides["white"].vertices_m
        central = sides.get("central")
        return white_m, (white_m + pial_m) / 2 if central is None else central.vertices_m, ()
    mid_m = sides["central"].vertices_m
    note = (
        f"the {side} white surface is missing; it is taken as far inside the central one as "
        "the pial one is outside."
    )
    return 2 * mid_m - pial_m, mid_m, (note,)


def _values(path: Path) -> FloatArray:
    if _is_gifti(path):
        return next(iter(read_columns_gifti(path).values()))
    return read_values(path)


def _sphere(path: Path | None) -> FloatArray:
    return unregistered() if path is None else _stored(path).vertices_mm


def _parcels(folder: Path, side: Side) -> tuple[Parcels, ...]:
    """Annotations, in the folder of labels or beside the surfaces."""
    letters, found = LETTERS[side], {}
    for place in ("label", "", "surf", "surfaces"):
        for path in sorted((folder / place).glob(f"{letters}.*.annot")):
            name = path.name.removeprefix(f"{letters}.").removesuffix(".annot")
            numbers, names = read_annotation(path)
            found.setdefault(name, Parcels(name, numbers, names, path.name))
    return tuple(found.values())


def _talairach(path: Path) -> Frame | None:
    if not path.is_file():
        return None
    return AffineFrame(read_talairach_m(path), f"{path.name} of FreeSurfer, affine")
