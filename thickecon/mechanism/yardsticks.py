"""Yardsticks: how outcomes are judged, never only by what was optimised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from .._core.arrays import FloatArray
from .._core.inequality import gini
from .._core.registry import Registry
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Lens, Revealed
from ..problems.problem import Problem

if TYPE_CHECKING:
    from .mechanism import Mechanism
    from .outcome import Outcome

__all__ = ["YARDSTICKS", "Yardstick", "default_yardsticks", "yardstick"]

Better = Literal["more", "less", None]


@dataclass(frozen=True)
class Yardstick:
    """One number of an outcome, judged on a problem that carries the values that count.

    Attributes
    ----------
    name
        Column of every table.
    measure
        (outcome, judge) -> number; may raise NotApplicableError, then the column is left out.
    better
        Which direction is better, None where neither is.
    line
        One sentence.
    money
        Only where somebody pays.
    """

    name: str
    measure: Callable[[Outcome, Problem], float]
    better: Better = "more"
    line: str = ""
    money: bool = False


def _admitted(name: str, thing: object) -> Yardstick:
    """A yardstick of that name, or the function that is filed under it as one.

    Raises
    ------
    InputError
        Something else.
    """
    filed = YARDSTICKS.filed(name)
    if filed is not None and filed.measure is thing:
        return filed
    if not isinstance(thing, Yardstick):
        raise InputError(
            f"must be a Yardstick, found {type(thing).__name__}",
            where=name,
            remedy=f"decorate it: @yardstick({name!r})",
        )
    return thing if thing.name == name else replace(thing, name=name)


YARDSTICKS: Registry[Yardstick] = Registry("yardstick", "thickecon.yardsticks", _admitted)


def yardstick(
    name: str, better: Better = "more", line: str = "", *, money: bool = False
) -> Callable[[Callable[[Outcome, Problem], float]], Callable[[Outcome, Problem], float]]:
    """Decorator that registers a function (outcome, judge) -> number as a yardstick."""

    def file(measure: Callable[[Outcome, Problem], float]) -> Callable[[Outcome, Problem], float]:
        YARDSTICKS.add(name, Yardstick(name, measure, better, line, money))
        return measure

    return file


def _weights(judge: Problem) -> FloatArray:
    profile = judge.profile
    return np.ones(profile.n_agents) if profile.weights is None else profile.weights


def _total(outcome: Outcome, judge: Problem, lens: Lens) -> float:
    return float(outcome.utilities(lens, judge) @ _weights(judge))


def _participation(outcome: Outcome, judge: Problem, lens: Lens) -> float:
    """Share of people who end no worse than doing nothing, to a millionth of the largest value."""
    reading = lens.read(judge.profile)
    net = outcome.surplus(lens, judge) - reading.outside  # type: ignore[attr-defined]
    weights = _weights(judge)
    scale = max(1.0, float(np.abs(reading.values).max(initial=0.0)))  # type: ignore[attr-defined]
    return float(weights @ (net >= -1e-6 * scale) / weights.sum())


@yardstick("objective", line="the mechanism's own objective on the values that count")
def _objective(outcome: Outcome, judge: Problem) -> float:
    reading = Endorsed().read(judge.profile)
    return outcome.mechanism.objective(judge, outcome.taken, reading)


@yardstick("endorsed_welfare", line="sum of what agents stand behind, before payments")
def _endorsed(outcome: Outcome, judge: Problem) -> float:
    return _total(outcome, judge, Endorsed())


@yardstick("revealed_welfare", line="sum of what a market sees, before payments")
def _revealed(outcome: Outcome, judge: Problem) -> float:
    return _total(outcome, judge, Revealed())


@yardstick("least_endorsed", line="endorsed utility of the worst-off agent")
def _least(outcome: Outcome, judge: Problem) -> float:
    return float(outcome.utilities(Endorsed(), judge).min())


@yardstick("gini_endorsed", "less", "Gini coefficient of endorsed utilities (where none is negative)")
def _gini(outcome: Outcome, judge: Problem) -> float:
    utilities = outcome.utilities(Endorsed(), judge)
    if (utilities < 0).any() or not utilities.any():
        return float("nan")
    return float(gini(utilities, _weights(judge)))


@yardstick("participation_decision", line="share who end no worse than doing nothing in d, payments included")
def _walks_not(outcome: Outcome, judge: Problem) -> float:
    return _participation(outcome, judge, Revealed())


@yardstick("participation_endorsed", line="share who end no worse than doing nothing in v, payments included")
def _regrets_not(outcome: Outcome, judge: Problem) -> float:
    return _participation(outcome, judge, Endorsed())


@yardstick("revenue", None, "sum of payments", money=True)
def _revenue(outcome: Outcome, judge: Problem) -> float:
    return outcome.revenue


@yardstick("surplus_endorsed", line="endorsed utilities less payments, summed: what is left to bidders", money=True)
def _surplus_endorsed(outcome: Outcome, judge: Problem) -> float:
    return float(outcome.surplus(Endorsed(), judge) @ _weights(judge))


@yardstick("surplus_decision", line="revealed utilities less payments, summed", money=True)
def _surplus_decision(outcome: Outcome, judge: Problem) -> float:
    return float(outcome.surplus(Revealed(), judge) @ _weights(judge))


_FIRST = ("objective",)
_ALWAYS = (
    "endorsed_welfare",
    "revealed_welfare",
    "least_endorsed",
    "gini_endorsed",
    "participation_decision",
    "participation_endorsed",
    "revenue",
    "surplus_endorsed",
    "surplus_decision",
)


def default_yardsticks(mechanism: Mechanism, further: Iterable[str | Yardstick] = ()) -> tuple[Yardstick, ...]:
    """The mechanism's objective, its own yardsticks, the common ones, then the caller's.

    Raises
    ------
    UnknownNameError
        A name that is not registered.
    InputError
        Neither a name nor a Yardstick.
    """
    made = [YARDSTICKS[name] for name in _FIRST] + list(mechanism.yardsticks) + [YARDSTICKS[name] for name in _ALWAYS]
    for given in (further,) if isinstance(further, (str, Yardstick)) else further:
        if isinstance(given, str):
            made.append(YARDSTICKS[given])
        elif isinstance(given, Yardstick):
            made.append(given)
        else:
            raise InputError(f"must be names or Yardsticks, found {type(given).__name__}", where="yardsticks")
    seen: dict[str, Yardstick] = {}
    for item in made:
        seen.setdefault(item.name, item)
    return tuple(seen.values())


def measure(outcome: Outcome, judge: Problem, items: Iterable[Yardstick]) -> dict[str, float]:
    """Numbers by name; what is not applicable is left out."""
    found: dict[str, float] = {}
    for item in items:
        if item.money and not outcome.with_money:
            continue
        try:
            found[item.name] = float(item.measure(outcome, judge))
        except NotApplicableError:
            continue
    return found
