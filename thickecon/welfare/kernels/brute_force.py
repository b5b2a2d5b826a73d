"""Oracles for a few projects: definitions written out in plain Python and exact fractions, sharing nothing with the
kernels.

Utilities are ``utility[i][x]``, costs and budget whatever :class:`fractions.Fraction` takes without loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, combinations

__all__ = ["affordable_sets", "completed", "equal_shares_outcomes", "subsets"]

Number = int | float | Fraction
Outcomes = set[frozenset[int]]


def subsets(count: int) -> Iterator[tuple[int, ...]]:
    """All sets of positions, the empty one first."""
    return chain.from_iterable(combinations(range(count), k) for k in range(count + 1))


def affordable_sets(cost: Sequence[Number], budget: Number) -> list[tuple[int, ...]]:
    """All sets of projects within the budget."""
    exact = [Fraction(c) for c in cost]
    return [s for s in subsets(len(cost)) if sum((exact[x] for x in s), Fraction(0)) <= Fraction(budget)]


def equal_shares_outcomes(
    utility: Sequence[Sequence[Number]],
    cost: Sequence[Number],
    budget: Number,
    people: Sequence[Number],
    increment: Number = 0,
) -> Outcomes:
    """Every set that the method of equal shares may end with, one for each way to break ties.

    With an ``increment`` a person's part of the budget grows by it until what is bought would exceed the budget, or
    nothing that is wanted would still fit.
    """
    u = [[max(Fraction(x), Fraction(0)) for x in row] for row in utility]
    costs, who = [Fraction(c) for c in cost], [Fraction(w) for w in people]
    total, step = Fraction(budget), Fraction(increment)
    purse = total / sum(who)
    standing = _bought(u, costs, who, [purse] * len(u), ())
    if not step:
        return standing
    ended: Outcomes = set()
    while standing:
        ended |= {s for s in standing if not _fitting(u, costs, total, s)}
        standing = {s for s in standing if _fitting(u, costs, total, s)}
        purse += step
        more = _bought(u, costs, who, [purse] * len(u), ())
        over = {s for s in more if sum(costs[x] for x in s) > total}
        if over:  # some ways to break ties end here
            ended |= standing
        standing = more - over if standing else set()
    return ended


def completed(
    utility: Sequence[Sequence[Number]],
    cost: Sequence[Number],
    budget: Number,
    people: Sequence[Number],
    chosen: frozenset[int],
) -> Outcomes:
    """Every set that ``chosen`` may grow into by adding, while something wanted fits, the most utility per cost."""
    u = [[max(Fraction(x), Fraction(0)) for x in row] for row in utility]
    costs, who = [Fraction(c) for c in cost], [Fraction(w) for w in people]
    open_ = _fitting(u, costs, Fraction(budget), chosen)
    if not open_:
        return {chosen}
    total = {x: sum(w * row[x] for w, row in zip(who, u, strict=True)) for x in open_}
    ratio = {x: (costs[x] == 0, total[x] / costs[x] if costs[x] else Fraction(0)) for x in open_}
    best = [x for x in open_ if ratio[x] == max(ratio.values())]
    return set().union(*(completed(utility, cost, budget, people, chosen | {x}) for x in best))


def _bought(
    u: list[list[Fraction]], costs: list[Fraction], who: list[Fraction], left: list[Fraction], chosen: tuple[int, ...]
) -> Outcomes:
    rho = {x: _cheapest([row[x] for row in u], left, who, costs[x]) for x in range(len(costs)) if x not in chosen}
    payable = {x: r for x, r in rho.items() if r is not None}
    if not payable:
        return {frozenset(chosen)}
    made: Outcomes = set()
    for x, price in payable.items():
        if price == min(payable.values()):
            after = [m - min(m, price * row[x]) for m, row in zip(left, u, strict=True)]
            made |= _bought(u, costs, who, after, (*chosen, x))
    return made


def _cheapest(u: list[Fraction], left: list[Fraction], who: list[Fraction], cost: Fraction) -> Fraction | None:
    """The least rho with sum_i who_i min(left_i, rho u_i) = cost, trying who pays all it has left; None: none."""
    support = [i for i in range(len(u)) if u[i] > 0]
    if not support or sum(who[i] * left[i] for i in support) < cost:
        return None
    support.sort(key=lambda i: left[i] / u[i])
    for out in range(len(support)):
        due = cost - sum((who[i] * left[i] for i in support[:out]), Fraction(0))
        rho = due / sum(who[i] * u[i] for i in support[out:])
        if all(rho * u[i] <= left[i] for i in support[out:]):
            return max(rho, Fraction(0))
    raise AssertionError("somebody must be able to pay")  # pragma: no cover - the sum above says so


def _fitting(u: list[list[Fraction]], costs: list[Fraction], budget: Fraction, chosen: frozenset[int]) -> list[int]:
    """Projects that somebody wants and that still fit."""
    spare = budget - sum(costs[x] for x in chosen)
    return [x for x in range(len(costs)) if x not in chosen and costs[x] <= spare and any(row[x] > 0 for row in u)]
