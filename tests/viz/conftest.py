"""A made-up head: a sphere with folds, a scalp around it, two loops on top."""

from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.coil.coil import Casing, Coil
from cortistim.geometry import unit
from cortistim.head.mesh import Surface
from cortistim.placement.pose import Pose
from cortistim.targeting import SearchMap
from cortistim.viz import ReportContent, VolumeGrid
from cortistim.viz.raster import surface_of

RADIUS_M, FOLD_M, SCALP_M = 0.075, 0.003, 0.09
TARGET_DIRECTION = unit(np.array([-0.7, -0.2, 0.68]))


def icosphere(levels):
    golden = (1 + 5**0.5) / 2
    corners = [(-1, golden, 0), (1, golden, 0), (-1, -golden, 0), (1, -golden, 0)]
    corners += [(0, -1, golden), (0, 1, golden), (0, -1, -golden), (0, 1, -golden)]
    corners += [(golden, 0, -1), (golden, 0, 1), (-golden, 0, -1), (-golden, 0, 1)]
    faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4)]
    faces += [(11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8)]
    faces += [(3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]
    vertices, triangles = unit(np.array(corners, dtype=float)), np.array(faces)
    for _ in range(levels):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, inverse = np.unique(edges, axis=0, return_inverse=True)
        ab, bc, ca = (inverse.ravel() + len(vertices)).reshape(-1, 3).T
        a, b, c = triangles.T
        vertices = np.vstack([vertices, unit(vertices[unique].mean(axis=1))])
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        triangles = np.concatenate([np.stack(part, axis=1) for part in parts])
    return vertices, triangles


def folded(levels):
    directions, triangles = icosphere(levels)
    waves = np.sin(14 * directions).sum(axis=1) / 3
    bare = surface_of(directions * (RADIUS_M + FOLD_M * waves)[:, None], triangles)
    return Surface(bare.vertices_m, triangles, bare.normals, 300 * waves)


def box(size_m):
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 0)], float)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))]
    return Casing(corners * np.array(size_m), np.array(triangles), "made up")


def eight():
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    middle, back = np.array([0.04, 0, 0]), np.array([0, 0, -0.008])
    dipoles = np.vstack([0.03 * ring + middle + back, 0.03 * ring - middle + back])
    moments = np.zeros_like(dipoles)
    moments[:, 2] = np.repeat([1e-4, -1e-4], 60)
    return Coil("eight", dipoles, moments, box((0.08, 0.045, 0.016)), "rings", ("assumed",))


def pose_on_scalp(handle_deg):
    z = -TARGET_DIRECTION
    back = np.array([0.0, -1.0, 0.0])
    back = unit(back - (back @ z) * z)
    left = np.cross(back, z)
    left = left if left[0] < 0 else -left
    angle = np.deg2rad(handle_deg)
    y = -(np.cos(angle) * back + np.sin(angle) * left)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([np.cross(y, z), y, z], axis=1)
    matrix[:3, 3] = TARGET_DIRECTION * (SCALP_M + 0.004)
    return Pose(matrix)


def grid():
    step_m, count = 4e-3, 52
    axis = (np.arange(count) - count / 2) * step_m
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    shells_m = (0.06, 0.075, 0.079, 0.084, SCALP_M)
    labels = np.select([radius < shell_m for shell_m in shells_m], [1, 2, 3, 4, 5])
    away_m = np.stack([x, y, z], axis=-1) - 0.07 * TARGET_DIRECTION
    decay = np.exp(-np.linalg.norm(away_m, axis=-1) / 0.03)
    field = np.select([labels == 1, labels == 2], [100 * decay, 90 * decay], np.nan)
    affine = np.diag([step_m, step_m, step_m, 1.0])
    affine[:3, 3] = axis[0]
    return VolumeGrid(labels, field, affine)


def plan():
    return {
        "head": {
            "name": "made up",
            "tissues": [
                {"tag": 2, "name": "grey", "sigma_siemens_per_m": 0.275, "source": "assumed"}
            ],
        },
        "coil": {"name": "eight", "inductance_h": float("nan")},
        "stimulator": {
            "name": "box",
            "capacitance": {"value": 1.85e-4, "unit": "F", "source": "assumed"},
        },
        "protocol": {"name": "iTBS", "confidence": "high"},
        "target": {"name": "left hand knob"},
        "pose": {"distance_mm": 4.0},
        "field": {"target_e_v_per_m": 93.2, "solver": {"iterations": 17}, "notes": ["A note."]},
        "dose": {
            "percent_mso": None,
            "percent_mso_reason": "no resting motor threshold was given",
            "didt_a_per_s": 6.2e7,
            "rests_on": "a field of 100 V/m at the target",
        },
        "timing_s": {"solve": 3.2},
        "versions": {"cortistim": "0.1.0"},
        "sources": ["assumed", "given by the user"],
        "warnings": ["The casing is made up."],
    }


def content_with(plan_of_work, **changes):
    rng = np.random.default_rng(7)
    cortex, display = folded(5), folded(4)
    directions, triangles = icosphere(4)
    pose, target_m = pose_on_scalp(45), TARGET_DIRECTION * 0.073
    distance_m = np.linalg.norm(cortex.vertices_m - target_m, axis=1)
    along = pose.rotation[:, 1]
    e = 100 * np.exp(-((distance_m / 0.03) ** 2))[:, None] * along
    near = unit(TARGET_DIRECTION + rng.normal(0, 0.15, (60, 3))) * SCALP_M
    off_m = np.linalg.norm(near - TARGET_DIRECTION * SCALP_M, axis=1)
    angles = np.deg2rad(np.arange(0, 180, 15))
    time_s = np.linspace(0, 3e-4, 200)
    train_s = (np.arange(10)[:, None] * 0.2 + np.arange(3) * 0.02).ravel()
    parts = {
        "plan": plan_of_work,
        "scalp": surface_of(directions * SCALP_M, triangles),
        "cortex": cortex,
        "cortex_display": display,
        "display_index": np.arange(len(display.vertices_m)),
        "e_v_per_m": e,
        "coil": eight(),
        "pose": pose,
        "target_m": target_m,
        "search": SearchMap(
            near, 1.5 * np.exp(-off_m / 0.1), angles, 1.1 + 0.4 * np.cos(2 * angles)
        ),
        "pulse_time_s": time_s,
        "pulse_didt_a_per_s": 6.2e7 * np.cos(2 * np.pi * time_s / 3e-4),
        "pulse_times_s": (np.arange(20)[:, None] * 10 + train_s).ravel(),
        "slices": grid(),
    }
    return ReportContent(**{**parts, **changes})


@pytest.fixture(scope="session")
def content():
    return content_with(plan())


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(
        content=content_with, plan=plan, icosphere=icosphere, pose=pose_on_scalp
    )
