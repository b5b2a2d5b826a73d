"""T6, T6' and T19 (docs/theory/influence-proofness.md, payments.md): who gains by bending whose preferences.

Expected numbers are worked by hand in the theory pages; where a test needs a formula, it is the second order
statistic of a plain list, not the mechanism's code.
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

import thickecon as te

V = (10.0, 6.0, 4.0)
AFFINE = te.auctions.SecondPrice()
SIDT = AFFINE.baseline()
VERIFIED = te.auctions.SecondPrice(reporting="observed", charge="clarke")
SPOKEN = te.auctions.SecondPrice(reporting="endorsed", charge="clarke")

eighths = st.integers(0, 400).map(lambda k: k / 8)
lifts = st.integers(-400, 400).map(lambda k: k / 8)


def bidders(v, wedge) -> te.ThickProfile:
    """One item; endorsed values v, decision values v + wedge."""
    table = np.stack([np.asarray(v, float), np.asarray(wedge, float)], axis=1)[:, :, None]
    motives = ["value", te.Motive("advert", "influence", owner="seller")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], motives=motives, unit="money")


def lifted(bidder: int, by: float) -> te.ThickProfile:
    wedge = [0.0, 0.0, 0.0]
    wedge[bidder] = by
    return bidders(V, wedge)


def gain(mechanism, bidder: int, by: float) -> float:
    """What lifting one bidder adds to the seller's revenue."""
    return mechanism.run(lifted(bidder, by), rng=0).revenue - mechanism.run(lifted(bidder, 0.0), rng=0).revenue


# ---- T6 on v = (10, 6, 4) -------------------------------------------------------------------------------------

SIZES = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0)


@pytest.mark.parametrize("by", SIZES)
def test_sidt_pays_for_lifting_losers(by) -> None:
    assert gain(SIDT, 0, by) == 0.0
    assert gain(SIDT, 1, by) == min(by, 4.0)
    assert gain(SIDT, 2, by) == min(max(by - 2.0, 0.0), 4.0)


def test_the_seller_takes_up_to_the_whole_rent_of_the_winner() -> None:
    for bidder in (1, 2):
        assert max(gain(SIDT, bidder, by) for by in np.arange(0.0, 40.0, 0.5)) == 4.0 == V[0] - V[1]


@pytest.mark.parametrize("mechanism", [VERIFIED, SPOKEN], ids=["verified v", "endorsed reports"])
@pytest.mark.parametrize("by", SIZES)
def test_clarke_on_endorsed_values_pays_for_nothing(mechanism, by) -> None:
    assert [gain(mechanism, bidder, by) for bidder in range(3)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("by", SIZES)
def test_the_affine_charge_pays_for_lifting_the_winner(by) -> None:
    assert [gain(AFFINE, bidder, by) for bidder in range(3)] == [by, 0.0, 0.0]
    outcome = AFFINE.run(lifted(0, by), rng=0)
    assert outcome.winners.tolist() == [0]
    assert outcome.surplus(te.Revealed())[0] == 4.0  # the decision self feels nothing
    assert outcome.surplus(te.Endorsed())[0] == 4.0 - by


def test_claims_say_so() -> None:
    for mechanism, proof in ((SIDT, False), (AFFINE, False), (VERIFIED, True), (SPOKEN, True)):
        assert [claim.holds for claim in mechanism.claims if claim.name == "influence_proof"] == [proof]


# ---- T6 in general --------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(eighths, lifts, lifts), min_size=1, max_size=6))
def test_if_measurable_in_endorsed_components_then_nothing_moves(market) -> None:
    v, one, other = zip(*market, strict=True)
    for mechanism in (VERIFIED, SPOKEN):
        a, b = (mechanism.run(bidders(v, wedge), rng=7) for wedge in (one, other))
        assert a.taken.tolist() == b.taken.tolist()
        assert a.payments.tolist() == b.payments.tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(eighths, eighths), min_size=2, max_size=6, unique_by=lambda pair: pair[0]))
def test_affine_moves_payments_of_winners_only(market) -> None:
    """Nonnegative wedges, distinct values: the highest v wins and pays the second highest plus its own wedge (T18)."""
    v, wedge = zip(*market, strict=True)
    winner = int(np.argmax(v))
    outcome = AFFINE.run(bidders(v, wedge), rng=0)
    expected = [0.0] * len(v)
    expected[winner] = sorted(v)[-2] + wedge[winner]
    assert outcome.winners.tolist() == [winner]
    assert outcome.payments.tolist() == expected


@pytest.mark.parametrize(
    ("mechanism", "wrap"),
    [
        (te.matching.DeferredAcceptance(), te.Assignment),
        (te.welfare.Allocate(te.welfare.Utilitarian(), integral=True), te.Assignment),
        (te.welfare.Allocate(te.welfare.Maximin()), te.Choice),
        (te.auctions.Majority(), te.Choice),
    ],
    ids=["deferred acceptance", "assignment", "maximin", "majority"],
)
def test_allocations_of_endorsed_values_pay_no_influencer(mechanism, wrap) -> None:
    """Whatever wedge is tried, an influencer whose payoff is the allocation gains nothing; under SIDT some gain."""
    rng = np.random.default_rng(5)
    v = rng.permuted(np.tile(np.arange(1.0, 5.0), (4, 1)), axis=1)
    motives, moved = ["value", te.Motive("advert", "influence", owner="somebody")], {"thick": 0, "sidt": 0}
    arms = {"thick": mechanism, "sidt": mechanism.baseline()}
    honest = {}
    for k in range(30):
        wedge = rng.integers(-6, 7, v.shape) * (k > 0)
        p = te.ThickProfile.from_arrays(np.stack([v, wedge], axis=1), endorsement=[1.0, 0.0], motives=motives)
        for arm, each in arms.items():
            taken = each.run(wrap(p), rng=1).taken.tolist()
            moved[arm] += taken != honest.setdefault(arm, taken)
    assert moved["thick"] == 0
    assert moved["sidt"] > 0


def test_only_if_needs_every_payoff() -> None:
    """SIDT moves with influence, so somebody could gain; an influencer with a constant payoff does not."""
    before, after = (SIDT.run(lifted(2, by), rng=0) for by in (0.0, 7.0))
    assert before.winners.tolist() != after.winners.tolist()
    likes_bidder_3 = lambda outcome: float(outcome.winners[0] == 2)
    indifferent = lambda outcome: 1.0
    assert likes_bidder_3(after) - likes_bidder_3(before) == 1.0
    assert indifferent(after) - indifferent(before) == 0.0


def test_an_attack_on_the_evidence_below_the_margin_moves_money_only() -> None:
    """Estimates (10, 6, 4), margin 4. Bidder 2's estimate moves by 1, then by 5 (beyond the margin)."""
    honest, small, large = (VERIFIED.run(bidders(v, (0, 0, 0)), rng=0) for v in ((10, 6, 4), (10, 7, 4), (10, 11, 4)))
    assert (honest.winners[0], small.winners[0], large.winners[0]) == (0, 0, 1)
    assert (honest.revenue, small.revenue, large.revenue) == (6.0, 7.0, 10.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(eighths, lifts), min_size=2, max_size=5, unique_by=lambda pair: pair[0]))
def test_attacks_below_the_margin_of_t2_do_not_move_the_allocation(market) -> None:
    v, move = (np.array(column) for column in zip(*market, strict=True))
    shifted = np.append(move, 0.0)  # outcomes: bidder k wins, or nobody does, worth 0
    values = np.append(v, 0.0)
    ordered = np.sort(values)
    attack, margin = np.ptp(shifted), ordered[-1] - ordered[-2]
    if attack < margin:
        a, b = (VERIFIED.run(bidders(w, 0.0 * v), rng=3).winners.tolist() for w in (v, v + move))
        assert a == b


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(eighths, lifts), min_size=2, max_size=5, unique_by=lambda pair: pair[0]),
    st.lists(st.integers(-20, 20), min_size=6, max_size=6),
)
def test_an_attack_gains_an_allocation_payoff_at_most_its_oscillation(market, payoff) -> None:
    """The payoff counts who wins (the last entry: nobody). 0 below the margin, at most osc above it."""
    v, move = (np.array(column) for column in zip(*market, strict=True))
    worth = [*payoff[: len(v)], payoff[-1]]
    before, after = (VERIFIED.run(bidders(w, 0.0 * v), rng=3).winners[0] for w in (v, v + move))
    gained = worth[after] - worth[before]
    ordered = np.sort(np.append(v, 0.0))
    assert gained <= max(worth) - min(worth)
    if np.ptp(np.append(move, 0.0)) < ordered[-1] - ordered[-2]:
        assert gained == 0


@pytest.mark.parametrize("e", [0.125, 1.0, 3.875])
def test_an_attack_below_the_margin_gains_money_and_nothing_else(e) -> None:
    """The estimate of bidder 2 rises by e < 4: revenue follows to the last cent, a payoff in winners does not."""
    before, after = (VERIFIED.run(bidders((10, 6 + by, 4), (0, 0, 0)), rng=0) for by in (0.0, e))
    assert after.winners.tolist() == before.winners.tolist()
    assert after.revenue - before.revenue == e


def test_the_oscillation_is_attained() -> None:
    """Who is paid 7 if bidder 3 wins, and 2 if nobody does: lifting the estimate of bidder 3 past 10 gains 7."""
    before, after = (VERIFIED.run(bidders(v, (0, 0, 0)), rng=0).winners[0] for v in ((10, 6, 4), (10, 6, 10.125)))
    payoff = (0, 0, 7, 2)
    assert payoff[after] - payoff[before] == 7 == max(payoff) - min(payoff)


# ---- T19 ------------------------------------------------------------------------------------------------------


def payments_exist(values, wedges, rival, *, influence_proof: bool) -> bool:
    """Is there a charge p(v, wedge) that makes the W_v-efficient rule truthful for the decision self?

    A linear feasibility problem over the finite types; evidence shows the wedge, so a type can only imitate types
    of its own wedge. Influence-proof: p does not depend on the wedge.
    """
    types = list(product(values, wedges))
    column = {kind: (values.index(kind[0]) if influence_proof else k) for k, kind in enumerate(types)}
    rows, bounds = [], []
    for truth, said in product(types, types):
        if truth[1] == said[1] and truth != said:
            d = truth[0] + truth[1]
            row = np.zeros(len(types))
            row[column[truth]] += 1.0
            row[column[said]] -= 1.0
            rows.append(row)
            bounds.append(d * ((truth[0] > rival) - (said[0] > rival)))
    found = linprog(np.zeros(len(types)), A_ub=rows, b_ub=bounds, bounds=(None, None), method="highs")
    return bool(found.status == 0)


@pytest.mark.parametrize(
    ("wedges", "possible"),
    [
        ((0.0, 6.0), False),  # thresholds [5, 7] and [11, 13]
        ((0.0, 1.0), True),  # [5, 7] and [6, 8]: the influence is smaller than the gap between types
        ((0.0, 2.0), True),  # they touch in 7
        ((0.0, 2.5), False),
    ],
)
def test_trilemma(wedges, possible) -> None:
    """v in {5, 7} against a rival with 6."""
    assert payments_exist((5.0, 7.0), wedges, 6.0, influence_proof=False)
    assert payments_exist((5.0, 7.0), wedges, 6.0, influence_proof=True) is possible


# ---- T6' ------------------------------------------------------------------------------------------------------

MENUS = [frozenset(menu) for size in (2, 3) for menu in combinations(range(3), size)]
observations = st.lists(
    st.sampled_from(MENUS).flatmap(lambda menu: st.tuples(st.just(menu), st.sampled_from(sorted(menu)))), max_size=8
)


def never_chosen(data, *, jointly: bool = False, share: float = 0.0) -> set[tuple[int, int]]:
    """x P* y: y is chosen in at most ``share`` of the observations that offer both; ``jointly``: at least one does."""
    found = set()
    for x, y in product(range(3), repeat=2):
        both = [choice for menu, choice in data if {x, y} <= menu]
        if x != y and (both or not jointly) and sum(choice == y for choice in both) <= share * len(both):
            found.add((x, y))
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=4, max_size=4), observations)
def test_new_frames_only_remove_pairs(choices, staged) -> None:
    complete = [(menu, sorted(menu)[c % len(menu)]) for menu, c in zip(MENUS, choices, strict=True)]
    before, after = never_chosen(complete, jointly=True), never_chosen([*complete, *staged], jointly=True)
    assert after <= before
    for x, y in before:
        assert (x, y) not in never_chosen([*complete, (frozenset({x, y}), y)], jointly=True)


def test_joint_appearance_and_quantiles_let_staged_data_create_pairs() -> None:
    unseen = [(frozenset({1, 2}), 1)]
    assert (0, 1) not in never_chosen(unseen, jointly=True)
    assert (0, 1) in never_chosen([*unseen, (frozenset({0, 1}), 0)], jointly=True)
    pair = frozenset({0, 1})
    seen = [(pair, 1)] * 2 + [(pair, 0)] * 18
    assert (0, 1) not in never_chosen(seen, share=0.05)
    assert (0, 1) in never_chosen([*seen, *[(pair, 0)] * 20], share=0.05)
