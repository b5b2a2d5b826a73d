"""Bids on intervals of items in a row, one unit each, of which any that fit win: a dynamic programme, no solver."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from ..._core.arrays import BoolArray, FloatArray

__all__ = ["best_intervals", "interval_ends"]

Positions = npt.NDArray[np.signedinteger[Any]]


def interval_ends(table: npt.ArrayLike) -> tuple[Positions, Positions] | None:
    """(bids,) first item and one past the last of each bid, or None if some bid is not one unit each of neighbours.

    Parameters
    ----------
    table
        (bids, items) units, at least one a bid.

    Examples
    --------
    >>> first, past = interval_ends([[1, 1, 0], [0, 0, 1]])
    >>> first.tolist(), past.tolist(), interval_ends([[1, 0, 1]])
    ([0, 2], [2, 3], None)
    """
    units = np.asarray(table, dtype=np.float64)
    if units.ndim != 2 or not units.size or (units > 1.0).any():
        return None
    here = units > 0.0
    first = np.argmax(here, axis=1)
    past = units.shape[1] - np.argmax(here[:, ::-1], axis=1)
    if not here.any(axis=1).all() or (past - first != here.sum(axis=1)).any():
        return None
    return first, past


def best_intervals(first: Positions, past: Positions, gain: FloatArray, live: BoolArray | None = None) -> BoolArray:
    """(bids,) disjoint intervals of the greatest total gain.

    1. Sort bids by where they end; ``best[t]`` is the most that bids ending at item t or before can gain.
    2. ``best[t] = max(best[t - 1], best[first] + gain)`` over bids that end at t.
    3. Walk back from the last item.

    Parameters
    ----------
    first, past
        (bids,) as `interval_ends` gives them.
    gain
        (bids,)
    live
        (bids,) bids that may win; None: those that gain something.

    References
    ----------
    M. H. Rothkopf, A. Pekec and R. M. Harstad, Computationally manageable combinational auctions, Management Science
    44 (1998), 1131-1147, section 4, doi:10.1287/mnsc.44.8.1131

    Examples
    --------
    >>> best_intervals(np.array([0, 1, 0]), np.array([1, 3, 3]), np.array([2.0, 3.0, 4.0])).tolist()
    [True, True, False]
    """
    open_ = gain > 0.0 if live is None else live & (gain > 0.0)
    at = np.flatnonzero(open_)
    won = np.zeros(len(gain), dtype=bool)
    if at.size:
        order = at[np.argsort(past[at], kind="stable")]
        picked = _walk(first[order].astype(np.int64), past[order].astype(np.int64), gain[order].astype(np.float64))
        won[order[picked]] = True
    return won


@njit(cache=True)
def _walk(first: Any, past: Any, gain: Any) -> Any:  # pragma: no cover - compiled
    items = past[-1]
    best = np.zeros(items + 1)
    by = np.full(items + 1, -1, dtype=np.int64)
    row = 0
    for t in range(1, items + 1):
        best[t] = best[t - 1]
        while row < len(past) and past[row] == t:
            worth = best[first[row]] + gain[row]
            if worth > best[t]:
                best[t], by[t] = worth, row
            row += 1
    picked = np.zeros(len(first), dtype=np.bool_)
    t = items
    while t > 0:
        if by[t] < 0:
            t -= 1
        else:
            picked[by[t]] = True
            t = first[by[t]]
    return picked
