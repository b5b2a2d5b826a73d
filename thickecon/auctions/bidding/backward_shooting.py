"""A first guess of inverse bids: the equations run backwards from a top bid, which is sought by halving.

Rough on purpose: it finds out who stops where, and collocation does the rest. Downwards from the top bid a group that
bids less high enters where it would want to: where its largest value v satisfies v - b = (k - 1) / sum of 1 / (phi_j - b)
over the k bidders that are active.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..._core.arrays import FloatArray
from .inverse_bids import Contest, InverseBids

__all__ = ["first_guess"]

STEPS, HALVINGS, TABLE = 160, 26, 1_025


@dataclass(eq=False)
class Path:
    """One run from a top bid downwards.

    Attributes
    ----------
    b, phi
        (steps,) bids, falling, and (steps, groups) values.
    top
        (groups,) where each began to bid.
    low
        Did values fall to bids before the start of bids was reached: was the top bid too high?
    """

    b: list[float] = field(default_factory=list)
    phi: list[FloatArray] = field(default_factory=list)
    top: FloatArray = field(default_factory=lambda: np.zeros(0))
    low: bool = False


class Tables:
    """Hazards f / F by linear interpolation, since they are asked for one value at a time."""

    def __init__(self, contest: Contest) -> None:
        self.values, self.hazards = [], []
        for law in contest.laws:
            v = law.low + (law.high - law.low) * np.linspace(0, 1, TABLE)[1:] ** 2
            self.values.append(v)
            self.hazards.append(law.pdf(v) / law.cdf(v))

    def at(self, phi: FloatArray) -> FloatArray:
        """(groups,) hazards."""
        return np.array([np.interp(x, v, h) for x, v, h in zip(phi, self.values, self.hazards, strict=True)])


def _first_active(contest: Contest) -> FloatArray:
    """(groups,) who bids highest: the groups with the largest values, two bidders at least."""
    active, tops = np.zeros(len(contest.laws)), contest.tops
    for g in np.argsort(-tops):
        if active @ contest.count >= 2 and tops[g] < tops[active > 0].min() - 1e-12:
            break
        active[g] = 1.0
    return active


def _enter(contest: Contest, phi: FloatArray, b: float, active: FloatArray) -> list[int]:
    """Groups that begin to bid here."""
    found = []
    for g in np.argsort(-contest.tops):
        if not active[g] and contest.tops[g] > b:
            on = active > 0
            needed = (active @ contest.count - 1) / float((contest.count / (phi - b))[on].sum())
            if contest.tops[g] - b >= needed:
                active[g] = 1.0
                found.append(int(g))
    return found


def _run(contest: Contest, tables: Tables, top: float) -> Path:
    active, phi, path = _first_active(contest), np.array(contest.tops), Path()
    path.top = np.where(active > 0, top, contest.start)
    path.top[_enter(contest, phi, top, active)] = top
    b, step = top, (top - contest.start) / STEPS

    def rate(phi: FloatArray, b: float) -> FloatArray:
        k = float(active @ contest.count)
        near = np.maximum(phi - b, 1e-9)
        total = float((active * contest.count) @ (1 / near))
        made: FloatArray = active * (total / (k - 1) - 1 / near) / tables.at(phi)
        return made

    while True:
        path.b.append(b)
        path.phi.append(phi)
        if b <= contest.start + 1.5 * step:
            return path
        one = rate(phi, b)
        two = rate(phi - step / 2 * one, b - step / 2)
        three = rate(phi - step / 2 * two, b - step / 2)
        four = rate(phi - step * three, b - step)
        phi = phi - step / 6 * (one + 2 * two + 2 * three + four)
        b -= step
        if not (phi > b + 1e-6 * step)[active > 0].all():
            path.low = True
            return path
        entered = _enter(contest, phi, b, active)
        path.top[entered] = b


def first_guess(contest: Contest) -> InverseBids:
    """Inverse bids to begin with: who stops where, and polynomials through a run from about the right top bid."""
    tables, low = Tables(contest), contest.start
    high = float(contest.tops[_first_active(contest) > 0].min())
    best = None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        path = _run(contest, tables, middle)
        if path.low:
            high = middle
        else:
            low = middle
        if best is None or len(path.b) >= len(best.b):
            best = path
    assert best is not None
    return _fitted(contest, best)


def _fitted(contest: Contest, path: Path, degree: int = 8) -> InverseBids:
    """Polynomials through a run, in segments that end where a group stops."""
    edges = np.unique(np.maximum(path.top, contest.start + 1e-3 * (path.b[0] - contest.start)))
    active = np.array([(path.top >= edge - 1e-12).astype(float) for edge in edges])
    edges = np.concatenate(([contest.start], edges))
    b, phi = np.array(path.b)[::-1], np.array(path.phi)[::-1]
    b, phi = np.append(contest.start, b), np.vstack((np.full(len(contest.laws), contest.start), phi))
    shape = InverseBids(contest, edges, active, np.zeros((*active.shape, degree + 1)))
    y = (1 - np.cos(np.linspace(0, np.pi, 60)[1:])) / 2
    for s in range(shape.segments):
        t = shape.basis(s, y)[0]
        at = shape.bids(s, y)
        for g in np.flatnonzero(active[s]):
            goal = np.interp(at, b, phi[:, g]) - (contest.start if s == 0 else 0.0)
            shape.coefficients[s, g] = np.linalg.lstsq(t, goal, rcond=None)[0]
    return shape
