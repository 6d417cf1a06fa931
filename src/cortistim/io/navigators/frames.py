"""In which frame a file's poses are given, and how that frame is tied to the T1 image.

Subject space is the world of the T1 image as its header gives it: the sform when it has a
code, else the qform. All matrices here are in millimetres.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cortistim.errors import BadInputError, FileFormatError, quoted
from cortistim.io.image.opening import leads_somewhere, open_image
from cortistim.typing import FloatArray

Tie = Literal["subject", "brainsight", "world", "form", "unknown"]

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Turns x and y round: left, posterior, superior to right, anterior, superior and back."""

CODES = {
    "scanner": 1,
    "aligned": 2,
    "talairach": 3,
    "mni-152": 4,
    "other-template": 5,
    "other": 5,
}
"""NIfTI intent codes of qform and sform by the name that Brainsight gives them."""


@dataclass(frozen=True, slots=True)
class DeclaredFrame:
    """The frame that a file declares.

    Parameters
    ----------
    name : str
        As in the file.
    tie : {"subject", "brainsight", "world", "form", "unknown"}
        What ties it to subject space: nothing is needed; corner of the image; the scanner's
        DICOM axes; one of the two forms in the header; not known.
    form : str
        ``q``, ``s`` or empty for either; of a tie by form.
    code : int
        Intent code of that form.
    """

    name: str
    tie: Tie = "subject"
    form: str = ""
    code: int = 0

    @property
    def needs_image(self) -> bool:
        """Whether the T1 image is needed to get into subject space."""
        return self.tie != "subject"


SUBJECT = DeclaredFrame("subject (RAS world of the T1, mm)")


@dataclass(frozen=True, eq=False)
class ImageForms:
    """What a NIfTI header says about space.

    Parameters
    ----------
    path : Path
        Of the image.
    shape : tuple of int
        Voxels along the three axes.
    qform, sform : (4, 4) arrays
        From voxel indices to mm.
    qcode, scode : int
        Their intent codes; 0 for none.
    quatern, qoffset, pixdim : tuples of float
        As stored, for files that name the image by them.
    """

    path: Path
    shape: tuple[int, ...]
    qform: FloatArray
    sform: FloatArray
    qcode: int
    scode: int
    quatern: tuple[float, ...]
    qoffset: tuple[float, ...]
    pixdim: tuple[float, ...]

    @property
    def affine(self) -> FloatArray:
        """From voxel indices to subject space, (4, 4)."""
        return self.sform if self.scode > 0 else self.qform

    @property
    def agree(self) -> bool:
        """Whether there is only one world in the header."""
        alone = self.qcode == 0 or self.scode == 0
        return alone or bool(np.allclose(self.qform, self.sform, atol=1e-3))


def read_image_forms(path: Path | str) -> ImageForms:
    """Read the header of a T1 image.

    Parameters
    ----------
    path : Path or str
        NIfTI, gzipped or not.

    Returns
    -------
    ImageForms
        Its forms; the voxels are not read.

    Raises
    ------
    BadInputError
        When there is no such file.
    FileFormatError
        When it is no NIfTI image, or says nothing about space.
    """
    image = open_image(path)
    if image.kind != "NIfTI":
        msg = f"{path}: the image must be NIfTI; this is {image.kind}'s. Convert it to .nii.gz."
        raise FileFormatError(msg)
    header = image.header
    sform, qform = image.forms_mm()
    # a form that leads nowhere is none, whatever its code
    qcode = int(header["qform_code"]) if leads_somewhere(qform) else 0
    scode = int(header["sform_code"]) if leads_somewhere(sform) else 0
    if qcode <= 0 and scode <= 0:
        msg = (
            f"{path}: the image must say where it lies; it has no usable qform or sform. Give "
            "the image that the navigator used."
        )
        raise FileFormatError(msg)
    return ImageForms(
        image.path,
        image.shape[:3],
        qform,
        sform,
        qcode,
        scode,
        tuple(float(header[name]) for name in ("quatern_b", "quatern_c", "quatern_d")),
        tuple(float(header[name]) for name in ("qoffset_x", "qoffset_y", "qoffset_z")),
        tuple(float(value) for value in header["pixdim"][:4]),
    )


def subject_from(frame: DeclaredFrame, image: ImageForms) -> FloatArray:
    """Return the matrix that carries a declared frame into subject space.

    Parameters
    ----------
    frame : DeclaredFrame
        Of a file.
    image : ImageForms
        Of the T1 that the navigator was given.

    Returns
    -------
    (4, 4) array
        Rigid, in mm.

    Raises
    ------
    BadInputError
        When the image does not tell how the frame lies.
    """
    if frame.tie == "subject":
        return np.eye(4)
    if frame.tie == "brainsight":
        return _from_corner(image)
    if frame.tie == "world":
        return _from_form(image, "", CODES["scanner"], frame.name) @ LPS
    if frame.tie == "form":
        return _from_form(image, frame.form, frame.code, frame.name)
    msg = (
        f"the frame {quoted(frame.name)} is not known, so no image can tie it to the head. "
        "Export "
        "the poses as NIfTI:Aligned or NIfTI:Q:Aligned."
    )
    raise BadInputError(msg)


def _from_corner(image: ImageForms) -> FloatArray:
    """Tie Brainsight's own frame: mm along the voxel axes, nearest to L, P and S.

    Its origin is the centre of the voxel at the right, anterior, inferior corner.
    """
    from nibabel.orientations import axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

    wanted = axcodes2ornt(("L", "P", "S"))
    turn = ornt_transform(io_orientation(image.affine), wanted)
    reordered = image.affine @ inv_ornt_aff(turn, image.shape)
    spacing = np.linalg.norm(reordered[:3, :3], axis=0)
    return reordered @ np.diag([*1 / spacing, 1.0])


def _from_form(image: ImageForms, form: str, code: int, name: str) -> FloatArray:
    """Tie one of the two worlds of a header to subject space."""
    choices = {"q": (image.qcode, image.qform), "s": (image.scode, image.sform)}
    asked = [choices[letter] for letter in (form or "qs")]
    chosen = [matrix for own_code, matrix in asked if own_code == code]
    if not chosen and image.agree:
        return np.eye(4)  # one world only: whatever it is called, it is the subject's
    if not chosen:
        msg = (
            f"{image.path}: qform and sform differ, and neither is the frame {quoted(name)} of "
            "the "
            f"poses; their codes are {image.qcode} and {image.scode}. Give the image that "
            "the navigator used."
        )
        raise BadInputError(msg)
    return image.affine @ np.linalg.inv(chosen[0])
