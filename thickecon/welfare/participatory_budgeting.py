"""Participatory budgeting: which projects a common budget pays for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, frozen
from ..errors import InputError, NotApplicableError
from ..lenses.lens import Endorsed, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from .kernels.packing import best_within_budget
from .kernels.shares import equal_shares
from .projects import Costs, as_costs, best_set, cost_vector, one_set, people_of, require_no_outside
from .shares_certificate import purchases

__all__ = ["ParticipatoryBudgeting"]

Rule = Literal["knapsack", "equal_shares"]
Utility = Literal["additive", "approval", "cost"]
Completion = Literal["none", "utilitarian", "add1", "add1u"]


@register("welfare.ParticipatoryBudgeting")
@dataclass(frozen=True)
class ParticipatoryBudgeting(Mechanism):
    """A set of projects for everybody, within a budget.

    The options of a :class:`~thickecon.problems.Choice` are projects; those that are funded are there for all. The
    knapsack rule takes the set of the greatest total utility. The method of equal shares gives everybody an equal part
    of the budget and lets supporters buy, so that a group gets what its part pays for. Ties go by lottery.

    Parameters
    ----------
    costs
        Number, or one a project, at least 0.
    budget
        At least 0, in the unit of costs.
    rule
        ``"knapsack"``: exact, by dynamic programming where costs are whole or have up to two decimals, else by a
        mixed-integer programme. ``"equal_shares"``.
    utility
        What a project adds for an agent: ``"additive"``: its reading; ``"approval"``: 1 where the reading is
        positive; ``"cost"``: the project's cost where it is. Equal shares count no utility below 0.
    completion
        Of equal shares, which may leave money over. ``"utilitarian"``: while something wanted fits, the most utility
        per cost. ``"add1"``: everybody's part grows in steps while what is bought stays within the budget.
        ``"add1u"``: one after the other. ``"none"``.
    step
        Of ``"add1"``, relative to a person's part of the budget.
    lens
        How agents are read.

    Raises
    ------
    InputError
        Costs, budget or step that are negative or not finite; an unknown rule, utility or completion; another number
        of costs than projects.
    ProblemError
        An agent does not evaluate some project, or doing nothing is given a worth.

    References
    ----------
    Peters and Skowron (2020), doi:10.1145/3391403.3399465; Peters, Pierczynski and Skowron (2021),
    doi:10.48550/arXiv.2008.13276; Rey and Maly (2023), doi:10.48550/arXiv.2303.00621 (completions)

    Examples
    --------
    Three people want the pool, one the path. A pool leaves no money; equal shares keep a quarter for the path's friend.

    >>> import thickecon as te
    >>> wants = [[1, 0, 1], [1, 0, 1], [1, 0, 1], [0, 1, 0]]
    >>> p = te.ThickProfile.from_values(wants, options=["pool", "path", "library"])
    >>> rule = te.welfare.ParticipatoryBudgeting(costs=(6, 2, 2), budget=8)
    >>> rule.run(p, rng=0).shares[0].tolist()
    [1.0, 0.0, 1.0]
    >>> from dataclasses import replace
    >>> replace(rule, rule="equal_shares", completion="none").run(p, rng=0).shares[0].tolist()
    [0.0, 1.0, 1.0]
    """

    costs: Costs = 1.0
    budget: float = 1.0
    rule: Rule = "knapsack"
    utility: Utility = "additive"
    completion: Completion = "add1u"
    step: float = 0.01

    title: ClassVar[str] = "Participatory budgeting"
    reference: ClassVar[str] = "10.48550/arXiv.2008.13276"
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "costs", as_costs(self.costs))
        for name in ("budget", "step"):
            value = as_costs(getattr(self, name), name)
            if not isinstance(value, float) or (name == "step" and value == 0.0):
                raise InputError(f"must be one number, a step more than 0, found {value!r}", where=name)
            object.__setattr__(self, name, value)
        for name, allowed in (
            ("rule", ("knapsack", "equal_shares")),
            ("utility", ("additive", "approval", "cost")),
            ("completion", ("none", "utilitarian", "add1", "add1u")),
        ):
            if getattr(self, name) not in allowed:
                raise InputError(f"must be one of {', '.join(allowed)}, found {getattr(self, name)!r}", where=name)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Truth is dominant for nobody; the knapsack is efficient for the self it reads."""
        endorsed, revealed = isinstance(self.lens, Endorsed), isinstance(self.lens, Revealed)
        lies = "what others pay for need not be asked for, and what is praised is bought"
        made = [Claim("truthful", "reading", False, lies, "10.48550/arXiv.2008.13276")]
        if self.rule == "knapsack" and (endorsed or revealed):
            most = "no affordable set has a greater sum of utilities"
            made.append(Claim("efficient", "decision", revealed, most, "T3"))
            made.append(Claim("efficient", "endorsed", endorsed, most, "T3"))
        if endorsed or revealed:
            moved = "an influence that leaves v alone funds nothing"
            made.append(Claim("influence_proof", "nobody", endorsed, moved, "T6"))
        return tuple(made)

    @property
    def loss_modulus(self) -> str | None:
        """T3: a sum over sets of projects, where utilities are values."""
        return "sets" if self.rule == "knapsack" and self.utility == "additive" else None

    def wrap(self, problem: object) -> Problem:
        """A choice whose options are projects.

        Raises
        ------
        ProblemError
            Doing nothing is given a worth.
        InputError
            Another number of costs than projects.
        """
        made = super().wrap(problem)
        assert isinstance(made, Choice)
        require_no_outside(made, "ParticipatoryBudgeting")
        cost_vector(self.costs, made.profile)
        return made

    def _utilities(self, problem: Problem, values: FloatArray) -> FloatArray:
        """(n, m) what each project adds for one person of each agent."""
        profile = problem.profile
        table = values.reshape(profile.n_agents, profile.n_options)
        if self.utility == "additive":
            return table
        liked: FloatArray = (table > 0).astype(np.float64)
        return liked if self.utility == "approval" else liked * cost_vector(self.costs, profile)

    def _run(self, problem: Choice, readings: tuple[Cardinal], lottery: Lottery) -> Decision:
        profile = problem.profile
        table, costs = self._utilities(problem, readings[0].values), cost_vector(self.costs, profile)
        order: IntArray = np.argsort(lottery.rng.random(profile.n_options))
        details: Mapping[str, Any] = {}
        if self.rule == "knapsack":
            funded = best_set(people_of(profile) @ table, costs, self.budget, order)
        else:
            funded, details = self._bought(table, costs, people_of(profile), order)
        return Decision(np.tile(funded.astype(np.float64), profile.n_agents), details=details)

    def _bought(
        self, table: FloatArray, costs: FloatArray, people: FloatArray, order: IntArray
    ) -> tuple[npt.NDArray[np.bool_], Mapping[str, Any]]:
        turn = np.empty(len(order))
        turn[order] = np.arange(len(order))
        grows = self.completion in ("add1", "add1u")
        increment = self.step * self.budget / float(people.sum()) if grows else 0.0
        found = equal_shares(table, costs, self.budget, people=people, lottery=turn, increment=increment)
        funded = np.zeros(len(costs), dtype=bool)
        funded[found.bought] = True
        added: list[int] = []
        if self.completion in ("utilitarian", "add1u"):
            added = _greedy(people @ np.maximum(table, 0.0), costs, self.budget, funded, turn)
            funded[added] = True
        details = {"bought": found.bought, "paid": found.paid, "purse": found.purse, "price": found.price}
        return funded, {**details, "added": frozen(np.array(added, dtype=np.intp), copy=False)}

    # ---- what is maximised --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum of utilities over people.

        Raises
        ------
        NotApplicableError
            Equal shares maximise nothing.
        """
        if self.rule != "knapsack":
            raise NotApplicableError("equal shares maximise no welfare function", where="objective")
        table = self._utilities(problem, reading.values)
        shares = taken.reshape(table.shape)
        return float(people_of(problem.profile) @ (table * shares).sum(axis=1))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """The affordable set with the greatest sum of weights; people are not counted again.

        Raises
        ------
        NotApplicableError
            Equal shares maximise nothing.
        """
        if self.rule != "knapsack":
            raise NotApplicableError("equal shares maximise no welfare function", where="optimise")
        profile = problem.profile
        worth = np.asarray(row_weights, dtype=np.float64).reshape(profile.n_agents, profile.n_options).sum(axis=0)
        order = np.arange(profile.n_options)
        funded = best_set(worth, cost_vector(self.costs, profile), self.budget, order)
        return np.tile(funded.astype(np.float64), profile.n_agents)

    # ---- what is checked ----------------------------------------------------------------------------------

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        profile, reading = outcome.profile, outcome.readings[0]
        assert isinstance(reading, Cardinal)
        costs, people = cost_vector(self.costs, profile), people_of(profile)
        feasible = one_set(outcome, costs, self.budget)
        if not feasible.holds:
            return (feasible,)
        table = self._utilities(outcome.problem, reading.values)
        funded = outcome.taken[: profile.n_options] > 0.5
        if self.rule == "knapsack":
            return feasible, _most(people @ table, costs, self.budget, funded)
        details = outcome.decision.details
        bought, added = details["bought"], details["added"]
        stands = np.zeros(len(costs), dtype=bool)
        stands[bought] = stands[added] = True
        off = np.flatnonzero(stands != funded)
        told = Verdict(
            "as_bought",
            "nobody",
            not len(off),
            float(len(off)),
            0.0,
            profile.options[int(off[0])] if len(off) else None,
            "funded is what was bought, and what completion added",
        )
        made = [feasible, told, *purchases(table, costs, people, details["purse"], bought, details["paid"])]
        if self.completion in ("utilitarian", "add1u"):
            wanted = (table > 0).any(axis=0) & ~funded
            spare = self.budget - costs[funded].sum()
            fits = np.flatnonzero(wanted & (costs <= spare * (1 - 1e-9)))
            shown = profile.options[int(fits[0])] if len(fits) else None
            text = "nothing that somebody wants still fits into the budget"
            made.append(Verdict("complete", "reading", not len(fits), float(len(fits)), 0.0, shown, text))
        return tuple(made)


def _greedy(
    worth: FloatArray, costs: FloatArray, budget: float, funded: npt.NDArray[np.bool_], turn: FloatArray
) -> list[int]:
    """Projects added by utility per cost while they fit, ties by ``turn``."""
    spare = budget - float(costs[funded].sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(worth > 0, worth / costs, -np.inf)
    scale = float(ratio[np.isfinite(ratio)].max(initial=1.0)) * 2.0**-40
    made = []
    for x in np.lexsort((turn, -np.rint(ratio / scale))):
        if worth[x] > 0 and not funded[x] and costs[x] <= spare + 1e-12 * budget:
            made.append(int(x))
            spare -= float(costs[x])
    return made


def _most(worth: FloatArray, costs: FloatArray, budget: float, funded: npt.NDArray[np.bool_]) -> Verdict:
    """A search that shares nothing with the rule's own; not checked where it does not come to its end."""
    best, finished = best_within_budget(worth, costs, budget)
    tol = 1e-9 * max(1.0, float(np.abs(worth).sum()))
    gap = max(0.0, best - float(worth[funded].sum()))
    holds = gap <= tol if finished or gap > tol else None
    return Verdict("optimal", "reading", holds, gap, tol, statement="no affordable set has a greater sum of utilities")
