"""Mixed logit by maximum simulated likelihood: normal coefficients over agents, arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.arrays import BoolArray, FloatArray, IntArray
from .._core.rng import generator
from ..errors import EvidenceError, SolverError

__all__ = ["MixedLogitFit", "mixed_logit"]


@dataclass(frozen=True, eq=False)
class MixedLogitFit:
    """Means and spreads of coefficients.

    Attributes
    ----------
    means
        (K,) of all coefficients.
    spreads
        (R,) standard deviations of the random ones.
    covariance
        (K + R, K + R) robust, of both.
    individual
        (agents, R) posterior means of the random coefficients, given each agent's choices.
    log_likelihood, iterations
        At the end.
    """

    means: FloatArray
    spreads: FloatArray
    covariance: FloatArray
    individual: FloatArray
    log_likelihood: float
    iterations: int


class _Simulated:
    """Simulated log likelihood of panels, its gradient, and scores by agent."""

    def __init__(
        self, design: FloatArray, starts: IntArray, chosen: BoolArray, agent: IntArray, random: IntArray, z: FloatArray
    ) -> None:
        self.x, self.starts, self.random, self.z = design, starts, random, z
        sizes = np.diff(np.append(starts, len(design)))
        self.set_of = np.repeat(np.arange(len(starts)), sizes)
        self.picked = np.flatnonzero(chosen)
        self.agent, self.agents = agent, len(z)
        self.first = np.flatnonzero(np.diff(agent, prepend=-1))  # sets of an agent stand together

    def evaluate(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(agents,) log likelihoods, (agents, K + R) scores, (agents, draws) posterior weights of draws."""
        k = self.x.shape[1]
        fixed = self.x @ theta[:k]
        own = self.agent[self.set_of]
        draws = self.z.shape[1]
        deviation = theta[k:] * self.z  # (agents, draws, R)
        log_p = np.zeros((self.agents, draws))
        gradient = np.zeros((self.agents, draws, k))
        weighted = self.x[:, self.random]
        for d in range(draws):
            index = fixed + (weighted * deviation[own, d]).sum(axis=1)
            index -= np.maximum.reduceat(index, self.starts)[self.set_of]
            e = np.exp(index)
            total = np.add.reduceat(e, self.starts)
            p = e / total[self.set_of]
            log_p[:, d] = np.add.reduceat(index[self.picked] - np.log(total), self.first)
            gap = self.x[self.picked] - np.add.reduceat(self.x * p[:, None], self.starts, axis=0)
            gradient[:, d] = np.add.reduceat(gap, self.first, axis=0)
        top = log_p.max(axis=1, keepdims=True)
        weight = np.exp(log_p - top)
        value = top[:, 0] + np.log(weight.mean(axis=1))
        weight /= weight.sum(axis=1, keepdims=True)
        means = np.einsum("nd,ndk->nk", weight, gradient)
        spreads = np.einsum("nd,ndr,ndr->nr", weight, gradient[:, :, self.random], self.z)
        return value, np.concatenate([means, spreads], axis=1), weight


def mixed_logit(
    design: FloatArray, starts: IntArray, chosen: BoolArray, agent: IntArray, random: IntArray, *,
    start: FloatArray, draws: int = 200, seed: int = 0, max_iterations: int = 300,
) -> MixedLogitFit:  # fmt: skip
    """Maximum simulated likelihood with scrambled Halton draws and an analytic gradient.

    Parameters
    ----------
    design
        (rows, K); rows of a set and sets of an agent stand together.
    starts
        (S,) first row of each set.
    chosen
        (rows,) one true in each set.
    agent
        (S,) which agent chose, nondecreasing from 0.
    random
        Positions of the coefficients that are normal over agents, independent of one another.
    start
        (K,) means to start from.
    draws, seed
        For each agent.
    max_iterations
        Of the quasi-Newton method.

    Raises
    ------
    EvidenceError
        Agents out of order, or no random coefficient.
    SolverError
        No convergence.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, chapters 6 and 10, doi:10.1017/CBO9780511805271; Revelt and
    Train (1998), doi:10.1162/003465398557735 (panels).
    """
    from scipy.optimize import minimize
    from scipy.special import ndtri
    from scipy.stats import qmc

    if not len(random):
        raise EvidenceError("no coefficient is random", where="mixed_logit", remedy="use the conditional logit")
    if (np.diff(agent) < 0).any() or (len(agent) and agent[0] != 0):
        raise EvidenceError("sets of an agent must stand together", where="mixed_logit")
    count = int(agent.max()) + 1
    scale = design.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    uniform = qmc.Halton(d=len(random), scramble=True, rng=generator(seed)).random(count * draws)
    z = ndtri(np.clip(uniform, 1e-9, 1 - 1e-9)).reshape(count, draws, len(random))
    model = _Simulated(np.ascontiguousarray(design / scale), starts, chosen, agent, random, z)

    def negative(theta: FloatArray) -> tuple[float, FloatArray]:
        value, scores, _ = model.evaluate(theta)
        return -float(value.mean()), -scores.mean(axis=0)

    begin = np.concatenate([start * scale, np.full(len(random), 0.3)])
    answer = minimize(negative, begin, jac=True, method="BFGS", options={"gtol": 1e-6, "maxiter": max_iterations})
    theta = np.asarray(answer.x, dtype=np.float64)
    if np.abs(negative(theta)[1]).max() > 1e-3:
        raise SolverError(f"stopped after {answer.nit} iterations ({answer.message})", where="mixed_logit")
    value, scores, weight = model.evaluate(theta)
    bread = np.linalg.pinv(_hessian(model, theta), hermitian=True)
    joint = bread @ (scores.T @ scores) @ bread
    k = design.shape[1]
    unit = np.concatenate([scale, scale[random]])
    posterior = theta[random] + theta[k:] * np.einsum("nd,ndr->nr", weight, z)
    return MixedLogitFit(
        theta[:k] / scale, np.abs(theta[k:]) / scale[random], 0.5 * (joint + joint.T) / np.outer(unit, unit),
        posterior / scale[random], float(value.sum()), int(answer.nit),
    )  # fmt: skip


def _hessian(model: _Simulated, theta: FloatArray) -> FloatArray:
    """Of the negative log likelihood, by differences of the gradient."""
    size = len(theta)
    made = np.empty((size, size))
    for j in range(size):
        step = 1e-5 * max(1.0, abs(theta[j]))
        up, down = theta.copy(), theta.copy()
        up[j] += step
        down[j] -= step
        made[j] = -(model.evaluate(up)[1].sum(axis=0) - model.evaluate(down)[1].sum(axis=0)) / (2 * step)
    return 0.5 * (made + made.T)
