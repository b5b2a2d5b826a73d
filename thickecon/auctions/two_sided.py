"""What markets with buyers and sellers of one good share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, require_finite
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .certificates import charge_verdict, feasible_verdict, net_objective, participation_verdicts, scale_of
from .kernels.orders import Orders, rank_orders
from .true_bids import TrueBids

__all__ = ["TwoSided", "traders"]


def traders(values: npt.ArrayLike, costs: npt.ArrayLike) -> ThickProfile:
    """A profile of buyers of one unit, then sellers of one unit, in money.

    Parameters
    ----------
    values
        (buyers,) what the good is worth.
    costs
        (sellers,) what it costs to give it away. A seller's row holds minus the cost: what selling is worth.

    Raises
    ------
    InputError
        More than one dimension, or entries that are not finite.

    Examples
    --------
    >>> traders([9.0, 8.0], [2.0]).revealed.tolist()
    [[9.0, nan], [8.0, nan], [nan, -2.0]]
    """
    sides = []
    for given, where in ((values, "values"), (costs, "costs")):
        made = as_floats(given, where)
        if made.ndim != 1:
            raise InputError(f"must be a list of numbers, found shape {made.shape}", where=where)
        require_finite(made, where)
        sides.append(made)
    b, s = len(sides[0]), len(sides[1])
    table = np.full((b + s, 1, 2), np.nan)
    table[:b, 0, 0], table[b:, 0, 1] = sides[0], -sides[1]
    names = [*(f"buyer {i}" for i in range(b)), *(f"seller {j}" for j in range(s))]
    return ThickProfile.from_arrays(table, agents=names, options=["buy", "sell"], unit="money")


@dataclass(frozen=True)
class TwoSided(TrueBids):
    """Base of markets in which each agent buys or sells one unit.

    The profile has two options, to buy and to sell, in this order, and each agent has a row for one of them: what
    buying is worth to a buyer, and what selling is worth to a seller, minus its cost (see :func:`traders`). Sellers
    may be moved by influence as buyers are.
    """

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    @abstractmethod
    def _prices(self, orders: Orders) -> tuple[int, float, float]:
        """How many trade, what each buyer pays and what each seller gets."""

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3), where all gains are made."""
        return "sum"

    def wrap(self, problem: object) -> Problem:
        """Two options, to buy and to sell; every agent does one of them.

        Raises
        ------
        ProblemError
            Another number of options; an agent with both or neither; supply, demand, conflicts or norms.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        name, profile = type(self).__name__, made.profile
        if profile.n_options != 2:
            raise ProblemError(
                f"must have two options, to buy and to sell, found {profile.n_options}",
                where=name,
                remedy="see auctions.traders(values, costs)",
            )
        rows = np.diff(profile.index.indptr)
        if (rows != 1).any():
            i = int(np.argmax(rows != 1))
            does = "both buys and sells" if rows[i] > 1 else "neither buys nor sells"
            raise ProblemError(
                f"agent {profile.agents[i]!r} {does}; each has one row, for one unit",
                where=name,
                remedy="make a dealer two agents; see auctions.traders(values, costs)",
            )
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError("no supply, demand, conflicts or norms beside the orders", where=name)
        return made

    # ---- what it promises ---------------------------------------------------------------------------------

    def _budget_claims(self, *, exact: bool) -> tuple[Claim, ...]:
        """Payments add up to 0, or not to less; wedges charged on top of prices upset either."""
        affine = self.charging == "affine" and not self._sees_all
        return (
            Claim("no_deficit", "nobody", not affine, "the market pays out no more than it takes in", self.reference),
            Claim("budget_balanced", "nobody", exact and not affine, "payments add up to zero", self.reference),
        )

    # ---- the rule -----------------------------------------------------------------------------------------

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index = readings, problem.profile.index
        orders = rank_orders(index.option == 1, index.agent.astype(np.intp), scores.values, lottery.agents)
        taken, paid = np.zeros(len(index)), np.zeros(len(index))
        count, buys, sells = self._prices(orders) if orders.trades else (0, 0.0, 0.0)
        buyers, sellers = orders.buyers[:count], orders.sellers[:count]
        taken[buyers], taken[sellers] = 1.0, 1.0
        paid[buyers], paid[sellers] = buys, -sells
        bills = np.bincount(index.agent, paid + taken * scores.offset, minlength=index.n_agents).astype(np.float64)
        return Decision(taken, payments=bills, prices=np.array([buys, sells][: 2 * bool(count)]))

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        sell = index.option == 1
        sold, bought = float(outcome.taken[sell].sum()), float(outcome.taken[~sell].sum())
        feasible = feasible_verdict(outcome.problem, outcome.taken, np.array([sold - bought, bought - sold]))
        if not feasible.holds:
            return (feasible,)
        count, buys, sells = self._by_price(np.sort(scores.values[~sell]), np.sort(-scores.values[sell]))
        worth = float(scores.values @ outcome.taken)
        best = np.sort(scores.values[~sell])[::-1][:count].sum() + np.sort(scores.values[sell])[::-1][:count].sum()
        tol = 1e-9 * scale_of(scores) * (1 + len(index))
        gap = max(abs(float(best) - worth), abs(bought - count) * scale_of(scores))
        if scale_of(scores) == 0.0:
            gap = abs(bought - count)
        due = np.zeros(index.n_agents)
        due[index.agent] = outcome.taken * (np.where(sell, -sells, buys) + scores.offset)
        text = f"the {count} best bids and the {count} best asks trade"
        return (
            feasible,
            Verdict("efficient", "reading", gap <= tol, gap, tol, statement=text),
            charge_verdict(outcome, due, tol, "buyers pay and sellers get the prices of the rule"),
            *participation_verdicts(self, outcome),
        )

    def _by_price(self, bids: FloatArray, asks: FloatArray) -> tuple[int, float, float]:
        """The rule once more, from bids and asks in rising order, by counting who would trade at each price stated."""
        stated = np.unique(np.concatenate([bids, asks]))
        demand = len(bids) - np.searchsorted(bids, stated, side="left")
        supply = np.searchsorted(asks, stated, side="right")
        q = int(np.minimum(demand, supply).max(initial=0))
        if not q:
            return 0, 0.0, 0.0
        falling = bids[::-1]
        made = Orders(np.arange(len(bids)), np.arange(len(asks)), falling, asks, q)
        return self._prices(made)

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Gains from trade: values of buyers less costs of sellers, relative to doing nothing."""
        return net_objective(problem, taken, reading, np.zeros(2))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores."""
        (scores,) = self.readings(problem)
        return LinearObjective(scores.values, np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) as many buyers as sellers with the greatest sum of weights."""
        made, weights = self.wrap(problem), np.asarray(row_weights, dtype=np.float64)
        index = made.profile.index
        orders = rank_orders(index.option == 1, index.agent.astype(np.intp), weights, np.zeros(index.n_agents))
        taken = np.zeros(len(index))
        taken[orders.buyers[: orders.trades]] = taken[orders.sellers[: orders.trades]] = 1.0
        return taken
