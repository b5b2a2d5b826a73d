"""The global synergy value model: a national bidder and regional ones on two circles of items."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.arrays import BoolArray, FloatArray, IntArray
from ..._core.rng import RNG, generator
from ...errors import SizeError
from ...problems.bids import Bids
from ...profiles.profile import ThickProfile
from ...profiles.samplers.arguments import count
from .overlay import Influence, lay_over_bids

__all__ = ["gsvm"]

NATIONAL, REGIONAL = 12, 6
ITEMS = NATIONAL + REGIONAL
NAMES = "ABCDEFGHIJKLMNOPQR"
CAPS = (12, *(4,) * REGIONAL)
SYNERGY = 0.2


def gsvm(*, legacy: bool = False, bids: int | None = None, influence: Influence = None, rng: RNG = None) -> Bids:
    """Goeree and Holt's model: synergies grow with the number of items, wherever they lie.

    Items "A" to "L" are a national circle of 12, "M" to "R" a regional one of 6. Single values are independent:

    * the national bidder wants the national items: U[0, 20] for positions 4 to 7 ("E" to "H"), else U[0, 10]; at most
      12 items;
    * regional bidder r = 0..5 wants national positions 2r .. 2r + 3 (mod 12): U[0, 40] for positions 4 to 7, else
      U[0, 20]; and regional positions r, r + 1 (mod 6): U[0, 20]; at most 4 items.

    A bundle is worth the sum of its wanted single values times 1 + .2 (k - 1), k the number of wanted items in it.

    Parameters
    ----------
    legacy
        Items that a bidder does not want add no value, but raise k, and there are no caps: so bundles with unwanted
        items are bid on too. That is how the model was first coded.
    bids
        How many bundles each bidder bids on, drawn uniformly without replacement from all that it can; None: all
        (4,095 for the national bidder, 56 for each regional one).
    influence
        Manufactured parts of bids; see :class:`Manufactured`.
    rng
        Seed or generator.

    Returns
    -------
    Bids
        XOR; bidders "national", "regional 0" .. "regional 5"; a bundle is called by its items, "A+F+M"; unit "money".

    Raises
    ------
    InputError
        ``bids`` is not a positive whole number.
    SizeError
        ``legacy`` without ``bids``: each bidder would bid on about 260,000 bundles.
    UnknownNameError
        The influence names a bidder or an item that is not there.

    References
    ----------
    Goeree and Holt (2010), "Hierarchical package bidding: A paper & pencil combinatorial auction", Games and Economic
    Behavior 70, 146-169, doi:10.1016/j.geb.2008.02.013; defaults of the Spectrum Auction Test Suite, Weiss, Lubin and
    Seuken (2017)

    Examples
    --------
    >>> auction = gsvm(rng=0)
    >>> len(auction.profile.index), len(auction.items)
    (4431, 18)
    """
    wanted_bids = None if bids is None else count(bids, "bids")
    if legacy and wanted_bids is None:
        raise SizeError(
            "without caps each bidder would bid on about 260,000 bundles",
            where="gsvm(legacy=True)",
            remedy="say how many of them: bids=1000",
        )
    gen: Any = generator(rng)
    wants, tops = _interests()
    single = gen.random((len(CAPS), ITEMS)) * tops
    rows = []
    for i, cap in enumerate(CAPS):
        codes = _bundles(wants[i], ITEMS if legacy else cap, unwanted=legacy)
        if wanted_bids is not None and wanted_bids < len(codes):
            codes = np.sort(gen.choice(codes, wanted_bids, replace=False))
        rows.append((np.full(len(codes), i), codes, _worth(codes, single[i], wants[i], legacy=legacy)))
    agent, code, value = (np.concatenate([row[k] for row in rows]) for k in range(3))
    kinds, option = np.unique(code, return_inverse=True)
    table = _table(kinds)
    profile = ThickProfile.from_rows(
        agent,
        option,
        value,
        agents=("national", *(f"regional {r}" for r in range(REGIONAL))),
        options=["+".join(name for name, here in zip(NAMES, row, strict=True) if here) for row in table],
        unit="money",
    )
    return lay_over_bids(Bids(profile, table, "XOR", items=tuple(NAMES)), influence, gen)


def _interests() -> tuple[BoolArray, FloatArray]:
    """(bidders, items) who wants what, and the top of each uniform law."""
    wants, tops = np.zeros((len(CAPS), ITEMS), dtype=bool), np.zeros((len(CAPS), ITEMS))
    high = np.zeros(ITEMS, dtype=bool)
    high[4:8] = True
    wants[0, :NATIONAL] = True
    tops[0] = np.where(high, 20.0, 10.0)
    for r in range(REGIONAL):
        wants[r + 1, (2 * r + np.arange(4)) % NATIONAL] = True
        wants[r + 1, NATIONAL + (r + np.arange(2)) % REGIONAL] = True
        tops[r + 1] = np.where(high, 40.0, 20.0)
    return wants, tops * wants


def _table(codes: IntArray) -> FloatArray:
    """(codes, items) of 0 and 1; bit j of a code is item j."""
    return ((codes[:, None] >> np.arange(ITEMS)) & 1).astype(np.float64)


def _bundles(wants: BoolArray, cap: int, *, unwanted: bool) -> IntArray:
    """Codes of bundles with at least one wanted item, at most ``cap`` items, and others only if ``unwanted``."""
    mine = np.flatnonzero(wants)
    if unwanted:
        codes: IntArray = np.arange(1, 1 << ITEMS)
        return codes[(codes & int((1 << mine).sum())) > 0]
    inner = np.arange(1, 1 << len(mine))
    bits = (inner[:, None] >> np.arange(len(mine))) & 1
    kept: IntArray = bits[bits.sum(axis=1) <= cap] @ (1 << mine)
    return np.sort(kept)


def _worth(codes: IntArray, single: FloatArray, wants: BoolArray, *, legacy: bool) -> FloatArray:
    table = _table(codes)
    k = (table if legacy else table[:, wants]).sum(axis=1)
    worth: FloatArray = (table @ np.where(wants, single, 0.0)) * (1.0 + SYNERGY * (k - 1.0))
    return worth
