"""The best of several options, some of which are pushed: what a chooser gets who takes the push for worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import log_ndtr, ndtr

from .._core.arrays import FloatArray
from ..errors import InputError
from .selection_law import order_statistics

__all__ = ["PushedChoice"]


@dataclass(frozen=True)
class PushedChoice:
    """Of ``options`` with v ~ N(0, spread^2), ``pushed`` report v + push, the others v; the largest report is chosen.

    Parameters
    ----------
    options, pushed
        How many options, at least 1, and how many of them are pushed.
    strength
        Mean of the push. If it is negative, options are held back.
    law
        ``"exponential"``: ``strength`` times a standard exponential number; ``"common"``: ``strength``.
    spread
        Standard deviation of values, more than 0.

    Raises
    ------
    InputError
        Out of these bounds.
    """

    options: int
    pushed: int
    strength: float
    law: Literal["exponential", "common"] = "exponential"
    spread: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.pushed <= self.options or self.options < 1:
            raise InputError(f"must lie in [0, {self.options}], found {self.pushed}", where="pushed")
        if not self.spread > 0:
            raise InputError(f"must be more than 0, found {self.spread!r}", where="spread")

    @property
    def best(self) -> float:
        """Mean of the largest value."""
        return self.spread * float(order_statistics(self.options, 1)[0])

    @property
    def chosen(self) -> float:
        """Mean value of the option with the largest report.

        A pushed option wins at report x with chance density f(x) F(x)^(k-1) G(x)^(m-k), F and G the laws of reports
        that are pushed and that are not; the others likewise. Quadrature over x of that times E[v | x].
        """
        if not self.strength or not self.pushed:
            return self.best
        x, step = self._reports()
        k, rest = self.pushed, self.options - self.pushed
        below, plain = self._pushed(x), ndtr(x / self.spread)
        total = k * below[1] * below[0] ** (k - 1) * plain**rest
        if rest:
            total = total + rest * x * _normal(x, self.spread) * plain ** (rest - 1) * below[0] ** k
        return float(total.sum() * step)

    def _reports(self) -> tuple[FloatArray, float]:
        """A grid of reports and its step, fine enough for the trapezoid rule to converge as for any analytic law."""
        reach = 10 * self.spread
        low, high = min(0.0, 40 * self.strength) - reach, max(0.0, 40 * self.strength) + reach
        count = int(np.ceil((high - low) / (0.02 * self.spread)))
        x, step = np.linspace(low, high, count, retstep=True)
        return np.asarray(x), float(step)

    def _pushed(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(P(report <= x), E[v | report = x] times the density of reports) of a pushed option.

        A normal plus an exponential number: the exponentially modified Gaussian law, in which v given the report is
        a normal number with mean spread^2 / strength, cut off at the report. A negative push is its mirror image.
        """
        sd, a = self.spread, abs(self.strength)
        if self.law == "common":
            moved = x - self.strength
            return ndtr(moved / sd), moved * _normal(moved, sd)
        at = x if self.strength > 0 else -x
        tail = self._tail(at)
        below, part = ndtr(at / sd) - tail, (sd**2 / a * tail - sd**2 * _normal(at, sd)) / a
        return (below, part) if self.strength > 0 else (1 - below, -part)

    def _tail(self, x: FloatArray, cut: FloatArray | None = None) -> FloatArray:
        """E[exp(-(x - v) / strength); v < cut], cut None: x. For a positive strength."""
        sd, a = self.spread, abs(self.strength)
        centre = sd**2 / a
        edge = x if cut is None else cut
        return np.asarray(np.exp(0.5 * centre / a - x / a + log_ndtr((edge - centre) / sd)))

    @property
    def missed(self) -> float:
        """Chance that another option than the one with the largest value is chosen; all pushed, exponential law.

        An option of value x and report y is first in both if all others have less of both:
        P(v < x, v + push < y) = Phi(x) - E[exp(-(y - v) / strength); v < x].

        Raises
        ------
        InputError
            Options that are not pushed, a negative push, or the common law.
        """
        if self.pushed < self.options or self.strength < 0 or self.law == "common":
            raise InputError("needs pushes at random on all options", where="missed")
        if self.strength == 0 or self.options == 1:
            return 0.0
        x, step = np.linspace(-9 * self.spread, 9 * self.spread, 901, retstep=True)
        node, weight = np.polynomial.legendre.leggauss(200)
        push = 20 * self.strength * (node + 1)  # up to 40 strengths
        chance = weight * np.exp(-push / self.strength)
        both = ndtr(x / self.spread)[:, None] - self._tail(x[:, None] + push, x[:, None])
        first = np.clip(both, 0.0, 1.0) ** (self.options - 1) @ (chance / chance.sum())
        return float(1 - self.options * (_normal(x, self.spread) * first).sum() * step)


def _normal(x: FloatArray, sd: float) -> FloatArray:
    """Density of N(0, sd^2)."""
    return np.asarray(np.exp(-0.5 * (x / sd) ** 2) / (sd * np.sqrt(2 * np.pi)))
