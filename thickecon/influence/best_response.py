"""The best a manipulator can do against a mechanism."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Lens
from ..mechanism.mechanism import Mechanism, require_mechanism
from ..mechanism.outcome import Outcome
from ..profiles.profile import ThickProfile
from .bilevel import by_integer_programme
from .cheapest_push import by_options
from .hunt import Hunt
from .objectives import objective_of
from .pieces import by_pieces
from .pressure import Influence
from .search import search

__all__ = ["BestResponse", "Influencer"]

CLOSE = 1e-5
"""How near the bound a net gain has to be to count as the best: the best itself is often approached, not attained."""


@dataclass(frozen=True, eq=False)
class BestResponse:
    """Efforts and what they bring.

    Attributes
    ----------
    efforts
        (K,).
    gain
        Objective under pressure less that without, costs not counted.
    cost
        Of the efforts.
    exact
        Do no efforts bring more, net of costs, than a hundred-thousandth above these? If not, gain less cost is a lower
        bound of the best.
    bound
        What no efforts can bring more than, net of costs; infinite where nothing is known.
    method
        "claim", "reading", "pieces", "linear programme", "integer programme" or "search".
    evaluations
        Runs of the mechanism.
    base, outcome
        Without and under pressure; ``outcome.problem`` is the witness.
    seed
        Of the lottery in every run.
    """

    efforts: FloatArray
    gain: float
    cost: float
    exact: bool
    bound: float
    method: str
    evaluations: int
    base: Outcome
    outcome: Outcome
    seed: int = 0

    @property
    def net(self) -> float:
        """Gain less cost."""
        return self.gain - self.cost

    @property
    def profile(self) -> ThickProfile:
        """Under pressure."""
        return self.outcome.profile

    def replay(self, objective: Any) -> float:
        """The gain once more, from the witness: both problems are decided again.

        Parameters
        ----------
        objective
            The influencer's.
        """
        value, rule = objective_of(objective), self.base.mechanism
        before, after = (rule.run(made.problem, rng=self.seed) for made in (self.base, self.outcome))
        return value(after) - value(before)

    def __repr__(self) -> str:
        kind = "exact" if self.exact else "at least"
        return (
            f"BestResponse(gain {self.gain:.6g}, cost {self.cost:.6g}, {kind}, by {self.method}, efforts"
            f" {np.round(self.efforts, 6).tolist()}, {self.evaluations} runs)"
        )


@dataclass(frozen=True)
class Influencer:
    """Who bends preferences, to what end, with which means.

    Parameters
    ----------
    objective
        See :func:`objective_of`.
    influences
        Its means.
    budget
        Of all costs together.

    Raises
    ------
    InputError
        No influence, or a negative budget.

    Examples
    --------
    The seller of one item lifts the second bidder: up to the highest bid, then it would sell to the wrong one.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [6.0], [4.0]], agents=["Ann", "Bob", "Cem"], options=["cup"])
    >>> seller = Influencer("revenue", [Influence("seller", "flattery", "cup", budget=9.0, agents=("Bob",))])
    >>> found = seller.best_response(te.auctions.SecondPrice().baseline(), p)
    >>> round(found.gain, 6), found.exact
    (4.0, True)
    """

    objective: Any
    influences: tuple[Influence, ...] = field(default_factory=tuple)
    budget: float = float("inf")

    def __post_init__(self) -> None:
        made = (self.influences,) if isinstance(self.influences, Influence) else tuple(self.influences)
        object.__setattr__(self, "influences", made)
        if not made or not all(isinstance(each, Influence) for each in made):
            raise InputError("must be at least one Influence", where="Influencer.influences")
        if not self.budget >= 0:
            raise InputError(f"must be at least 0, found {self.budget!r}", where="Influencer.budget")
        objective_of(self.objective)

    def cost(self, efforts: FloatArray) -> float:
        """Of efforts (K,)."""
        return float(sum(each.price(float(e)) for each, e in zip(self.influences, efforts, strict=True)))

    def best_response(
        self,
        mechanism: Mechanism,
        problem: object,
        lens: Lens | None = None,
        *,
        evaluations: int = 400,
        rng: RNG = 0,
    ) -> BestResponse:
        """Efforts that bring the most, gain less cost, within the budget.

        Exact where it can be proved: a mechanism that claims to be influence-proof or whose reading does not move
        (checked on a few efforts all the same); one influence on a rule that compares values or maximises a sum, by
        the pieces within which nothing changes hands; several on a sum over options, by a linear programme an option;
        several on an assignment that maximises a sum, by an integer programme. All these need to know what the
        objective depends on: revenue, or what is taken. Otherwise searched: the gain is a lower bound. Efforts under
        which the problem is none that the mechanism decides (a second unit worth more than the first) are left out.

        Parameters
        ----------
        mechanism, problem
            Agents report truthfully what the mechanism asks of them, under pressure.
        lens
            Of the mechanism; None: its own.
        evaluations
            Runs that a search may take.
        rng
            Seed of lotteries (the same in every run) and of the search.

        Raises
        ------
        UnknownNameError
            An option or agent that the problem does not have.
        NotApplicableError
            A profile of rankings.
        """
        rule = require_mechanism(mechanism, "Influencer.best_response")
        rule = rule if lens is None else replace(rule, lens=lens)
        value = objective_of(self.objective)
        hunt = Hunt(value, self.influences, self.budget, rule, rule.wrap(problem), rng)
        method, bound = _solve(hunt, evaluations)
        net, efforts, outcome = hunt.best
        exact = net >= bound - CLOSE * max(1.0, abs(bound))
        gain = value(outcome) - hunt.start
        return BestResponse(
            efforts, gain, self.cost(efforts), exact, max(bound, net), method, hunt.runs, hunt.base, outcome, hunt.seed
        )


def _solve(hunt: Hunt, evaluations: int) -> tuple[str, float]:
    """How the best efforts were found, and an upper bound of the net gain."""
    for each in hunt.influences:
        each.pull(hunt.problem.profile)  # names are looked up before anything is run
    if not (hunt.limits > 0).any():
        return "claim", 0.0
    still = _nothing_moves(hunt)
    if still is not None:
        for efforts in (hunt.limits, 0.5 * hunt.limits, hunt.limits * hunt.gen.random(hunt.count)):
            hunt.try_(efforts)
        if hunt.net <= 1e-9 * max(1.0, abs(hunt.start)):
            return still, 0.0
    elif by_pieces(hunt):
        if not hunt.refused:
            return "pieces", hunt.net
    else:
        for method, way in (("linear programme", by_options), ("integer programme", by_integer_programme)):
            bound = way(hunt)
            if bound is not None and hunt.net >= bound - CLOSE * max(1.0, abs(bound)):
                return method, bound
            if bound is not None:
                search(hunt, evaluations)
                return method, bound
    search(hunt, evaluations)
    return "search", _range(hunt)


def _nothing_moves(hunt: Hunt) -> str | None:
    """Why no effort can move what is taken or paid: the mechanism claims it, or its reading stays; None otherwise."""
    if hunt.objective.kind == "other":
        return None
    if hunt.objective.kind == "revenue" and not hunt.base.with_money:
        return "claim"
    found = [claim for claim in hunt.mechanism.claims if claim.name == "influence_proof"]
    if found and all(claim.holds for claim in found):
        return "claim"
    lines = hunt.slopes()
    return "reading" if lines is not None and not (lines[1] != 0).any() else None


def _range(hunt: Hunt) -> float:
    """What lies between the objective now and its largest value over all allocations (T6); infinite where unknown."""
    if hunt.objective.kind != "taken":
        return float("inf")
    weights = hunt.objective.row_weights(hunt.problem.profile)
    try:
        most = float(hunt.mechanism.optimise(hunt.problem, weights) @ weights)
    except NotApplicableError:
        return float("inf")
    return max(most - hunt.start, 0.0)
