import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.field import SurfaceField
from cortistim.neuron import default_calibration, fit_for, named_shape
from cortistim.neuron.motor import hand_area, motor_patch, motor_threshold
from cortistim.pulse import Output
from cortistim.sources import Sourced
from cortistim.viz.render.raster import surface_of

FOLD = np.radians(30.0)  # between the x axis and the direction across the folds


@pytest.fixture(scope="module")
def sheet():
    """A folded sheet high above the origin, its folds 10 mm apart."""
    side = np.linspace(-0.03, 0.03, 61)
    x, y = (a.ravel() for a in np.meshgrid(side, side, indexing="ij"))
    across = x * np.cos(FOLD) + y * np.sin(FOLD)
    z = 0.003 * np.cos(2 * np.pi * across / 0.010) + 0.08
    k = np.arange(61 * 61).reshape(61, 61)
    a, b, c, d = k[:-1, :-1], k[1:, :-1], k[1:, 1:], k[:-1, 1:]
    first, second = np.stack([a, b, c], axis=-1), np.stack([a, c, d], axis=-1)
    triangles = np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])
    return surface_of(np.column_stack([x, y, z]), triangles)


def on(sheet, centre):
    size = 100 * np.exp(-(np.linalg.norm(sheet.vertices_m - centre, axis=1) ** 2) / 1e-4)
    e_v_per_m = size[:, None] * np.array([1.0, 0, 0])
    return SurfaceField(sheet, e_v_per_m, 0.05 * size, 1)


def test_the_hand_area_does_not_jump_across_a_fold(sheet):
    start = sheet.vertices_m[61 * 30 + 30]
    area = hand_area(sheet, start)
    straight_m = np.linalg.norm(sheet.vertices_m[area] - start, axis=1)
    assert straight_m.max() < 0.0125
    within = np.linalg.norm(sheet.vertices_m - start, axis=1) < 0.012
    assert len(area) < 0.9 * within.sum()


def test_the_hotspot_is_where_the_field_is_strongest(sheet):
    strongest = sheet.vertices_m[61 * 34 + 31]
    found = motor_patch(on(sheet, strongest), np.array([0, 0, 0.08]), 1e6)
    middle = sheet.vertices_m[found.core].mean(axis=0)
    assert np.linalg.norm(middle - strongest) < 0.003


def test_a_motor_target_off_the_cortex_is_refused(sheet):
    with pytest.raises(BadInputError, match="cortex"):
        motor_patch(on(sheet, np.zeros(3)), np.array([0, 0, 0.2]), 1e6)


def test_half_the_field_doubles_the_motor_threshold(sheet):
    fit, calibration = fit_for(named_shape("biphasic")), default_calibration()
    output = Output(None, Sourced(1e8, "A/s", "assumed"))
    field = on(sheet, sheet.vertices_m[61 * 30 + 30])
    half = field.scaled_by(0.5)
    full, less = (
        motor_threshold(motor_patch(f, np.array([0, 0, 0.08]), 1e6), fit, calibration, output)
        for f in (field, half)
    )
    assert less.percent_mso == pytest.approx(2 * full.percent_mso, rel=0.02)
    assert less.e_v_per_m == pytest.approx(full.e_v_per_m, rel=1e-3)
    low, high = full.percent_mso_range
    assert low < full.percent_mso < high
