"""Links: what a shift of choice probability is worth in the profile's unit. The caller names one; none is guessed.

In the random-utility model U = scale * index + noise, a frame that moves the probability of choosing an option from
p0 to p1 has moved the index by F^-1(p1) - F^-1(p0), F the law of the noise difference, and the evaluation by that
many times the scale.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, first_bad
from ..errors import EvidenceError, NotApplicableError

__all__ = ["Link", "LogitLink", "MoneyLink", "ProbitLink"]


class Link(ABC):
    """Turns log odds and shifts of choice probability into points or money."""

    @property
    @abstractmethod
    def factor(self) -> tuple[float, float]:
        """Units of the profile for one unit of the index, and its standard error."""

    @property
    @abstractmethod
    def base(self) -> float | None:
        """Choice probability without the frame, for estimates that are shifts of probability."""

    reads_log_odds = True

    def index(self, probability: FloatArray) -> FloatArray:
        """F^-1 of choice probabilities."""
        return np.asarray(np.log(probability) - np.log1p(-probability), dtype=np.float64)

    def density(self, index: FloatArray) -> FloatArray:
        """F' at an index."""
        return np.asarray(0.25 / np.cosh(index / 2.0) ** 2, dtype=np.float64)

    def shift(self, before: npt.ArrayLike, after: npt.ArrayLike) -> FloatArray:
        """By how many units of the profile the evaluation moved when the choice probability did.

        Parameters
        ----------
        before, after
            Choice probabilities in (0, 1), any shapes that broadcast.

        Returns
        -------
        array
            In the unit of the link's factor.

        Raises
        ------
        EvidenceError
            A probability of 0 or 1, or outside: the index would be infinite.

        Examples
        --------
        >>> float(LogitLink(scale=10.0).shift(0.5, 0.75).round(4))  # 10 * log 3
        10.9861
        """
        low, high = _probability(before, "before"), _probability(after, "after")
        return self.factor[0] * (self.index(high) - self.index(low))

    def convert(
        self, unit: str, values: FloatArray, covariance: FloatArray | None
    ) -> tuple[FloatArray, FloatArray | None]:
        """Estimates in log odds or as shifts of probability, in the profile's unit, with delta-method covariance.

        Parameters
        ----------
        unit
            ``"logit"`` or ``"probability"``.
        values, covariance
            (P,) and (P, P).

        Returns
        -------
        tuple
            (P,) and (P, P): s g and s^2 J V J' + se(s)^2 g g', g the index shifts, J their derivative.

        Raises
        ------
        NotApplicableError
            The link does not read that unit.
        EvidenceError
            Shifts of probability without a baseline, or to outside (0, 1).
        """
        if unit == "logit" and self.reads_log_odds:
            moved, slope = values, np.ones_like(values)
        elif unit == "probability":
            if self.base is None:
                raise EvidenceError(
                    "a shift of probability needs the probability without the frame",
                    where=type(self).__name__,
                    remedy="pass baseline=",
                )
            start = self.index(_probability(self.base, "baseline"))
            end = self.index(_probability(self.base + values, "baseline + shift"))
            moved, slope = end - start, 1.0 / self.density(end)
        else:
            raise NotApplicableError(
                f"does not read estimates in {unit!r}",
                where=type(self).__name__,
                remedy="use LogitLink or MoneyLink for log odds; utils and money need no link",
            )
        scale, error = self.factor
        if covariance is None:
            return scale * moved, None
        joint = scale**2 * (slope[:, None] * covariance * slope) + error**2 * np.outer(moved, moved)
        return scale * moved, joint


@dataclass(frozen=True)
class LogitLink(Link):
    """One unit of log odds is worth ``scale`` units of the profile.

    Parameters
    ----------
    scale
        Positive; the inverse of the coefficient of the evaluation in a logit of choices.
    standard_error
        Of the scale; independent of the estimate it is used on.
    baseline
        Choice probability without the frame; only for estimates that are shifts of probability.

    Raises
    ------
    EvidenceError
        A scale that is not positive, an error below 0, a baseline outside (0, 1).
    """

    scale: float
    standard_error: float = 0.0
    baseline: float | None = None

    def __post_init__(self) -> None:
        _check(type(self).__name__, self.scale, self.standard_error, self.baseline)

    @property
    def factor(self) -> tuple[float, float]:
        """Units of the profile for one unit of the index, and its standard error."""
        return self.scale, self.standard_error

    @property
    def base(self) -> float | None:
        """Choice probability without the frame."""
        return self.baseline


@dataclass(frozen=True)
class ProbitLink(LogitLink):
    """One standard deviation of a normal noise is worth ``scale`` units; does not read log odds.

    Examples
    --------
    >>> float(ProbitLink(scale=1.0).shift(0.5, 0.975).round(4))
    1.96
    """

    reads_log_odds = False

    def index(self, probability: FloatArray) -> FloatArray:
        """Normal quantiles of choice probabilities."""
        from scipy.special import ndtri

        return np.asarray(ndtri(probability), dtype=np.float64)

    def density(self, index: FloatArray) -> FloatArray:
        """Normal density."""
        return np.asarray(np.exp(-0.5 * index**2) / np.sqrt(2.0 * np.pi), dtype=np.float64)


@dataclass(frozen=True)
class MoneyLink(Link):
    """Log odds over the size of the price coefficient of a logit: willingness to pay.

    Parameters
    ----------
    price_coefficient
        Negative: log odds for one unit of money more to pay.
    standard_error
        Of it.
    baseline
        Choice probability without the frame; only for estimates that are shifts of probability.

    Raises
    ------
    EvidenceError
        A coefficient that is not negative, an error below 0, a baseline outside (0, 1).

    Examples
    --------
    >>> float(MoneyLink(price_coefficient=-0.5).shift(0.5, 0.75).round(4))  # log 3 / .5
    2.1972
    """

    price_coefficient: float
    standard_error: float = 0.0
    baseline: float | None = None

    def __post_init__(self) -> None:
        _check("MoneyLink: -price_coefficient", -self.price_coefficient, self.standard_error, self.baseline)

    @property
    def factor(self) -> tuple[float, float]:
        """Money for one unit of log odds, and its standard error."""
        return -1.0 / self.price_coefficient, self.standard_error / self.price_coefficient**2

    @property
    def base(self) -> float | None:
        """Choice probability without the frame."""
        return self.baseline


def _check(where: str, scale: float, error: float, baseline: float | None) -> None:
    if not (np.isfinite(scale) and scale > 0):
        raise EvidenceError(f"must be positive and finite, found {scale!r}", where=where)
    if not (np.isfinite(error) and error >= 0):
        raise EvidenceError(f"must be at least 0, found {error!r}", where=f"{where} standard_error")
    if baseline is not None:
        _probability(baseline, "baseline")


def _probability(given: npt.ArrayLike, name: str) -> FloatArray:
    table = as_floats(given, name, error=EvidenceError)
    bad = ~((table > 0) & (table < 1))
    if bad.any():
        found = table[first_bad(bad)] if table.ndim else table
        raise EvidenceError(
            f"a choice probability must lie strictly between 0 and 1, found {float(found):g}",
            where=name,
            remedy="drop cells in which everybody or nobody chose the option, or pool them",
        )
    return table
