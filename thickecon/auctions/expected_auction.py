"""What an auction by virtual values brings before bids are known, by integrating over independent bidders."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from .value_distributions import FiniteValues
from .virtual_values import VirtualValue

__all__ = ["Contender", "ExpectedAuction", "expected_auction"]

TIE = 1e-12
"""Levels closer than this, relative to the largest, tie."""


@dataclass(frozen=True)
class ExpectedAuction:
    """Expectations before bids are known.

    Attributes
    ----------
    revenue
        Payments.
    endorsed
        Endorsed value of who gets the item (relative to doing nothing).
    sold
        Chance that somebody gets it.
    """

    revenue: float
    endorsed: float
    sold: float

    def objective(self, revenue_weight: float, worth: float = 0.0) -> float:
        """(1 - a) endorsed surplus + a revenue, less what keeping the item would be worth."""
        return (1 - revenue_weight) * self.endorsed + revenue_weight * self.revenue - worth * self.sold


@dataclass(frozen=True, eq=False)
class Contender:
    """A bidder: how the rule ranks it, and what its endorsed value is expected to be.

    Attributes
    ----------
    psi, shift
        It is ranked at the ironed psi of its value, less the shift.
    slope, intercept
        Its endorsed value is expected to be intercept + slope times the value it bids by.
    """

    psi: VirtualValue
    shift: float = 0.0
    slope: float = 1.0
    intercept: float = 0.0

    def score(self, values: npt.ArrayLike) -> FloatArray:
        """How values are ranked."""
        made: FloatArray = self.psi.ironed(values) - self.shift
        return made

    def alike(self, other: Contender) -> bool:
        """Ranked by the same function of a value of the same law?"""
        return self.psi is other.psi and self.shift == other.shift

    @cached_property
    def masses(self) -> FloatArray:
        """(k, 4) for each level that has a chance of its own: the level, the chance, and the integrals over it of the
        virtual value and of the value.
        """
        law = self.psi.law
        if isinstance(law, FiniteValues):
            level = self.score(law.values)
            plain = VirtualValue(law).raw(law.values)
            p = law.probabilities
            edge = np.append(0, np.flatnonzero(np.diff(level)) + 1)
            sums = [np.add.reduceat(part, edge) for part in (p, p * plain, p * law.values)]
            return np.stack([level[edge], *sums], axis=1)
        rows = [(flat.level - self.shift, *self._over(flat.start, flat.end)) for flat in self.psi.flats]
        return np.array(rows, dtype=np.float64).reshape(-1, 4)

    def _over(self, start: float, end: float) -> tuple[float, float, float]:
        """Chance, integral of the virtual value and of the value over an interval of values."""
        law, grid = self.psi.law, self.psi.law.grid()
        path = np.concatenate(([max(start, grid[0])], grid[(grid > start) & (grid < end)], [min(end, grid[-1])]))
        q = law.above(path)
        virtual = float(path[0] * q[0] - path[-1] * q[-1])
        node, share = np.polynomial.legendre.leggauss(6)
        half = np.diff(path)[:, None] / 2
        beyond = float(((law.above(path[:-1, None] + half * (1 + node)) * share).sum(axis=1) * half[:, 0]).sum())
        return float(q[0] - q[-1]), virtual, virtual + beyond

    def regions(self) -> list[tuple[float, float]]:
        """Intervals of values without a level of their own."""
        law = self.psi.law
        if isinstance(law, FiniteValues):
            return []
        ends = [law.lower, *(end for flat in self.psi.flats for end in (flat.start, flat.end)), law.upper]
        return [(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True) if a < b]

    def kinks(self) -> FloatArray:
        """Scores at which the chance of a lower score has a kink or a jump."""
        ends = [end for end in (self.psi.law.lower, self.psi.law.upper) if np.isfinite(end)]
        return np.concatenate((self.masses[:, 0], self.score(ends) if ends else []))

    def below(self, score: FloatArray, tie: float) -> tuple[FloatArray, FloatArray]:
        """Chances of a lower score, and of the same."""
        level, chance = self.masses[:, 0], np.append(0.0, np.cumsum(self.masses[:, 1]))
        first, last = np.searchsorted(level, score - tie), np.searchsorted(level, score + tie, side="right")
        same = chance[last] - chance[first]
        if isinstance(self.psi.law, FiniteValues):
            return chance[first], same
        snapped = np.where(same > 0, np.append(level, 0.0)[first], score)
        reached = self.psi.least(snapped, self.shift)
        lower = np.where(np.isfinite(reached), 1.0 - self.psi.law.above(np.where(np.isfinite(reached), reached, 0)), 1)
        return lower, same


def expected_auction(contenders: list[Contender], worth: float = 0.0) -> ExpectedAuction:
    """Expectations of the rule "to the largest score of at least ``worth``, at the threshold, ties by lot".

    Expected payments are those of Myerson's lemma: the integral of virtual values over who wins, for a rule that
    never serves a bidder less for a larger value and leaves nothing to the least.

    1. Levels with a chance of their own (types, ironed values) meet with those of others by a fair lottery.
    2. Elsewhere the integral over the share q of values above is taken between kinks by tanh-sinh quadrature.

    Parameters
    ----------
    contenders
        Bidders, with independent values.
    worth
        Of keeping the item.

    References
    ----------
    R. B. Myerson, Optimal auction design, Mathematics of Operations Research 6 (1981), 58-73,
    doi:10.1287/moor.6.1.58; H. Takahasi and M. Mori, Double exponential formulas for numerical integration, Publ.
    RIMS 9 (1974), 721-741, doi:10.2977/prims/1195192451

    Examples
    --------
    Two bidders uniform on [0, 1], sold to the larger virtual value 2 v - 1 if it is at least 0: 5/12.

    >>> from thickecon.auctions.value_distributions import value_distribution
    >>> psi = VirtualValue(value_distribution("uniform"))
    >>> found = expected_auction([Contender(psi), Contender(psi)])
    >>> round(found.revenue, 12), round(found.sold, 12)
    (0.416666666667, 0.75)
    """
    revenue = endorsed = sold = 0.0
    for i, mine in enumerate(contenders):
        others = contenders[:i] + contenders[i + 1 :]
        for chance, virtual, value in _parts(mine, others, worth):
            sold += chance
            revenue += virtual
            endorsed += mine.intercept * chance + mine.slope * value
    return ExpectedAuction(revenue, endorsed, sold)


def _parts(mine: Contender, others: list[Contender], worth: float) -> list[tuple[float, float, float]]:
    """Chance of winning, and virtual value and value where it does, of each level and panel."""
    kinks = np.concatenate([[worth], *(other.kinks() for other in others if not other.alike(mine))])
    finite = np.abs(kinks[np.isfinite(kinks)])
    tie = TIE * max(1.0, float(finite.max(initial=0.0)))
    masses = mine.masses[mine.masses[:, 0] >= worth - tie]
    made = []
    if len(masses):
        wins = _chance(others, masses[:, 0], tie)
        made = [tuple(wins[k] * masses[k, 1:]) for k in range(len(masses))]
    if not mine.regions():
        return [(float(a), float(b), float(c)) for a, b, c in made]
    first = float(mine.psi.least(worth, mine.shift))
    split = mine.psi.least(np.unique(kinks[np.isfinite(kinks)]), mine.shift)
    for start, end in mine.regions():
        low = max(start, first)
        if low < end:
            inner = split[(split > low) & (split < end)]
            edges = mine.psi.law.above(np.unique(np.concatenate(([low], inner, [end]))))
            made += [_panel(mine, others, b, a, tie) for a, b in pairwise(edges.tolist()) if a > b]
    return [(float(a), float(b), float(c)) for a, b, c in made]


_STEP = 0.05
_T = np.arange(-62, 63) * _STEP
_NODE = 1.0 / (1.0 + np.exp(-np.pi * np.sinh(_T)))
_WEIGHT = _STEP * np.pi * np.cosh(_T) * _NODE * (1.0 / (1.0 + np.exp(np.pi * np.sinh(_T))))


def _panel(mine: Contender, others: list[Contender], low: float, high: float, tie: float) -> tuple[float, float, float]:
    """Integrals over shares q of values above, from ``low`` to ``high``."""
    q = low + (high - low) * _NODE
    keep = (q > 0) & (q < 1)
    q, weight = q[keep], (high - low) * _WEIGHT[keep]
    law = mine.psi.law
    x = law.quantile(q)
    if all(other.alike(mine) for other in others):
        wins = (1.0 - q) ** len(others)
    else:
        wins = _chance(others, mine.score(x), tie)
    virtual = x - VirtualValue(law).rent(x)
    virtual = np.where(np.isfinite(virtual), virtual, 0.0)
    return float(weight @ wins), float(weight @ (wins * virtual)), float(weight @ (wins * x))


def _chance(others: list[Contender], score: FloatArray, tie: float) -> FloatArray:
    """Chance that no other is ahead of each score, ties by lot: over one's own lottery number, which is uniform."""
    node, share = np.polynomial.legendre.leggauss(max(1, (len(others) + 2) // 2))
    number = (1 + node) / 2
    made: FloatArray = np.ones((len(number), len(score)))
    for other in others:
        below, same = other.below(score, tie)
        made = made * (below + number[:, None] * same)
    total: FloatArray = share @ made / 2
    return total
