"""Names come from users: no figure may read markup in them, and none may cost the numbers."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cortistim.protocol import find_protocol, named_protocol
from cortistim.records import read_record
from cortistim.records.plan import PlanRecord
from cortistim.records.protocol import CountsRecord, ProposalRecord, SearchRecord
from cortistim.study.plan import files as outputs
from cortistim.viz.figures import figures
from cortistim.viz.figures.coil_comparison import depth_against_spread
from cortistim.viz.figures.plasticity_course import plasticity_course
from cortistim.viz.figures.protocol_choice import protocol_choice
from cortistim.viz.figures.protocol_drawing import protocol_drawing
from cortistim.viz.figures.replay import ReplayContent, replay_figure
from cortistim.viz.render.canvas import new_figure, plain_axes, png_bytes, title, write_png
from cortistim.viz.report import page as report

NAMES = (r"x $\badcommand{$ y", "$5 and $6", r"c$\foo$", "a_b^{c} % # & ~", "<b>&amp;")


def texts(figure):
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if text.get_text()]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_as_it_is_written(name):
    figure = new_figure(4, 3)
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    axes.plot([0, 1], [0, 1], label=name)
    axes.legend()
    axes.annotate(name, (0.5, 0.5))
    plain_axes(axes, name, name)
    title(axes, name)
    figure.text(0.1, 0.1, name)
    png_bytes(figure)
    drawn = [text for text in texts(figure) if text.get_text() == name]
    assert len(drawn) == 6
    assert not any(text.get_parse_math() or text.get_usetex() for text in drawn)


def test_dollars_take_room_and_powers_of_ten_are_still_typeset():
    figure = new_figure(4, 3)
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    axes.plot([1, 2], [1, 1e4])
    axes.set_yscale("log")
    two = [figure.text(0, 0, words) for words in ("$5 and $6", "S5 and S6")]
    png_bytes(figure)
    wide, plain = (text.get_window_extent().width for text in two)
    assert wide == pytest.approx(plain, rel=0.05)  # typeset as mathematics it is narrower
    ticks = [text for text in axes.get_yticklabels() if text.get_text()]
    assert ticks
    assert all(text.get_parse_math() and "10^" in text.get_text() for text in ticks)


@pytest.mark.parametrize("name", NAMES[:3])
def test_every_figure_with_a_name_in_it_can_be_drawn(name, make_prediction):
    course = replace(find_protocol("itbs_depression").course(), name=name)
    once = np.ones(2)
    replayed = ReplayContent(name, once, once, once, once, once)
    for figure in (
        protocol_drawing(course),
        replay_figure(replayed),
        depth_against_spread({name: (2.0, 20.0)}),
        protocol_choice(searched(name)),
        plasticity_course(make_prediction(name), np.arange(3.0)),
    ):
        png_bytes(figure)
        assert any(name in text.get_text() for text in texts(figure))


def searched(name):
    """Return a search whose proposal and table are called by this name."""
    row = ProposalRecord(
        name=name, words=name, pulses=60, length_s=60.0, intensity=name, p_raise=0.7,
        mean_percent=10.0, sd_percent=20.0, probable_for_min=20.0, clear=True,
    )  # fmt: skip
    counts = CountsRecord(
        candidates=1, within_limits=1, as_wished=1, deliverable_and_inside_the_data=1,
        more_likely_than_not=1,
    )  # fmt: skip
    return SearchRecord(
        goal="raise", minutes=15.0, table=name, seed=1, proposal=row, reason="", ranking="",
        alternatives=(row,), trade_off=(row,), counts=counts, version="0", notice="",
    )  # fmt: skip


@pytest.fixture
def make_prediction():
    from cortistim.plasticity import predict

    def make(name):
        found = predict(named_protocol("ctbs600"), [1.0, 15.0], members=20, models=False)
        return replace(found, protocol=name)

    return make


def fail(*_):
    msg = "the ink\nran out"
    raise RuntimeError(msg)


def test_a_figure_that_fails_is_told_of_and_leaves_no_file(tmp_path):
    said = write_png(tmp_path / "a.png", fail)
    assert said == "a.png is missing: drawing it failed with RuntimeError: the ink ran out"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_no_failing_figure(tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(OSError, match="taken"):
        write_png(tmp_path / "taken" / "a.png", lambda: new_figure(1, 1))


def test_a_failing_figure_and_scene_cost_the_plan_nothing_else(
    small_plan, tmp_path, monkeypatch
):
    monkeypatch.setitem(figures.FIGURES, "slices", fail)
    monkeypatch.setattr(report, "scene", fail)
    volumes = SimpleNamespace(grid=small_plan.grid, write=lambda _: None)
    monkeypatch.setattr(outputs.Volumes, "of", lambda _: volumes)
    old = tmp_path / "out" / "figures" / "slices.png"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"of another plan")
    record = outputs.write_plan(small_plan.plan, tmp_path / "out")
    lost = "slices.png is missing: drawing it failed with RuntimeError: the ink ran out"
    assert lost in record.warnings
    text = (tmp_path / "out" / "plan.json").read_text("utf-8")
    assert read_record(PlanRecord, text) == record
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert lost in page
    assert "The scene could not be drawn" in page
    drawn = {path.stem for path in (tmp_path / "out" / "figures").iterdir()}
    assert drawn == set(figures.FIGURES) - {"slices"} | {"recruitment", "plasticity_course"}
    assert record.field == small_plan.record.field


def test_a_failing_report_costs_no_numbers(small_plan, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "report_content", fail)
    volumes = SimpleNamespace(grid=small_plan.grid, write=lambda _: None)
    monkeypatch.setattr(outputs.Volumes, "of", lambda _: volumes)
    record = outputs.write_plan(small_plan.plan, tmp_path / "out")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"plan.json", "pose.json", "cortex.surf.gii", "recruitment.func.gii"} <= written
    assert "report.html" not in written
    assert any("report.html is missing" in text for text in record.warnings)
