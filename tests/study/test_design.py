from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortistim.errors import BadInputError
from cortistim.safety import check_protocol, table_names
from cortistim.study.protocol import search as room
from cortistim.study.protocol.search import (
    GRID_MINUTES,
    DesignRequest,
    Forecast,
    candidates,
    design,
    forecasts,
    recipe_called,
    within_limits,
)

DEVICES = (None, "magstim_rapid2", "magstim_super_rapid2_plus", "magpro_x100")


@cache
def verdict_on(name, limits):
    return check_protocol(recipe_called(name).protocol(), limits).verdict


def rate_decides(protocol, minutes):
    """Slow pulses lower, fast ones raise, more pulses more surely, and it fades."""
    sign = -1 if np.diff(protocol.pulse_times_s).min() > 0.5 else 1
    size = sign * 0.4 * min(1, protocol.n_pulses / 900) * np.exp(-minutes / 60)
    p_up = 0.5 + size
    many = np.full(len(minutes), 30.0)
    large = np.minimum(1, 2 * np.abs(size))
    return Forecast(100 * size, many, 100 * size, p_up, 1 - p_up, large, outside=False)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("CORTISTIM_CACHE", str(tmp_path_factory.mktemp("design")))
    yield forecasts(rate_decides, "made up")
    patch.undo()


@settings(max_examples=500, deadline=None)
@given(
    goal=st.sampled_from(["raise", "lower"]),
    minutes=st.floats(0, 120),
    limits=st.sampled_from(table_names()),
    device=st.sampled_from(DEVICES),
    rmt=st.floats(30, 75),
    longest=st.floats(4, 60),
    pulses=st.integers(200, 3000),
    percent=st.floats(80, 130),
)
def test_a_proposal_is_always_within_limits_and_almost_always_there(
    table, *, goal, minutes, limits, device, rmt, longest, pulses, percent
):
    request = DesignRequest(
        goal=goal,
        minutes=minutes,
        table=limits,
        stimulator=device,
        rmt_percent=rmt if device else None,
        longest_min=longest,
        most_pulses=pulses,
        most_percent=percent,
    )
    found = design(request, table)
    assert found.proposal, found.reason
    for row in (found.proposal, *found.alternatives, *found.trade_off):
        protocol = recipe_called(row.name).protocol()
        assert verdict_on(row.name, limits) == "within"
        assert protocol.length_s <= 60 * longest
        assert protocol.n_pulses <= pulses
        assert row.p_wanted > 0.5
    best = found.proposal
    for row in found.alternatives:
        assert best.clear >= row.clear
        assert best.clear > row.clear or row.p_wanted <= best.p_wanted + 0.021


def test_raising_takes_fast_and_lowering_slow_pulses(table):
    assert design(DesignRequest(goal="raise"), table).proposal.name[:3] != "1Hz"
    assert design(DesignRequest(goal="lower"), table).proposal.name.startswith("1Hz")


def test_what_the_stimulator_cannot_deliver_is_not_proposed(table):
    slow = DesignRequest(goal="raise", stimulator="magstim_200", rmt_percent=50)
    found = design(slow, table)
    assert found.proposal is None
    assert "stimulator delivers none" in found.reason


def test_nothing_is_proposed_when_nothing_fits(table):
    found = design(DesignRequest(goal="raise", longest_min=0.1), table)
    assert found.proposal is None
    assert "longer session" in found.reason


def test_predictions_are_made_once_per_model(monkeypatch, tmp_path):
    monkeypatch.setenv("CORTISTIM_CACHE", str(tmp_path))
    forecasts(rate_decides, "one")

    def refuse(*_):
        raise AssertionError

    forecasts(refuse, "one")
    with pytest.raises(AssertionError):
        forecasts(refuse, "another")


def test_the_grid_holds_candidates_for_every_table():
    for name in table_names():
        assert within_limits(name).sum() > 100
    assert len({recipe.name for recipe in candidates()}) == len(candidates())
    assert len(GRID_MINUTES) == len(set(GRID_MINUTES))
    assert room.SURE == 0.65


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"goal": "change"}, "raise, lower"),
        ({"minutes": -1}, "`minutes`"),
        ({"minutes": float("nan")}, "`minutes`"),
        ({"table": "nothing"}, "rossi2009"),
        ({"stimulator": "magpro_x100"}, "`rmt_percent`"),
        ({"stimulator": "nothing", "rmt_percent": 50}, "nothing"),
        ({"rmt_percent": 120}, "`rmt_percent`"),
    ],
)
def test_a_request_that_means_nothing_is_refused(changes, words):
    with pytest.raises(BadInputError, match=words):
        DesignRequest(**{"goal": "raise", **changes})
