"""Virtual values, what is given up to keep types apart, and ironing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, frozen
from ..errors import InputError
from ..profiles.summation import round_to
from .value_distributions import FiniteValues, ValueDistribution

__all__ = ["Flat", "VirtualValue", "finite_optimum", "finite_virtual_values", "pooled"]

HALVINGS = 100
GRAIN = 1e-6
"""Chances closer than this are one point of the hull; ends of flats are found by bisection afterwards."""


@dataclass(frozen=True)
class Flat:
    """Values that are ironed to one level.

    Attributes
    ----------
    start, end
        Where it begins and ends, in units of values.
    level
        The virtual value of all of them.
    """

    start: float
    end: float
    level: float


def pooled(values: npt.ArrayLike, weights: npt.ArrayLike) -> FloatArray:
    """The slopes of the greatest convex function below the one whose slopes are ``values`` over steps of ``weights``.

    Neighbours that fall are pooled at their mean until nothing falls: ironing.

    Parameters
    ----------
    values, weights
        (k,) slopes and positive lengths of the steps.

    References
    ----------
    M. Ayer and others, An empirical distribution function for sampling with incomplete information, Annals of
    Mathematical Statistics 26 (1955), 641-647, doi:10.1214/aoms/1177728423

    Examples
    --------
    >>> pooled([1.0, 3.0, 2.0, 4.0], [1.0, 1.0, 1.0, 1.0]).tolist()
    [1.0, 2.5, 2.5, 4.0]
    """
    given = np.asarray(values, dtype=np.float64)
    if not (given[1:] < given[:-1]).any():
        return given
    means: list[float] = []
    sizes: list[float] = []
    counts: list[int] = []
    for mean, size in zip(given.tolist(), np.asarray(weights, dtype=np.float64).tolist(), strict=True):
        count = 1
        while means and means[-1] >= mean:
            last, more = means.pop(), sizes.pop()
            mean = last if last == mean else (mean * size + last * more) / (size + more)
            size, count = size + more, count + counts.pop()
        means.append(mean)
        sizes.append(size)
        counts.append(count)
    return np.repeat(np.array(means), counts)


def finite_virtual_values(values: npt.ArrayLike, probabilities: npt.ArrayLike) -> FloatArray:
    """(types,) v_k - (v_{k+1} - v_k) P(above v_k) / p_k, and the value itself for the largest type; not ironed.

    Parameters
    ----------
    values, probabilities
        (types,) in rising order, with positive chances.

    References
    ----------
    R. B. Myerson, Optimal auction design, Mathematics of Operations Research 6 (1981), 58-73,
    doi:10.1287/moor.6.1.58

    Examples
    --------
    Sold at 1 to both types brings 1, at 2 to the upper one 1: the lower type adds nothing.

    >>> finite_virtual_values([1.0, 2.0], [0.5, 0.5]).tolist()
    [0.0, 2.0]
    """
    v, p = np.asarray(values, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    made = v.copy()
    above = p[::-1].cumsum()[-2::-1]
    made[:-1] -= (v[1:] - v[:-1]) * above / p[:-1]
    return made


def finite_optimum(levels: list[FloatArray], probabilities: list[FloatArray], worth: float = 0.0) -> float:
    """The expected gain of giving the item to the largest level above ``worth``; with virtual values, the revenue.

    Parameters
    ----------
    levels, probabilities
        For each bidder (types,) levels in rising order and their chances.
    worth
        Of keeping the item.

    Returns
    -------
    float
        E[max(largest level - worth, 0)], bidders independent.

    Examples
    --------
    >>> level, chance = finite_virtual_values([1.0, 2.0], [0.5, 0.5]), np.array([0.5, 0.5])
    >>> finite_optimum([level, level], [chance, chance])
    1.5
    """
    steps = np.sort(np.concatenate((*levels, [worth])))
    steps = steps[steps.searchsorted(worth) :]
    none_above: FloatArray = np.ones(len(steps) - 1)
    for level, chance in zip(levels, probabilities, strict=True):
        reached = np.zeros(len(chance) + 1)
        chance.cumsum(out=reached[1:])
        none_above = none_above * reached[level.searchsorted(steps[:-1], side="right")]
    return float((1.0 - none_above) @ (steps[1:] - steps[:-1]))


@dataclass(frozen=True, eq=False)
class VirtualValue:
    """What giving the item to a bidder adds to the objective, by the bidder's value x; a weighted virtual value.

    psi(x) = slope (1 - a) x + a (x - P(above x) / density(x)), a the weight of revenue. Of finitely many types the
    second part is that of :func:`finite_virtual_values`; a value between two types counts as the lower. Values below
    the support never win, and above it psi goes on in a straight line. ``slope`` is that of a bidder's endorsed worth
    in its value (T17); what does not depend on the value is a constant and kept outside.

    Parameters
    ----------
    law
        Of values.
    revenue_weight
        a in [0, 1].
    slope
        Of endorsed worth in the value; 1 where they move together.

    Raises
    ------
    InputError
        A density is needed and the law has none at all.

    References
    ----------
    R. B. Myerson, Optimal auction design, Mathematics of Operations Research 6 (1981), 58-73,
    doi:10.1287/moor.6.1.58; J. Bulow and J. Roberts, The simple economics of optimal auctions, J. Political Economy
    97 (1989), 1060-1090, doi:10.1086/261643

    Examples
    --------
    >>> from thickecon.auctions.value_distributions import value_distribution
    >>> psi = VirtualValue(value_distribution("uniform"))
    >>> psi.ironed([0.25, 0.75]).tolist(), psi.least(0.0).item(), psi.flats
    ([-0.5, 0.5], 0.5, ())
    """

    law: ValueDistribution
    revenue_weight: float = 1.0
    slope: float = 1.0

    @property
    def _straight(self) -> float:
        """How psi rises where nobody is above."""
        return (1 - self.revenue_weight) * self.slope + self.revenue_weight

    # ---- as it is ---------------------------------------------------------------------------------------------

    def raw(self, values: npt.ArrayLike) -> FloatArray:
        """Psi before ironing, of the shape of ``values``; minus infinity in gaps of the support."""
        x = np.asarray(values, dtype=np.float64)
        if isinstance(self.law, FiniteValues):
            return self._types[self._type(x)]
        made: FloatArray = self._straight * x - self.revenue_weight * self.rent(x)
        return made

    def rent(self, values: npt.ArrayLike) -> FloatArray:
        """P(above) / density: what must be left to all types above for serving one."""
        x = np.asarray(values, dtype=np.float64)
        if not self.revenue_weight:
            return np.zeros(x.shape)
        above = self.law.above(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            made: FloatArray = np.where(above > 0, above / self.law.density(x), 0.0)
        return made

    @cached_property
    def _types(self) -> FloatArray:
        """(types,) psi of a finite law."""
        assert isinstance(self.law, FiniteValues)
        a, v = self.revenue_weight, self.law.values
        return (1 - a) * self.slope * v + a * finite_virtual_values(v, self.law.probabilities)

    def _type(self, x: FloatArray, slack: float = 0.0) -> npt.NDArray[np.intp]:
        assert isinstance(self.law, FiniteValues)
        return np.maximum(np.searchsorted(self.law.values, x + slack, side="right") - 1, 0)

    @cached_property
    def falls_at(self) -> float | None:
        """A value after which psi falls, or None where it never does."""
        if isinstance(self.law, FiniteValues):
            x, psi = self.law.values, self._types
        else:
            x = self.law.grid()
            psi = self.raw(x)
            x, psi = x[np.isfinite(psi) | (np.arange(len(x)) > 0)], psi[np.isfinite(psi) | (np.arange(len(x)) > 0)]
        with np.errstate(invalid="ignore"):
            fall = psi[1:] < psi[:-1] - 1e-9 * (1 + np.abs(psi[:-1]))
        return float(x[int(np.argmax(fall))]) if fall.any() else None

    # ---- ironed -----------------------------------------------------------------------------------------------

    @cached_property
    def _levels(self) -> FloatArray:
        """(types,) ironed psi of a finite law."""
        assert isinstance(self.law, FiniteValues)
        return frozen(pooled(self._types, self.law.probabilities))

    @cached_property
    def flats(self) -> tuple[Flat, ...]:
        """Where psi is ironed, in rising order."""
        if self.falls_at is None:
            return ()
        if isinstance(self.law, FiniteValues):
            edge = np.flatnonzero(np.diff(self._levels)) + 1
            ends = zip(np.append(0, edge), np.append(edge, len(self._levels)), strict=True)
            types, level = self.law.values, self._levels
            return tuple(Flat(float(types[i]), float(types[j - 1]), float(level[i])) for i, j in ends if j > i + 1)
        return self._hull()

    def ironed(self, values: npt.ArrayLike, slack: float = 0.0) -> FloatArray:
        """Psi after ironing, which never falls, of the shape of ``values``; minus infinity below the support.

        Parameters
        ----------
        values
            In units of the law.
        slack
            A value less than this below a type, or below the support, counts as the type.
        """
        given = np.asarray(values, dtype=np.float64)
        low, high = self.law.lower, self.law.upper
        x = np.clip(given, low, high)
        if isinstance(self.law, FiniteValues):
            made = self._levels[self._type(x, slack)]
        else:
            made = self.raw(x)
            for flat in self.flats:
                made = np.where(x < flat.start, np.minimum(made, flat.level), np.maximum(made, flat.level))
                made = np.where((x >= flat.start) & (x <= flat.end), flat.level, made)
        beyond = np.maximum(given - high, 0.0) * max(0.0, self._straight) if np.isfinite(high) else 0.0
        rising: FloatArray = np.where(given < low - slack, -np.inf, made + beyond)
        return rising

    def least(
        self,
        level: npt.ArrayLike,
        shift: npt.ArrayLike = 0.0,
        *,
        strict: npt.ArrayLike = False,
        grid: float = 0.0,
    ) -> FloatArray:
        """The least values whose ironed psi less ``shift`` reaches ``level``: what a winner has to pay.

        Parameters
        ----------
        level, shift
            Numbers or arrays, in units of values.
        strict
            Must it be exceeded, because a tie would be lost?
        grid
            Step to which psi less shift is rounded before it is compared; 0: not at all.

        Returns
        -------
        FloatArray
            Infinite where no value does.
        """
        wanted, off, more = np.broadcast_arrays(np.asarray(level, dtype=np.float64), shift, strict)

        def enough(x: FloatArray) -> npt.NDArray[np.bool_]:
            score = self.ironed(x, grid / 2) - off
            score = np.where(np.isfinite(score), round_to(np.where(np.isfinite(score), score, 0.0), grid), score)
            made: npt.NDArray[np.bool_] = np.where(more, score > wanted, score >= wanted)
            return made

        low, high = self._narrowed(*self._bracket(enough, wanted.shape), wanted + off, enough, grid)
        with np.errstate(invalid="ignore", over="ignore"):
            for _ in range(HALVINGS):
                middle = low + (high - low) / 2
                if ((middle <= low) | (middle >= high)).all():
                    break
                good = enough(middle)
                low, high = np.where(good, low, middle), np.where(good, middle, high)
        never = ~enough(high)
        if isinstance(self.law, FiniteValues):
            near = self.law.values[np.minimum(np.searchsorted(self.law.values, low), len(self.law.values) - 1)]
            close = np.abs(near - high) <= max(grid, 1e-12 * max(abs(self.law.lower), abs(self.law.upper)))
            high = np.where(close, near, high)
        least_value: FloatArray = np.where(enough(np.full(wanted.shape, self.law.lower)), self.law.lower, high)
        return np.where(never, np.inf, least_value)

    def _narrowed(
        self, low: FloatArray, high: FloatArray, level: FloatArray, enough: object, grid: float
    ) -> tuple[FloatArray, FloatArray]:
        """A narrower bracket, where a few steps of regula falsi (Illinois) find one."""
        assert callable(enough)
        if isinstance(self.law, FiniteValues):
            return low, high
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            a, b, f, g = low, high, self.ironed(low) - level, self.ironed(high) - level
            x = b
            for _ in range(10):
                x = b - g * (b - a) / (g - f)
                x = np.where((x > a) & (x < b), x, (a + b) / 2)
                at = self.ironed(x) - level
                right = at >= 0
                a, b = np.where(right, a, x), np.where(right, x, b)
                f, g = np.where(right, f / 2, at), np.where(right, at, g / 2)
                if (np.abs(at) <= 1e-13 * (1 + np.abs(level))).all():
                    break
            close = 1e-12 * (1 + np.abs(x)) + 4 * grid
            left, right_end = np.maximum(x - close, low), np.minimum(x + close, high)
        fits = ~enough(left) & enough(right_end)
        return np.where(fits, left, low), np.where(fits, right_end, high)

    def _bracket(self, enough: object, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
        """Values on both sides, doubled outwards until they are."""
        assert callable(enough)
        law = self.law
        tails = law.quantile(np.array([1 - 1e-9, 1e-9]))
        low = np.full(shape, law.lower if np.isfinite(law.lower) else tails[0])
        high = np.full(shape, law.upper if np.isfinite(law.upper) else tails[1])
        reach = max(1.0, float(tails[1] - tails[0]))
        for _ in range(60):
            short = ~enough(high)
            deep = enough(low) & (not np.isfinite(law.lower))
            if not (short.any() or deep.any()):
                break
            high, low = np.where(short, high + reach, high), np.where(deep, low - reach, low)
            reach *= 2
        return low, high

    # ---- the hull of a law with a density -----------------------------------------------------------------------

    def _hull(self) -> tuple[Flat, ...]:
        """Flats, from the convex hull of the integral of psi over chances; in x q it is revenue at price x.

        1. Points (chance below x, integral of psi up to x) over the grid of the law; of those at the same chance the
           lowest.
        2. Pool slopes between points that fall.
        3. Move each end to where psi crosses the level, and set the level to the slope over the flat, by turns.
        """
        x = self.law.grid()
        share, total = 1.0 - self.law.above(x), self._integral(x)
        group = np.floor(share / GRAIN)
        order = np.lexsort((total, group))
        keep = np.sort(order[np.append(True, np.diff(group[order]) > 0)])
        keep = keep[np.append(True, np.diff(share[keep]) > GRAIN / 4)]
        width = np.diff(share[keep])
        slopes = np.diff(total[keep]) / width
        level = pooled(slopes, width)
        edge = np.flatnonzero(np.diff(level)) + 1
        made: list[Flat] = []
        for i, j in zip(np.append(0, edge), np.append(edge, len(level)), strict=True):
            if j > i + 1 and float((slopes[i:j] - level[i]).max()) > 1e-9 * (1 + abs(level[i])):
                made.append(self._polished(x, int(keep[i]), int(keep[j])))
        return tuple(made)

    def _integral(self, x: FloatArray) -> FloatArray:
        """(k,) integral of psi over chances from x[0] on: what is sold at x[0] less what is sold at x, and what the
        endorsed worth has beyond a straight line.
        """
        q = self.law.above(x)
        made: FloatArray = self._straight * (x[0] * q[0] - x * q)
        weight = (1 - self.revenue_weight) * self.slope
        if weight:
            node, share = np.polynomial.legendre.leggauss(6)
            half = np.diff(x)[:, None] / 2
            inner = (self.law.above(x[:-1, None] + half * (1 + node)) * share).sum(axis=1) * half[:, 0]
            made[1:] += weight * np.cumsum(inner)
        return made

    def _polished(self, x: FloatArray, i: int, j: int) -> Flat:
        start, end = float(x[i]), float(x[j])
        level = self._slope(x, start, end)
        for _ in range(4):
            start = self._crossing(float(x[max(i - 2, 0)]), float(x[min(i + 2, len(x) - 1)]), level, start)
            end = self._crossing(float(x[max(j - 2, 0)]), float(x[min(j + 2, len(x) - 1)]), level, end)
            level = self._slope(x, start, end)
        start = self.law.lower if i == 0 else start
        end = self.law.upper if j == len(x) - 1 else end
        return Flat(start, end, level)

    def _slope(self, x: FloatArray, start: float, end: float) -> float:
        between = x[(x > start) & (x < end)]
        path = np.concatenate(([start], between, [end]))
        chance = np.subtract(*self.law.above(path[[0, -1]]))
        return float(self._integral(path)[-1] / chance)

    def _crossing(self, low: float, high: float, level: float, given: float) -> float:
        """Where psi rises through the level; ``given`` if it does not between the two (an end of the support)."""
        if not (self.raw(low) < level <= self.raw(high)):
            return given
        for _ in range(HALVINGS):
            middle = low + (high - low) / 2
            low, high = (middle, high) if self.raw(middle) < level else (low, middle)
        return high

    def require_rising(self, where: str) -> None:
        """Refuse to go on without ironing where psi falls.

        Raises
        ------
        InputError
            It falls; the message says where.
        """
        if self.falls_at is not None:
            raise InputError(
                f"virtual values must not fall without ironing; those of {self.law} fall after {self.falls_at:g}",
                where=where,
                remedy="leave ironing=True",
            )
