"""Images of kinds that are not read: what they are, and how to convert them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cortistim.errors import BadInputError
from cortistim.io.image.stream import beginning

DICOM = "DICOM"
FOLDER_OF_DICOM = "dcm2niix -z y -o OUT FOLDER"
FIRST_BYTES = 512
MOST_LOOKED_AT = 40  # files of a folder
# a mark, where it is, what has it, and a command or a place that turns it into NIfTI
MARKS: tuple[tuple[int, bytes, str, str], ...] = (
    (128, b"DICM", "a DICOM file", f"'{FOLDER_OF_DICOM}' on its folder"),
    (0, b"\x08\x00\x05\x00", "a DICOM file without preamble", f"'{FOLDER_OF_DICOM}'"),
    (0, b"\x08\x00\x08\x00", "a DICOM file without preamble", f"'{FOLDER_OF_DICOM}'"),
    (0, b"NRRD", "an NRRD file", "3D Slicer (save as .nii.gz)"),
    (0, b"CDF\x01", "a MINC 1 file", "'mnc2nii IN.mnc OUT.nii'"),
    (0, b"CDF\x02", "a MINC 1 file", "'mnc2nii IN.mnc OUT.nii'"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (MINC 2?)", "'mnc2nii IN.mnc OUT.nii'"),
    (0, b"ObjectType", "a MetaImage header (.mha, .mhd)", "3D Slicer (save as .nii.gz)"),
    (0, b"NDims", "a MetaImage header (.mha, .mhd)", "3D Slicer (save as .nii.gz)"),
    (0, b"# === DATA DESCRIPTION FILE", "a Philips PAR file", "'parrec2nii IN.PAR'"),
    (0, b"MATRIX7", "an ECAT file", "'ecat2nii' or 'mri_convert IN OUT.nii.gz'"),
    (0, b"PK\x03\x04", "a zip archive", "'unzip', and give the image in it"),
    (0, b"BZh", "compressed with bzip2", "'bunzip2'"),
    (0, b"\x28\xb5\x2f\xfd", "compressed with zstandard", "'unzstd'"),
    (0, b"\xfd7zXZ", "compressed with xz", "'unxz'"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "'7z x', and give the image in it"),
    (0, b"MATLAB", "a MATLAB file", "niftiwrite of MATLAB"),
    (0, b"<?xml", "an XML file (a surface in GIFTI?)", "a program that writes images"),
    (0, b"$MeshFormat", "a mesh", "a program that writes images"),
    (0, b"\x89PNG", "a picture (PNG)", "a program that keeps the voxels"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", "a program that keeps the voxels"),
    (0, b"II*\0", "a TIFF file", "Fiji (NIfTI plugin)"),
    (0, b"MM\0*", "a TIFF file", "Fiji (NIfTI plugin)"),
    (0, b"%PDF", "a PDF file", "the scanner's own export"),
)
AFNI = (b"type = string-attribute", b"type  = string-attribute", b"type = integer-attribute")


def kind_of(first: bytes) -> tuple[str, str] | None:
    """Tell what a file is that is not read as an image.

    Parameters
    ----------
    first : bytes
        Its first bytes, gunzipped.

    Returns
    -------
    tuple of str, or None
        What it is, and what converts it; None for what is not known.
    """
    text = first.lstrip()
    for place, mark, name, way in MARKS:
        if first[place : place + len(mark)] == mark or (not place and text.startswith(mark)):
            return name, way
    if text.startswith(AFNI):
        return "a header of AFNI", "'3dAFNItoNIFTI NAME+orig'"
    return None


def require_no_folder(path: Path) -> None:
    """Refuse a folder, and say what is in it.

    Parameters
    ----------
    path : Path
        Given as an image.

    Raises
    ------
    BadInputError
        When it is a folder.
    """
    try:
        if not path.is_dir():
            return
    except OSError:  # a name that is too long: what reads the file will say so
        return
    if any(_is_dicom(file) for file in islice(_files(path), MOST_LOOKED_AT)):
        msg = (
            f"{path}: an image must be one file; this is a folder of DICOM files. Convert it "
            f"with 'dcm2niix -z y -o OUT {path.name or 'FOLDER'}', and give the .nii.gz file."
        )
    else:
        msg = f"{path}: an image must be one file; this is a folder. Name the file in it."
    raise BadInputError(msg)


def _files(folder: Path) -> Iterator[Path]:
    """Go through a folder and the folders in it: scanners lay one for each series."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    yield from (entry for entry in entries if entry.is_file())
    for inner in (entry for entry in entries if entry.is_dir() and not entry.is_symlink()):
        yield from _files(inner)


def _is_dicom(path: Path) -> bool:
    if path.name.upper() == "DICOMDIR":
        return True
    try:
        found = kind_of(beginning(path, FIRST_BYTES))
    except BadInputError:
        return False
    return found is not None and DICOM in found[0]
