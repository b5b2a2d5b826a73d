"""Real course valuations under a planted campaign: exact optima, limits, and where thick loses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

import thickecon as te
from thickecon.errors import InputError
from thickecon.studies import Draws, Study
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.course_seats import DECIDES, CourseSeats

ROOT = 11


def played(made: CourseSeats, replicates: int) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(ROOT, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def gap(found: dict[tuple[str, str], np.ndarray], arm: str, name: str = "endorsed") -> tuple[float, float]:
    """Mean of arm less sidt, and its standard error."""
    paired = found[arm, name] - found["sidt", name]
    return float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(len(paired)))


def most_points(market: Any, *, one: bool) -> float:
    """Greatest sum of real points by integer programming with scipy, from the arrays of the data alone."""
    points = np.nan_to_num(market.profile.revealed)
    can = ~np.isnan(market.profile.revealed)
    n, m = points.shape
    demand = np.ones(n) if one else np.asarray(market.demand, dtype=float)
    supply = np.asarray(market.supply, dtype=float)
    if one:  # seats for every second student whose first choice (ties included) it is, at least one
        tops = (can & (points == points.max(axis=1, keepdims=True)) & (points > 0)).sum(axis=0)
        supply = np.maximum(1, np.minimum(supply, np.ceil(tops / 2)))
    rows = [np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))]
    limits = [demand, supply]
    if not one:
        for pair in market.conflicts:
            both = np.zeros(m)
            both[list(pair)] = 1
            rows.append(np.kron(np.eye(n), both))
            limits.append(np.ones(n))
    solved = milp(
        -points.ravel(),
        constraints=LinearConstraint(np.vstack(rows), -np.inf, np.concatenate(limits)),
        bounds=Bounds(0, can.ravel().astype(float)),
        integrality=np.ones(n * m),
    )
    assert solved.success
    return float(-solved.fun)


def test_filed_under_its_name() -> None:
    assert SCENARIOS["course_seats"] is CourseSeats


@pytest.mark.parametrize(("decides", "one"), [("utilitarian", False), ("vcg", True)])
def test_the_oracle_reaches_the_greatest_sum_of_real_points(decides: str, one: bool) -> None:
    best = most_points(te.datasets.load("course", capacities="scarce"), one=one)
    made = CourseSeats(decides=decides)
    found = played(made, 3)
    assert found["oracle", "endorsed"] == pytest.approx(np.full(3, best))
    assert (found["sidt", "endorsed"] <= best + 1e-6).all()
    for entry in made.known():
        assert entry.value == pytest.approx(best)


@pytest.mark.parametrize("decides", DECIDES)
def test_exact_evidence_is_the_oracle_and_no_campaign_leaves_sidt_alone(decides: str) -> None:
    exact = played(CourseSeats(decides=decides, s=0.0, lotteries=2), 3)
    none = played(CourseSeats(decides=decides, strength=0.0, lotteries=2), 3)
    for name in {name for _, name in exact}:
        assert exact["thick", name] == pytest.approx(exact["oracle", name]), name
        assert exact["shrunk", name] == pytest.approx(exact["oracle", name]), name
        assert none["sidt", name] == pytest.approx(none["oracle", name]), name


def test_who_expects_no_promotion_decides_as_sidt() -> None:
    found = played(CourseSeats(decides="vcg", prior=0.0), 4)
    for name in {name for _, name in found}:
        assert found["shrunk", name] == pytest.approx(found["sidt", name]), name


@pytest.mark.statistical
def test_campaign_as_strong_as_published_costs_and_evidence_wins_it_back() -> None:
    found = played(CourseSeats(), 12)
    for arm in ("thick", "shrunk"):
        mean, error = gap(found, arm)
        assert mean > 2 * error
    assert found["sidt", "influence_gain"].mean() > 1
    assert found["sidt", "influence_gain"].mean() > found["thick", "influence_gain"].mean() + 1


@pytest.mark.statistical
@pytest.mark.parametrize("decides", ["utilitarian", "vcg"])
def test_where_there_is_no_campaign_thick_loses_and_shrunk_loses_less(decides: str) -> None:
    found = played(CourseSeats(decides=decides, strength=0.0, s=1.5), 12)
    mean, error = gap(found, "thick")
    assert mean < -2 * error
    assert gap(found, "shrunk")[0] >= mean


@pytest.mark.statistical
def test_seats_for_tokens_students_are_worth_more_and_pay_more() -> None:
    """The loss after payments that the scenario names: thick raises payments by more than it raises worth."""
    found = played(CourseSeats(decides="vcg", s=0.0), 40)
    worth, payments = gap(found, "thick"), gap(found, "thick", "revenue")
    assert worth[0] > 2 * worth[1]
    assert payments[0] > 2 * payments[1]
    assert gap(found, "thick", "surplus_endorsed")[0] < 0


def test_through_the_runner(tmp_path: Any) -> None:
    suite = {
        "schema": 1,
        "name": "course",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 2, "arms": ["sidt", "thick", "oracle"]},
        "study": [{"scenario": "course_seats", "fixed": {"decides": "vcg"}, "grid": {"s": [0.0, 1.0]}}],
    }
    results = Study(suite).run(tmp_path)
    assert not len(results.failed)
    assert len(results.points) == 2


@pytest.mark.parametrize(
    "knobs", [{"strength": -1.0}, {"decides": "lottery"}, {"courses": 0}, {"s": -0.1}, {"lotteries": 0}]
)
def test_bad_knobs(knobs: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        CourseSeats.make(knobs)


def test_more_courses_than_have_an_audience_is_an_error_with_a_place() -> None:
    made = CourseSeats(courses=23)
    with pytest.raises(InputError, match="audience"):
        made.draw(Draws(0, made.name, 0))
