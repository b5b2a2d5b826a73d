"""What single-item auctions share: each option is one unit, sold on its own, to the largest score if to anybody."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, feasible_verdict, net_objective, require_single_wins, scale_of
from .kernels.single_item import ItemAuctions, second_price
from .reserve import Reserve, as_reserve, reserve_of
from .true_bids import TrueBids

__all__ = ["PayYourBid", "SeparateItems", "SingleItemAuction", "not_negative"]


def not_negative(given: npt.ArrayLike, where: str) -> float:
    """The parameter as one finite number of at least 0.

    Raises
    ------
    InputError
        Anything else.
    """
    made = as_floats(given, where)
    if made.ndim or not np.isfinite(made) or made < 0:
        raise InputError(f"must be a finite number of at least 0, found {given!r}", where=where)
    return float(made)


@dataclass(frozen=True)
class SeparateItems(TrueBids):
    """Base of auctions in which each option is an auction of its own, one unit each."""

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    @abstractmethod
    def _reserve(self, problem: Problem) -> FloatArray:
        """(options,) what keeping the item is worth to whoever holds the auction."""

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    def wrap(self, problem: object) -> Problem:
        """One unit of each option, no limit to what an agent may win.

        Raises
        ------
        ProblemError
            Another supply than 1, a demand, conflicts or norms: separate auctions cannot honour them. Or a worth of
            doing nothing for agents who may win several options.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError(
                "each option is one unit, sold on its own: no other supply, demand, conflicts or norms",
                where=type(self).__name__,
                remedy="use auctions.VCG for several units or unit demand, welfare.Allocate for constraints",
            )
        require_single_wins(made, type(self).__name__)
        return made

    # ---- certificates -------------------------------------------------------------------------------------

    def _winners_verdicts(self, outcome: Outcome, slack: float = 0.0) -> tuple[Verdict, ...]:
        """Sold once at most, to the largest score (to within ``slack``) or not at all below the reserve."""
        profile, scores = outcome.profile, outcome.readings[0]
        assert isinstance(scores, Scores)
        index, reserve, m = profile.index, self._reserve(outcome.problem), profile.n_options
        sold: FloatArray = np.bincount(index.option, outcome.taken, minlength=m).astype(np.float64)
        top = np.array(reserve)
        np.maximum.at(top, index.option, scores.values)
        reached = np.bincount(index.option, outcome.taken * scores.values, minlength=m)
        short = top - reached - np.where(sold > 0, 0.0, reserve)
        tol = profile.resolution + slack * (sold > 0)
        text = "each option goes to the largest score, or stays below the reserve"
        text += f", to within {slack:g}" if slack else ""
        gap, holds = float(short.max(initial=0.0)), bool((short <= tol).all())
        return (
            feasible_verdict(outcome.problem, outcome.taken, sold - 1.0),
            Verdict("efficient", "reading", holds, gap, profile.resolution + slack, statement=text),
        )

    def _paid_verdict(self, outcome: Outcome, expected: FloatArray, text: str) -> Verdict:
        """Are payments (n,) those that were recomputed?"""
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        return charge_verdict(outcome, expected, 1e-9 * scale_of(scores) * (1 + outcome.profile.n_options), text)

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of values taken less the reserves given up, relative to doing nothing."""
        return net_objective(problem, taken, reading, self._reserve(problem))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserve."""
        (scores,) = self.readings(problem)
        return LinearObjective(
            scores.values - self._reserve(problem)[problem.profile.index.option], np.ones(len(scores.values))
        )

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """Each option to its largest weight, if that is at least 0."""
        weights, index = np.asarray(row_weights, dtype=float), self.wrap(problem).profile.index
        found = second_price(
            index.agent, index.option, weights, n_agents=index.n_agents, n_items=index.n_options, pivot="absent"
        )
        taken = np.zeros(len(index))
        taken[found.row[found.row >= 0]] = 1.0
        return taken


@dataclass(frozen=True)
class SingleItemAuction(SeparateItems):
    """Sales of single items with a reserve and a fee for bidding.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading: what keeping the item is worth to the
        seller. A score of exactly the reserve wins.
    entry_fee
        At least 0, paid for every bid that meets the reserve, won or lost. With one, truth is no longer dominant:
        who expects to lose stays away.
    """

    reserve: Reserve = 0.0
    entry_fee: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reserve", as_reserve(self.reserve))
        object.__setattr__(self, "entry_fee", not_negative(self.entry_fee, "entry_fee"))

    def _reserve(self, problem: Problem) -> FloatArray:
        return reserve_of(self.reserve, problem.profile.n_options, problem.profile)

    def _fees(self, problem: Problem, scores: Scores) -> FloatArray:
        """(n,) fees of the bids that meet the reserve."""
        index = problem.profile.index
        entered = scores.values >= self._reserve(problem)[index.option]
        bids: FloatArray = np.bincount(index.agent, entered, minlength=index.n_agents).astype(np.float64)
        return self.entry_fee * bids

    def _top_bids(self, problem: Problem, scores: Scores, lottery: Lottery) -> ItemAuctions:
        """Winners and thresholds, without offsets."""
        index = problem.profile.index
        return second_price(
            index.agent,
            index.option,
            scores.values,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            n_agents=index.n_agents,
            n_items=index.n_options,
        )


@dataclass(frozen=True)
class PayYourBid(SingleItemAuction):
    """Base of auctions in which what one pays is one's own bid: truth is not the bid, and no report dominates.

    A run without reports takes the truth for bids, as everywhere: what bidders do is in
    :func:`thickecon.auctions.equilibrium`, whose bids can be handed over as ``reports``.
    """

    @property
    def truth_dominates(self) -> bool:
        """No: one pays one's own bid."""
        return False

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is not the bid; the rest holds of true bids, each for its self."""
        return self._bid_claims(joins=self.entry_fee == 0)
