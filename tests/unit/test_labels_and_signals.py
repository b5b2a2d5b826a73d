"""Labels with errors, stated against engaged, anchored signals: closed forms, enumeration, bad data."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from thickecon.endorsement import AnchoredSignal, EngageEndorse, LabelModel, anchored_value, rogan_gladen, sharpened_q
from thickecon.endorsement.dawid_skene import dawid_skene
from thickecon.errors import EvidenceError, UnknownNameError

# ---- labels -----------------------------------------------------------------------------------------------------


def labels(yes: int, no: int, component: str = "ad", **more: Any) -> pd.DataFrame:
    n = yes + no
    return pd.DataFrame(
        {"agent": range(n), "component": component, "value": 1.0, "label": [1] * yes + [0] * no, **more}
    )


def test_rogan_gladen_by_hand() -> None:
    """(.8 - .3) / .6 = 5 / 6; (80 / 95 - .8) / .15 = .280702 (MG6 of the moral-graph notes)."""
    assert rogan_gladen(0.8, 0.3, 0.1)[0] == pytest.approx(5 / 6)
    assert rogan_gladen(80 / 95, 0.8, 0.05)[0] == pytest.approx(0.280702, abs=1e-6)
    found = LabelModel(alpha=0.3, beta=0.1).fit(labels(80, 20))
    assert found.estimate["ad"] == pytest.approx(5 / 6)
    assert found.standard_error["ad"] == pytest.approx(np.sqrt(0.8 * 0.2 / 99) / 0.6)  # agents are clusters of one
    assert found.diagnostics["inflation"] == pytest.approx(1 / 0.6)


def test_errors_of_the_rates_add_up() -> None:
    """Slopes: d/d alpha = (v - 1) / (1 - a - b), d/d beta = v / (1 - a - b); checked by differences."""
    found = LabelModel(alpha=0.3, beta=0.1, alpha_error=0.02, beta_error=0.01).fit(labels(80, 20))
    step = 1e-6
    by_a = (rogan_gladen(0.8, 0.3 + step, 0.1)[0] - rogan_gladen(0.8, 0.3 - step, 0.1)[0]) / (2 * step)
    by_b = (rogan_gladen(0.8, 0.3, 0.1 + step)[0] - rogan_gladen(0.8, 0.3, 0.1 - step)[0]) / (2 * step)
    plain = LabelModel(alpha=0.3, beta=0.1).fit(labels(80, 20)).standard_error["ad"]
    assert found.standard_error["ad"] ** 2 == pytest.approx(plain**2 + (0.02 * by_a) ** 2 + (0.01 * by_b) ** 2)


def test_size_weighs_and_components_share_agents() -> None:
    """A part of 3 counts three times; components of the same agents are correlated."""
    data = pd.concat([labels(1, 1, "x"), labels(1, 1, "y")], ignore_index=True)
    data["value"] = [3.0, 1.0, 3.0, 1.0]
    found = LabelModel(alpha=0.0, beta=0.0).fit(data)
    assert found.estimate.tolist() == [0.75, 0.75]
    joint = found.covariance.to_numpy()
    assert joint[0, 1] == pytest.approx(joint[0, 0])
    assert found.kind == "endorsement"


def test_dawid_skene_finds_the_maximum() -> None:
    """The likelihood at the fit is no lower than anywhere near it, by direct evaluation over all label patterns."""
    gen = np.random.default_rng(0)
    truth = gen.random(400) < 0.6
    alpha, beta = np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.1, 0.15])
    label = np.where(truth[:, None], gen.random((400, 3)) > beta, gen.random((400, 3)) < alpha).astype(float)
    item, rater = np.repeat(np.arange(400), 3), np.tile(np.arange(3), 400)
    found = dawid_skene(item, rater, label.ravel(), np.zeros(400, dtype=int), 3)

    def likelihood(p: float, a: np.ndarray, b: np.ndarray) -> float:
        total = 0.0
        for pattern in product((0, 1), repeat=3):
            count = int((label == pattern).all(axis=1).sum())
            y = np.array(pattern)
            yes, no = np.prod(np.where(y, 1 - b, b)), np.prod(np.where(y, a, 1 - a))
            total += count * np.log(p * yes + (1 - p) * no)
        return float(total)

    best = likelihood(float(found.share[0]), found.alpha, found.beta)
    assert best == pytest.approx(found.log_likelihood)
    for _ in range(200):
        p = float(np.clip(found.share[0] + gen.normal(0, 0.03), 0.01, 0.99))
        a, b = (np.clip(x + gen.normal(0, 0.03, 3), 0.01, 0.99) for x in (found.alpha, found.beta))
        assert likelihood(p, a, b) <= best + 1e-9


# ---- stated against engaged -------------------------------------------------------------------------------------


def feed(users: int = 40, seed: int = 0) -> pd.DataFrame:
    """Engagement rises by .3, half of it with wanted items: baseline .2 engaged, .1 of it wanted."""
    gen = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        for ranker, engaged, wanted in (("engagement", 0.5, 0.25), ("chronological", 0.2, 0.1)):
            u = gen.random(50)
            for k in range(50):
                e = int(u[k] < engaged)
                rows.append((user, k, ranker, e, 1 if u[k] < wanted else -1 if e else 0, gen.normal()))
    return pd.DataFrame(rows, columns=["user", "item", "ranker", "engaged", "endorsed", "anger"])


def test_share_of_added_engagement_that_is_wanted() -> None:
    data = feed()
    found = EngageEndorse(outcomes=("anger",), rng=0).fit(data)
    means = data.assign(both=data["engaged"] * (data["endorsed"] == 1)).groupby("ranker")[["engaged", "both"]].mean()
    gap = means.loc["engagement"] - means.loc["chronological"]
    assert found.estimate == pytest.approx(gap["both"] / gap["engaged"])  # all users saw as many: means of means
    assert found.estimate == pytest.approx(0.5, abs=4 * found.standard_error)
    low, high = found.diagnostics["percentile_95"]
    assert (high - low) / 3.92 == pytest.approx(found.standard_error, rel=0.1)
    effects = found.diagnostics["effects"]
    users = data[data["ranker"] == "chronological"].groupby("user")["engaged"].mean()
    assert effects.loc["engaged", "glass"] == pytest.approx(gap["engaged"] / users.std())
    assert effects.loc["engaged", "p"] < 0.001
    assert effects.loc["anger", "p"] > 0.01
    assert effects["q"].rank().tolist() == effects["p"].rank().tolist()


def test_sign_flips_by_listing_all() -> None:
    """Seven users: 128 sign patterns; the drawn p-value is near the listed one."""
    data = feed(7, seed=3)
    found = EngageEndorse(outcomes=("anger",), draws=20_000, rng=0).fit(data).diagnostics["effects"]
    wide = data.groupby(["user", "ranker"])["anger"].mean().unstack()
    gaps = (wide["engagement"] - wide["chronological"]).to_numpy()
    signs = np.array(list(product((-1, 1), repeat=7)))
    exact = (np.abs(signs @ gaps) >= abs(gaps.sum()) - 1e-12).mean()
    assert found.loc["anger", "p"] == pytest.approx(exact, abs=0.015)


def test_sharpened_q_by_the_definition() -> None:
    """The least q of the grid at which the two stages reject, for each of some p-values."""
    p = np.array([0.0002, 0.0188, 0.0048, 0.3, 0.04, 0.5093, 0.01])

    def rejected(q: float) -> set[int]:
        def step_up(rate: float) -> set[int]:
            ranked = sorted(range(7), key=lambda k: p[k])
            passed = [j for j, k in enumerate(ranked, 1) if p[k] <= rate * j / 7]
            return set(ranked[: max(passed)]) if passed else set()

        first = step_up(q / (1 + q))
        if not first or len(first) == 7:
            return first
        return step_up(q / (1 + q) * 7 / (7 - len(first)))

    grid = np.arange(1, 1001) / 1000
    expected = [min((q for q in grid if k in rejected(q)), default=1.0) for k in range(7)]
    assert sharpened_q(p) == pytest.approx(expected)
    with pytest.raises(EvidenceError):
        sharpened_q([0.5, 1.5])


# ---- an anchored signal -----------------------------------------------------------------------------------------


def anchors(**counts: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame([(name, n, k) for name, (n, k) in counts.items()], columns=["behaviour", "n", "k"])


def test_published_example_of_anchors() -> None:
    """mu = .4, pi = 0, P(A) = .06: P(A | like) = .01 gives .9, P(A | reply) = .08 gives .2; pi = .1: 1.066667."""
    data = anchors(all=(100_000, 6000), like=(10_000, 100), reply=(10_000, 800))
    assert AnchoredSignal(mu=0.4).fit(data).estimate.tolist() == pytest.approx([0.9, 0.2])
    with pytest.raises(EvidenceError, match=r"'like' comes out at 1\.066667, outside"):
        AnchoredSignal(mu=0.4, pi=0.1).fit(data)


def test_anchored_value_on_a_law_with_the_independence() -> None:
    """A and B independent given V, all chances listed: the formula returns P(V=1 | B)."""
    gen = np.random.default_rng(0)
    for _ in range(50):
        mu, a1, a0, b1, b0 = gen.uniform(0.05, 0.95, 5)
        pi = mu * a1 / (mu * a1 + (1 - mu) * a0)
        a, b = mu * a1 + (1 - mu) * a0, mu * b1 + (1 - mu) * b0
        both = mu * a1 * b1 + (1 - mu) * a0 * b0
        assert anchored_value(np.array(both / b / a), mu, pi) == pytest.approx(mu * b1 / b, abs=1e-9)


# ---- bad data ---------------------------------------------------------------------------------------------------


def test_bad_labels() -> None:
    for bad, said in (
        ({"label": [2]}, r"must be 1 \(endorsed\) or 0, found 2 in row 0"),
        ({"value": [-1.0]}, "must be at least 0, found -1 in row 0"),
        ({"component": [None]}, "missing value"),
    ):
        row = {"agent": [0], "component": ["ad"], "value": [1.0], "label": [1]}
        with pytest.raises(EvidenceError, match=said):
            LabelModel(alpha=0.1, beta=0.1).fit(pd.DataFrame({**row, **bad}))
    with pytest.raises(EvidenceError, match="must lie below 1"):
        LabelModel(alpha=0.6, beta=0.5)
    with pytest.raises(EvidenceError, match="needs alpha"):
        LabelModel(beta=0.1).fit(labels(8, 2))
    with pytest.raises(EvidenceError, match="has 2 values"):
        LabelModel(beta=0.1).fit(labels(1, 1, alpha=[0.1, 0.2]))
    assert LabelModel().fit(labels(8, 2, alpha=0.3, beta=0.1)).estimate["ad"] == pytest.approx(5 / 6)
    with pytest.raises(EvidenceError, match="2 raters do not identify"):
        LabelModel("dawid_skene").fit(labels(2, 2, rater=[0, 1, 0, 1]))
    with pytest.raises(EvidenceError, match="no column 'rater'"):
        LabelModel("dawid_skene").fit(labels(2, 2))


def test_bad_feeds() -> None:
    data = feed(5)
    with pytest.raises(EvidenceError, match="must be one of 0, 1, found 2 in row 0"):
        EngageEndorse().fit(data.assign(engaged=2))
    with pytest.raises(UnknownNameError, match="no ranking is called 'plain'"):
        EngageEndorse(baseline="plain").fit(data)
    with pytest.raises(EvidenceError, match="adds no engagement"):
        EngageEndorse(ranker="chronological", baseline="engagement").fit(data)
    with pytest.raises(EvidenceError, match="1 users saw both"):
        EngageEndorse().fit(data[data["user"] == 0])
    with pytest.raises(EvidenceError, match="say which of"):
        EngageEndorse().fit(pd.concat([data, data.assign(ranker="third")]))
    with pytest.raises(EvidenceError, match="no column 'joy'"):
        EngageEndorse(outcomes=("joy",)).fit(data)


def test_bad_anchors() -> None:
    for data, said in (
        (anchors(all=(10, 5), like=(4, 5)), "needs whole 0 <= k <= n"),
        (anchors(like=(4, 2)), "needs one row 'all'"),
        (anchors(all=(10, 0), like=(4, 0)), "in which the anchor occurs"),
    ):
        with pytest.raises(EvidenceError, match=said):
            AnchoredSignal(mu=0.4).fit(data)
    for bad in ({"mu": 1.0}, {"mu": 0.4, "pi": 0.4}, {"mu_error": -1.0}):
        with pytest.raises(EvidenceError):
            AnchoredSignal(**bad)
