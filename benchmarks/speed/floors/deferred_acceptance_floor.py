"""The floor of deferred acceptance: bare numba loops on arrays that lie ready, one to one, no checks.

Displaced proposers go on at once (McVitie and Wilson 1971), the textbook loop. Whatever is faster has to find
something better than the textbook; whatever is slower pays for generality.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def dense(preference, rank):
    """(m,) proposer held by each receiver; preference (n, m) best first, rank (m, n) of proposers."""
    n, m = preference.shape
    held = np.full(m, -1, np.int32)
    at = np.zeros(n, np.int32)
    for first in range(n):
        i = first
        while i >= 0 and at[i] < m:
            j = preference[i, at[i]]
            at[i] += 1
            k = held[j]
            if k < 0 or rank[j, i] < rank[j, k]:
                held[j] = i
                i = k
    return held


@njit(cache=True, nogil=True)
def sparse(indptr, receiver, rank, m):
    """The same on lists: entry e of a proposer's list holds the receiver and its rank of that proposer."""
    n = len(indptr) - 1
    held = np.full(m, -1, np.int32)
    held_rank = np.full(m, np.iinfo(np.int32).max, np.int32)
    at = indptr[:-1].copy()
    for first in range(n):
        i = first
        while i >= 0 and at[i] < indptr[i + 1]:
            e = at[i]
            at[i] = e + 1
            j = receiver[e]
            if rank[e] < held_rank[j]:
                k = held[j]
                held[j], held_rank[j] = i, rank[e]
                i = k
    return held
