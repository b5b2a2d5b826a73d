"""Welfare functions: closed forms, the symbolic face against the numeric one, invariance to what they claim."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from thickecon.errors import InputError, NotApplicableError
from thickecon.welfare.functions import Atkinson, Leximin, Maximin, Nash, Utilitarian, WelfareFunction

FUNCTIONS: list[WelfareFunction] = [
    Utilitarian(),
    Maximin(),
    Nash(),
    Atkinson(0),
    Atkinson(0.5),
    Atkinson(1),
    Atkinson(2),
    Atkinson(30),
    Atkinson(np.inf),
    Leximin(),
]
SCALAR = [f for f in FUNCTIONS if not isinstance(f, Leximin)]
ids = lambda f: repr(f)
positive = st.lists(st.floats(0.05, 50), min_size=2, max_size=6)


def test_harmonic_mean_of_ten_to_fifty() -> None:
    u = [10, 20, 30, 40, 50]  # 5 / (1/10 + 1/20 + 1/30 + 1/40 + 1/50) = 3000/137
    assert Atkinson(2).ede(u) == pytest.approx(3000 / 137, rel=1e-14)
    assert Atkinson(1).index(u) == pytest.approx(0.13161, abs=1e-5)  # PySAL docs
    assert Atkinson(0.5).index(u) == pytest.approx(0.06315, abs=1e-5)
    assert Nash().ede(u) == pytest.approx(Atkinson(1).ede(u), rel=1e-14)
    assert Utilitarian().index(u) == 0.0
    assert Maximin().index(u) == pytest.approx(2 / 3)


@pytest.mark.parametrize("f", FUNCTIONS, ids=ids)
def test_ede_of_equality_is_the_common_utility(f: WelfareFunction) -> None:
    assert f.ede([3.7] * 5) == pytest.approx(3.7, rel=1e-13)
    assert f.index([3.7] * 5) == pytest.approx(0.0, abs=1e-13)
    assert f.title
    assert f.line
    assert f.comparability


@pytest.mark.parametrize("f", FUNCTIONS, ids=ids)
@given(data=positive)
@settings(max_examples=25, deadline=None)
def test_weight_is_replication(f: WelfareFunction, data: list[float]) -> None:
    u, w = np.array(data), np.arange(len(data))  # agent 0 stands for nobody
    repeated = np.repeat(u, w)
    assert f.ede(u, w) == pytest.approx(f.ede(repeated), rel=1e-9)
    assert f.evaluate(u, w) == pytest.approx(f.evaluate(repeated), rel=1e-9, abs=1e-12)
    assert f.gradient(u, w)[0] == 0.0


@pytest.mark.parametrize("f", SCALAR, ids=ids)
def test_expression_has_the_value_of_evaluate(f: WelfareFunction) -> None:
    rng = np.random.default_rng(1)
    for w in (None, np.array([0.0, 1.0, 2.5, 0.7])):
        u = rng.uniform(0.5, 2.0, 4)
        x = cp.Variable(4, value=u)
        made = f.expression(x, w)
        assert made.is_concave()
        assert float(made.value) == pytest.approx(f.evaluate(u, w), rel=1e-9)


@pytest.mark.parametrize("f", SCALAR, ids=ids)
@given(data=st.lists(st.floats(0.5, 5), min_size=3, max_size=5, unique_by=lambda x: round(x, 1)))
@settings(max_examples=25, deadline=None)
def test_gradient_is_the_central_difference(f: WelfareFunction, data: list[float]) -> None:
    u, w = np.array(data), np.linspace(0.5, 1.5, len(data))
    h = 1e-6
    steps = np.eye(len(u)) * h
    numeric = [(f.evaluate(u + s, w) - f.evaluate(u - s, w)) / (2 * h) for s in steps]
    np.testing.assert_allclose(f.gradient(u, w), numeric, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("f", SCALAR, ids=ids)
@given(one=positive, other=positive)
@settings(max_examples=25, deadline=None)
def test_gradient_is_a_supergradient(f: WelfareFunction, one: list[float], other: list[float]) -> None:
    k = min(len(one), len(other))
    u, v = np.array(one[:k]), np.array(other[:k])
    bound = f.evaluate(u) + f.gradient(u) @ (v - u)
    assert f.evaluate(v) <= bound + 1e-9 * (1 + abs(bound))


TRANSFORMS = {  # the class of transformations that the ranking must survive
    "CUC": lambda u, r: r[0] * u + r[1 : 1 + len(u)],
    "OLC": lambda u, r: np.exp(u * r[0] / 20),
    "RSNC": lambda u, r: u * np.abs(r[1 : 1 + len(u)] + 0.1),
    "RSC": lambda u, r: u * r[0],
}


@pytest.mark.parametrize("f", FUNCTIONS, ids=ids)
@given(one=positive, other=positive, seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_ranking_survives_the_transformations_it_claims(
    f: WelfareFunction, one: list[float], other: list[float], seed: int
) -> None:
    k = min(len(one), len(other))
    u, v = np.array(one[:k]), np.array(other[:k])
    if 0 < abs(f.ede(u) - f.ede(v)) < 1e-6 * f.ede(u):
        return  # a tie up to rounding may go either way
    if isinstance(f, Leximin) and np.any((np.abs(np.subtract.outer(u, v)) < 1e-9) & (np.subtract.outer(u, v) != 0)):
        return
    r = np.random.default_rng(seed).uniform(0.5, 2.0, 8)
    change = TRANSFORMS[f.comparability]
    before = f.compare(u, v, tol=1e-9)
    after = f.compare(change(u, r), change(v, r), tol=1e-9 if isinstance(f, Leximin) else 1e-12)
    assert before == after or abs(f.evaluate(u) - f.evaluate(v)) < 1e-7


def test_nash_is_not_invariant_to_a_common_shift() -> None:
    # The comparability test can fail: 9 < 9.61, but 11 x 19 = 209 > 13.1^2 = 171.61.
    u, v = np.array([1.0, 9.0]), np.array([3.1, 3.1])
    assert Nash().compare(u, v) == -1
    assert Nash().compare(u + 10, v + 10) == 1


def test_leximin_compares_past_the_worst_off() -> None:
    f = Leximin()
    assert f.compare([1, 2, 9], [1, 3, 4]) == -1
    assert f.compare([4, 1, 3], [1, 3, 4]) == 0
    assert Maximin().compare([1, 2, 9], [1, 3, 4]) == 0
    # one person at 1 and two at 3, against two at 1 and one at 9
    assert f.compare([1, 3], [1, 9], [1, 2]) == -1
    assert f.compare([1, 3, 3], [1, 1, 9]) == 1
    with pytest.raises(NotApplicableError, match="level by level"):
        f.expression(cp.Variable(3))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Nash().evaluate([1.0, 0.0]), "positive utilities, found 0 for agent 1"),
        (lambda: Nash().gradient([-1.0, 2.0]), "found -1 for agent 0"),
        (lambda: Atkinson(0.5).ede([-1.0, 2.0]), "nonnegative"),
        (lambda: Atkinson(2).ede([0.0, 2.0]), "positive"),
        (lambda: Atkinson(-1.0), "at least 0"),
        (lambda: Utilitarian().evaluate([np.nan]), "finite"),
        (lambda: Utilitarian().evaluate([1.0], [-1.0]), "negative"),
        (lambda: Utilitarian().index([-1.0, 0.5]), "positive mean"),
        (lambda: Maximin().evaluate([[1.0]]), "vector"),
    ],
)
def test_domain_errors(call: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()  # type: ignore[operator]


def test_atkinson_half_allows_zero() -> None:
    assert Atkinson(0.5).ede([0.0, 4.0]) == pytest.approx(1.0)  # (2/2)^2
    assert Utilitarian().evaluate([-1.0, 3.0]) == 2.0


def test_large_epsilon_tends_to_the_worst_off() -> None:
    # EDE = min * n^(1/(eps-1)) up to terms that vanish: at eps = 1001, n = 2, exactly min * (1/2)^(-1/1000)
    assert Atkinson(1001.0).ede([1.0, 100.0]) == pytest.approx(2.0 ** (1 / 1000), rel=1e-12)


@pytest.mark.parametrize("epsilon", [0.25, 0.999999, 1.000001, 3.0, 30.0, 100.0])
@pytest.mark.parametrize("spread", [0.5, 3.0, 6.0])
def test_atkinson_faces_in_logs(epsilon: float, spread: float) -> None:
    """EDE = exp(logsumexp((1 - eps) log u; shares) / (1 - eps)) by scipy; degree 1, so gradient @ u = W (Euler)."""
    rng = np.random.default_rng(0)
    u, w = 10 ** rng.uniform(-spread, spread, 6), rng.uniform(0.5, 3.0, 6)
    closed = np.exp(logsumexp((1 - epsilon) * np.log(u), b=w / w.sum()) / (1 - epsilon))
    f = Atkinson(epsilon)
    near_one = abs(1 - epsilon) < 1e-3
    assert f.ede(u, w) == pytest.approx(closed, rel=1e-8 if near_one else 1e-11)  # logsumexp / 1e-6 loses digits
    assert f.evaluate(u, w) == f.ede(u, w)
    assert f.index(u, w) == pytest.approx(1 - closed / np.average(u, weights=w), abs=1e-8)
    assert f.gradient(u, w) @ u == pytest.approx(closed, rel=1e-8)


def test_gradients_at_the_end_of_the_domain() -> None:
    """At 0 the slope of a square root is infinite; where all have 0, the slope at equality is a supergradient."""
    assert Atkinson(0.5).gradient([0.0, 1.0])[0] == np.inf
    slope = Atkinson(0.5).gradient([0.0, 0.0], [1.0, 3.0])
    assert slope.tolist() == [0.25, 0.75]
    for v in ([1.0, 0.0], [0.0, 5.0], [2.0, 2.0]):
        assert Atkinson(0.5).evaluate(v, [1.0, 3.0]) <= slope @ v
    assert Leximin().gradient([2.0, 1.0, 1.0]).tolist() == [0.0, 0.5, 0.5]


@pytest.mark.parametrize("f", [f for f in SCALAR if f.form != "minimum"], ids=ids)
def test_expression_is_maximised_where_the_closed_form_says(f: WelfareFunction) -> None:
    """One unit among utilities a_i x_i: x proportional to a^((1 - eps) / eps), all to the greatest a for the sum."""
    epsilon = {"Nash": 1.0, "Utilitarian": 0.0}.get(f.title, getattr(f, "epsilon", 0.0))
    a = np.array([1.0, 2.0, 4.0])
    share = np.array([0.0, 0.0, 1.0]) if epsilon == 0 else a ** ((1 - epsilon) / epsilon)
    x = cp.Variable(3, nonneg=True)
    made = cp.Problem(cp.Maximize(f.expression(cp.multiply(a, x))), [cp.sum(x) == 1])
    best = made.solve(solver=cp.CLARABEL)
    assert best == pytest.approx(f.evaluate(a * share / share.sum()), rel=1e-6, abs=1e-7)


def test_expression_too_near_one_says_so() -> None:
    with pytest.raises(NotApplicableError, match="too near 1"):
        Atkinson(1.000001).expression(cp.Variable(3))


@pytest.mark.parametrize("f", FUNCTIONS, ids=ids)
def test_utilities_below_zero(f: WelfareFunction) -> None:
    """Sums and minima take losses; functions of ratios say that they do not."""
    if f.lowest == -np.inf:
        assert f.ede([-2.0, -1.0]) == pytest.approx(-1.5 if f.form == "linear" else -2.0)
        return
    for call in (f.evaluate, f.ede, f.index, f.gradient):
        with pytest.raises(InputError, match="found -2 for agent 0"):
            call([-2.0, 1.0])
