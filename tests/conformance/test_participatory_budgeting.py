"""Participatory budgeting keeps every promise, against all sets of projects and equal shares in exact fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import InputError, NotApplicableError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies
from thickecon.welfare import ParticipatoryBudgeting
from thickecon.welfare.kernels import best_within_budget, equal_shares, knapsack
from thickecon.welfare.kernels.brute_force import affordable_sets, completed, equal_shares_outcomes, subsets
from thickecon.welfare.projects import best_set


def people(problem):
    weights = problem.profile.weights
    return [1.0] * problem.profile.n_agents if weights is None else [float(w) for w in weights]


def costs_of(mechanism, m):
    return [mechanism.costs] * m if isinstance(mechanism.costs, float) else list(mechanism.costs)


def utilities(mechanism, table):
    """What each project adds, by the definitions."""
    costs = costs_of(mechanism, table.shape[1])
    if mechanism.utility == "additive":
        return table.tolist()
    gain = [1.0] * len(costs) if mechanism.utility == "approval" else costs
    return [[gain[x] if value > 0 else 0.0 for x, value in enumerate(row)] for row in table.tolist()]


def worth(problem, table, chosen):
    return sum(w * sum(row[x] for x in chosen) for w, row in zip(people(problem), table, strict=True))


def share_outcomes(mechanism, problem):
    table = utilities(mechanism, problem.profile.revealed)
    costs, who, budget = costs_of(mechanism, len(table[0])), people(problem), mechanism.budget
    grows = mechanism.completion.startswith("add1")
    step = Fraction(mechanism.step) * Fraction(budget) / Fraction(sum(who)) if grows else 0
    found = equal_shares_outcomes(table, costs, budget, who, step)
    if mechanism.completion in ("utilitarian", "add1u"):
        found = set().union(*(completed(table, costs, budget, who, s) for s in found))
    return found


def funded(problem, taken):
    return frozenset(int(x) for x in np.flatnonzero(taken[: problem.profile.n_options] > 0.5))


def weighed(problems):
    """Agents that stand for one, two or three people."""

    def give(problem, weights):
        made = np.array(weights[: problem.profile.n_agents])
        made.flags.writeable = False
        return problem.with_profile(replace(problem.profile, weights=made))

    return st.builds(give, problems, st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=5, max_size=5))


PROJECTS = weighed(strategies.choices(agents=(1, 4), options=(4, 4), motives=(1, 3), outside=False))


class Budgets(MechanismConformance):
    problems = PROJECTS
    examples = 12
    searched = 150

    def worse(self, mechanism, problem, outcome):
        """Sets beyond the budget, and projects that only some have."""
        m, n = problem.profile.n_options, problem.profile.n_agents
        fine = set(map(frozenset, affordable_sets(costs_of(mechanism, m), mechanism.budget)))
        for s in map(frozenset, subsets(m)):
            if s not in fine or not self.good(mechanism, problem, outcome, s):
                yield np.tile([float(x in s) for x in range(m)], n)
        if n > 1 and outcome.taken.any():
            yield outcome.taken * (problem.profile.index.agent > 0)

    def good(self, mechanism, problem, outcome, chosen):
        raise NotImplementedError


class TestKnapsack(Budgets):
    mechanisms = (
        ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=6),
        ParticipatoryBudgeting(costs=(2.5, 1.25, 0.0, 3.75), budget=5.0, lens=te.Revealed()),
        ParticipatoryBudgeting(costs=(np.pi, np.e, 1.0, np.sqrt(2)), budget=5.5),
        ParticipatoryBudgeting(budget=2, utility="approval", lens=te.PartialCredit(0.5)),
        ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=6, utility="cost"),
    )

    def twin(self, mechanism, problem):
        table = utilities(mechanism, problem.profile.revealed)
        sets = affordable_sets(costs_of(mechanism, len(table[0])), mechanism.budget)
        return Twin(objective=max(worth(problem, table, s) for s in sets))

    def good(self, mechanism, problem, outcome, chosen):
        table = utilities(mechanism, outcome.readings[0].values.reshape(problem.profile.n_agents, -1))
        sets = affordable_sets(costs_of(mechanism, len(table[0])), mechanism.budget)
        return worth(problem, table, chosen) >= max(worth(problem, table, s) for s in sets) - 1e-6


class TestEqualShares(Budgets):
    mechanisms = (
        ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=6, rule="equal_shares", completion="none"),
        ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=8, rule="equal_shares", step=0.25, lens=te.Revealed()),
        ParticipatoryBudgeting(budget=2, rule="equal_shares", utility="approval", completion="utilitarian"),
        ParticipatoryBudgeting(costs=(3, 2, 0, 4), budget=6, rule="equal_shares", utility="cost", completion="none"),
        ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=7, rule="equal_shares", completion="add1", step=0.5),
    )

    def twin(self, mechanism, problem):
        found = share_outcomes(mechanism, problem)
        return Twin(accepts=lambda taken: funded(problem, taken) in found)

    def good(self, mechanism, problem, outcome, chosen):
        return chosen == funded(problem, outcome.taken)


# ---- published -------------------------------------------------------------------------------------------------


def test_fifty_one_and_forty_nine() -> None:
    """Red and blue (the article on the method of equal shares in Wikipedia): 51 of 100 people want ten red projects,
    49 want ten blue ones, ten can be paid. Knapsack: ten red. Equal shares: five and five.
    """
    table = np.zeros((2, 20))
    table[0, :10] = table[1, 10:] = 1.0
    p = te.ThickProfile.from_values(table, weights=[51, 49])
    rule = ParticipatoryBudgeting(costs=1, budget=10, utility="approval")
    assert rule.run(p, rng=0).shares[0].tolist() == [1.0] * 10 + [0.0] * 10
    shares = replace(rule, rule="equal_shares").run(p, rng=0)
    assert (shares.shares[0, :10].sum(), shares.shares[0, 10:].sum()) == (5.0, 5.0)
    assert shares.certified
    bare = replace(rule, rule="equal_shares", completion="none").run(p, rng=0)  # 5.1 and 4.9 units of money
    assert (bare.shares[0, :10].sum(), bare.shares[0, 10:].sum()) == (5.0, 4.0)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_ejr_up_to_one_project(data) -> None:
    """Peters, Pierczynski and Skowron (2021), theorem 1: a group that could pay T out of its part of the budget has a
    member whom the outcome gives as much, or with one more project more, than T gives to whoever of the group gains
    least from each of its projects. By all groups and all T.
    """
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    u = np.array(data.draw(st.lists(st.lists(st.integers(0, 4), min_size=m, max_size=m), min_size=n, max_size=n)))
    cost = np.array(data.draw(st.lists(st.integers(1, 4), min_size=m, max_size=m)))
    budget = data.draw(st.integers(1, 10))
    won = set(equal_shares(u, cost, budget).bought.tolist())
    for group in filter(None, subsets(n)):
        for T in filter(None, subsets(m)):
            if cost[list(T)].sum() * n > len(group) * budget:
                continue
            promised = sum(min(u[i, x] for i in group) for x in T)
            own = [sum(u[i, x] for x in won) for i in group]
            more = [max([0, *(u[i, x] for x in range(m) if x not in won)]) for i in group]
            assert any(a >= promised or a + b > promised for a, b in zip(own, more, strict=True))


# ---- knapsack --------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-2, 6), st.integers(0, 6)), min_size=1, max_size=8),
    st.integers(0, 20),
    st.randoms(use_true_random=False),
)
def test_knapsack_by_all_subsets(items, budget, random) -> None:
    """The optimum, the first optimal set in the order given, the search and the programme: all by enumeration."""
    value, cost = np.array(items, dtype=float).T
    order = list(range(len(items)))
    random.shuffle(order)
    sets = [s for s in affordable_sets(cost.tolist(), budget) if (value[list(s)] > 0).all()]
    best = max(value[list(s)].sum() for s in sets)
    first = max((s for s in sets if value[list(s)].sum() == best), key=lambda s: [x in s for x in order])
    assert set(np.flatnonzero(knapsack(value, cost, budget, order))) == set(first)
    assert best_within_budget(value, cost, budget) == (best, True)
    whole = best_set(value, cost, budget, np.array(order))
    odd = best_set(value, cost * np.pi, budget * np.pi + 1e-6, np.array(order))
    assert set(np.flatnonzero(whole)) == set(np.flatnonzero(odd)) == set(first)


def test_a_search_that_is_cut_off_says_so() -> None:
    rng = np.random.default_rng(3)
    value, cost = rng.integers(50, 60, 40).astype(float), rng.integers(50, 60, 40).astype(float)
    best, finished = best_within_budget(value, cost, 1000.5, nodes=50)
    assert not finished
    assert best <= value.sum()


def test_ties_go_by_lottery() -> None:
    """Three alike, one can be paid: each wins about a third of 600 lotteries (mean 200, deviation 11.5)."""
    p = te.ThickProfile.from_values(np.ones((2, 3)))
    for rule in (ParticipatoryBudgeting(), ParticipatoryBudgeting(rule="equal_shares")):
        wins = np.sum([rule.run(p, rng=seed).shares[0] for seed in range(600)], axis=0)
        assert wins.sum() == 600
        assert np.abs(wins - 200).max() < 46


def test_the_lowest_number_wins_a_tie() -> None:
    """Of three projects alike one can be paid: the first in the knapsack's order, the lowest number in the lottery."""
    assert np.flatnonzero(knapsack([1, 1, 1], [1, 1, 1], 1, [2, 0, 1])).tolist() == [2]
    assert equal_shares(np.ones((2, 3)), [1, 1, 1], 1, lottery=[0.5, 0.9, 0.1]).bought.tolist() == [2]
    assert best_set(np.ones(3), np.full(3, np.pi), 4.0, np.array([1, 2, 0])).tolist() == [False, True, False]


# ---- thick -----------------------------------------------------------------------------------------------------


def test_bots_and_the_loss_bound() -> None:
    """Ten people want a park (cost 5) a little more than a road (cost 5); four bots shout for a statue. By hand:
    revealed sums 20, 18, 24: SIDT buys the statue; endorsed sums 20, 18, 0. The loss of 20 is within T3's bound of 24.
    """
    table = np.zeros((14, 2, 3))
    table[:10, 0] = [2.0, 1.8, 0.0]
    table[10:, 1] = [0.0, 0.0, 6.0]
    motives = ["value", te.Motive("bots", "influence", owner="sculptor")]
    p = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, options=["park", "road", "statue"])
    rule = ParticipatoryBudgeting(costs=5, budget=5)
    found = te.compare(rule, p, rng=0)
    frame = found.to_frame()
    assert frame.loc["thick", "objective"] - frame.loc["sidt", "objective"] == pytest.approx(20.0)
    assert found.loss_bound.value == pytest.approx(24.0)
    assert found.loss_bound.exact() == pytest.approx(24.0)  # Delta of the statue less that of the park
    assert te.certify(p, rule.run(p, rng=0)).margin is None  # a margin of options says nothing of sets


@settings(max_examples=60, deadline=None)
@given(PROJECTS)
def test_the_loss_bound_of_sets_holds(problem) -> None:
    rule = ParticipatoryBudgeting(costs=(3, 2, 2, 4), budget=6)
    thick, sidt = rule.run(problem, rng=0), rule.baseline().run(problem, rng=0)
    reading = te.Endorsed().read(problem.profile)
    loss = rule.objective(problem, thick.taken, reading) - rule.objective(problem, sidt.taken, reading)
    bound = te.certify(problem, thick).loss_bound
    assert -1e-9 <= loss <= bound.exact() + 1e-9
    assert bound.exact() <= bound.value + 1e-9


# ---- bad input -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"costs": (1, -2)}, "at least 0"),
        ({"costs": (1, np.nan)}, "finite"),
        ({"costs": [[1.0]]}, "shape"),
        ({"costs": "dear"}, "numeric"),
        ({"budget": -1}, "at least 0"),
        ({"budget": (1, 2)}, "one number"),
        ({"step": 0}, "more than 0"),
        ({"rule": "greedy"}, "knapsack, equal_shares"),
        ({"utility": "log"}, "additive"),
        ({"completion": "more"}, "add1u"),
    ],
)
def test_bad_parameters(arguments, text) -> None:
    with pytest.raises(InputError, match=text):
        ParticipatoryBudgeting(**arguments)


def test_bad_problems() -> None:
    p = te.ThickProfile.from_values([[1.0, 2.0]])
    with pytest.raises(InputError, match="2 projects, found 3"):
        ParticipatoryBudgeting(costs=(1, 2, 3)).run(p)
    with pytest.raises(ProblemError, match="outside"):
        ParticipatoryBudgeting().run(te.ThickProfile.from_values([[1.0, 2.0]], outside=1.0))
    with pytest.raises(NotApplicableError, match="maximise"):
        ParticipatoryBudgeting(rule="equal_shares").optimise(te.Choice(p), [1.0, 2.0])
