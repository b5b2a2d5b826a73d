"""English auctions: the price rises until one bidder is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray
from ..errors import InputError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, participation_verdicts, scale_of
from .charges import Sale, separate_charges
from .kernels.single_item import second_price
from .single_item import SingleItemAuction, not_negative

__all__ = ["English"]


@register("auctions.English")
@dataclass(frozen=True)
class English(SingleItemAuction):
    """The price rises from the reserve; bidders drop out, and the last one buys at the price where the clock stops.

    A report is where a bidder means to drop out. Without increments and with private values the outcome is that of
    :class:`SecondPrice`, and truth is dominant, obviously so (Li 2017). With ``interdependence`` g the worth of an
    item to bidder i is ``s_i + g * sum_{j != i} s_j``, s the bidders' signals, which those who drop out give away:
    the winner pays what the item would be worth to it if its signal were that of the last to drop out (Milgrom and
    Weber). The profile holds the worths; signals are solved from them. Each option is an auction of its own.

    Parameters
    ----------
    reserve
        Number or tuple of (options,), at least 0, in units of the reading: where the clock starts.
    increment
        At least 0. A bidder is in at a price of at most its score; the clock stops at the first step at which at most
        one is in. If several leave at the same step, the lottery picks one of them at the step before.
    interdependence
        g in [0, 1), for all pairs alike. At 1 values are common and signals cannot be solved from them; see
        :func:`thickecon.auctions.equilibrium`.
    entry_fee
        At least 0, paid for every bid that meets the reserve.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        A reserve, increment or fee that is negative or not finite; an interdependence outside [0, 1), or together
        with increments.
    ProblemError
        A problem with another supply than 1, a demand, conflicts or norms; a worth of doing nothing for agents who
        may win several options.

    References
    ----------
    Milgrom and Weber (1982), doi:10.2307/1911865; Li (2017), doi:10.1257/aer.20160425

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[9.5], [6.5], [3.0]], unit="money")
    >>> te.auctions.English().run(p, rng=0).payments.tolist()
    [6.5, 0.0, 0.0]
    >>> te.auctions.English(increment=1.0).run(p, rng=0).payments.tolist()
    [7.0, 0.0, 0.0]
    """

    increment: float = 0.0
    interdependence: float = 0.0

    title: ClassVar[str] = "English auction"
    reference: ClassVar[str] = "10.2307/1911865"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "increment", not_negative(self.increment, "increment"))
        g = not_negative(self.interdependence, "interdependence")
        if g >= 1:
            raise InputError(f"must be less than 1, found {g:g}", where="interdependence")
        if g and self.increment:
            raise InputError("cannot be combined with increments", where="interdependence")
        object.__setattr__(self, "interdependence", g)

    @property
    def _plain(self) -> bool:
        return not (self.increment or self.interdependence or self.entry_fee)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Those of second price; steps, signals of others and fees leave truth without its dominance."""
        if self._plain:
            return self._incentive_claims()
        return self._bid_claims(efficient=not self.increment, joins=not self.entry_fee)

    @property
    def truth_dominates(self) -> bool:
        """Without increments, signals of others and fees."""
        return self._plain

    # ---- the rule -----------------------------------------------------------------------------------------

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index, taken = readings, problem.profile.index, np.zeros(len(problem.profile.index))
        if self._plain:
            found = second_price(
                index.agent,
                index.option,
                scores.values,
                offsets=scores.offset,
                reserve=self._reserve(problem),
                lottery=lottery.agents,
                n_agents=index.n_agents,
                n_items=index.n_options,
            )
            taken[found.row[found.row >= 0]] = 1.0
            bills = np.bincount(index.agent, found.payments, minlength=index.n_agents).astype(np.float64)
            return Decision(taken, payments=bills, prices=found.price)
        row, prices = self._clock(problem, scores, lottery)
        won = row[row >= 0]
        taken[won] = 1.0
        due = np.bincount(index.agent[won], prices[row >= 0] + scores.offset[won], minlength=index.n_agents)
        return Decision(taken, payments=due + self._fees(problem, scores), prices=prices)

    def _clock(self, problem: Problem, scores: Scores, lottery: Lottery) -> tuple[IntArray, FloatArray]:
        """(items,) winning rows and where the clock stops."""
        index, reserve = problem.profile.index, np.array(self._reserve(problem))
        if not self.increment:
            found = self._top_bids(problem, scores, lottery)
            sold, prices = found.row >= 0, np.array(found.price)
            if self.interdependence:
                top = scores.values[found.row[sold]]
                rival = self._second(index.option, scores.values, found.row)[sold]
                g = self.interdependence
                told = np.where(np.isfinite(rival), (rival - g * top) / (1 - g), -np.inf)
                prices[sold] = np.maximum(told, reserve[sold])
            return found.row, prices
        step = steps(scores.values - reserve[index.option], self.increment)
        found = second_price(
            index.agent,
            index.option,
            step,
            lottery=lottery.agents,
            n_agents=index.n_agents,
            n_items=index.n_options,
        )
        rival = self._second(index.option, step, found.row)
        top = np.where(found.row >= 0, step[found.row], 0.0)
        stop = np.where(rival >= 0, np.where(top > rival, rival + 1, rival), 0.0)
        return found.row, reserve + self.increment * stop

    @staticmethod
    def _second(option: npt.NDArray[np.signedinteger[Any]], bids: FloatArray, row: IntArray) -> FloatArray:
        """(items,) the best bid but the winner's, -inf without one."""
        rest, made = np.array(bids), np.full(len(row), -np.inf)
        rest[row[row >= 0]] = -np.inf
        np.maximum.at(made, option, rest)
        return made

    # ---- the certificate ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        if self._plain:
            text, due = "each pays what the others, with it at a report of zero, would have more (T18)", None
            due = separate_charges(self._sale(outcome, scores))
        else:
            text, due = "the winner pays where a clock, run step by step, stops", self._clocked(outcome, scores)
        return (
            *self._winners_verdicts(outcome, self.increment),
            charge_verdict(outcome, due, 1e-9 * scale_of(scores) * (1 + outcome.profile.n_options), text),
            *participation_verdicts(self, outcome),
        )

    def _sale(self, outcome: Outcome, scores: Scores) -> Sale:
        index, reserve = outcome.profile.index, self._reserve(outcome.problem)
        kept = reserve[index.option]
        gain, back = scores.values - kept, scores.offset + kept
        return Sale(index.agent, index.option, gain, back, outcome.taken > 0.5, np.ones(len(reserve)), index.n_agents)

    def _clocked(self, outcome: Outcome, scores: Scores) -> FloatArray:
        """(n,) bills: each option's bids sorted, and the clock moved from one drop-out to the next."""
        index, due = outcome.profile.index, self._fees(outcome.problem, scores)
        order = np.lexsort((scores.values, index.option))
        ends = np.cumsum(np.bincount(index.option, minlength=index.n_options))
        reserve, g = self._reserve(outcome.problem), self.interdependence
        for x, (start, end) in enumerate(zip(np.append(0, ends[:-1]), ends, strict=True)):
            rows = order[start:end]
            won = rows[outcome.taken[rows] > 0.5]
            if not len(won):
                continue
            bids = scores.values[rows]
            price, rivals = float(reserve[x]), np.sort(bids[rows != won[0]])[::-1]
            if g and len(rivals):
                signals = np.linalg.solve((1 - g) * np.eye(len(bids)) + g, bids)
                mine = signals[rows == won[0]][0]
                price = max(price, float(scores.values[won[0]] - mine + np.sort(signals[rows != won[0]])[-1]))
            elif self.increment:
                level = float(steps(rivals[:1] - reserve[x], self.increment)[0]) if len(rivals) else -1.0
                own = float(steps(scores.values[won[:1]] - reserve[x], self.increment)[0])
                price += self.increment * (min(level + 1, own) if level >= 0 else 0.0)
            elif len(rivals):
                price = max(price, float(rivals[0]))
            due[index.agent[won[0]]] += price + scores.offset[won[0]]
        return due


def steps(above: FloatArray, increment: float) -> FloatArray:
    """Whole steps of a clock that a bid is above its start; less than 0 below it."""
    count: FloatArray = np.floor(above / increment * (1 + 1e-12) + 1e-12)
    return count
