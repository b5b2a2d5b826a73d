"""Kelso and Crawford's ascending auction: item prices for gross substitutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import InputError, ProblemError
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from ..problems.problem import Problem
from .bundle_auction import ReservedItems, by_item
from .certificates import (
    charge_verdict,
    feasible_verdict,
    participation_verdicts,
    require_single_wins,
    scale_of,
)
from .kernels.gross_substitutes import Oracle, ascending_prices, best_sets, demanded, exchanges, least_prices
from .matroids import Matroid, only_copies
from .single_item import not_negative
from .true_bids import TrueBids

__all__ = ["KelsoCrawford"]

Demand = int | tuple[int, ...] | None


@register("auctions.KelsoCrawford")
@dataclass(frozen=True)
class KelsoCrawford(ReservedItems, TrueBids):
    """Item prices rise until every agent gets a set that it demands and no item is wanted by more than there are.

    Values of items add up over the sets an agent can use: single items (``language="unit"``), up to so many
    (``demand``), or independent sets of a matroid. All of these are gross substitutes, so prices that clear the market
    exist, and the least of them are where an ascending auction ends as its increment goes to zero.

    Truth dominates for unit demand and for items valued one by one, also where a matroid, the same for all, says no
    more than which items are copies: the least prices are then Clarke's charges. Else who can use several may gain by
    asking for fewer.

    Parameters
    ----------
    reserve
        Number or tuple of (items,), at least 0, in units of the reading.
    increment
        Of the ascending auction; what agents get is then best for them to within an increment an item. 0: the limit,
        computed at once, with an efficient allocation and the least Walrasian prices.
    demand
        Most items an agent can use: one number, or one for each agent; None: no limit beside the language.
    matroid
        What sets of items (positions) can be used: one for all agents, or a tuple with one, or None, for each.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`. With ``charge="affine"`` the wedge of what is won
        is paid on top of its price.

    Raises
    ------
    InputError
        A reserve or an increment that is negative or not finite; a demand or a matroid that does not fit; an increment
        so small that the auction takes more than 200,000 bids.
    ProblemError
        Bids on bundles, or two options that are units of one item; a worth of doing nothing for agents who may win
        several items.

    References
    ----------
    A. S. Kelso and V. P. Crawford, Econometrica 50 (1982), 1483-1504, doi:10.2307/1913392; F. Gul and E. Stacchetti,
    J. Economic Theory 92 (2000), 66-95, doi:10.1006/jeth.1999.2580

    Examples
    --------
    Agent 0 can use two of three items. Agent 1 would take any two for 5 each, so both that agent 0 takes cost 5:

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0, 9.0, 0.0], [5.0, 5.0, 5.0]], unit="money")
    >>> problem = te.auctions.Bids(p, language="additive")
    >>> outcome = te.auctions.KelsoCrawford(demand=2).run(problem, rng=0)
    >>> outcome.prices.tolist(), outcome.payments.tolist()
    ([5.0, 5.0, 0.0], [10.0, 0.0])
    """

    increment: float = field(default=0.0, kw_only=True)
    demand: Demand = field(default=None, kw_only=True)
    matroid: Matroid | tuple[Matroid | None, ...] | None = field(default=None, kw_only=True)

    title: ClassVar[str] = "Ascending item prices (Kelso and Crawford)"
    reference: ClassVar[str] = "10.2307/1913392"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "increment", not_negative(self.increment, "increment"))
        object.__setattr__(self, "demand", _as_demand(self.demand))
        one = self.matroid if isinstance(self.matroid, tuple) else (self.matroid,)
        if not all(each is None or isinstance(each, Matroid) for each in one):
            raise InputError(
                "must have a method independent(items)", where="matroid", remedy="see thickecon.auctions.LaminarMatroid"
            )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth only where prices are Clarke's; the rest holds of true bids, each for its self."""
        return self._threshold_claims() if self.truth_dominates else self._bid_claims(efficient=self.increment == 0)

    @property
    def truth_dominates(self) -> bool:
        """Are the least prices Clarke's charges?"""
        if self.increment:
            return False
        if self.demand is not None:
            return all(k <= 1 for k in np.atleast_1d(self.demand).tolist())
        kinds = self.matroid if isinstance(self.matroid, tuple) else (self.matroid,)
        alike = all(one == kinds[0] for one in kinds)  # else what is one kind to some is two to others
        return alike and (not kinds or kinds[0] is None or only_copies(kinds[0]))

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3), of the limit."""
        return "sum" if self.increment == 0 else None

    def wrap(self, problem: object) -> Problem:
        """The problem, or a profile as bids on one unit of each option, of which an agent wins at most one.

        Raises
        ------
        ProblemError
            Bids on bundles, or options that share an item; a worth of doing nothing for agents who may win several.
        """
        made = super().wrap(problem)
        assert isinstance(made, Bids)
        if not by_item(made):
            raise ProblemError(
                "needs values of single items, one option an item, found bundles",
                where=type(self).__name__,
                remedy="use language='additive' with demand= or matroid=, or auctions.VCG for any bundles",
            )
        if made.language != "unit":
            require_single_wins(made, type(self).__name__)
        return made

    # ---- the rule -----------------------------------------------------------------------------------------

    def _oracles(self, problem: Bids) -> list[Oracle]:
        """What sets each agent can use."""
        n = problem.profile.n_agents
        most = _each(self.demand, n, "demand")
        most = [1 if problem.language == "unit" else k for k in most]
        made = _each(self.matroid, n, "matroid")
        return [_oracle(k, one) for k, one in zip(most, made, strict=True)]

    def _table(self, problem: Bids, gain: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
        """(agents, items) gains, -inf where there is no bid, and (rows,) items."""
        index = problem.profile.index
        item = problem.bundles.argmax(axis=1)[index.option]
        table = np.full((index.n_agents, problem.bundles.shape[1]), -np.inf)
        table[index.agent, item] = gain
        return table, item

    def _run(self, problem: Bids, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index, reserve = readings, problem.profile.index, self._reserve(problem)
        table, item = self._table(problem, scores.values)
        table, supply, oracles = table - reserve, problem.supply.astype(np.intp), self._oracles(problem)
        order = np.argsort(lottery.agents, kind="stable")
        details: dict[str, Any] = {}
        if self.increment:
            held, over, bids = ascending_prices(table, supply, oracles, self.increment, order)
            details["bids"] = bids
        else:
            ranked = [oracles[i] for i in order]
            held = np.zeros(table.shape, dtype=bool)
            held[order] = best_sets(table[order], supply, ranked)
            over = least_prices(table, held, supply, oracles)
        prices, taken = over + reserve, held[index.agent, item].astype(np.float64)
        bills = np.bincount(index.agent, (prices[item] + scores.offset) * taken, minlength=index.n_agents)
        return Decision(taken, payments=bills.astype(np.float64), prices=prices, details=details)

    # ---- the certificate ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, scores = outcome.problem, outcome.readings[0]
        assert isinstance(problem, Bids)
        assert isinstance(scores, Scores)
        index, reserve, oracles = problem.profile.index, self._reserve(problem), self._oracles(problem)
        table, item = self._table(problem, scores.values)
        feasible = feasible_verdict(problem, outcome.taken, _used(item, outcome.taken, len(reserve)) - problem.supply)
        if not feasible.holds:
            return (feasible,)
        held = np.zeros(table.shape, dtype=bool)
        held[index.agent, item] = outcome.taken > 0.5
        usable = [oracles[i](np.flatnonzero(held[i]).tolist()) for i in range(index.n_agents)]
        tol = 1e-9 * (scale_of(scores) + float(reserve.max(initial=0.0))) * (1 + index.n_agents)
        clears = self._clears(outcome, table - outcome.prices, held, oracles, usable, tol)
        due = np.bincount(index.agent, (outcome.prices[item] + scores.offset) * outcome.taken, minlength=index.n_agents)
        text = "each pays the prices of the items it takes, and the wedge under the affine charge"
        verdicts = [feasible, clears, charge_verdict(outcome, due.astype(np.float64), tol, text)]
        if not self.increment:
            verdicts.append(self._least(outcome, table - reserve, held, oracles, tol))
        verdicts.append(self._efficient(outcome, table, held, oracles, tol))
        return (*verdicts, *participation_verdicts(self, outcome))

    def _clears(
        self, outcome: Outcome, net: FloatArray, held: Any, oracles: list[Oracle], usable: list[bool], tol: float
    ) -> Verdict:
        """Walras: everybody has a best set at the prices, and items left over cost the reserve."""
        problem = outcome.problem
        assert isinstance(problem, Bids)
        left = held.sum(axis=0) < problem.supply
        ask = net - self.increment * (~held & ~left)  # others would have to be outbid
        best = np.array([ask[i][demanded(ask[i], one)].sum() for i, one in enumerate(oracles)])
        short = best - np.where(held, net, 0.0).sum(axis=1)
        over = float(np.where(left, outcome.prices - self._reserve(problem), 0.0).max(initial=0.0))
        below = float((self._reserve(problem) - outcome.prices).max(initial=0.0))
        worst = int(np.argmax(short)) if len(short) else -1
        holds = bool((short <= tol).all()) and all(usable) and over <= tol and below <= tol
        text = "everybody gets a set it demands at the prices of items, what is left over costs the reserve"
        text += f", and what others hold {self.increment:g} more" if self.increment else ""
        gap = max(float(short.max(initial=0.0)), over, below)
        witness = None if holds or worst < 0 else problem.profile.agents[worst]
        return Verdict("walrasian", "reading", holds, gap, tol, witness, text)

    def _least(self, outcome: Outcome, gain: FloatArray, held: Any, oracles: list[Oracle], tol: float) -> Verdict:
        """Every price over the reserve is held up by somebody who would take the item at once if it fell."""
        problem = outcome.problem
        assert isinstance(problem, Bids)
        over = outcome.prices - self._reserve(problem)
        firm = over <= tol
        arcs = []
        for i, one in enumerate(oracles):
            mine = np.flatnonzero(held[i]).tolist()
            for k in np.flatnonzero((gain[i] > 0.0) & ~held[i]).tolist():
                adds, outs = exchanges(mine, k, one)
                if adds and gain[i, k] >= over[k] - tol:
                    firm[k] = True
                arcs += [(y, k) for y in outs if gain[i, k] - over[k] >= gain[i, y] - over[y] - tol]
        for _ in range(len(over)):
            for y, k in arcs:
                firm[k] |= firm[y]
        gap = float(np.where(firm, 0.0, over).max(initial=0.0))
        return Verdict("least_prices", "reading", gap <= tol, gap, tol, None, "no lower prices clear the market")

    def _efficient(self, outcome: Outcome, table: FloatArray, held: Any, oracles: list[Oracle], tol: float) -> Verdict:
        """By a dual bound: what agents and seller have at the prices at best, less the worth of the allocation."""
        problem = outcome.problem
        assert isinstance(problem, Bids)
        reserve = self._reserve(problem)
        net, over = table - outcome.prices, np.maximum(outcome.prices - reserve, 0.0)
        best = sum(float(net[i][demanded(net[i], one)].sum()) for i, one in enumerate(oracles))
        worth = float(np.where(held, table - reserve, 0.0).sum())
        gap = best + float(over @ problem.supply) - worth
        slack = tol + self.increment * float(problem.supply[held.sum(axis=0) >= problem.supply].sum())
        text = "the sum of scores less reserves is greatest; the gap is to a dual bound"
        text += f", at most {slack:g} with this increment" if self.increment else ""
        return Verdict("efficient", "reading", -tol <= gap <= slack, abs(gap), slack, statement=text)

    # ---- what it maximises --------------------------------------------------------------------------------

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) the sets that agents can use with the greatest sum of weights."""
        made = self.wrap(problem)
        assert isinstance(made, Bids)
        table, item = self._table(made, np.asarray(row_weights, dtype=np.float64))
        held = best_sets(table, made.supply.astype(np.intp), self._oracles(made))
        return held[made.profile.index.agent, item].astype(np.float64)


def _used(item: npt.NDArray[np.intp], taken: FloatArray, items: int) -> FloatArray:
    return np.bincount(item, taken, minlength=items).astype(np.float64)


def _as_demand(given: Any) -> Demand:
    """One whole number of at least 0, a tuple of them, or None.

    Raises
    ------
    InputError
        Anything else.
    """
    if given is None:
        return None
    many = np.ndim(given) > 0
    each = tuple(given) if many else (given,)
    if not all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 0 for k in each):
        raise InputError(f"must be whole numbers of at least 0, found {given!r}", where="demand")
    made = tuple(int(k) for k in each)
    return made if many else made[0]


def _each(given: Any, n: int, name: str) -> list[Any]:
    """One for each agent.

    Raises
    ------
    InputError
        A tuple of another length.
    """
    if not isinstance(given, tuple):
        return [given] * n
    if len(given) != n:
        raise InputError(f"must have one entry for each of {n} agents, found {len(given)}", where=name)
    return list(given)


def _oracle(most: int | None, matroid: Matroid | None) -> Oracle:
    def independent(items: Any) -> bool:
        return (most is None or len(items) <= most) and (matroid is None or matroid.independent(items))

    return independent
