"""Counting votes: each agent for what it values most."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, frozen

__all__ = ["best_rows", "count_votes"]

GRID = 2.0**-36
"""Of the people who vote: thirds of votes that add up to a whole one must meet it exactly."""


def best_rows(agent: npt.NDArray[np.integer], values: FloatArray, n_agents: int) -> FloatArray:
    """(rows,) the share of its agent's vote that each row gets: 1 / k for each of an agent's k best rows.

    Parameters
    ----------
    agent, values
        (rows,) who evaluates, and how highly.
    n_agents
        How many there are.
    """
    top = np.full(n_agents, -np.inf)
    np.maximum.at(top, agent, values)
    best = values == top[agent]
    count = np.bincount(agent, best, minlength=n_agents)
    made: FloatArray = best / count[agent]
    return made


def count_votes(
    agent: npt.NDArray[np.integer],
    option: npt.NDArray[np.integer],
    values: FloatArray,
    people: FloatArray,
    n_options: int,
) -> FloatArray:
    """(options,) people whose best option it is, to 2^-36 of all of them.

    1. An agent's vote goes to the row it values most, in equal parts where several are best: an agent who does not
       care moves no option past another.
    2. It counts as often as there are people whom the agent stands for.

    Parameters
    ----------
    agent, option, values
        (rows,) who evaluates what, and how highly.
    people
        (n,) whom each agent stands for.
    n_options
        How many there are.

    Examples
    --------
    Two for option 0, one for option 1, one undecided.

    >>> agent, option = np.repeat(np.arange(4), 2), np.tile([0, 1], 4)
    >>> count_votes(agent, option, np.array([3.0, 1, 2, 0, 0, 5, 1, 1]), np.ones(4), 2).tolist()
    [2.5, 1.5]
    """
    share = best_rows(agent, values, len(people)) * people[agent]
    votes = np.bincount(option, share, minlength=n_options)
    grid = 2.0 ** np.floor(np.log2(people.sum())) * GRID
    return frozen(np.rint(votes / grid) * grid, copy=False)
