"""From what a user says of a coil to the coil on a head: read, bent, fed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortistim.coil import Coil, CoilAssembly, SampledPotential, coil_names, named_coil
from cortistim.coil import reversed_current as turned
from cortistim.coil.collision import require_apart
from cortistim.errors import PoseError
from cortistim.files import looks_like_file
from cortistim.head import Head
from cortistim.io import read_assembly, read_coil
from cortistim.placement import DISTANCE_M, Pose, place_over, scalp_under
from cortistim.placement.conform import conform
from cortistim.records.coil import PolarityRecord
from cortistim.typing import FloatArray, Progress, silent

START_HANDLE_RAD = float(np.deg2rad(45.0))


@dataclass(frozen=True, slots=True)
class CoilRequest:
    """Which coil, how bent and how fed.

    Parameters
    ----------
    name : str
        A name from ``cortistim coil list`` or a coil file.
    reverse_current : bool
        Let the current run the other way round.
    deformation : tuple of (str, float)
        Values of a deformable coil's parameters, in degrees or millimetres.
    channels : tuple of (str, float)
        Share of dI/dt by stimulator, for coils with several.
    """

    name: str = "magstim_d70"
    reverse_current: bool = False
    deformation: tuple[tuple[str, float], ...] = ()
    channels: tuple[tuple[str, float], ...] = ()

    def stored(self) -> Coil | CoilAssembly:
        """Return the coil as it is stored, with its elements and joints if it has any."""
        path = Path(self.name).expanduser()
        if path.suffix == "" and not path.exists() and not looks_like_file(self.name):
            return named_coil(self.name)  # raises, with suggestions
        return named_coil(self.name) if self.name in coil_names() else read_assembly(path)

    def load(self, *, deformation: Mapping[str, float] | None = None) -> Coil:
        """Read the coil, bend it and feed it.

        Parameters
        ----------
        deformation : mapping of str to float, optional
            Values from elsewhere, such as a pose file; those of the request win.

        Returns
        -------
        Coil
            In its own frame.

        Raises
        ------
        BadInputError
            When there is no such coil, or it cannot be bent or fed so.
        """
        bent = {**(deformation or {}), **dict(self.deformation)}
        stored = self.stored()
        if isinstance(stored, CoilAssembly):
            require_apart(stored, stored.values(bent))
            coil = stored.rigid(bent, dict(self.channels))
            coil = coil.joined()
        elif bent or self.channels:
            coil = read_coil(self.name, deformation=bent, currents=dict(self.channels))
        else:
            coil = stored
        return turned(coil) if self.reverse_current else coil

    def load_for(
        self,
        head: Head,
        point_m: FloatArray,
        *,
        distance_m: float = DISTANCE_M,
        handle_rad: float | None = None,
        progress: Progress = silent,
    ) -> Coil:
        """Read the coil and, if it can be bent and nobody said how, bend it to the head.

        Parameters
        ----------
        head : Head
            Under the coil.
        point_m : (3,) array [m]
            The target; the coil is bent over the scalp next to it.
        distance_m, handle_rad : float, optional
            Of the pose at which it is bent; the handle at 45° unless given.
        progress : callable, optional
            Told what is being done.

        Returns
        -------
        Coil
            In its own frame.

        Raises
        ------
        BadInputError
            When there is no such coil, or it cannot be fed so.
        """
        stored = self.stored()
        if not isinstance(stored, CoilAssembly) or not stored.parameters or self.deformation:
            return self.load()
        angle = START_HANDLE_RAD if handle_rad is None else handle_rad
        pose = _start(head, point_m, angle, distance_m)
        shape = conform(head, stored, pose, progress=progress)
        return self.load(deformation=shape.deformation)


def coil_of(asked: CoilRequest | Coil) -> Coil:
    """Return the coil of a request: the one that it holds, or the one that it names.

    Parameters
    ----------
    asked : CoilRequest or Coil
        A coil that is at hand stays as it is.

    Returns
    -------
    Coil
        In its own frame.
    """
    return asked if isinstance(asked, Coil) else asked.load()


def load_coil(name: str, *, reverse_current: bool = False) -> Coil:
    """Take a named coil or read a coil file, at rest.

    Parameters
    ----------
    name : str
        A name from ``cortistim coil list`` or a coil file.
    reverse_current : bool, optional
        Let the current run the other way round.

    Returns
    -------
    Coil
        In its own frame.

    Raises
    ------
    BadInputError
        When there is no such coil.
    """
    return CoilRequest(name, reverse_current).load()


def _start(head: Head, point_m: FloatArray, handle_rad: float, distance_m: float) -> Pose:
    try:
        return place_over(head, point_m, handle_rad=handle_rad, distance_m=distance_m)
    except PoseError:  # no posterior on forehead and back of the head: y up is as good
        scalp_m, normal = scalp_under(head, point_m)
        y_axis = np.array([0.0, 0.0, 1.0]) - normal[2] * normal
        y_axis /= np.linalg.norm(y_axis)
        matrix_m = np.eye(4)
        matrix_m[:3, 0], matrix_m[:3, 1] = np.cross(y_axis, -normal), y_axis
        matrix_m[:3, 2], matrix_m[:3, 3] = -normal, scalp_m + distance_m * normal
        return Pose(matrix_m)


def coil_warnings(head: Head, coil: Coil, pose: Pose) -> list[str]:
    """Say what about a coil makes its field on a head doubtful.

    Parameters
    ----------
    head, coil, pose : Head, Coil, Pose
        The coil on the head.

    Returns
    -------
    list of str
        Sentences; empty when there is nothing.
    """
    nodes_m = pose.to_coil_m(head.mesh.nodes_m)
    grids = [part for part in coil.further if isinstance(part, SampledPotential)]
    return list(dict.fromkeys(text for grid in grids if (text := grid.missed(nodes_m))))


def polarity_record(coil: Coil) -> PolarityRecord:
    """Say which way a coil's current and its field run, and who says so.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    PolarityRecord
        Sign of A along y 20 mm in front of the face, the direction of the induced field in
        words, and whether the sign is the stimulator's.
    """
    a_t_m = coil.a_at_20mm_t_m
    known = coil.name in coil_names()
    told = (
        "by the convention of the named coils: dI/dt > 0 induces E along +y, away from the "
        "handle, under a figure-8's centre; current runs counter-clockwise seen from the head "
        "in round coils and in the wing at +x"
        if known
        else "as in the file; coil files do not say whether their positive current is that of "
        "the stimulator's first phase, and those of different makers disagree"
    )
    return PolarityRecord(
        a_y_sign=0 if abs(a_t_m[1]) < 1e-8 else int(np.sign(a_t_m[1])),
        induced_e=current_direction(coil),
        sign=told,
        stimulator_first_phase="unknown: compare with a recording or the maker's arrow, "
        "and reverse the current where they differ",
    )


def current_direction(coil: Coil) -> str:
    """Say which way the induced field points for rising current.

    Parameters
    ----------
    coil : Coil
        Any.

    Returns
    -------
    str
        In words, from the sign of the vector potential 20 mm in front of the face.
    """
    along = -coil.a_at_20mm_t_m
    strongest = int(np.argmax(np.abs(along)))
    if np.abs(along[strongest]) < 1e-8:
        return "no field on the axis; the sign does not matter there"
    words = (
        ("towards the coil's +x side", "towards the coil's -x side"),
        ("away from the handle (+y)", "towards the handle (-y)"),
        ("into the head (+z)", "out of the head (-z)"),
    )[strongest]
    side = words[0] if along[strongest] > 0 else words[1]
    return f"for dI/dt > 0 the field induced under the coil's centre points {side}"
