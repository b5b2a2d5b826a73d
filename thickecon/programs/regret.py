"""Minimax regret: the allocation whose largest loss against knowing endorsement is least (boxes, utilitarian)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import NotApplicableError, SolverError
from .allocation import AllocationProblem
from .goal import Welfare
from .optimality import Optimality, bounded_gap
from .polyhedron import Block, Polyhedron
from .robust import Ambiguity
from .solve import solve_linear

__all__ = ["RegretResult", "minimax_regret", "regret_of"]

_ROUNDS = 500


@dataclass(frozen=True, eq=False)
class RegretResult:
    """An allocation and its largest regret.

    Attributes
    ----------
    z
        Variables of the prepared problem.
    regret
        Largest loss of welfare, over the box, against the best allocation for the true endorsement.
    theta
        (G*P,) an endorsement at which it is lost.
    optimality
        No allocation has less regret than ``regret - gap``.
    seconds
        Of all solves.
    """

    z: FloatArray
    regret: float
    theta: FloatArray
    optimality: Optimality
    seconds: float


@dataclass(frozen=True, eq=False)
class _Scene:
    base: Polyhedron
    pulls: sp.csr_array
    sure: FloatArray
    low: FloatArray
    high: FloatArray
    time_limit: float | None

    def slope(self, theta: FloatArray) -> FloatArray:
        """Welfare of the variables under one endorsement."""
        made: FloatArray = self.pulls.T @ theta + self.sure
        return made

    def adversary(self, z: FloatArray) -> tuple[FloatArray, float, float]:
        """(theta, regret at theta, bound on regret): the corner of the box at which ``z`` loses most."""
        programme, slope, constant = self._corner_programme(z)
        found = solve_linear(programme, slope, time_limit=self.time_limit)
        chosen = found.z[self.base.size : self.base.size + len(self.low)] > 0.5
        theta = np.where(chosen, self.high, self.low)
        best = solve_linear(self.base, self.slope(theta), time_limit=self.time_limit)
        return theta, best.value - float(self.slope(theta) @ z), found.bound + constant

    def _corner_programme(self, z: FloatArray) -> tuple[Polyhedron, FloatArray, float]:
        """Maximise over y and corners b: sum_p theta_p(b) (s_p(y) - s_p(z)), products e_p = b_p d_p written out."""
        count, size, base = len(self.low), self.base.size, self.base
        here = self.pulls @ z
        most = self.pulls.maximum(0) @ base.upper - here
        least = -((-self.pulls).maximum(0) @ base.upper) - here
        up, down = np.maximum(most, 0.0), np.minimum(least, 0.0)
        made = base.extended(np.zeros(count), np.ones(count), whole=True).extended(down, up)
        eye, none = sp.eye_array(count, format="csr"), sp.csr_array((count, size))
        first = sp.hstack([none, -sp.diags_array(up), eye], format="csr")  # e <= up b
        second = sp.hstack([-self.pulls, -sp.diags_array(down), eye], format="csr")  # e <= d - down (1 - b)
        made = made.with_blocks(
            Block("off", first, np.zeros(count), blamable=False), Block("on", second, -here - down, blamable=False)
        )
        own = self.slope(self.low)
        return made, np.concatenate((own, np.zeros(count), self.high - self.low)), -float(own @ z)


def _scene(problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, weights: FloatArray) -> _Scene:
    if welfare.form != "linear" or ambiguity.shape != "box":
        raise NotApplicableError(
            f"minimax regret of {welfare.title} over a set of shape {ambiguity.shape!r} is not supported",
            where="ambiguity",
            remedy="Utilitarian() with a box (endorsement_interval, or shape='box')",
        )
    slope = welfare.gradient(np.ones(len(weights)), weights)
    pulls, (low, high) = ambiguity.pulls(problem, slope), ambiguity.box
    sure = ambiguity.known(problem).T @ slope
    unknown = (low < high) & (np.diff(pulls.indptr) > 0)
    sure = sure + pulls[np.flatnonzero(~unknown)].T @ low[~unknown]
    at = np.flatnonzero(unknown)
    return _Scene(problem.feasible, sp.csr_array(pulls[at]), sure, low[at], high[at], None)


def _full(ambiguity: Ambiguity, scene: _Scene, theta: FloatArray, pulls: sp.csr_array) -> FloatArray:
    low, high = ambiguity.box
    made = low.copy()
    made[np.flatnonzero((low < high) & (np.diff(pulls.indptr) > 0))] = theta
    return made


def regret_of(
    problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, weights: FloatArray, z: FloatArray
) -> tuple[float, FloatArray]:
    """Largest regret of a given allocation, and an endorsement at which it is lost.

    Parameters
    ----------
    problem, ambiguity, welfare, weights
        As for :func:`minimax_regret`.
    z
        Variables.

    Returns
    -------
    regret, theta
        A number and (G*P,).

    Raises
    ------
    NotApplicableError
        Not utilitarian, or not a box.
    """
    scene = _scene(problem, ambiguity, welfare, weights)
    theta, regret, _ = scene.adversary(z)
    pulls = ambiguity.pulls(problem, welfare.gradient(np.ones(len(weights)), weights))
    return regret, _full(ambiguity, scene, theta, pulls)


def minimax_regret(
    problem: AllocationProblem,
    ambiguity: Ambiguity,
    welfare: Welfare,
    weights: FloatArray,
    *,
    relative: float = 1e-7,
    time_limit: float | None = None,
) -> RegretResult:
    """The allocation of least largest regret, by adding the endorsements at which regret is largest.

    Regret is convex in the endorsement, so it is largest at a corner of the box; the corner is found by a
    mixed-integer programme, one binary variable an unknown, not by trying all corners.

    Parameters
    ----------
    problem
        As returned by :meth:`Ambiguity.prepared`.
    ambiguity
        A box.
    welfare
        Linear.
    weights
        (n,) people an agent stands for.
    relative
        Gap between the two bounds at which to stop, relative to the best welfare.
    time_limit
        Seconds for each programme.

    Returns
    -------
    RegretResult
        With both bounds.

    Raises
    ------
    NotApplicableError
        Not utilitarian, or not a box.
    InfeasibleError
        Nothing is feasible.
    SolverError
        No convergence.

    References
    ----------
    Kouvelis, P. and Yu, G. (1997), Robust Discrete Optimization, doi:10.1007/978-1-4757-2620-6.
    """
    scene = _scene(problem, ambiguity, welfare, weights)
    scene = _Scene(scene.base, scene.pulls, scene.sure, scene.low, scene.high, time_limit)
    size = scene.base.size
    rows: list[FloatArray] = []
    best: list[float] = []
    seconds = 0.0
    theta = (scene.low + scene.high) / 2
    found = solve_linear(scene.base, scene.slope(theta))
    z, top, worst, floor = found.z, np.inf, theta, 0.0
    at = z
    for _ in range(_ROUNDS):
        theta, regret, bound = scene.adversary(z)
        if max(bound, regret) < top:
            top, at, worst = max(bound, regret), z, theta
        unit = max(abs(float(scene.slope(theta) @ z)) + regret, 1e-12)
        if top - floor <= relative * unit:
            break
        known = solve_linear(scene.base, scene.slope(theta), time_limit=time_limit)
        rows.append(scene.slope(theta))
        best.append(known.value)
        master = scene.base.extended(np.zeros(1), np.array([max(best) - min(0.0, *(float(r @ z) for r in rows)) + top]))
        cut = sp.hstack([sp.csr_array(-np.stack(rows)), sp.csr_array(-np.ones((len(rows), 1)))], format="csr")
        master = master.with_blocks(Block("regret", cut, -np.array(best), blamable=False))
        answer = solve_linear(master, np.concatenate((np.zeros(size), [-1.0])), time_limit=time_limit)
        seconds += answer.seconds + known.seconds
        floor, z = max(floor, -answer.bound), answer.z[:size]
    else:
        raise SolverError("bounds did not meet", where="minimax_regret", remedy="loosen relative")
    optimality = bounded_gap(
        scene.base,
        at,
        -top,
        -floor,
        size=unit,
        relative=2 * relative,
        recomputed=False,
        statement="endorsements found so far against the corner programme; bounds of HiGHS, not recomputed",
    )
    pulls = ambiguity.pulls(problem, welfare.gradient(np.ones(len(weights)), weights))
    return RegretResult(at, top, _full(ambiguity, scene, worst, pulls), optimality, seconds)
