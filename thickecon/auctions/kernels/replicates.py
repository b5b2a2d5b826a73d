"""Lens and second price in one pass over many auctions: what simulations of a million replicates need."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, frozen, require_finite
from ...errors import InputError

__all__ = ["Replicates", "replicated_second_price"]

BLOCK = 2048
"""Auctions at a time: their running numbers stay in the processor's nearest cache."""


@dataclass(frozen=True, eq=False)
class Replicates:
    """Outcomes of many single-item auctions.

    Attributes
    ----------
    winner
        (auctions,) position of the winning bidder, -1 unsold.
    price
        (auctions,) the larger of the second reading and the reserve; with ``affine`` the winner's wedge on top; 0
        where nothing is sold.
    endorsed, revealed
        (auctions,) what the item is worth to the winner's selves; 0 where nothing is sold. ``endorsed`` is by the
        weights given, whatever is ranked by.
    """

    winner: npt.NDArray[np.int32]
    price: FloatArray
    endorsed: FloatArray
    revealed: FloatArray


def replicated_second_price(
    contributions: npt.ArrayLike,
    endorsement: npt.ArrayLike,
    *,
    rank_by: str = "endorsed",
    affine: bool = False,
    reserve: float = 0.0,
    resolution: float = 0.0,
) -> Replicates:
    """Second-price auctions of profiles that have the same bidders and motives, one item each.

    The largest reading wins if it is at least the reserve, the first bidder among equals: draw bidders in random
    order where ties matter. Readings are summed, rounded and compared in one pass; nothing of the size of the
    readings is stored.

    Parameters
    ----------
    contributions
        (motives, bidders, auctions): auctions last, so that neighbours in memory are replicates.
    endorsement
        (motives,) weights E.
    rank_by
        "endorsed" (the lens ``Endorsed()``) or "revealed" (SIDT).
    affine
        Charge the wedge of the winner on top (T18), never less than 0; losers' suppressed wants are not charged.
    reserve
        In units of the reading.
    resolution
        Step of the grid that readings are rounded to (T15); 0: none.

    Raises
    ------
    InputError
        Shapes that do not fit, numbers that are not finite, an unknown ``rank_by``.

    References
    ----------
    W. Vickrey, J. Finance 16 (1961), 8-37, doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    Values 3 and 6, and an advert that adds 5 to the first: endorsed ranks 6 over 3, revealed 8 over 6.

    >>> table = [[[3.0], [6.0]], [[5.0], [0.0]]]
    >>> thick, sidt = (replicated_second_price(table, [1.0, 0.0], rank_by=by) for by in ("endorsed", "revealed"))
    >>> int(thick.winner[0]), float(thick.price[0]), int(sidt.winner[0]), float(sidt.price[0])
    (1, 3.0, 0, 6.0)
    """
    made = np.asarray(contributions, dtype=np.float64)
    if made.ndim != 3 or not made.shape[0] or not made.shape[1]:
        raise InputError(f"must have shape (motives, bidders, auctions), found {made.shape}", where="contributions")
    weights = as_floats(endorsement, "endorsement")
    if weights.shape != made.shape[:1]:
        raise InputError(f"must have shape ({len(made)},), found {weights.shape}", where="endorsement")
    require_finite(weights, "endorsement")
    if rank_by not in ("endorsed", "revealed"):
        raise InputError(f"must be 'endorsed' or 'revealed', found {rank_by!r}", where="rank_by")
    if not np.isfinite(reserve) or not 0 <= resolution < np.inf:
        raise InputError(f"need a finite reserve and resolution >= 0, found {reserve}, {resolution}", where="reserve")
    # the sum is finite unless something in it is not: a bare pass, and no table of flags
    if not np.isfinite(made.sum()):
        require_finite(made, "contributions")
    count, thick = made.shape[2], rank_by == "endorsed"
    winner = np.empty(count, dtype=np.int32)
    price, top, other = (np.empty(count) for _ in range(3))
    ones = np.ones(len(weights))
    score, beside = (weights, ones) if thick else (ones, weights)
    _sweep(np.ascontiguousarray(made), score, beside, float(reserve), float(resolution), winner, price, top, other)
    endorsed, revealed = (top, other) if thick else (other, top)
    if affine and thick:
        price = np.where(winner < 0, 0.0, np.maximum(price + revealed - endorsed, 0.0))
    return Replicates(*(frozen(part, copy=False) for part in (winner, price, endorsed, revealed)))


@numba.njit(cache=True)  # type: ignore[misc, unused-ignore]
def _sweep(
    table: npt.NDArray[np.float64],
    score: FloatArray,
    beside: FloatArray,
    reserve: float,
    step: float,
    winner: npt.NDArray[np.int32],
    price: FloatArray,
    top: FloatArray,
    other: FloatArray,
) -> None:
    # each inner loop writes few arrays, loads before it chooses and has no branch: so they become vector instructions
    motives, bidders, count = table.shape
    first, second, held, who = np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK), np.empty(BLOCK)
    s, o = np.empty(BLOCK), np.empty(BLOCK)
    inverse = 1.0 / step if step > 0 else 0.0
    for start in range(0, count, BLOCK):
        n = min(BLOCK, count - start)
        for k in range(n):
            first[k] = second[k] = -np.inf
            who[k] = -1.0
            held[k] = 0.0
        for i in range(bidders):
            s[:n] = 0.0
            o[:n] = 0.0
            for c in range(motives):
                here, one, two = table[c, i, start : start + n], score[c], beside[c]
                for k in range(n):
                    s[k] = s[k] + one * here[k]
                for k in range(n):
                    o[k] = o[k] + two * here[k]
            if step > 0:
                for k in range(n):
                    s[k] = np.rint(s[k] * inverse) * step
                for k in range(n):
                    o[k] = np.rint(o[k] * inverse) * step
            name = float(i)
            for k in range(n):
                mine, was = o[k], held[k]
                held[k] = mine if s[k] > first[k] else was
            for k in range(n):
                new, old, was, low = s[k], first[k], who[k], second[k]
                less = new if new < old else old
                who[k] = name if new > old else was
                second[k] = less if less > low else low
                first[k] = new if new > old else old
        for k in range(n):
            sold = first[k] >= reserve
            due = second[k] if second[k] > reserve else reserve
            winner[start + k] = np.int32(who[k]) if sold else np.int32(-1)
            price[start + k] = due if sold else 0.0
            top[start + k] = first[k] if sold else 0.0
            other[start + k] = held[k] if sold else 0.0
