"""Inequality measures against published numbers and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon._core.inequality import atkinson_ede, atkinson_index, gini, lorenz, power_mean, theil
from thickecon.errors import InputError

# Ilocos-style vector of the examples of R package `ineq` (help pages of ineq, Lc, Theil)
R_INEQ = np.array([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261.0])


def test_r_ineq_documentation() -> None:
    assert gini(R_INEQ) == pytest.approx(0.462091130, abs=1e-9)
    for epsilon, value in ((0.5, 0.179659098), (1, 0.351825060), (2, 0.629011055)):
        assert atkinson_index(R_INEQ, epsilon=epsilon) == pytest.approx(value, abs=1e-9)
    assert theil(R_INEQ) == pytest.approx(0.362341242, abs=1e-9)
    assert theil(R_INEQ, index="L") == pytest.approx(0.433594650, abs=1e-9)
    people, total = lorenz(R_INEQ)
    # Hoover = the largest vertical distance of the Lorenz curve from the diagonal
    assert np.max(people - total) == pytest.approx(0.337806746, abs=1e-9)


def test_ten_to_fifty() -> None:
    x = [10, 20, 30, 40, 50]  # PySAL docs and closed form
    assert atkinson_index(x, epsilon=0.5) == pytest.approx(0.06315, abs=1e-5)
    assert atkinson_index(x, epsilon=1) == pytest.approx(0.13161, abs=1e-5)
    assert gini(x) == pytest.approx(4 / 15, abs=1e-14)
    assert 30 * (1 - gini(x)) == pytest.approx(22)  # Sen welfare
    assert atkinson_ede(x, epsilon=2) == pytest.approx(21.8978102, abs=1e-7)  # 5 / sum(1/x) * ...: harmonic mean
    assert atkinson_ede(x, epsilon=np.inf) == 10


@given(
    st.lists(st.tuples(st.floats(0.01, 1e4), st.integers(1, 4)), min_size=2, max_size=8),
    st.sampled_from([0.0, 0.3, 1.0, 2.5, 30.0]),
)
@settings(max_examples=60, deadline=None)
def test_weight_is_replication(data: list[tuple[float, int]], epsilon: float) -> None:
    x = np.array([value for value, _ in data])
    w = np.array([count for _, count in data])
    repeated = np.repeat(x, w)
    assert gini(x, w) == pytest.approx(gini(repeated), abs=1e-12)
    assert theil(x, w) == pytest.approx(theil(repeated), abs=1e-12)
    assert theil(x, w, index="L") == pytest.approx(theil(repeated, index="L"), abs=1e-12)
    assert atkinson_index(x, w, epsilon=epsilon) == pytest.approx(atkinson_index(repeated, epsilon=epsilon), abs=1e-10)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=12).filter(lambda x: max(x) > 1e-3))
@settings(max_examples=60, deadline=None)
def test_gini_is_half_the_relative_mean_difference(x: list[float]) -> None:
    values = np.array(x)
    pairs = np.abs(values[:, None] - values[None, :]).mean() / (2 * values.mean())
    assert gini(values) == pytest.approx(pairs, abs=1e-10)


def test_power_mean_keeps_its_digits() -> None:
    x, w = np.array([1.0, 2.0, 4.0]), np.ones(3)
    near = [power_mean(x, w, p) for p in (-1e-9, 0.0, 1e-9)]
    # d/dp log M_p at 0 is var(log x) / 2 = (2/3) log(2)^2 / 2
    slope = np.log(2.0) ** 2 / 3
    assert np.log(near[2] / near[1]) == pytest.approx(1e-9 * slope, rel=1e-4)
    assert np.log(near[1] / near[0]) == pytest.approx(1e-9 * slope, rel=1e-4)
    assert power_mean(np.array([1e-200, 1e200]), np.ones(2), -3.0) == pytest.approx(1e-200 * 2 ** (1 / 3), rel=1e-12)
    assert power_mean(np.array([1e-200, 1e200]), np.ones(2), 0.5) == pytest.approx(1e200 / 4, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gini([-1.0, 2.0]), "negative"),
        (lambda: gini([0.0, 0.0]), "positive total"),
        (lambda: gini([1.0, np.nan]), "finite"),
        (lambda: gini([1.0, 2.0], [1.0]), "one entry"),
        (lambda: gini([1.0, 2.0], [0.0, 0.0]), "positive sum"),
        (lambda: theil([0.0, 2.0], index="L"), "positive for L"),
        (lambda: atkinson_index([1.0, 2.0], epsilon=-1), "at least 0"),
        (lambda: gini([]), "non-empty"),
    ],
)
def test_domain_errors(call: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()  # type: ignore[operator]


def test_zero_incomes() -> None:
    assert gini([0, 0, 0, 1]) == pytest.approx(0.75)
    assert theil([0, 0, 0, 1]) == pytest.approx(np.log(4))  # log n where one holds everything
    assert atkinson_index([0, 1], epsilon=1) == 1.0
    assert atkinson_index([0, 1], epsilon=0.5) == pytest.approx(0.5)  # EDE = (1/2)^2, mean 1/2
