"""Influence gain: what an interested party earns by bending what agents want, not what they stand behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.rng import RNG
from ...errors import NotApplicableError, ProblemError
from ...influence.best_response import BestResponse
from ...influence.gains import influence_gain as best_gain
from ...influence.pressure import Influence
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from ..multi_unit import MultiUnit
from .stage import Stage, stages_of
from .witnesses import Witness

__all__ = ["Pull", "influence_gain"]


@dataclass(frozen=True, eq=False)
class Pull(Witness):
    """The best response of an influencer.

    Attributes
    ----------
    response
        Efforts, both outcomes, and whether it is exact.
    objective
        The influencer's.
    """

    response: BestResponse
    objective: Any

    def replay(self) -> float:
        """Both problems decided again; the gain net of costs."""
        return self.response.replay(self.objective) - self.response.cost


def influence_gain(
    mechanism: Mechanism,
    problem: object,
    *,
    objective: Any = "revenue",
    influences: Iterable[Influence] | None = None,
    reach: float | None = None,
    evaluations: int = 100,
    rng: RNG = 0,
) -> Verdict:
    """The most an influencer gains, net of costs: :func:`thickecon.influence.influence_gain` as a verdict.

    Parameters
    ----------
    mechanism
        Agents report truthfully what is asked of them, under pressure.
    problem
        A problem, a profile or a :class:`TypeSpace`, of which the worst state counts.
    objective
        The influencer's, see :func:`thickecon.influence.objective_of`.
    influences
        Means; None: any one agent's evaluation of any one option.
    reach
        Of those, in the profile's unit; None: the largest revealed value.
    evaluations
        Of searches.
    rng
        Seed.

    Returns
    -------
    Verdict
        True only where the best response is exact and gains nothing.

    Raises
    ------
    NotApplicableError
        An influence leads out of what the mechanism decides.

    References
    ----------
    T6, T19.

    Examples
    --------
    Values 10, 6, 4: lifting the second bidder earns the seller up to 4 in the standard auction.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [6.0], [4.0]])
    >>> round(influence_gain(te.auctions.SecondPrice().baseline(), p).gap, 3)
    4.0
    >>> influence_gain(te.auctions.SecondPrice(reporting="observed", charge="clarke"), p).holds
    True
    """
    stages = stages_of(mechanism, problem, rng)
    means = None if influences is None else tuple(influences)
    best: Pull | None = None
    exact = True
    for stage in stages.every:
        found = _best(stage, objective, means, reach, evaluations)
        exact &= found.exact
        if found.net > (0.0 if best is None else best.gain):
            who = "" if means is not None else f" on {_target(found)}"
            efforts = np.round(found.efforts, 6).tolist()
            text = f"an influencer gains {found.net:.6g} by efforts {efforts}{who} ({found.method})"
            best = Pull(text, found.net, found, objective)
    gap, tol = (0.0 if best is None else best.gain), stages.tol * stages.every[0].n_agents
    holds = stages.state(gap <= tol) if exact or gap > tol else None
    text = f"no influence that leaves endorsed values alone pays, {stages.where}; {'exact' if exact else 'searched'}"
    return Verdict("influence_gain", "nobody", holds, gap, tol, best if gap > tol else None, text)


def _best(
    stage: Stage, objective: Any, means: tuple[Influence, ...] | None, reach: float | None, evaluations: int
) -> BestResponse:
    """On marginal values of units the first so many are lifted alike, or they would not be marginal values any more."""
    asked: dict[str, Any] = {"reach": reach, "evaluations": evaluations, "rng": stage.seed}
    rule, profile = stage.mechanism, stage.problem.profile
    try:
        if means is not None or not isinstance(rule, MultiUnit):
            return best_gain(rule, stage.problem, objective, means, **asked)
        size = float(np.abs(profile.rows.revealed).max(initial=0.0)) if reach is None else float(reach)
        found = []
        for i, agent in enumerate(profile.agents):
            rows = stage.rows_of(i)
            for count in range(1, rows.stop - rows.start + 1):
                push = Influence("influencer", "", tuple(profile.options[:count]), budget=size, agents=(agent,))
                found.append(best_gain(rule, stage.problem, objective, (push,), **asked))
    except ProblemError as err:
        raise NotApplicableError(
            f"an influence leads out of what {rule.name} decides ({err})",
            where="influence_gain",
            remedy="pass influences= that keep to its domain",
        ) from err
    best = max(found, key=lambda each: each.net)
    return replace(best, exact=all(each.exact for each in found))


def _target(found: BestResponse) -> str:
    """Which evaluation is lifted."""
    index = found.base.profile.index
    moved = found.outcome.profile.rows.revealed - found.base.profile.rows.revealed
    row = int(np.argmax(np.abs(moved)))
    return f"agent {index.agents[int(index.agent[row])]!r}, option {index.options[int(index.option[row])]!r}"
