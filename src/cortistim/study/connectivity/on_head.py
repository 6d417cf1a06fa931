"""A target of connectivity on a head: moved to grey matter, with its reach and dose."""

from dataclasses import dataclass

import numpy as np

from cortistim.field import load_operator
from cortistim.head import Head
from cortistim.head.space.targets import named_target
from cortistim.placement import scalp_under
from cortistim.study.connectivity.request import ConnectivityRequest
from cortistim.study.request.coil import CoilRequest
from cortistim.study.request.inputs import side_of
from cortistim.targeting import aim_with_operator
from cortistim.typing import FloatArray, Progress, silent
from cortistim.units import mm_from_m

DEEP_M = 0.030
PERCENT_PER_MM = 3.0  # of the output per mm from scalp to cortex; source: stokes2005


@dataclass(frozen=True, eq=False)
class OnHead:
    """A target on a head.

    Parameters
    ----------
    head : str
        Its name.
    centre_m : (3,) array [m]
        Before it was moved, in the space of the images.
    target_m : (3,) array [m]
        On the mid-grey surface, in the space of the images.
    subject_m : (3,) array [m]
        The same in the head's frame.
    moved_m : float [m]
        How far it was moved, in the head's frame.
    depth_m, m1_depth_m : float [m]
        From the scalp, of the target and of the hand area of its side.
    dose_factor : float
        |E| at the hand area over |E| at the target; NaN without an operator.
    """

    head: str
    centre_m: FloatArray
    target_m: FloatArray
    subject_m: FloatArray
    moved_m: float
    depth_m: float
    m1_depth_m: float
    dose_factor: float

    @property
    def deep(self) -> bool:
        """Whether it lies beyond the reach of figure-of-eight coils."""
        return self.depth_m > DEEP_M

    @property
    def depth_percent_mso(self) -> float:
        """Change of the output for the difference in depth alone."""
        return PERCENT_PER_MM * float(mm_from_m(self.depth_m - self.m1_depth_m))


def on_head(
    request: ConnectivityRequest,
    head: Head,
    centre_m: FloatArray,
    *,
    progress: Progress = silent,
) -> OnHead:
    """Move a target to the mid-grey surface, and measure its reach.

    Parameters
    ----------
    request : ConnectivityRequest
        Space, operator and coil.
    head : Head
        With a cortex.
    centre_m : (3,) array [m]
        In the space of the images.
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    OnHead
        In both spaces.
    """
    mni = request.space == "mni"
    wanted = head.frame.to_subject_m(centre_m[None])[0] if mni else centre_m
    subject_m = _on_cortex(head, wanted)
    target_m = head.frame.to_mni_m(subject_m[None])[0] if mni else subject_m
    name = "m1_hand_r" if side_of(head, subject_m) == "right" else "m1_hand_l"
    hand_m = _on_cortex(head, head.frame.to_subject_m(named_target(name).mni_m[None])[0])
    return OnHead(
        head=head.name,
        centre_m=centre_m,
        target_m=target_m,
        subject_m=subject_m,
        moved_m=float(np.linalg.norm(subject_m - wanted)),
        depth_m=_depth_m(head, subject_m),
        m1_depth_m=_depth_m(head, hand_m),
        dose_factor=_dose_factor(request, head, subject_m, hand_m, progress),
    )


def _on_cortex(head: Head, point_m: FloatArray) -> FloatArray:
    vertices_m = head.cortex.vertices_m
    return vertices_m[int(np.argmin(np.linalg.norm(vertices_m - point_m, axis=1)))]


def _depth_m(head: Head, point_m: FloatArray) -> float:
    return float(np.linalg.norm(scalp_under(head, point_m)[0] - point_m))


def _dose_factor(
    request: ConnectivityRequest,
    head: Head,
    target_m: FloatArray,
    hand_m: FloatArray,
    progress: Progress,
) -> float:
    """Compare the best fields of both places by an operator."""
    if request.operator is None:
        return float("nan")
    operator = load_operator(request.operator, head)
    coil = CoilRequest(request.coil).load()
    fields = []
    for what, place_m in (("the target", target_m), ("the hand area", hand_m)):
        progress(f"aim at {what}", 0.9)
        fields.append(aim_with_operator(head, coil, place_m, operator).best.target_v_per_m)
    return fields[1] / fields[0]
