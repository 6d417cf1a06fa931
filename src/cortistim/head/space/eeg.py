"""EEG positions of the 10-10 system, measured on the individual scalp.

As with a measuring tape (Jurcak 2007): the midline from nasion to inion and the arc from ear
to ear cross at Cz, where both are halved; the circumference runs 10 % above the fiducials;
coronal arcs join it with the midline. A tape is the taut curve in a plane, the convex hull
of the scalp's section, so that hollows and the back of the ears do not lengthen it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cortistim.errors import MissingAnatomyError
from cortistim.geometry import unit
from cortistim.head import _kernels
from cortistim.head.mesh import Surface
from cortistim.head.space.frames import Frame
from cortistim.typing import FloatArray
from cortistim.units import m_from_mm, mm_from_m

Positions = dict[str, FloatArray]

FIDUCIALS = ("Nz", "Iz", "LPA", "RPA")
# read off the midline and ear profiles of the Colin27 scalp: the hollow of the nasion, the
# bump of the inion, the pits before the ears; a few mm either way
TEMPLATE_FIDUCIALS_MNI_M: Mapping[str, FloatArray] = {
    "Nz": m_from_mm(np.array([0.0, 86.5, -39.0])),
    "Iz": m_from_mm(np.array([0.0, -122.0, -34.0])),
    "LPA": m_from_mm(np.array([-87.0, -21.0, -46.0])),
    "RPA": m_from_mm(np.array([86.5, -21.0, -46.0])),
}
FARTHEST_FIDUCIAL_M = 30e-3  # from the scalp; more means another frame or unit

MIDLINE = ("Nz", "Fpz", "AFz", "Fz", "FCz", "Cz", "CPz", "Pz", "POz", "Oz", "Iz")
HALF_RINGS = (  # from the front to the ear, and from the ear to the back
    ("Fpz", "Fp1", "AF7", "F7", "FT7", "T7"),
    ("T7", "TP7", "P7", "PO7", "O1", "Oz"),
    ("Fpz", "Fp2", "AF8", "F8", "FT8", "T8"),
    ("T8", "TP8", "P8", "PO8", "O2", "Oz"),
    ("Nz", "N1", "AF9", "F9", "FT9", "LPA"),
    ("LPA", "TP9", "P9", "PO9", "I1", "Iz"),
    ("Nz", "N2", "AF10", "F10", "FT10", "RPA"),
    ("RPA", "TP10", "P10", "PO10", "I2", "Iz"),
)
RING_APEX = {"T7": ("Fpz", "Oz"), "T8": ("Fpz", "Oz"), "LPA": ("Nz", "Iz"), "RPA": ("Nz", "Iz")}
CORONAL = (
    ("AF7", "AF3", "AFz", "AF4", "AF8"),
    ("F7", "F5", "F3", "F1", "Fz", "F2", "F4", "F6", "F8"),
    ("FT7", "FC5", "FC3", "FC1", "FCz", "FC2", "FC4", "FC6", "FT8"),
    ("T7", "C5", "C3", "C1", "Cz", "C2", "C4", "C6", "T8"),
    ("TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6", "TP8"),
    ("P7", "P5", "P3", "P1", "Pz", "P2", "P4", "P6", "P8"),
    ("PO7", "PO3", "POz", "PO4", "PO8"),
)
ALIASES = {"T3": "T7", "T4": "T8", "T5": "P7", "T6": "P8", "T9": "LPA", "T10": "RPA"}
SIDE_SHARE = 0.1  # T7 and T8 are a tenth up the arc from ear to ear
BASELINE_M = 0.5e-3  # what lies no higher could hide the ends of a tape
CZ_ROUNDS = 5  # after three Cz moves by less than 0.1 mm


@dataclass(frozen=True, eq=False)
class Tape:
    """A measuring tape along the scalp.

    Parameters
    ----------
    points_m : (n_point, 3) array [m]
        Corners of the taut curve, from end to end.
    """

    points_m: FloatArray

    def metres_to(self, point_m: FloatArray) -> float:
        """Measure along the tape from its start to where it passes a point most closely.

        Parameters
        ----------
        point_m : (3,) array [m]
            On the scalp.

        Returns
        -------
        float
            In metres.
        """
        steps_m = np.diff(self.points_m, axis=0)
        length2 = np.maximum((steps_m**2).sum(axis=1), np.finfo(float).tiny)
        share = ((point_m - self.points_m[:-1]) * steps_m).sum(axis=1) / length2
        share = np.clip(share, 0, 1)[:, None]
        gap_m = np.linalg.norm(self.points_m[:-1] + share * steps_m - point_m, axis=1)
        nearest = int(np.argmin(gap_m))
        return float(self._marks_m()[nearest] + share[nearest, 0] * length2[nearest] ** 0.5)

    @property
    def length_m(self) -> float:
        """From end to end, in metres."""
        return float(self._marks_m()[-1])

    def at(self, mark_m: float) -> FloatArray:
        """Return the point at a distance from the start along the tape, (3,) [m].

        Parameters
        ----------
        mark_m : float [m]
            From the start.

        Returns
        -------
        (3,) array [m]
            On the scalp.
        """
        marks_m = self._marks_m()
        return np.array([np.interp(mark_m, marks_m, axis_m) for axis_m in self.points_m.T])

    def between(self, start_m: FloatArray, end_m: FloatArray, share: float) -> FloatArray:
        """Return the point at a share (0 to 1) of the way between two others, (3,) [m].

        Parameters
        ----------
        start_m, end_m : (3,) array [m]
            Near the tape.
        share : float
            0 at the start, 1 at the end.

        Returns
        -------
        (3,) array [m]
            On the tape.
        """
        low_m, high_m = self.metres_to(start_m), self.metres_to(end_m)
        return self.at(low_m + share * (high_m - low_m))

    def _marks_m(self) -> FloatArray:
        steps_m = np.linalg.norm(np.diff(self.points_m, axis=0), axis=1)
        return np.append(0.0, np.cumsum(steps_m))


def eeg_positions(
    scalp: Surface, frame: Frame, landmarks_m: Mapping[str, FloatArray]
) -> Positions:
    """Measure out the EEG 10-10 positions on a scalp.

    Parameters
    ----------
    scalp : Surface
        The head's outer surface; nothing may stick out of it above the ears.
    frame : Frame
        Used for template fiducials when the landmarks do not have all four.
    landmarks_m : mapping of str to (3,) array [m]
        Fiducials Nz, Iz, LPA, RPA and electrodes known beforehand; these stay as they are.

    Returns
    -------
    dict of str to (3,) array [m]
        Points on the scalp by name, with the old names T3 to T6 and the fiducials. Template
        fiducials make them uncertain by about a centimetre.

    Raises
    ------
    MissingAnatomyError
        When a fiducial is missing and no frame can be had, or when one lies more than
        30 mm from the scalp.

    References
    ----------
    .. [1] jurcak2007
    .. [2] oostenveld2001
    """
    known = {name: np.asarray(point_m, float) for name, point_m in landmarks_m.items()}
    fiducials = _fiducials(scalp, frame, known)
    found = dict(zip(fiducials, onto(scalp, np.array(list(fiducials.values()))), strict=True))
    _measure_midline(scalp, found)
    _measure_rings(scalp, found)
    _measure_coronal(scalp, found)
    found.update({old: found[new] for old, new in ALIASES.items()})
    return found | known


def onto(surface: Surface, points_m: FloatArray) -> FloatArray:
    """Move points to the closest points of a surface.

    Parameters
    ----------
    surface : Surface
        Where to.
    points_m : (n_point, 3) array [m]
        A few points; every triangle is measured.

    Returns
    -------
    (n_point, 3) array [m]
        On triangles.
    """
    corners_m = surface.vertices_m[surface.triangles]
    return _kernels.closest_of_all(np.ascontiguousarray(points_m, dtype=float), corners_m)


def _fiducials(scalp: Surface, frame: Frame, known: Positions) -> Positions:
    missing = [name for name in FIDUCIALS if name not in known]
    if missing:
        template_m = np.array([TEMPLATE_FIDUCIALS_MNI_M[name] for name in missing])
        guessed = dict(zip(missing, frame.to_subject_m(template_m), strict=True))
        known = known | guessed
    for name in FIDUCIALS:
        gap_m = float(np.linalg.norm(onto(scalp, known[name][None])[0] - known[name]))
        if gap_m > FARTHEST_FIDUCIAL_M:
            msg = (
                f"fiducials must lie within {mm_from_m(FARTHEST_FIDUCIAL_M):.0f} mm of the "
                f"scalp; {name} lies {mm_from_m(gap_m):.0f} mm from it. Give it in the "
                "mesh's frame."
            )
            raise MissingAnatomyError(msg)
    return {name: known[name] for name in FIDUCIALS}


def tape(scalp: Surface, start_m: FloatArray, over_m: FloatArray, end_m: FloatArray) -> Tape:
    """Lay a taut tape over the scalp, in the plane of three points.

    Parameters
    ----------
    scalp : Surface
        The head's outer surface.
    start_m, over_m, end_m : (3,) array [m]
        On the scalp; the tape starts, passes and ends there.

    Returns
    -------
    Tape
        The convex hull of the section, on the side of the middle point.
    """
    from scipy.spatial import ConvexHull

    along = unit(end_m - start_m)
    up = unit((over_m - start_m) - np.dot(over_m - start_m, along) * along)
    section_m = _section_m(scalp, start_m, np.cross(along, up)) - start_m
    flat_m = np.stack([section_m @ along, section_m @ up], axis=1)
    reach_m = float(np.linalg.norm(end_m - start_m))
    over_flat_m = [np.dot(over_m - start_m, along), np.dot(over_m - start_m, up)]
    flat_m = np.vstack([[0, 0], [reach_m, 0], over_flat_m, flat_m[flat_m[:, 1] > BASELINE_M]])
    ring = ConvexHull(flat_m).vertices
    ring = np.roll(ring, -int(np.flatnonzero(ring == 1)[0]))
    chain_m = flat_m[ring[: int(np.flatnonzero(ring == 0)[0]) + 1]][::-1]
    return Tape(start_m + chain_m[:, :1] * along + chain_m[:, 1:] * up)


def _section_m(scalp: Surface, point_m: FloatArray, normal: FloatArray) -> FloatArray:
    height_m = (scalp.vertices_m - point_m) @ normal
    edges = scalp.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    edges = edges[(height_m[edges[:, 0]] < 0) & (height_m[edges[:, 1]] >= 0)]
    low_m, high_m = height_m[edges[:, :1]], height_m[edges[:, 1:]]
    share = low_m / (low_m - high_m)
    return (1 - share) * scalp.vertices_m[edges[:, 0]] + share * scalp.vertices_m[edges[:, 1]]


def _measure_midline(scalp: Surface, found: Positions) -> None:
    """Find Cz, where both arcs are halved, then the midline and T7, T8."""
    nz_m, iz_m, left_m, right_m = (found[name] for name in FIDUCIALS)
    up = np.cross(unit(right_m - left_m), unit(nz_m - iz_m))
    middle_m = (nz_m + iz_m + left_m + right_m) / 4
    cz_m = scalp.vertices_m[np.argmax((scalp.vertices_m - middle_m) @ up)]
    for _ in range(CZ_ROUNDS):
        cz_m = tape(scalp, nz_m, cz_m, iz_m).between(nz_m, iz_m, 0.5)
        cz_m = tape(scalp, left_m, cz_m, right_m).between(left_m, right_m, 0.5)
    sagittal, coronal = tape(scalp, nz_m, cz_m, iz_m), tape(scalp, left_m, cz_m, right_m)
    shares = np.linspace(0, 1, len(MIDLINE))[1:-1]
    points_m = [sagittal.between(nz_m, iz_m, share) for share in shares]
    points_m += [coronal.between(left_m, right_m, s) for s in (SIDE_SHARE, 1 - SIDE_SHARE)]
    names = (*MIDLINE[1:-1], "T7", "T8")
    found.update(zip(names, onto(scalp, np.array(points_m)), strict=True))


def _measure_rings(scalp: Surface, found: Positions) -> None:
    for names in HALF_RINGS:
        apex = names[-1] if names[-1] in RING_APEX else names[0]
        front, back = RING_APEX[apex]
        ring = tape(scalp, found[front], found[apex], found[back])
        _measure_along(scalp, ring, names, found)


def _measure_coronal(scalp: Surface, found: Positions) -> None:
    for names in CORONAL:
        middle = len(names) // 2
        ends = (names[0], names[middle], names[-1])
        arc = tape(scalp, *(found[name] for name in ends))
        _measure_along(scalp, arc, names[: middle + 1], found)
        _measure_along(scalp, arc, names[middle:], found)


def _measure_along(
    scalp: Surface, along: Tape, names: tuple[str, ...], found: Positions
) -> None:
    """Put the inner names at equal steps between the first and the last."""
    start_m, end_m = found[names[0]], found[names[-1]]
    shares = np.linspace(0, 1, len(names))[1:-1]
    points_m = np.array([along.between(start_m, end_m, share) for share in shares])
    found.update(zip(names[1:-1], onto(scalp, points_m), strict=True))
