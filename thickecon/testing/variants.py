"""The same problem told differently: thin, with other names, with motives reordered or split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..problems.market import Market, Priorities
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile

__all__ = ["relabelled", "thin_problem"]

Change = Callable[[ThickProfile], ThickProfile]


def thin_problem(problem: Problem) -> Problem:
    """The SIDT view of a problem: every profile in it thin."""
    if isinstance(problem, Market):
        return problem.with_sides(problem.profile.thin(), problem.receivers.thin())
    return problem.with_profile(problem.profile.thin())


def relabelled(problem: Problem) -> dict[str, Problem]:
    """Variants of a problem, by name, that T15 calls the same: they keep its grid, and each part its parameter."""
    made = {
        "motive renamed": _both(problem, lambda p: p.split(_first(p), {"another name": 1.0})),
        "motives reordered": _both(problem, lambda p: p.restrict(motives=[c.name for c in p.motives][::-1])),
        "motive split in decimals": _both(
            problem, lambda p: p.split(_first(p), {"a tenth": 0.1, "two tenths": 0.2, "the rest": 0.7})
        ),
        "motive split with opposite signs": _both(
            problem, lambda p: p.split(_first(p), {"more than all": 1.3, "less than none": -0.3})
        ),
    }
    if not getattr(problem, "norms", ()):  # norms may name agents and options
        made["agents and options renamed"] = _renamed(problem)
    return made


def _first(profile: ThickProfile) -> str:
    return profile.motives[0].name


def _both(problem: Problem, change: Change) -> Problem:
    def keep(profile: ThickProfile) -> ThickProfile:
        return replace(change(profile), resolution_override=profile.resolution)

    if isinstance(problem, Market):
        theirs = problem.receivers if problem.receivers.unit == "ordinal" else keep(problem.receivers)
        ours = problem.profile if problem.profile.unit == "ordinal" else keep(problem.profile)
        return problem.with_sides(ours, theirs)
    return problem.with_profile(keep(problem.profile))


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
