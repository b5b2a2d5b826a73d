"""What is never chosen where something else could be had: menus and choices as bit masks, one pass over the rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["joint_choices", "never_chosen"]

Masks = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int64]


@njit(cache=True)
def never_chosen(agent: Codes, menu: Masks, chosen: Masks, agents: int, options: int) -> tuple[Masks, Masks, Masks]:
    """For each agent and option y, as masks of options x: what was on offer beside y, when y was chosen, and unchosen.

    1. A row offers a menu and a chosen part of it. For each y of the menu, its companions join ``together[y]``.
    2. If y was chosen, they join ``despite[y]``: y was chosen although they could be had.
    3. Those of them that were not chosen beside y join ``alone[y]``.

    x is strictly unambiguously better than y iff x is in together[y] and not in despite[y]; weakly iff it is in
    together[y] and not in alone[y].

    Parameters
    ----------
    agent
        (rows,) positions.
    menu, chosen
        (rows,) bit j is option j.
    agents, options
        How many; at most 64 options.

    Returns
    -------
    together, despite, alone
        (agents, options) masks; bit y itself is not set.
    """
    one = np.uint64(1)
    together = np.zeros((agents, options), dtype=np.uint64)
    despite = np.zeros((agents, options), dtype=np.uint64)
    alone = np.zeros((agents, options), dtype=np.uint64)
    for row in range(len(agent)):
        i, offered, taken = agent[row], menu[row], chosen[row]
        for y in range(options):
            bit = one << np.uint64(y)
            if offered & bit:
                others = offered & ~bit
                together[i, y] |= others
                if taken & bit:
                    despite[i, y] |= others
                    alone[i, y] |= others & ~taken
    return together, despite, alone


@njit(cache=True)
def joint_choices(
    agent: Codes, frame: Codes, menu: Masks, chosen: Masks, weight: npt.NDArray[np.float64], shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How often two options stood together in a frame, and how often the second was chosen then.

    Parameters
    ----------
    agent, frame
        (rows,) positions.
    menu, chosen
        (rows,) masks.
    weight
        (rows,) how often the row happened.
    shape
        Agents, frames, options.

    Returns
    -------
    together, taken
        (agents, frames, options x, options y).
    """
    agents, frames, options = shape
    one = np.uint64(1)
    together = np.zeros((agents, frames, options, options))
    taken = np.zeros((agents, frames, options, options))
    for row in range(len(agent)):
        for y in range(options):
            if not menu[row] & (one << np.uint64(y)):
                continue
            hit = chosen[row] & (one << np.uint64(y))
            for x in range(options):
                if x != y and menu[row] & (one << np.uint64(x)):
                    together[agent[row], frame[row], x, y] += weight[row]
                    if hit:
                        taken[agent[row], frame[row], x, y] += weight[row]
    return together, taken
