"""A suite: which scenarios, at which knobs, how often. Read from TOML, checked before anything runs."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .._core.registry import nearest
from ..errors import InputError, SizeError, UnknownNameError
from ..mechanism.setting import mechanism_with
from .cell import Cell, canonical
from .scenario import ARMS, SCENARIOS, Scenario
from .store.suite_file import suite_content
from .suite_checks import check_plan

if TYPE_CHECKING:
    from ..mechanism.mechanism import Mechanism

__all__ = ["Check", "Stop", "StudyPlan", "Suite", "quick_suite", "read_suite"]

LARGEST = 100_000
"""Cells a suite may have without being asked twice."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Defaults(_Strict):
    """What studies have unless they say otherwise.

    Attributes
    ----------
    replicates, block
        How many worlds, and how many of them make a part of the store.
    arms
        Those of them that a scenario has are run.
    """

    replicates: int = Field(default=200, ge=1)
    block: int = Field(default=50, ge=1)
    arms: tuple[str, ...] = ARMS


class Check(_Strict):
    """A number that the report holds the study to.

    Attributes
    ----------
    quantity
        "break_even", "mean" or "difference" (of an arm against SIDT).
    at
        Knobs of the point or curve.
    arm, measure
        Whose; defaults: thick, and the headline measure.
    expected, rtol, atol
        The number and its tolerance, besides four standard errors of what was measured.
    source
        Where it comes from.
    """

    quantity: Literal["break_even", "mean", "difference"]
    at: dict[str, Any] = Field(default_factory=dict)
    arm: str = "thick"
    measure: str | None = None
    expected: float
    rtol: float = Field(default=0.0, ge=0)
    atol: float = Field(default=0.0, ge=0)
    source: str = Field(min_length=1)


class Stop(_Strict):
    """A rule fixed beforehand: stop after the first block at which a paired difference is known well enough.

    Attributes
    ----------
    arm, measure
        Whose difference against SIDT.
    standard_error
        Small enough.
    least
        Replicates below which nothing stops.
    """

    arm: str = "thick"
    measure: str | None = None
    standard_error: float = Field(gt=0)
    least: int = Field(default=50, ge=2)


class StudyPlan(_Strict):
    """One scenario and its grid.

    Attributes
    ----------
    scenario, mechanism, mechanism_parameters
        Registry names; the scenario's own mechanism if none is named.
    title
        For the report; the scenario's if empty.
    fixed, grid
        Knobs: one value, or a list of values; the grid is the product of the lists.
    main
        The point of the grid that stands in the headline table; the first one if empty.
    arms, replicates, block
        See :class:`Defaults`.
    check, stop
        What is held to, and when to stop early.
    """

    scenario: str
    mechanism: str | None = None
    mechanism_parameters: dict[str, Any] = Field(default_factory=dict)
    title: str = ""
    fixed: dict[str, Any] = Field(default_factory=dict)
    main: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    arms: tuple[str, ...] | None = None
    replicates: int | None = Field(default=None, ge=1)
    block: int | None = Field(default=None, ge=1)
    check: tuple[Check, ...] = ()
    stop: Stop | None = None


class Suite(_Strict):
    """What is run.

    Attributes
    ----------
    schema_
        Version of this layout ("schema" in the file).
    name, seed
        Title and root of the seed tree.
    defaults, study
        See there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_: Literal[1] = Field(alias="schema")
    name: str = Field(min_length=1)
    seed: int = Field(ge=0)
    defaults: Defaults = Defaults()
    study: tuple[StudyPlan, ...] = Field(min_length=1)

    def text(self) -> str:
        """Canonical JSON: two suites are the same iff these are."""
        return canonical(self.model_dump(mode="json", by_alias=True))


@dataclass(frozen=True)
class Point:
    """A study at one point of its grid.

    Attributes
    ----------
    study
        Position in the suite.
    scenario
        At its knobs.
    cells
        Its blocks, in order.
    """

    study: int
    scenario: Scenario
    cells: tuple[Cell, ...]


def read_suite(given: str | os.PathLike[str] | Mapping[str, Any] | Suite) -> Suite:
    """A suite from a TOML file, a mapping, or itself.

    Raises
    ------
    FileFormatError
        No such file, or not TOML.
    InputError
        Something in it that does not exist or has the wrong type; every fault is named with its place.
    """
    if isinstance(given, Suite):
        return given
    where = "suite"
    if isinstance(given, Mapping):
        content: Mapping[str, Any] = given
    else:
        where = str(given)
        content = suite_content(given)
    try:
        return Suite.model_validate(content)
    except ValidationError as err:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'suite'}: {fault['msg'].lower()}" for fault in err.errors()[:8]
        )
        raise InputError(f"is no suite of schema 1: {faults}", where=where) from err


def quick_suite(suite: Suite) -> Suite:
    """The same with a tenth of the replicates, at least 10: a look, not a result."""

    def few(n: int) -> int:
        return max(10, n // 10)

    defaults = suite.defaults.model_copy(
        update={
            "replicates": few(suite.defaults.replicates),
            "block": min(suite.defaults.block, few(suite.defaults.replicates)),
        }
    )
    plans = tuple(
        plan.model_copy(update={"replicates": few(plan.replicates)} if plan.replicates else {}) for plan in suite.study
    )
    return suite.model_copy(update={"name": f"{suite.name} (quick)", "defaults": defaults, "study": plans})


def points(suite: Suite, *, yes: bool = False) -> list[Point]:
    """Every study at every point of its grid, checked.

    Raises
    ------
    UnknownNameError
        A scenario, mechanism, knob or arm that does not exist.
    InputError
        A knob out of bounds, or given twice.
    SizeError
        More than 100,000 cells, unless ``yes``.
    """
    _refuse_large(suite, yes)
    return [point for k, plan in enumerate(suite.study) for point in _points(suite, k, plan)]


def _refuse_large(suite: Suite, yes: bool) -> None:
    total = 0
    for plan in suite.study:
        count = 1
        for values in plan.grid.values():
            count *= max(1, len(values))
        replicates, block = plan.replicates or suite.defaults.replicates, plan.block or suite.defaults.block
        total += count * -(-replicates // block)
    if total > LARGEST and not yes:
        raise SizeError(
            f"has {total:,} cells; at half a second each that is {total / 7200:,.0f} hours on one core",
            where="suite",
            remedy="shorten the grid, or say yes=True (--yes)",
        )


def _points(suite: Suite, k: int, plan: StudyPlan) -> list[Point]:
    kind: type[Scenario] = SCENARIOS[plan.scenario]
    where = f"study {k + 1} ({plan.scenario})"
    twice = set(plan.fixed) & set(plan.grid)
    if twice:
        raise InputError(f"{min(twice)!r} is both fixed and in the grid", where=where)
    empty = [name for name, values in plan.grid.items() if not values]
    if empty:
        raise InputError(f"the grid of {empty[0]!r} has no value", where=where)
    mechanism = _mechanism(plan, kind, where)
    arms = _arms(suite, plan, kind, mechanism, where)
    replicates, block = plan.replicates or suite.defaults.replicates, plan.block or suite.defaults.block
    made: dict[str, Point] = {}
    for values in itertools.product(*plan.grid.values()):
        point = kind.make({**plan.fixed, **dict(zip(plan.grid, values, strict=True))}, mechanism)
        text = canonical(point.parameters)
        if text in made:
            raise InputError(f"the grid has {_knobs_of(plan, point)} twice", where=where)
        cells = tuple(
            Cell(
                plan.scenario,
                kind.version,
                text,
                "" if plan.mechanism is None else canonical([plan.mechanism, plan.mechanism_parameters]),
                arms,
                suite.seed,
                first,
                min(block, replicates - first),
            )
            for first in range(0, replicates, block)
        )
        made[text] = Point(k, point, cells)
    check_plan(plan, [each.scenario for each in made.values()], arms, where)
    return list(made.values())


def _knobs_of(plan: StudyPlan, point: Scenario) -> str:
    return ", ".join(f"{name} = {point.parameters[name]!r}" for name in plan.grid)


def _mechanism(plan: StudyPlan, kind: type[Scenario], where: str) -> Mechanism | None:
    if plan.mechanism is None:
        return None
    if kind.own_rule:
        raise InputError(
            f"decides by a rule of its own, so {plan.mechanism} would be left unused",
            where=where,
            remedy="leave mechanism out",
        )
    return mechanism_with(plan.mechanism, plan.mechanism_parameters, f"{where}: mechanism_parameters")


def _arms(
    suite: Suite, plan: StudyPlan, kind: type[Scenario], mechanism: Mechanism | None, where: str
) -> tuple[str, ...]:
    """Named arms must exist; of the defaults, those that the scenario has under this mechanism."""
    there = kind.arms_with(mechanism)
    given = plan.arms or ()
    twice = [name for k, name in enumerate(given) if name in given[:k]]
    if twice:
        raise InputError(f"has the arm {twice[0]!r} twice", where=where)
    for name in plan.arms or ():
        if name not in kind.arms:
            raise UnknownNameError(f"has no arm {name!r}; {nearest(name, list(kind.arms))}", where=where)
        if name not in there:
            raise InputError(
                f"has no arm {name!r} under {plan.mechanism}", where=where, remedy=f"it has {', '.join(there)}"
            )
    for name in suite.defaults.arms:
        if name not in ARMS and not any(name in SCENARIOS[p.scenario].arms for p in suite.study):
            raise UnknownNameError(f"no arm is called {name!r}; {nearest(name, list(ARMS))}", where="defaults.arms")
    wanted = plan.arms or tuple(name for name in there if name in suite.defaults.arms or name not in ARMS)
    if not wanted:
        raise InputError("has none of the arms asked for", where=where, remedy=f"it has {', '.join(there)}")
    return tuple(wanted)
