"""Hypothesis strategies for profiles and problems, small enough to be checked by hand when they fail.

Values and endorsements lie on dyadic grids (whole numbers or eighths, quarters for shares), so sums are exact,
ties happen often, and rounding to the grid of comparisons changes nothing.

Examples
--------
>>> from hypothesis import given
>>> from thickecon.testing import strategies
>>> @given(strategies.profiles(endorsement="shared"))
... def laundering_keeps_endorsed_values(profile):
...     assert (profile.laundered().rows.revealed == profile.rows.endorsed).all()
>>> laundering_keeps_endorsed_values()
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import InputError, MissingExtraError
from ..problems import Assignment, Bids, Choice, Market, Priorities
from ..problems.bids import Language
from ..profiles import Endorsement, Motive, ThickProfile

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as err:  # pragma: no cover - hypothesis is there where tests run
    raise MissingExtraError(
        "thickecon.testing.strategies needs the package 'hypothesis'", remedy="pip install hypothesis"
    ) from err

__all__ = ["ENDORSEMENTS", "assignments", "bids", "choices", "markets", "profiles", "rankings"]

Range: TypeAlias = tuple[int, int]
Rankings: TypeAlias = list[list[int | list[int]]]

LANGUAGES: tuple[Language, ...] = ("unit", "additive", "XOR", "OR")
ENDORSEMENTS = ("full", "number", "shared", "own", "box", "own_box", "grouped")
"""Kinds of endorsement: 1, one number, (C,), (n, C), (C,) with an interval, (n, C) with one, shared parameters."""


def _integers(bounds: Range, name: str) -> st.SearchStrategy[int]:
    low, high = bounds
    if not 1 <= low <= high:
        raise InputError(f"must be a pair (least, most) with 1 <= least <= most, found {bounds!r}", where=name)
    return st.integers(low, high)


def _table(
    shape: tuple[int, ...], least: float, most: float, step: float
) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    """Multiples of ``step`` in [least, most]."""
    steps = st.integers(int(np.ceil(least / step)), int(np.floor(most / step)))
    return hnp.arrays(np.int64, shape, elements=steps).map(lambda table: table * step)


@st.composite
def _endorsement(draw: st.DrawFn, /, kind: str, n: int, count: int) -> dict[str, Any]:
    """Keyword arguments of ``from_arrays``."""
    if kind == "full":
        return {"endorsement": 1.0}
    if kind == "number":
        return {"endorsement": draw(st.integers(0, 4)) / 4}
    if kind == "grouped":
        groups, params = draw(st.integers(1, 2)), draw(st.integers(1, count))
        ends = np.sort(draw(_table((3, groups, params), 0, 1, 0.25)), axis=0)
        group = draw(hnp.arrays(np.int64, n, elements=st.integers(0, groups - 1)))
        param = draw(hnp.arrays(np.int64, count, elements=st.integers(0, params - 1)))
        return {"endorsement": Endorsement(ends[1], ends[0], ends[2], group=group, param=param)}
    shape = (n, count) if kind.startswith("own") else (count,)
    if kind in ("shared", "own"):
        return {"endorsement": draw(_table(shape, 0, 1, 0.25))}
    lower, theta, upper = np.sort(draw(_table((3, *shape), 0, 1, 0.25)), axis=0)
    return {"endorsement": theta, "endorsement_interval": (lower, upper)}


@st.composite
def profiles(
    draw: st.DrawFn,
    /,
    *,
    agents: Range = (1, 4),
    options: Range = (1, 4),
    motives: Range = (1, 4),
    values: Literal["whole", "eighths"] = "whole",
    least: float = -4,
    most: float = 4,
    endorsement: str | None = None,
    lists: bool = True,
    outside: bool = True,
    labels: bool = True,
    unit: Literal["utils", "money"] = "utils",
) -> ThickProfile:
    """Thick profiles.

    Parameters
    ----------
    agents, options, motives
        (least, most) how many.
    values
        Contributions are whole numbers or eighths.
    least, most
        Bounds of contributions.
    endorsement
        One of :data:`ENDORSEMENTS`; None: any.
    lists
        Agents may leave options out, also all of them; False: everybody evaluates everything.
    outside
        Doing nothing may have a worth (one, one an agent, or contributions); False: always None.
    labels
        Agents and options may have names.
    unit
        Of contributions.

    Raises
    ------
    InputError
        A range or a kind of endorsement that does not exist.

    Returns
    -------
    SearchStrategy[ThickProfile]
    """
    if endorsement is not None and endorsement not in ENDORSEMENTS:
        raise InputError(f"must be one of {ENDORSEMENTS} or None, found {endorsement!r}", where="endorsement")
    n, m = draw(_integers(agents, "agents")), draw(_integers(options, "options"))
    count = draw(_integers(motives, "motives"))
    step = 1.0 if values == "whole" else 0.125
    table = draw(_table((n, count, m), least, most, step))
    if lists and draw(st.booleans()):
        here = draw(hnp.arrays(np.bool_, (n, m)))
        table = np.where(here[:, None, :], table, np.nan)
    kind = endorsement or draw(st.sampled_from(ENDORSEMENTS))
    worth: Any = None
    if outside:
        shape = draw(st.sampled_from([None, (), (n,), (n, count)]))
        worth = None if shape is None else draw(_table(shape, least, most, step))
    named = labels and draw(st.booleans())
    return ThickProfile.from_arrays(
        table,
        **draw(_endorsement(kind, n, count)),
        motives=draw(_motives(count)),
        agents=[f"agent {i}" for i in range(n)] if named else None,
        options=[f"option {x}" for x in range(m)] if named else None,
        outside=worth,
        unit=unit,
    )


@st.composite
def _motives(draw: st.DrawFn, /, count: int) -> list[Motive]:
    """A value first, then values and influences, some with an owner, in up to two tiers."""
    made = [Motive("value")]
    for c in range(1, count):
        influence, owned = draw(st.booleans()), draw(st.booleans())
        tier = draw(st.integers(0, 1))
        if influence:
            made.append(Motive(f"influence {c}", "influence", tier=tier, owner="owner" if owned else None))
        else:
            made.append(Motive(f"value {c}", tier=tier))
    return made


def choices(**profile: Any) -> st.SearchStrategy[Choice]:
    """Social choices: every agent evaluates every option.

    Parameters
    ----------
    **profile
        As for :func:`profiles`, without ``lists``.

    Returns
    -------
    SearchStrategy[Choice]
    """
    return profiles(lists=False, **profile).map(Choice)


@st.composite
def assignments(draw: st.DrawFn, /, *, largest: int = 3, conflicts: bool = True, **profile: Any) -> Assignment:
    """Assignments: supply from 0 (also unequal), demand or none, conflicting pairs.

    Parameters
    ----------
    largest
        Most units of an option, and most units an agent demands.
    conflicts
        Some pairs of options may exclude one another.
    **profile
        As for :func:`profiles`.

    Returns
    -------
    SearchStrategy[Assignment]
    """
    made = draw(profiles(**profile))
    units = st.integers(0, largest)
    supply = draw(st.one_of(units, hnp.arrays(np.int64, made.n_options, elements=units)))
    demand = draw(st.one_of(st.none(), units, hnp.arrays(np.int64, made.n_agents, elements=units)))
    pairs = list(combinations(made.options, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if conflicts and pairs else []
    return Assignment(made, supply, demand, conflicts=chosen)


@st.composite
def rankings(draw: st.DrawFn, /, n: int, m: int, *, ties: bool = True, complete: bool = False) -> Rankings:
    """``n`` preference lists over ``m`` options: 0-based, best first, an inner list is a tie, missing = unacceptable.

    Parameters
    ----------
    n, m
        Numbers of lists and of options.
    ties
        Neighbours in a list may be tied.
    complete
        Every list holds all options; otherwise it may hold any of them, or none.

    Returns
    -------
    SearchStrategy[list[list[int | list[int]]]]
    """
    made: Rankings = []
    for _ in range(n):
        order = draw(st.permutations(range(m)))
        kept = order if complete else order[: draw(st.integers(0, m))]
        tiers: list[int | list[int]] = []
        for x in kept:
            if ties and tiers and draw(st.booleans()):
                last = tiers[-1]
                tiers[-1] = [*last, x] if isinstance(last, list) else [last, x]
            else:
                tiers.append(x)
        made.append(tiers)
    return made


@st.composite
def markets(
    draw: st.DrawFn,
    /,
    *,
    proposers: Range = (1, 4),
    receivers: Range = (1, 4),
    sides: Literal["profiles", "rankings", "priorities"] | None = None,
    ties: bool = True,
    complete: bool = False,
    capacity: int = 3,
    demand: int = 1,
    **profile: Any,
) -> Market:
    """Two-sided markets: unequal sides, incomplete lists that need not be mutual, capacities from 0.

    Parameters
    ----------
    proposers, receivers
        (least, most) how many.
    sides
        ``"profiles"``: thick profiles on both sides; ``"rankings"``: preference lists of both; ``"priorities"``:
        thick proposers, receivers that are not agents; None: any.
    ties, complete
        As for :func:`rankings`; ``complete`` also for profiles.
    capacity
        Most places of a receiver; 1: one-to-one, every receiver has a place.
    demand
        Most places of a proposer, at least 1.
    **profile
        As for :func:`profiles`.

    Returns
    -------
    SearchStrategy[Market]
    """
    n, m = draw(_integers(proposers, "proposers")), draw(_integers(receivers, "receivers"))
    kind = sides or draw(st.sampled_from(["profiles", "rankings", "priorities"]))
    if kind == "rankings":
        ours: Any = ThickProfile.from_rankings(draw(rankings(n, m, ties=ties, complete=complete)), options=range(m))
    else:
        ours = draw(profiles(agents=(n, n), options=(m, m), **{"lists": not complete, "labels": False, **profile}))
    if kind == "profiles":
        theirs: Any = draw(
            profiles(agents=(m, m), options=(n, n), **{"lists": not complete, "labels": False, **profile})
        )
    else:
        theirs = draw(rankings(m, n, ties=ties, complete=complete))
        theirs = Priorities.from_lists(theirs, n) if kind == "priorities" else theirs
    places = 1 if capacity == 1 else draw(hnp.arrays(np.int64, m, elements=st.integers(0, capacity)))
    wanted = 1 if demand == 1 else draw(hnp.arrays(np.int64, n, elements=st.integers(1, demand)))
    return Market(ours, theirs, places, wanted)


@st.composite
def bids(
    draw: st.DrawFn,
    /,
    *,
    language: Literal["unit", "additive", "XOR", "OR"] | None = None,
    items: Range = (1, 3),
    largest: int = 2,
    **profile: Any,
) -> Bids:
    """Combinatorial auctions.

    Parameters
    ----------
    language
        ``"unit"`` and ``"additive"``: options are single items; ``"XOR"`` and ``"OR"``: options are bundles, which
        may repeat and overlap; None: any.
    items
        (least, most) kinds of items.
    largest
        Most units of an item (at least 1 is there).
    **profile
        As for :func:`profiles`; contributions are at least 0 unless ``least`` says otherwise.

    Returns
    -------
    SearchStrategy[Bids]
    """
    spoken: Language = draw(st.sampled_from(LANGUAGES)) if language is None else language
    kinds = draw(_integers(items, "items"))
    supply = draw(hnp.arrays(np.int64, kinds, elements=st.integers(1, largest)))
    if spoken in ("unit", "additive"):
        made = draw(profiles(**{"least": 0, **profile, "options": (kinds, kinds)}))
        return Bids(made, language=spoken, supply=supply)
    made = draw(profiles(**{"least": 0, **profile}))
    bundles = np.array([[draw(st.integers(0, int(s))) for s in supply] for _ in range(made.n_options)])
    empty = ~bundles.any(axis=1)
    bundles[empty, draw(st.integers(0, kinds - 1))] = 1
    return Bids(made, bundles, language=spoken, supply=supply)
