"""A shop with posted prices: who comes first takes what is best of what is left."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray

__all__ = ["serve_in_turn"]


def serve_in_turn(
    queue: npt.NDArray[np.integer],
    indptr: npt.NDArray[np.integer],
    option: npt.NDArray[np.integer],
    net: FloatArray,
    demand: FloatArray,
    stock: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """(rows,) what is taken, and (options,) what is left.

    1. Agents come as in the ``queue``.
    2. Each takes its best rows of those with a net worth of at least 0 and a unit in stock, up to its demand; the
       first row breaks ties.

    Parameters
    ----------
    queue
        (agents,) positions, in the order in which they come.
    indptr
        (agents + 1,) rows of agent i are ``indptr[i]:indptr[i + 1]``.
    option, net
        (rows,) what it is, and its worth less the price.
    demand
        (agents,) most that each takes, may be infinite.
    stock
        (options,) units.

    Examples
    --------
    >>> taken, left = serve_in_turn(
    ...     np.array([1, 0]),
    ...     np.array([0, 2, 4]),
    ...     np.array([0, 1, 0, 1]),
    ...     np.array([3.0, 1.0, 2.0, 1.0]),
    ...     np.array([1.0, 1.0]),
    ...     np.array([1.0, 1.0]),
    ... )
    >>> taken.tolist(), left.tolist()
    ([0.0, 1.0, 1.0, 0.0], [0.0, 0.0])
    """
    agent = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    best_first = np.lexsort((-net, agent))
    left = np.array(stock, dtype=np.float64)
    # numba wants arrays that may be written to, of one kind
    made = _serve(
        np.array(queue, dtype=np.int64),
        np.array(indptr, dtype=np.int64),
        np.array(option, dtype=np.int64),
        np.array(best_first, dtype=np.int64),
        np.array(net, dtype=np.float64),
        np.array(demand, dtype=np.float64),
        left,
    )
    return made, left


@numba.njit(cache=True)  # type: ignore[misc, unused-ignore]
def _serve(
    queue: npt.NDArray[np.int64],
    indptr: npt.NDArray[np.int64],
    option: npt.NDArray[np.int64],
    best_first: npt.NDArray[np.int64],
    net: FloatArray,
    demand: FloatArray,
    left: FloatArray,
) -> FloatArray:
    taken = np.zeros(len(net))
    for i in queue:
        room = demand[i]
        for at in range(indptr[i], indptr[i + 1]):
            row = best_first[at]
            if room < 1.0 or not net[row] >= 0.0:
                break
            if left[option[row]] >= 1.0:
                taken[row] = 1.0
                left[option[row]] -= 1.0
                room -= 1.0
    return taken
