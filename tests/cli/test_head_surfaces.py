import json
import re

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.io import write_head_mesh, write_overlay_gifti, write_volume_nifti
from cortistim.records import json_text, read_record
from cortistim.records.surfaces import SurfacesRecord

nib = pytest.importorskip("nibabel")
freesurfer = nib.freesurfer


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out"


@pytest.fixture(scope="module")
def ball(small_ball, tmp_path_factory):
    """Return a ball whose tie to MNI space is given, so that none is searched."""
    folder = tmp_path_factory.mktemp("heads") / "m2m_ball"
    write_head_mesh(folder / "ball.msh", small_ball)
    (folder / "toMNI").mkdir()
    np.savetxt(folder / "toMNI/MNI2conform_12DOF.txt", np.eye(4))
    return folder


@pytest.fixture
def fsaverage(tmp_path, half_brain):
    (tmp_path / "fsaverage/surf").mkdir(parents=True)
    for side, letters in (("left", "lh"), ("right", "rh")):
        _, triangles, unit = half_brain(side, 0.07, count=642)
        path = tmp_path / "fsaverage/surf" / f"{letters}.sphere.reg"
        freesurfer.write_geometry(path, 100 * unit, triangles)
    return tmp_path / "fsaverage"


def surfaces(capsys, *arguments):
    assert run(["head", "surfaces", *map(str, arguments), "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("in_front", [True, False])
def test_given_hemispheres_are_written_each_alone(
    ball, freesurfer_folder, folder, capsys, in_front
):
    head = [ball] if in_front else ["--head", ball]
    record = surfaces(
        capsys, *head, "--surfaces", freesurfer_folder, "--out", folder, "--depth", "0.5"
    )
    assert record["hemispheres"]["left"]["euler_number"] == 2
    assert record["hemispheres"]["right"]["topological_sphere"]
    assert record["fit"]["left_out"] > 100
    assert record["talairach_xfm"]["apart_median_mm"] == pytest.approx(2.7, abs=1.0)
    regions = record["hemispheres"]["left"]["regions"]["lobes"]
    assert {row["name"] for row in regions} == {"front", "back"}
    for letters, structure in (("lh", "CortexLeft"), ("rh", "CortexRight")):
        image = nib.load(folder / f"{letters}.mid.surf.gii")
        points = image.darrays[0]
        assert points.meta["AnatomicalStructurePrimary"] == structure
        assert len(points.data) == 1500
        shape = nib.load(folder / f"{letters}.cortex.shape.gii")
        names = [array.meta["Name"] for array in shape.darrays]
        assert {"thickness_mm", "curvature_per_mm", "sulcal_depth_mm", "fold"} <= set(names)
        labels = nib.load(folder / f"{letters}.lobes.label.gii")
        assert set(labels.labeltable.get_labels_as_dict().values()) == {"none", "back", "front"}
        assert (folder / f"{letters}.depth0.50.surf.gii").is_file()
    text = (folder / "surfaces.json").read_text(encoding="utf-8")
    assert json.loads(text) == record
    assert json_text(read_record(SurfacesRecord, text)) == text


def test_everything_goes_to_fsaverage_with_the_overlays(
    ball, freesurfer_folder, fsaverage, folder, tmp_path, capsys
):
    common = ["--head", ball, "--surfaces", freesurfer_folder, "--out", folder]
    fit = surfaces(capsys, *common)["fit"]
    kept = fit["vertices"] - fit["left_out"]
    write_overlay_gifti(tmp_path / "field.func.gii", {"magnitude": np.full(kept, 7.0)})
    record = surfaces(
        capsys, *common, "--fsaverage", fsaverage, "--overlay", tmp_path / "field.func.gii"
    )
    assert record["fsaverage"]["vertices"] == {"left": 642, "right": 642}
    assert record["fsaverage"]["overlays"] == ["field"]
    values = freesurfer.read_morph_data(folder / "fsaverage/lh.field.magnitude")
    assert len(values) == 642
    assert set(values.round(3)) == {0.0, 7.0}
    thickness = freesurfer.read_morph_data(folder / "fsaverage/rh.cortex.thickness_mm")
    assert thickness == pytest.approx(3.0, abs=1e-5)
    assert (folder / "fsaverage/lh.lobes.label.gii").is_file()


def test_an_atlas_in_mni_space_is_sampled(ball, freesurfer_folder, folder, tmp_path, capsys):
    labels = np.ones((30, 30, 30), int)
    labels[:, :15] = 2
    affine_m = np.diag([8e-3, 8e-3, 8e-3, 1.0])
    affine_m[:3, 3] = -0.12
    write_volume_nifti(tmp_path / "atlas.nii.gz", labels, affine_m)
    (tmp_path / "names.txt").write_text("# table\n1 Front 0 0 0\n2 Back\n")
    record = surfaces(
        capsys, "--head", ball, "--surfaces", freesurfer_folder, "--out", folder,
        "--atlas", tmp_path / "atlas.nii.gz", "--atlas-table", tmp_path / "names.txt",
    )  # fmt: skip
    rows = record["hemispheres"]["left"]["regions"]["atlas"]
    assert [row["name"] for row in rows] == ["Front", "Back"]
    assert sum(row["vertices"] for row in rows) == 1500


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["--atlas-table", __file__], "give the atlas"),
        (["--overlay", __file__], "--overlay needs --fsaverage"),
        (["--atlas", "none.nii.gz"], "file not found: none.nii.gz"),
        (["--surfaces", __file__], "--surfaces must be a folder"),
        (["--fsaverage", "."], "--fsaverage must be a folder with lh.sphere.reg"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(ball, folder, capsys, extra, words):
    arguments = ["head", "surfaces", "--head", str(ball), "--out", str(folder), *extra]
    assert run([*arguments, "--quiet"]) == 2
    told = capsys.readouterr().err.strip()
    assert words in told
    assert len(told.splitlines()) == 1
    assert not folder.exists()


def test_beam_f3_needs_lengths_or_a_head(capsys):
    lengths = ["--nasion-inion", "360", "--tragus", "370", "--circumference", "570"]
    assert run(["head", "beam-f3", *lengths, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["x_cm"], record["y_cm"]) == pytest.approx((6.574, 9.613))
    assert run(["head", "beam-f3", *lengths[:4]]) == 2
    assert "--circumference is missing" in capsys.readouterr().err
    assert run(["head", "beam-f3", *lengths, "--head", "colin27"]) == 2
    assert "either three lengths" in capsys.readouterr().err


def test_a_head_page_shows_slices_and_surfaces(ball, tmp_path):
    page = tmp_path / "page.html"
    assert run(["head", "show", str(ball), "--out", str(page), "--quiet"]) == 0
    text = page.read_text()
    assert text.count("<figure") == 3
    words = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "http" not in words.replace("http-equiv", "")


def test_a_field_is_read_on_the_given_cortex_and_goes_to_fsaverage(
    ball, freesurfer_folder, fsaverage, folder, tmp_path, capsys
):
    pose = tmp_path / "pose.json"
    above = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 96.5], [0, 0, 0, 1]]
    pose.write_text(json.dumps({"matsimnibs": above}))
    head = ["--head", str(ball), "--surfaces", str(freesurfer_folder)]
    asked = ["field", *head, "--pose", str(pose), "--coil", "magstim_d70", "--order", "1"]
    out = tmp_path / "field"
    assert run([*asked, "--didt-a-per-us", "100", "--cortex", "--out", str(out), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["head"]["cortex"]["left_out"] > 100
    overlay = out / "cortex_field.func.gii"
    points = nib.load(out / "cortex.surf.gii").darrays[0].data
    strengths = nib.load(overlay).darrays[0].data
    assert len(points) == len(strengths) == 3000 - record["head"]["cortex"]["left_out"]
    assert points[strengths.argmax(), 2] > 50  # below the coil
    surfaces(capsys, *head, "--fsaverage", fsaverage, "--overlay", overlay, "--out", folder)
    names = sorted(path.name for path in (folder / "fsaverage").glob("lh.cortex_field.*"))
    assert len(names) >= 2
    image = nib.load(folder / "fsaverage/lh.cortex_field.func.gii")
    carried = image.darrays[0].data
    assert np.nanmax(carried) == pytest.approx(strengths.max(), rel=0.25)
