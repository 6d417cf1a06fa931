"""Recruitment curves: gradients, censoring, coverage, pooling, and an exact sampler."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm

from cortistim.errors import BadInputError
from cortistim.mapping.curve import (
    CurveDesign,
    Layout,
    Responses,
    curve_design,
    curve_quantities,
    fit_alone,
    fit_together,
    quantities,
)
from cortistim.mapping.curve.alone import MIDDLE, SPREAD, scaled
from cortistim.mapping.curve.model import (
    log_likelihood,
    log_likelihood_of,
    outlier_chance,
    shape_of,
)
from cortistim.mapping.curve.psis import smoothed
from cortistim.mapping.muscle import goetz2019, threshold_percent

CRITERION_V = 50e-6


def simulated(people, pulses, seed, low=0.8, high=1.5):
    """Return curves of people, their true thresholds and sizes over the criterion."""
    rng = np.random.default_rng(seed)
    group = goetz2019(people, rng)
    true = threshold_percent(group)
    x = true[:, None] * rng.uniform(low, high, (people, pulses))
    size = group.respond_v(x, rng) / CRITERION_V
    hidden = size <= 1
    y = np.log10(np.maximum(size, 1))
    return Responses(x, y, hidden, np.ones_like(hidden)), true, size


def thresholds(fit):
    rows = [curve_quantities(fit, k, 50.0)["threshold"] for k in range(fit.data.curves)]
    return np.array([(row.mean, row.low, row.high) for row in rows]).T


def near_middle(data, seed=0):
    away = 0.1 * np.random.default_rng(seed).standard_normal((data.curves, 5))
    return MIDDLE + away


def test_a_curve_passes_where_its_parameters_say():
    theta = np.array([np.log(50.0), np.log(0.4), np.log(1.4), -2, -2.5])
    shape = shape_of(theta)
    assert shape.log10(np.array(50.0)) == pytest.approx(0, abs=1e-12)
    half = shape.log10(np.array(70.0))
    assert half == pytest.approx(shape.decades - np.log10(2), abs=1e-12)
    assert shape.log10(np.array(1e4)) == pytest.approx(shape.decades)
    step = 1e-4
    rise = 10 ** shape.log10(70 + step) - 10 ** shape.log10(70 - step)
    assert shape.slope() == pytest.approx(rise / (2 * step), rel=1e-6)


def test_the_gradient_is_that_of_differences():
    data, _, _ = simulated(4, 30, 1)
    inner, _ = scaled(data)
    theta = near_middle(inner)
    _, gradient = log_likelihood(theta, inner)
    for k in range(5):
        away = 1e-5 * np.eye(5)[k]
        ahead, behind = (log_likelihood(theta + s * away, inner)[0] for s in (1, -1))
        assert gradient[:, k] == pytest.approx((ahead - behind) / 2e-5, rel=1e-5, abs=1e-4)


def test_both_ways_to_the_likelihood_agree():
    data, _, _ = simulated(3, 30, 2)
    inner, _ = scaled(data)
    theta = near_middle(inner)
    slow = log_likelihood(theta, inner)[0]
    fast = [log_likelihood_of(theta[k : k + 1], inner, k)[0] for k in range(3)]
    assert fast == pytest.approx(slow, abs=1e-3)


def test_a_likelihood_is_the_chance_of_what_was_drawn():
    """The share of small responses, and the density of the others, against draws."""
    theta = np.array([[0.0, np.log(0.38), np.log(1.48), np.log(0.11), np.log(0.07)]])
    rng = np.random.default_rng(3)
    felt = 1.03 * np.exp(0.07 * rng.standard_normal(400_000))
    drawn = shape_of(theta[0]).log10(felt) + 0.11 * rng.standard_normal(len(felt))
    one = np.ones((1, 1))
    small = Responses(1.03 * one, 0 * one, one > 0, one > 0)
    expected = 0.99 * (drawn <= 0).mean() + 0.005
    assert np.exp(log_likelihood(theta, small)[0][0]) == pytest.approx(expected, abs=0.004)
    seen = Responses(1.03 * one, 0.4 * one, one < 0, one > 0)
    density = ((drawn > 0.35) & (drawn < 0.45)).mean() / 0.1
    value = np.exp(log_likelihood(theta, seen)[0][0])
    assert value == pytest.approx(0.99 * density + 0.01 / 4, rel=0.03)


def test_padding_changes_nothing():
    data, _, _ = simulated(2, 20, 4)
    filled = ((data.x, 1.0), (data.y, 0.3), (data.censored, 0), (data.used, 0))
    wider = [np.pad(a, ((0, 0), (0, 3)), constant_values=v) for a, v in filled]
    theta = near_middle(data)
    theta[:, 0] += np.log(60)
    first, second = log_likelihood(theta, data)[0], log_likelihood(theta, Responses(*wider))[0]
    assert first == pytest.approx(second, abs=1e-9)


@pytest.fixture(scope="module")
def sparse():
    return simulated(40, 8, 3, low=0.75, high=1.4)


@pytest.fixture(scope="module")
def singles(sparse):
    return fit_alone(sparse[0])


@pytest.fixture(scope="module")
def pooled(sparse):
    return fit_together(sparse[0], Layout(np.ones((40, 1))))


def test_intervals_hold_the_truth_as_often_as_they_say(sparse, singles, pooled):
    true = sparse[1]
    for fit in (singles, pooled.curves):
        _, low, high = thresholds(fit)
        assert ((low < true) & (true < high)).sum() >= 34  # of 40; fewer are one in a thousand


def test_the_weights_can_be_trusted(singles, pooled):
    assert np.median(singles.pareto_k) < 0.5
    assert np.mean(singles.pareto_k > 0.7) < 0.1
    assert np.mean(pooled.curves.pareto_k > 0.7) < 0.1


def test_what_curves_share_makes_each_of_them_better(sparse, singles, pooled):
    true = sparse[1]
    alone, together = (
        np.abs(thresholds(fit)[0] / true - 1) for fit in (singles, pooled.curves)
    )
    assert np.median(together) < 0.85 * np.median(alone)
    assert pooled.within[0] == pytest.approx(0.15, abs=0.06)


def test_censored_responses_are_worth_more_than_dropped_ones():
    data, true, _ = simulated(40, 20, 9, low=0.75, high=1.2)
    assert 0.3 < data.censored.mean() < 0.7
    dropped = Responses(data.x, data.y, data.censored, data.used & ~data.censored)
    errors = [
        np.median(np.abs(thresholds(fit_alone(d))[0] / true - 1)) for d in (data, dropped)
    ]
    assert errors[0] < 0.7 * errors[1]


def test_an_outlier_is_told_and_moves_little():
    data, true, _ = simulated(1, 40, 5)
    spoiled = data.y.copy()
    far = int(np.argmin(np.abs(data.x[0] / true[0] - 1.4)))
    spoiled[0, far] = 0.02
    worse = Responses(data.x, spoiled, data.censored, data.used)
    fit = fit_alone(worse)
    assert outlier_chance(fit.means(), fit.data)[0].argmax() == far
    assert outlier_chance(fit.means(), fit.data)[0, far] > 0.9
    assert thresholds(fit)[0] == pytest.approx(thresholds(fit_alone(data))[0], rel=0.02)


def test_a_shift_between_conditions_is_found():
    rng = np.random.default_rng(6)
    people = goetz2019(10, rng)
    true, rows = threshold_percent(people), []
    for factor in (1.0, 1.1):
        x = factor * true[:, None] * rng.uniform(0.8, 1.5, (10, 24))
        rows.append((x, people.respond_v(x / factor, rng) / CRITERION_V))
    x, size = (np.vstack(part) for part in zip(*rows, strict=True))
    data = Responses(x, np.log10(np.maximum(size, 1)), size <= 1, np.ones(x.shape, bool))
    after = np.repeat([0.0, 1.0], 10)
    layout = Layout(np.column_stack([np.ones(20), after]), np.tile(np.arange(10), 2))
    fit = fit_together(data, layout)
    shift, sd = fit.effects[5], np.sqrt(fit.effects_joint[5, 5])
    assert shift == pytest.approx(np.log(1.1), abs=2.6 * sd)
    assert sd < 0.04
    assert fit.between[0] > fit.within[0]


def test_smoothing_keeps_plain_weights_and_tells_wild_ones():
    rng = np.random.default_rng(7)
    plain, k = smoothed(0.1 * rng.standard_normal(4000))
    assert k < 0.2
    assert plain.sum() == pytest.approx(1)
    wild = -2.0 * np.log1p(-rng.random(4000)) / 1.0
    assert smoothed(wild)[1] == pytest.approx(2.0, abs=0.5)  # a Pareto tail of that shape
    light, _ = smoothed(norm.logpdf(rng.standard_normal(4000), 0, 0.8))
    assert light.max() < 0.01


def test_more_pulses_find_more_and_need_fewer_people():
    rows = curve_design(CurveDesign(pulses=(8, 48), people=30, session_percent=2))
    assert rows[1].threshold_error_percent < rows[0].threshold_error_percent
    assert rows[1].people <= rows[0].people
    assert rows[1].change_percent == pytest.approx(5, abs=3.0)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"pulses": (2,)}, "`pulses` must lie"),
        ({"change_percent": 0}, "`change_percent` must lie"),
        ({"quantity": "area"}, "`quantity` must be one of"),
        ({"people": 1}, "`people` must lie"),
    ],
)
def test_a_design_that_means_nothing_is_refused(asked, told):
    with pytest.raises(BadInputError, match=told):
        CurveDesign(**asked)


NUTS = """
import json, sys
import numpy as np, jax, jax.numpy as jnp, numpyro
import numpyro.distributions as dist
from numpyro.infer import MCMC, NUTS
jax.config.update("jax_enable_x64", True)
given = json.load(sys.stdin)
nodes, weights = jnp.array(given["nodes"]), jnp.array(given["weights"])
def log_likelihood(th, x, y, hidden):
    t = jnp.exp(th[0]); apart = t * jnp.exp(th[1])
    A = jnp.log10(2.0) + jnp.exp(th[2]); B = 2.7
    low = jnp.log(B / A); high = jnp.log((A + B - jnp.log10(2.0)) / jnp.log10(2.0))
    w = apart / (high - low)
    felt = x[:, None] * jnp.exp(jnp.exp(th[4]) * nodes)
    L = -B + (A + B) * jax.nn.sigmoid((felt - t) / w + low)
    z = (y[:, None] - L) / jnp.exp(th[3])
    density = jnp.exp(-0.5 * z**2) / jnp.sqrt(2 * jnp.pi) / jnp.exp(th[3])
    seen = 0.0025 + 0.99 * density @ weights
    small = 0.005 + 0.99 * jax.scipy.stats.norm.cdf(z) @ weights
    return jnp.log(jnp.where(hidden, small, seen)).sum()
def model(x, y, hidden):
    prior = dist.Normal(jnp.array(given["middle"]), jnp.array(given["spread"]))
    th = numpyro.sample("th", prior)
    numpyro.factor("data", log_likelihood(th, x, y, hidden))
out = []
for x, y, hidden in zip(given["x"], given["y"], given["hidden"]):
    run = MCMC(NUTS(model), num_warmup=600, num_samples=6000, progress_bar=False)
    run.run(jax.random.PRNGKey(1), jnp.array(x), jnp.array(y), jnp.array(hidden))
    th = np.array(run.get_samples()["th"])
    out.append([th.mean(0).tolist(), th.std(0).tolist()])
print(json.dumps(out))
"""


def test_the_posterior_is_that_of_an_exact_sampler():
    """NUTS of numpyro on the same model: means within 0.1 of a standard deviation."""
    import json

    from cortistim.mapping.curve.model import NODES, WEIGHTS

    python = os.environ.get("CORTISTIM_NUMPYRO_PYTHON", sys.executable)
    if python == sys.executable and importlib.util.find_spec("numpyro") is None:
        pytest.skip("numpyro is not installed: pip install numpyro, or name its python in "
                    "CORTISTIM_NUMPYRO_PYTHON")  # fmt: skip
    data, _, _ = simulated(3, 40, 11)
    inner, _ = scaled(data)
    fit = fit_alone(data)
    given = {
        "nodes": NODES.tolist(), "weights": WEIGHTS.tolist(), "middle": MIDDLE.tolist(),
        "spread": SPREAD.tolist(), "x": inner.x.tolist(), "y": inner.y.tolist(),
        "hidden": inner.censored.tolist(),
    }  # fmt: skip
    done = subprocess.run(
        [python, "-c", NUTS], input=json.dumps(given), capture_output=True, text=True,
        check=False, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for (mean, sd), draws, weights in zip(
        json.loads(done.stdout), fit.draws, fit.weights, strict=True
    ):
        ours = weights @ draws.theta
        spread = np.sqrt(weights @ (draws.theta - ours) ** 2)
        assert np.abs((ours - mean) / sd).max() < 0.1
        assert spread == pytest.approx(np.array(sd), rel=0.15)


def test_quantities_have_the_units_of_the_table():
    theta = np.array([0.0, np.log(0.4), np.log(1.4), -2, -2.5])
    found = quantities(theta, 60.0, 50.0)
    assert found["threshold"] == pytest.approx(60)
    assert found["s50"] == pytest.approx(84)
    assert found["plateau"] == pytest.approx(50 * 2 * 10**1.4)
    assert quantities(theta, 60.0, 0.05)["plateau"] == pytest.approx(0.05 * 2 * 10**1.4)
