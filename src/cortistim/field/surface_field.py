"""E on a surface, and what is measured there."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cortistim.field.percentiles import weighted_percentile
from cortistim.geometry import freeze
from cortistim.head.mesh import Surface
from cortistim.shown import Facts, Shown
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False, repr=False)
class SurfaceField(Shown):
    """E on a surface.

    Parameters
    ----------
    surface : Surface
        With outward normals.
    e_v_per_m : (n_vertex, 3) array [V/m]
        E at its vertices.
    error_v_per_m : (n_vertex,) array [V/m]
        Bar of the numerical error there, as `Field.error_v_per_m`.
    highest_order : int
        Of the elements it was solved with.
    """

    surface: Surface
    e_v_per_m: FloatArray
    error_v_per_m: FloatArray
    highest_order: int

    def facts(self) -> Facts:
        """Name what matters.

        Returns
        -------
        tuple of (str, str)
            Labels and values, with units.
        """
        strong, bar = self.percentile_v_per_m(99.9), float(np.nanmedian(self.error_v_per_m))
        return (
            ("points", f"{len(self.e_v_per_m):,}"),
            ("99.9th percentile of |E|", f"{strong:.4g} V/m"),
            ("median error bar", f"{bar:.2g} V/m"),
            ("elements", f"of order {self.highest_order}"),
        )

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        freeze(self, "e_v_per_m", "error_v_per_m")

    @property
    def magnitude_v_per_m(self) -> FloatArray:
        """|E|, (n_vertex,), in V/m."""
        return np.linalg.norm(self.e_v_per_m, axis=1)

    @property
    def normal_v_per_m(self) -> FloatArray:
        """Component along the inward normal, (n_vertex,), in V/m: positive into the cortex."""
        return -np.einsum("ij,ij->i", self.e_v_per_m, self.surface.normals)

    @property
    def tangential_v_per_m(self) -> FloatArray:
        """Size of the component in the surface, (n_vertex,), in V/m."""
        squared = self.magnitude_v_per_m**2 - self.normal_v_per_m**2
        return np.sqrt(np.maximum(squared, 0))

    def scaled_by(self, factor: float) -> Self:
        """Return the field at another intensity.

        Parameters
        ----------
        factor : float
            Of the intensity.

        Returns
        -------
        SurfaceField
            With the error scaled as well.
        """
        return replace(
            self,
            e_v_per_m=self.e_v_per_m * factor,
            error_v_per_m=self.error_v_per_m * abs(factor),
        )

    def percentile_v_per_m(self, percent: float) -> float:
        """Compute a percentile of |E| over the surface, weighted by area.

        Parameters
        ----------
        percent : float
            0 to 100.

        Returns
        -------
        float
            V/m.
        """
        return weighted_percentile(
            self.magnitude_v_per_m, self.surface.vertex_areas_m2, percent
        )

    def focality_m2(self, fraction: float = 0.5) -> float:
        """Compute the area where |E| exceeds a fraction of its 99.9th percentile.

        The percentile stands in for the maximum, which on a mesh is one bad element.

        Parameters
        ----------
        fraction : float, optional
            Of the 99.9th percentile.

        Returns
        -------
        float
            Square metres.
        """
        above = self.magnitude_v_per_m >= fraction * self.percentile_v_per_m(99.9)
        return float(self.surface.vertex_areas_m2[above].sum())

    def near(self, point_m: FloatArray, radius_m: float) -> IntArray:
        """List the vertices within a distance of a point.

        Parameters
        ----------
        point_m : (3,) array [m]
            In the subject's frame.
        radius_m : float [m]
            The distance, straight through space.

        Returns
        -------
        (n,) int array
            Vertex indices.
        """
        distance = np.linalg.norm(self.surface.vertices_m - point_m, axis=1)
        return np.flatnonzero(distance <= radius_m)
