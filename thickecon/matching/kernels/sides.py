"""Align the two sides of a market: each proposer's list, and on each entry the receiver's rank of the proposer.

Both tables are sorted by (agent, option). The receivers' rows, ranked, are turned over to the proposers by a counting
sort in two steps: first into blocks of proposers that fit the processor's cache, then within each block. Memory is
written and read in streams; no table of all pairs is ever made. (Looking each entry up in the receiver's rows costs
two cache misses an entry, and ten times the time at a million proposers.)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, frozen
from ...errors import InputError
from .alignment import align_blocks, compact, count_rows, spread_ranks, transpose_edges
from .ordering import LOTTERY_BY_OPTION, LOTTERY_BY_ROW, NO_LOTTERY
from .tables import SideTable

__all__ = ["Sides", "build_sides", "check_sizes"]

_PER_THREAD = 1 << 16
"""Rows below which a second thread costs more than it brings."""

_PER_BLOCK = 1 << 16
"""Rows of a block of proposers, about: 12 bytes each, they stay in the second-level cache."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Pairs that list and accept each other, in the order in which proposers propose.

    Attributes
    ----------
    indptr
        (n + 1,) the list of proposer i is ``edges[indptr[i]:indptr[i + 1]]``, best first.
    edges
        (E, 2) int32: the receiver, and the receiver's rank of this proposer (0 is best; ranks count all proposers
        acceptable to the receiver, so they may skip those to whom the receiver is not). Both stand in one cache
        line, because a proposal reads both.
    n_receivers
        m.
    """

    indptr: IntArray
    edges: npt.NDArray[np.int32]
    n_receivers: int

    @property
    def n_proposers(self) -> int:
        """Number of proposers."""
        return len(self.indptr) - 1

    @property
    def receiver(self) -> npt.NDArray[np.int32]:
        """(E,) receivers, each proposer's best first."""
        return self.edges[:, 0]

    @property
    def rank(self) -> npt.NDArray[np.int32]:
        """(E,) the receiver's rank of the proposer."""
        return self.edges[:, 1]

    @cached_property
    def reverse(self) -> Sides:
        """The same pairs with receivers as proposers."""
        return Sides(*transpose_edges(self.indptr, self.edges, self.n_receivers), self.n_proposers)


def check_sizes(proposers: SideTable, receivers: SideTable) -> None:
    """Each side evaluates the other.

    Raises
    ------
    InputError
        The tables do not fit.
    """
    if (proposers.n_options, receivers.n_options) != (receivers.n_agents, proposers.n_agents):
        raise InputError(
            f"{proposers.n_agents} proposers over {proposers.n_options} receivers do not fit"
            f" {receivers.n_agents} receivers over {receivers.n_options} proposers",
            where="sides",
            remedy="the receivers' table is (receivers, proposers): transpose it?",
        )


def build_sides(proposers: SideTable, receivers: SideTable, threads: int | None = None) -> Sides:
    """Lists and ranks from two tables of values.

    Parameters
    ----------
    proposers
        Proposers' values of receivers. Their indifference is broken by this table's lottery.
    receivers
        Receivers' values of proposers. Theirs by this one's: one number a proposer (STB) or a row (MTB).
    threads
        At most so many; None: two or more where the market is large and the machine has them.

    Returns
    -------
    Sides
        Independent of ``threads``.

    Raises
    ------
    InputError
        The tables do not fit each other, or hold 2**31 rows or more.

    Examples
    --------
    Both proposers like receiver 1 best; it prefers proposer 0.

    >>> sides = build_sides(SideTable.from_dense([[1, 2], [1, 2]]), SideTable.from_dense([[1, 2], [2, 1]]))
    >>> sides.receiver.tolist(), sides.rank.tolist()
    ([1, 0, 1, 0], [0, 1, 1, 0])
    """
    check_sizes(proposers, receivers)
    if max(len(proposers.option), len(receivers.option)) >= 2**31:
        raise InputError("must have fewer than 2**31 rows", where="sides", remedy="split the market")
    shift, starts, blocks = _blocks(receivers, threads)
    edges = np.empty((len(proposers.option), 2), np.int32)
    kept = np.zeros(proposers.n_agents, np.intp)
    table = proposers.indptr, proposers.option, proposers.values, *_extras(proposers)
    _in_parts(
        _cuts(starts, threads),
        lambda _, first, last: align_blocks(first, last, shift, starts, blocks, *table, edges, kept),
    )
    indptr = np.asarray(proposers.indptr)
    if int(kept.sum()) < len(edges):
        indptr = np.concatenate(([0], np.cumsum(kept))).astype(np.intp)
        edges = compact(proposers.indptr, edges, indptr)
    return Sides(frozen(indptr), frozen(edges, copy=False), receivers.n_agents)


def _extras(side: SideTable) -> tuple[int, npt.NDArray[np.bool_], bool, FloatArray, int]:
    """Longest list, acceptability and lottery as the compiled loops take them: an array, used or not."""
    acceptable = np.empty(0, np.bool_) if side.acceptable is None else side.acceptable
    lottery = np.empty(0) if side.lottery is None else side.lottery
    kind = NO_LOTTERY if side.lottery is None else LOTTERY_BY_OPTION if side.lottery_of == "option" else LOTTERY_BY_ROW
    return side.longest, acceptable, side.acceptable is not None, lottery, kind


def _blocks(side: SideTable, threads: int | None) -> tuple[int, IntArray, npt.NDArray[np.int32]]:
    """The side's acceptable rows as (option, agent, rank), in blocks of 2**shift options, sorted by agent within."""
    shift = 0
    while (1 << shift) < side.n_options and (len(side.option) << shift) < _PER_BLOCK * side.n_options:
        shift += 1
    table = side.indptr, side.option, side.values, *_extras(side)
    flags = table[4:6]
    cuts = _cuts(side.indptr, threads)
    tally = np.zeros((len(cuts) - 1, max(1, -(-side.n_options >> shift))), np.intp)
    _in_parts(cuts, lambda part, first, last: count_rows(first, last, *table[:2], *flags, shift, tally[part]))
    starts = np.concatenate(([0], np.cumsum(tally.sum(axis=0)))).astype(np.intp)
    place = starts[:-1] + np.cumsum(tally, axis=0) - tally  # of each block, agents of an earlier part come first
    blocks = np.empty((int(starts[-1]), 3), np.int32)
    _in_parts(cuts, lambda part, first, last: spread_ranks(first, last, *table, shift, place[part], blocks))
    return shift, starts, blocks


def _cuts(indptr: IntArray, threads: int | None) -> list[int]:
    """Bounds of ranges of agents with about equally many rows, as many as threads pay for."""
    rows = int(indptr[-1])
    wanted = min(4, os.cpu_count() or 1) if threads is None else threads
    parts = max(1, min(wanted, rows // _PER_THREAD))
    inner = np.searchsorted(indptr, np.linspace(0, rows, parts + 1)[1:-1])
    return [0, *map(int, inner), len(indptr) - 1]


def _in_parts(cuts: list[int], work: Callable[[int, int, int], None]) -> None:
    """``work(part, first, last)`` on each range, each in its thread."""
    if len(cuts) == 2:
        work(0, cuts[0], cuts[1])
        return
    with ThreadPoolExecutor(len(cuts) - 1) as pool:
        for _ in pool.map(work, range(len(cuts) - 1), cuts[:-1], cuts[1:]):
            pass
