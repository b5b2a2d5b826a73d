"""Charges of T18 recomputed from an outcome: by definition where items are apart, by theorems where they are not.

The charge of agent i is the most the others (with i at a report of zero) could have, less what they have:

    p_i = max_y [sum_{j != i} s_j - delta_i](y) - [sum_{j != i} s_j - delta_i](x*)

None of this uses the kernels that set the charges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from .._core.arrays import BoolArray, FloatArray, IntArray
from .kernels.supply_table import best_worth, table_cells

__all__ = [
    "Sale",
    "bundle_charges",
    "bundle_worth",
    "least_price_gap",
    "outside_bounds",
    "separate_charges",
    "suppressed_charges",
]

Positions = npt.NDArray[np.signedinteger[Any]]

CELLS = 20_000_000
"""Bids times cells of the table of supplies up to which bundles are recomputed."""

AGENTS = 16
"""Agents with suppressed wants whose unit-demand charge is recomputed, by one assignment each."""


@dataclass(frozen=True, eq=False)
class Sale:
    """What was for sale, bid and taken, net of reserves.

    Attributes
    ----------
    agent, item
        (rows,) positions; for bundles ``item`` is the bundle.
    gain
        (rows,) score less reserve.
    add_back
        (rows,) offset plus reserve: what turns a gain into a charge. Less than 0 is a suppressed want.
    taken
        (rows,) bool.
    supply
        (items,) units.
    n_agents
        Count.
    """

    agent: Positions
    item: Positions
    gain: FloatArray
    add_back: FloatArray
    taken: BoolArray
    supply: FloatArray
    n_agents: int

    @property
    def base(self) -> FloatArray:
        """(n,) what is added back for the rows an agent takes."""
        return _summed(self.agent, self.add_back * self.taken, self.n_agents)

    def at_zero(self, i: int) -> Sale:
        """The same with agent ``i`` at a report of zero."""
        return replace(self, gain=np.where(self.agent == i, -self.add_back, self.gain))

    def rest(self, i: int) -> float:
        """Gains of what everybody but agent ``i`` takes."""
        return float(self.gain @ (self.taken & (self.agent != i)))


def _summed(place: Positions, values: FloatArray, count: int) -> FloatArray:
    return np.bincount(place, values, count).astype(np.float64)


def separate_charges(sale: Sale) -> FloatArray:
    """(n,) charges where every item is an auction of its own: best sums of k bids with and without the bidder's own."""
    item, gain, m = sale.item, np.maximum(sale.gain, 0.0), len(sale.supply)
    k = sale.supply.astype(np.intp)
    order = np.lexsort((-gain, item))
    start = np.concatenate(([0], np.cumsum(np.bincount(item, minlength=m))))[:-1]
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order)) - start[item[order]]

    def summed(rows: BoolArray) -> FloatArray:
        return _summed(item, gain * rows, m)

    inside = rank < k[item]
    most, next_best = summed(inside), summed(rank == k[item])
    last = np.where(k > 0, summed(rank == (k - 1)[item]), np.inf)
    others = most[item] + np.where(inside, next_best[item] - gain, 0.0)
    threshold = np.where(inside, next_best[item], last[item])
    pivot = others + np.maximum(-sale.add_back - threshold, 0.0)
    have = np.bincount(item, sale.gain * sale.taken, m)[item] - sale.gain * sale.taken
    return _summed(sale.agent, pivot - have + sale.add_back * sale.taken, sale.n_agents)


def outside_bounds(sale: Sale, payments: FloatArray) -> FloatArray:
    """(n,) by how much payments are below 0 or above the report for what is taken (only where no want is suppressed).

    The pivot is at least what the others have with i at zero, and at most what all have: T18 (2).
    """
    report = _summed(sale.agent, (sale.gain + sale.add_back) * sale.taken, sale.n_agents)
    report[sale.agent[sale.add_back < 0.0]] = np.inf
    return np.maximum(np.maximum(-payments, payments - report), 0.0)


def least_price_gap(sale: Sale, price: FloatArray, tol: float) -> float:
    """The largest competitive price, net of the reserve, that could be lower; 0: they are the least, Clarke's charges.

    A price above the reserve is held up by an agent who would take the item at once if it fell and who holds nothing,
    or an item whose own price is held up or at its reserve. Prices that nothing holds up could fall together.

    References
    ----------
    H. B. Leonard, J. Political Economy 91 (1983), 461-479, doi:10.1086/261158; G. Demange, D. Gale and M. Sotomayor,
    Multi-item auctions, J. Political Economy 94 (1986), 863-872, doi:10.1086/261411
    """
    m, ground = len(price), len(price)
    held = np.full(sale.n_agents, ground)
    held[sale.agent[sale.taken]] = sale.item[sale.taken]
    content = np.bincount(sale.agent, np.where(sale.taken, sale.gain - price[sale.item], 0.0), sale.n_agents)
    wants = sale.gain - price[sale.item] >= content[sale.agent] - tol
    wants &= held[sale.agent] != sale.item
    bottom = np.flatnonzero(price <= tol)
    source = np.concatenate((held[sale.agent[wants]], np.full(len(bottom), ground)))
    target = np.concatenate((sale.item[wants], bottom))
    graph = csr_array((np.ones(len(source)), (source, target)), shape=(m + 1, m + 1))
    floating = np.ones(m + 1, dtype=bool)
    floating[breadth_first_order(graph, ground, return_predecessors=False)] = False
    return float(price[floating[:m]].max(initial=0.0))


def suppressed_charges(sale: Sale, price: FloatArray) -> tuple[IntArray, FloatArray]:
    """Agents whose zero report would buy at these prices, and their charges by one assignment each.

    Charges are nan for agents beyond the first 16, and for all where the table of the assignment would be too large.
    """
    buys = (-sale.add_back > price[sale.item]) & (sale.supply[sale.item] > 0)
    agents = np.unique(sale.agent[buys]).astype(np.intp)
    cells = sale.n_agents * float(np.minimum(sale.supply, sale.n_agents).sum())
    charges, base = np.full(len(agents), np.nan), sale.base
    for at, i in enumerate(agents[: AGENTS if cells <= CELLS else 0].tolist()):
        charges[at] = _assignment_worth(sale.at_zero(i)) - sale.rest(i) + base[i]
    return agents, charges


def _assignment_worth(sale: Sale) -> float:
    table = np.zeros((sale.n_agents, len(sale.supply)))
    table[sale.agent, sale.item] = np.maximum(sale.gain, 0.0)
    copies = np.minimum(sale.supply, sale.n_agents).astype(np.intp)
    table = np.repeat(table, copies, axis=1)
    return float(table[linear_sum_assignment(table, maximize=True)].sum())


def bundle_worth(sale: Sale, bundles: FloatArray, *, exclusive: bool) -> float | None:
    """The greatest sum of gains of bundles that fit together, or None where the table would be too large."""
    if table_cells(sale.supply) * max(1, len(sale.gain)) > CELLS:
        return None
    return best_worth(sale.agent, sale.item, sale.gain, bundles, sale.supply, exclusive=exclusive)


def bundle_charges(sale: Sale, bundles: FloatArray, *, exclusive: bool) -> FloatArray | None:
    """(n,) charges by one table an agent who could owe something; None where they would be too many."""
    owing = np.unique(sale.agent[sale.taken | (sale.add_back < 0.0)])
    if table_cells(sale.supply) * max(1, len(sale.gain)) * (len(owing) + 1) > CELLS:
        return None
    charges, base = np.zeros(sale.n_agents), sale.base
    for i in owing.tolist():
        without = bundle_worth(sale.at_zero(i), bundles, exclusive=exclusive)
        assert without is not None
        charges[i] = without - sale.rest(i) + base[i]
    return charges
