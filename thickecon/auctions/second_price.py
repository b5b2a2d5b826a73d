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
from .certificates import money_verdicts, net_objective, reserve_of
from .kernels.single_item import second_price

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
        In units of the reading: what keeping the item is worth to the seller.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is not finite.

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

    reserve: float = 0.0

    title: ClassVar[str] = "Second-price auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    def __post_init__(self) -> None:
        super().__post_init__()
        reserve_of(self.reserve, None)

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
            Another supply than 1, a demand, conflicts or norms: separate auctions cannot honour them.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError(
                "each option is one unit, sold on its own: no other supply, demand, conflicts or norms",
                where="SecondPrice",
                remedy="use auctions.VCG for several units or unit demand, welfare.Allocate for constraints",
            )
        return made

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        profile, (scores,) = problem.profile, readings
        found = second_price(
            profile.index.agent,
            profile.index.option,
            scores.values,
            offsets=scores.offset,
            reserve=self.reserve,
            lottery=lottery.agents,
            n_agents=profile.n_agents,
            n_items=profile.n_options,
        )
        taken = np.zeros(len(profile.index))
        taken[found.row[found.row >= 0]] = 1.0
        payments = np.bincount(profile.index.agent, found.payments, minlength=profile.n_agents).astype(np.float64)
        return Decision(taken, payments=payments, prices=found.price)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        profile, index = outcome.profile, outcome.profile.index
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        sold = np.bincount(index.option, outcome.taken, minlength=profile.n_options)
        top = np.full(profile.n_options, self.reserve)
        np.maximum.at(top, index.option, scores.values)
        reached = np.bincount(index.option, outcome.taken * scores.values, minlength=profile.n_options)
        short = top - reached - np.where(sold > 0, 0.0, self.reserve)
        return (
            Verdict(
                "feasible",
                "nobody",
                bool((sold <= 1).all()),
                float(max(0.0, (sold - 1).max(initial=0))),
                statement="each option goes to at most one agent",
            ),
            Verdict(
                "efficient",
                "reading",
                bool((short <= profile.resolution).all()),
                float(short.max(initial=0.0)),
                profile.resolution,
                statement="each option goes to the largest score, or stays below the reserve",
            ),
            *money_verdicts(self, outcome),
        )

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of values taken less the reserves given up, relative to doing nothing."""
        return net_objective(problem, taken, reading, np.full(problem.profile.n_options, self.reserve))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserve."""
        (scores,) = self.readings(problem)
        return LinearObjective(scores.values - self.reserve, np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """Each option's largest weight, if positive."""
        weights, index = np.asarray(row_weights, dtype=float), problem.profile.index
        found = second_price(
            index.agent, index.option, weights, n_agents=index.n_agents, n_items=index.n_options, pivot="absent"
        )
        taken = np.zeros(len(index))
        taken[found.row[found.row >= 0]] = 1.0
        return taken
