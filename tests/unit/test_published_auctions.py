"""Second price and VCG on auctions of the literature, numbers as printed there or in closed form.

Expectations over uniform values are means over a grid of cell midpoints, one option (an auction of its own) a cell;
what that misses is of the order of the squared width of a cell.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import thickecon as te
from thickecon.auctions.kernels import second_price, unit_demand_vcg

SecondPrice, VCG, Bids = te.auctions.SecondPrice, te.auctions.VCG, te.auctions.Bids
PLAIN = SecondPrice(reporting="endorsed")


def letters(bids, **others):
    """An XOR auction from {"AB": 2, ...}, one an agent."""
    items = sorted({item for own in bids for bundle in own for item in bundle})
    options = sorted({bundle for own in bids for bundle in own})
    rows = [(i, options.index(bundle), value) for i, own in enumerate(bids) for bundle, value in own.items()]
    agent, option, value = zip(*rows, strict=True)
    profile = te.ThickProfile.from_rows(
        agent, option, np.array([value], float), agents=range(len(bids)), options=options
    )
    return Bids(profile, [[item in bundle for item in items] for bundle in options], items=items, **others)


def units(marginal, supply):
    """One kind of item; bidders' marginal values of further units, as XOR bids on 1, 2, ... units."""
    worth = np.cumsum(np.array(marginal, dtype=float), axis=1)
    sizes = np.arange(1, worth.shape[1] + 1)[:, None]
    return Bids(te.ThickProfile.from_values(worth, unit="money"), sizes, supply=supply)


def midpoints(*cells, high=1.0):
    """(n, cells) values: the midpoints of a grid on [0, high[k]], one column a cell."""
    axes = [top * (np.arange(k) + 0.5) / k for k, top in zip(cells, np.broadcast_to(high, len(cells)), strict=True)]
    return np.array([axis.ravel() for axis in np.meshgrid(*axes)])


def mean_revenue(values, mechanism=PLAIN, **others):
    return mechanism.run(te.ThickProfile.from_values(values), rng=0, **others).revenue / values.shape[1]


# ---- bundles and units ------------------------------------------------------------------------------------------

CASES = {
    # Ausubel and Milgrom, The lovely but lonely Vickrey auction (2006)
    "lovely but lonely": ([{"AB": 2}, {"A": 2, "B": 2, "AB": 2}, {"A": 2, "B": 2, "AB": 2}], 4, [0, 0, 0]),
    # Day and Cramton, Operations Research 60 (2012), 588-603
    "Day and Cramton": ([{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}], 48, [14, 12, 0, 0, 0]),
    # constructed; charges from all 64 coalitions
    "six bidders": (
        [
            {"A": 8, "BC": 21, "ABCDE": 39},
            {"E": 11, "AD": 22, "ABCDE": 29},
            {"E": 10, "ABCE": 37, "ABCDE": 42},
            {"CDE": 26, "ABCD": 24, "ABCE": 38},
            {"AD": 20, "ACD": 21, "ABCDE": 44},
            {"E": 5, "BCDE": 38, "ABCDE": 30},
        ],
        53,
        [12, 20, 9, 0, 0, 0],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bundles(name) -> None:
    bids, welfare, payments = CASES[name]
    outcome = VCG().run(letters(bids), rng=0)
    assert outcome.welfare == welfare
    assert outcome.payments.tolist() == payments
    assert outcome.certified


def test_a_further_bidder_takes_all_revenue() -> None:
    """Ausubel and Milgrom (2006): 2 without bidder 3, nothing with it."""
    bids = CASES["lovely but lonely"][0]
    assert VCG().run(letters(bids[:2]), rng=0).revenue == 2
    assert VCG().run(letters(bids), rng=0).revenue == 0


def test_winners_of_six_bidders() -> None:
    outcome = VCG().run(letters(CASES["six bidders"][0]), rng=0)
    won = {i: outcome.profile.options[x] for i, x in outcome.matched_pairs().tolist()}
    assert won == {0: "BC", 1: "AD", 2: "E"}


def test_multi_unit_vickrey() -> None:
    """Krishna, Auction Theory, ch. 12: six units, units won 3, 1, 2, charges from the three reduced markets."""
    problem = units([[50, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]], supply=6)
    outcome = VCG().run(problem, rng=0)
    assert (outcome.partner + 1).tolist() == [3, 1, 2]
    assert outcome.payments.tolist() == [72, 32, 60]


def test_clinching_example() -> None:
    """Ausubel (2004), doi:10.1257/0002828043052330: five units; the clock's clinches add up to these charges."""
    values = [[123, 113, 103], [75, 5, 3], [125, 125, 49], [85, 65, 7], [45, 25, 5]]
    outcome = VCG().run(units(values, supply=5), rng=0)
    assert (outcome.partner + 1).tolist() == [3, 0, 2, 0, 0]
    clinches = ((65, 0), (75, 0), (75, 2), (85, 0), (85, 2))
    assert outcome.payments.tolist() == [sum(price for price, who in clinches if who == i) for i in range(5)]
    assert outcome.payments.tolist() == [225, 0, 160, 0, 0]


def test_houses() -> None:
    """Shapley and Shubik (1972), doi:10.1007/BF01753437: seller costs are reserves, charges the least core prices."""
    profile = te.ThickProfile.from_values([[23.0, 22.0, 21.0], [26.0, 24.0, 22.0], [20.0, 21.0, 17.0]])
    outcome = VCG(reserve=(18, 15, 19)).run(Bids(profile, language="unit"), rng=0)
    assert outcome.welfare == 16
    assert outcome.partner.tolist() == [2, 0, 1]
    assert outcome.payments.tolist() == [19, 21, 20]
    assert outcome.prices.tolist() == [21, 20, 19]


def test_greatest_core_prices_of_houses() -> None:
    """Shapley and Shubik (1972): at the greatest prices each seller has what its house adds, 23, 21 and 20.

    By exclusion: the cost, and the worth of all less the worth without the house; and no buyer is left with less than
    nothing at them, nor would rather have another house.
    """
    values = np.array([[23.0, 22.0, 21.0], [26.0, 24.0, 22.0], [20.0, 21.0, 17.0]])
    costs = np.array([18.0, 15.0, 19.0])

    def worth(houses):
        market = te.ThickProfile.from_values(values[:, houses])
        return VCG(reserve=tuple(costs[houses].tolist())).run(Bids(market, language="unit"), rng=0).welfare

    prices = [costs[j] + worth([0, 1, 2]) - worth([k for k in range(3) if k != j]) for j in range(3)]
    assert prices == [23, 21, 20]
    net = values - prices
    assert net[[0, 1, 2], [2, 0, 1]].tolist() == np.maximum(net.max(axis=1), 0).tolist()


def test_slots() -> None:
    """Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242: 200 and 100 clicks, VCG charges 600 and 200."""
    profile = te.ThickProfile.from_values(np.outer([10.0, 4.0, 2.0], [200.0, 100.0]))
    outcome = VCG().run(Bids(profile, language="unit"), rng=0)
    assert outcome.partner.tolist() == [0, 1, -1]
    assert outcome.payments.tolist() == [600, 200, 0]


def test_local_local_global() -> None:
    """Ausubel and Baranov, IJGT 49 (2020), 251: truthful VCG earns 7/12 on average.

    Locals are U[0, 1] on one item each, the global bidder U[0, 2] on both. Markets side by side, bidders OR.
    """
    values = midpoints(8, 8, 16, high=(1, 1, 2))
    markets = values.shape[1]
    agent = np.repeat(np.arange(3), markets)
    item = np.arange(2 * markets).reshape(2, markets)
    bundles = np.zeros((3 * markets, 2 * markets))
    bundles[np.arange(2 * markets), item.ravel()] = 1
    bundles[2 * markets + np.arange(markets)[:, None], item.T] = 1
    profile = te.ThickProfile.from_rows(agent, np.arange(3 * markets), values.reshape(1, -1))
    outcome = VCG(reporting="endorsed").run(Bids(profile, bundles, language="OR"), rng=0)
    assert outcome.revenue / markets == pytest.approx(7 / 12, abs=0.01)


# ---- two sides: each pays what its presence costs the other bidders -----------------------------------------------


def test_double_auction_runs_a_deficit() -> None:
    """McAfee (1992), doi:10.1016/0022-0531(92)90091-U: three trades, at VCG prices of 4 to buyers and 5 to sellers."""
    buyers, costs = np.array([9.0, 8.0, 7.0, 4.0]), (2.0, 3.0, 4.0, 5.0)
    goods = te.ThickProfile.from_values(np.repeat(buyers[:, None], 4, axis=1))
    bought = VCG(reserve=costs).run(Bids(goods, language="unit"), rng=0)
    served = bought.payments > 0
    assert bought.welfare == 15
    assert bought.payments[served].tolist() == [4, 4, 4]
    seller, buyer = (table.ravel() for table in np.indices((4, 4)))
    sold = unit_demand_vcg(seller, buyer, -np.array(costs)[seller], reserve=-buyers, pivot="absent")
    assert -sold.payments[sold.payments < 0] == pytest.approx([5, 5, 5])
    assert -sold.payments.sum() - bought.revenue == 3


def test_bilateral_trade_needs_a_subsidy() -> None:
    """Myerson and Satterthwaite (1983), doi:10.1016/0022-0531(83)90048-0: an expected deficit of 1/6 on uniforms."""
    k = 40
    value, cost = midpoints(k, k)
    paid = SecondPrice(reserve=tuple(cost)).run(te.ThickProfile.from_values(value[None]), rng=0)
    zero, each = np.zeros(k * k, dtype=int), np.arange(k * k)
    received = -second_price(zero, each, -cost, reserve=-value, pivot="absent").payments.sum()
    deficit = (received - paid.revenue) / k**2
    assert deficit == pytest.approx((1 - 1 / k**2) / 6, abs=1e-9)  # the sum over the grid, in closed form
    assert deficit == pytest.approx(1 / 6, abs=1 / (5 * k**2))


# ---- expected revenue of the second price -------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "cells", "revenue"), [(1, 1000, 0.25), (2, 200, 5 / 12), (3, 48, 17 / 32)])
def test_optimal_auction_on_uniforms(n, cells, revenue) -> None:
    """Myerson (1981), doi:10.1287/moor.6.1.58: reserve 1/2 whatever n; lower and higher reserves earn less."""
    values = midpoints(*(cells,) * n)
    earned = [mean_revenue(values, SecondPrice(reserve=r, reporting="endorsed")) for r in (0.375, 0.5, 0.625)]
    assert earned[1] == pytest.approx(revenue, abs=1 / cells**2)
    assert earned[1] == max(earned)


@pytest.mark.parametrize(("n", "optimal", "plain"), [(1, 0.36788, 0.0), (2, 0.66809, 0.5), (3, 0.91723, 5 / 6)])
def test_exponential_values(n, optimal, plain) -> None:
    """Myerson (1981): reserve 1; for n = 2 revenue 2/e - 1/(2 e^2). Without a reserve: the mean second value."""
    values = np.random.default_rng(1981).exponential(size=(n, 200_000))
    for reserve, revenue in ((1.0, optimal), (0.0, plain)):
        outcome = SecondPrice(reserve=reserve, reporting="endorsed").run(te.ThickProfile.from_values(values), rng=0)
        each = outcome.prices * (outcome.winners >= 0)
        assert each.sum() == pytest.approx(outcome.revenue)
        assert abs(each.mean() - revenue) <= 4.5 * each.std() / np.sqrt(each.size)


def test_weak_and_strong_bidder() -> None:
    """Plum, IJGT 20 (1992), 393: U[0, 1] against U[0, 2]: second price 5/12, efficient welfare 13/12."""
    values = midpoints(150, 300, high=(1, 2))
    outcome = PLAIN.run(te.ThickProfile.from_values(values), rng=0)
    assert outcome.revenue / values.shape[1] == pytest.approx(5 / 12, abs=1e-4)
    assert outcome.welfare / values.shape[1] == pytest.approx(13 / 12, abs=1e-4)


def test_two_uniform_bidders() -> None:
    """Cox, Smith and Walker (1988): 1/3, whatever the bidders' aversion to risk."""
    assert mean_revenue(midpoints(200, 200)) == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(("chi", "revenue", "profit"), [(0.0, 2 / 3, 1 / 3), (0.5, 0.75, 0.25), (1.0, 5 / 6, 1 / 6)])
def test_wallet_game(chi, revenue, profit) -> None:
    """Klemperer (1998): worth s_1 + s_2 to the winner. The cursed bid (2 - chi) s + chi / 2 (2005)."""
    signals = midpoints(200, 200)
    purse = te.ThickProfile.from_values(np.repeat(signals.sum(axis=0)[None], 2, axis=0))
    outcome = PLAIN.run(purse, reports=(2 - chi) * signals + chi / 2, rng=0)
    assert outcome.revenue / signals.shape[1] == pytest.approx(revenue, abs=1e-4)
    assert outcome.surplus().sum() / signals.shape[1] == pytest.approx(profit, abs=1e-4)


@pytest.mark.parametrize("chi", [0.5, 1.0])
def test_cursed_winners_lose_below_the_break_even_signal(chi) -> None:
    """Eyster and Rabin (2005), doi:10.1111/j.1468-0262.2005.00631.x: losses on average iff s < chi / (1 + chi)."""
    for step in (-0.05, 0.05):
        own = chi / (1 + chi) + step
        other = (np.arange(1000) + 0.5) / 1000
        signals = np.array([np.full(1000, own), other])
        purse = te.ThickProfile.from_values(np.repeat(signals.sum(axis=0)[None], 2, axis=0))
        outcome = PLAIN.run(purse, reports=(2 - chi) * signals + chi / 2, rng=0)
        assert np.sign(outcome.surplus()[0]) == np.sign(step)


def test_spiteful_bids() -> None:
    """Morgan, Steiglitz and Reis (2003), a = 1/2: bids (v (1 + a) + a) / (1 + 2 a) earn 1/2.

    Such a bid is a best reply of one who loses half of what its rival gains.
    """
    a, values = 0.5, midpoints(200, 200)
    bid = lambda v: (v * (1 + a) + a) / (1 + 2 * a)
    assert bid(0.4) == pytest.approx(0.55)
    assert mean_revenue(values, reports=bid(values)) == pytest.approx((1 + 4 * a) / (3 * (1 + 2 * a)), abs=1e-4)
    other = (np.arange(2000) + 0.5) / 2000
    market = te.ThickProfile.from_values(np.array([np.full(2000, 0.4), other]))

    def payoff(said):
        won, lost = PLAIN.run(market, reports=np.array([np.full(2000, said), bid(other)]), rng=0).surplus()
        return won - a * lost

    assert payoff(bid(0.4)) >= max(payoff(said) for said in np.arange(0.35, 0.8, 0.05)) - 1e-3


def test_redistribution() -> None:
    """Cavallo (AAMAS 2006), Bailey (1997): each gets a third of the price among the others."""
    profile = te.ThickProfile.from_values([[10.0], [6.0], [4.0]])
    revenue = PLAIN.run(profile, rng=0).revenue
    others = [[j for j in range(3) if j != i] for i in range(3)]
    rebates = [PLAIN.run(profile.restrict(agents=rest), rng=0).revenue / 3 for rest in others]
    assert revenue == 6
    assert rebates == pytest.approx([4 / 3, 4 / 3, 2])
    assert revenue - sum(rebates) == pytest.approx(4 / 3)


# ---- one inflated bidder --------------------------------------------------------------------------------------------


def test_one_inflated_bidder() -> None:
    """Second price, v U[0, 1] twice, bidder 1 lifted by w = 1/2: the closed forms, integrals over the square.

    Revenue 1/2 - (1 - w)^3 / 6, loss of endorsed welfare w^2 / 2 - w^3 / 3, regret with chance w - w^2 / 2; endorsed
    Vickrey earns 1/3 and loses nothing, so the seller gains (1 - (1 - w)^3) / 6.
    """
    w, cells = 0.5, 201  # odd: the lifted value never ties
    values = midpoints(cells, cells)
    count = values.shape[1]
    wedge = np.array([np.full(count, w), np.zeros(count)])
    profile = te.ThickProfile.from_values(values + wedge).with_influence("advert", wedge)
    sidt, verified = PLAIN.baseline().run(profile, rng=0), SecondPrice(reporting="observed").run(profile, rng=0)
    loss = w**2 / 2 - w**3 / 3
    mean = lambda total: pytest.approx(total, abs=1e-4)
    assert sidt.revenue / count == mean(1 / 2 - (1 - w) ** 3 / 6)
    assert sidt.utilities().sum() / count == mean(7 / 12)
    assert (verified.utilities().sum() - sidt.utilities().sum()) / count == mean(loss)
    assert sidt.surplus()[0] / count == mean(1 / 6 - loss)
    assert (sidt.revenue - verified.revenue) / count == mean((1 - (1 - w) ** 3) / 6)
    regrets = (sidt.winners == 0) & (sidt.prices > values[0])
    assert regrets.mean() == pytest.approx(w - w**2 / 2, abs=1 / cells)


def test_additive_vcg_is_a_second_price_for_each_item() -> None:
    """Both kernels on all triples of three values, ties included: the same lottery, the same winners."""
    values = np.array(list(product((1.0, 2.0, 5.0), repeat=3))).T
    one = PLAIN.run(te.ThickProfile.from_values(values), rng=0)
    two = VCG(reporting="endorsed").run(Bids(te.ThickProfile.from_values(values), language="additive"), rng=0)
    assert one.taken.tolist() == two.taken.tolist()
    assert one.payments.tolist() == two.payments.tolist()
