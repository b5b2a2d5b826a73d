"""Equilibria of small games against conditions, campaigns against all plans on a grid."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import thickecon as te
from thickecon.influence import Influence, campaign, mixed_equilibria, pure_equilibria, small_game


def settled(a: np.ndarray, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> bool:
    """Does every strategy that is played earn the most?"""
    left, right = a @ y, x @ b
    return bool((left[x > 1e-9] >= left.max() - 1e-7).all() and (right[y > 1e-9] >= right.max() - 1e-7).all())


def test_random_games_have_an_odd_number_of_equilibria() -> None:
    # Wilson (1971), doi:10.1137/0121011: generic games of two players have an odd number
    rng = np.random.default_rng(0)
    for _ in range(40):
        a, b = rng.normal(size=(2, *rng.integers(2, 5, 2)))
        found = mixed_equilibria([a, b])
        assert len(found) % 2 == 1
        assert all(settled(a, b, x, y) for x, y in found)
        pure = {(int(x.argmax()), int(y.argmax())) for x, y in found if x.max() > 1 - 1e-9 and y.max() > 1 - 1e-9}
        assert pure == set(pure_equilibria([a, b]))


def test_a_degenerate_game_lists_its_extreme_equilibria() -> None:
    # a row that is a best reply to the same column as another: supports of unequal size are needed
    a, b = np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    found = mixed_equilibria([a, b])
    assert all(settled(a, b, x, y) for x, y in found)
    assert {tuple(np.round(np.r_[x, y], 6)) for x, y in found} == {(1, 0, 1, 0), (0.5, 0.5, 1, 0)}


def test_bad_tables() -> None:
    with pytest.raises(te.errors.InputError, match="players"):
        pure_equilibria(np.zeros((3, 2, 2)))
    with pytest.raises(te.errors.SizeError, match="bases"):
        mixed_equilibria(np.zeros((2, 20, 20)))


def test_two_ads_for_one_slot() -> None:
    """Each may push its own option past the other's: nobody gains by another level at what is returned."""
    p = te.ThickProfile.from_values([[1.0, 1.0]], options=["a", "b"])
    players = [
        te.influence.Influencer({option: 3.0}, (Influence(option, "", option, budget=2.0, cost=1.0),))
        for option in "ab"
    ]
    game = small_game(players, [[0.0, 0.5, 1.0], [0.0, 0.5, 1.0]], te.welfare.Allocate().baseline(), te.Choice(p))
    assert all(game.certify(x, y).holds for x, y in game.mixed)
    assert game.mixed
    assert not game.certify(np.array([1.0, 0, 0]), np.array([1.0, 0, 0])).holds


def test_a_campaign_is_no_worse_than_any_plan_on_a_grid() -> None:
    p = te.ThickProfile.from_values([[4.0, 2.0], [3.0, 2.5]], options=["a", "b"])
    rule, problem, worth = te.welfare.Allocate().baseline(), te.Choice(p), 4.0
    ad = Influence("o", "", "b", budget=3.0, cost=1.0, decay=0.4)
    found = campaign({"b": worth}, ad, rule, problem, 3)
    assert found.exact
    best = -np.inf
    for plan in product(np.linspace(0, 3, 25), repeat=3):
        level = net = 0.0
        for effort in plan:
            level = 0.6 * level + effort
            if level > 3.0 + 1e-12:
                net = -np.inf
                break
            net += 2 * worth * (2 * level > 2.5) - effort  # paid for both agents; b wins if pushes exceed 2.5
        best = max(best, net)
    assert best - 1e-6 <= found.net <= best + 0.5  # the grid misses the exact levels
    assert found.net == pytest.approx(float((found.gains - found.costs).sum()))
