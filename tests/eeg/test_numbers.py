"""Numbers of evoked potentials: PCI, peaks, field, and the pulse that is bridged."""

import numpy as np
import pytest

from cortistim.eeg import Epochs, PciSettings, gmfa, pci_st, peaks, without_pulse
from cortistim.errors import BadInputError


def published(components):
    """Return the case that the reference implementation was run on."""
    t, c = np.arange(-400.0, 300.0), np.arange(32)
    after = np.maximum(t, 0)
    x = np.zeros((32, len(t)))
    for k in range(1, components + 1):
        course = np.sin(2 * np.pi * (0.006 + 0.004 * k) * t) * np.exp(-after / (60 + 20 * k))
        x += np.cos(np.pi * k * (c + 0.5) / 32)[:, None] * (course * (t >= 0))
    for j in range(1, 9):
        course = np.sin(2 * np.pi * (0.003 + 0.0017 * j * j) * t + j)
        x += 0.025 * np.cos(np.pi * (j + 7) * (c + 0.5) / 32)[:, None] * course
    return x, 1e-3 * t


@pytest.mark.parametrize(
    ("components", "value"),
    [(0, 0.0), (1, 7.586667), (2, 20.403333), (4, 52.766667), (8, 154.633333)],
)
def test_pci_is_that_of_the_reference_implementation(components, value):
    found, count = pci_st(*published(components))
    assert found == pytest.approx(value, abs=5e-7)
    assert count == components


def test_pci_does_not_depend_on_the_unit():
    x, times_s = published(2)
    assert pci_st(1e-6 * x, times_s)[0] == pytest.approx(pci_st(x, times_s)[0])


def test_pci_of_nothing_is_zero_and_of_too_little_is_refused():
    times_s = 1e-3 * np.arange(-400, 300)
    assert pci_st(np.zeros((8, 700)), times_s) == (0.0, 0)
    with pytest.raises(BadInputError, match="-400 to -50 ms"):
        pci_st(np.ones((8, 400)), 1e-3 * np.arange(-100, 300))
    short = PciSettings(baseline_s=(-0.1, -0.02))
    assert pci_st(np.zeros((8, 400)), 1e-3 * np.arange(-100, 300), short) == (0.0, 0)


def test_a_peak_is_the_largest_extremum_of_its_window():
    times_s = 1e-3 * np.arange(-100, 300)
    course = np.exp(-0.5 * ((times_s - 0.030) / 0.004) ** 2)
    course -= 2 * np.exp(-0.5 * ((times_s - 0.100) / 0.015) ** 2)
    windows = {"P30": (1, 0.022, 0.038), "N100": (-1, 0.085, 0.140), "P60": (1, 0.055, 0.080)}
    p30, n100, p60 = peaks(course, times_s, windows)
    assert p30.latency_s == pytest.approx(0.030, abs=1e-9)
    assert n100.latency_s == pytest.approx(0.100, abs=1e-9)
    assert n100.amplitude_v == pytest.approx(-2, abs=1e-3)
    assert np.isnan(p60.latency_s)  # the course only falls there
    assert p60.amplitude_v == pytest.approx(course[np.searchsorted(times_s, 0.068)], rel=0.2)


def test_the_global_field_is_the_spread_over_channels():
    values = np.array([[1.0, 2.0], [3.0, 2.0]])
    assert gmfa(values).tolist() == [1.0, 0.0]


def epochs(rate_hz=1000.0, seed=0):
    times_s = np.arange(-0.5, 0.5, 1 / rate_hz)
    draw = np.random.default_rng(seed)
    smooth = np.sin(2 * np.pi * 3 * times_s) + times_s
    values = smooth * draw.normal(size=(4, 9, 1))
    return Epochs(1e-6 * values, times_s, tuple(f"E{k}" for k in range(9)))


def test_the_pulse_is_gone_and_the_course_below_it_is_bridged():
    clean = epochs()
    pulse = clean.between(-0.001, 0.003)
    dirty = clean.with_values(clean.values_v + 1e-3 * pulse)
    bridged = without_pulse(dirty, (-0.002, 0.005))
    assert np.allclose(bridged.values_v, clean.values_v, atol=1e-10)
    assert np.array_equal(bridged.values_v[..., ~clean.between(-0.002, 0.005)],
                          clean.values_v[..., ~clean.between(-0.002, 0.005)])  # fmt: skip


@pytest.mark.parametrize("cut_s", [(0.005, -0.002), (-0.6, 0.01), (-0.002, 0.6)])
def test_a_gap_needs_two_sides(cut_s):
    with pytest.raises(BadInputError, match="both sides"):
        without_pulse(epochs(), cut_s)


def test_a_baseline_is_zero_afterwards_and_must_be_there():
    one = epochs().less_baseline(-0.4, -0.1)
    window = one.between(-0.4, -0.1)
    assert np.abs(one.values_v[..., window].mean(axis=-1)).max() < 1e-18
    with pytest.raises(BadInputError, match="at least 20 ms"):
        epochs().less_baseline(-2.0, -1.0)


@pytest.mark.parametrize(
    ("values", "times_s", "names", "words"),
    [
        (np.zeros((2, 3)), np.arange(-2.0, 3), ("a",) * 3, "trials x channels"),
        (np.full((1, 1, 5), np.nan), np.arange(-2.0, 3), ("a",), "finite"),
        (np.zeros((1, 1, 5)), np.array([-2.0, -1, 0, 1, 9]), ("a",), "even steps"),
        (np.zeros((1, 1, 5)), np.arange(5.0), ("a",), "before and after"),
    ],
)
def test_epochs_that_are_none_are_refused(values, times_s, names, words):
    with pytest.raises(BadInputError, match=words):
        Epochs(values, times_s, names)
