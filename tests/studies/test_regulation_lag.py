"""A5: losses against Gaussian regressions, printed break-evens, and long runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.regulation_lag import RegulationLag


def played(made: RegulationLag, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def test_printed_break_evens() -> None:
    """phi = .98, L = 26, l = 4: .389, .680, .931 at speeds 1/4, 1, 4; loss .463; a held rule loses 1.37 at speed 4."""
    found = [RegulationLag(speed=speed).break_even() for speed in (0.25, 1.0, 4.0)]
    assert found == pytest.approx([0.389, 0.680, 0.931], abs=5e-4)
    assert RegulationLag().expected("sidt") == pytest.approx(0.463, abs=5e-4)
    assert RegulationLag(speed=4.0).expected("held") == pytest.approx(1.37, abs=5e-3)
    assert RegulationLag().break_even("constant") == 1.0


@pytest.mark.parametrize(
    "knobs",
    [
        {"term": 5, "delay": 2, "phi": 0.8, "s": 0.7, "tau": 0.9, "terms": 2},
        {"term": 4, "delay": 0, "phi": 0.5, "s": 0.2, "tau": 0.0, "terms": 3},
        {"term": 1, "delay": 3, "phi": 0.95, "speed": 2.0, "s": 1.5, "tau": 2.0, "terms": 9},
    ],
)
def test_losses_by_regression(knobs: dict[str, float]) -> None:
    """Every rule as a linear map of a Gaussian vector whose covariance is written out: forecasts and filters by solving
    normal equations, period by period.
    """
    made = RegulationLag.make(knobs)
    rho, periods = made.phi**made.speed, made.term * made.terms
    law = toeplitz(rho ** np.arange(made.delay + periods))
    losses: dict[str, list[float]] = {arm: [] for arm in ("sidt", "held", "shrunk", "informed")}
    for t in range(periods):
        now, seen = made.delay + t, t - t % made.term
        losses["sidt"].append(1 - law[now, seen] ** 2)  # residual variance of a regression on one normal
        losses["held"].append(2 - 2 * law[now, seen])
        recent = np.arange(made.delay, now + 1)
        for arm, opinion in (("shrunk", 1.0), ("informed", 1 + made.tau**2)):
            own = law[np.ix_(recent, recent)]
            reading = opinion * own + made.s**2 * np.eye(len(recent))
            weights = np.linalg.solve(reading, opinion * own[-1])
            losses[arm].append(1 - 2 * weights @ own[-1] + weights @ reading @ weights)
    for arm, values in losses.items():
        assert made.expected(arm) == pytest.approx(np.mean(values), abs=1e-10), arm


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{}, {"speed": 4.0, "s": 1.2, "tau": 0.0}, {"term": 3, "delay": 0, "phi": 0.5}])
def test_long_runs_agree(knobs: dict[str, float]) -> None:
    """200 runs of 20 terms within four standard errors of the closed forms."""
    made = RegulationLag.make(knobs)
    found = played(made, 200)
    assert {entry.arm for entry in made.known()} == set(made.arms)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-12, entry


def test_speed_is_not_thickness() -> None:
    """With no pull on opinion a poll is the agent and a filtered poll the filtered agent; with one they fall behind."""
    same = played(RegulationLag(tau=0.0), 5)
    for name in ("loss", "revealed", "change"):
        assert np.array_equal(same["poll", name], same["thick", name])
        assert np.array_equal(same["informed", name], same["shrunk", name])
    assert RegulationLag(tau=0.0).expected("informed") == RegulationLag(tau=0.0).expected("shrunk")
    for tau in (0.2, 0.5, 1.0):
        made = RegulationLag(tau=tau)
        assert made.expected("informed") > made.expected("shrunk") + tau**2 / 2
        assert made.expected("poll") == pytest.approx(made.expected("thick") + tau**2)


def test_where_it_loses() -> None:
    """Slow worlds; s above 1 against one rule for ever; never the filter, which is the best use of what is read."""
    slow = RegulationLag(speed=0.25, s=0.5)
    assert slow.expected("thick") > slow.expected("sidt")
    assert RegulationLag(s=0.5).expected("thick") < RegulationLag(s=0.5).expected("sidt")
    wild = RegulationLag(speed=4.0, s=1.1)
    assert wild.expected("constant") < wild.expected("thick") < wild.expected("held")
    for s in (0.1, 1.0, 3.0):
        made = RegulationLag(s=s)
        assert made.expected("shrunk") <= min(made.expected("thick"), 1.0)
    assert RegulationLag(s=20.0).expected("shrunk") > RegulationLag().expected("sidt")


def test_laws_go_stale() -> None:
    found = played(RegulationLag(), 100)
    assert found["sidt", "stale"].mean() > found["sidt", "fresh"].mean() + 0.1
    assert found["thick", "stale"].mean() == pytest.approx(found["thick", "fresh"].mean(), abs=0.02)
    assert found["thick", "change"].mean() > 10 * found["sidt", "change"].mean()  # it moves with every reading
    assert (found["constant", "change"] == 0).all()
    assert (found["sidt", "worst_term"] >= found["sidt", "loss"]).all()


def test_ends_of_the_knobs() -> None:
    """No error is the oracle; a world that stands still, or has no memory; terms of one period."""
    exact = played(RegulationLag(s=0.0), 3)
    assert (exact["thick", "loss"] == 0).all()
    assert exact["shrunk", "loss"] == pytest.approx(np.zeros(3), abs=1e-20)
    still = RegulationLag(phi=1.0, s=0.0)
    assert still.expected("sidt") == still.expected("held") == still.break_even() == 0.0
    assert played(still, 2)["sidt", "loss"] == pytest.approx(np.zeros(2), abs=1e-20)
    assert RegulationLag(phi=0.0).expected("sidt") == 1.0
    assert "stale" not in RegulationLag(term=1, terms=5).play(
        RegulationLag(term=1, terms=5).draw(Draws(1, "regulation_lag", 0)), "sidt", Draws(1, "regulation_lag", 0)
    )


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="phi"):
        RegulationLag(phi=1.2)
    with pytest.raises(InputError, match="term"):
        RegulationLag(term=0)
    one, other = (RegulationLag(s=s).draw(Draws(1, "regulation_lag", 0)) for s in (0.1, 0.9))
    for name in ("target", "pull", "noise"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    suite = {
        "schema": 1,
        "name": "lag",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [{"scenario": "regulation_lag", "grid": {"s": [0.1, 0.9], "speed": [0.25, 4.0]}}],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(RegulationLag.arms)
