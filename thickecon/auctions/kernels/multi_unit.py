"""Units of one good: who wins them, and at what scores of others they would be lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, frozen

__all__ = ["UnitsSold", "best_prefixes", "sell_units"]

Positions = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, eq=False)
class UnitsSold:
    """Who wins units of one good.

    Attributes
    ----------
    won
        (k,) winning rows, best first.
    threshold
        (k,) of each row won, the score of others at which its owner would lose it: of an agent's k units the j-th is
        held against the (k - j + 1)-th of the losing scores of others. -inf: against nobody.
    losing
        The largest losing score, -inf without one.
    """

    won: IntArray
    threshold: FloatArray
    losing: float


def sell_units(agent: Positions, scores: FloatArray, units: int, reserve: float, lottery: FloatArray) -> UnitsSold:
    """The largest ``units`` scores of at least ``reserve`` win; an agent's ticket breaks ties, the lowest first.

    Parameters
    ----------
    agent
        (rows,) positions, sorted.
    scores
        (rows,) not increasing within an agent.
    units
        For sale.
    reserve
        Least score that may win.
    lottery
        (n,) tickets.
    """
    inside = np.flatnonzero(scores >= reserve)
    if len(inside) > 4 * (units + 1):  # only the best can win or set a price, but for those an agent holds itself
        inside = _contenders(agent, scores, inside, units)
    order = inside[np.lexsort((inside, agent[inside], lottery[agent[inside]], -scores[inside]))]
    won, lost = order[:units], order[units:]
    threshold = _thresholds(
        agent[won].astype(np.intp), agent[lost].astype(np.intp), scores[lost], int(agent[-1]) + 1 if len(agent) else 0
    )
    losing = float(scores[lost[0]]) if len(lost) else -np.inf
    return UnitsSold(frozen(won.astype(np.intp)), frozen(threshold, copy=False), losing)


def _contenders(agent: Positions, scores: FloatArray, inside: IntArray, units: int) -> IntArray:
    """Rows of ``inside`` among the best 2 units + 1 scores of ``units`` rows an agent at most, and all that tie.

    Of an agent's rows only the first ``units`` can win or be held against others; of others at most ``units`` losing
    scores matter to it, and no more than ``units`` of the ranked are its own or win.
    """
    start = np.searchsorted(agent, agent[inside])
    kept = inside[inside - start < units]
    most = 3 * units
    if len(kept) <= most:
        return kept
    floor = -np.partition(-scores[kept], most)[most]
    made: IntArray = kept[scores[kept] >= floor]
    return made


@numba.njit(cache=True)
def _thresholds(winner: IntArray, loser: IntArray, losing: FloatArray, n: int) -> FloatArray:
    made = np.full(len(winner), -np.inf)
    seen = np.zeros(n, dtype=np.int64)  # losing scores passed for each agent, whose last unit comes first
    for back in range(len(winner) - 1, -1, -1):
        i = winner[back]
        k = seen[i]
        while k < len(loser) and loser[k] == i:
            k += 1
        if k < len(loser):
            made[back] = losing[k]
            k += 1
        seen[i] = k
    return made


def best_prefixes(weights: FloatArray, units: int) -> IntArray:
    """(n,) how many units each agent takes where sums of its first weights are greatest, by dynamic programming.

    Parameters
    ----------
    weights
        (n, k) of first, second, ... units, -inf where an agent bids for no more.
    units
        At most so many in all.
    """
    n, k = weights.shape
    sums = np.concatenate([np.zeros((n, 1)), np.cumsum(weights, axis=1)], axis=1)
    best, choice = np.zeros(units + 1), np.zeros((n, units + 1), dtype=np.intp)
    for i in range(n):
        now = best.copy()
        for take in range(1, min(k, units) + 1):
            if sums[i, take] == -np.inf:
                break
            with_these = best[: units + 1 - take] + sums[i, take]
            better = with_these > now[take:]
            now[take:][better] = with_these[better]
            choice[i, take:][better] = take
        best = now
    counts, left = np.zeros(n, dtype=np.intp), units
    for i in range(n - 1, -1, -1):
        counts[i] = choice[i, left]
        left -= int(counts[i])
    return counts
