"""An allocation problem as arrays, and what is feasible in it, with no loop over agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import FloatArray, IntArray, as_floats, frozen, require_finite
from ..errors import NotApplicableError, ProblemError
from ..problems.assignment import Assignment
from ..problems.norm import Linear
from ..profiles.rows import Rows
from .functional import CurvedNorm, function_norm
from .polyhedron import Block, Polyhedron

__all__ = ["AllocationProblem"]

RESERVED = ("supply", "demand", "conflicts", "idle")
"""Names of constraints that no norm may take."""


@dataclass(frozen=True, eq=False)
class AllocationProblem:
    """Who may take how much of what, and what it is worth to them.

    Attributes
    ----------
    rows
        The (agent, option) pairs that may be taken.
    values
        (rows,) worth of taking a whole row.
    supply
        (m,) units of each option.
    demand
        (n,) units that an agent may take in all, inf for no limit; None: no limits.
    conflicts
        (k, 2) positions of options that an agent cannot both take. Shares of the two must fit into one unit.
    norms
        (name, constraint) pairs: :class:`thickecon.problems.norm.Linear` over rows, or a function of the cvxpy
        variable over rows that returns cvxpy constraints.
    outside
        (n,) worth of doing nothing, earned on what an agent leaves of its first unit; None: 0.
    weights
        (n,) people an agent stands for; None: 1.
    cap
        Number or (rows,): most of a row that may be taken.
    whole
        Are shares whole units?

    Raises
    ------
    ProblemError
        Shapes that disagree, values that are not finite, or a norm with a reserved or repeated name.
    NotApplicableError
        ``outside`` is positive for an agent who may take more than one divisible unit: welfare is not concave there.
    """

    rows: Rows
    values: FloatArray
    supply: FloatArray
    demand: FloatArray | None = None
    conflicts: IntArray | None = None
    norms: tuple[tuple[str, Linear | Callable[[Any], Any]], ...] = ()
    outside: FloatArray | None = None
    weights: FloatArray | None = None
    cap: Any = 1.0
    whole: bool = False

    def __post_init__(self) -> None:
        n, m, k = self.rows.n_agents, self.rows.n_options, len(self.rows)
        for name, size in (("values", k), ("supply", m), ("demand", n), ("outside", n), ("weights", n)):
            given = getattr(self, name)
            if given is None:
                continue
            vector = as_floats(given, name, error=ProblemError)
            vector = np.full(size, float(vector)) if name in ("supply", "demand") and vector.ndim == 0 else vector
            if vector.shape != (size,):
                raise ProblemError(f"must have shape ({size},), found {vector.shape}", where=name)
            if name != "demand" and name != "supply":
                require_finite(vector, name, error=ProblemError)
            object.__setattr__(self, name, frozen(vector))
        cap = as_floats(self.cap, "cap", error=ProblemError)
        if cap.shape not in ((), (k,)):
            raise ProblemError(f"must be a number or have shape ({k},), found {cap.shape}", where="cap")
        object.__setattr__(self, "cap", frozen(np.broadcast_to(cap, (k,))))
        names = [name for name, _ in self.norms]
        for name in names:
            if name in RESERVED or names.count(name) > 1:
                raise ProblemError(f"a norm must have a name of its own, found {name!r}", where="norms")

    @classmethod
    def from_assignment(
        cls,
        problem: Assignment,
        values: npt.ArrayLike,
        *,
        outside: npt.ArrayLike | None = None,
        cap: npt.ArrayLike = 1.0,
        whole: bool = False,
    ) -> AllocationProblem:
        """The arrays of an :class:`thickecon.problems.Assignment`.

        Parameters
        ----------
        problem
            Supply, demand, conflicts, norms and weights are taken from it.
        values
            (rows,) a reading of its profile.
        outside
            (n,) the same reading of doing nothing; None: 0.
        cap
            Number or (rows,): most of a row that may be taken.
        whole
            Are shares whole units?

        Returns
        -------
        AllocationProblem
            Ready for :func:`thickecon.programs.solve_allocation`.

        Raises
        ------
        ProblemError
            See the class.
        """
        norms: list[tuple[str, Linear | Callable[[Any], Any]]] = []
        for norm in problem.norms:
            linear, made = norm.linear(problem.profile), norm.constraint
            if linear is not None:
                norms.append((norm.name, linear))
            elif not isinstance(made, Linear):
                norms.append((norm.name, _bound_to(made, problem)))
        return cls(
            problem.profile.index,
            as_floats(values, "values", error=ProblemError),
            problem.supply,
            problem.demand,
            problem.conflicts,
            tuple(norms),
            None if outside is None else as_floats(outside, "outside", error=ProblemError),
            problem.profile.weights,
            cap,
            whole,
        )

    # ---- variables ----------------------------------------------------------------------------------------

    @cached_property
    def upper(self) -> FloatArray:
        """(rows,) most of each row that cap, supply and demand leave."""
        upper = np.minimum(self.cap, self.supply[self.rows.option])
        if self.demand is not None:
            upper = np.minimum(upper, self.demand[self.rows.agent])
        if not np.isfinite(upper).all():
            raise ProblemError("a row has no limit", where="cap", remedy="give a finite cap or supply")
        return frozen(np.floor(upper) if self.whole else upper, copy=False)

    @cached_property
    def idle(self) -> IntArray:
        """Positions of agents whose doing nothing has a variable of its own."""
        if self.outside is None:
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero(self.outside)

    def utility_map(self, values: FloatArray, outside: FloatArray | None = None) -> Any:
        """(n, N) sparse: utilities, linear in the variables, for any reading of the rows.

        Parameters
        ----------
        values
            (rows,).
        outside
            (n,) or None for 0.

        Returns
        -------
        scipy.sparse.csr_array
            Times the variables: (n,) utilities.
        """
        n, k, extra = self.rows.n_agents, len(self.rows), len(self.idle)
        first = sp.csr_array((values, np.arange(k), self.rows.indptr), shape=(n, k))
        if not extra:
            return first
        worth = np.zeros(extra) if outside is None else outside[self.idle]
        return sp.hstack([first, sp.csr_array((worth, (self.idle, np.arange(extra))), shape=(n, extra))], format="csr")

    @cached_property
    def utilities(self) -> Any:
        """(n, N) sparse map of the problem's own values."""
        return self.utility_map(self.values, self.outside)

    # ---- constraints --------------------------------------------------------------------------------------

    @cached_property
    def curved(self) -> tuple[CurvedNorm, ...]:
        """Norms that are not linear: only a cone solver can keep them."""
        return tuple(n for n in self._functions if isinstance(n, CurvedNorm))

    @cached_property
    def _functions(self) -> tuple[CurvedNorm | Block, ...]:
        made: list[CurvedNorm | Block] = []
        for name, constraint in self.norms:
            if not isinstance(constraint, Linear):
                made.extend(function_norm(name, constraint, len(self.rows)))
        return tuple(made)

    @cached_property
    def feasible(self) -> Polyhedron:
        """The polyhedron of (taken, idle), with its named rows."""
        k, n, extra = len(self.rows), self.rows.n_agents, len(self.idle)
        blocks = [self._supply(), *self._demand(), *self._conflict_rows(), *self._norm_rows()]
        implied = self.upper >= np.minimum(
            self.supply[self.rows.option], np.inf if self.demand is None else self.demand[self.rows.agent]
        )
        made = Polyhedron(
            np.zeros(k),
            np.asarray(self.upper),
            tuple(blocks),
            np.ones(k, dtype=bool) if self.whole else None,
            implied,
            np.asarray(np.floor(self.cap) if self.whole else self.cap),
        )
        if not extra:
            return made
        made = made.extended(np.zeros(extra), np.ones(extra))
        used = sp.csr_array((np.ones(k), np.arange(k), self.rows.indptr), shape=(n, k))[self.idle]
        return made.with_blocks(*self._idle_rows(used))

    def _supply(self) -> Block:
        k, m = len(self.rows), self.rows.n_options
        kept = np.flatnonzero(np.isfinite(self.supply))
        matrix = sp.csr_array((np.ones(k), (self.rows.option, np.arange(k))), shape=(m, k))
        return Block("supply", matrix[kept], self.supply[kept], labels=[self.rows.options[int(j)] for j in kept])

    def _demand(self) -> list[Block]:
        if self.demand is None:
            return []
        kept = np.flatnonzero(np.isfinite(self.demand))
        k, n = len(self.rows), self.rows.n_agents
        matrix = sp.csr_array((np.ones(k), np.arange(k), self.rows.indptr), shape=(n, k))
        return [Block("demand", matrix[kept], self.demand[kept], labels=[self.rows.agents[int(i)] for i in kept])]

    def _conflict_rows(self) -> list[Block]:
        if self.conflicts is None or not len(self.conflicts) or not len(self.rows):
            return []
        m, key = self.rows.n_options, self.rows.agent.astype(np.int64) * self.rows.n_options + self.rows.option
        wanted = np.arange(self.rows.n_agents, dtype=np.int64)[:, None, None] * m + self.conflicts[None]
        at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
        both = (key[at] == wanted).all(axis=2) & (self.upper[at] > 0).all(axis=2)
        pairs, who = at[both], np.nonzero(both)
        count = len(pairs)
        data = 1.0 / np.maximum(self.cap[pairs], 1e-300)
        row = np.repeat(np.arange(count), 2)
        matrix = sp.csr_array((data.ravel(), (row, pairs.ravel())), shape=(count, len(self.rows)))
        options = self.rows.options
        labels = [
            (self.rows.agents[i], options[self.conflicts[c, 0]], options[self.conflicts[c, 1]])
            for i, c in zip(*who, strict=True)
        ]
        return [Block("conflicts", matrix, np.ones(count), labels=labels)]

    def _norm_rows(self) -> list[Block]:
        made: list[Block] = []
        for name, constraint in self.norms:
            if isinstance(constraint, Linear):
                sign = -1.0 if constraint.sense == ">=" else 1.0
                row = sp.csr_array(sign * np.asarray(constraint.coefficients)[None, :])
                made.append(Block(name, row, np.array([sign * constraint.bound]), constraint.sense == "=="))
        return made + [b for b in self._functions if isinstance(b, Block)]

    def _idle_rows(self, used: Any) -> list[Block]:
        """What is left of the first unit: 1 - used where at most one unit can be used, else max(0, 1 - used)."""
        assert self.outside is not None
        extra, worth = len(self.idle), self.outside[self.idle]
        most = used @ self.upper
        if self.demand is not None:
            most = np.minimum(most, self.demand[self.idle])
        eye = sp.eye_array(extra, format="csr")
        labels = [self.rows.agents[i] for i in self.idle]
        single = most <= 1.0
        made = []
        if single.any():
            rest = sp.hstack([used, eye], format="csr")[np.flatnonzero(single)]
            made.append(Block("idle", rest, np.ones(int(single.sum())), True, None, False))
        many = np.flatnonzero(~single)
        if len(many) and not self.whole and (worth[many] > 0).any():
            at = int(many[np.argmax(worth[many] > 0)])
            raise NotApplicableError(
                f"agent {labels[at]!r} earns {worth[at]:g} by doing nothing and may take more than one divisible unit:"
                " utility is not concave there",
                where="outside",
                remedy="set demand=1, use whole units, or measure values as gains over doing nothing",
            )
        if len(many):
            below = sp.hstack([-used, -eye], format="csr")[many]
            made.append(Block("idle at least", below, -np.ones(len(many)), False, None, False))
            if self.whole:
                cells = sp.coo_array(used[many])
                count = len(cells.data)
                take = sp.csr_array((np.ones(count), (np.arange(count), cells.coords[1])), shape=(count, used.shape[1]))
                idle = sp.csr_array((np.ones(count), (np.arange(count), many[cells.coords[0]])), shape=(count, extra))
                scale = sp.diags_array(1.0 / np.maximum(self.upper[cells.coords[1]], 1.0))
                both = sp.hstack([scale @ take, idle], format="csr")
                made.append(Block("idle at most", both, np.ones(count), False, None, False))
        return made

    def with_values(self, values: FloatArray, outside: FloatArray | None = None) -> AllocationProblem:
        """The same problem for another reading of the same rows."""
        return replace(self, values=values, outside=outside)


def _bound_to(function: Callable[..., Any], problem: Assignment) -> Callable[[Any], Any]:
    return lambda taken: function(taken, problem)
