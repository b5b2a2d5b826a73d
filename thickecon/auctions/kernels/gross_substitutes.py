"""Markets in which agents add up item values over independent sets of a matroid: allocations and item prices.

Tables are (agents, items), gains over the reserve, ``-inf`` where there is no bid. ``independent[i](items)`` says which
sets agent i can use. Each agent takes at most one unit of an item.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..._core.arrays import BoolArray, FloatArray
from ...errors import InputError

__all__ = ["Oracle", "ascending_prices", "best_sets", "demanded", "exchanges", "least_prices"]

Oracle = Callable[[Sequence[int]], bool]
Positions = npt.NDArray[np.intp]

STEPS = 200_000
"""Most steps of an ascending auction."""


def demanded(net: FloatArray, independent: Oracle, held: BoolArray | None = None) -> list[int]:
    """The best independent set at gains net of prices, by the greedy algorithm; ``held`` items come first in ties.

    References
    ----------
    J. Edmonds, Matroids and the greedy algorithm, Math. Programming 1 (1971), 127-136, doi:10.1007/BF01584082

    Examples
    --------
    >>> demanded(np.array([3.0, 2.0, 1.0]), lambda items: len(items) <= 2)
    [0, 1]
    """
    first = np.zeros(len(net), dtype=bool) if held is None else held
    made: list[int] = []
    for k in np.lexsort((~first, -net)).tolist():
        if (net[k] > 0.0 or (net[k] == 0.0 and first[k])) and independent([*made, k]):
            made.append(k)
    return made


def exchanges(held: Sequence[int], k: int, independent: Oracle) -> tuple[bool, list[int]]:
    """Can item k be added to ``held``, and which of these could it replace?"""
    adds = independent([*held, k])
    if adds:
        return True, list(held)
    return False, [y for y in held if independent([*(x for x in held if x != y), k])]


def best_sets(gain: FloatArray, supply: Positions, independent: Sequence[Oracle]) -> BoolArray:
    """(agents, items) the allocation with the greatest sum of gains.

    Weighted matroid intersection (agents' sets, units of items) by successive shortest augmenting paths.

    References
    ----------
    A. Frank, A weighted matroid intersection algorithm, J. Algorithms 2 (1981), 328-336,
    doi:10.1016/0196-6774(81)90032-8; K. Murota, Discrete Convex Analysis, SIAM (2003), doi:10.1137/1.9780898718508

    Examples
    --------
    >>> best_sets(np.array([[5.0, 4.0], [4.0, 1.0]]), np.array([1, 1]), [lambda s: len(s) <= 1] * 2).astype(
    ...     int
    ... ).tolist()
    [[0, 1], [1, 0]]
    """
    taken = np.zeros(gain.shape, dtype=bool)
    while True:
        path = _augmenting(gain, taken, supply, independent)
        if path is None:
            return taken
        for i, k in path:
            taken[i, k] = not taken[i, k]


def _augmenting(
    gain: FloatArray, taken: BoolArray, supply: Positions, independent: Sequence[Oracle]
) -> list[tuple[int, int]] | None:
    """The path of greatest gain, and among these of fewest steps; None if none gains anything."""
    n, m = gain.shape
    left = supply - taken.sum(axis=0)
    source = np.full((n, m), -np.inf)
    tails, heads, worth = [], [], []
    for i in range(n):
        held = np.flatnonzero(taken[i]).tolist()
        for k in np.flatnonzero((gain[i] > 0.0) & ~taken[i]).tolist():
            adds, outs = exchanges(held, k, independent[i])
            if adds:
                source[i, k] = gain[i, k]
            for y in outs:  # y leaves agent i, who takes k instead
                tails.append(i * m + y)
                heads.append(i * m + k)
                worth.append(gain[i, k])
            if left[k] <= 0:
                for j in np.flatnonzero(taken[:, k]).tolist():  # j gives up its unit of k to i
                    tails.append(i * m + k)
                    heads.append(j * m + k)
                    worth.append(-gain[j, k])
    ends = (~taken & (left > 0)).ravel()
    return _longest(source.ravel(), np.array(tails, int), np.array(heads, int), np.array(worth), ends, m)


def _longest(
    source: FloatArray, tails: Positions, heads: Positions, worth: FloatArray, ends: BoolArray, m: int
) -> list[tuple[int, int]] | None:
    """Bellman and Ford by number of steps; the first layer that attains the greatest gain at an end."""
    layers, parents = [source], [np.full(len(source), -1)]
    top, at, tol = 0.0, (-1, -1), 1e-12 * float(np.abs(source[np.isfinite(source)]).max(initial=0.0))
    for depth in range(len(source) + 1):
        here = np.where(ends, layers[-1], -np.inf)
        best = int(np.argmax(here)) if len(here) else -1
        if best >= 0 and here[best] > top + tol:
            top, at = float(here[best]), (depth, best)
        if not len(tails):
            break
        reached = layers[-1][tails] + worth
        following, parent = np.full(len(source), -np.inf), np.full(len(source), -1)
        order = np.argsort(reached, kind="stable")  # the last writer is the largest
        following[heads[order]], parent[heads[order]] = reached[order], tails[order]
        known = np.maximum.reduce(layers)
        following = np.where(following > known + tol, following, -np.inf)
        if not np.isfinite(following).any():
            break
        layers.append(following)
        parents.append(parent)
    if at[0] < 0:
        return None
    depth, node = at
    path = []
    while True:
        path.append((node // m, node % m))
        if depth == 0:
            return path
        node, depth = int(parents[depth][node]), depth - 1


def least_prices(gain: FloatArray, taken: BoolArray, supply: Positions, independent: Sequence[Oracle]) -> FloatArray:
    """(items,) the least prices over the reserve at which every agent demands what it takes.

    Nobody wants to add an item or to exchange one for another (for gross substitutes nothing else needs to be
    checked): ``p_k >= gain_ik`` and ``p_k >= gain_ik - gain_iy + p_y``; the least solution by longest paths.

    References
    ----------
    F. Gul and E. Stacchetti, J. Economic Theory 87 (1999), 95-124, doi:10.1006/jeth.1999.2531

    Examples
    --------
    >>> gain, one = np.array([[5.0, 4.0], [4.0, 1.0]]), [lambda s: len(s) <= 1] * 2
    >>> least_prices(gain, best_sets(gain, np.array([1, 1]), one), np.array([1, 1]), one).tolist()
    [1.0, 0.0]
    """
    n, m = gain.shape
    price, tails, heads, step = np.zeros(m), [], [], []
    for i in range(n):
        held = np.flatnonzero(taken[i]).tolist()
        for k in np.flatnonzero((gain[i] > 0.0) & ~taken[i] & (supply > 0)).tolist():
            adds, outs = exchanges(held, k, independent[i])
            if adds:
                price[k] = max(price[k], gain[i, k])
            tails += outs
            heads += [k] * len(outs)
            step += [gain[i, k] - gain[i, y] for y in outs]
    for _ in range(m):
        raised = np.array(price)
        np.maximum.at(raised, np.array(heads, int), np.array(step) + price[np.array(tails, int)])
        if (raised == price).all():
            break
        price = raised
    return price


def ascending_prices(
    gain: FloatArray, supply: Positions, independent: Sequence[Oracle], increment: float, order: Positions
) -> tuple[BoolArray, FloatArray, int]:
    """What agents hold, (items,) prices over the reserve, and the number of bids of an ascending auction.

    1. Agents in turn ask for a best set, at current prices for what they hold or what is free and an increment more
       for what others hold.
    2. Who asks for a unit that another holds gets it, and its price rises by the increment.
    3. When nobody asks for more, items cost what their cheapest unit does.

    Raises
    ------
    InputError
        More than 200,000 bids: the increment is too small for these values.

    References
    ----------
    A. S. Kelso and V. P. Crawford, Econometrica 50 (1982), 1483-1504, doi:10.2307/1913392

    Examples
    --------
    >>> one = [lambda s: len(s) <= 1] * 2
    >>> held, price, _ = ascending_prices(np.array([[5.0], [3.0]]), np.array([1]), one, 1.0, np.array([0, 1]))
    >>> held.tolist(), price.tolist()
    ([[True], [False]], [2.0])
    """
    n, m = gain.shape
    holder = [np.full(int(k), -1) for k in supply]
    price = [np.zeros(int(k)) for k in supply]
    held, bids, waiting = np.zeros((n, m), dtype=bool), 0, order.tolist()
    while waiting:
        i = waiting.pop(0)
        offers = [_offer(holder[k], price[k], increment) for k in range(m)]
        cost = np.array([price[k][holder[k] == i][0] if held[i, k] else offers[k][0] for k in range(m)])
        for k in demanded(gain[i] - cost, independent[i], held[i]):
            if held[i, k]:
                continue
            unit = offers[k][1]
            loser = int(holder[k][unit])
            if loser >= 0:
                price[k][unit] += increment
                held[loser, k] = False
                waiting.append(loser)
            holder[k][unit], held[i, k] = i, True
            bids += 1
        if bids > STEPS:
            raise InputError(
                f"is too small: more than {STEPS} bids", where="increment", remedy="increment=0 for the limit, at once"
            )
    return held, np.array([p.min() if len(p) else 0.0 for p in price]), bids


def _offer(holder: npt.NDArray[np.int_], price: FloatArray, increment: float) -> tuple[float, int]:
    """What the cheapest unit would cost somebody else, and which it is."""
    if not len(price):
        return np.inf, -1
    ask = price + increment * (holder >= 0)
    unit = int(np.argmin(ask))
    return float(ask[unit]), unit
