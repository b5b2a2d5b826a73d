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
    """Parts whose sum is the whole only up to rounding."""
    return profile.split(motive, {f"{motive}, a tenth": 0.1, f"{motive}, two tenths": 0.2, f"{motive}, the rest": 0.7})


def _all_in_decimals(profile: ThickProfile) -> ThickProfile:
    for motive in profile.motives:
        profile = _in_decimals(profile, motive.name)
    return profile


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
