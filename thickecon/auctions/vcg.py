"""Vickrey-Clarke-Groves: unit demand, additive bidders, bundles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from ..problems.problem import Problem
from .certificates import money_verdicts, net_objective, reserve_of
from .kernels.additive import additive_vcg
from .kernels.assignment import best_assignment, unit_demand_vcg
from .kernels.gains import gains
from .kernels.winner_determination import Language as BundleLanguage
from .kernels.winner_determination import bundle_vcg, determine_winners

__all__ = ["VCG"]


@register("auctions.VCG")
@dataclass(frozen=True)
class VCG(PaymentMechanism):
    """The allocation with the greatest sum of scores; each agent is charged what its presence costs the others.

    Unit demand: one assignment and one price sweep give all charges. Additive bidders: each item by itself.
    Bundles (XOR, OR, OR*): winner determination by MILP, solved again only without each winner. With
    ``charge="affine"`` it is the affine maximiser with offsets -(d - L), for which truth is dominant for decision
    selves (T18).

    Parameters
    ----------
    reserve
        Number or tuple of (items,), in units of the reading: what keeping an item is worth to the seller.
    time_limit
        Seconds for each winner determination of bundles.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is not finite or of the wrong length.
    SolverError
        Winner determination did not finish within the time limit.

    References
    ----------
    Clarke (1971), doi:10.1007/BF01726210; Leonard (1983), doi:10.1086/261158; Roberts' affine maximisers, T18.

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0, 5.0], [8.0, 7.0]])
    >>> outcome = te.auctions.VCG().run(te.auctions.Bids(p, language="unit"), rng=0)
    >>> outcome.winners.tolist(), outcome.payments.tolist()
    ([0, 1], [1.0, 0.0])
    """

    reserve: float | tuple[float, ...] = 0.0
    time_limit: float = 600.0

    title: ClassVar[str] = "Vickrey-Clarke-Groves"
    reference: ClassVar[str] = "10.1007/BF01726210"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Bids,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.reserve, (list, np.ndarray)):
            object.__setattr__(self, "reserve", tuple(float(r) for r in np.ravel(self.reserve)))
        reserve_of(self.reserve, None)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._incentive_claims()

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    def _run(self, problem: Bids, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        return self._solve(problem, scores.values, scores.offset, self._reserve(problem), lottery.agents)

    def _reserve(self, problem: Bids) -> FloatArray:
        return reserve_of(self.reserve, problem.bundles.shape[1])

    def _solve(
        self, problem: Bids, scores: FloatArray, offset: FloatArray, reserve: FloatArray, lottery: FloatArray
    ) -> Decision:
        index, n, items = problem.profile.index, problem.profile.n_agents, problem.bundles.shape[1]
        taken = np.zeros(len(index))
        if problem.language in ("unit", "additive"):
            item = problem.bundles.argmax(axis=1)[index.option]
            shared: dict[str, Any] = {
                "supply": problem.supply,
                "offsets": offset,
                "reserve": reserve,
                "lottery": lottery,
                "n_agents": n,
                "n_items": items,
            }
            if problem.language == "unit":
                found = unit_demand_vcg(index.agent, item, scores, **shared)
                taken[found.row[found.row >= 0]] = 1.0
                return Decision(taken, payments=found.payments, prices=found.price)
            each = additive_vcg(index.agent, item, scores, **shared)
            payments = np.bincount(index.agent, each.payments, minlength=n).astype(np.float64)
            return Decision(each.taken.astype(float), payments=payments, prices=each.price)
        bundles = bundle_vcg(
            index.agent,
            index.option,
            scores,
            problem.bundles,
            supply=problem.supply,
            language=cast("BundleLanguage", problem.language),
            offsets=offset,
            reserve=reserve,
            lottery=lottery,
            n_agents=n,
            time_limit=self.time_limit,
        )
        return Decision(bundles.taken, payments=bundles.payments, details={"bound": bundles.bound})

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, scores = outcome.problem, outcome.readings[0]
        assert isinstance(problem, Bids)
        assert isinstance(scores, Scores)
        used = (
            np.bincount(problem.profile.index.option, outcome.taken, minlength=len(problem.bundles)) @ problem.bundles
        )
        over = float((used - problem.supply).max(initial=0.0))
        return (
            Verdict("feasible", "nobody", over <= 1e-9, max(0.0, over), 1e-9, statement="no item beyond its supply"),
            self._efficient(problem, scores, outcome),
            *money_verdicts(self, outcome),
        )

    def _efficient(self, problem: Bids, scores: Scores, outcome: Outcome) -> Verdict:
        """Optimality by a dual bound: prices of items and what each agent can gain at them (unit, additive)."""
        index, n = problem.profile.index, problem.profile.n_agents
        reserve = self._reserve(problem)
        net = scores.values - (problem.bundles @ reserve)[index.option]
        worth = float(net @ outcome.taken)
        tol = 1e-9 * max(1.0, float(np.abs(scores.values).max(initial=0.0))) * max(1, n)
        text = "the sum of scores less reserves is greatest; the gap is to a dual bound"
        if "bound" in outcome.decision.details:
            gap = max(0.0, float(outcome.decision.details["bound"]) - worth)
            text = "the sum of scores less reserves is greatest; the gap is to the bound of branch and bound"
            tol = max(tol, 1e-6 * abs(worth))
            return Verdict("efficient", "reading", gap <= tol, gap, tol, statement=text)
        price = np.maximum(outcome.prices - reserve, 0.0)
        gain = net - (problem.bundles @ price)[index.option]
        if problem.language == "unit":
            best = np.zeros(n)
            np.maximum.at(best, index.agent, gain)
            bound = float(best.sum())
        else:
            bound = float(np.maximum(gain, 0.0).sum())
        gap = bound + float(price @ problem.supply) - worth
        return Verdict("efficient", "reading", gap <= tol, max(0.0, gap), tol, statement=text)

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of values taken less the reserves given up, relative to doing nothing."""
        assert isinstance(problem, Bids)
        return net_objective(problem, taken, reading, problem.bundles @ self._reserve(problem))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserves of the items taken."""
        assert isinstance(problem, Bids)
        (scores,) = self.readings(problem)
        cost = (problem.bundles @ self._reserve(problem))[problem.profile.index.option]
        return LinearObjective(scores.values - cost, np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) the feasible allocation with the greatest sum of weights; rows are taken only if it pays."""
        assert isinstance(problem, Bids)
        index = problem.profile.index
        weights = np.asarray(row_weights, dtype=np.float64)
        nothing = np.zeros(problem.bundles.shape[1])
        item = problem.bundles.argmax(axis=1)[index.option]
        ticket = np.arange(index.n_agents, dtype=np.float64)
        if problem.language == "unit":
            g = gains(
                index.agent,
                item,
                weights,
                offsets=None,
                reserve=0.0,
                lottery=ticket,
                pivot="absent",
                n_agents=index.n_agents,
                n_options=len(nothing),
            )
            row = best_assignment(g, problem.supply.astype(np.intp))
            taken = np.zeros(len(index))
            taken[row[row >= 0]] = 1.0
            return taken
        if problem.language == "additive":
            return self._solve(problem, weights, weights * 0.0, nothing, ticket).taken
        return determine_winners(
            index.agent,
            index.option,
            weights,
            problem.bundles,
            supply=problem.supply,
            language=problem.language,
            n_agents=index.n_agents,
            time_limit=self.time_limit,
        ).taken
