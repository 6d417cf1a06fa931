"""Array types with named axes.

The axes of the whole project: point, node, tet, vertex, triangle, dipole, pose, pulse, time.
The first axis counts, the last holds x, y, z.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

# The kind is part of the type: indices and masks do not pass as numbers. Precision is not,
# because the same function serves float32 and float64.
FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
BoolArray = NDArray[np.bool_]

Points = Float[np.ndarray, "n_point 3"]
Vectors = Float[np.ndarray, "n_point 3"]
Matrix4 = Float[np.ndarray, "4 4"]
Tets = Int[np.ndarray, "n_tet 4"]
Triangles = Int[np.ndarray, "n_triangle 3"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction done, 0 to 1."""


def silent(_what: str, _fraction: float) -> None:
    """Report progress to nobody."""
