"""Revenue by simulation, with error bars: one more bidder against the best reserve, and equivalence of formats.

Every auction is held by the mechanisms of the package: an option of a profile is an auction of its own.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import thickecon as te
from thickecon.auctions import AllPay, FirstPrice, Myerson, SecondPrice

AUCTIONS = 40_000


def drawn(law: object, bidders: int, seed: int) -> te.ThickProfile:
    """Values of independent bidders in many auctions."""
    values = law.rvs(size=(bidders, AUCTIONS), random_state=np.random.default_rng(seed))  # type: ignore[attr-defined]
    return te.ThickProfile.from_values(values, unit="money")


def revenue(auction: te.Mechanism, profile: te.ThickProfile, bids: np.ndarray | None = None) -> tuple[float, float]:
    """Mean revenue an auction, and its standard error."""
    if isinstance(auction, AllPay):
        assert bids is not None
        each = bids.sum(axis=0)
        total = auction.run(profile, reports=bids, rng=0).revenue
        assert total == pytest.approx(each.sum(), rel=1e-9)
    else:
        outcome = auction.run(profile, reports=bids, rng=0)
        each = outcome.prices * outcome.shares.sum(axis=0)
        assert outcome.revenue == pytest.approx(each.sum(), rel=1e-9)
    return float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))


@pytest.mark.parametrize(
    ("law", "n"), [(stats.uniform(), 1), (stats.uniform(), 2), (stats.expon(), 2), (stats.expon(), 3)]
)
def test_bulow_klemperer(law: object, n: int) -> None:
    """Second price with n + 1 bidders brings no less than the optimal auction with n, law regular.

    Bulow and Klemperer (1996), American Economic Review 86, 180-194. One bidder uniform on [0, 1]: 1/3 against 1/4.
    """
    more, error = revenue(SecondPrice(), drawn(law, n + 1, 1))
    best, other = revenue(Myerson(law), drawn(law, n, 2))
    assert more - best > 4 * np.hypot(error, other)
    assert best == pytest.approx(Myerson([law] * n).expected_revenue, abs=4 * other)


def test_one_more_bidder_need_not_help_where_virtual_values_fall() -> None:
    """Values 1 or 10, 10 with chance .2: sold to one bidder at 10 brings 2, two in a second price 1 + 9 x .04."""
    law = te.auctions.FiniteValues.of([1.0, 10.0], [0.8, 0.2])
    rng = np.random.default_rng(3)
    two = te.ThickProfile.from_values(np.where(rng.random((2, AUCTIONS)) < 0.2, 10.0, 1.0), unit="money")
    mean, error = revenue(SecondPrice(), two)
    assert mean == pytest.approx(1.36, abs=4 * error)
    assert Myerson([law]).expected_revenue == pytest.approx(2.0)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_revenue_equivalence(n: int) -> None:
    """Uniform values: first price with bids v (n - 1) / n, all-pay with v^n (n - 1) / n, and second price, all bring
    (n - 1) / (n + 1). Vickrey (1961); Krishna, Auction Theory, propositions 2.2, 3.1.
    """
    profile, exact = drawn(stats.uniform(), n, 10 + n), (n - 1) / (n + 1)
    values, shade = profile.revealed, (n - 1) / n
    for auction, bids in ((SecondPrice(), None), (FirstPrice(), values * shade), (AllPay(), values**n * shade)):
        mean, error = revenue(auction, profile, bids)
        assert error < 0.005
        assert mean == pytest.approx(exact, abs=4 * error), auction


@pytest.mark.parametrize("n", [1, 2, 3])
def test_expected_numbers_of_different_bidders(n: int) -> None:
    """What is expected is what comes: U[0, 1], U[0, 2] and Exp(1), half the weight on revenue."""
    laws = [stats.uniform(), stats.uniform(0, 2), stats.expon()][:n]
    rng = np.random.default_rng(20 + n)
    values = np.stack([law.rvs(size=AUCTIONS, random_state=rng) for law in laws])
    auction = Myerson(list(laws), 0.5)
    outcome = auction.run(te.ThickProfile.from_values(values, unit="money"), rng=0)
    for each, expected in (
        (outcome.prices * outcome.shares.sum(axis=0), auction.expected().revenue),
        ((outcome.shares * values).sum(axis=0), auction.expected().endorsed),
        (outcome.shares.sum(axis=0), auction.expected().sold),
    ):
        assert each.mean() == pytest.approx(expected, abs=4 * each.std() / np.sqrt(AUCTIONS))
