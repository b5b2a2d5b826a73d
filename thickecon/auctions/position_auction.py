"""What auctions of positions share: bidders for slots of a page, ranked by what a click on them is worth."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, frozen
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, net_objective, participation_verdicts, scale_of
from .kernels.positions import Positions, rank_for_slots
from .reserve import one_reserve, reserve_of
from .slots import as_clicks, numbers_of, slots_gap
from .true_bids import TrueBids

__all__ = ["PositionAuction"]

SHARE = 1e-9
"""How far the clicks of a row may be from those of a slot, relative to the largest."""


@dataclass(frozen=True)
class PositionAuction(TrueBids):
    """Base of auctions of slots whose clicks are those of the slot times the bidder's quality.

    Parameters
    ----------
    clicks
        (slots,) clicks of each slot for a bidder of quality 1: rates or counts, at least 0, best slot first.
    quality
        (agents,) more than 0, by how much clicks on a bidder are more or fewer than that; None: 1 for all.
    reserve
        At least 0, in units of the reading: what keeping a click is worth to the seller.
    """

    clicks: tuple[float, ...] = (1.0,)
    quality: tuple[float, ...] | None = None
    reserve: float = 0.0

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)
    _rule: ClassVar[Callable[..., Positions]]

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "clicks", as_clicks(self.clicks))
        if self.quality is not None:
            quality = numbers_of(self.quality, "quality")
            if (quality <= 0).any():
                raise InputError(f"must be more than 0, found {quality.min():g}", where="quality")
            object.__setattr__(self, "quality", tuple(quality.tolist()))
        object.__setattr__(self, "reserve", one_reserve(self.reserve, "there is one option, a click"))

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    @property
    def largest_share(self) -> float:
        """The most clicks that anybody can get."""
        return max(self.clicks, default=0.0) * max(self.quality or (1.0,), default=1.0)

    def wrap(self, problem: object) -> Problem:
        """Clicks on each agent, as many as its slot brings.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        profile = made.profile
        if profile.n_options != 1:
            raise ProblemError(
                f"must have one option, the value of a click, found {profile.n_options}",
                where=type(self).__name__,
                remedy="profile.restrict(options=[...]) picks one; use auctions.VCG for items of different kinds",
            )
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError(
                "slots come from `clicks`: no supply, demand, conflicts or norms of the problem's own",
                where=type(self).__name__,
                remedy="use welfare.Allocate for constraints",
            )
        if self.quality is not None and len(self.quality) != profile.n_agents:
            raise ProblemError(
                f"must have one entry for each of {profile.n_agents} agents, found {len(self.quality)}",
                where=f"{type(self).__name__}.quality",
            )
        if self.largest_share > 1 and profile.outside is not None and np.any(profile.outside):
            raise ProblemError(
                f"doing nothing must be worth 0 where a bidder may get {self.largest_share:g} clicks: it would be"
                " given up once for each",
                where=f"{type(self).__name__}, outside",
                remedy="state clicks as rates of at most 1, or values relative to doing nothing",
            )
        return made

    # ---- the rule -----------------------------------------------------------------------------------------

    def _quality(self, problem: Problem) -> FloatArray:
        """(rows,) qualities."""
        index = problem.profile.index
        return np.ones(len(index)) if self.quality is None else np.asarray(self.quality)[index.agent]

    def _reserve(self, problem: Problem) -> float:
        return float(reserve_of(self.reserve, 1, problem.profile)[0])

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        found = self._rule(
            index.agent,
            scores.values,
            self.clicks,
            quality=self._quality(problem),
            offsets=scores.offset,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            n_agents=index.n_agents,
        )
        payments = np.bincount(index.agent, found.payments, minlength=index.n_agents).astype(np.float64)
        slots = np.full(len(found.row), -1, dtype=np.intp)
        slots[found.row >= 0] = index.agent[found.row[found.row >= 0]]
        return Decision(
            found.clicks, payments=payments, prices=found.price, details={"slots": frozen(slots, copy=False)}
        )

    # ---- the certificate ----------------------------------------------------------------------------------

    @abstractmethod
    def _due(self, outcome: Outcome, scores: Scores) -> tuple[FloatArray, str]:
        """(n,) what each should pay, recomputed from who has which clicks, and the rule in words."""

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        """One bidder a slot at most; if so, the larger gain has the more clicks, and charges are what is due."""
        feasible = self._feasible(outcome.taken / self._quality(outcome.problem))
        if not feasible.holds:
            return (feasible,)
        gain, share, scores = self._gain(outcome), outcome.taken / self._quality(outcome.problem), outcome.readings[0]
        assert isinstance(scores, Scores)
        best = np.sort(np.maximum(gain, 0.0))[::-1][: len(self.clicks)]
        short = float(best @ np.asarray(self.clicks)[: len(best)] - gain @ share)
        tol = self._tolerance(outcome)
        due, rule = self._due(outcome, scores)
        text = "the greatest sum of gains by the rearrangement inequality: the larger gain has the more clicks"
        return (
            feasible,
            Verdict("efficient", "reading", abs(short) <= tol, abs(short), tol, statement=text),
            charge_verdict(outcome, due, tol, rule),
            *participation_verdicts(self, outcome),
        )

    def _gain(self, outcome: Outcome) -> FloatArray:
        """(rows,) what a click of a slot adds: quality times (score less reserve)."""
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        return self._quality(outcome.problem) * (scores.values - self._reserve(outcome.problem))

    def _tolerance(self, outcome: Outcome) -> float:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        most = float(self._quality(outcome.problem).max(initial=0.0))
        return 1e-9 * (scale_of(scores) + self.reserve) * max(1.0, sum(self.clicks) * most)

    def _feasible(self, share: FloatArray) -> Verdict:
        """Does each row that is shown have the clicks of a slot of its own?"""
        scale, gap = max(self.clicks, default=0.0), slots_gap(share, np.asarray(self.clicks))
        holds = gap <= SHARE * scale
        text = "each bidder shown has the clicks of one slot, and no two of the same"
        return Verdict("feasible", "nobody", holds, gap, SHARE * scale, statement=text)

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum over clicks of the value less the reserve given up, relative to doing nothing."""
        return net_objective(problem, taken, reading, np.array([self._reserve(problem)]))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserve."""
        (scores,) = self.readings(problem)
        return LinearObjective(scores.values - self._reserve(problem), np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) clicks with the greatest sum of weights; no row of negative weight is shown."""
        made = self.wrap(problem)
        quality = self._quality(made)
        weights = quality * np.asarray(row_weights, dtype=np.float64)
        shown = rank_for_slots(weights, np.zeros(len(weights)), len(self.clicks))
        taken = np.zeros(len(weights))
        taken[shown] = np.asarray(self.clicks)[: len(shown)] * quality[shown]
        return taken
