"""The cable engine beside NEURON with `extracellular`, on the same compartments.

    pip install neuron
    python benchmarks/neuron_oracle.py [--cell L5] [--directions 20] [--json]

Needs NEURON and a C compiler. The same channels are written as a mechanism for NEURON and
compiled in a temporary folder. Thresholds of random directions for two pulses are compared,
and CPU seconds per threshold on one core.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TOLERANCE = 1e-3
PULSES = ("monophasic", "biphasic")
CHANNEL_MOD = """
NEURON { SUFFIX cortex
  NONSPECIFIC_CURRENT i
  RANGE gl, g0, g1, g2, g3, g4, g5, g6, g7 }
UNITS { (mV) = (millivolt) (mA) = (milliamp) (S) = (siemens) }
PARAMETER { gl = 0 (S/cm2) g0 = 0 (S/cm2) g1 = 0 (S/cm2) g2 = 0 (S/cm2) g3 = 0 (S/cm2)
  g4 = 0 (S/cm2) g5 = 0 (S/cm2) g6 = 0 (S/cm2) g7 = 0 (S/cm2) }
ASSIGNED { v (mV) i (mA/cm2) }
STATE { m0 h0 m1 h1 m2 h2 m3 h3 m4 m5 h5 m6 m7 }
BREAKPOINT { SOLVE states METHOD cnexp
  i = gl*(v+75) + (g0*m0^3*h0 + g1*m1^3*h1 + g5*m5^3*h5)*(v-50) + g6*m6*(v+45)
    + (g2*m2^4*h2 + g3*m3^2*h3 + g4*m4 + g7*m7)*(v+85) }
INITIAL { m0=inf(0,v) h0=inf(1,v) m1=inf(2,v) h1=inf(3,v) m2=inf(4,v) h2=inf(5,v)
  m3=inf(6,v) h3=inf(7,v) m4=inf(8,v) m5=inf(9,v) h5=inf(10,v) m6=inf(11,v) m7=inf(12,v) }
DERIVATIVE states {
  m0'=(inf(0,v)-m0)/tau(0,v) h0'=(inf(1,v)-h0)/tau(1,v)
  m1'=(inf(2,v)-m1)/tau(2,v) h1'=(inf(3,v)-h1)/tau(3,v)
  m2'=(inf(4,v)-m2)/tau(4,v) h2'=(inf(5,v)-h2)/tau(5,v)
  m3'=(inf(6,v)-m3)/tau(6,v) h3'=(inf(7,v)-h3)/tau(7,v)
  m4'=(inf(8,v)-m4)/tau(8,v) m5'=(inf(9,v)-m5)/tau(9,v) h5'=(inf(10,v)-h5)/tau(10,v)
  m6'=(inf(11,v)-m6)/tau(11,v) m7'=(inf(12,v)-m7)/tau(12,v) }
FUNCTION_TABLE inf(k, v (mV))
FUNCTION_TABLE tau(k, v (mV))
"""
FIELD_MOD = """
NEURON { SUFFIX efield
  POINTER ex
  GLOBAL w
  RANGE es, top }
PARAMETER { es = 0 w = 0 }
ASSIGNED { v (millivolt) ex (millivolt) top }
INITIAL { top = -1e3 }
BEFORE BREAKPOINT { ex = es*w }
AFTER SOLVE { if (v > top) { top = v } }
"""


def compiled(folder):
    """Compile the mechanisms and start NEURON with them."""
    (folder / "cortex.mod").write_text(CHANNEL_MOD, encoding="utf-8")
    (folder / "efield.mod").write_text(FIELD_MOD, encoding="utf-8")
    tool = Path(sys.executable).parent / "nrnivmodl"
    subprocess.run([str(tool), str(folder)], cwd=folder, check=True, capture_output=True)
    from neuron import h, load_mechanisms

    load_mechanisms(str(folder))
    h.load_file("stdrun.hoc")
    return h


def tabulate(h):
    """Hand the engine's rates to the mechanism, as tables over gate and voltage."""
    from cortistim.neuron.channels import rates

    v = np.arange(-250, 250.01, 0.25)
    rows = rates(v)
    kept = []
    for name, part in (("inf", 0), ("tau", 1)):
        matrix = h.Matrix(len(rows), len(v))
        for k, row in enumerate(rows):
            for j, value in enumerate(row[part]):
                matrix.setval(k, j, float(value))
        getattr(h, f"table_{name}_cortex")(
            matrix._ref_x[0][0], len(rows), 0, len(rows) - 1, len(v), v[0], v[-1]
        )
        kept.append(matrix)
    return kept


class Twin:
    """The same compartments as sections of one segment."""

    def __init__(self, h, cable):
        self.h, self.cable = h, cable
        self.tables = tabulate(h)
        self.real = np.flatnonzero(cable.area_m2 > 0)
        self.sections, self.ends = {}, {}
        for i in range(len(cable.parent)):
            self._add(i)
        for i in self.real:
            segment = self.sections[i](0.5)
            segment.v = 1e3 * cable.rest_v[i]
            h.setpointer(segment._ref_e_extracellular, "ex", segment.efield)

    def _add(self, i):
        c, h = self.cable, self.h
        parent = int(c.parent[i])
        if c.area_m2[i] == 0:  # a joint: children hang on its parent's end
            self.ends[i] = self.ends[parent]
            return
        section = h.Section(name=f"c{i}")
        area_um2 = 1e12 * c.area_m2[i]
        ohm = self._own_ohm(i)
        # a cylinder with this area and this resistance at 100 ohm cm
        section.diam = (4 * 1e6 * area_um2 / (np.pi**2 * ohm)) ** (1 / 3) if ohm else 1.0
        section.L = area_um2 / (np.pi * section.diam)
        section.Ra, section.nseg = 100.0, 1
        section.cm = 1e2 * c.capacitance_f[i] / c.area_m2[i]
        for name in ("cortex", "extracellular", "efield"):
            section.insert(name)
        section(0.5).cortex.gl = 1e-4 * c.leak_s[i] / c.area_m2[i]
        for k, bar in enumerate(c.bars_s[i]):
            setattr(section(0.5).cortex, f"g{k}", 1e-4 * bar / c.area_m2[i])
        if parent >= 0:
            section.connect(self.ends[parent])
        self.sections[i] = section
        self.ends[i] = section(0.5) if parent < 0 else section(1)

    def _own_ohm(self, i):
        """Axial resistance from end to end, from the joint conductances down from the soma."""
        c = self.cable
        if c.parent[i] < 0:
            return 0.0
        return 2 * self.near_ohm(i)

    def near_ohm(self, i):
        """Resistance of the half toward the soma."""
        c, parent = self.cable, int(self.cable.parent[i])
        before = 0.0 if parent <= 0 or c.area_m2[parent] == 0 else self.near_ohm_cached(parent)
        return 1 / c.axial_s[i] - before

    def near_ohm_cached(self, i):
        """Remember it: children ask again."""
        if not hasattr(self, "_near"):
            self._near = {}
        if i not in self._near:
            self._near[i] = self.near_ohm(i)
        return self._near[i]

    def fires(self, direction, amplitude, wave):
        """Run one pulse; three excitable compartments above 0 mV are a spike."""
        h, c = self.h, self.cable
        psi_mv = -1e3 * amplitude * (c.centre_m - c.centre_m[0]) @ direction
        for i in self.real:
            self.sections[i](0.5).efield.es = psi_mv[i]
        vector = h.Vector(wave)
        vector.play(h._ref_w_efield, h.dt)
        for i in self.real:
            self.sections[i](0.5).v = 1e3 * c.rest_v[i]
        h.t = 0
        h.finitialize()
        for _ in range(len(wave)):
            h.fadvance()
        excitable = [i for i in self.real if c.excitable[i]]
        return sum(self.sections[i](0.5).efield.top > 0 for i in excitable) >= 3

    def threshold(self, direction, wave, low=40.0, high=1200.0):
        """Bisect; return the threshold and the number of runs."""
        runs = 0
        while high / low > 1 + TOLERANCE:
            middle = np.sqrt(low * high)
            runs += 1
            if self.fires(direction, middle, wave):
                high = middle
            else:
                low = middle
        return high, runs


def compare(h, name, count):
    from cortistim.neuron.cells import clones
    from cortistim.neuron.engine import DT_S, Engine
    from cortistim.neuron.shape import named_shape

    cable = clones(name)[0]
    engine, twin = Engine(cable), Twin(h, cable)
    h.dt, h.steps_per_ms = 1e3 * DT_S, 1e-3 / DT_S
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(count, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    engine.thresholds(directions[:1], named_shape("monophasic"))  # compiles
    rows = []
    for pulse in PULSES:
        shape = named_shape(pulse)
        start = time.process_time()
        own = engine.thresholds(directions, shape, tolerance=TOLERANCE).v_per_m
        own_s = (time.process_time() - start) / count
        start = time.process_time()
        found = [twin.threshold(d, shape.steps(DT_S)) for d in directions]
        neuron_s = (time.process_time() - start) / count
        theirs = np.array([v for v, _ in found])
        worst = float(np.abs(own / theirs - 1).max())
        rows.append({
            "pulse": pulse, "compartments": len(cable.parent), "directions": count,
            "largest_difference": worst, "own_s": own_s, "neuron_s": neuron_s,
            "times_faster": neuron_s / own_s,
        })  # fmt: skip
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cell", default="L5")
    parser.add_argument("--directions", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as name:
        rows = compare(compiled(Path(name)), given.cell, given.directions)
    if given.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(
            f"{given.cell} {row['pulse']:<11} {row['directions']} directions: at most "
            f"{100 * row['largest_difference']:.2f} % apart, {1e3 * row['own_s']:.0f} ms each, "
            f"NEURON {row['neuron_s']:.2f} s, {row['times_faster']:.0f} times"
        )


if __name__ == "__main__":
    main()
