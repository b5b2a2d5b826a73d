"""What certificates of slot auctions recompute: who sits in which slot, and what the next below would pay."""

from __future__ import annotations

import numpy as np

from .._core.arrays import FloatArray

__all__ = ["next_bids", "slots_gap"]


def slots_gap(share: FloatArray, clicks: FloatArray) -> float:
    """By how much the clicks of rows (rows,) differ from those of slots of their own, no two of the same.

    Examples
    --------
    >>> (
    ...     slots_gap(np.array([1.0, 0.0, 0.5]), np.array([1.0, 0.5])),
    ...     slots_gap(np.array([1.0, 1.0]), np.array([1.0, 0.5])),
    ... )
    (0.0, 0.5)
    """
    if not np.isfinite(share).all():
        return float("inf")
    gap = float(np.maximum(-share, 0.0).max(initial=0.0))
    left = clicks.tolist()
    for got in np.sort(share[share > 0])[::-1][: len(left) + 1].tolist():
        off = [abs(got - a) for a in left]
        gap = max(gap, min(off, default=got))
        if off:
            left.pop(int(np.argmin(off)))
    return gap


def next_bids(gain: FloatArray, share: FloatArray) -> FloatArray:
    """(rows,) clicks times the largest gain among rows with fewer clicks or none, at least 0.

    Examples
    --------
    >>> next_bids(np.array([10.0, 4.0, 2.0]), np.array([200.0, 100.0, 0.0])).tolist()
    [800.0, 200.0, 0.0]
    """
    order = np.lexsort((-gain, -share))
    after = np.append(np.maximum.accumulate(np.maximum(gain[order], 0.0)[::-1])[::-1], 0.0)
    made = np.zeros(len(gain))
    made[order] = share[order] * after[1:]
    return made
