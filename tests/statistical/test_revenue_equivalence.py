"""Equilibrium bids played by the mechanisms themselves on drawn profiles: what is expected is what is found.

Each option of a profile is an auction of its own, so one run plays many auctions. A mean of independent auctions must
lie within 4.5 standard errors of what the equilibrium expects (seeds are fixed; by chance once in 100,000), and bids
that are not those of equilibrium must be rejected by the same test.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import thickecon as te

pytestmark = pytest.mark.statistical
AUCTIONS, STRICT = 60_000, 4.5
FirstPrice, SecondPrice, AllPay = te.auctions.FirstPrice, te.auctions.SecondPrice, te.auctions.AllPay
English, Dutch, equilibrium = te.auctions.English, te.auctions.Dutch, te.auctions.equilibrium


def drawn(laws, seed, auctions=AUCTIONS):
    """(n, auctions) values."""
    rng = np.random.default_rng(seed)
    return np.array([law.ppf(rng.random(auctions)) for law in laws])


def played(mechanism, values, bids, wedge=0.0):
    """The outcome of bids (n, auctions); values are endorsed, and what is wanted is ``wedge`` more."""
    lift = np.broadcast_to(np.reshape(wedge, (-1, 1)), values.shape)
    profile = te.ThickProfile.from_values(values + lift, unit="money").with_influence("advert", lift)
    return mechanism.run(profile, reports=bids, rng=0)


def per_auction(mechanism, values, bids, wedge=0.0):
    """(auctions,) revenue and (auctions,) endorsed value of the winner, run by run over rows of one option each."""
    outcome = played(mechanism, values, bids, wedge)
    shares = outcome.shares
    return outcome, (shares * values).sum(axis=0)


def z(found, expected, spread, count):
    return abs(found / count - expected) / (spread / np.sqrt(count) + 1e-15)


def revenues(kind, values, bids):
    """(auctions,) revenue by the rule in one line, for its spread."""
    if kind is AllPay:
        return np.where(bids > 0, bids, 0).sum(axis=0)
    top = np.sort(np.where(bids >= 0, bids, 0), axis=0)
    return top[-1] if kind in (FirstPrice, Dutch) else top[-2]


@pytest.mark.parametrize("law", [stats.uniform(0, 1), stats.beta(2, 3), stats.expon()])
@pytest.mark.parametrize("n", [2, 4])
def test_revenue_equivalence(law, n):
    """Four rules, the same values: the same expected revenue, that of the second-highest value."""
    values = drawn([law] * n, seed=n)
    expected = equilibrium(SecondPrice(), n, law).revenue
    for make in (FirstPrice, SecondPrice, AllPay, English, Dutch):
        found = equilibrium(make(), n, law)
        assert found.revenue == pytest.approx(expected, abs=1e-8)
        bids = found.bid(values)
        outcome, worth = per_auction(make(), values, bids)
        spread = revenues(make, values, bids).std()
        assert z(outcome.revenue, expected, spread, AUCTIONS) < STRICT
        assert z(worth.sum(), found.welfare, worth.std(), AUCTIONS) < STRICT
        if make is FirstPrice:
            truthful, _ = per_auction(make(), values, values)
            assert z(truthful.revenue, expected, spread, AUCTIONS) > 20


@pytest.mark.parametrize("make", [FirstPrice, SecondPrice, AllPay])
def test_reserves_and_fees(make):
    """Who stays out bids what the auction does not take."""
    mechanism = make(reserve=0.25, entry_fee=0.05)
    found, values = equilibrium(mechanism, 3), drawn([stats.uniform(0, 1)] * 3, seed=5)
    bids = found.bid(values)
    outcome, worth = per_auction(mechanism, values, bids)
    assert z(outcome.revenue, found.revenue, 0.4, AUCTIONS) < STRICT
    assert z(worth.sum(), found.welfare, worth.std(), AUCTIONS) < STRICT
    assert z(outcome.taken.sum(), found.wins.sum(), 0.5, AUCTIONS) < STRICT


@pytest.mark.parametrize(
    "laws",
    [
        [stats.uniform(0, 1), stats.uniform(0, 2)],
        [stats.uniform(0, 1), stats.uniform(0.4, 1)],
        [stats.uniform(0, 1), stats.uniform(0, 2), stats.uniform(0, 3)],
        [stats.beta(2, 2), stats.beta(3, 1)],
    ],
)
def test_different_bidders(laws):
    """Revenue, welfare and who wins, of bids found by collocation."""
    found, values = equilibrium(FirstPrice(), distribution=laws), drawn(laws, seed=11)
    bids = np.array([found.bid(v, i) for i, v in enumerate(values)])
    outcome, worth = per_auction(FirstPrice(), values, bids)
    assert z(outcome.revenue, found.revenue, bids.max(axis=0).std(), AUCTIONS) < STRICT
    assert z(worth.sum(), found.welfare, worth.std(), AUCTIONS) < STRICT
    won = outcome.shares.sum(axis=1)
    for i, expected in enumerate(found.wins):
        assert z(won[i], expected, np.sqrt(expected * (1 - expected)), AUCTIONS) < STRICT


THICK = [
    (FirstPrice(), "decision", 0.0),
    (FirstPrice().baseline(), "decision", 0.0),
    (FirstPrice(charge="clarke"), "decision", 0.0),
    (FirstPrice(reporting="endorsed"), "endorsed", 0.0),
    (FirstPrice(reporting="endorsed"), "decision", 0.0),
    (FirstPrice(lens=te.PartialCredit(0.5)), "decision", 0.0),
    (FirstPrice().baseline(), "decision", 2.0),
    (SecondPrice(), "decision", 0.0),
    (SecondPrice().baseline(), "decision", 0.0),
    (SecondPrice().baseline(), "decision", 1.0),
    (SecondPrice(), "endorsed", 0.0),
    (SecondPrice(reporting="observed"), "decision", 0.0),
    (AllPay(charge="clarke"), "decision", 0.0),
]


@pytest.mark.parametrize("wedge", [0.3, (0.4, 0.0)])
@pytest.mark.parametrize(("mechanism", "self_", "regret"), THICK)
def test_thick_bidders(mechanism, self_, regret, wedge):
    """Reports of either self under every rule: payments, endorsed welfare and regret as expected."""
    different = np.ndim(wedge) > 0
    if different and ((regret and isinstance(mechanism, FirstPrice)) or isinstance(mechanism, AllPay)):
        pytest.skip("not known for different bidders")
    found = equilibrium(mechanism, wedge=wedge, acts_on=self_, regret=regret)
    values = drawn([stats.uniform(0, 1)] * 2, seed=3)
    reports = np.array([found.bid(v, i) for i, v in enumerate(values)])
    outcome, worth = per_auction(mechanism, values, reports, wedge)
    for i in range(2):
        assert z(outcome.payments[i], found.payments[i], 0.45, AUCTIONS) < STRICT
    assert z(worth.sum(), found.welfare, worth.std(), AUCTIONS) < STRICT
    if isinstance(mechanism, AllPay):
        return
    shares = outcome.shares
    price = outcome.prices + np.sum(shares * np.reshape(found.play.offset, (-1, 1)), axis=0)
    regretted = (shares * (price > values + 1e-9)).sum(axis=1)
    for i, expected in enumerate(found.regret):
        assert z(regretted[i], expected, np.sqrt(expected * (1 - expected)) + 1e-3, AUCTIONS) < STRICT
