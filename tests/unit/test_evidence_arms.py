"""Evidence with an error, all the way: ranges, probabilities, and the arms that take the error into account."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

import thickecon as te
from thickecon.endorsement import Estimate
from thickecon.errors import NotApplicableError
from thickecon.mechanism.evidence_arms import cautious_arm, shrunk_profile
from thickecon.profiles.endorsement import Endorsement


def advert(share: float, error: float | None) -> te.ThickProfile:
    """One item, reports 8 and 6; an advert makes 5 of the first, of which ``share`` is stood behind."""
    profile = te.ThickProfile.from_arrays(
        [[[3.0], [5.0]], [[6.0], [0.0]]], motives=[te.Motive("use"), te.Motive("advert", "influence")]
    )
    covariance = None if error is None else np.array([0.0, error**2])
    return profile.with_endorsement(Endorsement(np.array([[1.0, share]]), covariance=covariance))


def test_probabilities_and_intervals_by_hand() -> None:
    """SIDT is worth 3 + 5 e, thick 6; e ~ N(0, .6): thick is better with chance Phi(1), SIDT in 3 -/+ 1.96 x 3."""
    found = te.compare(te.auctions.SecondPrice(), advert(0.0, 0.6), draws=4000, rng=0)
    assert found.probabilities.loc["endorsed_welfare", "thick"] == pytest.approx(norm.cdf(1.0), abs=0.02)
    assert found.probabilities.loc["revealed_welfare", "thick"] == 0.0
    assert (
        np.isnan(found.probabilities.loc["revenue", "thick"]) or 0 <= found.probabilities.loc["revenue", "thick"] <= 1
    )
    table = found.intervals(0.95)
    assert table.loc[("sidt", "endorsed_welfare")].tolist() == pytest.approx([3.0, 3 - 5.88, 3 + 5.88], abs=0.35)
    assert table.loc[("thick", "endorsed_welfare")].tolist() == [6.0, 6.0, 6.0]
    with pytest.raises(NotApplicableError, match="no draws"):
        te.compare(te.auctions.SecondPrice(), advert(0.0, 0.6)).intervals()


def test_an_estimate_brings_its_joint_error() -> None:
    """Shares .5 and .5 with correlation 1: their sum is off by twice the error, not by its root."""
    profile = te.ThickProfile.from_arrays(
        [[[1.0, 0.0], [4.0, 0.0], [4.0, 0.0]], [[0.0, 6.0], [0.0, 0.0], [0.0, 0.0]]], motives=["use", "ad", "default"]
    )
    joint = 0.01 * np.ones((2, 2))
    estimate = Estimate("endorsement", ("ad", "default"), np.array([0.5, 0.5]), joint)
    found = te.compare(te.auctions.SecondPrice(), profile, evidence=estimate, draws=3000, rng=1)
    worth = found.draws.xs("thick", level="arm")["endorsed_welfare"]
    assert worth.std() == pytest.approx(4 * 0.1 * 2, rel=0.05)


def test_posterior_mean_by_hand() -> None:
    """One unknown: tau^2 = 1 - .36, k = .64: 1 - .64 = .36. Without an error the estimate stands."""
    made = shrunk_profile(advert(0.0, 0.6))
    assert made.endorsement.theta[0].tolist() == pytest.approx([1.0, 0.36])
    assert shrunk_profile(advert(0.0, 1.5)).endorsement.theta[0].tolist() == [1.0, 1.0]  # noise alone: nothing is known
    found = te.compare(te.auctions.SecondPrice(), advert(0.0, 0.6), arms=("sidt", "thick", "shrunk"), rng=0)
    assert found.to_frame().loc["shrunk", "endorsed_welfare"] == 6.0  # 3 + 5 x .36 = 4.8 < 6
    assert found.to_frame().loc["shrunk", "revenue"] == pytest.approx(4.8)
    with pytest.raises(NotApplicableError, match="no standard errors"):
        te.compare(te.auctions.SecondPrice(), advert(0.0, None), arms=("sidt", "shrunk"))


@pytest.mark.parametrize(("truth", "most", "least"), [(0.6, 0.05, 0.0), (0.7, 0.02, 0.0), (0.0, 1.0, 0.5)])
def test_caution_has_its_size(truth: float, most: float, least: float) -> None:
    """Both are worth 6 at e = .6: laundering must then happen in at most 5 % of samples (here half of that, since
    the first half of the evidence must prefer it too); where nothing is endorsed the gain of 3
    is 2.1 errors of half of the evidence, and it happens more often than not."""
    gen = np.random.default_rng(3)
    mechanism, laundered = te.auctions.SecondPrice(), 0
    runs = 1500
    for k in range(runs):
        seen = mechanism.wrap(advert(float(np.clip(truth + 0.2 * gen.standard_normal(), 0, 1)), 0.2))
        chosen, _ = cautious_arm(mechanism, seen, k)
        laundered += chosen == mechanism
    assert least <= laundered / runs <= most + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_worst_case_and_regret_are_the_programmes() -> None:
    profile = advert(0.2, 0.3)
    problem, rule = te.Assignment(profile, supply=1), te.welfare.Allocate()
    found = te.compare(rule, problem, arms=("sidt", "thick", "worst", "regret"), rng=0)
    for name in ("worst", "regret"):
        again = te.welfare.Allocate(ambiguity=name).run(problem, rng=0)
        assert found.outcomes[name][0].taken == pytest.approx(again.taken, abs=1e-9)
    low, high = 0.2 - 1.959964 * 0.3, 0.2 + 1.959964 * 0.3
    share = (5 * high - 3) / ((5 * high - 3) + (3 - 5 * low))  # (1 - x)(5 hi - 3) = x (3 - 5 lo)
    assert found.outcomes["regret"][0].taken[0] == pytest.approx(share, abs=1e-5)
    with pytest.raises(NotApplicableError, match="cannot decide by a whole identified set"):
        te.compare(te.auctions.SecondPrice(), profile, arms=("sidt", "regret"))


def test_the_page_shows_probabilities(tmp_path) -> None:  # type: ignore[no-untyped-def]
    te.compare(te.auctions.SecondPrice(), advert(0.0, 0.6), draws=50, rng=0).save_html(tmp_path / "p.html")
    assert "Share of draws in which an arm is better than sidt" in (tmp_path / "p.html").read_text("utf-8")
