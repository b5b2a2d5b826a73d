"""Individual rationality: ex post, interim, and of the self that has to live with what was bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..._core.arrays import FloatArray, IntArray
from ..._core.rng import RNG
from ...errors import InputError, NotApplicableError
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .stage import Honest, Self, Stage, Stages, stages_of
from .type_space import TypeSpace
from .witnesses import Witness

__all__ = ["Regret", "individual_rationality", "no_renege"]


@dataclass(frozen=True, eq=False)
class Regret(Witness):
    """An agent that would rather not have taken part.

    Attributes
    ----------
    parts
        (probability, stage, reports) of each state that it thinks possible; one if it looks back.
    agent
        Position.
    self_
        Which self.
    """

    parts: tuple[tuple[float, Stage, FloatArray], ...]
    agent: int
    self_: Self

    def replay(self) -> float:
        """By how much doing nothing would have been better."""
        lost = [chance * _lost(stage, said, self.self_)[self.agent] for chance, stage, said in self.parts]
        return float(np.sum(lost))


def individual_rationality(
    mechanism: Mechanism,
    problem: object,
    *,
    self_: Self = "decision",
    stage: Literal["ex post", "interim"] = "ex post",
    honest: Honest = "asked",
    rng: RNG = 0,
) -> Verdict:
    """By how much taking part is worse than doing nothing, at worst, to a self.

    Parameters
    ----------
    mechanism
        Any.
    problem
        A problem, a profile or a :class:`TypeSpace`; interim needs the last.
    self_
        Who would rather not. Ex post and ``"endorsed"`` this is no renege (T5), see :func:`no_renege`.
    stage
        "ex post": in every state. "interim": on average over the states an agent thinks possible, knowing its type.
    honest
        What is said, see ``Honest``.
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Another stage; interim without a type space.
    NotApplicableError
        Interim over draws.

    Examples
    --------
    All-pay auctions, values 1 or 2: who bids the truth and loses has paid for nothing.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[2.0], [1.0]])
    >>> te.auctions.axioms.individual_rationality(te.auctions.AllPay(), p).gap
    1.0
    """
    if stage not in ("ex post", "interim"):
        raise InputError(f"must be 'ex post' or 'interim', found {stage!r}", where="stage")
    space = problem if isinstance(problem, TypeSpace) else None
    if stage == "interim" and space is None:
        raise InputError(
            f"interim needs a TypeSpace, found {type(problem).__name__}",
            where="problem",
            remedy="list types with TypeSpace.independent or of_profiles",
        )
    if stage == "interim" and space is not None and not space.complete:
        raise NotApplicableError("draws list no types, and interim needs them", where="individual_rationality")
    stages = stages_of(mechanism, problem, rng)
    said = [each.honest(honest, self_) for each in stages.every]
    lost = np.array([_lost(each, reports, self_) for each, reports in zip(stages.every, said, strict=True)])
    make = _ex_post if stage == "ex post" else _interim
    name = "individual_rationality" if stage == "ex post" else "interim_rationality"
    text = f"nobody would rather have done nothing, {stage}, {stages.where}"
    return _verdict(name, stages, make(stages, said, lost, self_), self_, text)


def no_renege(mechanism: Mechanism, problem: object, *, honest: Honest = "asked", rng: RNG = 0) -> Verdict:
    """Would anybody who has bought give it back, by the values it stands behind?

    Agents say what they are asked; then endorsed selves look at what they took and paid. Those who took nothing have
    nothing to give back.

    Parameters
    ----------
    mechanism, problem, honest, rng
        As in :func:`individual_rationality`.

    Returns
    -------
    Verdict
        ``gap`` is the largest excess of a price over the endorsed value; ``witness`` a :class:`Regret`.

    References
    ----------
    T5.

    Examples
    --------
    Endorsed 3, revealed 10, a rival who bids 8: the standard auction sells for 8.

    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[10.0], [8.0]]).with_influence("advert", [[7.0], [0.0]])
    >>> no_renege(te.auctions.SecondPrice().baseline(), p).gap
    5.0
    """
    stages = stages_of(mechanism, problem, rng)
    said = [each.honest(honest, "endorsed") for each in stages.every]
    rows = []
    for each, reports in zip(stages.every, said, strict=True):
        taken = each.run(reports).taken
        holds = np.bincount(each.problem.profile.index.agent, taken, minlength=each.n_agents) > 0
        rows.append(np.where(holds, _lost(each, reports, "endorsed"), 0.0))
    lost = np.array(rows)
    text = f"nobody would give back what it took, by the values it stands behind, {stages.where}"
    verdict = _verdict("no_renege", stages, _ex_post(stages, said, lost, "endorsed"), "endorsed", text)
    if verdict.holds is False:
        share = float(stages.probability @ (lost > stages.tol).sum(axis=1))
        text += f"; {share:.3g} agents would" + ("" if stages.space is None else " on average")
    return Verdict(verdict.name, "endorsed", verdict.holds, verdict.gap, verdict.tol, verdict.witness, text)


def _lost(stage: Stage, said: FloatArray, self_: Self) -> FloatArray:
    """(n,) by how much doing nothing would have been better."""
    return np.asarray(stage.outside(self_) - stage.surplus(stage.run(said), self_))


def _ex_post(stages: Stages, said: list[FloatArray], lost: FloatArray, self_: Self) -> Regret | None:
    s, i = (int(k) for k in np.unravel_index(int(np.argmax(lost)), lost.shape))
    return _regret(stages, said, np.array([s]), i, float(lost[s, i]), self_)


def _interim(stages: Stages, said: list[FloatArray], lost: FloatArray, self_: Self) -> Regret | None:
    space, chance = stages.space, stages.probability
    assert space is not None
    worst: tuple[float, int, int] = (-np.inf, 0, 0)
    for i in range(lost.shape[1]):
        for kind in range(len(space.first_state(i))):
            here = space.type_of[:, i] == kind
            if (weight := float(chance[here].sum())) > 0:
                worst = max(worst, (float(chance[here] @ lost[here, i]) / weight, i, kind))
    gap, i, kind = worst
    states = np.flatnonzero((space.type_of[:, i] == kind) & (chance > 0))
    return _regret(stages, said, states, i, gap, self_)


def _regret(
    stages: Stages, said: list[FloatArray], states: IntArray, agent: int, gap: float, self_: Self
) -> Regret | None:
    if gap <= 0:
        return None
    weight = float(stages.probability[states].sum())
    single = len(states) == 1
    parts = tuple(
        (1.0 if single else float(stages.probability[s]) / weight, stages.every[s], said[s]) for s in states.tolist()
    )
    stage = stages.every[int(states[0])]
    mean = "" if single else f" on average over {len(states)} states"
    text = f"agent {stage.name(agent)} ends {gap:.6g} below doing nothing{mean}, by its {self_} self"
    return Regret(text, gap, parts, agent, self_)


def _verdict(name: str, stages: Stages, worst: Regret | None, self_: Self, text: str) -> Verdict:
    gap, tol = (0.0 if worst is None else worst.gain), stages.tol
    fails = gap > tol
    return Verdict(name, self_, stages.state(not fails), gap, tol, worst if fails else None, text)
