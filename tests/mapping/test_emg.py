"""What is measured in EMG of which everything is known, and what is said about faults."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.emg import (
    EmgChannel,
    EmgEpochs,
    EmgRecording,
    EmgSettings,
    conditioned,
    cut_epochs,
    flags_of,
    measure,
    measure_conditioned,
    settings_for,
    state_of,
    warnings_of,
)

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("the benchmarks are not part of this copy", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
from emg_latency import false_share, onsets  # noqa: E402
from emg_simulated import artefact, noise, response, trials  # noqa: E402

RATE_HZ = 5000.0
REST = EmgSettings()
SHARED = os.environ.get("CORTISTIM_SHARED")


def epochs_of(volts, start_s=-0.2, names=("FDI",), **more):
    volts = np.asarray(volts)
    volts = volts[:, None] if volts.ndim == 2 else volts
    return EmgEpochs(names, volts, RATE_HZ, start_s, np.arange(len(volts)) * 5.0, **more)


def flags(epochs, settings=REST):
    clean = conditioned(epochs, settings)
    found = measure_conditioned(clean, settings)
    return flags_of(epochs, clean, found, settings)


def codes(epochs, settings=REST):
    return [[flag.code for flag in row[0]] for row in flags(epochs, settings)]


@pytest.mark.parametrize("kind", ["wave", "units"])
@pytest.mark.parametrize("snr", [5, 10, 20, 50])
def test_the_onset_is_found_within_a_millisecond(kind, snr):
    errors_ms = np.abs(onsets(150, snr, kind))
    assert (np.nanmedian(errors_ms, axis=0) < 1).all()
    # wherever a latency is given, nine of ten are within it, by either method
    share = (errors_ms < 1).sum(axis=0) / np.isfinite(errors_ms).sum(axis=0)
    assert share[2] > 0.9
    assert share.min() > (0.8 if snr == 5 else 0.9)


@pytest.mark.parametrize("noise_uv", [2, 5, 10, 15])
def test_windows_without_a_pulse_hold_no_responses(noise_uv):
    assert false_share(noise_uv, n=500) <= 0.02


def test_the_artefact_neither_rings_into_the_response_nor_moves_its_onset():
    time_s, volts, _ = trials(40, 50, seed=3)
    without = epochs_of(volts - artefact(time_s, 5e-3))
    quiet, loud = (measure(e, REST) for e in (without, epochs_of(volts)))
    assert np.allclose(loud.peak_to_peak_v, quiet.peak_to_peak_v, rtol=0.01)
    assert np.abs(loud.latency_s - quiet.latency_s).max() < 3e-4


def test_size_and_area_are_those_of_the_response():
    time_s = np.arange(-1000, 1500) / RATE_HZ
    shape, _ = response(time_s, 0.02, "wave", np.random.default_rng(0))
    found = measure(epochs_of(1e-3 * shape[None]), REST)
    window = (time_s >= 0.015) & (time_s < 0.04)
    assert found.peak_to_peak_v[0, 0] == pytest.approx(1e-3 * np.ptp(shape), rel=0.05)
    area = 1e-3 * np.abs(shape[window]).sum() / RATE_HZ
    assert found.area_v_s[0, 0] == pytest.approx(area, rel=0.15)


def test_the_noise_floor_is_that_of_the_mirrored_window():
    rng = np.random.default_rng(5)
    volts = 5e-6 * noise((200, 2500), RATE_HZ, rng)
    found = measure(epochs_of(volts), REST)
    assert (found.noise_v > found.floor_v).mean() == pytest.approx(0.02, abs=0.005)
    assert found.censored.mean() > 0.95
    assert not found.present.any()


def test_the_silent_period_ends_where_the_tension_comes_back():
    rng = np.random.default_rng(6)
    time_s = np.arange(-1000, 2500) / RATE_HZ
    tension = 60e-6 * noise((20, len(time_s)), RATE_HZ, rng)
    tension[:, (time_s > 0.03) & (time_s < 0.15)] *= 0.05
    shape, _ = response(time_s, 0.02, "wave", rng)
    active = settings_for("hand", active=True)
    found = measure(epochs_of(tension + 3e-3 * shape), active)
    ends_ms = 1e3 * found.silent_s[:, 0]
    assert np.isfinite(ends_ms).all()
    assert np.abs(np.median(ends_ms) - 150) < 5
    assert np.isnan(measure(epochs_of(tension), REST).silent_s).all()


def test_every_fault_has_a_flag_with_its_reason_and_nothing_is_left_out():
    time_s, volts, _ = trials(8, 200, seed=7)
    rng = np.random.default_rng(8)
    volts[1] += 20e-6 * noise(time_s.shape, RATE_HZ, rng)
    volts[2] = np.clip(volts[2], -1e-4, 1e-4)
    volts[3, 900:] = np.nan
    volts[4] = 0
    volts[5] += np.where(time_s > 0.005, 5e-4 * np.exp(-(time_s - 0.005) / 0.02), 0)
    volts[6, (time_s > -0.04) & (time_s < -0.03)] += 1e-4 * np.sin(np.arange(49))
    found = codes(epochs_of(volts))
    assert found[1] == ["tense"]
    assert "saturated" in found[2]
    limited = epochs_of(np.clip(volts[7:], -2e-4, 2e-4) * 0.999999, limits_v=((-2e-4, 2e-4),))
    assert "saturated" in codes(limited)[0]
    assert found[3] == ["incomplete"]
    assert found[4] == ["flat"]
    assert "artefact" in found[5]
    assert "tense" in found[6]
    assert codes(epochs_of(volts))[0] == codes(epochs_of(volts))[7] == []
    table = flags(epochs_of(volts))
    assert state_of(table[4][0]) == "reject"
    assert state_of(table[5][0]) == "review"
    assert state_of(table[0][0]) == "ok"
    assert "above 10 µV" in table[1][0][0].reason
    assert len(measure(epochs_of(volts), REST).peak_to_peak_v) == 8


def test_crosstalk_and_close_pulses_are_flagged():
    _, volts, _ = trials(4, 200, seed=9)
    pair = np.stack([volts, 0.15 * volts], axis=1)
    epochs = epochs_of(pair, names=("FDI", "ADM"))
    clean = conditioned(epochs, REST)
    table = flags_of(epochs, clean, measure_conditioned(clean, REST), REST)
    assert ["crosstalk" in [f.code for f in cell] for cell in table[0]] == [False, True]
    close = EmgEpochs(("FDI",), volts[:, None], RATE_HZ, -0.2, np.array([1, 1.1, 5, 9.0]))
    found = flags_of(close, (done := conditioned(close, REST)),
                     measure_conditioned(done, REST), REST)  # fmt: skip
    assert [f.reason for f in found[1][0]] == ["another pulse came 100 ms before it"]


@pytest.mark.parametrize(("factor", "told"), [(1e3, "more than any muscle"), (1e-3, "less")])
def test_a_unit_that_is_a_thousand_off_is_told_and_not_put_right(factor, told):
    _, volts, _ = trials(20, 200, seed=10)
    found = measure(epochs_of(volts * factor), REST)
    said = warnings_of(epochs_of(volts * factor), found, REST)[0]
    assert told in said
    assert "Nothing was changed" in said
    plain = measure(epochs_of(volts), REST)
    assert not warnings_of(epochs_of(volts), plain, REST)
    assert np.allclose(found.peak_to_peak_v, factor * plain.peak_to_peak_v)


def test_what_cannot_be_is_refused_in_words():
    calm = np.zeros((2, 2500))
    with pytest.raises(BadInputError, match="'fdi' occurs twice"):
        EmgEpochs(("FDI", "fdi"), np.zeros((2, 2, 9)), RATE_HZ, -0.1, np.arange(2.0))
    with pytest.raises(BadInputError, match=r"pulse 2 is at 1 s, pulse 1 before it at 3 s"):
        EmgEpochs(("FDI",), calm[:, None], RATE_HZ, -0.2, np.array([3.0, 1.0]))
    with pytest.raises(BadInputError, match="at least one pulse"):
        EmgEpochs(("FDI",), calm[:0, None], RATE_HZ, -0.2, np.array([]))
    with pytest.raises(BadInputError, match="must reach from -100 to 40 ms"):
        measure(epochs_of(calm, start_s=-0.05), REST)
    with pytest.raises(BadInputError, match="1 kHz or more"):
        measure(EmgEpochs(("x",), calm[:, None], 500.0, -2.0, np.arange(2.0)), REST)
    with pytest.raises(BadInputError, match="hand, forearm, leg"):
        settings_for("tongue")
    with pytest.raises(BadInputError, match="after the blanked artefact"):
        EmgSettings(response_s=(0.001, 0.04))


def test_epochs_are_cut_where_the_pulses_are():
    samples = np.arange(50_000)
    channel = EmgChannel("FDI", samples.astype("int16"), RATE_HZ, gain_v=1e-6)
    recording = EmgRecording("own", (channel, EmgChannel("ADM", samples, 2000.0)))
    cut = cut_epochs(recording, np.array([0.1, 2.0]), ["fdi"], (-0.2, 0.3))
    zero = int(np.abs(cut.time_s).argmin())
    assert cut.volts[1, 0, zero] == pytest.approx(1e-6 * 10_000)
    assert np.isnan(cut.volts[0, 0, :500]).all()
    assert np.isfinite(cut.volts[0, 0, 500:]).all()
    with pytest.raises(BadInputError, match="one sampling rate; got 2000, 5000"):
        cut_epochs(recording, np.array([1.0]), ["FDI", "ADM"])
    with pytest.raises(BadInputError, match="has no 'APB', but 'FDI', 'ADM'"):
        cut_epochs(recording, np.array([1.0]), ["APB"])


@pytest.mark.skipif(SHARED is None, reason="needs CORTISTIM_SHARED")
def test_on_public_traces_both_methods_stand_side_by_side():
    traces = 1e-6 * np.load(Path(SHARED) / "data/mep/emg_traces.npy")
    told = []
    for trace in traces:
        epochs = EmgEpochs(("EMG",), trace[None, None], 1000.0, -1.0, np.array([np.nan]))
        clean = conditioned(epochs, REST)
        found = measure_conditioned(clean, REST)
        (cells,) = flags_of(epochs, clean, found, REST)
        apart_s = np.abs(found.crossing_s - found.ramp_s)[0, 0]
        assert ("onset" in [f.code for f in cells[0]]) == bool(apart_s > REST.apart_s)
        told.append((found.crossing_s[0, 0], found.ramp_s[0, 0]))
    assert np.isfinite(told).all(axis=1).sum() >= 2
