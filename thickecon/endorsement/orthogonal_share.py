"""Goldin and Reck's shares with covariates: a score that errors of the learner do not move, cross-fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import FloatArray, IntArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError

__all__ = ["OrthogonalShares", "logistic", "orthogonal_shares"]


@dataclass(frozen=True, eq=False)
class OrthogonalShares:
    """Shares who prefer the option.

    Attributes
    ----------
    people, moved
        E_w[q(w)], and E[(1 - c) q] / E[1 - c]: of all people, and of those whom the frame moves.
    consistent
        E[c].
    covariance
        (3, 3) of the three.
    trimmed
        Share of people left out, whose c(w) falls below the limit.
    """

    people: float
    moved: float
    consistent: float
    covariance: FloatArray
    trimmed: float


def logistic(
    x: FloatArray, y: FloatArray, *, steps: int = 25, ridge: float = 1e-6
) -> Callable[[FloatArray], FloatArray]:
    """A logistic regression by Newton's method: the default learner; returns x -> chances.

    Parameters
    ----------
    x
        (n, K).
    y
        (n,) 0 or 1.
    steps, ridge
        At most so many; added to the Hessian's diagonal per observation.
    """
    z = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(z.shape[1])
    rate = float(np.clip(y.mean(), 1e-6, 1 - 1e-6))
    b[0] = np.log(rate / (1 - rate))
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-np.clip(z @ b, -35, 35)))
        gradient = z.T @ (y - p)
        hessian = (z * (p * (1 - p))[:, None]).T @ z + ridge * len(y) * np.eye(len(b))
        move = np.linalg.solve(hessian, gradient)
        b += move
        if np.abs(move).max() < 1e-10:
            break

    def predict(new: FloatArray) -> FloatArray:
        index = b[0] + new @ b[1:]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(index, -35, 35))))

    return predict


def _fitted(learner: Any, x: FloatArray, y: FloatArray) -> Callable[[FloatArray], FloatArray]:
    if learner is None:
        return logistic(x, y)
    from sklearn.base import clone

    made = clone(learner).fit(x, y.astype(int))
    return lambda new: np.asarray(made.predict_proba(new)[:, 1])


def orthogonal_shares(
    y: FloatArray,
    frame: FloatArray,
    w: FloatArray,
    *,
    learner: Any = None,
    folds: int = 5,
    trim: float = 0.05,
    cluster: IntArray | None = None,
    rng: RNG = 0,
) -> OrthogonalShares:
    """Shares under decision-quality independence given covariates.

    With mu_d(w) = E[y | D = d, w], e(w) = P(D = 1 | w), c = 1 - mu1 + mu0 and q = mu0 / c, the mean of

        q + (1 - mu1) / c^2 (1 - D)(y - mu0) / (1 - e) + mu0 / c^2 D (y - mu1) / e

    is E[q(w)], and errors of the learner in mu and e move it only in second order. For those who are moved, the
    numerator h = (mu1 - mu0) mu0 / c is corrected likewise and divided by the corrected mean of mu1 - mu0. Nuisances
    are learnt on the other folds.

    Parameters
    ----------
    y, frame
        (n,) chosen, and the frame for the option: 0 or 1.
    w
        (n, K) covariates.
    learner
        Any scikit-learn classifier with ``predict_proba``; None: a logistic regression of our own.
    folds
        At least 2.
    trim
        People with c(w) below it are left out: who is hardly ever consistent tells nothing.
    cluster
        (n,) codes for clustered errors; folds keep clusters together.
    rng
        Of the folds.

    Raises
    ------
    EvidenceError
        Fewer than two folds, a fold without one of the frames, or nobody left after trimming.

    References
    ----------
    Derived here from Goldin and Reck (2020), doi:10.1086/706860, by the recipe of Chernozhukov et al. (2018),
    doi:10.1111/ectj.12097.
    """
    n = len(y)
    gen = generator(rng)
    if folds < 2:
        raise EvidenceError(f"must be at least 2, found {folds!r}", where="folds")
    unit = np.arange(n) if cluster is None else cluster
    place = gen.permutation(int(unit.max()) + 1) % folds
    fold = place[unit]
    mu0, mu1, e = np.empty(n), np.empty(n), np.empty(n)
    for k in range(folds):
        out, here = fold != k, fold == k
        for d in (0, 1):
            if (out & (frame == d)).sum() < 2 or not here.any():
                raise EvidenceError(
                    f"a fold has too few people under frame {d}", where="GoldinReck", remedy="fewer folds, more people"
                )
        mu0[here] = _fitted(learner, w[out & (frame == 0)], y[out & (frame == 0)])(w[here])
        mu1[here] = _fitted(learner, w[out & (frame == 1)], y[out & (frame == 1)])(w[here])
        e[here] = _fitted(learner, w[out], frame[out])(w[here])
    e = np.clip(e, 0.01, 0.99)
    c = 1 - mu1 + mu0
    kept = c >= trim
    if not kept.any():
        raise EvidenceError("hardly anybody is consistent, whatever the covariates", where="GoldinReck.trim")
    return _scored(y[kept], frame[kept], mu0[kept], mu1[kept], e[kept], unit[kept], float(1 - kept.mean()))


def _scored(
    y: FloatArray, d: FloatArray, mu0: FloatArray, mu1: FloatArray, e: FloatArray, unit: IntArray, trimmed: float
) -> OrthogonalShares:
    c = 1 - mu1 + mu0
    off0, off1 = (1 - d) * (y - mu0) / (1 - e), d * (y - mu1) / e
    q = mu0 / c + (1 - mu1) / c**2 * off0 + mu0 / c**2 * off1
    gap = (mu1 - mu0) * mu0
    h = gap / c + ((mu1 - 2 * mu0) * c - gap) / c**2 * off0 + mu0 / c**2 * off1
    pi = (mu1 - mu0) + off1 - off0
    people, share, rate = float(q.mean()), float(pi.mean()), 0.0
    moved = float(h.mean()) / share if share else float("nan")
    rate = 1.0 - share
    scores = np.stack([q - people, (h - moved * pi) / share if share else np.full(len(q), np.nan), 1.0 - pi - rate])
    _, code = np.unique(unit, return_inverse=True)
    groups = int(code.max()) + 1
    summed = np.stack([np.bincount(code, row, minlength=groups) for row in scores], axis=1) / len(q)
    return OrthogonalShares(people, moved, rate, summed.T @ summed * groups / max(groups - 1, 1), trimmed)
