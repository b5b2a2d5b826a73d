"""The compiled loops behind :mod:`.sides`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .ordering import LOTTERY_BY_OPTION, NO_LOTTERY, break_ties, order_segment

__all__ = ["align_rows", "compact", "pack_ranks", "transpose_edges"]

Ints = npt.NDArray[np.intp]
Short = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
def pack_ranks(
    first: int,
    last: int,
    indptr: Ints,
    option: Short,
    values: Floats,
    longest: int,
    acceptable: Flags,
    has_acceptable: bool,
    lottery: Floats,
    lottery_kind: int,
    packed: Short,
) -> None:
    """Fill ``packed`` (rows, 2) with (option, rank) for agents first..last-1; rank -1 where unacceptable."""
    mine = np.empty(longest)
    numbers = np.empty(longest)
    where = np.empty(longest, np.int32)
    order = np.empty(longest, np.int32)
    keys = np.empty((2, longest), np.uint64)
    spare = np.empty(longest, np.int32)
    scratch = np.empty(longest)
    run = np.empty(2 * longest, np.int32)
    for agent in range(first, last):
        start = indptr[agent]
        count = 0
        for row in range(start, indptr[agent + 1]):
            packed[row, 0] = option[row]
            packed[row, 1] = -1
            if has_acceptable and not acceptable[row]:
                continue
            mine[count] = values[row]
            where[count] = row - start
            if lottery_kind != NO_LOTTERY:
                numbers[count] = lottery[option[row] if lottery_kind == LOTTERY_BY_OPTION else row]
            count += 1
        order_segment(mine, count, order, keys, spare)
        if lottery_kind != NO_LOTTERY:
            break_ties(mine, numbers, count, order, scratch, keys, spare, run)
        for place in range(count):
            packed[start + where[order[place]], 1] = place


@njit(cache=True, nogil=True)
def _cursors(first: int, indptr: Ints, packed: Short) -> Ints:
    """(m, 2) each receiver's first row whose option is ``first`` or later, and the end of its rows."""
    m = len(indptr) - 1
    made = np.empty((m, 2), np.intp)
    for j in range(m):
        low, high = indptr[j], indptr[j + 1]
        made[j, 1] = high
        while first > 0 and low < high:
            middle = (low + high) // 2
            if packed[middle, 0] < first:
                low = middle + 1
            else:
                high = middle
        made[j, 0] = low
    return made


@njit(cache=True, nogil=True)
def align_rows(
    first: int,
    last: int,
    indptr: Ints,
    option: Short,
    values: Floats,
    longest: int,
    acceptable: Flags,
    has_acceptable: bool,
    lottery: Floats,
    lottery_kind: int,
    other_indptr: Ints,
    packed: Short,
    edges: Short,
    kept: Ints,
) -> None:
    """Write the lists of proposers first..last-1 at ``edges[indptr[i]:]``, ``kept[i]`` entries each."""
    cursor = _cursors(first, other_indptr, packed)
    mine = np.empty(longest)
    numbers = np.empty(longest)
    receiver = np.empty(longest, np.int32)
    rank = np.empty(longest, np.int32)
    order = np.empty(longest, np.int32)
    keys = np.empty((2, longest), np.uint64)
    spare = np.empty(longest, np.int32)
    scratch = np.empty(longest)
    run = np.empty(2 * longest, np.int32)
    for i in range(first, last):
        start = indptr[i]
        count = 0
        for row in range(start, indptr[i + 1]):
            j = option[row]
            at, end = cursor[j, 0], cursor[j, 1]
            while at < end and packed[at, 0] < i:
                at += 1
            cursor[j, 0] = at
            if at == end or packed[at, 0] != i or packed[at, 1] < 0 or (has_acceptable and not acceptable[row]):
                continue
            mine[count] = values[row]
            receiver[count] = j
            rank[count] = packed[at, 1]
            if lottery_kind != NO_LOTTERY:
                numbers[count] = lottery[j if lottery_kind == LOTTERY_BY_OPTION else row]
            count += 1
        order_segment(mine, count, order, keys, spare)
        if lottery_kind != NO_LOTTERY:
            break_ties(mine, numbers, count, order, scratch, keys, spare, run)
        for place in range(count):
            edges[start + place, 0] = receiver[order[place]]
            edges[start + place, 1] = rank[order[place]]
        kept[i] = count


@njit(cache=True, nogil=True)
def compact(loose_indptr: Ints, loose: Short, indptr: Ints) -> Short:
    """The entries without the gaps left by pairs that do not accept each other."""
    made = np.empty((indptr[-1], 2), np.int32)
    for i in range(len(indptr) - 1):
        shift = loose_indptr[i] - indptr[i]
        for e in range(indptr[i], indptr[i + 1]):
            made[e, 0] = loose[e + shift, 0]
            made[e, 1] = loose[e + shift, 1]
    return made


@njit(cache=True, nogil=True)
def transpose_edges(indptr: Ints, edges: Short, m: int) -> tuple[Ints, Short]:
    """Receivers' lists, best first, with each proposer's rank of the receiver: two counting sorts.

    Ranks of one receiver differ, so its proposers are dropped at the slot of their rank and then closed up.
    """
    width = np.zeros(m + 1, np.intp)
    degree = np.zeros(m + 1, np.intp)
    for e in range(len(edges)):
        j = edges[e, 0]
        degree[j + 1] += 1
        width[j + 1] = max(width[j + 1], edges[e, 1] + 1)
    for j in range(m):
        width[j + 1] += width[j]
        degree[j + 1] += degree[j]
    slots = np.empty((width[m], 2), np.int32)
    slots[:, 0] = -1
    for i in range(len(indptr) - 1):
        for e in range(indptr[i], indptr[i + 1]):
            slot = width[edges[e, 0]] + edges[e, 1]
            slots[slot, 0] = i
            slots[slot, 1] = e - indptr[i]
    made = np.empty((len(edges), 2), np.int32)
    at = 0
    for slot in range(len(slots)):
        if slots[slot, 0] >= 0:
            made[at, 0] = slots[slot, 0]
            made[at, 1] = slots[slot, 1]
            at += 1
    return degree, made
