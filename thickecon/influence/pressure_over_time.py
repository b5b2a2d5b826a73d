"""Pressure over time: what is carried over from period to period, and the best times to push."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG
from ..errors import InputError
from ..mechanism.mechanism import Mechanism
from .best_response import Influencer
from .hunt import Hunt
from .objectives import objective_of
from .pieces import piece_ends
from .pressure import Influence

__all__ = ["Campaign", "campaign"]

STATES = 4000
"""Levels of pressure that are compared."""

GRID = 60
"""Levels where pieces are not known."""


@dataclass(frozen=True, eq=False)
class Campaign:
    """Efforts over time and what they bring.

    Attributes
    ----------
    levels
        (T,) pressure in each period.
    efforts
        (T,) what is added to what is carried over.
    gains
        (T,) objective less that without pressure.
    costs
        (T,) of efforts.
    net
        Discounted sum of gains less costs.
    exact
        Are no efforts better? Else a lower bound.
    """

    levels: FloatArray
    efforts: FloatArray
    gains: FloatArray
    costs: FloatArray
    net: float
    exact: bool


def campaign(
    objective: Any, influence: Influence, mechanism: Mechanism, problem: object, periods: int, *,
    discount: float = 1.0, rng: RNG = 0,
) -> Campaign:  # fmt: skip
    """The best efforts over ``periods`` in which the same problem is decided, with pressure that decays in between.

    Pressure is l_t = (1 - decay) l_{t-1} + e_t, at most ``influence.budget`` at any time. With linear costs a best plan
    lets pressure decay or raises it to where a piece ends now or, after decay, later: so a finite list of levels is
    enough, and dynamic programming over it is exact where the ends of pieces are known.

    Parameters
    ----------
    objective
        See :func:`objective_of`.
    influence
        The means, with its decay and a linear cost.
    mechanism, problem
        Agents report truthfully what is asked of them, under the pressure of the period.
    periods
        T.
    discount
        Of a period, in (0, 1].
    rng
        Seed of the lottery, the same in every period.

    Raises
    ------
    InputError
        No period, a discount out of range, a convex cost.

    Examples
    --------
    One voter, a leads b by 2; a period with b is worth 5, pressure costs 1 and half of it is gone a period later: 2 at
    once, then 1 a period.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[4.0, 2.0]], options=["a", "b"])
    >>> ad = Influence("o", "", "b", budget=9.0, cost=1.0, decay=0.5)
    >>> found = campaign({"b": 5.0}, ad, te.welfare.Allocate().baseline(), te.Choice(p), 3)
    >>> found.efforts.round(4).tolist(), round(found.net, 4), found.exact
    ([2.0, 1.0, 1.0], 11.0, True)
    """
    if periods < 1 or not 0 < discount <= 1 or influence.convexity != 1:
        raise InputError(
            f"needs a period, a discount in (0, 1] and a linear cost; found {periods}, {discount},"
            f" convexity {influence.convexity}",
            where="campaign",
        )
    value = objective_of(objective)
    Influencer(value, (influence,))
    free = replace(influence, cost=0.0)  # what a level brings; its cost is counted over time
    hunt = Hunt(value, (free,), float("inf"), mechanism, mechanism.wrap(problem), rng)
    levels, exact = _levels(hunt, 1.0 - influence.decay, periods)
    gains = np.array([hunt.try_(np.array([level])) for level in levels])
    return _best(levels, gains, influence, periods, discount, exact)


def _levels(hunt: Hunt, kept: float, periods: int) -> tuple[FloatArray, bool]:
    """Levels that a best plan may need: ends of pieces and their sides, times powers of ``kept`` of either sign."""
    top = float(hunt.limits[0])
    found = piece_ends(hunt) if top > 0 else ([0.0], 0.0)
    ends, step = found if found is not None else (list(np.linspace(0.0, top, GRID)), 0.0)
    near = np.unique(np.clip([e + side for e in ends for side in (-step, 0.0, step)], 0.0, top))
    powers = kept ** np.arange(periods) if 0 < kept < 1 else np.ones(1)
    raised = np.unique(np.divide.outer(near, powers).ravel())
    raised = np.unique(np.append(raised[raised <= top], 0.0))
    whole = np.unique(np.multiply.outer(raised, powers).ravel())
    if len(whole) > STATES:
        return raised if len(raised) <= STATES else near[:STATES], False
    return whole, found is not None


def _best(
    levels: FloatArray, gains: FloatArray, influence: Influence, periods: int, discount: float, exact: bool
) -> Campaign:
    """Backwards over periods; a state is the level of the period before."""
    kept = 1.0 - influence.decay
    effort = levels[None, :] - kept * levels[:, None]
    slack = 1e-12 * max(1.0, float(levels.max(initial=0.0)))
    price = np.where(effort >= -slack, influence.cost * np.maximum(effort, 0.0), np.inf)
    worth, choice = np.zeros(len(levels)), np.zeros((periods, len(levels)), dtype=np.intp)
    for t in range(periods - 1, -1, -1):
        total = gains + discount * worth - price
        choice[t] = total.argmax(axis=1)  # of equal plans the lowest level
        worth = total[np.arange(len(levels)), choice[t]]
    at, path = int(np.argmin(levels)), []
    for t in range(periods):
        at = int(choice[t, at])
        path.append(at)
    made = levels[path]
    efforts = np.maximum(made - kept * np.concatenate([[0.0], made[:-1]]), 0.0)
    costs, brought = influence.cost * efforts, gains[path]
    net = float((discount ** np.arange(periods)) @ (brought - costs))
    return Campaign(made, efforts, brought, costs, net, exact)
