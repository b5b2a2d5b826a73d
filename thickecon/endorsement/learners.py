"""Chances learnt from covariates: a logistic regression of our own, or any classifier of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import EvidenceError

__all__ = ["learnt", "logistic"]

Predictor = Callable[[FloatArray], FloatArray]


def logistic(
    x: FloatArray, y: FloatArray, weight: FloatArray | None = None, *, steps: int = 25, ridge: float = 1e-6
) -> Predictor:
    """A logistic regression by Newton's method: the default learner; returns x -> chances.

    Parameters
    ----------
    x
        (n, K).
    y
        (n,) 0 or 1.
    weight
        (n,) of the observations; None: all alike.
    steps, ridge
        At most so many; added to the Hessian's diagonal per observation.
    """
    z = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(z.shape[1])
    rate = float(np.clip(np.average(y, weights=weight), 1e-6, 1 - 1e-6))
    b[0] = np.log(rate / (1 - rate))
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-np.clip(z @ b, -35, 35)))
        gap, spread = y - p, p * (1 - p)
        if weight is not None:
            gap, spread = weight * gap, weight * spread
        hessian = (z * spread[:, None]).T @ z + ridge * len(y) * np.eye(len(b))
        move = np.linalg.solve(hessian, z.T @ gap)
        b += move
        if np.abs(move).max() < 1e-10:
            break

    def predict(new: FloatArray) -> FloatArray:
        index = b[0] + new @ b[1:]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(index, -35, 35))))

    return predict


def learnt(learner: Any, x: FloatArray, y: FloatArray, weight: FloatArray | None = None) -> Predictor:
    """X -> chances that y is 1, by ``learner`` (None: :func:`logistic`), fitted afresh.

    Raises
    ------
    EvidenceError
        There are weights and the learner takes none.
    """
    if learner is None:
        return logistic(x, y, weight)
    if y.min() == y.max():  # a classifier that saw one class has one column of chances
        always = float(y[0])
        return lambda new: np.full(len(new), always)
    from sklearn.base import clone
    from sklearn.utils.validation import has_fit_parameter

    fresh = clone(learner)
    if weight is None:
        made = fresh.fit(x, y.astype(int))
    elif has_fit_parameter(fresh, "sample_weight"):
        made = fresh.fit(x, y.astype(int), sample_weight=weight)
    else:
        raise EvidenceError(
            f"{type(learner).__name__} takes no weights", where="learner", remedy="another learner, or no weights"
        )
    return lambda new: np.asarray(made.predict_proba(new)[:, 1])
