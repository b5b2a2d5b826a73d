"""What can be checked of equal shares, purchase by purchase, from what everybody paid."""

from __future__ import annotations

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from ..mechanism.verdict import Verdict

__all__ = ["least_price", "purchases"]

TOLERANCE = 1e-8


def least_price(utility: FloatArray, left: FloatArray, people: FloatArray, cost: float) -> float:
    """The least rho with sum_i people_i min(left_i, rho utility_i) = cost, inf where there is none.

    The left side is concave and piecewise linear in rho, with a corner where somebody runs out: it is valued at all
    corners and inverted between two of them.
    """
    here = utility > 0
    u, money, who = utility[here], left[here], people[here]
    if not len(u) or who @ money < cost * (1 - TOLERANCE):
        return np.inf
    corner = money / u
    order = np.argsort(corner)
    corner, out, gain = corner[order], (who * money)[order], (who * u)[order]
    raised = np.cumsum(out) + corner * (gain.sum() - np.cumsum(gain))
    corner, raised = np.append(0.0, corner), np.maximum.accumulate(np.append(0.0, raised))
    return float(np.interp(min(cost, float(raised[-1])), raised, corner))


def purchases(
    utility: FloatArray, cost: FloatArray, people: FloatArray, purse: float, bought: IntArray, paid: FloatArray
) -> tuple[Verdict, ...]:
    """Everybody pays by the rule, each purchase was the cheapest for its utility, and nothing else was affordable.

    Parameters
    ----------
    utility, paid
        (n, m) what one person of each agent gains and paid.
    cost
        (m,)
    people
        (n,)
    purse
        Of one person.
    bought
        In order of purchase.
    """
    left = np.full(len(people), purse)
    open_: BoolArray = np.ones(len(cost), dtype=bool)
    worst, dearest, shown = 0.0, 0.0, None
    for x in bought:
        rho = least_price(utility[:, x], left, people, float(cost[x]))
        if not np.isfinite(rho):
            return (Verdict("paid", "reading", False, np.inf, TOLERANCE, int(x), "supporters cannot pay for it"),)
        due = np.where(utility[:, x] > 0, np.minimum(left, rho * utility[:, x]), 0.0)
        worst = max(worst, float(np.abs(due - paid[:, x]).max(initial=0.0)), abs(float(people @ paid[:, x]) - cost[x]))
        others = [least_price(utility[:, y], left, people, float(cost[y])) for y in np.flatnonzero(open_)]
        if rho - min(others) > dearest:
            dearest, shown = rho - min(others), int(x)
        left = np.maximum(left - paid[:, x], 0.0)
        open_[x] = False
    scale = max(purse, float(cost.max(initial=0.0)), 1e-300)
    rest = {int(y): least_price(utility[:, y], left, people, float(cost[y])) for y in np.flatnonzero(open_)}
    affordable = [y for y, rho in rest.items() if np.isfinite(rho) and people @ (left * (utility[:, y] > 0)) > cost[y]]
    unpaid = float(np.abs(paid[:, open_]).max(initial=0.0))
    gap = float(max(worst, unpaid)) / scale
    top = max(float(dearest), 0.0) / max(scale, 1.0)
    return (
        Verdict("paid", "reading", gap <= TOLERANCE, gap, TOLERANCE, None, "supporters pay rho times utility, or all"),
        Verdict(
            "cheapest_first",
            "reading",
            top <= TOLERANCE,
            top,
            TOLERANCE,
            shown if top > TOLERANCE else None,
            "no project was cheaper for its utility when another was bought",
        ),
        Verdict(
            "exhausted",
            "reading",
            not affordable,
            float(len(affordable)),
            0.0,
            affordable[0] if affordable else None,
            "what supporters have left buys nothing more",
        ),
    )
