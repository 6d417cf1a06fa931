"""Cleaning with a lead field brings back what was simulated, and says what it costs."""

import json

import numpy as np
import pytest

from cortistim.cli import run
from cortistim.eeg import Epochs, sound, ssp_sir
from cortistim.errors import BadInputError, FileFormatError
from cortistim.field.analytic.eeg_sphere import sphere_lead_field
from cortistim.geometry import unit
from cortistim.io.eeg.epochs import read_epochs, write_epochs
from cortistim.io.eeg.lead import LeadFile, mne_forward, read_lead, write_lead

RADII, SIGMA = (0.08, 0.085, 0.092), (0.33, 0.0066, 0.33)
NAMES = ("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "FC1", "FC2", "T7", "C3", "Cz", "C4", "T8",
         "CP1", "CP2", "P7", "P3", "Pz", "P4", "P8", "O1", "Oz", "O2")  # fmt: skip


def lead_file():
    draw = np.random.default_rng(0)
    up = unit(draw.normal(size=(len(NAMES), 3)) * [1, 1, 0.4] + [0, 0, 0.7])
    points_m = 0.07 * unit(draw.normal(size=(300, 3)) + np.array([0, 0, 0.5]))
    gain = sphere_lead_field(points_m, up, RADII, SIGMA)
    fiducials = 0.092 * np.array([[0, 1.0, 0], [-1, 0, 0], [1, 0, 0]])
    return LeadFile(
        gain - gain.mean(axis=0), points_m, unit(points_m), np.full(300, 1e-4), 0.092 * up,
        NAMES, fiducials,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lead():
    return lead_file()


def evoked(lead, rate_hz=1000.0):
    """Potentials of two dipoles after the pulse, (n_channel, n_sample), and the times."""
    times_s = np.arange(-0.5, 0.5, 1 / rate_hz)
    after = np.maximum(times_s, 0)
    one = np.sin(2 * np.pi * 12 * after) * np.exp(-after / 0.06) * (times_s > 0)
    two = np.sin(2 * np.pi * 6 * after) * np.exp(-after / 0.12) * (times_s > 0)
    gain = lead.fixed
    return 3e-8 * (gain[:, 20:21] * one + gain[:, 150:151] * two), times_s


def test_sound_finds_the_noisy_channels_and_removes_most_of_their_noise(lead):
    truth, _ = evoked(lead)
    draw = np.random.default_rng(1)
    level = np.full(len(NAMES), 0.05e-6)
    level[[3, 12]] = 3e-6
    data = truth + level[:, None] * draw.normal(size=truth.shape)
    found = sound(data, lead.fixed)
    assert set(np.argsort(found.noise_v)[-2:]) == {3, 12}
    clean = found.matrix @ data
    wanted = truth - truth.mean(axis=0)
    before = np.linalg.norm(data - data.mean(axis=0) - wanted)
    assert np.linalg.norm(clean - wanted) < 0.3 * before
    assert np.all(found.kept < 1.2)


def test_a_channel_that_is_missing_comes_back(lead):
    truth, _ = evoked(lead)
    kept = np.delete(np.arange(len(NAMES)), 10)
    data = truth[kept] + 1e-8 * np.random.default_rng(2).normal(
        size=(len(kept), truth.shape[1])
    )
    found = sound(data, lead.fixed[kept], whole=lead.fixed)
    restored, wanted = (found.matrix @ data)[10], (truth - truth.mean(axis=0))[10]
    assert np.corrcoef(restored, wanted)[0, 1] > 0.95


def test_the_same_seed_gives_the_same_matrix_and_references_do_not_matter(lead):
    truth, _ = evoked(lead)
    data = truth + 1e-7 * np.random.default_rng(3).normal(size=truth.shape)
    one = sound(data, lead.fixed, seed=4).matrix @ data
    two = sound(data - data[5], lead.fixed - lead.fixed[2], seed=4).matrix @ (data - data[5])
    assert np.allclose(one, two, atol=1e-3 * np.abs(one).max())


def with_muscle(lead):
    truth, times_s = evoked(lead)
    draw = np.random.default_rng(5)
    burst = draw.normal(size=len(times_s)) * np.exp(-np.maximum(times_s, 0) / 0.01)
    burst *= 40e-6 * (times_s > 0.003)
    topography = np.zeros(len(NAMES))
    topography[[2, 9]] = 1.0, 0.8
    trials = truth + topography[:, None] * burst + 2e-8 * draw.normal(size=(5, *truth.shape))
    trials -= trials.mean(axis=1, keepdims=True)
    return Epochs(trials, times_s, NAMES), truth - truth.mean(axis=0)


def test_muscle_is_projected_out_and_the_brain_is_mended(lead):
    epochs, truth = with_muscle(lead)
    found = ssp_sir(epochs, lead.fixed, components=1)
    clean = found.applied(epochs.values_v).mean(axis=0)
    window = epochs.between(0.005, 0.04)
    before = np.linalg.norm((epochs.mean_v - truth)[:, window])
    assert np.linalg.norm((clean - truth)[:, window]) < 0.25 * before
    assert found.shares[0] > 0.9
    assert 0 <= found.kernel.min() <= found.kernel.max() <= 1
    late = epochs.between(0.2, 0.4)
    assert np.corrcoef(clean[:, late].ravel(), truth[:, late].ravel())[0, 1] > 0.95


@pytest.mark.parametrize("components", [0, 24])
def test_too_many_components_are_refused(lead, components):
    with pytest.raises(BadInputError, match="leave signal"):
        ssp_sir(with_muscle(lead)[0], lead.fixed, components=components)


def test_too_slow_a_rate_and_too_few_channels_are_refused(lead):
    truth, times_s = evoked(lead, 200.0)
    with pytest.raises(BadInputError, match="100 Hz"):
        ssp_sir(Epochs(truth[None], times_s, NAMES), lead.fixed)
    with pytest.raises(BadInputError, match="at least 8"):
        sound(truth[:4], lead.fixed[:4])
    with pytest.raises(BadInputError, match="flat"):
        sound(np.zeros_like(truth), lead.fixed)
    with pytest.raises(BadInputError, match="above 0"):
        sound(truth, lead.fixed, regularisation=0)


def test_files_are_read_back_and_others_are_refused(lead, tmp_path):
    write_lead(tmp_path / "l.npz", lead)
    again = read_lead(tmp_path / "l.npz")
    assert again.names == NAMES
    assert np.array_equal(again.gain, lead.gain)
    epochs, _ = with_muscle(lead)
    write_epochs(tmp_path / "e.npz", epochs)
    assert np.allclose(read_epochs(tmp_path / "e.npz").values_v, epochs.values_v, atol=1e-11)
    with pytest.raises(FileFormatError, match="no lead field"):
        read_lead(tmp_path / "e.npz")
    with pytest.raises(FileFormatError, match="values_v, times_s and names"):
        read_epochs(tmp_path / "l.npz")


def test_mne_gets_the_same_potentials(lead):
    mne = pytest.importorskip("mne")
    forward = mne_forward(lead)
    fixed = mne.convert_forward_solution(forward, force_fixed=False, surf_ori=False)
    assert fixed["sol"]["data"].shape == (len(NAMES), 900)
    turned = fixed["sol"]["data"].reshape(len(NAMES), 300, 3)
    normals = forward["src"][0]["nn"]
    assert np.allclose(np.einsum("epc,pc->ep", turned, normals), lead.fixed, rtol=1e-6)


@pytest.fixture
def files(lead, tmp_path):
    write_lead(tmp_path / "lead.npz", lead)
    epochs, _ = with_muscle(lead)
    pulse = epochs.between(-0.001, 0.002)
    dirty = epochs.values_v + 1e-3 * pulse
    np.savez(tmp_path / "in.npz", values_v=dirty, times_s=epochs.times_s, names=np.array(NAMES))
    return tmp_path / "in.npz", tmp_path / "lead.npz"


def test_the_commands_clean_and_measure(files, tmp_path, capsys):
    epochs, lead = map(str, files)
    assert run(["eeg", "clean", epochs, "--leadfield", lead, "--drop", "C3", "--quiet",
                "--out", str(tmp_path / "c")]) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "restored: C3" in said
    record = json.loads((tmp_path / "c" / "clean.json").read_text())
    assert record["trials"] == 5
    assert len(record["channels"]) == len(NAMES)
    assert record["muscle_components"] >= 1
    clean = str(tmp_path / "c" / "clean.npz")
    assert run(["eeg", "tep", clean, "--leadfield", lead, "--json", "--out",
                str(tmp_path / "t")]) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert {one["name"] for one in found["peaks"]} == {
        "N15",
        "P30",
        "N45",
        "P60",
        "N100",
        "P180",
    }
    assert found["pci_st"] > 0
    assert len(found["sources_at"]["peak_mm"]) == 3
    assert found == json.loads((tmp_path / "t" / "tep.json").read_text())
    assert (tmp_path / "t" / "tep.png").stat().st_size > 10_000
    assert run(["eeg", "tep", clean, "--out", str(tmp_path / "u")]) == 0
    assert "PCI-ST" in capsys.readouterr().out


def test_steps_can_be_left_out_and_the_rate_comes_down(lead, files, tmp_path, capsys):
    truth, times_s = evoked(lead, 4000.0)
    values = truth + 1e-8 * np.random.default_rng(0).normal(size=(4, *truth.shape))
    np.savez(tmp_path / "fast.npz", values_v=values, times_s=times_s, names=np.array(NAMES))
    assert run(["eeg", "clean", str(tmp_path / "fast.npz"), "--leadfield", str(files[1]),
                "--no-sound", "--no-ssp-sir", "--no-filter", "--json", "--quiet",
                "--out", str(tmp_path / "c")]) == 0  # fmt: skip
    record = json.loads(capsys.readouterr().out)
    assert record["rate_hz"] == pytest.approx(1000)
    assert record["sound_kept_percent"] is None
    again = read_epochs(tmp_path / "c" / "clean.npz")
    assert np.abs(again.times_s).min() < 1e-9
    slow, _ = evoked(lead)
    wanted = (slow - slow.mean(axis=0))[:, 520:900]
    at = np.searchsorted(again.times_s, 0.0199)
    assert np.corrcoef(again.mean_v[:, at : at + 380].ravel(), wanted.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("clean", "EPOCHS", "--leadfield", "EPOCHS"), "damaged"),
        (("clean", "EPOCHS", "--leadfield", "LEAD", "--drop", "X9"), "--drop"),
        (("clean", "EPOCHS", "--leadfield", "LEAD", "--cut", "4,-2"), "--cut"),
        (("clean", "EPOCHS", "--leadfield", "LEAD", "--filter", "1,900"), "half the rate"),
        (("tep", "EPOCHS", "--channel", "X9"), "X9"),
        (("tep", "EPOCHS", "--baseline", "-3000,-2000"), "--baseline"),
        (("tep", "LEAD"), "values_v"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(files, tmp_path, capsys, more, words):
    names = {"EPOCHS": str(files[0]), "LEAD": str(files[1])}
    arguments = ["eeg", *(names.get(word, word) for word in more), "--out", str(tmp_path / "o")]
    assert run(arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("cortistim:") == 1


def test_the_lead_field_of_a_head_is_written(ball_head, tmp_path, monkeypatch, capsys):
    from cortistim.study.request.inputs import HeadRequest

    monkeypatch.setattr(HeadRequest, "load", lambda *_, **__: ball_head)
    assert run(["eeg", "leadfield", "--head", "ball", "--montage", "Fz,Cz,pz,C3", "--points",
                "40", "--quiet", "--out", str(tmp_path / "l")]) == 0  # fmt: skip
    assert "4 electrodes, 40 dipoles" in capsys.readouterr().out
    lead = read_lead(tmp_path / "l" / "leadfield.npz")
    assert lead.names == ("Fz", "Cz", "Pz", "C3")
    assert lead.areas_m2.sum() == pytest.approx(ball_head.cortex.vertex_areas_m2.sum())
    for montage, words in (("Fz,Q7", "Q7"), ("Fz,fz", "once"), ("Fz", "at least 2")):
        assert run(["eeg", "leadfield", "--head", "ball", "--montage", montage, "--quiet",
                    "--out", str(tmp_path / "m")]) == 2  # fmt: skip
        assert words in capsys.readouterr().err
