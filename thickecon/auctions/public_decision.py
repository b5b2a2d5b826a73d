"""What mechanisms share that decide one option for everybody, with payments."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, as_floats, frozen, require_finite
from ..errors import InputError, ProblemError
from ..lenses.reading import Cardinal
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from .certificates import charge_verdict, participation_verdicts, scale_of
from .kernels.affine import affine_maximiser
from .true_bids import TrueBids

__all__ = ["Numbers", "PublicDecision", "numbers", "table_of"]

Numbers = float | tuple[float, ...]


def numbers(given: npt.ArrayLike, where: str, *, least: float | None = None) -> Numbers:
    """A parameter that is one number or a list: as a number or a tuple.

    Raises
    ------
    InputError
        Not finite, of more than one dimension, or below ``least``.
    """
    made = as_floats(given, where)
    require_finite(made, where)
    if made.ndim > 1:
        raise InputError(f"must be a number or a list of numbers, found shape {made.shape}", where=where)
    if least is not None and (made < least).any():
        raise InputError(f"must be at least {least:g}, found {made.min():g}", where=where)
    return float(made) if made.ndim == 0 else tuple(made.tolist())


def table_of(values: FloatArray, problem: Problem) -> FloatArray:
    """(n, m) from the rows of a choice, which everybody evaluates in full."""
    return values.reshape(problem.profile.n_agents, problem.profile.n_options)


@dataclass(frozen=True)
class PublicDecision(TrueBids):
    """Base of rules that choose the option with the greatest ``sum_i b_i s_i(x) + C(x)``.

    Parameters
    ----------
    costs
        Number or (options,): what an option costs outside, in units of the reading. C = -costs here.
    """

    costs: Numbers = 0.0

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "costs", numbers(self.costs, "costs"))

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    def wrap(self, problem: object) -> Problem:
        """A choice with at least one agent.

        Raises
        ------
        ProblemError
            Costs of another length than there are options; agents who stand for more or fewer people than one.
        """
        made = super().wrap(problem)
        people = made.profile.weights
        if people is not None and (people != 1).any():
            i = int(np.argmax(people != 1))
            raise ProblemError(
                f"an agent is one voice, with one payment; agent {made.profile.agents[i]!r} stands for {people[i]:g}",
                where=f"{type(self).__name__}, weights",
                remedy="pass a profile without weights, with a row of agents for each of the people; or count them with"
                " auctions.AffineMaximizer(weights=...), auctions.Majority or welfare.Allocate",
            )
        self._per(self.costs, made.profile.n_options, "costs", "options")
        return made

    def _per(self, given: Numbers, count: int, where: str, of: str) -> FloatArray:
        """(count,) from a number or a tuple.

        Raises
        ------
        ProblemError
            Another length.
        """
        made = np.asarray(given, dtype=np.float64)
        if made.ndim and made.shape != (count,):
            raise ProblemError(
                f"must be a number or have one entry for each of {count} {of}, found {len(made)}",
                where=f"{type(self).__name__}.{where}",
            )
        return np.broadcast_to(made, (count,))

    # ---- the rule -----------------------------------------------------------------------------------------

    def _weights(self, problem: Problem) -> FloatArray:
        """(n,) weights b of agents."""
        return np.ones(problem.profile.n_agents)

    def _constants(self, problem: Problem) -> FloatArray:
        """(m,) C, what options are worth to nobody in particular."""
        return -self._per(self.costs, problem.profile.n_options, "costs", "options")

    def _public_claims(self) -> tuple[Claim, ...]:
        """Those of a rule that is efficient on its scores, but nobody can stay outside a public decision."""
        text = "who is outvoted bears the option"
        return tuple(
            replace(claim, holds=False, statement=text) if claim.name == "participation" else claim
            for claim in self._incentive_claims()
        )

    def _clarke(self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int) -> FloatArray:
        """(n,) what each report costs the rest; at a report of zero, where wedges are charged (T18)."""
        weights = self._weights(problem)
        return affine_maximiser(
            table + offset,
            weights=weights,
            constants=self._constants(problem),
            offsets=weights[:, None] * offset,
            chosen=chosen,
        ).payments

    def _clarke_by_hand(self, outcome: Outcome, chosen: int) -> FloatArray:
        """(n,) the same from its definition, one agent after another."""
        scores, problem = outcome.readings[0], outcome.problem
        assert isinstance(scores, Scores)
        b, fixed = self._weights(problem), self._constants(problem)
        table, offset = table_of(scores.values, problem), table_of(scores.offset, problem)
        due = np.zeros(len(b))
        for i in range(len(b)):
            others = np.arange(len(b)) != i
            rest = b[others] @ table[others] - b[i] * offset[i] + fixed
            due[i] = (rest.max() - rest[chosen]) / b[i]
        return due

    @abstractmethod
    def _payments(
        self, problem: Problem, table: FloatArray, offset: FloatArray, chosen: int, order: IntArray
    ) -> FloatArray:
        """(n,) payments for scores and offsets (n, m), the option chosen, and options in the order that breaks ties."""

    def _worth(self, problem: Problem, table: FloatArray) -> FloatArray:
        """(m,) what is maximised."""
        worth: FloatArray = self._weights(problem) @ table + self._constants(problem)
        return worth

    def _run(self, problem: Choice, readings: tuple[Scores], lottery: Lottery) -> Decision:
        scores = readings[0]
        table, offset = table_of(scores.values, problem), table_of(scores.offset, problem)
        worth = self._worth(problem, table)
        best = np.flatnonzero(worth >= worth.max() - problem.profile.resolution)
        order = np.argsort(lottery.rng.random(len(worth)), kind="stable")
        chosen = int(order[np.isin(order, best)][0])
        payments = self._payments(problem, table, offset, chosen, order)
        cost = float(self._per(self.costs, len(worth), "costs", "options")[chosen])
        details = {
            "worth": frozen(worth),
            "cost": cost,
            "surplus": float(payments.sum()) - cost,
            "order": frozen(order),
        }
        return Decision((problem.profile.index.option == chosen).astype(np.float64), payments=payments, details=details)

    # ---- the certificate ----------------------------------------------------------------------------------

    def _chosen_verdicts(self, outcome: Outcome) -> tuple[int, tuple[Verdict, ...]]:
        """The option, and: is it one, the same for all, and the best?"""
        problem, scores, index = outcome.problem, outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        chosen = int(np.argmax(np.bincount(index.option, outcome.taken, minlength=index.n_options)))
        off = float(np.abs(outcome.taken - (index.option == chosen)).max(initial=0.0))
        feasible = Verdict("feasible", "nobody", off <= 1e-9, off, 1e-9, statement="one option, for everybody")
        worth = self._worth(problem, table_of(scores.values, problem))
        short, tol = float(worth.max() - worth[chosen]), self._tolerance(outcome)
        shown = None if short <= tol else outcome.profile.options[int(np.argmax(worth))]
        best = Verdict("efficient", "reading", short <= tol, short, tol, shown, "no option has a greater weighted sum")
        return chosen, (feasible, best)

    def _tolerance(self, outcome: Outcome) -> float:
        scores = outcome.readings[0]
        assert isinstance(scores, Scores)
        weights, fixed = self._weights(outcome.problem), self._constants(outcome.problem)
        scale = scale_of(scores) * float(weights.sum()) + float(np.abs(fixed).max(initial=0.0))
        return 1e-9 * max(scale, 1.0) / min(1.0, float(weights.min(initial=1.0)))

    def _paid_verdicts(self, outcome: Outcome, due: FloatArray, text: str) -> tuple[Verdict, ...]:
        """Payments against those that were recomputed, and participation where it is promised."""
        return (charge_verdict(outcome, due, self._tolerance(outcome), text), *participation_verdicts(self, outcome))

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Weighted sum of what is taken, relative to doing nothing, and C."""
        index = problem.profile.index
        net = (reading.values - reading.outside[index.agent]) * self._weights(problem)[index.agent]
        share = np.bincount(index.option, taken, minlength=index.n_options) / index.n_agents
        return float(taken @ net + share @ self._constants(problem))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Weighted scores, and each agent's part of C."""
        (scores,) = self.readings(problem)
        index = problem.profile.index
        weights = self._weights(problem)[index.agent]
        return LinearObjective(
            weights * scores.values + self._constants(problem)[index.option] / index.n_agents, weights
        )

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """The option with the greatest sum of weights."""
        index = self.wrap(problem).profile.index
        totals = np.bincount(index.option, np.asarray(row_weights, dtype=np.float64), minlength=index.n_options)
        best: FloatArray = (index.option == int(np.argmax(totals))).astype(np.float64)
        return best
