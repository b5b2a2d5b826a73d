"""Arms of a comparison: the same mechanism in different settings, or on different pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, UnknownNameError
from ..problems.problem import Problem
from .evidence_arms import EVIDENCE_ARMS, evidence_arm
from .mechanism import Mechanism, require_mechanism

__all__ = ["Arm", "make_arms"]

NAMED = ("sidt", "thick", *EVIDENCE_ARMS, "oracle")


@dataclass(frozen=True, eq=False)
class Arm:
    """A mechanism and the picture it decides on.

    Parameters
    ----------
    mechanism
        Any mechanism for the same problem.
    problem
        The picture it sees; None: the comparison's own.
    label
        Row of the tables; None: the mechanism's name.
    """

    mechanism: Mechanism
    problem: Any = None
    label: str | None = None


def make_arms(
    mechanism: Mechanism,
    seen: Problem,
    judge: Problem | None,
    given: Iterable[str | Arm] | Mapping[str, Arm],
    seed: int = 0,
) -> dict[str, Arm]:
    """Arms by label; ``sidt`` and ``thick`` see the planner's picture, ``oracle`` the truth; for the others see
    :mod:`thickecon.mechanism.evidence_arms`, which ``seed`` is for.

    Raises
    ------
    UnknownNameError
        A name that no arm has.
    NotApplicableError
        An arm that the evidence or the mechanism does not allow.
    InputError
        ``oracle`` without a truth, two arms of one label, no arm, or neither a name nor an Arm.
    """
    pairs: list[tuple[str | None, str | Arm]] = (
        [(label, arm) for label, arm in given.items()]
        if isinstance(given, Mapping)
        else [(None, arm) for arm in ((given,) if isinstance(given, (str, Arm)) else given)]
    )
    made: dict[str, Arm] = {}
    for label, item in pairs:
        if isinstance(item, str):
            arm = _named(item, mechanism, seen, judge, seed)
        elif isinstance(item, Arm):
            require_mechanism(item.mechanism, "Arm.mechanism")
            problem = seen if item.problem is None else item.mechanism.wrap(item.problem)
            arm = Arm(item.mechanism, problem, item.label or item.mechanism.name)
        else:
            raise InputError(f"must be names or Arms, found {type(item).__name__}", where="arms")
        name = label or arm.label or ""
        if name in made:
            raise InputError(f"two arms are called {name!r}", where="arms", remedy="give Arm(..., label=)")
        made[name] = Arm(arm.mechanism, arm.problem, name)
    if not made:
        raise InputError("must name at least one arm", where="arms")
    return made


def _named(name: str, mechanism: Mechanism, seen: Problem, judge: Problem | None, seed: int) -> Arm:
    if name == "sidt":
        return Arm(mechanism.baseline(), seen, name)
    if name == "thick":
        return Arm(mechanism, seen, name)
    if name in EVIDENCE_ARMS:
        return Arm(*evidence_arm(name, mechanism, seen, seed), name)
    if name != "oracle":
        raise UnknownNameError(
            f"no arm is called {name!r}; known: {', '.join(NAMED)}",
            where="arms",
            remedy="pass te.Arm(mechanism, problem)",
        )
    if judge is None:
        raise InputError("the oracle decides on the truth, and none was given", where="arms", remedy="pass truth=")
    return Arm(mechanism, judge, name)
