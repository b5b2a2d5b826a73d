"""Oracles that share no idea with the kernels: every allocation is listed, every economy solved, every lie tried.

Written from the definitions, in plain loops, for problems small enough to hold in the hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

__all__ = [
    "Deviation",
    "allocations",
    "best_deviation",
    "position_vcg",
    "price_vectors",
    "vcg",
    "weakly_monotone",
]

Allocation = frozenset[int]
Rule = Callable[[tuple[float, ...]], tuple[Sequence[float], Sequence[float]]]


@dataclass(frozen=True)
class Deviation:
    """The most profitable lie found.

    Attributes
    ----------
    gain
        What it adds to the lying agent's utility; 0 if none pays.
    agent, truth, lie
        Who, the true values of all rows, the reported ones.
    """

    gain: float
    agent: int
    truth: tuple[float, ...]
    lie: tuple[float, ...]


def allocations(
    agent: Sequence[int],
    option: Sequence[int],
    bundles: Sequence[Sequence[int]],
    supply: Sequence[int],
    language: str,
) -> Iterator[Allocation]:
    """Every feasible set of rows: at most one an agent for "XOR" and "unit", any for "OR" and "additive".

    Examples
    --------
    >>> [sorted(x) for x in allocations([0, 1], [0, 0], [[1]], [1], "XOR")]
    [[], [1], [0]]
    """
    own: dict[int, list[int]] = {}
    for row, i in enumerate(agent):
        own.setdefault(i, []).append(row)
    most = 1 if language in ("XOR", "unit") else len(agent)
    choices = [
        [pick for size in range(min(most, len(rows)) + 1) for pick in combinations(rows, size)] for rows in own.values()
    ]
    for picks in product(*choices):
        taken = frozenset(row for pick in picks for row in pick)
        if all(sum(bundles[option[row]][j] for row in taken) <= have for j, have in enumerate(supply)):
            yield taken


def vcg(
    agent: Sequence[int],
    option: Sequence[int],
    scores: Sequence[float],
    bundles: Sequence[Sequence[int]],
    supply: Sequence[int],
    *,
    language: str = "XOR",
    offsets: Sequence[float] | None = None,
    reserve: Sequence[float] | None = None,
    pivot: str = "zero",
    n_agents: int | None = None,
) -> tuple[list[Allocation], float, list[float]]:
    """All best allocations, their worth over keeping everything, and charges by the formula of T18 (b = 1).

    p_i = max_y [sum_{j != i} s_j(y) - delta_i(y) + kept(y)] - [the same at x*], kept(y) the reserves of what is
    not taken. Charges are those of the first best allocation.

    Examples
    --------
    >>> best, worth, pay = vcg([0, 1, 2], [0, 0, 0], [10.0, 6.0, 4.0], [[1]], [1])
    >>> [sorted(x) for x in best], worth, pay
    ([[0]], 10.0, [6.0, 0.0, 0.0])
    """
    delta = [0.0] * len(scores) if offsets is None else list(offsets)
    worth_kept = [0.0] * len(supply) if reserve is None else list(reserve)
    outcomes = list(allocations(agent, option, bundles, supply, language))
    everything = sum(have * worth for have, worth in zip(supply, worth_kept, strict=True))

    def kept(y: Allocation) -> float:
        used = [sum(bundles[option[row]][j] for row in y) for j in range(len(supply))]
        return everything - sum(many * worth for many, worth in zip(used, worth_kept, strict=True))

    def objective(y: Allocation) -> float:
        return sum(scores[row] for row in y) + kept(y)

    def without(y: Allocation, i: int) -> float:
        return sum(scores[row] if agent[row] != i else -delta[row] for row in y) + kept(y)

    top = max(objective(y) for y in outcomes)
    best = [y for y in outcomes if objective(y) >= top - 1e-9 * max(1.0, abs(top))]
    payments = []
    for i in range(max(agent) + 1 if n_agents is None else n_agents):
        pivots = [y for y in outcomes if pivot == "zero" or not any(agent[row] == i for row in y)]
        payments.append(max(without(y, i) for y in pivots) - without(best[0], i))
    return best, top - everything, payments


def price_vectors(
    values: Sequence[Sequence[float]], prices: Iterable[float], reserve: Sequence[float]
) -> list[tuple[float, ...]]:
    """Every competitive price vector of a unit-demand market on a grid of prices, one unit of each item.

    Competitive: some allocation gives every agent a best buy (or nothing, if nothing is best) and leaves unsold only
    items that cost their reserve. ``values`` is (agents, items).

    Examples
    --------
    >>> price_vectors([[3], [2]], range(5), [0])
    [(2,), (3,)]
    """
    n, m, found = len(values), len(values[0]), []
    for price in product(prices, repeat=m):
        if any(p < r for p, r in zip(price, reserve, strict=True)):
            continue
        best = [max([0.0, *(v - p for v, p in zip(row, price, strict=True))]) for row in values]
        buys = [
            [j for j in range(m) if values[i][j] - price[j] == best[i]] + ([-1] if best[i] == 0 else [])
            for i in range(n)
        ]
        for pick in product(*buys):
            sold = [j for j in pick if j >= 0]
            unsold = set(range(m)) - set(sold)
            if len(sold) == len(set(sold)) and all(price[j] == reserve[j] for j in unsold):
                found.append(price)
                break
    return found


def best_deviation(
    rule: Rule,
    agent: Sequence[int],
    grid: Sequence[float],
    *,
    lies: Sequence[float] | None = None,
    truths: Iterable[tuple[float, ...]] | None = None,
) -> Deviation:
    """The largest gain from any lie of any agent against any report of the others, all values on ``grid``.

    ``rule`` maps (rows,) reports to ((rows,) taken, (agents,) payments); an agent's utility is the true value of
    the rows it takes less its payment.

    Examples
    --------
    In a first-price auction between values on {0, 1, 2, 3} the best lie gains 3: the second bidder, who wins ties,
    is worth 3 against a report of 0 and reports 0 too.

    >>> def first_price(r):
    ...     w = 0 if r[0] > r[1] else 1
    ...     return [w == 0, w == 1], [r[0] * (w == 0), r[1] * (w == 1)]
    >>> best_deviation(first_price, [0, 1], [0, 1, 2, 3]).gain
    3.0
    """
    worst = Deviation(0.0, -1, (), ())
    rows_of = {i: [row for row, a in enumerate(agent) if a == i] for i in sorted(set(agent))}
    for truth in product(grid, repeat=len(agent)) if truths is None else truths:
        honest = rule(truth)
        for i, mine in rows_of.items():
            fair = _utility(truth, mine, i, honest)
            for said in product(grid if lies is None else lies, repeat=len(mine)):
                lie = list(truth)
                for row, number in zip(mine, said, strict=True):
                    lie[row] = number
                gain = _utility(truth, mine, i, rule(tuple(lie))) - fair
                if gain > worst.gain:
                    worst = Deviation(float(gain), i, truth, tuple(lie))
    return worst


def _utility(
    truth: Sequence[float], mine: Sequence[int], i: int, outcome: tuple[Sequence[float], Sequence[float]]
) -> float:
    taken, payments = outcome
    return sum(truth[row] * float(taken[row]) for row in mine) - float(payments[i])


def weakly_monotone(types: Sequence[Sequence[float]], choice: Sequence[int]) -> tuple[int, int] | None:
    """The first two types of one agent whose choices no payments can support, or None.

    A rule with dominant strategies satisfies t(x) - t(y) >= t'(x) - t'(y) where t gets x and t' gets y.

    References
    ----------
    S. Bikhchandani et al., Weak monotonicity characterizes deterministic dominant-strategy implementation,
    Econometrica 74 (2006), 1109-1132, doi:10.1111/j.1468-0262.2006.00695.x

    Examples
    --------
    >>> weakly_monotone([(4, 3), (1, 0.4)], [1, 0])
    (0, 1)
    """
    for a, b in combinations(range(len(types)), 2):
        x, y = choice[a], choice[b]
        if types[a][x] - types[a][y] < types[b][x] - types[b][y]:
            return a, b
    return None


def position_vcg(
    gains_of_a_click: Sequence[float],
    clicks: Sequence[float],
    quality: Sequence[float],
    add_back: Sequence[float],
) -> tuple[list[tuple[float, ...]], float, list[tuple[float, ...]]]:
    """All best placements of rows in slots (clicks of each row), their worth, and the charges of each.

    p_i = max_y [sum_{j != i} g_j y_j - b_i y_i] - [the same at x], b what a click adds back to the charge.

    Examples
    --------
    >>> position_vcg([10.0, 4.0, 2.0], [200.0, 100.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    ([(200.0, 100.0, 0.0)], 2400.0, [(600.0, 200.0, 0.0)])
    """
    n = len(quality)
    placements = set()
    for slots in product(range(len(clicks) + 1), repeat=n):
        shown = [slot for slot in slots if slot < len(clicks)]
        if len(shown) == len(set(shown)):
            placements.add(tuple(clicks[k] * quality[i] if k < len(clicks) else 0.0 for i, k in enumerate(slots)))

    def worth(gains: Sequence[float], y: tuple[float, ...]) -> float:
        return sum(g * share for g, share in zip(gains, y, strict=True))

    top = max(worth(gains_of_a_click, y) for y in placements)
    best = [y for y in sorted(placements) if worth(gains_of_a_click, y) >= top - 1e-9 * max(1.0, abs(top))]
    charges = []
    for x in best:
        paid = []
        for i in range(n):
            others = [-add_back[j] if j == i else gains_of_a_click[j] for j in range(n)]
            paid.append(max(worth(others, y) for y in placements) - worth(others, x))
        charges.append(tuple(paid))
    return best, top, charges
