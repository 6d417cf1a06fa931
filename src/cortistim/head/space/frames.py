"""From subject space to MNI space and back.

Subject space is the frame of the mesh: RAS, the world of the subject's T1 image.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cortistim.geometry import freeze, transform
from cortistim.typing import FloatArray


class Frame(Protocol):
    """How subject space and MNI space are tied together."""

    @property
    def description(self) -> str:
        """How the tie was made and how far to trust it."""
        ...

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m]."""
        ...

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m]."""
        ...


@dataclass(frozen=True, eq=False)
class AffineFrame:
    """One affine matrix for the whole head.

    Parameters
    ----------
    mni_from_subject : (4, 4) array
        Acts on metres.
    description : str
        How the matrix was found and how far to trust it.
    """

    mni_from_subject: FloatArray
    description: str

    def __post_init__(self) -> None:
        """Freeze the matrix."""
        freeze(self, "mni_from_subject")

    def to_mni_m(self, points_m: FloatArray) -> FloatArray:
        """Carry subject points (n_point, 3) [m] to MNI space [m]."""
        return transform(self.mni_from_subject, np.asarray(points_m, dtype=float))

    def to_subject_m(self, points_m: FloatArray) -> FloatArray:
        """Carry MNI points (n_point, 3) [m] to subject space [m]."""
        subject_from_mni = np.linalg.inv(self.mni_from_subject)
        return transform(subject_from_mni, np.asarray(points_m, dtype=float))
