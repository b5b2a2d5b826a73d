"""Exact means of a choice among options with two tiers: levels with a law on whole numbers, then a normal good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from .._core.arrays import FloatArray, IntArray, frozen
from ..errors import InputError

__all__ = ["TieredChoice", "Worth"]

GRID = np.linspace(-9.0, 9.0, 721)
DENSITY = np.exp(-0.5 * GRID**2) / np.sqrt(2 * np.pi) * (GRID[1] - GRID[0])
BELOW = ndtr(GRID)
RARE = 1e-14
"""Chances that are left out of sums."""


class Worth(NamedTuple):
    """Means for the option that is chosen.

    Attributes
    ----------
    endorsed
        Share of the other options that are no better, higher tier first.
    top
        Chance that no option has a higher level.
    tier0, tier1
        Its level, and what it gives of the lower good.
    """

    endorsed: float
    top: float
    tier0: float
    tier1: float


@dataclass(frozen=True, eq=False)
class TieredChoice:
    """``options`` independent options, each with a level and, independent of it, spread N(0, 1) of a lower good.

    Integrals over the lower good are taken by the trapezoid rule, whose error is negligible here.

    Parameters
    ----------
    levels, chance
        (K,) the levels, increasing, and their chances.
    spread
        Standard deviation of the lower good, more than 0.
    options
        How many, at least 2.

    Raises
    ------
    InputError
        Levels that do not increase, chances that do not add up to 1, too few options.
    """

    levels: FloatArray
    chance: FloatArray
    spread: float
    options: int

    def __post_init__(self) -> None:
        levels, chance = frozen(self.levels, np.float64), frozen(self.chance, np.float64)
        if levels.ndim != 1 or levels.shape != chance.shape or not (np.diff(levels) > 0).all():
            raise InputError("must be increasing, with as many chances", where="levels")
        if (chance < 0).any() or abs(float(chance.sum()) - 1) > 1e-9:
            raise InputError(f"must be at least 0 and add up to 1, found a sum of {chance.sum():g}", where="chance")
        if self.options < 2 or not self.spread > 0:
            raise InputError("needs two options and a positive spread", where="TieredChoice")
        object.__setattr__(self, "levels", levels)
        object.__setattr__(self, "chance", chance)

    @property
    def best(self) -> float:
        """Mean of the highest level among the options."""
        below = np.concatenate([[0.0], np.cumsum(self.chance)]) ** self.options
        return float(self.levels @ np.diff(below))

    # ---- rules --------------------------------------------------------------------------------------------

    def traded(self, weight: float) -> Worth:
        """Of the largest weight times level plus lower good: tiers as a price.

        For an option at level l and point t of the grid, another one scores less with chance
        sum_k p_k Phi(t + weight (l - k) / spread); of these, levels up to l are the ones that are no better.
        """
        found = np.zeros(4)
        for row, (level, p) in enumerate(zip(self.levels.tolist(), self.chance.tolist(), strict=True)):
            each = self.chance[:, None] * ndtr(GRID + weight * (level - self.levels[:, None]) / self.spread)
            found += self._part(p, level, each.sum(axis=0), each[: row + 1].sum(axis=0))
        return Worth(*found.tolist())

    def classed(self, joint: npt.ArrayLike) -> Worth:
        """Of the highest class, and in it the most of the lower good.

        Parameters
        ----------
        joint
            (K, B) chance of each level and class, classes in order. The identity times chances: the truth.
        """
        table = np.asarray(joint, dtype=np.float64)
        lower, found = np.cumsum(table, axis=1) - table, np.zeros(4)
        for b in range(table.shape[1]):
            for row, level in enumerate(self.levels.tolist()):
                if table[row, b] <= RARE:
                    continue
                mass = table[:, b, None] * BELOW
                beaten = lower[:, b].sum() + mass.sum(axis=0)
                under = lower[:row, b].sum() + mass[:row].sum(axis=0)
                own = lower[row, b] * BELOW + mass[row]
                held = lower[row, b] + mass[row]  # same level: beaten, whatever it has of the lower good
                found += self._part(float(table[row, b]), level, beaten, under + own, under + held)
        return Worth(*found.tolist())

    def _part(
        self, p: float, level: float, beaten: FloatArray, no_better: FloatArray, no_higher: FloatArray | None = None
    ) -> FloatArray:
        """(4,) what an option of chance p adds to the means.

        ``beaten`` is the chance that another option is not chosen before it; ``no_better`` and ``no_higher`` the
        chances of that and of being no better, or on no higher level.
        """
        m = self.options
        high = no_better if no_higher is None else no_higher
        won = m * p * DENSITY * beaten ** (m - 1)
        pair = m * p * DENSITY * beaten ** (m - 2)
        return np.array(
            [
                float((pair * no_better).sum()),
                float((m * p * DENSITY * high ** (m - 1)).sum()),
                level * float(won.sum()),
                self.spread * float((won * GRID).sum()),
            ]
        )

    # ---- what a planner makes of a measured level -----------------------------------------------------------

    def true(self) -> FloatArray:
        """(K, K) each level its own class."""
        return np.diag(self.chance)

    def binned(self, s: float, width: float) -> FloatArray:
        """(K, B) levels measured with error s N(0, 1), in bins of this width with centres at its multiples.

        Raises
        ------
        InputError
            More than 5000 bins: too narrow for this error.
        """
        low, high = float(self.levels[0]) - 9 * s, float(self.levels[-1]) + 9 * s
        first, last = (int(np.floor(x / width + 0.5)) for x in (low, high))
        if last - first > 5000:
            raise InputError(f"{last - first} bins", where="width", remedy="a wider bin, or a smaller error")
        edges: FloatArray = (np.arange(first, last, dtype=np.float64) + 0.5) * width
        return self._cut(edges, s)

    def likeliest(self, s: float) -> FloatArray:
        """(K, K) levels measured with error s N(0, 1), each taken for the level that is likeliest given the measure."""
        return self.true() if s == 0 else self._cut(self.thresholds(s), s)

    def thresholds(self, s: float) -> FloatArray:
        """(K - 1,) measures at which the likeliest level changes; laws with a log-concave density only.

        k and the next level k' are equally likely at (k + k') / 2 + s^2 log(p_k / p_k') / (k' - k).
        """
        step = np.diff(self.levels)
        ratio = np.log(self.chance[:-1]) - np.log(self.chance[1:])
        return np.asarray((self.levels[:-1] + self.levels[1:]) / 2 + s**2 * ratio / step)

    def taken_for(self, measured: FloatArray, s: float) -> FloatArray:
        """The likeliest level given each measure, of any shape."""
        at: IntArray = np.searchsorted(self.thresholds(s), measured, side="right")
        return np.asarray(self.levels[at])

    def _cut(self, edges: FloatArray, s: float) -> FloatArray:
        if s == 0:
            at = np.searchsorted(edges, self.levels, side="right")
            made = np.zeros((len(self.levels), len(edges) + 1))
            made[np.arange(len(self.levels)), at] = self.chance
            return made
        below = ndtr((edges - self.levels[:, None]) / s)
        ends = np.zeros((len(self.levels), 1))
        return np.asarray(self.chance[:, None] * np.diff(np.hstack([ends, below, ends + 1]), axis=1))
