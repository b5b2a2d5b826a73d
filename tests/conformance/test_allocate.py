"""Allocate keeps every promise: against all whole allocations, programmes written out agent by agent, and options."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import LensError, NotApplicableError
from thickecon.testing import CLAIM_TESTS, MechanismConformance, Twin, strategies
from thickecon.welfare import Allocate, Atkinson, Leximin, Maximin, Nash, Utilitarian

LENSES = (te.Endorsed(), te.Revealed(), te.PartialCredit(0.5))


def read(problem, lens):
    """(rows,) values and (n,) worth of doing nothing."""
    made = lens.read(problem.profile)
    return made.values, made.outside


def people(problem):
    weights = problem.profile.weights
    return np.ones(problem.profile.n_agents) if weights is None else np.asarray(weights)


def score(welfare, u, w):
    """How good utilities (..., n) are; -inf outside the domain. Leximin: people in a row, the worst off first.

    For all but the sum this is the utility that, held by all, is as good: the textbook formula of each.
    """
    if isinstance(welfare, Leximin):
        return np.sort(np.repeat(u, w.astype(int), axis=-1), axis=-1)
    if isinstance(welfare, Utilitarian):
        return u @ w
    if isinstance(welfare, Maximin):
        return u.min(axis=-1)
    epsilon, share = 1.0 if isinstance(welfare, Nash) else welfare.epsilon, w / w.sum()
    least = u.min(axis=-1)
    outside = (least < 0) | ((least == 0) & (epsilon >= 1))
    with np.errstate(all="ignore"):
        made = np.prod(u**share, axis=-1) if epsilon == 1 else (u ** (1 - epsilon) @ share) ** (1 / (1 - epsilon))
    return np.where(outside, -np.inf, made)


def better(one, other, tol=0.0):
    """Is the first score greater, by more than tol of its size (level by level for leximin)?"""
    one, other = np.atleast_1d(one), np.atleast_1d(other)
    with np.errstate(invalid="ignore"):  # two utilities outside the domain
        near = np.abs(one - other) <= tol * np.maximum(1, np.abs(one))
    far = np.flatnonzero(~near & (one != other))
    return bool(len(far)) and bool(one[far[0]] > other[far[0]])


@cache
def whole_allocations(problem):
    """(k, rows) every 0/1 vector over rows that breaks no limit, each limit checked by itself."""
    index = problem.profile.index
    x = np.array(list(product((0.0, 1.0), repeat=len(index)))).reshape(2 ** len(index), len(index))
    fine = np.ones(len(x), dtype=bool)
    for option in range(index.n_options):
        fine &= x[:, index.option == option].sum(axis=1) <= problem.supply[option]
    for i in range(index.n_agents):
        mine = index.agent == i
        fine &= x[:, mine].sum(axis=1) <= (np.inf if problem.demand is None else problem.demand[i])
        for pair in problem.conflicts:
            fine &= x[:, mine & np.isin(index.option, pair)].sum(axis=1) <= 1
    return x[fine]


def utilities(problem, taken, values, outside):
    """(..., n) of allocations (..., rows): what is taken, and doing nothing for what is left of the first unit."""
    made = []
    for i in range(problem.profile.n_agents):
        mine = problem.profile.index.agent == i
        idle = np.maximum(0.0, 1.0 - taken[..., mine].sum(axis=-1))
        made.append(taken[..., mine] @ values[mine] + outside[i] * idle)
    return np.stack(made, axis=-1)


def scores(problem, welfare, lens, taken=None):
    taken = whole_allocations(problem) if taken is None else taken
    return score(welfare, utilities(problem, np.asarray(taken, dtype=float), *read(problem, lens)), people(problem))


def top(all_scores):
    """The best of many scores."""
    best = all_scores[0]
    for one in all_scores[1:]:
        best = one if better(one, best) else best
    return best


def beyond(problem):
    """Some 0/1 vectors that break a limit."""
    rows, fine = len(problem.profile.index), {tuple(x) for x in whole_allocations(problem)}
    every = product((1.0, 0.0), repeat=rows)
    return [np.array(x) for _, x in zip(range(16), every, strict=False) if x not in fine][:4]


# ---- problems ---------------------------------------------------------------------------------------------------

SMALL = {"agents": (1, 3), "options": (1, 3), "motives": (1, 2)}
GAIN = {**SMALL, "least": 1, "outside": False, "lists": False}


def weighed(problems):
    """Agents that stand for one, two or three people."""

    def give(problem, weights):
        given = np.array(weights[: problem.profile.n_agents])
        given.flags.writeable = False
        return problem.with_profile(replace(problem.profile, weights=given))

    return st.builds(give, problems, st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=4, max_size=4))


def one_each(problem):
    """The same with a demand of one, so that doing nothing may be worth something though shares are divisible."""
    return te.Assignment(problem.profile, problem.supply, 1)


def can_gain(problem):
    """Under each lens some whole allocation leaves nobody with nothing: Nash is defined, divisible or not."""
    return all((scores(problem, Maximin(), lens) > 0).any() for lens in LENSES)


WHOLE = strategies.assignments(**SMALL)
SHARES = st.one_of(strategies.assignments(**SMALL, outside=False), strategies.assignments(**SMALL).map(one_each))
GAINS = strategies.assignments(**{**GAIN, "agents": (1, 2), "options": (2, 3)}).filter(can_gain)


def contested(push):
    """One seat each; endorsed (4, 1), (4, 3): agent 0 gets the first option, and agent 1 wants it, so it lies.

    The influence moves 2 x push from agent 1's second option to agent 0's: from 1/2 on the decision selves want the
    seats the other way round, from 1 on partial credit of a half does too.
    """
    table = [[[4.0, 1.0], [0.0, 2 * push]], [[4.0, 3.0], [0.0, -2 * push]]]
    motives = [te.Motive("value"), te.Motive("advert", "influence")]
    return te.Assignment(te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives), 1, 1)


class Promises(MechanismConformance):
    """Refuted claims have witnesses of two agents and two options."""

    searched = 8
    pairs = st.sampled_from([contested(push) for push in (0.875, 1.25)])

    def witness_problems(self, mechanism, claim):
        return self.pairs


# ---- whole units ------------------------------------------------------------------------------------------------


class Whole(Promises):
    examples = 7
    problems = weighed(WHOLE)

    def twin(self, mechanism, problem):
        best = top(scores(problem, mechanism.welfare, te.Revealed()))
        return Twin(
            objective=None if isinstance(mechanism.welfare, Leximin) or mechanism.ambiguity else float(best),
            accepts=lambda taken: (
                (whole_allocations(problem) == np.rint(taken)).all(axis=1).any()
                and not better(best, scores(problem, mechanism.welfare, te.Revealed(), taken), 1e-6)
            ),
        )

    def worse(self, mechanism, problem, outcome):
        every = scores(problem, mechanism.welfare, mechanism.lens)
        best = top(every)
        bad = [x for x, s in zip(whole_allocations(problem), every, strict=True) if better(best, s, 1e-3)]
        yield from bad[:: max(len(bad) // 20, 1)]
        yield from beyond(problem)
        if len(outcome.taken):
            yield np.array(outcome.taken) * 0.5 + 0.25  # no whole units


class TestWhole(Whole):
    mechanisms = (
        *(Allocate(Utilitarian(), integral=True, lens=lens) for lens in LENSES),
        Allocate(Maximin(), integral=True),
        Allocate(Leximin(), integral=True),
    )


class TestWholeOfGains(Whole):
    mechanisms = (
        Allocate(Nash(), integral=True),
        Allocate(Atkinson(0.5), integral=True, lens=te.Revealed()),
        Allocate(Atkinson(2.0), integral=True),
        Allocate(Atkinson(60.0), integral=True),
    )
    problems = weighed(GAINS)
    examples = 3


# ---- shares -----------------------------------------------------------------------------------------------------


def programme(problem, values, outside):
    """Utilities as expressions, and constraints: one row, one agent, one option at a time."""
    index = problem.profile.index
    x, idle = cp.Variable(max(len(index), 1), nonneg=True), cp.Variable(index.n_agents, nonneg=True)
    constraints, made = [x <= 1], []
    for option in range(index.n_options):
        rows = np.flatnonzero(index.option == option)
        constraints += [cp.sum(x[rows]) <= problem.supply[option]] if len(rows) else []
    for i in range(index.n_agents):
        rows = np.flatnonzero(index.agent == i)
        used = cp.sum(x[rows]) if len(rows) else cp.Constant(0.0)
        limit = np.inf if problem.demand is None else problem.demand[i]
        constraints += [used <= limit] if np.isfinite(limit) else []
        constraints += [idle[i] == 1 - used] if limit <= 1 else [idle[i] >= 1 - used]
        made.append((values[rows] @ x[rows] if len(rows) else 0.0) + outside[i] * idle[i])
        for pair in problem.conflicts:
            both = [r for r in rows if index.option[r] in pair]
            constraints += [cp.sum(x[both]) <= 1] if len(both) == 2 else []
    return cp.hstack(made), constraints


def best_shares(welfare, problem, values, outside):
    """Score of the best shares; for leximin, people's levels by raising the sums of the k least in turn."""
    u, constraints = programme(problem, values, outside)
    w = people(problem)
    share = w / w.sum()

    def solve(objective, *more, solver=cp.CLARABEL):
        return float(cp.Problem(cp.Maximize(objective), [*constraints, *more]).solve(solver=solver))

    if isinstance(welfare, Utilitarian):
        return solve(w @ u, solver=cp.HIGHS)
    if isinstance(welfare, Maximin):
        return solve(cp.min(u), solver=cp.HIGHS)
    if isinstance(welfare, Nash):
        return float(np.exp(solve(share @ cp.log(u))))
    if isinstance(welfare, Atkinson):
        return -1 / solve(-share @ cp.inv_pos(u)) if welfare.epsilon == 2 else solve(share @ cp.sqrt(u)) ** 2
    held, sums = [], [0.0]
    for k in range(1, u.shape[0] + 1):
        least = cp.sum_smallest(u, k) if k < u.shape[0] else cp.sum(u)
        sums.append(solve(least, *held, solver=cp.HIGHS))
        held.append(least >= sums[-1] - 1e-9)
    return np.diff(sums)


class Shares(Promises):
    """Against programmes in cvxpy; halves of everything are worse, a share of every row too much."""

    examples = 5
    problems = weighed(SHARES)

    def twin(self, mechanism, problem):
        values, outside = read(problem, te.Revealed())
        best = best_shares(mechanism.welfare, problem, values, outside)
        if not isinstance(mechanism.welfare, Leximin) and not mechanism.ambiguity:
            return Twin(objective=best)
        if not isinstance(mechanism.welfare, Leximin):
            welfare, w = mechanism.welfare, people(problem)
            attained = lambda x: score(welfare, utilities(problem, x, values, outside), w)
            return Twin(accepts=lambda x: abs(attained(x) - best) <= 1e-6 * max(1, abs(best)))
        return Twin(
            accepts=lambda x: np.allclose(np.sort(utilities(problem, x, values, outside)), best, rtol=0, atol=1e-6)
        )

    def worse(self, mechanism, problem, outcome):
        taken, lens = np.array(outcome.taken), mechanism.lens
        attained = scores(problem, mechanism.welfare, lens, taken)
        if better(attained, scores(problem, mechanism.welfare, lens, taken / 2), 1e-3):
            yield taken / 2
        yield from beyond(problem)


class TestShares(Shares):
    mechanisms = (
        *(Allocate(Utilitarian(), lens=lens) for lens in LENSES[:2]),
        Allocate(Maximin(), lens=te.PartialCredit(0.5)),
        Allocate(Leximin()),
    )


class TestSharesOfGains(Shares):
    mechanisms = (Allocate(Nash()), Allocate(Atkinson(0.5), lens=te.Revealed()), Allocate(Atkinson(2.0)))
    problems = weighed(GAINS)
    examples = 3


# ---- one option for everybody -----------------------------------------------------------------------------------


class Options(Promises):
    """The columns of the table, one by one."""

    examples = 10
    problems = weighed(strategies.choices(**SMALL))
    searched = 60
    pairs = (
        strategies.profiles(
            agents=(2, 2), options=(2, 2), motives=(2, 2), least=1, outside=False, lists=False, endorsement="own"
        )
        .map(te.Choice)
        .filter(lambda c: all((read(c, lens)[0] > 0).all() for lens in LENSES))
    )

    def scores(self, welfare, problem, lens):
        shape = problem.profile.n_agents, problem.profile.n_options
        return score(welfare, read(problem, lens)[0].reshape(shape).T, people(problem))

    def twin(self, mechanism, problem):
        every = self.scores(mechanism.welfare, problem, te.Revealed())
        best = top(every)
        tops = {x for x, s in enumerate(every) if not better(best, s, 1e-9)}
        index = problem.profile.index
        return Twin(
            accepts=lambda taken: set(index.option[taken > 0.5]) <= tops and taken.sum() == index.n_agents,
            objective=None if isinstance(mechanism.welfare, Leximin) or mechanism.ambiguity else float(best),
        )

    def worse(self, mechanism, problem, outcome):
        index, every = problem.profile.index, self.scores(mechanism.welfare, problem, mechanism.lens)
        yield from [(index.option == x).astype(float) for x, s in enumerate(every) if better(top(every), s, 1e-6)]
        if index.n_agents > 1 and index.n_options > 1:
            yield (index.option == index.agent % index.n_options).astype(float)  # to each another


class TestOptions(Options):
    mechanisms = (
        *(Allocate(Utilitarian(), lens=lens) for lens in LENSES),
        Allocate(Maximin()),
        Allocate(Leximin()),
    )


class TestOptionsOfGains(Options):
    mechanisms = (Allocate(Nash()), Allocate(Atkinson(2.0)), Allocate(Atkinson(0.5), lens=te.Revealed()))
    problems = weighed(Options.pairs)


# ---- by hand ----------------------------------------------------------------------------------------------------


def test_leximin_with_one_least_utility_and_another_second() -> None:
    """Both options leave agent 0 with 1; the second gives agent 1 three instead of two."""
    problem = te.Choice(te.ThickProfile.from_values([[1.0, 1.0], [2.0, 3.0]]))
    for seed in range(5):
        outcome = Allocate(Leximin()).run(problem, rng=seed)
        assert outcome.taken.tolist() == [0, 1, 0, 1]
        other = replace(outcome, decision=replace(outcome.decision, taken=np.array([1.0, 0, 1, 0])))
        assert outcome.certified
        assert not other.certified


def test_ambiguity_reads_endorsement_or_nothing() -> None:
    profile = te.ThickProfile.from_values([[2.0, 1.0]]).with_influence("advert", [[1.0, 0.0]], se=0.5)
    for lens in (te.Revealed(), te.PartialCredit(0.5)):
        with pytest.raises(LensError, match="ambiguity is about endorsement"):
            Allocate(ambiguity="worst", lens=lens).run(profile)
    with pytest.raises(NotApplicableError, match="reports need a cardinal reading"):
        Allocate(ambiguity="worst").run(profile, reports=[[1.0, 2.0]])
    with pytest.raises(NotApplicableError, match="regret over one option"):
        Allocate(Maximin(), "regret").run(te.Choice(profile))
    with pytest.raises(LensError, match="whole identified set"):
        Allocate(lens=te.Uncertain()).run(profile)


def test_a_lie_that_empties_the_domain_is_no_gain() -> None:
    """Under Nash an agent that reports nothing but zeros gets an error, not an outcome: no counterexample."""
    problem = te.Assignment(te.ThickProfile.from_values([[3.0]]))
    (claim,) = [claim for claim in Allocate(Nash()).claims if claim.name == "truthful"]
    assert CLAIM_TESTS["truthful"](claim, Allocate(Nash()), problem) is None


def test_what_a_cautious_allocation_is_worth_at_the_estimate() -> None:
    """Values (5, 3), (4, 3.5), of which an advert is 1 of each first entry: 4 + 3.5 at the estimate, with a curve."""
    profile = te.ThickProfile.from_values([[5.0, 3.0], [4.0, 3.5]]).with_influence("ad", [[1.0, 0], [1.0, 0]], se=0.1)
    problem, mechanism = te.Assignment(profile, 1, 1), Allocate(ambiguity="worst", integral=True)
    outcome = mechanism.run(problem, rng=0)
    assert outcome.taken.tolist() == [1, 0, 0, 1]
    assert outcome.welfare == pytest.approx(7.5)
    sizes = te.sensitivity(mechanism, problem, budget=20).curve["size"].to_numpy()
    assert (np.diff(sizes[np.isfinite(sizes)]) >= 0).all()
