import json
from dataclasses import replace

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.errors import BadInputError
from cortistim.field import FemSystem, sampler, solve_linear
from cortistim.head import tissues_for
from cortistim.head.tissues import BONE, COMPACT_BONE, CSF, DEFAULTS, GREY, SCALP, WHITE
from cortistim.placement import Pose
from cortistim.targeting.spread import (
    UncertainInputs,
    _Inputs,
    _reduced,
    _sobol,
    uncertainty,
)
from cortistim.targeting.tolerance import nudged
from cortistim.typing import silent

POINTS_M = np.array([[0.02, 0.0, 0.066], [-0.02, 0.02, 0.062]])


@pytest.fixture(scope="module")
def coil():
    whole = named_coil("round_90mm")
    step = slice(None, None, 16)
    return replace(
        whole, dipoles_m=whole.dipoles_m[step], moments_m2=16 * whole.moments_m2[step]
    )


@pytest.fixture(scope="module")
def pose():
    matrix = np.diag([1.0, -1, -1, 1])
    matrix[:3, 3] = 0.01, 0, 0.1
    return Pose(matrix)


@pytest.fixture(scope="module")
def lopsided(ball_head):
    """The ball with CSF instead of white matter on one side, where conductivities matter."""
    mesh = ball_head.mesh
    tags = np.where((mesh.tags == 1) & (mesh.centroids_m[:, 0] > 0.01), 3, mesh.tags)
    mesh = replace(mesh, tags=tags)
    return replace(ball_head, mesh=mesh, tissues=tissues_for(mesh.present_tags()))


def test_reduced_samples_are_those_of_plain_monte_carlo(lopsided, coil, pose):
    request, places = UncertainInputs(samples=256), sampler(lopsided.mesh, POINTS_M)
    inputs = _Inputs(lopsided, request)
    system = FemSystem.of(lopsided)
    reduced = _reduced(lopsided, coil, pose, places, request, system, silent)
    sigmas, errors = inputs.values(_sobol(inputs.size, request)[:12])
    found = reduced.evaluate(sigmas, errors)
    direct = np.array(
        [
            solve_linear(
                lopsided.with_sigma(dict(zip((1, 2, 3, 4, 5), sigma, strict=True))),
                coil,
                nudged(pose, error[:3], error[3:]),
            ).at_v_per_m(places)
            for sigma, error in zip(sigmas, errors, strict=True)
        ]
    )
    size, expected = (np.linalg.norm(e, axis=2) for e in (found, direct))
    np.testing.assert_allclose(size, expected, atol=0.005 * expected.max())
    np.testing.assert_allclose(size.std(axis=0), expected.std(axis=0), rtol=0.05)
    assert (expected.std(axis=0) > 0.05 * expected.mean(axis=0)).all()


def test_conductivities_of_concentric_shells_do_not_matter(ball_head, coil, pose):
    request = UncertainInputs(samples=256, shift_m=0.0, turn_rad=0.0)
    places = sampler(ball_head.mesh, POINTS_M)
    found = uncertainty(ball_head, coil, pose, places, request=request)
    spread = found.samples_v_per_m.std(axis=0) / found.nominal_v_per_m
    assert spread.max() < 0.02
    assert found.reduced_error < 0.005


def test_a_pose_that_alone_is_uncertain_explains_everything(ball_head, coil, pose):
    request = UncertainInputs(samples=512, conductivities=False)
    places = sampler(ball_head.mesh, POINTS_M)
    found = uncertainty(ball_head, coil, pose, places, request=request)
    assert list(found.indices) == ["pose"]
    np.testing.assert_allclose(found.indices["pose"], 1, atol=0.05)


def test_the_lopsided_ball_depends_on_the_tissues_around_the_point(lopsided, coil, pose):
    request = UncertainInputs(samples=512, shift_m=0.0, turn_rad=0.0)
    places = sampler(lopsided.mesh, POINTS_M)
    found = uncertainty(lopsided, coil, pose, places, request=request)
    shares = {name: float(values.max()) for name, values in found.indices.items()}
    assert shares["scalp"] < 0.05 < shares["white matter"] + shares["grey matter"]
    total = sum(found.indices.values())
    assert (total > 0.7).all()
    assert (total < 1.2).all()


def test_few_solves_are_enough(lopsided, coil, pose, monkeypatch):
    solved, solve = [], FemSystem.solve

    def counting(self, loads, *, tolerance):
        solved.append(loads.shape[1])
        return solve(self, loads, tolerance=tolerance)

    monkeypatch.setattr(FemSystem, "solve", counting)
    request = UncertainInputs(samples=2048, shift_m=0.0, turn_rad=0.0)
    places = sampler(lopsided.mesh, POINTS_M[:1])
    uncertainty(lopsided, coil, pose, places, request=request)
    assert sum(solved) < 50


def test_impossible_ranges_are_refused(ball_head, coil, pose):
    places = sampler(ball_head.mesh, POINTS_M)
    for ranges, words in (({1: (0.4, 0.1)}, "rising"), ({77: (0.1, 0.4)}, "tags of the mesh")):
        request = UncertainInputs(ranges=ranges, samples=256)
        with pytest.raises(BadInputError, match=words):
            uncertainty(ball_head, coil, pose, places, request=request)
    with pytest.raises(BadInputError, match="something must be uncertain"):
        UncertainInputs(conductivities=False, shift_m=0.0, turn_rad=0.0)


def test_the_command_writes_json_and_csv(ball_file, tmp_path, pose, capsys):
    matrix = pose.matrix_m.copy()
    matrix[:3, 3] *= 1e3
    (tmp_path / "pose.json").write_text(json.dumps({"matsimnibs": matrix.tolist()}))
    (tmp_path / "p.csv").write_text("x_mm,y_mm,z_mm\n0,0,70\n")
    common = ["uncertainty", "--head", str(ball_file), "--pose", str(tmp_path / "pose.json")]
    common += ["--shift-sd", "0", "--turn-sd", "0", "--samples", "256", "--quiet", "--json"]
    more = ["--points", str(tmp_path / "p.csv"), "--out", str(tmp_path / "u.csv")]
    assert run([*common, *more]) == 0
    record = json.loads(capsys.readouterr().out)
    row = record["results"][0]
    assert row["p5_v_per_m"] < row["p50_v_per_m"] < row["p95_v_per_m"]
    header, values = (tmp_path / "u.csv").read_text().splitlines()
    assert header.startswith("x_mm,y_mm,z_mm,nominal_v_per_m,mean_v_per_m,sd_v_per_m,p5")
    assert len(values.split(",")) == len(header.split(","))
    assert run([*common, "--out", str(tmp_path / "u.json")]) == 2
    assert "either --target or --points" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("tag", "source"),
    [
        (WHITE, "saturnino2019a"), (GREY, "saturnino2019a"), (CSF, "saturnino2019a"),
        (COMPACT_BONE, "saturnino2019a"), (BONE, "assumed"), (SCALP, "assumed"),
    ],
)  # fmt: skip
def test_only_ranges_that_were_read_are_called_published(tag, source):
    assert UncertainInputs().range_of(DEFAULTS[tag]).source == source
