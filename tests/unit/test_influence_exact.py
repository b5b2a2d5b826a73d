"""What is called exact is: best responses against grids of efforts, and numbers worked by hand.

The grid runs the mechanism itself, so it knows nothing of kinks, duals or tangents.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.influence import BestResponse, Influence, Influencer, objective_of, pressed
from thickecon.influence.pieces import envelope

INF = float("inf")


def best_of_grid(who: Influencer, rule: Any, problem: Any, seed: int, points: int) -> float:
    """The best net gain among efforts on a grid."""
    made, value = rule.wrap(problem), objective_of(who.objective)
    base, best = value(rule.run(made, rng=seed)), 0.0
    for efforts in product(*(np.linspace(0, each.budget, points) for each in who.influences)):
        cost = who.cost(np.array(efforts))
        if cost <= who.budget:
            moved = made.with_profile(pressed(made.profile, who.influences, efforts))
            best = max(best, value(rule.run(moved, rng=seed)) - base - cost)
    return best


def check(who: Influencer, rule: Any, problem: Any, points: int) -> BestResponse:
    found = who.best_response(rule, problem, rng=3)
    best = best_of_grid(who, rule, problem, found.seed, points)
    assert found.replay(who.objective) == pytest.approx(found.gain, abs=1e-9)
    assert found.cost <= who.budget * (1 + 1e-9)
    assert best <= found.bound + 1e-6
    if found.exact:
        assert best <= found.net + 1e-4
    return found


# ---- one influence, payments included -----------------------------------------------------------------------------

whole = st.integers(0, 9).map(float)


@st.composite
def priced(draw: st.DrawFn) -> tuple[Influencer, Any, Any]:
    """A payment mechanism, three agents with wedges of either sign, one push."""
    options = draw(st.integers(1, 2))
    table = np.zeros((3, 2, options))
    table[:, 0] = np.reshape(draw(st.lists(whole, min_size=3 * options, max_size=3 * options)), (3, options))
    wedges = draw(st.lists(st.integers(-3, 3), min_size=3 * options, max_size=3 * options))
    table[:, 1] = np.reshape(wedges, (3, options))
    lens = draw(st.sampled_from([te.Endorsed(), te.PartialCredit(influence=0.5), te.Revealed()]))
    reserve = draw(st.sampled_from([0.0, 2.0]))
    auctions = te.auctions
    kind = draw(st.sampled_from(["second", "unit", "additive", "slots"]))
    table = table[:, :, :1] if kind == "slots" else table
    profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], unit="money")
    rule, problem = {
        "second": (auctions.SecondPrice(lens=lens, reserve=reserve), te.Assignment(profile)),
        "unit": (auctions.VCG(lens=lens, reserve=reserve), auctions.Bids(profile, language="unit")),
        "additive": (auctions.VCG(lens=lens), auctions.Bids(profile, language="additive")),
        "slots": (auctions.PositionVCG(clicks=[1.0, 0.5], lens=lens), te.Assignment(profile)),
    }[kind]
    rule = rule.baseline() if draw(st.booleans()) else rule
    agents = draw(st.sampled_from([None, (0,), (2,)]))
    push = Influence(
        "o", "", {0: draw(st.sampled_from([-1.0, 1.0, 2.0]))}, 8.0, draw(st.sampled_from([0.0, 0.25, 0.75])), 1.0,
        agents, draw(st.sampled_from([1.0, 2.0])),
    )  # fmt: skip
    return Influencer(draw(st.sampled_from(["revenue", {0: 2.0}])), [push]), rule, problem


@settings(max_examples=50, deadline=None)
@given(priced())
def test_one_push_on_a_payment_mechanism(case: tuple[Influencer, Any, Any]) -> None:
    assert check(*case, points=33).exact


def test_a_push_over_the_reserve() -> None:
    """Bids 4 and 3, reserve 5: lifting the first by 1 sells at 5; at a half a unit the net gain is 4.5."""
    profile = te.ThickProfile.from_values([[4.0], [3.0]], agents=["A", "B"], options=["cup"], unit="money")
    means = Influence("seller", "", "cup", 20.0, 0.5, agents=("A",))
    found = Influencer("revenue", [means]).best_response(te.auctions.SecondPrice(reserve=5.0).baseline(), profile)
    assert (found.exact, found.gain, found.net) == (True, pytest.approx(5.0), pytest.approx(4.5, abs=1e-6))


def test_a_push_over_what_doing_nothing_is_worth() -> None:
    """Staying at home is worth 8 and the school 1: seven units of effort fill the seat."""
    profile = te.ThickProfile.from_values([[1.0], [6.0]], agents=["A", "B"], options=["s"], outside=[8.0, 0.0])
    means = Influence("school", "", "s", 20.0, 0.1, agents=("A",))
    rule = te.matching.DeferredAcceptance().baseline()
    found = Influencer({"s": 1.0}, [means]).best_response(rule, te.matching.Market(profile, [[0]]))
    assert (found.exact, found.gain, found.cost) == (True, 1.0, pytest.approx(0.7, abs=1e-6))


def test_large_values_and_a_small_push() -> None:
    """A million and a million and one: one unit tips it, although the grid of readings is coarse at that size."""
    profile = te.ThickProfile.from_values([[1e6 + 1], [1e6]], agents=["A", "B"], options=["cup"])
    means = Influence("o", "", "cup", 3.0, 0.1, agents=("B",))
    found = Influencer({("B", "cup"): 1.0}, [means]).best_response(te.auctions.SecondPrice().baseline(), profile)
    assert (found.exact, found.gain, found.cost) == (True, 1.0, pytest.approx(0.1, abs=1e-4))


def test_of_an_unknown_objective_nothing_is_proved() -> None:
    """Revenue near 6.3 is best reached in the middle of a piece, where only a search looks."""
    profile = te.ThickProfile.from_values([[10.0], [3.0]], agents=["A", "B"], options=["cup"])
    means = Influence("o", "", "cup", 20.0, agents=("B",))
    found = Influencer(lambda out: -((out.revenue - 6.3) ** 2), [means]).best_response(
        te.auctions.SecondPrice().baseline(), profile
    )
    assert (found.exact, found.method, found.bound) == (False, "search", INF)
    assert found.gain == pytest.approx(3.3**2, abs=1e-3)
    verified = te.auctions.SecondPrice(reporting="observed", charge="clarke")
    liked = Influencer(lambda out: float(out.utilities(te.Revealed()).sum()), [means])
    assert liked.best_response(verified, profile).exact is False  # what is felt moves though nothing else does


def test_convex_costs_stop_where_a_further_unit_costs_what_it_brings() -> None:
    """Revenue rises one for one from 6; cost e^2 / 8, a quarter of e at the margin: stop at 4."""
    profile = te.ThickProfile.from_values([[20.0], [6.0]], agents=["A", "B"], options=["cup"], unit="money")
    means = Influence("o", "", "cup", 30.0, 0.125, agents=("B",), convexity=2.0)
    found = Influencer("revenue", [means]).best_response(te.auctions.SecondPrice().baseline(), profile)
    assert (found.exact, found.gain, found.cost) == (True, pytest.approx(4.0, abs=1e-6), pytest.approx(2.0, abs=1e-6))


def test_kinks_of_an_envelope_of_lines() -> None:
    """max(4, 2 + e, 2 e - 1) has kinks where the lines meet: e = 2 and 3."""
    rows = np.eye(3)
    kinks, speed, _ = envelope(lambda w: rows[int(np.argmax(w))], np.array([4.0, 2.0, -1.0]), np.array([0.0, 1.0, 2.0]),
                               10.0, 100)  # fmt: skip
    assert kinks == pytest.approx([2.0, 3.0])
    assert speed == 1.0


# ---- several influences ---------------------------------------------------------------------------------------------


@st.composite
def several(draw: st.DrawFn) -> tuple[Influencer, Any, Any]:
    """Two pushes on an assignment, an auction with unit demand, or a choice."""
    values = np.reshape(draw(st.lists(whole, min_size=6, max_size=6)), (3, 2))
    profile = te.ThickProfile.from_values(values, unit="money")
    rule, problem = draw(
        st.sampled_from(
            [
                (te.welfare.Allocate(), te.Assignment(profile, supply=1, demand=1)),
                (te.welfare.Allocate(integral=True), te.Assignment(profile, supply=2)),
                (te.auctions.VCG(), te.auctions.Bids(profile, language="unit")),
                (te.auctions.SecondPrice(), te.Assignment(profile)),
                (te.welfare.Allocate(), te.Choice(profile)),
            ]
        )
    )
    pushes = [
        Influence(
            "o", str(k), {draw(st.integers(0, 1)): draw(st.sampled_from([1.0, 2.0, -1.0]))},
            draw(st.sampled_from([2.0, 5.0])), draw(st.sampled_from([0.0, 0.5])), 1.0,
            draw(st.sampled_from([None, (0,), (1,)])), draw(st.sampled_from([1.0, 2.0])),
        )
        for k in range(2)
    ]  # fmt: skip
    goal = {draw(st.integers(0, 1)): 4.0, (draw(st.integers(0, 2)), 1): draw(st.sampled_from([-2.0, 3.0]))}
    return Influencer(goal, pushes, draw(st.sampled_from([INF, 1.0, 2.0]))), rule.baseline(), problem


@settings(max_examples=25, deadline=None)
@given(several())
def test_two_pushes_on_what_a_sum_decides(case: tuple[Influencer, Any, Any]) -> None:
    found = check(*case, points=9)
    assert found.method in ("integer programme", "linear programme", "reading", "claim")


def test_two_people_swap_seats_for_a_bribe() -> None:
    """Worth (5, 2) and (4, 3): A takes the first seat, 8 against 6. An influencer paid 9 for B in the first seat has
    to close a gap of 2: one unit that counts double for B at price 1, not two of the one at price .75."""
    profile = te.ThickProfile.from_values([[5.0, 2.0], [4.0, 3.0]], agents=["A", "B"], options=["x", "y"])
    means = [
        Influence("o", "plain", {"x": 1.0}, 5.0, 0.75, agents=("B",)),
        Influence("o", "loud", {"x": 2.0}, 5.0, 1.0, agents=("B",)),
    ]
    rule, problem = te.welfare.Allocate().baseline(), te.Assignment(profile, supply=1, demand=1)
    found = Influencer({("B", "x"): 9.0}, means).best_response(rule, problem)
    assert (found.exact, found.method) == (True, "integer programme")
    assert found.efforts == pytest.approx([0.0, 1.0], abs=1e-4)
    assert found.net == pytest.approx(8.0, abs=1e-4)
    poor = Influencer({("B", "x"): 9.0}, means, budget=0.5).best_response(rule, problem)
    assert (poor.exact, poor.gain) == (True, 0.0)
    honest = Influencer({("B", "x"): 9.0}, means).best_response(te.welfare.Allocate(), problem)
    assert (honest.exact, honest.method, honest.gain) == (True, "reading", 0.0)


def test_convex_costs_are_spread_over_means() -> None:
    """b lacks 3 behind a; two means, each a unit for a unit, at cost e^2 and 2 e^2: least cost at 2 and 1, which is 6.

    Lagrange: 2 e1 = 4 e2, e1 + e2 = 3.
    """
    profile = te.ThickProfile.from_values([[7.0, 4.0]], options=["a", "b"], agents=["x"])
    means = [Influence("o", str(c), "b", 9.0, c, convexity=2.0) for c in (1.0, 2.0)]
    found = Influencer({"b": 20.0}, means).best_response(te.welfare.Allocate().baseline(), te.Choice(profile))
    assert (found.exact, found.method) == (True, "linear programme")
    assert found.efforts == pytest.approx([2.0, 1.0], abs=1e-3)
    assert found.cost == pytest.approx(6.0, abs=1e-5)


def test_a_search_says_what_lies_above_it() -> None:
    """Nash shares are no sum: the bound is all of the option, which the objective can at most bring (T6)."""
    profile = te.ThickProfile.from_values([[5.0, 2.0], [4.0, 3.0]], agents=["A", "B"], options=["x", "y"])
    rule = te.welfare.Allocate(te.welfare.Nash()).baseline()
    means = [Influence("o", "", "x", 3.0, agents=("A",))]
    found = Influencer({("A", "x"): 1.0}, means).best_response(rule, te.Assignment(profile), evaluations=20)
    assert (found.exact, found.method) == (False, "search")
    assert 0.0 <= found.gain <= found.bound <= 1.0
