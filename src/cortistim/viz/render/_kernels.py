"""Filling triangles into a depth buffer: arrays in, arrays out; no checks, no I/O."""

import numpy as np
from jaxtyping import Float, Int
from numba import njit


@njit(cache=True, error_model="numpy")
def fill_triangles(
    corners_px: Float[np.ndarray, "n_vertex 3"],
    triangles: Int[np.ndarray, "n_triangle 3"],
    values: Float[np.ndarray, "n_vertex n_value"],
    depth: Float[np.ndarray, "height width"],
    image: Float[np.ndarray, "height width n_value"],
) -> None:
    """Interpolate vertex values into an image; what is nearest to the viewer stays.

    ``corners_px`` holds column, row and depth (greater is nearer); depth and image are
    written in place.
    """
    height, width = depth.shape
    n_value = values.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = corners_px[a, 0], corners_px[a, 1]
        bx, by = corners_px[b, 0], corners_px[b, 1]
        cx, cy = corners_px[c, 0], corners_px[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area == 0.0:
            continue
        first_col = max(0, int(np.ceil(min(ax, bx, cx))))
        last_col = min(width - 1, int(np.floor(max(ax, bx, cx))))
        first_row = max(0, int(np.ceil(min(ay, by, cy))))
        last_row = min(height - 1, int(np.floor(max(ay, by, cy))))
        for row in range(first_row, last_row + 1):
            for col in range(first_col, last_col + 1):
                wb = ((col - ax) * (cy - ay) - (cx - ax) * (row - ay)) / area
                wc = ((bx - ax) * (row - ay) - (col - ax) * (by - ay)) / area
                wa = 1.0 - wb - wc
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                z = wa * corners_px[a, 2] + wb * corners_px[b, 2] + wc * corners_px[c, 2]
                if z > depth[row, col]:
                    depth[row, col] = z
                    for k in range(n_value):
                        image[row, col, k] = (
                            wa * values[a, k] + wb * values[b, k] + wc * values[c, k]
                        )
