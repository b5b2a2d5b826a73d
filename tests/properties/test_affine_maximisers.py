"""T4, T5, T6, T18, T19 on the auction kernels: every lie is tried, every allocation listed, every price system sought.

The theorems are about rules on numbers, so they are tested on kernels, without profiles. Expected numbers are those
of the statements (model, section 3), closed forms for normals, or linear programmes over all payments.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from thickecon.auctions.kernels import (
    additive_vcg,
    affine_maximiser,
    bundle_vcg,
    second_price,
    unit_demand_vcg,
)
from thickecon.auctions.kernels.brute_force import best_deviation, weakly_monotone

PIVOTS = ("zero", "absent")


def single(delta, *, charged=True, reserve=0.0, pivot="zero", lottery=None):
    """Reports -> (taken, payments): one item, scores r - delta, the wedge charged back or not."""
    delta = np.asarray(delta, dtype=float)
    n = len(delta)

    def rule(r):
        out = second_price(
            np.arange(n),
            np.zeros(n, dtype=int),
            np.asarray(r) - delta,
            offsets=delta if charged else None,
            reserve=reserve,
            pivot=pivot,
            lottery=lottery,
        )
        taken = np.zeros(n)
        taken[out.row[out.row >= 0]] = 1.0
        return taken, out.payments

    return rule


def utility(values, outcome):
    taken, payments = outcome
    return np.asarray(values) * taken - payments


# ---- T18: truth is dominant for the decision self under the affine charge, whatever the wedge -----------------


@pytest.mark.parametrize("pivot", PIVOTS)
@pytest.mark.parametrize("reserve", [0.0, 2.0])
@pytest.mark.parametrize("delta", [(0, 0), (5, 0), (-3, 2), (-5, -4), (3, -6)])
def test_truth_is_dominant_single_item(delta, reserve, pivot):
    lie = best_deviation(
        single(delta, reserve=reserve, pivot=pivot), [0, 1], np.arange(-4.0, 7.0, 1.25), lies=np.arange(-9.0, 13.0, 1.5)
    )
    assert lie.gain == 0, lie


@pytest.mark.parametrize("pivot", PIVOTS)
@pytest.mark.parametrize("kind", ["unit", "additive", "bundle"])
@pytest.mark.parametrize("seed", range(4))
def test_truth_is_dominant_many_items(kind, seed, pivot):
    rng = np.random.default_rng(seed)
    agent, item = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 1])
    delta = rng.integers(-5, 5, size=5).astype(float)
    reserve, supply = rng.integers(0, 3, size=2).astype(float), np.array([1, 1 + seed % 2])

    def rule(r):
        scores = np.asarray(r) - delta
        kw = {"offsets": delta, "reserve": reserve, "supply": supply, "pivot": pivot}
        taken = np.zeros(5)
        if kind == "unit":
            unit = unit_demand_vcg(agent, item, scores, **kw)
            taken[unit.row[unit.row >= 0]] = 1.0
            return taken, unit.payments
        if kind == "additive":
            each = additive_vcg(agent, item, scores, **kw)
            return each.taken, np.bincount(agent, each.payments, minlength=3)
        out = bundle_vcg(agent, item, scores, [[1, 1], [0, 1]], **kw)  # option 0 is the pair
        return out.taken, out.payments

    truths = rng.integers(-5, 9, size=(2 if kind == "bundle" else 6, 5)).astype(float)
    lies = np.arange(-9.0, 14.0, 4.0 if kind == "bundle" else 2.0)
    lie = best_deviation(rule, agent.tolist(), [], lies=lies, truths=[tuple(t) for t in truths])
    assert lie.gain <= 1e-8, lie


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_truth_is_dominant_for_weights_and_constants(seed):
    rng = np.random.default_rng(seed)
    weights, constants = rng.uniform(0.3, 3.0, size=3), rng.normal(size=4)
    truth = rng.normal(size=(3, 4))
    honest = affine_maximiser(truth, weights=weights, constants=constants)
    lies = np.repeat(truth[None], 200, axis=0)
    lies[:, 0] = rng.normal(scale=3.0, size=(200, 4))
    told = affine_maximiser(lies, weights=weights, constants=constants)
    fair = truth[0, honest.choice] - honest.payments[0]
    assert (truth[0, told.choice] - told.payments[:, 0] <= fair + 1e-9).all()
    assert (honest.payments >= -1e-12).all()  # all outcomes are pivots, so nobody is paid


# ---- T4 -------------------------------------------------------------------------------------------------------


def test_t4a_endorsed_reports_need_no_subtraction():
    plain = single((0.0, 0.0))  # r = v
    assert best_deviation(plain, [0, 1], np.arange(0.0, 8.0)).gain == 0
    v, delta = (8.0, 7.0), (5.0, 0.0)
    assert plain(v)[0].tolist() == [1, 0]
    assert single(delta, charged=False)(v)[0].tolist() == [0, 1]  # subtracting from r = v picks the wrong winner


def test_t4b_unravelling():
    # v = 8, delta = 5, d = 13: report 13 has regret up to 5, report 18 none.
    rule = single((5.0, 0.0), charged=False)
    rivals, lies = np.append(np.arange(0.0, 25.0), [8.25, 12.5, 13.5]), np.arange(0.0, 30.0, 0.5)

    def regret(report):
        worst = 0.0
        for rival in rivals:
            won = [utility((13.0, 0.0), rule((lie, rival)))[0] for lie in (report, *lies)]
            worst = max(worst, max(won) - won[0])
        return worst

    # The supremum is 5, at a rival just above 8; on this grid the rival is 8.25.
    assert regret(13.0) == 4.75
    assert utility((13.0, 0.0), rule((18.0, 8 + 1e-9)))[0] == pytest.approx(5, abs=1e-8)
    assert utility((13.0, 0.0), rule((13.0, 8 + 1e-9)))[0] == 0
    assert regret(18.0) == 0
    assert regret(17.0) > 0
    assert regret(19.0) > 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 20), st.integers(-9, 9)), min_size=2, max_size=5))
def test_t4b_the_unravelled_outcome_is_sidt(bidders):
    v, delta = np.array(bidders, dtype=float).T
    d = v + delta
    thick, sidt = single(delta, charged=False)(d + delta), single(delta * 0)(d)
    np.testing.assert_array_equal(thick[0], sidt[0])
    np.testing.assert_array_equal(thick[1], sidt[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 20), st.integers(-9, 9)), min_size=2, max_size=5), st.sampled_from(PIVOTS))
def test_t4c_the_affine_charge_is_efficient_for_endorsed_values(bidders, pivot):
    v, delta = np.array(bidders, dtype=float).T
    taken, _ = single(delta, pivot=pivot)(v + delta)
    assert v @ taken == max(v.max(), 0)


def payments_exist(types, choice, values):
    """Is there a price for each allocation, so that no type prefers another's? (linear programme, one agent)

    A price for each allocation is no loss: types with the same allocation must pay the same.
    """
    options = max(choice) + 1
    rows, limits = [], []
    for a, b in product(range(len(types)), repeat=2):
        row = np.zeros(options)
        row[choice[a]] += 1
        row[choice[b]] -= 1
        rows.append(row)
        limits.append(values[a][choice[a]] - values[a][choice[b]])
    return linprog(np.zeros(options), A_ub=rows, b_ub=limits, bounds=(None, None)).status == 0


def test_t4d_no_mechanism_serves_both_selves():
    # One bidder against a rival at 5. Types: (v, delta, who acts). Efficient: win iff v > 5.
    def market(types):
        acts_on = [(0.0, v + delta if self_ == "decision" else v) for v, delta, self_ in types]
        return types, [int(v > 5) for v, _, _ in types], acts_on

    deciding = [(v, 4.0, "decision") for v in (3.0, 4.0, 6.0, 7.0)]
    endorsing = [(v, 0.0, "endorsed") for v in (3.0, 4.0, 7.0, 8.0)]
    assert payments_exist(*market(deciding))
    assert payments_exist(*market(endorsing))
    assert not payments_exist(*market(deciding + endorsing))
    idle = [(v, 0.5, "decision") for v in (3.0, 4.0, 7.0, 8.0)]  # a wedge that is never pivotal
    assert payments_exist(*market(idle + endorsing))


# ---- T5 -------------------------------------------------------------------------------------------------------


def test_t5_numbers():
    # VCG on v, v = (10, 8), delta_1 = -5: pays 8, decision utility -3.
    v, delta = np.array([10.0, 8.0]), np.array([-5.0, 0.0])
    out = single((0.0, 0.0))(v)
    assert out[1].tolist() == [8, 0]
    assert utility(v + delta, out)[0] == -3
    # SIDT VCG, v = 3, d = 10, rival 8: endorsed utility -5.
    assert utility((3.0, 0.0), single((0.0, 0.0))((10.0, 8.0)))[0] == -5
    # A suppressed want under the affine charge: d = -3, v = 2, alone. It wins, pays 0 and ends at d = -3 < 0.
    out = single((-5.0,))((-3.0,))
    assert (out[0].tolist(), out[1].tolist()) == ([1], [0])
    # With the absent pivot the seller pays it 5: decision utility 2, endorsed 7.
    out = single((-5.0,), pivot="absent")((-3.0,))
    assert (out[0].tolist(), out[1].tolist()) == ([1], [-5])
    # A loser is charged too where its zero report would have won: rival 4, zero report 5. The rival pays the score 2.
    assert single((-5.0, 0.0))((-3.0, 4.0))[1].tolist() == [1, 2]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 20), st.integers(-9, 9)), min_size=1, max_size=5),
    st.integers(0, 6),
)
def test_t5_bounds(bidders, reserve):
    v, delta = np.array(bidders, dtype=float).T
    d = v + delta
    vcg = single(delta * 0, reserve=reserve)
    spoken, sidt = vcg(v), vcg(d)
    assert (utility(v, spoken) >= 0).all()
    assert (utility(d, spoken) >= np.minimum(delta, 0)).all()
    assert (utility(d, sidt) >= 0).all()
    assert (utility(v, sidt) >= -np.maximum(delta, 0)).all()
    zero, absent = single(delta, reserve=reserve)(d), single(delta, reserve=reserve, pivot="absent")(d)
    assert (utility(d, zero) >= np.minimum(d, 0)).all()  # min over y of d_i(y): the item, or nothing
    assert (zero[1] >= 0).all()  # nobody is paid
    assert (utility(d, absent) >= 0).all()  # nobody walks away, and then the seller may pay
    usual = delta >= -reserve
    np.testing.assert_array_equal(zero[1][usual], absent[1][usual])


# ---- T6 and T19 -----------------------------------------------------------------------------------------------


def revenue(v, delta, *, rule):
    d = np.asarray(v, float) + delta
    if rule == "sidt":
        return single(np.zeros(3))(d)[1].sum()
    if rule == "verified":
        return single(np.zeros(3))(v)[1].sum()
    return single(delta)(d)[1].sum()


def test_t6_numbers():
    v = (10.0, 6.0, 4.0)
    lifts = np.arange(0.0, 12.0, 0.5)
    gain = {
        (rule, who): max(revenue(v, a * np.eye(3)[who], rule=rule) - revenue(v, np.zeros(3), rule=rule) for a in lifts)
        for rule in ("sidt", "verified", "affine")
        for who in range(3)
    }
    assert (gain["sidt", 1], gain["sidt", 2], gain["sidt", 0]) == (4, 4, 0)
    assert [gain["verified", k] for k in range(3)] == [0, 0, 0]
    assert (gain["affine", 0], gain["affine", 1], gain["affine", 2]) == (11.5, 0, 0)
    for a in lifts:  # lifting the winner by a gains the seller a
        assert revenue(v, a * np.eye(3)[0], rule="affine") == 6 + a


def trilemma(wedges, *, efficient=True, truthful=True, proof=True, levels=(1.0, 2.0, 3.0)):
    """Is there a mechanism for bidder 1 against a rival at 1.5, for every wedge, with the named properties?

    Variables: the bill p(delta, v) of the truthful type (v, delta). A linear programme over all payments, for each
    of all allocation rules that win or lose by (delta, v): nothing is assumed of the form of the rule.
    """
    cells = list(product(range(len(wedges)), range(len(levels))))
    at = {cell: k for k, cell in enumerate(cells)}
    for wins in product((0, 1), repeat=len(cells)):
        if efficient and any(wins[at[s, k]] != (levels[k] > 1.5) for s, k in cells):
            continue
        if proof and any(wins[at[s, k]] != wins[at[0, k]] for s, k in cells):
            continue
        upper, limit, equal = [], [], []
        for s, k, other in product(range(len(wedges)), range(len(levels)), range(len(levels))):
            row = np.zeros(len(cells))
            row[at[s, k]] += 1
            row[at[s, other]] -= 1
            if truthful:  # the report that belongs to v' under the known wedge is v' + delta
                upper.append(row)
                limit.append((levels[k] + wedges[s]) * (wins[at[s, k]] - wins[at[s, other]]))
        if proof:
            for s, k in cells:
                row = np.zeros(len(cells))
                row[at[s, k]] += 1
                row[at[0, k]] -= 1
                equal.append(row)
        found = linprog(
            np.zeros(len(cells)),
            A_ub=upper or None,
            b_ub=limit or None,
            A_eq=equal or None,
            b_eq=np.zeros(len(equal)) if equal else None,
            bounds=(None, None),
        )
        if found.status == 0:
            return True
    return False


def test_t19_at_most_two():
    wedges = (0.0, 2.0)
    assert not trilemma(wedges)
    assert trilemma(wedges, proof=False)  # the affine charge
    assert trilemma(wedges, truthful=False)  # Clarke on endorsed reports
    assert trilemma(wedges, efficient=False)  # rules that ignore reports
    # Below the grid of values the threshold has room for both wedges: the statement is about every wedge.
    assert trilemma((0.0, 0.5))


def test_t19_the_kernels_stand_in_their_corners():
    v, rival = 8.0, 5.0
    for a in (0.0, 2.0, 7.0):
        delta = np.array([a, 0.0])
        affine = single(delta)((v + a, rival))
        clarke = single(delta, charged=False)((v + a, rival))
        assert affine[0].tolist() == clarke[0].tolist() == [1, 0]  # both efficient
        assert affine[1][0] == rival + a  # p(win) - p(lose) = v_j + delta_i
        assert clarke[1][0] == rival  # influence-proof payments
    lie = best_deviation(single((2.0, 0.0), charged=False), [0, 1], np.arange(0.0, 9.0))
    assert lie.gain > 0  # and therefore not truthful for the decision self


# ---- T18: which weights -----------------------------------------------------------------------------------------


def test_t18_weights_that_depend_on_the_option_have_no_payments():
    # weights (.5, 1) on options (x, y): types (4, 3) and (1, .4)
    types = [(4.0, 3.0), (1.0, 0.4)]
    choice = [int(np.argmax(np.array([0.5, 1.0]) * t)) for t in types]
    assert choice == [1, 0]
    assert weakly_monotone(types, choice) == (0, 1)
    assert not payments_exist(types, choice, types)
    same = [int(np.argmax(np.array([0.7, 0.7]) * t + np.array([-0.5, 0.3]))) for t in types]
    assert weakly_monotone(types, same) is None  # b the same for all options, offsets free
    assert payments_exist(types, same, types)


MEAN = np.array([[1.0, 0.6], [0.5, 0.2]])  # (agent, (v, wedge))
SD = np.array([[1.0, 2.0], [1.5, 0.3]])
RHO = np.array([-0.3, 0.2])  # correlation of v and the wedge


def moments():
    """Per agent: mean and variance of d, covariance of v and d, for v and wedge jointly normal."""
    var_v, var_w, cov = SD[:, 0] ** 2, SD[:, 1] ** 2, RHO * SD[:, 0] * SD[:, 1]
    return MEAN.sum(axis=1), var_v + var_w + 2 * cov, var_v + cov


def expected_welfare(b, c):
    """E[v of the winner], closed form: agent 1 wins iff Z = b1 d1 + c1 - b2 d2 - c2 > 0, and

    E[v 1{Z > 0}] = m Phi(t) + cov(v, Z) phi(t) / sd(Z), t = E[Z] / sd(Z), for jointly normal (v, Z).
    """
    mean_d, var_d, cov = moments()
    sd = np.sqrt(b[0] ** 2 * var_d[0] + b[1] ** 2 * var_d[1])
    t = (b[0] * mean_d[0] + c[0] - b[1] * mean_d[1] - c[1]) / sd
    lifted = (b[0] * cov[0] + b[1] * cov[1]) * norm.pdf(t) / sd
    return MEAN[0, 0] * norm.cdf(t) + MEAN[1, 0] * norm.cdf(-t) + lifted


def slopes():
    mean_d, var_d, cov = moments()
    b = cov / var_d
    return b, MEAN[:, 0] - b * mean_d


def test_t18_joint_normal_slope_is_cov_over_var():
    b, c = slopes()
    best = expected_welfare(b, c)
    for factor, shift in product(np.linspace(0.3, 3.0, 28), np.linspace(-1.0, 1.0, 21)):
        assert expected_welfare(b * [factor, 1.0], c + np.array([shift, 0.0])) <= best + 1e-12
    _, var_d, _ = moments()
    mean_d = MEAN.sum(axis=1)
    naive = SD[:, 0] ** 2 / var_d  # var v / var d, right only if v and the wedge are uncorrelated
    assert best - expected_welfare(naive, MEAN[:, 0] - naive * mean_d) > 1e-3
    assert best - expected_welfare(np.ones(2), np.zeros(2)) > 0.05  # SIDT


@pytest.mark.statistical
def test_t18_the_kernel_attains_the_closed_form():
    rng = np.random.default_rng(20240501)
    draws = 200_000
    z = rng.standard_normal((draws, 2, 2))
    v = MEAN[:, 0] + SD[:, 0] * z[..., 0]
    wedge = MEAN[:, 1] + SD[:, 1] * (RHO * z[..., 0] + np.sqrt(1 - RHO**2) * z[..., 1])
    b, c = slopes()
    reports = (v + wedge)[..., None] * np.eye(2)  # outcome k: agent k gets the item
    out = affine_maximiser(reports, weights=b, constants=c)
    won = np.take_along_axis(v, out.choice[:, None], axis=1)[:, 0]
    assert abs(won.mean() - expected_welfare(b, c)) < 4.5 * won.std() / np.sqrt(draws)


def test_t18_equal_weights_without_offsets_are_sidt():
    rng = np.random.default_rng(1)
    reports = rng.normal(size=(50, 3, 4))
    plain, scaled = affine_maximiser(reports), affine_maximiser(reports, weights=0.4)
    np.testing.assert_array_equal(plain.choice, scaled.choice)
    np.testing.assert_allclose(plain.payments, scaled.payments, atol=1e-12)


@pytest.mark.statistical
def test_t18_common_shock_wants_the_regression_of_total_welfare():
    # One shock moves both reports on an option, d_1 = v_1 + 3 s, d_2 = v_2 - s: each report tells of it in the other.
    # Two independent options: choosing by w . d gains cov(W, w . d) / sd(w . d) / sqrt(pi) (E max of two normals).
    load = np.array([[1.0, 0.0, 3.0], [0.0, 1.0, -1.0]])  # reports on (v1, v2, s), all standard normal
    total = np.array([1.0, 1.0, 0.0])
    var, cov = load @ load.T, load @ total

    def gain(w):
        return w @ cov / np.sqrt(w @ var @ w) / np.sqrt(np.pi)

    joint, apart = np.linalg.solve(var, cov), cov / np.diag(var)
    for angle in np.linspace(0.01, np.pi / 2, 60):
        assert gain(np.array([np.cos(angle), np.sin(angle)])) <= gain(joint) + 1e-12
    assert gain(joint) == pytest.approx(np.sqrt(18 / 11 / np.pi))  # by hand: cov' var^-1 cov = 18/11
    assert gain(apart) == pytest.approx(0.6 / np.sqrt(0.3 * np.pi))  # weights (1/10, 1/2)
    rng = np.random.default_rng(7)
    factors = rng.standard_normal((100_000, 3, 2))
    out = affine_maximiser(np.einsum("if,kfx->kix", load, factors), weights=joint)
    worth = np.einsum("f,kfx->kx", total, factors)
    got = np.take_along_axis(worth, out.choice[:, None], axis=1)[:, 0]
    assert abs(got.mean() - gain(joint)) < 4.5 * got.std() / np.sqrt(len(got))
