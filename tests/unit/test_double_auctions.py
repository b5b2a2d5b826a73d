"""Markets of buyers and sellers: published examples, VCG beside them, scale, errors."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, ProblemError

BUYERS, FIRST, SECOND = [9.0, 8.0, 7.0, 4.0], [2.0, 3.0, 4.0, 5.0], [2.0, 3.0, 4.0, 12.0]


def test_example_of_mcafee() -> None:
    """Rule of McAfee (1992): buyers 9 8 7 4; sellers 2 3 4 5 trade thrice at 4.5; with 12 for 5, twice, 6 is left."""
    rule = te.auctions.McAfee()
    one = rule.run(te.auctions.traders(BUYERS, FIRST), rng=0)
    assert (one.taken.sum() / 2, one.prices.tolist(), one.revenue) == (3.0, [4.5, 4.5], 0.0)
    two = rule.run(te.auctions.traders(BUYERS, SECOND), rng=0)
    assert (two.taken.sum() / 2, two.prices.tolist(), two.revenue) == (2.0, [7.0, 4.0], 6.0)
    reduced = te.auctions.TradeReduction().run(te.auctions.traders(BUYERS, FIRST), rng=0)
    assert (reduced.taken.sum() / 2, reduced.prices.tolist()) == (2.0, [7.0, 4.0])


def test_charges_of_clarke_leave_a_deficit_of_three() -> None:
    """VCG on the first market: buyers pay 4, sellers get 5, three trades. By exclusion, from gains of optimal sets."""
    market = te.auctions.traders(BUYERS, FIRST)
    rule = te.auctions.DoubleAuction()

    def best(profile):
        made = rule.wrap(profile)
        return float(rule.optimise(made, profile.rows.revealed) @ profile.rows.revealed)

    outcome, payments = rule.run(market, rng=0), []
    for i, name in enumerate(market.agents):
        others = best(market.restrict(agents=[a for a in market.agents if a != name]))
        payments.append(others - (best(market) - outcome.taken[i] * market.rows.revealed[i]))
    assert payments == [4.0, 4.0, 4.0, 0.0, -5.0, -5.0, -5.0, 0.0]
    assert sum(payments) == -3.0


def test_a_market_fed_by_manipulated_demand() -> None:
    """Four of 9 are worth 3 without the campaign: SIDT makes a trade that loses 1; the endorsed reading does not."""
    p = te.auctions.traders([9.0, 8.0], [2.0, 4.0]).with_influence("campaign", [0.0, 5.0, 0.0, 0.0])
    rule = te.auctions.DoubleAuction()
    sidt, thick = rule.baseline().run(p, rng=0), rule.run(p, rng=0)
    assert sidt.taken.tolist() == [1.0, 1.0, 1.0, 1.0]
    assert thick.taken.tolist() == [1.0, 0.0, 1.0, 0.0]
    gains = [float(outcome.taken @ p.rows.endorsed) for outcome in (sidt, thick)]
    assert gains == [6.0, 7.0]


def test_many_traders() -> None:
    rng = np.random.default_rng(0)
    p = te.auctions.traders(rng.random(200_000), rng.random(300_000))
    for rule in (te.auctions.DoubleAuction(), te.auctions.McAfee(), te.auctions.TradeReduction()):
        outcome = rule.run(p, rng=0)
        assert outcome.certified
        # 200,000 (1 - p) = 300,000 p at p = .4, 120,000 trades
        assert outcome.prices[0] == pytest.approx(0.4, abs=0.01)
        assert outcome.taken.sum() / 2 == pytest.approx(120_000, rel=0.01)


def test_markets_that_are_none() -> None:
    rule = te.auctions.McAfee()
    with pytest.raises(ProblemError, match="two options"):
        rule.run(te.ThickProfile.from_values([[1.0]]))
    with pytest.raises(ProblemError, match="both buys and sells"):
        rule.run(te.ThickProfile.from_values([[1.0, -1.0]]))
    with pytest.raises(ProblemError, match="no supply"):
        rule.run(te.Assignment(te.auctions.traders([1.0], [0.5]), supply=2))
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        te.auctions.DoubleAuction(k=2.0)
    with pytest.raises(InputError, match="list of numbers"):
        te.auctions.traders([[1.0]], [1.0])
    with pytest.raises(InputError, match="finite"):
        te.auctions.traders([np.nan], [1.0])
