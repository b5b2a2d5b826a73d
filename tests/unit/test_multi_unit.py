"""Auctions of several units: published examples, demand reduction, scale, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thickecon as te
from thickecon.auctions.kernels.multi_unit import best_prefixes
from thickecon.errors import InputError, ProblemError

KRISHNA = [[50.0, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
AUSUBEL = [[123.0, 113, 103], [75, 5, 3], [125, 125, 49], [85, 65, 7], [45, 25, 5]]


def money(values):
    return te.ThickProfile.from_values(values, unit="money")


@pytest.mark.parametrize(
    ("kind", "payments"),
    [
        (te.auctions.PayAsBid, [137.0, 42.0, 80.0]),
        (te.auctions.UniformPrice, [96.0, 32.0, 64.0]),
        (te.auctions.VickreyMultiUnit, [72.0, 32.0, 60.0]),
        (te.auctions.AusubelClinching, [72.0, 32.0, 60.0]),
        (te.auctions.Clock, [96.0, 32.0, 64.0]),
    ],
)
def test_six_units_and_three_bidders(kind, payments) -> None:
    """Krishna, Auction Theory, chapter 12: 3, 1 and 2 units; Vickrey from three reduced problems."""
    outcome = kind(units=6).run(money(KRISHNA), rng=0)
    index = outcome.profile.index
    assert np.bincount(index.agent, outcome.taken).tolist() == [3.0, 1.0, 2.0]
    assert outcome.payments.tolist() == payments
    assert outcome.certified


@pytest.mark.parametrize("increment", [0.0, 1.0])
def test_clinching_of_ausubel(increment) -> None:
    """American Economic Review 94 (2004), 1452: clinches at 65, 75, 75, 85, 85 where a clock waits for the drop."""
    outcome = te.auctions.AusubelClinching(units=5, increment=increment).run(money(AUSUBEL), rng=0)
    assert np.bincount(outcome.profile.index.agent, outcome.taken).tolist() == [3.0, 0.0, 2.0, 0.0, 0.0]
    # in steps of 1 a bidder is in at a price of its value, so each clinch is one step later
    expected = [[65, 0], [75, 0], [75, 2], [85, 0], [85, 2]]
    later = np.array(expected) + np.array([increment, 0])
    assert outcome.decision.details["clinches"].tolist() == later.tolist()
    assert outcome.payments.sum() == 385 + 5 * increment
    assert te.auctions.UniformPrice(units=5).run(money(AUSUBEL), rng=0).prices.tolist() == [85.0]


@given(st.integers(0, 2**32 - 1))
def test_vickrey_is_vcg_on_bids(seed) -> None:
    """The same as VCG on additive bids for units of one item, whose winners a MILP finds."""
    rng = np.random.default_rng(seed)
    n, k, units = (int(x) for x in rng.integers(1, 4, 3))
    values = -np.sort(-rng.random((n, k)), axis=1).round(6)
    bids = te.Bids(money(values), bundles=np.ones((k, 1)), language="additive", supply=units)
    there = te.auctions.VCG().run(bids, rng=0)
    here = te.auctions.VickreyMultiUnit(units=units).run(money(values), rng=0)
    assert here.payments == pytest.approx(there.payments, abs=1e-6)
    assert here.taken == pytest.approx(there.taken)


def test_demand_reduction() -> None:
    """Two units, A wants both at 10, B one at 9: true bids, A pays 9 for one more; asking for one, both pay 0."""
    p = money([[10.0, 10.0], [9.0, 0.0]])
    true = te.auctions.UniformPrice(units=2).run(p, rng=0)
    assert true.payments.tolist() == [18.0, 0.0]
    less = te.auctions.UniformPrice(units=2).run(p, reports=[[10.0, 0.0], [9.0, 0.0]], rng=0)
    assert less.payments.tolist() == [0.0, 0.0]
    assert less.surplus(te.Revealed())[0] > true.surplus(te.Revealed())[0]
    vickrey = te.auctions.VickreyMultiUnit(units=2)
    assert vickrey.run(p, rng=0).surplus(te.Revealed())[0] == 11.0
    assert vickrey.run(p, reports=[[10.0, 0.0], [9.0, 0.0]], rng=0).surplus(te.Revealed())[0] == 10.0


def test_a_manufactured_second_unit_is_not_sold() -> None:
    """The second unit of A is wanted for a push of 6 alone: revealed readings sell it, endorsed ones give it to B."""
    p = money([[14.0, 8.0], [5.0, 1.0]]).with_influence("push", [[6.0, 6.0], [0.0, 0.0]])
    rule = te.auctions.VickreyMultiUnit(units=2)
    assert rule.baseline().run(p, rng=0).taken.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert rule.run(p, rng=0).taken.tolist() == [1.0, 0.0, 1.0, 0.0]


def test_many_bidders_and_units() -> None:
    """400,000 bidders of up to 3 units, 50,000 for sale; certificates by another route hold."""
    rng = np.random.default_rng(0)
    values = -np.sort(-rng.lognormal(0, 1, (400_000, 3)), axis=1)
    for kind in (te.auctions.VickreyMultiUnit, te.auctions.UniformPrice, te.auctions.AusubelClinching):
        outcome = kind(units=50_000).run(money(values), rng=0)
        assert outcome.certified
        assert outcome.taken.sum() == 50_000


def test_a_reserve_leaves_units_unsold() -> None:
    outcome = te.auctions.UniformPrice(units=3, reserve=6.0).run(money([[9.0, 5.0], [7.0, 6.0]]), rng=0)
    assert outcome.taken.tolist() == [1.0, 0.0, 1.0, 1.0]
    assert outcome.prices.tolist() == [6.0]


def test_a_bid_for_a_later_unit_counts_for_no_more_than_the_one_before() -> None:
    outcome = te.auctions.PayAsBid(units=2).run(
        money([[3.0, 2.0], [2.5, 1.0]]), reports=[[1.0, 9.0], [2.0, 0.0]], rng=0
    )
    assert outcome.payments.tolist() == [1.0, 2.0]


@given(st.integers(0, 2**32 - 1))
def test_best_prefixes_by_brute_force(seed) -> None:
    from itertools import product

    rng = np.random.default_rng(seed)
    n, k, units = (int(x) for x in rng.integers(1, 4, 3))
    weights = rng.integers(-5, 6, (n, k)).astype(float)
    counts = best_prefixes(weights, units)

    def worth(c):
        return sum(weights[i, : c[i]].sum() for i in range(n))

    best = max(worth(c) for c in product(range(k + 1), repeat=n) if sum(c) <= units)
    assert counts.sum() <= units
    assert worth(counts) == best


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"units": 0}, "at least 1"),
        ({"units": 1.5}, "whole number"),
        ({"units": True}, "whole number"),
        ({"units": 2, "reserve": -1.0}, "at least 0"),
        ({"units": 2, "reserve": [1.0, 2.0]}, "one number"),
    ],
)
def test_parameters_that_make_no_sense(made, words) -> None:
    with pytest.raises(InputError, match=words):
        te.auctions.UniformPrice(**made)


def test_prices_and_increments_that_make_no_sense() -> None:
    with pytest.raises(InputError, match="highest_losing"):
        te.auctions.UniformPrice(price="middle")
    for kind in (te.auctions.Clock, te.auctions.AusubelClinching):
        with pytest.raises(InputError, match="at least 0"):
            kind(increment=-1.0)


def test_problems_that_are_no_demand_curves() -> None:
    rule = te.auctions.VickreyMultiUnit(units=2)
    with pytest.raises(ProblemError, match="revealed marginal values must not increase; agent 0 has 1 for unit"):
        rule.run(money([[1.0, 2.0]]))
    with pytest.raises(ProblemError, match="endorsed marginal values"):
        rule.run(money([[2.0, 1.5]]).with_influence("push", [[1.0, 0.0]]))
    with pytest.raises(ProblemError, match="not for one before it"):
        rule.run(te.ThickProfile.from_arrays(np.array([[[np.nan, 2.0]]]), unit="money"))
    with pytest.raises(ProblemError, match="units come from"):
        rule.run(te.Assignment(money([[2.0, 1.0]]), supply=2))
    with pytest.raises(ProblemError, match="doing nothing"):
        rule.run(te.ThickProfile.from_values([[2.0, 1.0]], outside=0.5))
