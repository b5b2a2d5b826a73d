"""Processes with states and chance against lists of all plans and policies; printed figures of Carroll et al. (2024).

Arrays of figures 1 and 4 are in tests/unit/test_influence.py; here the same worlds go through induction and linear
programmes, and random worlds through both these and brute force.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.errors import InputError, NotApplicableError
from thickecon.influence import ChangingPreferences, PreferenceProcess, clickbait, conspiracy


def test_printed_optima_of_conspiracy_and_clickbait() -> None:
    world = PreferenceProcess.from_table(conspiracy())
    figures = {
        (2, "real-time"): 20, (2, "final"): 200, (2, "initial"): 20, (2, "natural"): 20, (2, "constrained"): 20,
        (3, "real-time"): 100, (3, "final"): 300, (3, "initial"): 30, (3, "natural"): 30, (3, "constrained"): 30,
    }  # fmt: skip
    for (horizon, objective), value in figures.items():
        assert world.optimal(horizon, objective).value == pytest.approx(value)
    assert [world.optimal(3, "privileged", theta=k).value for k in (0, 1)] == pytest.approx([30.0, 300.0])
    assert world.optimal(3, "pareto").choices[:, 0, 0].tolist() == [[1.0, 0.0]] * 3  # noop, noop, noop
    news = PreferenceProcess.from_table(clickbait())
    for objective, value in (("real-time", 3), ("final", 2), ("initial", 4), ("natural", 4), ("constrained", 3)):
        assert news.optimal(2, objective).value == pytest.approx(value)
    assert news.optimal(2, "constrained", last_counts=True).value == pytest.approx(2.0)
    assert news.optimal(2, "pareto").choices[:, 0, 0].tolist() == [[1.0, 0.0]] * 2
    assert news.optimal(2, "myopic").value == pytest.approx(2.5)  # click, then news for the disillusioned


@st.composite
def tables(draw: st.DrawFn) -> ChangingPreferences:
    kinds, actions = ("x", "y", "z"), ("still", "push", "pull")
    rewards = {k: {a: float(draw(st.integers(-5, 5))) for a in actions} for k in kinds}
    moves = {(k, a): draw(st.sampled_from(kinds)) for k in kinds for a in actions}
    return ChangingPreferences(rewards, moves, "x", "still")


@settings(max_examples=40, deadline=None)
@given(tables(), st.integers(1, 4))
def test_the_same_optima_as_listing_all_plans(world: ChangingPreferences, horizon: int) -> None:
    made = PreferenceProcess.from_table(world)
    for objective in ("real-time", "final", "initial", "natural"):
        assert made.optimal(horizon, objective).value == pytest.approx(world.optimal(horizon, objective)[0])
    for last in (False, True):
        listed = world.optimal(horizon, "constrained", last_counts=last)[0]
        assert made.optimal(horizon, "constrained", last_counts=last).value == pytest.approx(listed, abs=1e-6)
    found = made.optimal(horizon, "pareto")
    worth = [made.value(found.visits, "privileged", k) for k in range(3)]
    still = [world.value(("still",) * horizon, "privileged", k) for k in ("x", "y", "z")]
    assert all(a >= b - 1e-6 for a, b in zip(worth, still, strict=True))
    for plan in product(world.actions, repeat=horizon):  # no plan is better for all
        other = [world.value(plan, "privileged", k) for k in ("x", "y", "z")]
        assert not (all(a >= b + 1e-6 for a, b in zip(other, worth, strict=True)))


def chancy(seed: int) -> PreferenceProcess:
    rng = np.random.default_rng(seed)
    kinds = rng.dirichlet(np.ones(2), (2, 2, 2))
    states = rng.dirichlet(np.ones(2), (2, 2, 2))
    return PreferenceProcess(rng.normal(size=(2, 2, 2)), (kinds, states), noop=int(rng.integers(2)))


@pytest.mark.parametrize("seed", range(8))
def test_with_chance_against_all_policies(seed: int) -> None:
    """256 policies of two moments, four places and two actions."""
    world, horizon = chancy(seed), 2
    policies = [np.eye(2)[np.reshape(bits, (2, 2, 2))] for bits in product((0, 1), repeat=8)]
    visits = [world.visits(policy) for policy in policies]
    for objective, theta in (("real-time", None), ("natural", None), ("initial", None), ("privileged", 1)):
        best = max(world.value(each, objective, theta) for each in visits)
        assert world.optimal(horizon, objective, theta=theta).value == pytest.approx(best)
    for last in (False, True):
        found = world.optimal(horizon, "constrained", last_counts=last)
        law = np.vstack([found.visits.sum(axis=(2, 3)), np.einsum("ksa,ksalr->l", found.visits[-1], world.moves)])
        end = horizon + last
        np.testing.assert_allclose(law[:end], world.natural(horizon)[:end], atol=1e-7)
        still = np.zeros((2, 2, 2, 2))
        still[..., world.noop] = 1.0
        assert found.value >= world.value(world.visits(still)) - 1e-9
        assert found.value <= world.optimal(horizon, "real-time").value + 1e-9
    with pytest.raises(NotApplicableError, match="chance"):
        world.optimal(horizon, "final")


def test_a_simulated_policy_has_its_value() -> None:
    """20,000 paths, one by one; four standard errors."""
    world, horizon = chancy(3), 4
    found = world.optimal(horizon, "real-time")
    rng, total = np.random.default_rng(1), []
    for _ in range(20_000):
        (k, s), worth = world.start, 0.0
        for t in range(horizon):
            a = int(found.choices[t, k, s].argmax())
            worth += world.rewards[k, s, a]
            k, s = divmod(int(np.searchsorted(world.moves[k, s, a].ravel().cumsum(), rng.random())), 2)
        total.append(worth)
    assert np.mean(total) == pytest.approx(found.value, abs=4 * np.std(total) / len(total) ** 0.5)


def test_what_is_refused() -> None:
    good = np.full((2, 1, 2, 2, 1), 0.5)
    for rewards, moves, more in (
        (np.zeros((2, 2)), good, {}),
        (np.zeros((2, 1, 2)), good * 2, {}),
        (np.zeros((2, 1, 2)), good[:1], {}),
        (np.zeros((2, 1, 2)), good, {"noop": 2}),
        (np.zeros((2, 1, 2)), (good, good), {}),
    ):
        with pytest.raises(InputError):
            PreferenceProcess(rewards, moves, **more)
    world = PreferenceProcess(np.zeros((2, 1, 2)), good)
    for objective, more in (("best", {}), ("privileged", {}), ("privileged", {"theta": 5})):
        with pytest.raises(InputError):
            world.optimal(2, objective, **more)
    with pytest.raises(InputError):
        world.optimal(0)
