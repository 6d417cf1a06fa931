"""The virtual subject with a head: sites, sessions, the seal."""

import numpy as np
import pytest

from cortistim.errors import BadInputError
from cortistim.mapping.muscle import simulated_people
from cortistim.mapping.person import (
    NO_NUISANCES,
    SessionNuisances,
    VirtualMuscle,
    VirtualPerson,
    VirtualSession,
    moved,
)
from cortistim.mapping.site import CorticalSite, Preference, site_around
from cortistim.mapping.trace import emg_trace, trace_time_s

UP = np.array([0.0, 0, 1])
GRID_M = 1e-3 * np.stack(np.meshgrid(*[np.arange(-10.0, 11, 2)] * 2, [0.0]), -1).reshape(-1, 3)

TWO = simulated_people("gamma", 2, np.random.default_rng(1))


def bump(points_m):
    """A field along z that falls off with the distance from the coil."""

    def field_at(poses_m):
        away_m = np.linalg.norm(points_m[None] - poses_m[:, None, :3, 3], axis=2)
        return np.exp(-((away_m / 0.03) ** 2))[..., None] * UP

    return field_at


def person_of(*names, seed=1, generator="goetz2019"):
    rng = np.random.default_rng(seed)
    made = []
    for k, name in enumerate(names):
        site, _ = site_around(GRID_M, [0.004 * k, 0, 0], UP)
        made.append(VirtualMuscle(name, site, simulated_people(generator, 1, rng), 1.0))
    return VirtualPerson(tuple(made))


def session_of(seed=1, **asked):
    person = person_of("FDI", "APB")
    return VirtualSession(person, bump(person.points_m), seed=seed, **asked)


def test_a_field_along_the_best_direction_is_felt_whole_and_others_lose_their_share():
    likes = Preference(0.3, 0.1)
    site = CorticalSite(np.zeros(3), np.zeros((2, 3)), np.array([1.0, 3]), UP, likes)
    e = np.stack([UP, -UP, [1.0, 0, 0]])[:, None] * np.ones((1, 2, 1))
    np.testing.assert_allclose(site.felt_v_per_m(2 * e), [2, 1.8, 2 * (1 - 0.3 - 0.05)])


def test_weights_count_by_their_share():
    site = CorticalSite(np.zeros(3), np.zeros((2, 3)), np.array([1.0, 3]), UP, Preference(0, 0))
    assert site.felt_v_per_m(np.array([[0, 0, 4.0], [8.0, 0, 0]])) == pytest.approx(7)


def test_a_site_reads_the_points_near_it_and_weighs_them_by_distance():
    site, chosen = site_around(GRID_M, [0.0031, 0.0001, 0.001], UP, spread_m=2e-3)
    np.testing.assert_allclose(site.centre_m, [0.004, 0, 0])
    away_m = np.linalg.norm(site.points_m - site.centre_m, axis=1)
    assert away_m.max() <= 5e-3
    np.testing.assert_array_equal(GRID_M[chosen], site.points_m)
    assert (np.diff(site.weights[np.argsort(away_m)]) <= 1e-15).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: site_around(GRID_M, [0.1, 0, 0], UP), "within 10 mm"),
        (lambda: site_around(GRID_M, [0, 0, 0], UP, spread_m=0), "above 0"),
        (lambda: Preference(1.2, 0), "below 1"),
        (lambda: CorticalSite(UP, np.zeros((2, 3)), np.zeros(2), UP), "not all 0"),
        (lambda: CorticalSite(UP, np.zeros((2, 3)), np.ones(3), UP), "one weight"),
        (lambda: VirtualPerson(()), "unlike names"),
        (lambda: person_of("FDI", "FDI"), "unlike names"),
        (lambda: VirtualMuscle("x", None, TWO, 1), "one person"),
        (lambda: session_of().pulse(np.eye(4), 140), "between 0 and 130"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(make, words):
    with pytest.raises(BadInputError, match=words):
        make()


def test_what_is_felt_is_the_output_times_the_share_of_the_reference_field():
    person = person_of("FDI")
    pose_m = np.eye(4)
    pose_m[0, 3] = 0.02
    e = bump(person.points_m)(pose_m[None])
    share = person.muscles[0].site.felt_v_per_m(e)[0]
    assert person.felt_percent(e, np.array([80.0]))[0, 0] == pytest.approx(80 * share)


@pytest.mark.parametrize("generator", ["goetz2019", "goetz2014", "gamma"])
def test_responses_are_those_of_the_generator_at_what_is_felt(generator):
    person = person_of("FDI", generator=generator)
    muscle = person.muscles[0]
    percent = 1.3 * muscle.threshold_percent()
    e = np.ones((4000, len(person.points_m), 1)) * UP
    size_v = person.respond_v(e, np.full(4000, percent), np.random.default_rng(3))[:, 0]
    middle = muscle.median_v(np.array([percent]))[0]
    assert np.median(size_v) == pytest.approx(middle, rel=0.25)


def test_equal_seeds_give_equal_sessions_and_traces_change_no_response():
    def played(seed, *, with_emg=False):
        session = session_of(seed, with_emg=with_emg)
        return [session.pulse(np.eye(4), 70) for _ in range(12)]

    first, second = played(4), played(4, with_emg=True)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.mep_v, b.mep_v)
        assert (a.held_m is None) == (b.held_m is None)
        assert a.emg_v is None
        assert b.emg_v.shape == (2, len(trace_time_s()))
    assert any((a.mep_v != b.mep_v).any() for a, b in zip(first, played(5), strict=True))


def test_nuisances_happen_as_often_as_asked_and_are_told_at_the_end_only():
    asked = SessionNuisances(slips=0.2, tense=0.2, missed=0.2, lost=0.3)
    session = session_of(nuisances=asked)
    answers = [session.pulse(np.eye(4), 75) for _ in range(400)]
    assert not any("cause" in name or "person" in name for name in vars(answers[0]))
    assert 0.2 < np.mean([a.held_m is None for a in answers]) < 0.4
    truth = session.truth()
    causes = [h.cause for h in truth.happenings]
    for name, low, high in (
        ("coil off the spot", 0.06, 0.22), ("pre-activation", 0.1, 0.24),
        ("trigger without a pulse", 0.13, 0.27),
    ):  # fmt: skip
        assert low < np.mean([c == name for c in causes]) < high
    off_mm = 1e3 * np.array([np.linalg.norm(h.pose_m[:3, 3]) for h in truth.happenings])
    slipped = np.array([c == "coil off the spot" for c in causes])
    assert np.median(off_mm[slipped]) > 3 * np.median(off_mm[~slipped])
    missed = np.array([c == "trigger without a pulse" for c in causes])
    size_v = np.array([a.mep_v[0] for a in answers])
    assert np.median(size_v[missed]) < 20e-6 < np.median(size_v[~missed])
    tense = np.array([c == "pre-activation" for c in causes])
    assert min(a.baseline_v.min() for a, t in zip(answers, tense, strict=True) if t) > 10e-6
    with pytest.raises(BadInputError, match="ended the session"):
        session.pulse(np.eye(4), 75)


def test_without_nuisances_the_coil_is_where_it_was_put():
    session = session_of(nuisances=NO_NUISANCES)
    answer = session.pulse(np.eye(4), 75)
    np.testing.assert_allclose(answer.held_m, np.eye(4), atol=1e-12)
    happened = session.truth().happenings[0]
    np.testing.assert_allclose(happened.pose_m, np.eye(4), atol=1e-12)
    assert (happened.excitability, happened.cause) == (1.0, "")


def test_crosstalk_adds_a_share_of_the_other_muscle():
    alone = session_of(nuisances=NO_NUISANCES)
    mixed = session_of(nuisances=SessionNuisances(*[0] * 10, crosstalk=0.1))
    own, seen = alone.pulse(np.eye(4), 90).mep_v, mixed.pulse(np.eye(4), 90).mep_v
    np.testing.assert_allclose(seen, own + 0.1 * own[::-1])


def test_nothing_of_the_truth_shows_in_words():
    assert "0.004" not in repr(person_of("FDI", "APB"))
    assert "top" not in repr(session_of())


def test_a_move_is_in_the_coil_s_own_plane():
    pose_m = np.diag([1.0, -1, -1, 1])
    there_m = moved(pose_m, np.array([1e-3, 2e-3]), np.pi / 2)
    np.testing.assert_allclose(there_m[:3, 3], [1e-3, -2e-3, 0], atol=1e-15)
    np.testing.assert_allclose(there_m[:3, 0], [0, -1, 0], atol=1e-15)


def test_a_trace_has_the_response_s_size_where_it_belongs():
    time_s = trace_time_s()
    rng = np.random.default_rng(0)
    trace = emg_trace(1e-3, 2e-6, rng)
    after = (time_s > 15e-3) & (time_s < 50e-3)
    assert np.ptp(trace[after]) == pytest.approx(1e-3, rel=0.03)
    assert trace[time_s < 0].std() == pytest.approx(2e-6, rel=0.15)
    assert np.abs(trace[(time_s >= 0) & (time_s < 1e-3)]).max() > 1e-3
    silent = emg_trace(0.0, 2e-6, rng, artefact=False)
    assert np.abs(silent).max() < 2e-5
    assert np.abs(emg_trace(1.0, 2e-6, rng)).max() == 10e-3
