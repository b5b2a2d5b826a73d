"""Giving back what Vickrey payments take: rebates that depend on what others report alone."""

from __future__ import annotations

from math import comb
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray

__all__ = ["Redistribution", "rebate_weights", "rebates"]

Redistribution = Literal["cavallo", "worst_case"]


def rebate_weights(n: int, units: int, rule: Redistribution) -> FloatArray:
    """(n - 1,) what an agent is given for each of the values of the others, largest first.

    "cavallo": units / n of the (units + 1)-th of the others, the least revenue whatever the agent reports, shared
    equally. "worst_case": the weights c_k that leave the least part of the revenue in the worst case,

        c_k = (-1)^(k+m-1) (n-m) C(n-1, m-1) / (k C(n-1, k) sum_{j >= m} C(n-1, j)) sum_{j >= k} C(n-1, j),

    for k = m + 1 .. n - 1; of the revenue at least 1 - C(n-1, m) / sum_{j >= m} C(n-1, j) is given back.

    Parameters
    ----------
    n, units
        Agents, and units m for sale; with n < m + 2 nothing can be given back.
    rule
        "cavallo" or "worst_case".

    References
    ----------
    Cavallo (2006), doi:10.1145/1160633.1160790; Moulin (2009), J. Economic Theory 144, 96-119; Guo and
    Conitzer (2009), doi:10.1016/j.geb.2008.06.007, theorem 1

    Examples
    --------
    >>> rebate_weights(3, 1, "cavallo").round(4).tolist(), rebate_weights(3, 1, "worst_case").round(4).tolist()
    ([0.0, 0.3333], [0.0, 0.3333])
    >>> rebate_weights(4, 1, "worst_case").round(4).tolist()
    [0.0, 0.2857, -0.1429]
    """
    weights = np.zeros(max(n - 1, 0))
    if n < units + 2:
        return weights
    if rule == "cavallo":
        weights[units] = units / n
        return weights
    ahead = sum(comb(n - 1, j) for j in range(units, n))
    for k in range(units + 1, n):
        # whole numbers as long as possible: binomials of a hundred agents are beyond floats
        tail = sum(comb(n - 1, j) for j in range(k, n))
        top = (n - units) * comb(n - 1, units - 1) * tail
        weights[k - 1] = (-1) ** (k + units - 1) * (top / (k * comb(n - 1, k) * ahead))
    return weights


def rebates(values: FloatArray, units: int, rule: Redistribution) -> FloatArray:
    """(n,) rebates for values (n,) of at least 0: each agent's is of the values of the others.

    Examples
    --------
    Vickrey 10, 6, 4 (Cavallo 2006): the price of 6 comes back but for 4/3.

    >>> rebates(np.array([10.0, 6.0, 4.0]), 1, "cavallo").round(4).tolist()
    [1.3333, 1.3333, 2.0]
    """
    n = len(values)
    weights = rebate_weights(n, units, rule)
    if not weights.any():
        return np.zeros(n)
    order = np.argsort(-values, kind="stable")
    ranked = values[order]
    # without rank r: ranks above keep their place, those below move up by one
    above = np.concatenate([[0.0], np.cumsum(weights * ranked[:-1])])
    below = np.concatenate([np.cumsum((weights * ranked[1:])[::-1])[::-1], [0.0]])
    made = np.empty(n)
    made[order] = above + below
    return made
