"""The same problem told differently: thin, with other names, with motives reordered or split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..problems.market import Market, Priorities
from ..problems.problem import Problem
from ..profiles.endorsement import Endorsement
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile

__all__ = ["relabelled", "thin_problem", "tied_problem"]

Change = Callable[[ThickProfile], ThickProfile]


def thin_problem(problem: Problem) -> Problem:
    """The SIDT view of a problem: every profile in it thin."""
    if isinstance(problem, Market):
        return problem.with_sides(problem.profile.thin(), problem.receivers.thin())
    return problem.with_profile(problem.profile.thin())


def tied_problem(problem: Problem) -> Problem:
    """The same agents and options, every row worth .6, made up in a different way from row to row.

    In floating point (.1 + .2) + .3 exceeds (.3 + .2) + .1 in the last bit: who adds up without the grid of T15
    breaks these ties by the order of motives, not by the lottery.
    """

    def change(profile: ThickProfile) -> ThickProfile:
        kinds = np.array([[0.1, 0.2, 0.3], [0.6, 0.0, 0.0], [0.3, 0.2, 0.1], [0.0, 0.6, 0.0]])
        return replace(
            profile,
            contributions=kinds[np.arange(len(profile.index)) % len(kinds)].T.copy(),
            endorsement=Endorsement(np.ones((1, 3))),
            motives=tuple(Motive(f"value {c}") for c in range(3)),
            outside=None,
            resolution_override=None,
        )

    return _sides(problem, change)


def relabelled(problem: Problem) -> dict[str, Problem]:
    """Variants of a problem, by name, that T15 calls the same: they keep its grid, and each part its parameter."""
    made = {
        "motives renamed": _both(problem, _motives_renamed),
        "motives reordered": _both(problem, lambda p: p.restrict(motives=[c.name for c in p.motives][::-1])),
        "first motive split in decimals": _both(problem, lambda p: _in_decimals(p, p.motives[0].name)),
        "last motive split with opposite signs": _both(
            problem, lambda p: p.split(p.motives[-1].name, {"more than all": 1.3, "less than none": -0.3})
        ),
        "every motive split in decimals": _both(problem, _all_in_decimals),
    }
    if not getattr(problem, "norms", ()):  # norms may name agents and options
        made["agents and options renamed"] = _renamed(problem)
    return made


def _motives_renamed(profile: ThickProfile) -> ThickProfile:
    """Names that sort the other way round."""
    count = profile.n_motives
    return replace(
        profile, motives=tuple(replace(c, name=f"motive {count - k:06}") for k, c in enumerate(profile.motives))
    )


def _in_decimals(profile: ThickProfile, motive: str) -> ThickProfile:
    """Parts in tenths; in floating point, in this order, 6 + 3 + 1 of them make 1, 2, 4, 7 or 8 only up to rounding."""
    parts = {"six tenths": 0.6, "three tenths": 0.3, "a tenth": 0.1}
    return profile.split(motive, {f"{motive}, {name}": share for name, share in parts.items()})


def _all_in_decimals(profile: ThickProfile) -> ThickProfile:
    for motive in profile.motives:
        profile = _in_decimals(profile, motive.name)
    return profile


def _both(problem: Problem, change: Change) -> Problem:
    """A change of labels on every side, on the grid there was."""
    return _sides(problem, lambda profile: replace(change(profile), resolution_override=profile.resolution))


def _sides(problem: Problem, change: Change) -> Problem:
    """A change on every side that has values."""
    if isinstance(problem, Market):
        sides = [p if p.unit == "ordinal" else change(p) for p in (problem.profile, problem.receivers)]
        return problem.with_sides(*sides)
    return problem.with_profile(change(problem.profile))


def _renamed(problem: Problem) -> Problem:
    """Names that sort the other way round."""

    def rename(profile: ThickProfile, agents: list[str], options: list[str]) -> ThickProfile:
        return replace(profile, index=replace(profile.index, agents=tuple(agents), options=tuple(options)))

    n, m = problem.profile.n_agents, problem.profile.n_options
    agents, options = [f"agent {n - i:06}" for i in range(n)], [f"option {m - x:06}" for x in range(m)]
    ours = rename(problem.profile, agents, options)
    if not isinstance(problem, Market):
        return replace(problem, profile=ours)
    theirs = rename(problem.receivers, options, agents)
    receivers = theirs if problem.receivers_are_agents else Priorities(theirs)
    return Market(ours, receivers, problem.capacities, problem.demand)
