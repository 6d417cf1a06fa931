"""Hierarchic shape functions on a tetrahedron, and their integrals.

With barycentric coordinates l and Legendre polynomials P, order p has the four linear
functions and, for every edge, face and interior,

    edge ij       li lj P_q(li - lj)                                  q <= p - 2
    face ijk      li lj lk P_a(li - lj) P_b(2 lk - 1)                 a + b <= p - 3
    interior      l0 l1 l2 l3 P_a(l0 - l1) P_b(2 l2 - 1) P_c(2 l3 - 1)   a + b + c <= p - 4

A function vanishes on every part of the boundary that does not hold its edge or face, so
tetrahedra of different order fit together, and the linear elements are the first four
functions of every order. Where corners are listed by ascending node number, neighbours agree
on the sign. Source: Szabó and Babuška 1991, chapter 6; Ainsworth and Coyle 2003.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from math import factorial, prod

import numpy as np

from cortistim.typing import FloatArray, IntArray

EDGES = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
FACES = ((1, 2, 3), (0, 2, 3), (0, 1, 3), (0, 1, 2))
HIGHEST = 6

Exponents = tuple[int, ...]
Polynomial = dict[Exponents, float]
_ONE: Polynomial = {(0, 0, 0, 0): 1.0}


@dataclass(frozen=True, eq=False)
class Shapes:
    """The shape functions up to one order, vertices first.

    Parameters
    ----------
    order : int
        1 to 6.
    kind : (n_shape,) int array
        0 vertex, 1 edge, 2 face, 3 interior.
    place : (n_shape,) int array
        Which vertex, edge of `EDGES` or face of `FACES`.
    degree : (n_shape,) int array
        Order from which on the function belongs to the elements.
    exponents : (n_monomial, 4) int array
        Of the barycentric coordinates in the monomials of the derivatives.
    slopes : (n_shape, 4, n_monomial) array
        Derivatives with respect to the barycentric coordinates, by monomial.
    stiffness : (n_shape, n_shape, 16) array
        Means over a tetrahedron of the products of two functions' derivatives with respect to
        coordinates i and j, at 4 i + j.
    loads : (n_shape, 40) array
        Means of the derivative with respect to coordinate i times function m, at 10 i + m: the
        four coordinates, then their products along `EDGES`.
    """

    order: int
    kind: IntArray
    place: IntArray
    degree: IntArray
    exponents: IntArray
    slopes: FloatArray
    stiffness: FloatArray
    loads: FloatArray

    @property
    def count(self) -> int:
        """Number of functions."""
        return len(self.kind)

    def slopes_at(self, barycentric: FloatArray) -> FloatArray:
        """Evaluate the derivatives at points.

        Parameters
        ----------
        barycentric : (n_point, 4) array
            Coordinates within the tetrahedron, corners by ascending node number.

        Returns
        -------
        (n_point, n_shape, 4) array
            With respect to each barycentric coordinate.
        """
        powers = barycentric[:, None, :] ** self.exponents
        return np.einsum("pm,sim->psi", powers.prod(axis=2), self.slopes, optimize=True)


@cache
def shapes(order: int) -> Shapes:
    """Tabulate the shape functions up to an order.

    Parameters
    ----------
    order : int
        1 to 6.

    Returns
    -------
    Shapes
        Computed exactly, from integrals of monomials.
    """
    rows = list(_functions(order))
    slopes = [[_derivative(row[3], i) for i in range(4)] for row in rows]
    exponents = sorted({power for row in slopes for part in row for power in part})
    column = {power: number for number, power in enumerate(exponents)}
    table = np.zeros((len(rows), 4, len(exponents)))
    for number, row in enumerate(slopes):
        for i, part in enumerate(row):
            for power, value in part.items():
                table[number, i, column[power]] = value
    between = _means(exponents, exponents)
    stiffness = np.einsum("aim,mn,bjn->abij", table, between, table, optimize=True)
    edges = [tuple(int(k in edge) for k in range(4)) for edge in EDGES]
    loads = np.einsum("aim,mn->ain", table, _means(exponents, [*_corners(), *edges]))
    kind, place, degree = (np.array([row[k] for row in rows]) for k in range(3))
    return Shapes(
        order, kind, place, degree, np.array(exponents), table,
        stiffness.reshape(len(rows), len(rows), 16), loads.reshape(len(rows), 40),
    )  # fmt: skip


def _functions(order: int):  # noqa: ANN202
    """Yield kind, place, degree and polynomial of every function, vertices first."""
    corner = [{power: 1.0} for power in _corners()]
    for number, one in enumerate(corner):
        yield 0, number, 1, one
    for degree in range(2, order + 1):
        for number, (i, j) in enumerate(EDGES):
            run = _plus(corner[i], corner[j], -1.0)
            yield 1, number, degree, _times(corner[i], corner[j], _legendre(degree - 2, run))
        for (a, b), (number, (i, j, k)) in product(_splits(degree - 3, 2), enumerate(FACES)):
            run = _legendre(a, _plus(corner[i], corner[j], -1.0))
            up = _legendre(b, _plus(_times(corner[k], {(0, 0, 0, 0): 2.0}), _ONE, -1.0))
            yield 2, number, degree, _times(corner[i], corner[j], corner[k], run, up)
        for powers in _splits(degree - 4, 3):
            bases = [_plus(corner[0], corner[1], -1.0)]
            bases += [_plus(_times(corner[k], {(0, 0, 0, 0): 2.0}), _ONE, -1.0) for k in (2, 3)]
            parts = [_legendre(n, base) for n, base in zip(powers, bases, strict=True)]
            yield 3, 0, degree, _times(*corner, *parts)


def _corners() -> tuple[Exponents, ...]:
    return ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))


def _splits(total: int, parts: int) -> list[tuple[int, ...]]:
    """List the ways to write a total as a sum of that many numbers from zero."""
    return [n for n in product(range(total + 1), repeat=parts) if sum(n) == total]


def _plus(left: Polynomial, right: Polynomial, factor: float = 1.0) -> Polynomial:
    powers = dict.fromkeys((*left, *right))
    return {n: left.get(n, 0.0) + factor * right.get(n, 0.0) for n in powers}


def _times(*factors: Polynomial) -> Polynomial:
    result = _ONE
    for factor in factors:
        total: Polynomial = {}
        for (left, a), (right, b) in product(result.items(), factor.items()):
            power = tuple(m + n for m, n in zip(left, right, strict=True))
            total[power] = total.get(power, 0.0) + a * b
        result = total
    return result


def _derivative(polynomial: Polynomial, coordinate: int) -> Polynomial:
    result: Polynomial = {}
    for power, value in polynomial.items():
        if power[coordinate]:
            lower = list(power)
            lower[coordinate] -= 1
            result[tuple(lower)] = value * power[coordinate]
    return result


def _legendre(degree: int, argument: Polynomial) -> Polynomial:
    before, now = {}, _ONE
    for n in range(degree):
        up = _times(argument, now, {(0, 0, 0, 0): (2 * n + 1) / (n + 1)})
        before, now = now, _plus(up, before, -n / (n + 1))
    return now


def _means(left: list[Exponents], right: list[Exponents]) -> FloatArray:
    """Mean over a tetrahedron of products of monomials: 6 n! / (|n| + 3)!, exactly."""
    sums = np.array(left)[:, None] + np.array(right)
    rows = [[prod(map(factorial, n)) / factorial(sum(n) + 3) for n in r] for r in sums.tolist()]
    return 6.0 * np.array(rows)
