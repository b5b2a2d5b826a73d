"""Posted prices: take it or leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, frozen
from ..errors import NotApplicableError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, feasible_verdict, net_objective, participation_verdicts, scale_of
from .kernels.shop import serve_in_turn
from .reserve import Reserve, as_reserve, reserve_of
from .true_bids import TrueBids

__all__ = ["PostedPrice"]


@register("auctions.PostedPrice")
@dataclass(frozen=True)
class PostedPrice(TrueBids):
    """Each option has a price; agents come in the order of a lottery and take what is worth it, while there is any.

    An agent takes the options that are worth most above their price, as many as its demand allows (all, where the
    problem states none). Nobody's report moves a price: truth is dominant, and no more is known than that takers
    think it worth the price. With ``charge="affine"`` a taker pays the wedge on top, a corrective price: decision
    selves then buy what their endorsed selves would buy at the price.

    Parameters
    ----------
    prices
        Number or (options,), at least 0, in units of the reading.
    reporting, charge, lens
        See :class:`~thickecon.mechanism.payment.PaymentMechanism`.

    Raises
    ------
    InputError
        Prices that are negative, not finite, or of another length than there are options.
    ProblemError
        Conflicts or norms; a worth of doing nothing for agents who may take several options.

    References
    ----------
    Hammond (1979), doi:10.2307/2297050 (posted prices are all that is truthful in large economies); Blumrosen and
    Holenstein (2008), doi:10.1145/1386790.1386801

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    >>> shop = te.auctions.PostedPrice(prices=4.0)
    >>> stock = te.Assignment(p, supply=2)
    >>> shop.run(stock, rng=0).taken.tolist(), shop.baseline().run(stock, rng=0).taken.tolist()
    ([0.0, 1.0], [1.0, 1.0])
    """

    prices: Reserve = 0.0

    title: ClassVar[str] = "Posted price"
    reference: ClassVar[str] = "10.2307/2297050"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "prices", as_reserve(self.prices, "prices"))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is dominant; who comes first may take what another wants more."""
        return self._threshold_claims(efficient=False)

    def wrap(self, problem: object) -> Problem:
        """Options with a stock each.

        Raises
        ------
        ProblemError
            See the class.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        if len(made.conflicts) or made.norms:
            raise ProblemError(
                "a shop knows no conflicts or norms", where="PostedPrice", remedy="use welfare.Allocate for constraints"
            )
        profile = made.profile
        wins = np.diff(profile.index.indptr) if made.demand is None else np.minimum(made.demand, profile.n_options)
        if profile.outside is not None:
            worth = np.abs(profile.outside).reshape(profile.n_agents, -1).max(axis=1)
            bad = (wins > 1) & (worth > 0)
            if bad.any():
                raise ProblemError(
                    "doing nothing must be worth 0 to agents who may take several options; agent"
                    f" {profile.agents[int(np.argmax(bad))]!r} has a worth of its own",
                    where="PostedPrice, outside",
                    remedy="state demand=1, or values relative to doing nothing",
                )
        return made

    def _price(self, problem: Problem) -> FloatArray:
        return reserve_of(self.prices, problem.profile.n_options, problem.profile)

    def _run(self, problem: Assignment, readings: tuple[Scores], lottery: Lottery) -> Decision:
        (scores,), index, price = readings, problem.profile.index, self._price(problem)
        net = scores.values - price[index.option]
        taken, left = serve_in_turn(
            np.argsort(lottery.agents, kind="stable"),
            index.indptr,
            index.option,
            net,
            _demand(problem),
            np.floor(np.asarray(problem.supply, dtype=np.float64)),
        )
        bills = np.bincount(index.agent, taken * (price[index.option] + scores.offset), minlength=index.n_agents)
        return Decision(taken, payments=bills.astype(np.float64), prices=price, details={"left": frozen(left)})

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        problem, index, scores = outcome.problem, outcome.profile.index, outcome.readings[0]
        assert isinstance(scores, Scores)
        assert isinstance(problem, Assignment)
        price = self._price(problem)
        used = np.bincount(index.option, outcome.taken, minlength=index.n_options)
        many = np.bincount(index.agent, outcome.taken, minlength=index.n_agents) - _demand(problem)
        feasible = feasible_verdict(problem, outcome.taken, np.concatenate([used - np.floor(problem.supply), many]))
        # what somebody with demand left, or with something worth less, would rather take and nobody else has
        net = scores.values - price[index.option]
        least = np.where(many < -0.5, 0.0, np.inf)
        np.minimum.at(least, index.agent[outcome.taken > 0.5], net[outcome.taken > 0.5])
        least = np.where(many < -0.5, 0.0, least)
        free = (used < np.floor(problem.supply) - 0.5)[index.option] & (outcome.taken < 0.5)
        wanted = np.where(free & np.isfinite(least[index.agent]), net - least[index.agent], 0.0)
        under = np.where(outcome.taken > 0.5, -net, 0.0)
        gap = max(float(wanted.max(initial=0.0)), float(under.max(initial=0.0)))
        tol = 1e-9 * (scale_of(scores) + float(price.max(initial=0.0)))
        text = "nothing is taken that is not worth its price, and nothing left that somebody would rather have"
        due = np.bincount(index.agent, outcome.taken * (price[index.option] + scores.offset), minlength=index.n_agents)
        return (
            feasible,
            Verdict("content", "reading", gap <= tol, gap, tol, statement=text),
            charge_verdict(outcome, due.astype(np.float64), tol * (1 + index.n_options), "each pays what is posted"),
            *participation_verdicts(self, outcome),
        )

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of values taken less prices, relative to doing nothing."""
        return net_objective(problem, taken, reading, self._price(problem))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """What there is of each option to those with the largest weights, none below 0.

        Raises
        ------
        NotApplicableError
            Agents have a demand, so that options are not apart.
        """
        made, weights = self.wrap(problem), np.asarray(row_weights, dtype=np.float64)
        assert isinstance(made, Assignment)
        if made.demand is not None:
            raise NotApplicableError("options are not apart where agents have a demand", where="PostedPrice.optimise")
        index, taken = made.profile.index, np.zeros(len(weights))
        for j, stock in enumerate(np.floor(made.supply).astype(int).tolist()):
            rows = np.flatnonzero((index.option == j) & (weights > 0))
            taken[rows[np.argsort(-weights[rows], kind="stable")][:stock]] = 1.0
        return taken


def _demand(problem: Assignment) -> FloatArray:
    """(n,) how many each may take; infinite where none is stated."""
    n = problem.profile.n_agents
    return np.full(n, np.inf) if problem.demand is None else np.asarray(problem.demand, dtype=np.float64)
