"""What auctions of units of one good share: options are first, second, ... units, and the best scores win."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, first_bad
from ..errors import InputError, ProblemError
from ..lenses.lens import Endorsed, Revealed
from ..lenses.reading import Cardinal
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import LinearObjective
from ..mechanism.outcome import Outcome
from ..mechanism.payment import Scores
from ..mechanism.verdict import Verdict
from ..problems.assignment import Assignment
from ..problems.problem import Problem
from .certificates import charge_verdict, feasible_verdict, net_objective, require_single_wins, scale_of
from .english import steps
from .kernels.multi_unit import UnitsSold, best_prefixes, sell_units
from .reserve import one_reserve, reserve_of
from .true_bids import TrueBids

__all__ = ["MultiUnit"]


@dataclass(frozen=True)
class MultiUnit(TrueBids):
    """Base of auctions of several units of one good.

    The problem is a profile whose options are a bidder's first, second, third unit, each with what that unit adds
    (its marginal value); a bidder may have fewer rows than others. Taking k units takes its first k rows. Marginal
    values must not increase, on either self: this is what makes one price a unit, or one threshold, an equilibrium
    of true bids. A report for a later unit counts for no more than the one before it.

    Parameters
    ----------
    units
        How many are for sale, at least 1.
    reserve
        At least 0, in units of the reading: the least score that wins a unit.
    """

    units: int = 1
    reserve: float = 0.0

    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Assignment,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.units, bool) or int(self.units) != self.units or self.units < 1:
            raise InputError(f"must be a whole number of at least 1, found {self.units!r}", where="units")
        object.__setattr__(self, "units", int(self.units))
        object.__setattr__(self, "reserve", one_reserve(self.reserve, "units are alike"))

    @property
    def loss_modulus(self) -> str | None:
        """A sum (T3)."""
        return "sum"

    def wrap(self, problem: object) -> Problem:
        """Marginal values of successive units, which do not increase.

        Raises
        ------
        ProblemError
            Supply, demand, conflicts or norms of the problem's own; a bidder with a row for a later unit but none for
            an earlier one; marginal values that increase; a worth of doing nothing for who may win several units.
        """
        made = super().wrap(problem)
        assert isinstance(made, Assignment)
        name = type(self).__name__
        if (made.supply != 1).any() or made.demand is not None or len(made.conflicts) or made.norms:
            raise ProblemError(
                "units come from `units`: no supply, demand, conflicts or norms of the problem's own",
                where=name,
                remedy="use welfare.Allocate for constraints",
            )
        require_single_wins(made, name)
        profile, index = made.profile, made.profile.index
        later = index.option != np.arange(len(index)) - index.indptr[index.agent]
        if later.any():
            row = int(np.argmax(later))
            raise ProblemError(
                f"agent {profile.agents[index.agent[row]]!r} bids for unit {profile.options[index.option[row]]!r} but"
                " not for one before it",
                where=name,
                remedy="options are the first, second, ... unit; give each bidder the first so many",
            )
        for lens, of in ((Revealed(), "revealed"), (Endorsed(), "endorsed"), (self.lens, "the lens's")):
            reading = self.read(profile, lens)
            assert isinstance(reading, Cardinal)
            rising = self._table(made, reading.values)
            bad = rising[:, 1:] > rising[:, :-1] + profile.resolution
            if bad.any():
                i, k = first_bad(bad)
                raise ProblemError(
                    f"{of} marginal values must not increase; agent {profile.agents[i]!r} has {rising[i, k]:g} for"
                    f" unit {profile.options[k]!r} and {rising[i, k + 1]:g} for {profile.options[k + 1]!r}",
                    where=name,
                    remedy="use auctions.VCG on Bids (language 'XOR') where units complement one another",
                )
        return made

    # ---- the rule -----------------------------------------------------------------------------------------

    @staticmethod
    def _table(problem: Problem, rows: FloatArray) -> FloatArray:
        """(n, k) of rows, -inf beyond an agent's last."""
        index = problem.profile.index
        table = np.full((index.n_agents, index.n_options), -np.inf)
        table[index.agent, index.option] = rows
        return table

    def _bids(self, problem: Problem, scores: Scores) -> FloatArray:
        """(rows,) scores, none larger than the one before."""
        index = problem.profile.index
        table = np.minimum.accumulate(self._table(problem, scores.values), axis=1)
        return np.asarray(table[index.agent, index.option])

    def _reserve(self, problem: Problem) -> float:
        return float(reserve_of(self.reserve, 1, problem.profile)[0])

    def _sell(self, problem: Problem, bids: FloatArray, reserve: float, lottery: Lottery) -> UnitsSold:
        return sell_units(problem.profile.index.agent, bids, self.units, reserve, lottery.agents)

    @staticmethod
    def _billed(problem: Problem, sold: UnitsSold, scores: Scores, due: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(rows,) units taken and (n,) bills, ``due`` (k,) for each unit won and the offsets on top."""
        index, taken = problem.profile.index, np.zeros(len(problem.profile.index))
        taken[sold.won] = 1.0
        bills = np.bincount(index.agent[sold.won], due + scores.offset[sold.won], minlength=index.n_agents)
        return taken, bills.astype(np.float64)

    # ---- the certificate ----------------------------------------------------------------------------------

    def _units_verdicts(self, outcome: Outcome, gain: FloatArray, what: str = "bids") -> tuple[Verdict, ...]:
        """Whole units, first ones first, no more than there are; to those with the greatest gain (rows,), if any."""
        index = outcome.profile.index
        feasible = feasible_verdict(outcome.problem, outcome.taken, np.array([outcome.taken.sum() - self.units]))
        follows = np.diff(index.agent) == 0
        gap = float(np.maximum(np.diff(outcome.taken)[follows], 0.0).max(initial=0.0))
        in_order = Verdict("in_order", "nobody", gap <= 1e-9, gap, 1e-9, statement="first units are taken first")
        best = np.sort(gain[gain > 0])[::-1][: self.units]
        short = float(best.sum() - gain @ outcome.taken)
        tol = 1e-9 * (1.0 + float(np.abs(gain).max(initial=0.0))) * (1 + len(best))
        text = f"the best {what} of at least the reserve are served"
        return (
            feasible,
            in_order,
            Verdict("efficient", "reading", -tol <= short <= tol, abs(short), tol, statement=text),
        )

    def _served(self, outcome: Outcome, bids: FloatArray, increment: float = 0.0) -> tuple[Verdict, ...]:
        """By a clock: the best bids, or those that stay for the most steps of an increment."""
        gain = bids - self._reserve(outcome.problem)
        if not increment:
            return self._units_verdicts(outcome, gain)
        return self._units_verdicts(outcome, steps(gain, increment) + 1.0, "steps")

    def _bills_verdict(self, outcome: Outcome, due: FloatArray, text: str) -> Verdict:
        """Are payments (n,) what is ``due`` for units, and the offsets of the rows taken?"""
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        expected = due + np.bincount(index.agent, scores.offset * outcome.taken, minlength=index.n_agents)
        return charge_verdict(outcome, expected, 1e-9 * (scale_of(scores) + self.reserve) * (1 + self.units), text)

    def _worth_without(self, outcome: Outcome, bids: FloatArray, agents: npt.NDArray[np.intp]) -> FloatArray:
        """(len(agents),) the best sum of gains that others can have, each by sorting anew."""
        index, gain = outcome.profile.index, np.maximum(bids - self._reserve(outcome.problem), 0.0)
        own = np.bincount(index.agent, minlength=index.n_agents).max(initial=0)
        most = min(len(gain), self.units + int(own))
        top = np.argsort(-gain, kind="stable")[:most]
        made = [float(gain[top[index.agent[top] != i][: self.units]].sum()) for i in agents.tolist()]
        return np.array(made, dtype=np.float64)

    def _thresholds_due(self, outcome: Outcome, bids: FloatArray) -> tuple[FloatArray, str]:
        """(n,) what each winner's units cost the others, by definition, with the seller's reserve; nan: not redone."""
        index, reserve, n = outcome.profile.index, self._reserve(outcome.problem), outcome.profile.n_agents
        held = np.bincount(index.agent, outcome.taken, minlength=n)
        have = np.bincount(index.agent, (bids - reserve) * outcome.taken, minlength=n)
        winners = np.flatnonzero(held > 0.5)
        text = "each pays what its units would be worth to others, or the reserve"
        due = np.zeros(n)
        if len(winners) > REDONE:
            due[winners] = np.nan
            winners = winners[np.unique(np.linspace(0, len(winners) - 1, REDONE).astype(int))]
            text += f"; recomputed for {REDONE} winners evenly spread"
        due[winners] = self._worth_without(outcome, bids, winners) - (have.sum() - have[winners])
        due[winners] += reserve * held[winners]
        return np.where(np.isnan(due), outcome.payments - self._offsets(outcome), due), text

    def _offsets(self, outcome: Outcome) -> FloatArray:
        scores, index = outcome.readings[0], outcome.profile.index
        assert isinstance(scores, Scores)
        return np.bincount(index.agent, scores.offset * outcome.taken, minlength=index.n_agents).astype(np.float64)

    # ---- what it maximises --------------------------------------------------------------------------------

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """Sum over units of the value less the reserve given up, relative to doing nothing."""
        return net_objective(problem, taken, reading, np.full(problem.profile.n_options, self._reserve(problem)))

    def linear_objective(self, problem: Problem) -> LinearObjective:
        """Scores less the reserve."""
        (scores,) = self.readings(problem)
        return LinearObjective(scores.values - self._reserve(problem), np.ones(len(scores.values)))

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """(rows,) the first units of agents with the greatest sum of weights, increasing or not."""
        made, weights = self.wrap(problem), np.asarray(row_weights, dtype=np.float64)
        index = made.profile.index
        counts = best_prefixes(self._table(made, weights), min(self.units, len(index)))
        return (index.option < counts[index.agent]).astype(np.float64)


REDONE = 500
"""Winners whose charge a certificate recomputes from its definition."""
