"""``cortistim locate``: from files to the site, its GIFTI, and clear refusals."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.coil import named_coil
from cortistim.field import FieldOperator
from cortistim.field.analytic.sphere import sphere_field_v_per_m
from cortistim.field.bars import ErrorShares
from cortistim.field.operator.basis import potentials_t_m
from cortistim.field.operator.file import save_operator
from cortistim.field.operator.operator import OperatorOrigin, sigma_digest
from cortistim.placement import Pose
from cortistim.records.form import json_text, read_record
from cortistim.records.locate import LocateRecord
from cortistim.study import HeadRequest
from cortistim.units import matrix_m_from_mm

COIL = "magstim_d70"
POSES = 40


def pose_mm(across_deg, along_deg, turn_deg):
    """Return a pose above the ball, at two angles from its top."""
    a, b, t = np.radians([across_deg, along_deg, turn_deg])
    out = np.array([np.sin(a), np.sin(b), np.sqrt(1 - np.sin(a) ** 2 - np.sin(b) ** 2)])
    x = np.cross([0, 1.0, 0], out)
    x /= np.linalg.norm(x)
    y = np.cross(-out, x)
    matrix = np.eye(4)
    matrix[:3, 0] = np.cos(t) * x + np.sin(t) * y
    matrix[:3, 1] = np.cos(t) * y - np.sin(t) * x
    matrix[:3, 2], matrix[:3, 3] = -out, 98.0 * out
    return matrix


def closed_form_operator(head, points_m, poses):
    """Return an operator that holds these poses: the field of a ball needs no solve."""
    coil = named_coil(COIL)
    rows = potentials_t_m(coil, poses, points_m).reshape(len(poses), -1)
    members, shares = np.linalg.qr(rows.T)
    fields = np.array(
        [sphere_field_v_per_m(points_m, coil, pose, didt_a_per_s=1.0).ravel() for pose in poses]
    )
    origin = OperatorOrigin(
        head=head.name, mesh=head.mesh.digest, sigma=sigma_digest(head), coils=(COIL,),
        rank=len(poses), seed=0, tolerance=1e-4, recovery="harmonic", order=1,
    )  # fmt: skip
    return FieldOperator(
        points_m, fields.T @ np.linalg.inv(shares), points_m, members, head.outside, origin,
        ErrorShares(np.zeros((len(points_m), 3, 3)), np.zeros(len(points_m))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def session(ball_file, session_cache, tmp_path_factory):
    """Return a folder with an operator, poses and responses to them, and the true site."""
    folder = tmp_path_factory.mktemp("locate")
    angle = np.radians(np.linspace(-24, 24, 15))
    flat = np.sin(np.stack(np.meshgrid(angle, angle), axis=-1).reshape(-1, 2))
    points_m = 0.07 * np.column_stack([flat, np.sqrt(1 - (flat**2).sum(axis=1))])
    rng = np.random.default_rng(1)
    matrices = [pose_mm(*rng.uniform(-14, 14, 2), rng.uniform(0, 180)) for _ in range(POSES)]
    (folder / "P.json").write_text(json.dumps({"matsimnibs": [m.tolist() for m in matrices]}))
    poses = [Pose(matrix_m_from_mm(m)) for m in matrices]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CORTISTIM_CACHE", str(session_cache))
        operator = closed_form_operator(HeadRequest(str(ball_file)).load(), points_m, poses)
    save_operator(operator, folder / "op.npz")
    size = np.linalg.norm(operator.evaluate_many(named_coil(COIL), poses), axis=2)
    site = 15 * 8 + 5
    felt = size[:, site] / np.median(size[:, site])
    log10 = 0.5 + 3 / (1 + np.exp(-9 * (felt - 1))) + 0.15 * rng.standard_normal(POSES)
    uv = np.where(10**log10 < 20, 0, 10**log10)
    write(folder / "R.csv", "mep_uv", [f"{v:.2f}" for v in uv])
    return folder, 1e3 * points_m[site], uv


def write(path, header, lines):
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def locate(session, ball_file, out, *more, responses=None, poses=None):
    folder = session[0]
    asked = ["locate", "--head", str(ball_file), "--operator", str(folder / "op.npz")]
    asked += ["--coil", COIL, "--poses", str(poses or folder / "P.json")]
    asked += ["--responses", str(responses or folder / "R.csv"), "--out", str(out), "--quiet"]
    return run([*asked, "--shuffles", "19", "--floor", "20", *more])


def test_the_site_is_found_and_written_with_its_posterior(session, ball_file, tmp_path, capsys):
    out, figure = tmp_path / "L.json", tmp_path / "L.png"
    assert locate(session, ball_file, out, "--figure", str(figure)) == 0
    assert "identified yes" in capsys.readouterr().out
    record = read_record(LocateRecord, out.read_text())
    assert json_text(record) == out.read_text()
    away = np.linalg.norm(np.array(record.peak_mm) - session[1])
    assert away < 8
    assert 0 <= record.radius50_mm <= record.radius90_mm < 20
    assert (record.identifiable, record.reasons, record.pulses) == (True, [], POSES)
    assert set(record.held_out) == {"magnitude", "normal", "tangential", "recruited"}
    import nibabel

    overlay = nibabel.load(tmp_path / "L.func.gii")
    posterior = overlay.darrays[0].data
    surface = nibabel.load(tmp_path / "L.surf.gii").darrays[0].data
    assert len(posterior) == len(surface)
    assert posterior.sum() == pytest.approx(
        1, abs=0.35
    )  # points without a vertex are not shown
    assert np.linalg.norm(posterior @ surface / posterior.sum() - session[1]) < 10
    assert figure.stat().st_size > 20_000


def test_several_muscles_have_an_object_each_and_overlap(session, ball_file, tmp_path):
    folder, _, uv = session
    both = [f"{v:.2f},FDI,60,{k}" for k, v in enumerate(uv)]
    both += [f"{v:.2f},APB,60,{k}" for k, v in enumerate(uv)]
    table = write(folder / "two.csv", "mep_uv,muscle,didt_a_per_us,pose", both)
    out = tmp_path / "L.json"
    asked = ("--measure", "magnitude")
    assert locate(session, ball_file, out, *asked, responses=table) == 0
    records = json.loads(out.read_text())
    assert set(records) == {"FDI", "APB"}
    assert records["FDI"]["overlap"]["APB"] == pytest.approx(1)
    assert records["FDI"]["threshold_v_per_m"] > 10
    assert locate(session, ball_file, out, *asked, "--muscle", "APB", responses=table) == 0
    assert json.loads(out.read_text())["peak_mm"] == records["APB"]["peak_mm"]


def test_one_pose_and_fields_all_alike_name_no_place(session, ball_file, tmp_path, capsys):
    folder, _, uv = session
    one = [f"{v:.2f},{50 + k},0" for k, v in enumerate(uv)]
    table = write(folder / "one.csv", "mep_uv,didt_a_per_us,pose", one)
    out = tmp_path / "L.json"
    assert locate(session, ball_file, out, responses=table) == 0
    record = json.loads(out.read_text())
    assert (record["identifiable"], record["peak_mm"]) == (False, None)
    assert "1 pose cannot tell places apart" in record["reasons"][0]
    assert "identified no: 1 pose" in capsys.readouterr().out
    same = json.loads((folder / "P.json").read_text())["matsimnibs"][:1] * POSES
    poses = tmp_path / "same.json"
    poses.write_text(json.dumps({"matsimnibs": same}))
    assert locate(session, ball_file, out, poses=poses) == 0
    assert "alike at every place" in json.loads(out.read_text())["reasons"][0]


def test_curves_at_several_poses_give_congruence(session, ball_file, tmp_path):
    folder = session[0]
    lines = []
    for pose in range(6):
        for k, didt in enumerate((40, 55, 70, 85, 100)):
            lines.append(f"{10 ** (k * 0.6 + 1 + 0.05 * pose):.1f},{didt},{pose}")
    table = write(folder / "curves.csv", "mep_uv,didt_a_per_us,pose", lines)
    out = tmp_path / "L.json"
    asked = ("--measure", "magnitude")
    assert locate(session, ball_file, out, *asked, responses=table) == 0
    record = json.loads(out.read_text())
    assert set(record["congruence_mm"]) == {
        "congruence", "congruence_of_fields", "bungert2017", "aonuma2018", "opitz2013",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("mep_uv\n1\n2\n", "one row for each of the 40 poses (--poses)"),
        ("mep\n1\n", "there must be one column 'mep_uv'"),
        ("mep_uv,pose\n1,40\n", "at most 39"),
        ("mep_uv,pose\n1,0.5\n", "whole numbers from 0"),
        ("mep_uv,didt_a_per_us\n1,0\n", "at least 0.001"),
        ("mep_uv\nnone\n", "a number must stand there"),
    ],
)
def test_responses_that_do_not_belong_to_the_poses_are_refused(
    session, ball_file, tmp_path, capsys, table, words
):
    path = tmp_path / "R.csv"
    path.write_text(table)
    assert locate(session, ball_file, tmp_path / "L.json", responses=path) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.glob("L*")) == []


def test_a_muscle_that_is_not_there_is_refused(session, ball_file, tmp_path, capsys):
    assert locate(session, ball_file, tmp_path / "L.json", "--muscle", "FDI") == 2
    assert "--muscle must be one of the column muscle ('none')" in capsys.readouterr().err


def test_another_head_and_poses_of_another_head_are_refused(
    session, ball_file, tmp_path, capsys
):
    far = json.loads((session[0] / "P.json").read_text())["matsimnibs"]
    far[3][2][3] -= 40
    poses = tmp_path / "far.json"
    poses.write_text(json.dumps({"matsimnibs": far}))
    assert locate(session, ball_file, tmp_path / "L.json", poses=poses) == 2
    assert "pose 3 of 40, counted from 0" in capsys.readouterr().err
    sigma = ("--sigma", "2=0.4")
    assert locate(session, ball_file, tmp_path / "L.json", *sigma) == 2
    assert "an operator belongs to one mesh" in capsys.readouterr().err


def test_a_table_of_places_is_refused_with_the_reason(tmp_path, capsys):
    table = tmp_path / "grid.csv"
    table.write_text("1;1;121.7;204.6;106.5;216.9\n")
    asked = ["locate", "--responses", str(table), "--out", str(tmp_path / "L.json")]
    assert run(asked) == 2
    told = capsys.readouterr().err
    assert "the operator and poses are missing" in told
    assert "'cortistim map measure'" in told
