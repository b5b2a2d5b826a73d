"""Laws of values: what is asked of a distribution, and the same few functions of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..._core.arrays import FloatArray
from ...errors import InputError

__all__ = ["Law", "as_law", "as_laws", "uniform"]

Curve = Callable[[FloatArray], FloatArray]
REMEDY = (
    "pass 'uniform' or a frozen continuous distribution such as scipy.stats.beta(2, 3); smooth a sample by rv_histogram"
)


@dataclass(frozen=True, eq=False)
class Law:
    """A law of one bidder's value, with a density.

    Attributes
    ----------
    cdf, pdf, ppf
        Functions of arrays.
    low, high
        Ends of the support; ``high`` may be infinite.
    mean
        Expectation.
    label
        For summaries.
    key
        Equal for equal laws: bidders with equal keys are treated alike.
    kinks
        Values inside the support at which the density jumps, as that of a histogram does, or bends.
    """

    cdf: Curve
    pdf: Curve
    ppf: Curve
    low: float
    high: float
    mean: float
    label: str
    key: object
    kinks: tuple[float, ...] = ()

    def chance(self, x: float) -> float:
        """F at one value."""
        return float(self.cdf(np.array([x]))[0])

    def density(self, x: float) -> float:
        """F at one value."""
        return float(self.pdf(np.array([x]))[0])

    @property
    def top(self) -> float:
        """The upper end, or where almost nothing is left."""
        return self.high if np.isfinite(self.high) else float(self.ppf(np.array([1 - 1e-12]))[0])

    def shifted(self, by: float) -> Law:
        """The law of v + ``by``."""
        if by == 0:
            return self
        if isinstance(self.key, tuple) and self.key[0] == "uniform":
            return uniform(self.low + by, self.high + by)
        cdf, pdf, ppf = self.cdf, self.pdf, self.ppf
        return Law(
            lambda x: cdf(x - by),
            lambda x: pdf(x - by),
            lambda u: ppf(u) + by,
            self.low + by,
            self.high + by,
            self.mean + by,
            f"{self.label} {'+' if by > 0 else '-'} {abs(by):g}",
            (self.key, by),
            tuple(kink + by for kink in self.kinks),
        )


def uniform(low: float, high: float) -> Law:
    """Uniform on [low, high]."""
    low, high = float(low), float(high)
    width = high - low
    return Law(
        lambda x: np.clip((x - low) / width, 0.0, 1.0),
        lambda x: np.where((x >= low) & (x <= high), 1 / width, 0.0),
        lambda u: low + width * np.asarray(u),
        low,
        high,
        (low + high) / 2,
        f"U[{low:g}, {high:g}]",
        ("uniform", low, high),
    )


def as_law(given: Any, where: str = "distribution") -> Law:
    """A law from a name or a frozen distribution.

    Raises
    ------
    InputError
        Another name; something without a density, discrete distributions among them; a support that begins at minus
        infinity or below 0; an infinite mean; a density that is 0 inside the support.
    """
    if isinstance(given, str):
        if given != "uniform":
            raise InputError(f"the only name is 'uniform', found {given!r}", where=where, remedy=REMEDY)
        return uniform(0.0, 1.0)
    wanted = ("pdf", "cdf", "mean", "support")
    if isinstance(given, type) or not all(callable(getattr(given, name, None)) for name in wanted):
        what = "a discrete distribution" if hasattr(given, "pmf") else repr(given)
        raise InputError(f"needs a density, found {what}", where=where, remedy=REMEDY)
    try:
        low, high = (float(end) for end in given.support())
        mean = float(given.mean())
    except (TypeError, ValueError) as err:
        raise InputError(
            f"needs a distribution with its parameters, found {given!r}", where=where, remedy=REMEDY
        ) from err
    if not np.isfinite(low) or low < 0:
        raise InputError(
            f"values must be at least 0, found a support from {low:g}",
            where=where,
            remedy="shift or truncate it, for example scipy.stats.truncnorm",
        )
    if not low < high or not np.isfinite(mean):
        raise InputError(f"needs low < high and a finite mean, found [{low:g}, {high:g}], mean {mean:g}", where=where)
    name = getattr(getattr(given, "dist", None), "name", type(given).__name__)
    if name == "uniform":
        return uniform(low, high)
    ppf = getattr(given, "ppf", None) or given.icdf
    inside = given.pdf(ppf(np.linspace(0.01, 0.99, 99)))
    if not np.isfinite(inside).all() or (inside <= 0).any():
        raise InputError("needs a density that is positive and finite inside the support", where=where, remedy=REMEDY)
    parameters = getattr(given, "args", ()), tuple(sorted(getattr(given, "kwds", {}).items()))
    key = (name, repr(parameters)) if hasattr(given, "args") else id(given)
    shown = ", ".join([f"{a:g}" for a in parameters[0]] + [f"{k}={v:g}" for k, v in parameters[1]])
    made = Law(given.cdf, given.pdf, ppf, low, high, mean, f"{name}({shown})", key)
    return replace(made, kinks=(*jumps(made), *bends(made)))


def jumps(law: Law, most: int = 64) -> tuple[float, ...]:
    """Where the density jumps: between neighbours of a fine grid that differ far more than others, by halving."""
    v = np.linspace(float(law.ppf(np.array([1e-6]))[0]), float(law.ppf(np.array([1 - 1e-6]))[0]), 2_049)
    change = np.abs(np.diff(law.pdf(v)))
    around = np.maximum(np.append(change[1:], 0.0), np.append(0.0, change[:-1]))
    found = np.flatnonzero(change > 20 * around + 1e-3 * float(law.pdf(v).max()))
    places = []
    for k in found[:most]:
        left, right = float(v[k]), float(v[k + 1])
        ends = law.density(left), law.density(right)
        for _ in range(60):
            middle = (left + right) / 2
            nearer = abs(law.density(middle) - ends[0]) < abs(law.density(middle) - ends[1])
            left, right = (middle, right) if nearer else (left, middle)
        places.append((left + right) / 2)
    return tuple(places)


def bends(law: Law, most: int = 64) -> tuple[float, ...]:
    """Where the slope of the density jumps and the density does not: where lines from both sides meet."""
    v = np.linspace(float(law.ppf(np.array([1e-6]))[0]), float(law.ppf(np.array([1 - 1e-6]))[0]), 2_048)
    f = law.pdf(v)
    slope = np.diff(f) / np.diff(v)
    change = np.abs(slope[2:] - slope[:-2])  # over two cells, so that a bend inside a cell counts once
    usual = float(np.median(change))
    places = []
    for k in np.flatnonzero(change > 30 * usual + 1e-2 * float(f.max()) / float(v[-1] - v[0])).tolist():
        left, right = slope[k], slope[k + 2]
        outer = abs(left - slope[max(0, k - 1)]) + abs(slope[min(len(slope) - 1, k + 3)] - right)
        if outer < 0.05 * abs(right - left):
            where = (f[k + 2] - f[k + 1] + left * v[k + 1] - right * v[k + 2]) / (left - right)
            if v[k + 1] - 1e-12 <= where <= v[k + 2] + 1e-12:
                places.append(float(where))
    return tuple(places[:most])


def as_laws(given: Any, n: Any) -> tuple[Law, ...]:
    """(n,) laws: one for all, or a sequence with one a bidder.

    Raises
    ------
    InputError
        Fewer than one bidder, or another number of laws than bidders.
    """
    several = isinstance(given, Sequence) and not isinstance(given, str)
    if n is not None and (isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1):
        raise InputError(f"must be an integer of at least 1, found {n!r}", where="n")
    if not several:
        return (as_law(given),) * (2 if n is None else int(n))
    laws = tuple(as_law(one, f"distribution[{i}]") for i, one in enumerate(given))
    if not laws or (n is not None and len(laws) != n):
        raise InputError(
            f"must have one law a bidder, found {len(laws)} for n={n}", where="distribution", remedy="leave n out"
        )
    return laws
