"""From the mean field vector in a target to the mean field strength.

Dose is counted as the mean of |E| over the target's points, but reciprocity gives the mean of
the vector E. Within a patch of a few millimetres the field at each point is, nearly, a fixed
linear map of the mean: the folding decides it, not the coil. A few direct solves around one
position, with the coil turned, determine these maps.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from cortistim.field.field import Field
from cortistim.field.target import Target
from cortistim.geometry import freeze
from cortistim.typing import FloatArray

# Directions of the mean field that the coil hardly drives (across the scalp) are left out.
WEAKEST = 0.05


@dataclass(frozen=True, eq=False)
class TargetResponse:
    """Maps from the mean field to the field at each point of a target.

    Parameters
    ----------
    maps : (n_point, 3, 3) array
        Field at a point from the mean field; their mean is the identity on the
        directions that were driven.
    """

    maps: FloatArray

    def __post_init__(self) -> None:
        """Freeze the maps."""
        freeze(self, "maps")

    @classmethod
    def uniform(cls, n_point: int) -> Self:
        """Return the response of a target whose field is the same everywhere."""
        return cls(np.tile(np.eye(3), (n_point, 1, 1)))

    @classmethod
    def fitted(cls, target: Target, fields: list[Field]) -> Self:
        """Fit the maps to direct solves.

        Parameters
        ----------
        target : Target
            Where to read the fields.
        fields : list of Field
            Two or more, in different directions.

        Returns
        -------
        TargetResponse
            Least squares over the fields.
        """
        at_points = np.stack([target.at_v_per_m(field) for field in fields])
        mean = at_points.mean(axis=1)
        return cls(np.einsum("fpe,cf->pec", at_points, np.linalg.pinv(mean, rcond=WEAKEST)))

    def strength_v_per_m(self, mean_field_v_per_m: FloatArray) -> float:
        """Predict the mean of |E| over the points.

        Parameters
        ----------
        mean_field_v_per_m : (3,) array [V/m]
            Mean of E over the points.

        Returns
        -------
        float
            V/m.
        """
        return float(np.linalg.norm(self.maps @ mean_field_v_per_m, axis=1).mean())
