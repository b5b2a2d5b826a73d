"""What can be said of differences between arms that met the same worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats, require_finite
from .._core.rng import RNG, generator
from ..errors import InputError

__all__ = ["Paired", "clopper_pearson", "holm", "paired", "replicates_needed"]

_EXACT_UP_TO = 14
"""Pairs up to which all sign patterns are listed; 2^14 of them."""


@dataclass(frozen=True)
class Paired:
    """A mean of paired differences.

    Attributes
    ----------
    mean, standard_error
        Over replicates.
    low, high
        Student's interval: exact for normal differences.
    boot_low, boot_high
        Bias-corrected and accelerated bootstrap; equal to the mean where all differences are the same.
    p
        Two-sided sign-flip test of no difference: exact where differences are symmetric under it.
    n
        Replicates.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    boot_low: float
    boot_high: float
    p: float
    n: int


def paired(gaps: npt.ArrayLike, level: float = 0.95, *, resamples: int = 2000, rng: RNG = 0) -> Paired:
    """Intervals and test for the mean of paired differences.

    Parameters
    ----------
    gaps
        (n,) arm less the other arm, one number a replicate.
    level
        Of both intervals.
    resamples
        Of the bootstrap, and of the test where there are too many sign patterns to list.
    rng
        Seed.

    Returns
    -------
    Paired

    Raises
    ------
    InputError
        Fewer than two differences, or one that is not finite.

    References
    ----------
    Efron (1987), doi:10.1080/01621459.1987.10478410; Fisher (1935), The Design of Experiments, section 21.

    Examples
    --------
    >>> found = paired([1.0, 3.0])
    >>> found.mean, found.standard_error, found.p
    (2.0, 1.0, 0.5)
    """
    x = as_floats(gaps, "gaps")
    require_finite(x, "gaps")
    if x.ndim != 1 or len(x) < 2:
        raise InputError(f"must be at least two numbers, found shape {x.shape}", where="gaps")
    from scipy import stats

    mean, error = float(x.mean()), float(x.std(ddof=1) / np.sqrt(len(x)))
    if error == 0.0:
        return Paired(mean, 0.0, mean, mean, mean, mean, 1.0 if mean == 0 else _flips(x, resamples, rng), len(x))
    half = float(stats.t.ppf(0.5 + level / 2, len(x) - 1)) * error
    boot = _bca(x, _resampled(x, resamples, rng), level)
    boot = boot if np.isfinite(boot).all() else (mean - half, mean + half)
    return Paired(mean, error, mean - half, mean + half, *boot, _flips(x, resamples, rng), len(x))


def _resampled(x: FloatArray, resamples: int, rng: RNG) -> FloatArray:
    """(resamples,) means of draws with replacement: those of ``scipy.stats.bootstrap`` for the same seed.

    Scipy draws all positions at once, which for a thousand worlds is more than the processor's cache holds.
    """
    gen, n = generator(rng), len(x)
    rows = max(1, 2**17 // n)
    parts = [x[gen.integers(0, n, (min(rows, resamples - k), n))].mean(axis=-1) for k in range(0, resamples, rows)]
    return np.concatenate(parts)


def _bca(x: FloatArray, means: FloatArray, level: float) -> tuple[float, float]:
    """Bias-corrected and accelerated ends, Efron (1987), equations (2.3) and (7.3); nan where all resamples fall on
    one side.

    The jackknife of a mean has a closed form, so the acceleration costs n steps; scipy's, for any statistic, n^2.
    """
    from scipy.special import ndtr, ndtri

    off = x - x.mean()
    acceleration = float((off**3).sum() / (6.0 * (off**2).sum() ** 1.5))
    below = float(((means < x.mean()).mean() + (means <= x.mean()).mean()) / 2.0)
    if not 0.0 < below < 1.0:
        return float("nan"), float("nan")
    shift = float(ndtri(below))
    z = shift + ndtri(np.array([0.5 - level / 2, 0.5 + level / 2]))
    low, high = np.quantile(means, ndtr(shift + z / (1.0 - acceleration * z)))
    return float(low), float(high)


def _flips(x: FloatArray, resamples: int, rng: RNG) -> float:
    """P(|mean of randomly signed differences| >= |mean|)."""
    x = x[x != 0]
    n = len(x)
    if not n:
        return 1.0
    top = abs(float(x.sum())) * (1 - 1e-12)
    if n <= _EXACT_UP_TO:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float((np.abs(signs @ x) >= top).mean())
    gen, whole, hits = generator(rng), float(x.sum()), 0
    rows, many = max(1, 2**17 // n), 100 * (resamples // 100)
    for k in range(0, many, rows):  # few at a time: positions stay in the processor's cache
        kept = gen.integers(0, 2, (min(rows, many - k), n)).astype(np.float64) @ x
        hits += int((np.abs(whole - 2.0 * kept) >= top).sum())
    return (hits + 1) / (many + 1)


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Holm's adjusted p-values over a family of yardsticks.

    Parameters
    ----------
    p
        By name, in [0, 1].

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    made: dict[str, float] = {}
    worst = 0.0
    for k, name in enumerate(sorted(p, key=lambda each: p[each])):
        worst = max(worst, min(1.0, (len(p) - k) * p[name]))
        made[name] = round(worst, 15)
    return {name: made[name] for name in p}


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share: of k in n.

    Raises
    ------
    InputError
        Not 0 <= k <= n with n at least 1.

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404
    """
    if not 0 <= k <= n or n < 1:
        raise InputError(f"must satisfy 0 <= k <= n, n >= 1, found k={k}, n={n}", where="k, n")
    from scipy.stats import binomtest

    found = binomtest(k, n).proportion_ci(confidence_level=level, method="exact")
    return float(found.low), float(found.high)


def replicates_needed(gaps: npt.ArrayLike, difference: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """How many replicates it takes to see a true mean difference of this size, given the spread of a first run.

    Two-sided test at 1 - ``level``, normal approximation: n = ((z_(1+level)/2 + z_power) sd / difference)^2.

    Parameters
    ----------
    gaps
        (n,) paired differences of the first run.
    difference
        The size to be seen; not 0.

    Raises
    ------
    InputError
        A difference of 0, or fewer than two gaps.
    """
    x = as_floats(gaps, "gaps")
    if x.ndim != 1 or len(x) < 2:
        raise InputError(f"must be at least two numbers, found shape {x.shape}", where="gaps")
    if not difference or not np.isfinite(difference):
        raise InputError("must be a finite number other than 0", where="difference")
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + level / 2) + norm.ppf(power))
    return max(2, int(np.ceil((z * float(x.std(ddof=1)) / difference) ** 2)))
