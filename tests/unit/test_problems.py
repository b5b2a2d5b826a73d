"""Problems: what they hold, how norms bind, how bare profiles are wrapped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import ProblemError
from thickecon.problems import (
    Assignment,
    Bids,
    Choice,
    Linear,
    Market,
    Norm,
    Priorities,
    as_problem,
    budget,
    quota,
)

P = te.ThickProfile
NAN = float("nan")


def named() -> te.ThickProfile:
    """ann evaluates tea and milk, bob tea only, cid both."""
    return P.from_values([[1.0, 2.0], [3.0, NAN], [4.0, 5.0]], agents=["ann", "bob", "cid"], options=["tea", "milk"])


def test_assignment() -> None:
    a = Assignment(named(), supply=[2, 0.5], demand=1, conflicts=[("milk", "tea"), ("tea", "milk")])
    assert a.supply.tolist() == [2, 0.5]
    assert a.demand_or.tolist() == a.unit_demand.tolist() == [1, 1, 1]
    assert a.conflicts.tolist() == [[0, 1]], "each pair once, positions, lower first"
    free = Assignment(named())
    assert free.supply.tolist() == [1, 1]
    assert np.isinf(free.demand_or).all()
    assert free.unit_demand.tolist() == [1, 1, 1]
    assert replace(a, supply=3).conflicts.tolist() == [[0, 1]]


def test_with_profile_keeps_the_rest_and_needs_the_same_rows() -> None:
    a = Assignment(named(), supply=[2, 1], conflicts=[("tea", "milk")], norms=quota("q", named(), at_most=1))
    truth = named().with_influence("ad", 1.0)
    made = a.with_profile(truth)
    assert made.profile is truth
    assert (made.supply.tolist(), made.conflicts.tolist(), len(made.norms)) == ([2, 1], [[0, 1]], 1)
    with pytest.raises(ProblemError, match="must evaluate the same rows"):
        a.with_profile(P.from_values(np.ones((3, 2))))


def test_content_hash_sees_every_part() -> None:
    p = named()
    norm = Norm("n", Linear([1, 0, 0, 0, 0], "<=", 1.0))
    made = [
        Assignment(p),
        Assignment(p, supply=2),
        Assignment(p, demand=1),
        Assignment(p, conflicts=[("tea", "milk")]),
        Assignment(p, norms=norm),
        Assignment(p, norms=replace(norm, scope=("ann",))),
        Assignment(p, norms=replace(norm, constraint=Linear([1, 0, 0, 0, 0], "==", 1.0))),
        Assignment(p.with_endorsement(0.5)),
        Bids(p),
        Bids(p, language="unit"),
        Market.from_assignment(Assignment(p)),
    ]
    assert len({one.content_hash for one in made}) == len(made)
    assert Assignment(named()).equals(made[0])
    assert not made[0].equals(made[1])


# ---- norms ----------------------------------------------------------------------------------------------------


def test_quota_and_budget_by_hand() -> None:
    """Rows: ann-tea, ann-milk, bob-tea, cid-tea, cid-milk."""
    p = named()
    some = quota("q", p, agents=["ann", "cid"], options=["milk"], at_most=1).linear(p)
    assert some is not None
    assert (some.coefficients.tolist(), some.sense, some.bound) == ([0, 1, 0, 0, 1], "<=", 1)
    spend = budget("b", p, [3, 5], at_least=4).linear(p)
    assert spend is not None
    assert (spend.coefficients.tolist(), spend.sense, spend.bound) == ([3, 5, 3, 3, 5], ">=", 4)
    for both in ({}, {"at_most": 1, "at_least": 1}):
        with pytest.raises(ProblemError, match="exactly one"):
            quota("q", p, **both)
    with pytest.raises(ProblemError, match=r"must have shape \(2,\)"):
        budget("b", p, [1, 2, 3], at_most=1)


def test_scope_and_excuses() -> None:
    p = named()
    norm = Norm("n", Linear([1, 2, 3, 4, 5], "<=", 1), scope=["ann", "bob"], excuses="bob")
    made = norm.linear(p)
    assert made is not None
    assert made.coefficients.tolist() == [1, 2, 0, 0, 0]
    assert norm.bound_rows(p).tolist() == [True, True, False, False, False]
    assert Norm("f", lambda taken, problem: []).linear(p) is None


def test_support_is_derived_from_endorsement() -> None:
    """People-weighted mean of the least endorsement of the reasons: (3 x .2 + 1 x .5) / 4."""
    p = P.from_arrays(np.ones((2, 2, 1)), [[1.0, 0.2], [0.5, 0.9]], motives=["faith", "fear"], weights=[3, 1])
    assert Norm("n", Linear([1, 1], "<=", 1), because=("faith", "fear")).support(p) == pytest.approx(0.275)
    assert Norm("n", Linear([1, 1], "<=", 1), because="fear").support(p) == pytest.approx(0.375)
    assert Norm("n", Linear([1, 1], "<=", 1)).support(p) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear([1.0], "<", 1), r"Linear.sense: must be '<=', '>=' or '=='"),
        (lambda: Linear([NAN], "<=", 1), r"Linear.coefficients: must be finite"),
        (lambda: Linear([1.0], "<=", NAN), r"Linear.bound: must be finite"),
        (lambda: Norm("", Linear([1.0], "<=", 1)), r"Norm.name: must be a non-empty string"),
        (lambda: Norm("n", 3), r"must be a Linear or a function, found int"),
        (lambda: Norm("n", lambda taken: []), r"a function of two arguments.*lambda taken, problem"),
        (lambda: Norm("n", Linear([1.0], "<=", 1)).linear(named()), r"each of the 5 rows, found 1"),
        (lambda: Assignment(named(), norms=[quota("q", named(), at_most=1)] * 2), r"norms: names must differ"),
    ],
)
def test_norms_refuse(make: object, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        make()  # type: ignore[operator]


# ---- markets --------------------------------------------------------------------------------------------------


def test_market_from_rankings() -> None:
    m = Market([[1, 0], [0]], [[0, 1], [1]], capacities=[2, 1])
    assert m.profile is m.proposers
    assert (m.profile.n_agents, m.receivers.n_agents) == (2, 2)
    assert m.receivers_are_agents
    assert np.array_equal(m.receivers.revealed, [[2, 1], [NAN, 1]], equal_nan=True)
    back = m.swapped()
    assert back.profile is m.receivers
    assert (back.capacities.tolist(), back.demand.tolist()) == ([1, 1], [2, 1])


def test_priorities() -> None:
    scores = Priorities.from_scores([[3, NAN, 1], [1, 1, 1]])
    assert scores.profile.unit == "ordinal"
    m = Market(named(), scores)
    assert not m.receivers_are_agents
    assert not m.with_sides(named(), scores.profile).receivers_are_agents
    lists = Priorities.from_lists([[2, 0], [[0, 1, 2]]])
    assert np.array_equal(lists.profile.revealed, [[1, NAN, 2], [1, 1, 1]], equal_nan=True)


@pytest.mark.parametrize("options", [["tea", "milk"], [201, 101], [("t", 1), ("m", 2)], None])
def test_equal_priorities_rank_those_who_evaluate(options: list[object] | None) -> None:
    p = P.from_values([[1.0, NAN], [3.0, 2.0]], agents=["ann", "bob"], options=options)
    m = Market.from_assignment(Assignment(p, supply=[1, 2]))
    assert np.array_equal(m.receivers.revealed, [[1, 1], [NAN, 1]], equal_nan=True)
    assert list(m.receivers.agents) == list(p.options)
    assert (m.capacities.tolist(), m.demand.tolist()) == ([1, 2], [1, 1])


def test_sides_of_a_market_are_profiles_or_lists() -> None:
    assert np.array_equal(
        Market([[0], [0]], Priorities([[0]])).receivers.revealed, [[1, NAN]], equal_nan=True
    )  # proposer 1 is not admitted, though no list names it
    for bad in (3, None, "ab", {0: [1]}):
        with pytest.raises(ProblemError, match="Priorities: must be a ThickProfile or one ranking"):
            Priorities(bad)  # type: ignore[arg-type]
        with pytest.raises(ProblemError, match=r"Market.receivers: must be a ThickProfile or one ranking"):
            Market([[0], [0]], bad)  # type: ignore[arg-type]
        with pytest.raises(ProblemError, match=r"Market.proposers: must be a ThickProfile or one ranking"):
            Market(bad, [[0], [0]])  # type: ignore[arg-type]


def test_what_a_market_cannot_honour() -> None:
    with pytest.raises(ProblemError, match=r"conflicts or norms.*Allocate"):
        Market.from_assignment(Assignment(named(), conflicts=[("tea", "milk")]))
    with pytest.raises(ProblemError, match="whole number"):
        Market.from_assignment(Assignment(named(), supply=0.5))


# ---- bids, choice, wrapping -----------------------------------------------------------------------------------


def test_bids() -> None:
    plain = Bids(P.from_values(np.ones((2, 3)), options=["a", "b", "c"]))
    assert plain.bundles.tolist() == np.eye(3).tolist()
    assert list(plain.items or ()) == ["a", "b", "c"]
    two = Bids(P.from_values([[1.0, 2.0]]), bundles=[[1, 1], [0, 2]], supply=[1, 2])
    assert list(two.items or ()) == [0, 1]
    with pytest.raises(ProblemError, match=r"language 'unit' needs single items, bundle 0 has more.*XOR"):
        replace(two, language="unit")
    with pytest.raises(ProblemError, match=r"Bids.language: must be one of"):
        Bids(P.from_values([[1.0]]), language="AND")  # type: ignore[arg-type]
    with pytest.raises(ProblemError, match=r"shape \(options, items\) with 1 options, found \(2, 1\)"):
        Bids(P.from_values([[1.0]]), bundles=[[1], [1]])


def test_wrapping() -> None:
    dense = P.from_values(np.ones((2, 2)))
    assert isinstance(as_problem(dense, (Assignment,), "M"), Assignment)
    assert isinstance(as_problem(dense, (Choice,), "M"), Choice)
    assert isinstance(as_problem(dense, (Market,), "M"), Market)
    bids = as_problem(dense, (Bids,), "M")
    assert isinstance(bids, Bids)
    assert bids.language == "unit"
    shop = Assignment(dense, supply=2, demand=3)
    assert as_problem(shop, (Assignment, Choice), "M") is shop
    wide = as_problem(shop, (Bids,), "M")
    assert isinstance(wide, Bids)
    assert (wide.language, wide.supply.tolist()) == ("additive", [2, 2])
    for given in (Choice(dense), [[1.0]]):
        with pytest.raises(ProblemError, match=r"VCG decides Bids, found (Choice|list).*Remedy: build one"):
            as_problem(given, (Bids,), "VCG")
