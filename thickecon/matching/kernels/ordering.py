"""Order the rows of each agent by value, best first: the step that costs most in a matching market."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["NO_LOTTERY", "LOTTERY_BY_OPTION", "LOTTERY_BY_ROW", "order_segment", "break_ties"]

NO_LOTTERY, LOTTERY_BY_OPTION, LOTTERY_BY_ROW = 0, 1, 2

_SHORT = 128
"""Lists up to this length are ordered by counting who is better (vectorised), longer ones by radix sort."""


@njit(cache=True, nogil=True)
def _order_short(values: npt.NDArray[np.float64], count: int, order: npt.NDArray[np.int32]) -> None:
    """Position = how many are better; equal values take the next free places, in order of index."""
    for q in range(count):
        order[q] = -1
    for q in range(count):
        x = values[q]
        place = 0
        for p in range(count):
            place += values[p] > x
        while order[place] >= 0:
            place += 1
        order[place] = q


@njit(cache=True, nogil=True)
def _descending_key(bits: np.uint64) -> np.uint64:
    """Bit pattern of a float as an integer that grows as the float falls; both zeros give the same."""
    top = np.uint64(1) << np.uint64(63)
    if bits == top:
        bits = np.uint64(0)
    return bits if bits & top else ~(bits | top)


@njit(cache=True, nogil=True)
def _radix(keys: npt.NDArray[np.uint64], count: int, first_bit: int, digits: int) -> int:
    """Stable sort of ``keys[0, :count]`` by bytes from ``first_bit`` up, using ``keys[1]``; which row holds the result.

    Bytes on which all agree cost nothing.
    """
    low = np.uint64(255)
    tally = np.zeros((digits, 256), np.int32)
    source, target = keys[0], keys[1]
    for q in range(count):
        for digit in range(digits):
            tally[digit, (source[q] >> np.uint64(first_bit + 8 * digit)) & low] += 1
    passes = 0
    for digit in range(digits):
        shift = np.uint64(first_bit + 8 * digit)
        if tally[digit, (source[0] >> shift) & low] == count:
            continue
        start = 0
        for value in range(256):
            here = tally[digit, value]
            tally[digit, value] = start
            start += here
        for q in range(count):
            byte = (source[q] >> shift) & low
            place = tally[digit, byte]
            tally[digit, byte] = place + 1
            target[place] = source[q]
        source, target = target, source
        passes += 1
    return passes % 2


@njit(cache=True, nogil=True)
def _order_long(
    values: npt.NDArray[np.float64], count: int, order: npt.NDArray[np.int32], keys: npt.NDArray[np.uint64]
) -> None:
    """Sort by the 24 leading bits in which the values differ, then put right what those bits could not tell apart.

    If too much is left to put right (values crowded together beside a distant one), by merging instead.
    """
    bits = values.view(np.uint64)
    least = greatest = _descending_key(bits[0])
    for q in range(1, count):
        key = _descending_key(bits[q])
        least = min(least, key)
        greatest = max(greatest, key)
    shift = np.uint64(0)
    while (greatest - least) >> shift >= np.uint64(1 << 24):
        shift += np.uint64(1)
    for q in range(count):
        keys[0, q] = (((_descending_key(bits[q]) - least) >> shift) << np.uint64(32)) | np.uint64(q)
    row = _radix(keys, count, 32, 3)
    for q in range(count):
        order[q] = np.int32(keys[row, q] & np.uint64(0xFFFFFFFF))
    if not shift:
        return
    moves = 0
    for q in range(1, count):
        index = order[q]
        x = values[index]
        at = q
        while at and values[order[at - 1]] < x:
            order[at] = order[at - 1]
            at -= 1
        order[at] = index
        moves += q - at
        if moves > 8 * count:
            order[:count] = np.argsort(-values[:count], kind="mergesort")
            return


@njit(cache=True, nogil=True)
def order_segment(
    values: npt.NDArray[np.float64],
    count: int,
    order: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
) -> None:
    """``order[:count]`` lists positions of ``values[:count]``, highest first, equal values in order of position.

    ``keys`` is scratch of shape (2, count or more).
    """
    if count <= _SHORT:
        _order_short(values, count, order)
    else:
        _order_long(values, count, order, keys)


@njit(cache=True, nogil=True)
def break_ties(
    values: npt.NDArray[np.float64],
    lottery: npt.NDArray[np.float64],
    count: int,
    order: npt.NDArray[np.int32],
    scratch: npt.NDArray[np.float64],
    keys: npt.NDArray[np.uint64],
    spare: npt.NDArray[np.int32],
    mine: npt.NDArray[np.int32],
) -> None:
    """Reorder runs of equal value by their lottery number, lowest first (``lottery[q]`` belongs to position q)."""
    start = 0
    while start < count:
        stop = start + 1
        while stop < count and values[order[stop]] == values[order[start]]:
            stop += 1
        run = stop - start
        if run > 1:
            for q in range(run):
                scratch[q] = -lottery[order[start + q]]
                spare[q] = order[start + q]
            order_segment(scratch, run, mine, keys)
            for q in range(run):
                order[start + q] = spare[mine[q]]
        start = stop
