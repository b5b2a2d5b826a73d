"""What auctions of bundles share: reserves, a time limit, winners by sum of scores, and what proves them best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, cast

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..errors import InputError
from ..lenses.reading import Cardinal
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Outcome
from ..mechanism.payment import PaymentMechanism, Scores
from ..mechanism.verdict import Verdict
from ..problems.bids import Bids
from ..problems.problem import Problem
from .certificates import feasible_verdict, net_objective, require_single_wins
from .charges import Sale, bundle_worth
from .kernels.additive import additive_vcg
from .kernels.assignment import best_assignment
from .kernels.gains import gains
from .kernels.winner_determination import Language as BundleLanguage
from .kernels.winner_determination import determine_winners
from .reserve import Reserve, as_reserve, reserve_of

__all__ = ["BundleAuction", "ReservedItems", "bundle_language", "by_item", "not_optimal"]


@dataclass(frozen=True)
class ReservedItems(PaymentMechanism):
    """Base of auctions of items, alone or in bundles, that each have a reserve: sums count net of what is given up.

    Parameters
    ----------
    reserve
        Number or tuple of (items,), at least 0, in units of the reading: what keeping a unit is worth to the seller.
    """

    reserve: Reserve = 0.0

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Bids,)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "reserve", as_reserve(self.reserve))

    def _reserve(self, problem: Problem) -> FloatArray:
        """(items,) what a unit of each is worth to keep."""
        assert isinstance(problem, Bids)
        return reserve_of(self.reserve, problem.bundles.shape[1], problem.profile)

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


@dataclass(frozen=True)
class BundleAuction(ReservedItems):
    """Base of auctions of bundles that serve the bids with the greatest sum of scores.

    Parameters
    ----------
    reserve
        See :class:`ReservedItems`.
    time_limit
        Seconds for each search for winners of bundles.

    Raises
    ------
    InputError
        A reserve that is negative, not finite or of the wrong length; a time limit that is not positive.
    """

    time_limit: float = 600.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.time_limit > 0:
            raise InputError(f"must be more than 0 seconds, found {self.time_limit}", where="time_limit")

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

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
            require_single_wins(made, type(self).__name__)
        return made

    def _sale(self, outcome: Outcome) -> Sale:
        """What was for sale, bid and taken, net of reserves."""
        problem, scores = outcome.problem, outcome.readings[0]
        assert isinstance(problem, Bids)
        assert isinstance(scores, Scores)
        index, bundles = problem.profile.index, problem.bundles
        kept = (bundles @ self._reserve(problem))[index.option]
        return Sale(
            index.agent,
            bundles.argmax(axis=1)[index.option] if by_item(problem) else index.option,
            scores.values - kept,
            scores.offset + kept,
            outcome.taken > 0.5,
            problem.supply,
            index.n_agents,
        )

    def _fits(self, outcome: Outcome) -> Verdict:
        problem = outcome.problem
        assert isinstance(problem, Bids)
        bundles = problem.bundles
        used = np.bincount(problem.profile.index.option, outcome.taken, minlength=len(bundles)) @ bundles
        return feasible_verdict(problem, outcome.taken, used - problem.supply)

    def _best_bundles(self, outcome: Outcome, tol: float) -> Verdict:
        """Are winning bundles the best? Against a dynamic programme where it is small, else the bound of the search."""
        problem = outcome.problem
        assert isinstance(problem, Bids)
        sale = replace(self._sale(outcome), item=problem.profile.index.option)
        worth = float(sale.gain @ outcome.taken)
        most = bundle_worth(sale, problem.bundles, exclusive=bundle_language(problem) == "XOR")
        what = "the bound of branch and bound" if most is None else "the optimum of a dynamic programme"
        gap = (float(outcome.decision.details["bound"]) if most is None else most) - worth
        if gap > tol:
            return not_optimal(gap, tol, f"between the winners found and {what}", outcome)
        text = f"the sum of scores less reserves is greatest; the gap is to {what}"
        return Verdict("efficient", "reading", abs(gap) <= tol, abs(gap), tol, statement=text)

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) the feasible allocation with the greatest sum of weights; no row of negative weight is taken."""
        problem = self.wrap(problem)
        assert isinstance(problem, Bids)
        index = problem.profile.index
        weights = np.asarray(row_weights, dtype=np.float64)
        nothing = np.zeros(problem.bundles.shape[1])
        item = problem.bundles.argmax(axis=1)[index.option]
        ticket = np.arange(index.n_agents, dtype=np.float64)
        if problem.language == "unit" and by_item(problem):
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
        if by_item(problem):
            each = additive_vcg(
                index.agent,
                item,
                weights,
                supply=problem.supply,
                lottery=ticket,
                n_agents=index.n_agents,
                n_items=len(nothing),
            )
            return each.taken.astype(np.float64)
        return determine_winners(
            index.agent,
            index.option,
            weights,
            problem.bundles,
            supply=problem.supply,
            language=bundle_language(problem),
            n_agents=index.n_agents,
            time_limit=self.time_limit,
        ).taken


def not_optimal(gap: float, tol: float, where: str, outcome: Outcome) -> Verdict:
    """The verdict of winners that are not proven to be the best."""
    text = f"not optimal: gap {gap:.6g} {where}"
    if not outcome.decision.details.get("proven", True):
        text += "; the search reached the time limit"
    return Verdict("efficient", "reading", False, gap, tol, statement=text)


def by_item(problem: Bids) -> bool:
    """Single items that no two options share: then kernels for items serve, and there are prices."""
    return problem.language in ("unit", "additive") and bool((problem.bundles.sum(axis=0) <= 1).all())


def bundle_language(problem: Bids) -> BundleLanguage:
    """Where two options are units of one item, unit demand is XOR and additive bidders are OR."""
    same: dict[str, BundleLanguage] = {"unit": "XOR", "additive": "OR"}
    return same.get(problem.language, cast("BundleLanguage", problem.language))
