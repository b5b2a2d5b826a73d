"""A first guess of inverse bids: the equations run backwards from a top bid, which is sought by halving.

Rough on purpose: it finds out who stops where, and collocation does the rest. Downwards from the top bid a group that
bids less high enters where it would want to: where its largest value v satisfies v - b = (k - 1) / (sum over the k
active bidders of 1 / (phi_j - b)).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..._core.arrays import FloatArray
from .inverse_bids import Contest, InverseBids

__all__ = ["first_guess", "straight_guess"]

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
            hazard = law.pdf(v) / law.cdf(v)
            self.hazards.append(np.maximum(hazard, 0.02 * np.median(hazard)))  # a density may vanish at the top

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
    best: Path | None = None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        path = _run(contest, tables, middle)
        if path.low:
            high = middle
        else:
            low, best = middle, path
    return _fitted(contest, best or path)


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
    path = Path(top=np.full(len(contest.laws), top))
    path.b = (top - (top - contest.start) * x[:-1] ** 2).tolist()
    share = (1 - x[:-1] ** 2) ** (1 / contest.power)
    path.phi = list(contest.starts + share[:, None] * (contest.tops - contest.starts))
    return _fitted(contest, path)


def _fitted(contest: Contest, path: Path, degree: int = 8) -> InverseBids:
    """Polynomials through a run, in segments that end where a group stops."""
    edges = np.unique(np.maximum(path.top, contest.start + 1e-3 * (path.b[0] - contest.start)))
    active = np.array([(path.top >= edge - 1e-12).astype(float) for edge in edges])
    edges = np.concatenate(([contest.start], edges))
    b, phi = np.array(path.b)[::-1], np.array(path.phi)[::-1]
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
