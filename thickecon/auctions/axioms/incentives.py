"""Dominant-strategy incentive compatibility: does anybody gain by another answer, whatever others are?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG
from ...errors import InfeasibleError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .misreports import candidates, search
from .replies import Reply
from .stage import Honest, Self, Stage, Stages, stages_of
from .witnesses import Deviation

__all__ = ["Payoffs", "dominant_strategy", "payoff_of", "payoffs"]


def dominant_strategy(
    mechanism: Mechanism,
    problem: object,
    *,
    self_: Self = "decision",
    honest: Honest = "asked",
    evaluations: int = 200,
    rng: RNG = 0,
) -> Verdict:
    """The most an agent gains, for a self, by saying something else, others being honest.

    Over a type space that is complete: every agent in every state reporting every other of its types, which is exact
    for these types. Elsewhere the reports are searched, and where nothing is found the verdict is None.

    Parameters
    ----------
    mechanism
        Any, with payments or without.
    problem
        A problem, a profile, or a :class:`TypeSpace`.
    self_
        Whose gain.
    honest
        What is said if nobody deviates, see ``Honest``. The evidence of a state stays: what is reported moves
        reports alone.
    evaluations
        Runs for each agent and state, where reports are searched.
    rng
        Seed of the lottery, the same in every run.

    Returns
    -------
    Verdict
        ``gap`` is the largest gain found; ``witness`` a :class:`Deviation`.

    References
    ----------
    Gibbard (1973), doi:10.2307/1914083; Vickrey (1961), doi:10.1111/j.1540-6261.1961.tb02789.x

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[3.0], [1.0]])
    >>> space = te.auctions.axioms.TypeSpace.independent(p, [[1.0, 3.0], [1.0, 3.0]])
    >>> te.auctions.axioms.dominant_strategy(te.auctions.SecondPrice(), space).holds
    True
    >>> found = te.auctions.axioms.dominant_strategy(te.auctions.FirstPrice(), space)
    >>> found.holds, found.gap, found.witness.replay()
    (False, 2.0, 2.0)
    """
    stages = stages_of(mechanism, problem, rng)
    listed = stages.space is not None and stages.space.complete
    if listed:
        best, tried, what = _listed(stages, self_, honest)
    else:
        best, tried, what = _searched(stages, self_, honest, evaluations)
    gain, tol = (0.0 if best is None else best.gain), stages.tol
    asked = f"no answer but the honest one gains; {tried} {what} {stages.where}"
    holds = False if gain > tol else (True if listed else None)
    return Verdict("dominant_strategy", self_, holds, gain, tol, best if gain > tol else None, asked)


@dataclass(frozen=True, eq=False)
class Payoffs:
    """What each agent gets in each state by each of its types' answers, others honest.

    Attributes
    ----------
    stages
        States.
    honest
        (states, rows) reports.
    truth
        (states, n) what honest answers bring.
    lies
        For each agent (states, types): what the answer of that type brings; nan where it leads to no outcome.
    runs
        Runs of the mechanism.
    """

    stages: Stages
    honest: FloatArray
    truth: FloatArray
    lies: tuple[FloatArray, ...]
    runs: int

    def answer(self, state: int, agent: int, kind: int) -> FloatArray:
        """(rows,) reports in ``state`` if ``agent`` answers as its type ``kind`` would."""
        space = self.stages.space
        assert space is not None
        made, mine = np.array(self.honest[state]), self.stages.every[state].rows_of(agent)
        made[mine] = self.honest[int(space.first_state(agent)[kind]), mine]
        return made


def payoffs(stages: Stages, self_: Self, honest: Honest) -> Payoffs:
    """Every agent in every state by every answer that one of its types would give."""
    space = stages.space
    assert space is not None
    said = np.array([stage.honest(honest, self_) for stage in stages.every])
    truth = np.array([s.surplus(s.run(r), self_) for s, r in zip(stages.every, said, strict=True)])
    count, n = truth.shape
    made = Payoffs(stages, said, truth, (), count)
    runs, lies = count, []
    for i in range(n):
        kinds = len(space.first_state(i))
        table = np.repeat(truth[:, i : i + 1], kinds, axis=1)
        for s in range(count):
            for kind in range(kinds):
                reports = made.answer(s, i, kind)
                if not np.array_equal(reports, said[s]):
                    table[s, kind] = payoff_of(stages.every[s], reports, i, self_)
                    runs += 1
        lies.append(table)
    return Payoffs(stages, said, truth, tuple(lies), runs)


def payoff_of(stage: Stage, reports: FloatArray, agent: int, self_: Self) -> float:
    """What an agent gets; nan where the reports lead to no outcome."""
    try:
        return float(stage.surplus(stage.run(reports), self_)[agent])
    except InfeasibleError:
        return float("nan")


def _listed(stages: Stages, self_: Self, honest: Honest) -> tuple[Deviation | None, int, str]:
    made = payoffs(stages, self_, honest)
    best: tuple[float, int, int, int] = (0.0, 0, 0, 0)
    for i, table in enumerate(made.lies):
        gains = np.nan_to_num(table - made.truth[:, i : i + 1], nan=-np.inf)
        s, kind = (int(k) for k in np.unravel_index(int(np.argmax(gains)), gains.shape))
        best = max(best, (float(gains[s, kind]), s, i, kind))
    gain, s, i, kind = best
    what = "runs: every agent by every answer of its types"
    if gain <= 0.0:
        return None, made.runs, what
    reply = Reply(stages.every[s], made.honest[s], (i,), self_)
    return reply.witness(made.answer(s, i, kind)[reply.rows], gain), made.runs, what


def _searched(stages: Stages, self_: Self, honest: Honest, evaluations: int) -> tuple[Deviation | None, int, str]:
    best: Deviation | None = None
    tried = 0
    for stage in stages.every:
        base = stage.honest(honest, self_)
        for i in range(stage.n_agents):
            reply = Reply(stage, base, (i,), self_)
            gain, lie, used = search(reply, candidates(stage, base, i, self_), evaluations, reply.start)
            tried += used
            if gain > (0.0 if best is None else best.gain):
                best = reply.witness(lie, gain)
    return best, tried, "answers searched"
