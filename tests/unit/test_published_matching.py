"""Markets printed in books and papers: the kernels, the mechanism and the oracle give the matchings printed there.

Lists are 1-based, best first, as in the sources; 0 is "unmatched". Faults found in the sources:

* Gusfield and Irving (1989), section 1.6.5: the matching printed as hospital-optimal is stable but not
  hospital-optimal (noticed in the tests of MatchingMarkets.jl, shown again below).
* MatchingMarkets.jl, the market of Roth and Sotomayor, p. 16: the tail of student 7 names a college 6 where there are
  five. It stands behind "unmatched" and changes nothing; lists are cut there here.
* Roth and Sotomayor, p. 16, is quoted by that package's page number; the book was not at hand. The matchings below
  do not depend on the quotation: they are found again by trying every matching.
* Kesten (2010) prints priorities as far as they matter; their tails are filled in order of index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import thickecon as te
from thickecon.matching.kernels import (
    SideTable,
    build_sides,
    count_blocking,
    deferred_acceptance,
    deferred_acceptance_lists,
    deferred_acceptance_ranks,
)
from thickecon.matching.kernels import brute_force as oracle

CASES: dict[str, dict[str, Any]] = {
    # Roth & Sotomayor (1990), Two-Sided Matching, Example 2.9; as encoded in MatchingMarkets.jl
    "SM-RS2.9": {
        "proposers": [[1, 2, 3, 4], [4, 2, 3, 1], [4, 3, 1, 2], [1, 4, 3, 2], [1, 2, 4]],
        "receivers": [[2, 3, 1, 4, 5], [3, 1, 2, 4, 5], [5, 4, 1, 2, 3], [1, 4, 5, 2, 3]],
        "best": [1, 2, 3, 4, 0],
        "worst": [4, 1, 2, 3, 0],
        "stable": 4,
    },
    # Knuth (1976); Roth & Sotomayor Example 2.17; ten stable matchings: OEIS A351413, n = 4
    "SM-K4": {
        "proposers": [[1, 2, 3, 4], [2, 1, 4, 3], [3, 4, 1, 2], [4, 3, 2, 1]],
        "receivers": [[4, 3, 2, 1], [3, 4, 1, 2], [2, 1, 4, 3], [1, 2, 3, 4]],
        "best": [1, 2, 3, 4],
        "worst": [4, 3, 2, 1],
        "stable": 10,
    },
    # Roth & Sotomayor (1990), p. 16, college admissions; as encoded in MatchingMarkets.jl
    "HR-RS16": {
        "proposers": [[5, 1], [2, 5, 1], [3, 1], [4, 1], [1, 2], [1, 3], [1, 3, 4]],
        "receivers": [[1, 2, 3, 4, 5, 6, 7], [5, 2], [6, 7, 3], [7, 4], [2, 1]],
        "capacities": [3, 1, 1, 1, 1],
        "best": [5, 2, 3, 4, 1, 1, 1],
        "worst": [1, 5, 1, 1, 2, 3, 4],
        "stable": 4,
    },
    # Gusfield & Irving (1989), The Stable Marriage Problem, section 1.6.5, hospitals and residents; as encoded in
    # MatchingMarkets.jl, whose hospital-optimal matching this is (the book's is below)
    "HR-GI1.6.5": {
        "proposers": [
            [3, 1, 5, 4],
            [1, 3, 4, 2, 5],
            [4, 5, 3, 1, 2],
            [3, 4, 1, 5],
            [1, 4, 2],
            [4, 3, 2, 1, 5],
            [2, 5, 1, 3],
            [1, 3, 2, 5, 4],
            [4, 1, 5],
            [3, 1, 5, 2, 4],
            [5, 4, 1, 3, 2],
        ],
        "receivers": [
            [3, 7, 9, 11, 5, 4, 10, 8, 6, 1, 2],
            [5, 7, 10, 6, 8, 2, 3, 11],
            [11, 6, 8, 3, 2, 4, 7, 1, 10],
            [10, 1, 2, 11, 4, 9, 5, 3, 6, 8],
            [2, 4, 10, 7, 6, 1, 8, 3, 11, 9],
        ],
        "capacities": [4, 1, 3, 2, 1],
        "best": [3, 1, 4, 3, 1, 3, 2, 1, 4, 1, 5],
        "worst": [4, 5, 3, 1, 1, 3, 2, 3, 1, 4, 1],
    },
    # Abdulkadiroglu & Sonmez (2003), AER 93, Example 1
    "SC-AS03-1": {
        "proposers": [[2, 1, 3], [1, 2, 3], [1, 2, 3]],
        "receivers": [[1, 3, 2], [2, 1, 3], [2, 1, 3]],
        "best": [1, 2, 3],
    },
    # Kesten (2010), QJE 125; the tails of priorities are filled in order of index
    "SC-KESTEN": {
        "proposers": [[2, 1, 3], [3, 1, 5], [3, 4, 2], [1, 2, 4], [1, 5], [4, 1, 3, 2, 5]],
        "receivers": [
            [2, 1, 5, 6, 4, 3],
            [3, 6, 4, 1, 2, 5],
            [1, 6, 2, 3, 4, 5],
            [4, 3, 6, 1, 2, 5],
            [1, 2, 3, 4, 5, 6],
        ],
        "capacities": [1, 1, 1, 1, 2],
        "best": [3, 1, 2, 4, 5, 5],
    },
    # matchingMarkets (R), example of iaa()
    "SC-BOSTON": {
        "proposers": [[1, 2, 3], [1, 2, 3], [1, 2, 3], [2, 1, 3], [2, 1, 3]],
        "receivers": [[1, 4, 2, 3, 5], [5, 2, 3, 4, 1], [1, 2, 3, 4, 5]],
        "capacities": [2, 2, 1],
        "best": [1, 2, 3, 1, 2],
    },
}
WITH_BOTH = [name for name in CASES if "worst" in CASES[name]]
COUNTED = [name for name in CASES if "stable" in CASES[name]]


def padded(lists: list[list[int]]) -> np.ndarray:
    width = max(map(len, lists))
    return np.array([[x - 1 for x in one] + [-1] * (width - len(one)) for one in lists])


def values(lists: list[list[int]], options: int) -> np.ndarray:
    table = np.full((len(lists), options), np.nan)
    for i, one in enumerate(lists):
        table[i, np.array(one) - 1] = -np.arange(len(one))
    return table


def load(name: str) -> tuple[np.ndarray, np.ndarray, list[int]]:
    case = CASES[name]
    one, other = case["proposers"], case["receivers"]
    return values(one, len(other)), values(other, len(one)), case.get("capacities", [1] * len(other))


def market(name: str, *, priorities: bool = False) -> te.Market:
    case = CASES[name]
    ours, theirs = ([[x - 1 for x in one] for one in case[side]] for side in ("proposers", "receivers"))
    receivers = te.Priorities.from_lists(theirs, len(ours)) if priorities else theirs
    return te.Market(ours, receivers, capacities=case.get("capacities", 1))


def one_based(partner: np.ndarray) -> list[int]:
    return (partner + 1).tolist()


# ---- the mechanism --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("priorities", [False, True], ids=["agents", "priorities"])
@pytest.mark.parametrize("name", CASES)
def test_proposers_propose(name: str, priorities: bool) -> None:
    outcome = te.matching.DeferredAcceptance().run(market(name, priorities=priorities), rng=0)
    best = CASES[name]["best"]
    assert one_based(outcome.partner) == best
    assert outcome.matched_pairs().tolist() == [[i, x - 1] for i, x in enumerate(best) if x]
    assert outcome.certified
    assert len(te.matching.blocking_pairs(outcome)) == 0


@pytest.mark.parametrize("name", WITH_BOTH)
def test_receivers_propose(name: str) -> None:
    outcome = te.matching.DeferredAcceptance(proposing="receivers").run(market(name), rng=0)
    assert one_based(outcome.partner) == CASES[name]["worst"]
    assert outcome.certified


@pytest.mark.parametrize("name", ["SM-RS2.9", "SM-K4"])
def test_sides_may_be_swapped(name: str) -> None:
    """Where everybody has one place, the receivers' best is what they get when they are called proposers."""
    turned = te.matching.DeferredAcceptance().run(market(name).swapped(), rng=0)
    pairs = sorted([i, j] for j, i in turned.matched_pairs().tolist())
    assert pairs == [[i, x - 1] for i, x in enumerate(CASES[name]["worst"]) if x]


def test_the_book_s_hospital_optimum_is_stable_and_not_the_best() -> None:
    """Section 1.6.5: hospitals 4 and 5 both gain by giving each other residents 2 and 10; that is stable too."""
    printed = np.array([4, 4, 3, 1, 1, 3, 2, 3, 1, 5, 1]) - 1
    best = np.array(CASES["HR-GI1.6.5"]["worst"]) - 1
    one, other, capacities = load("HR-GI1.6.5")
    for partner in (printed, best):
        assert oracle.is_stable(partner.tolist(), one.tolist(), other.tolist(), capacities)
        assert len(te.matching.blocking_pairs(partner, market("HR-GI1.6.5"))) == 0
    assert np.flatnonzero(printed != best).tolist() == [1, 9]
    assert other[3, 9] > other[3, 1]
    assert other[4, 1] > other[4, 9]


# ---- the kernels ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_published_optima_from_lists_ranks_and_values(name: str) -> None:
    case = CASES[name]
    one, other, capacities = load(name)
    wanted = [x - 1 for x in case["best"]]
    lists = padded(case["proposers"]), padded(case["receivers"])
    assert deferred_acceptance_lists(*lists, capacities).tolist() == wanted
    ranks = (np.where(np.isnan(t), -1, -t) for t in (one, other))
    assert deferred_acceptance_ranks(*ranks, capacities).tolist() == wanted
    sides = build_sides(SideTable.from_dense(one), SideTable.from_dense(other))
    assert deferred_acceptance(sides, capacities).tolist() == wanted
    if "worst" in case:
        assert deferred_acceptance(sides, capacities, "receivers").tolist() == [x - 1 for x in case["worst"]]


# ---- all stable matchings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COUNTED)
def test_oracle_and_checker_agree_on_published_stable_sets(name: str) -> None:
    one, other, capacities = load(name)
    stable = oracle.all_stable_matchings(one.tolist(), other.tolist(), capacities)
    assert len(stable) == CASES[name]["stable"]
    assert tuple(x - 1 for x in CASES[name]["best"]) == oracle.proposer_optimal(stable, one.tolist())
    # the receivers' best is the worst for every proposer (Knuth 1976); who is matched is the same in all of them
    assert tuple(x - 1 for x in CASES[name]["worst"]) == oracle.proposer_optimal(stable, (-one).tolist())
    tables = SideTable.from_dense(one), SideTable.from_dense(other)
    assert all(count_blocking(partner, *tables, capacities).stable for partner in stable)


def test_knuth_rank_sums() -> None:
    """Rank sums (proposers, receivers) of the ten stable matchings, 1-based; hence the optima of Gusfield and Irving.

    Egalitarian: every sum of the two is 20. Sex-equal: the two are (10, 10), apart by 0. Least regret: 3, the worst
    rank that anybody gets.
    """
    one, other, capacities = load("SM-K4")
    stable = oracle.all_stable_matchings(one.tolist(), other.tolist(), capacities)
    ranks = [
        ([int(1 - one[i, j]) for i, j in enumerate(p)], [int(1 - other[j, i]) for i, j in enumerate(p)]) for p in stable
    ]
    sums = sorted((sum(mine), sum(theirs)) for mine, theirs in ranks)
    assert sums == [(4, 16), (6, 14), (6, 14), (8, 12), (10, 10), (10, 10), (12, 8), (14, 6), (14, 6), (16, 4)]
    assert min(sum(mine) + sum(theirs) for mine, theirs in ranks) == 20
    assert min(abs(sum(mine) - sum(theirs)) for mine, theirs in ranks) == 0
    assert min(max(mine + theirs) for mine, theirs in ranks) == 3
