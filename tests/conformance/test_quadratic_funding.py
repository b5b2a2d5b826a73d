"""Quadratic funding keeps every promise, against sums over pairs of people and a pot shared by bisection."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.errors import InputError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies
from thickecon.welfare import QuadraticFunding


def weighed(problems):
    """Agents that stand for one, two or three people."""

    def give(problem, weights):
        made = np.array(weights[: problem.profile.n_agents])
        made.flags.writeable = False
        return problem.with_profile(replace(problem.profile, weights=made))

    return st.builds(give, problems, st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=5, max_size=5))


def by_pairs(table, weights):
    """(contributions, matches): person by person, a match of 2 sqrt(c_i c_j) for each pair."""
    money, granted = [], []
    for column in np.maximum(table, 0.0).T:
        gifts = [c for c, w in zip(column, weights, strict=True) for _ in range(int(w))]
        money.append(math.fsum(gifts))
        granted.append(math.fsum(2 * math.sqrt(a * b) for a, b in combinations(gifts, 2)))
    return np.array(money), np.array(granted)


def shared(granted, pot, cap):
    """Matches by bisection on the scale."""
    pot, cap = (math.inf if limit is None else limit for limit in (pot, cap))
    low, high = 0.0, 1.0
    if sum(min(cap, g) for g in granted) <= pot:
        low = 1.0
    else:
        for _ in range(200):
            k = (low + high) / 2
            low, high = (k, high) if sum(min(cap, k * g) for g in granted) <= pot else (low, k)
    return np.array([min(cap, low * g) for g in granted])


PROBLEMS = weighed(strategies.choices(agents=(1, 4), options=(1, 4), motives=(1, 3), outside=False))


class TestQuadraticFunding(MechanismConformance):
    mechanisms = (
        QuadraticFunding(),
        QuadraticFunding(pot=5.0),
        QuadraticFunding(pot=5.0, cap=2.0, lens=te.Revealed()),
        QuadraticFunding(cap=3.0, lens=te.PartialCredit(0.5)),
        QuadraticFunding(pot=0.0),
    )
    problems = PROBLEMS

    def twin(self, mechanism, problem):
        profile = problem.profile
        money, granted = by_pairs(profile.revealed, profile.weights)
        funding = money + shared(granted, mechanism.pot, mechanism.cap)
        shares = funding / funding.sum() if funding.sum() > 0 else funding
        pays = np.maximum(profile.revealed, 0.0).sum(axis=1)
        return Twin(taken=np.tile(shares, profile.n_agents), payments=pays)

    def worse(self, mechanism, problem, outcome):
        """Money moved from one project to another, for all or for one; everything to one project."""
        index, taken = problem.profile.index, outcome.taken
        top = int(np.argmax(taken[: index.n_options]))
        for x in range(index.n_options):
            if x != top and taken.any():
                yield taken + 0.1 * ((index.option == x).astype(float) - (index.option == top))
                yield np.where(index.agent == 0, taken + 0.1 * (index.option == x), taken)
                yield (index.option == x).astype(float)


class TestWorths(MechanismConformance):
    mechanisms = (
        QuadraticFunding(values="worths"),
        QuadraticFunding(values="worths", lens=te.Revealed()),
        QuadraticFunding(values="worths", pot=5.0),
        QuadraticFunding(values="worths", cap=3.0, lens=te.PartialCredit(0.5)),
    )
    problems = strategies.choices(agents=(1, 4), options=(1, 4), motives=(1, 3), outside=False)  # one person each

    def twin(self, mechanism, problem):
        """Gifts are squares of worths; in full, each project is funded where worths less funding are greatest."""
        profile = problem.profile
        gifts = np.maximum(profile.revealed, 0.0) ** 2
        money, granted = by_pairs(gifts, np.ones(profile.n_agents))
        funding = money + shared(granted, mechanism.pot, mechanism.cap)
        best = None
        if mechanism.pot is None and mechanism.cap is None and profile.revealed.min() >= 0:
            fine = np.linspace(0.0, 2.0 * np.sqrt(funding.max()) + 1.0, 2001)[1:]  # sqrt F
            net = [2 * s * profile.revealed.sum(axis=0) - s**2 for s in fine]
            assert np.all(np.max(net, axis=0) <= funding + 1e-9)  # the optimum is (sum a)^2 for each project
            best = float(funding.sum())
        taken = np.tile(2 * np.sqrt(funding), profile.n_agents)
        return Twin(taken=taken, payments=gifts.sum(axis=1), objective=best)

    def worse(self, mechanism, problem, outcome):
        """More money, or money for one only."""
        yield outcome.taken + 0.1
        if problem.profile.n_agents > 1:
            yield outcome.taken + 0.1 * (problem.profile.index.agent == 0)


def test_published() -> None:
    """Buterin, Hitzig and Weyl (2019): contributions of 1, 4, 9 make 36; 100 x 1 makes 10,000 and 1 x 100 makes 100."""
    details = QuadraticFunding().run(te.ThickProfile.from_values([[1.0], [4.0], [9.0]])).decision.details
    assert (details["contributions"][0], details["match"][0], details["funding"][0]) == (14.0, 22.0, 36.0)
    p = te.ThickProfile.from_values(np.vstack([np.tile([1.0, 0.0], (100, 1)), [[0.0, 100.0]]]))
    outcome = QuadraticFunding().run(p)
    assert outcome.decision.details["funding"] == pytest.approx([10_000.0, 100.0])
    assert outcome.revenue == 200.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=6), st.integers(0, 5), st.floats(-0.05, 0.3))
def test_the_gift_is_the_best_and_the_sum_is_optimal(worths, at, push) -> None:
    """People to whom funding F is worth 2 a_i sqrt F give a_i^2: no other gift is better (the match is free to them),
    and F = (sum a)^2 maximises sum_i 2 a_i sqrt F - F. Both by trying others.
    """
    at %= len(worths)
    a = np.array(worths)

    def funding(gifts):
        p = te.ThickProfile.from_values(gifts[:, None], unit="money")
        return float(QuadraticFunding().run(p).decision.details["funding"][0])

    def net(gifts):
        return 2 * a[at] * math.sqrt(funding(gifts)) - gifts[at]

    honest = a**2
    lie = np.array(honest)
    lie[at] = max(0.0, lie[at] + push)
    assert net(lie) <= net(honest) + 1e-9
    best = funding(honest)
    for other in (best * 0.9, best * 1.1, max(best + push, 0.0)):
        welfare = [2 * a.sum() * math.sqrt(f) - f for f in (best, other)]
        assert welfare[1] <= welfare[0] + 1e-9
    (verdict,) = [
        v
        for v in QuadraticFunding().run(te.ThickProfile.from_values(honest[:, None])).certificate
        if v.name == "samuelson"
    ]
    assert verdict.holds


def test_splitting_pays_and_laundering_stops_it() -> None:
    """One donor's 100, in one gift or in 25 of 4 from accounts of its own: matches of 0 and 2,400 (D (k - 1))."""
    table = np.zeros((26, 2, 1))
    table[0, 0] = 100.0
    whole = te.ThickProfile.from_arrays(table[:1], endorsement=[1.0, 0.0])
    table[0, 0] = 0.0
    table[1:, 1] = 4.0
    motives = ["gift", te.Motive("own accounts", "influence", owner="donor")]
    split = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives)
    sidt = QuadraticFunding().baseline()
    assert sidt.run(whole).decision.details["match"][0] == 0.0
    assert sidt.run(split).decision.details["match"][0] == pytest.approx(2400.0)
    thick = QuadraticFunding().run(split)
    assert thick.decision.details["funding"][0] == 0.0
    assert not thick.taken.any()
    assert thick.certified


def test_the_pot_binds_and_says_so() -> None:
    p = te.ThickProfile.from_values([[1.0, 4.0], [1.0, 4.0]])  # matches of 2 and 8
    outcome = QuadraticFunding(pot=5.0).run(p)
    assert outcome.decision.details["match"].tolist() == [1.0, 4.0]
    assert {v.name: v.holds for v in outcome.certificate}["samuelson"] is None
    capped = QuadraticFunding(pot=5.0, cap=3.5).run(p)
    assert capped.decision.details["match"].tolist() == [1.5, 3.5]
    assert capped.certified


def test_worths_and_what_sidt_loses() -> None:
    """Worths 3 and 1, of which 2 of the first are an advert's: F = 4 is best for v = (1, 1), F = 16 for d = (3, 1). By
    hand 2 (1 + 1) 2 - 4 = 4, and 2 (1 + 1) 4 - 16 = 0: SIDT loses 4.
    """
    p = te.ThickProfile.from_values([[3.0], [1.0]], unit="money").with_influence("advert", [[2.0], [0.0]])
    rule = QuadraticFunding(values="worths")
    found = te.compare(rule, p, rng=0)
    assert found.to_frame()["objective"].tolist() == pytest.approx([0.0, 4.0])
    assert found.loss_bound.exact() >= 4.0
    assert rule.run(p).decision.details["funding"].tolist() == [4.0]
    assert te.certify(p, rule.run(p)).walkers.empty


@pytest.mark.parametrize("arguments", [{"pot": -1}, {"cap": np.nan}, {"pot": "much"}, {"cap": True}, {"pot": np.inf}])
def test_bad_parameters(arguments) -> None:
    with pytest.raises(InputError, match="at least 0"):
        QuadraticFunding(**arguments)


def test_bad_problems() -> None:
    with pytest.raises(InputError, match="worths"):
        QuadraticFunding(values="prices")
    with pytest.raises(ProblemError, match="outside"):
        QuadraticFunding().run(te.ThickProfile.from_values([[1.0, 2.0]], outside=1.0))
    with pytest.raises(ProblemError, match="must evaluate all"):
        QuadraticFunding().run(te.ThickProfile.from_values([[1.0, np.nan], [1.0, 1.0]]))
