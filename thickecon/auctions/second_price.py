"""Second-price auctions: each option is an auction of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import (
    charge_verdict,
    feasible_verdict,
    net_objective,
    participation_verdicts,
    require_single_wins,
    scale_of,
)
from .charges import Sale, separate_charges
from .kernels.single_item import second_price
from .reserve import Reserve, as_reserve, reserve_of

__all__ = ["SecondPrice"]


@register("auctions.SecondPrice")
@dataclass(frozen=True)
class SecondPrice(PaymentMechanism):
    """The largest score wins if it meets the reserve, and pays the larger of the second score and the reserve.

    Every option is auctioned on its own, one unit each; an agent may win several. Ties go to the lowest lottery
    number. With ``charge="affine"`` the winner pays the wedge on top, so that truth is dominant for decision
    selves (T18); a suppressed want (d < 0 < v) that would win with a report of 0 is then charged like a winner.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading: what keeping the item is worth to the
        seller. A score of exactly the reserve wins; under the affine charge the winner pays the wedge on top of the
        reserve too.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is negative, not finite, or of another length than there are options.
    ProblemError
        A problem with another supply than 1, a demand, conflicts or norms; a worth of doing nothing for agents who
        may win several options.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    >>> thick = te.auctions.SecondPrice().run(p, rng=0)
    >>> sidt = te.auctions.SecondPrice().baseline().run(p, rng=0)
    >>> thick.winners.tolist(), thick.revenue, sidt.winners.tolist(), sidt.revenue
    ([1], 3.0, [0], 6.0)
    """

    reserve: Reserve = 0.0

    title: ClassVar[str] = "Second-price auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reserve", as_reserve(self.reserve))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._incentive_claims()

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
                where="SecondPrice",
                remedy="use auctions.VCG for several units or unit demand, welfare.Allocate for constraints",
            )
        require_single_wins(made, "SecondPrice")
        return made

    def _reserve(self, problem: Problem) -> FloatArray:
        return reserve_of(self.reserve, problem.profile.n_options, problem.profile)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        profile, (scores,) = problem.profile, readings
        found = second_price(
            profile.index.agent,
            profile.index.option,
            scores.values,
            offsets=scores.offset,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            n_agents=profile.n_agents,
            n_items=profile.n_options,
        )
        taken = np.zeros(len(profile.index))
        taken[found.row[found.row >= 0]] = 1.0
        payments = np.bincount(profile.index.agent, found.payments, minlength=profile.n_agents).astype(np.float64)
        return Decision(taken, payments=payments, prices=found.price)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        profile, scores = outcome.profile, outcome.readings[0]
        assert isinstance(scores, Scores)
        index, reserve, m = profile.index, self._reserve(outcome.problem), profile.n_options
        sold: FloatArray = np.bincount(index.option, outcome.taken, minlength=m).astype(np.float64)
        top = np.array(reserve)
        np.maximum.at(top, index.option, scores.values)
        reached = np.bincount(index.option, outcome.taken * scores.values, minlength=m)
        short = top - reached - np.where(sold > 0, 0.0, reserve)
        return (
            feasible_verdict(outcome.problem, outcome.taken, sold - 1.0),
            Verdict(
                "efficient",
                "reading",
                bool((short <= profile.resolution).all()),
                float(short.max(initial=0.0)),
                profile.resolution,
                statement="each option goes to the largest score, or stays below the reserve",
            ),
            self._charged(outcome, scores, reserve),
            *participation_verdicts(self, outcome),
        )

    def _charged(self, outcome: Outcome, scores: Scores, reserve: FloatArray) -> Verdict:
        index = outcome.profile.index
        kept = reserve[index.option]
        sale = Sale(
            index.agent,
            index.option,
            scores.values - kept,
            scores.offset + kept,
            outcome.taken > 0.5,
            np.ones(len(reserve)),
            index.n_agents,
        )
        text = "each pays what the others, with it at a report of zero, would have more (T18)"
        return charge_verdict(outcome, separate_charges(sale), 1e-9 * scale_of(scores), text)

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
