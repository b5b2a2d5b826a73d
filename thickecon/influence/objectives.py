"""What a manipulator wants of an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import InputError
from ..mechanism.outcome import Outcome

__all__ = ["Objective", "objective_of"]

Objective = Callable[[Outcome], float]


def objective_of(given: Any) -> Objective:
    """A number of an outcome.

    Parameters
    ----------
    given
        ``"revenue"``; an option, or a mapping option -> weight: how much of it is taken; or a function of the outcome.

    Raises
    ------
    InputError
        None of these.

    Examples
    --------
    >>> import thickecon as te
    >>> out = te.auctions.SecondPrice().run(te.ThickProfile.from_values([[3.0], [2.0]], options=["cup"]), rng=0)
    >>> objective_of("revenue")(out), objective_of({"cup": 5.0})(out)
    (2.0, 5.0)
    """
    if callable(given):
        made: Objective = given
        return made
    if isinstance(given, str) and given == "revenue":
        return lambda outcome: float(outcome.revenue)
    if isinstance(given, Mapping):
        weights = dict(given)

        def taken(outcome: Outcome) -> float:
            index = outcome.profile.index
            weight = np.zeros(outcome.profile.n_options)
            weight[index.option_positions(list(weights))] = list(weights.values())
            return float(outcome.taken @ weight[index.option])

        return taken
    if isinstance(given, (str, int)):
        return objective_of({given: 1.0})
    raise InputError(
        f"must be 'revenue', an option, option -> weight, or a function of the outcome, found {given!r}",
        where="objective",
    )
