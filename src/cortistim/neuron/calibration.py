"""One factor between the model's thresholds and people's.

Model cells need 2 to 3.5 times the field at which people respond (50 to 80 V/m at the resting
motor threshold). Nobody knows why: synaptic background, axons that are missing from
reconstructions, or the field's microstructure. So the gap is one visible factor, by which the
field is multiplied before it meets the table.
"""

import math
from dataclasses import dataclass
from typing import cast

import numpy as np

from cortistim.errors import BadInputError
from cortistim.neuron.cells import TYPES
from cortistim.neuron.tables import ThresholdFit
from cortistim.records.neuron import CalibrationRecord
from cortistim.typing import FloatArray

SOURCES = ("aberra2020", "weise2023")
DEFAULT, LOW, HIGH = 2.5, 2.0, 3.5
CRITERION = 0.025
"""Share of layer 5 cells recruited at the resting motor threshold in the cortex of the muscle;
assumed, as in Aberra 2020, who compare coil thresholds at it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The factor in use.

    Parameters
    ----------
    factor : float
        Model threshold over the person's.
    low, high : float
        Its range.
    fitted : bool
        Whether a motor threshold fixed it.
    words : str
        Where it is from.
    """

    factor: float
    low: float
    high: float
    fitted: bool
    words: str

    def record(self) -> CalibrationRecord:
        """Return the factor for a record.

        Returns
        -------
        CalibrationRecord
            Rounded to four decimals.
        """
        return CalibrationRecord(
            factor=round(self.factor, 4),
            low=round(self.low, 4),
            high=round(self.high, 4),
            fitted=self.fitted,
            words=self.words,
        )


def default_calibration(factor: float | None = None) -> Calibration:
    """Return the factor from the literature, or one that the user gives.

    Parameters
    ----------
    factor : float, optional
        Instead of the default.

    Returns
    -------
    Calibration
        Not fitted.

    Raises
    ------
    BadInputError
        When the factor cannot be.
    """
    if factor is None:
        words = (
            f"default of the literature: model thresholds lie {LOW:g} to {HIGH:g} times above "
            "the field at people's motor threshold"
        )
        return Calibration(DEFAULT, LOW, HIGH, fitted=False, words=words)
    if not 0.1 <= factor <= 20:
        msg = f"the calibration factor must lie between 0.1 and 20; got {factor:g}."
        raise BadInputError(msg)
    return Calibration(factor, factor, factor, fitted=False, words="given by the user")


def fitted_calibration(
    fit: ThresholdFit,
    e_v_per_m: FloatArray,
    normals: FloatArray,
    gradient: FloatArray | None = None,
) -> Calibration:
    """Fit the factor to the field at a person's resting motor threshold.

    Parameters
    ----------
    fit : ThresholdFit
        Of the pulse the threshold was measured with.
    e_v_per_m : (n, 3) or (n_type, n, 3) array [V/m]
        Field in the muscle's cortical patch at that threshold.
    normals : (n, 3) array
        Outward normals there.
    gradient : (n,) array [%/mm], optional
        Growth of |E| toward the pia.

    Returns
    -------
    Calibration
        The factor at which `CRITERION` of the layer 5 cells in the patch are recruited.
    """
    factor = factor_at_criterion(fit, e_v_per_m, normals, gradient)
    words = (
        f"fitted: at the person's motor threshold {100 * CRITERION:g} % of the layer 5 cells "
        "in the hand's motor cortex are recruited"
    )
    return Calibration(factor, 0.85 * factor, 1.15 * factor, fitted=True, words=words)


def of_type(values: FloatArray, name: str, shared_ndim: int) -> FloatArray:
    """Return one type's part of what is given for each type, or for all at once.

    Parameters
    ----------
    values : array
        For all types at once, or one more axis in front, for each.
    name : str
        One of `TYPES`.
    shared_ndim : int
        Axes of what holds for all.

    Returns
    -------
    array
        With that many axes.
    """
    return values if values.ndim == shared_ndim else values[TYPES.index(name)]


def factor_at_criterion(
    fit: ThresholdFit,
    e_v_per_m: FloatArray,
    normals: FloatArray,
    gradient: FloatArray | None = None,
    *,
    criterion: float = CRITERION,
) -> float:
    """Return the multiple of a field that recruits a share of the layer 5 cells.

    Parameters
    ----------
    fit : ThresholdFit
        Of the pulse.
    e_v_per_m : (n, 3) or (n_type, n, 3) array [V/m]
        Field.
    normals : (n, 3) array
        Outward normals.
    gradient : (n,) array [%/mm], optional
        Growth of |E| toward the pia.
    criterion : float
        The share, averaged over the points.

    Returns
    -------
    float
        The multiple.

    Raises
    ------
    BadInputError
        When there is no field.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    e_v_per_m = of_type(e_v_per_m, "L5", 2)
    size = np.linalg.norm(e_v_per_m, axis=1)
    if not (len(size) and np.isfinite(size).all() and (size > 0).all()):
        msg = "the field in the target must be finite and not zero to relate it to a threshold."
        raise BadInputError(msg)
    cosine = np.einsum("ij,ij->i", e_v_per_m, normals) / size
    mean, sd = (x[TYPES.index("L5")] for x in fit.at(cosine, gradient))

    def missing(log_factor: float) -> float:
        return float(ndtr((np.log(size) + log_factor - mean) / sd).mean()) - criterion

    middle = float((mean - np.log(size)).mean())
    root = brentq(missing, middle - 20, middle + 20, full_output=False)
    return math.exp(cast("float", root))
