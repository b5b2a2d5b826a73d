"""Bias in money, temptation and platform traps: published numbers, closed forms, bad data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import thickecon as te
from thickecon.endorsement import DigitalAddiction, HabitModel, MoneyMetricBias, PlatformTrap, salience_from_posting
from thickecon.endorsement.tax_salience import least_squares
from thickecon.errors import EvidenceError

DATA = Path(__file__).resolve().parents[2] / "../shared/data/endorsement"
MOMENTS = {"tau3": -55.9, "tau4": -19.2, "tau5": -12.3, "tau2": -24.3, "forecast": 6.13, "use": 153.0}
ERRORS = {"tau3": 2.908, "tau4": 2.806, "tau5": 2.949, "tau2": 1.964, "forecast": 0.816, "use": 2.041}  # widths / 3.92


def moments(**more: Any) -> pd.DataFrame:
    return pd.DataFrame({"moment": list(MOMENTS), "value": list(MOMENTS.values()), **more})


# ---- digital addiction ------------------------------------------------------------------------------------------


def test_published_estimates_from_rounded_moments() -> None:
    """Allcott, Gentzkow and Song (2022), table 4 column 1 and section VI; moments of table 3 are printed rounded."""
    found = DigitalAddiction().fit(moments()).diagnostics["quantities"]["estimate"]
    published = {  # value, half a printed digit and what the rounding of moments adds
        "rho": (0.299, 0.003), "eta": (-2.68, 0.006), "zeta": (3.08, 0.03), "lamda": (1.15, 0.01),
        "naivete": (0.274, 0.001), "gamma": (1.09, 0.005), "share": (0.31, 0.005), "one_day_loss": (0.22, 0.005),
    }  # fmt: skip
    for name, (value, tol) in published.items():
        assert found[name] == pytest.approx(value, abs=tol), name
    assert 60 * found["long_run_cut"] == pytest.approx(47.5, abs=0.05)
    assert 60 * found["without_habit"] == pytest.approx(75.0, abs=0.5)
    assert abs(found["kappa"]) == pytest.approx(2.41, abs=0.005)  # printed -2.41: another sign convention


def test_lived_through_habits_end_at_the_closed_form() -> None:
    """Steady state of x = (kappa + gamma + zeta s) / -eta, s = rho (s + x), iterated, with and without temptation."""
    m = HabitModel.from_moments(np.array(list(MOMENTS.values())), 2.5)

    def steady(gamma: float) -> float:
        s = 0.0
        for _ in range(500):
            x = (float(m.kappa) + gamma + float(m.zeta) * s) / -float(m.eta)
            s = float(m.rho) * (s + x)
        return x

    assert 60 * steady(float(m.gamma)) == pytest.approx(153.0)
    assert 60 * (steady(float(m.gamma)) - steady(0.0)) == pytest.approx(60 * float(m.long_run_cut))


def test_independent_moments_give_some_published_intervals_and_not_others() -> None:
    """Drawn one by one from their intervals, moments reproduce those of eta, gamma and naivete; that of rho comes out
    about twice as wide, since errors of the bonus arm go together."""
    found = DigitalAddiction(errors="bootstrap", draws=4000, rng=0).fit(
        moments(standard_error=[ERRORS[name] for name in MOMENTS])
    )
    table = found.diagnostics["quantities"]
    for name, low, high in (("eta", -2.98, -2.43), ("gamma", 0.884, 1.30), ("naivete", 0.201, 0.349)):
        assert 3.92 * table.loc[name, "standard_error"] == pytest.approx(high - low, rel=0.08)
    assert 3.92 * table.loc["rho", "standard_error"] > 1.5 * (0.493 - 0.106)
    delta = DigitalAddiction().fit(moments(standard_error=[ERRORS[name] for name in MOMENTS]))
    assert delta.standard_error["temptation"] == pytest.approx(found.standard_error["temptation"], rel=0.05)
    low, high = delta.interval(0.95).loc["temptation"]
    assert (low, high) == pytest.approx((0.884, 1.30), abs=0.03)


@pytest.mark.shared_data
@pytest.mark.skipif(not DATA.exists(), reason="published moments are not beside the repository")
def test_the_file_of_moments_has_these_numbers() -> None:
    table = pd.read_csv(DATA / "digital_addiction_moments.csv").set_index("name")["value"]
    file = {"tau3": "tau3_B", "tau4": "tau4_B", "tau5": "tau5_B", "tau2": "tau2_L", "forecast": "m_C", "use": "x1_bar"}
    assert {name: table[key] for name, key in file.items()} == MOMENTS


def test_half_of_the_assumption_halves_temptation() -> None:
    whole, half = (DigitalAddiction(tempted=t).fit(moments()).diagnostics["quantities"]["estimate"] for t in (1.0, 0.5))
    assert half["gamma"] == pytest.approx(whole["gamma"] / 2)
    assert half["one_day_loss"] == pytest.approx(whole["one_day_loss"] / 4)
    assert half["kappa"] == pytest.approx(whole["kappa"] + whole["gamma"] / 2)


def panel(n: int = 60, seed: int = 0) -> pd.DataFrame:
    """Use in five periods with the published effects, arms of n, noise of 40 minutes between people."""
    gen = np.random.default_rng(seed)
    rows = []
    for arm, effects in (("control", [0, 0, 0, 0, 0]), ("bonus", [0, 0, -55.9, -19.2, -12.3]),
                         ("limit", [0, -24.3, -20, -20, -20])):  # fmt: skip
        for k in range(n):
            level = 153 + gen.normal(0, 40)
            for period in range(1, 6):
                x = level + effects[period - 1] + gen.normal(0, 10)
                guess = level - 6.13 + gen.normal(0, 5) if period == 2 and arm == "control" else np.nan
                rows.append((f"{arm}{k}", period, x, int(arm == "bonus"), int(arm == "limit"), guess))
    return pd.DataFrame(rows, columns=["agent", "period", "x", "bonus", "limit", "predicted"])


def test_panel_of_use_by_hand() -> None:
    data = panel()
    found = DigitalAddiction().fit(data)
    means = data.groupby(["bonus", "limit", "period"])["x"].mean()
    expected = {
        "tau3": means[1, 0, 3] - means[0, 0, 3], "tau4": means[1, 0, 4] - means[0, 0, 4],
        "tau5": means[1, 0, 5] - means[0, 0, 5], "tau2": means[0, 1, 2] - means[0, 0, 2],
        "use": data[data["period"] == 1]["x"].mean(),
    }  # fmt: skip
    for name, value in expected.items():
        assert found.diagnostics["moments"][name] == pytest.approx(value), name
    again = DigitalAddiction(errors="bootstrap", draws=3000, rng=0).fit(data)
    assert again.standard_error["temptation"] == pytest.approx(found.standard_error["temptation"], rel=0.06)


# ---- price lists ------------------------------------------------------------------------------------------------


def lists(n: int = 400, seed: int = 0, anchor: float = 0.0, endline: bool = False) -> pd.DataFrame:
    """Undervaluation 2 - .5 (w - 4) at a willingness to pay w ~ N(4, 1); control drifts by .3."""
    gen = np.random.default_rng(seed)
    w = gen.normal(4, 1, n)
    rise = 2 - 0.5 * (w - 4) + gen.normal(0, 0.5, n)
    treated = np.arange(n) % 2 == 0
    after = w + (1 - anchor) * np.where(treated, rise + 0.3, 0.3)
    made = pd.DataFrame({"agent": range(n), "item": "lamp", "arm": np.where(treated, "treatment", "control"),
                         "wtp_decision": w, "wtp_reflective": after})  # fmt: skip
    if endline:
        w2 = gen.normal(4, 1, n)
        late = w2 + 2 - 0.5 * (w2 - 4) + gen.normal(0, 0.5, n) + 0.3
        only = pd.DataFrame({"agent": range(n, 2 * n), "item": "lamp", "arm": "endline_only", "wtp_decision": np.nan,
                             "wtp_reflective": late})  # fmt: skip
        made = pd.concat([made, only], ignore_index=True)
    return made


def test_bias_at_the_margin_and_the_subsidy() -> None:
    """B(p) = 2 - .5 (p - 4); s = B(p - s) = 2 - .5 (p - s - 4): s (1 - .5) = 2 - .5 (p - 4), at p = 5: s = 3."""
    found = MoneyMetricBias(prices=(3.0, 4.0, 5.0), bandwidth=0.2, market_price=5.0, draws=200, rng=0).fit(
        lists(20_000)
    )
    assert found.estimate.tolist() == pytest.approx([-2.0, -2.5, -2.0, -1.5], abs=0.06)
    assert found.diagnostics["optimal_subsidy"] == pytest.approx(3.0, abs=0.15)
    assert found.kind == "contribution"


def test_drift_of_the_control_is_taken_off_by_hand() -> None:
    data = lists(200)
    change = data["wtp_reflective"] - data["wtp_decision"]
    by_arm = change.groupby(data["arm"]).mean()
    found = MoneyMetricBias(draws=300, rng=0).fit(data)
    assert found.estimate["wedge"] == pytest.approx(-(by_arm["treatment"] - by_arm["control"]))
    parts = change.groupby(data["arm"]).agg(["var", "count"])
    expected = np.sqrt((parts["var"] / parts["count"]).sum())
    assert found.standard_error["wedge"] == pytest.approx(expected, rel=0.12)


def test_anchoring_is_undone_by_those_asked_once() -> None:
    """A first answer holds back four tenths of the change; without the endline arm the wedge is too small."""
    held = MoneyMetricBias(draws=50, rng=0).fit(lists(20_000, anchor=0.4)).estimate["wedge"]
    mended = MoneyMetricBias(draws=50, rng=0).fit(lists(20_000, anchor=0.4, endline=True))
    assert held == pytest.approx(-1.2, abs=0.05)
    assert mended.estimate["wedge"] == pytest.approx(-2.0, abs=0.08)
    assert mended.diagnostics["anchoring"] == pytest.approx(1 / 0.6, rel=0.03)


def test_ends_of_the_scale_are_pointed_out() -> None:
    data = lists(2000)
    top = 6.0
    cut = data.assign(wtp_reflective=data["wtp_reflective"].clip(upper=top), censored=data["wtp_reflective"] >= top)
    found = MoneyMetricBias(draws=50, rng=0).fit(cut)
    assert abs(found.estimate["wedge"]) < 1.95
    assert found.diagnostics["censored"] > 0.1
    assert any("end of the scale" in text for text in found.diagnostics["warnings"])


# ---- salience ---------------------------------------------------------------------------------------------------


def test_salience_published() -> None:
    """Chetty, Looney and Kroft (2009): posting tax-inclusive prices cut demand by .076 at elasticity 1.59, tax 7.375 %:
    1 - theta = .648, theta about .35."""
    assert salience_from_posting(0.076, 1.59, 0.07375) == pytest.approx(0.352, abs=5e-4)


def test_salience_by_least_squares() -> None:
    gen = np.random.default_rng(0)
    n = 5000
    price, tax = np.exp(gen.normal(0, 0.3, n)), gen.uniform(0, 0.2, n)
    quantity = np.exp(1 - 1.6 * np.log(price) - 0.35 * 1.6 * np.log1p(tax) + gen.normal(0, 0.1, n))
    data = pd.DataFrame({"quantity": quantity, "price": price, "tax": tax})
    found = MoneyMetricBias(design="salience", tax=0.5).fit(data)
    theta, error = found.diagnostics["theta"], found.diagnostics["theta_error"]
    assert theta == pytest.approx(0.35, abs=4 * error)
    assert found.estimate["wedge"] == pytest.approx((1 - theta) * 0.5)
    assert found.standard_error["wedge"] == pytest.approx(0.5 * error)
    x = np.column_stack([np.log(price), np.log1p(tax), np.ones(n)])
    other = np.linalg.lstsq(x, np.log(quantity), rcond=None)[0]
    assert theta == pytest.approx(other[1] / other[0])


def test_clustered_errors_of_groups_of_one_are_robust_ones() -> None:
    gen = np.random.default_rng(1)
    x = np.column_stack([gen.normal(size=300), np.ones(300)])
    y = x @ [1.0, 2.0] + gen.normal(size=300) * np.abs(x[:, 0])
    _, robust = least_squares(x, y, x)
    _, clustered = least_squares(x, y, x, np.arange(300))
    assert clustered == pytest.approx(robust, rel=1e-9)


# ---- the normative consumer -------------------------------------------------------------------------------------


def households(n: int = 4000, seed: int = 0, noise: float = 0.0) -> pd.DataFrame:
    """Log consumption falls by .8 per unit of knowledge (expert 1); price 3, elasticity 1.4."""
    gen = np.random.default_rng(seed)
    b, taste = gen.uniform(0, 1, n), gen.normal(0, 0.5, n)
    log_s = 2 - 0.8 * b + taste + gen.normal(0, 0.3, n)
    return pd.DataFrame({"unit": range(n), "quantity": np.exp(log_s), "price": 3.0, "elasticity": 1.4,
                         "b1": b + noise * gen.normal(size=n), "b2": b + noise * gen.normal(size=n), "taste": taste,
                         "truth": b})  # fmt: skip


def test_wedge_of_a_normative_consumer_by_hand() -> None:
    data = households()
    found = MoneyMetricBias(design="normative_consumer", bias=("b1",), expert=1.0, controls=("taste",)).fit(data)
    assert found.diagnostics["effect"] == pytest.approx(-0.8, abs=4 * found.diagnostics["effect_error"])
    weight = 1.4 * data["quantity"] / 3.0
    expected = found.diagnostics["effect"] * np.average(data["b1"] - 1.0, weights=weight) * 3.0 / 1.4
    assert found.estimate["wedge"] == pytest.approx(expected)
    assert found.estimate["wedge"] > 0  # who knows too little buys too much


def test_two_measures_undo_attenuation() -> None:
    """Reliability 1/12 / (1/12 + .09) = .48: one noisy measure finds less than half of the effect, two find it."""
    data = households(20_000, noise=0.3)
    rule = {"design": "normative_consumer", "expert": 1.0, "controls": ("taste",)}
    one = MoneyMetricBias(**rule, bias=("b1",)).fit(data)
    two = MoneyMetricBias(**rule, bias=("b1", "b2")).fit(data)
    assert one.diagnostics["effect"] == pytest.approx(-0.8 / (1 + 12 * 0.09), abs=0.03)
    assert two.diagnostics["effect"] == pytest.approx(-0.8, abs=4 * two.diagnostics["effect_error"])
    assert any("attenuation" in text for text in one.diagnostics["warnings"])


# ---- platforms --------------------------------------------------------------------------------------------------


def test_published_traps() -> None:
    """TikTok: 59 alone, 28 paid for all to leave: 87 is what others' use adds; Instagram 47 and 10: 57."""
    data = pd.DataFrame({"agent": [0, 0], "platform": ["TikTok", "Instagram"], "individual": [59.0, 47.0],
                         "collective": [-28.0, -10.0]})  # fmt: skip
    found = PlatformTrap().fit(data)
    assert found.estimate.to_dict() == {"TikTok": 87.0, "Instagram": 57.0}
    assert np.isnan(found.standard_error).all()
    profile = te.ThickProfile.from_values([[59.0, 0.0]], options=["TikTok", "none"], unit="money")
    made = found.apply(profile, motives="TikTok", options={"TikTok": ["TikTok"]})
    assert made.endorsed[0].tolist() == [-28.0, 0.0]  # decided for all
    assert made.revealed[0].tolist() == [59.0, 0.0]


def test_traps_from_answers() -> None:
    gen = np.random.default_rng(0)
    n = 500
    one, all_ = gen.normal(59, 30, n), gen.normal(-28, 60, n)
    data = pd.DataFrame({"agent": range(n), "platform": "P", "individual": one, "collective": all_,
                         "user": (np.arange(n) < 400).astype(int)})  # fmt: skip
    found = PlatformTrap().fit(data)
    assert found.estimate["P"] == pytest.approx((one - all_)[:400].mean())
    assert found.standard_error["P"] == pytest.approx((one - all_)[:400].std(ddof=1) / 20, rel=0.01)
    row = found.diagnostics["table"].loc["P"]
    assert row["share_negative"] == pytest.approx((all_[:400] < 0).mean())
    assert row["collective_non_users"] == pytest.approx(all_[400:].mean())


# ---- bad data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "data", "said"),
    [
        (DigitalAddiction(), moments().iloc[1:], "has no moment 'tau3'"),
        (DigitalAddiction(), pd.concat([moments(), moments().iloc[:1]]), "'tau3' is there twice"),
        (DigitalAddiction(), moments().assign(value=[-10.0, -19, -30, -24, 6, 153]), "no steady state"),
        (DigitalAddiction(), panel(5).drop(columns="limit"), "has no column 'limit'"),
        (DigitalAddiction(), panel(5).query("period < 5"), "periods 1 to 5"),
        (DigitalAddiction(), panel(5).assign(bonus=0), r"bonus = 1 has fewer than two"),
        (MoneyMetricBias(), lists(20).assign(arm="x"), "must be one of treatment, control, endline_only, found 'x'"),
        (MoneyMetricBias(), lists(20).query("arm == 'control'"), "fewer than two rows of arm 'treatment'"),
        (MoneyMetricBias(), lists(20).assign(wtp_decision=np.nan), "missing value"),
        (MoneyMetricBias(design="salience"), pd.DataFrame({"quantity": [0.0], "price": [1.0], "tax": [0.1]}),
         "'quantity'.*must lie above 0"),
        (MoneyMetricBias(design="normative_consumer"), households(10), "has no column 'bias'"),
        (MoneyMetricBias(design="normative_consumer", bias=("b1",)), households(10).assign(b1=1.0), "does not vary"),
        (MoneyMetricBias(design="normative_consumer", bias=("b1",)), households(10).assign(unit=0), "is there twice"),
        (PlatformTrap(), pd.DataFrame({"agent": [0], "platform": ["P"], "individual": [np.inf], "collective": [0.0]}),
         "must be finite, found inf in row 0"),
        (PlatformTrap(), pd.DataFrame({"agent": [0], "platform": ["P"], "individual": [1.0], "collective": [0.0],
                                       "user": [0]}), "no user of 'P' was asked"),
    ],
)  # fmt: skip
def test_bad_data(rule: Any, data: pd.DataFrame, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        rule.fit(data)


@pytest.mark.parametrize(
    "bad",
    [lambda: DigitalAddiction(price=0), lambda: DigitalAddiction(draws=1), lambda: MoneyMetricBias(design="guess"),
     lambda: MoneyMetricBias(draws=1), lambda: MoneyMetricBias(design="normative_consumer", bias=())],
)  # fmt: skip
def test_bad_settings(bad: Any) -> None:
    with pytest.raises(EvidenceError):
        bad()
