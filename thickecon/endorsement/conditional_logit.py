"""Conditional logit by maximum likelihood: arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray
from ..errors import EvidenceError, SolverError

__all__ = ["CovarianceKind", "LogitFit", "conditional_logit"]

CovarianceKind = Literal["classical", "robust", "clustered"]

_SEPARATED = 1e-3  # information, in choices: one rare choice gives about 1, a perfect prediction gives 0


@dataclass(frozen=True, eq=False)
class LogitFit:
    """Coefficients (K,), covariance (K, K), and how the fit went."""

    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    gradient_norm: float
    iterations: int


class _Likelihood:
    """Mean log likelihood of choices, its gradient and Hessian; rows of a set stand together.

    P(j | s) = exp(x_j b) / sum_{l in s} exp(x_l b); gradient sum_s (x_chosen - xbar_s); Hessian
    -sum_s (sum_j p_j x_j x_j' - xbar_s xbar_s') with xbar_s = sum_j p_j x_j. Globally concave.
    """

    def __init__(self, design: FloatArray, starts: IntArray, chosen: npt.NDArray[np.bool_]) -> None:
        self.design, self.starts = design, starts
        self.sizes = np.diff(np.append(starts, len(design)))
        self.set_of = np.repeat(np.arange(len(starts)), self.sizes)
        self.picked = design[chosen]  # one a set, in the order of sets
        self.total = self.picked.sum(axis=0)
        self._at: bytes = b""

    def _evaluate(self, b: FloatArray) -> None:
        key = b.tobytes()
        if key == self._at:
            return
        index = self.design @ b
        index -= np.maximum.reduceat(index, self.starts)[self.set_of]
        weight = np.exp(index)
        sums = np.add.reduceat(weight, self.starts)
        self.probability = weight / sums[self.set_of]
        chosen_index = self.picked @ b
        top = self.design[self.starts] @ b - index[self.starts]  # the greatest index of each set
        self.value = float((chosen_index - top - np.log(sums)).sum())
        self.weighted = self.design * self.probability[:, None]
        self.mean = np.add.reduceat(self.weighted, self.starts, axis=0)
        self._at = key

    def negative(self, b: FloatArray) -> tuple[float, FloatArray]:
        self._evaluate(b)
        count = len(self.starts)
        return -self.value / count, -(self.total - self.mean.sum(axis=0)) / count

    def hessian(self, b: FloatArray) -> FloatArray:
        """Of the negative mean log likelihood: positive semidefinite."""
        self._evaluate(b)
        found: FloatArray = (self.weighted.T @ self.design - self.mean.T @ self.mean) / len(self.starts)
        return found

    def scores(self, b: FloatArray) -> FloatArray:
        """(S, K) gradient of each set's log likelihood."""
        self._evaluate(b)
        return np.asarray(self.picked - self.mean)


def conditional_logit(
    design: FloatArray,
    starts: IntArray,
    chosen: npt.NDArray[np.bool_],
    names: list[str],
    covariance: CovarianceKind = "robust",
    cluster: IntArray | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 200,
) -> LogitFit:
    """Maximum likelihood with the analytic Hessian, and the covariance of the estimate.

    Parameters
    ----------
    design
        (rows, K) regressors; rows of a choice set are contiguous.
    starts
        (S,) first row of each set.
    chosen
        (rows,) exactly one true in each set.
    names
        K names, for errors.
    covariance
        ``"classical"``: H^-1. ``"robust"``: H^-1 (sum of squared scores of sets) H^-1. ``"clustered"``: scores
        added up by ``cluster`` first, times G / (G - 1).
    cluster
        (S,) which cluster a set belongs to.

    Raises
    ------
    EvidenceError
        Collinear regressors, or choices that a regressor predicts perfectly (no finite maximum).
    SolverError
        No convergence.

    References
    ----------
    McFadden (1974), "Conditional logit analysis of qualitative choice behavior", in Zarembka (ed.), Frontiers in
    Econometrics.
    Liang and Zeger (1986), doi:10.1093/biomet/73.1.13 (clustered covariance).
    """
    from scipy.optimize import minimize

    scale = _within_deviation(design, starts)
    _check_rank(design, starts, scale, names)
    model = _Likelihood(np.ascontiguousarray(design / scale), starts, chosen)
    answer = minimize(
        model.negative,
        np.zeros(design.shape[1]),
        jac=True,
        hess=model.hessian,
        method="trust-exact",
        options={"gtol": min(tolerance, 1e-5 / len(starts)), "maxiter": max_iterations},
    )
    b = np.asarray(answer.x, dtype=np.float64)
    gradient = float(np.abs(model.negative(b)[1]).max())
    _check_separation(model, b, names)
    if gradient > 1e-6:
        raise SolverError(
            f"trust-exact stopped after {answer.nit} iterations with gradient {gradient:.2g} ({answer.message})",
            where="conditional_logit",
            remedy="raise max_iterations",
        )
    sets = len(starts)
    bread = np.linalg.inv(model.hessian(b)) / sets
    joint = bread if covariance == "classical" else _sandwich(bread, model.scores(b), covariance, cluster)
    return LogitFit(
        b / scale,
        joint / np.outer(scale, scale),
        model.value,
        float(-np.log(model.sizes).sum()),
        gradient,
        int(answer.nit),
    )


def _sandwich(bread: FloatArray, scores: FloatArray, kind: CovarianceKind, cluster: IntArray | None) -> FloatArray:
    grow = 1.0
    if kind == "clustered":
        assert cluster is not None
        groups = int(cluster.max()) + 1
        if groups < 2:
            raise EvidenceError(
                "a clustered covariance needs at least 2 agents, found 1", where="covariance", remedy="use 'robust'"
            )
        summed = np.zeros((groups, scores.shape[1]))
        np.add.at(summed, cluster, scores)
        scores, grow = summed, groups / (groups - 1)
    found: FloatArray = grow * (bread @ (scores.T @ scores) @ bread)
    return 0.5 * (found + found.T)


def _centred(design: FloatArray, starts: IntArray) -> FloatArray:
    sizes = np.diff(np.append(starts, len(design)))
    mean = np.add.reduceat(design, starts, axis=0) / sizes[:, None]
    return design - np.repeat(mean, sizes, axis=0)


def _within_deviation(design: FloatArray, starts: IntArray) -> FloatArray:
    deviation = np.sqrt((_centred(design, starts) ** 2).mean(axis=0))
    return np.where(deviation > 0, deviation, 1.0)


def _check_rank(design: FloatArray, starts: IntArray, scale: FloatArray, names: list[str]) -> None:
    """Regressors must vary within sets and not be combinations of one another there."""
    from scipy.linalg import qr

    centred = _centred(design, starts) / scale
    gram = centred.T @ centred / len(design)
    _, triangle, pivot = qr(gram, pivoting=True)
    weak = np.abs(np.diag(triangle)) < 1e-10
    if weak.any():
        name = names[int(pivot[int(np.argmax(weak))])]
        flat = float(np.diag(gram)[names.index(name)]) < 1e-12
        raise EvidenceError(
            f"the term {name!r} "
            + ("does not vary within any choice set" if flat else "is a combination of the other terms"),
            where="FrameAugmentedChoice",
            remedy="drop it; an option that is always framed has no frame effect apart from its constant: leave the"
            " frame out in some sets, or fit with constants=False",
        )


def _check_separation(model: _Likelihood, b: FloatArray, names: list[str]) -> None:
    """Where a direction has no information left at the end of the climb, the likelihood rises along it for ever."""
    values, vectors = np.linalg.eigh(model.hessian(b))
    if values[0] * len(model.starts) < _SEPARATED:
        worst = names[int(np.argmax(np.abs(vectors[:, 0])))]
        raise EvidenceError(
            f"the term {worst!r} predicts some choices perfectly, so the likelihood has no maximum",
            where="FrameAugmentedChoice",
            remedy="pool options (by_option=False), drop options that nobody chooses, or collect more sets",
        )
