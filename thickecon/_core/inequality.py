"""Inequality of a distribution: Gini, Theil, Atkinson and the Lorenz curve, with weights.

All are population measures: a weight says how many people an entry stands for, so repeating an entry is the same
as doubling its weight, and no finite-sample correction is made.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .arrays import FloatArray, as_floats, first_bad, frozen, require_finite

__all__ = ["atkinson_ede", "atkinson_index", "gini", "lorenz", "power_mean", "theil", "weights_for"]


def weights_for(weights: npt.ArrayLike | None, count: int, where: str = "weights") -> FloatArray:
    """(count,) nonnegative weights with a positive sum; ones for None.

    Parameters
    ----------
    weights
        None, or (count,) how many people each entry stands for.
    count
        How many there must be.
    where
        What the argument is called in messages.

    Returns
    -------
    ndarray
        (count,).

    Raises
    ------
    InputError
        Wrong shape, a negative or infinite entry, or a sum of zero.
    """
    if weights is None:
        return np.ones(count)
    vector = as_floats(weights, where)
    if vector.shape != (count,):
        raise InputError(
            f"must have one entry for each of the {count} utilities, found shape {vector.shape}", where=where
        )
    require_finite(vector, where)
    if (vector < 0).any():
        at = first_bad(vector < 0)[0]
        raise InputError(f"must not be negative, found {vector[at]:g} at [{at}]", where=where)
    if vector.sum() <= 0:
        raise InputError("must have a positive sum, found 0", where=where, remedy="give somebody a positive weight")
    return vector


def _distribution(x: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Entries with positive weight, and their weights; checks that shares of the total are defined."""
    values = as_floats(x, "x")
    if values.ndim != 1 or not len(values):
        raise InputError(f"must be a non-empty vector, found shape {values.shape}", where="x")
    require_finite(values, "x")
    mass = weights_for(weights, len(values))
    values, mass = values[mass > 0], mass[mass > 0]
    if (values < 0).any():
        at = first_bad(values < 0)[0]
        raise InputError(
            f"must not be negative, found {values[at]:g}",
            where="x",
            remedy="shares of a total are meaningless with negative entries; shift x or use the Kolm-Pollak index",
        )
    if values.max() == 0:
        raise InputError("must have a positive total, all entries are 0", where="x")
    return values, mass


def lorenz(x: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
    """Lorenz curve: the share of the total that the poorest share of people hold.

    Parameters
    ----------
    x
        (n,) nonnegative amounts, not all 0.
    weights
        (n,) people each entry stands for; None: 1.

    Returns
    -------
    people, total
        (k + 1,) and (k + 1,) cumulative shares in [0, 1], from (0, 0) to (1, 1), poorest first.

    Raises
    ------
    InputError
        A negative or infinite amount, all amounts 0, or bad weights.

    References
    ----------
    Lorenz, M. O. (1905), doi:10.2307/2276207.

    Examples
    --------
    >>> people, total = lorenz([1.0, 3.0])
    >>> people.tolist(), total.tolist()
    ([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
    """
    values, mass = _distribution(x, weights)
    order = np.argsort(values, kind="stable")
    people = np.concatenate(([0.0], np.cumsum(mass[order])))
    held = np.concatenate(([0.0], np.cumsum((mass * (values / values.max()))[order])))
    return frozen(people / people[-1], copy=False), frozen(held / held[-1], copy=False)


def gini(x: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal.

    Parameters
    ----------
    x
        (n,) nonnegative amounts, not all 0.
    weights
        (n,) people each entry stands for; None: 1.

    Returns
    -------
    float
        In [0, 1): 0 for equality, 1 - 1/n where one of n holds everything.

    Raises
    ------
    InputError
        A negative or infinite amount, all amounts 0, or bad weights.

    References
    ----------
    Cowell, F. (2011), Measuring Inequality, doi:10.1093/acprof:osobl/9780199594030.001.0001, section 2.

    Examples
    --------
    >>> round(gini([10, 20, 30, 40, 50]), 12)
    0.266666666667
    """
    people, total = lorenz(x, weights)
    return float(max(1.0 - np.sum(np.diff(people) * (total[1:] + total[:-1])), 0.0))


def theil(x: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, index: Literal["T", "L"] = "T") -> float:
    """Theil's entropy index T, or the mean log deviation L.

    Parameters
    ----------
    x
        (n,) amounts: nonnegative for T, positive for L.
    weights
        (n,) people each entry stands for; None: 1.
    index
        "T": mean of (x/mu) log(x/mu), an amount of 0 counts 0; "L": mean of log(mu/x).

    Returns
    -------
    float
        At least 0; 0 for equality.

    Raises
    ------
    InputError
        An amount outside the domain, all amounts 0, bad weights, or an unknown index.

    References
    ----------
    Theil, H. (1967), Economics and Information Theory; Shorrocks, A. F. (1980), doi:10.2307/1913126.

    Examples
    --------
    >>> round(theil([1.0, 3.0], index="L"), 12)  # log 2 - log(3)/2
    0.143841036226
    """
    values, mass = _distribution(x, weights)
    if index not in ("T", "L"):
        raise InputError(f"must be 'T' or 'L', found {index!r}", where="theil.index")
    share = mass / mass.sum()
    relative = values / values.max()
    relative /= float(share @ relative)
    if index == "T":
        positive = relative > 0
        return float(max(share[positive] @ (relative[positive] * np.log(relative[positive])), 0.0))
    if (relative == 0).any():
        raise InputError("must be positive for L, found 0", where="x", remedy="index='T' allows zeros")
    return float(max(-(share @ np.log(relative)), 0.0))


def power_mean(x: FloatArray, weights: FloatArray, power: float) -> float:
    """Weighted power mean of nonnegative entries, without overflow.

    Parameters
    ----------
    x
        (n,) nonnegative.
    weights
        (n,) nonnegative with a positive sum.
    power
        1: mean, 0: geometric mean, -1: harmonic mean, -inf: least entry of positive weight.

    Returns
    -------
    float
        0 if an entry is 0 and ``power <= 0``.
    """
    keep = weights > 0
    values, share = x[keep], weights[keep] / weights[keep].sum()
    least, largest = float(values.min()), float(values.max())
    if largest == 0.0 or (least == 0.0 and power <= 0):
        return 0.0
    if power == -np.inf:
        return least
    unit = least if power < 0 else largest  # every power of x / unit then lies in [0, 1]
    with np.errstate(divide="ignore"):
        logs = np.log(values) - np.log(unit)
    if abs(power) * float(np.max(np.abs(logs[np.isfinite(logs)]), initial=0.0)) < 1e-4 and np.isfinite(logs).all():
        # mean of exp(power * logs) - 1 would cancel; expm1 and log1p keep the digits down to power 0
        if power == 0:
            return unit * float(np.exp(share @ logs))
        return unit * float(np.exp(np.log1p(share @ np.expm1(power * logs)) / power))
    if power == 0:
        return unit * float(np.exp(share @ logs))
    return unit * float((share @ np.exp(power * logs)) ** (1.0 / power))


def atkinson_ede(x: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, epsilon: float = 1.0) -> float:
    """The equally distributed amount that is as good as the distribution.

    Parameters
    ----------
    x
        (n,) nonnegative amounts, not all 0.
    weights
        (n,) people each entry stands for; None: 1.
    epsilon
        Aversion to inequality, at least 0: 0 mean, 1 geometric mean, 2 harmonic mean, inf least.

    Returns
    -------
    float
        In units of ``x``; 0 if somebody has 0 and ``epsilon >= 1``.

    Raises
    ------
    InputError
        A negative amount, all amounts 0, bad weights, or a negative ``epsilon``.

    Examples
    --------
    >>> round(atkinson_ede([10, 20, 30, 40, 50], epsilon=2), 7)
    21.8978102
    """
    values, mass = _distribution(x, weights)
    if not epsilon >= 0:
        raise InputError(f"must be at least 0, found {epsilon}", where="epsilon")
    return power_mean(values, mass, 1.0 - epsilon)


def atkinson_index(x: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, epsilon: float = 1.0) -> float:
    """Atkinson's index: the share of the total that could be given up if the rest were equally spread.

    Parameters
    ----------
    x
        (n,) nonnegative amounts, not all 0.
    weights
        (n,) people each entry stands for; None: 1.
    epsilon
        Aversion to inequality, at least 0.

    Returns
    -------
    float
        1 - EDE / mean, in [0, 1].

    Raises
    ------
    InputError
        A negative amount, all amounts 0, bad weights, or a negative ``epsilon``.

    References
    ----------
    Atkinson, A. B. (1970), doi:10.1016/0022-0531(70)90039-6.

    Examples
    --------
    >>> round(atkinson_index([10, 20, 30, 40, 50], epsilon=1), 5)
    0.13161
    """
    values, mass = _distribution(x, weights)
    return max(1.0 - atkinson_ede(values, mass, epsilon=epsilon) / float(np.average(values, weights=mass)), 0.0)
