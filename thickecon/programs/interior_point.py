"""Additive concave welfare on a polyhedron, by an interior point method that uses what such programmes are made of.

maximise sum_i w_i phi((V x)_i)  subject to  B x <= b, E x = f, lower <= x <= upper.

Each variable belongs to one agent, so that V D V' is diagonal for every diagonal D: with a million variables the
linear system of a Newton step still has only one row an agent and one row a constraint, and the rows of agents are
eliminated by hand. Cone solvers see neither; on values that spread over several orders of magnitude Clarabel ends
"almost solved" at a hundred agents. Nothing here is trusted: callers recompute optimality from x and multipliers.

Primal-dual path following with Mehrotra's predictor and corrector; Nocedal and Wright, Numerical Optimization (2006),
chapters 14 and 19, doi:10.1007/978-0-387-40065-5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from .._core.arrays import BoolArray, FloatArray

__all__ = ["AdditiveProgramme", "InteriorPoint", "solve_additive"]

_ROUNDS = 150
_TO_BORDER = 0.995
_DONE = 1e-11


@dataclass(frozen=True, eq=False)
class AdditiveProgramme:
    """What is maximised, and where.

    Attributes
    ----------
    utilities
        (n, N) sparse V; no column has entries of two agents.
    weights
        (n,) positive.
    slope, curvature
        phi' and -phi'' of an increasing, strictly concave phi on the positive numbers.
    rows, bound
        (K, N) sparse and (K,): ``rows @ x <= bound``.
    fixed, level
        (J, N) sparse and (J,): ``fixed @ x == level``.
    lower, upper
        (N,) bounds; lower ones finite.
    """

    utilities: Any
    weights: FloatArray
    slope: Callable[[FloatArray], FloatArray]
    curvature: Callable[[FloatArray], FloatArray]
    rows: Any
    bound: FloatArray
    fixed: Any
    level: FloatArray
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, eq=False)
class InteriorPoint:
    """Where the path ended.

    Attributes
    ----------
    x
        (N,) between the bounds.
    prices, levels, tops
        (K,), (J,) and (N,) multipliers of rows, equalities and upper bounds.
    rounds
        Newton steps.
    """

    x: FloatArray
    prices: FloatArray
    levels: FloatArray
    tops: FloatArray
    rounds: int


@dataclass(eq=False)
class _State:
    """Slacks are kept apart from x, so that no difference of nearly equal numbers is ever taken."""

    low: FloatArray  # x - lower
    high: FloatArray  # upper - x, where there is an upper bound
    slack: FloatArray
    below: FloatArray  # multipliers of low, high, slack, and of equalities
    above: FloatArray
    price: FloatArray
    level: FloatArray

    @property
    def gap(self) -> float:
        return float(self.low @ self.below + self.high @ self.above + self.slack @ self.price)

    @property
    def pairs(self) -> int:
        return len(self.low) + len(self.high) + len(self.slack)


def solve_additive(p: AdditiveProgramme) -> InteriorPoint | None:
    """The maximiser, or None where the path does not reach it (nothing feasible has an interior, or numbers give out).

    Parameters
    ----------
    p
        Utilities should be of the order of 1 at the solution.

    Returns
    -------
    InteriorPoint or None
    """
    top: BoolArray = np.isfinite(p.upper)
    s = _start(p, top)
    if s is None:
        return None
    newton = _Newton(p, top)
    best: tuple[float, _State, int] | None = None
    with np.errstate(all="ignore"):
        for turn in range(_ROUNDS):
            found = newton.step(s)
            if found is None:
                break
            s, error = found
            if best is None or error < best[0]:
                best = error, s, turn + 1
            if error < _DONE or turn - best[2] > 12:
                break
    if best is None or best[0] > 1e-6:
        return None
    s = best[1]
    tops = np.zeros(len(p.lower))
    tops[top] = s.above
    return InteriorPoint(p.lower + s.low, s.price, s.level, tops, best[2])


def _start(p: AdditiveProgramme, top: BoolArray) -> _State | None:
    """Equal shares, shrunk until the rows leave room; multipliers whose product with the slack is always the same."""
    room = np.where(top, p.upper - p.lower, 1.0)
    if (room <= 0).any():
        return None
    free = p.bound - p.rows @ p.lower
    use = np.maximum(p.rows @ (0.5 * room), 0.0)
    ratio = np.full(len(free), np.inf)
    np.divide(0.9 * free, use, out=ratio, where=use > 0)
    low = 0.5 * room * np.clip(_least_by_column(p.rows, ratio, len(room)), 1e-3, 1.0)
    u = p.utilities @ (p.lower + low)
    if not (np.isfinite(u).all() and (u > 0).all()):
        return None
    slope = p.utilities.T @ (p.weights * p.slope(u))
    mean = max(float(np.abs(slope) @ low) / max(len(low), 1), 1e-8)
    high, slack = (room - low)[top], np.maximum(free - p.rows @ low, 0.1 * np.abs(free) + 1e-3)
    return _State(low, high, slack, mean / low, mean / high, mean / slack, np.zeros(len(p.level)))


def _least_by_column(rows: Any, values: FloatArray, size: int) -> FloatArray:
    """The least of the values of the rows in which a column has a positive entry."""
    cells = sp.coo_array(rows)
    kept = cells.data > 0
    made = np.full(size, np.inf)
    np.minimum.at(made, cells.coords[1][kept], values[cells.coords[0][kept]])
    return made


class _Newton:
    """Steps for one programme: what does not change from step to step is kept."""

    def __init__(self, p: AdditiveProgramme, top: BoolArray) -> None:
        self.p, self.top = p, top
        self.v = sp.csr_array(p.utilities)
        self.g = sp.csr_array(sp.vstack([p.rows, p.fixed]))
        self.vt, self.gt = sp.csr_array(self.v.T), sp.csr_array(self.g.T)
        self.squares = self.v.power(2)
        self.size = 1.0 + max(np.abs(p.bound).max(initial=0.0), np.abs(p.level).max(initial=0.0))

    def step(self, s: _State) -> tuple[_State, float] | None:
        """The next state and how far it is from solving the programme; None where the system cannot be solved."""
        p = self.p
        x = p.lower + s.low
        u = self.v @ x
        pull = self.vt @ (p.weights * p.slope(u))
        # residuals of stationarity, rows, equalities and upper bounds
        dual = pull - self.gt @ np.concatenate([s.price, s.level]) + s.below
        dual[self.top] -= s.above
        rows, fixed = p.bound - p.rows @ x - s.slack, p.level - p.fixed @ x
        tops = (p.upper - x)[self.top] - s.high
        residual = dual, rows, fixed, tops
        solve = self._factor(s, p.weights * p.curvature(u))
        if solve is None:
            return None
        mean = s.gap / s.pairs
        aim = solve(residual, s.low * s.below, s.high * s.above, s.slack * s.price)
        far = _longest(s, aim, 1.0)
        ahead = _moved(s, aim, *far)
        center = mean * min(1.0, max(ahead.gap / s.pairs / mean, 0.0)) ** 3
        step = solve(
            residual,
            s.low * s.below + aim.low * aim.below - center,
            s.high * s.above + aim.high * aim.above - center,
            s.slack * s.price + aim.slack * aim.price - center,
        )
        made = _moved(s, step, *_longest(s, step, _TO_BORDER))
        if not all(np.isfinite(part).all() for part in (made.low, made.price, made.below)):
            return None
        return made, self._error(made)

    def _error(self, s: _State) -> float:
        p = self.p
        x = p.lower + s.low
        u = self.v @ x
        if not (u > 0).all():
            return float("inf")
        pull = self.vt @ (p.weights * p.slope(u))
        dual = pull - self.gt @ np.concatenate([s.price, s.level]) + s.below
        dual[self.top] -= s.above
        scale = float(np.abs(pull) @ np.abs(x)) + 1e-300
        primal = max(
            np.abs(p.bound - p.rows @ x - s.slack).max(initial=0.0), np.abs(p.level - p.fixed @ x).max(initial=0.0)
        )
        return float(max(s.gap / scale, np.abs(dual) @ np.abs(x) / scale, primal / self.size))

    def _factor(self, s: _State, h: FloatArray) -> Any:
        """Solver of D dx + V'q + G'y = r, V dx - q/h = 0, G dx - C y = t, with V D^-1 V' diagonal."""
        d = s.below / s.low
        d[self.top] += s.above / s.high
        count = len(s.slack)
        c = np.concatenate([s.slack / s.price, np.zeros(len(s.level))])
        own = self.squares @ (1.0 / d) + 1.0 / h
        scaled = self.g * (1.0 / d)[None, :]
        mixed = (scaled @ self.vt).toarray()  # (K, n)
        middle = (scaled @ self.gt).toarray() + np.diag(c)
        middle -= (mixed / own) @ mixed.T
        unit = np.sqrt(np.maximum(np.diag(middle), 1e-300))
        scaled_middle = middle / np.outer(unit, unit) + 1e-14 * np.eye(len(unit))
        if not (np.isfinite(scaled_middle).all() and np.isfinite(own).all()):
            return None
        try:
            factor = cho_factor(scaled_middle, overwrite_a=True, check_finite=False)
        except LinAlgError:
            return None

        def pair(r: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
            """Dx and y."""
            base = r / d
            first, second = self.v @ base, self.g @ base - t
            y = cho_solve(factor, (second - mixed @ (first / own)) / unit, check_finite=False) / unit
            q = (first - mixed.T @ y) / own
            return (r - self.vt @ q - self.gt @ y) / d, y

        def solve(residual: Any, low: FloatArray, high: FloatArray, slack: FloatArray) -> _State:
            dual, rows, fixed, tops = residual
            r = dual - low / s.low
            r[self.top] += (high - s.above * tops) / s.high
            t = np.concatenate([rows + slack / s.price, fixed])
            dx, y = pair(r, t)
            # one refinement against the unreduced system
            q = h * (self.v @ dx)
            left = r - d * dx - self.vt @ q - self.gt @ y
            more, extra = pair(left, t - self.g @ dx + c * y)
            dx, y = dx + more, y + extra
            dhigh = tops - dx[self.top]
            dprice = y[:count]
            return _State(
                dx,
                dhigh,
                -(slack + s.slack * dprice) / s.price,
                -(low + s.below * dx) / s.low,
                -(high + s.above * dhigh) / s.high,
                dprice,
                y[count:],
            )

        return solve


def _longest(s: _State, step: _State, share: float) -> tuple[float, float]:
    """How far slacks and multipliers can go before one of them is nil; at most 1."""
    primal = [(s.low, step.low), (s.high, step.high), (s.slack, step.slack)]
    dual = [(s.below, step.below), (s.above, step.above), (s.price, step.price)]
    made = []
    for parts in (primal, dual):
        far = 1.0
        for now, move in parts:
            falls = move < 0
            if falls.any():
                far = min(far, share * float(np.min(-now[falls] / move[falls])))
        made.append(far)
    return made[0], made[1]


def _moved(s: _State, step: _State, primal: float, dual: float) -> _State:
    return _State(
        s.low + primal * step.low,
        s.high + primal * step.high,
        s.slack + primal * step.slack,
        s.below + dual * step.below,
        s.above + dual * step.above,
        s.price + dual * step.price,
        s.level + dual * step.level,
    )
