"""Majority: each agent votes for what it values most, and what most people vote for is done for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from ..lenses.lens import Endorsed, PartialCredit, Revealed
from ..lenses.reading import Cardinal, Ordinal, Reading
from ..mechanism.catalogue import register
from ..mechanism.claim import Claim
from ..mechanism.lottery import Lottery
from ..mechanism.mechanism import Mechanism
from ..mechanism.outcome import Decision, Outcome
from ..mechanism.verdict import Verdict
from ..problems.choice import Choice
from ..problems.problem import Problem
from .kernels.votes import best_rows, count_votes

__all__ = ["Majority"]


@register("auctions.Majority")
@dataclass(frozen=True)
class Majority(Mechanism):
    """One option for everybody: the one that is best for most people.

    Each agent has as many votes as people it stands for (``weights``) and gives them to its best option under the
    reading, in equal parts where several are best. The option with the most votes wins, ties by lottery. With two
    options this is majority rule, with more it is plurality. An agent whose reading is the same for all options
    moves nothing: a ballot with no endorsed motive behind it counts as an abstention.

    Parameters
    ----------
    lens
        How agents are read; values or orders.

    Raises
    ------
    ProblemError
        An agent does not evaluate some option.

    References
    ----------
    May (1952), doi:10.2307/1907651; Gibbard (1973), doi:10.2307/1914083

    Examples
    --------
    >>> import thickecon as te
    >>> ballots = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> p = te.ThickProfile.from_values(ballots, options=["yes", "no"])
    >>> Majority().run(p, rng=0).decision.details["votes"].tolist()
    [2.0, 1.0]
    """

    title: ClassVar[str] = "Majority"
    reference: ClassVar[str] = "10.2307/1907651"
    reads: ClassVar[tuple[type[Reading], ...]] = (Cardinal, Ordinal)
    problem_kinds: ClassVar[tuple[type[Problem], ...]] = (Choice,)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The most votes of the self that is read; an influence moves no vote that is read from endorsed values."""
        endorsed, revealed = isinstance(self.lens, Endorsed), isinstance(self.lens, Revealed)
        most = "no option has more votes"
        lies = "two options: truth is dominant (May); with three or more a vote for the second best can pay"
        made = []
        if isinstance(self.lens, (Endorsed, Revealed, PartialCredit)):  # lenses of orders take no reports of values
            made.append(Claim("truthful", "reading", False, lies, "10.2307/1914083"))
        if endorsed or revealed:
            moved = "an influence that leaves v alone moves no vote"
            made += [
                Claim("efficient", "decision", revealed, most, "10.2307/1907651"),
                Claim("efficient", "endorsed", endorsed, most, "10.2307/1907651"),
                Claim("influence_proof", "nobody", endorsed, moved, "T6"),
            ]
        return tuple(made)

    def _run(self, problem: Choice, readings: tuple[Cardinal | Ordinal], lottery: Lottery) -> Decision:
        votes = _votes(problem, readings[0])
        tied = np.flatnonzero(votes == votes.max())
        ticket = lottery.rng.random(len(votes))
        chosen = int(tied[np.argmin(ticket[tied])])
        return Decision((problem.profile.index.option == chosen).astype(np.float64), details={"votes": votes})

    def _certify(self, outcome: Outcome) -> tuple[Verdict, ...]:
        index, taken = outcome.profile.index, outcome.taken
        got = np.bincount(index.option, taken, minlength=index.n_options)
        chosen = int(np.argmax(got))
        off = float(np.abs(taken - (index.option == chosen)).max(initial=0.0))
        feasible = Verdict("feasible", "nobody", off <= 1e-9, off, 1e-9, statement="one option, for everybody")
        reading = outcome.readings[0]
        assert isinstance(reading, (Cardinal, Ordinal))
        assert isinstance(outcome.problem, Choice)
        votes = _votes(outcome.problem, reading)
        gap, better = float(votes.max() - votes[chosen]), int(np.argmax(votes))
        shown = None if gap <= 0 else outcome.profile.options[better]
        return (
            feasible,
            Verdict("most_votes", "reading", gap <= 0, gap, 0.0, shown, "no option has more votes"),
        )

    def objective(self, problem: Problem, taken: FloatArray, reading: Cardinal) -> float:
        """People who get what is best for them, in parts where several options are."""
        agent = problem.profile.index.agent
        share = best_rows(agent, reading.keys, problem.profile.n_agents) * _people(problem)[agent]
        return float(taken @ share)

    def optimise(self, problem: Problem, row_weights: npt.ArrayLike) -> FloatArray:
        """The option with the greatest sum of weights."""
        index = problem.profile.index
        totals = np.bincount(index.option, np.asarray(row_weights, dtype=np.float64), minlength=index.n_options)
        best: FloatArray = (index.option == int(np.argmax(totals))).astype(np.float64)
        return best


def _people(problem: Problem) -> FloatArray:
    weights = problem.profile.weights
    return np.ones(problem.profile.n_agents) if weights is None else weights


def _votes(problem: Choice, reading: Cardinal | Ordinal) -> FloatArray:
    index = problem.profile.index
    return count_votes(index.agent, index.option, reading.keys.astype(np.float64), _people(problem), index.n_options)
