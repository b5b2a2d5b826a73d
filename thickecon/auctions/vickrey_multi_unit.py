"""Vickrey auctions of several units: each pays what its units would be worth to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray, frozen
from ..errors import InputError, ProblemError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import participation_verdicts
from .kernels.redistribution import Redistribution, rebate_weights, rebates
from .multi_unit import REDONE, MultiUnit

__all__ = ["VickreyMultiUnit"]


@register("auctions.VickreyMultiUnit")
@dataclass(frozen=True)
class VickreyMultiUnit(MultiUnit):
    """The best marginal bids win; for k units an agent pays the k best losing bids of others.

    The profile's options are first, second, third units (see the parameters); bids for them must not increase. With
    ``charge="affine"`` the wedge of each unit won is charged on top, so that truth is dominant for decision selves
    (T18).

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: the least score that wins a unit, and the least it costs.
    redistribution
        Give back part of what is paid above the reserve, by rebates that others' reports alone decide, so that truth
        stays dominant and there is no deficit; only for bidders who want one unit each. ``"cavallo"``: the least
        revenue there can be whatever the agent reports, shared equally. ``"worst_case"``: the rule that gives back
        most in the worst case (Moulin; Guo and Conitzer). None: nothing.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Units that are no whole number of at least 1; a reserve that is negative, not finite, or not one number.
    ProblemError
        More than one unit a bidder with redistribution. Marginal values that increase, rows for a later unit without
        an earlier one, supply or demand of the problem's own, a worth of doing nothing for
        agents who may win several units.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x; Krishna, Auction Theory (2nd ed. 2010), chapter 12

    Examples
    --------
    Krishna's example of six units and three bidders.

    >>> import thickecon as te
    >>> bids = [[50.0, 47, 40, 32, 15, 5], [42, 28, 20, 12, 7, 3], [45, 35, 24, 14, 9, 6]]
    >>> outcome = te.auctions.VickreyMultiUnit(units=6).run(te.ThickProfile.from_values(bids, unit="money"), rng=0)
    >>> outcome.payments.tolist()
    [72.0, 32.0, 60.0]
    """

    title: ClassVar[str] = "Vickrey auction of several units"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    redistribution: Redistribution | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.redistribution not in (None, "cavallo", "worst_case"):
            raise InputError(
                f"must be None, 'cavallo' or 'worst_case', found {self.redistribution!r}", where="redistribution"
            )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Those of second price; payments add up to no less than 0 but for wedges that are charged."""
        sure = self.charging != "affine" or self._sees_all
        text = "payments add up to no less than 0"
        return (*self._threshold_claims(), Claim("no_deficit", "nobody", sure, text, "10.1145/1160633.1160790"))

    def wrap(self, problem: object) -> Problem:
        """Marginal values of successive units; of one unit where there are rebates.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        if self.redistribution is not None and made.profile.n_options > 1:
            raise ProblemError(
                f"rebates are known for bidders who want one unit each, found {made.profile.n_options} options",
                where="VickreyMultiUnit.redistribution",
                remedy="profile.restrict(options=[...]) keeps the first unit",
            )
        return made

    def _rebates(self, problem: Problem, bids: FloatArray) -> FloatArray:
        """(n,) what is given back."""
        index, gains = problem.profile.index, np.zeros(problem.profile.n_agents)
        if self.redistribution is None:
            return gains
        gains[index.agent] = np.maximum(bids - self._reserve(problem), 0.0)
        return rebates(gains, self.units, self.redistribution)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,) = readings
        reserve = self._reserve(problem)
        bids = self._bids(problem, scores)
        sold = self._sell(problem, bids, reserve, lottery)
        taken, bills = self._billed(problem, sold, scores, np.maximum(sold.threshold, reserve))
        given_back = self._rebates(problem, bids)
        return Decision(taken, payments=bills - given_back, details={"rebates": frozen(given_back)})

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        bids = self._bids(outcome.problem, scores)
        due, text = self._thresholds_due(outcome, bids)
        if self.redistribution is not None:
            due, text = due - self._given_back(outcome, bids), text + ", less a rebate that others' bids decide"
        return (
            *self._units_verdicts(outcome, bids - self._reserve(outcome.problem)),
            self._bills_verdict(outcome, due, text),
            *participation_verdicts(self, outcome),
        )

    def _given_back(self, outcome: Outcome, bids: FloatArray) -> FloatArray:
        """(n,) rebates by sorting the others' bids for each agent anew; those of the first 500."""
        profile, made = outcome.profile, np.array(outcome.decision.details["rebates"])
        gains = np.zeros(profile.n_agents)
        gains[profile.index.agent] = np.maximum(bids - self._reserve(outcome.problem), 0.0)
        assert self.redistribution is not None
        weights = rebate_weights(len(gains), self.units, self.redistribution)
        for i in range(min(len(gains), REDONE)):
            made[i] = weights @ np.sort(np.delete(gains, i))[::-1]
        return made
