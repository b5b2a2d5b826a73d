"""Where thick evidence stops being better: the break-even error of a curve over the evidence knob."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError

if TYPE_CHECKING:
    from .results import PointResults

__all__ = ["Curve", "curve_over"]


@dataclass(frozen=True, eq=False)
class Curve:
    """Paired differences of two arms along one knob.

    Attributes
    ----------
    knob
        Its name.
    at
        (K,) its values, increasing.
    means, errors
        (K,) mean difference and its standard error.
    crossing
        The first value at which the mean difference falls to 0 (linear between points); inf if it never does,
        nan if it is nowhere positive.
    low, high
        Bootstrap interval of the crossing over replicates, the same ones at all values.
    closed_form
        What a formula says, if there is one.
    """

    knob: str
    at: FloatArray
    means: FloatArray
    errors: FloatArray
    crossing: float
    low: float
    high: float
    closed_form: float | None


def curve_over(
    points: list[PointResults],
    arm: str = "thick",
    versus: str = "sidt",
    measure: str | None = None,
    *,
    level: float = 0.95,
    resamples: int = 1000,
    rng: RNG = 0,
) -> Curve:
    """The curve through points that differ in the evidence knob alone.

    Parameters
    ----------
    points
        Of one study.
    arm, versus, measure
        Which difference; the headline measure by default, turned so that more is better.

    Raises
    ------
    InputError
        The scenario has no evidence knob, fewer than two points, or points that differ in something else.
    """
    first = points[0].scenario
    knob = first.evidence
    if knob is None or len(points) < 2:
        raise InputError("needs an evidence knob and at least two of its values", where=first.name)
    others = [{k: v for k, v in point.scenario.parameters.items() if k != knob} for point in points]
    if any(other != others[0] for other in others):
        raise InputError(f"points differ in more than {knob!r}", where=first.name)
    points = sorted(points, key=lambda point: float(point.scenario.parameters[knob]))
    name = measure or points[0].headline
    better = next((m.better for m in first.measures if m.name == name), "more")
    sign = -1.0 if better == "less" else 1.0
    gaps = [sign * point.differences(arm, versus)[name].dropna() for point in points]
    common = gaps[0].index
    for gap in gaps[1:]:
        common = common.intersection(gap.index)
    table = np.array([gap.loc[common].to_numpy(dtype=float) for gap in gaps])
    at = np.array([float(point.scenario.parameters[knob]) for point in points])
    means = table.mean(axis=1)
    n = table.shape[1]
    gen = generator(rng)
    found = np.array([_crossing(at, table[:, gen.integers(0, n, n)].mean(axis=1)) for _ in range(resamples)])
    known = found[~np.isnan(found)]
    ends = _quantiles(known, level) if len(known) else (np.nan, np.nan)
    errors = table.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.full(len(at), np.nan)
    return Curve(knob, at, means, errors, _crossing(at, means), *ends, first.break_even())


def _crossing(at: FloatArray, means: FloatArray) -> float:
    if not (means > 0).any():
        return float("nan")
    start = int(np.flatnonzero(means > 0)[0])
    for k in range(start + 1, len(at)):
        if means[k] <= 0:
            share = means[k - 1] / (means[k - 1] - means[k])
            return float(at[k - 1] + share * (at[k] - at[k - 1]))
    return float("inf")


def _quantiles(values: FloatArray, level: float) -> tuple[float, float]:
    """Without interpolation, so that infinite ones do no harm."""
    ordered = np.sort(values)
    low = ordered[int(np.floor((1 - level) / 2 * (len(ordered) - 1)))]
    high = ordered[int(np.ceil((1 + level) / 2 * (len(ordered) - 1)))]
    return float(low), float(high)
