"""Vickrey-Clarke-Groves: unit demand, additive bidders, bundles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import InputError
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
from .certificates import (
    charge_verdict,
    feasible_verdict,
    net_objective,
    participation_verdicts,
    require_single_wins,
    scale_of,
)
from .charges import (
    Sale,
    bundle_charges,
    bundle_worth,
    least_price_gap,
    outside_bounds,
    separate_charges,
    suppressed_charges,
)
from .kernels.additive import additive_vcg
from .kernels.assignment import best_assignment, unit_demand_vcg
from .kernels.gains import gains
from .kernels.winner_determination import Language as BundleLanguage
from .kernels.winner_determination import bundle_vcg, determine_winners
from .reserve import Reserve, as_reserve, reserve_of

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
        Number or tuple of (items,), at least 0, in units of the reading: what keeping a unit is worth to the seller.
        A score of exactly the reserve is served while units are left; under the affine charge the winner pays the
        wedge on top of the reserve too.
    time_limit
        Seconds for each winner determination of bundles.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is negative, not finite or of the wrong length; a time limit that is not positive.
    ProblemError
        A worth of doing nothing for agents who may win several options (additive, OR, OR*).
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

    reserve: Reserve = 0.0
    time_limit: float = 600.0

    title: ClassVar[str] = "Vickrey-Clarke-Groves"
    reference: ClassVar[str] = "10.1007/BF01726210"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Bids,)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reserve", as_reserve(self.reserve))
        if not self.time_limit > 0:
            raise InputError(f"must be more than 0 seconds, found {self.time_limit}", where="time_limit")

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
        return reserve_of(self.reserve, problem.bundles.shape[1], problem.profile)

    def wrap(self, problem: object) -> Problem:
        """The problem, or a profile as bids on one unit of each option, of which an agent wins at most one.

        Raises
        ------
        ProblemError
            Another kind of problem; a worth of doing nothing for agents who may win several options.
        """
        made = super().wrap(problem)
        assert isinstance(made, Bids)
        if made.language not in ("unit", "XOR"):
            require_single_wins(made, "VCG")
        return made

    def _solve(
        self, problem: Bids, scores: FloatArray, offset: FloatArray, reserve: FloatArray, lottery: FloatArray
    ) -> Decision:
        index, n, items = problem.profile.index, problem.profile.n_agents, problem.bundles.shape[1]
        taken = np.zeros(len(index))
        if _by_item(problem):
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
            language=_bundle_language(problem),
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
        index, bundles = problem.profile.index, problem.bundles
        used = np.bincount(index.option, outcome.taken, minlength=len(bundles)) @ bundles
        kept = (bundles @ self._reserve(problem))[index.option]
        sale = Sale(
            index.agent,
            bundles.argmax(axis=1)[index.option] if _by_item(problem) else index.option,
            scores.values - kept,
            scores.offset + kept,
            outcome.taken > 0.5,
            problem.supply,
            index.n_agents,
        )
        feasible = feasible_verdict(problem, outcome.taken, used - problem.supply)
        if not feasible.holds:
            return (feasible,)
        tol = 1e-9 * scale_of(scores) * max(1, index.n_agents)
        return (
            feasible,
            self._efficient(problem, sale, outcome, tol),
            self._charged(problem, sale, outcome, tol),
            *participation_verdicts(self, outcome),
        )

    def _efficient(self, problem: Bids, sale: Sale, outcome: Outcome, tol: float) -> Verdict:
        """Optimality by a dual bound: prices of items and what each agent can gain at them (unit, additive)."""
        worth = float(sale.gain @ outcome.taken)
        text = "the sum of scores less reserves is greatest; the gap is to "
        if not _by_item(problem):
            most = bundle_worth(sale, problem.bundles, exclusive=_bundle_language(problem) == "XOR")
            text += "the bound of branch and bound" if most is None else "the optimum of a dynamic programme"
            gap = (float(outcome.decision.details["bound"]) if most is None else most) - worth
            return Verdict("efficient", "reading", abs(gap) <= tol, abs(gap), tol, statement=text)
        price = np.maximum(outcome.prices - self._reserve(problem), 0.0)
        gain = sale.gain - price[sale.item]
        if problem.language == "unit":
            best = np.zeros(sale.n_agents)
            np.maximum.at(best, sale.agent, gain)
        else:
            best = np.maximum(gain, 0.0)
        gap = float(best.sum()) + float(price @ problem.supply) - worth
        return Verdict("efficient", "reading", abs(gap) <= tol, abs(gap), tol, statement=text + "a dual bound")

    def _charged(self, problem: Bids, sale: Sale, outcome: Outcome, tol: float) -> Verdict:
        """Unit demand: prices are the least (Leonard 1983), charges follow; else the charge of T18 by definition."""
        text = "each pays what the others, with it at a report of zero, would have more (T18)"
        if not _by_item(problem):
            charges = bundle_charges(sale, problem.bundles, exclusive=_bundle_language(problem) == "XOR")
            if charges is None:
                off = float(outside_bounds(sale, outcome.payments).max(initial=0.0))
                text += ": too many bundles to recompute, only that it lies between 0 and the bid"
                return Verdict("payments", "reading", None if off <= tol else False, off, tol, None, text)
            return charge_verdict(outcome, charges, tol, text)
        if problem.language == "additive":
            return charge_verdict(outcome, separate_charges(sale), tol, text)
        price = np.maximum(outcome.prices - self._reserve(problem), 0.0)
        loose = least_price_gap(sale, price, tol)
        if loose > tol:
            return Verdict("payments", "reading", False, loose, tol, None, "prices are the least competitive ones")
        charges = sale.base + np.bincount(sale.agent, price[sale.item] * sale.taken, sale.n_agents)
        agents, own = suppressed_charges(sale, price)
        unseen = np.isnan(own)
        charges[agents] = np.where(unseen, outcome.payments[agents], own)
        if unseen.any():
            text += f"; not recomputed for {unseen.sum()} agents who suppress a want"
        return charge_verdict(outcome, charges, tol, text)

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
        """(rows,) the feasible allocation with the greatest sum of weights; no row of negative weight is taken."""
        problem = self.wrap(problem)
        assert isinstance(problem, Bids)
        index = problem.profile.index
        weights = np.asarray(row_weights, dtype=np.float64)
        nothing = np.zeros(problem.bundles.shape[1])
        item = problem.bundles.argmax(axis=1)[index.option]
        ticket = np.arange(index.n_agents, dtype=np.float64)
        if problem.language == "unit" and _by_item(problem):
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
        if _by_item(problem):
            return self._solve(problem, weights, weights * 0.0, nothing, ticket).taken
        return determine_winners(
            index.agent,
            index.option,
            weights,
            problem.bundles,
            supply=problem.supply,
            language=_bundle_language(problem),
            n_agents=index.n_agents,
            time_limit=self.time_limit,
        ).taken


def _by_item(problem: Bids) -> bool:
    """Single items that no two options share: then kernels for items serve, and there are prices."""
    return problem.language in ("unit", "additive") and bool((problem.bundles.sum(axis=0) <= 1).all())


def _bundle_language(problem: Bids) -> BundleLanguage:
    """Where two options are units of one item, unit demand is XOR and additive bidders are OR."""
    same: dict[str, BundleLanguage] = {"unit": "XOR", "additive": "OR"}
    return same.get(problem.language, cast("BundleLanguage", problem.language))
