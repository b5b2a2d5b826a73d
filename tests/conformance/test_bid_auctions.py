"""First-price, all-pay, Dutch and English auctions keep every promise, against auctions held by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_second_price import PROFILES, RIVALS, few_settings_of
from thickecon.testing import MechanismConformance, Twin


def suppliers(numbers):
    """Two suppliers for one contract: a cost endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 1)
    table[:, 0] = -np.abs(table[:, 0]) / 2
    motives = ["cost", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


SUPPLIERS = st.lists(st.integers(-8, 8), min_size=4, max_size=4).map(suppliers)


class ByHand(MechanismConformance):
    __test__ = False
    problems = PROFILES
    examples = 14
    searched = 60

    def paid(self, mechanism, ranked, i):
        """What the winner ``i`` of bids ``ranked`` (best first) pays."""
        raise NotImplementedError

    def lost(self, mechanism, bid):
        """What a loser pays."""
        return 0.0

    def twin(self, mechanism, problem):
        profile, reserve = problem.profile, mechanism.reserve
        doing_nothing = profile.outside_reading(None)
        worth, pays = 0.0, np.zeros(profile.n_agents)
        for column in profile.revealed.T:
            bids = [(v - o, i) for i, (v, o) in enumerate(zip(column, doing_nothing, strict=True)) if v == v]
            bids.sort(reverse=True)
            if not bids or bids[0][0] < reserve:
                continue
            worth += bids[0][0] - reserve
            if len(bids) > 1 and bids[0][0] == bids[1][0]:
                pays[:] = np.nan  # a tie: the lottery says who pays
            pays[bids[0][1]] += self.paid(mechanism, [b for b, _ in bids], bids[0][1])
            for bid, i in bids[1:]:
                pays[i] += self.lost(mechanism, bid)
        return Twin(objective=worth, payments=None if np.isnan(pays).any() else pays)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        """All other subsets of rows with less worth or with an option sold twice."""
        index, net = problem.profile.index, outcome.readings[0].values - mechanism.reserve
        best = sum(max([0.0, *net[index.option == x]]) for x in range(index.n_options))
        for picked in product((0.0, 1.0), repeat=min(len(index), 6)):
            taken = np.zeros(len(index))
            taken[: len(picked)] = picked
            sold = np.bincount(index.option, taken, minlength=index.n_options)
            if (sold > 1).any() or taken @ net < best - 1e-6:
                yield taken


class TestFirstPrice(ByHand):
    __test__ = True
    mechanisms = (*few_settings_of(te.auctions.FirstPrice), te.auctions.FirstPrice(reserve=1.5))

    def paid(self, mechanism, ranked, i):
        return ranked[0]


class TestAllPay(ByHand):
    __test__ = True
    mechanisms = (*few_settings_of(te.auctions.AllPay), te.auctions.AllPay(reserve=1.5))

    def paid(self, mechanism, ranked, i):
        return ranked[0]

    def lost(self, mechanism, bid):
        return bid if bid > 0 and bid >= mechanism.reserve else 0.0


class TestFees(ByHand):
    __test__ = True
    mechanisms = (
        te.auctions.SecondPrice(entry_fee=0.5),
        te.auctions.SecondPrice(entry_fee=0.5, reporting="endorsed"),
        te.auctions.SecondPrice(entry_fee=0.5, reporting="observed"),
        te.auctions.SecondPrice(entry_fee=0.5, lens=te.Revealed()),
    )

    def paid(self, mechanism, ranked, i):
        return 0.5 + max([mechanism.reserve, *ranked[1:2]])

    def lost(self, mechanism, bid):
        return 0.5 if bid >= mechanism.reserve else 0.0


class TestEnglish(ByHand):
    __test__ = True
    mechanisms = (*few_settings_of(te.auctions.English), te.auctions.English(reserve=1.5))

    def paid(self, mechanism, ranked, i):
        return max([mechanism.reserve, *ranked[1:2]])


class TestEnglishWithSignals(ByHand):
    """Milgrom and Weber (1982): the winner pays what the item is worth to it with the signal of the last rival."""

    __test__ = True
    mechanisms = (
        te.auctions.English(interdependence=0.5),
        te.auctions.English(interdependence=0.25, reserve=1.5, charge="clarke"),
        te.auctions.English(interdependence=0.5, reporting="endorsed"),
        te.auctions.English(interdependence=0.5, lens=te.Revealed()),
    )

    def paid(self, mechanism, ranked, i):
        if len(ranked) < 2:
            return mechanism.reserve
        g, n = mechanism.interdependence, len(ranked)
        signals = np.linalg.solve(np.full((n, n), g) + (1 - g) * np.eye(n), ranked)
        would = signals[1] + g * (signals.sum() - signals[0])  # the winner's worth had it the signal of its rival
        return max(mechanism.reserve, would)


class Steps(ByHand):
    """Clocks that move in steps of 1: scores are whole or half numbers, and a step is lost at most."""

    def twin(self, mechanism, problem):
        base = super().twin(mechanism, problem)
        profile = problem.profile
        doing_nothing = profile.outside_reading(None)

        def accepts(taken):
            worth = taken @ (profile.rows.revealed - doing_nothing[profile.index.agent] - mechanism.reserve)
            return worth >= base.objective - profile.n_options * 2.0

        return Twin(payments=base.payments, accepts=accepts)

    def worse(self, mechanism, problem, outcome):
        index, net = problem.profile.index, outcome.readings[0].values - mechanism.reserve
        best = sum(max([0.0, *net[index.option == x]]) for x in range(index.n_options))
        for picked in product((0.0, 1.0), repeat=min(len(index), 6)):
            taken = np.zeros(len(index))
            taken[: len(picked)] = picked
            sold = np.bincount(index.option, taken, minlength=index.n_options)
            if (sold > 1).any() or taken @ net < best - 2.0 * index.n_options:
                yield taken


class TestEnglishInSteps(Steps):
    __test__ = True
    mechanisms = (
        te.auctions.English(increment=2.0),
        te.auctions.English(increment=2.0, reserve=0.5, reporting="endorsed"),
        te.auctions.English(increment=2.0, lens=te.Revealed()),
    )

    def paid(self, mechanism, ranked, i):
        price = mechanism.reserve
        if len(ranked) < 2 or ranked[1] < price:
            return price
        while sum(bid >= price for bid in ranked) > 1:
            price += 2.0
        return price if ranked[0] >= price else price - 2.0

    def twin(self, mechanism, problem):
        base = super().twin(mechanism, problem)
        for column in problem.profile.revealed.T:  # at the same step the lottery says who pays
            bids = np.sort(np.floor((column[~np.isnan(column)] - mechanism.reserve) / 2))[::-1]
            if problem.profile.outside is not None or (len(bids) > 1 and bids[0] == bids[1] >= 0):
                return Twin(accepts=base.accepts)
        return base


class TestDutch(ByHand):
    __test__ = True
    mechanisms = (*few_settings_of(te.auctions.Dutch), te.auctions.Dutch(reserve=1.5))

    def paid(self, mechanism, ranked, i):
        return ranked[0]


class TestDutchInSteps(Steps):
    __test__ = True
    mechanisms = (
        te.auctions.Dutch(decrement=2.0),
        te.auctions.Dutch(decrement=2.0, reserve=0.5, reporting="endorsed"),
        te.auctions.Dutch(decrement=2.0, lens=te.Revealed()),
    )

    def twin(self, mechanism, problem):
        base = super().twin(mechanism, problem)
        for column in problem.profile.revealed.T:
            bids = np.sort(np.floor((column[~np.isnan(column)] - mechanism.reserve) / 2))[::-1]
            if problem.profile.outside is not None or (len(bids) > 1 and bids[0] == bids[1] >= 0):
                return Twin(accepts=base.accepts)
        return base

    def paid(self, mechanism, ranked, i):
        price = mechanism.reserve + 100.0
        while price > ranked[0]:
            price -= 2.0
        return price


class TestReverse(MechanismConformance):
    mechanisms = (
        *few_settings_of(te.auctions.Reverse, ceiling=2.5),
        te.auctions.Reverse(ceiling=1.5, pricing="first"),
        te.auctions.Reverse(ceiling=1.5, pricing="first", reporting="endorsed"),
        te.auctions.Reverse(ceiling=1.5, pricing="first", lens=te.Revealed()),
    )
    problems = PROFILES
    examples = 14
    searched = 120

    def twin(self, mechanism, problem):
        profile, worth, pays = problem.profile, 0.0, np.zeros(problem.profile.n_agents)
        doing_nothing = profile.outside_reading(None)
        for column in profile.revealed.T:
            costs = sorted((o - v, i) for i, (v, o) in enumerate(zip(column, doing_nothing, strict=True)) if v == v)
            if not costs or costs[0][0] > mechanism.ceiling:
                continue
            worth += mechanism.ceiling - costs[0][0]
            if len(costs) > 1 and costs[0][0] == costs[1][0]:
                pays[:] = np.nan
            second = min([mechanism.ceiling, *(c for c, _ in costs[1:2])])
            pays[costs[0][1]] -= second if mechanism.pricing == "second" else costs[0][0]
        return Twin(objective=worth, payments=None if np.isnan(pays).any() else pays)

    def witness_problems(self, mechanism, claim):
        """Two suppliers with costs that are endorsed in full and hopes, or fears, that are not."""
        return SUPPLIERS
