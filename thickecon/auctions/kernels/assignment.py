"""Unit-demand VCG: one assignment and one price sweep give every charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from ..._core.arrays import FloatArray, IntArray, frozen
from ...errors import InputError, SolverError
from .additive import units
from .gains import Gains, Pivot, gains, per_option
from .price_sweep import relax

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
       by one more sweep each, which touches only prices that move.

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
    rows, key = _sorted_rows(g)
    row = _assign(g, for_sale, rows, key)
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
    return _assign(g, units(supply, g.n_options), *_sorted_rows(g))


def _assign(g: Gains, for_sale: npt.NDArray[np.intp], rows: IntArray, key: IntArray) -> IntArray:
    """``rows`` sorts rows by (agent, option) and ``key`` is ``agent * options + option`` in that order."""
    row = np.full(g.n_agents, -1, dtype=np.intp)
    worth = g.gain > 0.0
    if not for_sale.all():
        worth &= for_sale[g.option] > 0
    live = np.flatnonzero(worth) if not worth.all() else np.arange(len(worth))
    if live.size:
        # No item needs more columns than it has bidders: a supply of a thousand does not blow the table up.
        wanted = np.minimum(np.bincount(g.option[live], minlength=g.n_options), for_sale)
        who = np.flatnonzero(np.bincount(g.agent[live], minlength=g.n_agents))
        who = who[np.argsort(g.lottery[who], kind="stable")]
        cells = len(who) * int(wanted.sum())
        sparse = cells > DENSE_CELLS and 20 * int(wanted[g.option[live]].sum()) < cells
        agent, option = (_match_sparse if sparse else _match_dense)(g, live, who, wanted)
        code = agent * g.n_options + option
        at = np.minimum(np.searchsorted(key, code), len(key) - 1)
        found = rows[at[key[at] == code]]
        found = found[g.gain[found] > 0.0]
        row[g.agent[found]] = found
    _serve_at_reserve(g, for_sale, row)
    return row


def _match_dense(g: Gains, live: IntArray, who: IntArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs (agent, option) of a best matching; pairs that gain nothing may be among them."""
    place = np.zeros(g.n_agents, dtype=np.intp)
    place[who] = np.arange(len(who))
    table = np.zeros((len(who), g.n_options))
    table[place[g.agent[live]], g.option[live]] = g.gain[live]
    copies = np.repeat(np.arange(g.n_options), wanted)
    left, right = linear_sum_assignment(table if (wanted == 1).all() else table[:, copies], maximize=True)
    return who[left], copies[right]


def _match_sparse(g: Gains, live: IntArray, who: IntArray, wanted: IntArray) -> tuple[IntArray, IntArray]:
    """As dense, with a private column "nothing" for every agent, so that a full matching exists."""
    place = np.zeros(g.n_agents, dtype=np.intp)
    place[who] = np.arange(len(who))
    column = np.concatenate(([0], np.cumsum(wanted)))
    copies = wanted[g.option[live]]
    source = np.repeat(live, copies)
    nth = np.arange(len(source)) - np.repeat(np.cumsum(copies) - copies, copies)
    # A stored zero would count as no edge. A power of two above all gains keeps sums exact.
    shift = 2.0 ** np.ceil(np.log2(g.gain[live].max()) + 1.0)
    left = np.concatenate((place[g.agent[source]], np.arange(len(who))))
    right = np.concatenate((column[g.option[source]] + nth, column[-1] + np.arange(len(who))))
    weight = np.concatenate((g.gain[source] + shift, np.full(len(who), shift)))
    graph = csr_array((weight, (left, right)), shape=(len(who), int(column[-1]) + len(who)))
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


def _sorted_rows(g: Gains) -> tuple[IntArray, IntArray]:
    key = g.agent * max(g.n_options, 1) + g.option
    order = np.arange(len(key))
    if not (key[1:] > key[:-1]).all():
        order = np.argsort(key, kind="stable")
        key = key[order]
    twice = key[1:] == key[:-1]
    if twice.any():
        at = int(order[int(np.argmax(twice)) + 1])
        raise InputError(f"agent {g.agent[at]} lists item {g.option[at]} twice (row {at})", where="rows")
    return order, key


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
    def of(cls, g: Gains, order: IntArray, row: IntArray, for_sale: npt.NDArray[np.intp]) -> _Exchange:
        """Rows worth less than the reserve, or of items that are not for sale, are never moved to."""
        order = order[(g.gain[order] >= 0.0) & (for_sale[g.option[order]] > 0)]
        counts = np.bincount(g.agent[order], minlength=g.n_agents)
        indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.intp)
        position = np.full(len(g.gain) + 1, -1, dtype=np.intp)
        position[order] = np.arange(len(order))
        node = np.where(row >= 0, g.option[row] if len(g.option) else 0, g.n_options)
        sold = np.bincount(node, minlength=g.n_options + 1)
        scale = max(float(np.abs(g.gain).max(initial=0.0)), float(np.abs(g.zero).max(initial=0.0)))
        return cls(
            indptr,
            g.option[order],
            g.gain[order],
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
        hub = len(self.free)
        self.raised(dist, np.concatenate((np.arange(hub), [hub])).astype(np.intp))
        return dist


def _charges(g: Gains, market: _Exchange, dist: FloatArray, row: IntArray) -> FloatArray:
    hub = len(dist) - 1
    node = np.where(row >= 0, g.option[row] if len(g.option) else 0, hub)
    base = np.where(row >= 0, g.add_back[row] if len(g.option) else 0.0, 0.0)
    payments = base + np.where(row >= 0, dist[node], 0.0)
    # Only a zero report that would buy at the going prices can raise the pivot (triangle inequality of longest paths).
    buys = np.flatnonzero(g.suppressed & (g.zero > dist[g.option]) & _for_sale(market, g))
    buys = buys[np.argsort(g.agent[buys], kind="stable")]
    for mine in np.split(buys, np.flatnonzero(np.diff(g.agent[buys])) + 1):
        if mine.size:
            i, moved = int(g.agent[mine[0]]), dist.copy()
            moved[g.option[mine]] = g.zero[mine]
            market.raised(moved, g.option[mine])
            payments[i] = base[i] + moved[node[i]]
    return payments


def _for_sale(market: _Exchange, g: Gains) -> npt.NDArray[np.bool_]:
    """(rows,) is a unit of the item held by somebody or free?"""
    held = np.diff(market.holder_indptr)[:-1] > 0
    return np.asarray((held | market.free)[g.option])
