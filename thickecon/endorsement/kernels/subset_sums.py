"""The order that contradicts least: the linear ordering problem by dynamic programming over subsets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["best_orders", "linear_order", "most_consistent"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@njit(cache=True)
def _costs(w: Floats) -> Floats:
    """(2^K,) least cost of having exactly the options of a mask on top, whatever their order."""
    size = w.shape[0]
    best = np.full(1 << size, np.inf)
    added = np.zeros((1 << size, size))  # what it costs to put a below all of the mask
    best[0] = 0.0
    for mask in range(1, 1 << size):
        low = 0
        while not (mask >> low) & 1:
            low += 1
        rest = mask & (mask - 1)
        for a in range(size):
            added[mask, a] = added[rest, a] + w[low, a]
    for mask in range(1 << size):
        for a in range(size):
            if not (mask >> a) & 1:
                cost = best[mask] + added[mask, a]
                if cost < best[mask | (1 << a)]:
                    best[mask | (1 << a)] = cost
    return best


def linear_order(w: Floats) -> float:
    """The least sum of w[x, a] over pairs that an order puts x above a.

    Parameters
    ----------
    w
        (K, K) nonnegative, diagonal ignored; K at most about 20.
    """
    table = np.array(w, dtype=np.float64)
    np.fill_diagonal(table, 0.0)
    return float(_costs(table)[-1])


def best_orders(w: Floats, most: int = 1000) -> tuple[float, int, list[tuple[int, ...]]]:
    """The least cost, how many orders attain it, and the first ``most`` of them, best option first.

    1. The least cost of every set of options on top, by adding one at a time below it.
    2. Backwards from the whole set: an option can be the last of a set iff the costs add up.

    Costs within 1e-9 of the sum of all weights count as equal.

    Parameters
    ----------
    w
        (K, K) cost of having x above a.
    most
        Orders listed.
    """
    table = np.array(w, dtype=np.float64)
    np.fill_diagonal(table, 0.0)
    size, best = len(table), _costs(table)
    tol = 1e-9 * max(float(table.sum()), 1e-300)
    ways: dict[int, int] = {0: 1}

    def lasts(mask: int) -> list[int]:
        inside = [a for a in range(size) if mask >> a & 1]
        found = []
        for a in inside:
            rest = mask & ~(1 << a)
            cost = best[rest] + sum(table[x, a] for x in inside if x != a)
            if cost <= best[mask] + tol:
                found.append(a)
        return found

    def count(mask: int) -> int:
        if mask not in ways:
            ways[mask] = sum(count(mask & ~(1 << a)) for a in lasts(mask))
        return ways[mask]

    listed: list[tuple[int, ...]] = []

    def walk(mask: int, below: tuple[int, ...]) -> None:
        if len(listed) >= most:
            return
        if not mask:
            listed.append(below)
            return
        for a in lasts(mask):
            walk(mask & ~(1 << a), (a, *below))

    full = (1 << size) - 1
    total = count(full)
    walk(full, ())
    return float(best[-1]), total, sorted(listed)


@njit(cache=True)
def _fewest(menu: Codes, chosen: Codes, weight: Floats, size: int) -> float:
    """Least weight of rows whose choice is not the top of their menu, over all orders."""
    wrong = np.zeros((size, 1 << size))  # [a, mask]: rows with menu == mask that offer a and choose something else
    for row in range(len(menu)):
        for a in range(size):
            if (menu[row] >> a) & 1 and chosen[row] != a:
                wrong[a, menu[row]] += weight[row]
    for a in range(size):  # sums over subsets of the mask
        for bit in range(size):
            for mask in range(1 << size):
                if (mask >> bit) & 1:
                    wrong[a, mask] += wrong[a, mask ^ (1 << bit)]
    full = (1 << size) - 1
    best = np.full(1 << size, np.inf)
    best[0] = 0.0
    for mask in range(1 << size):
        for a in range(size):
            if not (mask >> a) & 1:  # a comes next: it decides the menus with a and nothing of the mask
                cost = best[mask] + wrong[a, full & ~mask]
                if cost < best[mask | (1 << a)]:
                    best[mask | (1 << a)] = cost
    return float(best[full])


def most_consistent(menu: Codes, chosen: Codes, weight: Floats, size: int) -> float:
    """Weight of the fewest rows to be left out so that one order explains the others (Houtman and Maks).

    Parameters
    ----------
    menu
        (rows,) masks.
    chosen
        (rows,) positions.
    weight
        (rows,).
    size
        Options, at most about 16.

    References
    ----------
    Houtman and Maks (1985), Kwantitatieve Methoden 19, 89-104.
    """
    return float(_fewest(menu.astype(np.int64), chosen.astype(np.int64), weight.astype(np.float64), size))
