"""Who fires where: the table on a cortex, with three simple models beside it.

Share of cells recruited: ``Phi((ln(kappa |E|) - m(theta, G)) / s(theta, G))`` with mean and
spread of ln threshold from the table. The baselines use one threshold for all directions:
|E|, the component into the cortex, and the cosine model of straight axons, which data on
people contradict and which stands there as a negative control.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from cortistim.errors import BadInputError
from cortistim.neuron.calibration import Calibration, of_type
from cortistim.neuron.cells import TYPES
from cortistim.neuron.tables import ThresholdFit
from cortistim.typing import FloatArray

BASELINES = ("magnitude", "normal", "cosine")
LARGEST_V_PER_M = 1e4


@dataclass(frozen=True, eq=False)
class Recruitment:
    """Shares of cells recruited over a cortex.

    Parameters
    ----------
    layers : mapping of (n_point,) arrays
        By type of cell, 0 to 1.
    baselines : mapping of (n_point,) arrays
        By `BASELINES`, for layer 5.
    calibration : Calibration
        In use.
    pulse : str
        Whose table.
    """

    layers: Mapping[str, FloatArray]
    baselines: Mapping[str, FloatArray]
    calibration: Calibration
    pulse: str


def recruit(
    e_v_per_m: FloatArray,
    normals: FloatArray,
    fit: ThresholdFit,
    calibration: Calibration,
    gradient: FloatArray | None = None,
) -> Recruitment:
    """Evaluate a table over a cortex.

    Parameters
    ----------
    e_v_per_m : (n_point, 3) or (n_type, n_point, 3) array [V/m]
        Peak field, with the sign of the pulse's first phase; one for all types, or one for
        each.
    normals : (n_point, 3) array
        From the soma to the pia.
    fit : ThresholdFit
        Of the pulse.
    calibration : Calibration
        The field is multiplied by its factor.
    gradient : (n_point,) array [%/mm], optional
        Growth of |E| toward the pia.

    Returns
    -------
    Recruitment
        Zero where there is no field.

    Raises
    ------
    BadInputError
        When the field cannot be one.
    """
    size = np.sqrt(np.einsum("...j,...j->...", e_v_per_m, e_v_per_m))
    if not np.isfinite(size).all() or size.max(initial=0.0) > LARGEST_V_PER_M:
        msg = (
            f"the field must be finite and at most {LARGEST_V_PER_M:g} V/m; got "
            f"{float(size.max(initial=0.0)):g}. Stimulators reach some hundred: check the unit."
        )
        raise BadInputError(msg)
    safe = np.maximum(size, 1e-12)
    cosine = np.einsum("...ij,ij->...i", e_v_per_m, normals) / safe
    mean, sd = fit.at(cosine, gradient)
    felt = np.log(calibration.factor * safe)
    shares = ndtr((felt - mean) / sd)
    layers = {str(name): share for name, share in zip(TYPES, shares, strict=True)}
    baselines = _baselines(fit, of_type(felt, "L5", 1), of_type(cosine, "L5", 1))
    return Recruitment(layers, baselines, calibration, fit.pulse)


def _baselines(
    fit: ThresholdFit, felt: FloatArray, cosine: FloatArray
) -> dict[str, FloatArray]:
    five = TYPES.index("L5")
    mean, sd = (float(x[five]) for x in fit.isotropic())
    inward = np.log(np.maximum(-cosine, 1e-12))
    along = np.log(np.maximum(np.abs(cosine), 1e-12))
    straight = float(min(fit.log_mean[five, 1, 0], fit.log_mean[five, 1, -1]))
    return {
        "magnitude": ndtr((felt - mean) / sd),
        "normal": ndtr((felt + inward - straight) / sd),
        "cosine": ndtr((felt + along - straight) / sd),
    }
