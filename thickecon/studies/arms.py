"""Tools that scenarios share for their arms: shrinking, caution, filters, regret, and one rule that fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from .._core.arrays import BoolArray, FloatArray, IntArray, as_floats, require_finite
from ..errors import InputError
from .selection_law import SelectionLaw

__all__ = [
    "Halves",
    "Moments",
    "cautious",
    "estimated_moments",
    "fission",
    "law_moments",
    "minimax_regret",
    "significant_wedge",
    "upper_bound_switch",
]


@dataclass(frozen=True)
class Moments:
    """What a planner takes the joint law of reports d and values v to be.

    Attributes
    ----------
    mean_d, mean_v
        Means.
    var_d, cov, var_v
        Variances and covariance.
    """

    mean_d: float
    mean_v: float
    var_d: float
    cov: float
    var_v: float

    def posterior(self, reports: npt.ArrayLike, estimate: npt.ArrayLike, s: float) -> FloatArray:
        """E[v | report, estimate], of any one shape: the best linear prediction, exact where all is Gaussian.

        Parameters
        ----------
        reports, estimate
            d, and v + s N(0, 1).
        s
            What the planner takes the standard error for.
        """
        d, seen = as_floats(reports, "reports"), as_floats(estimate, "estimate")
        table = np.array([[self.var_d, self.cov], [self.cov, self.var_v + s**2]])
        b = np.linalg.pinv(table, hermitian=True) @ np.array([self.cov, self.var_v])
        return np.asarray(self.mean_v + b[0] * (d - self.mean_d) + b[1] * (seen - self.mean_v), dtype=np.float64)


def law_moments(law: SelectionLaw) -> Moments:
    """Moments of the selection law: what there is to know."""
    table = law.covariance(0.0)
    return Moments(law.mean, law.mean, float(table[0, 0]), float(table[0, 1]), 1.0)


def estimated_moments(reports: npt.ArrayLike, estimate: npt.ArrayLike, s: float) -> Moments:
    """Moments from the data of one problem; errors of the estimate are independent, so they move only its variance.

    The variance of v is that of the estimate less s^2, at least 0; the covariance is cut off where no joint law would
    have it. With few items both are rough, which costs something; the price shows in the studies.

    Parameters
    ----------
    reports, estimate
        (items,), at least two.
    s
        What the standard error is taken for.

    Raises
    ------
    InputError
        Fewer than two items, or shapes that differ.
    """
    d, seen = as_floats(reports, "reports"), as_floats(estimate, "estimate")
    if d.shape != seen.shape or d.ndim != 1 or len(d) < 2:
        raise InputError(
            f"must both have shape (items,), at least two, found {d.shape} and {seen.shape}", where="reports"
        )
    table = np.cov(d, seen)
    var_v = max(float(table[1, 1]) - s**2, 0.0)
    most = float(np.sqrt(table[0, 0] * var_v))
    return Moments(
        float(d.mean()), float(seen.mean()), float(table[0, 0]), float(np.clip(table[0, 1], -most, most)), var_v
    )


# ---- caution (T9) -------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Halves:
    """Two independent estimates made of one.

    Attributes
    ----------
    choose, test
        Estimates, of the shape of the one that was split.
    s_choose, s_test
        Their standard errors.
    """

    choose: FloatArray
    test: FloatArray
    s_choose: float
    s_test: float


def fission(estimate: npt.ArrayLike, s: float, noise: npt.ArrayLike, share: float = 0.5) -> Halves:
    """Split an estimate with independent normal errors into two independent ones, without going back to the sample.

    With z standard normal, v̂ + c s z and v̂ - (s / c) z have uncorrelated, hence independent, errors. If the sample
    itself is at hand, halving it does the same.

    Parameters
    ----------
    estimate
        v + s N(0, 1).
    s
        Its standard error. If it is misjudged the halves are correlated, and tests lose their size.
    noise
        Standard normal, of the same shape, drawn for this.
    share
        Of the information that goes into the choice, strictly between 0 and 1.

    Raises
    ------
    InputError
        A share out of bounds; shapes that differ.

    References
    ----------
    J. Leiner, B. Duan, L. Wasserman and A. Ramdas, Data fission: splitting a single data point, J. American
    Statistical Association 120 (2025), 135-146, doi:10.1080/01621459.2023.2270748
    """
    seen, z = as_floats(estimate, "estimate"), as_floats(noise, "noise")
    if not 0 < share < 1:
        raise InputError(f"must lie strictly between 0 and 1, found {share!r}", where="share")
    if seen.shape != z.shape:
        raise InputError(f"must have the shape of the estimate, {seen.shape}, found {z.shape}", where="noise")
    c = np.sqrt(1 / share - 1)
    return Halves(seen + c * s * z, seen - s / c * z, s / np.sqrt(share), s / np.sqrt(1 - share))


def cautious(taken: npt.ArrayLike, baseline: npt.ArrayLike, test: npt.ArrayLike, s: float, level: float = 0.05) -> bool:
    """Is the lower bound of W_v(taken) - W_v(baseline) positive?

    Both allocations must come from data independent of ``test``, for example from the other half. Then, given them,
    the chance of a yes where the true difference is at most 0 is at most ``level``: laundering does harm that rarely,
    and where it does the harm is small. It is not harmless, and it forgoes gains that half the evidence cannot show.

    Parameters
    ----------
    taken, baseline
        (rows,) shares in the two outcomes.
    test
        (rows,) v + s N(0, 1), errors independent.
    s
        The standard error.
    level
        One-sided.

    Raises
    ------
    InputError
        A level that is not strictly between 0 and 1; shapes that differ.
    """
    if not 0 < level < 1:
        raise InputError(f"must lie strictly between 0 and 1, found {level!r}", where="level")
    moved, seen = as_floats(taken, "taken") - as_floats(baseline, "baseline"), as_floats(test, "test")
    if moved.shape != seen.shape:
        raise InputError(f"must have shape {moved.shape} like what is taken, found {seen.shape}", where="test")
    error = s * float(np.sqrt((moved**2).sum()))
    return bool(float((moved * seen).sum()) > -float(ndtri(level)) * error)


def upper_bound_switch(
    reports: npt.ArrayLike, estimate: npt.ArrayLike, s: float, level: float = 0.05
) -> npt.NDArray[np.bool_]:
    """The counterexample of T9: launder iff the bound on what the estimate's error costs is below that on the wedge.

    The bounds are twice the two-sided quantile times s, and the span of report less estimate over the options. With
    many options the span of mere noise passes the bound: with 100 and no wedge at all it launders nearly always. No
    arm should decide by it.

    Parameters
    ----------
    reports, estimate
        (..., options).
    s
        Standard error.
    level
        Two-sided.

    Returns
    -------
    ndarray
        (...,) bool.
    """
    gap = as_floats(reports, "reports") - as_floats(estimate, "estimate")
    return np.asarray(np.ptp(gap, axis=-1) > -2 * ndtri(level / 2) * s)


def significant_wedge(reports: npt.ArrayLike, estimate: npt.ArrayLike, s: float, level: float = 0.05) -> BoolArray:
    """Where is the report above the estimate by more than chance would have it, one-sided? What a filter removes."""
    gap = as_floats(reports, "reports") - as_floats(estimate, "estimate")
    return np.asarray(gap > -ndtri(level) * s)


# ---- minimax regret -----------------------------------------------------------------------------------------


def minimax_regret(low: npt.ArrayLike, high: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
    """The option whose largest regret is least, where each value may be anywhere in its interval.

    Option x is worst off where it is worth ``low[x]`` and the best other ``high[y]``.

    Parameters
    ----------
    low, high
        (..., options), low at most high.

    Returns
    -------
    (ndarray, ndarray)
        (...,) the first such option, and its largest regret.

    Raises
    ------
    InputError
        Shapes that differ, no option, entries that are not finite, a bound above the other.

    References
    ----------
    L. J. Savage, The theory of statistical decision, J. American Statistical Association 46 (1951), 55-67,
    doi:10.1080/01621459.1951.10500768

    Examples
    --------
    >>> best, regret = minimax_regret([0.0, 2.0], [5.0, 2.5])
    >>> int(best), float(regret)
    (0, 2.5)
    """
    below, above = as_floats(low, "low"), as_floats(high, "high")
    if below.shape != above.shape or not below.ndim or not below.shape[-1]:
        raise InputError(f"must both have shape (..., options), found {below.shape} and {above.shape}", where="low")
    require_finite(below, "low")
    require_finite(above, "high")
    if (below > above).any():
        raise InputError("must be at most high", where="low")
    m = below.shape[-1]
    rivals = np.where(np.eye(m, dtype=bool), -np.inf, above[..., None, :]).max(axis=-1)
    regret = np.maximum(rivals - below, 0.0)
    best = regret.argmin(axis=-1)
    return np.asarray(best, dtype=np.intp), np.take_along_axis(regret, best[..., None], axis=-1)[..., 0]
