"""Quadratic funding: the square of the sum of the square roots of contributions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, frozen

__all__ = ["quadratic_match", "within_pot"]


def quadratic_match(contributions: npt.ArrayLike, people: npt.ArrayLike | None = None) -> FloatArray:
    """(m,) what a project gets on top of its contributions: (sum_i sqrt c_i)^2 - sum_i c_i.

    Parameters
    ----------
    contributions
        (n, m) what one person of each agent gives, at least 0.
    people
        (n,) whom each agent stands for; None: one each.

    References
    ----------
    Buterin, Hitzig and Weyl (2019), doi:10.1287/mnsc.2019.3337

    Examples
    --------
    Contributions of 1, 4 and 9 make 36, a match of 22.

    >>> quadratic_match([[1.0], [4.0], [9.0]]).tolist()
    [22.0]
    """
    given = as_floats(contributions, "contributions")
    who = np.ones(len(given)) if people is None else as_floats(people, "people")
    made: FloatArray = np.square(who @ np.sqrt(given)) - who @ given
    return frozen(np.maximum(made, 0.0), copy=False)


def within_pot(match: npt.ArrayLike, pot: float, cap: float = np.inf) -> FloatArray:
    """(m,) matches that a pot can pay: min(cap, k match) with the greatest k <= 1 whose sum is within the pot.

    What a cap takes from one project raises k for the others, never above what the rule grants them.

    Parameters
    ----------
    match
        (m,) what the rule grants, at least 0.
    pot
        At least 0, may be infinite.
    cap
        The most that one project may get.

    Examples
    --------
    >>> within_pot([30.0, 10.0, 10.0], 25.0).tolist(), within_pot([30.0, 10.0, 10.0], 25.0, cap=9.0).tolist()
    ([15.0, 5.0, 5.0], [9.0, 8.0, 8.0])
    """
    asked = as_floats(match, "match")
    if np.minimum(asked, cap).sum() <= pot:
        return frozen(np.minimum(asked, cap))
    order = np.argsort(-asked, kind="stable")
    rest = np.append(np.cumsum(asked[order][::-1])[::-1], 0.0)
    for capped in range(len(asked)):  # the ``capped`` largest are at the cap
        k = (pot - capped * cap) / rest[capped] if capped else pot / rest[0]
        if k * asked[order[capped]] <= cap:
            made: FloatArray = k * asked
            made[order[:capped]] = cap
            return frozen(made, copy=False)
    return frozen(np.full(len(asked), cap), copy=False)  # pragma: no cover - then the capped sum was within the pot
