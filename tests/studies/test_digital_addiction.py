"""Use of a phone: published estimates from published moments, habits lived through, and where a limit does harm."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, evidence_size
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.digital_addiction import DigitalAddiction

EXACT: dict[str, Any] = {"s": 0.0, "audit_error": 0.0, "rounds": 1}


def played(made: DigitalAddiction, replicates: int = 1) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(4, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def habits() -> tuple[float, float, float]:
    """(eta, rho, zeta) from the rounded moments, by the estimating equations of the paper."""
    eta = 2.5 / (-55.9 / 60)
    rho = 12.3 / 19.2 - 19.2 / 55.9
    return eta, rho, -eta * 19.2 / (rho * 55.9)


# ---- the paper --------------------------------------------------------------------------------------------------


def test_published_estimates() -> None:
    """Allcott, Gentzkow and Song (2022), table 4 column 1 and section VI: gamma 1.09 $/h, naivete .274 $/h, 47.5
    minutes and 31 % of use, deadweight loss .22 $ a day; from moments rounded as printed, so to the last digit printed.
    """
    assert SCENARIOS["digital_addiction"] is DigitalAddiction
    long_run, day = played(DigitalAddiction(**EXACT)), played(DigitalAddiction(horizon="one day", **EXACT))
    assert long_run["thick", "temptation"][0] == pytest.approx(1.09, abs=0.005)
    assert long_run["informed", "temptation"][0] == pytest.approx(0.274, abs=0.0005)
    assert long_run["thick", "cut"][0] == pytest.approx(47.5, abs=0.05)
    assert long_run["thick", "cut_share"][0] == pytest.approx(0.31, abs=0.005)
    assert day["thick", "cut"][0] == pytest.approx(24.3)  # the tool removes temptation and nothing else
    assert -day["sidt", "endorsed"][0] == pytest.approx(0.22, abs=0.005)


def test_habits_lived_through_end_where_the_steady_state_is() -> None:
    """s' = rho (s + x), x = (kappa + gamma + zeta s - p) / -eta, 400 periods: what temptation and a price change."""
    eta, rho, zeta = habits()
    gamma = eta * -24.3 / 60

    def settled(worth: float) -> float:
        stock = use = 0.0
        for _ in range(400):
            use = (worth + zeta * stock) / -eta
            stock = rho * (stock + use)
        return use

    worth = (153 / 60) / settled(1.0)  # demand is linear: this worth gives the use that was found
    assert 60 * settled(worth) == pytest.approx(153)
    made = DigitalAddiction(**EXACT)
    cut = 60 * (settled(worth) - settled(worth - gamma))
    assert played(made)["oracle", "cut"][0] == pytest.approx(cut)
    slope = made.reading(made.published[None]).slope[0]
    assert slope == pytest.approx(1.0 / (settled(worth) - settled(worth - 1.0)))  # a price of one dollar an hour
    triangle = quad(lambda p: settled(worth - p) - settled(worth - gamma), 0, gamma)[0]
    assert -played(made)["sidt", "endorsed"][0] == pytest.approx(triangle)


@pytest.mark.statistical
def test_correlated_errors_are_those_of_the_published_intervals() -> None:
    """95 % intervals of table 4: rho [.106, .493], gamma [.884, 1.30], naivete [.201, .349]; widths within 12 %.

    The published ones are bootstrapped; quantiles of 40,000 draws have errors of about 2 %. Without correlation the
    interval of rho is twice too wide.
    """

    def width(values: np.ndarray) -> float:
        low, high = np.quantile(values, [0.025, 0.975])
        return float(high - low)

    drawn = {c: DigitalAddiction(correlation=c, rounds=40_000).draw(Draws(1, "x", 0)).truth / 60 for c in (0.8, 0.0)}
    rho = {c: t[:, 2] / t[:, 1] - t[:, 1] / t[:, 0] for c, t in drawn.items()}
    eta = 2.5 / drawn[0.8][:, 0]
    assert width(rho[0.8]) == pytest.approx(0.493 - 0.106, rel=0.12)
    assert width(rho[0.0]) > 1.8 * (0.493 - 0.106)
    assert width(eta * drawn[0.8][:, 3]) == pytest.approx(1.30 - 0.884, rel=0.12)
    assert width(-eta * drawn[0.8][:, 4]) == pytest.approx(0.349 - 0.201, rel=0.12)


# ---- what is known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", [0.5, 4.0, 12.0, 40.0])
@pytest.mark.parametrize("tempted", [1.0, 0.3, 1.4])
def test_closed_forms_of_one_day_against_quadrature(s: float, tempted: float) -> None:
    """A limit of 153 less N(24.3, (1.964 s)^2) or N(6.13, (.816 s)^2) minutes, neither above 153 nor below 0."""
    made = DigitalAddiction(s=s, audit_error=0.0, horizon="one day", tempted=tempted)
    known = {entry.arm: entry.value for entry in made.known()}
    assert set(known) == set(made.arms)
    eta, best = habits()[0], tempted * 24.3

    def cost(at: float) -> float:
        return -eta * ((min(max(at, 0.0), 153.0) - best) / 60) ** 2 / 2

    for arm, mean, error in (("thick", 24.3, (28.1 - 20.4) / 3.92), ("informed", 6.13, (7.72 - 4.52) / 3.92)):
        sd = s * error
        inner = sorted({mean - 12 * sd, mean + 12 * sd} | {x for x in (0.0, 153.0) if abs(x - mean) < 12 * sd})
        total = sum(
            quad(lambda x, m=mean, sd=sd: cost(x) * norm.pdf(x, m, sd), low, high, limit=200)[0]
            for low, high in pairwise(inner)
        )
        assert known[arm] == pytest.approx(-total, rel=1e-6), arm
    sd = s * (28.1 - 20.4) / 3.92
    kinks = [x for x in (0.0, 153.0) if abs(x - 24.3) < 12 * sd]
    half = sum(
        quad(lambda x: cost(min(max(x, 0.0), 153.0) / 2) * norm.pdf(x, 24.3, sd), low, high, limit=200)[0]
        for low, high in pairwise(sorted({24.3 - 12 * sd, 24.3 + 12 * sd, *kinks}))
    )
    assert known["regret"] == pytest.approx(-half, rel=1e-6)
    assert known["sidt"] == pytest.approx(-cost(0.0))
    assert known["oracle"] == 0


@pytest.mark.parametrize("horizon", ["long run", "one day"])
def test_least_regret_by_enumeration(horizon: str) -> None:
    """Limits and shares of temptation on grids: the largest regret is least at the limit that ``regret`` sets, and
    where no assumption is made it is a quarter of what no limit may cost.
    """
    made = DigitalAddiction(horizon=horizon, **EXACT)
    reading = made.reading(made.published[None])
    cut, slope = float(reading.cut[0]), float(reading.slope[0])
    shares, cuts = np.linspace(0, 1, 201), np.linspace(0, 153, 3061)
    regret = (slope / 2 * ((cuts[:, None] - shares * cut) / 60) ** 2).max(axis=1)
    assert played(made)["regret", "cut"][0] == pytest.approx(cuts[regret.argmin()], abs=0.05)
    for tempted in (0.0, 0.4, 1.0):
        found = played(DigitalAddiction(horizon=horizon, tempted=tempted, **EXACT))
        assert -found["regret", "endorsed"][0] <= regret[0] / 4 + 1e-12


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{"horizon": "one day", "s": 9.0}, {"horizon": "one day", "tempted": 0.4, "s": 2.0}])
def test_what_is_played_has_the_means_that_are_known(knobs: dict[str, Any]) -> None:
    made = DigitalAddiction(audit_error=0.0, rounds=400, **knobs)
    found = played(made, 40)
    for entry in made.known():
        here = found[entry.arm, "endorsed"]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-12, entry


def test_break_even_is_where_quadrature_has_it_and_is_used_for_the_size_of_an_experiment() -> None:
    made = DigitalAddiction(audit_error=0.0, horizon="one day")
    even = made.break_even()
    assert even is not None
    assert 14 < even < 16  # as the scenario says
    sd, eta = even * (28.1 - 20.4) / 3.92, habits()[0]
    inside = quad(lambda x: (x - 24.3) ** 2 * norm.pdf(x, 24.3, sd), 0, 153)[0]
    beyond = 24.3**2 * norm.cdf(-24.3 / sd) + (153 - 24.3) ** 2 * norm.sf((153 - 24.3) / sd)
    assert -eta / 2 * (inside + beyond) == pytest.approx(-eta / 2 * 24.3**2, rel=1e-6)
    assert evidence_size(made).break_even == pytest.approx(even)
    assert DigitalAddiction(audit_error=0.0).break_even() is None
    assert DigitalAddiction(audit_error=0.0, horizon="one day", tempted=0.4).break_even() is None


# ---- signs, limits, regimes -------------------------------------------------------------------------------------


def test_exact_evidence_is_the_oracle_and_forecasts_recover_little() -> None:
    found = played(DigitalAddiction(s=0.0), 20)
    for name in {name for _, name in found}:
        assert found["thick", name] == pytest.approx(found["oracle", name], abs=1e-12), name
        assert found["shrunk", name] == pytest.approx(found["oracle", name], abs=1e-12), name
    assert (found["sidt", "endorsed"] < found["informed", "endorsed"]).all()
    assert found["informed", "cut"].mean() < found["oracle", "cut"].mean() / 5
    assert (found["sidt", "participation_decision"] == 1).all()
    assert (found["thick", "revealed"] < 0).all()  # the decision self bears the limit


@pytest.mark.parametrize("horizon", ["long run", "one day"])
@pytest.mark.parametrize(("tempted", "sign"), [(0.0, -1), (0.45, -1), (0.55, 1), (1.0, 1)])
def test_exact_evidence_does_harm_below_one_half_of_the_assumption(horizon: str, tempted: float, sign: int) -> None:
    """Squares: (1 - t)^2 against t^2."""
    found = played(DigitalAddiction(horizon=horizon, tempted=tempted, **EXACT))
    assert sign * (found["thick", "endorsed"][0] - found["sidt", "endorsed"][0]) > 0
    if tempted:
        ratio = found["thick", "endorsed"][0] / found["sidt", "endorsed"][0]
        assert ratio == pytest.approx(((1 - tempted) / tempted) ** 2)


@pytest.mark.statistical
def test_worse_experiments_are_worth_less_and_forecasts_overtake_them() -> None:
    means: dict[float, dict[str, float]] = {}
    for s in (0.5, 2.0, 14.0):
        found = played(DigitalAddiction(s=s), 150)
        means[s] = {arm: float(found[arm, "endorsed"].mean()) for arm in DigitalAddiction.arms}
    assert means[0.5]["thick"] > means[2.0]["thick"] > means[14.0]["thick"]
    assert means[2.0]["thick"] > means[2.0]["informed"]
    at = {s: DigitalAddiction(s=s, audit_error=0.0, horizon="one day") for s in (10.2, 10.4)}  # as the scenario says
    assert at[10.2].expected("thick") > at[10.2].expected("informed")
    assert at[10.4].expected("thick") < at[10.4].expected("informed")
    for each in means.values():
        assert each["shrunk"] >= each["thick"]
        assert each["shrunk"] > each["sidt"]


def test_moments_without_a_steady_state_are_read_as_one_day() -> None:
    """rho = tau5 / tau4 - tau4 / tau3 above 1, and habits that would carry themselves away."""
    for spoilt in ({"tau5": -30.0}, {"tau4": -40.0, "tau5": -60.0}):
        found = played(DigitalAddiction(**EXACT, **spoilt))
        assert found["thick", "no_steady_state"][0] == 1
        assert found["thick", "cut"][0] == pytest.approx(24.3)


def test_through_the_runner(tmp_path: Any) -> None:
    suite = {
        "schema": 1,
        "name": "phone",
        "seed": 3,
        "defaults": {"replicates": 6, "block": 3, "arms": ["sidt", "informed", "thick", "shrunk", "oracle"]},
        "study": [{"scenario": "digital_addiction", "grid": {"s": [0.0, 1.0], "horizon": ["one day", "long run"]}}],
    }
    results = Study(suite).run(tmp_path)
    assert not len(results.failed)
    assert len(results.points) == 4


@pytest.mark.parametrize(
    "knobs", [{"horizon": "never"}, {"errors": [1.0, 2.0]}, {"errors": [-1.0] * 6}, {"tau3": 5.0}, {"s": -1.0}]
)
def test_bad_knobs(knobs: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        DigitalAddiction.make(knobs)
