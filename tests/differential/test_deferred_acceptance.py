"""Deferred acceptance against all stable matchings found by trying every one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thickecon.matching.kernels import (
    SideTable,
    blocking_pairs,
    build_sides,
    count_blocking,
    deferred_acceptance,
    unacceptable_pairs,
)
from thickecon.matching.kernels import brute_force as oracle


def market(seed: int, ties: bool = False) -> tuple[np.ndarray, np.ndarray, list[int], np.random.Generator]:
    """A small random market: incomplete one-sided lists, unequal sides, capacities 0 to 3."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    one, other = (
        rng.integers(0, 3, shape).astype(float)
        if ties
        else rng.permuted(np.tile(np.arange(shape[1]), (shape[0], 1)), axis=1) + 0.0
        for shape in ((n, m), (m, n))
    )
    for table in (one, other):
        table[rng.random(table.shape) < rng.choice([0.0, 0.2, 0.5])] = np.nan
    top = int(rng.choice([1, 3]))
    return one, other, rng.integers(0 if top > 1 else 1, top + 1, m).tolist(), rng


def solve(one: np.ndarray, other: np.ndarray, capacities: list[int], proposing: str) -> tuple[int, ...]:
    sides = build_sides(SideTable.from_dense(one), SideTable.from_dense(other))
    return tuple(deferred_acceptance(sides, capacities, proposing).tolist())  # type: ignore[arg-type]


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_both_optima_and_the_rural_hospitals(seed: int) -> None:
    one, other, capacities, _ = market(seed)
    stable = oracle.all_stable_matchings(one.tolist(), other.tolist(), capacities)
    best = solve(one, other, capacities, "proposers")
    worst = solve(one, other, capacities, "receivers")
    assert best == oracle.proposer_optimal(stable, one.tolist())
    # receiver-optimal is proposer-pessimal (Knuth 1976; Roth & Sotomayor, corollary 5.30 for colleges)
    assert worst == oracle.proposer_optimal(stable, (-one).tolist()) or best == worst
    # rural hospitals (Roth 1986, Econometrica 54): the same proposers are matched, places filled are the same,
    # and a receiver that does not fill its places gets the same set
    matched = {tuple(x >= 0 for x in p) for p in stable}
    filled = {tuple(p.count(j) for j in range(len(capacities))) for p in stable}
    assert matched == {tuple(x >= 0 for x in best)}
    assert filled == {tuple(best.count(j) for j in range(len(capacities)))}
    for j, places in enumerate(capacities):
        if best.count(j) < places:
            assert len({tuple(x == j for x in p) for p in stable}) == 1


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=150, deadline=None)
def test_ties_are_broken_as_the_lottery_says(seed: int, single: bool) -> None:
    """Stable and proposer-optimal for the broken preferences; no pair blocks under the values themselves."""
    one, other, capacities, rng = market(seed, ties=True)
    broken = []
    tables = []
    for table in (one, other):
        drawn = rng.random(table.shape[1] if single else int((~np.isnan(table)).sum()))
        tables.append(SideTable.from_dense(table, lottery=drawn, lottery_of="option" if single else "row"))
        numbers = np.zeros(table.shape)
        if single:
            numbers += drawn
        else:
            numbers[~np.isnan(table)] = drawn
        broken.append(table - 0.5 * numbers)  # values differ by 1, so half a lottery number only breaks ties
    partner = deferred_acceptance(build_sides(*tables), capacities)
    stable = oracle.all_stable_matchings(broken[0].tolist(), broken[1].tolist(), capacities)
    assert tuple(partner.tolist()) == oracle.proposer_optimal(stable, broken[0].tolist())
    assert count_blocking(partner, *tables, capacities).stable


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_blocking_pairs_of_any_matching(seed: int) -> None:
    """Of a matching made under other values, as the self that did not choose would judge it."""
    one, other, capacities, rng = market(seed, ties=True)
    possible = list(oracle.feasible_matchings(one.tolist(), other.tolist(), capacities))
    partner = possible[int(rng.integers(len(possible)))]
    tables = SideTable.from_dense(one), SideTable.from_dense(other)
    wanted = oracle.blocking_pairs(partner, one.tolist(), other.tolist(), capacities)
    assert [tuple(pair) for pair in blocking_pairs(partner, *tables, capacities).tolist()] == wanted
    counts = count_blocking(partner, *tables, capacities)
    assert counts == (len(wanted), 0, 0)
    assert counts.stable == oracle.is_stable(partner, one.tolist(), other.tolist(), capacities)


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_objections_of_any_matching(seed: int) -> None:
    """Matches that a side does not list, whatever the capacities."""
    one, other, _, rng = market(seed)
    partner = rng.integers(-1, one.shape[1], len(one))
    own, theirs = unacceptable_pairs(partner, SideTable.from_dense(one), SideTable.from_dense(other))
    pairs = [(i, j) for i, j in enumerate(partner.tolist()) if j >= 0]
    assert [tuple(p) for p in own.tolist()] == [(i, j) for i, j in pairs if np.isnan(one[i, j])]
    assert [tuple(p) for p in theirs.tolist()] == [(i, j) for i, j in pairs if np.isnan(other[j, i])]


@pytest.mark.parametrize("places", [1, 7])
def test_many_agents_are_stable_both_ways(places: int) -> None:
    """A market too large for brute force: no pair blocks, proposers rank the two optima alike, counts agree."""
    rng = np.random.default_rng(places)
    n, m, k = 3000, 3000 // places, 12
    option = np.sort(np.argpartition(rng.random((n, m)), k, axis=1)[:, :k], axis=1)
    one = SideTable(np.arange(n + 1) * k, option.ravel(), rng.random(n * k), m)
    by_receiver = np.argsort(option.ravel(), kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(option.ravel(), minlength=m))))
    other = SideTable(indptr, by_receiver // k, rng.random(n * k), n)
    sides = build_sides(one, other)
    best, worst = (deferred_acceptance(sides, places, who) for who in ("proposers", "receivers"))  # type: ignore[arg-type]
    for partner in (best, worst):
        assert count_blocking(partner, one, other, places).stable
        assert len(blocking_pairs(partner, one, other, places)) == 0
    assert np.array_equal(best >= 0, worst >= 0)
    assert np.array_equal(np.bincount(best[best >= 0], minlength=m), np.bincount(worst[worst >= 0], minlength=m))
    values = np.full((n, m), -np.inf)
    values[np.repeat(np.arange(n), k), option.ravel()] = one.values
    both = np.flatnonzero(best >= 0)
    assert (values[both, best[both]] >= values[both, worst[both]]).all()
    assert (best != worst).any()
