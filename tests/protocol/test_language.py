import json
import time
from dataclasses import replace
from importlib.resources import files

import jsonschema
import msgspec
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cortistim.errors import BadInputError, FileFormatError
from cortistim.protocol import (
    Course,
    Jitter,
    Recipe,
    Written,
    content_of,
    find_protocol,
    known_names,
    named_protocol,
    named_recipe,
    read_protocol,
    recipe_of,
    weekly_starts_s,
    write_protocol,
    written_from,
)
from cortistim.protocol.blocks import (
    Associative,
    Bursts,
    Pairs,
    Pause,
    Pulses,
    Repeat,
    Train,
)
from cortistim.protocol.course import Phase
from cortistim.protocol.written import ProtocolFile
from cortistim.records import schema

pytestmark = pytest.mark.oldest

SCHEMA = json.loads(
    files("cortistim").joinpath("protocol/data/protocol.schema.json").read_text("utf-8")
)
WHOLE = Written(
    Recipe(
        "everything",
        (
            Train(6, 30, 20, 25.0),
            Pause(60.0),
            Bursts(3, 50, 5, 10, 2, 8.0, relative=0.9, ramp_from=0.5),
            Pairs(0.003, 5, 4.0, conditioning=0.7),
            Associative(10, 20.0, 0.025),
            Repeat((Train(1, 5), Pause(0.5)), 3, 1.5),
            Pulses((0.0, 0.1, 0.35), (1.0, 0.5, 1.0), (0.05,), 1.0),
        ),
        1.15,
        "rMT",
        "monophasic",
        jitter=Jitter(0.0005, 3),
        note="a note",
    ),
    (Phase(10, 5, 2, 900.0), Phase(4, 2)),
)


@pytest.mark.parametrize("ending", ["yaml", "yml", "json"])
def test_a_protocol_file_gives_back_every_pulse_to_the_last_bit(tmp_path, ending):
    path = tmp_path / f"protocol.{ending}"
    write_protocol(path, WHOLE)
    again = read_protocol(path)
    assert again == WHOLE
    first, second = WHOLE.course(), again.course()
    np.testing.assert_array_equal(first.pulse_times_s, second.pulse_times_s)
    np.testing.assert_array_equal(first.session_starts_s, second.session_starts_s)


@pytest.mark.parametrize("name", known_names())
def test_every_complete_name_round_trips_and_follows_the_schema(name):
    try:
        recipe = named_recipe(name)
    except BadInputError as error:
        assert "can be neither simulated nor checked" in str(error)  # noqa: PT017
        return
    content = content_of(Written(recipe))
    jsonschema.validate(content, SCHEMA)
    assert written_from(yaml.safe_load(yaml.safe_dump(content))).recipe == recipe


def test_the_schema_knows_every_kind_of_block():
    jsonschema.validate(content_of(WHOLE), SCHEMA)


@given(st.floats(1e-3, 9.9), st.integers(0, 5))
def test_an_intensity_survives_being_written_in_percent(fraction, seed):
    recipe = Recipe("x", (Train(1, 3),), fraction, "rMT", jitter=Jitter(0.01, seed))
    assert written_from(content_of(Written(recipe))).recipe.intensity_fraction == fraction


def test_stated_pulses_keep_their_times():
    protocol = named_protocol("PAS25")
    again = written_from(content_of(Written(recipe_of(protocol)))).recipe.protocol()
    np.testing.assert_array_equal(again.pulse_times_s, protocol.pulse_times_s)
    np.testing.assert_array_equal(again.afferent_times_s, protocol.afferent_times_s)
    assert again.length_s == protocol.length_s


def test_a_million_pulses_are_expanded_within_a_second():
    started = time.process_time()
    protocol = Recipe("long", (Bursts(3, 50, 5, 10, 33_334, 8.0),), 0.8, "aMT").protocol()
    assert protocol.n_pulses > 1_000_000
    assert time.process_time() - started < 1


def test_the_nerve_is_stimulated_before_the_pulse():
    protocol = named_protocol("pas25")
    lead_s = protocol.pulse_times_s - protocol.afferent_times_s
    np.testing.assert_allclose(lead_s, 0.025, atol=1e-12)
    assert protocol.waveform == "monophasic"


@pytest.mark.parametrize(
    ("name", "pulses", "length_s"),
    [
        ("iTBS1800", 1800, 592), ("cTBS300", 300, 20), ("imTBS600", 600, 110),
        ("QPS1.5", 1440, 1800), ("qps1250", 1440, 1800), ("0.1Hz", 360, 3600),
        ("iTBS600x2_15min", 1200, 2 * 192 + 900), ("cTBS600x2_10min", 1200, 680),
        ("FDA-MDD-10HZ-L", 3000, 2224), ("fda_mdd_itbs", 600, 192),
    ],
)  # fmt: skip
def test_laboratory_names_have_their_pulses_and_length(name, pulses, length_s):
    protocol = named_protocol(name)
    assert protocol.n_pulses == pulses
    assert protocol.length_s == pytest.approx(length_s, abs=1e-9)


def test_quadripulse_bursts_have_four_pulses_at_their_interval():
    gaps = np.diff(named_protocol("QPS5").pulse_times_s[:5])
    np.testing.assert_allclose(gaps, [0.005, 0.005, 0.005, 4.985], atol=1e-9)


def test_jitter_is_repeatable_and_stays_within_its_width():
    steady = Recipe("x", (Train(0.2, 50),), 1.0, "rMT")
    shaken = replace(steady, jitter=Jitter(0.5, 7)).protocol().pulse_times_s
    again = replace(steady, jitter=Jitter(0.5, 7)).protocol().pulse_times_s
    np.testing.assert_array_equal(shaken, again)
    assert np.abs(shaken - steady.protocol().pulse_times_s).max() <= 1.0
    assert np.ptp(np.diff(shaken)) > 0.1


def test_a_ramp_rises_evenly_to_the_full_intensity():
    relative = Recipe("x", (Train(1, 5, ramp_from=0.6),), 1.0, "rMT").protocol()
    np.testing.assert_allclose(relative.relative_intensity, [0.6, 0.7, 0.8, 0.9, 1.0])


def test_an_accelerated_course_has_its_dose_per_day():
    course = find_protocol("FDA-MDD-SAINT").course()
    assert course.n_sessions == 50
    assert course.n_pulses == 90_000
    assert course.pulses_per_day.tolist() == [18_000] * 5
    assert len(course.pulse_times_s) == 90_000
    assert course.session_starts_s[1] == pytest.approx(592 + 3000)


def test_weekends_are_free():
    starts = weekly_starts_s(10, days_per_week=5) / 86_400
    assert starts.tolist() == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]


def _file(**changes):
    content = {
        "name": "x",
        "intensity": {"percent": 120, "of": "rMT"},
        "blocks": [{"train": {"rate_hz": 10, "pulses": 40}}],
    }
    return {**content, **changes}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_file(intensity={"percent": 120}), "needs a reference"),
        (_file(intensity=120), "such as {percent: 120, of: rMT}"),
        (_file(intensity={"percent": 120, "of": "MT"}), "one of rMT, aMT, MSO"),
        (_file(blocks=[{"train": {"rate_hz": 10, "pulses": 40, "rest": 3}}]), "rest_s"),
        (_file(blocks=[{"train": {"rate_hz": 10}}]), "needs pulses"),
        (_file(blocks=[{"train": {"rate_hz": -1, "pulses": 3}}]), "rate above 0"),
        (_file(blocks=[{"pulses": {"times_s": [0, 1, 0.5]}}]), "negative intervals"),
        (_file(blocks=[{"pause": {"pause_s": -3}}]), "0 s or more"),
        (
            _file(
                blocks=[
                    {
                        "bursts": {
                            "pulses": 20, "pulse_rate_hz": 50, "burst_rate_hz": 5, "bursts": 3,
                        }
                    }
                ]
            ),
            "before the next begins",
        ),
        (_file(blocks=[{"pause": {"pause_s": 3}}]), "must hold a pulse"),
        (_file(blocks=[{"trian": {}}]), "Did you mean train"),
        (_file(jitter={"half_width_s": 1, "seed": 1}), "ascend"),
        (_file(intensity={"percent": 150, "of": "MSO"}), "at most 1 with MSO"),
        (_file(course=[{"days": 5, "sessions_per_day": 100000}]), "fit into a day"),
        (_file(name=3), "must be text"),
        ([], "must map keys"),
        (None, "must map keys"),
        ({"note": "y"}, "the file needs name; it has note"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_one_sentence(content, words, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(BadInputError, match=words):
        read_protocol(path).course()


@pytest.mark.skipif(
    tuple(int(part) for part in msgspec.__version__.split(".")[:2]) < (0, 22),
    reason="older releases of msgspec write the same schema in other words",
)
def test_the_shipped_schema_is_that_of_the_types():
    assert json.loads(json.dumps(schema(ProtocolFile))) == SCHEMA, "run tools/schemas.py"


@pytest.mark.parametrize(
    "content",
    [
        _file(intensity={"percent": 120}),
        _file(intensity={"percent": 120, "fraction": 1.2, "of": "rMT"}),
        _file(blocks=[{"train": {"rate_hz": 10, "pulses": 4}, "pause": {"pause_s": 1}}]),
        _file(blocks=[{}]),
        _file(course=[{"day": 3}]),
        _file(waveform="triangle"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(content):
    with pytest.raises(BadInputError):
        written_from(content)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


SINGLE = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**12), st.floats(-1e12, 1e12),
    st.text(max_size=4),
    st.sampled_from(("rMT", "hand", "monophasic", "x` - at `$.name", "cortistim-protocol-1")),
)  # fmt: skip
KEYS = st.sampled_from(
    (
        "schema", "name", "intensity", "blocks", "jitter", "course", "sources", "percent", "of",
        "v_per_m", "train", "pulses", "repeat", "rate_hz", "times", "days", "x` - at `$.name",
        "",
    )
)  # fmt: skip
PLAIN = st.recursive(
    SINGLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(PLAIN, st.dictionaries(KEYS, PLAIN, max_size=3))
def test_whatever_a_file_holds_it_is_read_or_refused_in_a_sentence(content, changes):
    said = []
    for given_content in (content, {**_file(), **changes}, _file(blocks=[changes])):
        try:
            written_from(given_content)
        except FileFormatError as error:
            said.append(str(error))
    assert [text for text in said if len(text) > 600 or not text.endswith(".")] == []


def test_sessions_may_not_overlap():
    with pytest.raises(BadInputError, match="must end before the next starts"):
        Course("x", named_protocol("iTBS600"), np.array([0.0, 100.0]))


def test_a_broken_file_is_refused_with_its_name(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("a: [1", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"broken\.yaml"):
        find_protocol(str(path))


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("0.9Hz", "0.9Hz_810"), ("1Hz", "1Hz_900"), ("10Hz", "10Hz_1000"), ("cTBS", "cTBS600"),
        ("5Hz_continuous", "5Hz_continuous_1200"), ("iTBS1800_continuous", "iTBS1800"),
    ],
)  # fmt: skip
def test_a_name_as_papers_shorten_it_is_understood(short, whole):
    assert named_recipe(short) == named_recipe(whole)


def test_what_the_muscle_did_belongs_to_the_name_and_changes_no_pulse():
    plain, after = named_recipe("cTBS300"), named_recipe("cTBS300_contraction_after")
    assert (plain.contraction, after.contraction) == ("", "after")
    assert named_recipe("iTBS600_no_contraction").contraction == "none"
    assert after.blocks == plain.blocks
    assert after.protocol().contraction == "after"


def test_a_slow_train_is_primed_by_a_fast_one_of_as_many_pulses():
    protocol = named_protocol("6Hz_prime_then_1Hz")
    gaps_s = np.diff(protocol.pulse_times_s)
    assert protocol.n_pulses == 1200
    assert np.allclose(gaps_s[-599:], 1.0)
    assert np.median(gaps_s[:599]) == pytest.approx(1 / 6)
    assert protocol.relative_intensity[0] < protocol.relative_intensity[-1] == 1


@pytest.mark.parametrize("name", ["0Hz_5", "5Hz_0", "0Hz_prime_then_1Hz"])
def test_a_train_needs_a_rate_and_a_pulse(name):
    with pytest.raises(BadInputError, match="Hz"):
        named_protocol(name)
