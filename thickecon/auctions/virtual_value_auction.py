"""What auctions by virtual values share: laws, what bids tell of endorsed values, and the ranking of bids."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray, as_floats
from ..errors import InputError, ProblemError
from ..mechanism.payment import Scores
from ..problems.problem import Problem
from ..profiles.summation import round_to
from .endorsed_regression import AT_FACE_VALUE, EndorsedRegression, endorsed_regression
from .reserve import Reserve, as_reserve, reserve_of
from .single_item import SeparateItems
from .value_distributions import ValueDistribution, value_distributions
from .virtual_values import VirtualValue

__all__ = ["VirtualValueAuction"]


@dataclass(frozen=True)
class VirtualValueAuction(SeparateItems):
    """Base of auctions that rank bids by ironed virtual values; parameters as of :class:`Myerson`.

    Raises
    ------
    InputError
        Laws that are none, a weight outside [0, 1], scores that fall where they must not, a regression where v itself
        is reported, or another number of regressions than of laws.
    """

    distributions: Any = "uniform"
    revenue_weight: float = 1.0
    endorsement: Any = None
    seller_value: Reserve = field(default=0.0, kw_only=True)
    ironing: bool = field(default=True, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "distributions", value_distributions(self.distributions))
        object.__setattr__(self, "seller_value", as_reserve(self.seller_value))
        a = as_floats(self.revenue_weight, "revenue_weight")
        if a.ndim or not 0 <= a <= 1:
            raise InputError(f"must lie in [0, 1], found {self.revenue_weight!r}", where="revenue_weight")
        object.__setattr__(self, "revenue_weight", float(a))
        if self.endorsement is not None:
            object.__setattr__(self, "endorsement", self._read_endorsement())
        if not isinstance(self.ironing, bool):
            raise InputError(f"must be True or False, found {self.ironing!r}", where="ironing")
        if not self.ironing:
            for k in range(self._kinds):
                self._psi(k).require_rising(f"distributions[{k}]")

    def _read_endorsement(self) -> EndorsedRegression | tuple[EndorsedRegression, ...]:
        if self.reporting != "decision" or (self.charging == "clarke" and not self._sees_all):
            raise InputError(
                "a regression of v on d needs bids of decision selves that are charged as made",
                where="endorsement",
                remedy="use reporting='decision' with the affine charge, or endorsement=None",
            )
        if not isinstance(self.endorsement, list) and not _several(self.endorsement):
            return endorsed_regression(self.endorsement)
        if not self.endorsement:
            raise InputError("must have a regression for each bidder, found none", where="endorsement")
        return tuple(endorsed_regression(each, f"endorsement[{k}]") for k, each in enumerate(self.endorsement))

    # ---- who is who -----------------------------------------------------------------------------------------

    @property
    def _kinds(self) -> int:
        """How many bidders are told apart by parameters."""
        lengths = [len(part) for part in (self.distributions, self.endorsement) if isinstance(part, tuple)]
        if len(set(lengths)) > 1:
            raise InputError(
                f"must have as many regressions as distributions, found {lengths[1]} and {lengths[0]}",
                where="endorsement",
            )
        return lengths[0] if lengths else 1

    @property
    def _told_apart(self) -> bool:
        return isinstance(self.distributions, tuple) or isinstance(self.endorsement, tuple)

    def _law(self, k: int) -> ValueDistribution:
        made = self.distributions[k] if isinstance(self.distributions, tuple) else self.distributions
        assert isinstance(made, ValueDistribution)
        return made

    def _line(self, k: int) -> EndorsedRegression:
        given = self.endorsement[k] if isinstance(self.endorsement, tuple) else self.endorsement
        return AT_FACE_VALUE if given is None else given

    @cached_property
    def _made(self) -> dict[tuple[int, float], VirtualValue]:
        return {}

    def _psi(self, k: int) -> VirtualValue:
        """Of bidder k; one object for equal laws and slopes."""
        law, slope = self._law(k), self._line(k).slope
        key = (id(law), slope)
        if key not in self._made:
            self._made[key] = VirtualValue(law, self.revenue_weight, slope)
        return self._made[key]

    def wrap(self, problem: object) -> Problem:
        """One unit of each option, and a law for each bidder.

        Raises
        ------
        ProblemError
            As of :class:`~thickecon.auctions.single_item.SeparateItems`, or another number of bidders.
        """
        made, kinds = super().wrap(problem), self._kinds
        if self._told_apart and made.profile.n_agents != kinds:
            raise ProblemError(
                f"must have one law (and regression) for each of {made.profile.n_agents} bidders, found {kinds}",
                where="distributions",
                remedy="give the law by itself, not in a list, where bidders are alike",
            )
        return made

    def _reserve(self, problem: Problem) -> FloatArray:
        return reserve_of(self.seller_value, problem.profile.n_options, problem.profile)

    # ---- the rule ---------------------------------------------------------------------------------------------

    def _groups(self, problem: Problem, rows: IntArray) -> list[tuple[VirtualValue, IntArray]]:
        """Positions in ``rows`` by the function that ranks them."""
        if not self._told_apart:
            return [(self._psi(0), np.arange(len(rows)))]
        agent = problem.profile.index.agent[rows]
        psis = [self._psi(k) for k in range(self._kinds)]
        kinds: dict[int, list[int]] = {}
        for k, psi in enumerate(psis):
            kinds.setdefault(id(psi), []).append(k)
        return [(psis[same[0]], np.flatnonzero(np.isin(agent, same))) for same in kinds.values()]

    def _shifts(self, problem: Problem, scores: Scores) -> FloatArray:
        """(rows,) what is taken off the score because of evidence, and of what does not depend on the bid."""
        lines = [self._line(k) for k in range(self._kinds)]
        agent = problem.profile.index.agent if self._told_apart else np.zeros(len(scores.values), dtype=np.intp)
        weight = np.array([line.evidence for line in lines])[agent]
        constant = np.array([line.intercept for line in lines])[agent]
        made: FloatArray = (1 - self.revenue_weight) * (weight * scores.offset - constant)
        return made

    def _ranked(self, problem: Problem, scores: Scores, paid: FloatArray, rows: IntArray | None = None) -> FloatArray:
        """Ironed scores of ``rows`` (all) at what they would pay, on the profile's grid; -inf never wins."""
        grid, here = problem.profile.resolution, np.arange(len(scores.values)) if rows is None else rows
        made = np.full(len(here), -np.inf)
        for psi, at in self._groups(problem, here):
            made[at] = psi.ironed(paid[at], grid / 2)
        made -= self._shifts(problem, scores)[here]
        seen = np.isfinite(made)
        made[seen] = round_to(made[seen], grid)
        return made

    def _least(
        self, problem: Problem, scores: Scores, rows: IntArray, level: FloatArray, strict: BoolArray
    ) -> FloatArray:
        """The least each of ``rows`` could bid to reach ``level``, or to exceed it."""
        shift, made = self._shifts(problem, scores)[rows], np.full(len(rows), np.inf)
        for psi, at in self._groups(problem, rows):
            if len(at):
                made[at] = psi.least(level[at], shift[at], strict=strict[at], grid=problem.profile.resolution)
        return made


def _several(given: Any) -> bool:
    """A tuple of regressions, as a mechanism keeps them; a pair of numbers is one regression."""
    return isinstance(given, tuple) and not all(np.ndim(part) == 0 and np.isscalar(part) for part in given)
