"""Packing programmes, solved for many objectives: rows and what was learned of them are kept between solves."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, vstack

from .._core.arrays import BoolArray, FloatArray, frozen
from ..errors import SolverError
from .cliques import broken_cliques, conflicts_of
from .highs import run_highs
from .kept_linear import KeptLinear

__all__ = ["Packed", "Packing"]

Positions = npt.NDArray[np.intp]

COLUMNS = 4000
"""Columns up to which conflicts of pairs are tabled and cliques are looked for."""

ROUNDS = 20
"""Most rounds of cliques for one objective."""

MOST_SEEN = 200
"""Packings remembered as starting points."""

SEARCH: dict[str, float | int | str] = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "presolve": "off",
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
"""Of HiGHS. A good packing is at hand and columns have been removed by their prices, so that looking for packings, or
for columns to remove, is half of the time or more: 13 s instead of 29 s for charges of 60 bidders for 60 items."""

SPARE = 1.3
"""The gap between relaxation and optimum that is tried first, over the last one seen."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A solution.

    Attributes
    ----------
    x
        (columns,) 0 or 1.
    value
        ``gain @ x``.
    bound
        No packing is worth more; equal to ``value`` where the search was finished.
    proven
        Was it finished?
    """

    x: FloatArray
    value: float
    bound: float
    proven: bool


class Packing:
    """Maximise ``gain @ x`` with ``matrix @ x <= upper``, ``x`` 0 or 1, entries at least 0; for several ``gain``.

    1. The linear relaxation is kept in the solver. Cliques of columns that exclude one another in pairs are added as
       rows where it breaks them; they hold for every objective.
    2. Prices ``y`` of the rows bound every packing by ``U = y @ upper + sum of (gain - y @ column)+``, and one that
       takes column j by ``U`` less the reduced cost of j. So the search for integers sees only columns whose reduced
       cost is below a gap, and is repeated with more of them if its optimum lies further below ``U`` than the gap.
    3. Packings found before are starting points; the last gap seen is where the next search begins.

    Parameters
    ----------
    matrix
        (rows, columns) sparse, at least 0.
    upper
        (rows,) at least 0.

    References
    ----------
    R. Borndörfer, Aspects of set packing, partitioning, and covering, PhD thesis, TU Berlin (1998); reduced-cost
    fixing: H. Crowder, E. L. Johnson and M. Padberg, Operations Research 31 (1983), 803-834,
    doi:10.1287/opre.31.5.803

    Examples
    --------
    >>> odd = Packing([[1, 1, 0], [0, 1, 1], [1, 0, 1]], [1, 1, 1])
    >>> odd.solve([2.0, 3.0, 2.0]).value, odd.solve([4.0, 3.0, 2.0]).x.tolist()
    (3.0, [1.0, 0.0, 0.0])
    """

    def __init__(self, matrix: Any, upper: npt.ArrayLike) -> None:
        self.rows: Any = csr_array(csc_array(matrix))
        self.upper: FloatArray = np.asarray(upper, dtype=np.float64)
        self._base, self._linear = self.rows, KeptLinear(self.rows, self.upper)
        self._cliques: set[tuple[int, ...]] = set()
        self._conflict: BoolArray | None = None
        self._seen: list[FloatArray] = []
        self._gap: float | None = None

    def fits(self, x: FloatArray) -> bool:
        """Is ``x`` (columns,) of 0 and 1 a packing?"""
        return bool((self._base @ x <= self.upper[: self._base.shape[0]] + 1e-9).all())

    def solve(self, gain: npt.ArrayLike, *, allowed: BoolArray | None = None, until: float | None = None) -> Packed:
        """The best packing of columns that are ``allowed`` and gain something.

        Parameters
        ----------
        gain
            (columns,)
        allowed
            (columns,) bool; None: all.
        until
            The time of ``time.monotonic()`` when to stop with the best packing found; None: search to the end.

        Raises
        ------
        SolverError
            The solver failed.
        """
        worth = np.asarray(gain, dtype=np.float64)
        live = worth > 0.0
        if allowed is not None:
            live &= allowed
        worth = np.where(live, worth, 0.0)
        if not live.any():
            return Packed(frozen(worth), 0.0, 0.0, True)
        prices, x = self._relaxed(worth, live, until)
        reduced = prices @ self.rows - worth
        most = float(prices @ self.upper - np.minimum(reduced, 0.0)[live].sum())
        best = self._start(worth, live, x)
        tol = 1e-11 * most
        gap = most - float(worth @ best)
        if self._gap is not None:
            gap = min(gap, max(SPARE * self._gap, 1e-9 * most))
        useful = prices > 1e-9
        useful[: self._base.shape[0]] = True
        while True:
            seen = live & (reduced <= gap + tol)
            if most - float(worth @ best) <= tol:
                made = Packed(frozen(best), float(worth @ best), float(worth @ best), True)
                break
            best, bound, done = self._searched(worth, np.flatnonzero(seen), useful, best, until)
            short = most - float(worth @ best)
            if done and not (live & (reduced <= short + tol) & ~seen).any():
                made = Packed(frozen(best), float(worth @ best), float(worth @ best), True)
                break
            if not done:
                left = max(bound, most - gap, float(worth @ best))
                made = Packed(frozen(best), float(worth @ best), min(most, left), False)
                break
            gap = short
        if made.proven:
            self._gap = most - made.value
        self._remember(best)
        return made

    # ---- the relaxation -----------------------------------------------------------------------------------

    def _relaxed(self, worth: FloatArray, live: BoolArray, until: float | None) -> tuple[FloatArray, FloatArray]:
        """Prices of all rows and a solution, after adding the cliques that it breaks."""
        x, prices = self._linear.solve(worth, live)
        if len(worth) > COLUMNS:
            return prices, x
        if self._conflict is None:
            self._conflict = conflicts_of(self._base, self.upper)
        before = float(worth @ x)
        for _ in range(ROUNDS):
            if until is not None and time.monotonic() > until:
                break
            new = broken_cliques(self._conflict, x, self._cliques)
            if not new:
                break
            self._add(new)
            x, prices = self._linear.solve(worth, live)
            now = float(worth @ x)
            if before - now <= 1e-4 * before:
                break
            before = now
        return prices, x

    def _add(self, cliques: list[tuple[int, ...]]) -> None:
        self._cliques.update(cliques)
        ends = np.cumsum([0, *(len(clique) for clique in cliques)])
        members = np.concatenate([np.array(clique) for clique in cliques])
        made = csr_array((np.ones(len(members)), members, ends), shape=(len(cliques), self.rows.shape[1]))
        self.rows, ones = csr_array(vstack([self.rows, made])), np.ones(len(cliques))
        self.upper = np.concatenate([self.upper, ones])
        self._linear.add(made, ones)

    # ---- integers -----------------------------------------------------------------------------------------

    def _searched(
        self, worth: FloatArray, at: Positions, useful: BoolArray, best: FloatArray, until: float | None
    ) -> tuple[FloatArray, float, bool]:
        """The best packing of columns ``at`` or ``best``, a bound for them, and whether the search was finished.

        Cliques without a price are left out: the solver finds those it needs.
        """
        part = self.rows[:, at]
        used = np.asarray(part.sum(axis=1)).ravel()
        tight = np.flatnonzero((used > self.upper + 1e-9) & useful)
        left = np.inf if until is None else until - time.monotonic()
        if left <= 0.0:
            return best, np.inf, False
        scale = 2.0 ** (10 - np.ceil(np.log2(float(worth[at].max()))))
        start = best[at] if (best[at] > 0.5).sum() == (best > 0.5).sum() else None
        answer = run_highs(
            -scale * worth[at],
            part[tight],
            (np.full(len(tight), -np.inf), self.upper[tight]),
            (np.zeros(len(at)), np.ones(len(at))),
            np.ones(len(at), dtype=bool),
            {**SEARCH, "time_limit": left},
            start,
        )
        stopped = answer.said in ("Time limit reached", "Iteration limit reached", "Solution limit reached")
        if answer.status != "optimal" and not stopped:
            raise SolverError(
                f"{answer.solver} stopped with status {answer.said!r}",
                where="a packing programme",
                remedy="look for values of very different sizes",
            )
        if answer.status in ("optimal", "stopped"):
            x = np.zeros(len(worth))
            x[at] = np.round(answer.x)
            if float(worth @ x) > float(worth @ best) and self.fits(x):
                best = x
        bound = -answer.bound / scale if np.isfinite(answer.bound) else np.inf
        return best, bound, answer.status == "optimal"

    def _start(self, worth: FloatArray, live: BoolArray, x: FloatArray) -> FloatArray:
        """The best of packings seen before and of two greedy ones, by share in the relaxation and by worth for size."""
        candidates = [np.where(live, seen, 0.0) for seen in self._seen]
        size = np.sqrt(np.maximum(np.asarray(self._base.sum(axis=0)).ravel(), 1.0))
        largest = float(worth.max())
        columns = csc_array(self._base)
        for order in (
            np.argsort(-(x + 1e-3 * worth / largest), kind="stable"),
            np.argsort(-worth / size, kind="stable"),
        ):
            candidates.append(_greedy(columns, self.upper[: self._base.shape[0]], order[live[order]]))
        return max(candidates, key=lambda made: float(worth @ made))

    def _remember(self, x: FloatArray) -> None:
        if not any(np.array_equal(x, seen) for seen in self._seen):
            self._seen = [*self._seen[-MOST_SEEN:], x]


def _greedy(columns: Any, upper: FloatArray, order: Positions) -> FloatArray:
    made, left = np.zeros(columns.shape[1]), upper + 1e-9
    for j in order.tolist():
        part = slice(int(columns.indptr[j]), int(columns.indptr[j + 1]))
        rows, use = columns.indices[part], columns.data[part]
        if (use <= left[rows]).all():
            left[rows] -= use
            made[j] = 1.0
    return made
