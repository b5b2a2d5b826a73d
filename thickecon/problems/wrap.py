"""A bare profile is wrapped in the problem a mechanism expects."""

from __future__ import annotations

from typing import TypeVar

from ..errors import ProblemError
from ..profiles.profile import ThickProfile
from .assignment import Assignment
from .bids import Bids, Language
from .choice import Choice
from .market import Market
from .problem import Problem

__all__ = ["as_problem"]

P = TypeVar("P", bound=Problem)


def as_problem(given: object, kinds: tuple[type[Problem], ...], mechanism: str) -> Problem:
    """``given`` if it is of one of ``kinds``; a profile is wrapped in the first; an assignment becomes a market.

    Raises
    ------
    ProblemError
        A problem of another kind, or not a problem at all.
    """
    if isinstance(given, kinds):
        return given
    if isinstance(given, ThickProfile):
        first = kinds[0]
        if first is Market:
            return Market.from_assignment(Assignment(given))
        if first is Bids:
            return Bids(given, language="unit")
        if first in (Assignment, Choice):
            return first(given)
    if isinstance(given, Assignment) and Market in kinds:
        return Market.from_assignment(given)
    if isinstance(given, Assignment) and Bids in kinds and not len(given.conflicts) and not given.norms:
        language: Language = "unit" if (given.unit_demand <= 1).all() else "additive"
        return Bids(given.profile, language=language, supply=given.supply)
    wanted = " or ".join(kind.__name__ for kind in kinds)
    raise ProblemError(
        f"{mechanism} decides {wanted}, found {type(given).__name__}",
        where="problem",
        remedy=f"build one, for example {kinds[0].__name__}(profile, ...)",
    )
