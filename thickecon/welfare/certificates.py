"""What can be checked of an allocation, from its numbers: is it feasible, and can anything be better?"""

from __future__ import annotations

import numpy as np

from .._core.arrays import FloatArray
from ..errors import InputError
from ..lenses.reading import Cardinal
from ..mechanism.accounts import idle_share
from ..mechanism.outcome import Outcome
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.choice import Choice
from ..problems.problem import Problem
from ..programs import AllocationProblem, Ambiguity, largest_regret, norm_violation, settled, worst_case
from .choose import option_utilities, option_worth
from .functions.base import WelfareFunction
from .functions.leximin import Leximin

__all__ = ["one_option", "optimal", "taken_utilities", "within_constraints"]

TOLERANCE = 1e-6
"""Relative to the size of welfare and of shares: what a cone solver leaves."""


def taken_utilities(problem: Problem, taken: FloatArray, reading: Cardinal) -> FloatArray:
    """(n,) worth of what is taken, and of what is left idle of the first unit."""
    index = problem.profile.index
    made: FloatArray = np.bincount(index.agent, taken * reading.values, minlength=index.n_agents).astype(np.float64)
    if problem.profile.outside is not None:
        made += idle_share(problem.profile, taken) * reading.outside
    return made


# ---- feasible -------------------------------------------------------------------------------------------------


def one_option(outcome: Outcome) -> Verdict:
    """Everybody has one and the same option."""
    profile = outcome.problem.profile
    per_option = np.bincount(profile.index.option, outcome.taken, minlength=profile.n_options)
    wanted = np.eye(1, len(per_option))[0] * profile.n_agents
    off = float(np.abs(np.sort(per_option)[::-1] - wanted).max())
    return Verdict("feasible", "nobody", off <= 1e-9, off, 1e-9, statement="one option, for everybody")


def within_constraints(outcome: Outcome) -> Verdict:
    """Supply, demand, conflicts and norms, from the numbers; whole units where they were asked for."""
    problem, taken = outcome.problem, outcome.taken
    assert isinstance(problem, Assignment)
    if not np.isfinite(taken).all():
        return Verdict("feasible", "nobody", False, np.inf, statement="shares must be finite")
    worst = _excesses(problem, taken)
    if not outcome.mechanism.divides(problem):
        worst["whole units"] = float(np.abs(taken - np.rint(taken)).max(initial=0.0))
    name = max(worst, key=lambda key: worst[key])
    gap, tol = max(0.0, worst[name]), TOLERANCE * max(1.0, float(taken.max(initial=0.0)))
    text = "within supply, demand, conflicts and norms"
    return Verdict("feasible", "nobody", gap <= tol, gap, tol, None if gap <= tol else name, text)


def _excesses(problem: Assignment, taken: FloatArray) -> dict[str, float]:
    """By how much each kind of constraint is exceeded, by name."""
    index = problem.profile.index
    used = np.bincount(index.option, taken, minlength=index.n_options)
    had = np.bincount(index.agent, taken, minlength=index.n_agents)
    worst = {
        "supply": float((used - problem.supply).max(initial=0.0)),
        "demand": float((had - problem.demand_or).max(initial=0.0)),
        "a share of a row": float(max((taken - 1.0).max(initial=0.0), (-taken).max(initial=0.0))),
    }
    for one, two in problem.conflicts:
        both = sum(
            np.bincount(index.agent[index.option == x], taken[index.option == x], index.n_agents) for x in (one, two)
        )
        worst["conflicts"] = max(worst.get("conflicts", 0.0), float(np.max(both, initial=0.0)) - 1.0)
    for norm in problem.norms:
        made = norm.linear(problem.profile)
        if made is None:
            worst[norm.name] = norm_violation(norm, problem, taken)
            continue
        left = float(made.coefficients @ taken) - made.bound
        size = max(1.0, abs(made.bound), float(np.abs(made.coefficients) @ np.abs(taken)))
        worst[norm.name] = {"<=": left, ">=": -left, "==": abs(left)}[made.sense] / size
    return worst


# ---- optimal --------------------------------------------------------------------------------------------------


def optimal(outcome: Outcome, welfare: WelfareFunction, known: Ambiguity | None) -> Verdict:
    """No feasible allocation is better, by the welfare function and the way ambiguity counts."""
    if isinstance(outcome.problem, Choice):
        return _best_of_options(outcome, welfare, known)
    assert isinstance(outcome.problem, Assignment)
    bound = float(outcome.decision.details["bound"])
    tol = max(float(outcome.decision.details["tolerance"]), TOLERANCE * max(1.0, abs(bound)))
    if known is not None and known.mode == "regret":
        regret, _ = largest_regret(_bare(outcome), known, welfare, outcome.taken)
        text = "no feasible allocation has less regret than the bound of the solver's search tree"
        return _judged(-regret, bound, tol, text)
    try:
        if known is None:
            reading = outcome.readings[0]
            assert isinstance(reading, Cardinal)
            utilities = taken_utilities(outcome.problem, outcome.taken, reading)
        else:
            utilities, _ = worst_case(_bare(outcome), known, welfare, outcome.taken)
        size = float(np.abs(outcome.problem.profile.contributions).sum(axis=0).max(initial=0.0))
        worth = welfare.evaluate(settled(welfare, utilities, size), outcome.problem.profile.weights)
    except InputError:
        return Verdict("optimal", "reading", False, statement="utilities leave the domain of the welfare function")
    if isinstance(welfare, Leximin):
        return _no_level_higher(outcome, utilities)
    text = f"no feasible allocation has more {welfare.title} than a bound recomputed from prices"
    if not outcome.decision.details["recomputed"]:
        text = "the bound is that of the solver's search tree"
    return _judged(worth, bound, tol, text + ("" if known is None else "; the worst case over the identified set"))


def _judged(worth: float, bound: float, tol: float, text: str) -> Verdict:
    gap = max(bound - worth, 0.0)
    return Verdict("optimal", "reading", bool(gap <= tol), gap, tol, statement=text)


def _bare(outcome: Outcome) -> AllocationProblem:
    """The programme's rows; values are read from the contributions."""
    problem, rows = outcome.problem, np.zeros(len(outcome.taken))
    assert isinstance(problem, Assignment)
    return AllocationProblem.from_assignment(problem, rows, whole=not outcome.mechanism.divides(problem))


def _no_level_higher(outcome: Outcome, utilities: FloatArray) -> Verdict:
    """Sorted utilities against the levels whose multipliers (or search trees) show that nothing is higher."""
    weights, stages = outcome.problem.profile.weights, outcome.decision.details["stages"]
    levels = np.zeros(len(utilities)) if weights is None else np.where(weights > 0, 0.0, utilities)
    for stage in stages:
        levels[stage.agents] = stage.level
    tol = TOLERANCE * max(1.0, float(np.abs(levels).max(initial=0.0)))
    order = Leximin().compare(utilities, levels, weights, tol=tol)
    gap = float(np.max(np.sort(levels) - np.sort(utilities), initial=0.0))
    proved = all(stage.optimality.holds is not False for stage in stages)
    text = f"nobody can be raised at any of {len(stages)} levels without lowering somebody worse off"
    return Verdict("optimal", "reading", order >= 0 and proved, gap, tol, statement=text)


def _best_of_options(outcome: Outcome, welfare: WelfareFunction, known: Ambiguity | None) -> Verdict:
    problem, reading, text = outcome.problem, outcome.readings[0], "every option was valued, none is better"
    assert isinstance(problem, Choice)
    chosen = int(problem.profile.index.option[np.argmax(outcome.taken)])
    worth = option_worth(welfare, problem, reading, known)
    if not np.isfinite(worth[chosen]):
        return Verdict("optimal", "reading", False, statement="utilities leave the domain of the welfare function")
    made = _judged(float(worth[chosen]), float(worth.max()), 1e-12 * max(1.0, float(np.abs(worth[chosen]))), text)
    if not isinstance(welfare, Leximin) or not made.holds:
        return made
    table, weights = option_utilities(welfare, problem, reading, known), problem.profile.weights
    better = [x for x in range(table.shape[1]) if welfare.compare(table[:, x], table[:, chosen], weights) > 0]
    shown = problem.profile.options[better[0]] if better else None
    return Verdict("optimal", "reading", not better, float(len(better)), 0.0, shown, text)
