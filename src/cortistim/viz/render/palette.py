"""Colours: one map for |E| in every figure, one grey for every tissue."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cortistim.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

INK, MUTED, FAINT = "#1c2530", "#5d6975", "#d5dae0"
TARGET, COIL, ACCENT, CALM = "#00a6ff", "#27425f", "#b3261e", "#0b7a75"
CASING_RGB = (0.24, 0.34, 0.46)
IVORY = (0.955, 0.925, 0.865)
SCALP_RGB = (0.87, 0.78, 0.72)

GREY_OF_TAG: Mapping[int, float] = {
    0: 0.0, 1: 0.86, 2: 0.62, 3: 0.22, 4: 0.12, 5: 0.74, 6: 0.34,
    7: 0.10, 8: 0.34, 9: 0.16, 10: 0.46, 11: 0.40, 12: 0.92,
}  # fmt: skip
"""Brightness in a T1-weighted image, by tissue tag; for the eye only."""
UNKNOWN_GREY = 0.5


@cache
def field_map() -> "Colormap":
    """Return the map for |E|: ivory to apricot, crimson and plum.

    Its lightness falls evenly, so it reads in print and without colour vision. The darkest
    part of ``magma`` is left out, because light and shade no longer show on it, and its
    yellow end is paled, so that cortex without field looks like cortex.
    """
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    part = colormaps["magma_r"](np.linspace(0.02, 0.80, 256))[:, :3]
    pale = np.clip(1 - np.arange(256) / 90, 0, 1)[:, None]
    part = part * (1 - pale) + pale * np.array(IVORY)
    return LinearSegmentedColormap.from_list("cortistim_field", part)


def field_rgb(values: FloatArray, top: float) -> FloatArray:
    """Colour values between 0 and ``top``.

    Parameters
    ----------
    values : (...) array
        Such as |E| in V/m.
    top : float
        The value that takes the strongest colour.

    Returns
    -------
    (..., 3) array
        RGB, 0 to 1.
    """
    table = field_map()(np.arange(256))[:, :3].astype(np.float32)
    level = np.nan_to_num(np.asarray(values) / top, nan=0.0)
    return table[np.clip(level * 255, 0, 255).astype(np.uint8)]


def css_scale(count: int = 16) -> list[list[object]]:
    """Return the map for |E| as plotly takes it: fractions and ``rgb()`` strings.

    Parameters
    ----------
    count : int
        How many colours.

    Returns
    -------
    list of [float, str]
        From 0 to 1.
    """
    fractions = np.linspace(0, 1, count)
    rgb = np.rint(field_map()(fractions)[:, :3] * 255).astype(int)
    return [
        [float(f), f"rgb({r},{g},{b})"] for f, (r, g, b) in zip(fractions, rgb, strict=True)
    ]


def tissue_grey(labels: IntArray) -> FloatArray:
    """Give tissue tags the brightness they have in a T1-weighted image.

    Parameters
    ----------
    labels : (...) int array
        Tissue tags; 0 is air.

    Returns
    -------
    (...) array
        Brightness, 0 to 1.
    """
    table = np.full(max(int(labels.max()), *GREY_OF_TAG) + 1, UNKNOWN_GREY)
    for tag, grey in GREY_OF_TAG.items():
        table[tag] = grey
    return table[labels]
