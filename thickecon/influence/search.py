"""A search for a manipulator's best efforts, where no exact way is known: what it finds is a lower bound."""

from __future__ import annotations

import numpy as np

from .hunt import Hunt

__all__ = ["search"]


def search(hunt: Hunt, evaluations: int) -> None:
    """Corners, single influences on a grid, random points, then the best refined coordinate by coordinate.

    Parameters
    ----------
    hunt
        Keeps the best.
    evaluations
        Runs of the mechanism, at most (a last round of refinements is finished).
    """
    top, count, end = hunt.limits, hunt.count, hunt.runs + evaluations
    hunt.try_(top)
    for k, share in ((k, share) for share in _grid(evaluations, count) for k in range(count)):
        if hunt.runs >= end:
            return
        hunt.try_(np.eye(count)[k] * share * top[k])
    for _ in range(evaluations // 3 if count > 1 else 0):
        if hunt.runs >= end:
            return
        scaled = hunt.gen.random(count) * top
        while hunt.cost(scaled) > hunt.budget * (1 + 1e-9):
            scaled = 0.7 * scaled  # costs rise with efforts: within the budget after finitely many steps
        hunt.try_(scaled)
    width = 0.1 * top
    while hunt.runs < end and (width > 1e-6 * np.maximum(top, 1e-300)).any():
        before, moved_any = hunt.net, hunt.runs
        for k in range(count):
            for sign in (-1.0, 1.0):
                moved = hunt.best[1].copy()
                moved[k] = np.clip(moved[k] + sign * width[k], 0.0, top[k])
                hunt.try_(moved)
        if hunt.net <= before or hunt.runs == moved_any:
            width = width / 2


def _grid(evaluations: int, count: int) -> list[float]:
    return [float(share) for share in np.linspace(0, 1, max(4, evaluations // (3 * count)))[1:]]
