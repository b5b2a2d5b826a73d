"""Additive bidders: every item its own auction of one or more equal units, one unit an agent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._core.arrays import BoolArray, FloatArray, frozen
from ...errors import InputError
from .gains import Gains, Pivot, gains, per_option

__all__ = ["UnitAuctions", "additive_vcg", "units"]


@dataclass(frozen=True, eq=False)
class UnitAuctions:
    """Outcome of separate auctions of equal units.

    Attributes
    ----------
    taken
        (rows,) is the row served?
    price
        (items,) lowest competitive price in units of scores: the larger of the best losing score and the reserve.
    payments
        (rows,) what each row is charged.
    """

    taken: BoolArray
    price: FloatArray
    payments: FloatArray


def additive_vcg(
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
) -> UnitAuctions:
    """Vickrey charges where an agent's worth of items adds up and nobody needs an item twice.

    1. The ``supply`` largest scores of an item win, if at least the reserve.
    2. A winner pays the larger of the best losing score and the reserve, plus the offset (not below 0 under the
       "zero" pivot).
    3. Under the "zero" pivot a loser whose zero report would have won pays what it would have displaced.

    Parameters
    ----------
    agent, item, scores, offsets, reserve, lottery, pivot, n_agents, n_items
        As in `thickecon.auctions.kernels.single_item.second_price`.
    supply
        Number or (items,) of units, whole numbers >= 0.

    Raises
    ------
    InputError
        Shapes, positions or numbers that are not what is stated above.

    References
    ----------
    V. Krishna, Auction Theory, 2nd ed. (2010), ch. 12: Vickrey with unit demand for each good,
    doi:10.1016/C2009-0-22474-3

    Examples
    --------
    Two units, bids 9, 7, 4: both winners pay the best losing bid.

    >>> additive_vcg([0, 1, 2], [0, 0, 0], [9.0, 7.0, 4.0], supply=2).payments.tolist()
    [4.0, 4.0, 0.0]
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
    m = g.n_options
    for_sale = units(supply, m)
    order = np.lexsort((g.agent, g.lottery[g.agent], -g.gain, g.option))
    count = np.bincount(g.option, minlength=m)
    start = np.concatenate(([0], np.cumsum(count)[:-1])).astype(np.intp)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order)) - start[g.option[order]]

    taken = (rank < for_sale[g.option]) & (g.gain >= 0.0)
    losing = _ranked(g, order, start, count, for_sale)
    last = np.where(for_sale > 0, _ranked(g, order, start, count, for_sale - 1), np.inf)

    payments = np.where(taken, losing[g.option] + g.add_back, 0.0)
    if g.pivot == "zero":
        payments = np.maximum(payments, 0.0)
        lost = g.suppressed & ~taken
        payments[lost] = np.maximum(g.zero[lost] - last[g.option[lost]], 0.0)
    price = losing + per_option(reserve, m, "reserve")
    return UnitAuctions(frozen(taken), frozen(price), frozen(payments))


def _ranked(g: Gains, order: npt.NDArray[np.intp], start: object, count: object, rank: object) -> FloatArray:
    """(items,) the gain of the given rank (0 the best), and 0, keeping the unit, where there is no better row."""
    first, rows, k = np.asarray(start), np.asarray(count), np.asarray(rank)
    there = (k < rows) & (k >= 0)
    found = np.zeros(g.n_options)
    found[there] = np.maximum(g.gain[order[first[there] + k[there]]], 0.0)
    return found


def units(supply: npt.ArrayLike, m: int) -> npt.NDArray[np.intp]:
    """(items,) whole numbers of units for sale.

    Raises
    ------
    InputError
        A supply that is negative or not whole.
    """
    given = per_option(supply, m, "supply")
    bad = (given < 0) | (given != np.floor(given))
    if bad.any():
        at = int(np.argmax(bad))
        raise InputError(f"must be whole numbers >= 0, found {given[at]:g} for item {at}", where="supply")
    return given.astype(np.intp)
