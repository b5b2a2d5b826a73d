"""T8, T9 (docs/theory/evidence.md) and the programme of T3: disclosure, wrong labels, wedges of known reach."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

import thickecon as te
from thickecon.errors import InputError, NotApplicableError
from thickecon.mechanism.loss import largest_loss

# ---- T8 ---------------------------------------------------------------------------------------------------------


def auction(d: list[float], believed: list[float]) -> te.Outcome:
    """Affine charge on reports d: the planner's wedge is what it believes."""
    table = np.stack([np.array(d) - np.array(believed), believed], axis=1)[:, :, None]
    profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"], unit="money")
    return te.auctions.SecondPrice().run(profile, rng=0)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 30), st.integers(0, 30), st.integers(-12, 12).filter(bool))
def test_t8_suppressed_wants_are_disclosed_and_inflated_ones_never(d: int, rival: int, wedge: int) -> None:
    """Silence is read as no wedge. Showing a wedge above 0 only costs the decision self, one below 0 only helps it."""
    quiet, shown = auction([d, rival], [0.0, 0.0]), auction([d, rival], [wedge, 0.0])
    gain = float(shown.surplus(te.Revealed())[0] - quiet.surplus(te.Revealed())[0])
    assert gain <= 1e-9 if wedge > 0 else gain >= -1e-9


def test_t8_a_sceptical_reading_unravels_and_hurts_those_without_evidence() -> None:
    """Wedges 0 to 4, a unit apart. Silence is read as the largest wedge of those who are silent. Whoever can show less
    does: all but the last disclose. The one of wedge 0 who cannot is read as 4 and loses the item it should win."""
    wedges = np.arange(5.0)
    for can_show in (np.ones(5, dtype=bool), np.array([False, True, True, True, True])):
        silent = np.ones(5, dtype=bool)
        for _ in range(10):
            read = np.where(silent, wedges[silent].max(initial=0.0), wedges)
            better = can_show & silent & (wedges < read)
            if not better.any():
                break
            silent &= ~better
        assert set(np.flatnonzero(silent)) == ({4} if can_show.all() else {0, 4})
    hurt = auction([10.0, 8.0], [4.0, 0.0])  # read as 4 for want of evidence: 6 against 8
    assert hurt.winners.tolist() == [1]
    assert auction([10.0, 8.0], [0.0, 0.0]).winners.tolist() == [0]


def test_t8_under_plain_subtraction_reports_undo_disclosure() -> None:
    """T4 (b): who is laundered by 3 reports 3 more; outcome and price are SIDT's whatever was disclosed."""
    rule = te.auctions.SecondPrice(charge="clarke")
    table = np.array([[[5.0], [3.0]], [[7.0], [0.0]]])
    profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"], unit="money")
    reports = rule.dominant_reports(profile, "decision")
    out, sidt = rule.run(profile, reports=reports, rng=0), rule.baseline().run(profile, rng=0)
    assert out.winners.tolist() == sidt.winners.tolist()
    assert out.payments == pytest.approx(sidt.payments)


# ---- T9 ---------------------------------------------------------------------------------------------------------

rates = st.floats(0.0, 0.45)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=2, max_size=5), st.integers(0, 31), rates, rates)
def test_t9_expected_labels_over_all_patterns(parts: list[float], kinds: int, alpha: float, beta: float) -> None:
    """E[v_hat] = (1 - beta) v + alpha delta, and Rogan and Gladen's correction is unbiased, 1 / (1 - a - b) wider."""
    sizes = np.array(parts)
    endorsed = np.array([(kinds >> k) & 1 for k in range(len(parts))], dtype=bool)
    v, delta = float(sizes[endorsed].sum()), float(sizes[~endorsed].sum())
    chance, values = [], []
    for labels in product((0, 1), repeat=len(parts)):
        y = np.array(labels, dtype=bool)
        p = np.where(endorsed, np.where(y, 1 - beta, beta), np.where(y, alpha, 1 - alpha))
        chance.append(float(p.prod()))
        values.append(float(sizes[y].sum()))
    w, x = np.array(chance), np.array(values)
    assert w @ x == pytest.approx((1 - beta) * v + alpha * delta, abs=1e-9)
    corrected = (x - alpha * (v + delta)) / (1 - alpha - beta)
    assert w @ corrected == pytest.approx(v, abs=1e-9)
    spread = [np.sqrt(max(0.0, float(w @ (u - w @ u) ** 2))) for u in (corrected, x)]
    assert spread[0] == pytest.approx(spread[1] / (1 - alpha - beta), abs=1e-9)


@pytest.mark.parametrize("tau", [0.5, 1.0, 1.5])
def test_t9_region_in_which_correction_harms(tau: float) -> None:
    """Two options, v and wedges independent normals with deviations 1 and tau, evidence error s: P(right) of a score is
    1/2 + asin(corr) / pi (Sheppard), so correction harms iff s > tau, exactly; by simulation on both sides."""
    gen = np.random.default_rng(0)
    v, wedge, noise = gen.normal(size=(3, 400_000))
    right = v > 0  # gaps of two options: sqrt(2) times a normal, which cancels

    def chance(score: np.ndarray) -> float:
        return float(((score > 0) == right).mean())

    for s in (0.6 * tau, 1.4 * tau):
        sidt, thick = chance(v + tau * wedge), chance(v + s * noise)
        assert (thick > sidt) == (s < tau)
        assert thick == pytest.approx(0.5 + np.arcsin(1 / np.sqrt(1 + s**2)) / np.pi, abs=4e-3)
        assert sidt == pytest.approx(0.5 + np.arcsin(1 / np.sqrt(1 + tau**2)) / np.pi, abs=4e-3)


def test_t9_comparing_upper_bounds_does_harm() -> None:
    """Best of 100, no manipulation, s = .6: the rule launders in .98 of draws and loses .36 (1 - 1 / sqrt(1.36) of the
    expected maximum 2.508 is .357)."""
    from thickecon.studies.arms import upper_bound_switch

    gen = np.random.default_rng(1)
    v = gen.normal(size=(4000, 100))
    seen = v + 0.6 * gen.normal(size=v.shape)
    launder = upper_bound_switch(v, seen, 0.6)
    took = np.where(launder, seen.argmax(axis=1), v.argmax(axis=1))
    loss = v.max(axis=1) - v[np.arange(4000), took]
    assert launder.mean() == pytest.approx(0.98, abs=0.01)
    assert loss.mean() == pytest.approx(0.36, abs=0.02)
    assert 2.508 * (1 - 1 / np.sqrt(1.36)) == pytest.approx(0.357, abs=1e-3)
    assert norm.ppf(0.975) > 1.9


# ---- T3, wedges of known reach ----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=6, max_size=6), st.lists(st.integers(0, 3), min_size=2, max_size=2))
def test_t3_largest_loss_of_a_choice_over_all_corners(values: list[int], reach: list[int]) -> None:
    """Two agents, three options: the loss is convex in the wedge, so its largest value lies at a corner of the box."""
    d = np.array(values, dtype=float).reshape(2, 3)
    profile = te.ThickProfile.from_values(d)
    rule = te.welfare.Allocate()
    taken = rule.baseline().run(te.Choice(profile), rng=0).taken.reshape(2, 3)
    worst = 0.0
    for signs in product((-1, 1), repeat=6):
        v = d - np.array(signs).reshape(2, 3) * np.array(reach, dtype=float)[:, None]
        worst = max(worst, float(v.sum(axis=0).max() - (v * taken).sum()))
    assert largest_loss(rule, te.Choice(profile), reach) == pytest.approx(worst)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 8), min_size=6, max_size=6), st.integers(0, 3))
def test_t3_largest_loss_of_an_assignment_over_all_corners(values: list[int], reach: int) -> None:
    """Two agents, three items, one each: all corners by all allocations."""
    d = np.array(values, dtype=float).reshape(2, 3)
    rule, problem = te.auctions.VCG(), te.ThickProfile.from_values(d, unit="money")
    taken = rule.baseline().run(problem, rng=0).taken.reshape(2, 3)
    allocations = [
        np.array([[x == k for k in range(3)], [y == k for k in range(3)]], dtype=float)
        for x in range(-1, 3) for y in range(-1, 3) if x != y or x < 0
    ]  # fmt: skip
    worst = max(
        max(float(((d - np.reshape(s, (2, 3)) * reach) * (a - taken)).sum()) for a in allocations)
        for s in product((-1, 1), repeat=6)
    )
    assert largest_loss(rule, problem, reach) == pytest.approx(max(0.0, worst))


def test_t3_largest_loss_refuses_what_is_no_sum() -> None:
    with pytest.raises(NotApplicableError):
        largest_loss(te.welfare.Allocate(te.welfare.Nash()), te.Assignment(te.ThickProfile.from_values([[1.0]])), 1.0)
    with pytest.raises(InputError):
        largest_loss(te.auctions.VCG(), te.ThickProfile.from_values([[1.0]], unit="money"), -1.0)


# ---- certify gathers them ---------------------------------------------------------------------------------------


def test_certify_gathers_what_can_be_promised() -> None:
    """Reports 8 and 6, an advert of 5, error 1: by hand. Thick gives it to the second; scores 3 and 6 meet when both
    move by 1.5; the break-even error is 3; wedges of at most 2 could lose SIDT 6 - 8 + 4 = 2."""
    profile = te.ThickProfile.from_values([[8.0], [6.0]], unit="money").with_influence(
        "ad", [[5.0], [0.0]], se=[[1.0], [0.0]]
    )
    rule = te.auctions.SecondPrice()
    made = te.certify(profile, rule.run(profile, rng=0))
    table = made.summary()["value"]
    assert table["robustness"] == pytest.approx(1.5)
    assert table["break-even error"] == pytest.approx(3.0)
    assert table["influence bound"] == 1.0
    assert (table["walk away"], table["regret"]) == (0, 0)
    assert made.largest_loss(2.0) == pytest.approx(2.0)
    assert "promise" in made._repr_html_()
    assert r"\toprule" in made.to_latex()
    choice = te.Choice(te.ThickProfile.from_values([[3.0, 1.0], [2.0, 2.5]]))
    margin = te.certify(choice, te.welfare.Allocate().run(choice, rng=0)).summary()["value"]["margin"]
    assert margin == pytest.approx(1.5)
    nash = te.Assignment(te.ThickProfile.from_values([[3.0, 1.0], [2.0, 4.0]]))
    shown = te.certify(nash, te.welfare.Allocate(te.welfare.Nash()).run(nash, rng=0)).summary()
    assert "divisible" in shown.loc["robustness", "meaning"]
