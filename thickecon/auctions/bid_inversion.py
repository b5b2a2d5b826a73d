"""From first-price bids to the values they reveal: the inversion of Guerre, Perrigne and Vuong."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, IntArray, as_floats, first_bad, frozen, require_finite, shape_text
from ..errors import InputError
from ..profiles.profile import ThickProfile
from ..profiles.samplers.arguments import count, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BidInversion", "invert_first_price_bids"]

RULE = 1.06 * 2.978
"""Normal-reference bandwidth of the triweight kernel, in deviations times N**(-1/5)."""


@dataclass(frozen=True, eq=False)
class BidInversion:
    """Values that first-price bids reveal.

    Attributes
    ----------
    bids, values, standard_error
        (k,) bids as given, the values they reveal, and pointwise errors of these; nan where trimmed, or where an
        auction has one bid. What is revealed is what moved the bid: nothing is said about endorsement.
    auction
        (k,) labels as given.
    bidders
        (k,) bids in the auction of each bid.
    bandwidth
        {number of bidders: bandwidth}, on the axis of the kernel (log bids if ``log``, after division by ``scale``).
    decreasing
        {number of bidders: share of steps at which the inverse bid function falls}. In the model it increases; much
        more than sampling error speaks against the model.
    """

    bids: FloatArray
    values: FloatArray
    standard_error: FloatArray
    auction: npt.NDArray[Any]
    bidders: IntArray
    bandwidth: dict[int, float]
    decreasing: dict[int, float]

    @property
    def kept(self) -> BoolArray:
        """(k,) bids that were not trimmed."""
        return np.isfinite(self.values)

    @property
    def shading(self) -> FloatArray:
        """(k,) what the bidder keeps if it wins: value less bid, as a share of the value."""
        made: FloatArray = 1.0 - self.bids / self.values
        return made

    def to_frame(self) -> pd.DataFrame:
        """A row for each bid: auction, bidders, bid, value, standard_error."""
        import pandas as pd

        return pd.DataFrame(
            {
                "auction": self.auction,
                "bidders": self.bidders,
                "bid": self.bids,
                "value": self.values,
                "standard_error": self.standard_error,
            }
        )

    def profile(self) -> ThickProfile:
        """A thin profile of kept bids: an option for each auction, an agent for each bid, called by its position."""
        rows = np.flatnonzero(self.kept)
        labels, option = np.unique(self.auction[rows], return_inverse=True)
        return ThickProfile.from_rows(
            np.arange(len(rows)),
            option,
            self.values[rows],
            agents=[f"bid {row}" for row in rows],
            options=[str(label) for label in labels],
            unit="money",
        )


def invert_first_price_bids(
    bids: npt.ArrayLike,
    auction: npt.ArrayLike,
    *,
    scale: npt.ArrayLike | None = None,
    log: bool = False,
    reserve: npt.ArrayLike | None = None,
    potential: int | None = None,
    empty: int = 0,
    bandwidth: float = 1.0,
    trim: bool = True,
) -> BidInversion:
    r"""Values from bids in first-price auctions with independent private values.

    Where everybody bids a best reply to the others, a bid b in an auction with n bidders, whose bids have
    distribution G and density g, comes from the value

    .. math:: v = b + \frac{G(b)}{(n - 1) g(b)}.

    1. Auctions are sorted by n, the number of their bids; each n has its own G and g.
    2. G is the empirical distribution, g a density with the triweight kernel K(u) = 35/32 (1 - u**2)**3 on [-1, 1]
       and bandwidth h = ``bandwidth`` * 1.06 * 2.978 s N**(-1/5), N the number of bids, s the smaller of their
       deviation and their quartile range / 1.349 (which long tails do not blow up).
    3. Bids within h of the smallest or the largest are trimmed, since g is biased there.

    With a reserve r that keeps bidders out, and N ``potential`` bidders everywhere, all auctions have one G and g,
    those of bids that were made, and with F(r) = 1 - bids / (N auctions), ``empty`` ones among them,

    .. math:: v = b + \frac{1}{N - 1}\left[\frac{G(b)}{g(b)} + \frac{F(r)}{(1 - F(r)) g(b)}\right].

    The density of bids is infinite at r, so that of sqrt(b - r) is estimated.

    Errors are those of the sum over bids that v - b is to first order: noise of G and g, not of F(r), nor the bias of
    the kernel.

    Parameters
    ----------
    bids
        (k,) all bids of each auction.
    auction
        (k,) label of the auction of each bid.
    scale
        (k,) more than 0, the same for all bids of an auction, such as an appraisal: values are taken to be ``scale``
        times a part whose law is the same in all auctions, so that bids divided by it are inverted. None: 1.
    log
        Estimate the density of log bids (g(b) = g_log(log b) / b): for bids over several orders of magnitude.
    reserve
        Number or (k,), at most the bid: a reserve that keeps bidders out; needs ``potential``.
    potential
        Bidders who could have bid in each auction, at least 2 and as many as ever bid.
    empty
        Auctions that drew no bid.
    bandwidth
        Factor on the rule of thumb, more than 0.
    trim
        Leave out the ends.

    Raises
    ------
    InputError
        Shapes that disagree, bids or scales that are not finite, scales (or bids, if ``log``) that are not positive,
        a scale that differs within an auction, bids that are all the same, or no auction with two bids. A reserve
        above a bid, with ``log`` or without ``potential``; fewer potential bidders than bids in an auction.

    Notes
    -----
    Assumed: symmetric, risk-neutral bidders with independent private values, who know how many bid (with a reserve:
    how many could). Without ``reserve``: none that keeps bidders out, other than one which all who bid know the others
    to have met.

    References
    ----------
    Guerre, Perrigne and Vuong (2000), "Optimal nonparametric estimation of first-price auctions", Econometrica 68,
    525-574, doi:10.1111/1468-0262.00123; Haile, Hong and Shum (2003), doi:10.3386/w10105 (``scale``)

    Examples
    --------
    Three bidders with values U[0, 1] bid two thirds of them.

    >>> values = np.linspace(0, 1, 3000)
    >>> found = invert_first_price_bids(values * 2 / 3, np.arange(3000) % 1000)
    >>> bool(abs(found.values - values)[found.kept].max() < 0.01)
    True
    """
    told, label = _vector(bids, "bids"), np.asarray(auction)
    if label.shape != told.shape:
        raise InputError(
            f"must have one entry for each of {len(told)} bids, found shape {shape_text(label.shape)}", where="auction"
        )
    _, code, counts = np.unique(label, return_inverse=True, return_counts=True)
    n: IntArray = counts[code]
    size = _scale(scale, code, len(told))
    factor = number(bandwidth, "bandwidth", 0.0, open_=True)
    floor = _reserve(reserve, potential, told, n, log=log)
    if log and (told <= 0).any():
        raise InputError(f"must be positive for log=True, found {told.min():g}", where="bids")
    if potential is None and (n < 2).all():
        raise InputError("no auction has two bids", where="auction")
    value, error = np.full(len(told), np.nan), np.full(len(told), np.nan)
    width, falls = {}, {}
    group = n if potential is None else np.full(len(n), potential)
    entered = len(told) / (group[0] * (len(counts) + count(empty, "empty", 0)))
    odds = 0.0 if potential is None else (1.0 - entered) / entered
    axis_of: Literal["bid", "log", "root"] = "log" if log else "bid" if potential is None else "root"
    for bidders in np.unique(group[group > 1]).tolist():
        rows = np.flatnonzero(group == bidders)
        rows = rows[np.argsort((told[rows] - floor[rows]) / size[rows], kind="stable")]
        gap, spread, h = _inverse((told[rows] - floor[rows]) / size[rows], odds, axis_of, factor, trim=trim)
        if not h > 0:
            raise InputError(f"the {len(rows)} bids of auctions with {bidders} bidders are all the same", where="bids")
        value[rows] = told[rows] + size[rows] * gap / (bidders - 1)
        error[rows] = size[rows] * spread / (bidders - 1)
        inverse = value[rows] / size[rows]
        inverse = inverse[np.isfinite(inverse)]
        width[bidders] = h
        falls[bidders] = float((np.diff(inverse) < 0).mean()) if len(inverse) > 1 else 0.0
    return BidInversion(frozen(told), frozen(value), frozen(error), frozen(label), frozen(n), width, falls)


def _reserve(
    given: npt.ArrayLike | None, potential: int | None, bids: FloatArray, n: IntArray, *, log: bool
) -> FloatArray:
    """(k,) the reserve, or 0 without one."""
    if (given is None) != (potential is None):
        raise InputError("must be given together", where="reserve, potential")
    if given is None:
        return np.zeros(len(bids))
    if log:
        raise InputError("does not go with log=True: bids are transformed by sqrt(b - r)", where="reserve")
    if count(potential, "potential", 2) < n.max():
        raise InputError(f"must be at least the {n.max()} bids of an auction, found {potential}", where="potential")
    made = as_floats(given, "reserve")
    if made.shape not in ((), bids.shape):
        raise InputError(f"must be a number or have shape ({len(bids)},)", where="reserve")
    require_finite(made, "reserve")
    made = np.broadcast_to(made, bids.shape)
    if (made > bids).any():
        at = first_bad(made > bids)[0]
        raise InputError(f"must be at most the bid, found {made[at]:g} above {bids[at]:g} at [{at}]", where="reserve")
    return made


def _vector(given: npt.ArrayLike, name: str) -> FloatArray:
    made = as_floats(given, name)
    if made.ndim != 1 or not len(made):
        raise InputError(f"must be a vector, found shape {shape_text(made.shape)}", where=name)
    require_finite(made, name)
    return made


def _scale(given: npt.ArrayLike | None, code: IntArray, k: int) -> FloatArray:
    if given is None:
        return np.ones(k)
    made = _vector(given, "scale")
    if len(made) != k:
        raise InputError(f"must have one entry for each of {k} bids, found {len(made)}", where="scale")
    if (made <= 0).any():
        at = first_bad(made <= 0)[0]
        raise InputError(f"must be positive, found {made[at]:g} at [{at}]", where="scale")
    first = np.empty(int(code.max()) + 1)
    first[code[::-1]] = made[::-1]
    if (made != first[code]).any():
        at = first_bad(made != first[code])[0]
        raise InputError(
            f"must be the same for all bids of an auction, found {first[code[at]]:g} and {made[at]:g} at [{at}]",
            where="scale",
        )
    return made


def _inverse(
    unit: FloatArray, odds: float, axis_of: Literal["bid", "log", "root"], factor: float, *, trim: bool
) -> tuple[FloatArray, FloatArray, float]:
    """(G + odds) / g at each of the sorted bids, its error, and the bandwidth; nan at the ends."""
    axis: FloatArray = unit if axis_of == "bid" else np.log(unit) if axis_of == "log" else np.sqrt(unit)
    slope: FloatArray = np.ones(1) if axis_of == "bid" else unit if axis_of == "log" else 2.0 * axis  # of b in the axis
    h = factor * RULE * _spread(axis) * len(axis) ** -0.2
    if not h > 0:
        return unit, unit, h
    gap, spread = (part * slope for part in _gaps(axis, h, odds))
    if trim:
        ends = (axis < axis[0] + h) | (axis > axis[-1] - h)
        gap[ends] = spread[ends] = np.nan
    return gap, spread, h


def _spread(axis: FloatArray) -> float:
    low, high = np.quantile(axis, (0.25, 0.75))
    robust, deviation = float(high - low) / 1.349, float(axis.std(ddof=1))
    return min(robust, deviation) if robust > 0 else deviation


def _gaps(axis: FloatArray, h: float, odds: float) -> tuple[FloatArray, FloatArray]:
    """(G + odds) / g and its standard error at each of the sorted points."""
    total = len(axis)
    share = np.searchsorted(axis, axis, side="right") / total
    g, square, joint = _kernel_sums(axis, h) / total
    gap = (share + odds) / g
    # the influence of a bid B: (1(B <= b) - gap K) / g, whose mean is -odds / g
    variance = (share - 2 * gap * joint + gap**2 * square - odds**2) / g**2
    return gap, np.sqrt(np.maximum(variance, 0.0) / total)


def _kernel_sums(axis: FloatArray, h: float) -> FloatArray:
    """(3, k) sums over points B of K, of K**2, and of K where B <= b, for each b of the sorted points.

    K is a polynomial in b - B on its support, so sums over a window are differences of running sums of powers of B;
    powers are taken from the middle of a cell of width h, which keeps them below 1.5**12. Linear in the points.
    """
    made = np.empty((3, len(axis)))
    cell = np.floor((axis - axis[0]) / h)
    edges = np.flatnonzero(np.diff(cell, prepend=-1.0, append=np.inf))
    for start, stop in itertools.pairwise(edges.tolist()):
        here = axis[start:stop]
        middle = (here[0] + here[-1]) / 2.0
        first, last = np.searchsorted(axis, (here[0] - h, here[-1] + h), side="left")
        powers = ((axis[first:last] - middle) / h)[:, None] ** np.arange(13)
        running = np.concatenate((np.zeros((1, 13)), np.cumsum(powers, axis=0)))
        low = np.searchsorted(axis, here - h, side="right") - first
        high = np.searchsorted(axis, here + h, side="left") - first
        below = np.searchsorted(axis, here, side="right") - first
        x = (here - middle) / h
        whole, left = running[high] - running[low], running[below] - running[low]
        made[:, start:stop] = _expanded(x, whole, 3) / h, _expanded(x, whole, 6) / h**2, _expanded(x, left, 3) / h
    made *= np.array([[35 / 32], [(35 / 32) ** 2], [35 / 32]])
    return made


def _expanded(x: FloatArray, sums: FloatArray, power: int) -> FloatArray:
    """Sum over t of (1 - (x - t)**2)**power, from the sums of t**k."""
    made = np.zeros(len(x))
    for j in range(power + 1):
        for k in range(2 * j + 1):
            sign = (-1) ** (j + k)
            made += sign * math.comb(power, j) * math.comb(2 * j, k) * x ** (2 * j - k) * sums[:, k]
    return made
