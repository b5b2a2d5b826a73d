"""From the course-allocation format of fairpyx to an :class:`Assignment`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np

from ..._core.arrays import IntArray, frozen
from ...errors import FileFormatError, InputError
from ...problems import Assignment
from ...profiles import ThickProfile

__all__ = ["course", "from_fairpyx", "wanted"]

_PARTS = ("valuations", "agent_capacities", "item_capacities", "agent_conflicts", "item_conflicts")


def course(capacities: str | int = "as_given", *, conflicts: bool = True, english: bool = True) -> Assignment:
    """The seats of Ariel University's computer science electives, year 5783.

    Parameters
    ----------
    capacities
        ``"as_given"``: 40 to 126 seats a course, none of which binds. ``"scarce"``: a seat for every second student
        who wants the course: max(1, min(given, ceil(w / 2))) with w from :func:`wanted`. A whole number: that many
        seats at most in every course.
    conflicts
        Keep the 6 pairs of courses that meet at the same time.
    english
        Translated names of courses; False: transliterated Hebrew, as in the source.

    Returns
    -------
    Assignment
        Points as values (302 rows), seats as supply, the number of courses asked for as demand; doing nothing is
        worth 0.

    Raises
    ------
    InputError
        ``capacities`` is none of these.

    Examples
    --------
    >>> problem = course(capacities="scarce")
    >>> problem.profile.n_agents, problem.profile.n_options, int(problem.supply.sum())
    (26, 23, 66)
    """
    here = files(__package__)
    raw = json.loads(here.joinpath("ariel_5783_input.json").read_text(encoding="utf-8"))
    names = json.loads(here.joinpath("english.json").read_text(encoding="utf-8")) if english else None
    problem = from_fairpyx(raw, names)
    if not conflicts:
        problem = replace(problem, conflicts=())
    if capacities == "as_given":
        return problem
    if capacities == "scarce":
        return replace(problem, supply=np.maximum(1, np.minimum(problem.supply, np.ceil(wanted(problem) / 2))))
    if isinstance(capacities, int) and not isinstance(capacities, bool):
        return replace(problem, supply=np.minimum(problem.supply, capacities))
    raise InputError(
        f"must be 'as_given', 'scarce' or a whole number of seats, found {capacities!r}", where="capacities"
    )


def wanted(problem: Assignment) -> IntArray:
    """(m,) how many agents would take each option if supply were free and nothing conflicted.

    An agent with a demand of k wants the k options with the largest revealed values among those that are worth more
    than 0 to them, ties at the k-th included; without a demand all of these.
    """
    profile = problem.profile
    index, values = profile.index, profile.rows.revealed
    order = np.lexsort((-values, index.agent))
    place = np.arange(len(order)) - index.indptr[index.agent[order]]
    last = place == np.minimum(problem.demand_or, np.diff(index.indptr))[index.agent[order]] - 1
    threshold = np.full(profile.n_agents, np.inf)
    threshold[index.agent[order][last]] = values[order][last]
    takes = (values > 0) & (values >= threshold[index.agent])
    return frozen(np.bincount(index.option[takes], minlength=profile.n_options), np.intp)


def from_fairpyx(raw: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Assignment:
    """An allocation instance in the layout of fairpyx's data files.

    Parameters
    ----------
    raw
        ``valuations`` {agent: {item: value}}, ``agent_capacities`` {agent: demand}, ``item_capacities``
        {item: supply}, ``agent_conflicts`` {agent: [items that the agent cannot take]}, ``item_conflicts``
        {item: [items that nobody can take together with it]}.
    names
        New labels of items; None: as they are.

    Returns
    -------
    Assignment
        A row for every item that an agent valued (0 included) and can take.

    Raises
    ------
    FileFormatError
        A part is missing, an agent has no capacity, or a part names an item without a capacity.

    Examples
    --------
    >>> tiny = {
    ...     "valuations": {"a": {"x": 3, "y": 1}},
    ...     "agent_capacities": {"a": 1},
    ...     "item_capacities": {"x": 1, "y": 1},
    ...     "agent_conflicts": {"a": ["y"]},
    ...     "item_conflicts": {},
    ... }
    >>> from_fairpyx(tiny).profile.to_frame().loc[("a", "x"), "value"]
    np.float64(3.0)
    """
    missing = next((part for part in _PARTS if not isinstance(raw.get(part), Mapping)), None)
    if missing is not None:
        raise FileFormatError("must be a table, found none", where=missing, remedy=f"a file has the parts {_PARTS}")
    agents, items = list(raw["valuations"]), list(raw["item_capacities"])
    position = {item: x for x, item in enumerate(items)}
    homeless = next((agent for agent in agents if agent not in raw["agent_capacities"]), None)
    if homeless is not None:
        raise FileFormatError(f"has no entry for agent {homeless!r}", where="agent_capacities")
    barred = {
        (agent, _known(x, position, "agent_conflicts")) for agent, xs in raw["agent_conflicts"].items() for x in xs
    }
    rows = [
        (i, _known(item, position, "valuations"), value)
        for i, agent in enumerate(agents)
        for item, value in raw["valuations"][agent].items()
        if (agent, position.get(item)) not in barred
    ]
    labels = items if names is None else [names.get(item, item) for item in items]
    pairs = [
        (labels[_known(x, position, "item_conflicts")], labels[_known(y, position, "item_conflicts")])
        for x, others in raw["item_conflicts"].items()
        for y in others
    ]
    who, what, values = (np.array([row[k] for row in rows]) for k in range(3))
    profile = ThickProfile.from_rows(
        who.astype(np.intp), what.astype(np.intp), values, agents=agents, options=labels, outside=0.0
    )
    supply = [raw["item_capacities"][item] for item in items]
    return Assignment(profile, supply, [raw["agent_capacities"][agent] for agent in agents], conflicts=pairs)


def _known(item: str, position: Mapping[str, int], part: str) -> int:
    if item not in position:
        raise FileFormatError(f"names {item!r}, which has no capacity", where=part)
    return position[item]
