"""Kelso and Crawford's auction keeps every promise, against every allocation and every vector of whole prices."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_second_price import few_settings_of
from tests.conformance.test_vcg import clarke, net
from thickecon.testing import MechanismConformance, Twin, strategies

TRIANGLE = te.auctions.GraphicMatroid(edges=((0, 1), (1, 2), (0, 2)))
NESTED = te.auctions.LaminarMatroid(sets=((0, 1), (0, 1, 2)), limits=(1, 2))

TWO = te.auctions.LaminarMatroid(sets=((0, 1, 2),), limits=(2,))


def usable(mechanism, problem, i):
    """Sets of items that agent i can use, by listing them."""
    items = range(problem.bundles.shape[1])
    most = mechanism.demand[i] if isinstance(mechanism.demand, tuple) else mechanism.demand
    most = 1 if problem.language == "unit" else len(items) if most is None else most
    every = [one for size in range(most + 1) for one in combinations(items, size)]
    if mechanism.matroid in (TRIANGLE, TWO):  # a triangle is the only cycle
        return [one for one in every if len(one) < 3]
    if mechanism.matroid in (NESTED, (NESTED, NESTED)):
        return [one for one in every if len({0, 1} & set(one)) <= 1 and len(one) <= 2]
    return every


def listed(mechanism, problem, bids):
    """Every allocation as (rows,) 0/1, that fits the supply and the sets that agents can use."""
    index = problem.profile.index
    item = problem.bundles.argmax(axis=1)[index.option]
    row_of = {(i, k): row for row, (i, k) in enumerate(zip(index.agent.tolist(), item.tolist(), strict=True))}
    choices = [
        [one for one in usable(mechanism, problem, i) if all((i, k) in row_of for k in one)]
        for i in range(index.n_agents)
    ]
    for picks in product(*choices):
        used = np.bincount([k for one in picks for k in one], minlength=len(problem.supply))
        if (used <= problem.supply).all():
            taken = np.zeros(len(index))
            taken[[row_of[i, k] for i, one in enumerate(picks) for k in one]] = 1.0
            yield taken


class Ascending(MechanismConformance):
    __test__ = False
    examples = 8
    searched = 120

    def twin(self, mechanism, problem):
        profile = problem.profile
        bids = net(problem, profile.rows.revealed, profile.outside_reading(None), mechanism.reserve)
        every = list(listed(mechanism, problem, bids))
        worth = max(float(taken @ bids) for taken in every)
        return self.compared(mechanism, problem, bids, worth)

    def compared(self, mechanism, problem, bids, worth):
        return Twin(objective=worth)

    def worse(self, mechanism, problem, outcome):
        """Allocations that fit and are worth less, and half of everything."""
        scores = outcome.readings[0].values
        bids = net(problem, scores, np.zeros(problem.profile.n_agents), mechanism.reserve)
        every = list(listed(mechanism, problem, bids))
        best = max(float(taken @ bids) for taken in every)
        slack = mechanism.increment * problem.supply.sum()
        yield from [taken for taken in every if taken @ bids < best - slack - 1e-6][:30]
        if len(bids):
            yield np.full(len(bids), 0.5)

    def witness_problems(self, mechanism, claim):
        return RIVALS


def rivals(numbers):
    """Two agents and three items: values endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 3)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    made = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")
    return te.auctions.Bids(made, language="additive")


def three(numbers):
    """Three agents who want one of two items."""
    return te.auctions.Bids(te.ThickProfile.from_values(np.array(numbers, float).reshape(3, 2)), language="unit")


THREE = st.lists(st.integers(0, 9), min_size=6, max_size=6).map(three)
RIVALS = st.lists(st.integers(-8, 8), min_size=12, max_size=12).map(rivals)
KELSO = te.auctions.KelsoCrawford


class TestWhereTruthDominates(Ascending):
    """Unit demand, and items one by one: prices are Clarke's."""

    __test__ = True
    mechanisms = (*few_settings_of(KELSO), KELSO(reserve=1.5), KELSO(demand=1))
    problems = st.one_of(
        strategies.bids(language="unit", agents=(2, 3), items=(2, 2), least=-3),
        strategies.bids(language="additive", agents=(2, 3), items=(2, 2), least=-3, outside=False),
    )

    def compared(self, mechanism, problem, bids, worth):
        if mechanism.demand is not None and problem.language != "unit":
            return Twin(objective=worth)
        _, payments = clarke(problem, bids, mechanism.reserve)
        return Twin(objective=worth, payments=None if np.isnan(payments).any() else payments)


class TestCopies(Ascending):
    """At most one of items 0 and 1, and item 2: unit demand for each of two kinds, so that prices are Clarke's."""

    __test__ = True
    mechanisms = (*few_settings_of(KELSO, matroid=NESTED), KELSO(matroid=(NESTED, NESTED), reserve=0.5))
    problems = strategies.bids(language="additive", agents=(2, 2), items=(3, 3), least=-2, outside=False)

    def compared(self, mechanism, problem, bids, worth):
        single = replace(mechanism, matroid=NESTED)
        agent, every = problem.profile.index.agent, list(listed(single, problem, bids))
        best = [taken for taken in every if taken @ bids >= worth - 1e-9]
        if len(best) > 1:
            return Twin(objective=worth)
        reserve = np.bincount(agent, best[0] * mechanism.reserve, minlength=2)
        due = [
            max(float(t @ bids) for t in every if not t[agent == i].any()) - float((best[0] * bids)[agent != i].sum())
            for i in range(2)
        ]
        return Twin(objective=worth, payments=np.array(due) + reserve)

    def worse(self, mechanism, problem, outcome):
        return super().worse(replace(mechanism, matroid=NESTED), problem, outcome)


@pytest.mark.parametrize(
    ("given", "dominates"),
    [
        ({"matroid": NESTED}, True),
        ({"matroid": (NESTED, NESTED)}, True),
        ({"matroid": te.auctions.GraphicMatroid(edges=((0, 1), (1, 0), (1, 2)))}, True),  # two edges side by side
        ({"matroid": TWO, "demand": 1}, True),
        ({"demand": (1, 0)}, True),
        ({"matroid": (NESTED, None)}, False),
        ({"matroid": TWO}, False),
        ({"matroid": TRIANGLE}, False),
        ({"demand": (1, 2)}, False),
        ({"matroid": NESTED, "increment": 1.0}, False),
    ],
)
def test_when_truth_dominates(given, dominates) -> None:
    assert KELSO(**given).truth_dominates == dominates


def test_what_is_one_kind_to_some_is_two_to_others() -> None:
    """Agent 1 wants both items at 5 each, agent 0 one of them at 10: both cost 5, and who bids for one pays nothing."""
    made = te.ThickProfile.from_values([[10.0, 10.0], [5.0, 5.0]], unit="money")
    problem = te.auctions.Bids(made, language="additive")
    one = te.auctions.LaminarMatroid(sets=((0, 1),), limits=(1,))
    mechanism = KELSO(matroid=(one, None), reporting="endorsed")
    assert mechanism.run(problem, rng=0).payments.tolist() == [5.0, 5.0]
    said = mechanism.run(problem, reports=[[10.0, 10.0], [5.0, 0.0]], rng=0)
    assert said.payments.tolist() == [0.0, 0.0]
    assert said.taken.reshape(2, 2)[1].tolist() == [1.0, 0.0]


class TestSeveralItems(Ascending):
    __test__ = True
    mechanisms = (
        *few_settings_of(KELSO, demand=2),
        KELSO(demand=(2, 1), reserve=0.5),
        KELSO(matroid=TWO),
        KELSO(matroid=TRIANGLE),
    )
    problems = strategies.bids(language="additive", agents=(2, 2), items=(3, 3), least=-2, outside=False)


class TestInSteps(Ascending):
    __test__ = True
    mechanisms = (KELSO(increment=2.0), KELSO(increment=2.0, demand=2, reporting="endorsed"))
    problems = strategies.bids(language="additive", agents=(2, 3), items=(2, 3), least=-2, outside=False)

    def witness_problems(self, mechanism, claim):
        return THREE if claim.name == "truthful" else RIVALS

    def compared(self, mechanism, problem, bids, worth):
        slack = mechanism.increment * problem.supply.sum()
        return Twin(accepts=lambda taken: taken @ bids >= worth - slack - 1e-9)


def walrasian(mechanism, problem, bids):
    """Every vector of whole prices at which some best allocation is what everybody demands."""
    index = problem.profile.index
    item = problem.bundles.argmax(axis=1)[index.option]
    table = np.full((index.n_agents, len(problem.supply)), -np.inf)
    table[index.agent, item] = bids
    every = list(listed(mechanism, problem, bids))
    best = [taken for taken in every if taken @ bids >= max(other @ bids for other in every) - 1e-9]
    sets = [usable(mechanism, problem, i) for i in range(index.n_agents)]
    for price in product(range(int(max(0.0, bids.max(initial=0.0))) + 1), repeat=len(problem.supply)):
        most = [max(sum(table[i, k] - price[k] for k in one) for one in sets[i]) for i in range(index.n_agents)]
        for taken in best:
            has = np.bincount(index.agent, (bids - np.array(price)[item]) * taken, minlength=index.n_agents)
            left = np.bincount(item, taken, minlength=len(price)) < problem.supply
            if np.allclose(has, most) and not np.array(price)[left].any():
                yield np.array(price)
                break


@pytest.mark.parametrize(
    "mechanism", [KELSO(), KELSO(demand=2), KELSO(demand=(2, 1, 1)), KELSO(matroid=NESTED), KELSO(matroid=TRIANGLE)]
)
@pytest.mark.parametrize("seed", range(12))
def test_prices_are_the_least_that_clear_the_market(mechanism, seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-1, 7, (3, 3)).astype(float)
    supply = rng.integers(1, 3, 3)
    problem = te.auctions.Bids(te.ThickProfile.from_values(values), language="additive", supply=supply)
    outcome = mechanism.run(problem, rng=seed)
    every = list(walrasian(mechanism, problem, values.ravel()))
    assert every
    least = np.min(every, axis=0)
    assert any((price == least).all() for price in every)  # a lattice (Gul and Stacchetti 1999)
    assert outcome.prices.tolist() == least.tolist()
    assert outcome.certified
    step = replace(mechanism, increment=0.25).run(problem, rng=seed)
    assert step.certified
    assert np.abs(step.prices - least).max() <= 0.25 * 9


@pytest.mark.parametrize("scale", [2.0**-40, 2.0**40])
def test_the_unit_of_money_does_not_matter(scale) -> None:
    """Amounts in other units: the same allocation, prices in the other unit."""
    values = np.random.default_rng(3).integers(0, 40, (4, 5)).astype(float)
    one, other = (
        KELSO(demand=2).run(te.auctions.Bids(te.ThickProfile.from_values(v), language="additive"), rng=0)
        for v in (values, values * scale)
    )
    assert other.taken.tolist() == one.taken.tolist()
    assert other.prices.tolist() == (one.prices * scale).tolist()
    assert other.certified


def test_large_random_market_is_certified() -> None:
    rng = np.random.default_rng(0)
    values = rng.random((30, 40)) * 10
    problem = te.auctions.Bids(te.ThickProfile.from_values(values), language="additive")
    kinds = te.auctions.LaminarMatroid(sets=tuple(tuple(range(k, k + 8)) for k in range(0, 40, 8)), limits=(2,) * 5)
    outcome = KELSO(demand=4, matroid=kinds).run(problem, rng=0)
    assert outcome.certified
    assert {v.name for v in outcome.certificate} >= {"walrasian", "least_prices", "efficient", "payments"}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"demand": -1}, "at least 0"),
        ({"demand": 1.5}, "whole"),
        ({"increment": -1.0}, "at least 0"),
        ({"matroid": "uniform"}, "independent"),
    ],
)
def test_bad_parameters(given, text) -> None:
    with pytest.raises(te.errors.InputError, match=text):
        KELSO(**given)


def test_bad_problems(monkeypatch) -> None:
    monkeypatch.setattr("thickecon.auctions.kernels.gross_substitutes.STEPS", 1_000)
    profile = te.ThickProfile.from_values([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(te.errors.ProblemError, match="found bundles"):
        KELSO().run(te.auctions.Bids(profile, [[1, 1], [1, 0]]), rng=0)
    with pytest.raises(te.errors.InputError, match="one entry for each of 2 agents, found 3"):
        KELSO(demand=(1, 2, 3)).run(te.auctions.Bids(profile, language="additive"), rng=0)
    with pytest.raises(te.errors.InputError, match="too small"):
        KELSO(increment=1e-7).run(te.ThickProfile.from_values([[2.0, 1.0], [2.0, 1.0], [2.0, 1.0]]), rng=0)
    with pytest.raises(te.errors.InputError, match="nested or apart"):
        te.auctions.LaminarMatroid(sets=((0, 1), (1, 2)), limits=(1, 1))
