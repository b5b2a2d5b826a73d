"""Positions on a page: who gets which slot, and what the others lose by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, as_floats, frozen, require_finite
from ...errors import InputError
from .gains import Gains, Pivot, gains

__all__ = ["Positions", "envy_free_prices", "generalised_second_price", "position_vcg", "rank_for_slots"]


@dataclass(frozen=True, eq=False)
class Positions:
    """Outcome of an auction of slots.

    Attributes
    ----------
    row
        (slots,) position of the row in each slot, -1 where it stays empty.
    clicks
        (rows,) clicks each row gets: those of its slot times its quality.
    payments
        (rows,) what each row is charged in all.
    price
        (slots,) what a slot's holder takes from the others, in gain: the charge less what is added back.
    """

    row: IntArray
    clicks: FloatArray
    payments: FloatArray
    price: FloatArray


def rank_for_slots(gain: FloatArray, ticket: FloatArray, slots: int) -> IntArray:
    """(at most ``slots``,) rows of gain at least 0, best first; the lowest ticket, then the first row, breaks ties.

    Only rows at or above the cut are sorted, so that a million bidders for five slots cost a pass, not a sort.
    """
    here = np.flatnonzero(gain >= 0.0)
    if not slots or not len(here):
        return here[:0]
    if len(here) > 4 * slots:
        cut = np.partition(gain[here], len(here) - slots)[len(here) - slots]
        here = here[gain[here] >= cut]
    order = np.lexsort((here, ticket[here], -gain[here]))
    return here[order[:slots]]


def position_vcg(
    agent: npt.ArrayLike,
    scores: npt.ArrayLike,
    clicks: npt.ArrayLike,
    *,
    quality: npt.ArrayLike | None = None,
    offsets: npt.ArrayLike | None = None,
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    pivot: Pivot = "zero",
    n_agents: int | None = None,
) -> Positions:
    """Vickrey-Clarke-Groves for slots whose clicks are a_1 >= a_2 >= ..., with Clarke or affine charges.

    1. g_i = q_i (score_i - reserve) is what a slot with one click adds. Rank by g; the lowest lottery number breaks
       ties; rows with g < 0 are not shown. Slot k goes to rank k, which gets q_i a_k clicks (the rearrangement
       inequality says that no other placement has a greater sum).
    2. Without the row at rank k those below move up: it pays ``sum_{j > k} (a_{j-1} - a_j) g_j`` and, for each of its
       clicks, the reserve and the offset.
    3. Under the "zero" pivot a row whose report of zero would be shown (offset below -reserve, a suppressed want) is
       compared with itself at that report instead of with its absence.

    Parameters
    ----------
    agent
        (rows,) positions, none twice.
    scores
        (rows,) value of a click.
    clicks
        (slots,) not increasing, at least 0.
    quality
        (rows,) more than 0: clicks of a row are those of its slot times its quality; None: 1.
    offsets
        (rows,) what the charge adds back for each click (T18); None: Clarke charges.
    reserve
        What keeping a click is worth.
    lottery
        (n_agents,) tie-breaking numbers, the lowest wins; None: the first agent.
    pivot
        "zero" or "absent".
    n_agents
        Count, if larger than the positions say.

    Raises
    ------
    InputError
        Shapes, positions or numbers that are not what is stated above.

    References
    ----------
    B. Edelman, M. Ostrovsky, M. Schwarz, Internet advertising and the generalized second-price auction, American
    Economic Review 97 (2007), 242-259, doi:10.1257/aer.97.1.242; H. R. Varian, Position auctions, International
    Journal of Industrial Organization 25 (2007), 1163-1178, doi:10.1016/j.ijindorg.2006.10.002

    Examples
    --------
    Values of 10, 4 and 2 a click, slots of 200 and 100 clicks: the first pays (200 - 100) 4 + 100 x 2.

    >>> out = position_vcg([0, 1, 2], [10.0, 4.0, 2.0], [200.0, 100.0])
    >>> out.row.tolist(), out.payments.tolist()
    ([0, 1], [600.0, 200.0, 0.0])
    """
    g, a, q = _entries(agent, scores, clicks, quality, offsets, reserve, lottery, pivot, n_agents)
    gain = q * g.gain
    # one rank below the last slot takes part: it would move up
    ranked = rank_for_slots(gain, g.lottery[g.agent], len(a) + 1)
    served = ranked[: len(a)]
    got = np.zeros(len(gain))
    got[served] = a[: len(served)] * q[served]
    price = np.zeros(len(a))
    price[: len(served)] = _moving_up(a, gain[ranked])[: len(served)]
    charged = np.zeros(len(gain))
    charged[served] = price[: len(served)]
    wants = np.flatnonzero(g.suppressed)
    if len(wants):
        charged[wants] = _against_zero(a, gain, ranked, wants, q[wants] * g.zero[wants])
    row = np.full(len(a), -1, dtype=np.intp)
    row[: len(served)] = served
    payments = charged + got * g.add_back
    return Positions(frozen(row), frozen(got), frozen(payments), frozen(price))


def generalised_second_price(
    agent: npt.ArrayLike,
    scores: npt.ArrayLike,
    clicks: npt.ArrayLike,
    *,
    quality: npt.ArrayLike | None = None,
    offsets: npt.ArrayLike | None = None,
    reserve: npt.ArrayLike = 0.0,
    lottery: npt.ArrayLike | None = None,
    n_agents: int | None = None,
) -> Positions:
    """Each slot at the least score that keeps it: the gain of the next rank for each click, and the reserve.

    Ranks are those of :func:`position_vcg`, and so are the parameters. The holder of slot k pays a_k g_{k+1} in gain.

    Raises
    ------
    InputError
        As :func:`position_vcg`.

    References
    ----------
    B. Edelman, M. Ostrovsky, M. Schwarz, American Economic Review 97 (2007), 242-259, doi:10.1257/aer.97.1.242

    Examples
    --------
    >>> generalised_second_price([0, 1, 2], [10.0, 4.0, 2.0], [200.0, 100.0]).payments.tolist()
    [800.0, 200.0, 0.0]
    """
    g, a, q = _entries(agent, scores, clicks, quality, offsets, reserve, lottery, "absent", n_agents)
    gain = q * g.gain
    ranked = rank_for_slots(gain, g.lottery[g.agent], len(a) + 1)
    served = ranked[: len(a)]
    got, charged, price = np.zeros(len(gain)), np.zeros(len(gain)), np.zeros(len(a))
    got[served] = a[: len(served)] * q[served]
    price[: len(served)] = a[: len(served)] * np.append(gain[ranked], 0.0)[1 : len(served) + 1]
    charged[served] = price[: len(served)]
    row = np.full(len(a), -1, dtype=np.intp)
    row[: len(served)] = served
    return Positions(frozen(row), frozen(got), frozen(charged + got * g.add_back), frozen(price))


def envy_free_prices(
    clicks: npt.ArrayLike, ranked: npt.ArrayLike, *, highest: bool = False, overbid: bool = False
) -> FloatArray:
    """(places,) prices a click at which no bidder would rather be in another's place at the other's price.

    Bidders sit in order of their gains g; place k sells a_k clicks at p_k each. Lowest: the bidder below is
    indifferent to moving up, ``a_k p_k = a_{k+1} p_{k+1} + (a_k - a_{k+1}) g_{k+1}``, and the sums are the VCG
    payments. Highest: the holder is indifferent to moving down, the same with g_k.

    Parameters
    ----------
    clicks
        (slots,) not increasing, at least 0.
    ranked
        (bidders,) gains at least 0, largest first: what a click of a slot is worth.
    highest
        The most that places can cost, instead of the least.
    overbid
        With ``highest``: let those without a place bid up to what the last holder would pay; they bid no more than
        their own gain otherwise.

    Raises
    ------
    InputError
        Clicks that increase or are negative; gains that are not in order.

    References
    ----------
    Edelman, Ostrovsky and Schwarz (2007), doi:10.1257/aer.97.1.242, theorem 1; Varian (2007),
    doi:10.1016/j.ijindorg.2006.10.002, equations (5)-(8)

    Examples
    --------
    >>> envy_free_prices([200.0, 100.0], [10.0, 4.0, 2.0]).tolist()
    [3.0, 2.0]
    >>> envy_free_prices([200.0, 100.0], [10.0, 4.0, 2.0], highest=True).tolist()
    [6.0, 2.0]
    """
    a, g = _slots(clicks), as_floats(ranked, "ranked")
    require_finite(g, "ranked")
    if g.ndim != 1 or (np.diff(g) > 0).any() or (g < 0).any():
        raise InputError("must be at least 0, largest first", where="ranked")
    places = min(len(a), len(g))
    prices = np.zeros(places)
    total = a[places - 1] * (g[places] if len(g) > places else 0.0) if places else 0.0
    if highest and overbid and len(g) > places and places:
        total = a[places - 1] * g[places - 1]
    for k in range(places - 1, -1, -1):
        if k < places - 1:
            total += (a[k] - a[k + 1]) * (g[k] if highest else g[k + 1])
        prices[k] = total / a[k] if a[k] else 0.0
    return prices


def _entries(
    agent: npt.ArrayLike,
    scores: npt.ArrayLike,
    clicks: npt.ArrayLike,
    quality: npt.ArrayLike | None,
    offsets: npt.ArrayLike | None,
    reserve: npt.ArrayLike,
    lottery: npt.ArrayLike | None,
    pivot: Pivot,
    n_agents: int | None,
) -> tuple[Gains, FloatArray, FloatArray]:
    """Checked rows of the one option there is, clicks and qualities."""
    who = np.asarray(agent)
    g = gains(
        who,
        np.zeros(who.shape, dtype=np.intp),
        scores,
        offsets=offsets,
        reserve=reserve,
        lottery=lottery,
        pivot=pivot,
        n_agents=n_agents,
        n_options=1,
    )
    return g, _slots(clicks), _quality(quality, len(g.gain))


def _slots(clicks: npt.ArrayLike) -> FloatArray:
    a = as_floats(clicks, "clicks")
    if a.ndim != 1:
        raise InputError(f"must have shape (slots,), found {a.shape}", where="clicks")
    require_finite(a, "clicks")
    if (a < 0).any() or (np.diff(a) > 0).any():
        raise InputError(f"must be at least 0 and not increase from slot to slot, found {a}", where="clicks")
    return a


def _quality(quality: npt.ArrayLike | None, rows: int) -> FloatArray:
    if quality is None:
        return np.ones(rows)
    q = as_floats(quality, "quality")
    if q.shape != (rows,):
        raise InputError(f"must have shape (rows,) = ({rows},), found {q.shape}", where="quality")
    require_finite(q, "quality")
    if (q <= 0).any():
        raise InputError(f"must be more than 0, found {q.min():g}", where="quality")
    return q


def _moving_up(a: FloatArray, ranked: FloatArray) -> FloatArray:
    """(ranks + 1,) at k: what those at ranks k + 1, k + 2, ... gain together if rank k is not there."""
    at = np.append(a, 0.0)[: len(ranked)]
    step = np.zeros(len(ranked) + 1)
    step[1 : len(ranked)] = (at[:-1] - at[1:]) * ranked[1:]
    # summed from below, so that every term is at least 0 and nothing cancels
    return np.append(np.cumsum(step[::-1])[::-1][1:], 0.0)


def _against_zero(a: FloatArray, gain: FloatArray, ranked: IntArray, wants: IntArray, zero: FloatArray) -> FloatArray:
    """(wants,) the best that others and the agent at ``zero`` could have, less what the others have.

    With ``zero`` at place p among the others and the agent at rank r: where p >= r those in between move up, else
    those in between move down.
    """
    top = gain[ranked]
    fall = -np.diff(a, append=(0.0, 0.0))[: len(top)]
    up, down = _moving_up(a, top), np.append(0.0, np.cumsum(fall * top))
    rank_of = np.full(len(gain), len(top))
    rank_of[ranked] = np.arange(len(top))
    r = rank_of[wants]
    place = np.searchsorted(-top, -zero, side="left") - ((gain[wants] > zero) & (r < len(top)))
    own = np.append(a, np.zeros(len(top) + 1))[place] * zero
    lower = up[np.minimum(r, len(top))] - up[place]
    higher = down[place] - down[r]
    made: FloatArray = own + np.where(place >= r, lower, higher)
    return made
