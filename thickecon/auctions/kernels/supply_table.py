"""Worth of the best allocation of bundles by dynamic programming over the units that are left.

Exact, and without a solver: what certificates are recomputed with where the table of supplies is small.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray

Positions = npt.NDArray[np.signedinteger[Any]]

__all__ = ["best_worth", "table_cells"]


def table_cells(supply: npt.ArrayLike) -> float:
    """Cells of the table: the product of supply + 1 over items."""
    return float(np.prod(np.asarray(supply, dtype=np.float64) + 1.0))


def best_worth(
    agent: Positions, option: Positions, gain: FloatArray, bundles: FloatArray, supply: FloatArray, *, exclusive: bool
) -> float:
    """The largest sum of gains of bids that fit into the supply together; 0 for none.

    1. ``worth[u]`` is the best that the bidders seen so far can do with units ``u`` (one axis an item).
    2. A bidder who takes at most one bundle leaves, for each bid, ``worth[u - bundle] + gain``; the best of these and
       ``worth[u]`` is the next table. Where bundles may be combined, every bid is a bidder of its own.

    Parameters
    ----------
    agent, option, gain
        (rows,) bidder, bundle, and what the bid adds.
    bundles
        (options, items) units of each item, at least one an option.
    supply
        (items,) units.
    exclusive
        At most one bundle an agent (XOR); otherwise any that fit (OR).

    References
    ----------
    M. H. Rothkopf, A. Pekec and R. M. Harstad, Computationally manageable combinational auctions, Management Science
    44 (1998), 1131-1147, doi:10.1287/mnsc.44.8.1131

    Examples
    --------
    A = 28, B = 20, AB = 32 (Day and Cramton 2012):

    >>> rows, table = np.arange(3), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> best_worth(rows, rows, np.array([28.0, 20.0, 32.0]), table, np.ones(2), exclusive=True)
    48.0
    """
    scarce = supply > 0
    units, need = supply[scarce].astype(np.intp), bundles[:, scarce].astype(np.intp)
    worth = np.zeros(units + 1)
    fits = np.all(bundles <= supply, axis=1)
    live = np.flatnonzero((gain > 0.0) & np.asarray(fits)[option])
    who = agent[live] if exclusive else live
    for one in np.unique(who):
        before, worth = worth, worth.copy()
        for row in live[who == one]:
            bundle = need[option[row]]
            here = tuple(slice(int(k), None) for k in bundle)
            left = tuple(slice(0, int(have - k + 1)) for have, k in zip(units, bundle, strict=True))
            np.maximum(worth[here], before[left] + gain[row], out=worth[here])
    return float(worth.flat[-1])
