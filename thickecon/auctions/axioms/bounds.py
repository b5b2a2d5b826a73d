"""What a mean over draws may be wrong by."""

from __future__ import annotations

import numpy as np

from ..._core.arrays import FloatArray

__all__ = ["ALARM", "bernstein"]

ALARM = 1e-3
"""Chance at most that a failure is claimed, of one mean, where there is none."""


def bernstein(draws: FloatArray, span: float) -> float:
    """By how much the mean of draws may exceed their expectation, but for one chance in 1,000.

    Standard errors would not do: a bid shaded a little wins a little nearly always, and the rare draw in which it loses
    much may not be among those seen.

    Parameters
    ----------
    draws
        (m,) independent.
    span
        Of the interval in which draws lie.

    References
    ----------
    Maurer and Pontil (2009), theorem 4, arXiv:0907.3740

    Examples
    --------
    A hundred equal draws, of a range of 1, leave 7 log(2000) / 297.

    >>> bool(abs(bernstein(np.ones(100), 1.0) - 7 * np.log(2000) / 297) < 1e-12)
    True
    """
    m = len(draws)
    if m < 2 or not np.isfinite(draws).all():
        return float("inf")
    log = float(np.log(2.0 / ALARM))
    return float(np.sqrt(2.0 * draws.var(ddof=1) * log / m) + 7.0 * span * log / (3.0 * (m - 1)))
