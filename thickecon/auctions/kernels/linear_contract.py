"""Linear contracts for a worker with several tasks: what a pay does, and which pay is best."""

from __future__ import annotations

import numpy as np

from ..._core.arrays import FloatArray

__all__ = ["best_slopes"]


def best_slopes(
    worth: FloatArray, signals: FloatArray, noise: FloatArray, cost: float, risk_aversion: float
) -> FloatArray:
    """(k,) slopes of pay on k signals that leave the most of worth less cost less risk.

    1. Pay a'S e with slopes a on signals S (k, m) moves efforts to e = S'a / cost (cost |e|^2 / 2).
    2. Surplus is w'e - cost |e|^2 / 2 - risk_aversion a' diag(noise^2) a / 2, a concave function of a.
    3. Its first-order condition is (S S' / cost + risk_aversion diag(noise^2)) a = S w / cost; where signals say the
       same thing without noise, the shortest of its solutions.

    Parameters
    ----------
    worth
        (m,) worth of a unit of effort in each task.
    signals
        (k, m) what a unit of effort adds to each signal.
    noise
        (k,) standard deviations of the signals' noise, independent.
    cost, risk_aversion
        Curvature of the worker's cost; its absolute risk aversion.

    References
    ----------
    Holmstrom and Milgrom (1991), doi:10.1093/jleo/7.special_issue.24

    Examples
    --------
    One task, a noisy signal: 1 / (1 + r s^2).

    >>> best_slopes(np.array([1.0]), np.array([[1.0]]), np.array([0.5]), 1.0, 1.0).round(12).tolist()
    [0.8]
    """
    curvature = signals @ signals.T / cost + risk_aversion * np.diag(noise**2)
    # each slope in units of its own curvature: signals may be counted in anything
    size = np.sqrt(np.diag(curvature))
    size[size == 0] = 1.0
    shape = curvature / np.outer(size, size)
    found: FloatArray = np.linalg.lstsq(shape, signals @ worth / (cost * size), rcond=1e-12)[0] / size
    return found
