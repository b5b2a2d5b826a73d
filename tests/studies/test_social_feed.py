"""Rankings of a feed by measured effects: the table, integrals by quadrature, and what three readings pick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import thickecon as te
from thickecon.datasets import social_feed_audit
from thickecon.errors import FileFormatError, InputError
from thickecon.studies import Draws, Study
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.social_feed import OUTCOMES, SocialFeed

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "endorsement" / "milli2023_twitter_ate.csv"
real = pytest.mark.skipif(not REAL.exists(), reason="the table of effects is not beside the repository")


def made_up(effects: dict[str, float], errors: float = 0.1) -> pd.DataFrame:
    """A table in which the engagement ranking has these effects, all with one error; the others have none clear."""
    rows = []
    for outcome in OUTCOMES.values():
        for timeline in social_feed_audit.TIMELINES:
            effect = effects.get(outcome, 0.15) if timeline == "engagement" else 0.15
            p = 2 * norm.sf(abs(effect) / errors) if effect else 1.0
            rows.append({"timeline": timeline, "outcome": outcome, "std_effect": effect, "p_value": p})
    return pd.DataFrame(rows)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Engagement is wanted (.12) and hostile (.2)."""
    made_up({"Reader Pref (overall)": 0.12, "Out-group Animosity": 0.2}).to_csv(tmp_path / "effects.csv")
    return str(tmp_path / "effects.csv")


def played(made: SocialFeed, replicates: int) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(8, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


# ---- the table --------------------------------------------------------------------------------------------------


def test_errors_are_those_that_the_p_values_came_from(path: str) -> None:
    table = te.datasets.load("social_feed_audit", path=path)
    assert table["standard_error"].to_numpy() == pytest.approx(0.1)


def test_a_floor_of_p_values_only_bounds_the_error(tmp_path: Path) -> None:
    """Three rows at the floor say that the error is at most effect / z; the least of the three bounds is taken."""
    table = made_up({})
    here = table["outcome"] == "Partisanship"
    table.loc[here, "std_effect"] = [0.5, 1.0, -0.25]
    table.loc[here, "p_value"] = 2e-4
    table.loc[~here, "p_value"] = 0.04
    table.to_csv(tmp_path / "t.csv")
    found = social_feed_audit.load(tmp_path / "t.csv")
    assert found.loc["Partisanship", "standard_error"].to_numpy() == pytest.approx(0.25 / norm.isf(1e-4))


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda t: t.drop(columns="p_value"), "p_value"),
        (lambda t: t.iloc[1:], "lacks rows"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "twice"),
        (lambda t: t.assign(p_value=0.0), r"\(0, 1\]"),
        (lambda t: t.assign(std_effect=np.nan), "finite"),
        (lambda t: t.assign(std_effect=0.0), "says nothing"),
        (lambda t: t.iloc[:0], "lacks rows"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, spoil: Any, match: str) -> None:
    spoil(made_up({})).to_csv(tmp_path / "t.csv")
    with pytest.raises(FileFormatError, match=match):
        social_feed_audit.load(tmp_path / "t.csv")


@real
@pytest.mark.shared_data
def test_errors_of_the_audit_against_its_printed_intervals() -> None:
    """The source prints 95 % intervals of the raw effects on stated preference: +.0233 [.0031, .0445] overall and
    -.0646 [-.108, -.018] on political tweets. They are bootstrapped, ours come from p-values: within 10 %.
    """
    table = social_feed_audit.load(REAL)
    for name, raw, low, high in (
        ("Reader Pref (overall)", 0.0233, 0.0031, 0.0445),
        ("Reader Pref (political)", -0.0646, -0.108, -0.018),
    ):
        effect, error = table.loc[name].loc["engagement", ["effect", "standard_error"]]
        assert error == pytest.approx((high - low) / (2 * 1.96) * effect / raw, rel=0.1)


# ---- the scenario -----------------------------------------------------------------------------------------------


def test_filed_and_in_need_of_a_table() -> None:
    assert SCENARIOS["social_feed"] is SocialFeed
    with pytest.raises(InputError, match="may not ship"):
        SocialFeed().draw(Draws(0, "social_feed", 0))
    assert SocialFeed().known() == ()
    assert SocialFeed().break_even() is None


@pytest.mark.parametrize("knobs", [{}, {"s": 0.4, "audit_error": 2.0}, {"animosity": 0.3, "anger": 0.5}, {"s": 0.0}])
def test_integrals_against_a_grid_of_effects_and_noise(path: str, knobs: dict[str, float]) -> None:
    """Mean of what each arm shows, summed over a grid of (wanted, harm) and of the errors of the audit on each."""
    made = SocialFeed(path=path, **knobs)
    a, s = made.audit_error, made.s
    harm = -np.array([0.2, 0.15]) @ (made.animosity, made.anger)
    harm_se = 0.1 * np.hypot(made.animosity, made.anger)
    z = np.linspace(-6, 6, 601)
    p = norm.pdf(z) / norm.pdf(z).sum()
    x, h = np.meshgrid(0.12 + a * 0.1 * z, harm + a * harm_se * z, indexing="ij")
    weight = np.outer(p, p)
    worth = x + h
    # given the effects, what an audit shows is normal around them
    spread = s * np.hypot(0.1, harm_se)
    shown = {
        "sidt": np.ones_like(x),
        "chronological": np.zeros_like(x),
        "oracle": (worth > 0) * 1.0,
        "thick": norm.cdf(worth / spread) if s else (worth > 0) * 1.0,
        "stated": norm.cdf(x / (s * 0.1)) if s else (x > 0) * 1.0,
    }
    if s:  # trust worth' + (1 - trust) published > 0 for worth' = worth + spread N
        trust = a**2 / (a**2 + s**2)
        shown["shrunk"] = norm.cdf((worth + (1 - trust) / trust * (0.12 + harm)) / spread)
    else:
        shown["shrunk"] = shown["oracle"]
    for entry in made.known():
        grid = float((weight * worth * shown[entry.arm]).sum())
        assert entry.value == pytest.approx(grid, abs=5e-4), entry.arm


@pytest.mark.statistical
def test_what_is_played_has_the_means_that_are_known(path: str) -> None:
    made = SocialFeed(path=path, rounds=15, s=1.5)
    found = played(made, 30)
    for entry in made.known():
        here = found[entry.arm, "endorsed"]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-12, entry
    for arm in made.arms:
        assert (found[arm, "regret"] >= found["oracle", "regret"] - 1e-12).all()
    assert (found["sidt", "revealed"] == 1).all()
    assert (found["chronological", "endorsed"] == 0).all()


def test_exact_evidence_is_the_oracle_and_two_readings_agree_where_nothing_else_counts(path: str) -> None:
    exact = played(SocialFeed(path=path, s=0.0, menu="all"), 10)
    alike = played(SocialFeed(path=path, animosity=0.0, menu="all"), 10)
    for name in {name for _, name in exact}:
        assert exact["thick", name] == pytest.approx(exact["oracle", name])
        assert exact["shrunk", name] == pytest.approx(exact["oracle", name])
        assert alike["stated", name] == pytest.approx(alike["thick", name])


@pytest.mark.statistical
def test_errors_between_rankings_are_correlated_as_asked(path: str) -> None:
    """Cross-ranking correlation of the drift, 0 between outcomes; four standard errors of a correlation."""
    made = SocialFeed(path=path, rounds=4000, correlation=0.3)
    truth = made.draw(Draws(2, made.name, 0)).truth
    assert abs(np.corrcoef(truth[:, 0, 0], truth[:, 0, 1])[0, 1] - 0.3) < 4 / np.sqrt(4000)
    assert abs(np.corrcoef(truth[:, 0, 0], truth[:, 1, 0])[0, 1]) < 4 / np.sqrt(4000)


@real
@pytest.mark.shared_data
def test_what_three_readings_of_the_audit_pick() -> None:
    """Published effects, SDs: engagement +.065 wanted overall, -.180 political, +.236 animosity (Milli et al.)."""
    flat = {"path": str(REAL), "audit_error": 0.0, "s": 0.0, "rounds": 1}
    worth = {arm: SocialFeed(**flat).expected(arm) for arm in SocialFeed.arms}
    assert worth["sidt"] == worth["stated"] == pytest.approx(0.065 - 0.236)
    assert worth["thick"] == worth["oracle"] == 0
    assert SocialFeed(**flat, animosity=0.0).expected("thick") == pytest.approx(0.065)  # all agree
    political = SocialFeed(**flat, animosity=0.0, scope="political")
    assert political.expected("sidt") == pytest.approx(-0.180)
    assert political.expected("stated") == 0
    menu = played(SocialFeed(**flat, menu="all"), 1)
    assert menu["thick", "endorsed"][0] == pytest.approx(1.117 + 0.252)  # stated preference, hostile tweets down
    assert menu["sidt", "endorsed"][0] == pytest.approx(0.065 - 0.236)
    assert menu["oracle", "in_group"][0] == pytest.approx(-0.004)


@real
@pytest.mark.shared_data
@pytest.mark.statistical
def test_where_engagement_is_right_new_evidence_must_be_exact() -> None:
    """Wanted overall, nothing else: break-even by 400,000 draws of effect and audit, within four standard errors."""
    made = SocialFeed(path=str(REAL), animosity=0.0)
    even = made.break_even()
    assert even is not None
    assert 1 / even == pytest.approx(2.5, abs=0.1)  # as the scenario says
    rng = np.random.default_rng(3)
    error = social_feed_audit.load(REAL).loc["Reader Pref (overall)"].loc["engagement", "standard_error"]
    truth = 0.065 + error * rng.standard_normal(400_000)
    for s, sign in ((0.5 * even, 1), (2 * even, -1)):
        gap = truth * (truth + s * error * rng.standard_normal(400_000) > 0) - truth
        assert sign * gap.mean() > 3 * gap.std() / np.sqrt(400_000)
    at = truth * (truth + even * error * rng.standard_normal(400_000) > 0) - truth
    assert abs(at.mean()) < 4 * at.std() / np.sqrt(400_000)
    assert SocialFeed(path=str(REAL)).break_even() is None  # counted with animosity, engagement loses at any error


def test_through_the_runner(path: str, tmp_path: Path) -> None:
    suite = {
        "schema": 1,
        "name": "feed",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 4, "arms": ["sidt", "thick", "oracle"]},
        "study": [{"scenario": "social_feed", "fixed": {"path": path}, "grid": {"s": [0.0, 1.0]}}],
    }
    results = Study(suite).run(tmp_path / "store")
    assert not len(results.failed)


def test_without_the_table_rows_fail_and_name_the_remedy(tmp_path: Path) -> None:
    suite = {
        "schema": 1,
        "name": "feed",
        "seed": 3,
        "defaults": {"replicates": 1, "block": 1, "arms": ["sidt"]},
        "study": [{"scenario": "social_feed"}],
    }
    failed = Study(suite).run(tmp_path / "store").failed
    assert "social_feed_audit" in failed["error"].iloc[0]


@pytest.mark.parametrize("knobs", [{"menu": "none"}, {"scope": "all"}, {"correlation": 1.5}, {"s": -1.0}, {"path": 3}])
def test_bad_knobs(knobs: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        SocialFeed.make(knobs)
