"""The frame-augmented logit against closed forms, scikit-learn, numerical derivatives and known truths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime, minimize

import thickecon as te
from thickecon.endorsement import (
    FrameAugmentedChoice,
    LogitLink,
    MoneyLink,
    ProbitLink,
    frame_counts,
    simulate_framed_choices,
)
from thickecon.endorsement.conditional_logit import _Likelihood, conditional_logit
from thickecon.endorsement.framed_design import build_design
from thickecon.errors import EvidenceError, InputError, NotApplicableError


def two_by_two(k: dict[str, tuple[int, int]], column: Callable[[str], object] = str) -> pd.DataFrame:
    """Sets of options a and b; k[level] = (choices of a, choices of b) when a stands under that level."""
    rows, s = [], 0
    for level, counts in k.items():
        for choice, count in zip("ab", counts, strict=True):
            for _ in range(count):
                rows += [
                    (s, s, "a", int(choice == "a"), column(level)),
                    (s, s, "b", int(choice == "b"), column("neutral")),
                ]
                s += 1
    return pd.DataFrame(rows, columns=["agent", "set", "option", "chosen", "frame"])


def test_two_by_two_is_log_odds() -> None:
    """A saturated logit: coefficient = difference of log odds, variance = sum of 1 / counts (Woolf 1955)."""
    found = FrameAugmentedChoice(covariance="classical").fit(two_by_two({"for": (60, 40), "neutral": (45, 55)}))
    assert found.estimate["frame=for[a]"] == pytest.approx(np.log(60 / 40) - np.log(45 / 55), abs=1e-7)
    variance = 1 / 60 + 1 / 40 + 1 / 45 + 1 / 55
    assert found.standard_error["frame=for[a]"] == pytest.approx(np.sqrt(variance), rel=1e-7)
    # in a saturated model the squared scores have the expectation of the Hessian exactly: sandwich = inverse Hessian
    robust = FrameAugmentedChoice(covariance="robust").fit(two_by_two({"for": (60, 40), "neutral": (45, 55)}))
    assert robust.standard_error["frame=for[a]"] == pytest.approx(np.sqrt(variance), rel=1e-7)
    # 200 agents with one set each: clusters are sets, times 200 / 199
    clustered = FrameAugmentedChoice().fit(two_by_two({"for": (60, 40), "neutral": (45, 55)}))
    assert clustered.standard_error["frame=for[a]"] == pytest.approx(np.sqrt(variance * 200 / 199), rel=1e-7)


def test_three_arms_share_the_reference() -> None:
    """Two log odds ratios against one reference cell: their covariance is that cell's sum of 1 / counts."""
    data = two_by_two({"for": (70, 30), "neutral": (50, 50), "against": (20, 80)})
    found = FrameAugmentedChoice(covariance="classical").fit(data)
    assert found.estimate.to_dict() == pytest.approx(
        {"frame=against[a]": np.log(20 / 80), "frame=for[a]": np.log(70 / 30)}, abs=1e-7
    )
    assert found.covariance is not None
    assert found.covariance.loc["frame=against[a]", "frame=for[a]"] == pytest.approx(1 / 50 + 1 / 50, rel=1e-7)


def binary_sets(seed: int, sets: int = 400) -> pd.DataFrame:
    gen = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "agent": np.repeat(gen.integers(0, 60, size=sets), 2),
            "set": np.repeat(np.arange(sets), 2),
            "option": np.tile(["a", "b"], sets),
            "price": gen.uniform(1, 5, size=2 * sets),
            "quality": gen.normal(0, 2, size=2 * sets),
            "shown": gen.integers(0, 2, size=2 * sets),
        }
    )
    index = -0.8 * frame["price"] + 0.5 * frame["quality"] + 1.1 * frame["shown"] + gen.gumbel(size=2 * sets)
    table = index.to_numpy().reshape(sets, 2)
    frame["chosen"] = (table == table.max(axis=1, keepdims=True)).astype(int).ravel()
    return frame


def test_against_scikit_learn() -> None:
    """With two options a conditional logit is a binary logit on differences; scikit-learn fits that."""
    linear = pytest.importorskip("sklearn.linear_model")
    data = binary_sets(0)
    found = FrameAugmentedChoice(frames="shown", attributes="quality", price="price", by_option=False).fit(data)
    names = ["quality", "price", "shown"]
    differences = data[data["option"] == "a"][names].to_numpy() - data[data["option"] == "b"][names].to_numpy()
    other = linear.LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(
        differences, data[data["option"] == "a"]["chosen"]
    )
    mine = found.diagnostics["coefficients"]["estimate"]
    assert mine[names].to_numpy() == pytest.approx(other.coef_[0], abs=1e-5)
    assert mine["constant[b]"] == pytest.approx(-other.intercept_[0], abs=1e-5)
    assert found.estimate["shown"] == pytest.approx(other.coef_[0][2] / -other.coef_[0][1], rel=1e-4)


def test_against_a_general_optimiser_on_menus_of_different_sizes() -> None:
    """The likelihood written set by set and maximised without derivatives; its numerical Hessian gives the errors."""
    gen = np.random.default_rng(11)
    rows = []
    for s in range(300):
        menu = gen.choice(4, size=gen.integers(2, 5), replace=False)
        price, ad = gen.uniform(1, 4, len(menu)), gen.integers(0, 2, len(menu))
        u = -0.7 * price + 0.9 * ad + 0.3 * menu + gen.gumbel(size=len(menu))
        rows += [(s, s, int(x), int(k == u.argmax()), price[k], ad[k]) for k, x in enumerate(menu)]
    data = pd.DataFrame(rows, columns=["agent", "set", "option", "chosen", "price", "ad"])
    names = ["price", "ad", "constant[1]", "constant[2]", "constant[3]"]
    table = np.column_stack([data["price"], data["ad"], *(data["option"] == x for x in (1, 2, 3))]).astype(float)
    sets = [np.flatnonzero(data["set"] == s) for s in range(300)]
    picked = np.flatnonzero(data["chosen"])

    def negative(b: np.ndarray) -> float:
        return -float(
            sum(table[j] @ b - np.log(np.exp(table[mine] @ b).sum()) for mine, j in zip(sets, picked, strict=True))
        )

    best = minimize(negative, np.zeros(5), method="Powell", options={"xtol": 1e-9, "ftol": 1e-14, "maxiter": 10_000})
    step = 1e-3 * np.eye(5)
    hessian = np.array(
        [
            [sum(i * j * negative(best.x + i * one + j * two) for i in (-1, 1) for j in (-1, 1)) / 4e-6 for two in step]
            for one in step
        ]
    )
    found = FrameAugmentedChoice(frames="ad", price="price", by_option=False, covariance="classical").fit(data)
    mine = found.diagnostics["coefficients"].loc[names]
    assert mine["estimate"].to_numpy() == pytest.approx(best.x, abs=2e-4)
    assert mine["standard_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(np.linalg.inv(hessian))), rel=2e-3)
    assert found.diagnostics["log_likelihood"] == pytest.approx(-best.fun, abs=1e-5)


def test_gradient_hessian_and_scores_by_finite_differences() -> None:
    gen = np.random.default_rng(2)
    starts = np.array([0, 3, 5, 9])
    design = gen.normal(size=(12, 3))
    chosen = np.zeros(12, dtype=bool)
    chosen[[1, 3, 8, 10]] = True
    model, at = _Likelihood(design, starts, chosen), np.array([0.3, -0.7, 0.2])

    def plain(b: np.ndarray) -> float:  # set by set, from the definition
        ends = [*starts[1:], 12]
        picked = np.flatnonzero(chosen)
        logs = [
            design[j] @ b - np.log(np.exp(design[i:k] @ b).sum()) for i, k, j in zip(starts, ends, picked, strict=True)
        ]
        return -float(np.mean(logs))

    value, gradient = model.negative(at)
    assert value == pytest.approx(plain(at), abs=1e-12)
    assert gradient == pytest.approx(approx_fprime(at, plain, 1e-6), abs=1e-6)
    hessian = np.array([(model.negative(at + s)[1] - model.negative(at - s)[1]) / 2e-5 for s in 1e-5 * np.eye(3)])
    assert model.hessian(at) == pytest.approx(hessian, abs=1e-8)
    assert -model.scores(at).mean(axis=0) == pytest.approx(gradient, abs=1e-12)


def test_sandwich_from_its_definition() -> None:
    data = binary_sets(1)
    design = build_design(FrameAugmentedChoice(frames="shown", attributes=("price", "quality")), data)
    fits = {
        kind: conditional_logit(design.matrix, design.starts, design.chosen, list(design.names), kind, design.cluster)
        for kind in ("classical", "robust", "clustered")
    }
    b = fits["classical"].coefficients
    x = design.matrix.reshape(-1, 2, len(b))
    p = np.exp(x @ b) / np.exp(x @ b).sum(axis=1, keepdims=True)
    mean = np.einsum("sj,sjk->sk", p, x)
    hessian = np.einsum("sj,sjk,sjl->kl", p, x, x) - mean.T @ mean
    scores = x.reshape(-1, len(b))[design.chosen] - mean
    bread = np.linalg.inv(hessian)
    assert fits["classical"].covariance == pytest.approx(bread, rel=1e-6, abs=1e-12)
    assert fits["robust"].covariance == pytest.approx(bread @ scores.T @ scores @ bread, rel=1e-6, abs=1e-12)
    summed = np.array([scores[design.cluster == g].sum(axis=0) for g in np.unique(design.cluster)])
    grow = len(summed) / (len(summed) - 1)
    assert fits["clustered"].covariance == pytest.approx(grow * bread @ summed.T @ summed @ bread, rel=1e-6, abs=1e-12)


def test_money_delta_method_is_the_jacobian() -> None:
    """Both wedges over |price|: covariance from numerical derivatives of the ratio."""
    data = binary_sets(3)
    found = FrameAugmentedChoice(frames="shown", attributes="quality", price="price").fit(data)
    table = found.diagnostics["coefficients"]["estimate"]
    joint = found.diagnostics["coefficient_covariance"].to_numpy()
    at, names = table.to_numpy(), list(table.index)

    def ratio(b: np.ndarray, name: str) -> float:
        return float(b[names.index(name)] / abs(b[names.index("price")]))

    jacobian = np.array([approx_fprime(at, lambda b, name=name: ratio(b, name), 1e-7) for name in found.names])
    assert found.unit == "money"
    assert found.values == pytest.approx([ratio(at, name) for name in found.names])
    assert found.covariance_matrix == pytest.approx(jacobian @ joint @ jacobian.T, rel=1e-4)


def test_units_scale_and_fit_is_invariant() -> None:
    """Points in hundredths: the wedge is 100 times as large, the likelihood the same."""
    gen = np.random.default_rng(5)
    data = simulate_framed_choices(gen.normal(0, 30, (500, 4)), 20.0, [25, 0, 10, 0], rng=5)
    model = FrameAugmentedChoice(value="value")
    first, second = model.fit(data), model.fit(data.assign(value=100 * data["value"]))
    assert second.values == pytest.approx(100 * first.values, rel=1e-6)
    assert second.errors == pytest.approx(100 * first.errors, rel=1e-6)
    assert second.diagnostics["log_likelihood"] == pytest.approx(first.diagnostics["log_likelihood"], abs=1e-8)


def test_rows_in_any_order_give_the_same() -> None:
    data = binary_sets(6)
    model = FrameAugmentedChoice(frames="shown", price="price")
    shuffled = data.sample(frac=1.0, random_state=0)
    assert model.fit(shuffled).values == pytest.approx(model.fit(data).values, rel=1e-7)


@pytest.mark.statistical
def test_targeted_ad_of_the_design_page() -> None:
    """5,000 choices of 4 items, an ad worth 1.1, price coefficient -.8, an ad that stands on item 4 in 90 % of menus.
    Leaving the ad out ranks the worst item first; with it the best two come out right."""
    gen = np.random.default_rng(45)
    sets, worth = 5000, np.array([1.0, 0.6, 0.2, 0.0])
    price = gen.uniform(0.5, 2.5, size=(sets, 4))
    ad = np.zeros((sets, 4))
    ad[:, 3] = gen.random(sets) < 0.9
    u = worth - 0.8 * price + 1.1 * ad + gen.gumbel(size=(sets, 4))
    data = pd.DataFrame(
        {
            "agent": np.repeat(np.arange(sets), 4),
            "set": np.repeat(np.arange(sets), 4),
            "option": np.tile([1, 2, 3, 4], sets),
            "chosen": (u == u.max(axis=1, keepdims=True)).astype(int).ravel(),
            "price": price.ravel(),
            "ad": ad.ravel(),
        }
    )
    found = FrameAugmentedChoice(frames="ad", price="price").fit(data)
    wedge, error = found.estimate["ad[4]"], found.standard_error["ad[4]"]
    assert abs(wedge - 1.1 / 0.8) < 3.9 * error  # 1e-4 two-sided
    naive = FrameAugmentedChoice(frames="other", price="price", by_option=False).fit(
        data.assign(other=gen.integers(0, 2, len(data)))
    )
    order = naive.diagnostics["coefficients"]["estimate"]
    assert order["constant[4]"] > 0 > order["constant[2]"] > order["constant[3]"]
    order = found.diagnostics["coefficients"]["estimate"]
    assert 0 > order["constant[2]"] > max(order["constant[3]"], order["constant[4]"])
    assert found.diagnostics["positivity"]["ad[4]"] == pytest.approx(0.1, abs=0.02)
    assert "can hardly be told apart" in found.summary()


BASE = two_by_two({"for": (6, 4), "neutral": (5, 5)})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: d.drop(columns="set"), "no column 'set'"),
        (lambda d: d.assign(chosen=0), "exactly one chosen option, found 0"),
        (lambda d: d.assign(chosen=1), "exactly one chosen option, found 2"),
        (lambda d: d.assign(chosen=d["chosen"] * 2), "must be 0 or 1"),
        (lambda d: d.assign(option="a"), "lists an option twice"),
        (lambda d: d.assign(agent=range(len(d))), "belongs to two agents"),
        (lambda d: d.assign(frame=d["frame"].replace("neutral", "none")), "no reference level 'neutral'"),
        (lambda d: d.assign(frame="neutral").astype({"frame": "str"}).assign(shown=0), "no option is ever framed"),
        (lambda d: d.assign(agent=np.where(d.index == 3, None, d["agent"])), "missing value in row 3"),
    ],
)
def test_bad_data(spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    spoiled = spoil(BASE.copy())
    frames = "shown" if "shown" in spoiled.columns else "frame"
    with pytest.raises(EvidenceError, match=message):
        FrameAugmentedChoice(frames=frames).fit(spoiled)


def test_what_is_not_identified_is_refused() -> None:
    always = two_by_two({"for": (6, 4)})
    with pytest.raises(EvidenceError, match="is a combination of the other terms"):
        FrameAugmentedChoice().fit(always)
    with pytest.raises(EvidenceError, match="does not vary within any choice set"):
        FrameAugmentedChoice(by_option=False).fit(BASE.assign(frame="for").pipe(_with_neutral_set))
    with pytest.raises(EvidenceError, match="predicts some choices perfectly"):
        FrameAugmentedChoice().fit(two_by_two({"for": (10, 0), "neutral": (5, 5)}))
    with pytest.raises(EvidenceError, match="must be negative"):
        FrameAugmentedChoice(frames="shown", price="quality").fit(binary_sets(7))
    with pytest.raises(EvidenceError, match="one numeraire"):
        FrameAugmentedChoice(price="a", value="b")
    with pytest.raises(EvidenceError, match="named twice"):
        FrameAugmentedChoice(frames="a", attributes=("a",))


def _with_neutral_set(data: pd.DataFrame) -> pd.DataFrame:
    """The frame is on every option of a set or on none."""
    return data.assign(frame=np.where(data["set"] % 2 == 0, "for", "neutral"))


def test_simulated_frequencies_are_logit() -> None:
    """P(a) = 1 / (1 + exp(-(u + shift) / scale)) in each arm; 4.4 standard errors: once in 100,000."""
    n = 40_000
    data = simulate_framed_choices(np.tile([5.0, 0.0], (n, 1)), 10.0, [12.0, 0.0], rng=8)
    counts = frame_counts(data, 0).set_index("framing")
    for framing, shift in (("for", 12.0), ("neutral", 0.0), ("against", -12.0)):
        p = 1 / (1 + np.exp(-(5.0 + shift) / 10.0))
        m = counts.loc[framing, "n"]
        assert abs(counts.loc[framing, "k"] / m - p) < 4.4 * np.sqrt(p * (1 - p) / m)
        assert abs(m / n - 1 / 3) < 4.4 * np.sqrt(2 / 9 / n)


def test_simulated_menus() -> None:
    u = np.array([[1.0, np.nan, 2.0, 3.0], [np.nan, 1.0, 2.0, 3.0]])
    data = simulate_framed_choices(u, 1.0, [1, 0, 0, 0], sets_per_agent=50, menu_size=2, agents="xy", rng=0)
    assert data.groupby("set")["option"].nunique().eq(2).all()
    assert set(zip(data["agent"], data["option"], strict=True)) == {
        ("x", 0),
        ("x", 2),
        ("x", 3),
        *(("y", k) for k in (1, 2, 3)),
    }
    assert set(data.loc[data["option"] != 0, "frame"]) == {"neutral"}
    again = simulate_framed_choices(u, 1.0, [1, 0, 0, 0], sets_per_agent=50, menu_size=2, agents="xy", rng=0)
    pd.testing.assert_frame_equal(data, again)
    with pytest.raises(InputError, match="menu_size"):
        simulate_framed_choices(u, 1.0, [1, 0, 0, 0], menu_size=4)
    with pytest.raises(InputError, match="scale"):
        simulate_framed_choices(u, 0.0, [1, 0, 0, 0])
    with pytest.raises(InputError, match="arms"):
        simulate_framed_choices(u, 1.0, [1, 0, 0, 0], arms=("pro",))


def test_links_by_hand() -> None:
    # logit(.75) - logit(.5) = log 3; Phi^-1(.8413447) = 1
    assert LogitLink(10.0).shift(0.5, 0.75) == pytest.approx(10 * np.log(3))
    assert MoneyLink(-0.5).shift(0.5, 0.75) == pytest.approx(2 * np.log(3))
    assert ProbitLink(10.0).shift(0.5, 0.8413447460685429) == pytest.approx(10.0)
    with pytest.raises(EvidenceError, match="strictly between 0 and 1"):
        LogitLink(1.0).shift(0.0, 0.5)
    with pytest.raises(EvidenceError, match="positive"):
        MoneyLink(0.5)


@pytest.mark.parametrize(
    ("link", "unit"),
    [
        (LogitLink(10.0, 0.7), "logit"),
        (LogitLink(10.0, 0.7, baseline=0.3), "probability"),
        (ProbitLink(10.0, 0.7, baseline=0.3), "probability"),
        (MoneyLink(-0.4, 0.05), "logit"),
    ],
)
def test_link_delta_method(link: LogitLink | MoneyLink, unit: str) -> None:
    values, covariance = np.array([0.2, -0.1]), np.array([[0.01, 0.004], [0.004, 0.02]])
    parameter = link.price_coefficient if isinstance(link, MoneyLink) else link.scale

    def made(all_: np.ndarray, k: int) -> float:
        again = type(link)(all_[2], link.standard_error, link.baseline)
        return float(again.convert(unit, all_[:2], None)[0][k])

    at = np.array([*values, parameter])
    jacobian = np.array([approx_fprime(at, made, 1e-7, k) for k in range(2)])
    full = np.zeros((3, 3))
    full[:2, :2], full[2, 2] = covariance, link.standard_error**2
    assert link.convert(unit, values, covariance)[1] == pytest.approx(jacobian @ full @ jacobian.T, rel=1e-4)


def test_apply_makes_a_column_a_promoted_option_with_joint_covariance() -> None:
    gen = np.random.default_rng(9)
    labels = ["x", "y", "z"]
    data = simulate_framed_choices(gen.normal(0, 20, (800, 3)), 15.0, [20, 0, 10], options=labels, rng=9)
    found = FrameAugmentedChoice(value="value").fit(data)
    profile = te.ThickProfile.from_values([[80.0, 40.0, 60.0], [10.0, 20.0, 30.0]], options=labels)
    with pytest.raises(EvidenceError, match="only one can be in force"):
        found.apply(profile)
    names = ["frame=for[x]", "frame=for[z]"]
    seen = found.apply(profile, motives={names[0]: "ad of x", names[1]: te.Motive("ad of z", "influence", owner="Z")})
    w = found.estimate[names].to_numpy()
    assert [motive.name for motive in seen.motives][1:] == ["ad of x", "ad of z"]
    assert seen.motives[2].owner == "Z"
    assert seen.revealed == pytest.approx(profile.revealed)
    assert seen.endorsed == pytest.approx(profile.revealed - [w[0], 0.0, w[1]])
    # draws of endorsement must have the joint covariance of the endorsed values: Cov(w_x, w_z) itself
    assert found.covariance is not None
    e = seen.endorsement
    lift = np.array([[0, w[0], 0], [0, 0, w[1]]])  # d v(x), v(z) / d theta of (value, ad x, ad z)
    columns = e.columns(3)
    full = e.covariance
    assert full is not None
    mapped = lift @ full[np.ix_(columns, columns)] @ lift.T
    assert mapped == pytest.approx(found.covariance.loc[names, names].to_numpy(), rel=1e-9)
    assert [record.source.split(":")[0] for record in e.evidence] == names
    assert e.evidence[0].n == 800


def test_log_odds_need_a_link() -> None:
    found = FrameAugmentedChoice().fit(two_by_two({"for": (60, 40), "neutral": (50, 50)}))
    profile = te.ThickProfile.from_values([[8.0, 3.0]], options=["a", "b"])
    with pytest.raises(EvidenceError, match="link="):
        found.apply(profile)
    seen = found.apply(profile, link=LogitLink(scale=2.0))
    assert seen.endorsed == pytest.approx(np.array([[8.0 - 2 * np.log(1.5), 3.0]]))
    with pytest.raises(NotApplicableError, match="does not read"):
        found.apply(profile, link=ProbitLink(scale=2.0))


def test_few_clusters_are_said() -> None:
    data = binary_sets(11)
    few = data.assign(agent=data["set"] % 20)
    model = FrameAugmentedChoice(frames="shown", price="price")
    assert "clustered by 20 agents only" in model.fit(few).diagnostics["warnings"][0]
    assert model.fit(data).diagnostics["warnings"] == ()
