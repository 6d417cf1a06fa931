"""``cortistim network reach``: from a folder of recruited cortex to shares and delays."""

import json

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from cortistim.cli import run
from cortistim.head.cortex.ribbon import surface_on
from cortistim.io import write_overlay_gifti, write_surface_gifti, write_volume_nifti

N = 8


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """A ball of cortex in eight parcels, the front of one of them recruited."""
    folder = tmp_path_factory.mktemp("given")
    around = np.random.default_rng(2).standard_normal((400, 3))
    around /= np.linalg.norm(around, axis=1)[:, None]
    hull = ConvexHull(around)
    outward = np.einsum("ij,ij->i", hull.equations[:, :3], around[hull.simplices].mean(axis=1))
    corners = np.where((outward > 0)[:, None], hull.simplices, hull.simplices[:, ::-1])
    surface = surface_on(corners, 0.07 * around)
    octant = ((around > 0) * [1, 2, 4]).sum(axis=1)
    recruit = folder / "recruit"
    recruit.mkdir()
    write_surface_gifti(recruit / "cortex.surf.gii", surface)
    share = np.where(octant == 3, 40.0, 0.0)
    write_overlay_gifti(recruit / "recruitment.func.gii", {"L5 cells [%]": share})
    write_overlay_gifti(folder / "parcels.func.gii", {"parcel": 10.0 + octant})
    weights = np.ones((N, N)) - np.eye(N)
    weights[3, 5] = weights[5, 3] = 20.0
    np.savetxt(folder / "sc.csv", weights, delimiter=",")
    np.savetxt(folder / "mm.csv", np.full((N, N), 80.0), delimiter=",")
    (folder / "names.txt").write_text("".join(f"{10 + k} parcel_{k}\n" for k in range(N)))
    return folder


def asked(given, out, **other):
    files = {
        "connectome": given / "sc.csv", "parcels": given / "parcels.func.gii",
        "table": given / "names.txt",
    } | other  # fmt: skip
    flags = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    return ["network", "reach", str(given / "recruit"), *flags, "--out", str(out)]


def test_reach_says_shares_chance_and_delays(given, tmp_path, capsys):
    out = tmp_path / "r"
    assert run([*asked(given, out, lengths=given / "mm.csv"), "--rotations", "40"]) == 0
    told = capsys.readouterr().out
    record = json.loads((out / "reach.json").read_text())
    best = record["found"][0]
    assert (best["name"], best["number"]) == ("parcel_5", 15)
    assert sum(row["reach_percent"] for row in record["found"]) == pytest.approx(100, abs=0.1)
    assert best["arrival_ms"] == [8.0, 40.0]
    assert best["reach_percent"] > best["null_mean_percent"]
    assert record["outside_percent"] == 0
    assert "parcel_5" in told
    assert "no response" in told
    lines = (out / "reach.csv").read_text().splitlines()
    assert len(lines) == 1 + N


def test_without_lengths_no_delay_is_told(given, tmp_path):
    assert run([*asked(given, tmp_path / "r"), "--rotations", "20"]) == 0
    record = json.loads((tmp_path / "r" / "reach.json").read_text())
    assert all(row["arrival_ms"] is None for row in record["found"])
    assert any("lengths" in note for note in record["notes"])


def test_parcels_of_an_image_are_found_at_the_cortex(given, tmp_path):
    grid = np.indices((40, 40, 40)) - 19.5
    labels = 10.0 + ((grid > 0) * np.array([1, 2, 4])[:, None, None, None]).sum(axis=0)
    affine_m = np.diag([0.004, 0.004, 0.004, 1.0])
    affine_m[:3, 3] = -19.5 * 0.004
    image = tmp_path / "parcels.nii.gz"
    write_volume_nifti(image, labels, affine_m)
    assert run([*asked(given, tmp_path / "r", parcels=image), "--rotations", "20"]) == 0
    record = json.loads((tmp_path / "r" / "reach.json").read_text())
    assert record["found"][0]["name"] == "parcel_5"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("connectome", "0 1\n1 0\n", "row and a column for each of the 8"),
        ("connectome", "\n".join(["0 -1" + " 1" * (N - 2)] * N), "not negative"),
        ("connectome", "a,b\nc,d\n", "must be a number"),
        ("connectome", "1 2 3\n1 2 3\n", "as many columns"),
        ("connectome", "\n".join([" ".join(["nan"] * N)] * N), "finite"),
        ("lengths", "0 1\n1 0\n", "as large as"),
        ("lengths", "\n".join([" ".join(["-3"] * N)] * N), "millimetres"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_a_sentence(
    given, tmp_path, capsys, name, content, words
):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(content)
    assert run(asked(given, tmp_path / "r", **{name: wrong})) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_a_folder_of_something_else_is_refused(given, tmp_path, capsys):
    arguments = asked(given, tmp_path / "r")
    arguments[2] = str(tmp_path)
    assert run(arguments) == 2
    assert "neuron recruit" in capsys.readouterr().err


def test_parcels_of_another_cortex_are_refused(given, tmp_path, capsys):
    other = tmp_path / "other.func.gii"
    write_overlay_gifti(other, {"parcel": np.ones(7)})
    assert run(asked(given, tmp_path / "r", parcels=other)) == 2
    assert "400 vertices" in capsys.readouterr().err


def test_a_layer_that_was_not_written_is_refused(given, tmp_path, capsys):
    assert run([*asked(given, tmp_path / "r"), "--layer", "L23"]) == 2
    assert "L2/3 cells" in capsys.readouterr().err
