"""What a plan says of its own points, arms and measures must be there, or it would be passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._core.registry import nearest
from ..errors import InputError, UnknownNameError
from .scenario import Scenario

if TYPE_CHECKING:
    from .suite import StudyPlan

__all__ = ["check_plan", "is_at"]


def is_at(scenario: Scenario, wanted: Mapping[str, Any]) -> bool:
    """Has the scenario these knobs? Numbers are compared in the type of the knob, lists by their entries.

    Raises
    ------
    UnknownNameError
        A knob that does not exist.
    InputError
        A value of the wrong type or out of bounds.
    """
    given = scenario.parameters
    return bool(type(scenario).make({**given, **wanted}).parameters == given)


def check_plan(plan: StudyPlan, points: Sequence[Scenario], arms: Sequence[str], where: str) -> None:
    """Points, arms and measures that ``main``, ``check`` and ``stop`` name.

    Parameters
    ----------
    plan
        The study.
    points
        The scenario at every point of its grid.
    arms
        Those that are run.
    where
        For messages.

    Raises
    ------
    UnknownNameError
        A knob, arm or measure that does not exist; the nearest name is suggested.
    InputError
        A point that is not in the grid, an arm that is not run, a break-even without a curve.
    """
    _found(points, plan.main, f"{where}: main")
    for k, check in enumerate(plan.check):
        place = f"{where}: check {k + 1}"
        found = _found(points, check.at, place)
        needed = (check.arm,) if check.quantity == "mean" else (check.arm, "sidt")
        _named(points[0], arms, needed, check.measure, place)
        if check.quantity == "break_even":
            _curve(found, place)
        elif len(found) > 1:
            raise InputError(f"holds at {len(found)} points of the grid", where=place, remedy="name one in at")
    if plan.stop is not None:
        _named(points[0], arms, (plan.stop.arm, "sidt"), plan.stop.measure, f"{where}: stop")


def _found(points: Sequence[Scenario], wanted: Mapping[str, Any], where: str) -> list[Scenario]:
    found = [point for point in points if is_at(point, wanted)]
    if not found:
        at = ", ".join(f"{name} = {value!r}" for name, value in wanted.items())
        raise InputError(f"no point of the grid has {at}", where=where)
    return found


def _named(point: Scenario, arms: Sequence[str], needed: Sequence[str], measure: str | None, where: str) -> None:
    for name in needed:
        if name not in point.arms:
            raise UnknownNameError(f"no arm is called {name!r}; {nearest(name, list(point.arms))}", where=where)
        if name not in arms:
            raise InputError(f"needs the arm {name!r}, which is not run", where=where, remedy="name it in arms")
    measures = [each.name for each in point.measures]
    if measure is not None and measure not in measures:
        raise UnknownNameError(f"no measure is called {measure!r}; {nearest(measure, measures)}", where=where)


def _curve(points: Sequence[Scenario], where: str) -> None:
    """Points that differ in the error of the evidence and in nothing else."""
    knob = points[0].evidence
    if knob is None or len(points) < 2:
        raise InputError(
            f"a break-even needs at least two values of {knob or 'an error of the evidence'!r} in the grid", where=where
        )
    others = [{name: value for name, value in each.parameters.items() if name != knob} for each in points]
    if any(other != others[0] for other in others):
        raise InputError(f"points of the curve differ in more than {knob!r}", where=where, remedy="name one in at")
