"""Goldin and Reck person by person: an orthogonal score, weights, clusters, a neutral arm, tests of the frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from thickecon.endorsement import FramedPeople
from thickecon.endorsement.frame_pulls import pulls
from thickecon.endorsement.learners import logistic
from thickecon.endorsement.orthogonal_share import Nuisances, scored
from thickecon.errors import EvidenceError

# ---- the orthogonal score ---------------------------------------------------------------------------------------


def people(n: int, seed: int) -> tuple[pd.DataFrame, float, float]:
    """Frames are likelier for where people prefer the option; q = Phi-like in w, c falls in w. Returns the truths."""
    gen = np.random.default_rng(seed)
    w = gen.normal(0, 1, (n, 2))
    q, c = 1 / (1 + np.exp(-w[:, 0] - 0.5)), 0.4 + 0.4 / (1 + np.exp(-1.5 * w[:, 0] - w[:, 1]))
    frame = gen.random(n) < 1 / (1 + np.exp(-0.8 * w[:, 0]))
    prefers, consistent = gen.random(n) < q, gen.random(n) < c
    y = np.where(consistent, prefers, frame).astype(int)
    grid = np.random.default_rng(0).normal(0, 1, (400_000, 2))
    qs, cs = 1 / (1 + np.exp(-grid[:, 0] - 0.5)), 0.4 + 0.4 / (1 + np.exp(-1.5 * grid[:, 0] - grid[:, 1]))
    data = pd.DataFrame({"y": y, "frame": np.where(frame, "for", "against"), "a": w[:, 0], "b": w[:, 1]})
    return data, float(qs.mean()), float(((1 - cs) * qs).sum() / (1 - cs).sum())


GRID = (np.arange(20_000) + 0.5) / 20_000  # w, uniform; every w stands once in each arm, by its chance


def expected_shares(bend: dict[str, float], *, correct: bool = True) -> tuple[float, ...]:
    """The score's expectation, integrated over w and arms, with nuisances off by ``bend[...] (w - 1/2)``.

    Exact in y (its conditional mean stands for it: the score is linear in y) and in the arm (weights are chances).
    """
    w = GRID
    mean, chance = np.stack([0.2 + 0.3 * w, 0.5 + 0.35 * w, 0.3 + 0.4 * w]), np.stack([0.4 - 0.2 * w, 0.3 + 0.1 * w])
    chance = np.vstack([chance, 1 - chance.sum(axis=0)])
    off_mean, off_chance = mean.copy(), chance.copy()
    for k in range(3):
        off_mean[k] += bend.get(f"mean{k}", 0.0) * (w - 0.5)
        off_chance[k] += bend.get(f"chance{k}", 0.0) * (w - 0.5)
    y = (mean if correct else off_mean).ravel()  # answers as they were foreseen: nothing is corrected
    framing = np.repeat(np.arange(3), len(w))
    given = Nuisances(np.tile(off_mean, 3), np.tile(off_chance, 3))
    found = scored(y, framing, given, trim=0.0, weight=chance.ravel())
    return tuple(found[name] for name in ("people", "moved", "neutral_people", "neutral_moved"))


NUISANCES = ("mean0", "mean1", "mean2", "chance0", "chance1", "chance2")


def test_score_is_right_at_the_truth() -> None:
    w, mu0, mu1, mun = GRID, 0.2 + 0.3 * GRID, 0.5 + 0.35 * GRID, 0.3 + 0.4 * GRID
    q, moved = mu0 / (1 - mu1 + mu0), mu1 - mu0
    truth = (q.mean(), (moved * q).sum() / moved.sum(), mun.mean(), (mun - mu0).sum() / moved.sum())
    assert expected_shares({}) == pytest.approx(truth, abs=1e-12)
    assert len(w) == len(q)


@pytest.mark.parametrize("which", NUISANCES)
def test_score_is_orthogonal(which: str) -> None:
    """Neyman: moving any nuisance by t changes the expected shares by order t^2, so the slope at 0 vanishes."""
    up, down = (np.array(expected_shares({which: t})) for t in (1e-4, -1e-4))
    assert np.abs(up - down).max() / 2e-4 < 1e-6
    far, near = (np.abs(np.array(expected_shares({which: t})) - expected_shares({})).max() for t in (0.1, 0.05))
    assert far <= 4.5 * near + 1e-12  # second order: four times as far at twice the error


def test_without_the_correction_it_is_not() -> None:
    """The same slopes of plugged-in shares are not small, so that the test above could fail."""
    slope = []
    for which in ("mean0", "mean1"):
        up, down = (np.array(expected_shares({which: t}, correct=False)) for t in (1e-4, -1e-4))
        slope.append(np.abs(up - down).max() / 2e-4)
    assert min(slope) > 0.01


def test_a_mean_is_doubly_robust_and_not_more() -> None:
    """Y_N: with one nuisance right it is right; with both wrong it is off by the mean of their product,
    -(.3 (w - .5)) (.2 (w - .5)) / (P + .2 (w - .5)), P = .3 + .1 w."""
    at, w = 2, GRID
    right = expected_shares({})[at]
    assert expected_shares({"mean2": 0.3})[at] == pytest.approx(right, abs=1e-12)
    assert expected_shares({"chance2": 0.2})[at] == pytest.approx(right, abs=1e-12)
    chance = 1 - (0.4 - 0.2 * w) - (0.3 + 0.1 * w)
    off = np.mean(0.3 * (w - 0.5) * (1 - chance / (chance + 0.2 * (w - 0.5))))
    assert expected_shares({"mean2": 0.3, "chance2": 0.2})[at] - right == pytest.approx(off, abs=1e-12)
    assert abs(off) > 1e-3


def test_covariates_undo_what_confounds_the_frame() -> None:
    data, of_people, of_moved = people(40_000, 2)
    found = FramedPeople(covariates=("a", "b")).fit(data)
    assert found.estimate == pytest.approx(of_people, abs=4 * found.standard_error)
    moved = FramedPeople(covariates=("a", "b"), about="moved").fit(data)
    assert moved.estimate == pytest.approx(of_moved, abs=4 * moved.standard_error)
    assert abs(found.diagnostics["without_covariates"] - of_people) > 4 * found.standard_error  # confounded
    assert found.kind == "population"


def test_any_learner_of_scikit_learn() -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    data, of_people, _ = people(6000, 3)
    learner = ensemble.RandomForestClassifier(n_estimators=60, min_samples_leaf=40, random_state=0)
    found = FramedPeople(covariates=("a", "b"), learner=learner).fit(data)
    assert found.estimate == pytest.approx(of_people, abs=5 * found.standard_error)
    assert found.diagnostics["learner"] == "RandomForestClassifier"


def test_own_logistic_regression_is_that_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    gen = np.random.default_rng(0)
    x = gen.normal(size=(500, 3))
    y = (gen.random(500) < 1 / (1 + np.exp(-(x @ [1.0, -0.5, 0.2])))).astype(float)
    theirs = linear.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y)
    assert logistic(x, y, ridge=1e-12)(x) == pytest.approx(theirs.predict_proba(x)[:, 1], abs=1e-5)


def three_arms(n: int, seed: int) -> tuple[pd.DataFrame, float, float]:
    """The moved prefer the option less than others like them, so only a neutral arm tells; frames follow ``a``."""
    gen = np.random.default_rng(seed)
    a = gen.normal(size=n)
    frame = np.where(
        gen.random(n) < 0.3, "neutral", np.where(gen.random(n) < 1 / (1 + np.exp(-0.8 * a)), "for", "against")
    )
    consistent = gen.random(n) < 0.6
    prefers = gen.random(n) < np.where(consistent, 1 / (1 + np.exp(-a)), 0.5 / (1 + np.exp(-a)))
    y = np.where(consistent | (frame == "neutral"), prefers, frame == "for").astype(int)
    return pd.DataFrame({"y": y, "frame": frame, "a": a}), 0.6 * 0.5 + 0.4 * 0.25, 0.25


def test_a_neutral_arm_with_covariates() -> None:
    """E of a logistic of a centred normal is 1/2: .4 of people and .25 of the moved prefer the option."""
    data, of_people, of_moved = three_arms(30_000, 0)
    found = FramedPeople(covariates=("a",)).fit(data)
    assert found.estimate == pytest.approx(of_people, abs=4 * found.standard_error)
    low, high = found.bounds
    assert low < of_people < high
    moved = FramedPeople(covariates=("a",), about="moved").fit(data)
    assert moved.estimate == pytest.approx(of_moved, abs=4 * moved.standard_error)
    assert moved.diagnostics["fieller_95"] == pytest.approx(moved.interval(0.95), abs=0.1 * moved.standard_error)
    quality = FramedPeople(covariates=("a",), about="moved", route="quality").fit(data)
    assert quality.estimate - of_moved > 4 * quality.standard_error  # independence does not hold
    with pytest.raises(EvidenceError, match="nobody saw the frame 'neutral'"):
        FramedPeople(covariates="a", route="neutral").fit(data[data["frame"] != "neutral"])


def test_weights_stand_for_people() -> None:
    """Weights of a sample that took one in two of the old: the share is that of the whole, as if all were there."""
    data, of_people, _ = people(40_000, 6)
    gen = np.random.default_rng(0)
    odds = np.where(data["a"] > 0, 0.3, 1.0)
    taken = data.assign(w=1 / odds)[gen.random(len(data)) < odds]
    found = FramedPeople(covariates=("a", "b"), weight="w").fit(taken)
    assert found.estimate == pytest.approx(of_people, abs=4 * found.standard_error)
    plain = FramedPeople(covariates=("a", "b")).fit(taken)
    assert of_people - plain.estimate > 4 * plain.standard_error
    same = FramedPeople(covariates=("a", "b"), weight="w").fit(data.assign(w=2.0))
    alike = FramedPeople(covariates=("a", "b")).fit(data)
    assert same.estimate == pytest.approx(alike.estimate, abs=1e-9)
    assert same.standard_error == pytest.approx(alike.standard_error, rel=1e-6)
    with pytest.raises(EvidenceError, match=r"column 'w'.*must be >= 0"):
        FramedPeople(covariates=("a",), weight="w").fit(data.assign(w=-1.0))


def test_a_learner_without_weights_is_refused() -> None:
    neighbours = pytest.importorskip("sklearn.neighbors")
    data, _, _ = people(200, 0)
    with pytest.raises(EvidenceError, match="takes no weights"):
        FramedPeople(covariates=("a",), weight="w", learner=neighbours.KNeighborsClassifier()).fit(data.assign(w=1.0))


def test_bounds_of_people_with_covariates() -> None:
    """Y0 and Y1 of everybody, not of those whom the frame found: by the formulas of the drawn population."""
    data, _of_people, _ = people(40_000, 7)
    found = FramedPeople(covariates=("a", "b")).fit(data)
    grid = np.random.default_rng(0).normal(0, 1, (400_000, 2))
    q, c = 1 / (1 + np.exp(-grid[:, 0] - 0.5)), 0.4 + 0.4 / (1 + np.exp(-1.5 * grid[:, 0] - grid[:, 1]))
    y0, y1 = (q * c).mean(), (q * c + 1 - c).mean()
    errors = np.asarray(found.end_errors)[0]
    assert found.bounds == (pytest.approx(y0, abs=4 * errors[0]), pytest.approx(y1, abs=4 * errors[1]))
    wide, narrow = found.bounds_interval(0.95), found.bounds_interval(0.95, method="stoye")
    assert narrow == pytest.approx(wide, abs=1e-5)  # the ends are far apart: one-sided values in both
    assert np.average(data["y"][data["frame"] == "for"]) - found.bounds[1] > 4 * errors[1]  # the raw share is off


def test_monotonicity_is_tested_by_groups() -> None:
    """Half of the people go against the frame; over all it pulls as it should, and the groups tell."""
    gen = np.random.default_rng(8)
    n = 20_000
    a = gen.normal(size=n)
    frame = gen.random(n) < 0.5
    moved = gen.random(n) < np.where(a > 0, 0.6, 0.3)
    y = np.where(moved, np.where(a > 0, frame, ~frame), gen.random(n) < 0.5).astype(int)
    data = pd.DataFrame({"y": y, "frame": np.where(frame, "for", "against"), "a": a, "up": (a > 0) * 1.0})
    found = FramedPeople(covariates=("a", "up")).fit(data)
    assert found.diagnostics["y_for"] > found.diagnostics["y_against"]
    assert found.diagnostics["monotonicity_p"] < 1e-6
    assert any("monotonicity fails" in w for w in found.diagnostics["warnings"])
    table = found.diagnostics["monotonicity"]
    assert table["pull"].iloc[0] == pytest.approx(-0.3, abs=0.1)
    assert table["pull"].iloc[-1] == pytest.approx(0.6, abs=0.1)


def test_holm_by_hand() -> None:
    """Pulls -2, -1, 3 standard errors: p = .0228, .1587, .9987; times 3, 2, 1 and never falling."""
    gen = np.random.default_rng(0)
    noise = gen.normal(size=400)
    noise = (noise - noise.mean()) / noise.std()
    pull = np.concatenate([noise + z / 20 for z in (-2, -1, 3)])  # each mean has standard error 1 / 20
    found = pulls(pull, np.repeat([0.0, 1.0, 2.0], 400), groups=3)
    assert found["p"].tolist() == pytest.approx(norm.cdf([-2, -1, 3]), abs=1e-9)
    assert found["holm_p"].tolist() == pytest.approx([3 * norm.cdf(-2), 2 * norm.cdf(-1), norm.cdf(3)], abs=1e-9)


def test_who_is_hardly_ever_consistent_is_trimmed() -> None:
    """A tenth follows the frame whatever it is: c = 0 there, and the share is that of the others."""
    gen = np.random.default_rng(9)
    n = 20_000
    always_moved = gen.random(n) < 0.1
    frame = gen.random(n) < 0.5
    y = np.where(always_moved | (gen.random(n) < 0.3), frame, gen.random(n) < 0.7).astype(int)
    data = pd.DataFrame({"y": y, "frame": np.where(frame, "for", "against"), "m": always_moved * 1.0})
    found = FramedPeople(covariates="m").fit(data)
    assert found.diagnostics["trimmed"] == pytest.approx(always_moved.mean())
    assert found.estimate == pytest.approx(0.7, abs=4 * found.standard_error)
    assert "were trimmed" in found.diagnostics["warnings"][0]


def test_clusters_of_one_are_people_and_copies_are_not() -> None:
    data, _, _ = people(2000, 4)
    plain = FramedPeople(covariates=("a", "b")).fit(data)
    same = FramedPeople(covariates=("a", "b"), cluster="who").fit(data.assign(who=range(2000)))
    assert same.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    twice = pd.concat([data.assign(who=range(2000))] * 2, ignore_index=True)
    copied = FramedPeople(covariates=("a", "b"), cluster="who").fit(twice)
    assert copied.standard_error == pytest.approx(plain.standard_error, rel=0.05)
    assert FramedPeople(covariates=("a", "b")).fit(twice).standard_error < 0.75 * plain.standard_error


# ---- bad data ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"y": 2}, "must be 0 or 1, found 2 in row 0"),
        ({"frame": "up"}, "must be 'against', 'for' or 'neutral', found 'up'"),
        ({"frame": "for"}, "nobody saw the frame 'against'"),
        ({"a": "tall"}, "column 'a'.*must be numbers"),
        ({"a": np.inf}, "column 'a'.*must be finite, found inf in row 0"),
        ({"a": None}, "missing value"),
    ],
)
def test_bad_people(change: dict[str, Any], said: str) -> None:
    data, _, _ = people(40, 0)
    with pytest.raises(EvidenceError, match=said):
        FramedPeople(covariates=("a", "b")).fit(data.assign(**change))


def test_bad_settings() -> None:
    data, _, _ = people(40, 0)
    with pytest.raises(EvidenceError, match="needs covariates"):
        FramedPeople()
    with pytest.raises(EvidenceError, match="must be 'auto', 'quality' or 'neutral', found 'best'"):
        FramedPeople(covariates="a", route="best")  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match="must be at least 2, found 1"):
        FramedPeople(covariates=("a",), folds=1).fit(data)
    with pytest.raises(EvidenceError, match="one cluster"):
        FramedPeople(covariates=("a",), cluster="site").fit(data.assign(site="x"))
    with pytest.raises(EvidenceError, match="a fold has too few people"):
        FramedPeople(covariates=("a",), folds=2).fit(data.iloc[:4].assign(frame=["for", "for", "for", "against"]))
