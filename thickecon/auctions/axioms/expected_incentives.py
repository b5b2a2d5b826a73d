"""Bayesian incentive compatibility: does anybody gain on average over what others may be?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG
from ...errors import InputError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .bounds import bernstein
from .incentives import Payoffs, payoffs
from .misreports import candidates, search
from .replies import Reply
from .stage import Honest, Self, Stage, Stages, stages_of
from .type_space import TypeSpace
from .witnesses import ExpectedDeviation

__all__ = ["bayesian_incentives"]


def bayesian_incentives(
    mechanism: Mechanism,
    space: object,
    *,
    self_: Self = "decision",
    honest: Honest = "asked",
    evaluations: int = 60,
    own_types: int = 4,
    rng: RNG = 0,
) -> Verdict:
    """The most an agent gains on average by another answer, knowing its own type, others being honest.

    Over a complete type space: every type of every agent by every answer of its other types, over the states it thinks
    possible (correlated types too), which is exact for these types. Over draws (:meth:`TypeSpace.sampled`, agents
    independent): answers are searched on a quarter of the draws and the best is judged on the others; the verdict is
    False if its mean gain there is certain to 1 in 1,000 by an empirical Bernstein bound, else None.

    Parameters
    ----------
    mechanism
        Any.
    space
        A :class:`TypeSpace`: what agents believe.
    self_, honest
        As in :func:`dominant_strategy`; a function as ``honest`` audits the bids of an equilibrium.
    evaluations
        Answers tried for each agent and type, over draws.
    own_types
        How many of an agent's draws are taken for its type, over draws.
    rng
        Seed of the lottery.

    Returns
    -------
    Verdict
        ``gap`` is the largest mean gain; ``witness`` an :class:`ExpectedDeviation`.

    Raises
    ------
    InputError
        Something else than a type space: on one problem there is nothing to expect.

    References
    ----------
    d'Aspremont and Gerard-Varet (1979), doi:10.1016/0047-2727(79)90043-4; Myerson (1981), doi:10.1287/moor.6.1.58;
    Maurer and Pontil (2009), arXiv:0907.3740

    Examples
    --------
    Values 1 or 3, alike likely. At a value of 3 the truth gains nothing in a first-price auction; a bid of 1 wins half
    of the time that the rival has 1, and gains 2 then.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[3.0], [1.0]])
    >>> space = te.auctions.axioms.TypeSpace.independent(p, [[1.0, 3.0], [1.0, 3.0]])
    >>> te.auctions.axioms.bayesian_incentives(te.auctions.SecondPrice(), space).holds
    True
    >>> te.auctions.axioms.bayesian_incentives(te.auctions.FirstPrice(), space).holds
    False
    """
    if not isinstance(space, TypeSpace):
        raise InputError(
            f"must be a TypeSpace, found {type(space).__name__}",
            where="bayesian_incentives",
            remedy="list types with TypeSpace.independent or of_profiles, or draw them with TypeSpace.sampled",
        )
    stages = stages_of(mechanism, space, rng)
    text = "no answer but the honest one gains on average over what others may be; "
    if space.complete:
        made = payoffs(stages, self_, honest)
        best, tol = _exact(made, self_), stages.tol
        gap = 0.0 if best is None else best.gain
        text += f"{made.runs} runs {stages.where}"
        return Verdict("bayesian_incentives", self_, gap <= tol, gap, tol, best if gap > tol else None, text)
    found = _drawn(stages, space, self_, honest, evaluations, own_types)
    text += f"answers of {own_types} types of each agent searched {stages.where}"
    if found is None:
        return Verdict("bayesian_incentives", self_, None, 0.0, stages.tol, None, text)
    return Verdict("bayesian_incentives", self_, False, found.gain, stages.tol, found, text)


# ---- listed types ---------------------------------------------------------------------------------------------


def _exact(made: Payoffs, self_: Self) -> ExpectedDeviation | None:
    """The type and answer with the largest mean gain; an answer without an outcome in some state is none."""
    stages, best = made.stages, (0.0, -1, -1, -1)
    space, chance = stages.space, stages.probability
    assert space is not None
    for i, table in enumerate(made.lies):
        gains = table - made.truth[:, i : i + 1]
        for own in range(table.shape[1]):
            here = space.type_of[:, i] == own
            if (weight := float(chance[here].sum())) <= 0:
                continue
            means = np.nan_to_num(chance[here] @ gains[here] / weight, nan=-np.inf)
            best = max(best, (float(means.max()), i, own, int(np.argmax(means))))
    gain, i, own, kind = best
    if i < 0:
        return None
    states = np.flatnonzero((space.type_of[:, i] == own) & (chance > 0))
    parts = []
    for s in states.tolist():
        reply = Reply(stages.every[s], made.honest[s], (i,), self_)
        lie = made.answer(s, i, kind)[reply.rows]
        share = float(chance[s] / chance[states].sum())
        parts.append((share, reply.witness(lie, float(made.lies[i][s, kind] - made.truth[s, i]))))
    return _expected(tuple(parts), gain)


def _expected(parts: tuple[tuple[float, Any], ...], gain: float) -> ExpectedDeviation:
    first = parts[0][1]
    i = first.agents[0]
    truth = np.round(first.honest[first.stage.rows_of(i)], 6).tolist()
    text = (
        f"agent {first.stage.name(i)} gains {gain:.6g} on average over {len(parts)} states by reporting"
        f" {first.said[0]} instead of {truth}"
    )
    return ExpectedDeviation(text, gain, parts)


# ---- drawn types ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _MeanReply:
    """What one report brings on average over several states."""

    replies: tuple[Reply, ...]

    def each(self, lie: FloatArray) -> FloatArray:
        return np.array([reply(lie) for reply in self.replies])

    def __call__(self, lie: FloatArray) -> float:
        return float(self.each(lie).mean())


def _drawn(
    stages: Stages, space: TypeSpace, self_: Self, honest: Honest, evaluations: int, own_types: int
) -> ExpectedDeviation | None:
    best: ExpectedDeviation | None = None
    part = max(1, len(stages.every) // 4)
    for i in range(stages.every[0].n_agents):
        for own in range(min(own_types, len(stages.every))):
            replies = tuple(_as_type(stages, space, s, i, own, self_, honest) for s in range(len(stages.every)))
            fitted, judged = _MeanReply(replies[:part]), _MeanReply(replies[part:])
            tries = _mixed(replies[: min(part, 8)], i, self_)
            gain, lie, _ = search(fitted, tries, evaluations, replies[0].start)
            if gain <= stages.tol:
                continue
            each = judged.each(lie)
            mean = float(each.mean())
            if mean - _error(judged, each) > stages.tol and (best is None or mean > best.gain):
                parts = [
                    (1.0 / len(each), reply.witness(lie, float(one)))
                    for reply, one in zip(judged.replies, each, strict=True)
                ]
                best = _expected(tuple(parts), mean)
    return best


def _error(judged: _MeanReply, each: FloatArray) -> float:
    """What the mean gain may be too large by; a gain lies between the largest seen and a loss of all at stake."""
    before = np.array([reply.before[reply.agents[0]] for reply in judged.replies])
    paid = np.concatenate([before, before + each])
    return bernstein(each, float(each.max() + np.ptp(paid)) if np.isfinite(each).all() else np.inf)


def _as_type(stages: Stages, space: TypeSpace, state: int, agent: int, own: int, self_: Self, honest: Honest) -> Reply:
    """The reply of ``agent`` with its type of state ``own``, others as they are in ``state``."""
    there = stages.every[state]
    problem = space.problem_of(there.mechanism, space.with_type(state, agent, own))
    stage = Stage(there.mechanism, problem, there.seed)
    return Reply(stage, stage.honest(honest, self_), (agent,), self_)


def _mixed(replies: tuple[Reply, ...], agent: int, self_: Self) -> Iterator[FloatArray]:
    """Shares of the honest report, then candidates of several states in turn, none twice."""
    start = replies[0].start
    streams = [candidates(reply.stage, reply.base, agent, self_) for reply in replies]
    yield from (share * start for share in (0.5, 2.0 / 3.0, 0.8, 0.9, 1.25, 2.0))
    seen: set[bytes] = set()
    while True:
        for stream in streams:
            lie = next(stream)
            if lie.tobytes() not in seen:
                seen.add(lie.tobytes())
                yield lie
