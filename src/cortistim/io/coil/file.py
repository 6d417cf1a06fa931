"""Coils by name or file: the one door through which every command takes them."""

from collections.abc import Mapping
from pathlib import Path

from cortistim.coil import Coil, CoilAssembly, assembly_of, named_coil
from cortistim.errors import BadInputError, FileFormatError, MissingFileError
from cortistim.files import looks_like_file
from cortistim.io.coil.ccd import read_ccd, write_ccd
from cortistim.io.coil.nifti import read_coil_nifti, write_coil_nifti
from cortistim.io.coil.tcd import read_tcd
from cortistim.io.coil.tcd_write import write_tcd

ENDINGS = (".ccd", ".tcd", ".nii", ".nii.gz")


def read_assembly(name_or_path: Path | str) -> CoilAssembly | Coil:
    """Return a coil as it is stored: with its elements, joints and channels if it has any.

    Parameters
    ----------
    name_or_path : Path or str
        A .ccd, .tcd, .nii or .nii.gz file, or one of `cortistim.coil.coil_names`.

    Returns
    -------
    CoilAssembly or Coil
        A coil in one piece for names and .ccd files.

    Raises
    ------
    BadInputError
        When there is no such file or name, or files of this kind cannot be read.
    """
    text = str(name_or_path)
    lower = text.lower()
    if lower.endswith(".ccd"):
        return read_ccd(text)
    if lower.endswith(".tcd"):
        return read_tcd(text)
    if lower.endswith((".nii", ".nii.gz")):
        return read_coil_nifti(text)
    if lower.endswith(".stl") or Path(text).is_file():
        msg = f"{text}: a coil file must end in {', '.join(ENDINGS)}; or name a coil."
        raise FileFormatError(msg)
    if looks_like_file(text):
        raise MissingFileError(text)
    return named_coil(text)


def read_coil(
    name_or_path: Path | str,
    *,
    deformation: Mapping[str, float] | None = None,
    currents: Mapping[str, float] | None = None,
) -> Coil:
    """Return a coil by the name of a type or the path of a file, bent and fed as asked.

    Parameters
    ----------
    name_or_path : Path or str
        A .ccd, .tcd, .nii or .nii.gz file, or one of `cortistim.coil.coil_names`.
    deformation : mapping of str to float, optional
        Values of a deformable coil's parameters, in degrees or millimetres.
    currents : mapping of str to float, optional
        Share of dI/dt by stimulator, for coils with several.

    Returns
    -------
    Coil
        Its polarity is the file's: no format fixes the sign.

    Raises
    ------
    BadInputError
        When there is no such file or name, it cannot be read, or cannot be bent or fed so.
    """
    coil = read_assembly(name_or_path)
    if isinstance(coil, CoilAssembly):
        return coil.rigid(deformation, currents)
    if deformation or currents:
        asked = ", ".join([*(deformation or {}), *(currents or {})])
        msg = (
            f"{coil.name} is in one piece with one stimulator; it has no {asked}. Leave out "
            "the deformation and the shares of channels."
        )
        raise BadInputError(msg)
    return coil


def write_coil(path: Path | str, coil: Coil | CoilAssembly) -> None:
    """Write a coil in the format that the file's name ends in, atomically.

    Parameters
    ----------
    path : Path or str
        Ends in .ccd (dipoles only, at rest), .tcd (everything) or .nii(.gz) (sampled).
    coil : Coil or CoilAssembly
        Any.

    Raises
    ------
    BadInputError
        When the name ends in nothing known, or the format cannot hold the coil.
    """
    lower = str(path).lower()
    rigid = coil.rigid() if isinstance(coil, CoilAssembly) else coil
    parts = coil if isinstance(coil, CoilAssembly) else assembly_of(coil)
    if lower.endswith(".ccd"):
        write_ccd(path, rigid)
    elif lower.endswith(".tcd"):
        write_tcd(path, parts)
    elif lower.endswith((".nii", ".nii.gz")):
        write_coil_nifti(path, parts)
    else:
        msg = f"{path}: a coil file must end in {', '.join(ENDINGS)}."
        raise BadInputError(msg)
