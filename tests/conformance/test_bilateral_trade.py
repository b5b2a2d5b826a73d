"""Bilateral trade keeps every promise, against deals struck by hand and bids found by replying to each other."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad

import thickecon as te
from thickecon.auctions import BilateralTrade
from thickecon.auctions.kernels import linear_bids
from thickecon.errors import InputError, LensError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies

PAIRS = strategies.choices(agents=(2, 2), options=(1, 3), motives=(1, 3), outside=False)


def replies(k, low=0, high=1, rounds=400):
    """(highest bid, lowest ask) where each is the best reply to the other, by going to and fro from the truth.

    Against asks uniform from n upwards a buyer maximises (x - n)(v - x) + (1 - k)(x - n)^2 / 2 in its bid x, whose
    derivative is (v - x) - k (x - n); the seller alike. Half a step at a time, since full replies overshoot.
    """
    top, least = high, low
    for _ in range(rounds):
        best_bid = (high + k * least) / (1 + k)
        best_ask = (low + (1 - k) * top) / (2 - k)
        top, least = (top + best_bid) / 2, (least + best_ask) / 2
    return top, least


def struck(rule, b, c, price, k, support):
    """(is there a deal, at what price) for one good, by hand."""
    if rule == "split":
        low, high = support
        top, least = replies(k, low, high)
        bid = min(b, (b + k * least) / (1 + k))
        ask = max(c, (c + (1 - k) * top) / (2 - k))
        return bid - ask, k * bid + (1 - k) * ask
    p = Fraction(price) if rule == "posted" else (Fraction(b) + Fraction(c)) / 2
    return min(Fraction(b) - p, p - Fraction(c)), p


class TestBilateralTrade(MechanismConformance):
    mechanisms = (
        BilateralTrade(price=1.0),
        BilateralTrade(price=1.0, lens=te.Revealed()),
        BilateralTrade(price=0.5, reporting="decision"),
        BilateralTrade(price=-0.5, lens=te.PartialCredit(0.5)),
        BilateralTrade("split", support=(-4.0, 4.0)),
        BilateralTrade("split", support=(-4.0, 4.0), k=1.0, lens=te.Revealed()),
        BilateralTrade("evidence"),
        BilateralTrade("evidence", lens=te.Revealed()),
        BilateralTrade("evidence", reporting="decision"),
        BilateralTrade("evidence", reporting="endorsed"),
        BilateralTrade("evidence", reporting="endorsed", lens=te.PartialCredit(0.5)),
    )
    problems = PAIRS
    examples = 20
    searched = 400

    def twin(self, mechanism, problem):
        values = problem.profile.revealed
        worth, paid, clear = [], 0.0, []
        for b, minus_c in values.T.tolist():
            both, p = struck(mechanism.rule, b, -minus_c, mechanism.price, mechanism.k, mechanism.support)
            clear.append(mechanism.rule != "split" or abs(both) > 1e-9)  # where bid and ask meet, rounding decides
            worth.append(float(both >= 0))
            paid += float(p) * (both >= 0)
        taken, sure = np.tile(worth, 2), np.tile(clear, 2)
        if not all(clear):
            return Twin(accepts=lambda found: np.array_equal(found[sure], taken[sure]) and set(found) <= {0.0, 1.0})
        return Twin(taken=taken, payments=[paid, -paid])

    def worse(self, mechanism, problem, outcome):
        """A deal for one of them only; a deal that one loses by; no deal where both gain."""
        value, cost = outcome.readings[0].values.reshape(2, -1) * [[1], [-1]]
        taken, price = outcome.taken, outcome.prices
        m = len(price)
        for x in range(m):
            alone = np.array(taken)
            alone[x] = 1 - alone[x]
            yield alone
            turned = np.array(alone)
            turned[m + x] = 1 - turned[m + x]
            both = min(value[x] - price[x], price[x] - cost[x])
            if mechanism.rule == "split":
                both = struck("split", value[x], cost[x], 0, mechanism.k, mechanism.support)[0]
            if abs(both) > 1e-6:
                yield turned


def test_thin_rules_agree_with_the_twin_where_bid_meets_ask() -> None:
    """A buyer at 1 and a seller at 3/4 in the equilibrium on [0, 1] bid and ask 3/4: they trade, at 3/4."""
    p = te.ThickProfile.from_values([[1.0], [-0.75]], unit="money")
    outcome = BilateralTrade("split").run(p)
    assert outcome.taken.tolist() == [1.0, 1.0]
    assert outcome.payments == pytest.approx([0.75, -0.75])


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(-3, 3), st.floats(0.1, 5))
def test_bids_are_those_that_replies_settle_on(v, k, low, width) -> None:
    """Chatterjee and Samuelson (1983): the equilibrium, reached from the truth by best replies."""
    top, least = replies(k, low, low + width)
    worth = np.array([low + v * width])
    bids, asks = linear_bids(worth, worth, k, low, low + width)
    assert bids[0] == pytest.approx(min(worth[0], (worth[0] + k * least) / (1 + k)), abs=1e-9 * (1 + width))
    assert asks[0] == pytest.approx(max(worth[0], (worth[0] + (1 - k) * top) / (2 - k)), abs=1e-9 * (1 + width))


@pytest.mark.parametrize("k", [0.0, 0.3, 0.5, 1.0])
def test_no_other_bid_pays_more(k) -> None:
    """Expected gains by listing 401 asks of the law, for 101 bids: the equilibrium's is the best, to the mesh."""
    costs = np.linspace(0, 1, 401)
    for v in (0.2, 0.5, 0.9):
        bids, asks = linear_bids(np.full(401, v), costs, k, 0.0, 1.0)

        def gain(x, v=v, asks=asks):
            met = asks <= x
            return float(np.where(met, v - (k * x + (1 - k) * asks), 0.0).mean())

        best = max(gain(x) for x in np.linspace(0, 1, 101))
        assert gain(bids[0]) >= best - 2e-3 * v
    for c in (0.1, 0.5, 0.8):
        bids, asks = linear_bids(costs, np.full(401, c), k, 0.0, 1.0)

        def income(y, c=c, bids=bids):
            return float(np.where(bids >= y, k * bids + (1 - k) * y - c, 0.0).mean())

        best = max(income(y) for y in np.linspace(0, 1, 101))
        assert income(asks[0]) >= best - 2e-3


def grid_of_goods(count=400):
    """Midpoints of a grid of values and costs on the unit square, each a good of its own."""
    at = (np.arange(count) + 0.5) / count
    b, c = (side.ravel() for side in np.meshgrid(at, at))
    return te.ThickProfile.from_values(np.stack([b, -c]), unit="money"), len(b)


@pytest.mark.parametrize(
    ("mechanism", "gains"),
    [
        (BilateralTrade("posted"), 1 / 8),
        (BilateralTrade("posted", price=0.25), 3 / 32),
        (BilateralTrade("split"), 9 / 64),
        (BilateralTrade("evidence"), 1 / 6),
        (BilateralTrade("split", k=1.0), 1 / 8),
    ],
)
def test_gains_from_trade(mechanism, gains) -> None:
    """Values and costs uniform: 1/6 at best, 9/64 in the linear equilibrium, the best any rule can (Myerson and
    Satterthwaite 1983), p (1 - p) / 2 at a posted price, 1/8 where the buyer names the price (half its value).
    """
    profile, goods = grid_of_goods()
    outcome = mechanism.run(profile)
    assert outcome.certified
    assert outcome.utilities().sum() / goods == pytest.approx(gains, abs=1e-3)
    assert outcome.revenue == pytest.approx(0.0, abs=1e-6)


def test_case_of_the_linear_equilibrium() -> None:
    """Chatterjee and Samuelson (1983), k = 1/2: bids 2 v / 3 + 1/12, asks 2 c / 3 + 1/4; trade with chance 9/32, and
    27/32 of what could be gained.
    """
    at = np.linspace(0.3, 0.7, 9)
    bids, asks = linear_bids(at, at, 0.5, 0.0, 1.0)
    assert bids == pytest.approx(2 * at / 3 + 1 / 12, abs=1e-12)
    assert asks == pytest.approx(2 * at / 3 + 1 / 4, abs=1e-12)
    profile, goods = grid_of_goods()
    outcome = BilateralTrade("split").run(profile)
    assert outcome.taken.sum() / (2 * goods) == pytest.approx(9 / 32, abs=2e-3)
    best = BilateralTrade("evidence").run(profile).utilities().sum()
    assert outcome.utilities().sum() / best == pytest.approx(27 / 32, abs=2e-3)


def test_the_bound_by_quadrature() -> None:
    """9/64 is the integral of b - c over b >= c + 1/4, where bid meets ask."""
    assert dblquad(lambda c, b: b - c, 0.25, 1, 0, lambda b: b - 0.25)[0] == pytest.approx(9 / 64)


def test_either_may_refuse_by_its_own_self() -> None:
    """Evidence (.5 and .3) sets .4; the buyer's decision self (.35) refuses, its endorsed self would not."""
    p = te.ThickProfile.from_values([[0.35], [-0.3]]).with_influence("dread", [[-0.15], [0.0]])
    by_decision = BilateralTrade("evidence", reporting="decision").run(p)
    by_endorsed = BilateralTrade("evidence", reporting="endorsed").run(p)
    assert by_decision.prices == pytest.approx([0.4])
    assert by_decision.taken.tolist() == [0.0, 0.0]
    assert by_endorsed.taken.tolist() == [1.0, 1.0]
    said = BilateralTrade("evidence", reporting="decision").run(p, reports=[[5.0], [-0.3]])
    assert said.prices == pytest.approx([0.4])
    assert said.taken.tolist() == [1.0, 1.0]
    assert BilateralTrade("evidence").baseline().run(p, reports=[[5.0], [-0.3]]).prices == pytest.approx([2.65])


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"rule": "auction"}, "posted"),
        ({"price": np.nan}, "finite|nan"),
        ({"price": [[1.0]]}, "shape"),
        ({"price": "dear"}, "numeric"),
        ({"k": 1.5}, "0, 1"),
        ({"support": (1.0, 1.0)}, "low < high"),
        ({"support": 3.0}, "low < high"),
        ({"reporting": "nobody"}, "reading"),
    ],
)
def test_bad_parameters(arguments, match) -> None:
    with pytest.raises(InputError, match=match):
        BilateralTrade(**arguments)


def test_bad_problems() -> None:
    two = np.array([[1.0, 2.0], [-0.5, -1.0]])
    with pytest.raises(ProblemError, match="buyer and a seller"):
        BilateralTrade().run(te.ThickProfile.from_values(np.ones((3, 2))))
    with pytest.raises(ProblemError, match="outside"):
        BilateralTrade().run(te.ThickProfile.from_values(two, outside=1.0))
    with pytest.raises(ProblemError, match="weights"):
        BilateralTrade().run(te.ThickProfile.from_values(two, weights=[2.0, 1.0]))
    with pytest.raises(InputError, match="2 goods"):
        BilateralTrade(price=(1.0, 2.0, 3.0)).run(te.ThickProfile.from_values(two))
    with pytest.raises(LensError):
        BilateralTrade(lens=te.Unanimous()).run(te.ThickProfile.from_values(two))
    assert BilateralTrade(price=(1.0, 1.5)).run(te.ThickProfile.from_values(two)).revenue == 0.0
