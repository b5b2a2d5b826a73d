"""The knapsack problem: the most worth within a budget, by dynamic programming, and by a search that proves it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from ..._core.arrays import BoolArray, IntArray

__all__ = ["best_within_budget", "knapsack"]

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def knapsack(worth: npt.ArrayLike, cost: npt.ArrayLike, budget: int, order: npt.ArrayLike | None = None) -> BoolArray:
    """(m,) which items to take: the greatest total worth within a whole budget, exact.

    1. best[b] = the most worth within b, item after item: best[b] = max(best[b], best[b - cost] + worth).
    2. Backwards, each item is taken if an optimal set with it exists: among optimal sets the one that has the first
       item of ``order`` on which they differ. Items worth 0 or less are left out.

    Time and memory are of the order of items times budget.

    Parameters
    ----------
    worth
        (m,) whole numbers, so that equal totals are equal; their positive parts add up to less than 2^62.
    cost
        (m,) whole numbers, at least 0.
    budget
        At least 0.
    order
        (m,) a permutation; None: as they stand.

    References
    ----------
    Bellman (1957), Dynamic Programming; Kellerer, Pferschy and Pisinger (2004), doi:10.1007/978-3-540-24777-7

    Examples
    --------
    >>> knapsack([6, 5, 4], [3, 2, 2], 4).tolist()
    [False, True, True]
    """
    value, price = np.ascontiguousarray(worth, dtype=np.int64), np.ascontiguousarray(cost, dtype=np.int64)
    turn = np.arange(len(value)) if order is None else np.asarray(order, dtype=np.int64)
    useful = (value > 0) & (price <= budget)
    turn = np.ascontiguousarray(turn[useful[turn]])
    room = int(min(int(budget), int(price[turn].sum())))
    made: BoolArray = np.zeros(len(value), dtype=np.bool_)
    made[turn[_table(value[turn], price[turn], room)]] = True
    return made


@njit(cache=True, nogil=True)
def _table(value: Whole, price: Whole, room: int) -> BoolArray:
    """Items are in order of preference: the last one enters first, so that going back meets the first one first."""
    count = len(value)
    best = np.zeros(room + 1, np.int64)
    with_it = np.zeros((count, room + 1), np.bool_)
    for k in range(count - 1, -1, -1):
        for b in range(room, price[k] - 1, -1):
            reached = best[b - price[k]] + value[k]
            if reached >= best[b]:
                best[b] = reached
                with_it[k, b] = True
    taken = np.zeros(count, np.bool_)
    left = room
    for k in range(count):
        if with_it[k, left]:
            taken[k] = True
            left -= price[k]
    return taken


def best_within_budget(
    worth: npt.ArrayLike, cost: npt.ArrayLike, budget: float, nodes: int = 2_000_000
) -> tuple[float, bool]:
    """The greatest worth within a budget, by depth first search, and whether the search came to its end.

    Items are tried by worth per cost. A branch ends where the best it could reach if items could be divided (Dantzig)
    is no more than what has been found. Costs need not be whole; nothing is shared with :func:`knapsack`, of which
    this is the proof.

    Parameters
    ----------
    worth, cost
        (m,) numbers, costs at least 0.
    budget
        At least 0.
    nodes
        How many to visit before giving up; then the first number is a lower bound.

    References
    ----------
    Dantzig (1957), doi:10.1287/opre.5.2.266

    Examples
    --------
    >>> best_within_budget([6.0, 5.0, 4.0], [3.0, 2.0, 2.0], 4.0)
    (9.0, True)
    """
    value, price = np.asarray(worth, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    useful = (value > 0) & (price <= budget)
    value, price = value[useful], price[useful]
    with np.errstate(divide="ignore"):
        order: IntArray = np.argsort(-(value / price), kind="stable")
    found, finished = _search(value[order], price[order], float(budget), nodes)
    return float(found), bool(finished)


@njit(cache=True, nogil=True)
def _search(value: Floats, price: Floats, budget: float, nodes: int) -> tuple[float, bool]:
    count = len(value)
    taken = np.zeros(count, np.bool_)
    best, worth, left, k, visited = 0.0, 0.0, budget, 0, 0
    slack = 1e-12 * budget
    while True:
        visited += 1
        if visited > nodes:
            return best, False
        bound, room, j = worth, left, k
        while j < count and price[j] <= room + slack:
            bound += value[j]
            room -= price[j]
            j += 1
        if j < count and price[j] > 0.0:
            bound += value[j] * max(room, 0.0) / price[j]
        if k < count and bound > best * (1.0 + 1e-15):
            if price[k] <= left + slack:  # down, with item k
                taken[k] = True
                worth += value[k]
                left -= price[k]
                best = max(best, worth)
            k += 1
            continue
        k -= 1  # back to the last item taken, and on without it
        while k >= 0 and not taken[k]:
            k -= 1
        if k < 0:
            return best, True
        taken[k] = False
        worth -= value[k]
        left += price[k]
        k += 1
