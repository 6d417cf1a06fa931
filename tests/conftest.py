"""What every test has at hand."""

import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

SHARED = Path(os.environ.get("CORTISTIM_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture
def shared_file():
    """Return a file of others that is not part of the project, or skip."""

    def find(relative):
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"needs {relative}, which is not part of the project")
        return path

    return find


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory):
    """Keep what is built once per session, away from the user's cache."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(session_cache, monkeypatch):
    """Point the cache at the session's folder."""
    monkeypatch.setenv("CORTISTIM_CACHE", str(session_cache))


@pytest.fixture(scope="session")
def small_ball():
    """Return a coarse ball with white and grey matter, CSF, bone and scalp."""
    from cortistim.head.mesher import layered_sphere

    radii_m = (0.066, 0.074, 0.078, 0.084, 0.092)
    return layered_sphere(radii_m, (1, 2, 3, 4, 5), edge_m=0.009)


@pytest.fixture(scope="session")
def ball_file(small_ball, tmp_path_factory):
    """Return the coarse ball as a mesh file."""
    from cortistim.io import write_head_mesh

    path = tmp_path_factory.mktemp("head") / "ball.msh"
    write_head_mesh(path, small_ball)
    return path


@pytest.fixture(scope="session")
def ball_head(small_ball):
    """Return the coarse ball as a head in MNI space."""
    from cortistim.head import AffineFrame, Head, tissues_for

    axes = {"Nz": (0, 1, 0), "Iz": (0, -1, 0), "LPA": (-1, 0, 0), "RPA": (1, 0, 0)}
    return Head(
        "ball",
        small_ball,
        tissues_for(small_ball.present_tags()),
        AffineFrame(np.eye(4), "a ball around the origin of MNI space"),
        "test",
        landmarks_m={name: 0.092 * np.array(place) for name, place in axes.items()},
    )


HAND_M = np.array([-0.037, -0.025, 0.056])


@pytest.fixture(scope="session")
def light_coil():
    """Return a figure-8 coil of few dipoles."""
    from dataclasses import replace

    from cortistim.coil import named_coil

    whole, step = named_coil("magstim_d70"), slice(None, None, 24)
    return replace(
        whole, dipoles_m=whole.dipoles_m[step], moments_m2=24 * whole.moments_m2[step]
    )


@pytest.fixture(scope="session")
def light_operator(ball_head, light_coil):
    """Return an operator of the ball's left hand area that holds the primary field alone.

    Without charges nothing is solved, so it is made in a second; it has all of an operator's
    parts and is wrong by what the charges do.
    """
    from cortistim.field.bars import ErrorShares
    from cortistim.field.operator.basis import candidate_poses, potentials_t_m
    from cortistim.field.operator.operator import (
        VERSION,
        FieldOperator,
        OperatorOrigin,
        sigma_digest,
    )

    cortex_m = ball_head.cortex.vertices_m
    points_m = cortex_m[np.linalg.norm(cortex_m - HAND_M, axis=1) < 0.045]
    samples_m = cortex_m[:: max(1, len(cortex_m) // 150)]
    poses = candidate_poses(ball_head, light_coil, 90, seed=3)
    sampled = potentials_t_m(light_coil, poses, samples_m).reshape(len(poses), -1).T
    members, size, turn = np.linalg.svd(sampled, full_matrices=False)
    at_points = potentials_t_m(light_coil, poses, points_m).reshape(len(poses), -1).T
    count, n_point = 60, len(points_m)
    mesh, sigma = ball_head.mesh.digest, sigma_digest(ball_head)
    name, names = ball_head.name, (light_coil.name,)
    origin = OperatorOrigin(name, mesh, sigma, names, count, 0, 1e-6, "harmonic", 1, VERSION)
    return FieldOperator(
        points_m,
        -(at_points @ turn[:count].T) / size[:count],
        samples_m,
        members[:, :count],
        ball_head.outside,
        origin,
        ErrorShares(np.zeros((n_point, 3, 3)), np.zeros(n_point)),
    )


@pytest.fixture(scope="session")
def small_plan(ball_file, session_cache, tmp_path_factory):
    """Return a plan on the coarse ball as the code makes it: plan, record, folder, told, grid.

    Made once for all tests that look at plans, because it takes some ten seconds.
    """
    from cortistim.study import AimSettings, HeadRequest, PlanRequest, make_plan
    from cortistim.study.plan import files as outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        request = PlanRequest(
            head=HeadRequest(str(ball_file)),
            target="-35,30,52",
            settings=AimSettings(radius_m=0.012),
            rmt_percent=50.0,
        )
        told, kept = [], []
        plan = make_plan(request, progress=lambda what, fraction: told.append((what, fraction)))
        read = outputs.Volumes.of
        patch.setattr(outputs.Volumes, "of", lambda field: kept.append(read(field)) or kept[0])
        folder = tmp_path_factory.mktemp("plan") / "out"
        record = outputs.write_plan(plan, folder)
    return SimpleNamespace(
        plan=plan, record=record, folder=folder, told=told, grid=kept[0].grid
    )


@pytest.fixture(scope="session")
def mirrored_plans(small_plan):
    """Return records and contents of plans for a left, a right and a midline target.

    The right one is the left one in a mirror; all are written by the code that writes plans.
    """
    from dataclasses import replace

    from cortistim.field.target import target_at
    from cortistim.placement import Pose, place_over
    from cortistim.study.plan.files import report_content
    from cortistim.study.plan.neuron import neurons_at
    from cortistim.study.plan.record import plan_record

    plan, mirror = small_plan.plan, np.diag([-1.0, 1, 1, 1])
    left = plan.aimed
    over_m = left.target.centre_m
    right = Pose(mirror @ left.pose.matrix_m @ mirror)
    middle_m = np.array([0.0, *over_m[1:]])
    middle = place_over(plan.head, middle_m, handle_rad=0.0)
    found = {}
    for side, pose, point_m in (
        ("left", left.pose, over_m),
        ("right", right, over_m * [-1, 1, 1]),
        ("midline", middle, middle_m),
    ):
        there = replace(target_at(plan.head, point_m), centre_m=point_m)
        aimed = replace(left, pose=pose, target=there)
        cortex = replace(
            plan.cortex, centre_m=there.centre_m, vertices=there.vertices, side=side
        )
        moved = replace(plan, aimed=aimed, cortex=cortex, neuron=neurons_at(cortex))
        record = plan_record(moved)
        content = report_content(moved, record, small_plan.grid)
        found[side] = SimpleNamespace(plan=moved, record=record, content=content)
    return found


@pytest.fixture(scope="session")
def half_brain():
    """Return a maker of one half of the ball's cortex: flat in the middle, else a sphere."""

    def make(side, radius_m, count=1500):
        from scipy.spatial import ConvexHull

        turn = np.arange(count) + 0.5
        x = 1 - 2 * turn / count
        angle = np.pi * (1 + 5**0.5) * turn
        flat = np.sqrt(1 - x**2)
        unit = np.stack([x, flat * np.cos(angle), flat * np.sin(angle)], axis=1)
        triangles = ConvexHull(unit).simplices
        inward = np.linalg.det(unit[triangles]) < 0
        triangles[inward] = triangles[inward][:, [0, 2, 1]]
        # the outer 85 % of the vertices make the half sphere, the others the flat side
        outer = x < 0.7
        polar = np.where(outer, np.arccos(-x) / np.arccos(-0.7) * np.pi / 2, np.pi / 2)
        shrink = np.where(outer, 1.0, np.sqrt(np.clip((1 - x) / 0.3, 0, 1)))
        wide = np.sin(polar) * shrink / np.maximum(flat, 1e-12)
        along = -np.cos(polar) * outer
        points = np.stack([along, wide * unit[:, 1], wide * unit[:, 2]], axis=1)
        points_m = radius_m * points - [1e-3, 0, 0]
        if side == "right":
            return points_m * [-1, 1, 1], triangles[:, ::-1].copy(), unit * [-1, 1, 1]
        return points_m, triangles, unit

    return make


CRAS_MM = np.array([3.0, -17.0, 11.0])


@pytest.fixture
def freesurfer_folder(half_brain, tmp_path):
    """Return a FreeSurfer subject made of the ball: surfaces in tkRAS, 3 mm apart, and maps."""
    from nibabel import freesurfer

    for name in ("surf", "label", "mri/transforms"):
        (tmp_path / "subject" / name).mkdir(parents=True)
    folder = tmp_path / "subject"
    info = {
        "head": np.array([2, 0, 20]), "valid": "1  # volume info valid", "filename": "T1.mgz",
        "volume": np.array([256, 256, 256]), "voxelsize": np.ones(3),
        "xras": np.array([-1.0, 0, 0]), "yras": np.array([0, 0, -1.0]),
        "zras": np.array([0, 1.0, 0]), "cras": CRAS_MM,
    }  # fmt: skip
    for side, letters in (("left", "lh"), ("right", "rh")):
        surf = folder / "surf"
        for name, radius_m in (("white", 0.0685), ("pial", 0.0715)):
            points_m, triangles, unit = half_brain(side, radius_m)
            path, tk_mm = surf / f"{letters}.{name}", 1e3 * points_m - CRAS_MM
            freesurfer.write_geometry(path, tk_mm, triangles, volume_info=info)
        freesurfer.write_geometry(surf / f"{letters}.sphere.reg", 100 * unit, triangles)
        freesurfer.write_morph_data(surf / f"{letters}.thickness", np.full(len(unit), 3.0))
        freesurfer.write_morph_data(surf / f"{letters}.curv", unit[:, 2])
        freesurfer.write_annot(
            folder / "label" / f"{letters}.lobes.annot",
            (unit[:, 1] > 0).astype(int),
            np.array([[10, 20, 30, 0], [200, 40, 0, 0]]),
            ["back", "front"],
            fill_ctab=True,
        )
    (folder / "mri/transforms/talairach.xfm").write_text(
        "MNI Transform File\n\nTransform_Type = Linear;\nLinear_Transform =\n"
        "1 0 0 2\n0 1 0 0\n0 0 1 0;\n"
    )
    return folder
