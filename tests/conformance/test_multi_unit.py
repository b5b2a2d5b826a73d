"""Auctions of several units keep every promise, against every way of sharing the units out."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_second_price import few_settings_of
from thickecon.testing import MechanismConformance, Twin


def successive(drawn):
    """Marginal values: every motive's contribution falls from unit to unit, so every reading's do."""
    n, k, numbers, shares, lengths = drawn
    table = np.array(numbers[: n * 2 * k], dtype=float).reshape(n, 2, k)
    table = -np.sort(-table, axis=2)
    present = np.arange(k) < np.array(lengths[:n])[:, None]
    table = np.where(present[:, None, :], table, np.nan)
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, [shares[0] / 4, shares[1] / 4], motives=motives, unit="money")


def drawn(agents, units, least=-6, most=9):
    return st.tuples(
        st.integers(*agents),
        st.integers(*units),
        st.lists(st.integers(least, most), min_size=24, max_size=24),
        st.tuples(st.integers(2, 4), st.integers(0, 2)),
        st.lists(st.integers(1, 3), min_size=4, max_size=4),
    ).map(successive)


PROFILES = drawn((1, 4), (1, 3))
RIVALS = drawn((2, 3), (1, 2), -8, 8)


def shares_out(index, units):
    """(rows,) of every way of giving agents first units."""
    held = np.bincount(index.agent, minlength=index.n_agents)
    for counts in product(*(range(h + 1) for h in held)):
        if sum(counts) <= units:
            yield (index.option < np.array(counts)[index.agent]).astype(float)


class Units(MechanismConformance):
    __test__ = False
    problems = PROFILES
    examples = 14
    searched = 250

    def due(self, mechanism, bids, winners, i):
        """What agent ``i`` pays, of ``bids`` [(bid, agent)] best first, ``winners`` of which win."""
        raise NotImplementedError

    def twin(self, mechanism, problem):
        """The best of all ways to share out; payments by hand where no two bids tie."""
        profile, reserve = problem.profile, mechanism.reserve
        index, d = profile.index, profile.rows.revealed
        worth = max(float((d - reserve) @ y) for y in shares_out(index, mechanism.units))
        bids = sorted(((b, int(i)) for b, i in zip(d, index.agent, strict=True) if b >= reserve), reverse=True)
        amounts = [b for b, _ in bids]
        if len(set(amounts)) < len(amounts) or (profile.outside is not None and np.any(profile.outside)):
            return Twin(objective=worth)
        winners = min(len(bids), mechanism.units)
        return Twin(objective=worth, payments=[self.due(mechanism, bids, winners, i) for i in range(profile.n_agents)])

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        """Every way of sharing out with less worth, one unit too many, and a second unit without the first."""
        index, net = problem.profile.index, outcome.readings[0].values - mechanism.reserve
        every = list(shares_out(index, len(index)))
        best = max(float(net @ y) for y in every if y.sum() <= mechanism.units)
        slack = getattr(mechanism, "increment", 0.0) * mechanism.units
        for y in every:
            if y.sum() > mechanism.units or net @ y < best - slack - 1e-6:
                yield y
        if index.n_options > 1 and (index.option == 1).any():
            yield (np.arange(len(index)) == np.argmax(index.option == 1)).astype(float)


class TestVickreyMultiUnit(Units):
    __test__ = True
    mechanisms = (
        *few_settings_of(te.auctions.VickreyMultiUnit, units=2),
        te.auctions.VickreyMultiUnit(units=3, reserve=1.5),
    )

    def due(self, mechanism, bids, winners, i):
        """What the others would have without i, less what they have (Clarke), the seller's reserve among the bids."""
        others = [b for b, j in bids if j != i]
        mine = sum(j == i for _, j in bids[:winners])
        have = sum(b - mechanism.reserve for b, j in bids[:winners] if j != i)
        without = sum(b - mechanism.reserve for b in others[: mechanism.units])
        return without - have + mine * mechanism.reserve


class TestAusubelClinching(TestVickreyMultiUnit):
    mechanisms = (
        *few_settings_of(te.auctions.AusubelClinching, units=2),
        te.auctions.AusubelClinching(units=3, reserve=1.5),
    )


class TestUniformPrice(Units):
    __test__ = True
    mechanisms = (
        *few_settings_of(te.auctions.UniformPrice, units=2),
        te.auctions.UniformPrice(units=3, reserve=1.5),
        te.auctions.UniformPrice(units=2, price="lowest_winning"),
    )

    def due(self, mechanism, bids, winners, i):
        price = bids[winners][0] if len(bids) > winners else mechanism.reserve
        if getattr(mechanism, "price", "") == "lowest_winning" and winners == mechanism.units:
            price = bids[winners - 1][0]
        return price * sum(j == i for _, j in bids[:winners])


class TestClock(TestUniformPrice):
    mechanisms = (*few_settings_of(te.auctions.Clock, units=2), te.auctions.Clock(units=3, reserve=1.5))


class TestPayAsBid(Units):
    __test__ = True
    mechanisms = (*few_settings_of(te.auctions.PayAsBid, units=2), te.auctions.PayAsBid(units=3, reserve=1.5))

    def due(self, mechanism, bids, winners, i):
        return sum(b for b, j in bids[:winners] if j == i)


class Steps(Units):
    """Clocks in steps of 2: what is lost is a step a unit at most, and rationing is by lottery."""

    def twin(self, mechanism, problem):
        base = super().twin(mechanism, problem)
        d, reserve = problem.profile.rows.revealed, mechanism.reserve
        step = [s for s in np.floor((d - reserve) / 2) if s >= 0]
        doing_nothing = problem.profile.outside is not None and np.any(problem.profile.outside)

        def accepts(taken):
            return taken @ (d - reserve) >= base.objective - 2.0 * mechanism.units or doing_nothing

        return Twin(accepts=accepts, payments=None if len(set(step)) < len(step) else base.payments)

    @staticmethod
    def asked(mechanism, bids, price, but=None):
        return sum(b >= price for b, j in bids if j != but)


class TestClockInSteps(Steps):
    __test__ = True
    mechanisms = (
        te.auctions.Clock(units=2, increment=2.0),
        te.auctions.Clock(units=2, increment=2.0, reserve=0.5, reporting="endorsed"),
        te.auctions.Clock(units=2, increment=2.0, lens=te.Revealed()),
    )

    def due(self, mechanism, bids, winners, i):
        price = mechanism.reserve
        while self.asked(mechanism, bids, price) > mechanism.units:
            price += 2.0
        return price * sum(j == i for _, j in bids[:winners])


class TestClinchingInSteps(Steps):
    __test__ = True
    mechanisms = (
        te.auctions.AusubelClinching(units=2, increment=2.0),
        te.auctions.AusubelClinching(units=2, increment=2.0, reserve=0.5, reporting="endorsed"),
        te.auctions.AusubelClinching(units=2, increment=2.0, lens=te.Revealed()),
    )

    def due(self, mechanism, bids, winners, i):
        """Raise the price; whenever others ask for one unit fewer than there are left, one is clinched."""
        mine, clinched, price, paid = sum(j == i for _, j in bids[:winners]), 0, mechanism.reserve, 0.0
        while clinched < mine:
            free = mechanism.units - self.asked(mechanism, bids, price, but=i) - clinched
            for _ in range(min(max(free, 0), mine - clinched)):
                clinched, paid = clinched + 1, paid + price
            price += 2.0
        return paid
