"""Bias in money and temptation in repeated samples, and what happens when an assumption fails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.statistical.coverage import RUNS, covers, share_covered
from thickecon.endorsement import DigitalAddiction, HabitModel, MoneyMetricBias, PlatformTrap
from thickecon.endorsement.digital_addiction import _Panel
from thickecon.endorsement.normative_consumer import NormativeConsumer
from thickecon.endorsement.tax_salience import least_squares

pytestmark = pytest.mark.statistical
Z = 1.959964
EFFECTS = np.array([-55.9, -19.2, -12.3, -24.3, 6.13, 153.0])


def panel(gen: np.random.Generator, n: int = 300, removed: float = 1.0) -> _Panel:
    """Arms of n with the published effects; the tool takes away ``removed`` of temptation."""
    x = 153 + gen.normal(0, 60, (3 * n, 1)) + gen.normal(0, 12, (3 * n, 5))
    arm = np.repeat([0, 1, 2], n)
    x[arm == 1, 2:] += EFFECTS[:3]
    x[arm == 2, 1:] += removed * EFFECTS[3]
    missed = np.where(arm == 0, 6.13 + gen.normal(0, 30, 3 * n), np.nan)
    return _Panel(x, (arm == 1).astype(float), (arm == 2).astype(float), missed)


def delta(rule: DigitalAddiction, made: _Panel) -> tuple[float, float]:
    """gamma and its error, through the estimator's own steps."""
    m = made.moments()
    joint, _ = rule._spread(m, rule._quantities(m), made.covariance(), None)
    assert joint is not None
    return float(rule._quantities(m)[5]), float(np.sqrt(joint[5, 5]))


def test_temptation_covers_and_half_a_tool_finds_half() -> None:
    gen, rule = np.random.default_rng(1), DigitalAddiction()
    truth = float(HabitModel.from_moments(EFFECTS, 2.5).gamma)
    inside, points = [], []
    for _ in range(RUNS):
        value, error = delta(rule, panel(gen))
        inside.append((value - Z * error, value + Z * error))
        points.append(value)
    assert covers(inside, truth)
    assert np.median(points) == pytest.approx(truth, rel=0.03)
    half = [delta(rule, panel(gen, removed=0.5))[0] for _ in range(200)]
    assert np.median(half) == pytest.approx(truth / 2, rel=0.05)  # the tool leaves half of temptation in place


def test_price_lists_cover() -> None:
    gen, inside, points = np.random.default_rng(2), [], []
    for run in range(RUNS):
        n = 160
        w = gen.normal(4, 1, n)
        treated = np.arange(n) % 2 == 0
        after = w + np.where(treated, 2.0 + gen.normal(0, 0.8, n), 0.0) + gen.normal(0.3, 0.6, n)
        data = pd.DataFrame({"agent": np.arange(n), "item": 0, "arm": np.where(treated, "treatment", "control"),
                             "wtp_decision": w, "wtp_reflective": after})  # fmt: skip
        found = MoneyMetricBias(draws=100, rng=run).fit(data)
        x, s = float(found.values[0]), float(found.errors[0])
        inside.append((x - Z * s, x + Z * s))
        points.append(x)
    assert covers(inside, -2.0)
    assert np.mean(points) == pytest.approx(-2.0, abs=4 * np.std(points) / np.sqrt(RUNS))


def test_answers_at_the_end_of_the_scale_bias_it() -> None:
    gen, points = np.random.default_rng(3), []
    for run in range(100):
        w = gen.normal(4, 1, 200)
        treated = np.arange(200) % 2 == 0
        after = np.minimum(w + np.where(treated, 2.0, 0.0), 5.5)
        data = pd.DataFrame({"agent": np.arange(200), "item": 0, "arm": np.where(treated, "treatment", "control"),
                             "wtp_decision": w, "wtp_reflective": after})  # fmt: skip
        points.append(float(MoneyMetricBias(draws=10, rng=run).fit(data).values[0]))
    assert np.mean(points) > -1.6


def test_salience_covers() -> None:
    """theta = .35: a ratio of coefficients by the delta method; heteroskedastic errors."""
    gen, inside = np.random.default_rng(4), []
    for _ in range(RUNS):
        price, tax = gen.normal(0, 0.3, 300), gen.uniform(0, 0.2, 300)
        x = np.column_stack([price, np.log1p(tax), np.ones(300)])
        y = x @ [-1.6, -0.56, 1.0] + gen.normal(0, 0.1, 300) * (1 + np.abs(price))
        b, joint = least_squares(x, y, x)
        theta = b[1] / b[0]
        slope = np.array([-theta, 1.0, 0.0]) / b[0]
        s = float(np.sqrt(slope @ joint @ slope))
        inside.append((theta - Z * s, theta + Z * s))
    assert covers(inside, 0.35)


def test_two_measures_cover_where_one_does_not() -> None:
    gen = np.random.default_rng(5)
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(RUNS):
        b, n = gen.uniform(0, 1, 400), 400
        y = 2 - 0.8 * b + gen.normal(0, 0.4, n)
        scores = b[:, None] + gen.normal(0, 0.2, (n, 2))
        for k, kept in found.items():
            survey = NormativeConsumer(np.exp(y), np.full(n, 3.0), np.full(n, 1.4), scores[:, :k], np.ones((n, 1)))
            tau, s = survey.effect()
            kept.append((tau - Z * s, tau + Z * s))
    assert covers(found[2], -0.8)
    assert share_covered(found[1], -0.8) < 0.5


def test_traps_cover() -> None:
    gen, inside = np.random.default_rng(6), []
    for _ in range(RUNS):
        one = gen.normal(59, 30, 120)
        data = pd.DataFrame({"agent": np.arange(120), "platform": "P", "individual": one,
                             "collective": one - 87 + gen.exponential(40, 120) - 40})  # fmt: skip
        found = PlatformTrap().fit(data)
        x, s = float(found.values[0]), float(found.errors[0])
        inside.append((x - Z * s, x + Z * s))
    assert covers(inside, 87.0)
