"""Compare fits of recruitment curves: censored, dropped or zeroed responses; alone or together.

    python benchmarks/curves.py [--people 60] [--seed 1]

Curves of simulated people, whose thresholds are known. A fit to dropped responses leaves out
those at or below 50 µV; a fit to zeros is least squares of a logistic function of the size, to
which they are zero, and its threshold is where that crosses 50 µV. Figures that miss what was
aimed at are marked.
"""

import argparse
import time

import numpy as np
from scipy.optimize import curve_fit

from cortistim.mapping.curve import (
    Layout,
    Responses,
    curve_quantities,
    fit_alone,
    fit_together,
)
from cortistim.mapping.muscle import CRITERION_V, simulated_people, threshold_percent

CURVES_A_PERSON = 3
SESSION = 0.05


def marked(ok: bool) -> str:  # noqa: FBT001
    return "" if ok else "   MISSED"


def responses(x, size) -> Responses:
    hidden = size <= 1
    return Responses(x, np.log10(np.maximum(size, 1)), hidden, np.ones_like(hidden))


def simulated(count: int, pulses: int, span: tuple[float, float], seed: int, generator: str):
    rng = np.random.default_rng(seed)
    people = simulated_people(generator, count, rng)
    true = threshold_percent(people)
    x = true[:, None] * rng.uniform(*span, (count, pulses))
    return x, people.respond_v(x, rng) / CRITERION_V, true


def thresholds(fit) -> np.ndarray:
    rows = [curve_quantities(fit, k, 50.0)["threshold"] for k in range(fit.data.curves)]
    return np.array([(row.mean, row.low, row.high) for row in rows]).T


def by_zeros(x: np.ndarray, size: np.ndarray) -> float:
    """Fit a logistic function to sizes by least squares; return where it crosses 1."""

    def logistic(x, top, middle, rate):
        return top / (1 + np.exp(-np.clip(rate * (x - middle), -50, 50)))

    y = np.where(size <= 1, 0, size)
    guess = (max(y.max(), 2.0), np.median(x), 8 / np.ptp(x))
    try:
        (top, middle, rate), _ = curve_fit(logistic, x, y, guess, maxfev=5000)
    except RuntimeError:
        return float(np.median(x))
    inside = top > 1 and rate > 0
    return float(middle - np.log(top - 1) / rate) if inside else float(np.median(x))


def censoring_table(count: int, seed: int) -> None:
    print("median |error| of the threshold in %, 20 pulses a curve, fitted alone")
    for generator in ("goetz2019", "gamma"):
        for span in ((0.8, 1.4), (0.75, 1.25), (0.75, 1.1)):
            x, size, true = simulated(count, 20, span, seed, generator)
            data = responses(x, size)
            kept = Responses(data.x, data.y, data.censored, ~data.censored)
            usable = kept.used.sum(axis=1) > 0
            fit, dropped = fit_alone(data), fit_alone(kept)
            zeros = np.array([by_zeros(*pair) for pair in zip(x, size, strict=True)])
            mean, low, high = thresholds(fit)
            errors = [
                100 * np.median(np.abs(found / true - 1)[usable])
                for found in (mean, thresholds(dropped)[0], zeros)
            ]
            share, held = data.censored.mean(), ((low < true) & (true < high)).mean()
            ok = errors[0] <= 0.7 * min(errors[1:]) or not 0.3 <= share <= 0.7
            print(
                f"  {generator}, {100 * share:.0f} % censored: {errors[0]:.2f} censored, "
                f"{errors[1]:.2f} dropped, {errors[2]:.2f} zeroed; truth held in "
                f"{100 * held:.0f} %{marked(ok)}"
            )
    print()


def pooling_table(count: int, seed: int) -> None:
    print(f"8 pulses a curve, {count // CURVES_A_PERSON} people x {CURVES_A_PERSON} sessions")
    for generator in ("goetz2019", "gamma"):
        rng = np.random.default_rng([seed, 2])
        number = count // CURVES_A_PERSON
        people = simulated_people(generator, number, rng)
        rows = []
        for _ in range(CURVES_A_PERSON):
            moved = np.exp(SESSION / np.sqrt(2) * rng.standard_normal(number))
            true = moved * threshold_percent(people)
            x = true[:, None] * rng.uniform(0.8, 1.4, (number, 8))
            rows.append((x, people.respond_v(x / moved[:, None], rng) / CRITERION_V, true))
        x, size, true = (np.concatenate(part) for part in zip(*rows, strict=True))
        data, person = responses(x, size), np.tile(np.arange(number), CURVES_A_PERSON)
        layout = Layout(np.ones((len(x), 1)), person)
        zeros = np.array([by_zeros(*pair) for pair in zip(x, size, strict=True)])
        print(f"  {generator}: least squares {errors_of(zeros, true)}")
        alone = thresholds(fit_alone(data))
        every = thresholds(fit_together(data, Layout(np.ones((len(x), 1)))).curves)
        known = thresholds(fit_together(data, layout).curves)
        for name, found in (("alone", alone), ("together", every), ("with people", known)):
            held = 100 * ((found[1] < true) & (true < found[2])).mean()
            print(f"    {name}: {errors_of(found[0], true)}, truth held in {held:.0f} %")
        less = 1 - np.median(np.abs(known[0] / true - 1)) / np.median(
            np.abs(alone[0] / true - 1)
        )
        print(f"    {100 * less:.0f} % less than alone (30 asked for){marked(less >= 0.3)}")
    print()


def errors_of(found: np.ndarray, true: np.ndarray) -> str:
    error = 100 * np.abs(found / true - 1)
    return f"{np.median(error):.2f} median, {np.mean(error):.2f} mean"


def coverage_table(count: int, seed: int) -> None:
    for pulses in (12, 40):
        x, size, true = simulated(count, pulses, (0.8, 1.5), seed, "goetz2019")
        fit = fit_alone(responses(x, size))
        _, low, high = thresholds(fit)
        held = 100 * ((low < true) & (true < high)).mean()
        trusted = 100 * (fit.pareto_k <= 0.7).mean()
        words = f"truth held in {held:.0f} %, Pareto k up to 0.7 in {trusted:.0f} %"
        print(f"{pulses} pulses: {words}")
    x, size, _ = simulated(6, 80, (0.8, 1.5), seed, "goetz2019")
    for name, fit in (("alone", fit_alone), ("together", together)):
        begun = time.process_time()
        fit(responses(x, size))
        took = time.process_time() - begun
        print(f"six curves of 80 pulses {name}: {took:.2f} s of CPU{marked(took < 2)}")


def together(data: Responses):
    return fit_together(data, Layout(np.ones((data.curves, 1))))


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    censoring_table(asked.people, asked.seed)
    pooling_table(asked.people, asked.seed)
    coverage_table(asked.people, asked.seed)


if __name__ == "__main__":
    main()
