"""A2: positions against days that are lived through, printed numbers, and who is brittle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.position_limit import PositionLimit


def played(made: PositionLimit, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def test_printed_numbers() -> None:
    """Letter with 1, 2, 6 accounts: -1.7, -.8, -7.2; aggregate cap -.8; scope 0, and -8 eps where it is misread."""
    letters = [PositionLimit(accounts=k).expected("sidt") for k in (1, 2, 6)]
    assert letters == pytest.approx([-1.7, -0.8, -7.2])
    assert PositionLimit().expected("informed") == pytest.approx(-0.8)
    for eps in (0.0, 0.05, 0.3, 1.0):
        assert PositionLimit(eps=eps).expected("thick") == pytest.approx(-8 * eps)
    assert PositionLimit().break_even() == pytest.approx(0.9)
    assert PositionLimit().break_even("informed") == pytest.approx(0.1)


@pytest.mark.parametrize("crisis", [0.02, 0.1, 0.4])
def test_break_even_against_the_aggregate_cap_is_the_share_of_crises(crisis: float) -> None:
    """A cap at the usual target errs in every crisis, thick in every misreading, and both by the same square."""
    made = PositionLimit(crisis=crisis)
    assert made.break_even("informed") == pytest.approx(crisis)
    assert PositionLimit(crisis=crisis, eps=crisis).expected("thick") == pytest.approx(made.expected("informed"))


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs",
    [{}, {"eps": 0.4, "accounts": 3}, {"wants": 4.0, "crisis": 0.3, "eps": 0.2}, {"harm": 3.0, "aggregate": 2.4}],
)
def test_days_that_are_lived_through(knobs: dict[str, float]) -> None:
    """20,000 days within four standard errors; worth by state adds up to worth."""
    made = PositionLimit.make({**knobs, "days": 200})
    found = played(made, 100)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-12, entry
    for arm in made.arms:
        assert (found[arm, "worst"] <= found[arm, "endorsed"] + 1e-12).all()
        assert (found[arm, "position"] <= made.wants).all()
        if made.wants >= made.crisis_target:  # the oracle is at the target
            net = found[arm, "excess"] - found[arm, "short"]
            assert found[arm, "position"] - found["oracle", "position"] == pytest.approx(net)


@pytest.mark.parametrize("eps", [0.0, 0.05, 0.2, 0.5, 0.9])
def test_shrunk_is_the_best_reader(eps: float) -> None:
    """Its two positions by search over each; never worse than any cap over all accounts, or than face value."""
    made = PositionLimit(eps=eps)

    def lost(y: float, read: bool) -> float:
        chances = {True: (1 - eps, eps), False: (eps, 1 - eps)}[read]
        return 0.1 * chances[0] * (y - 6) ** 2 + 0.9 * chances[1] * (y - 2) ** 2

    for read in (False, True):
        best = minimize_scalar(lost, bounds=(0, 6), args=(read,), method="bounded", options={"xatol": 1e-8}).x
        assert made.positions("shrunk")[read] == pytest.approx(best, abs=1e-4)
    caps = [PositionLimit(aggregate=cap).expected("informed") for cap in np.linspace(0, 6, 61)]
    assert made.expected("shrunk") >= max(caps) - 1e-9
    assert made.expected("shrunk") >= made.expected("thick") - 1e-12


def test_brittleness() -> None:
    """The letter is kept in every arm but thick and shrunk: on a crisis they exceed what two accounts may hold."""
    found = played(PositionLimit(accounts=2, eps=0.0, crisis=0.5), 4)
    assert (found["sidt", "letter"] == 1).all()
    assert (found["thick", "letter"] < 1).all()
    assert (found["thick", "endorsed"] == 0).all()
    assert (found["sidt", "in_crisis"] == -8).all()
    loophole = played(PositionLimit(accounts=6), 4)
    assert (loophole["sidt", "letter"] == 1).all()
    assert (loophole["sidt", "usual"] == -8).all()
    assert (loophole["sidt", "revealed"] == 0).all()  # the bot has all it wants


def test_where_it_loses() -> None:
    """More misreadings than crises; a bot that wants little, where the norm has nothing to restrain."""
    made = PositionLimit(eps=0.15)
    assert made.expected("thick") < made.expected("informed")
    assert made.expected("thick") > made.expected("sidt")
    modest = PositionLimit(wants=1.5, eps=0.3)
    assert modest.expected("thick") == modest.expected("sidt") == modest.expected("informed")
    assert PositionLimit(wants=1.5).break_even() is None
    assert PositionLimit(accounts=2, eps=0.2).expected("thick") < PositionLimit(accounts=2).expected("sidt")


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="eps"):
        PositionLimit(eps=1.5)
    with pytest.raises(InputError, match="accounts"):
        PositionLimit(accounts=0)
    one, other = (PositionLimit(eps=e).draw(Draws(1, "position_limit", 0)) for e in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert ("sidt", "in_crisis") not in played(PositionLimit(crisis=0.0), 1)
    suite = {
        "schema": 1,
        "name": "limits",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [{"scenario": "position_limit", "grid": {"eps": [0.0, 0.3], "accounts": [1, 6]}}],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(PositionLimit.arms)
