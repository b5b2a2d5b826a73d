"""Two-sided markets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._core.arrays import as_floats, shape_text
from ..errors import ProblemError
from ..profiles.constructors import assemble
from ..profiles.profile import ThickProfile
from ..profiles.rows import Rows
from .assignment import Assignment
from .problem import Problem, capacity_vector, require_profile, same_labels

__all__ = ["Market", "Priorities"]

Rankings = Sequence[Sequence[int | Sequence[int]]]


def require_side(given: object, where: str) -> None:
    """One side of a market: a profile, or lists.

    Raises
    ------
    ProblemError
        Something else.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, (ThickProfile, Sequence, np.ndarray)):
        raise ProblemError(
            f"must be a ThickProfile or one ranking for each of this side, found {type(given).__name__}", where=where
        )


@dataclass(frozen=True, eq=False)
class Priorities:
    """How receivers that are not agents (schools, houses) rank proposers; no self stands behind them.

    Attributes
    ----------
    profile
        An ordinal profile: receivers are its agents, proposers its options; or one list a receiver, best first, as in
        :meth:`ThickProfile.from_rankings`. Equal ranks are broken by lottery.

    Raises
    ------
    ProblemError
        Neither a profile nor lists.
    """

    profile: ThickProfile | Rankings

    def __post_init__(self) -> None:
        require_side(self.profile, "Priorities")

    @classmethod
    def from_lists(cls, lists: Rankings, n_proposers: int | None = None) -> Priorities:
        """From one list a receiver, best first; an inner list is a tie; missing = not admitted."""
        options = None if n_proposers is None else range(n_proposers)
        return cls(ThickProfile.from_rankings(lists, options=options))

    @classmethod
    def from_scores(cls, scores: npt.ArrayLike) -> Priorities:
        """From (m, n) scores, higher first; nan = not admitted.

        Raises
        ------
        ProblemError
            Not numeric, or not a table.
        """
        table = as_floats(scores, "scores", error=ProblemError)
        if table.ndim != 2:
            raise ProblemError(
                f"must have shape (receivers, proposers), found {shape_text(table.shape)}", where="scores"
            )
        return cls(replace(ThickProfile.from_values(table), unit="ordinal"))

    @classmethod
    def equal(cls, proposers: ThickProfile) -> Priorities:
        """Every receiver ranks all proposers who evaluate it equally: the lottery decides."""
        # positions, not labels, are swapped: labels may be whole numbers themselves
        index, _ = Rows.sort(proposers.index.option, proposers.index.agent, proposers.options, proposers.agents)
        return cls(assemble(ThickProfile, index, np.ones((1, len(index))), unit="ordinal"))


@dataclass(frozen=True, eq=False, init=False)
class Market(Problem):
    """Proposers and receivers, each evaluating the other side.

    Parameters
    ----------
    proposers
        Profile whose options are the receivers (rankings are taken as lists).
    receivers
        Profile whose options are the proposers, :class:`Priorities`, or rankings.
    capacities
        Number or (m,): places of each receiver.
    demand
        Number or (n,): places a proposer may take.

    Raises
    ------
    ProblemError
        Sides whose sizes or labels do not fit each other, negative capacities.
    """

    receivers: ThickProfile
    capacities: Any
    demand: Any
    receivers_are_agents: bool
    kind: ClassVar[str] = "market"

    def __init__(
        self,
        proposers: ThickProfile | Rankings,
        receivers: ThickProfile | Priorities | Rankings,
        capacities: Any = 1,
        demand: Any = 1,
    ) -> None:
        theirs = receivers.profile if isinstance(receivers, Priorities) else receivers
        require_side(proposers, "Market.proposers")
        require_side(theirs, "Market.receivers")
        if not isinstance(proposers, ThickProfile):
            width = theirs.n_agents if isinstance(theirs, ThickProfile) else len(theirs)
            proposers = ThickProfile.from_rankings(proposers, options=range(width))
        if not isinstance(theirs, ThickProfile):
            theirs = ThickProfile.from_rankings(theirs, options=range(proposers.n_agents))
        require_profile(proposers, "Market.proposers")
        n, m = proposers.n_agents, proposers.n_options
        if (theirs.n_agents, theirs.n_options) != (m, n):
            raise ProblemError(
                f"{n} proposers evaluate {m} receivers, so receivers must be a profile of {m} agents over {n}"
                f" options; found {theirs.n_agents} over {theirs.n_options}",
                where="Market.receivers",
                remedy="the receivers' table is (receivers, proposers): transpose it?",
            )
        same_labels(proposers.agents, theirs.options, "proposers", "Market.receivers")
        same_labels(proposers.options, theirs.agents, "receivers", "Market.receivers")
        put = object.__setattr__
        put(self, "profile", proposers)
        put(self, "receivers", theirs)
        put(self, "capacities", capacity_vector(capacities, m, "capacities", proposers.options))
        put(self, "demand", capacity_vector(demand, n, "demand", proposers.agents))
        put(self, "receivers_are_agents", not isinstance(receivers, Priorities))

    @property
    def proposers(self) -> ThickProfile:
        """The proposers' profile (``profile`` of every problem)."""
        return self.profile

    @classmethod
    def from_assignment(cls, problem: Assignment) -> Market:
        """Options of an assignment as receivers without priorities: a lottery decides among equals.

        Raises
        ------
        ProblemError
            Fractional supply, conflicts or norms, which a matching mechanism cannot honour.
        """
        if len(problem.conflicts) or problem.norms:
            raise ProblemError(
                "matching cannot honour conflicts or norms", where="Assignment", remedy="use welfare.Allocate"
            )
        return cls(problem.profile, Priorities.equal(problem.profile), problem.supply, problem.unit_demand)

    def with_profile(self, profile: ThickProfile) -> Self:
        """The same market for another profile of the proposers."""
        return self.with_sides(profile, self.receivers)

    def with_sides(self, proposers: ThickProfile, receivers: ThickProfile) -> Self:
        """The same capacities for other profiles of both sides (for example the truth)."""
        theirs = receivers if self.receivers_are_agents else Priorities(receivers)
        return type(self)(proposers, theirs, self.capacities, self.demand)

    def swapped(self) -> Market:
        """Receivers propose."""
        return Market(self.receivers, self.profile, self.demand, self.capacities)
