"""How often intervals cover: counts held to the binomial law, for estimators and for the promise of 93-97 %."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

RUNS = 2_000
"""Runs of a simulated coverage; its standard error is then half a percentage point."""


def holds(covered: int, runs: int, level: float, slack: float = 0.0) -> bool:
    """Is the count within the binomial law of ``level`` (up to ``slack`` for a first-order approximation)?"""
    return bool(binom.ppf(5e-5, runs, level - slack) <= covered <= binom.ppf(1 - 5e-5, runs, level + slack))


def share_covered(intervals: npt.ArrayLike, truth: float) -> float:
    """Of (runs, 2) intervals, the share that contains the truth."""
    ends = np.asarray(intervals, dtype=np.float64)
    return float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())


def covers(intervals: npt.ArrayLike, truth: float) -> bool:
    """Does a 95 % interval cover in 93 to 97 % of the runs?"""
    return 0.93 <= share_covered(intervals, truth) <= 0.97
