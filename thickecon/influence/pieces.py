"""One influence, exactly: efforts fall into pieces within which nothing changes hands and payments are linear."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import NotApplicableError
from ..lenses.reading import Cardinal
from ..mechanism.payment import PaymentMechanism, Scores
from .hunt import Hunt

__all__ = ["by_pieces", "envelope", "piece_ends"]

COMPARING = ("matching.DeferredAcceptance", "auctions.Majority")
"""Rules that read nothing of values but, agent by agent, which of two is larger, or whether one beats doing nothing."""

PIECES, SOLVES = 1000, 1500
"""Pieces to be run, and optima to be looked up, before the exact way is given up."""


def by_pieces(hunt: Hunt) -> bool:
    """Try the ends of all pieces, and where costs are convex the best point within; was that exhaustive?

    Where the pieces end is known for rules that compare values, and for maximisers of a sum over rows: there they end
    at kinks of the largest sum and, where payments count, of the largest sums in which one agent's report is zero
    (Eisner and Severance 1976, doi:10.1145/321978.321982). That nothing changes hands within a piece, and that payments
    are linear there, is checked by runs near both ends and in the middle.
    """
    found = piece_ends(hunt)
    if found is None:
        return False
    ends, step = found
    for effort in ends:
        hunt.try_(np.array([effort]))
    checked = [_piece(hunt, a, b, step) for a, b in pairwise(ends) if b - a > 4 * step]
    return all(checked)


def piece_ends(hunt: Hunt) -> tuple[list[float], float] | None:
    """Ends of all pieces, 0 and the limit among them, and how far from one its two sides differ; None where that is not
    known or there are too many.

    Parameters
    ----------
    hunt
        With one influence.
    """
    if hunt.count != 1 or hunt.objective.kind == "other" or hunt.slopes() is None:
        return None
    top = float(hunt.limits[0])
    found = _ends(hunt, top)
    if found is None:
        return None
    ends = [0.0, *(e for e in found[0] if 0 < e < top), top]
    return (ends, found[1]) if len(ends) <= PIECES else None


def _piece(hunt: Hunt, low: float, high: float, step: float) -> bool:
    """Look at a piece from within; is the gain constant, or for payments linear, there?"""
    a, b = low + step, high - step
    left, middle, right = (hunt.try_(np.array([e])) for e in (a, 0.5 * (a + b), b))
    if not np.isfinite([left, middle, right]).all():
        return False
    tol = 1e-7 * max(1.0, abs(left), abs(right))
    influence = hunt.influences[0]
    slope, power = (right - left) / (b - a), influence.convexity
    if power > 1 and influence.cost > 0 and slope > 0:
        within = float(np.clip((slope / (influence.cost * power)) ** (1 / (power - 1)), a, b))
        hunt.try_(np.array([within]))
    if hunt.objective.kind == "taken":
        return max(left, middle, right) - min(left, middle, right) <= tol
    return abs(middle - 0.5 * (left + right)) <= tol


def _ends(hunt: Hunt, top: float) -> tuple[list[float], float] | None:
    """Efforts at which pieces end, and how far from them one has to stay; None where that is not known."""
    try:
        if hunt.mechanism.name in COMPARING:
            group, start, slope = _comparisons(hunt, top)
        elif hunt.mechanism.name == "auctions.SecondPrice":
            group, start, slope = _scores(hunt, top)
        else:
            return _kinks(hunt, top)
    except NotApplicableError:
        return None
    events, speed = _crossings(group, start, slope, top)
    return events, _apart(hunt, top, speed)


def _apart(hunt: Hunt, top: float, speed: float) -> float:
    """Far enough from an end for the two that meet there to differ on the profile's grid."""
    return max(1e-9 * top, 8.0 * hunt.problem.profile.resolution / speed) if speed > 0 else 1e-9 * top


def _comparisons(hunt: Hunt, top: float) -> tuple[IntArray, FloatArray, FloatArray]:
    """Lines by agent: its rows and doing nothing."""
    lines = []
    for effort in (0.0, top):
        reading = hunt.mechanism.readings(hunt.at(np.array([effort])))[0]
        assert isinstance(reading, Cardinal)
        lines.append(np.concatenate([reading.values, reading.outside]))
    index = hunt.problem.profile.index
    group = np.concatenate([index.agent, np.arange(index.n_agents)])
    return group, lines[0], (lines[1] - lines[0]) / top


def _scores(hunt: Hunt, top: float) -> tuple[IntArray, FloatArray, FloatArray]:
    """Lines by option: gains over the reserve, the same with a report of zero, and keeping it."""
    lines = []
    for effort in (0.0, top):
        gain, silent = _gains(hunt, effort)
        assert silent is not None
        lines.append(np.concatenate([gain, silent, np.zeros(hunt.problem.profile.n_options)]))
    index = hunt.problem.profile.index
    group = np.concatenate([index.option, index.option, np.arange(index.n_options)])
    return group, lines[0], (lines[1] - lines[0]) / top


def _gains(hunt: Hunt, effort: float) -> tuple[FloatArray, FloatArray | None]:
    """(rows,) coefficients of the sum that is maximised; the same with a report of zero, for payment mechanisms."""
    problem = hunt.at(np.array([effort]))
    gain = hunt.mechanism.linear_objective(problem).values
    if not isinstance(hunt.mechanism, PaymentMechanism):
        return gain, None
    scores = hunt.mechanism.readings(problem)[0]
    assert isinstance(scores, Scores)
    return gain, gain - scores.values - scores.offset


def _crossings(group: IntArray, start: FloatArray, slope: FloatArray, top: float) -> tuple[list[float], float]:
    """Efforts in (0, top) at which two lines of one group meet, and the least speed at which two do."""
    found: set[float] = set()
    speeds = [np.inf]
    for line in np.flatnonzero(slope != 0):
        near = group == group[line]
        speed = slope[line] - slope[near]
        with np.errstate(all="ignore"):
            at = (start[near] - start[line]) / speed
        good = np.isfinite(at) & (at > 0) & (at < top)
        found.update(float(x) for x in at[good])
        speeds.append(float(np.abs(speed[good]).min(initial=np.inf)))
    return sorted(found), min(speeds) if np.isfinite(min(speeds)) else 0.0


def _kinks(hunt: Hunt, top: float) -> tuple[list[float], float] | None:
    """Kinks of the largest sum, and where payments count of those in which one agent's report is zero."""
    (start, still), (end, moved) = _gains(hunt, 0.0), _gains(hunt, top)
    families = [(start, (end - start) / top)]
    if hunt.objective.kind == "revenue":
        if still is None or moved is None:
            return None
        agent, count = hunt.problem.profile.index.agent, hunt.problem.profile.n_agents
        if 3 * count > SOLVES:
            return None
        for i in range(count):
            a, b = np.where(agent == i, still, start), np.where(agent == i, moved, end)
            families.append((a, (b - a) / top))
    events: set[float] = set()
    speeds, left = [np.inf], SOLVES
    for a, slope in families:
        if not (slope != 0).any():
            continue
        kinks, speed, spent = envelope(lambda w: hunt.mechanism.optimise(hunt.problem, w), a, slope, top, left)
        left -= spent
        if left <= 0:
            return None
        events.update(kinks)
        speeds.append(speed)
    return sorted(events), _apart(hunt, top, min(speeds) if np.isfinite(min(speeds)) else 0.0)


def envelope(
    optimise: Callable[[FloatArray], FloatArray], start: FloatArray, slope: FloatArray, top: float, solves: int
) -> tuple[list[float], float, int]:
    """Kinks in (0, top) of the largest sum of (start + e slope) times taken, as a function of e.

    Parameters
    ----------
    optimise
        (rows,) weights -> (rows,) taken.
    start, slope
        (rows,).
    top
        End of the range.
    solves
        At most.

    Returns
    -------
    tuple
        The kinks, in order; the least change of slope at one; optima looked up.

    References
    ----------
    Eisner and Severance (1976), doi:10.1145/321978.321982
    """

    def line(e: float) -> tuple[float, float]:
        x = optimise(start + e * slope)
        return float(start @ x), float(slope @ x)

    tol = 1e-11 * max(1.0, float(np.abs(start).sum() + top * np.abs(slope).sum()))
    kinks, speed, spent = [], np.inf, 2
    open_ = [(0.0, line(0.0), top, line(top))]
    while open_ and spent < solves:
        low, (a, u), high, (b, v) = open_.pop()
        if v - u <= tol / max(top, 1e-300):
            continue
        at = float(np.clip((a - b) / (v - u), low, high))
        here = line(at)
        spent += 1
        if here[0] + at * here[1] <= a + at * u + tol or not low < at < high:
            if low < at < high:
                kinks.append(at)
                speed = min(speed, v - u)
            continue
        open_ += [(low, (a, u), at, here), (at, here, high, (b, v))]
    return sorted(kinks), speed, spent
