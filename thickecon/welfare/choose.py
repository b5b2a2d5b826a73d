"""One option for everybody: every option is valued, so nothing needs a solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._core.arrays import FloatArray, IntArray
from ..errors import InfeasibleError, InputError, NotApplicableError
from ..lenses.reading import Cardinal, Reading
from ..mechanism.lottery import Lottery
from ..problems.choice import Choice
from ..profiles.summation import round_to
from ..programs import AllocationProblem, Ambiguity, worst_case
from .functions.base import WelfareFunction
from .functions.leximin import Leximin
from .functions.utilitarian import Utilitarian

__all__ = ["best_option", "option_utilities", "option_worth"]


def option_utilities(
    welfare: WelfareFunction, problem: Choice, reading: Reading, known: Ambiguity | None
) -> FloatArray:
    """(n, m) utilities under each option; with ambiguity, under the endorsement that is worst for it.

    A column is -inf where some endorsement of the set leads out of the function's domain.
    """
    profile = problem.profile
    shape = profile.n_agents, profile.n_options
    if isinstance(reading, Cardinal):
        return reading.values.reshape(shape)
    assert known is not None
    known = replace(known, outside=None)  # everybody has an option
    rows = np.zeros(len(profile.index))
    asked = AllocationProblem(profile.index, rows, np.full(shape[1], float(shape[0])), weights=profile.weights)

    def column(option: int) -> FloatArray:
        try:
            return worst_case(asked, known, welfare, (profile.index.option == option).astype(np.float64))[0]
        except InputError:
            return np.full(shape[0], -np.inf)

    # no lens has rounded these: without the grid, equals would be told apart by the order of motives (T15)
    return np.stack([round_to(column(x), profile.resolution) for x in range(shape[1])], axis=1)


def option_worth(
    welfare: WelfareFunction, problem: Choice, reading: Reading, known: Ambiguity | None = None
) -> FloatArray:
    """(m,) W of the utilities that each option gives; -inf where they leave the function's domain.

    With ambiguity the worst case of W, or minus the largest regret.

    Raises
    ------
    NotApplicableError
        Regret of another welfare function than the sum.
    """
    if known is not None and known.mode == "regret":
        return _regret(welfare, problem, known)
    return _worth(welfare, option_utilities(welfare, problem, reading, known), problem)


def _worth(welfare: WelfareFunction, table: FloatArray, problem: Choice) -> FloatArray:
    def worth(utilities: FloatArray) -> float:
        try:
            return float(welfare.evaluate(utilities, problem.profile.weights))
        except InputError:
            return -np.inf

    return np.array([worth(column) for column in table.T])


def best_option(
    welfare: WelfareFunction, problem: Choice, reading: Reading, known: Ambiguity | None, lottery: Lottery
) -> int:
    """Position of the option that is best, ties by lottery.

    Raises
    ------
    NotApplicableError
        Regret of another welfare function than the sum.
    InfeasibleError
        No option in the function's domain.
    """
    if known is not None and known.mode == "regret":
        worth = _regret(welfare, problem, known)
    else:
        table = option_utilities(welfare, problem, reading, known)
        worth = _worth(welfare, table, problem)
    top = float(worth.max())
    if top == -np.inf:
        raise InfeasibleError(
            f"under every option some utility leaves the domain of {welfare.title}",
            where="Choice",
            remedy="use Utilitarian, Maximin or Leximin, which are defined for all utilities",
        )
    tied = np.flatnonzero(worth == top)
    if isinstance(welfare, Leximin) and len(tied) > 1:
        tied = _leximin_best(tied, table, problem)
    ticket = lottery.rng.random(problem.profile.n_options)
    return int(tied[np.argmin(ticket[tied])])


def _leximin_best(tied: IntArray, table: FloatArray, problem: Choice) -> IntArray:
    """Among options with the same least utility, those that no other beats at a later level."""
    best, weights = tied[0], problem.profile.weights
    for x in tied[1:]:
        if Leximin().compare(table[:, x], table[:, best], weights) > 0:
            best = x
    made: IntArray = np.array(
        [x for x in tied if Leximin().compare(table[:, x], table[:, best], weights) == 0], dtype=np.intp
    )
    return made


def _regret(welfare: WelfareFunction, problem: Choice, known: Ambiguity) -> FloatArray:
    """(m,) minus the largest loss of the sum, over the box, against the best option for the true endorsement."""
    if not isinstance(welfare, Utilitarian):
        raise NotApplicableError(
            f"regret over one option for everybody is written for the sum, not for {welfare.title}",
            where="Choice",
            remedy="use Utilitarian(), or ambiguity='worst'",
        )
    profile = problem.profile
    e = profile.endorsement
    lower, upper = e.box(known.level)
    weights = np.ones(profile.n_agents) if profile.weights is None else profile.weights
    group = np.zeros(profile.n_agents, dtype=np.intp) if e.group is None else e.group
    columns, (groups, width), m = e.columns(profile.n_motives), e.theta.shape, profile.n_options
    totals = np.zeros((groups, width, m))
    index = profile.index
    for c, column in enumerate(columns):
        np.add.at(
            totals[:, column, :], (group[index.agent], index.option), profile.contributions[c] * weights[index.agent]
        )
    gain = totals[..., None, :] - totals[..., :, None]  # of y (last) over x
    most = np.maximum(lower[..., None, None] * gain, upper[..., None, None] * gain).sum(axis=(0, 1))
    return round_to(-most.max(axis=1), profile.resolution)
