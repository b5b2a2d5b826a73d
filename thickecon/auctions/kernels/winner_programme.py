"""The winner determination programme of one auction, solved for several vectors of gains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from ..._core.arrays import BoolArray, FloatArray, frozen
from ...programs.packing import Packing
from .gains import Gains
from .intervals import best_intervals, interval_ends

__all__ = ["Solved", "WinnerProgramme"]

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Solved:
    """Winners for one vector of gains.

    Attributes
    ----------
    taken
        (rows,) 0 or 1.
    apart
        (agents,) bool, who is paid to stay apart.
    gain
        Of the rows taken and of staying apart.
    bound
        No allocation gains more.
    proven
        Was the search finished?
    """

    taken: FloatArray
    apart: BoolArray
    gain: float
    bound: float
    proven: bool


class WinnerProgramme:
    """Rows that may win, the units they use and whom they exclude; the best of them for any gains.

    Where bids are on one unit each of neighbouring items and any that fit may win, a dynamic programme decides;
    else a packing programme, whose relaxation, cliques and incumbents serve all vectors of gains.

    Parameters
    ----------
    g
        Rows of the auction.
    table
        (options, items) units of each bundle.
    for_sale
        (items,) units.
    exclusive
        At most one bundle an agent (XOR); otherwise any that fit (OR).
    candidates
        (rows,) bool, rows that may gain something under some of the vectors.
    apart
        Agents may be offered a gain for staying away with all their bids.
    """

    def __init__(
        self,
        g: Gains,
        table: FloatArray,
        for_sale: npt.NDArray[np.intp],
        *,
        exclusive: bool,
        candidates: BoolArray,
        apart: bool = False,
    ) -> None:
        self.g, self.table, self.for_sale, self.exclusive = g, table, for_sale, exclusive
        self.fits = np.all(table <= for_sale, axis=1)[g.option]
        self.order: Positions = np.lexsort((g.option, g.agent, g.lottery[g.agent]))
        self.columns = self.order[(candidates & self.fits)[self.order]]
        self.takes = csr_array(table)[g.option]
        self.solves, self._apart = 0, apart
        self._ends = None if apart else self._intervals()
        self._packing = None if self._ends is not None else self._packed()

    def _intervals(self) -> tuple[Positions, Positions] | None:
        who = self.g.agent[self.columns]
        if not self.columns.size or (self.exclusive and len(np.unique(who)) < len(who)):
            return None
        used = self.table[self.g.option[self.columns]]
        touched = used.any(axis=0)
        if (self.for_sale[touched] > 1).any():
            return None
        return interval_ends(used)

    def _packed(self) -> Packing:
        columns, n = self.columns, self.g.n_agents if self._apart else 0
        who, count = self.g.agent[columns], len(columns)
        use, limit = self.takes[columns].T.tocsr(), self.for_sale.astype(np.float64)
        tight = np.flatnonzero(np.asarray(use.sum(axis=1)).ravel() > limit)
        blocks, limits = [_wider(use[tight], n)], [limit[tight]]
        if self.exclusive:
            owner = np.concatenate([who, np.arange(n)])
            at = np.arange(count + n)
            blocks.append(csr_array((np.ones(count + n), (owner, at)), (self.g.n_agents, count + n)))
            limits.append(np.ones(self.g.n_agents))
        elif n:
            pairs = np.arange(count)
            cells = np.concatenate([pairs, pairs]), np.concatenate([pairs, count + who])
            blocks.append(csr_array((np.ones(2 * count), cells), (count, count + n)))
            limits.append(np.ones(count))
        return Packing(vstack(blocks), np.concatenate(limits))

    def solve(self, gain: FloatArray, *, apart: FloatArray | None = None, until: float | None = None) -> Solved:
        """Winners under these gains of rows, and (agents,) gains of staying apart; until a time, or to the end."""
        taken, n = np.zeros(len(gain)), self.g.n_agents
        away = np.zeros(n, dtype=bool)
        self.solves += 1
        if self._packing is None:
            assert self._ends is not None
            first, past = self._ends
            taken[self.columns[best_intervals(first, past, gain[self.columns])]] = 1.0
            won = float(gain[taken > 0].sum())
            return Solved(frozen(taken), away, won, won, True)
        worth = gain[self.columns]
        if self._apart:
            worth = np.concatenate([worth, np.zeros(n) if apart is None else apart])
        found = self._packing.solve(worth, until=until)
        taken[self.columns[found.x[: len(self.columns)] > 0.5]] = 1.0
        if self._apart:
            away = found.x[len(self.columns) :] > 0.5
        return Solved(frozen(taken), away, found.value, found.bound, found.proven)

    def serve_at_reserve(self, gain: FloatArray, taken: FloatArray) -> FloatArray:
        """``taken`` and the rows worth exactly the reserve that still fit, in the order of the lottery."""
        made = np.array(taken)
        tied = self.order[(gain[self.order] == 0.0) & self.fits[self.order]]
        if tied.size:
            left = self.for_sale - self.takes.T @ made
            busy = np.bincount(self.g.agent[made > 0], minlength=self.g.n_agents) > 0
            for at in tied:
                need = self.table[self.g.option[at]]
                if (need <= left).all() and not (self.exclusive and busy[self.g.agent[at]]):
                    made[at], busy[self.g.agent[at]] = 1.0, True
                    left = left - need
        return frozen(made)


def _wider(matrix: Any, columns: int) -> Any:
    """The matrix with empty columns added."""
    return csr_array((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], matrix.shape[1] + columns))
