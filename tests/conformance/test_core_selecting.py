"""CoreSelecting keeps every promise, against every allocation and coalition listed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import linprog

import thickecon as te
from tests.conformance.test_second_price import few_settings_of
from tests.conformance.test_vcg import allocations, net
from thickecon.testing import MechanismConformance, Twin, strategies
from thickecon.testing.pool import drawn


def least_core_revenue(problem, bids):
    """Greatest worth, and least revenue over the reserve in the core, from all coalitions; None where winners tie."""
    index, n, every = problem.profile.index, problem.profile.n_agents, allocations(problem)
    worth = every @ bids
    best = every[worth >= worth.max() - 1e-9]
    members = (every @ (index.agent[:, None] == np.arange(n))) > 0
    coalitions = np.array(list(product((False, True), repeat=n)))
    worths = np.array([worth[~(members & ~inside).any(axis=1)].max() for inside in coalitions])
    revenues = set()
    for taken in best:
        held = np.bincount(index.agent, bids * taken, minlength=n)
        least = np.minimum(worths - coalitions @ held, ~coalitions @ held)
        found = linprog(np.ones(n), A_ub=-(~coalitions).astype(float), b_ub=-least, bounds=[(0, h) for h in held])
        revenues.add(round(found.fun, 7))
    return float(worth.max()), best, revenues


class CoreAuction(MechanismConformance):
    __test__ = False
    searched = 40

    def twin(self, mechanism, problem):
        profile = problem.profile
        bids = net(problem, profile.rows.revealed, profile.outside_reading(None), mechanism.reserve)
        worth, best, _ = least_core_revenue(problem, bids)
        optima = {tuple(row) for row in best}
        return Twin(objective=worth, accepts=lambda taken: tuple(taken) in optima)

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
        return LLG


def local_local_global(numbers):
    """Two bidders for an item each and one for both: values endorsed in full, and influences by a quarter."""
    table = np.full((3, 2, 3), np.nan)
    for i, (value, pull) in enumerate(zip(numbers[:3], numbers[3:], strict=True)):
        table[i, :, i] = abs(value) + 2 * (i == 2), pull
    motives = ["value", te.Motive("influence", "influence")]
    made = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")
    return te.auctions.Bids(made, [[1, 0], [0, 1], [1, 1]])


LLG = st.lists(st.integers(-8, 8), min_size=6, max_size=6).map(local_local_global)
SMALL = {"agents": (2, 3), "options": (2, 3), "items": (2, 3), "least": -1}


class TestCoreXOR(CoreAuction):
    __test__ = True
    mechanisms = (
        *few_settings_of(te.auctions.CoreSelecting),
        te.auctions.CoreSelecting(reserve=1.5),
        te.auctions.CoreSelecting(reference_point="zero"),
        te.auctions.CoreSelecting(reference_point="bid", reserve=0.5),
        te.auctions.CoreSelecting(minimum_revenue=False),
    )
    problems = strategies.bids(language="XOR", **SMALL)
    examples = 5


class TestCoreOR(CoreAuction):
    __test__ = True
    mechanisms = (
        te.auctions.CoreSelecting(),
        te.auctions.CoreSelecting(reporting="endorsed"),
        te.auctions.CoreSelecting(reference_point="zero", reserve=1.5),
    )
    problems = strategies.bids(language="OR", outside=False, **{**SMALL, "agents": (2, 2)})
    examples = 4


class TestCoreUnitDemand(CoreAuction):
    __test__ = True
    mechanisms = (te.auctions.CoreSelecting(), te.auctions.CoreSelecting(reserve=1.5, reporting="observed"))
    problems = strategies.bids(language="unit", agents=(2, 3), items=(2, 2), least=-3)
    examples = 5


@pytest.mark.parametrize("language", ["XOR", "OR", "unit", "additive"])
def test_revenue_is_the_least_in_the_core(language) -> None:
    several = language in ("additive", "OR")
    shape = {} if language in ("unit", "additive") else {"options": (2, 3)}
    problems = strategies.bids(language=language, agents=(2, 3), items=(2, 3), least=-1, outside=not several, **shape)
    positive = 0
    for problem in drawn(problems, 25):
        for rule in ("vcg", "zero", "bid"):
            outcome = te.auctions.CoreSelecting(charge="clarke", reference_point=rule).run(problem, rng=3)
            _, best, revenues = least_core_revenue(problem, outcome.readings[0].values)
            assert tuple(outcome.taken) in {tuple(row) for row in best}
            assert min(abs(outcome.revenue - revenue) for revenue in revenues) < 1e-6
            assert outcome.certified
            positive += outcome.revenue > 0
    assert positive > 2
