"""Laws of what bidders would pay: closed form, kernel density, empirical sample, finitely many types."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, frozen, require_finite
from ..errors import InputError

__all__ = [
    "ContinuousValues",
    "FiniteValues",
    "KernelValues",
    "ValueDistribution",
    "sampled_values",
    "value_distribution",
    "value_distributions",
]

HALVINGS = 80
"""Bisections of a quantile; past the precision of floats."""


@dataclass(frozen=True, eq=False, repr=False)
class ValueDistribution(ABC):
    """The law of one bidder's value.

    Attributes
    ----------
    lower, upper
        Ends of the support; may be infinite.
    title
        In words.
    """

    title: str
    lower: float
    upper: float

    has_density: ClassVar[bool] = True

    def __repr__(self) -> str:
        return self.title

    @abstractmethod
    def above(self, values: npt.ArrayLike) -> FloatArray:
        """Chance of a value above each of ``values``, of their shape."""

    @abstractmethod
    def density(self, values: npt.ArrayLike) -> FloatArray:
        """Density at each of ``values``, of their shape."""

    @abstractmethod
    def quantile(self, share: npt.ArrayLike) -> FloatArray:
        """Values that are exceeded with chance ``share``, of its shape: the price at which that share buys."""

    def grid(self) -> FloatArray:
        """Values in rising order that cover the support, evenly in value and in chance, and both tails."""
        tail = np.geomspace(1e-12, 1e-3, 91)
        share = np.concatenate((tail, np.linspace(1e-3, 1 - 1e-3, 1999), 1 - tail))
        values = self.quantile(share)
        even = np.linspace(self.quantile(1 - 1e-6), self.quantile(1e-6), 1001)
        ends = [end for end in (self.lower, self.upper) if np.isfinite(end)]
        made: FloatArray = np.unique(np.concatenate((values, even, ends)))
        return made[np.isfinite(made)]


@dataclass(frozen=True, eq=False, repr=False)
class ContinuousValues(ValueDistribution):
    """A law with a density, given by a frozen distribution of scipy.stats.

    Raises
    ------
    InputError
        It has no density (a discrete law, or another object).

    Examples
    --------
    >>> from scipy import stats
    >>> law = value_distribution(stats.expon())
    >>> law, law.above(1.0).round(6).item(), law.quantile(0.5).round(6).item()
    (expon(), 0.367879, 0.693147)
    """

    frozen_law: Any = field(kw_only=True)

    @cached_property
    def _even(self) -> bool:
        """Uniform, where scipy's checks would take longer than the sums."""
        return bool(self.frozen_law.dist.name == "uniform")

    def above(self, values: npt.ArrayLike) -> FloatArray:
        """Chance of a value above each of ``values``."""
        if self._even:
            share = (self.upper - np.asarray(values, dtype=np.float64)) / (self.upper - self.lower)
            return np.minimum(np.maximum(share, 0.0), 1.0)
        return np.asarray(self.frozen_law.sf(values), dtype=np.float64)

    def density(self, values: npt.ArrayLike) -> FloatArray:
        """Density at each of ``values``."""
        if self._even:
            x = np.asarray(values, dtype=np.float64)
            return ((x >= self.lower) & (x <= self.upper)) / (self.upper - self.lower)
        return np.asarray(self.frozen_law.pdf(values), dtype=np.float64)

    def quantile(self, share: npt.ArrayLike) -> FloatArray:
        """Values exceeded with chance ``share``."""
        return np.asarray(self.frozen_law.isf(share), dtype=np.float64)


@dataclass(frozen=True, eq=False, repr=False)
class KernelValues(ValueDistribution):
    """A Gaussian kernel density of a sample.

    Attributes
    ----------
    sample
        (observations,) in rising order.
    width
        Standard deviation of the kernel, in units of values.

    References
    ----------
    B. W. Silverman, Density Estimation for Statistics and Data Analysis (1986), doi:10.1007/978-1-4899-3324-9

    Examples
    --------
    >>> law = KernelValues.of([0.0, 1.0, 3.0], width=0.5)
    >>> law.above(1.0).round(4).item(), law.quantile(law.above(2.0)).round(9).item()
    (0.5076, 2.0)
    """

    sample: FloatArray = field(kw_only=True)
    width: float = field(kw_only=True)

    @classmethod
    def of(cls, sample: npt.ArrayLike, width: float | None = None) -> KernelValues:
        """The law of a sample; without ``width``, Silverman's rule of thumb.

        Raises
        ------
        InputError
            A sample of less than two different finite numbers; a width that is not positive.
        """
        made = _sample(sample)
        if made[0] == made[-1]:
            raise InputError("must have two different values, found one", where="sample", remedy="use FiniteValues")
        if width is None:
            quarters = np.subtract(*np.percentile(made, [75, 25])) / 1.349
            spread = float(made.std(ddof=1))
            width = 0.9 * min(spread, quarters or spread) * len(made) ** -0.2
        if not 0 < width < np.inf:
            raise InputError(f"must be a positive number, found {width}", where="width")
        title = f"kernel density of {len(made)} values, width {width:.6g}"
        return cls(title, -np.inf, np.inf, sample=frozen(made), width=float(width))

    def above(self, values: npt.ArrayLike) -> FloatArray:
        """Chance of a value above each of ``values``."""
        from scipy.special import ndtr

        return self._mean(values, lambda z: ndtr(-z))

    def density(self, values: npt.ArrayLike) -> FloatArray:
        """Density at each of ``values``."""
        made: FloatArray = self._mean(values, lambda z: np.exp(-0.5 * z * z)) / (self.width * np.sqrt(2 * np.pi))
        return made

    def quantile(self, share: npt.ArrayLike) -> FloatArray:
        """Values exceeded with chance ``share``, by bisection; infinite at 0 and 1."""
        wanted = np.asarray(share, dtype=np.float64)
        reach = 40.0 * self.width
        low, high = np.full(wanted.shape, self.sample[0] - reach), np.full(wanted.shape, self.sample[-1] + reach)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            right = self.above(middle) > wanted
            low, high = np.where(right, middle, low), np.where(right, high, middle)
        made: FloatArray = np.where(wanted <= 0, np.inf, np.where(wanted >= 1, -np.inf, high))
        return made

    def grid(self) -> FloatArray:
        """Values from seven widths below the sample to seven above, evenly."""
        reach = 7.0 * self.width
        return np.linspace(self.sample[0] - reach, self.sample[-1] + reach, 3001)

    def _mean(self, values: npt.ArrayLike, kernel: Any) -> FloatArray:
        """Mean of ``kernel`` over the sample, in blocks that fit in the cache."""
        given = np.asarray(values, dtype=np.float64)
        flat, step = given.ravel(), max(1, 200_000 // len(self.sample))
        parts = [
            kernel((flat[k : k + step, None] - self.sample) / self.width).mean(axis=1)
            for k in range(0, len(flat), step)
        ]
        return np.concatenate(parts or [flat]).reshape(given.shape)


@dataclass(frozen=True, eq=False, repr=False)
class FiniteValues(ValueDistribution):
    """Finitely many types.

    Attributes
    ----------
    values, probabilities
        (types,) values in rising order, each once, and their positive chances.

    Examples
    --------
    >>> law = FiniteValues.of([2.0, 1.0], [0.25, 0.75])
    >>> law.values.tolist(), law.above([1.0, 1.5]).tolist(), law.quantile(0.5).item()
    ([1.0, 2.0], [0.25, 0.25], 1.0)
    """

    values: FloatArray = field(kw_only=True)
    probabilities: FloatArray = field(kw_only=True)

    has_density: ClassVar[bool] = False

    @classmethod
    def of(cls, values: npt.ArrayLike, probabilities: npt.ArrayLike | None = None, title: str = "") -> FiniteValues:
        """The law of types, equally likely unless ``probabilities`` are given; equal values are put together.

        Raises
        ------
        InputError
            Not vectors of the same length; not finite; chances that are negative or do not add up to 1.
        """
        given = as_floats(values, "values")
        if given.ndim != 1 or not given.size:
            raise InputError(f"must be a vector of at least one number, found shape {given.shape}", where="values")
        require_finite(given, "values")
        count = len(given)
        chance = np.full(count, 1.0 / count) if probabilities is None else as_floats(probabilities, "probabilities")
        if chance.shape != given.shape:
            raise InputError(f"must have one entry a value, {count}, found {chance.shape}", where="probabilities")
        require_finite(chance, "probabilities")
        if (chance < 0).any():
            raise InputError(f"must be at least 0, found {chance.min():g}", where="probabilities")
        if abs(chance.sum() - 1) > 1e-9:
            raise InputError(
                f"must add up to 1, found {chance.sum():.12g}", where="probabilities", remedy="divide by their sum"
            )
        types, place = np.unique(given[chance > 0], return_inverse=True)
        total = np.bincount(place, chance[chance > 0], len(types)).astype(np.float64)
        total /= total.sum()
        named = title or f"{len(types)} types in [{types[0]:g}, {types[-1]:g}]"
        return cls(named, float(types[0]), float(types[-1]), values=frozen(types), probabilities=frozen(total))

    def above(self, values: npt.ArrayLike) -> FloatArray:
        """Chance of a value above each of ``values``."""
        tail = np.append(np.cumsum(self.probabilities[::-1])[::-1], 0.0)
        made: FloatArray = tail[np.searchsorted(self.values, np.asarray(values, dtype=np.float64), side="right")]
        return made

    def density(self, values: npt.ArrayLike) -> FloatArray:
        """None: types have chances.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            f"a density is needed, and a law of {self.title} has none",
            where="density",
            remedy="smooth a sample with auctions.KernelValues.of(sample), or give a frozen continuous distribution",
        )

    def quantile(self, share: npt.ArrayLike) -> FloatArray:
        """The largest type that is reached (or exceeded) with a chance of at least ``share``."""
        reached = np.cumsum(self.probabilities[::-1])[::-1]
        rank = np.searchsorted(-reached, -np.asarray(share, dtype=np.float64) + 1e-15, side="right")
        made: FloatArray = self.values[np.maximum(rank - 1, 0)]
        return made


def sampled_values(sample: npt.ArrayLike) -> FiniteValues:
    """The empirical law of a sample: every observation is a type of the same chance.

    Parameters
    ----------
    sample
        (observations,) at least two.

    Raises
    ------
    InputError
        Not a vector of at least two finite numbers.

    Examples
    --------
    >>> sampled_values([3.0, 1.0, 3.0, 2.0]).probabilities.tolist()
    [0.25, 0.25, 0.5]
    """
    made = _sample(sample)
    return FiniteValues.of(made, title=f"sample of {len(made)} values in [{made[0]:g}, {made[-1]:g}]")


def _sample(sample: npt.ArrayLike) -> FloatArray:
    made = as_floats(sample, "sample")
    if made.ndim != 1 or len(made) < 2:
        raise InputError(f"must be a vector of at least two numbers, found shape {made.shape}", where="sample")
    require_finite(made, "sample")
    return np.sort(made)


def value_distribution(given: Any, where: str = "distribution") -> ValueDistribution:
    """One law, from whatever stands for it.

    Parameters
    ----------
    given
        "uniform" (on [0, 1]); a frozen continuous distribution of scipy.stats; a ``gaussian_kde`` of one variable; a
        pair (values, probabilities); a vector of numbers, taken for a sample; or a law made by this module.
    where
        Named in errors.

    Raises
    ------
    InputError
        Anything else; a law without a density that is not one of finitely many types.

    Examples
    --------
    >>> value_distribution("uniform"), value_distribution(([1.0, 2.0], [0.5, 0.5]))
    (uniform(), 2 types in [1, 2])
    """
    if isinstance(given, ValueDistribution):
        return given
    if isinstance(given, str):
        if given != "uniform":
            raise InputError(
                f"must be 'uniform' or a law, found {given!r}", where=where, remedy="for example scipy.stats.expon()"
            )
        from scipy import stats

        return value_distribution(stats.uniform(), where)
    if hasattr(given, "dataset") and hasattr(given, "covariance"):
        return _from_kde(given, where)
    if hasattr(given, "sf") and hasattr(given, "isf"):
        return _from_frozen(given, where)
    if isinstance(given, tuple) and len(given) == 2 and all(np.ndim(part) == 1 for part in given):
        return FiniteValues.of(*given)
    if isinstance(given, Sequence | np.ndarray):
        return sampled_values(np.asarray(given))
    raise InputError(
        f"must be a law of values, found {type(given).__name__}",
        where=where,
        remedy="give 'uniform', a frozen scipy distribution, a sample, or (values, probabilities)",
    )


def _from_frozen(given: Any, where: str) -> ValueDistribution:
    if not hasattr(given, "dist"):
        raise InputError(
            f"must be frozen, found {type(given).__name__}", where=where, remedy="call it: scipy.stats.expon()"
        )
    lower, upper = (float(end) for end in given.support())
    numbers = [*(f"{v:g}" for v in given.args), *(f"{k}={v:g}" for k, v in given.kwds.items())]
    title = f"{given.dist.name}({', '.join(numbers)})"
    if hasattr(given.dist, "pmf"):
        if not np.isfinite([lower, upper]).all() or upper - lower > 1_000_000:
            raise InputError(
                f"a density is needed, and {title} is discrete on an unbounded or very long support",
                where=where,
                remedy="cut it off and give (values, probabilities)",
            )
        types = np.arange(lower, upper + 1)
        return FiniteValues.of(types, given.pmf(types) / given.pmf(types).sum(), title)
    if not np.isfinite(given.pdf(given.median())):
        raise InputError(f"a density is needed, and {title} has none at its median", where=where)
    return ContinuousValues(title, lower, upper, frozen_law=given)


def _from_kde(given: Any, where: str) -> KernelValues:
    data = np.asarray(given.dataset)
    if data.shape[0] != 1 or not np.allclose(given.weights, 1 / data.shape[1]):
        raise InputError("must be a density of one variable with equal weights", where=where)
    return KernelValues.of(data[0], float(np.sqrt(given.covariance[0, 0])))


def value_distributions(given: Any, where: str = "distributions") -> ValueDistribution | tuple[ValueDistribution, ...]:
    """One law for all bidders, or a tuple with one a bidder.

    A list of laws is one a bidder; a single law, a vector of numbers and a pair (values, probabilities) are for all.

    Raises
    ------
    InputError
        An empty list, or entries that are no laws.

    Examples
    --------
    >>> value_distributions(["uniform", ([1.0, 2.0], [0.5, 0.5])])
    (uniform(), 2 types in [1, 2])
    >>> value_distributions([0.2, 0.4, 0.9])
    sample of 3 values in [0.2, 0.9]
    """
    if isinstance(given, tuple) and len(given) == 2 and all(_numbers(part) for part in given):
        return value_distribution(given, where)
    if isinstance(given, list | tuple) and not all(isinstance(part, int | float | np.number) for part in given):
        return tuple(value_distribution(part, f"{where}[{k}]") for k, part in enumerate(given))
    if isinstance(given, list | tuple) and not given:
        raise InputError("must have a law for each bidder, found none", where=where)
    return value_distribution(given, where)


def _numbers(part: Any) -> bool:
    if isinstance(part, ValueDistribution | str) or not isinstance(part, Sequence | np.ndarray):
        return False
    return all(isinstance(entry, int | float | np.number) for entry in part)
