"""What a manipulator wants of an outcome."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._core.arrays import FloatArray
from ..errors import InputError
from ..mechanism.outcome import Outcome
from ..profiles.profile import ThickProfile

__all__ = ["Objective", "objective_of"]


@dataclass(frozen=True)
class Objective:
    """A number of an outcome, and what it depends on: exact methods need to know.

    Attributes
    ----------
    kind
        ``"revenue"``: the sum of payments. ``"taken"``: a weighted sum of what is taken. ``"other"``: unknown.
    measure
        (outcome) -> number.
    weights
        For ``"taken"``: option, or (agent, option) -> weight.
    """

    kind: Literal["revenue", "taken", "other"]
    measure: Callable[[Outcome], float]
    weights: Mapping[Hashable, float] | None = None

    def __call__(self, outcome: Outcome) -> float:
        """Its value."""
        return float(self.measure(outcome))

    def row_weights(self, profile: ThickProfile) -> FloatArray:
        """(rows,) what a whole row taken is worth, for ``"taken"``.

        Raises
        ------
        UnknownNameError
            An option or agent that the profile does not have.
        InputError
            Another kind.
        """
        if self.weights is None:
            raise InputError(f"of kind {self.kind!r} is no sum over rows", where="objective")
        return _weights(self.weights, profile)


def objective_of(given: Any) -> Objective:
    """A number of an outcome.

    Parameters
    ----------
    given
        ``"revenue"``; an option, or a mapping option -> weight or (agent, option) -> weight: how much of it is taken;
        or a function of the outcome, of which nothing is known, so that its best response can only be searched for.

    Raises
    ------
    InputError
        None of these.

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[3.0], [2.0]], agents=["Ann", "Bob"], options=["cup"])
    >>> out = te.auctions.SecondPrice().run(p, rng=0)
    >>> objective_of("revenue")(out), objective_of({"cup": 5.0})(out), objective_of({("Bob", "cup"): 5.0})(out)
    (2.0, 5.0, 0.0)
    """
    if isinstance(given, Objective):
        return given
    if callable(given):
        return Objective("other", given)
    if isinstance(given, str) and given == "revenue":
        return Objective("revenue", lambda outcome: outcome.revenue)
    if isinstance(given, Mapping) and given:
        weights = {key: float(value) for key, value in given.items()}
        return Objective("taken", lambda outcome: float(outcome.taken @ _weights(weights, outcome.profile)), weights)
    if isinstance(given, (str, int)):
        return objective_of({given: 1.0})
    raise InputError(
        f"must be 'revenue', an option, option -> weight, (agent, option) -> weight, or a function of the outcome,"
        f" found {given!r}",
        where="objective",
    )


def _weights(weights: Mapping[Hashable, float], profile: ThickProfile) -> FloatArray:
    index, known = profile.index, set(profile.options)
    made = np.zeros(len(index))
    for key, weight in weights.items():
        if key in known or not (isinstance(key, tuple) and len(key) == 2):
            made[index.option == index.option_positions([key])[0]] += weight
        else:
            who, what = index.agent_positions([key[0]])[0], index.option_positions([key[1]])[0]
            made[(index.agent == who) & (index.option == what)] += weight
    return made
