"""T1 (docs/theory/thin-limit.md): on thin profiles the outcome is the classic one, by twins written here."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import thickecon as te

READERS = (te.Revealed(), te.Endorsed(), te.PartialCredit(), te.Lexicographic())


def tables(least: int, most: int, rows: st.SearchStrategy[int], columns: st.SearchStrategy[int]):
    return st.tuples(rows, columns).flatmap(
        lambda shape: st.lists(
            st.lists(st.integers(least, most), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )


small = tables(-20, 20, st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=4))
def test_cardinal_lenses_read_the_same_bits(values) -> None:
    thin = te.ThickProfile.from_values(values)
    one, *others = (lens.read(thin).values.tobytes() for lens in READERS[:3])
    assert others == [one, one]
    assert te.Revealed().read(thin.thin()).values.tobytes() == one
    assert te.Revealed().read(thin.laundered()).values.tobytes() == one


@settings(max_examples=60, deadline=None)
@given(small)
def test_orders_of_ordinal_lenses_are_that_of_the_values(values) -> None:
    thin, table = te.ThickProfile.from_values(values), np.array(values)
    wanted = np.sign(table[:, :, None] - table[:, None, :])
    ranks = te.Lexicographic().read(thin).ranks.reshape(table.shape)
    assert (np.sign(ranks[:, :, None] - ranks[:, None, :]) == wanted).all()
    assert (thin.unanimous == (wanted > 0)).all()


def test_bins_and_conventions_are_where_the_thin_limit_stops() -> None:
    thin = te.ThickProfile.from_values([[0.9, 0.1]])
    ranks = te.Lexicographic(bins={0: 1.0}).read(thin).ranks
    assert ranks[0] == ranks[1]
    advert = te.ThickProfile.from_arrays([[[4.0]]], motives=[te.Motive("advert", "influence")])
    assert te.PartialCredit(influence=0.5).read(advert).values.tolist() == [2.0]
    assert te.Endorsed().read(advert).values.tolist() == [4.0]


@settings(max_examples=80, deadline=None)
@given(tables(0, 9, st.integers(1, 4), st.integers(1, 3)), st.integers(0, 5))
def test_second_price_is_a_sort(values, reserve) -> None:
    """Twin: sort each column; the highest bid wins if it meets the reserve and pays the next (or the reserve)."""
    thin = te.ThickProfile.from_values(values, unit="money")
    mechanism = te.auctions.SecondPrice(reserve=float(reserve))
    thick, sidt = mechanism.run(thin, rng=4), mechanism.baseline().run(thin, rng=4)
    assert thick.taken.tolist() == sidt.taken.tolist()
    assert thick.payments.tolist() == sidt.payments.tolist()
    table, revenue = np.array(values), 0.0
    for item, winner in enumerate(thick.winners):
        bids = np.sort(table[:, item])[::-1]
        assert (winner >= 0) == (bids[0] >= reserve)
        if winner >= 0:
            assert table[winner, item] == bids[0]
            revenue += max(reserve, bids[1] if len(bids) > 1 else reserve)
    assert thick.revenue == revenue


def proposer_optimal(proposers: np.ndarray, receivers: np.ndarray) -> tuple[int, ...]:
    """Of all stable complete matchings (n = m, all acceptable), the one that every proposer likes best."""
    n, stable = len(proposers), []
    for match in permutations(range(n)):
        holder = np.argsort(match)
        if not any(
            proposers[i, j] > proposers[i, match[i]] and receivers[j, i] > receivers[j, holder[j]]
            for i, j in product(range(n), repeat=2)
        ):
            stable.append(match)
    return max(stable, key=lambda match: tuple(proposers[i, match[i]] for i in range(n)))


@pytest.mark.parametrize("seed", range(20))
def test_deferred_acceptance_is_the_best_stable_matching(seed) -> None:
    """Twin: enumeration. The lexicographic best is everybody's best, since the stable set is a lattice."""
    rng = np.random.default_rng(seed)
    sides = [np.argsort(rng.random((4, 4)), axis=1) + 1.0 for _ in range(2)]
    market = te.Market(*(te.ThickProfile.from_values(side) for side in sides))
    outcome = te.matching.DeferredAcceptance().run(market, rng=seed)
    assert tuple(outcome.partner.tolist()) == proposer_optimal(*sides)


@settings(max_examples=40, deadline=None)
@given(tables(0, 9, st.integers(1, 4), st.integers(1, 4)))
def test_unit_demand_vcg_is_n_plus_one_assignments(values) -> None:
    """Twin: scipy's assignment with and without each bidder gives welfare and Clarke payments."""
    table = np.array(values, dtype=float)

    def best(rows: np.ndarray) -> float:
        if not len(rows):
            return 0.0
        return float(rows[linear_sum_assignment(rows, maximize=True)].sum())

    outcome = te.auctions.VCG().run(te.ThickProfile.from_values(table, unit="money"), rng=0)
    utilities, welfare = outcome.utilities(), best(table)
    assert utilities.sum() == pytest.approx(welfare)
    for i in range(len(table)):
        others = welfare - utilities[i]
        assert outcome.payments[i] == pytest.approx(best(np.delete(table, i, axis=0)) - others)


@settings(max_examples=30, deadline=None)
@given(tables(0, 9, st.integers(1, 4), st.integers(1, 4)))
def test_utilitarian_shares_go_to_the_highest_values(values) -> None:
    """Twin: the largest number of each column, by objective value (shares need not be unique)."""
    mechanism = te.welfare.Allocate(te.welfare.Utilitarian())
    problem = te.Assignment(te.ThickProfile.from_values(values))
    for each in (mechanism, mechanism.baseline()):
        assert each.run(problem, rng=0).welfare == pytest.approx(np.array(values).max(axis=0).sum(), abs=1e-6)


def test_published_allocations() -> None:
    """Egalitarian shares (README of fairpy) and the largest product of whole bundles (README of Allocations.jl)."""
    shares = te.Assignment(te.ThickProfile.from_values([[11.0, 22, 44, 0], [22, 11, 66, 33]]))
    bundles = te.Assignment(te.ThickProfile.from_values([[1.0, 2, 3], [2, 3, 1]]))
    fair, product_ = te.welfare.Allocate(te.welfare.Maximin()), te.welfare.Allocate(te.welfare.Nash(), integral=True)
    for each in (fair, fair.baseline()):
        assert each.run(shares, rng=0).utilities().min() == pytest.approx(61.6, abs=1e-6)
    for each in (product_, product_.baseline()):
        outcome = each.run(bundles, rng=0)
        assert outcome.shares.round(6).tolist() == [[0, 0, 1], [1, 1, 0]]
        assert outcome.utilities().prod() == pytest.approx(15.0)


@pytest.mark.parametrize("seed", range(8))
def test_nash_shares_of_one_divisible_good(seed) -> None:
    """Twin: water filling. u_i = o_i + (v_i - o_i) x_i; x_i = max(t - o_i / (v_i - o_i), 0), t by bisection."""
    rng = np.random.default_rng(seed)
    v, o = rng.uniform(3, 9, 5), rng.uniform(0.5, 2.5, 5)
    low, high = 0.0, 10.0
    for _ in range(100):
        level = (low + high) / 2
        low, high = (level, high) if np.maximum(level - o / (v - o), 0).sum() < 1 else (low, level)
    wanted = o + (v - o) * np.maximum(low - o / (v - o), 0)
    problem = te.Assignment(te.ThickProfile.from_values(v[:, None], outside=o), 1, 1)
    mechanism = te.welfare.Allocate(te.welfare.Nash())
    for each in (mechanism, mechanism.baseline()):
        assert np.log(each.run(problem, rng=0).utilities()).sum() == pytest.approx(np.log(wanted).sum(), abs=1e-6)
