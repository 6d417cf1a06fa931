from dataclasses import replace

import numpy as np
import pytest

from cortistim.coil.coil import Casing
from cortistim.errors import BadInputError
from cortistim.field.percentiles import weighted_percentile
from cortistim.targeting import SearchMap
from cortistim.units import mm_from_m
from cortistim.viz import FIGURES, VolumeGrid, write_figures
from cortistim.viz.figures.cortex_field import top_of_scale
from cortistim.viz.figures.pulse_and_protocol import groups, scale_names
from cortistim.viz.figures.recruitment import recruitment_maps
from cortistim.viz.figures.slices import PLANES, cut
from cortistim.viz.render.canvas import nice_top, png_bytes
from cortistim.viz.render.palette import ACCENT, CALM, INK, TARGET, field_map, field_rgb

pytestmark = pytest.mark.oldest


def test_every_figure_is_written_under_its_name(content, tmp_path):
    from PIL import Image

    drawn = write_figures(content, tmp_path / "figures")
    assert drawn.missing == []
    assert list(drawn.files) == list(FIGURES)
    for name, file in drawn.files.items():
        assert file.name == f"{name}.png"
        with Image.open(file) as picture:
            assert picture.size[0] == 1800


def lines_of(axes, colour):
    from matplotlib.colors import to_hex

    return [line for line in axes.lines if to_hex(line.get_color()) == colour]


def words_of(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_the_field_picture_marks_target_coil_and_scale(content):
    figure = FIGURES["cortex_field"](content)
    for axes in figure.axes[:2]:
        assert sum(line.get_markeredgecolor() == TARGET for line in axes.lines) >= 1
        assert {"handle", "20 mm"} <= set(words_of(axes))
        assert axes.collections  # the casing's outline
    bar = figure.axes[2]
    assert bar.get_ylim() == (0, top_of_scale(content))
    assert "V/m" in bar.get_ylabel()


def test_the_scale_ends_above_the_peak_and_the_percentile(content):
    field = content.plan.field
    for name in ("target_e_v_per_m", "local_peak_e_v_per_m", "peak_e_v_per_m"):
        assert top_of_scale(content) >= getattr(field, name)


def test_the_slices_cross_at_the_target(content):
    figure = FIGURES["slices"](content)
    for axes, (name, _, across, along, _) in zip(figure.axes, PLANES, strict=False):
        assert axes.get_title(loc="left").startswith(name)
        hairs = np.vstack([line.get_xydata() for line in lines_of(axes, ACCENT)])
        x_mm, y_mm = mm_from_m(content.target_m[[across, along]])
        assert np.isclose(hairs[:, 0], x_mm).sum() == np.isclose(hairs[:, 1], y_mm).sum() == 4
        assert "-0 " not in axes.get_title(loc="left")
        coloured = np.ptp(np.asarray(axes.images[0].get_array())[..., :3], axis=2)
        assert coloured.max() > 0.3  # a field over the greys


def test_the_coil_lies_over_the_head_with_the_searched_positions(content):
    axes = FIGURES["placement_view"](content).axes[1]
    head, coil = axes.images
    body = np.asarray(coil.get_array())
    assert 0.02 < (body[..., 3] > 0.3).mean() < 0.9
    assert (np.asarray(head.get_array())[..., 3] > 0.9).mean() > 0.1
    sizes = sorted(len(dots.get_offsets()) for dots in axes.collections)
    assert 0 < sizes[0] <= len(content.search.positions_m)


def test_the_search_map_shows_the_chosen_pose_on_the_curve(content):
    plane, _, curve = FIGURES["search_map"](content).axes
    chosen = [line for line in plane.lines if line.get_marker() == "P"]
    np.testing.assert_allclose(chosen[0].get_xydata(), [[0, 0]])
    by_angle = lines_of(curve, CALM)[0].get_ydata()
    np.testing.assert_allclose(np.sort(by_angle), np.sort(content.search.e_by_angle_v_per_m))
    cross = next(line for line in curve.lines if line.get_marker() == "P").get_xydata()[0]
    assert cross[0] == 0
    assert by_angle.min() <= cross[1] <= by_angle.max()


def test_the_pulse_is_drawn_at_the_plans_didt(content):
    waveform, session, *_ = FIGURES["pulse_and_protocol"](content).axes
    drawn = lines_of(waveform, CALM)[0].get_ydata()
    told = content.plan.field.didt_a_per_us
    assert np.abs(drawn).max() == pytest.approx(told, rel=1e-3)
    assert session.get_title(loc="left") == "The session: 600 pulses"
    assert len(session.collections[0].get_segments()) == 600


def test_statistics_name_the_percentiles_and_the_components(content):
    bars, area, near = FIGURES["field_statistics"](content).axes
    assert [words.strip() for words in words_of(bars)] == ["50 %", "95 %", "99 %", "99.9 %"]
    at = [line.get_xdata()[0] for line in bars.lines]
    told = content.plan.field.percentiles_v_per_m
    np.testing.assert_allclose(at, [told[p] for p in ("50", "95", "99", "99.9")], rtol=0.01)
    falling = lines_of(area, CALM)[0].get_xydata()
    assert (np.diff(falling[:, 1]) > 0).all()
    assert {words.get_text() for words in near.get_legend().texts} >= {"|E|", "tangential"}
    size, tangential = (lines_of(near, colour)[0].get_ydata() for colour in (INK, CALM))
    assert (size >= tangential - 1e-9).all()


def test_a_single_pulse_has_no_rows_of_pulses(content):
    one = replace(content, pulse_times_s=np.zeros(1))
    assert len(FIGURES["pulse_and_protocol"](one).axes) == 1


def test_recruitment_is_drawn_on_one_scale_with_the_target(content):
    no_cell = np.zeros(len(content.cortex.vertices_m))
    shares = {"L5 cells": no_cell + 100, "none": no_cell}
    toward = -content.pose.rotation[:, 2]
    figure = recruitment_maps(content.cortex, shares, toward, content.target_m)
    full, empty = figure.axes[:2]
    assert [axes.get_title(loc="left") for axes in (full, empty)] == list(shares)
    dark, light = (np.asarray(axes.images[0].get_array()) for axes in (full, empty))
    assert dark[..., :3].mean() < light[..., :3].mean()
    assert all(len(axes.lines) >= 3 for axes in (full, empty))


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
    strongest = field_rgb(np.array([content.e_magnitude_v_per_m.max()]), top_of_scale(content))
    rgb, covered = picture[..., :3], picture[..., 3] > 0.9
    hue = rgb / np.maximum(rgb.sum(axis=2, keepdims=True), 1e-6)  # free of light and shade
    off = np.linalg.norm(hue - strongest[0] / strongest.sum(), axis=2)
    rows, columns = np.nonzero(covered & (off <= np.percentile(off[covered], 2)))
    x_mm = left + (columns.mean() + 0.5) / picture.shape[1] * (right - left)
    y_mm = top - (rows.mean() + 0.5) / picture.shape[0] * (top - bottom)
    ring = axes.lines[0].get_xydata()[0]
    np.testing.assert_allclose([x_mm, y_mm], ring, atol=8)


@pytest.mark.parametrize(
    ("times_s", "strokes"),
    [([], [0]), ([0.0, 0.1], [2]), (np.arange(900) * 1.0, [900])],
)
def test_odd_protocols_show_every_pulse_they_have(content, times_s, strokes):
    changed = replace(content, pulse_times_s=np.array(times_s, dtype=float))
    rows = FIGURES["pulse_and_protocol"](changed).axes[1:]
    assert [len(axes.collections[0].get_segments()) for axes in rows] == strokes


def test_a_search_along_one_line_or_of_one_point_shows_its_points(content):
    line_m = np.outer(np.arange(5) * 5e-3, [0, 1, 0]) + content.search.positions_m[0]
    for positions_m in (line_m, line_m[:1]):
        strength = np.full(len(positions_m), 1.5)
        found = SearchMap(positions_m, strength, np.zeros(1), strength[:1])
        axes = FIGURES["search_map"](replace(content, search=found)).axes[0]
        assert [len(dots.get_offsets()) for dots in axes.collections] == [len(positions_m)]


def test_theta_bursts_part_into_session_train_and_burst(content):
    assert [len(part) for part in groups(content.pulse_times_s)] == [600, 30, 3]


def test_evenly_spaced_pulses_are_not_parted(content):
    assert [len(part) for part in groups(np.arange(100) * 0.1)] == [100]
    twice = np.concatenate([content.pulse_times_s, content.pulse_times_s + 1100.0])
    assert [len(part) for part in groups(twice)] == [1200, 600, 30, 3]
    assert scale_names(4) == ("The session", "First block", "First train", "First burst")


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
    assert weighted_percentile(values, weights, 50.0) == 1.0
    assert weighted_percentile(values, weights, 99.5) == 3.0


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


def test_a_field_of_another_cortex_is_refused(content):
    with pytest.raises(BadInputError, match="e_v_per_m: 5"):
        replace(content, e_v_per_m=np.zeros((5, 3)))


def test_an_unknown_field_is_refused(content):
    e = np.array(content.e_v_per_m)
    e[3, 1] = np.nan
    with pytest.raises(BadInputError, match="1 of"):
        replace(content, e_v_per_m=e)


def test_a_coil_without_casing_still_draws(content):
    bare = Casing(np.zeros((0, 3)), np.zeros((0, 3), int), "none")
    changed = replace(content, coil=replace(content.coil, casing=bare))
    for name in ("cortex_field", "placement_view"):
        figure = FIGURES[name](changed)
        assert "handle" in words_of(figure.axes[0])
        png_bytes(figure)


def test_the_normal_component_is_positive_into_the_cortex(content):
    inward = replace(content, e_v_per_m=-2.0 * content.cortex.normals)
    np.testing.assert_allclose(inward.e_inward_v_per_m, 2.0)
