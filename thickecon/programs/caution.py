"""What a given allocation is worth where endorsement is known only up to a set."""

from __future__ import annotations

import numpy as np

from .._core.arrays import FloatArray
from .._core.inequality import weights_for
from ..errors import ProblemError
from .allocation import AllocationProblem
from .goal import Welfare
from .regret import regret_of
from .robust import Ambiguity, lift_worst_case

__all__ = ["largest_regret", "worst_case"]


def worst_case(
    problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, taken: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Utilities of an allocation under an endorsement that is worst for it.

    Parameters
    ----------
    problem
        Its rows; values are not read.
    ambiguity
        The set.
    welfare
        W, which says what is worst.
    taken
        (rows,) share of each row.

    Returns
    -------
    utilities, theta
        (n,) and (G, P). ``welfare.evaluate(utilities)`` is the worst case. Of leximin and of every other function
        where agents have unknowns of their own, each agent is at its own least.

    Raises
    ------
    InputError
        Utilities leave the domain of W under some endorsement.
    NotApplicableError
        As for :func:`thickecon.programs.solve_allocation`.
    """
    weights = weights_for(problem.weights, problem.rows.n_agents)
    problem = ambiguity.prepared(problem)
    z = _variables(problem, taken)
    theta = lift_worst_case(problem, ambiguity, welfare, weights).worst(z)
    return ambiguity.at(theta, problem) @ z, theta.reshape(ambiguity.endorsement.theta.shape)


def largest_regret(
    problem: AllocationProblem, ambiguity: Ambiguity, welfare: Welfare, taken: FloatArray
) -> tuple[float, FloatArray]:
    """Largest loss of an allocation against knowing the endorsement, and where it is lost.

    Parameters
    ----------
    problem, ambiguity, welfare, taken
        As for :func:`worst_case`.

    Returns
    -------
    regret, theta
        A number and (G, P).

    Raises
    ------
    NotApplicableError
        Not utilitarian, or not a box.
    """
    weights = weights_for(problem.weights, problem.rows.n_agents)
    problem = ambiguity.prepared(problem)
    regret, theta = regret_of(problem, ambiguity, welfare, weights, _variables(problem, taken))
    return regret, theta.reshape(ambiguity.endorsement.theta.shape)


def _variables(problem: AllocationProblem, taken: FloatArray) -> FloatArray:
    """Shares, and what is left of the first unit of those whose doing nothing counts."""
    shares = np.asarray(taken, dtype=np.float64)
    if shares.shape != (len(problem.rows),):
        raise ProblemError(f"must have shape ({len(problem.rows)},), found {shares.shape}", where="taken")
    used = np.bincount(problem.rows.agent, shares, minlength=problem.rows.n_agents)
    return np.concatenate((shares, np.maximum(1.0 - used[problem.idle], 0.0)))
