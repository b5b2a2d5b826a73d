"""Unit-demand VCG: one assignment and one price sweep give every charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from ..._core.arrays import FloatArray, IntArray, frozen
from ...errors import InputError, SolverError
from .additive import units
from .gains import Gains, Pivot, gains, per_option
from .price_sweep import relax, settle

__all__ = ["DENSE_CELLS", "UnitDemand", "best_assignment", "unit_demand_vcg"]

DENSE_CELLS = 30_000_000
"""Above this many cells a table with fewer than one cell in twenty filled is matched in sparse form."""


@dataclass(frozen=True, eq=False)
class UnitDemand:
    """Outcome of a unit-demand VCG auction.

    Attributes
    ----------
    row
        (agents,) position of the row each agent gets, -1 nothing.
    payments
        (agents,) charges.
    price
        (items,) least competitive prices in units of scores, at least the reserve (Leonard 1983). A winner's
        charge is the price plus the offset of her row.
    gain
        What the matching adds to keeping every unit: sum of scores less reserves.
    """

    row: IntArray
    payments: FloatArray
    price: FloatArray
    gain: float


def unit_demand_vcg(
    agent: npt.ArrayLike,
    item: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    supply: npt.ArrayLike = 1,
    offsets: npt.ArrayLike | None = None,
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    pivot: Pivot = "zero",
    n_agents: int | None = None,
    n_items: int | None = None,
) -> UnitDemand:
    """Vickrey-Clarke-Groves where every agent wants at most one unit of one item.

    1. Match agents to units so that the sum of scores less reserves is largest (one assignment problem).
    2. Sweep prices up from the reserves along the exchange graph of the matching until no agent can raise one
       (`thickecon.auctions.kernels.price_sweep`): these are the least competitive prices.
    3. A winner pays the price of her item plus her offset. Under the "zero" pivot, agents whose zero report would
       be worth serving at these prices (offset below minus price: a suppressed want) are charged the T18 charge
       by one more search each, which touches only prices that move.

    Parameters
    ----------
    agent, item
        (rows,) positions; no pair twice. A pair that is not listed cannot be matched.
    scores, offsets
        (rows,) as in `thickecon.auctions.kernels.single_item.second_price`.
    supply
        Number or (items,) of equal units, whole numbers >= 0.
    reserve
        Number or (items,): what keeping a unit is worth, in units of scores.
    lottery
        (n_agents,) numbers: agents stand in the assignment in this order, so that no outcome depends on the order
        in which they are listed. Rows worth exactly the reserve are served in it too, while units are left.
    pivot
        "zero" or "absent", see `thickecon.auctions.kernels.gains`.
    n_agents, n_items
        Counts, if larger than the positions say.

    Raises
    ------
    InputError
        Shapes, positions or numbers that are not what is stated above; a pair that is listed twice.
    SolverError
        The matching was not optimal to rounding, as the prices did not settle.

    References
    ----------
    H. B. Leonard, Elicitation of honest preferences for the assignment of individuals to positions, J. Political
    Economy 91 (1983), 461-479, doi:10.1086/261158. J. Hershberger and S. Suri, Vickrey prices and shortest paths:
    what is an edge worth?, FOCS 2001, 252-259, doi:10.1109/SFCS.2001.959899

    Examples
    --------
    Shapley and Shubik's three houses (1972): seller costs 18, 15, 19 as reserves.

    >>> values = [[23, 22, 21], [26, 24, 22], [20, 21, 17]]
    >>> out = unit_demand_vcg([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2] * 3, np.ravel(values), reserve=[18, 15, 19])
    >>> out.payments.tolist(), out.price.tolist(), out.gain
    ([19.0, 21.0, 20.0], [21.0, 20.0, 19.0], 16.0)
    """
    g = gains(
        agent,
        item,
        scores,
        offsets=offsets,
        reserve=reserve,
        lottery=lottery,
        pivot=pivot,
        n_agents=n_agents,
        n_options=n_items,
    )
    for_sale = units(supply, g.n_options)
    rows = _Sorted.of(g)
    row = _assign(g, for_sale, rows)
    market = _Exchange.of(g, rows, row, for_sale)
    dist = market.prices()
    payments = _charges(g, market, dist, row)
    price = dist[:-1] + per_option(reserve, g.n_options, "reserve")
    return UnitDemand(frozen(row), frozen(payments), frozen(price), float(g.gain[row[row >= 0]].sum()))


def best_assignment(g: Gains, supply: npt.ArrayLike = 1) -> IntArray:
    """(agents,) the row each agent gets in a matching of largest total gain, -1 nothing.

    Parameters
    ----------
    g
        Rows, net of reserves.
    supply
        Number or (items,) of equal units, whole numbers >= 0.

    Raises
    ------
    InputError
        A pair that is listed twice, or a supply that is negative or not whole.
    """
    return _assign(g, units(supply, g.n_options), _Sorted.of(g))


def _assign(g: Gains, for_sale: npt.NDArray[np.intp], rows: _Sorted) -> IntArray:
    row = np.full(g.n_agents, -1, dtype=np.intp)
    key, gain = rows.key, rows.take(g.gain)
    # No item needs more columns than it has bidders: a supply of a thousand does not blow the table up.
    full = len(key) == g.n_agents * g.n_options
    bidders = np.full(g.n_options, g.n_agents) if full else np.bincount(g.option, minlength=g.n_options)
    wanted = np.minimum(bidders, for_sale)
    if wanted.any():
        who = np.argsort(g.lottery, kind="stable")
        cells = g.n_agents * max(g.n_options, int(wanted.sum()))
        sparse = cells > DENSE_CELLS and 20 * int(wanted[g.option].sum()) < cells
        agent, option = (_match_sparse if sparse else _match_dense)(g, rows, who, wanted)
        code = agent * g.n_options + option
        at = code if full else np.minimum(np.searchsorted(key, code), len(key) - 1)
        at = at[(key[at] == code) & (gain[at] > 0.0)]
        found = rows.order[at]
        row[g.agent[found]] = found
    _serve_at_reserve(g, for_sale, row)
    return row


def _match_dense(g: Gains, rows: _Sorted, who: IntArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (agent, option) of a best matching; pairs that gain nothing may be among them."""
    gain = np.maximum(rows.take(g.gain), 0.0)
    if len(gain) == g.n_agents * g.n_options:
        table = gain
    else:
        table = np.zeros(g.n_agents * g.n_options)
        table[rows.key] = gain
    table = table.reshape(g.n_agents, g.n_options)
    if (who[1:] < who[:-1]).any():
        table = table[who]
    copies = np.repeat(np.arange(g.n_options), wanted)
    left, right = linear_sum_assignment(table if (wanted == 1).all() else table[:, copies], maximize=True)
    return who[left], copies[right]


def _match_sparse(g: Gains, rows: _Sorted, who: IntArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """As dense, with a private column "nothing" for every agent, so that a full matching exists."""
    place, count = np.argsort(who), len(who)
    column = np.concatenate(([0], np.cumsum(wanted)))
    agent, option, gain = rows.take(g.agent), rows.take(g.option), rows.take(g.gain)
    live = (gain > 0.0) & (wanted[option] > 0)
    agent, option, gain = agent[live], option[live], gain[live]
    copies = wanted[option]
    source = np.repeat(np.arange(len(gain)), copies)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies)
    # A stored zero would count as no edge. A power of two above all gains keeps sums exact.
    shift = 2.0 ** np.ceil(np.log2(gain.max(initial=1.0)) + 1.0)
    left = np.concatenate((place[agent[source]], np.arange(count)))
    right = np.concatenate((column[option[source]] + nth, column[-1] + np.arange(count)))
    weight = np.concatenate((gain[source] + shift, np.full(count, shift)))
    graph = csr_array((weight, (left, right)), shape=(count, int(column[-1]) + count))
    agents, columns = min_weight_full_bipartite_matching(graph, maximize=True)
    real = columns < column[-1]
    return who[agents[real]], np.searchsorted(column, columns[real], side="right") - 1


def _serve_at_reserve(g: Gains, for_sale: npt.NDArray[np.intp], row: IntArray) -> None:
    """A bid of exactly the reserve is served while units are left, as in a single auction."""
    tied = np.flatnonzero((g.gain == 0.0) & (row[g.agent] < 0))
    if not tied.size:
        return
    left = for_sale - np.bincount(g.option[row[row >= 0]], minlength=g.n_options)
    for at in tied[np.lexsort((g.option[tied], g.agent[tied], g.lottery[g.agent[tied]]))]:
        if row[g.agent[at]] < 0 and left[g.option[at]] > 0:
            row[g.agent[at]] = at
            left[g.option[at]] -= 1


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Rows by (agent, option): ``key = agent * options + option`` rises along ``order``."""

    order: IntArray
    key: IntArray
    as_listed: bool

    @classmethod
    def of(cls, g: Gains) -> _Sorted:
        key = g.agent * max(g.n_options, 1)
        key += g.option
        if (key[1:] > key[:-1]).all():
            return cls(np.arange(len(key)), key, True)
        order = np.argsort(key, kind="stable")
        key = key[order]
        twice = key[1:] == key[:-1]
        if twice.any():
            at = int(order[int(np.argmax(twice)) + 1])
            raise InputError(f"agent {g.agent[at]} lists item {g.option[at]} twice (row {at})", where="rows")
        return cls(order, key, False)

    def take(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A (rows,) vector in this order, without a copy where there is nothing to do."""
        return values if self.as_listed else values[self.order]


@dataclass(frozen=True, eq=False)
class _Exchange:
    """The exchange graph of a matching, in the layout of the sweep: rows sorted by agent, only those that can serve."""

    indptr: IntArray
    item: IntArray
    gain: FloatArray
    held: IntArray
    holder_indptr: IntArray
    holder: IntArray
    free: npt.NDArray[np.bool_]
    tol: float

    @classmethod
    def of(cls, g: Gains, rows: _Sorted, row: IntArray, for_sale: npt.NDArray[np.intp]) -> _Exchange:
        """Rows worth less than the reserve, or of items that are not for sale, are never moved to."""
        agent, item, gain, order = g.agent, g.option, g.gain, rows.order
        position = np.append(order, -1)
        if not (rows.as_listed and for_sale.all() and gain.min(initial=0.0) >= 0.0):
            order = order[(gain[order] >= 0.0) & (for_sale[item[order]] > 0)]
            position = np.full(len(gain) + 1, -1, dtype=np.intp)
            position[order] = np.arange(len(order))
            agent, item, gain = agent[order], item[order], gain[order]
        counts = np.bincount(agent, minlength=g.n_agents)
        indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.intp)
        node = np.where(row >= 0, g.option[row] if len(g.option) else 0, g.n_options)
        sold = np.bincount(node, minlength=g.n_options + 1)
        scale = max(abs(float(end(side, initial=0.0))) for side in (g.gain, g.add_back) for end in (np.max, np.min))
        return cls(
            indptr,
            np.ascontiguousarray(item),
            np.ascontiguousarray(gain),
            position[row],
            np.concatenate(([0], np.cumsum(sold))).astype(np.intp),
            np.argsort(node, kind="stable").astype(np.intp),
            sold[:-1] < for_sale,
            2.0**-43 * scale,  # below the grid of readings, 2^-36; above the rounding of a cycle of a thousand items
        )

    def raised(self, dist: FloatArray, start: IntArray) -> None:
        """Close ``dist`` under exchanges, in place, from the given nodes."""
        queue = np.empty(len(dist), dtype=np.intp)
        queue[: len(start)] = start
        if not relax(
            dist,
            queue,
            len(start),
            self.indptr,
            self.item,
            self.gain,
            self.held,
            self.holder_indptr,
            self.holder,
            self.free,
            self.tol,
        ):
            raise SolverError(
                "competitive prices did not settle, so the assignment was not optimal to rounding",
                where="unit_demand_vcg",
                remedy="round scores to a grid, as readings are",
            )

    def prices(self) -> FloatArray:
        """(items + 1,) least competitive prices net of reserves, and 0 for having nothing."""
        dist = np.zeros(len(self.free) + 1)
        self.raised(dist, np.arange(len(dist)))
        return dist

    def reached(self, dist: FloatArray, nodes: IntArray, starts: FloatArray, target: int) -> float:
        """Longest path to ``target`` over the closed ``dist``, if paths may also start at ``nodes`` with ``starts``."""
        label = dist.copy()
        label[nodes] = np.maximum(label[nodes], starts)
        return float(
            settle(
                label,
                dist,
                target,
                self.indptr,
                self.item,
                self.gain,
                self.held,
                self.holder_indptr,
                self.holder,
                self.free,
            )
        )


def _charges(g: Gains, market: _Exchange, dist: FloatArray, row: IntArray) -> FloatArray:
    hub = len(dist) - 1
    node = np.where(row >= 0, g.option[row] if len(g.option) else 0, hub)
    base = np.where(row >= 0, g.add_back[row] if len(g.option) else 0.0, 0.0)
    payments = base + np.where(row >= 0, dist[node], 0.0)
    if g.pivot == "absent" or g.add_back.min(initial=0.0) >= 0.0:
        return payments
    # Only a zero report that would buy at the going prices can raise the pivot (triangle inequality of longest paths).
    buys = np.flatnonzero((g.zero > dist[g.option]) & _for_sale(market, g))
    buys = buys[np.argsort(g.agent[buys], kind="stable")]
    for mine in np.split(buys, np.flatnonzero(np.diff(g.agent[buys])) + 1):
        if mine.size:
            i = int(g.agent[mine[0]])
            payments[i] = base[i] + market.reached(dist, g.option[mine], g.zero[mine], int(node[i]))
    return payments


def _for_sale(market: _Exchange, g: Gains) -> npt.NDArray[np.bool_]:
    """(rows,) is a unit of the item held by somebody or free?"""
    held = np.diff(market.holder_indptr)[:-1] > 0
    return np.asarray((held | market.free)[g.option])
