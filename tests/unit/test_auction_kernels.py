"""Auction kernels against published examples, brute force over all allocations, and n + 1 assignments by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from thickecon.auctions.kernels import (
    additive_vcg,
    affine_maximiser,
    brute_force,
    bundle_vcg,
    determine_winners,
    second_price,
    unit_demand_vcg,
)
from thickecon.auctions.kernels import assignment as assignment_kernel
from thickecon.auctions.kernels.assignment import best_assignment
from thickecon.auctions.kernels.gains import gains
from thickecon.errors import InfeasibleError, InputError, SolverError
from thickecon.programs.milp import solve_milp

EYE = {m: np.eye(m, dtype=int).tolist() for m in range(1, 5)}


def full(values):
    """Rows of a full table: agent, item, value."""
    values = np.asarray(values, dtype=float)
    n, m = values.shape
    return np.repeat(np.arange(n), m), np.tile(np.arange(m), n), values.ravel()


def bundle_bids(bids):
    """Rows from [{"AB": 2}, ...], one dictionary a bidder, as the cases are written."""
    items = sorted({item for bid in bids for name in bid for item in name})
    names = sorted({name for bid in bids for name in bid})
    table = [[int(item in name) for item in items] for name in names]
    rows = [(i, names.index(name), worth) for i, bid in enumerate(bids) for name, worth in bid.items()]
    agent, option, scores = (list(column) for column in zip(*rows, strict=True))
    return agent, option, scores, table


def random_rows(rng, n, m, *, share=0.8, low=-3, high=9):
    """An incomplete table of whole values, with many ties, some negative."""
    listed = rng.random((n, m)) < share
    listed[0, 0] = True
    agent, item = np.nonzero(listed)
    return agent, item, rng.integers(low, high, size=len(agent)).astype(float)


# ---- published examples ----------------------------------------------------------------------------------------


def test_shapley_shubik_houses():
    # Shapley and Shubik 1972, IJGT 1:111 (case assignment-shapley-shubik)
    agent, item, values = full([[23, 22, 21], [26, 24, 22], [20, 21, 17]])
    out = unit_demand_vcg(agent, item, values, reserve=[18, 15, 19])
    assert (item[out.row] + 1).tolist() == [3, 1, 2]
    assert out.payments.tolist() == [19, 21, 20]
    assert out.price.tolist() == [21, 20, 19]
    assert out.gain == 16


@pytest.mark.parametrize(
    ("bids", "gain", "payments"),
    [
        # Ausubel and Milgrom 2006: revenue 0, and 2 without bidder 3 (case vcg-low-revenue)
        ([{"AB": 2}, {"A": 2, "B": 2, "AB": 2}, {"A": 2, "B": 2, "AB": 2}], 4, [0, 0, 0]),
        ([{"AB": 2}, {"A": 2, "B": 2, "AB": 2}], 2, None),
        # Day and Cramton 2012, OR 60:588 (case core-day-cramton)
        ([{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}], 48, [14, 12, 0, 0, 0]),
        # case core-xor-6: constructed, by enumeration of all coalitions
        (
            [
                {"A": 8, "BC": 21, "ABCDE": 39},
                {"E": 11, "AD": 22, "ABCDE": 29},
                {"E": 10, "ABCE": 37, "ABCDE": 42},
                {"CDE": 26, "ABCD": 24, "ABCE": 38},
                {"AD": 20, "ACD": 21, "ABCDE": 44},
                {"E": 5, "BCDE": 38, "ABCDE": 30},
            ],
            53,
            [12, 20, 9, 0, 0, 0],
        ),
    ],
)
def test_bundles_of_the_literature(bids, gain, payments):
    agent, option, scores, table = bundle_bids(bids)
    out = bundle_vcg(agent, option, scores, table)
    assert out.gain == pytest.approx(gain, abs=1e-9)
    assert out.bound == pytest.approx(gain, abs=1e-6)
    if payments is None:
        assert out.payments.sum() == pytest.approx(2, abs=1e-9)
    else:
        assert out.payments.tolist() == pytest.approx(payments, abs=1e-9)


def test_roommates_television():
    # Varian, Intermediate Microeconomics, Clarke tax (case pivotal-tv)
    out = affine_maximiser([[0, -50], [0, -50], [0, 150]])
    assert (int(out.choice), out.payments.tolist()) == (1, [0, 0, 100])


def test_slots_as_an_affine_choice():
    # Edelman, Ostrovsky and Schwarz 2007 (case gsp-edelman): VCG payments 600, 200; outcomes are who gets which slot
    clicks, values = [200, 100, 0], [10, 4, 2]
    orders = [(a, b, c) for a in range(3) for b in range(3) for c in range(3) if len({a, b, c}) == 3]
    reports = [[values[i] * clicks[order.index(i)] for order in orders] for i in range(3)]
    out = affine_maximiser(reports)
    assert orders[int(out.choice)] == (0, 1, 2)
    assert out.payments.tolist() == [600, 200, 0]


# ---- single items and units -------------------------------------------------------------------------------------


def _oracle(agent, item, scores, m, **kw):
    return brute_force.vcg(list(agent), list(item), list(scores), EYE[m], **kw)


@pytest.mark.parametrize("pivot", ["zero", "absent"])
@pytest.mark.parametrize("seed", range(12))
def test_single_items_against_enumeration(seed, pivot):
    rng = np.random.default_rng(seed)
    agent, item, scores = random_rows(rng, 4, 2)
    offsets = rng.integers(-6, 6, size=len(agent)).astype(float)
    reserve = rng.integers(0, 4, size=2).astype(float)
    lottery = rng.random(4)
    out = second_price(
        agent, item, scores, offsets=offsets, reserve=reserve, lottery=lottery, pivot=pivot, n_agents=4, n_items=2
    )
    each = additive_vcg(
        agent, item, scores, offsets=offsets, reserve=reserve, lottery=lottery, pivot=pivot, n_agents=4, n_items=2
    )
    np.testing.assert_array_equal(out.payments, each.payments)
    np.testing.assert_array_equal(np.flatnonzero(each.taken), np.sort(out.row[out.row >= 0]))
    np.testing.assert_array_equal(out.price, each.price)
    for j in range(2):
        of_j = item == j
        best, _, pay = _oracle(
            agent[of_j],
            item[of_j] * 0,
            scores[of_j],
            1,
            supply=[1],
            language="additive",
            offsets=list(offsets[of_j]),
            reserve=[reserve[j]],
            pivot=pivot,
            n_agents=4,
        )
        rows = np.flatnonzero(of_j)
        mine = frozenset(int(np.flatnonzero(rows == r)[0]) for r in out.row[[j]] if r >= 0)
        assert mine in best
        if len(best) == 1:
            paid = np.bincount(agent[of_j], out.payments[of_j], minlength=4)
            np.testing.assert_array_equal(paid, pay)


@pytest.mark.parametrize("pivot", ["zero", "absent"])
@pytest.mark.parametrize("seed", range(12))
def test_units_against_enumeration(seed, pivot):
    rng = np.random.default_rng(100 + seed)
    n, m = 4, 2
    agent, item, scores = random_rows(rng, n, m)
    scores = scores + (1 + rng.permutation(len(scores))) / 64  # no ties, exact in binary
    offsets = rng.integers(-6, 6, size=len(agent)).astype(float)
    supply, reserve = rng.integers(0, 4, size=m), rng.integers(-1, 4, size=m).astype(float)
    out = additive_vcg(
        agent, item, scores, supply=supply, offsets=offsets, reserve=reserve, pivot=pivot, n_agents=n, n_items=m
    )
    best, _, pay = _oracle(
        agent,
        item,
        scores,
        m,
        supply=list(supply),
        language="additive",
        offsets=list(offsets),
        reserve=list(reserve),
        pivot=pivot,
        n_agents=n,
    )
    assert frozenset(np.flatnonzero(out.taken).tolist()) in best
    np.testing.assert_allclose(np.bincount(agent, out.payments, minlength=n), pay, atol=1e-12)


def test_lottery_decides_ties_whatever_the_order_of_rows():
    lottery = np.array([0.9, 0.2, 0.5])
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        out = second_price(order, [0, 0, 0], [7.0, 7.0, 7.0], lottery=lottery)
        assert out.winner.tolist() == [1]
        assert out.payments.sum() == 7
        more = additive_vcg(order, [0, 0, 0], [7.0, 7.0, 7.0], lottery=lottery, supply=2)
        assert sorted(np.asarray(order)[more.taken].tolist()) == [1, 2]
        unit = unit_demand_vcg(order, [0, 0, 0], [7.0, 7.0, 7.0], lottery=lottery, supply=2)
        assert np.flatnonzero(unit.row >= 0).tolist() == [1, 2]


def test_reserve_is_met_by_equality_in_every_kernel():
    assert second_price([0], [0], [5.0], reserve=5).payments.tolist() == [5]
    assert second_price([0], [0], [4.9], reserve=5).row.tolist() == [-1]
    assert additive_vcg([0], [0], [5.0], reserve=5).payments.tolist() == [5]
    assert unit_demand_vcg([0], [0], [5.0], reserve=5).payments.tolist() == [5]
    out = bundle_vcg([0], [0], [5.0], [[1, 1]], reserve=[2, 3])
    assert (out.taken.tolist(), out.payments.tolist()) == ([1], [5])


def test_procurement_needs_the_absent_pivot():
    # Suppliers at cost 3 and 5, buyer's limit 10: the cheaper is paid the other's cost (Vickrey 1961, reversed).
    scores = [-3.0, -5.0]
    assert second_price([0, 1], [0, 0], scores, reserve=-10, pivot="absent").payments.tolist() == [-5, 0]
    assert unit_demand_vcg([0, 1], [0, 0], scores, reserve=-10, pivot="absent").payments.tolist() == [-5, 0]
    assert bundle_vcg([0, 1], [0, 0], scores, [[1]], reserve=-10, pivot="absent").payments.tolist() == [-5, 0]


def test_empty_markets():
    none = np.zeros(0, dtype=int)
    assert second_price(none, none, [], n_agents=2, n_items=1).row.tolist() == [-1]
    assert unit_demand_vcg(none, none, [], n_agents=2, n_items=1).payments.tolist() == [0, 0]
    assert additive_vcg(none, none, [], n_agents=2, n_items=1).price.tolist() == [0]
    assert bundle_vcg(none, none, [], [[1]], n_agents=2).payments.tolist() == [0, 0]


# ---- unit demand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pivot", ["zero", "absent"])
@pytest.mark.parametrize("seed", range(40))
def test_unit_demand_against_enumeration(seed, pivot):
    # Ties, negative values, incomplete rows, several units, reserves, suppressed wants.
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    agent, item, scores = random_rows(rng, n, m)
    offsets = rng.integers(-8, 6, size=len(agent)).astype(float) if seed % 4 else None
    supply = rng.integers(0 if seed % 5 == 0 else 1, 3, size=m)
    reserve = rng.integers(-1 if seed % 3 == 0 else 0, 4, size=m).astype(float)
    shuffle = rng.permutation(len(agent))
    out = unit_demand_vcg(
        agent[shuffle],
        item[shuffle],
        scores[shuffle],
        offsets=None if offsets is None else offsets[shuffle],
        supply=supply,
        reserve=reserve,
        pivot=pivot,
        lottery=rng.random(n),
        n_agents=n,
        n_items=m,
    )
    best, worth, pay = _oracle(
        agent,
        item,
        scores,
        m,
        supply=list(supply),
        language="unit",
        offsets=None if offsets is None else list(offsets),
        reserve=list(reserve),
        pivot=pivot,
        n_agents=n,
    )
    mine = frozenset(shuffle[out.row[out.row >= 0]].tolist())
    assert mine in best
    assert out.gain == worth
    # Charges depend on which optimum was taken: the oracle's, at ours.
    mended = (
        np.array(pay) + _own_worth(agent, scores, offsets, mine, n) - _own_worth(agent, scores, offsets, best[0], n)
    )
    np.testing.assert_allclose(out.payments, mended, atol=1e-12)
    bare = offsets is None
    if bare or pivot == "zero":
        assert (out.payments >= 0).all() or reserve.min() < 0


def _own_worth(agent, scores, offsets, taken, n):
    """(n,) r_i = s_i + delta_i of what each gets; optima differ in it, and in charges by as much."""
    delta = np.zeros(len(scores)) if offsets is None else offsets
    worth = np.zeros(n)
    for row in taken:
        worth[agent[row]] += scores[row] + delta[row]
    return worth


@pytest.mark.parametrize(("n", "m"), [(40, 40), (60, 25), (25, 60)])
def test_unit_demand_against_n_plus_one_assignments(n, m):
    rng = np.random.default_rng(n + m)
    values = rng.random((n, m))
    out = unit_demand_vcg(*full(values))

    def best(table):
        return table[linear_sum_assignment(table, maximize=True)].sum()

    total = best(values)
    own = np.where(out.row >= 0, values.ravel()[out.row], 0.0)
    pay = np.array([best(np.delete(values, i, axis=0)) - (total - own[i]) for i in range(n)])
    np.testing.assert_allclose(out.payments, pay, atol=1e-12)
    assert out.gain == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_prices_are_the_least_competitive_ones(seed):
    # Shapley and Shubik 1972: competitive prices are a lattice; its least element is found by listing a grid.
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 7, size=(3, 2)).astype(float)
    reserve = rng.integers(0, 3, size=2).astype(float)
    out = unit_demand_vcg(*full(values), reserve=reserve)
    listed = np.array(brute_force.price_vectors(values.tolist(), [float(p) for p in range(8)], reserve.tolist()))
    np.testing.assert_array_equal(out.price, listed.min(axis=0))


def test_sparse_and_dense_matching_agree(monkeypatch):
    rng = np.random.default_rng(5)
    agent, item, scores = random_rows(rng, 60, 400, share=0.03, low=-2, high=40)
    supply = rng.integers(1, 3, size=400)
    scores = scores + rng.integers(0, 1 << 20, size=len(scores)) / (1 << 20)
    dense = unit_demand_vcg(agent, item, scores, supply=supply, n_agents=60, n_items=400)
    called = []
    real = assignment_kernel._match_sparse
    monkeypatch.setattr(assignment_kernel, "DENSE_CELLS", 0)
    monkeypatch.setattr(assignment_kernel, "_match_sparse", lambda *a: called.append(1) or real(*a))
    sparse = unit_demand_vcg(agent, item, scores, supply=supply, n_agents=60, n_items=400)
    assert called
    assert sparse.gain == dense.gain
    np.testing.assert_array_equal(sparse.price, dense.price)
    np.testing.assert_array_equal(sparse.row, dense.row)


def test_large_supply_is_capped_by_bidders():
    # A billion units: every bidder is served, at the reserve.
    out = unit_demand_vcg([0, 1, 2], [0, 0, 0], [3.0, 4.0, 5.0], supply=10**9, reserve=1)
    assert out.payments.tolist() == [1, 1, 1]


@pytest.mark.parametrize("seed", range(4))
def test_decimal_ties_settle(seed):
    # Values in tenths are not exact in binary and make cycles of length zero up to rounding.
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 10, size=(80, 80)) / 10
    out = unit_demand_vcg(*full(values))
    table = values.copy()
    left, right = linear_sum_assignment(table, maximize=True)
    assert out.gain == pytest.approx(table[left, right].sum(), abs=1e-9)
    utility = values.ravel()[out.row] - out.payments
    envy = (values - out.price).max(axis=1)
    np.testing.assert_allclose(utility, np.maximum(envy, 0), atol=1e-9)


def test_best_assignment_takes_gains():
    agent, item, values = full([[3, 2], [3, 0]])
    g = gains(agent, item, values, offsets=None, reserve=0.0, lottery=None, pivot="zero", n_agents=None, n_options=None)
    assert best_assignment(g).tolist() == [1, 2]


# ---- bundles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["XOR", "OR"])
@pytest.mark.parametrize("pivot", ["zero", "absent"])
@pytest.mark.parametrize("seed", range(10))
def test_bundles_against_enumeration(seed, pivot, language):
    rng = np.random.default_rng(seed)
    table = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 1, 1], [2, 0, 1]])
    supply, reserve = [2, 1, 1], rng.integers(0, 3, size=3).astype(float)
    agent, option, scores = random_rows(rng, 4, 5, share=0.55, low=-2, high=20)
    scores = scores + (1 + rng.permutation(len(scores))) / 64
    offsets = rng.integers(-9, 6, size=len(agent)).astype(float) if seed % 3 else None
    kw = {"offsets": offsets, "reserve": reserve, "pivot": pivot, "n_agents": 4, "language": language}
    out = bundle_vcg(agent, option, scores, table, supply=supply, **kw)
    best, worth, pay = brute_force.vcg(
        list(agent),
        list(option),
        list(scores),
        table.tolist(),
        supply,
        **{**kw, "offsets": None if offsets is None else list(offsets), "reserve": list(reserve)},
    )
    mine = frozenset(np.flatnonzero(out.taken).tolist())
    assert mine in best
    assert out.gain == pytest.approx(worth, abs=1e-9)
    if len(best) == 1:
        np.testing.assert_allclose(out.payments, pay, atol=1e-8)
    assert determine_winners(agent, option, scores, table, supply=supply, reserve=reserve, language=language).gain == (
        pytest.approx(worth, abs=1e-9)
    )


def test_losers_are_skipped():
    agent, option, scores, table = bundle_bids([{"A": 28}, {"B": 20}, {"AB": 32}, {"A": 14}, {"B": 12}])
    assert bundle_vcg(agent, option, scores, table).solves == 3  # once, and for each of two winners


# ---- affine maximiser on lists --------------------------------------------------------------------------------


@pytest.mark.parametrize("pivot", ["zero", "absent"])
def test_affine_list_agrees_with_rows(pivot):
    rng = np.random.default_rng(3)
    for _ in range(20):
        d, delta = rng.integers(-4, 9, size=3) + rng.permutation(3) / 8, rng.integers(-6, 6, size=3)
        reports, offsets = np.zeros((2, 3, 4))
        np.fill_diagonal(reports[:, 1:], d)
        np.fill_diagonal(offsets[:, 1:], delta)
        absent = np.ones((3, 4), dtype=bool)
        np.fill_diagonal(absent[:, 1:], False)
        listed = affine_maximiser(
            reports, offsets=offsets, constants=[1, 0, 0, 0], allowed=absent if pivot == "absent" else None
        )
        rows = second_price([0, 1, 2], [0, 0, 0], d - delta, offsets=delta, reserve=1, pivot=pivot)
        if rows.price[0] != np.max(d - delta):  # no tie
            assert int(listed.choice) == rows.winner[0] + 1
            np.testing.assert_array_equal(listed.payments, rows.payments)


def test_affine_batches_are_separate_problems():
    rng = np.random.default_rng(0)
    reports, weights, lottery = rng.normal(size=(5, 3, 4)), rng.random((5, 3)) + 0.5, rng.random(4)
    together = affine_maximiser(reports, weights=weights, lottery=lottery)
    for k in range(5):
        one = affine_maximiser(reports[k], weights=weights[k], lottery=lottery)
        assert one.choice == together.choice[k]
        np.testing.assert_array_equal(one.payments, together.payments[k])
    assert int(affine_maximiser([[1.0, 1.0]], lottery=[0.7, 0.1]).choice) == 1


# ---- the door to the solver -----------------------------------------------------------------------------------


def test_milp_knapsack_and_general_form():
    assert solve_milp([6, 5, 4], [[3, 2, 2]], 4).objective == 9  # by hand: 5 + 4 beat 6
    least = solve_milp([2.0, 3.0], [[1, 1], [1, -1]], np.inf, lower=[3.5, 0], variable_upper=np.inf, sense="min")
    assert (least.x.tolist(), least.objective) == ([4.0, 0.0], 8.0)
    mixed = solve_milp([1.0, 1.0], [[2, 2]], 3, integer=[True, False])
    assert mixed.objective == pytest.approx(1.5)
    warm = solve_milp([6, 5, 4], [[3, 2, 2]], 4, start=[1, 0, 0])
    assert (warm.objective, warm.gap, warm.status) == (9, 0, "optimal")


def test_milp_refuses_what_is_not_optimal():
    with pytest.raises(InfeasibleError):
        solve_milp([1.0], [[1.0]], np.inf, lower=2)
    with pytest.raises(SolverError, match="HiGHS"):
        solve_milp([1.0], [[0.0]], 1, variable_upper=np.inf)
    rng = np.random.default_rng(0)
    a, c = rng.integers(20, 100, size=(8, 120)), rng.integers(20, 100, size=120)
    with pytest.raises(SolverError, match="Time limit"):
        solve_milp(c, a, a.sum(axis=1) // 2, time_limit=0.05)
    found = solve_milp(c, a, a.sum(axis=1) // 2, time_limit=0.3, accept_limit=True)
    assert found.status == "time limit"
    assert found.bound >= found.objective
    assert (a @ found.x <= a.sum(axis=1) // 2).all()


def test_milp_prints_nothing(capfd):
    solve_milp([6, 5, 4], [[3, 2, 2]], 4)
    assert capfd.readouterr() == ("", "")


# ---- errors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: second_price([0], [0], [np.nan]), "finite"),
        (lambda: second_price([0, 1], [0], [1.0, 2.0]), "shape"),
        (lambda: second_price([0.5], [0], [1.0]), "integers"),
        (lambda: second_price([2], [0], [1.0], n_agents=1), "0..0"),
        (lambda: second_price([0], [0], [1.0], pivot="none"), "pivot"),
        (lambda: second_price([0], [0], [1.0], lottery=[0.1, 0.2]), "lottery"),
        (lambda: unit_demand_vcg([0, 0], [1, 1], [1.0, 2.0]), "twice"),
        (lambda: additive_vcg([0], [0], [1.0], supply=1.5), "whole"),
        (lambda: bundle_vcg([0], [0], [1.0], [[0.5]]), "whole"),
        (lambda: bundle_vcg([0], [0], [1.0], [[1]], language="AND"), "language"),
        (lambda: affine_maximiser([[1.0, 2.0]], weights=0.0), "positive"),
        (lambda: affine_maximiser([1.0, 2.0]), "shape"),
        (lambda: affine_maximiser([[1.0, 2.0]], allowed=[[False, False]]), "pivot"),
    ],
)
def test_errors_name_the_fault(call, words):
    with pytest.raises(InputError, match=words):
        call()
