"""One option for everybody: every option is valued, so nothing needs a solver."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import InputError, NotApplicableError
from ..lenses.reading import Cardinal, Reading
from ..mechanism.lottery import Lottery
from ..problems.choice import Choice
from .functions.base import WelfareFunction
from .functions.leximin import Leximin
from .functions.utilitarian import Utilitarian

__all__ = ["best_option", "option_worth"]


def option_worth(welfare: WelfareFunction, problem: Choice, reading: Cardinal) -> FloatArray:
    """(m,) W of the utilities that each option gives; -inf where they leave the function's domain."""
    profile = problem.profile
    table = reading.values.reshape(profile.n_agents, profile.n_options)

    def worth(utilities: FloatArray) -> float:
        try:
            return float(welfare.evaluate(utilities, profile.weights))
        except InputError:
            return -np.inf

    return np.array([worth(column) for column in table.T])


def best_option(
    welfare: WelfareFunction,
    problem: Choice,
    reading: Reading,
    ambiguity: Literal["worst", "regret"] | None,
    level: float,
    lottery: Lottery,
) -> tuple[int, float]:
    """Position of the option that is best, ties by lottery, and its worth.

    Raises
    ------
    NotApplicableError
        Ambiguity with another welfare function than the sum, or no option in the function's domain.
    """
    if ambiguity is not None:
        worth = _cautious(welfare, problem, ambiguity, level)
    elif isinstance(reading, Cardinal):
        worth = option_worth(welfare, problem, reading)
    else:
        raise NotApplicableError(f"a {reading.kind} reading has no values", where="Choice", remedy="ambiguity='worst'")
    top = float(worth.max())
    if top == -np.inf:
        raise NotApplicableError(
            f"under every option some utility leaves the domain of {welfare.title}",
            where="Choice",
            remedy="use Utilitarian, Maximin or Leximin, which are defined for all utilities",
        )
    tied = np.flatnonzero(worth == top)
    if isinstance(welfare, Leximin) and ambiguity is None and isinstance(reading, Cardinal):
        tied = _leximin_best(tied, problem, reading)
    ticket = lottery.rng.random(problem.profile.n_options)
    return int(tied[np.argmin(ticket[tied])]), top


def _leximin_best(tied: IntArray, problem: Choice, reading: Cardinal) -> IntArray:
    """Among options with the same least utility, those whose sorted utilities are lexicographically greatest."""
    profile = problem.profile
    table = reading.values.reshape(profile.n_agents, profile.n_options)[:, tied]
    if profile.weights is None:
        ordered = np.sort(table, axis=0)
    else:  # one entry for each person: step functions compared at all their jumps
        ordered = _weighted_levels(table, profile.weights)
    best = max(range(len(tied)), key=lambda k: tuple(ordered[:, k]))
    made: IntArray = tied[(ordered == ordered[:, [best]]).all(axis=0)]
    return made


def _weighted_levels(table: FloatArray, weights: FloatArray) -> FloatArray:
    order = np.argsort(table, axis=0, kind="stable")
    reach = np.cumsum(weights[order], axis=0)
    at = np.unique(np.round(reach, 9))
    made = [table[order[:, k], k][np.searchsorted(reach[:, k], at - 1e-9)] for k in range(table.shape[1])]
    return np.stack(made, axis=1)


def _cautious(welfare: WelfareFunction, problem: Choice, mode: str, level: float) -> FloatArray:
    """(m,) least sum over the box of endorsements, or minus the largest regret."""
    if not isinstance(welfare, Utilitarian):
        raise NotApplicableError(
            f"ambiguity over one option for everybody is written for the sum, not for {welfare.title}",
            where="Choice",
            remedy="use Utilitarian()",
        )
    profile = problem.profile
    e = profile.endorsement
    lower, upper = e.box(level)
    weights = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    group = np.zeros(profile.n_agents, dtype=np.intp) if e.group is None else e.group
    columns, (groups, width), m = e.columns(profile.n_motives), e.theta.shape, profile.n_options
    totals = np.zeros((groups, width, m))
    index = profile.index
    for c, column in enumerate(columns):
        np.add.at(
            totals[:, column, :], (group[index.agent], index.option), profile.contributions[c] * weights[index.agent]
        )
    if mode == "worst":
        made: FloatArray = np.minimum(lower[..., None] * totals, upper[..., None] * totals).sum(axis=(0, 1))
        return made
    gain = totals[..., None, :] - totals[..., :, None]  # of y (last) over x
    most = np.maximum(lower[..., None, None] * gain, upper[..., None, None] * gain).sum(axis=(0, 1))
    worst: FloatArray = -most.max(axis=1)
    return worst
