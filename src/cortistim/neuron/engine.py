"""The cable engine: fields as equivalent currents, traces, thresholds.

Along a cable, ``C dV/dt = -I_ion + sum_j g_j (V_j - V) + w(t) sum_j g_j (psi_j - psi)`` with
the quasi-potential ``psi``, minus the integral of E along the arbor. The last sum is a current
that a field injects; over a cell it adds up to zero. E may vary in space and need have no
potential. Backward Euler in time; gates relax exponentially at the new potential.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cortistim.errors import BadInputError, ConvergenceError
from cortistim.neuron import _kernels, channels
from cortistim.neuron.cable import BARE, BODY, INTERNODE, JOINT, NODE, Cable
from cortistim.neuron.shape import PulseShape
from cortistim.typing import FloatArray, IntArray

DT_S = 5e-6
TOLERANCE = 0.0025
LOWEST_V_PER_M, HIGHEST_V_PER_M = 5.0, 5e4
LARGEST_FIELD_V_PER_M = 1e5
NEAR_END_M = 50e-6


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Thresholds of one cell in several fields.

    Parameters
    ----------
    v_per_m : (n_field,) array
        Lowest amplitude found to fire, within the relative tolerance; infinite where none
        does up to the highest.
    site : (n_field,) int array
        Compartment that first rises above 0 mV, -1 where none does.
    time_s : (n_field,) array [s]
        When, at that amplitude.
    """

    v_per_m: FloatArray
    site: IntArray
    time_s: FloatArray


@dataclass(frozen=True, eq=False)
class Traces:
    """Membrane potentials over time.

    Parameters
    ----------
    time_s : (n_step,) array [s]
        Ends of the steps.
    v : (n_field, n_compartment, n_step) array [V]
        Of the recorded compartments.
    spikes : (n_field,) int array
        Excitable compartments that rose above 0 mV; a spike has 3 and more.
    site : (n_field,) int array
        The first of them, -1 for none.
    """

    time_s: FloatArray
    v: FloatArray
    spikes: IntArray
    site: IntArray


@dataclass(frozen=True, eq=False)
class Engine:
    """A cable with tables for one time step.

    Parameters
    ----------
    cable : Cable
        Any.
    dt_s : float [s]
        Time step; thresholds change by under 1 % when 5 µs are halved.
    """

    cable: Cable
    dt_s: float = DT_S

    @cached_property
    def _arrays(self) -> tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        c = self.cable
        count = c.gates[:, 1] - c.gates[:, 0]
        start = np.cumsum(count) - count
        tree = np.stack([c.parent, c.gates[:, 0], c.gates[:, 1], start, c.excitable])
        leak_a = c.leak_s * channels.LEAK_V
        passive = np.stack([c.capacitance_f / self.dt_s, c.leak_s, leak_a, c.axial_s], axis=1)
        table = channels.table(self.dt_s)
        return tree.astype(np.int32), passive, np.ascontiguousarray(c.bars_s), c.rest_v, table

    def thresholds(
        self,
        fields: FloatArray,
        pulse: PulseShape,
        *,
        guess_v_per_m: FloatArray | float = 250.0,
        tolerance: float = TOLERANCE,
    ) -> Thresholds:
        """Find the amplitude at which each field makes the cell fire.

        Parameters
        ----------
        fields : (n_field, 3) array, or (n_field, n_compartment, 3) array
            Uniform directions, or the field at every `Cable.centre_m`, per unit amplitude.
        pulse : PulseShape
            Its course.
        guess_v_per_m : float or (n_field,) array
            Where to begin.
        tolerance : float
            Relative, of the bisection.

        Returns
        -------
        Thresholds
            One per field.
        """
        if not 1e-6 <= tolerance <= 0.5:
            msg = f"the tolerance must lie between 1e-6 and 0.5; got {tolerance:g}."
            raise BadInputError(msg)
        count = len(fields)
        drive = _lanes(self.currents(fields))
        guess = np.broadcast_to(np.asarray(guess_v_per_m, float), (count,))
        guess = np.resize(guess, (len(drive), _kernels.LANES))
        limits = np.array([LOWEST_V_PER_M, HIGHEST_V_PER_M, tolerance])
        wave = pulse.steps(self.dt_s)
        found = _kernels.thresholds(*self._arrays, drive, guess, wave, limits)
        v, site, step = found.transpose(1, 0, 2).reshape(3, -1)[:, :count]
        v = np.where(v < _kernels.NEVER, v, np.inf)
        return Thresholds(v, site.astype(np.int64), (step + 1) * self.dt_s)

    def traces(
        self, fields: FloatArray, pulse: PulseShape, recorded: IntArray | None = None
    ) -> Traces:
        """Run the cell through pulses and record.

        Parameters
        ----------
        fields : (n_field, 3) array, or (n_field, n_compartment, 3) array
            With their amplitudes, in V/m.
        pulse : PulseShape
            Their course.
        recorded : (n_recorded,) int array, optional
            Compartments; all by default.

        Returns
        -------
        Traces
            Potentials and spikes.
        """
        chosen = np.arange(len(self.cable.parent)) if recorded is None else recorded
        wave = pulse.steps(self.dt_s)
        blocks, seen = [], []
        tree, passive, bars, rest, table = self._arrays
        for drive in _lanes(self.currents(fields)):
            trace = np.empty((len(chosen), len(wave), _kernels.LANES))
            counts = np.empty((3, _kernels.LANES))
            _kernels.run_lanes(
                tree[0], tree[1], tree[2], tree[3], tree[4], passive, bars, rest, table, drive,
                np.ones(_kernels.LANES), wave, chosen.astype(np.int32), trace, counts,
            )  # fmt: skip
            blocks.append(trace.transpose(2, 0, 1))
            seen.append(counts)
        v = np.concatenate(blocks)[: len(fields)]
        if not np.isfinite(v).all():
            msg = "the membrane potential diverged; use a shorter time step."
            raise ConvergenceError(msg)
        spikes, site, _ = np.concatenate(seen, axis=1)[:, : len(fields)].astype(np.int64)
        return Traces((np.arange(len(wave)) + 1) * self.dt_s, v, spikes, site)

    def currents(self, fields: FloatArray) -> FloatArray:
        """Return the equivalent currents of fields.

        Parameters
        ----------
        fields : (n_field, 3) or (n_field, n_compartment, 3) array
            As in `thresholds`.

        Returns
        -------
        (n_field, n_compartment) array [A]
            Injected into each compartment; each row sums to zero.
        """
        fields = np.asarray(fields, float)
        n = len(self.cable.parent)
        uniform = fields.ndim == 2 and fields.shape[1:] == (3,)
        if not (uniform or fields.shape[1:] == (n, 3)) or not np.isfinite(fields).all():
            msg = (
                "a field must be finite and have the shape (n_field, 3), or (n_field, "
                f"{n}, 3) with a row per compartment; got {fields.shape}."
            )
            raise BadInputError(msg)
        largest = float(np.abs(fields).max(initial=0.0))
        if largest > LARGEST_FIELD_V_PER_M:
            msg = (
                f"the field must be at most {LARGEST_FIELD_V_PER_M:g} V/m; got {largest:g}. "
                "Stimulators reach some hundred: check the unit."
            )
            raise BadInputError(msg)
        c = self.cable
        parent = c.parent[1:]
        step = c.centre_m[1:] - c.centre_m[parent]
        along = (
            fields @ step.T
            if uniform
            else np.einsum("fic,ic->fi", (fields[:, 1:] + fields[:, parent]) / 2, step)
        )
        flow = c.axial_s[1:] * along  # g (psi_parent - psi), from the parent outward
        out = np.zeros((len(fields), n))
        out[:, 1:] += flow
        np.subtract.at(out.T, parent, flow.T)
        return out

    def site_words(self, site: int) -> str:
        """Say where a compartment lies.

        Parameters
        ----------
        site : int
            Index of the compartment; negative for none.

        Returns
        -------
        str
            ``axon terminal``, ``axon``, ``soma``, ``dendrite`` or ``none``.
        """
        if site < 0:
            return "none"
        part = int(self.cable.part[site])
        if part in (BARE, NODE, INTERNODE, JOINT) and np.isfinite(self.cable.to_end_m[site]):
            near = self.cable.to_end_m[site] <= NEAR_END_M
            return "axon terminal" if near else "axon"
        return "soma" if part == BODY else "dendrite"


def _lanes(currents: FloatArray) -> FloatArray:
    """Arrange (n_field, n) currents as (n_block, n, LANES), filled up with the last field."""
    count = len(currents)
    filled = np.minimum(np.arange(-(-count // _kernels.LANES) * _kernels.LANES), count - 1)
    blocks = currents[filled].reshape(-1, _kernels.LANES, currents.shape[1])
    return np.ascontiguousarray(blocks.transpose(0, 2, 1))
