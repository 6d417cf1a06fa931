from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil.coil import Casing
from cortistim.errors import BadInputError
from cortistim.targeting import SearchMap
from cortistim.units import mm_from_m
from cortistim.viz import FIGURES, VolumeGrid, write_figures
from cortistim.viz.canvas import nice_top, png_bytes
from cortistim.viz.field_statistics import weighted_percentiles
from cortistim.viz.palette import field_map, field_rgb
from cortistim.viz.pulse_and_protocol import groups
from cortistim.viz.slices import PLANES, cut

pytestmark = pytest.mark.oldest


def test_every_figure_is_a_picture_with_something_on_it(content, tmp_path):
    from PIL import Image

    files = write_figures(content, tmp_path / "figures")
    assert list(files) == list(FIGURES)
    for name, file in files.items():
        assert file.name == f"{name}.png"
        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert pixels.shape[1] == 1800
        assert (pixels < 250).any(axis=2).mean() > 0.02


def test_drawing_leaves_pyplot_alone(content):
    from matplotlib import pyplot as plt

    FIGURES["search_map"](content)
    assert plt.get_fignums() == []


def test_the_same_content_gives_the_same_file(content):
    draw = FIGURES["field_statistics"]
    assert png_bytes(draw(content)) == png_bytes(draw(content))


def test_a_hot_spot_is_coloured_where_it_is(content):
    figure = FIGURES["cortex_field"](content)
    axes = figure.axes[1]
    picture = axes.images[0].get_array()
    left, right, bottom, top = axes.images[0].get_extent()
    assert axes.get_title(loc="left") == "Seen from the left"
    redness = np.where(picture[..., 3] > 0.9, picture[..., 0] - picture[..., 1], 0)
    rows, columns = np.nonzero(redness > 0.5 * redness.max())
    x_mm = left + (columns.mean() + 0.5) / picture.shape[1] * (right - left)
    y_mm = top - (rows.mean() + 0.5) / picture.shape[0] * (top - bottom)
    ring = axes.lines[0].get_xydata()[0]
    np.testing.assert_allclose([x_mm, y_mm], ring, atol=12)


def test_odd_protocols_draw_without_complaint(make):
    for times_s in ([], [0.0], [0.0, 0.1], np.arange(900) * 1.0):
        changed = make.content(make.plan(), pulse_times_s=np.array(times_s))
        png_bytes(FIGURES["pulse_and_protocol"](changed))


def test_a_search_along_one_line_or_of_one_point_still_draws(content, make):
    line_m = np.outer(np.arange(5) * 5e-3, [0, 1, 0]) + content.search.positions_m[0]
    for positions_m in (line_m, line_m[:1]):
        strength = np.full(len(positions_m), 1.5)
        found = SearchMap(positions_m, strength, np.zeros(1), strength[:1])
        png_bytes(FIGURES["search_map"](make.content(make.plan(), search=found)))


def test_a_coil_on_the_right_side_is_seen_from_the_right(content, make):
    mirrored = content.target_m * [-1, 1, 1]
    figure = FIGURES["placement_view"](make.content(make.plan(), target_m=mirrored))
    assert figure.axes[0].get_title(loc="left") == "Seen from the right"


def test_theta_bursts_part_into_session_train_and_burst(content):
    assert [len(part) for part in groups(content.pulse_times_s)] == [600, 30, 3]


def test_evenly_spaced_pulses_are_not_parted():
    assert [len(part) for part in groups(np.arange(100) * 0.1)] == [100]


def test_the_field_map_darkens_evenly():
    rgb = field_map()(np.linspace(0, 1, 50))[:, :3]
    light = rgb @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) < 0).all()


def test_colours_saturate_at_the_top_and_a_missing_field_is_no_field():
    rgb = field_rgb(np.array([np.nan, 0.0, 100.0, 1e9]), 100.0)
    np.testing.assert_array_equal(rgb[0], rgb[1])
    np.testing.assert_array_equal(rgb[2], rgb[3])


def test_percentiles_weigh_by_area():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 98.0, 1.0])
    assert weighted_percentiles(values, weights, np.array([50.0]))[0] == 1.0
    assert weighted_percentiles(values, weights, np.array([99.5]))[0] == 3.0


@pytest.mark.parametrize("value", [0.31, 7.2, 88.9, 1234.0])
def test_a_scale_ends_just_above_its_largest_value(value):
    assert value <= nice_top(value) <= 1.5 * value


def test_a_slice_passes_through_its_point():
    labels = np.zeros((6, 7, 8), dtype=int)
    labels[2, 3, 4] = 9
    affine = np.diag([1e-3, 2e-3, 3e-3, 1.0])
    affine[:3, 3] = [0.01, 0.02, 0.03]
    volume = VolumeGrid(labels, np.zeros(labels.shape), affine)
    point_m = np.array([0.012, 0.026, 0.042])
    for _, normal, across, along, _ in PLANES:
        piece = cut(volume, point_m, normal, across, along)
        row, column = np.argwhere(piece.labels == 9)[0]
        left, right, bottom, top = piece.extent_mm
        x = left + (column + 0.5) * (right - left) / piece.labels.shape[1]
        y = bottom + (row + 0.5) * (top - bottom) / piece.labels.shape[0]
        np.testing.assert_allclose([x, y], mm_from_m(point_m[[across, along]]))


def test_a_turned_grid_is_refused():
    affine = np.eye(4)
    affine[0, 1] = 0.2
    with pytest.raises(BadInputError, match="Resample"):
        VolumeGrid(np.zeros((2, 2, 2), int), np.zeros((2, 2, 2)), affine)


def test_a_field_of_another_cortex_is_refused(make):
    with pytest.raises(BadInputError, match="e_v_per_m: 5"):
        make.content(make.plan(), e_v_per_m=np.zeros((5, 3)))


def test_an_unknown_field_is_refused(content, make):
    e = np.array(content.e_v_per_m)
    e[3, 1] = np.nan
    with pytest.raises(BadInputError, match="1 of"):
        make.content(make.plan(), e_v_per_m=e)


def test_a_coil_without_casing_still_draws(content, make):
    bare = Casing(np.zeros((0, 3)), np.zeros((0, 3), int), "none")
    changed = make.content(make.plan(), coil=replace(content.coil, casing=bare))
    for name in ("cortex_field", "placement_view"):
        png_bytes(FIGURES[name](changed))


def test_the_normal_component_is_positive_into_the_cortex(content, make):
    inward = make.content(make.plan(), e_v_per_m=-2.0 * content.cortex.normals)
    np.testing.assert_allclose(inward.e_inward_v_per_m, 2.0)
