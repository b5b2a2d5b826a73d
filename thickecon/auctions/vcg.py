"""Vickrey-Clarke-Groves: unit demand, additive bidders, bundles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .._core.arrays import FloatArray
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from .bundle_auction import BundleAuction, bundle_language, by_item
from .certificates import (
    charge_verdict,
    participation_verdicts,
    scale_of,
)
from .charges import (
    Sale,
    bundle_charges,
    least_price_gap,
    outside_bounds,
    separate_charges,
    suppressed_charges,
)
from .kernels.additive import additive_vcg
from .kernels.assignment import unit_demand_vcg
from .kernels.winner_determination import bundle_vcg

__all__ = ["VCG"]


@register("auctions.VCG")
@dataclass(frozen=True)
class VCG(BundleAuction):
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
        Seconds for each search for winners of bundles. When it is reached the best winners found are served, with
        ``details["bound"]``, and the certificate says by how much they may fall short.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve that is negative, not finite or of the wrong length; a time limit that is not positive.
    ProblemError
        A worth of doing nothing for agents who may win several options (additive, OR, OR*).

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

    title: ClassVar[str] = "Vickrey-Clarke-Groves"
    reference: ClassVar[str] = "10.1007/BF01726210"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Incentives, efficiency and participation, each for its self."""
        return self._incentive_claims()

    def _run(self, problem: Bids, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        return self._solve(problem, scores.values, scores.offset, self._reserve(problem), lottery.agents)

    def _solve(
        self, problem: Bids, scores: FloatArray, offset: FloatArray, reserve: FloatArray, lottery: FloatArray
    ) -> Decision:
        index, n, items = problem.profile.index, problem.profile.n_agents, problem.bundles.shape[1]
        taken = np.zeros(len(index))
        if by_item(problem):
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
            language=bundle_language(problem),
            offsets=offset,
            reserve=reserve,
            lottery=lottery,
            n_agents=n,
            time_limit=self.time_limit,
            accept_limit=True,
        )
        details = {"bound": bundles.bound, "proven": bundles.proven, "slack": float(bundles.slack.max(initial=0.0))}
        return Decision(bundles.taken, payments=bundles.payments, details=details)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, scores = outcome.problem, outcome.readings[0]
        assert isinstance(problem, Bids)
        assert isinstance(scores, Scores)
        feasible = self._fits(outcome)
        if not feasible.holds:
            return (feasible,)
        sale = self._sale(outcome)
        tol = 1e-9 * scale_of(scores) * max(1, problem.profile.n_agents)
        return (
            feasible,
            self._efficient(problem, sale, outcome, tol) if by_item(problem) else self._best_bundles(outcome, tol),
            self._charged(problem, sale, outcome, tol),
            *participation_verdicts(self, outcome),
        )

    def _efficient(self, problem: Bids, sale: Sale, outcome: Outcome, tol: float) -> Verdict:
        """Optimality by a dual bound: prices of items and what each agent can gain at them (unit, additive)."""
        worth = float(sale.gain @ outcome.taken)
        text = "the sum of scores less reserves is greatest; the gap is to a dual bound"
        price = np.maximum(outcome.prices - self._reserve(problem), 0.0)
        gain = sale.gain - price[sale.item]
        if problem.language == "unit":
            best = np.zeros(sale.n_agents)
            np.maximum.at(best, sale.agent, gain)
        else:
            best = np.maximum(gain, 0.0)
        gap = float(best.sum()) + float(price @ problem.supply) - worth
        return Verdict("efficient", "reading", abs(gap) <= tol, abs(gap), tol, statement=text)

    def _charged(self, problem: Bids, sale: Sale, outcome: Outcome, tol: float) -> Verdict:
        """Unit demand: prices are the least (Leonard 1983), charges follow; else the charge of T18 by definition."""
        text = "each pays what the others, with it at a report of zero, would have more (T18)"
        if not by_item(problem):
            charges = bundle_charges(sale, problem.bundles, exclusive=bundle_language(problem) == "XOR")
            if charges is None:
                short = float(outcome.decision.details["slack"])
                if short > tol:
                    text = (
                        f"not exact: the search without some winner reached the time limit, up to {short:.6g} too low"
                    )
                    return Verdict("payments", "reading", False, short, tol, None, text)
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
