"""Goldin and Reck's shares with covariates: a score that errors of the learner do not move, cross-fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import FloatArray, IntArray
from .._core.rng import RNG, generator
from ..errors import EvidenceError
from .learners import learnt

__all__ = ["Nuisances", "OrthogonalShares", "cross_fitted", "orthogonal_shares", "scored"]

LEAST_CHANCE = 0.01
"""Of a framing given covariates; below it a person would count more than a hundredfold."""


@dataclass(frozen=True, eq=False)
class Nuisances:
    """Learnt from covariates, each person's by people of other folds.

    Attributes
    ----------
    mean
        (F, n) E[y | framing, w], framings 0 against, 1 for, and 2 neutral if there is such an arm.
    chance
        (F, n) P(framing | w), at least 1 %.
    short
        Share of people for whom some chance was less.
    """

    mean: FloatArray
    chance: FloatArray
    short: float = 0.0


@dataclass(frozen=True, eq=False)
class OrthogonalShares:
    """Shares who prefer the option, and what they are made of.

    Attributes
    ----------
    names
        ``people``, ``moved``: E_w[q(w)], and E[(1 - c) q] / E[1 - c], of those whom the frame moves. ``consistent``:
        E[c]. ``y_against``, ``y_for``: shares who would choose it if all saw the frame. With a neutral arm also
        ``neutral_people`` and ``neutral_moved``.
    values, covariance
        (Q,) and (Q, Q).
    trimmed
        Share of people left out of ``people`` and ``moved``, whose c(w) falls below the limit.
    pull
        (n,) unbiased scores of Y1(w) - Y0(w).
    """

    names: tuple[str, ...]
    values: FloatArray
    covariance: FloatArray
    trimmed: float
    pull: FloatArray

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def variance(self, *names: str) -> FloatArray:
        """(k, k) covariance of the named."""
        at = [self.names.index(name) for name in names]
        return np.asarray(self.covariance[np.ix_(at, at)])


def orthogonal_shares(
    y: FloatArray,
    framing: IntArray,
    w: FloatArray,
    *,
    learner: Any = None,
    folds: int = 5,
    trim: float = 0.05,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
    rng: RNG = 0,
) -> OrthogonalShares:
    """Shares under decision-quality independence given covariates, or by a neutral arm.

    With mu_d(w) = E[y | D = d, w], e(w) = P(D = 1 | w), c = 1 - mu1 + mu0 and q = mu0 / c, the mean of

        q + (1 - mu1) / c^2 (1 - D)(y - mu0) / (1 - e) + mu0 / c^2 D (y - mu1) / e

    is E[q(w)], and errors of the learner in mu and e move it only in second order. For those who are moved, the
    numerator h = (mu1 - mu0) mu0 / c is corrected likewise and divided by the corrected mean of mu1 - mu0. Nuisances
    are learnt on the other folds.

    Parameters
    ----------
    y
        (n,) 1 where the option was chosen.
    framing
        (n,) 0 against, 1 for, 2 neutral.
    w
        (n, K) covariates.
    learner
        Any scikit-learn classifier with ``predict_proba``; None: a logistic regression of our own.
    folds
        At least 2.
    trim
        People with c(w) below it are left out: who is hardly ever consistent tells nothing.
    weight
        (n,) of the people; None: all alike.
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
    found = cross_fitted(y, framing, w, learner=learner, folds=folds, weight=weight, cluster=cluster, rng=rng)
    return scored(y, framing, found, trim=trim, weight=weight, cluster=cluster)


def cross_fitted(
    y: FloatArray,
    framing: IntArray,
    w: FloatArray,
    *,
    learner: Any = None,
    folds: int = 5,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
    rng: RNG = 0,
) -> Nuisances:
    """The nuisances; parameters as in :func:`orthogonal_shares`.

    Raises
    ------
    EvidenceError
        Fewer than two folds, or a fold without one of the frames.
    """
    n, arms = len(y), 3 if (framing == 2).any() else 2
    if folds < 2:
        raise EvidenceError(f"must be at least 2, found {folds!r}", where="folds")
    unit = np.arange(n) if cluster is None else cluster
    fold = (generator(rng).permutation(int(unit.max()) + 1) % folds)[unit]
    mean, chance = np.empty((arms, n)), np.empty((arms, n))
    for k in range(folds):
        out, here = fold != k, fold == k
        for d in range(arms):
            seen = out & (framing == d)
            if seen.sum() < 2 or not here.any():
                raise EvidenceError(
                    f"a fold has too few people under frame {d}", where="GoldinReck", remedy="fewer folds, more people"
                )
            given = None if weight is None else weight[seen]
            mean[d, here] = learnt(learner, w[seen], y[seen], given)(w[here])
        rest = w[out], None if weight is None else weight[out]
        for d in range(1, arms):
            chance[d, here] = learnt(learner, rest[0], (framing[out] == d).astype(np.float64), rest[1])(w[here])
    chance[0] = np.maximum(1 - chance[1:].sum(axis=0), 0.0)
    short = chance.min(axis=0) < LEAST_CHANCE
    return Nuisances(mean, np.maximum(chance, LEAST_CHANCE), float(short.mean()))


def scored(
    y: FloatArray,
    framing: IntArray,
    nuisances: Nuisances,
    *,
    trim: float = 0.05,
    weight: FloatArray | None = None,
    cluster: IntArray | None = None,
) -> OrthogonalShares:
    """The shares and their covariance from given nuisances; parameters as in :func:`orthogonal_shares`.

    Raises
    ------
    EvidenceError
        Nobody is left after trimming.
    """
    n = len(y)
    share = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    mu, arms = nuisances.mean, np.arange(len(nuisances.mean))[:, None]
    off = (framing == arms) * (y - mu) / nuisances.chance
    mu0, mu1 = mu[:2]
    c = 1 - mu1 + mu0
    kept = c >= trim
    if not kept.any():
        raise EvidenceError("hardly anybody is consistent, whatever the covariates", where="GoldinReck.trim")
    safe = np.where(kept, c, 1.0)
    gap = (mu1 - mu0) * mu0
    q = kept * (mu0 / safe + (1 - mu1) / safe**2 * off[0] + mu0 / safe**2 * off[1])
    h = kept * (gap / safe + ((mu1 - 2 * mu0) * safe - gap) / safe**2 * off[0] + mu0 / safe**2 * off[1])
    corrected = mu + off
    pull = corrected[1] - corrected[0]
    means = {"people": (q, kept), "moved": (h, kept * pull), "consistent": (1 - pull, None)}
    means |= {"y_against": (corrected[0], None), "y_for": (corrected[1], None)}
    if len(mu) == 3:
        means |= {"neutral_people": (corrected[2], None), "neutral_moved": (corrected[2] - corrected[0], pull)}
    values, influence = [], []
    for top, bottom in means.values():
        value, effect = _ratio(share, top, bottom)
        values.append(value)
        influence.append(effect)
    scores = share * np.array(influence)
    groups = n
    if cluster is not None:
        _, code = np.unique(cluster, return_inverse=True)
        groups = int(code.max()) + 1
        scores = np.stack([np.bincount(code, row, minlength=groups) for row in scores])
    covariance = scores @ scores.T * groups / max(groups - 1, 1)
    return OrthogonalShares(tuple(means), np.array(values), covariance, float(1 - kept.mean()), pull)


def _ratio(share: FloatArray, top: FloatArray, bottom: FloatArray | None) -> tuple[float, FloatArray]:
    """Mean of ``top`` over mean of ``bottom``, and each person's influence on it; nan where there is nothing below."""
    if bottom is None:
        value = float(share @ top)
        return value, top - value
    below = float(share @ bottom)
    if below == 0:
        return float("nan"), np.full(len(top), np.nan)
    value = float(share @ top) / below
    return value, (top - value * bottom) / below
