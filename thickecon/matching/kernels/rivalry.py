"""The compiled loops behind :mod:`.blocking`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["count_blocks", "list_blocks", "thresholds"]

Ints = npt.NDArray[np.intp]
Short = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
def _row_of(agent: int, wanted: int, indptr: Ints, option: Short, flags: Flags, has_flags: bool) -> int:
    """The row in which ``agent`` accepts ``wanted``, -1 if there is none."""
    low, high = indptr[agent], indptr[agent + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if option[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    if low == end or option[low] != wanted or (has_flags and not flags[low]):
        return -1
    return low  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def thresholds(
    own: Ints,
    p_indptr: Ints,
    p_option: Short,
    p_values: Floats,
    p_flags: Flags,
    p_has: bool,
    r_indptr: Ints,
    r_option: Short,
    r_values: Floats,
    r_flags: Flags,
    r_has: bool,
    places: Ints,
    p_bar: Floats,
    r_bar: Floats,
) -> tuple[Flags, Flags]:
    """Raise the bars from being unmatched to what everybody has; say which matches somebody does not accept.

    A receiver's bar rises only if its places are full with proposers it accepts: to the worst of them.
    """
    n, m = len(own), len(places)
    p_objects = np.zeros(n, np.bool_)
    r_objects = np.zeros(n, np.bool_)
    worst = np.full(m, np.inf)
    held = np.zeros(m, np.intp)
    for i in range(n):
        j = own[i]
        if j < 0:
            continue
        row = _row_of(i, j, p_indptr, p_option, p_flags, p_has)
        if row < 0:
            p_objects[i] = True
        else:
            p_bar[i] = p_values[row]
        row = _row_of(j, i, r_indptr, r_option, r_flags, r_has)
        if row < 0:
            r_objects[i] = True
        else:
            held[j] += 1
            worst[j] = min(worst[j], r_values[row])
    for j in range(m):
        if held[j] >= places[j]:
            r_bar[j] = max(r_bar[j], worst[j])
    return p_objects, r_objects


@njit(cache=True, nogil=True)
def count_blocks(
    own: Ints,
    p_indptr: Ints,
    p_option: Short,
    p_values: Floats,
    p_flags: Flags,
    p_has: bool,
    r_indptr: Ints,
    r_option: Short,
    r_values: Floats,
    r_flags: Flags,
    r_has: bool,
    p_bar: Floats,
    r_bar: Floats,
) -> int:
    """Number of blocking pairs; the receiver's row is looked up only where the proposer would gain."""
    found = 0
    for i in range(len(own)):
        for row in range(p_indptr[i], p_indptr[i + 1]):
            j = p_option[row]
            if not p_values[row] > p_bar[i] or j == own[i] or (p_has and not p_flags[row]):
                continue
            theirs = _row_of(j, i, r_indptr, r_option, r_flags, r_has)
            if theirs >= 0 and r_values[theirs] > r_bar[j]:
                found += 1
    return found


@njit(cache=True, nogil=True)
def list_blocks(
    own: Ints,
    p_indptr: Ints,
    p_option: Short,
    p_values: Floats,
    p_flags: Flags,
    p_has: bool,
    r_indptr: Ints,
    r_option: Short,
    r_values: Floats,
    r_flags: Flags,
    r_has: bool,
    p_bar: Floats,
    r_bar: Floats,
) -> Ints:
    """(k, 2) blocking pairs, proposers in order, receivers in order within."""
    pairs = np.empty((64, 2), np.intp)
    found = 0
    for i in range(len(own)):
        for row in range(p_indptr[i], p_indptr[i + 1]):
            j = p_option[row]
            if not p_values[row] > p_bar[i] or j == own[i] or (p_has and not p_flags[row]):
                continue
            theirs = _row_of(j, i, r_indptr, r_option, r_flags, r_has)
            if theirs < 0 or not r_values[theirs] > r_bar[j]:
                continue
            if found == len(pairs):
                larger = np.empty((2 * found, 2), np.intp)
                larger[:found] = pairs
                pairs = larger
            pairs[found, 0] = i
            pairs[found, 1] = j
            found += 1
    return pairs[:found].copy()
