"""A world in which few items are pushed, some of them hard: sums and posterior means by quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr

from .._core.arrays import FloatArray, as_floats
from ..errors import InputError
from .selection_law import order_statistics

__all__ = ["SparseLaw"]

NODES = 64
"""Of Gauss and Hermite, for posterior means."""


@dataclass(frozen=True)
class SparseLaw:
    """Items with value v ~ N(mean, 1), of which a share is pushed upwards by a lognormal amount, independent of v.

    The report of a pushed item is v + scale exp(tail z), z standard normal; the others report v. The scale is such
    that the wedge, zeros included, has standard deviation ``tau``.

    Parameters
    ----------
    tau
        Standard deviation of the wedge, more than 0.
    share
        Of items that are pushed, strictly between 0 and 1.
    tail
        Standard deviation of the logarithm of a push, at least .2: the larger, the heavier the tail.
    mean
        Of v.

    Raises
    ------
    InputError
        Out of these bounds.
    """

    tau: float
    share: float = 0.1
    tail: float = 0.65
    mean: float = 0.0

    def __post_init__(self) -> None:
        if not self.tau > 0:
            raise InputError(f"must be more than 0, found {self.tau!r}", where="tau")
        if not 0 < self.share < 1:
            raise InputError(f"must lie strictly between 0 and 1, found {self.share!r}", where="share")
        if not 0.2 <= self.tail <= 3:
            raise InputError(f"must lie in [.2, 3], found {self.tail!r}", where="tail")

    @property
    def scale(self) -> float:
        """The median push."""
        p, t = self.share, self.tail**2
        return self.tau / float(np.sqrt(p * np.exp(2 * t) - p**2 * np.exp(t)))

    def wedge(self, uniform: npt.ArrayLike, normal: npt.ArrayLike) -> FloatArray:
        """The wedge of items: pushed where ``uniform`` is below the share, by ``normal`` on the logarithm."""
        pushed = as_floats(uniform, "uniform") < self.share
        return np.asarray(np.where(pushed, self.scale * np.exp(self.tail * as_floats(normal, "normal")), 0.0))

    # ---- what SIDT attains --------------------------------------------------------------------------------

    def sidt(self, clicks: npt.ArrayLike, m: int) -> float:
        """Expected sum of value times clicks, items in order of their reports.

        E[v | report] integrated over the laws of the k-th largest of m reports, which are binomial sums of the law
        of one.

        Raises
        ------
        InputError
            More positions than items.
        """
        a = as_floats(clicks, "clicks")
        if len(a) > m:
            raise InputError(f"must have at most {m} entries, found {len(a)}", where="clicks")
        beyond, value = _reports(self.share, self.scale, self.tail)
        total = self.mean * float(a.sum())
        for k, weight in enumerate(a.tolist()):
            total += weight * float(np.diff(bdtr(float(k), m, beyond)) @ value)
        return total

    def ratio(self, clicks: npt.ArrayLike, m: int) -> float:
        """Of SIDT's gain over items taken blindly to the oracle's."""
        a = as_floats(clicks, "clicks")
        blind = self.mean * float(a.sum())
        return (self.sidt(a, m) - blind) / float(a @ order_statistics(m, len(a)))

    def break_even(self, clicks: npt.ArrayLike, m: int) -> float:
        """The error at which the estimate at face value equals SIDT; ``inf`` where SIDT is no better than chance.

        Values and errors are Gaussian, so what thick attains follows the selection law here too.
        """
        ratio = self.ratio(clicks, m)
        return float(np.sqrt(1 / ratio**2 - 1)) if ratio > 0 else float("inf")

    def below(self, report: float) -> float:
        """Chance that a report is at most ``report``."""
        push, weight = _pushes(self.scale, self.tail)
        x = report - self.mean
        return float((1 - self.share) * ndtr(x) + self.share * (ndtr(x - push) @ weight))

    # ---- the posterior mean -------------------------------------------------------------------------------

    def posterior(self, reports: npt.ArrayLike, estimate: npt.ArrayLike, s: float) -> FloatArray:
        """E[v | report, estimate], of any one shape: not linear, since an item is pushed or it is not.

        An item that is not pushed is worth its report. For one that is, v given the estimate is normal and the push
        is what remains of the report: Gauss-Hermite over that normal law.

        Parameters
        ----------
        reports, estimate
            d, and v + s N(0, 1).
        s
            Standard error; with 0 the estimate is the answer.
        """
        d, seen = as_floats(reports, "reports") - self.mean, as_floats(estimate, "estimate") - self.mean
        if s == 0:
            return np.asarray(seen + self.mean, dtype=np.float64)
        node, weight = np.polynomial.hermite_e.hermegauss(NODES)
        keep = s**2 / (1 + s**2)
        value = seen[..., None] / (1 + s**2) + np.sqrt(keep) * node
        push = d[..., None] - value
        there = push > 0
        log_push = np.log(np.where(there, push, 1.0) / self.scale) / self.tail
        density = np.where(there, np.exp(-0.5 * log_push**2) / np.where(there, push, 1.0) / self.tail, 0.0)
        mass = density * weight / weight.sum()
        pushed, worth = mass.sum(axis=-1), (mass * value).sum(axis=-1)
        # both densities without the factor 1 / sqrt(2 pi), each over that of the likelier case
        log_pushed = np.log(self.share) - 0.5 * seen**2 / (1 + s**2) - 0.5 * np.log(1 + s**2)
        log_plain = np.log(1 - self.share) - 0.5 * d**2 - 0.5 * ((seen - d) / s) ** 2 - np.log(s)
        top = np.maximum(log_pushed, log_plain)
        plain, factor = np.exp(log_plain - top), np.exp(log_pushed - top)
        total = plain + factor * pushed
        blended = np.where(total > 0, (plain * d + factor * worth) / np.where(total > 0, total, 1.0), d)
        return np.asarray(blended + self.mean, dtype=np.float64)


def _pushes(scale: float, tail: float) -> tuple[FloatArray, FloatArray]:
    """Pushes and their weights, by the trapezoid rule on the logarithm."""
    z = np.linspace(-8.5, 8.5, 801)
    weight = np.exp(-0.5 * z**2)
    return scale * np.exp(tail * z), weight / weight.sum()


@lru_cache(maxsize=64)
def _reports(share: float, scale: float, tail: float) -> tuple[FloatArray, FloatArray]:
    """On a grid of reports, for values of mean 0: (grid,) chance of more, (grid - 1,) mean value in between."""
    push, weight = _pushes(scale, tail)
    far = 9.0 + float(push[-1])
    grid = np.concatenate([np.linspace(-9.0, 12.0, 1401)[:-1], np.geomspace(12.0, max(far, 13.0), 400)])
    between = (grid[1:] + grid[:-1]) / 2
    gap = between[:, None] - push
    bump = np.exp(-0.5 * gap**2)
    alone = (1 - share) * np.exp(-0.5 * between**2)
    density = alone + share * (bump @ weight)
    product = alone * between + share * ((bump * gap) @ weight)
    value = np.where(density > 1e-290, product / np.where(density > 1e-290, density, 1.0), 0.0)
    beyond = (1 - share) * ndtr(-grid) + share * (ndtr(push - grid[:, None]) @ weight)
    return -np.sort(-np.clip(beyond, 0.0, 1.0)), value
