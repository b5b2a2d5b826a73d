"""Contributions from choices, sales and ratings: closed forms, quadrature, simulation, profiles made of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import thickecon as te
from thickecon.endorsement import Contributions, FrameAugmentedChoice
from thickecon.endorsement.mixed_logit import _Simulated, mixed_logit
from thickecon.errors import EvidenceError, FileFormatError
from thickecon.interop import read_choices


def choices(
    n: int = 1500, seed: int = 0, *, targeted: float = 0.0, spread: float = 0.0, sets: int = 1, items: int = 4
) -> pd.DataFrame:
    """U = 1.5 quality - .8 price + 1.1 shown + noise. ``targeted``: ads go where unseen taste is; z moves them too."""
    gen = np.random.default_rng(seed)
    rows = []
    for agent in range(n):
        own = 1.5 + spread * gen.normal()
        for s in range(sets):
            quality, price, z = gen.uniform(0, 1, items), gen.uniform(1, 3, items), gen.normal(0, 1, items)
            taste = targeted * gen.normal(0, 1, items)
            shown = (
                0.5 * z + taste + 0.5 * gen.normal(0, 1, items) if targeted else (gen.random(items) < 0.4).astype(float)
            )
            u = own * quality - 0.8 * price + 1.1 * shown + taste + gen.gumbel(size=items)
            best = int(np.argmax(u))
            rows += [
                (agent, agent * sets + s, k, int(k == best), quality[k], price[k], shown[k], z[k]) for k in range(items)
            ]
    return pd.DataFrame(rows, columns=["agent", "set", "option", "chosen", "quality", "price", "shown", "z"])


# ---- conditional logit ------------------------------------------------------------------------------------------


def test_money_of_attributes_and_frames_together() -> None:
    found = Contributions(attributes=("quality",), frames=("shown",), price="price").fit(choices(4000))
    for name, truth in (("quality", 1.5 / 0.8), ("shown", 1.1 / 0.8)):
        assert found.estimate[name] == pytest.approx(truth, abs=4 * found.standard_error[name])
    assert found.unit == "money"
    assert found.frames == ("shown",)
    joint = found.covariance.to_numpy()
    assert joint[0, 1] > 0  # both are divided by the same price coefficient


def test_frames_alone_are_the_special_case() -> None:
    data = choices(800)
    whole = Contributions(attributes=("quality",), frames=("shown",), price="price").fit(data)
    part = FrameAugmentedChoice(("shown",), ("quality",), "price", constants=False, by_option=False).fit(data)
    assert part.estimate["shown"] == pytest.approx(whole.estimate["shown"], rel=1e-9)
    assert part.standard_error["shown"] == pytest.approx(whole.standard_error["shown"], rel=1e-9)


def test_published_simulation_of_an_ad_that_targets_one_item() -> None:
    """Endorsement notes, 4.5: N = 5000, four items of worth (1, .6, .2, 0), alpha = -.8, true delta 1.1: .043 is the
    error of delta and .071 that of delta / .8 = 1.375. Leaving the ad out puts the item it
    targets, truly the last, before the second and third."""
    gen = np.random.default_rng(5)
    n, worth = 5000, np.array([1.0, 0.6, 0.2, 0.0])
    price = gen.uniform(1, 3, (n, 4))
    shown = (gen.random((n, 4)) < np.array([0.2, 0.2, 0.2, 0.9])).astype(float)
    u = worth - 0.8 * price + 1.1 * shown + gen.gumbel(size=(n, 4))
    who = np.repeat(np.arange(n), 4)
    data = pd.DataFrame({"agent": who, "set": who, "option": np.tile(range(4), n),
                         "chosen": (u == u.max(axis=1, keepdims=True)).astype(int).ravel(), "price": price.ravel(),
                         "shown": shown.ravel()})  # fmt: skip
    found = Contributions(frames=("shown",), price="price", constants=True).fit(data)
    table = found.diagnostics["coefficients"]
    assert table.loc["shown", "standard_error"] == pytest.approx(0.043, abs=0.006)
    assert table.loc["shown", "estimate"] == pytest.approx(1.1, abs=4 * 0.043)
    assert found.standard_error["shown"] == pytest.approx(0.071, abs=0.01)
    ranks = table.loc[["constant[1]", "constant[2]", "constant[3]"], "estimate"].to_numpy()
    assert ranks == pytest.approx(worth[1:] - 1.0, abs=0.25)
    naive = (
        Contributions(attributes=("price",), constants=True).fit(data.drop(columns="shown")).diagnostics["coefficients"]
    )
    assert naive.loc["constant[3]", "estimate"] > naive.loc[["constant[1]", "constant[2]"], "estimate"].max()
    assert "shown" in found.diagnostics["positivity"].index


def test_hardly_any_unexposed_menus_are_warned_of() -> None:
    data = choices(600).assign(shown=lambda d: np.where(d["option"] == 0, (d["agent"] % 20 > 0) * 1.0, 0.0))
    said = Contributions(attributes=("quality",), frames=("shown",), price="price").fit(data).diagnostics["warnings"]
    assert any("hardly be told apart" in text for text in said)


# ---- control function -------------------------------------------------------------------------------------------


def test_endogenous_frames_need_a_control() -> None:
    """Ads go where people like the item anyhow: the plain logit credits them with it; an instrument undoes that."""
    data = choices(4000, 3, targeted=1.0)
    plain = Contributions(attributes=("quality",), frames=("shown",), price="price").fit(data)
    assert plain.estimate["shown"] > 1.375 + 4 * plain.standard_error["shown"]
    mended = Contributions(
        attributes=("quality",), frames=("shown",), price="price", endogenous="shown", instruments=("z",), draws=60
    ).fit(data)
    # the noise is normal + Gumbel: coefficients are scaled together, so the ratio is what can be held
    assert mended.estimate["shown"] == pytest.approx(1.375, abs=4 * mended.standard_error["shown"])
    assert mended.diagnostics["first_stage_t"] > 10
    assert "control[shown]" in mended.diagnostics["coefficients"].index
    with pytest.raises(EvidenceError, match="hardly move"):
        Contributions(attributes=("quality",), frames=("shown",), price="price", endogenous="shown",
                      instruments=("z",)).fit(choices(200))  # fmt: skip


# ---- mixed logit ------------------------------------------------------------------------------------------------


def small_panel() -> tuple[np.ndarray, ...]:
    gen = np.random.default_rng(1)
    x = gen.normal(size=(3 * 2 * 3, 2))  # three agents, two sets, three options
    starts = np.arange(0, 18, 3)
    chosen = np.zeros(18, dtype=bool)
    chosen[starts + gen.integers(0, 3, 6)] = True
    return x, starts, chosen, np.repeat(np.arange(3), 2)


def test_simulated_likelihood_against_quadrature() -> None:
    """One normal coefficient: Gauss-Hermite with 60 nodes in place of draws gives the integral itself."""
    x, starts, chosen, agent = small_panel()
    nodes, weight = np.polynomial.hermite_e.hermegauss(60)
    theta = np.array([0.4, -0.3, 0.8])

    def panel(i: int, beta: np.ndarray) -> float:
        total = 1.0
        for s in np.flatnonzero(agent == i):
            rows = slice(starts[s], starts[s] + 3)
            p = np.exp(x[rows] @ beta)
            total *= p[chosen[rows]][0] / p.sum()
        return total

    exact = [
        np.log(
            sum(
                w * panel(i, theta[:2] + np.array([theta[2] * z, 0.0]))
                for z, w in zip(nodes, weight / weight.sum(), strict=True)
            )
        )
        for i in range(3)
    ]
    from scipy.special import ndtri
    from scipy.stats import qmc

    z = ndtri(qmc.Sobol(1, rng=0).random(4096) * 0.999998 + 1e-6).reshape(1, -1, 1).repeat(3, axis=0)
    model = _Simulated(x, starts, chosen, agent, np.array([0]), z)
    value, scores, _ = model.evaluate(theta)
    assert value == pytest.approx(exact, abs=2e-3)
    step = 1e-6
    for j in range(3):
        up, down = theta.copy(), theta.copy()
        up[j] += step
        down[j] -= step
        slope = (model.evaluate(up)[0] - model.evaluate(down)[0]) / (2 * step)
        assert scores[:, j] == pytest.approx(slope, abs=1e-6)


def test_mixed_logit_finds_means_and_spread() -> None:
    data = choices(500, 2, spread=1.0, sets=8, items=3)
    found = Contributions(
        attributes=("quality",), frames=("shown",), price="price", model="mixed", random=("quality",), draws=100
    ).fit(data)
    table, spread = found.diagnostics["coefficients"], found.diagnostics["spreads"]
    for name, truth in (("quality", 1.5), ("price", -0.8), ("shown", 1.1)):
        assert table.loc[name, "estimate"] == pytest.approx(truth, abs=4 * table.loc[name, "standard_error"])
    row = spread.loc["quality"]
    assert row["estimate"] == pytest.approx(1.0, abs=4 * row["standard_error"])
    assert found.individual is not None
    assert found.individual["quality"].mean() == pytest.approx(found.estimate["quality"], rel=0.1)
    options = pd.DataFrame({"quality": [1.0, 0.2], "shown": [0.0, 1.0]}, index=["good", "shown"])
    profile = found.profile(options, agents=500)
    assert profile.revealed[:, 0].std() == pytest.approx(found.individual["quality"].std(ddof=0), rel=1e-6)


# ---- sales and ratings ------------------------------------------------------------------------------------------


def test_hedonic_and_conjoint_by_least_squares() -> None:
    gen = np.random.default_rng(0)
    n = 800
    size, shown, ask = gen.uniform(1, 3, n), (gen.random(n) < 0.5).astype(float), gen.uniform(1, 9, n)
    sale = 2 + 4 * size + 1.5 * shown + gen.normal(0, 0.5, n)
    data = pd.DataFrame({"item": range(n), "size": size, "shown": shown, "sale": sale})
    found = Contributions(attributes=("size",), frames=("shown",), model="hedonic", outcome="sale").fit(data)
    x = np.column_stack([np.ones(n), size, shown])
    assert found.estimate.to_numpy() == pytest.approx(np.linalg.lstsq(x, sale, rcond=None)[0][1:])
    assert found.unit == "money"
    rating = 3 + 0.8 * size - 0.4 * ask + 0.3 * shown + gen.normal(0, 0.5, n)
    rated = data.assign(ask=ask, rating=rating, agent=np.arange(n) // 8)
    conjoint = Contributions(
        attributes=("size",), frames=("shown",), price="ask", model="conjoint", outcome="rating"
    ).fit(rated)
    assert conjoint.estimate["size"] == pytest.approx(2.0, abs=4 * conjoint.standard_error["size"])
    assert conjoint.estimate["shown"] == pytest.approx(0.75, abs=4 * conjoint.standard_error["shown"])


# ---- profiles ---------------------------------------------------------------------------------------------------


def test_profiles_in_factor_form() -> None:
    """R = w Z, frames not endorsed, new options scored; the frame's relative error is that of its money."""
    found = Contributions(attributes=("quality",), frames=("shown",), price="price").fit(choices(3000))
    options = pd.DataFrame({"quality": [1.0, 0.5], "shown": [0.0, 1.0]}, index=["plain", "pushed"])
    made = found.profile(options, agents=["Ann", "Bob"])
    q, s = found.estimate["quality"], found.estimate["shown"]
    assert made.revealed[0] == pytest.approx([q, 0.5 * q + s])
    assert made.endorsed[0] == pytest.approx([q, 0.5 * q])
    assert made.unit == "money"
    assert made.endorsement.standard_error[0, 1] == pytest.approx(found.standard_error["shown"] / s)
    counted = found.profile(options, endorsed=["quality", "shown"])  # an informative ad, by the caller's choice
    assert counted.endorsed[0] == pytest.approx(counted.revealed[0])
    with pytest.raises(EvidenceError, match="has no column 'quality'"):
        found.profile(options.drop(columns="quality"))
    with pytest.raises(EvidenceError, match="log odds"):
        Contributions(attributes=("quality",)).fit(choices(300)).profile(options)


def test_results_of_other_packages() -> None:
    """statsmodels-like and pyblp-like objects, and plain numbers, give one and the same profile."""
    names = ["quality", "shown", "price"]
    b, v = np.array([1.5, 1.1, -0.8]), np.diag([0.01, 0.02, 0.001])
    options = pd.DataFrame({"quality": [1.0, 0.5], "shown": [0.0, 1.0]}, index=["plain", "pushed"])
    series = pd.Series(b, index=names)
    kinds: list[Any] = [
        SimpleNamespace(params=series, cov_params=lambda: pd.DataFrame(v, index=names, columns=names)),
        SimpleNamespace(params=b, cov_params=lambda: v, model=SimpleNamespace(exog_names=names)),
        SimpleNamespace(beta=b[:, None], beta_labels=names, beta_se=np.sqrt(np.diag(v))[:, None]),
        SimpleNamespace(beta=b[:, None], beta_labels=names, parameter_covariances=np.pad(v, (2, 0))),
        {"names": names, "coefficients": b, "covariance": v},
    ]
    made = [te.ThickProfile.from_logit(kind, options, price="price", frames=["shown"]) for kind in kinds]
    for profile in made:
        assert profile.revealed[0] == pytest.approx([1.5 / 0.8, 0.75 / 0.8 + 1.1 / 0.8])
        assert profile.endorsed[0] == pytest.approx([1.5 / 0.8, 0.75 / 0.8])
        # delta method for 1.1 / .8: relative variance .02 / 1.21 + .001 / .64
        assert profile.endorsement.standard_error[0, 1] == pytest.approx(np.sqrt(0.02 / 1.21 + 0.001 / 0.64))
    for bad, said in (
        (SimpleNamespace(), "neither params"),
        (SimpleNamespace(params=b, cov_params=lambda: v), "have no names"),
        ({"names": names}, "has no entry"),
        ({"names": names, "coefficients": b[:2], "covariance": v}, "do not fit"),
    ):
        with pytest.raises(EvidenceError, match=said):
            te.ThickProfile.from_logit(bad, options)
    with pytest.raises(EvidenceError, match="must be negative"):
        te.ThickProfile.from_logit({"names": names, "coefficients": -b, "covariance": v}, options, price="price")
    with pytest.raises(EvidenceError, match="has no term 'ad'"):
        te.ThickProfile.from_logit({"names": names, "coefficients": b, "covariance": v}, options, frames=["ad"])


def test_files_of_other_programs(tmp_path: Any) -> None:
    data = choices(20).rename(columns={"agent": "id"})
    data.to_stata(tmp_path / "c.dta", write_index=False)
    data.to_csv(tmp_path / "c.csv", index=False)
    for name in ("c.dta", "c.csv"):
        found = read_choices(tmp_path / name, rename={"id": "agent"})
        assert found["chosen"].sum() == 20
    with pytest.raises(EvidenceError, match="no column 'agent'"):
        read_choices(tmp_path / "c.csv")
    with pytest.raises(FileFormatError, match="must end in"):
        read_choices(tmp_path / "c.xlsx")
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_choices(tmp_path / "none.csv")


# ---- bad settings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {}, {"attributes": "a", "model": "nested"}, {"attributes": "a", "price": "p", "value": "v"},
        {"attributes": "a", "outcome": "y"}, {"attributes": "a", "model": "hedonic"},
        {"attributes": "a", "endogenous": "m"},
        {"attributes": "a", "endogenous": "m", "instruments": "z"}, {"attributes": "a", "model": "mixed"},
    ],
)  # fmt: skip
def test_bad_settings(bad: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        Contributions(**bad)


def test_bad_data() -> None:
    with pytest.raises(EvidenceError, match="no term is called 'taste'"):
        Contributions(attributes="quality", model="mixed", random="taste").fit(choices(30))
    x, starts, chosen, agent = small_panel()
    with pytest.raises(EvidenceError, match="no coefficient is random"):
        mixed_logit(x, starts, chosen, agent, np.array([], dtype=int), start=np.zeros(2))
    with pytest.raises(EvidenceError, match="stand together"):
        mixed_logit(x, starts, chosen, agent[::-1], np.array([0]), start=np.zeros(2))
    ratings = pd.DataFrame({"item": [0, 1], "size": [1.0, 1.0], "sale": [2.0, 3.0]})
    with pytest.raises(EvidenceError, match="collinear"):
        Contributions(attributes="size", model="hedonic", outcome="sale").fit(ratings)
    with pytest.raises(EvidenceError, match="must be numeric"):
        Contributions(attributes="size", model="hedonic", outcome="sale").fit(ratings.assign(size="big"))
