"""Two classes, several raters who err: maximum likelihood by the EM algorithm of Dawid and Skene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import EvidenceError, SolverError

__all__ = ["RaterErrors", "dawid_skene"]


@dataclass(frozen=True, eq=False)
class RaterErrors:
    """Shares and error rates.

    Attributes
    ----------
    share
        (C,) endorsed, by component.
    covariance
        (C, C) of the shares, from the outer product of scores.
    alpha, beta
        (R,) P(labelled endorsed | not), P(labelled not | endorsed).
    posterior
        (items,) chance that an item is endorsed.
    log_likelihood, iterations
        At the end.
    """

    share: FloatArray
    covariance: FloatArray
    alpha: FloatArray
    beta: FloatArray
    posterior: FloatArray
    log_likelihood: float
    iterations: int


def dawid_skene(
    item: IntArray, rater: IntArray, label: FloatArray, component: IntArray, raters: int, *, steps: int = 5000
) -> RaterErrors:
    """Fit shares of components and error rates of raters.

    1. Posterior of each item from majority labels.
    2. M: share of a component = mean posterior; alpha_r, beta_r = weighted rates of wrong labels.
    3. E: posterior from shares and rates; until the likelihood rises by less than 1e-12 of itself.

    The labelling of classes is fixed by alpha + beta < 1 on average.

    Parameters
    ----------
    item, rater, label
        (rows,) positions and labels 0 or 1.
    component
        (items,) positions.
    raters
        How many.
    steps
        At most.

    Raises
    ------
    EvidenceError
        Rates at which labels say nothing.
    SolverError
        No convergence.
    """
    items = int(item.max()) + 1
    count = np.bincount(component)
    p = np.bincount(item, label, items) / np.bincount(item, minlength=items)
    last, done = -np.inf, 0
    while done < steps:
        done += 1
        share = np.bincount(component, p) / count
        mine = p[item]
        beta = np.bincount(rater, mine * (1 - label), raters) / np.bincount(rater, mine, raters)
        alpha = np.bincount(rater, (1 - mine) * label, raters) / np.bincount(rater, 1 - mine, raters)
        share, alpha, beta = (np.clip(x, 1e-9, 1 - 1e-9) for x in (share, alpha, beta))
        yes = np.log(share)[component] + np.bincount(
            item, np.log(np.where(label > 0, 1 - beta[rater], beta[rater])), items
        )
        no = np.log1p(-share)[component] + np.bincount(
            item, np.log(np.where(label > 0, alpha[rater], 1 - alpha[rater])), items
        )
        both = np.logaddexp(yes, no)
        p, value = np.exp(yes - both), float(both.sum())
        if value - last < 1e-12 * abs(value):
            break
        last = value
    else:
        raise SolverError(f"no convergence in {steps} steps", where="dawid_skene")
    if alpha.mean() + beta.mean() >= 1:
        raise EvidenceError("labels say nothing: alpha + beta is 1 or more on average", where="dawid_skene")
    return RaterErrors(
        share, _covariance(item, rater, label, component, p, share, alpha, beta), alpha, beta, p, value, done
    )


def _covariance(
    item: IntArray, rater: IntArray, label: FloatArray, component: IntArray, p: FloatArray, share: FloatArray,
    alpha: FloatArray, beta: FloatArray,
) -> FloatArray:  # fmt: skip
    """Of the shares: inverse outer product of the items' scores, each the posterior mean of the complete-data score."""
    count, raters = len(share), len(alpha)
    scores = np.zeros((len(p), count + 2 * raters))
    scores[np.arange(len(p)), component] = p / share[component] - (1 - p) / (1 - share[component])
    wrong_no = (1 - p[item]) * np.where(label > 0, 1 / alpha[rater], -1 / (1 - alpha[rater]))
    wrong_yes = p[item] * np.where(label > 0, -1 / (1 - beta[rater]), 1 / beta[rater])
    np.add.at(scores, (item, count + rater), wrong_no)
    np.add.at(scores, (item, count + raters + rater), wrong_yes)
    information = scores.T @ scores
    made = np.linalg.pinv(information, hermitian=True)[:count, :count]
    return np.asarray(0.5 * (made + made.T))
