"""From what a user types to the nouns of the chain."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.coil import Coil
from cortistim.errors import BadInputError, MissingAnatomyError, MissingFileError, quoted
from cortistim.files import looks_like_file
from cortistim.head import Head, builtin_names, load_builtin
from cortistim.head.anisotropy import Mapped
from cortistim.head.space.targets import named_target, target_names
from cortistim.io import read_head
from cortistim.io.image.tensors import read_tensor_nifti
from cortistim.io.subject.head import NO_SURFACES, with_given_surfaces
from cortistim.io.subject.m2m import DTI, m2m_folder, mesh_of
from cortistim.naming import did_you_mean, listed
from cortistim.placement import cortical_target, scalp_point, side_in_words
from cortistim.placement.beam_f3 import ELECTRODES, beam_scalp_m
from cortistim.placement.beam_f3 import TARGETS as BEAM_TARGETS
from cortistim.placement.handle import side_of_midline_m
from cortistim.pulse import (
    DEFAULT_STIMULATOR,
    Output,
    Stimulator,
    named_stimulator,
    stimulator_names,
)
from cortistim.records.pose import Side
from cortistim.sources import Sourced
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import a_per_us_from_a_per_s, m_from_mm

SPACES = ("subject", "mni")
MOST_DIDT_A_PER_S = 1e10  # fifty times what stimulators give


@dataclass(frozen=True, slots=True)
class HeadRequest:
    """Which head, and with which conductivities.

    Parameters
    ----------
    name : str
        A built-in head, a .msh or .msh.gz file, or an ``m2m_`` folder.
    sigma : mapping of int to float, optional
        Conductivities in S/m by tag that replace the defaults.
    repair : bool, optional
        Mend what the mesh check would refuse.
    mapping : {"vn", "dir", "mc"}, optional
        How diffusion becomes conductivity; isotropic when neither it nor ``dti`` is given.
    dti : Path, optional
        Diffusion tensors; by default those of an ``m2m_`` folder.
    surfaces : Path, optional
        Folder with surfaces of the cortex; by default those of an ``m2m_`` folder. ``none``
        for the mesh's own cortex.
    """

    name: str = "colin27"
    sigma: tuple[tuple[int, float], ...] = ()
    repair: bool = False
    mapping: Mapped | None = None
    dti: Path | None = None
    surfaces: Path | None = None

    def load(self, *, progress: Progress = silent) -> Head:
        """Read or build the head.

        Parameters
        ----------
        progress : callable, optional
            Told what is being done.

        Returns
        -------
        Head
            Checked.

        Raises
        ------
        BadInputError
            When there is no such head or it cannot be trusted.
        """
        head, folder = self._isotropic(progress)
        if self.mapping is None and self.dti is None:
            return head
        image = self.dti or (folder / DTI if folder else None)
        if image is None:
            msg = (
                f"`mapping` needs diffusion tensors, and {self.name} has none of its own. Give "
                "an image of them as `dti`."
            )
            raise BadInputError(msg)
        progress("reading diffusion tensors", 0.0)
        return head.with_tensors(read_tensor_nifti(image), self.mapping or "vn")

    def _isotropic(self, progress: Progress) -> tuple[Head, Path | None]:
        overrides = dict(self.sigma)
        if self.name in builtin_names():
            head = load_builtin(self.name, progress=progress)
            if self.surfaces and str(self.surfaces) != NO_SURFACES:
                head = with_given_surfaces(head, self.surfaces)
            return head.with_sigma(overrides) if overrides else head, None
        path = _mesh_path(self.name)
        head = read_head(
            path,
            sigma=overrides,
            repair=self.repair,
            surfaces=self.surfaces,
            progress=progress,
        )
        return head, m2m_folder(path)


def head_of(asked: HeadRequest | Head, *, progress: Progress = silent) -> Head:
    """Return the head of a request: the one that it holds, or the one that it names.

    Parameters
    ----------
    asked : HeadRequest or Head
        A head that is at hand stays as it is.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    Head
        Checked.
    """
    return asked if isinstance(asked, Head) else asked.load(progress=progress)


def _mesh_path(name: str) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        return mesh_of(path)
    if not path.exists():
        if looks_like_file(name):
            raise MissingFileError(name)
        msg = (
            f"no head is named {quoted(name)}. {did_you_mean(name, builtin_names())}Give one "
            f"that is built in ({', '.join(builtin_names())}), a .msh file or a folder."
        )
        raise BadInputError(msg)
    return path


def require_whole(head: Head) -> None:
    """Refuse a head that a coil cannot be planned on: one that lacks a layer.

    The coil of such a plan would stand where the person's skull or scalp is, and its field
    and the dose that is derived from it would be wrong.

    Parameters
    ----------
    head : Head
        Any.

    Raises
    ------
    MissingAnatomyError
        When it lacks white or grey matter, CSF, bone or scalp.
    """
    if head.missing_tissues:
        msg = (
            f"a plan needs a whole head; {head.name} has no "
            f"{', no '.join(head.missing_tissues)}, so that pose, field and dose would be "
            "wrong on a person. Use a mesh with all layers, or accept that with "
            "`accept_incomplete_head`."
        )
        raise MissingAnatomyError(msg)


def require_didt(didt_a_per_s: float) -> None:
    """Refuse a rate of current that no stimulator comes near.

    Parameters
    ----------
    didt_a_per_s : float [A/s]
        Of a coil, of either sign.

    Raises
    ------
    BadInputError
        When it is beyond 10,000 A/µs.
    """
    if not abs(didt_a_per_s) <= MOST_DIDT_A_PER_S:
        most, got = map(a_per_us_from_a_per_s, (MOST_DIDT_A_PER_S, didt_a_per_s))
        msg = (
            f"dI/dt must be at most {most:g} A/µs, far more than any stimulator gives; got "
            f"{got:g} A/µs. The number may be in A/s; divide it by a million."
        )
        raise BadInputError(msg)


def stimulator_for(coil: Coil) -> str:
    """Choose the stimulator that a coil belongs to.

    Parameters
    ----------
    coil : Coil
        Its file may name the stimulator; its name may be among the measured pairs.

    Returns
    -------
    str
        A name from ``cortistim pulse list``; the default where nothing is known.
    """
    known = [named_stimulator(name) for name in stimulator_names()]
    for stimulator in known:
        if _same_device(coil.stimulator, stimulator):
            return stimulator.name
    for stimulator in known:
        try:
            stimulator.didt_max(coil.name)
        except BadInputError:
            continue  # this pair was not measured
        return stimulator.name
    return DEFAULT_STIMULATOR


def output_of(stimulator_name: str | None, coil: Coil) -> Output:
    """Find dI/dt at 100 % output of a stimulator with a coil.

    The coil's file is believed first, when it names the same stimulator.

    Parameters
    ----------
    stimulator_name : str or None
        From ``cortistim pulse list``; None takes the one that the coil belongs to.
    coil : Coil
        Its name, file header and inductance are used.

    Returns
    -------
    Output
        With the measured value, or the reason why there is none.
    """
    stimulator = named_stimulator(stimulator_name or stimulator_for(coil))
    stated = coil.didt_max_a_per_s
    if np.isfinite(stated) and _same_device(coil.stimulator, stimulator):
        note = f"stated in the file of coil {coil.name}"
        key = coil.sources[0] if coil.sources else "given by the user"
        return Output(stimulator, Sourced(stated, "A/s", key, note))
    try:
        return Output(stimulator, stimulator.didt_max(coil.name, coil.inductance_h))
    except BadInputError as error:
        return Output(stimulator, None, str(error))


def _same_device(told: str, stimulator: Stimulator) -> bool:
    plain = "".join(letter for letter in told.lower() if letter.isalnum())
    name = "".join(letter for letter in stimulator.name if letter.isalnum())
    return plain != "" and (plain in name or name in plain)


@dataclass(frozen=True, eq=False)
class TargetPoint:
    """A target as the user named it, in subject space.

    Parameters
    ----------
    name : str
        As typed.
    words : str
        What it is.
    point_m : (3,) array [m]
        In subject space.
    source : str
        Key of ``references.bib``, or ``given by the user``.
    confidence : str
        ``high``, ``medium``, ``low`` or empty.
    note : str
        What a reader should know about it.
    """

    name: str
    words: str
    point_m: FloatArray
    source: str
    confidence: str = ""
    note: str = ""


def find_target(head: Head, text: str, *, space: str = "subject") -> TargetPoint:
    """Understand a target: a name, an EEG position or coordinates.

    Parameters
    ----------
    head : Head
        Needs a cortex for an EEG position.
    text : str
        Such as ``dlpfc_l``, ``C3`` or ``-38,44,26`` (millimetres).
    space : str, optional
        ``subject`` or ``mni``: the frame of coordinates. Names know their own.

    Returns
    -------
    TargetPoint
        In subject space.

    Raises
    ------
    BadInputError
        When nothing of that name exists.
    """
    coordinates = parse_point_mm(text)
    if coordinates is not None:
        point = to_subject_m(head, m_from_mm(coordinates), space)[0]
        words = f"({', '.join(f'{v:g}' for v in coordinates)}) mm in {space} space"
        return TargetPoint(text, words, point, "given by the user")
    if listed(text, target_names()):
        known = named_target(text)
        point = head.frame.to_subject_m(np.atleast_2d(known.mni_m))[0]
        return TargetPoint(text, known.words, point, known.source, known.confidence, known.note)
    if text.lower() in BEAM_TARGETS:
        return _beam_target(head, text)
    return _under_electrode(head, text)


def _beam_target(head: Head, text: str) -> TargetPoint:
    side = BEAM_TARGETS[text.lower()]
    scalp = beam_scalp_m(head, side)
    words = f"cortex under the Beam {ELECTRODES[side]} point of this scalp"
    note = "tape measures taken on the head's scalp; nearest mid-grey point below"
    return TargetPoint(text, words, cortical_target(head, scalp), "beam2009", "", note)


def require_target_name(text: str) -> None:
    """Refuse a name that is a target on no head, before one is built.

    Parameters
    ----------
    text : str
        As typed; coordinates and what may be an EEG position pass.

    Raises
    ------
    BadInputError
        With what may have been meant.
    """
    if parse_point_mm(text) is not None or re.fullmatch(POSITION, text.strip()):
        return
    names = (*target_names(), *BEAM_TARGETS)
    if listed(text, target_names()) or text.lower() in BEAM_TARGETS:
        return
    msg = (
        f"no target is named {quoted(text)}. {did_you_mean(text, names)}Give one of "
        f"{', '.join(names)}, an EEG position such as C3, or coordinates x,y,z in mm."
    )
    raise BadInputError(msg)


POSITION = r"[A-Za-z]{1,4}\d{0,3}[hz]?"
"""What names of EEG positions look like, those of caps of a person's own among them."""


def _under_electrode(head: Head, label: str) -> TargetPoint:
    try:
        scalp = scalp_point(head, label)
    except MissingAnatomyError:
        raise
    except BadInputError as error:
        names = (*target_names(), *BEAM_TARGETS)
        msg = (
            f"no target is named {quoted(label)}. "
            f"{did_you_mean(label, (*names, *head.electrodes_m))}Give one of "
            f"{', '.join(names)}, an EEG position such as C3, or coordinates x,y,z in mm."
        )
        raise BadInputError(msg) from error
    words = f"cortex under EEG position {label}"
    note = "nearest mid-grey point below the scalp position"
    return TargetPoint(label, words, cortical_target(head, scalp), "jurcak2007", "", note)


def parse_point_mm(text: str) -> FloatArray | None:
    """Read three numbers separated by commas or blanks.

    Parameters
    ----------
    text : str
        Such as ``-38,44,26``.

    Returns
    -------
    (3,) array or None
        None when the text is no list of numbers.

    Raises
    ------
    BadInputError
        When it has commas or is a list of numbers, but not of three finite ones.
    """
    try:
        numbers = np.array([float(part) for part in text.replace(",", " ").split()])
    except ValueError:
        if "," not in text:
            return None
        numbers = np.zeros(0)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        msg = f"coordinates must be three finite numbers x,y,z in mm; got {quoted(text)}."
        raise BadInputError(msg)
    return numbers


def to_subject_m(head: Head, points_m: FloatArray, space: str) -> FloatArray:
    """Carry points to subject space.

    Parameters
    ----------
    head : Head
        Ties the spaces together.
    points_m : (n_point, 3) array [m]
        In the space named.
    space : str
        ``subject`` or ``mni``.

    Returns
    -------
    (n_point, 3) array [m]
        In subject space.

    Raises
    ------
    BadInputError
        When there is no such space.
    """
    if space not in SPACES:
        msg = f"space must be one of {', '.join(SPACES)}; got {quoted(space)}."
        raise BadInputError(msg)
    points = np.atleast_2d(points_m)
    return points if space == "subject" else head.frame.to_subject_m(points)


def side_of(head: Head, point_m: FloatArray) -> Side:
    """Return left, right or midline for a subject point.

    Parameters
    ----------
    head : Head
        Its frame decides where the middle is.
    point_m : (3,) array [m]
        In subject space.

    Returns
    -------
    {"left", "right", "midline"}
        In words.
    """
    return side_in_words(side_of_midline_m(head, point_m))
