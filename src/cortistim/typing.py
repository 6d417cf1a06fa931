"""Array types with named axes.

The axes of the whole project: point, node, tet, vertex, triangle, dipole, pose, pulse, time.
The first axis counts, the last holds x, y, z.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

# The names tell readers what an array holds. Its dtype is left to run time: NumPy's stubs
# cannot follow it through arithmetic, and casts for a type checker's sake help nobody.
FloatArray = NDArray[Any]
IntArray = NDArray[Any]

Points = Float[np.ndarray, "n_point 3"]
Vectors = Float[np.ndarray, "n_point 3"]
Matrix4 = Float[np.ndarray, "4 4"]
Tets = Int[np.ndarray, "n_tet 4"]
Triangles = Int[np.ndarray, "n_triangle 3"]

Progress = Callable[[str, float], None]
"""Called with what is being done and the fraction done, 0 to 1.

One that raises stops the run there, and the exception reaches the caller: no file of the run is
written, and what is kept between runs (steps of a head, solved blocks) stays for the next one.
"""


def silent(_what: str, _fraction: float) -> None:
    """Report progress to nobody."""
