"""What it takes to overturn a recommendation: the tipping point, and the break-even error of evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from .._core.arrays import FloatArray
from ..errors import NotApplicableError
from ..lenses.lens import Endorsed
from ..problems.problem import Problem
from ..profiles.endorsement import Endorsement
from .mechanism import Mechanism
from .outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BreakEven", "TippingPoint", "break_even", "tipping_point"]

FARTHEST = 64.0
"""Multiples of the estimate (or of its standard error) beyond which nothing is searched."""


@dataclass(frozen=True)
class TippingPoint:
    """The least share of the estimated correction at which the result changes; E(share) = 1 + share (E - 1).

    Attributes
    ----------
    share
        0: at once; 1: at the estimate itself; above 1: only if the correction were that much larger than
        estimated; None: nowhere that was searched.
    what
        What changes there.
    searched
        Largest share searched, and the step of the first pass: an island of change narrower than the step is
        not seen.
    """

    share: float | None
    what: str
    searched: tuple[float, float]

    def __str__(self) -> str:
        if self.share is None:
            return f"none up to {self.searched[0]:g} times the estimate: {self.what}"
        return f"{self.share:.3g} of the estimated correction: {self.what}"


def tipping_point(
    mechanism: Mechanism, problem: Problem, thick: Outcome, sidt: Outcome, *, largest: float = 2.0, steps: int = 40
) -> TippingPoint:
    """Discrete mechanisms: the least share at which another allocation than that of share 0 is chosen.

    Divisible ones: the least share at which the thick allocation is worth as much as SIDT's, under the
    mechanism's objective (or the endorsed sum where it has none), both allocations held fixed.
    """
    base = problem.profile
    if mechanism.divides(problem):
        worth = _worth(mechanism, problem, thick, sidt)

        def gap(share: float) -> float:
            return worth(base.endorsement.scaled(share))

        if np.allclose(thick.taken, sidt.taken, atol=1e-6):
            return TippingPoint(None, "both arms allocate alike", (largest, 0.0))
        root = _first_root(gap, np.linspace(0.0, largest, steps + 1))
        return TippingPoint(root, "the thick allocation becomes worth SIDT's", (largest, largest / steps))
    seed = 0

    def taken(share: float) -> FloatArray:
        profile = base.with_endorsement(base.endorsement.scaled(share))
        return mechanism.run(problem.with_profile(profile), rng=seed).taken

    start = taken(0.0)
    low = 0.0
    for high in np.linspace(0.0, largest, steps + 1)[1:]:
        if not np.array_equal(taken(float(high)), start):
            share = _bisect(lambda s: not np.array_equal(taken(s), start), low, float(high))
            return TippingPoint(share, "the allocation leaves SIDT's", (largest, largest / steps))
        low = float(high)
    return TippingPoint(None, "the allocation stays SIDT's", (largest, largest / steps))


def _bisect(changed: Callable[[float], bool], low: float, high: float) -> float:
    while high - low > 1e-6 * max(1.0, high):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if changed(middle) else (middle, high)
    return high


def _first_root(gap: Callable[[float], float], at: FloatArray) -> float | None:
    """The first zero crossing from nonpositive to positive along the grid ``at``, or None."""
    values = [gap(float(x)) for x in at]
    for k in range(1, len(at)):
        if np.isfinite(values[k - 1]) and np.isfinite(values[k]) and values[k - 1] * values[k] <= 0 and values[k] != 0:
            return float(at[k - 1]) if values[k - 1] == 0 else float(brentq(gap, at[k - 1], at[k], xtol=1e-9))
    return None


def _worth(mechanism: Mechanism, problem: Problem, thick: Outcome, sidt: Outcome) -> Callable[[Endorsement], float]:
    """Theta -> worth of the thick allocation less SIDT's."""
    profile = problem.profile

    def gap(endorsement: Endorsement) -> float:
        drawn = profile.with_endorsement(endorsement)
        try:
            reading = Endorsed().read(drawn)
            one, two = (mechanism.objective(problem, outcome.taken, reading) for outcome in (thick, sidt))
        except NotApplicableError:
            one, two = (float(outcome.utilities(Endorsed(), drawn).sum()) for outcome in (thick, sidt))
        return one - two

    return gap


@dataclass(frozen=True, eq=False)
class BreakEven:
    """How many standard errors theta must be off before SIDT is as good as thick.

    Attributes
    ----------
    by_direction
        Parameter (group, column), signed k where the difference first reaches 0 when that parameter alone is
        moved; nan: not within the search.
    worst
        The least |k| over directions in the norm of the covariance (exact where the objective is linear in
        theta); None: not within the search, or the evidence states no error.
    gain
        The difference at the estimate itself; where it is not positive, nothing is left to break.
    """

    gain: float
    worst: float | None
    by_direction: pd.DataFrame
    statement: str

    def __str__(self) -> str:
        return self.statement


def break_even(mechanism: Mechanism, problem: Problem, thick: Outcome, sidt: Outcome) -> BreakEven:
    """The least k with theta_true = theta_hat + k se at which SIDT is as good, both allocations held fixed."""
    import pandas as pd

    e = problem.profile.endorsement
    worth = _worth(mechanism, problem, thick, sidt)
    gain, columns = worth(e), ["group", "parameter", "k"]
    if e.covariance is None:
        return BreakEven(gain, None, pd.DataFrame(columns=columns), "not applicable: the evidence states no error")
    if not gain > 0:
        text = "nothing to break: at the estimate itself thick is not better than SIDT"
        return BreakEven(gain, 0.0, pd.DataFrame(columns=columns), text)
    covariance = np.diag(e.covariance) if e.covariance.ndim == 1 else e.covariance
    slope = np.array([_slope(worth, e, k) for k in range(e.theta.size)])
    sds = np.sqrt(np.diag(covariance))
    rows = []
    for k in np.flatnonzero(sds):
        step = np.zeros(e.theta.size)
        step[k] = -sds[k] * np.sign(slope[k])
        found = _along(worth, e, step) if slope[k] else None
        group, column = divmod(int(k), e.theta.shape[1])
        signed = np.nan if found is None else -found * np.sign(slope[k])
        rows.append({"group": group, "parameter": column, "k": signed})
    spread = float(np.sqrt(slope @ covariance @ slope))
    worst = _along(worth, e, -(covariance @ slope) / spread) if spread > 0 else None
    text = (
        f"SIDT is as good once the evidence is off by {worst:.3g} standard errors in the worst direction"
        if worst is not None
        else f"within {FARTHEST:g} standard errors SIDT never becomes as good"
    )
    return BreakEven(gain, worst, pd.DataFrame(rows, columns=columns), text)


def _moved(e: Endorsement, step: FloatArray) -> Endorsement:
    return e.at_theta(e.theta + step.reshape(e.theta.shape))


def _slope(worth: Callable[[Endorsement], float], e: Endorsement, k: int) -> float:
    step = np.zeros(e.theta.size)
    step[k] = 1e-4
    return (worth(_moved(e, step)) - worth(_moved(e, -step))) / 2e-4


def _along(worth: Callable[[Endorsement], float], e: Endorsement, step: FloatArray) -> float | None:
    """The least positive multiple of ``step`` at which the worth reaches zero."""

    def gap(k: float) -> float:
        return worth(_moved(e, k * step))

    low, high = 0.0, 0.25
    while high <= FARTHEST:
        value = gap(high)
        if not np.isfinite(value):
            return None
        if value <= 0:
            return float(brentq(gap, low, high, xtol=1e-9))
        low, high = high, 2.0 * high
    return None
