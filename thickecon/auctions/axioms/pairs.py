"""Collusion of two: what a pair of agents gains by answering together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from ..._core.arrays import FloatArray
from ..._core.rng import RNG, generator
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .incentives import Payoffs, payoffs
from .misreports import candidates, search
from .replies import Reply
from .stage import Honest, Self, Stage, Stages, stages_of
from .witnesses import Deviation

__all__ = ["collusion_of_two"]

EACH = 10
"""Ideas of each agent that are combined with those of the other."""

PAIRS = 300
"""Pairs of agents that are looked at, drawn where there are more."""


def collusion_of_two(
    mechanism: Mechanism,
    problem: object,
    *,
    transfers: bool = True,
    self_: Self = "decision",
    honest: Honest = "asked",
    evaluations: int = 300,
    rng: RNG = 0,
) -> Verdict:
    """The most that two agents gain by answering together, others being honest.

    Over a complete type space: every pair in every state by all pairs of answers of their types, exact for these.
    Elsewhere searched, over at most 300 pairs.

    Parameters
    ----------
    mechanism
        Any.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    transfers
        True: they can pay each other, the sum of their gains counts. False: the smaller of the two gains.
    self_, honest
        As in :func:`dominant_strategy`.
    evaluations
        Runs for each pair and state, where answers are searched.
    rng
        Seed of the lottery and of drawn pairs.

    Returns
    -------
    Verdict
        ``gap`` is the largest gain found; ``witness`` a :class:`Deviation` of two.

    References
    ----------
    Green and Laffont (1979), Review of Economic Studies 46, 243-254; Ausubel and Milgrom (2006),
    doi:10.7551/mitpress/9780262033428.003.0002

    Examples
    --------
    Second price, values 3, 2, 1: the first two gain 1 if the second withdraws.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[3.0], [2.0], [1.0]])
    >>> te.auctions.axioms.collusion_of_two(te.auctions.SecondPrice(), p).gap
    1.0
    """
    stages = stages_of(mechanism, problem, rng)
    n = stages.every[0].n_agents
    every = list(itertools.combinations(range(n), 2))
    if len(every) > PAIRS:
        picked = np.sort(generator(stages.every[0].seed).choice(len(every), PAIRS, replace=False))
        pairs = [every[int(k)] for k in picked]
    else:
        pairs = every
    listed = stages.space is not None and stages.space.complete and len(pairs) == len(every)
    if listed:
        best, tried = _listed(payoffs(stages, self_, honest), pairs, self_, transfers)
    else:
        best, tried = _searched(stages, pairs, self_, honest, transfers, evaluations)
    gain, tol = (0.0 if best is None else best.gain), stages.tol * 2
    holds = False if gain > tol else (True if listed else None)
    name = "collusion_of_two" if transfers else "collusion_of_two_without_transfers"
    what = "no two agents gain together" if transfers else "no two agents both gain"
    text = f"{what}; {tried} pairs of answers {'listed' if listed else 'searched'} {stages.where}"
    return Verdict(name, self_, holds, gain, tol, best if gain > tol else None, text)


def _reply(stage: Stage, base: FloatArray, pair: tuple[int, int], self_: Self, transfers: bool) -> Reply:
    return Reply(stage, base, pair, self_, "sum" if transfers else "least")


def _listed(made: Payoffs, pairs: list[tuple[int, int]], self_: Self, transfers: bool) -> tuple[Deviation | None, int]:
    best: Deviation | None = None
    tried = 0
    kinds = [table.shape[1] for table in made.lies]
    for s, stage in enumerate(made.stages.every):
        for i, j in pairs:
            reply = _reply(stage, made.honest[s], (i, j), self_, transfers)
            for a, b in itertools.product(range(kinds[i]), range(kinds[j])):
                lie = np.concatenate([made.answer(s, i, a)[stage.rows_of(i)], made.answer(s, j, b)[stage.rows_of(j)]])
                if np.array_equal(lie, reply.start):
                    continue
                tried += 1
                gain = reply(lie)
                if gain > (0.0 if best is None else best.gain):
                    best = reply.witness(lie, gain)
    return best, tried


def _searched(
    stages: Stages, pairs: list[tuple[int, int]], self_: Self, honest: Honest, transfers: bool, evaluations: int
) -> tuple[Deviation | None, int]:
    best: Deviation | None = None
    tried = 0
    for stage in stages.every:
        base = stage.honest(honest, self_)
        for pair in pairs:
            reply = _reply(stage, base, pair, self_, transfers)
            gain, lie, used = search(reply, _together(stage, base, pair, self_), evaluations, reply.start)
            tried += used
            if gain > (0.0 if best is None else best.gain):
                best = reply.witness(lie, gain)
    return best, tried


def _together(stage: Stage, base: FloatArray, pair: tuple[int, int], self_: Self) -> Iterator[FloatArray]:
    """One bids and the other stays away; both go for an option each; ideas of one with ideas of the other."""
    top = stage.top
    said = [base[stage.rows_of(i)] for i in pair]
    away = [np.full(len(mine), -top) for mine in said]
    yield from (np.concatenate([said[0], away[1]]), np.concatenate([away[0], said[1]]))
    for k, x in itertools.product(range(len(said[0])), range(len(said[1]))):
        for level in (top, 0.5 * top):
            one, two = away[0].copy(), away[1].copy()
            one[k], two[x] = level, level
            yield np.concatenate([one, two])
    streams = [candidates(stage, base, i, self_) for i in pair]
    ideas = [[said[at], *itertools.islice(stream, EACH)] for at, stream in enumerate(streams)]
    for one, two in itertools.product(*ideas):
        yield np.concatenate([one, two])
    while True:
        yield np.concatenate([next(stream) for stream in streams])
