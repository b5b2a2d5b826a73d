"""The compiled loops behind :mod:`.sides`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from .ordering import LOTTERY_BY_OPTION, NO_LOTTERY, break_ties, order_segment

__all__ = ["align_blocks", "compact", "count_rows", "spread_ranks", "transpose_edges"]

Ints = npt.NDArray[np.intp]
Short = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)
def count_rows(
    first: int, last: int, indptr: Ints, option: Short, flags: Flags, has_flags: bool, shift: int, tally: Ints
) -> None:
    """Count in ``tally`` the acceptable rows of agents first..last-1 by block of 2**shift options."""
    for row in range(indptr[first], indptr[last]):
        if not has_flags or flags[row]:
            tally[option[row] >> shift] += 1


@njit(cache=True, nogil=True)
def spread_ranks(
    first: int,
    last: int,
    indptr: Ints,
    option: Short,
    values: Floats,
    longest: int,
    flags: Flags,
    has_flags: bool,
    lottery: Floats,
    lottery_kind: int,
    shift: int,
    place: Ints,
    blocks: Short,
) -> None:
    """Rank the acceptable rows of agents first..last-1 and drop (option, agent, rank) in the option's block.

    ``place`` says where the next row of each block goes, and moves on.
    """
    mine = np.empty(longest)
    numbers = np.empty(longest)
    who = np.empty(longest, np.int32)
    rank = np.empty(longest, np.int32)
    order = np.empty(longest, np.int32)
    keys = np.empty((2, longest), np.uint64)
    spare = np.empty(longest, np.int32)
    scratch = np.empty(longest)
    run = np.empty(longest, np.int32)
    for agent in range(first, last):
        count = 0
        for row in range(indptr[agent], indptr[agent + 1]):
            if has_flags and not flags[row]:
                continue
            mine[count] = values[row]
            who[count] = option[row]
            if lottery_kind != NO_LOTTERY:
                numbers[count] = lottery[option[row] if lottery_kind == LOTTERY_BY_OPTION else row]
            count += 1
        order_segment(mine, count, order, keys)
        if lottery_kind != NO_LOTTERY:
            break_ties(mine, numbers, count, order, scratch, keys, spare, run)
        for q in range(count):
            rank[order[q]] = q
        for q in range(count):  # in order of option, so that each block stays sorted by agent
            block = who[q] >> shift
            at = place[block]
            place[block] = at + 1
            blocks[at, 0] = who[q]
            blocks[at, 1] = agent
            blocks[at, 2] = rank[q]


@njit(cache=True, nogil=True)
def _sort_block(blocks: Short, start: int, stop: int, low: int, ends: Ints, sorted_: Short) -> None:
    """Counting sort of one block by option: (agent, rank) of option ``low + k`` end at ``ends[k]``."""
    ends[:] = 0
    for at in range(start, stop):
        ends[blocks[at, 0] - low] += 1
    total = 0
    for k in range(len(ends)):
        here = ends[k]
        ends[k] = total
        total += here
    for at in range(start, stop):
        k = blocks[at, 0] - low
        to = ends[k]
        ends[k] = to + 1
        sorted_[to, 0] = blocks[at, 1]
        sorted_[to, 1] = blocks[at, 2]


@njit(cache=True, nogil=True)
def align_blocks(
    first: int,
    last: int,
    shift: int,
    starts: Ints,
    blocks: Short,
    indptr: Ints,
    option: Short,
    values: Floats,
    longest: int,
    flags: Flags,
    has_flags: bool,
    lottery: Floats,
    lottery_kind: int,
    edges: Short,
    kept: Ints,
) -> None:
    """Write the lists of the proposers in blocks first..last-1 at ``edges[indptr[i]:]``, ``kept[i]`` entries each."""
    n = len(indptr) - 1
    largest = 0
    for block in range(first, last):
        largest = max(largest, starts[block + 1] - starts[block])
    theirs = np.empty((largest, 2), np.int32)
    ends = np.empty(1 << shift, np.intp)
    mine = np.empty(longest)
    numbers = np.empty(longest)
    receiver = np.empty(longest, np.int32)
    rank = np.empty(longest, np.int32)
    order = np.empty(longest, np.int32)
    keys = np.empty((2, longest), np.uint64)
    spare = np.empty(longest, np.int32)
    scratch = np.empty(longest)
    run = np.empty(longest, np.int32)
    for block in range(first, last):
        low = block << shift
        _sort_block(blocks, starts[block], starts[block + 1], low, ends, theirs)
        at = 0
        for i in range(low, min(low + (1 << shift), n)):
            end = ends[i - low]
            start = indptr[i]
            count = 0
            for row in range(start, indptr[i + 1]):
                j = option[row]
                while at < end and theirs[at, 0] < j:
                    at += 1
                if at == end:
                    break
                if theirs[at, 0] != j or (has_flags and not flags[row]):
                    continue
                mine[count] = values[row]
                receiver[count] = j
                rank[count] = theirs[at, 1]
                if lottery_kind != NO_LOTTERY:
                    numbers[count] = lottery[j if lottery_kind == LOTTERY_BY_OPTION else row]
                count += 1
            at = end
            order_segment(mine, count, order, keys)
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
