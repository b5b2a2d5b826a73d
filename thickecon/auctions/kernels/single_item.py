"""Many separate second-price auctions at once, one for each item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, frozen
from .gains import Gains, Pivot, gains, per_option

__all__ = ["ItemAuctions", "second_price"]


@dataclass(frozen=True, eq=False)
class ItemAuctions:
    """Outcome of separate single-item auctions.

    Attributes
    ----------
    row
        (items,) position of the winning row, -1 where the item stays unsold.
    winner
        (items,) position of the winning agent, -1 unsold.
    price
        (items,) the threshold in units of scores: the larger of the second score and the reserve.
    payments
        (rows,) what each row is charged; sum by agent for an agent's bill.
    """

    row: IntArray
    winner: IntArray
    price: FloatArray
    payments: FloatArray


def second_price(
    agent: npt.ArrayLike,
    item: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    offsets: npt.ArrayLike | None = None,
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    pivot: Pivot = "zero",
    n_agents: int | None = None,
    n_items: int | None = None,
) -> ItemAuctions:
    """Second price with reserve, for every item on its own, with Clarke or affine charges.

    1. The largest score of an item wins if it is at least the reserve; the lowest lottery number breaks ties.
    2. threshold = the larger of the second score and the reserve.
    3. The winner pays threshold + offset; under the "zero" pivot never less than 0.
    4. Under the "zero" pivot a loser whose zero report would have won (``-offset`` above the winning score and the
       reserve: a suppressed want) pays the difference; see `thickecon.auctions.kernels.gains`.

    Parameters
    ----------
    agent, item
        (rows,) positions, in any order; no pair twice.
    scores
        (rows,) what the rule compares, in units of the reading.
    offsets
        (rows,) what the charge adds back (T18); None: Clarke charges.
    reserve
        Number or (items,), in units of scores: what keeping the item is worth.
    lottery
        (n_agents,) tie-breaking numbers, the lowest wins; None: the first agent.
    pivot
        "zero" or "absent".
    n_agents, n_items
        Counts, if larger than the positions say.

    Raises
    ------
    InputError
        Shapes, positions or numbers that are not what is stated above.

    References
    ----------
    W. Vickrey, Counterspeculation, auctions, and competitive sealed tenders, J. Finance 16 (1961), 8-37,
    doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    >>> out = second_price([0, 1, 2], [0, 0, 0], [10.0, 6.0, 4.0])
    >>> out.winner.tolist(), out.payments.tolist()
    ([0], [6.0, 0.0, 0.0])

    A wedge of 5 on the winner's report of 13: she is ranked at 8, and charged 6 + 5.

    >>> second_price([0, 1], [0, 0], [8.0, 6.0], offsets=[5.0, 0.0]).payments.tolist()
    [11.0, 0.0]
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
    rows, m = len(g.gain), g.n_options
    top = _largest(g.gain, g.option, m)
    row = _first_by_lottery(g, np.flatnonzero((g.gain == top[g.option]) & (g.gain >= 0.0)))
    sold = row >= 0
    others = g.gain.copy()
    others[row[sold]] = -np.inf
    threshold = np.maximum(_largest(others, g.option, m), 0.0)
    level = np.maximum(top, 0.0)

    payments = np.zeros(rows)
    payments[row[sold]] = threshold[sold] + g.add_back[row[sold]]
    if g.pivot == "zero":
        payments[row[sold]] = np.maximum(payments[row[sold]], 0.0)
        lost = g.suppressed
        lost[row[sold]] = False
        payments[lost] = np.maximum(g.zero[lost] - level[g.option[lost]], 0.0)

    winner = np.full(m, -1, dtype=np.intp)
    winner[sold] = g.agent[row[sold]]
    price = threshold + per_option(reserve, m, "reserve")
    return ItemAuctions(frozen(row), frozen(winner), frozen(price), frozen(payments))


def _largest(values: FloatArray, item: IntArray, m: int) -> FloatArray:
    best = np.full(m, -np.inf)
    np.maximum.at(best, item, values)
    return best


def _first_by_lottery(g: Gains, candidates: IntArray) -> IntArray:
    """(items,) the candidate row with the lowest lottery number, the first agent among equals, -1 without any."""
    best = np.full(g.n_options, np.inf)
    item, ticket, agent = g.option[candidates], g.lottery[g.agent[candidates]], g.agent[candidates]
    np.minimum.at(best, item, ticket)
    drawn = ticket == best[item]
    candidates, item, agent = candidates[drawn], item[drawn], agent[drawn]
    first = np.full(g.n_options, g.n_agents, dtype=np.intp)
    np.minimum.at(first, item, agent)
    row = np.full(g.n_options, -1, dtype=np.intp)
    mine = agent == first[item]
    row[item[mine]] = candidates[mine]
    return row
