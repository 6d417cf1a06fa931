"""Compiled loops of the cable engine: arrays in, arrays out; SI units.

Compartments are sorted so that a parent comes before its children. Lanes, the innermost
axis, are runs of the same cell under other fields and amplitudes. The order of gates is
that of `cortistim.neuron.channels.GATES`; a compartment uses the gates from ``first`` to
``last``. Tables hold, for each voltage, a pair per gate: the steady state and the fraction
of the way there that one time step goes.
"""

import numpy as np
from numba import njit, prange

from cortistim.typing import FloatArray, IntArray

LANES = 8
V_LOW, PER_V, N_TABLE = -0.25, 4000.0, 2001
E_NA, E_K, E_H = 0.05, -0.085, -0.045
ABOVE_V = 0.0
NEVER = 1e30  # fast arithmetic knows no infinity
NEED = 3  # compartments above ABOVE_V that make a spike


@njit(cache=True, fastmath=True, inline="always")
def _place(v: float) -> float:
    return min(max((v - V_LOW) * PER_V, 0.0), N_TABLE - 1.001)


@njit(cache=True, fastmath=True, nogil=True)
def run_lanes(
    parent: IntArray,
    first: IntArray,
    last: IntArray,
    at: IntArray,
    flags: IntArray,
    passive: FloatArray,
    bars: FloatArray,
    rest: FloatArray,
    table: FloatArray,
    drive: FloatArray,
    amplitude: FloatArray,
    wave: FloatArray,
    recorded: IntArray,
    trace: FloatArray,
    seen: FloatArray,
) -> None:
    """Step a block of lanes through a pulse.

    Parameters
    ----------
    parent, first, last, at, flags : (n,) int arrays
        Tree; range of gates; where a compartment's gates begin; bit 0: excitable membrane
        that counts for a spike.
    passive : (n, 4) array
        Capacitance over the time step, leak, leak times reversal, axial conductance.
    bars : (n, 8) array
        Conductances, in the order of `cortistim.neuron.channels.CHANNELS`.
    rest : (n,) array
        Potentials at the start.
    table : (N_TABLE, 2 n_gate) float32 array
        Steady states and step fractions.
    drive : (n, LANES) array
        Equivalent currents per unit field.
    amplitude : (LANES,) array
        Of the field.
    wave : (n_step,) array
        Mean of the normalised pulse over each step.
    recorded : (n_recorded,) int array
        Compartments to write down; with any, all steps are run.
    trace : (n_recorded, n_step, LANES) array
        Written.
    seen : (3, LANES) array
        Written: compartments that crossed, the first of them, and the step.
    """
    n, b_n = parent.size, amplitude.size
    v = np.empty((n, b_n))
    d = np.empty((n, b_n))
    r = np.empty((n, b_n))
    s = np.empty((at[n - 1] + last[n - 1] - first[n - 1] + 1, b_n), np.float32)
    above = np.zeros((n, b_n), np.uint8)
    seen[:] = 0
    seen[1] = -1
    for i in range(n):
        x = _place(rest[i])
        k = int(x)
        f = np.float32(x - k)
        for b in range(b_n):
            v[i, b] = rest[i]
        for j in range(first[i], last[i]):
            a = table[k, 2 * j] + (table[k + 1, 2 * j] - table[k, 2 * j]) * f
            for b in range(b_n):
                s[at[i] + j - first[i], b] = a
    for it in range(wave.size):
        w = wave[it]
        for i in range(n):
            c, leak, leak_e = passive[i, 0], passive[i, 1], passive[i, 2]
            for b in range(b_n):
                d[i, b] = c + leak
                r[i, b] = c * v[i, b] + leak_e + drive[i, b] * amplitude[b] * w
            lo, o = first[i], at[i] - first[i]
            if last[i] == lo:
                continue
            if lo == 0:  # axon and soma
                g0, g1, g2, g3 = bars[i, 0], bars[i, 1], bars[i, 2], bars[i, 3]
                for b in range(b_n):
                    na = g0 * s[o, b] ** 3 * s[o + 1, b] + g1 * s[o + 2, b] ** 3 * s[o + 3, b]
                    kt = s[o + 4, b] * s[o + 4, b]
                    ks = g2 * kt * kt * s[o + 5, b] + g3 * s[o + 6, b] ** 2 * s[o + 7, b]
                    d[i, b] += na + ks
                    r[i, b] += na * E_NA + ks * E_K
            if lo <= 8:  # axon, soma and apical dendrite
                g4 = bars[i, 4]
                for b in range(b_n):
                    ks = g4 * s[o + 8, b]
                    d[i, b] += ks
                    r[i, b] += ks * E_K
            if last[i] > 9:  # soma and dendrites
                g6 = bars[i, 6]
                for b in range(b_n):
                    h = g6 * s[o + 11, b]
                    d[i, b] += h
                    r[i, b] += h * E_H
                if lo <= 8:
                    g5, g7 = bars[i, 5], bars[i, 7]
                    for b in range(b_n):
                        na = g5 * s[o + 9, b] ** 3 * s[o + 10, b]
                        ks = g7 * s[o + 12, b]
                        d[i, b] += na + ks
                        r[i, b] += na * E_NA + ks * E_K
        for i in range(n - 1, 0, -1):
            p, g = parent[i], passive[i, 3]
            for b in range(b_n):
                q = g / (d[i, b] + g)
                d[p, b] += g - q * g
                r[p, b] += q * r[i, b]
                d[i, b] += g
        for b in range(b_n):
            v[0, b] = r[0, b] / d[0, b]
        for i in range(1, n):
            p, g = parent[i], passive[i, 3]
            for b in range(b_n):
                v[i, b] = (r[i, b] + g * v[p, b]) / d[i, b]
        for i in range(n):
            lo, hi, o = first[i], last[i], at[i] - first[i]
            if hi == lo:
                continue
            for b in range(b_n):
                x = _place(v[i, b])
                k = int(x)
                f = np.float32(x - k)
                for j in range(lo, hi):
                    a = table[k, 2 * j] + (table[k + 1, 2 * j] - table[k, 2 * j]) * f
                    q = (
                        table[k, 2 * j + 1]
                        + (table[k + 1, 2 * j + 1] - table[k, 2 * j + 1]) * f
                    )
                    s[o + j, b] += (a - s[o + j, b]) * q
                if flags[i] and v[i, b] > ABOVE_V and above[i, b] == 0:
                    above[i, b] = 1
                    seen[0, b] += 1
                    if seen[0, b] == 1:
                        seen[1, b] = i
                        seen[2, b] = it
        for j in range(recorded.size):
            for b in range(b_n):
                trace[j, it, b] = v[recorded[j], b]
        if recorded.size == 0:
            done = True
            for b in range(b_n):
                if seen[0, b] < NEED:
                    done = False
            if done:
                return


@njit(cache=True, fastmath=True, nogil=True)
def _bisect(
    tree: IntArray,
    passive: FloatArray,
    bars: FloatArray,
    rest: FloatArray,
    table: FloatArray,
    drive: FloatArray,
    guess: FloatArray,
    wave: FloatArray,
    limits: FloatArray,
    found: FloatArray,
) -> None:
    """Find the thresholds of one block of lanes: bracket from the guess, then bisect."""
    b_n = guess.size
    low, high = np.zeros(b_n), np.full(b_n, NEVER)
    step = np.full(b_n, 1.3)
    amplitude = guess.copy()
    none = np.empty(0, np.int32)
    seen, trace = np.empty((3, b_n)), np.empty((0, 0, 0))
    found[1:] = -1
    running = True
    while running:
        run_lanes(
            tree[0], tree[1], tree[2], tree[3], tree[4], passive, bars, rest, table,
            drive, amplitude, wave, none, trace, seen,
        )  # fmt: skip
        running = False
        for b in range(b_n):
            if high[b] / max(low[b], limits[0]) > 1 + limits[2] and low[b] < limits[1]:
                if seen[0, b] >= NEED:
                    high[b] = amplitude[b]
                    found[1, b], found[2, b] = seen[1, b], seen[2, b]
                else:
                    low[b] = amplitude[b]
            if low[b] == 0.0:
                amplitude[b] = max(high[b] / step[b], limits[0])
                step[b] *= step[b]
            elif high[b] == NEVER:
                amplitude[b] = min(low[b] * step[b], limits[1])
                step[b] *= step[b]
            else:
                amplitude[b] = np.sqrt(low[b] * high[b])
            if high[b] / max(low[b], limits[0]) > 1 + limits[2] and low[b] < limits[1]:
                running = True
    found[0] = high


@njit(cache=True, parallel=True, fastmath=True)
def thresholds(
    tree: IntArray,
    passive: FloatArray,
    bars: FloatArray,
    rest: FloatArray,
    table: FloatArray,
    drive: FloatArray,
    guess: FloatArray,
    wave: FloatArray,
    limits: FloatArray,
) -> FloatArray:
    """Find the threshold of each field.

    Parameters
    ----------
    tree : (5, n) int array
        As the first five of `run_lanes`.
    passive, bars, rest, table, wave : arrays
        As in `run_lanes`.
    drive : (n_block, n, LANES) array
        Equivalent currents per unit field.
    guess : (n_block, LANES) array
        Where to begin.
    limits : (3,) array
        Lowest and highest amplitude, relative tolerance.

    Returns
    -------
    (n_block, 3, LANES) array
        Lowest amplitude known to fire (`NEVER` when none does), where and at which step.
    """
    found = np.empty((drive.shape[0], 3, drive.shape[2]))
    for q in prange(drive.shape[0]):
        _bisect(tree, passive, bars, rest, table, drive[q], guess[q], wave, limits, found[q])
    return found
