"""Recruitment curves: fitted alone or together, with censoring; designs of studies."""

from cortistim.mapping.curve.alone import CurveFit, fit_alone
from cortistim.mapping.curve.design import CurveDesign, DesignRow, curve_design
from cortistim.mapping.curve.model import Responses
from cortistim.mapping.curve.psis import TRUSTED_K
from cortistim.mapping.curve.summary import (
    QUANTITIES,
    Interval,
    band,
    curve_quantities,
    interval,
    quantities,
    reaches_plateau,
)
from cortistim.mapping.curve.together import GroupFit, Layout, fit_together

__all__ = [
    "QUANTITIES",
    "TRUSTED_K",
    "CurveDesign",
    "CurveFit",
    "DesignRow",
    "GroupFit",
    "Interval",
    "Layout",
    "Responses",
    "band",
    "curve_design",
    "curve_quantities",
    "fit_alone",
    "fit_together",
    "interval",
    "quantities",
    "reaches_plateau",
]
