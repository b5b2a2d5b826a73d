"""The selection law against quadrature, simulation, brute force over blends, and printed tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from thickecon.errors import InputError
from thickecon.studies.selection_law import SelectionLaw, order_statistics
from thickecon.studies.sparse_law import SparseLaw

CLICKS = (1.0, 0.6, 0.4, 0.25, 0.15)
LAWS = st.builds(SelectionLaw, tau=st.floats(0.01, 5), rho=st.floats(-0.99, 0.99), s=st.floats(0.01, 5))


@pytest.mark.parametrize(("m", "k"), [(1, 1), (2, 2), (5, 3), (20, 20), (40, 5), (1000, 2)])
def test_order_statistics_by_the_beta_law(m, k) -> None:
    """The k-th largest of m uniforms is Beta(m - k + 1, k); its normal score, by adaptive quadrature."""
    found = order_statistics(m, k)
    for j in range(1, k + 1):
        law = stats.beta(m - j + 1, j)
        low, middle, high = 0.0, law.median(), 1.0
        pieces = [
            integrate.quad(lambda u: stats.norm.ppf(u) * law.pdf(u), *ends, limit=200)[0]  # noqa: B023
            for ends in ((low, middle), (middle, high))
        ]
        assert found[j - 1] == pytest.approx(sum(pieces), abs=2e-7)


def test_order_statistics_of_the_tables() -> None:
    """Harter (1961), Biometrika 48, table 1: 1.86748 and 1.40760 of 20; closed forms for 2 and 3."""
    assert order_statistics(20, 2).round(5).tolist() == [1.86748, 1.4076]
    assert order_statistics(2, 2) == pytest.approx([np.pi**-0.5, -(np.pi**-0.5)], abs=1e-13)
    assert order_statistics(3, 1) == pytest.approx([1.5 * np.pi**-0.5], abs=1e-13)
    with pytest.raises(InputError):
        order_statistics(3, 4)


@pytest.mark.parametrize(
    ("rho", "sidt", "shrunk", "even"),
    [(-0.5, 2.168, (3.278, 2.632), 1.732), (0.0, 3.066, (3.540, 3.232), 1.0), (0.5, 3.755, (3.878, 3.792), 0.577)],
)
def test_printed_table(rho, sidt, shrunk, even) -> None:
    """40 items, five slots, tau 1; thick is the same for every rho."""
    assert SelectionLaw(1.0, rho).worth("oracle", CLICKS, 40) == pytest.approx(4.3359, abs=5e-5)
    assert SelectionLaw(1.0, rho).worth("sidt", CLICKS, 40) == pytest.approx(sidt, abs=5e-4)
    for s, worth in zip((0.3, 0.6, 1.0, 2.0), (4.153, 3.718, 3.066, 1.939), strict=True):
        assert SelectionLaw(1.0, rho, s).worth("thick", CLICKS, 40) == pytest.approx(worth, abs=5e-4)
    for s, worth in zip((1.0, 2.0), shrunk, strict=True):
        assert SelectionLaw(1.0, rho, s).worth("shrunk", CLICKS, 40) == pytest.approx(worth, abs=5e-4)
    assert SelectionLaw(1.0, rho).break_even() == pytest.approx(even, abs=5e-4)


def test_printed_numbers_of_misjudged_evidence_and_of_a_mean() -> None:
    """Best of 20, error 2 taken for .3: .89 against SIDT's 1.32, 1.39 if known. Mean 1: .809 where corr is .707."""
    law = SelectionLaw(1.0, 0.0, 2.0)
    assert law.worth("shrunk", [1.0], 20, believed=0.3) == pytest.approx(0.89, abs=0.005)
    assert law.worth("sidt", [1.0], 20) == pytest.approx(1.32, abs=0.005)
    assert law.worth("shrunk", [1.0], 20) == pytest.approx(1.39, abs=0.005)
    shifted = SelectionLaw(1.0, mean=1.0)
    assert shifted.ratio("sidt") == pytest.approx(0.707, abs=5e-4)
    assert shifted.worth("sidt", [1.0], 20) / shifted.worth("oracle", [1.0], 20) == pytest.approx(0.809, abs=5e-4)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("tau", "rho", "s", "believed"), [(1.0, 0.0, 0.6, 0.6), (2.0, -0.5, 1.5, 0.5), (0.5, 0.7, 1.0, 3.0)]
)
def test_law_by_simulation(tau, rho, s, believed) -> None:
    """20,000 choices of three out of 12: within four standard errors."""
    rng = np.random.default_rng(7)
    v, other, noise = rng.standard_normal((3, 20_000, 12))
    d, seen = v + tau * (rho * v + np.sqrt(1 - rho**2) * other), v + s * noise
    law = SelectionLaw(tau, rho, s)
    b = law.blend(believed)
    weights = np.array([1.0, 0.5, 0.2])
    for arm, score in (("sidt", d), ("thick", seen), ("shrunk", b[0] * d + b[1] * seen)):
        order = np.argsort(-score, axis=1)[:, :3]
        got = np.take_along_axis(v, order, axis=1) @ weights
        assert abs(got.mean() - law.worth(arm, weights, 12, believed)) <= 4 * got.std() / np.sqrt(len(got))


# ---- the three consequences (the third is in test_arms) ------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(LAWS)
def test_shrinking_never_loses_where_the_error_is_known(law) -> None:
    assert law.ratio("shrunk") >= max(law.ratio("sidt"), law.ratio("thick")) - 1e-12


@settings(max_examples=30, deadline=None)
@given(LAWS)
def test_no_other_blend_does_better(law) -> None:
    """Every direction in the plane, by listing 2000 of them."""
    angle = np.linspace(0, 2 * np.pi, 2001)
    w = np.column_stack([law.blend(), [np.cos(angle), np.sin(angle)]])
    both = 1 + law.rho * law.tau
    spread = (1 + 2 * law.rho * law.tau + law.tau**2) * w[0] ** 2 + 2 * both * w[0] * w[1] + (1 + law.s**2) * w[1] ** 2
    attained = (both * w[0] + w[1]) / np.sqrt(spread)
    assert attained[0] == pytest.approx(law.ratio("shrunk"), abs=1e-9)
    assert attained.max() <= attained[0] + 1e-9


@settings(max_examples=200, deadline=None)
@given(LAWS, st.floats(0.01, 5))
def test_misjudging_costs_and_can_cost_more_than_shrinking_gains(law, believed) -> None:
    assert law.misjudging_costs(believed) >= -1e-12
    assert abs(law.misjudging_costs(law.s)) <= 1e-12
    far = SelectionLaw(law.tau, law.rho, 1.01 * law.break_even(0.01) if np.isfinite(law.break_even(0.01)) else 0.01)
    if law.ratio("sidt") > 0.01 and np.isfinite(law.break_even(0.01)):
        assert far.ratio("shrunk", believed=0.01) < far.ratio("sidt") + 1e-12


@settings(max_examples=200, deadline=None)
@given(LAWS, st.sampled_from([None, 0.3, 1.0]))
def test_at_the_break_even_nobody_wins(law, believed) -> None:
    even = law.break_even(believed)
    if 0 < even < 1e3:
        there = SelectionLaw(law.tau, law.rho, even)
        attained = there.ratio("thick") if believed is None else there.ratio("shrunk", believed)
        assert attained == pytest.approx(there.ratio("sidt"), abs=1e-9)
    elif believed is None:
        assert law.ratio("sidt") <= 1e-3 or even == 0


def test_limits() -> None:
    assert SelectionLaw(0.0).ratio("sidt") == 1.0
    assert SelectionLaw(0.0).break_even() == 0.0
    assert SelectionLaw(0.0, 0.0, 0.0).ratio("shrunk") == pytest.approx(1.0)
    assert SelectionLaw(1.0, -1.0).ratio("sidt") == 0.0  # reports say nothing
    assert SelectionLaw(2.0, -1.0).ratio("sidt") == pytest.approx(-1.0)  # they say the opposite
    assert SelectionLaw(2.0, -1.0).break_even() == np.inf
    for tau in (0.3, 1.0, 2.5):
        assert SelectionLaw(tau).break_even() == pytest.approx(tau)
    for bad in ({"tau": -1.0}, {"tau": 1.0, "rho": 1.5}, {"tau": 1.0, "s": np.nan}):
        with pytest.raises(InputError):
            SelectionLaw(**bad)
    with pytest.raises(InputError, match="must be 'sidt'"):
        SelectionLaw(1.0).ratio("text")  # type: ignore[arg-type]


# ---- the sparse world ----------------------------------------------------------------------------------------


@pytest.mark.statistical
@pytest.mark.parametrize(("law", "m"), [(SparseLaw(0.97), 40), (SparseLaw(2.0, 0.3, 1.0, mean=1.0), 8)])
def test_sparse_sums_by_simulation(law, m) -> None:
    rng = np.random.default_rng(2)
    v = law.mean + rng.standard_normal((30_000, m))
    delta = law.wedge(rng.random(v.shape), rng.standard_normal(v.shape))
    assert (delta > 0).mean() == pytest.approx(law.share, abs=0.003)
    assert SparseLaw(law.tau, law.share, law.tail, law.mean).below(1.5) == pytest.approx(
        ((v + delta) <= 1.5).mean(), abs=0.003
    )
    order = np.argsort(-(v + delta), axis=1)[:, :5]
    got = np.take_along_axis(v, order, axis=1) @ np.array(CLICKS)
    assert abs(got.mean() - law.sidt(CLICKS, m)) <= 4 * got.std() / np.sqrt(len(got)) + 1e-3


def test_sparse_wedge_has_the_deviation_it_says() -> None:
    """Moments of the lognormal law by scipy."""
    law = SparseLaw(0.97)
    push = stats.lognorm(law.tail, scale=law.scale)
    second, first = 0.1 * (push.var() + push.mean() ** 2), 0.1 * push.mean()
    assert np.sqrt(second - first**2) == pytest.approx(0.97)


def test_the_gaussian_world_understates_thick() -> None:
    """10 % pushed, tau .97: SIDT .531 of the oracle (here .530), the law .717; break-even about 1.6 instead of .97."""
    law = SparseLaw(0.97)
    assert law.ratio(CLICKS, 40) == pytest.approx(0.531, abs=0.002)
    assert law.break_even(CLICKS, 40) == pytest.approx(1.6, abs=0.01)
    assert SelectionLaw(0.97).ratio("sidt") == pytest.approx(0.717, abs=0.001)


@pytest.mark.parametrize(
    ("d", "seen", "s"),
    [(3, 1, 0.5), (3, 0.5, 0.05), (1, 1.2, 2.0), (5, 4, 3.0), (4, -2, 0.6), (-1, -2, 1), (2, 2.5, 0.3)],
)
def test_sparse_posterior_by_adaptive_quadrature(d, seen, s) -> None:
    """Bayes' rule written out: an atom at v = d, and a density of v where the rest of the report is the push."""
    law = SparseLaw(0.97)
    push = stats.lognorm(law.tail, scale=law.scale)

    def joint(v):
        return law.share * stats.norm.pdf(v) * stats.norm.pdf(seen, v, s) * push.pdf(d - v)

    middle, width = seen / (1 + s**2), s / np.sqrt(1 + s**2)
    ends = (min(middle - 12 * width, d), min(d, middle + 12 * width))
    mass = integrate.quad(joint, *ends, limit=500, epsabs=1e-14)[0]
    worth = integrate.quad(lambda v: v * joint(v), *ends, limit=500, epsabs=1e-14)[0]
    atom = (1 - law.share) * stats.norm.pdf(d) * stats.norm.pdf(seen, d, s)
    assert float(law.posterior(d, seen, s)) == pytest.approx((worth + atom * d) / (mass + atom), abs=1e-4)
    shifted = SparseLaw(0.97, mean=3.0)
    assert float(shifted.posterior(d + 3.0, seen + 3.0, s)) == pytest.approx(float(law.posterior(d, seen, s)) + 3.0)
    assert float(law.posterior(d, seen, 0.0)) == seen


@pytest.mark.parametrize("bad", [{"tau": 0.0}, {"tau": 1.0, "share": 0.0}, {"tau": 1.0, "tail": 0.1}])
def test_sparse_bounds(bad) -> None:
    with pytest.raises(InputError):
        SparseLaw(**bad)
    with pytest.raises(InputError):
        SparseLaw(1.0).sidt(CLICKS, 3)
