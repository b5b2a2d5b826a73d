"""One mechanism in several arms, judged by the same yardsticks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .._core.rng import RNG, generator
from ..errors import InputError, ProblemError
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.endorsement import Endorsement
from ..profiles.observe import observe
from ..profiles.profile import ThickProfile
from .arms import Arm, make_arms
from .comparison import Comparison
from .mechanism import Mechanism, require_mechanism
from .outcome import Outcome
from .yardsticks import Yardstick, default_yardsticks

__all__ = ["compare", "judged_on"]


def compare(
    mechanism: Mechanism,
    problem: object,
    *,
    truth: ThickProfile | Problem | None = None,
    arms: Iterable[str | Arm] | Mapping[str, Arm] = ("sidt", "thick"),
    yardsticks: Iterable[str | Yardstick] = (),
    evidence: Any = None,
    draws: int = 0,
    replicates: int = 1,
    rng: RNG = None,
) -> Comparison:
    """Run every arm on the same problem, lottery by lottery, and judge all outcomes alike.

    Parameters
    ----------
    mechanism
        In its thick setting; the ``sidt`` arm is its :meth:`~Mechanism.baseline`.
    problem
        What the planner sees.
    truth
        Whose values count: a profile of the same rows, or a problem (markets with two sides). None: the
        planner's own estimate, and the result says so.
    arms
        ``"sidt"``, ``"thick"``, ``"oracle"`` (decides on the truth), or any :class:`Arm`. For evidence with an error
        also ``"shrunk"`` (posterior mean), ``"cautious"`` (thick only if half of the evidence shows a gain),
        ``"worst"`` and ``"regret"`` (over the identified set, where the mechanism takes ``ambiguity``).
    yardsticks
        Names or Yardsticks beyond the mechanism's own and the common ones.
    evidence
        An estimate or Endorsement that replaces the endorsement of ``problem``.
    draws
        How often the identified set of the planner's endorsement is drawn from, for the spread of every
        difference due to evidence.
    replicates
        How many lotteries; arms are paired, differences carry the standard error over lotteries.
    rng
        Seed.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        Not a mechanism, negative draws, no replicate, unknown arms or yardsticks.
    ProblemError
        A truth whose rows are not the problem's.
    """
    require_mechanism(mechanism, "compare(mechanism)")
    if draws < 0 or replicates < 1:
        raise InputError(
            f"must be draws >= 0 and replicates >= 1, found {draws} and {replicates}", where="draws, replicates"
        )
    seen = mechanism.wrap(problem)
    if evidence is not None:
        seen = seen.with_profile(_with_evidence(seen.profile, evidence))
    judge = None if truth is None else judged_on(seen, truth)
    items = default_yardsticks(mechanism, yardsticks)
    gen = generator(rng)
    seeds = [int(seed) for seed in gen.integers(0, 2**62, size=replicates)]
    made = make_arms(mechanism, seen, judge, arms, seeds[0])
    outcomes = {label: tuple(_stamped(arm, judge, seed) for seed in seeds) for label, arm in made.items()}
    draw_seed = int(gen.integers(0, 2**62))
    return Comparison(
        mechanism, seen, seen if judge is None else judge, judge is not None, made, outcomes, items, draws, draw_seed
    )


def judged_on(seen: Problem, truth: ThickProfile | Problem) -> Problem:
    """``seen`` with the values that count.

    Raises
    ------
    ProblemError
        Not a profile or problem of the same rows.
    """
    if isinstance(truth, Market) and isinstance(seen, Market):
        return seen.with_sides(seen.with_profile(truth.profile).profile, truth.receivers)
    if isinstance(truth, Problem):
        return seen.with_profile(truth.profile)
    if isinstance(truth, ThickProfile):
        return seen.with_profile(truth)
    raise ProblemError(f"must be a ThickProfile or a Problem, found {type(truth).__name__}", where="truth")


def _with_evidence(profile: ThickProfile, evidence: Any) -> ThickProfile:
    if isinstance(evidence, Endorsement):
        return profile.with_endorsement(evidence)
    return observe(profile, evidence=evidence)


def _stamped(arm: Arm, judge: Problem | None, seed: int) -> Outcome:
    """The arm's outcome, stamped where its mechanism was handed the truth."""
    outcome = arm.mechanism.run(arm.problem, rng=seed)
    if judge is not None and outcome.problem.profile is judge.profile and arm.mechanism != arm.mechanism.baseline():
        return replace(outcome, provenance=replace(outcome.provenance, stamp="oracle"))
    return outcome
