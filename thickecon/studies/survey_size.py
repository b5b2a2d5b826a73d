"""How large a survey must be for thick values to pay: the break-even error, turned into a sample size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtri

from .._core.arrays import FloatArray
from ..errors import InputError
from .scenario import SCENARIOS, Scenario
from .seeds import Draws

__all__ = ["EvidenceSize", "evidence_size"]

FARTHEST = 2.0**20
"""Errors beyond this multiple of the first one tried count as infinite."""


@dataclass(frozen=True)
class EvidenceSize:
    """The size of a survey at which thick evidence does as well as SIDT; larger ones do better.

    Attributes
    ----------
    scenario, knob
        Which scenario, and which knob is its error of evidence.
    break_even
        The error at which the two are equal; ``inf``: better at any error, 0: at none.
    n
        The sample size that gives it, ``(sigma / break_even)^2``, at least 1; ``inf`` where no survey is large enough,
        nan where the knob is no standard error.
    break_even_error, n_error
        Standard errors by the delta method; 0 for a closed form, nan where nothing crosses.
    low, high
        Interval of ``n``.
    sigma
        Standard deviation of one answer.
    simulated
        Closed form (False) or bisection.
    arm, versus, measure
        Which difference.
    """

    scenario: str
    knob: str
    break_even: float
    n: float
    break_even_error: float
    n_error: float
    low: float
    high: float
    sigma: float
    simulated: bool
    arm: str
    versus: str
    measure: str

    def __str__(self) -> str:
        how = "simulated" if self.simulated else "closed form"
        if self.break_even == 0:
            return f"{self.scenario}: {self.arm} is at no error better than {self.versus} ({how})"
        if np.isinf(self.break_even):
            return f"{self.scenario}: {self.arm} is better than {self.versus} at any error ({how})"
        at = f"{self.knob} = {self.break_even:.4g}"
        if self.simulated:
            at += f" +- {self.break_even_error:.2g}"
        if np.isnan(self.n):
            return f"{self.scenario}: {at} ({how})"
        spread = f" +- {self.n_error:.2g}" if self.simulated else ""
        return f"{self.scenario}: {self.n:.4g}{spread} answers ({how}), {at}"


def evidence_size(
    scenario: str | Scenario,
    knobs: Mapping[str, Any] | None = None,
    *,
    sigma: float | None = None,
    arm: str = "thick",
    versus: str = "sidt",
    measure: str | None = None,
    replicates: int = 400,
    seed: int = 0,
    level: float = 0.95,
    simulate: bool = False,
) -> EvidenceSize:
    """The survey size at which thick evidence beats SIDT: s = sigma / sqrt(n), solved for n at the break-even error.

    By the closed form of the scenario where it has one for this difference (the selection law and its like), else by
    bisection over the evidence knob. All errors meet the same worlds, lotteries and standard normal noise, so the mean
    difference is one curve; the standard error of the crossing is that of the mean over the curve's slope there.

    Parameters
    ----------
    scenario
        Registry name, or a scenario at its knobs.
    knobs
        By name, for a scenario given by name.
    sigma
        Standard deviation of one answer, in units of the knob: an error of ``sigma / sqrt(n)`` comes of n answers.
        None: 1 where the knob is a standard error, ``s``. Other knobs (how often a detector errs) are no means of
        answers: then only the break-even is found and ``n`` is nan.
    arm, versus, measure
        Which difference is to be 0; None: the headline.
    replicates, seed
        Of the simulation.
    level
        Of the interval.
    simulate
        Bisect even where there is a closed form.

    Returns
    -------
    EvidenceSize

    Raises
    ------
    UnknownNameError
        No such scenario or knob.
    InputError
        The scenario has no evidence knob; an arm or measure it does not have; a sigma that is not positive; fewer
        than two replicates.

    Examples
    --------
    Clickbait as varied as values: evidence breaks even at an error of 1. One answer has a deviation of 5.

    >>> print(evidence_size("feed_auction", {"tau": 1.0}, sigma=5.0))
    feed_auction: 25 answers (closed form), s = 1
    """
    made = scenario if isinstance(scenario, Scenario) else SCENARIOS[scenario].make(knobs or {})
    if isinstance(scenario, Scenario) and knobs:
        made = type(scenario).make({**scenario.parameters, **knobs}, scenario.mechanism)
    knob, name = made.evidence, measure or made.measures[0].name
    if knob is None:
        raise InputError("has no knob that is the error of its evidence", where=made.name)
    for one in (arm, versus):
        if one not in made.arms:
            raise InputError(f"must be one of {', '.join(made.arms)}, found {one!r}", where=f"{made.name}, arm")
    if name not in [each.name for each in made.measures]:
        raise InputError(f"no measure is called {name!r}", where=made.name)
    if sigma is None:
        sigma = 1.0 if knob == "s" and made.surveyed else float("nan")
    elif not (np.isfinite(sigma) and sigma > 0):
        raise InputError(f"must be positive, found {sigma!r}", where="sigma")
    if not 0 < level < 1:
        raise InputError(f"must lie strictly between 0 and 1, found {level!r}", where="level")
    headline = (arm, versus, name) == ("thick", "sidt", made.measures[0].name)
    exact = made.break_even() if headline and not simulate else None
    if exact is not None:
        found, error = exact, 0.0
    else:
        if replicates < 2:
            raise InputError(f"must be at least 2, found {replicates}", where="replicates")
        found, error = _Crossing(made, knob, arm, versus, name, replicates, seed).found
    n = _answers(sigma, found)
    slope = 2 * sigma**2 / found**3 if 0 < found < np.inf else np.nan
    half = -float(ndtri((1 - level) / 2)) * error
    ends = [_answers(sigma, max(found + sign * half, 0.0)) if np.isfinite(half) else np.nan for sign in (1, -1)]
    n_error = error * slope if n > 1 else 0.0
    return EvidenceSize(
        scenario=made.name,
        knob=knob,
        break_even=float(found),
        n=n,
        break_even_error=float(error),
        n_error=float(n_error) if np.isfinite(n) else float("nan"),
        low=ends[0],
        high=ends[1],
        sigma=float(sigma),
        simulated=exact is None,
        arm=arm,
        versus=versus,
        measure=name,
    )


def _answers(sigma: float, error: float) -> float:
    """(sigma / error)^2, at least one answer, off whole numbers so that errors propagate."""
    if error > 0:
        return float(np.maximum(1.0, (sigma / error) ** 2))
    return float("inf") if np.isfinite(sigma) else float("nan")


class _Crossing:
    """The mean difference as a curve over the knob, on the same worlds, and where it falls to 0."""

    def __init__(
        self, made: Scenario, knob: str, arm: str, versus: str, measure: str, replicates: int, seed: int
    ) -> None:
        self.made, self.knob, self.arms, self.measure = made, knob, (arm, versus), measure
        better = next(each.better for each in made.measures if each.name == measure)
        self.sign = -1.0 if better == "less" else 1.0
        self.draws = [Draws(seed, made.name, replicate) for replicate in range(replicates)]
        self.worlds = [made.draw(draws) for draws in self.draws]
        self.seen: dict[float, FloatArray] = {}
        field = next(each for each in made.knobs() if each.name == knob)
        low, high = field.metadata["low"], field.metadata["high"]
        self.low, self.high = 0.0 if low is None else float(low), np.inf if high is None else float(high)

    def gaps(self, at: float) -> FloatArray:
        """(replicates,) differences at one error, more being better."""
        if at not in self.seen:
            changed: dict[str, Any] = {self.knob: at}
            made = replace(self.made, **changed)
            found = []
            for world, draws in zip(self.worlds, self.draws, strict=True):
                one, other = (made.play(world, arm, draws) for arm in self.arms)
                if self.measure in one and self.measure in other:
                    found.append(self.sign * (one[self.measure] - other[self.measure]))
            if len(found) < 2:
                raise InputError(f"{self.measure!r} is measured in fewer than two replicates", where=self.made.name)
            self.seen[at] = np.array(found)
        return self.seen[at]

    def mean(self, at: float) -> float:
        """The curve."""
        return float(self.gaps(at).mean())

    @cached_property
    def found(self) -> tuple[float, float]:
        """(error at which the difference is 0, its standard error)."""
        if self.mean(self.low) <= 0:
            return 0.0, float("nan")
        above = self._first_loss()
        if above is None:
            return float("inf"), float("nan")
        below = self.low
        while above - below > 1e-3 * max(above, 1e-9):
            middle = (below + above) / 2
            below, above = (middle, above) if self.mean(middle) > 0 else (below, middle)
        at = (below + above) / 2
        return at, self._error(at)

    def _first_loss(self) -> float | None:
        """The first of a doubling row of errors at which the difference is not positive."""
        start = float(getattr(self.made, self.knob)) or 1.0
        step = max(start - self.low, 1e-6 * (1 + abs(self.low))) / 8
        farthest = step * 8 * FARTHEST
        while step <= farthest:
            at = min(self.low + step, self.high)
            if self.mean(at) <= 0:
                return at
            if at >= self.high:
                return None
            step *= 2
        return None

    def _error(self, at: float) -> float:
        """Delta method: the standard error of the mean there over the slope of the curve, by a secant of a tenth."""
        width = 0.1 * max(at - self.low, 1e-6)
        left, right = max(self.low, at - width), min(self.high, at + width)
        slope = abs(self.mean(right) - self.mean(left)) / (right - left)
        gaps = self.gaps(at)
        return float(gaps.std(ddof=1) / np.sqrt(len(gaps)) / slope) if slope > 0 else float("nan")
