"""A piece of cortex with the field on it, as its cells feel it."""

from dataclasses import dataclass, replace

import numpy as np

from cortistim.field import SurfaceField
from cortistim.neuron.calibration import Calibration
from cortistim.neuron.layers import LayeredField
from cortistim.neuron.recruitment import Recruitment, recruit
from cortistim.neuron.tables import ThresholdFit
from cortistim.typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of cortex with the field on it.

    Parameters
    ----------
    on_cortex : SurfaceField
        The whole cortex.
    vertices : (n,) int array
        Of the patch.
    didt_a_per_s : float [A/s]
        At which the field is given.
    core : (n,) int array, optional
        The vertices whose field is quoted for the patch; all by default.
    """

    on_cortex: SurfaceField
    vertices: IntArray
    didt_a_per_s: float
    core: IntArray | None = None

    @property
    def e_v_per_m(self) -> FloatArray:
        """Field in the patch, (n, 3), in V/m."""
        return self.on_cortex.e_v_per_m[self.vertices]

    @property
    def normals(self) -> FloatArray:
        """Outward normals there, (n, 3)."""
        return self.on_cortex.surface.normals[self.vertices]

    def felt(self, scale: float = 1.0) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Return what cells feel here, times a factor: field, outward normals, gradient.

        Where layers were read, the field has a leading axis for the type of cell.

        Parameters
        ----------
        scale : float, optional
            On the field; -1 turns the current round.

        Returns
        -------
        e_v_per_m : (n, 3) or (n_type, n, 3) array [V/m]
            The field.
        normals : (n, 3) array
            Outward.
        gradient : (n,) array [%/mm] or None
            Growth of |E| toward the pia; None where layers were not read.
        """
        cortex = self.on_cortex
        if not isinstance(cortex, LayeredField):
            return scale * self.e_v_per_m, self.normals, None
        layers = scale * cortex.layers_v_per_m[:, self.vertices]
        return layers, self.normals, cortex.gradient[self.vertices]

    @property
    def everywhere(self) -> "Patch":
        """The whole cortex as a patch."""
        return replace(self, vertices=np.arange(len(self.on_cortex.e_v_per_m)))

    def recruited(
        self, fit: ThresholdFit, calibration: Calibration, *, sign: float = 1.0
    ) -> Recruitment:
        """Return shares recruited at each vertex; -1 turns the current round.

        Parameters
        ----------
        fit : ThresholdFit
            Of the pulse.
        calibration : Calibration
            The field is multiplied by its factor.
        sign : float, optional
            Of the current.

        Returns
        -------
        Recruitment
            At the patch's vertices.
        """
        e_v_per_m, normals, gradient = self.felt(sign)
        return recruit(e_v_per_m, normals, fit, calibration, gradient)

    @property
    def in_core(self) -> "Patch":
        """The core as a patch."""
        return self if self.core is None else replace(self, vertices=self.core, core=None)

    @property
    def mean_v_per_m(self) -> float:
        """Mean |E| in the core, in V/m."""
        return float(np.linalg.norm(self.in_core.e_v_per_m, axis=1).mean())

    @property
    def e_per_didt(self) -> float:
        """Mean |E| in the core for 1 A/s, in V/m."""
        return self.mean_v_per_m / self.didt_a_per_s
