"""Weighted sums over motives: the one pass over the contributions that every lens makes.

The (C, rows) table is read in blocks that stay in the processor cache, so weighting, summing and rounding cost
little more than the bare sum; blocks go to a small thread pool because numpy releases the interpreter lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..errors import ProfileError
from .rows import Rows

__all__ = ["weighted_sum", "largest_pull", "grid_of", "round_to", "BITS"]

BITS = 36
"""Readings are rounded to 2**-BITS of the largest sum of absolute contributions (T15)."""

_BLOCK = 1 << 15


def _in_blocks(count: int, work: Callable[[int, int], None], block: int = _BLOCK) -> None:
    edges = range(0, count, block)
    if len(edges) < 8:
        for start in edges:
            work(start, min(start + block, count))
        return
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for _ in pool.map(lambda start: work(start, min(start + block, count)), edges):
            pass


def weighted_sum(
    contributions: FloatArray, weights: FloatArray | None, rows: Rows, resolution: float | None = None
) -> FloatArray:
    """(rows,) sum over motives of weight times contribution, rounded to ``resolution`` if given.

    Parameters
    ----------
    contributions
        (C, rows).
    weights
        None (all 1), (C,) shared by all agents, or (n, C) each agent's own.
    resolution
        Grid step; None or 0 leaves the sum as it is.
    """
    out = np.empty(contributions.shape[1])
    own = weights is not None and weights.ndim == 2
    columns = np.ascontiguousarray(weights.T) if own and weights is not None else weights
    agent, indptr = rows.agent, rows.indptr if own else None
    width = rows.n_options
    aligned = rows.dense and width <= _BLOCK  # then blocks hold whole agents, each with as many rows
    block = width * (_BLOCK // width) if aligned else _BLOCK

    def work(start: int, stop: int) -> None:
        part = out[start:stop]
        if columns is None:
            np.sum(contributions[:, start:stop], axis=0, out=part)
        else:
            scratch = np.empty(stop - start)
            if indptr is not None:  # rows are sorted by agent: repeating each weight is cheaper than gathering it
                first, last = int(agent[start]), int(agent[stop - 1]) + 1
                if aligned:
                    counts: Any = width
                else:
                    ends = np.clip(indptr[first : last + 1], start, stop)
                    counts = ends[1:] - ends[:-1]
            for c in range(len(contributions)):
                factor = columns[c] if indptr is None else np.repeat(columns[c, first:last], counts)
                np.multiply(contributions[c, start:stop], factor, out=part if c == 0 else scratch)
                if c:
                    part += scratch
        if resolution:
            part *= 1.0 / resolution
            np.rint(part, out=part)
            part *= resolution
        part += 0.0  # -0.0 becomes 0.0, so that equal readings are equal bits

    _in_blocks(len(out), work, block)
    return frozen(out, copy=False)


def largest_pull(contributions: FloatArray) -> float:
    """Largest over rows of the sum over motives of |contribution|."""
    best: list[float] = []

    def work(start: int, stop: int) -> None:
        with np.errstate(over="ignore"):  # grid_of says so
            best.append(float(np.abs(contributions[:, start:stop]).sum(axis=0).max(initial=0.0)))

    _in_blocks(contributions.shape[1], work)
    return max(best, default=0.0)


def grid_of(pull: float) -> float:
    """The grid step for a largest pull: a power of two, so rounding is exact.

    Raises
    ------
    ProfileError
        The pull overflows.

    The small factor keeps a pull that is a power of two up to the rounding of its sum on one side of it,
    whatever the order in which motives were added.
    """
    if pull <= 0.0:
        return 0.0
    if not np.isfinite(pull):
        raise ProfileError("sums over motives overflow", where="contributions", remedy="use a larger unit")
    exponent = int(np.floor(np.log2(pull * (1.0 + 2.0**-30))))
    return float(2.0 ** max(exponent - BITS, -1000))


def round_to(values: FloatArray, resolution: float) -> FloatArray:
    """``values`` on the grid, frozen."""
    if not resolution:
        return frozen(values)
    # the same two steps as in weighted_sum: a value and doing nothing that are equal must round alike
    return frozen(np.rint(values * (1.0 / resolution)) * resolution + 0.0, copy=False)
