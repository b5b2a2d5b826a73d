"""Integrals over [0, 1] that stand singular ends: the double exponential rule of Takahasi and Mori."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, frozen

__all__ = ["average", "nodes", "partial_integral", "pieces"]


@cache
def nodes(count: int = 32) -> tuple[FloatArray, FloatArray]:
    """(2 count + 1,) nodes in (0, 1) and weights of sum 1.

    References
    ----------
    Takahasi and Mori (1974), doi:10.2977/prims/1195192451

    Examples
    --------
    >>> x, w = nodes()
    >>> round(float(w @ x**-0.5), 6)
    2.0
    """
    t = np.linspace(-3.7, 3.1, 2 * count + 1)  # further down, where x is exact; 1 - x ends at 1e-15
    inner = np.pi / 2 * np.sinh(t)
    x = 1 / (1 + np.exp(-2 * inner))
    w = np.cosh(t) / np.cosh(inner) ** 2
    return frozen(x), frozen(w / w.sum())


def pieces(cuts: Iterable[float], count: int = 64) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights over [0, 1], each piece between cuts with a rule of its own."""
    inside = [c for c in cuts if 1e-12 < c < 1 - 1e-12]
    ends = np.unique(np.concatenate(([0.0], inside, [1.0])))
    x, w = nodes(count)
    width = np.diff(ends)[:, None]
    return (ends[:-1, None] + width * x).ravel(), (width * w).ravel()


def average(
    of: Callable[[FloatArray], FloatArray], ppf: Callable[[FloatArray], FloatArray], cuts: Iterable[float] = ()
) -> float:
    """E[of(v)] where v = ppf(u), u uniform; ``cuts`` are places in u where ``of`` has kinks."""
    u, w = pieces(cuts)
    return float(w @ of(ppf(np.minimum(u, np.nextafter(1.0, 0.0)))))  # ppf(1) may be infinite


def partial_integral(
    of: Callable[[FloatArray, slice], FloatArray],
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    cuts: tuple[float, ...] = (),
) -> FloatArray:
    """(k,) integrals from ``low`` to ``high``, (k,); ``of`` takes points (j, nodes) and which rows they are.

    ``cuts`` are points at which ``of`` has kinks.
    """
    low, high = np.broadcast_arrays(np.asarray(low, float), np.asarray(high, float))
    made = np.zeros(len(high))
    if cuts:
        ends = (-np.inf, *sorted(cuts), np.inf)
        for left, right in pairwise(ends):
            made += partial_integral(of, np.clip(left, low, high), np.clip(right, low, high))
        return made
    x, w = nodes()
    for start in range(0, len(high), 4096):  # blocks of rows, so that memory stays small
        rows = slice(start, start + 4096)
        width = (high[rows] - low[rows])[:, None]
        made[rows] = width[:, 0] * (of(low[rows, None] + width * x, rows) @ w)
    return made
