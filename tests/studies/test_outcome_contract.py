"""A4: surpluses against efforts and slopes that are searched, printed numbers, and the sign of each regime."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq, minimize

from thickecon.auctions import OutcomeContract as Contract
from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.outcome_contract import OutcomeContract

USED = {"sidt": [0], "thick": [1], "informed": [0, 1]}


def played(made: OutcomeContract, replicates: int = 1, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def searched(made: OutcomeContract, arm: str) -> float:
    """The most that slopes can leave, by a general optimiser in the plane of b and g; face value and efforts direct."""
    turn = np.radians(made.theta)
    outcome, metric = np.array([made.b, 0.0]), made.g * np.array([np.cos(turn), np.sin(turn)])
    noise = np.array([made.metric_noise, made.s])

    def left(slopes):
        effort = slopes[0] * metric + slopes[1] * outcome
        return outcome @ effort - effort @ effort / 2 - made.r * sum((slopes * noise) ** 2) / 2

    if arm == "face_value":
        return left(np.array([1.0, 0.0]))
    if arm == "oracle":
        return -minimize(lambda e: -(outcome @ e - e @ e / 2), np.zeros(2)).fun

    def lost(some):
        slopes = np.zeros(2)
        slopes[USED[arm]] = some
        return -left(slopes)

    return -minimize(lost, np.full(len(USED[arm]), 0.3), method="Powell", options={"xtol": 1e-9, "ftol": 1e-14}).fun


@pytest.mark.parametrize(
    "knobs",
    [
        {"theta": 30.0, "s": 0.5},
        {"theta": 80.0, "s": 1.5, "r": 2.0},
        {"theta": 45.0, "metric_noise": 0.7, "b": 2.0, "g": 0.5, "tasks": 5},
        {"theta": 120.0, "metric_noise": 0.3, "g": 3.0},
    ],
)
def test_surpluses_by_search(knobs: dict[str, float]) -> None:
    """Closed forms, contracts that are run, and a general optimiser agree to 1e-6."""
    made = OutcomeContract.make(knobs)
    found = played(made, 3)
    for entry in made.known():
        assert entry.value == pytest.approx(searched(made, entry.arm), abs=1e-6), entry
        assert found[entry.arm, "endorsed"] == pytest.approx(np.full(3, entry.value), abs=1e-9), entry


@pytest.mark.parametrize(
    ("theta", "numbers"),
    [(0, (0.5, 0.5, 0.4)), (30, (0.366, 0.375, 0.4)), (60, (0.0, 0.125, 0.4)), (80, (-0.326, 0.015, 0.4))],
)
def test_printed_numbers(theta: float, numbers: tuple[float, ...]) -> None:
    """|b| = |g| = r = 1, s = .5."""
    found = played(OutcomeContract(theta=theta))
    for arm, number in zip(("face_value", "sidt", "thick"), numbers, strict=True):
        assert found[arm, "endorsed"][0] == pytest.approx(number, abs=5e-4)


def test_the_economy_prospers() -> None:
    """Metered output stays 1 at every angle, while what is endorsed falls from .5 to -.326; books never show it."""
    for theta, endorsed in ((0, 0.5), (30, 0.366), (60, 0.0), (80, -0.326)):
        found = played(OutcomeContract(theta=theta))
        assert found["face_value", "metered"][0] == pytest.approx(1.0)
        assert found["face_value", "revealed"][0] == pytest.approx(0.5)
        assert found["face_value", "endorsed"][0] == pytest.approx(endorsed, abs=5e-4)
    assert found["face_value", "participation_endorsed"][0] == 0
    assert found["face_value", "participation_decision"][0] == 1


@pytest.mark.parametrize("knobs", [{"theta": 30.0}, {"theta": 60.0, "r": 4.0, "b": 2.0}, {"metric_noise": 0.5}])
def test_break_even_by_bisection(knobs: dict[str, float]) -> None:
    made = OutcomeContract.make(knobs)

    def ahead(s: float) -> float:
        here = OutcomeContract.make({**knobs, "s": s})
        return searched(here, "thick") - searched(here, "sidt")

    assert made.break_even() == pytest.approx(brentq(ahead, 1e-3, 20), rel=1e-3)


def test_break_even_in_closed_form() -> None:
    """|b| tan(theta) / sqrt(r): .577 at 30 degrees, sqrt 3 at 60; 0 where the metric is right, none at 90."""
    assert OutcomeContract(theta=30.0).break_even() == pytest.approx(np.tan(np.pi / 6))
    assert OutcomeContract(theta=60.0).break_even() == pytest.approx(np.sqrt(3))
    assert OutcomeContract(theta=60.0, r=4.0, b=2.0).break_even() == pytest.approx(np.sqrt(3))
    assert OutcomeContract(theta=0.0).break_even() == pytest.approx(0.0, abs=1e-6)
    assert OutcomeContract(theta=90.0).break_even() is None
    assert OutcomeContract(r=0.0).break_even() is None


def test_where_it_loses() -> None:
    """A metric that points the right way; noise beyond the break-even; and always, to both signals together."""
    for knobs in ({"theta": 0.0}, {"theta": 30.0, "s": 0.7}, {"theta": 60.0, "s": 2.0}):
        found = played(OutcomeContract.make(knobs))
        assert found["thick", "endorsed"] < found["sidt", "endorsed"]
    for theta in range(0, 181, 20):
        found = played(OutcomeContract(theta=theta, metric_noise=0.4))
        assert found["informed", "endorsed"] >= found["thick", "endorsed"] - 1e-9
        assert found["informed", "endorsed"] >= found["sidt", "endorsed"] - 1e-9


def test_without_noise_it_is_the_oracle() -> None:
    found = played(OutcomeContract(s=0.0, tasks=4), 3)
    for arm in ("thick", "informed"):
        assert found[arm, "endorsed"] == pytest.approx(found["oracle", "endorsed"])


def test_nothing_to_meter_and_nothing_to_gain() -> None:
    for knobs in ({"g": 0.0}, {"b": 0.0}, {"r": 0.0}, {"g": 0.0, "b": 0.0}, {"g": 0.0, "metric_noise": 1.0}):
        made = OutcomeContract.make(knobs)
        found = played(made)
        for entry in made.known():
            assert found[entry.arm, "endorsed"][0] == pytest.approx(entry.value, abs=1e-9)


@pytest.mark.statistical
def test_pay_comes_out_as_expected() -> None:
    """400 contracts: pay has the mean of the wage, and the variance that the risk premium is for (r / 2 of it)."""
    found = played(OutcomeContract(theta=45.0, s=0.8, metric_noise=0.3), 400)
    pay, wage, risk = (found["informed", name] for name in ("pay", "wage", "risk"))
    assert abs((pay - wage).mean()) < 4 * pay.std() / 20
    assert pay.var() == pytest.approx(2 * risk[0], rel=4 * np.sqrt(2 / 400))
    assert found["informed", "worker"] == pytest.approx(np.zeros(400), abs=1e-9)


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="theta"):
        OutcomeContract(theta=200.0)
    with pytest.raises(InputError, match="tasks"):
        OutcomeContract(tasks=1)
    one, other = (OutcomeContract(s=s).draw(Draws(1, "outcome_contract", 0)) for s in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    suite = {
        "schema": 1,
        "name": "contracts",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [
            {"scenario": "outcome_contract", "grid": {"s": [0.5, 2.0], "theta": [0.0, 60.0]}},
            {"scenario": "outcome_contract", "mechanism": "auctions.OutcomeContract"},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(OutcomeContract.arms)
    assert OutcomeContract(mechanism=Contract()).known() == ()
