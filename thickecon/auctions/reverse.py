"""Reverse auctions: suppliers bid to serve a buyer, the cheapest is paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from .._core.arrays import FloatArray
from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import participation_verdicts
from .kernels.single_item import second_price
from .reserve import Reserve, as_reserve, reserve_of
from .single_item import SeparateItems

__all__ = ["Reverse"]

PRICINGS = ("second", "first")


@register("auctions.Reverse")
@dataclass(frozen=True)
class Reverse(SeparateItems):
    """The supplier with the lowest cost serves, if the buyer's ceiling allows, and is paid.

    A row of the profile is what serving is worth to a supplier: less than 0 where it costs something. Each option is a
    contract of its own. ``"second"`` pays the cost of the next supplier, or the ceiling; ``"first"`` what was asked.
    Payments are negative: they go to suppliers. A supplier may be manipulated too: hopes of follow-up orders that a
    buyer raises are a wedge that makes it serve below what it stands behind (the winner's curse by design).

    Parameters
    ----------
    ceiling
        Number or tuple of (options,), at least 0, in units of the reading: the most the buyer pays.
    pricing
        ``"second"`` or ``"first"``.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A ceiling that is negative, not finite, or of another length than there are options; an unknown pricing.
    ProblemError
        A problem with another supply than 1, a demand, conflicts or norms; a worth of doing nothing for agents who
        may win several options.

    References
    ----------
    Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x; McAfee and McMillan (1987), Journal of Economic Literature
    25, 699-738

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[-3.0], [-5.0], [-9.0]], unit="money")
    >>> te.auctions.Reverse(ceiling=8.0).run(p, rng=0).payments.tolist()
    [-5.0, 0.0, 0.0]
    """

    ceiling: Reserve = 1.0
    pricing: Literal["second", "first"] = "second"

    title: ClassVar[str] = "Reverse auction"
    reference: ClassVar[str] = "10.1111/j.1540-6261.1961.tb02789.x"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pricing not in PRICINGS:
            raise InputError(f"must be one of {PRICINGS}, found {self.pricing!r}", where="pricing")
        try:
            object.__setattr__(self, "ceiling", as_reserve(self.ceiling))
        except InputError as err:
            raise InputError(
                f"must be finite numbers of at least 0, found {self.ceiling!r}",
                where="ceiling",
                remedy="give the most the buyer would pay: a single supplier could ask for anything",
            ) from err

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Nobody is paid less than it asks for; with the second price truth is dominant."""
        if self.pricing == "first":
            return self._bid_claims()
        return self._threshold_claims()

    @property
    def truth_dominates(self) -> bool:
        """Under the second price."""
        return self.pricing == "second"

    def _reserve(self, problem: Problem) -> FloatArray:
        return -reserve_of(self.ceiling, problem.profile.n_options, problem.profile)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        found = second_price(
            index.agent,
            index.option,
            scores.values,
            offsets=scores.offset,
            reserve=self._reserve(problem),
            lottery=lottery.agents,
            pivot="absent",
            n_agents=index.n_agents,
            n_items=index.n_options,
        )
        taken = np.zeros(len(index))
        taken[found.row[found.row >= 0]] = 1.0
        paid = found.payments if self.pricing == "second" else taken * (scores.values + scores.offset)
        bills = np.bincount(index.agent, paid, minlength=index.n_agents).astype(np.float64)
        return Decision(taken, payments=bills, prices=-found.price)

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        text = "each supplier is paid the next cost or the ceiling" if self.pricing == "second" else "each asks its pay"
        return (
            *self._winners_verdicts(outcome),
            self._paid_verdict(outcome, self._due(outcome, scores), text),
            *participation_verdicts(self, outcome),
        )

    def _due(self, outcome: Outcome, scores: Scores) -> FloatArray:
        """(n,) by sorting each option's asks."""
        index, reserve = outcome.profile.index, self._reserve(outcome.problem)
        due = np.zeros(index.n_agents)
        order = np.argsort(index.option, kind="stable")
        ends = np.cumsum(np.bincount(index.option, minlength=index.n_options))
        for x, (start, end) in enumerate(zip(np.append(0, ends[:-1]), ends, strict=True)):
            rows = order[start:end]
            for row in rows[outcome.taken[rows] > 0.5]:
                asked = float(scores.values[row])
                if self.pricing == "second":
                    asked = max([float(reserve[x]), *scores.values[rows[rows != row]].tolist()])
                due[index.agent[row]] += asked + scores.offset[row]
        return due
