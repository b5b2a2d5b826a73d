"""A first guess of inverse bids: the equations run backwards from a top bid, which is sought by halving.

Rough on purpose: it finds out who stops where, and collocation does the rest. Downwards from the top bid a group that
bids less high enters where it would want to: where its largest value v satisfies v - b = (k - 1) / (sum over the k
active bidders of 1 / (phi_j - b)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import BoolArray, FloatArray
from .inverse_bids import Contest, InverseBids

__all__ = ["first_guess", "straight_guess"]

STEPS, ROUNDS, TRIALS, TABLE = 160, 4, 24, 1_025


@dataclass(frozen=True, eq=False)
class Path:
    """One run from a top bid downwards.

    Attributes
    ----------
    b, phi
        (steps,) bids, falling, and (steps, groups) values.
    top
        (groups,) where each began to bid.
    """

    b: FloatArray
    phi: FloatArray
    top: FloatArray


@dataclass(eq=False)
class Runs:
    """Runs from several top bids at once.

    Attributes
    ----------
    contest
        Who bids.
    b, phi, active, top
        (runs,), (runs, groups) ...: where each run is, who bids there, and where each group began.
    strayed
        (runs,) Did values fall to bids before bids began, so that the top bid was too high?
    """

    contest: Contest
    b: FloatArray
    phi: FloatArray
    active: FloatArray
    top: FloatArray
    strayed: BoolArray

    @classmethod
    def begin(cls, contest: Contest, tops: FloatArray) -> Runs:
        """At the top bids."""
        runs, groups = len(tops), len(contest.laws)
        first = np.tile(_first_active(contest), (runs, 1))
        phi = np.tile(contest.tops, (runs, 1))
        made = cls(contest, np.array(tops), phi, first, np.full((runs, groups), contest.start), np.zeros(runs, bool))
        made.top[first > 0] = np.repeat(tops, int(first[0].sum()))
        made.enter()
        return made

    def enter(self) -> None:
        """Groups that begin to bid here do."""
        contest = self.contest
        for g in np.argsort(-contest.tops):
            near = 1 / np.maximum(self.phi - self.b[:, None], 1e-12)
            needed = (self.active @ contest.count - 1) / ((self.active * contest.count * near).sum(axis=1))
            gap = contest.tops[g] - self.b
            here = (self.active[:, g] == 0) & (gap > 0) & (gap >= needed)
            self.active[here, g] = 1.0
            self.top[here, g] = self.b[here]

    def rate(self, tables: Tables, phi: FloatArray, b: FloatArray) -> FloatArray:
        """(runs, groups) d phi / db; 0 where a run has strayed."""
        near = 1 / np.maximum(phi - b[:, None], 1e-9)
        total = (self.active * self.contest.count * near).sum(axis=1, keepdims=True)
        others = (self.active @ self.contest.count - 1)[:, None]
        made: FloatArray = self.active * (total / others - near) / tables.at(phi)
        made[self.strayed] = 0.0
        return made

    def step(self, tables: Tables, width: FloatArray) -> None:
        """One step of Runge and Kutta downwards."""
        w, phi, b = width[:, None], self.phi, self.b
        one = self.rate(tables, phi, b)
        two = self.rate(tables, phi - w / 2 * one, b - width / 2)
        three = self.rate(tables, phi - w / 2 * two, b - width / 2)
        four = self.rate(tables, phi - w * three, b - width)
        self.phi = phi - w / 6 * (one + 2 * two + 2 * three + four)
        self.b = b - width
        fits = (self.phi > self.b[:, None] + 1e-6 * w) | (self.active == 0)
        self.strayed |= ~fits.all(axis=1)
        self.enter()


class Tables:
    """Hazards f / F by linear interpolation."""

    def __init__(self, contest: Contest) -> None:
        self.values, self.hazards = [], []
        for law in contest.laws:
            v = law.low + (law.high - law.low) * np.linspace(0, 1, TABLE)[1:] ** 2
            self.values.append(v)
            hazard = law.pdf(v) / law.cdf(v)
            self.hazards.append(np.maximum(hazard, 0.02 * np.median(hazard)))  # a density may vanish at the top

    def at(self, phi: FloatArray) -> FloatArray:
        """(runs, groups) hazards."""
        columns = zip(phi.T, self.values, self.hazards, strict=True)
        return np.stack([np.interp(x, v, h) for x, v, h in columns], axis=1)


def _first_active(contest: Contest) -> FloatArray:
    """(groups,) who bids highest: the groups with the largest values, two bidders at least."""
    active, tops = np.zeros(len(contest.laws)), contest.tops
    for g in np.argsort(-tops):
        if active @ contest.count >= 2 and tops[g] < tops[active > 0].min() - 1e-12:
            break
        active[g] = 1.0
    return active


def first_guess(contest: Contest) -> InverseBids:
    """Inverse bids to begin with: who stops where, and polynomials through a run from about the right top bid."""
    tables, low = Tables(contest), contest.start
    high = float(contest.tops[_first_active(contest) > 0].min())
    best = None
    for _ in range(ROUNDS):
        trials = low + (high - low) * (np.arange(TRIALS) + 1) / (TRIALS + 1)
        runs = Runs.begin(contest, trials)
        width = (trials - contest.start) / STEPS
        b, phi = [runs.b], [runs.phi]
        for _ in range(STEPS - 1):
            runs.step(tables, width)
            b.append(runs.b)
            phi.append(runs.phi)
        good = np.flatnonzero(~runs.strayed)
        k = int(good[-1]) if len(good) else 0
        if len(good) or best is None:
            best = Path(np.array(b)[:, k], np.array(phi)[:, k], runs.top[k])
        low, high = (trials[k] if len(good) else low), (trials[min(k + 1, TRIALS - 1)] if len(good) else trials[0])
    assert best is not None
    return _fitted(contest, best)


def straight_guess(contest: Contest) -> InverseBids:
    """Inverse bids to begin with if all stop at the same bid: straight lines (roots at a reserve) to a top bid.

    The top bid is the mean of what it would be among bidders alike, E[largest of the others' values].
    """
    n = float(contest.count.sum())
    x = np.linspace(0, 1, 401)
    tops = []
    for law in contest.laws:
        v = contest.start + (law.high - contest.start) * x
        beaten = law.cdf(v) ** (n - 1)
        tops.append(law.high - (law.high - contest.start) * float((beaten[1:] + beaten[:-1]).mean() / 2))
    top = min(float(np.mean(tops)), contest.start + 0.95 * float(contest.tops.min() - contest.start))
    b = top - (top - contest.start) * x[:-1] ** 2
    share = (1 - x[:-1] ** 2) ** (1 / contest.power)
    phi = contest.starts + share[:, None] * (contest.tops - contest.starts)
    return _fitted(contest, Path(b, phi, np.full(len(contest.laws), top)))


def _fitted(contest: Contest, path: Path, degree: int = 8) -> InverseBids:
    """Polynomials through a run, in segments that end where a group stops."""
    edges = np.unique(np.maximum(path.top, contest.start + 1e-3 * (path.b[0] - contest.start)))
    active = np.array([(path.top >= edge - 1e-12).astype(float) for edge in edges])
    edges = np.concatenate(([contest.start], edges))
    b, phi = path.b[::-1], path.phi[::-1]
    sound = b > contest.start + 0.1 * (b[-1] - contest.start)  # below, a run that is not quite right goes astray
    b, phi = b[sound], phi[sound]
    b, phi = np.append(contest.start, b), np.vstack((contest.starts, phi))
    shape = InverseBids(contest, edges, active, np.zeros((*active.shape, degree + 1)))
    y = (1 - np.cos(np.linspace(0, np.pi, 60)[1:])) / 2

    def straight(b: FloatArray) -> FloatArray:
        made: FloatArray = np.maximum(b - contest.start, 0) ** (1 / contest.power)
        return made

    for s in range(shape.segments):
        t = shape.basis(s, y)[0]
        at = straight(shape.bids(s, y))
        for g in np.flatnonzero(active[s]):
            goal = np.interp(at, straight(b), phi[:, g]) - (contest.starts[g] if s == 0 else 0.0)
            shape.coefficients[s, g] = np.linalg.lstsq(t, goal, rcond=None)[0]
    return shape
