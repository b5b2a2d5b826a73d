"""Corrective prices (T13): closed forms, brute force over prices, accounts, published stakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from thickecon.endorsement import DigitalAddiction, Estimate
from thickecon.errors import InputError, NotApplicableError
from thickecon.welfare import CorrectivePrice, optimal_sin_tax

markets = st.lists(
    st.tuples(st.floats(5, 20), st.floats(-2, -0.1), st.floats(-1.5, 2), st.floats(0.5, 3)), min_size=1, max_size=5
)


def solved(rows: list[tuple[float, ...]], rule: CorrectivePrice, price: float = 4.0) -> Any:
    q, slope, wedge, people = (np.array(x) for x in zip(*rows, strict=True))
    return rule.solve(quantity=q, price=price, slope=slope, wedge=wedge, people=people)


@settings(max_examples=60, deadline=None)
@given(markets, st.floats(-0.5, 1))
def test_linear_demand_has_the_closed_form(rows: list[tuple[float, ...]], e: float) -> None:
    found = solved(rows, CorrectivePrice(externality=e))
    weight = np.array([n * s for _, s, _, n in rows])
    gamma = np.array([g for _, _, g, _ in rows])
    mean = float(weight @ gamma / weight.sum())
    assert found.uniform == pytest.approx(e + mean)
    spread = float(weight @ (gamma - mean) ** 2 / weight.sum())
    assert found.left_behind == pytest.approx(0.5 * abs(weight.sum()) * spread, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(markets, st.floats(-0.5, 1), st.sampled_from(["linear", "isoelastic"]))
def test_no_price_is_better_by_quadrature(rows: list[tuple[float, ...]], e: float, demand: Any) -> None:
    """W(t) = integral of sum n x'(s) (s - e - gamma) ds, by quadrature of numerical slopes, over a fine search."""
    found = solved(rows, CorrectivePrice(externality=e, demand=demand))

    def worth(t: float) -> float:
        def integrand(s: float) -> float:
            h = 1e-5
            slope = (found.demanded(s + h) - found.demanded(s - h)) / (2 * h)
            return float(found.people @ (slope * (s - e - found.wedge)))

        return float(quad(integrand, 0, t, epsabs=1e-10)[0])

    assert found.welfare(found.uniform) == pytest.approx(worth(found.uniform), abs=1e-5)
    best = minimize_scalar(lambda t: -found.welfare(t), bounds=(-2.5, 4.0), method="bounded", options={"xatol": 1e-9})
    assert found.gain >= -best.fun - 1e-7
    assert found.left_behind >= -1e-9


@settings(max_examples=40, deadline=None)
@given(markets, st.floats(0, 1))
def test_accounts_of_groups_add_up(rows: list[tuple[float, ...]], e: float) -> None:
    found = solved(rows, CorrectivePrice(externality=e))
    table = found.by_group()
    total = float((table["people"] * (table["endorsed"] + table["less_harm"])).sum())
    assert total == pytest.approx(found.gain, abs=1e-8)
    assert float((table["people"] * (table["tax"] - table["rebate"])).sum()) == pytest.approx(0.0, abs=1e-8)


def test_homogeneous_bias_is_harbergers_triangle() -> None:
    found = CorrectivePrice().solve(quantity=10.0, price=5.0, slope=-0.5, wedge=2.0)
    assert found.gain == pytest.approx(0.5 * 2.0**2 * 0.5)
    assert found.left_behind == pytest.approx(0.0)


def test_the_standard_setting_sees_no_wedge() -> None:
    rule = CorrectivePrice(externality=0.3)
    seen, blind = (r.solve(quantity=[10.0, 8.0], price=5.0, slope=[-1.0, -0.5], wedge=[1.0, 2.0])
                   for r in (rule, rule.baseline()))  # fmt: skip
    assert blind.uniform == pytest.approx(0.3)
    assert blind.summary()["gain"] == pytest.approx(seen.summary()["gain of the SIDT price"])
    assert seen.gain > blind.gain
    thin = CorrectivePrice().solve(quantity=10.0, price=5.0, slope=-1.0, wedge=0.0)  # the thin limit
    assert thin.uniform == CorrectivePrice().baseline().solve(quantity=10.0, price=5.0, slope=-1.0, wedge=0.0).uniform


def test_intervals_of_digital_addiction() -> None:
    """One day, linear: t = gamma, gain gamma^2 / (-2 eta) = .22 dollars a day; the price's interval is gamma's."""
    m = {"tau3": -55.9, "tau4": -19.2, "tau5": -12.3, "tau2": -24.3, "forecast": 6.13, "use": 153.0}
    se = [2.908, 2.806, 2.949, 1.964, 0.816, 2.041]
    estimate = DigitalAddiction().fit(
        pd.DataFrame({"moment": list(m), "value": list(m.values()), "standard_error": se})
    )
    eta = estimate.diagnostics["quantities"].loc["eta", "estimate"]
    found = CorrectivePrice().solve(quantity=153 / 60, price=2.5, slope=1 / eta, wedge=estimate, name="temptation")
    assert found.uniform == pytest.approx(1.087, abs=1e-3)
    assert found.gain == pytest.approx(0.22, abs=5e-4)
    table = found.intervals(4000, rng=0)
    low, high = estimate.interval(0.95).loc["temptation"]
    assert table.loc["price", ["lower", "upper"]].tolist() == pytest.approx([low, high], abs=0.02)
    assert table.attrs["better_than_sidt"] == 1.0
    assert table.loc["gain", "lower"] < found.gain < table.loc["gain", "upper"]


def test_sugar() -> None:
    """gamma + e without redistribution; .93 and .85 cents an ounce (recalled) lie in the published 1 to 2.1."""
    assert optimal_sin_tax(bias=0.93, externality=0.85, price=3.63, consumption=46.0, elasticity=1.37) == pytest.approx(
        1.78
    )
    more = {"price": 3.63, "consumption": 46.0, "elasticity": 1.37}
    assert optimal_sin_tax(bias=0.93, externality=0.85, progressivity=0.2, **more) == pytest.approx(1.966)
    regressive = optimal_sin_tax(bias=0.93, externality=0.85, redistribution=5.0, **more)
    scale = 5.0 / (46 * 1.37)
    assert regressive == pytest.approx((1.78 - 3.63 * scale) / (1 + scale))
    with pytest.raises(InputError):
        optimal_sin_tax(bias=1, externality=0, price=0, consumption=1, elasticity=1)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"slope": [1.0, -1.0]}, InputError, "slope.*must be negative, found 1"),
        ({"quantity": [0.0, 1.0]}, InputError, "quantity.*must be positive"),
        ({"wedge": [1.0]}, InputError, r"wedge.*must be a number or \(2,\)"),
        ({"wedge": [50.0, 50.0]}, NotApplicableError, "less than nothing"),
        ({"price": [1.0, 2.0, 3.0]}, InputError, "price"),
        ({"groups": ["a"]}, InputError, "must be 2 labels"),
        ({"wedge": Estimate("endorsement", ("x",), np.array([0.5]))}, NotApplicableError, "needs a wedge in money"),
    ],
)
def test_bad_input(change: dict[str, Any], error: type[Exception], said: str) -> None:
    given = {"quantity": [10.0, 10.0], "price": 5.0, "slope": [-1.0, -1.0], "wedge": [1.0, 1.0]} | change
    with pytest.raises(error, match=said):
        CorrectivePrice().solve(**given)


def test_bad_settings() -> None:
    with pytest.raises(InputError):
        CorrectivePrice(demand="kinked")  # type: ignore[arg-type]
    found = CorrectivePrice().solve(quantity=10.0, price=5.0, slope=-1.0, wedge=1.0)
    with pytest.raises(NotApplicableError, match="no standard error"):
        found.intervals()
