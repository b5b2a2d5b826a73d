"""Inverse bids of a first-price auction among different bidders: who bids up to where, and polynomials in between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd

import numpy as np
from numpy.polynomial import chebyshev

from ..._core.arrays import FloatArray, frozen
from .law import Law

__all__ = ["Contest", "InverseBids"]


@dataclass(frozen=True, eq=False)
class Contest:
    """Groups of bidders alike.

    Attributes
    ----------
    laws
        (groups,) laws.
    count
        (groups,) bidders in each.
    start
        Where bids begin.
    starts
        (groups,) values of who bids there.
    power
        Inverse bids are smooth in (b - start)**(1 / power), or crowded there.
    """

    laws: tuple[Law, ...]
    count: FloatArray
    start: float
    starts: FloatArray
    power: int

    @property
    def pair(self) -> bool:
        """Two bidders: the equations are then taken without their denominators."""
        return len(self.laws) == 2 and float(self.count.sum()) == 2

    @property
    def scale(self) -> float:
        """Width of the range of values."""
        return max(law.high for law in self.laws) - self.start

    @property
    def tops(self) -> FloatArray:
        """(groups,) largest values."""
        return np.array([law.high for law in self.laws])

    def hazards(self, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(groups, nodes) f / F at values (groups, nodes), and derivatives."""
        h, slope = np.empty_like(v), np.empty_like(v)
        for g, law in enumerate(self.laws):
            step = 1e-6 * (np.minimum(v[g], law.high) - law.low)
            at = np.minimum(v[g], law.high)
            both = np.concatenate((at, at - step))
            value = law.pdf(both) / law.cdf(both)
            h[g] = value[: len(at)]
            slope[g] = np.where(v[g] > law.high, 0.0, (h[g] - value[len(at) :]) / step)
        return h, slope

    def densities(self, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(groups, nodes) F, f and f' at values (groups, nodes); straight on beyond the ends of the support."""
        chance, density, slope = np.empty_like(v), np.empty_like(v), np.empty_like(v)
        for g, law in enumerate(self.laws):
            at, step = np.clip(v[g], law.low, law.high), 1e-6 * (law.high - law.low)
            before = np.maximum(at - step, law.low)
            f = np.nan_to_num(law.pdf(np.concatenate((at, before))), posinf=0.0)
            density[g], moved, beyond = f[: len(at)], at - before, v[g] - at
            chance[g] = law.cdf(at) + density[g] * beyond
            inside = (moved > 0) & (beyond == 0)
            slope[g] = np.where(inside, (density[g] - f[len(at) :]) / np.where(moved > 0, moved, 1.0), 0.0)
        return chance, density, slope

    def rates(self, phi: FloatArray, b: FloatArray, active: FloatArray) -> FloatArray:
        """(groups, nodes) l_g."""
        with np.errstate(divide="ignore"):
            inverse = 1 / (phi - b)
        return (active * self.count) @ inverse / (float(active @ self.count) - 1) - inverse

    @cached_property
    def flatness(self) -> int:
        """The power that makes inverse bids smooth where densities vanish at the top."""
        made = 1
        for law in self.laws:
            near = law.high - (law.high - law.low) * np.array([1e-4, 1e-5])
            density = law.pdf(near)
            order = round(float(np.log10(density[0] / density[1]))) if (density > 0).all() else 0
            power = 1 + min(max(order, 0), 3)
            made = made * power // gcd(made, power)
        return min(made, 6)


@dataclass(frozen=True, eq=False)
class InverseBids:
    """Inverse bids as polynomials.

    Attributes
    ----------
    contest
        Who bids.
    edges
        (segments + 1,) bids at which segments begin and end.
    active
        (segments, groups) 1 where a group bids there, else 0.
    coefficients
        (segments, groups, degree + 1) of Chebyshev polynomials in 2 y - 1.
    residual
        The largest error of the equations at nodes they were not solved at.
    """

    contest: Contest
    edges: FloatArray
    active: FloatArray
    coefficients: FloatArray
    residual: float = np.inf

    @property
    def segments(self) -> int:
        """Count."""
        return len(self.active)

    def warp(self, s: int, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(w, dw/dy) on a segment."""
        low = self.contest.power if s == 0 else 1
        top = self.contest.flatness if s == self.segments - 1 else 1
        rest = 1 - y**low
        return 1 - rest**top, top * rest ** (top - 1) * low * y ** (low - 1)

    def bids(self, s: int, y: FloatArray) -> FloatArray:
        """(nodes,) b."""
        made: FloatArray = self.edges[s] + (self.edges[s + 1] - self.edges[s]) * self.warp(s, y)[0]
        return made

    def values(self, s: int, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(groups, nodes) phi, and d phi / dy."""
        t, d = self.basis(s, y)
        return self.contest.starts[:, None] * (s == 0) + self.coefficients[s] @ t.T, self.coefficients[s] @ d.T

    def value(self, s: int, y: FloatArray, g: int) -> FloatArray:
        """(nodes,) phi of one group at many places."""
        p: FloatArray = chebyshev.chebval(2 * y - 1, self.coefficients[s, g])
        return p if s else float(self.contest.starts[g]) + y * p

    def basis(self, s: int, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(nodes, degree + 1) what a coefficient adds to phi, and to d phi / dy."""
        t, d = polynomials(y.tobytes(), self.coefficients.shape[2] - 1)
        return (t, d) if s else (y[:, None] * t, t + y[:, None] * d)


@lru_cache(maxsize=64)
def polynomials(y: bytes, degree: int) -> tuple[FloatArray, FloatArray]:
    """(nodes, degree + 1) Chebyshev polynomials in 2 y - 1 and their derivatives in y, of the bytes of (nodes,) y."""
    x = 2 * np.frombuffer(y) - 1
    t = chebyshev.chebvander(x, degree)
    d = 2 * chebyshev.chebval(x, chebyshev.chebder(np.eye(degree + 1))).T
    return frozen(t), frozen(d)
