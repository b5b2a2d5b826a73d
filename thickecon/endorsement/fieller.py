"""Fieller's confidence set of a ratio of two estimates, which stays honest where the denominator may be nothing."""

from __future__ import annotations

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError

__all__ = ["fieller_interval"]


def fieller_interval(
    numerator: float,
    denominator: float,
    covariance: FloatArray,
    level: float = 0.95,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[float, float]:
    """The least interval that holds Fieller's set of numerator / denominator.

    The set has all r with (N - r D)^2 <= z^2 (V_N - 2 r C + r^2 V_D): those that a test of N = r D does not reject. It
    is an interval if the denominator differs from 0 at this level; otherwise the outside of an interval, or the whole
    line. What lies beyond ``limits`` is cut off first, so that the outside of an interval may still say something.

    Parameters
    ----------
    numerator, denominator
        N and D.
    covariance
        (2, 2) of both.
    level
        In (0, 1).
    limits
        Where the ratio can lie at all: (0, 1) for a share.

    Returns
    -------
    (float, float)
        Infinite where nothing is known on that side.

    Raises
    ------
    EvidenceError
        A covariance that is none, or a level outside (0, 1).

    References
    ----------
    Fieller (1954), "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2), 175-185,
    doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    A denominator known exactly leaves the usual interval, 5 / 2 and 1.96 / 2 on both sides:

    >>> [round(end, 3) for end in fieller_interval(5.0, 2.0, [[1.0, 0.0], [0.0, 0.0]])]
    [1.52, 3.48]

    One that may be nothing leaves no interval:

    >>> fieller_interval(0.5, 0.2, [[1.0, 0.0], [0.0, 1.0]])
    (-inf, inf)
    """
    from scipy.special import ndtri

    table = np.asarray(covariance, dtype=np.float64)
    if table.shape != (2, 2) or not np.isfinite(table).all() or (np.diag(table) < 0).any() or not 0 < level < 1:
        raise EvidenceError("needs a finite (2, 2) covariance and a level in (0, 1)", where="fieller_interval")
    z2 = float(ndtri(0.5 + level / 2)) ** 2
    a = denominator**2 - z2 * table[1, 1]
    b = -2 * (numerator * denominator - z2 * table[0, 1])
    c = numerator**2 - z2 * table[0, 0]
    low, high = limits
    within = b**2 - 4 * a * c
    if a == 0 or within < 0:  # a > 0 has real roots, as the estimate itself is in the set
        return (low, high) if a <= 0 else _cut(-b / (2 * a), -b / (2 * a), limits)
    root = float(np.sqrt(within))
    first, second = sorted((float((-b - root) / (2 * a)), float((-b + root) / (2 * a))))
    if a > 0:
        return _cut(first, second, limits)
    left, right = first >= low, second <= high  # which of (-inf, first] and [second, inf) reach into the limits
    if left == right:
        return low, high
    return (low, min(first, high)) if left else (max(second, low), high)


def _cut(low: float, high: float, limits: tuple[float, float]) -> tuple[float, float]:
    return float(np.clip(low, *limits)), float(np.clip(high, *limits))
