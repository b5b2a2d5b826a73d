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
def _order_long(
    values: npt.NDArray[np.float64],
    count: int,
    order: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    spare: npt.NDArray[np.int32],
) -> None:
    """Stable radix sort by bytes, least significant first; bytes on which all agree cost nothing.

    ``keys`` is scratch of shape (2, count or more): bit patterns arranged so that smaller means better.
    """
    bits = values.view(np.uint64)
    top = np.uint64(1) << np.uint64(63)
    low = np.uint64(255)
    tally = np.zeros((8, 256), np.int32)
    source, target = keys[0], keys[1]
    indices, other = order, spare
    swapped = False
    for q in range(count):
        x = bits[q]
        if x == top:  # -0.0 equals 0.0
            x = np.uint64(0)
        key = x if x & top else ~(x | top)
        source[q] = key
        indices[q] = q
        for digit in range(8):
            tally[digit, (key >> np.uint64(8 * digit)) & low] += 1
    for digit in range(8):
        shift = np.uint64(8 * digit)
        if tally[digit, (source[0] >> shift) & low] == count:
            continue
        start = 0
        for value in range(256):
            here = tally[digit, value]
            tally[digit, value] = start
            start += here
        for q in range(count):
            key = source[q]
            byte = (key >> shift) & low
            place = tally[digit, byte]
            tally[digit, byte] = place + 1
            target[place] = key
            other[place] = indices[q]
        source, target = target, source
        indices, other = other, indices
        swapped = not swapped
    if swapped:
        for q in range(count):
            order[q] = indices[q]


@njit(cache=True, nogil=True)
def order_segment(
    values: npt.NDArray[np.float64],
    count: int,
    order: npt.NDArray[np.int32],
    keys: npt.NDArray[np.uint64],
    spare: npt.NDArray[np.int32],
) -> None:
    """``order[:count]`` lists positions of ``values[:count]``, highest first, equal values in order of position."""
    if count <= _SHORT:
        _order_short(values, count, order)
    else:
        _order_long(values, count, order, keys, spare)


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
            # the radix sort needs its own index scratch: `spare` holds the run
            order_segment(scratch, run, mine[:run], keys, mine[run : 2 * run])
            for q in range(run):
                order[start + q] = spare[mine[q]]
        start = stop
