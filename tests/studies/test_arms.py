"""Tools of arms: Bayes' rule by another route, the size of the cautious test, the rule that fails, minimax regret."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.errors import InputError
from thickecon.studies.arms import (
    cautious,
    estimated_moments,
    fission,
    law_moments,
    minimax_regret,
    significant_wedge,
    upper_bound_switch,
)
from thickecon.studies.selection_law import SelectionLaw, order_statistics


def best(score):
    """(rounds, m) one item a round, the best score."""
    return np.eye(score.shape[1])[score.argmax(axis=1)]


@pytest.mark.parametrize(
    ("tau", "rho", "s", "mean"), [(1.0, 0.0, 0.6, 0.0), (2.0, -0.6, 1.5, 3.0), (0.4, 0.9, 0.2, -1.0)]
)
def test_posterior_by_precisions(tau, rho, s, mean) -> None:
    """First v given d, a normal law; then that prior and the estimate weighted by their precisions."""
    d, seen = np.array([0.3, 4.0, -2.0]), np.array([1.0, 0.0, -5.0])
    var_d, cov = 1 + 2 * rho * tau + tau**2, 1 + rho * tau
    prior, left = mean + cov / var_d * (d - mean), 1 - cov**2 / var_d
    expected = (prior / left + seen / s**2) / (1 / left + 1 / s**2)
    assert law_moments(SelectionLaw(tau, rho, s, mean)).posterior(d, seen, s) == pytest.approx(expected)


def test_posterior_limits() -> None:
    moments = law_moments(SelectionLaw(1.0))
    assert moments.posterior([3.0], [1.0], 0.0) == pytest.approx([1.0])
    assert moments.posterior([3.0], [1.0], 1e6) == pytest.approx([1.5], abs=1e-6)  # d halved, no evidence
    assert law_moments(SelectionLaw(0.0)).posterior([3.0], [1.0], 5.0) == pytest.approx([3.0])  # d is v


def test_estimated_moments_find_the_law_and_cost_something() -> None:
    rng = np.random.default_rng(0)
    v, other, noise = rng.standard_normal((3, 200_000))
    d, seen = 2 + v + 1.5 * (0.4 * v + np.sqrt(1 - 0.16) * other), 2 + v + 0.8 * noise
    found = estimated_moments(d, seen, 0.8)
    assert (found.mean_d, found.mean_v) == pytest.approx((2, 2), abs=0.02)
    assert (found.var_d, found.cov, found.var_v) == pytest.approx((1 + 1.2 + 2.25, 1.6, 1.0), abs=0.04)
    # best of 20, estimated from the same 20: between SIDT and what the known law attains
    v, other, noise = rng.standard_normal((3, 6000, 20))
    d, seen = v + other, v + noise
    rough = np.mean(
        [x[estimated_moments(a, b, 1.0).posterior(a, b, 1.0).argmax()] for x, a, b in zip(v, d, seen, strict=True)]
    )
    known = SelectionLaw(1.0, 0.0, 1.0).worth("shrunk", [1.0], 20)
    assert 1.32 < rough < known - 0.02
    with pytest.raises(InputError):
        estimated_moments([1.0], [1.0], 1.0)


def test_estimated_variance_is_never_negative() -> None:
    found = estimated_moments([1.0, 2.0, 4.0], [1.0, 1.1, 0.9], 5.0)
    assert (found.var_v, found.cov) == (0.0, 0.0)
    assert found.posterior([1.0, 2.0, 4.0], [1.0, 1.1, 0.9], 5.0) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_fission_makes_independent_halves(share) -> None:
    rng = np.random.default_rng(4)
    noise, spare = rng.standard_normal((2, 200_000))
    halves = fission(3 + 0.7 * noise, 0.7, spare, share)
    assert np.allclose(share * halves.choose + (1 - share) * halves.test, 3 + 0.7 * noise)
    assert halves.choose.std() == pytest.approx(halves.s_choose, rel=0.01)
    assert halves.test.std() == pytest.approx(halves.s_test, rel=0.01)
    assert abs(np.corrcoef(halves.choose, halves.test)[0, 1]) < 4 / np.sqrt(200_000)
    for bad in ({"share": 1.0}, {"noise": spare[:3]}):
        with pytest.raises(InputError):
            fission(**{"estimate": noise, "s": 1.0, "noise": spare, **bad})


def laundered(v, d, s, seed, level=0.05):
    """(rounds,) does the cautious rule launder, and what is the difference of what it would take?"""
    rng = np.random.default_rng(seed)
    halves = fission(v + s * rng.standard_normal(v.shape), s, rng.standard_normal(v.shape))
    taken, plain = best(halves.choose), best(d)
    yes = [cautious(a, b, c, halves.s_test, level) for a, b, c in zip(taken, plain, halves.test, strict=True)]
    return np.array(yes), ((taken - plain) * v).sum(axis=1)


@pytest.mark.statistical
@pytest.mark.parametrize(("tau", "s", "level"), [(0.0, 0.6, 0.05), (0.0, 2.0, 0.2), (0.3, 1.5, 0.05), (1.0, 2.0, 0.1)])
def test_cautious_has_its_size(tau, s, level) -> None:
    """6000 choices out of 30: where the true difference is at most 0, it launders at most at the level, + 3 se."""
    rng = np.random.default_rng(1)
    v = rng.standard_normal((6000, 30))
    yes, difference = laundered(v, v + tau * rng.standard_normal(v.shape), s, 2, level)
    null = difference <= 0
    assert null.sum() > 1000
    assert yes[null].mean() <= level + 3 * np.sqrt(level / null.sum())


@pytest.mark.statistical
def test_cautious_is_exact_where_both_are_worth_the_same() -> None:
    """At a true difference of 0 the chance is the level itself, and with a large one it is nearly 1."""
    rng = np.random.default_rng(3)
    taken, plain = np.array([1.0, 0.5, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 0.5])
    test = 2.0 + 0.8 * rng.standard_normal((20_000, 4))
    rate = np.mean([cautious(taken, plain, row, 0.8, 0.05) for row in test])
    assert rate == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 20_000))
    test[:, :2] += 5
    assert np.mean([cautious(taken, plain, row, 0.8, 0.05) for row in test[:500]]) > 0.99
    assert not cautious(taken, taken, test[0], 0.0)


@pytest.mark.statistical
def test_comparing_upper_bounds_does_harm_and_caution_does_not() -> None:
    """T9: best of 100, no manipulation, s = .6: it launders 98 % of the time and loses .36 (4000 choices)."""
    rng = np.random.default_rng(5)
    v = rng.standard_normal((4000, 100))
    seen = v + 0.6 * rng.standard_normal(v.shape)
    switched = upper_bound_switch(v, seen, 0.6)
    got = np.where(switched, np.take_along_axis(v, seen.argmax(axis=1)[:, None], axis=1)[:, 0], v.max(axis=1))
    assert switched.mean() == pytest.approx(0.98, abs=0.01)
    assert (v.max(axis=1) - got).mean() == pytest.approx(0.36, abs=0.03)
    yes, difference = laundered(v, v, 0.6, 6)
    assert yes.mean() <= 0.05
    assert -(difference * yes).mean() < 0.02


@pytest.mark.statistical
def test_the_switch_looks_safe_with_few_options() -> None:
    """m = 20, tau = s = 1: 1.32, like SIDT and thick; shrunk 1.53 (20,000 choices, +- .01)."""
    rng = np.random.default_rng(8)
    v, delta, noise = rng.standard_normal((3, 20_000, 20))
    d, seen = v + delta, v + noise
    score = np.where(upper_bound_switch(d, seen, 1.0)[:, None], seen, d)
    assert (best(score) * v).sum(axis=1).mean() == pytest.approx(1.32, abs=0.02)
    shrunk = law_moments(SelectionLaw(1.0)).posterior(d, seen, 1.0)
    assert (best(shrunk) * v).sum(axis=1).mean() == pytest.approx(1.53, abs=0.02)
    assert order_statistics(20, 1)[0] / np.sqrt(1.5) == pytest.approx(1.53, abs=0.006)  # corr sqrt(2/3)


@pytest.mark.statistical
def test_filter_has_its_level() -> None:
    noise = np.random.default_rng(9).standard_normal(100_000)
    assert significant_wedge(0.0, 0.7 * noise, 0.7, 0.1).mean() == pytest.approx(0.1, abs=0.004)
    assert significant_wedge([1.0, 1.0], [1.0, 0.9], 0.0).tolist() == [False, True]


INTERVALS = st.lists(st.tuples(st.integers(-6, 6), st.integers(0, 6)), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(INTERVALS)
def test_minimax_regret_over_all_corners(intervals) -> None:
    """Regret is convex in the values, so corners of the box suffice; all of them listed."""
    low = np.array([a for a, _ in intervals], dtype=float)
    high = low + [b for _, b in intervals]
    worst = np.zeros(len(low))
    for corner in product(*zip(low, high, strict=True)):
        worst = np.maximum(worst, max(corner) - np.array(corner))
    option, regret = minimax_regret(low, high)
    assert float(regret) == worst.min()
    assert worst[int(option)] == worst.min()
    stacked, _ = minimax_regret(np.stack([low, low]), np.stack([high, high]))
    assert stacked.tolist() == [int(option)] * 2


def test_errors() -> None:
    for low, high in (([1.0], [0.0]), ([], []), ([0.0, 1.0], [2.0]), ([np.nan], [1.0])):
        with pytest.raises(InputError):
            minimax_regret(low, high)
    with pytest.raises(InputError, match="level"):
        cautious([1.0], [0.0], [1.0], 1.0, 0.0)
    with pytest.raises(InputError, match="test"):
        cautious([1.0], [0.0], [1.0, 2.0], 1.0)
