"""Deferred acceptance, stability and alignment on cases checkable by hand; published markets have their own file."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError
from thickecon.matching.kernels import (
    BlockingCounts,
    SideTable,
    blocking_pairs,
    build_sides,
    count_blocking,
    deferred_acceptance,
    deferred_acceptance_lists,
    unacceptable_pairs,
)


def test_alignment_keeps_only_pairs_that_list_and_accept_each_other() -> None:
    nan = np.nan
    one = SideTable.from_dense([[3.0, 5.0, nan], [1.0, -2.0, 4.0]], outside=0.0)
    other = SideTable.from_dense([[nan, 1.0], [2.0, 9.0], [7.0, 3.0]], outside=[0.0, 0.0, 5.0])
    sides = build_sides(one, other)
    # 0 is not listed by receiver 0 and does not list 2; 1 finds 1 unacceptable, and 2 finds 1 unacceptable
    assert sides.indptr.tolist() == [0, 1, 2]
    assert sides.receiver.tolist() == [1, 0]
    assert sides.rank.tolist() == [1, 0]
    assert sides.reverse.indptr.tolist() == [0, 1, 2, 2]
    assert sides.reverse.receiver.tolist() == [1, 0]


def test_single_and_multiple_lotteries() -> None:
    """Three proposers tie everywhere: STB ranks them alike at both receivers, MTB as each receiver's row says."""
    one = SideTable.from_dense([[2.0, 1.0]] * 3)
    tied = np.ones((2, 3))
    none = build_sides(one, SideTable.from_dense(tied))
    single = build_sides(one, SideTable.from_dense(tied, lottery=[0.9, 0.1, 0.5]))
    rows = [0.9, 0.1, 0.5, 0.2, 0.3, 0.1]
    multiple = build_sides(one, SideTable.from_dense(tied, lottery=rows, lottery_of="row"))
    assert none.rank.tolist() == [0, 0, 1, 1, 2, 2]
    assert single.rank.tolist() == [2, 2, 0, 0, 1, 1]
    assert multiple.rank.tolist() == [2, 1, 0, 2, 1, 0]
    proposers = SideTable.from_dense(np.ones((1, 3)), lottery=[0.5, 0.2, 0.2])  # an equal number: lowest index
    assert build_sides(proposers, SideTable.from_dense(np.ones((3, 1)))).receiver.tolist() == [1, 2, 0]


@pytest.mark.parametrize("length", [5, 128, 129, 1000])
@pytest.mark.parametrize("levels", [1, 3, 10**6])
def test_order_is_numpy_lexsort(length: int, levels: int) -> None:
    """Short and long lists, few and many ties, zeros of both signs, infinities."""
    rng = np.random.default_rng(length + levels)
    table = rng.integers(-levels, levels, size=(1, length)) / 7.0
    table[0, :5] = [0.0, -0.0, np.inf, -np.inf, -1e-300]
    lottery = rng.random(length).round(2)
    side = SideTable.from_dense(table, lottery=lottery)
    sides = build_sides(side, SideTable.from_dense(np.ones((length, 1))))
    assert sides.receiver.tolist() == np.lexsort((np.arange(length), lottery, -table[0])).tolist()
    assert sides.reverse.rank.tolist() == np.argsort(sides.receiver).tolist()


def test_order_of_values_crowded_beside_a_distant_one() -> None:
    """The leading bits cannot tell the crowd apart; the order must not depend on them."""
    values = np.append(1e12 + np.random.default_rng(5).permutation(3000) / 4096.0, [-1e300, 1e300])
    sides = build_sides(SideTable.from_dense([values]), SideTable.from_dense(np.ones((len(values), 1))))
    assert sides.receiver.tolist() == np.argsort(-values, kind="stable").tolist()


def test_many_blocks_against_dense_numpy() -> None:
    """More rows than one cache block, ragged on both sides: lists and ranks as argsort of full tables gives them."""
    rng = np.random.default_rng(8)
    n, m = 700, 300
    one, other = rng.random((n, m)), rng.random((m, n))
    one[rng.random((n, m)) < 0.1] = np.nan
    other[rng.random((m, n)) < 0.1] = np.nan
    sides = build_sides(SideTable.from_dense(one, outside=0.1), SideTable.from_dense(other))
    rank = np.argsort(np.argsort(-other, axis=1), axis=1)  # nan sorts last, so ranks of the listed are right
    mutual = (one >= 0.1) & ~np.isnan(other.T)
    assert sides.indptr.tolist() == [0, *np.cumsum(mutual.sum(axis=1)).tolist()]
    for i in range(n):
        part = slice(sides.indptr[i], sides.indptr[i + 1])
        wanted = [j for j in np.argsort(-one[i]) if mutual[i, j]]
        assert sides.receiver[part].tolist() == wanted
        assert sides.rank[part].tolist() == rank[wanted, i].tolist()


def test_threads_change_nothing() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.random((400, 500)), rng.integers(0, 4, (500, 400)).astype(float)
    one[rng.random(one.shape) < 0.1] = np.nan
    other[rng.random(other.shape) < 0.1] = np.nan
    tables = SideTable.from_dense(one), SideTable.from_dense(other, lottery=rng.random(400))
    made = [build_sides(*tables, threads=k) for k in (1, 3)]
    assert np.array_equal(made[0].edges, made[1].edges)
    assert np.array_equal(made[0].indptr, made[1].indptr)


def test_sides_from_readings_of_a_thick_profile() -> None:
    """An advert makes proposer 0 chase receiver 0; endorsed values send her to receiver 1."""
    proposers = te.ThickProfile.from_values([[10.0, 3.0], [2.0, 1.0]], outside=0.0)
    proposers = proposers.with_influence("advert", np.array([[9.0, 0.0], [0.0, 0.0]]))
    receivers = te.ThickProfile.from_values([[2.0, 1.0], [2.0, 1.0]])
    theirs = SideTable.from_reading(te.Revealed().read(receivers))
    views = {lens: SideTable.from_reading(lens.read(proposers)) for lens in (te.Revealed(), te.Endorsed())}
    sidt, thick = (deferred_acceptance(build_sides(view, theirs)).tolist() for view in views.values())
    assert (sidt, thick) == ([0, 1], [1, 0])
    assert blocking_pairs(sidt, views[te.Endorsed()], theirs).tolist() == [[0, 1]]
    assert count_blocking(sidt, views[te.Revealed()], theirs).stable


def test_both_selves_stable_sets_can_be_disjoint() -> None:
    """T10: 2x2, both sides reversed: what is stable for one self is blocked by both pairs of the other."""
    side, turned = SideTable.from_dense([[2.0, 1.0], [1.0, 2.0]]), SideTable.from_dense([[1.0, 2.0], [2.0, 1.0]])
    chosen = deferred_acceptance(build_sides(side, side))
    assert chosen.tolist() == [0, 1]
    assert count_blocking(chosen, side, side) == BlockingCounts(0, 0, 0)
    assert blocking_pairs(chosen, turned, turned).tolist() == [[0, 1], [1, 0]]


def test_indifference_does_not_block_and_outside_must_be_beaten() -> None:
    tie = SideTable.from_dense([[1.0, 1.0], [1.0, 1.0]])
    assert count_blocking([0, 1], tie, tie).stable
    worth = SideTable.from_dense([[2.0]], outside=2.0)
    listed = SideTable.from_dense([[2.0]])
    assert count_blocking([-1], worth, listed).pairs == 0  # joining is worth no more than staying out
    assert count_blocking([-1], listed, listed).pairs == 1


def test_unacceptable_partners_are_counted_and_free_to_leave() -> None:
    one = SideTable.from_dense([[-1.0, 1.0], [5.0, np.nan]], outside=0.0)
    other = SideTable.from_dense([[3.0, -2.0], [4.0, 1.0]], outside=0.0)
    counts = count_blocking([0, 1], one, other)  # 0 rejects 0, 1 does not list 1; 1 accepts 0 and is accepted
    assert (counts.proposers, counts.receivers) == (2, 0)
    objecting, held_against = unacceptable_pairs([1, 0], one, other)
    assert (objecting.tolist(), held_against.tolist()) == ([], [[1, 0]])
    assert count_blocking([1, 0], one, other) == BlockingCounts(0, 0, 1)


def test_capacities_zero_and_beyond_demand() -> None:
    one, other = SideTable.from_dense([[2.0, 1.0]] * 3), SideTable.from_dense([[3.0, 2.0, 1.0]] * 2)
    sides = build_sides(one, other)
    for proposing in ("proposers", "receivers"):
        assert deferred_acceptance(sides, [0, 10**12], proposing).tolist() == [1, 1, 1]
        assert deferred_acceptance(sides, [0, 1], proposing).tolist() == [1, -1, -1]
        assert deferred_acceptance(sides, 0, proposing).tolist() == [-1, -1, -1]
    assert blocking_pairs([1, -1, -1], one, other, [0, 2]).tolist() == [[1, 1], [2, 1]]


def test_inputs_are_left_alone_and_may_be_frozen() -> None:
    table = np.array([[1.0, 2.0], [2.0, 1.0]])
    table.flags.writeable = False
    side = SideTable.from_dense(table, outside=0.0)
    before = side.values.copy()
    sides = build_sides(side, side)
    partner = deferred_acceptance(sides)
    partner.flags.writeable = False
    count_blocking(partner, side, side)
    assert np.array_equal(side.values, before)
    assert side.outside is not None
    assert side.outside.tolist() == [0.0, 0.0]
    assert not sides.edges.flags.writeable


BAD = {
    "transpose": lambda: build_sides(SideTable.from_dense(np.ones((2, 3))), SideTable.from_dense(np.ones((2, 3)))),
    "shape": lambda: SideTable.from_dense([1.0, 2.0]),
    "nan": lambda: SideTable(np.array([0, 1]), np.array([0]), np.array([np.nan]), 1),
    "increase": lambda: SideTable(np.array([0, 2]), np.array([1, 0]), np.ones(2), 2),
    "starts at 0": lambda: SideTable(np.array([1, 2]), np.array([1, 0]), np.ones(2), 2),
    "must lie in": lambda: SideTable(np.array([0, 1]), np.array([3]), np.ones(1), 2),
    "lottery": lambda: SideTable.from_dense(np.ones((2, 2)), lottery=[0.1]),
    "lottery_of": lambda: SideTable.from_dense(np.ones((2, 2)), lottery=[0.1, 0.2], lottery_of="both"),  # type: ignore[arg-type]
    "twice": lambda: deferred_acceptance_lists([[0, 0]], [[0]]),
    "integers": lambda: deferred_acceptance_lists([[0.5]], [[0]]),
    "whole numbers": lambda: deferred_acceptance_lists([[0]], [[0]], 0.5),
    "at least 0": lambda: deferred_acceptance_lists([[0]], [[0]], [-1]),
    "proposing": lambda: deferred_acceptance_lists([[0]], [[0]], 1, "men"),  # type: ignore[arg-type]
    "places": lambda: blocking_pairs([0, 0], SideTable.from_dense(np.ones((2, 1))), SideTable.from_dense([[1, 1]])),
    "partner": lambda: blocking_pairs([1], SideTable.from_dense([[1]]), SideTable.from_dense([[1]])),
}


@pytest.mark.parametrize("word", BAD)
def test_bad_input_is_named(word: str) -> None:
    with pytest.raises(InputError, match=word):
        BAD[word]()


def test_nobody_to_match() -> None:
    empty = SideTable(np.zeros(3, int), np.empty(0, int), np.empty(0), 2)
    assert deferred_acceptance(build_sides(empty, empty)).tolist() == [-1, -1]
    assert deferred_acceptance(build_sides(empty, empty), 2, "receivers").tolist() == [-1, -1]
    assert blocking_pairs([-1, -1], empty, empty).shape == (0, 2)


def test_package_is_light_and_the_function_is_not_hidden_by_its_module() -> None:
    code = (
        "import sys, thickecon.matching.kernels as k; assert 'numba' not in sys.modules\n"
        "from thickecon.matching.kernels.deferred_acceptance import deferred_acceptance_lists as f\n"
        "assert callable(k.deferred_acceptance)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
