"""The compiled loops of deferred acceptance.

Proposals are made in rounds (Gale and Shapley's own order): everybody who is free proposes once, then whoever was
turned away or displaced. The outcome does not depend on the order (McVitie and Wilson 1971), but the time does:
proposals of one round do not wait for one another, so their cache misses overlap, while a chain of displaced
proposers pays for each in turn.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["propose_to_many", "propose_to_one"]

Ints = npt.NDArray[np.intp]
Short = npt.NDArray[np.int32]

_NOBODY = np.iinfo(np.int32).max


@njit(cache=True, nogil=True)
def propose_to_one(tokens: Short, indptr: Ints, edges: Short, open_: npt.NDArray[np.bool_]) -> Short:
    """(m,) who each receiver holds, at most one, -1 nobody.

    ``tokens`` lists the proposers, one as often as it has places to fill; ``open_[j]``: may j hold anybody?
    """
    n = len(indptr) - 1
    m = len(open_)
    state = np.empty((n, 2), np.intp)  # next entry of the list, and its end
    for i in range(n):
        state[i, 0] = indptr[i]
        state[i, 1] = indptr[i + 1]
    held = np.empty((m, 2), np.int32)  # rank and name of the proposer held
    for j in range(m):
        held[j, 0] = _NOBODY if open_[j] else -1
        held[j, 1] = -1
    free = tokens.copy()
    count = len(free)
    while count:
        left = 0
        for t in range(count):
            i = free[t]
            e = state[i, 0]
            if e == state[i, 1]:
                continue
            state[i, 0] = e + 1
            j = edges[e, 0]
            rank = edges[e, 1]
            turned_away = i
            if rank < held[j, 0]:
                turned_away = held[j, 1]
                held[j, 0] = rank
                held[j, 1] = i
            if turned_away >= 0:
                free[left] = turned_away
                left += 1
        count = left
    return held[:, 1].copy()


@njit(cache=True, nogil=True)
def _sift_down(heap: Short, base: int, size: int, rank: int, proposer: int) -> None:
    """Put (rank, proposer) in place of the worst, which stands at the root of the heap."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[base + child + 1, 0] > heap[base + child, 0]:
            child += 1
        if heap[base + child, 0] <= rank:
            break
        heap[base + at, 0] = heap[base + child, 0]
        heap[base + at, 1] = heap[base + child, 1]
        at = child
    heap[base + at, 0] = rank
    heap[base + at, 1] = proposer


@njit(cache=True, nogil=True)
def _sift_up(heap: Short, base: int, at: int, rank: int, proposer: int) -> None:
    """Add (rank, proposer) at place ``at``, the first free one."""
    while at:
        parent = (at - 1) // 2
        if heap[base + parent, 0] >= rank:
            break
        heap[base + at, 0] = heap[base + parent, 0]
        heap[base + at, 1] = heap[base + parent, 1]
        at = parent
    heap[base + at, 0] = rank
    heap[base + at, 1] = proposer


@njit(cache=True, nogil=True)
def propose_to_many(indptr: Ints, edges: Short, seats: Ints) -> Ints:
    """(n,) receiver of each proposer, -1 none; receiver j holds the best ``seats[j + 1] - seats[j]`` in a heap."""
    n, m = len(indptr) - 1, len(seats) - 1
    state = np.empty((n, 2), np.intp)
    free = np.empty(n, np.int32)
    for i in range(n):
        state[i, 0] = indptr[i]
        state[i, 1] = indptr[i + 1]
        free[i] = i
    heap = np.empty((seats[m], 2), np.int32)
    size = np.zeros(m, np.intp)
    count = n
    while count:
        left = 0
        for t in range(count):
            i = free[t]
            e = state[i, 0]
            if e == state[i, 1]:
                continue
            state[i, 0] = e + 1
            j = edges[e, 0]
            rank = edges[e, 1]
            base = seats[j]
            quota = seats[j + 1] - base
            if size[j] < quota:
                _sift_up(heap, base, size[j], rank, i)
                size[j] += 1
                continue
            turned_away = i
            if quota > 0 and rank < heap[base, 0]:
                turned_away = heap[base, 1]
                _sift_down(heap, base, quota, rank, i)
            free[left] = turned_away
            left += 1
        count = left
    partner = np.full(n, -1, np.intp)
    for j in range(m):
        for q in range(size[j]):
            partner[heap[seats[j] + q, 1]] = j
    return partner
