"""Slots of a page: their clicks as a parameter, and what certificates recompute of who sits where and what it costs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, require_finite
from ..errors import InputError

__all__ = ["as_clicks", "next_bids", "numbers_of", "slots_gap"]


def numbers_of(given: npt.ArrayLike, where: str) -> FloatArray:
    """A parameter that is a list of finite numbers.

    Raises
    ------
    InputError
        No list, an empty one, or numbers that are not finite.
    """
    made = as_floats(given, where)
    if made.ndim != 1 or not made.size:
        raise InputError(f"must be a list of at least one number, found shape {made.shape}", where=where)
    require_finite(made, where)
    return made


def as_clicks(given: npt.ArrayLike) -> tuple[float, ...]:
    """Clicks of slots, best slot first.

    Raises
    ------
    InputError
        As :func:`numbers_of`; numbers that are negative or increase.
    """
    made = numbers_of(given, "clicks")
    if (made < 0).any() or (np.diff(made) > 0).any():
        raise InputError(
            f"must be at least 0 and not increase from slot to slot, found {made.tolist()}",
            where="clicks",
            remedy="list the slots best first",
        )
    return tuple(made.tolist())


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
