"""The method of equal shares: projects are bought one after the other with budgets that all people share equally."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from ..._core.arrays import BoolArray, FloatArray, IntArray, frozen

__all__ = ["EqualShares", "equal_shares"]

Floats = npt.NDArray[np.float64]
SLACK = 1e-11
"""Relative. Prices so close are a tie, and supporters so close to the cost can afford it: shares are seldom binary
fractions."""


@dataclass(frozen=True, eq=False)
class EqualShares:
    """What was bought.

    Attributes
    ----------
    bought
        (k,) positions of projects, in order of purchase.
    price
        (k,) rho: what one unit of utility cost its buyers.
    paid
        (n, m) what one person of each agent paid for each project.
    purse
        What each person could spend.
    """

    bought: IntArray
    price: FloatArray
    paid: FloatArray
    purse: float


def equal_shares(
    utility: npt.ArrayLike,
    cost: npt.ArrayLike,
    budget: float,
    *,
    people: npt.ArrayLike | None = None,
    lottery: npt.ArrayLike | None = None,
    increment: float = 0.0,
) -> EqualShares:
    """The method of equal shares for additive utilities.

    1. Everybody gets an equal part of the budget.
    2. A project is rho-affordable if its supporters can pay for it when each pays rho times its utility, or all it has
       left: sum_i min(left_i, rho u_i) = cost.
    3. The project of the least rho is bought so; again until nothing is affordable. The lowest number of ``lottery``
       breaks ties.
    4. With an ``increment``: parts grow by it as long as what is bought stays within the true budget and something
       that is wanted would still fit into it; the last purchases within the budget stand.

    Parameters
    ----------
    utility
        (n, m); what is not positive is no support.
    cost
        (m,) at least 0.
    budget
        At least 0.
    people
        (n,) whom each agent stands for; None: one each.
    lottery
        (m,) a number a project; None: as they stand.
    increment
        Per person; 0: parts do not grow.

    References
    ----------
    Peters and Skowron (2020), doi:10.1145/3391403.3399465; Peters, Pierczynski and Skowron (2021), Proportional
    Participatory Budgeting with Additive Utilities, doi:10.48550/arXiv.2008.13276

    Examples
    --------
    Two people, a budget of 4: each has 2. Project 0 pleases both at a price of 1 each.

    >>> found = equal_shares([[1, 0], [1, 1]], [2, 2], 4)
    >>> found.bought.tolist(), found.paid.tolist()
    ([0], [[1.0, 0.0], [1.0, 0.0]])
    """
    u = np.ascontiguousarray(np.maximum(np.asarray(utility, dtype=np.float64), 0.0))
    price = np.ascontiguousarray(cost, dtype=np.float64)
    n, m = u.shape
    who = np.ones(n) if people is None else np.ascontiguousarray(people, dtype=np.float64)
    turn = np.arange(m, dtype=np.float64) if lottery is None else np.ascontiguousarray(lottery, dtype=np.float64)
    purse = float(budget) / float(who.sum())
    bought, rho, paid = _buy(u, price, purse, who, turn)
    while increment > 0.0 and _something_fits(u, price, budget, bought):
        more = _buy(u, price, purse + increment, who, turn)
        if price[more[0]].sum() > budget * (1.0 + SLACK):
            break
        purse += increment
        bought, rho, paid = more
    return EqualShares(frozen(bought, np.intp), frozen(rho), frozen(paid), purse)


def _something_fits(u: Floats, cost: Floats, budget: float, bought: IntArray) -> bool:
    """Is there a project that somebody wants, that was not bought, and that the rest of the true budget pays for?"""
    open_: BoolArray = np.asarray((u > 0).any(axis=0))
    open_[bought] = False
    return bool((open_ & (cost <= (budget - cost[bought].sum()) + SLACK * budget)).any())


@njit(cache=True, nogil=True)
def _buy(u: Floats, cost: Floats, purse: float, people: Floats, turn: Floats) -> tuple[IntArray, Floats, Floats]:
    n, m = u.shape
    left = np.full(n, purse)
    paid = np.zeros((n, m))
    bought = np.empty(m, np.int64)
    price = np.empty(m)
    rho = np.empty(m)
    open_ = np.ones(m, np.bool_)
    count = 0
    while True:
        least = np.inf
        for x in range(m):
            if not open_[x]:
                continue
            rho[x] = _rho(u[:, x], left, people, cost[x])
            if rho[x] == np.inf:
                open_[x] = False  # purses only shrink
            least = min(least, rho[x])
        if least == np.inf:
            return bought[:count].copy(), price[:count].copy(), paid
        best = -1
        for x in range(m):
            if open_[x] and rho[x] <= least * (1.0 + SLACK) and (best < 0 or turn[x] < turn[best]):
                best = x
        for i in range(n):
            if u[i, best] > 0.0:
                paid[i, best] = min(left[i], rho[best] * u[i, best])
                left[i] -= paid[i, best]
        bought[count], price[count] = best, rho[best]
        open_[best] = False
        count += 1


@njit(cache=True, nogil=True)
def _rho(u: Floats, left: Floats, people: Floats, cost: float) -> float:
    """The least rho at which supporters pay the cost, inf where all they have is not enough."""
    support = np.flatnonzero(u > 0.0)
    if len(support) == 0:
        return np.inf
    money = 0.0
    for i in support:
        money += people[i] * left[i]
    if money < cost * (1.0 - SLACK):
        return np.inf
    reach = left[support] / u[support]
    order = np.argsort(reach)
    rest = np.empty(len(support))  # people times utility of those who have not run out, from the end
    total = 0.0
    for k in range(len(support) - 1, -1, -1):
        i = support[order[k]]
        total += people[i] * u[i]
        rest[k] = total
    due = cost
    for k in range(len(support)):
        rho = due / rest[k]
        if rho <= reach[order[k]]:
            return float(max(rho, 0.0))
        i = support[order[k]]
        due -= people[i] * left[i]
    return float(reach[order[-1]])  # everybody pays all that is left
