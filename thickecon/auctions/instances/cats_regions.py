"""Bids for neighbouring goods: the regions law of the Combinatorial Auction Test Suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import BoolArray, FloatArray, IntArray
from ..._core.rng import RNG, generator
from ...errors import InputError
from ...problems.bids import Bids
from ...profiles.profile import ThickProfile
from ...profiles.samplers.arguments import count, number
from .overlay import Influence, lay_over_bids

__all__ = ["region_graph", "regions"]

TOP = 100.0
"""Common values are uniform between 1 and this."""


@dataclass(frozen=True)
class _Law:
    grow: float
    jump: float
    deviation: float
    additivity: float
    budget: float
    resale: float
    substitutes: int


def regions(
    goods: int,
    *,
    bids: int | None = None,
    bidders: int | None = None,
    remove: float = 0.1,
    diagonal: float = 0.2,
    grow: float = 0.9,
    jump: float = 0.05,
    deviation: float = 0.5,
    additivity: float = 0.2,
    budget: float = 1.5,
    resale: float = 0.5,
    substitutes: int = 5,
    influence: Influence = None,
    rng: RNG = None,
) -> Bids:
    """CATS regions: goods on a near-square grid, bidders who want goods that lie together.

    1. :func:`region_graph` says which goods are neighbours. Common values are c ~ U[1, 100].
    2. A bidder draws private values p ~ U[-h, h], h = 100 ``deviation``. With q = (p + h) / 2h it draws the first good
       with probabilities in proportion to q, then goes on while a uniform number is at most ``grow`` and a good is
       left: with probability ``jump``, or if the bundle has no neighbour left, a good not yet in it, uniformly; else
       one of its neighbours, in proportion to q.
    3. A bundle S is worth v(S) = sum of (c + p) over S, plus |S|**(1 + additivity). If the first bundle is worth 0 or
       less, the bidder is drawn anew.
    4. From each good of the first bundle a substitute of the same size is grown as in 2. It is kept if it is another
       bundle, 0 <= v <= ``budget`` times the first's v, and the sum of its c is at least ``resale`` times that of the
       first bundle. At most ``substitutes`` are bid on, the most valuable first.
    5. A bidder's bids exclude one another (XOR). Bidders are added until there are enough of them or of bids; with
       ``bids`` the last bidder's list is cut.

    Parameters
    ----------
    goods
        How many.
    bids, bidders
        How many; one of the two.
    remove, diagonal
        See :func:`region_graph`.
    grow, jump
        Probabilities; ``grow`` below 1.
    deviation
        Of private values, relative to the largest common value; more than 0.
    additivity
        At least 0; more than 0 makes goods complements.
    budget, resale, substitutes
        Which substitutes are bid on.
    influence
        Manufactured parts of bids; see :class:`Manufactured`.
    rng
        Seed or generator.

    Returns
    -------
    Bids
        XOR, one unit a good; goods and bidders are numbers, a bundle is called by its goods, "3+4+9"; unit "money".

    Raises
    ------
    InputError
        A parameter outside its domain, or not exactly one of ``bids`` and ``bidders``.
    UnknownNameError
        The influence names a bidder or a good that is not there.

    References
    ----------
    Leyton-Brown, Pearson and Shoham (2000), "Towards a universal test suite for combinatorial auction algorithms",
    doi:10.1145/352871.352879. The stated intent, from the paper's outline and the suite's defaults; no code of it.

    Examples
    --------
    >>> auction = regions(16, bids=40, rng=0)
    >>> len(auction.profile.index), auction.language, len(auction.items)
    (40, 'XOR', 16)
    """
    goods = count(goods, "goods")
    if (bids is None) == (bidders is None):
        raise InputError("say how many bids or how many bidders, one of the two", where="bids, bidders")
    wanted_bids = None if bids is None else count(bids, "bids")
    wanted_bidders = None if bidders is None else count(bidders, "bidders")
    law = _Law(
        number(grow, "grow", 0.0, 1.0),
        number(jump, "jump", 0.0, 1.0),
        number(deviation, "deviation", 0.0, open_=True),
        number(additivity, "additivity", 0.0),
        number(budget, "budget", 0.0),
        number(resale, "resale", 0.0),
        count(substitutes, "substitutes", 0),
    )
    gen: Any = generator(rng)
    near = region_graph(goods, remove=remove, diagonal=diagonal, rng=gen)
    common = 1.0 + (TOP - 1.0) * gen.random(goods)
    found: list[list[tuple[IntArray, float]]] = []
    total = 0
    while total < wanted_bids if wanted_bids is not None else len(found) < (wanted_bidders or 0):
        mine = _bidder(near, common, law, gen)
        if wanted_bids is not None:
            mine = mine[: wanted_bids - total]
        found.append(mine)
        total += len(mine)
    return lay_over_bids(_assembled(found, goods), influence, gen)


def region_graph(goods: int, *, remove: float = 0.1, diagonal: float = 0.2, rng: RNG = None) -> BoolArray:
    """Which goods are neighbours: a grid with some edges missing and some diagonals added.

    Goods fill a grid of ceil(sqrt(goods)) columns row by row; the last row may be short. Each edge between horizontal
    or vertical neighbours is missing with probability ``remove``, each diagonal is there with probability
    ``diagonal``, all independently.

    Parameters
    ----------
    goods
        How many.
    remove, diagonal
        Probabilities.
    rng
        Seed or generator.

    Returns
    -------
    array
        (goods, goods), symmetric, False on the diagonal.

    Raises
    ------
    InputError
        A parameter outside its domain.

    Examples
    --------
    >>> region_graph(4, remove=0, diagonal=0, rng=0).astype(int).tolist()
    [[0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0]]
    """
    goods = count(goods, "goods")
    keep, add = 1.0 - number(remove, "remove", 0.0, 1.0), number(diagonal, "diagonal", 0.0, 1.0)
    columns = int(np.ceil(np.sqrt(goods)))
    row, column = np.divmod(np.arange(goods), columns)
    one, other = np.triu_indices(goods, 1)
    down, across = row[other] - row[one], np.abs(column[other] - column[one])
    chance = np.where(down + across == 1, keep, np.where((down == 1) & (across == 1), add, 0.0))
    one, other, chance = (part[(down <= 1) & (across <= 1)] for part in (one, other, chance))
    here = generator(rng).random(len(one)) < chance
    near = np.zeros((goods, goods), dtype=bool)
    near[one[here], other[here]] = near[other[here], one[here]] = True
    return near


def _bidder(near: BoolArray, common: FloatArray, law: _Law, gen: Any) -> list[tuple[IntArray, float]]:
    """Bundles and values of one bidder, the first bundle first, then substitutes from the most valuable on."""
    half = law.deviation * TOP
    while True:
        shift = gen.random(len(common))
        single = common + half * (2.0 * shift - 1.0)
        first = _bundle(near, shift, law, gen, int(_pick(shift, gen)))
        value = _worth(first, single, law)
        if value > 0:
            break
    kept = {tuple(first.tolist())}
    others = []
    for good in first:
        bundle = _bundle(near, shift, law, gen, int(good), len(first))
        worth, key = _worth(bundle, single, law), tuple(bundle.tolist())
        affordable = 0 <= worth <= law.budget * value and common[bundle].sum() >= law.resale * common[first].sum()
        if affordable and key not in kept:
            kept.add(key)
            others.append((bundle, worth))
    others.sort(key=lambda bid: -bid[1])
    return [(first, value), *others[: law.substitutes]]


def _bundle(near: BoolArray, shift: FloatArray, law: _Law, gen: Any, good: int, size: int | None = None) -> IntArray:
    """Sorted goods, grown from one; of a given size, or until the coin says no."""
    held = np.zeros(len(shift), dtype=bool)
    held[good] = True
    beside, number_held = near[good].copy(), 1
    while number_held < len(shift) and (number_held < size if size is not None else gen.random() <= law.grow):
        open_ = beside & ~held
        if gen.random() <= law.jump or not open_.any():
            good = int(_pick((~held).astype(np.float64), gen))
        else:
            good = int(_pick(np.where(open_, shift, 0.0), gen))
        held[good] = True
        beside |= near[good]
        number_held += 1
    return np.flatnonzero(held)


def _pick(weight: FloatArray, gen: Any) -> int:
    """A position, in proportion to its weight."""
    total = np.cumsum(weight)
    return int(np.searchsorted(total, gen.random() * total[-1], side="right"))


def _worth(bundle: IntArray, single: FloatArray, law: _Law) -> float:
    return float(single[bundle].sum() + len(bundle) ** (1.0 + law.additivity))


def _assembled(found: list[list[tuple[IntArray, float]]], goods: int) -> Bids:
    rows = [(i, tuple(bundle.tolist()), value) for i, mine in enumerate(found) for bundle, value in mine]
    kinds = {bundle: x for x, bundle in enumerate(dict.fromkeys(row[1] for row in rows))}
    table = np.zeros((len(kinds), goods))
    for bundle, x in kinds.items():
        table[x, list(bundle)] = 1.0
    profile = ThickProfile.from_rows(
        np.array([row[0] for row in rows]),
        np.array([kinds[row[1]] for row in rows]),
        [row[2] for row in rows],
        options=["+".join(map(str, bundle)) for bundle in kinds],
        unit="money",
    )
    return Bids(profile, table, "XOR", items=range(goods))
