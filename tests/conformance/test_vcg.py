"""VCG keeps every promise, against every allocation listed: single items, bundles, several units, reserves.

The twin knows one definition: an allocation is a set of bids that fits, its worth is what bids are worth less what
the seller keeps units for, and an agent pays the others' best worth without it less what they have.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from thickecon.testing import MechanismConformance, Twin, strategies
from thickecon.testing.pool import drawn

REPORTINGS, CHARGES = ("decision", "endorsed", "observed"), ("affine", "clarke")
LENSES = (te.Revealed(), te.Endorsed(), te.PartialCredit(0.5))
PAIRS = tuple(product(REPORTINGS, CHARGES))


def auction(reporting, charge, lens, **others):
    return te.auctions.VCG(reporting=reporting, charge=charge, lens=lens, **others)


def allocations(problem):
    """(rows,) 0/1 vectors that fit the supply and the language."""
    index = problem.profile.index
    rows = np.array(list(product((0.0, 1.0), repeat=len(index))))
    fits = np.all(rows @ problem.bundles[index.option] <= problem.supply, axis=1)
    if problem.language in ("unit", "XOR"):
        fits &= np.all(rows @ (index.agent[:, None] == np.arange(index.n_agents)) <= 1, axis=1)
    return rows[fits]


def net(problem, values, outside, reserve):
    """(rows,) worth of each bid beyond doing nothing and what the seller keeps its units for."""
    index = problem.profile.index
    return values - outside[index.agent] - reserve * problem.bundles[index.option].sum(axis=1)


def clarke(problem, bids, reserve):
    """Greatest worth, and charges where all best allocations agree on them."""
    index, every = problem.profile.index, allocations(problem)
    worth = every @ bids
    best = every[worth >= worth.max() - 1e-9]
    payments = []
    for i in range(index.n_agents):
        mine = index.agent == i
        kept = reserve * problem.bundles[index.option].sum(axis=1) * mine
        without = worth[(every[:, mine] == 0).all(axis=1)].max()
        bill = without - best @ (bids * ~mine) + best @ kept
        payments.append(bill[0] if np.ptp(bill) < 1e-9 else np.nan)
    return float(worth.max()), np.array(payments)


class Auction(MechanismConformance):
    __test__ = False
    language = "XOR"
    searched = 60

    def twin(self, mechanism, problem):
        profile, reserve = problem.profile, mechanism.reserve
        bids = net(problem, profile.rows.revealed, profile.outside_reading(None), reserve)
        worth, payments = clarke(problem, bids, reserve)
        every = allocations(problem)
        best = {tuple(row) for row in every[every @ bids >= worth - 1e-9]}
        return Twin(
            objective=worth,
            payments=None if np.isnan(payments).any() else payments,
            accepts=lambda taken: tuple(taken) in best,
        )

    def worse(self, mechanism, problem, outcome):
        """Allocations that fit and are worth less, sets of bids that do not fit, and half of everything."""
        scores = outcome.readings[0].values
        bids = net(problem, scores, np.zeros(problem.profile.n_agents), mechanism.reserve)
        every = allocations(problem)
        yield from every[every @ bids < (every @ bids).max() - 1e-6][:40]
        fitting = {tuple(row) for row in every}
        for row in list(product((0.0, 1.0), repeat=len(bids)))[-20:]:
            if row not in fitting:
                yield row
        if len(bids):
            yield np.full(len(bids), 0.5)

    def witness_problems(self, mechanism, claim):
        return RIVALS[self.language]


def rivals(numbers, language):
    """Two bidders for one item: a value endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 1)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    made = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")
    return te.auctions.Bids(made, language=language)


# dense in suppressed wants and in inflated ones, with a rival who sets the price
NUMBERS = st.lists(st.integers(-8, 8), min_size=4, max_size=4)
RIVALS = {
    language: NUMBERS.map(lambda drawn, language=language: rivals(drawn, language))
    for language in ("unit", "additive", "XOR", "OR")
}


@st.composite
def shared_items(draw, languages):
    """Single units of two items in three options, two of which are the same item."""
    profile = draw(strategies.profiles(agents=(2, 3), options=(3, 3), least=-2, outside=False))
    supply = draw(st.lists(st.integers(1, 2), min_size=2, max_size=2))
    return te.auctions.Bids(profile, [[1, 0], [0, 1], [1, 0]], language=draw(st.sampled_from(languages)), supply=supply)


class TestUnitDemand(Auction):
    __test__ = True
    language = "unit"
    mechanisms = (
        *(auction(*pair, lens) for pair, lens in product(PAIRS, LENSES)),
        te.auctions.VCG(reserve=1.5),
        te.auctions.VCG(reserve=1.5, reporting="endorsed"),
    )
    problems = strategies.bids(language="unit", agents=(2, 3), items=(2, 2), least=-3)
    examples = 6


# each pair of reporting and charge with one lens
EACH = (
    *(auction(*pair, lens) for pair, lens in zip(PAIRS, LENSES * 2, strict=True)),
    te.auctions.VCG(),
    te.auctions.VCG().baseline(),
    te.auctions.VCG(reserve=1.5),
)


class TestAdditive(Auction):
    __test__ = True
    language = "additive"
    mechanisms = EACH
    problems = strategies.bids(language="additive", agents=(2, 3), items=(2, 2), least=-3, outside=False)
    examples = 6


class TestXOR(Auction):
    __test__ = True
    language = "XOR"
    mechanisms = EACH
    problems = strategies.bids(language="XOR", agents=(2, 3), options=(2, 3), items=(2, 3), least=-1)
    examples = 6


class TestOR(Auction):
    __test__ = True
    language = "OR"
    mechanisms = EACH
    problems = strategies.bids(language="OR", agents=(2, 2), options=(2, 3), items=(2, 3), least=-1, outside=False)
    examples = 4


class TestSharedItems(Auction):
    """Options that are units of one item: unit demand wants one of them, additive bidders all."""

    __test__ = True
    mechanisms = (te.auctions.VCG(), te.auctions.VCG(reserve=1.0, reporting="endorsed"))
    problems = shared_items(("unit", "additive"))
    examples = 5


@pytest.mark.parametrize("language", ["unit", "additive", "XOR", "OR"])
@pytest.mark.parametrize("charge", CHARGES)
def test_charges_of_thick_profiles_by_definition(language, charge) -> None:
    """T18 as it stands: the others' scores, less i's offset, plus what the seller keeps; over all y, less at x*."""
    several = language in ("additive", "OR")
    shape = {} if language in ("unit", "additive") else {"options": (2, 3)}
    problems = strategies.bids(language=language, agents=(2, 3), items=(2, 3), least=-3, outside=not several, **shape)
    owing = 0
    for problem in drawn(problems, 40):
        profile, index = problem.profile, problem.profile.index
        reserve = np.array([1.0, 0.0, 2.0])[: problem.bundles.shape[1]]
        mechanism = te.auctions.VCG(charge=charge, reserve=tuple(reserve))
        outcome = mechanism.run(problem, rng=3)
        v = profile.rows.endorsed - profile.outside_reading(profile.endorsement)[index.agent]
        d = profile.rows.revealed - profile.outside_reading(None)[index.agent]
        kept = (problem.bundles @ reserve)[index.option]
        every = allocations(problem)
        assert (every == outcome.taken).all(axis=1).any()
        assert outcome.taken @ (v - kept) == (every @ (v - kept)).max()
        for i in range(index.n_agents):
            others = np.where(index.agent == i, (v - d) * (charge == "affine"), v) - kept
            assert outcome.payments[i] == (every @ others).max() - outcome.taken @ others
            owing += outcome.payments[i] > 0
        assert outcome.certified
    assert owing > 5
