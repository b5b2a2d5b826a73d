"""T4 and T18 (docs/theory/payments.md): which reports are dominant for which self, by trying all others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te

AFFINE = te.auctions.SecondPrice()
SUBTRACTED = te.auctions.SecondPrice(charge="clarke")  # the rule applied to r - wedge, nothing added back
SPOKEN = te.auctions.SecondPrice(reporting="endorsed")
SELVES = {"decision": te.Revealed(), "endorsed": te.Endorsed()}

halves = st.integers(-12, 24).map(lambda k: k / 2)


def bidders(v, wedge) -> te.ThickProfile:
    table = np.stack([np.asarray(v, float), np.asarray(wedge, float)], axis=1)[:, :, None]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], unit="money")


def payoff(mechanism, problem, reports, self_: str, agent: int = 0) -> float:
    return float(mechanism.run(problem, reports=reports, rng=1).surplus(SELVES[self_])[agent])


def regret(mechanism, problem, report: float, self_: str, rivals) -> float:
    """The most bidder 0 could gain by another report than ``report``, over reports of rivals."""
    worst = 0.0
    for rival in rivals:
        said = [report, *np.atleast_1d(rival)]
        own = payoff(mechanism, problem, said, self_)
        best = max(payoff(mechanism, problem, [r, *said[1:]], self_) for r in np.arange(-15.0, 31.0, 1.5))
        worst = max(worst, best - own)
    return worst


markets = st.lists(st.tuples(halves, halves), min_size=2, max_size=3)


@settings(max_examples=25, deadline=None)
@given(markets, halves)
def test_dominant_reports_have_no_regret(market, rival) -> None:
    v, wedge = zip(*market, strict=True)
    problem = bidders(v, wedge)
    others = np.append(np.array(v[2:]), rival)[: len(v) - 1]
    for mechanism, self_ in (
        (AFFINE, "decision"),
        (SUBTRACTED, "decision"),
        (SPOKEN, "endorsed"),
        (SPOKEN, "decision"),
    ):
        report = float(mechanism.dominant_reports(problem, self_=self_)[0])
        assert regret(mechanism, problem, report, self_, [others]) <= 1e-9


def test_dominant_reports_by_hand() -> None:
    """v = (8, 7), wedge (5, 0): affine d = 13; under plain subtraction d + wedge = 18; endorsed reports v = 8."""
    problem = bidders((8, 7), (5, 0))
    assert AFFINE.dominant_reports(problem).tolist() == [13.0, 7.0]
    assert SUBTRACTED.dominant_reports(problem).tolist() == [18.0, 7.0]
    assert SPOKEN.dominant_reports(problem, self_="endorsed").tolist() == [8.0, 7.0]


@settings(max_examples=50, deadline=None)
@given(markets)
def test_unravelling_gives_sidt_exactly(market) -> None:
    """T4 (b): decision selves undo the subtraction, winner and price are those of the plain auction on d."""
    v, wedge = zip(*market, strict=True)
    problem = bidders(v, wedge)
    undone = SUBTRACTED.run(problem, reports=SUBTRACTED.dominant_reports(problem), rng=1)
    sidt = AFFINE.baseline().run(problem, rng=1)
    assert undone.taken.tolist() == sidt.taken.tolist()
    assert undone.payments.tolist() == sidt.payments.tolist()


def test_truth_has_regret_up_to_the_wedge_where_it_is_subtracted() -> None:
    """v = 8, wedge 5: report 13 has regret up to 5 (a rival just above 8), report 18 none."""
    problem = bidders((8, 0), (5, 0))
    rivals = [*np.arange(0.0, 20.0, 0.5), 8.0 + 1 / 64]
    assert regret(SUBTRACTED, problem, 13.0, "decision", rivals) == 5.0 - 1 / 64
    assert regret(SUBTRACTED, problem, 18.0, "decision", rivals) == 0.0


def test_subtracting_from_endorsed_reports_picks_the_wrong_winner() -> None:
    """T4 (a): v = (10, 8), wedge (5, 0), endorsed bids. Scores 5 and 8 lose 2; nothing subtracted loses nothing."""
    problem = bidders((10, 8), (5, 0))
    assert SPOKEN.run(problem, rng=0).winners.tolist() == [0]
    wrong = SUBTRACTED.run(problem, reports=[10, 8], rng=0)
    assert wrong.winners.tolist() == [1]
    assert 10 - wrong.utilities(te.Endorsed()).sum() == 2.0


@settings(max_examples=50, deadline=None)
@given(markets)
def test_affine_charge_is_efficient_and_pays_the_threshold(market) -> None:
    """T18 with a known wedge: charge = max over outcomes y of the others' total at a zero report, less that at x*."""
    v, wedge = (np.array(column) for column in zip(*market, strict=True))
    outcome = AFFINE.run(bidders(v, wedge), rng=1)
    assert outcome.utilities(te.Endorsed()).sum() == max(0.0, v.max())
    for i in range(len(v)):
        others = np.append(v, 0.0)  # outcome k: bidder k wins, or nobody does
        others[i] = -wedge[i]  # C alone
        chosen = int(outcome.winners[0])
        assert outcome.payments[i] == others.max() - others[chosen]


@pytest.mark.parametrize(
    ("v", "wedge", "winner", "payments"),
    [((8, 7), (5, 0), 0, [12.0, 0.0]), ((0.5, 1), (-6, 0), 1, [5.0, 0.5]), ((4, 1), (-6, 0), 0, [0.0, 0.0])],
)
def test_affine_charge_by_hand(v, wedge, winner, payments) -> None:
    outcome = AFFINE.run(bidders(v, wedge), rng=0)
    assert outcome.winners.tolist() == [winner]
    assert outcome.payments.tolist() == payments


def test_weights_under_a_common_shock() -> None:
    """Closed form: joint (7/9, 1/9) and sd of the index 1.795; agent by agent (.8, .5), 1.744; none 1.667."""
    covariance = np.diag([4.0, 1.0]) + 1.0  # of reports: own variances and the shock's
    with_total = np.array([4.0, 1.0])  # of each report with v_1 + v_2
    rng = np.random.default_rng(8)
    own, shock = rng.normal(size=(400_000, 2)) * [2.0, 1.0], rng.normal(size=(400_000, 1))
    fitted = np.linalg.lstsq(own + shock, own.sum(axis=1), rcond=None)[0]
    np.testing.assert_allclose(fitted, [7 / 9, 1 / 9], atol=0.01)  # five standard errors of the smaller coefficient
    spread = [w @ with_total / np.sqrt(w @ covariance @ w) for w in (fitted, np.array([0.8, 0.5]), np.ones(2))]
    np.testing.assert_allclose(spread, [1.79505, 1.74420, 1.66667], atol=1e-4)
    tight = np.linalg.solve(np.diag([4.0, 0.25]) + 1.0, [4.0, 0.25])
    np.testing.assert_allclose(tight, [0.90476, -0.52381], atol=1e-5)


def test_slopes_that_differ_by_option_break_weak_monotonicity() -> None:
    weights, types = np.array([0.5, 1.0]), np.array([[4.0, 3.0], [1.0, 0.4]])
    gets = (weights * types).argmax(axis=1)
    assert gets.tolist() == [1, 0]
    assert np.diff(types[0])[0] - np.diff(types[1])[0] == pytest.approx(-0.4)  # truthful payments need >= 0
