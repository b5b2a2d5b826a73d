"""Markets of buyers and sellers keep every promise, against every way to pair them."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_second_price import few_settings_of
from thickecon.testing import MechanismConformance, Twin


def market(drawn):
    """Buyers first or sellers, in any order: an endorsed worth and an influence, endorsed by a quarter."""
    sides, numbers = drawn
    n = len(sides)
    table = np.full((n, 2, 2), np.nan)
    for i, sells in enumerate(sides):
        worth, push = numbers[2 * i], numbers[2 * i + 1] - 6
        table[i, :, int(sells)] = (-worth if sells else worth), push
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, [1.0, 0.25], motives=motives, unit="money")


def markets(least, most):
    sizes = st.lists(st.booleans(), min_size=least, max_size=most)
    return st.tuples(sizes, st.lists(st.integers(0, 12), min_size=2 * most, max_size=2 * most)).map(market)


TWO_TO_FIVE, FOUR_OR_FIVE = markets(2, 5), markets(4, 5)


def pairings(selling):
    """(rows,) of every set with as many buyers as sellers."""
    for picked in product((0.0, 1.0), repeat=len(selling)):
        y = np.array(picked)
        if y[selling].sum() == y[~selling].sum():
            yield y


class TwoSides(MechanismConformance):
    __test__ = False
    problems = markets(1, 6)
    examples = 14
    searched = 250

    def prices(self, mechanism, bids, asks, q):
        """(trades, what buyers pay, what sellers get) from bids falling and asks rising, of which q pairs gain."""
        raise NotImplementedError

    def by_hand(self, mechanism, problem):
        profile = problem.profile
        index, doing_nothing = profile.index, profile.outside_reading(None)
        net = profile.rows.revealed - doing_nothing[index.agent]
        selling = index.option == 1
        bids = sorted(net[~selling].tolist(), reverse=True)
        asks = sorted((-net[selling]).tolist())
        q = 0
        while q < min(len(bids), len(asks)) and bids[q] >= asks[q]:
            q += 1
        return net, selling, bids, asks, (self.prices(mechanism, bids, asks, q) if q else (0, 0.0, 0.0))

    def twin(self, mechanism, problem):
        net, selling, bids, asks, (count, buys, sells) = self.by_hand(mechanism, problem)
        worth = sum(bids[:count]) - sum(asks[:count])
        if len({*bids, *asks}) < len(net):  # among equals the lottery says who trades
            return Twin(accepts=lambda taken: abs(taken @ net - worth) < 1e-9)
        taken = np.where(selling, -net <= asks[count - 1], net >= bids[count - 1]) if count else 0 * net
        agent = problem.profile.index.agent
        paid = np.zeros(problem.profile.n_agents)
        paid[agent] = taken * np.where(selling, -sells, buys)
        return Twin(taken=taken, payments=paid)

    def witness_problems(self, mechanism, claim):
        return FOUR_OR_FIVE if claim.name == "no_deficit" else TWO_TO_FIVE

    def worse(self, mechanism, problem, outcome):
        """Every set that is not balanced, and every balanced one with other gains than the rule leaves."""
        index, scores = problem.profile.index, outcome.readings[0].values
        selling, here = index.option == 1, float(scores @ outcome.taken)
        for picked in product((0.0, 1.0), repeat=len(index)):
            y = np.array(picked)
            if y[selling].sum() != y[~selling].sum() or abs(scores @ y - here) > 1e-6:
                yield y


class TestDoubleAuction(TwoSides):
    __test__ = True
    mechanisms = (
        *few_settings_of(te.auctions.DoubleAuction),
        te.auctions.DoubleAuction(k=0.0, lens=te.Revealed()),
        te.auctions.DoubleAuction(k=1.0, reporting="endorsed"),
    )

    def prices(self, mechanism, bids, asks, q):
        """Prices at which exactly these trade, by trying all that are stated."""
        fit = [
            p
            for p in {*bids, *asks}
            if sum(b > p for b in bids) <= q <= sum(b >= p for b in bids)
            and sum(a < p for a in asks) <= q <= sum(a <= p for a in asks)
        ]
        price = (1 - mechanism.k) * min(fit) + mechanism.k * max(fit)
        return q, price, price

    def twin(self, mechanism, problem):
        base = super().twin(mechanism, problem)
        best = max(float(self.by_hand(mechanism, problem)[0] @ y) for y in pairings(problem.profile.index.option == 1))
        return Twin(taken=base.taken, payments=base.payments, objective=best, accepts=base.accepts)


class TestMcAfee(TwoSides):
    __test__ = True
    mechanisms = few_settings_of(te.auctions.McAfee)

    def prices(self, mechanism, bids, asks, q):
        if q < len(bids) and q < len(asks):
            p = (bids[q] + asks[q]) / 2
            if asks[q - 1] <= p <= bids[q - 1]:
                return q, p, p
        return q - 1, bids[q - 1], asks[q - 1]


class TestTradeReduction(TwoSides):
    __test__ = True
    mechanisms = few_settings_of(te.auctions.TradeReduction)

    def prices(self, mechanism, bids, asks, q):
        return q - 1, bids[q - 1], asks[q - 1]
