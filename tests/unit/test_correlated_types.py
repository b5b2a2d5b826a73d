"""Bets on a peer's signal: T7's escape for any finite number of types, its price and how it breaks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.auctions import CorrelatedTypes, SeparatingBets
from thickecon.errors import InfeasibleError, InputError

RIGHT = [[0.8, 0.2], [0.2, 0.8]]


def test_two_types_by_hand() -> None:
    """.8 a + .2 b = 1 and .2 a + .8 b = 1.6 give a = .8, b = 1.8; .2 x + .8 y = 0 and .8 x + .2 y = .6: .8, -.2."""
    bets = CorrelatedTypes(RIGHT, [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.6)
    assert bets.payments == pytest.approx(np.array([[0.8, 1.8], [0.8, -0.2]]), abs=1e-7)
    assert bets.worth() == pytest.approx(np.array([[0.0, -0.6], [-0.6, 0.0]]), abs=1e-7)
    assert bets.revenue == pytest.approx([0.5, 0.0], abs=1e-7)
    assert bets.endorsed_ends == pytest.approx([0.0, 0.0], abs=1e-7)
    frail = bets.fragility()
    # the contracts differ by (0, 2): a belief that is off by e moves their difference by 2 e at most; .6 / 2
    assert frail["belief_error"].tolist() == pytest.approx([0.3, 0.3], abs=1e-6)
    assert frail["worst_payment"].tolist() == pytest.approx([1.8, 0.8], abs=1e-6)
    assert frail["joins_error"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_separation_of_t7_needs_no_rents_where_bets_are_side_payments() -> None:
    """The menu of SeparatingBets gives types 1.6 and .6; here the same separation leaves them nothing."""
    menu = SeparatingBets(accuracy=0.8, stake=1.0)
    assert max(menu.worth(1.0, True)) == pytest.approx(1.6)
    assert max(menu.worth(1.0, False)) == pytest.approx(0.6)
    bets = CorrelatedTypes(RIGHT, [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.6)
    assert np.diag(bets.worth()) == pytest.approx([0.0, 0.0], abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.integers(0, 10_000))
def test_truth_is_best_for_every_type(k, seed) -> None:
    """Expected utilities summed signal by signal; each type ends with its rent and prefers its own by the slack."""
    rng = np.random.default_rng(seed)
    beliefs = 0.9 * rng.dirichlet(np.ones(k + 1), size=k)
    beliefs[np.arange(k), np.arange(k)] += 0.1  # apart
    d, v, rents = rng.uniform(0, 2, k), rng.uniform(0, 2, k), rng.uniform(0, 0.3, k)
    bets = CorrelatedTypes(beliefs, d, v, cost=1.0, rents=rents, slack=0.1)
    for t in range(k):
        ends = [
            sum(beliefs[t, s] * (d[t] * (v[u] >= 1.0) - bets.payments[u, s]) for s in range(k + 1)) for u in range(k)
        ]
        assert ends[t] == pytest.approx(rents[t], abs=1e-5)
        assert all(ends[t] >= ends[u] + 0.1 - 1e-5 for u in range(k) if u != t)


def test_errors_in_beliefs_below_the_bound_change_nothing_and_above_it_may() -> None:
    bets = CorrelatedTypes(RIGHT, [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.6, rents=2.0)
    types = np.array([0, 1] * 500)
    bound = float(bets.fragility()["belief_error"].min())
    for off, separated in ((0.99 * bound, True), (1.05 * bound, False)):
        wrong = np.array([[0.8 - off, 0.2 + off], [0.2 + off, 0.8 - off]])
        table = bets.run(types, rng=0, beliefs=wrong)
        assert bool((table["contract"] == table["type"]).all()) is separated


def test_payments_come_to_what_was_expected() -> None:
    """10,000 agents: mean utilities within four standard errors of the rents, and the seller takes the rest."""
    bets = CorrelatedTypes(RIGHT, [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.2, rents=[0.1, 0.0])
    table = bets.run(np.array([0, 1] * 5000), rng=3)
    for t, part in table.groupby("type"):
        error = part["decision"].std() / np.sqrt(len(part))
        assert part["decision"].mean() == pytest.approx([0.1, 0.0][int(t)], abs=4 * error)
    assert table["gets"].sum() == 5000


def test_payments_grow_as_beliefs_become_alike_and_end_where_they_are_the_same() -> None:
    """With a signal right in 1/2 + e: a + b = 2.6 and 2 e (b - a) = .6, so the largest payment is 1.3 + .15 / e."""
    for e in (0.3, 0.03, 0.003):
        beliefs = [[0.5 + e, 0.5 - e], [0.5 - e, 0.5 + e]]
        bets = CorrelatedTypes(beliefs, [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.6)
        assert float(bets.payments.max()) == pytest.approx(1.3 + 0.15 / e, rel=1e-5)
    with pytest.raises(InfeasibleError, match="mixture"):
        CorrelatedTypes([[0.5, 0.5], [0.5, 0.5]], [1.0, 1.0], [1.0, 0.0], cost=0.5, slack=0.1)
    middle = [[0.8, 0.2], [0.5, 0.5], [0.2, 0.8]]  # the second is half of the others
    with pytest.raises(InfeasibleError):
        CorrelatedTypes(middle, [1.0, 0.5, 1.0], [1.0, 1.0, 1.0], cost=0.5, slack=0.1)


@pytest.mark.parametrize(
    "bad",
    [
        {"beliefs": [[0.5, 0.6]]},
        {"beliefs": [0.5, 0.5]},
        {"decision": [1.0]},
        {"endorsed": [1.0, np.nan]},
        {"slack": -1.0},
        {"cost": np.inf},
    ],
)
def test_what_makes_no_sense(bad) -> None:
    made = {"beliefs": RIGHT, "decision": [1.0, 1.0], "endorsed": [1.0, 0.0]}
    with pytest.raises(InputError):
        CorrelatedTypes(**{**made, **bad})
    bets = CorrelatedTypes(**made)
    with pytest.raises(InputError, match="positions"):
        bets.run([0, 7])
