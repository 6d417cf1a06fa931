import json

import numpy as np
import pytest

from cortistim.plasticity import predict
from cortistim.protocol import find_protocol, named_protocol
from cortistim.records import read_record
from cortistim.records.protocol import SearchRecord
from cortistim.safety import check_protocol
from cortistim.study.protocol import design as design_runs
from cortistim.study.protocol.search import (
    DesignRequest,
    Forecast,
    forecasts,
    recipe_called,
)


def more_is_more(protocol, minutes):
    """Fast pulses raise, slow ones lower, the more the surer."""
    sign = -1 if np.diff(protocol.pulse_times_s).min() > 0.5 else 1
    size = sign * 0.4 * min(1, protocol.n_pulses / 900) * np.exp(-minutes / 60)
    spread, p_up = np.full(len(minutes), 30.0), 0.5 + size
    clear = np.minimum(1, 2 * np.abs(size))
    return Forecast(100 * size, spread, 100 * size, p_up, 1 - p_up, clear, outside=False)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a design's run on forecasts that take no time."""
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path / "cache"))
    table = forecasts(more_is_more, "made up")
    monkeypatch.setattr(design_runs, "forecasts", lambda *_, **__: table)

    def go(out=None, **asked):
        found = design_runs.run_design(DesignRequest(**{"goal": "raise", **asked}))
        return found if out is None else design_runs.write_design(found, out)

    return go


def test_a_forecast_is_the_ensembles_own_summary(monkeypatch, tmp_path):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path))
    protocol = named_protocol("ctbs600")
    minutes = np.array([5.0, 30.0])
    found = design_runs.forecast(protocol, minutes)
    percent = predict(protocol, minutes, models=False).percent
    np.testing.assert_allclose(found.mean_percent, percent.mean(axis=0))
    np.testing.assert_allclose(found.p_up, (percent > 0).mean(axis=0))
    assert (found.p_up + found.p_down <= 1).all()


def test_the_proposal_is_checked_predicted_and_written(run, tmp_path):
    out = tmp_path / "design"
    record = run(out)
    proposal = record.proposal
    assert {path.name for path in out.iterdir()} == {
        "design.json", "trade_off.png", "protocol.yaml",
    }  # fmt: skip
    assert read_record(SearchRecord, (out / "design.json").read_text("utf-8")) == record
    assert record.warnings == ()
    assert proposal.safety.verdict == "within"
    assert proposal.prediction.minutes == record.minutes
    written = find_protocol(str(out / "protocol.yaml")).recipe.protocol()
    wanted = recipe_called(proposal.name).protocol()
    np.testing.assert_allclose(written.pulse_times_s, wanted.pulse_times_s)
    assert written.intensity_fraction == wanted.intensity_fraction
    assert check_protocol(written, record.table).verdict == "within"


def test_nothing_to_propose_writes_the_reason_and_no_protocol(run, tmp_path):
    out = tmp_path / "design"
    record = run(out, longest_min=0.1)
    assert record.proposal is None
    assert {path.name for path in out.iterdir()} == {"design.json", "trade_off.png"}
    assert json.loads((out / "design.json").read_text("utf-8"))["reason"] == record.reason


def test_without_a_folder_nothing_is_written(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(goal="lower").proposal.name.startswith("1Hz")
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}


def test_a_failing_figure_costs_no_proposal(run, tmp_path, monkeypatch):
    def fail(_):
        msg = "no ink"
        raise RuntimeError(msg)

    monkeypatch.setattr(design_runs, "protocol_choice", fail)
    record = run(tmp_path / "design")
    text = (tmp_path / "design" / "design.json").read_text("utf-8")
    assert read_record(SearchRecord, text) == record
    assert "no ink" in record.warnings[0]
    assert (tmp_path / "design" / "protocol.yaml").exists()


def test_the_figure_names_the_proposal_and_shows_every_candidate(run):
    record = run()
    left, right = design_runs.protocol_choice(record).axes
    rows = len(record.alternatives) + len(record.trade_off)
    for axes in (left, right):
        assert [len(dots.get_offsets()) for dots in axes.collections] == [rows, 1]
    best = left.collections[1].get_offsets()[0]
    proposal = record.proposal
    np.testing.assert_allclose(best, [proposal.length_s / 60, proposal.p_raise])
    said = [text.get_text() for text in left.figure.texts]
    assert any(proposal.words in text for text in said)
