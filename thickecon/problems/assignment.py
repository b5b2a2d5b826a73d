"""Options in limited supply, to be shared among agents."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, frozen
from ..errors import ProblemError
from .norm import Norm
from .problem import Problem, capacity_vector, require_profile

__all__ = ["Assignment"]


@dataclass(frozen=True, eq=False)
class Assignment(Problem):
    """Who takes how much of which option.

    Parameters
    ----------
    profile
        Agents' evaluations.
    supply
        Number or (m,): units of each option.
    demand
        Number or (n,): how many units an agent may take in all; None: no limit in allocation, 1 in matching.
    conflicts
        Pairs of options (labels) that no agent may hold together; the attribute holds (k, 2) positions.
    norms
        Named constraints.

    Raises
    ------
    ProblemError
        Negative or nan supply or demand, a conflict of an option with itself, two norms of one name.
    UnknownNameError
        A conflict names an option that is not there.
    """

    supply: Any = 1
    demand: Any = None
    conflicts: Any = ()
    norms: tuple[Norm, ...] = ()
    kind: ClassVar[str] = "assignment"

    def __post_init__(self) -> None:
        profile = require_profile(self.profile, "Assignment.profile")
        n, m = profile.n_agents, profile.n_options
        supply = capacity_vector(self.supply, m, "supply", profile.options, allow_fraction=True)
        demand = self.demand
        if demand is not None:
            demand = capacity_vector(demand, n, "demand", profile.agents, allow_fraction=True)
        object.__setattr__(self, "supply", supply)
        object.__setattr__(self, "demand", demand)
        object.__setattr__(self, "conflicts", _conflict_pairs(self.conflicts, self))
        norms = (self.norms,) if isinstance(self.norms, Norm) else tuple(self.norms)
        names = [norm.name for norm in norms]
        if len(set(names)) != len(names):
            raise ProblemError(f"names must differ, found {names}", where="norms")
        object.__setattr__(self, "norms", norms)

    @property
    def demand_or(self) -> FloatArray:
        """(n,) demand with inf for no limit."""
        if self.demand is None:
            return frozen(np.full(self.profile.n_agents, np.inf), copy=False)
        made: FloatArray = self.demand
        return made

    @property
    def unit_demand(self) -> FloatArray:
        """(n,) demand with 1 for no limit: what matching and unit auctions read."""
        if self.demand is None:
            return frozen(np.ones(self.profile.n_agents), copy=False)
        made: FloatArray = self.demand
        return made


def _conflict_pairs(given: Iterable[tuple[Hashable, Hashable]] | npt.ArrayLike, problem: Assignment) -> IntArray:
    """(k, 2) positions of conflicting options, lower first, each pair once.

    A read-only integer array holds positions: it is the attribute of a problem that is being replaced.
    """
    if isinstance(given, np.ndarray) and given.dtype == np.intp and not given.flags.writeable:
        own_positions: IntArray = given
        return own_positions
    pairs = [tuple(pair) for pair in cast(Iterable[tuple[Hashable, Hashable]], given)]
    if not pairs:
        return frozen(np.empty((0, 2), dtype=np.intp))
    bad = next((pair for pair in pairs if len(pair) != 2), None)
    if bad is not None:
        raise ProblemError(f"must be pairs of options, found {bad!r}", where="conflicts")
    index = problem.profile.index
    table = np.stack([index.option_positions([pair[k] for pair in pairs]) for k in (0, 1)], axis=1)
    own = table[:, 0] == table[:, 1]
    if own.any():
        raise ProblemError(f"{pairs[int(np.argmax(own))][0]!r} conflicts with itself", where="conflicts")
    return frozen(np.unique(np.sort(table, axis=1), axis=0), np.intp)
