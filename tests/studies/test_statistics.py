"""Paired statistics against enumeration, other routines, and their own promises in simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from thickecon.errors import InputError
from thickecon.studies.statistics import _resampled, clopper_pearson, holm, paired, replicates_needed


def test_student_interval_is_scipys() -> None:
    x = np.random.default_rng(1).normal(0.3, 1.0, 25)
    found, other = paired(x), stats.ttest_1samp(x, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((other.low, other.high))
    assert found.standard_error == pytest.approx(stats.sem(x))


def test_sign_flip_test_by_listing_all_signs() -> None:
    x = np.array([0.5, -0.2, 1.4, 0.9, 0.3])
    top = abs(x.sum()) - 1e-12
    hits = sum(abs(sum(s * v for s, v in zip(signs, x, strict=True))) >= top for signs in product((1, -1), repeat=5))
    assert paired(x).p == pytest.approx(hits / 32)


def test_sign_flip_test_by_sampling_is_scipys_permutation_test() -> None:
    x = np.random.default_rng(2).normal(0.25, 1.0, 60)
    other = stats.permutation_test(
        (x,), lambda y: np.mean(y), permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(3)
    )
    assert paired(x, resamples=20_000).p == pytest.approx(other.pvalue, abs=0.01)


def test_intervals_cover() -> None:
    """Skewed differences, n = 40: both intervals cover the mean in about 95 % of 400 runs (fixed seed)."""
    rng = np.random.default_rng(4)
    hits = np.zeros(2)
    for _ in range(400):
        found = paired(rng.exponential(1.0, 40) - 0.5, resamples=400)
        hits += (found.low <= 0.5 <= found.high, found.boot_low <= 0.5 <= found.boot_high)
    assert (hits > 0.90 * 400).all()
    assert (hits < 0.985 * 400).all()


def test_no_difference_at_all() -> None:
    found = paired([0.0, 0.0, 0.0])
    assert (found.low, found.high, found.boot_low, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_same_difference_everywhere() -> None:
    found = paired(np.full(5, 2.0))
    assert (found.mean, found.standard_error) == (2.0, 0.0)
    assert found.p == pytest.approx(2 / 32)  # all plus or all minus


def test_holm_by_hand() -> None:
    """p = .01, .02, .04, .9 in a family of four: 4 x .01, 3 x .02, 2 x .04, .9, each at least the one before."""
    found = holm({"a": 0.04, "b": 0.9, "c": 0.01, "d": 0.02})
    assert found == pytest.approx({"a": 0.08, "b": 0.9, "c": 0.04, "d": 0.06})
    assert list(found) == ["a", "b", "c", "d"]


def test_clopper_pearson_published() -> None:
    """0 of n: upper end 1 - (alpha / 2)^(1/n); 'rule of three' is its one-sided cousin."""
    assert clopper_pearson(0, 20) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert clopper_pearson(20, 20)[0] == pytest.approx(0.025 ** (1 / 20))


def test_replicates_needed_has_the_power_it_names() -> None:
    """Differences N(.3, 1): the number for .3 at power .8; simulated power within .05."""
    rng = np.random.default_rng(5)
    n = replicates_needed(rng.normal(0.3, 1.0, 100_000), 0.3)
    assert n == pytest.approx(((1.96 + 0.8416) / 0.3) ** 2, rel=0.03)
    draws = rng.normal(0.3, 1.0, (4000, n))
    rejected = np.abs(draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / np.sqrt(n))) > stats.t.ppf(0.975, n - 1)
    assert rejected.mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("bad", [[1.0], [np.nan, 1.0], [[1.0, 2.0]]])
def test_too_little_to_go_on(bad: object) -> None:
    with pytest.raises(InputError, match="gaps"):
        paired(bad)
    with pytest.raises(InputError, match="difference"):
        replicates_needed([1.0, 2.0], 0.0)
    with pytest.raises(InputError, match="k, n"):
        clopper_pearson(3, 2)


@pytest.mark.parametrize("n", [5, 20, 300])
def test_bootstrap_interval_is_the_one_of_scipy(n: int) -> None:
    """scipy runs the jackknife for any statistic; for a mean it has a closed form."""
    from thickecon._core.rng import generator

    x = generator(n).exponential(size=n) - 0.7
    theirs = stats.bootstrap((x,), np.mean, n_resamples=2000, method="BCa", rng=generator(0)).confidence_interval
    ours = paired(x)
    assert (ours.boot_low, ours.boot_high) == pytest.approx((theirs.low, theirs.high), abs=1e-14)


@pytest.mark.parametrize("n", [2, 41, 3000])
def test_resampled_means_are_those_of_scipy(n) -> None:
    """Drawn few at a time, the same to the bit as all at once."""
    x = np.random.default_rng(n).normal(size=n)
    made = stats.bootstrap((x,), np.mean, n_resamples=500, method="percentile", rng=np.random.default_rng(3))
    assert np.array_equal(_resampled(x, 500, 3), made.bootstrap_distribution)
