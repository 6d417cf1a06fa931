"""What a report shows: one frozen noun, so that drawing needs nothing else.

Arrays are SI in the subject's frame; millimetres and A/µs appear only while drawing.

The plan is its record, the content of ``plan.json``. What the report says in sentences it takes
from there, so that no number or side is worked out twice; the rest is shown in tables.

A value that could not be had is None; its reason is the sibling ``<name>_reason``, with or
without the unit in the name, or ``reason`` in the same record.
"""

from dataclasses import dataclass, field

import numpy as np

from cortistim.coil.coil import Coil
from cortistim.errors import BadInputError
from cortistim.geometry import frozen
from cortistim.head.mesh import Surface
from cortistim.placement.pose import Pose
from cortistim.records.plan import PlanRecord
from cortistim.records.pose import Side
from cortistim.targeting import SearchMap
from cortistim.typing import FloatArray, IntArray


def _freeze(owner: object, *names: str) -> None:
    for name in names:
        object.__setattr__(owner, name, frozen(np.asarray(getattr(owner, name)), np.float64))


def _same_length(**arrays: FloatArray | IntArray) -> None:
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        msg = f"these must have the same length; got {told}. Pass arrays of the same run."
        raise BadInputError(msg)


@dataclass(frozen=True, eq=False)
class VolumeGrid:
    """Tissues and field on a regular grid along the subject's axes.

    Parameters
    ----------
    labels : (i, j, k) int array
        Tissue tags; 0 is air.
    e_magnitude_v_per_m : (i, j, k) array [V/m]
        |E|; NaN where it was not evaluated.
    affine_m : (4, 4) array [m]
        Subject frame from voxel index; diagonal with positive steps (RAS).
    """

    labels: IntArray
    e_magnitude_v_per_m: FloatArray
    affine_m: FloatArray

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse a grid that is not along the axes."""
        object.__setattr__(self, "labels", frozen(self.labels, np.int16))
        object.__setattr__(
            self, "e_magnitude_v_per_m", frozen(self.e_magnitude_v_per_m, np.float32)
        )
        _freeze(self, "affine_m")
        if self.labels.shape != self.e_magnitude_v_per_m.shape:
            msg = (
                f"labels and |E| must share one grid; got {self.labels.shape} and "
                f"{self.e_magnitude_v_per_m.shape}."
            )
            raise BadInputError(msg)
        step = np.diag(self.affine_m)[:3]
        if step.min() <= 0 or not np.allclose(self.affine_m[:3, :3], np.diag(step), atol=1e-9):
            msg = (
                "the grid must run along right, anterior, superior with positive steps; "
                f"got {self.affine_m[:3, :3].tolist()}. Resample it first."
            )
            raise BadInputError(msg)

    @property
    def step_m(self) -> FloatArray:
        """Voxel size along each axis, (3,), in metres."""
        return np.diag(self.affine_m)[:3]

    def index_of(self, point_m: FloatArray) -> tuple[int, int, int]:
        """Return the voxel nearest to a point, kept inside the grid."""
        exact = (np.asarray(point_m) - self.affine_m[:3, 3]) / self.step_m
        inside = np.clip(np.rint(exact), 0, np.array(self.labels.shape) - 1).astype(int)
        return int(inside[0]), int(inside[1]), int(inside[2])


@dataclass(frozen=True, eq=False)
class ReportContent:
    """Everything that figures, scene and report are drawn from.

    Parameters
    ----------
    plan : PlanRecord
        The content of ``plan.json``.
    scalp : Surface
        The head's outer surface.
    cortex : Surface
        The fine cortical surface.
    cortex_display : Surface
        A coarser one for the browser.
    display_index : (n_display,) int array
        The fine vertex nearest to each vertex of `cortex_display`.
    e_v_per_m : (n_vertex, 3) array [V/m]
        Field on the fine cortex at the plan's dI/dt.
    coil : Coil
        In its own frame.
    pose : Pose
        Puts the coil on the subject.
    target_m : (3,) array [m]
        Where the field is wanted.
    search : SearchMap
        What was tried, for 1 A/µs; angles are turns from the planned pose.
    pulse_time_s : (n_time,) array [s]
        Time of the waveform's samples.
    pulse_didt_a_per_s : (n_time,) array [A/s]
        The waveform at the plan's dI/dt.
    pulse_times_s : (n_pulse,) array [s]
        When the protocol's pulses start.
    slices : VolumeGrid
        Tissues and |E| for the slices.
    display_mni_m : (n_display, 3) array [m], optional
        MNI coordinates of `cortex_display`; empty when the head has no tie to MNI.
    """

    plan: PlanRecord
    scalp: Surface
    cortex: Surface
    cortex_display: Surface
    display_index: IntArray
    e_v_per_m: FloatArray
    coil: Coil
    pose: Pose
    target_m: FloatArray
    search: SearchMap
    pulse_time_s: FloatArray
    pulse_didt_a_per_s: FloatArray
    pulse_times_s: FloatArray
    slices: VolumeGrid
    display_mni_m: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))

    def __post_init__(self) -> None:
        """Freeze the arrays; refuse lengths that do not match."""
        _freeze(self, "e_v_per_m", "target_m", "pulse_time_s", "pulse_didt_a_per_s")
        _freeze(self, "pulse_times_s", "display_mni_m")
        object.__setattr__(self, "display_index", frozen(self.display_index, np.int64))
        _same_length(e_v_per_m=self.e_v_per_m, cortex_vertices=self.cortex.vertices_m)
        unknown = int((~np.isfinite(self.e_v_per_m).all(axis=1)).sum())
        if unknown:
            msg = (
                f"e_v_per_m must be finite on the cortex; {unknown} of {len(self.e_v_per_m)} "
                "vertices are not. Evaluate the field inside the head."
            )
            raise BadInputError(msg)
        _same_length(
            display_index=self.display_index, display_vertices=self.cortex_display.vertices_m
        )
        _same_length(pulse_time_s=self.pulse_time_s, pulse_didt_a_per_s=self.pulse_didt_a_per_s)

    @property
    def e_magnitude_v_per_m(self) -> FloatArray:
        """|E| on the fine cortex, (n_vertex,), in V/m."""
        return np.linalg.norm(self.e_v_per_m, axis=1)

    @property
    def e_inward_v_per_m(self) -> FloatArray:
        """Component of E into the cortex, (n_vertex,), in V/m; positive from pia to white."""
        return -np.einsum("ij,ij->i", self.e_v_per_m, self.cortex.normals)

    @property
    def side(self) -> Side:
        """Where the target lies, as the plan says it."""
        return self.plan.target.side

    @property
    def coil_side(self) -> Side:
        """Where the coil's centre lies, as the plan says it."""
        return self.plan.pose.side
