"""Which cells make the twitch: threshold against handle angle and direction of the current.

    python benchmarks/motor_angles.py solve --head colin27 --out fields.npz
    python benchmarks/motor_angles.py table fields.npz [...] --figure motor_angles.png
    python benchmarks/motor_angles.py sulcus --figure motor_sulcus.png

``solve`` turns a figure-of-eight over the hand's motor cortex and keeps the field at the depth
of layers 2/3 and 5 and in the white matter below, of third order in the hand's area. ``table``
reads thresholds of different populations of cells from it:

- the disc of 12.5 mm around the coordinate, both banks, which ``cortistim`` uses;
- its anterior bank and crown alone, where the corticospinal cells lie;
- the cells' tables against an axon along the column that feels only the field along it (an
  axon that leaves the cortex straight, fires at its end or at the bend into white matter);
- layer 2/3 beside layer 5, and both by summation;
- a sulcus that is flat: every column perpendicular to the wall, without bends.

``sulcus`` does the same without a head: an ideal sulcus, straight or winding, in a field that
is the same everywhere, so that nothing but cells and geometry can make a difference.

Published: best to worst angle 24 to 38 % (robot study in mapping of one hand), monophasic PA
below AP by 10 to 30 % (Sommer et al. 2006: 1.25 times).
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from cortistim.coil import named_coil
from cortistim.field import FemSystem, head_sampler, solve_fields
from cortistim.geometry import unit
from cortistim.head.cortex.sulcus import sulcus_course
from cortistim.head.space.targets import named_target
from cortistim.neuron.calibration import CRITERION
from cortistim.neuron.cells import TYPES
from cortistim.neuron.layers import layered
from cortistim.neuron.motor import _sharp_in, hand_area, turned_poses
from cortistim.neuron.shape import named_shape
from cortistim.neuron.tables import fit_for
from cortistim.placement import DISTANCE_M
from cortistim.study.request.inputs import HeadRequest, head_of

BLOCK = 6
SPREAD = 0.2  # of ln threshold of an axon along the column, as layer 5's; assumed
AXON_V_PER_M = 200.0  # its threshold along itself; scales no ratio
LARGEST = 60.0  # % that a figure shows; more lies at its edge
PULSES = ("monophasic", "biphasic")


def solve(asked: argparse.Namespace) -> None:
    """Keep the fields of all angles in the hand's area."""
    head = head_of(HeadRequest(asked.head))
    coil = named_coil(asked.coil)
    point = head.frame.to_subject_m(np.atleast_2d(named_target("m1_hand_l").mni_m))[0]
    angles = np.linspace(0, np.pi, asked.angles, endpoint=False)
    poses = turned_poses(head, coil, point, angles, DISTANCE_M)
    system, area = FemSystem.of(head), hand_area(head.cortex, point)
    places, cortex = head_sampler(head, head.cortex.vertices_m), head.cortex
    kept = []
    for start in range(0, len(poses), BLOCK):
        for field in solve_fields(head, coil, poses[start : start + BLOCK], system=system):
            sharp = _sharp_in(area, field, system).on_cortex(places=places)
            deep = layered(sharp, field, vertices=area)
            kept.append((deep.layers_v_per_m[:, area], deep.gradient[area]))
            print(len(kept), "of", len(poses), flush=True)
    course = sulcus_course(cortex, point)
    outward = unit(point - cortex.vertices_m.mean(axis=0))
    np.savez(
        asked.out,
        head=np.array(asked.head), angles=angles, point=point, outward=outward,
        across=course.across, along=course.along, vertices=cortex.vertices_m[area],
        normals=cortex.normals[area], curvature=cortex.curvature_per_m[area],
        area=cortex.vertex_areas_m2[area], handle=-np.array([p.rotation[:, 1] for p in poses]),
        e=np.array([e for e, _ in kept]), gradient=np.array([g for _, g in kept]),
    )  # fmt: skip


def at_criterion(log_ratio, sd, weight) -> float:
    """Return the multiple of the field that recruits `CRITERION` of the cells."""
    weight = weight / weight.sum()

    def missing(log_factor: float) -> float:
        return float((weight * ndtr((log_ratio + log_factor) / sd)).sum()) - CRITERION

    return float(np.exp(brentq(missing, -30, 60)))


def by_table(found, k, sign, fit, name, chosen) -> float:
    """Return the threshold of a type's table among chosen vertices."""
    e = sign * found["e"][k, TYPES.index(name)][chosen]
    size = np.linalg.norm(e, axis=1)
    cosine = np.einsum("ij,ij->i", e, found["normals"][chosen]) / size
    mean, sd = (x[TYPES.index(name)] for x in fit.at(cosine, found["gradient"][k][chosen]))
    return at_criterion(np.log(size) - mean, sd, found["area"][chosen])


def by_column(found, k, sign, chosen, *, rectified=True) -> float:
    """Return the threshold of axons that feel the field along the column alone.

    An axon toward the white matter fires at its end or bend when the field points down it,
    along minus the outward normal; unrectified, either way round.
    """
    e = sign * found["e"][k, TYPES.index("L5")][chosen]
    down = -np.einsum("ij,ij->i", e, found["normals"][chosen])
    felt = np.maximum(down if rectified else np.abs(down), 1e-9)
    return at_criterion(np.log(felt / AXON_V_PER_M), SPREAD, found["area"][chosen])


def by_size(found, k, chosen) -> float:
    """Return the threshold by |E| alone."""
    size = np.linalg.norm(found["e"][k, TYPES.index("L5")][chosen], axis=1)
    return at_criterion(np.log(size / AXON_V_PER_M), SPREAD, found["area"][chosen])


def populations(found) -> dict[str, np.ndarray]:
    """Return which vertices belong to each population."""
    forward = found["normals"] @ found["across"]
    up = found["normals"] @ found["outward"]
    everything = np.ones(len(forward), dtype=bool)
    # the anterior bank of the central sulcus looks backward, its crown outward
    middle = (found["vertices"] - found["point"]) @ found["across"]
    bank = (forward < -0.4) & (up < 0.7)
    crown = (up >= 0.7) & (middle > middle[bank].mean() if bank.any() else everything)
    return {"disc": everything, "anterior bank": bank, "bank and crown": bank | crown}


def curves(found) -> dict[str, np.ndarray]:
    """Return thresholds for every model, population, angle and direction."""
    fits = {name: fit_for(named_shape(name)) for name in PULSES}
    rows: dict[str, np.ndarray] = {}
    every = range(len(found["angles"]))

    def scan(threshold):
        return np.array([[threshold(k, sign) for sign in (1, -1)] for k in every])

    for where, chosen in populations(found).items():
        if not chosen.any():
            continue
        for pulse, fit in fits.items():
            for name in ("L5", "L23"):
                key = f"{name} table, {pulse}, {where}"
                rows[key] = scan(
                    lambda k, s, f=fit, n=name, c=chosen: by_table(found, k, s, f, n, c)
                )
        rows[f"|E|, {where}"] = scan(lambda k, _, c=chosen: by_size(found, k, c))
        rows[f"axon down the column, {where}"] = scan(
            lambda k, s, c=chosen: by_column(found, k, s, c)
        )
        rows[f"axon either way, {where}"] = scan(
            lambda k, s, c=chosen: by_column(found, k, s, c, rectified=False)
        )
    return rows


def told(found, rows) -> list[tuple[str, float, float, float]]:
    """Return best to worst, angle off perpendicular, and PA over AP, in percent and degrees.

    PA: the induced field in the brain points forward, across the sulcus.
    """
    e = found["e"][:, TYPES.index("L5")].mean(axis=1)
    flat = e - np.outer(e @ found["outward"], found["outward"])
    ahead = unit(flat) @ found["across"]
    square = int(np.abs(ahead).argmax())
    pa = 0 if ahead[square] > 0 else 1
    lines = []
    for name, row in rows.items():
        # over the half turn where the field points forward, one direction of the current
        forward = np.where(ahead > 0, row[:, 0], row[:, 1])
        best = int(forward.argmin())
        off = float(np.degrees(np.arccos(min(abs(ahead[best]), 1.0))))
        span = 100 * (forward.max() / forward.min() - 1)
        change = 100 * (row[square, 1 - pa] / row[square, pa] - 1)
        lines.append((name, span, off, change))
    return lines


def ideal_sulcus(winding_deg: float, angles: int = 24, count: int = 600) -> dict:
    """Return a sulcus in a uniform field, as ``solve`` keeps a head's.

    Two banks and the crowns beside them, each a third of the cortex; +x is forward, across the
    sulcus, and the anterior bank looks back. Its course winds with a standard deviation.
    """
    rng = np.random.default_rng(1)
    turn = np.radians(winding_deg) * rng.standard_normal(count)
    part = np.arange(count) % 3  # anterior bank, posterior bank, crown
    tilt = np.radians(10) * rng.standard_normal(count)  # out of the bank's plane
    side = np.where(part == 0, -1.0, 1.0)
    bank = np.stack([side * np.cos(turn), side * np.sin(turn), np.sin(tilt)], axis=1)
    crown = np.stack([0.5 * rng.standard_normal(count), turn, np.ones(count)], axis=1)
    normals = unit(np.where((part == 2)[:, None], crown, bank))
    way = np.linspace(0, np.pi, angles, endpoint=False)
    e = np.stack([np.cos(way), np.sin(way), np.zeros(angles)], axis=1)
    ahead = np.where(part == 0, 2e-3, np.where(part == 1, -2e-3, 5e-3))
    places = np.stack([ahead, np.zeros(count), np.zeros(count)], axis=1)
    return {
        "head": np.array(f"winding {winding_deg:g} deg"), "angles": way,
        "point": np.zeros(3), "outward": np.array([0, 0, 1.0]),
        "across": np.array([1.0, 0, 0]), "normals": normals, "vertices": places,
        "area": np.ones(count), "gradient": np.zeros((angles, count)),
        "e": np.broadcast_to(100 * e[:, None, None], (angles, len(TYPES), count, 3)),
    }  # fmt: skip


def sulcus(asked: argparse.Namespace) -> None:
    """Print every population's figures for ideal sulci."""
    collected = []
    for winding_deg in (0.0, 20.0, 40.0):
        found = ideal_sulcus(winding_deg)
        lines = told(found, curves(found))
        collected.append((str(found["head"]), lines))
        show(str(found["head"]), found, lines)
    if asked.figure:
        figure(collected, asked.figure)


def show(head: str, found, lines) -> None:
    """Print one head's figures."""
    counts = {k: int(v.sum()) for k, v in populations(found).items()}
    print(f"\n{head}: vertices {counts}")
    print(f"{'cells':<46} worst/best   best off     AP/PA")
    for name, span, off, change in lines:
        print(f"{name:<46} {span:+8.1f} % {off:7.0f} deg {change:+8.1f} %")


def figure(all_lines, path: Path) -> None:
    """Draw best-to-worst and AP over PA for every population."""
    from cortistim.viz.render.canvas import new_figure, png_bytes

    names = [line[0] for line in all_lines[0][1]]
    names = [n for n in names if "biphasic" not in n]
    drawn = new_figure(11, 0.34 * len(names) + 1.4)
    for j, (words, column, low, high) in enumerate(
        (("worst over best angle [%]", 1, 24, 38), ("AP over PA [%]", 3, 10, 30))
    ):
        axes = drawn.add_axes((0.33 + 0.34 * j, 0.13, 0.3, 0.8))
        axes.axvspan(low, high, color="#e6e1d6")
        for head, lines in all_lines:
            found = {line[0]: line[column] for line in lines}
            there = [k for k, n in enumerate(names) if n in found]
            shown = [min(found[names[k]], LARGEST) for k in there]
            axes.plot(shown, there, "o", label=head, ms=5)
        axes.set_yticks(range(len(names)), names if j == 0 else [])
        axes.set_xlabel(words)
        axes.set_xlim(-5, LARGEST + 2)
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
        if j == 0:
            axes.legend(fontsize=8, frameon=False)
    path.write_bytes(png_bytes(drawn))


def table(asked: argparse.Namespace) -> None:
    """Print every population's figures for every head."""
    collected = []
    for path in asked.fields:
        found = dict(np.load(path))
        lines = told(found, curves(found))
        collected.append((str(found["head"]), lines))
        show(str(found["head"]), found, lines)
    if asked.figure:
        figure(collected, asked.figure)


def main() -> None:
    """Solve, or read what was solved."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(required=True)
    first = parts.add_parser("solve")
    first.add_argument("--head", default="colin27")
    first.add_argument("--coil", default="magstim_70mm_fig8")
    first.add_argument("--angles", type=int, default=12)
    first.add_argument("--out", type=Path, required=True)
    first.set_defaults(run=solve)
    second = parts.add_parser("table")
    second.add_argument("fields", type=Path, nargs="+")
    second.add_argument("--figure", type=Path)
    second.set_defaults(run=table)
    third = parts.add_parser("sulcus")
    third.add_argument("--figure", type=Path)
    third.set_defaults(run=sulcus)
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
