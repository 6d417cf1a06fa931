"""Whole runs on synthetic series with a known site."""

import json

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from synthetic import SITE_MM, grid, points_mm, series, write

from cortistim.cli import run
from cortistim.connectivity import (
    REGIONS,
    BlockMoments,
    ClusterRule,
    GridNeighbours,
    clusters_of,
    in_spheres,
)
from cortistim.connectivity.cluster import peak_m
from cortistim.connectivity.reliability import halves_m
from cortistim.study.connectivity.record import connectivity_record
from cortistim.study.connectivity.request import ConnectivityRequest
from cortistim.study.connectivity.target import run_connectivity


def found(folder, values, affine, **asked):
    bold, mask = write(folder, values, affine)
    request = ConnectivityRequest(**({"bold": bold, "mask": mask, "draws": 20} | asked))
    return connectivity_record(run_connectivity(request))


def away_mm(record, site_mm=SITE_MM):
    return float(np.linalg.norm(np.array(record.target_mm) - site_mm))


@pytest.fixture(scope="module")
def person():
    shape, affine = grid(6.0)
    return series(shape, affine, frames=300), affine


@pytest.fixture(scope="module")
def files(person, tmp_path_factory):
    return write(tmp_path_factory.mktemp("run"), *person)


@pytest.mark.parametrize("method", ["cluster", "mean", "seedmap"])
def test_the_site_is_found_with_a_negative_correlation(files, method):
    record = connectivity_record(
        run_connectivity(
            ConnectivityRequest(bold=files[0], mask=files[1], method=method, draws=20)
        )
    )
    assert away_mm(record) < 5
    assert record.r < -0.4
    assert 0 < record.r_se < 0.2
    assert record.split_half_mm.p50 <= record.split_half_mm.p90
    assert record.other_gsr.gsr is False
    assert record.other_gsr.away_mm < 5
    assert record.data.seed_tsnr > 20
    assert "weak" in record.evidence


def test_the_hierarchical_rule_finds_a_strong_site(tmp_path):
    shape, affine = grid(6.0)
    values = series(shape, affine, frames=300, strength=3.0, noise=0.8)
    record = found(tmp_path, values, affine, method="hierarchical")
    assert away_mm(record) < 6
    assert record.r < -0.5
    assert record.bootstrap_mm.p50 is None


def test_how_the_voxels_are_stored_does_not_matter(person, tmp_path):
    values, affine = person
    flipped = affine.copy()
    for axis in (0, 1):
        flipped[axis, axis] = -affine[axis, axis]
        flipped[axis, 3] = affine[axis, 3] + affine[axis, axis] * (values.shape[axis] - 1)
    one = found(tmp_path / "ras", values, affine)
    two = found(tmp_path / "lps", values[::-1, ::-1], flipped)
    assert np.allclose(one.target_mm, two.target_mm, atol=0.02)
    assert one.r == pytest.approx(two.r, abs=1e-3)


def test_the_size_of_the_voxels_matters_little(tmp_path):
    coarse = found(tmp_path / "6", series(*grid(6.0), frames=300), grid(6.0)[1])
    fine = found(tmp_path / "5", series(*grid(5.0), frames=300), grid(5.0)[1])
    assert away_mm(coarse) < 6
    assert away_mm(fine) < 5
    assert coarse.cluster.size_mm3 == pytest.approx(fine.cluster.size_mm3, rel=0.4)


@pytest.mark.parametrize("shift", [0.0, -2.0])
def test_the_sign_stays_where_the_weights_of_a_map_sum_below_zero(person, tmp_path, shift):
    import nibabel as nib

    values, affine = person
    place = points_mm(values.shape[:3], affine)
    weights = np.where(np.linalg.norm(place - [6, 16, -10], axis=-1) <= 12, 1.0, 0.0)
    far = np.linalg.norm(place - [20, -10, 60], axis=-1) <= 25
    weights[far] = shift / far.sum() * weights.sum()
    assert np.sign(weights.sum()) == (1 if shift == 0 else -1)
    path = tmp_path / "map.nii.gz"
    nib.save(nib.Nifti1Image(weights.astype(np.float32), affine), path)
    record = found(tmp_path / "run", values, affine, seed=str(path))
    assert away_mm(record) < 5
    assert record.r < -0.4
    assert record.data.seed_tsnr is None


def test_a_site_that_goes_along_is_found_by_the_other_sign(tmp_path):
    shape, affine = grid(6.0)
    values = series(shape, affine, frames=300, strength=-1.0)
    record = found(tmp_path, values, affine, sign="positive")
    assert away_mm(record) < 5
    assert record.r > 0.4


def halved(frames, seed):
    """Distances between halves, cluster and peak, of a weak site on a smooth background."""
    draw = np.random.default_rng(seed)
    shape, affine = (18, 18, 18), np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = (-72, 8, 0)
    place = points_mm(shape, affine)
    signal = gaussian_filter1d(draw.normal(size=frames), 2.0)
    signal /= signal.std()
    background = gaussian_filter(draw.normal(size=shape), 3.0)
    bump = -0.20 * np.exp(-0.5 * (np.linalg.norm(place - SITE_MM, axis=-1) / 11) ** 2)
    r = bump + 0.06 * background / background.std()
    noise = gaussian_filter(draw.normal(size=(*shape, frames)).astype("f4"), (0.75,) * 3 + (1,))
    values = noise / noise.std() + r[..., None] * signal
    chosen = in_spheres(1e-3 * place.reshape(-1, 3), REGIONS["left_dlpfc"])
    index = np.argwhere(chosen.reshape(shape))
    series = values.reshape(-1, frames)[chosen].T
    moments = BlockMoments.of(series, signal, 2.0 * np.arange(frames))
    points_m, near = 1e-3 * place.reshape(-1, 3)[chosen], GridNeighbours(index, 64e-9)

    def cluster(found):
        return clusters_of(found, points_m, near, ClusterRule())[0].centre_m

    return [
        np.median(halves_m(moments, one)) for one in (cluster, lambda f: peak_m(f, points_m))
    ]


def test_minutes_help_and_the_cluster_beats_the_peak():
    """The shape of what simulations show: errors fall, and peaks scatter more."""
    few, many = (np.median([halved(frames, seed) for seed in range(3)], axis=0)
                 for frames in (300, 1200))  # fmt: skip
    assert many[0] < 0.8 * few[0]
    assert few[0] < few[1]
    assert many[0] < many[1]


def confounds(path, frames, *, moved=(), extra=()):
    draw = np.random.default_rng(1)
    columns = {
        "trans_x": draw.normal(size=frames),
        "trans_x_derivative1": draw.normal(size=frames),
        "csf": draw.normal(size=frames),
        "global_signal": draw.normal(size=frames),
        "framewise_displacement": np.where(np.isin(np.arange(frames), moved), 0.9, 0.1),
        **dict(extra),
    }
    lines = ["\t".join(columns)]
    for row in range(frames):
        cells = [f"{column[row]:.6f}" for column in columns.values()]
        if row == 0:
            cells[1] = "n/a"
        lines.append("\t".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_run_of_fmriprep_is_understood_by_its_names(person, tmp_path):
    values, affine = person
    stem = "sub-01_task-rest_space-MNI152NLin6Asym_res-2"
    bold, mask = write(
        tmp_path, values, affine, tr_s=0.0, name=f"{stem}_desc-preproc_bold.nii.gz"
    )
    mask.rename(tmp_path / f"{stem}_desc-brain_mask.nii.gz")
    (tmp_path / f"{stem}_desc-preproc_bold.json").write_text('{"RepetitionTime": 2.0}')
    table = tmp_path / "sub-01_task-rest_desc-confounds_timeseries.tsv"
    steady = np.zeros(300)
    steady[0] = 1
    confounds(table, 300, moved=(10, 11), extra={"non_steady_state_outlier_00": steady}.items())
    record = connectivity_record(run_connectivity(ConnectivityRequest(bold=bold, draws=5)))
    assert away_mm(record) < 5
    assert record.data.frames_kept == 297
    assert record.data.regressors == 3
    assert record.data.template == "MNI152NLin6Asym"
    assert record.data.fd_mm == 0.5
    assert "no confounds" not in " ".join(record.warnings)


def test_a_head_takes_the_target_to_its_grey_matter(files, ball_head):
    request = ConnectivityRequest(
        bold=files[0], mask=files[1], space="subject", seed="6,16,-10,10", draws=5,
        head=ball_head,
    )  # fmt: skip
    record = connectivity_record(run_connectivity(request))
    radius_mm = np.linalg.norm(record.on_head.subject_mm)
    assert 66 < radius_mm < 74
    assert record.target_mm == record.on_head.subject_mm
    assert record.on_head.scalp_distance_mm == pytest.approx(92 - radius_mm, abs=2)
    assert record.on_head.dose_factor is None


def command(files, out, *more):
    return run(
        ["target", "connectivity", "--bold", str(files[0]), "--mask", str(files[1]),
         "--space", "mni", "--draws", "10", "--quiet", "--out", str(out), *more]
    )  # fmt: skip


def test_the_command_writes_what_people_script(files, tmp_path, capsys):
    assert command(files, tmp_path / "t") == 0
    assert "advice" in capsys.readouterr().out
    told = json.loads((tmp_path / "t" / "target.json").read_text())
    for key in ("target_mm", "space", "r", "r_se", "split_half_mm", "runner_up", "advice"):
        assert key in told
    assert set(told["split_half_mm"]) == {"p50", "p90"}
    assert told["space"] == "mni"
    for name in told["files"]:
        assert (tmp_path / "t" / name).stat().st_size > 100
    assert command(files, tmp_path / "j", "--json", "--no-gsr") == 0
    assert json.loads(capsys.readouterr().out)["gsr"] is False


def test_no_place_with_the_sign_gives_null_and_the_groups_site(tmp_path):
    shape, affine = grid(6.0)
    draw = np.random.default_rng(3)
    signal = draw.normal(size=120).cumsum()
    values = 1000 + signal * np.ones((*shape, 1)) + 1e-3 * draw.normal(size=(*shape, 120))
    files = write(tmp_path, values, affine)
    assert command(files, tmp_path / "t", "--no-gsr") == 0
    told = json.loads((tmp_path / "t" / "target.json").read_text())
    assert told["target_mm"] is None
    assert told["r"] is None
    assert told["advice"].startswith("group site preferred")
    assert told["group_site_mm"] == [-38, 44, 26]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--tr", "0"), "above 0"),
        (("--tr", "2000"), "milliseconds"),
        (("--seed", "1,2,3"), "x,y,z,radius"),
        (("--seed", "sgac"), "Did you mean"),
        (("--seed", "200,0,0,5"), "holds none"),
        (("--search-region", "nowhere.nii.gz"), "nowhere.nii.gz"),
        (("--search-region", "left_dlpf"), "Did you mean"),
        (("--band", "0.1,0.01"), "two frequencies"),
        (("--operator", "BOLD"), "--head"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(files, tmp_path, capsys, more, words):
    more = tuple(str(files[0]) if text == "BOLD" else text for text in more)
    assert command(files, tmp_path / "t", *more) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "t").exists()


def broken(kind, person, folder):
    values, affine = person
    name, tr_s = "bold.nii.gz", 2.0
    if kind == "short":
        values = values[..., :20]
    elif kind == "no time":
        tr_s = 0.0
    elif kind == "another space":
        name = "sub-1_space-T1w_desc-preproc_bold.nii.gz"
    elif kind == "not finite":
        values = values.copy()
        values[..., 3] = np.nan
    bold, mask = write(folder, values, affine, tr_s=tr_s, name=name)
    if kind == "mask elsewhere":
        mask = write(folder / "other", values[:-1], affine)[1]
    elif kind == "one volume":
        bold = mask
    elif kind == "cut":
        bold.write_bytes(bold.read_bytes()[:100_000])
    return bold, mask


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("mask elsewhere", "grid"),
        ("short", "at least 50 frames"),
        ("no time", "above 0"),
        ("one volume", "series of volumes"),
        ("another space", "T1w"),
        ("cut", "damaged"),
        ("not finite", "finite"),
    ],
)
def test_broken_files_are_refused_in_a_sentence(person, tmp_path, capsys, kind, words):
    files = broken(kind, person, tmp_path / "in")
    assert command(files, tmp_path / "t") == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("a\tb\n1\t2\n", "row for each"),
        ("a\ta\n" + "1\t2\n" * 300, "different names"),
        ("a\tb\n" + "1\n" * 300, "line 2"),
        ("a\tb\n" + "1\tx\n" * 300, "number or n/a"),
    ],
)
def test_broken_tables_are_refused_in_a_sentence(files, tmp_path, capsys, text, words):
    table = tmp_path / "c.tsv"
    table.write_text(text)
    assert command(files, tmp_path / "t", "--confounds", str(table)) == 2
    assert words in capsys.readouterr().err
