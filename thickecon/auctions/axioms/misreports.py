"""Where types are not listed, reports are searched: what is found is a lower bound of the largest gain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import generator
from ...errors import NotApplicableError
from ...mechanism.payment import PaymentMechanism
from .stage import Self, Stage

__all__ = ["candidates", "refine", "search"]

Gain = Callable[[FloatArray], float]


def candidates(stage: Stage, base: FloatArray, agent: int, self_: Self) -> Iterator[FloatArray]:
    """(own rows,) reports worth trying: what theory names first, then single bids, rivals' bids, and shares.

    Parameters
    ----------
    stage
        Where.
    base
        (rows,) what everybody reports.
    agent
        Position of who deviates.
    self_
        Whose gain is looked for.
    """
    mine, top = stage.rows_of(agent), stage.top
    said = base[mine]
    if isinstance(stage.mechanism, PaymentMechanism) and stage.mechanism.reporting != "observed":
        with suppress(NotApplicableError):  # where no report dominates the search has to find one
            yield stage.mechanism.dominant_reports(stage.problem, self_)[mine]
    d, v = stage.values("decision")[mine], stage.values("endorsed")[mine]
    yield from (np.full(len(said), -top), d, v, d + (d - v), v - (d - v), said * 0.0)
    yield from _bids_cut(said, top)
    yield from _beside_rivals(stage, base, agent)
    for share in (0.5, 0.75, 0.9, 0.98, 1.02, 1.25, 2.0):
        yield said * share
    for shift in (0.01, 0.1, 0.5):
        yield said - shift * top
        yield said + shift * top
    gen = generator(stage.seed)
    while True:
        yield gen.uniform(-0.2 * top, top, len(said))


def _bids_cut(said: FloatArray, top: float) -> Iterator[FloatArray]:
    """Fewer bids than there are wants: demand reduction, truncation, and one bid alone or lifted."""
    order = np.argsort(-said, kind="stable")
    for kept in range(1, len(said)):
        best, first = np.full(len(said), -top), np.full(len(said), -top)
        best[order[:kept]], first[:kept] = said[order[:kept]], said[:kept]
        yield from (best, first)
    for k in range(len(said)):
        alone, lifted = np.full(len(said), -top), np.array(said)
        alone[k], lifted[k] = said[k], top
        yield from (alone, lifted, np.where(np.arange(len(said)) == k, top, -top))


def _beside_rivals(stage: Stage, base: FloatArray, agent: int) -> Iterator[FloatArray]:
    """Just above and just below what others bid for the same option, at most 60 of them."""
    index, mine = stage.problem.profile.index, stage.rows_of(agent)
    step, count = 1e-4 * stage.top, 0
    for at, row in enumerate(range(mine.start, mine.stop)):
        rivals = np.unique(base[(index.option == index.option[row]) & (index.agent != agent)])
        for level in rivals[::-1]:
            for side in (step, -step):
                if count >= 60:
                    return
                count += 1
                made = np.array(base[mine])
                made[at] = level + side
                yield made


def search(
    gain: Gain, tries: Iterator[FloatArray], evaluations: int, start: FloatArray
) -> tuple[float, FloatArray, int]:
    """(gain, report, evaluations) of the best report found: two thirds of the budget for candidates, then refined.

    Parameters
    ----------
    gain
        (k,) report -> what it brings; -inf where it leads to no outcome.
    tries
        Candidates, best ideas first.
    evaluations
        At most.
    start
        (k,) the honest report, which gains nothing.
    """
    best, at, used = 0.0, np.array(start), 0
    for lie in tries:
        if used >= max(1, 2 * evaluations // 3):
            break
        used += 1
        here = gain(lie)
        if here > best:
            best, at = here, np.array(lie)
    if best <= 0.0:
        return best, at, used
    return refine(gain, best, at, evaluations - used, used)


def refine(gain: Gain, best: float, at: FloatArray, left: int, used: int = 0) -> tuple[float, FloatArray, int]:
    """The best report moved coordinate by coordinate, and all at once, by steps that are halved.

    Parameters
    ----------
    gain
        As in :func:`search`.
    best, at
        Gain and report to start from.
    left
        Evaluations that may be spent.
    used
        Evaluations already spent.
    """
    width = 0.1 * max(float(np.abs(at).max(initial=0.0)), 1e-9)
    moves = [np.eye(len(at))[k] for k in range(len(at))] + ([np.ones(len(at))] if len(at) > 1 else [])
    floor = 1e-9 * width
    while left > 0 and width > floor:
        before = best
        for move in moves:
            for sign in (-width, width):
                if left <= 0:
                    return best, at, used
                left, used = left - 1, used + 1
                here = gain(at + sign * move)
                if here > best:
                    best, at = here, at + sign * move
        if best <= before:
            width = width / 2
    return best, at, used
