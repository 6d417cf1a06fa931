"""Cholesky factors within an envelope: arrays in, arrays out; no checks, no I/O.

Rows come in blocks of four. ``first`` holds, for each block, the first block of columns that
is not zero; what lies to its left, and above the diagonal, is never touched.
"""

import numpy as np
from jaxtyping import Float, Int
from numba import njit

Matrix = Float[np.ndarray, "n n"]
First = Int[np.ndarray, " n_block"]
Vectors = Float[np.ndarray, "k n"]


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def factorise(a: Matrix, first: First) -> bool:
    """Replace a matrix by its factor; whether it was positive definite."""
    for i in range(first.shape[0]):
        r = 4 * i
        for j in range(first[i], i + 1):
            c = 4 * j
            start = 4 * max(first[i], first[j])
            s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
            for k in range(start, c):
                x, y = a[r, k], a[r + 1, k]
                p, q, t, u = a[c, k], a[c + 1, k], a[c + 2, k], a[c + 3, k]
                s00 += x * p
                s01 += x * q
                s02 += x * t
                s03 += x * u
                s10 += y * p
                s11 += y * q
                s12 += y * t
                s13 += y * u
            s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
            for k in range(start, c):
                x, y = a[r + 2, k], a[r + 3, k]
                p, q, t, u = a[c, k], a[c + 1, k], a[c + 2, k], a[c + 3, k]
                s20 += x * p
                s21 += x * q
                s22 += x * t
                s23 += x * u
                s30 += y * p
                s31 += y * q
                s32 += y * t
                s33 += y * u
            a[r, c] -= s00
            a[r, c + 1] -= s01
            a[r, c + 2] -= s02
            a[r, c + 3] -= s03
            a[r + 1, c] -= s10
            a[r + 1, c + 1] -= s11
            a[r + 1, c + 2] -= s12
            a[r + 1, c + 3] -= s13
            a[r + 2, c] -= s20
            a[r + 2, c + 1] -= s21
            a[r + 2, c + 2] -= s22
            a[r + 2, c + 3] -= s23
            a[r + 3, c] -= s30
            a[r + 3, c + 1] -= s31
            a[r + 3, c + 2] -= s32
            a[r + 3, c + 3] -= s33
            if not _finish(a, r, c):
                return False
    return True


@njit(cache=True, error_model="numpy")
def _finish(a: Matrix, r: int, c: int) -> bool:
    """Divide a block by the diagonal one, or factorise it where it is that one."""
    for m in range(4):
        for n in range(m if r == c else 0, 4):
            total = a[r + n, c + m]
            for k in range(m):
                total -= a[r + n, c + k] * a[c + m, c + k]
            if r == c and n == m:
                if not total > 0:
                    return False
                total = np.sqrt(total)
            else:
                total /= a[c + m, c + m]
            a[r + n, c + m] = total
    return True


@njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def substitute(a: Matrix, first: First, x: Vectors) -> None:
    """Solve with a factor for each row of ``x``, in place."""
    n = x.shape[1]
    for v in range(x.shape[0]):
        y = x[v]
        for i in range(n):
            total = y[i]
            for k in range(4 * first[i // 4], i):
                total -= a[i, k] * y[k]
            y[i] = total / a[i, i]
        for i in range(n - 1, -1, -1):
            y[i] /= a[i, i]
            value = y[i]
            for k in range(4 * first[i // 4], i):
                y[k] -= a[i, k] * value
