"""Several manipulators: best responses in turn, and what the race wastes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError
from ..lenses.lens import Endorsed
from ..mechanism.mechanism import Mechanism
from ..problems.problem import Problem
from .best_response import Influencer
from .objectives import objective_of
from .pressure import pressed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ArmsRace", "arms_race", "under"]


@dataclass(frozen=True, eq=False)
class ArmsRace:
    """Where best responses in turn lead.

    Attributes
    ----------
    history
        A row a round: efforts' costs and payoffs of everybody, endorsed welfare, waste.
    settled
        Did a whole round change nothing?
    equilibrium
        Did it settle, with every last response proved to be the best? Then nobody gains by another effort.
    cycle
        Length of the cycle that was entered; 0 without one.
    efforts
        By influencer, (K,) each, at the end.
    waste
        Costs of all at the end: spent on bending preferences, worth nothing to anybody.
    """

    history: pd.DataFrame
    settled: bool
    equilibrium: bool
    cycle: int
    efforts: tuple[FloatArray, ...]
    waste: float


def arms_race(
    influencers: Sequence[Influencer], mechanism: Mechanism, problem: object, *, rounds: int = 50,
    evaluations: int = 200, rng: RNG = 0,
) -> ArmsRace:  # fmt: skip
    """Let influencers respond to one another in turn.

    Parameters
    ----------
    influencers
        In the order of their turns.
    mechanism, problem
        Agents report truthfully what is asked of them, under everybody's pressure.
    rounds
        At most.
    evaluations, rng
        Of each response.

    Raises
    ------
    InputError
        No influencer, no round.
    """
    import pandas as pd

    if not influencers or rounds < 1:
        raise InputError("needs at least one influencer and one round", where="arms_race")
    made, seed = mechanism.wrap(problem), int(generator(rng).integers(0, 2**62))
    efforts = [np.zeros(len(each.influences)) for each in influencers]
    rows, seen, settled, cycle, exact = [], {_key(efforts): 0}, False, 0, False
    for turn in range(1, rounds + 1):
        before, exact = [e.copy() for e in efforts], True
        for k, each in enumerate(influencers):
            others = under([*efforts[:k], np.zeros_like(efforts[k]), *efforts[k + 1 :]], influencers, made)
            found = each.best_response(mechanism, others, evaluations=evaluations, rng=seed)
            efforts[k], exact = found.efforts, exact and found.exact
        rows.append(_row(turn, efforts, influencers, mechanism, made, seed))
        if all(np.allclose(a, b, rtol=1e-7, atol=1e-9) for a, b in zip(before, efforts, strict=True)):
            settled = True
            break
        key = _key(efforts)
        if key in seen:
            cycle = turn - seen[key]
            break
        seen[key] = turn
    history = pd.DataFrame(rows).set_index("round")
    return ArmsRace(history, settled, settled and exact, cycle, tuple(efforts), float(history["waste"].iloc[-1]))


def _key(efforts: Sequence[FloatArray]) -> tuple[float, ...]:
    return tuple(float(x) for e in efforts for x in np.round(e, 9))


def under(efforts: Sequence[FloatArray], influencers: Sequence[Influencer], problem: Problem) -> Problem:
    """The problem under everybody's efforts, (K,) each."""
    profile = problem.profile
    for each, effort in zip(influencers, efforts, strict=True):
        profile = pressed(profile, each.influences, effort)
    return problem.with_profile(profile)


def _row(
    turn: int, efforts: Sequence[FloatArray], influencers: Sequence[Influencer], mechanism: Mechanism,
    problem: Problem, seed: int,
) -> dict[str, float]:  # fmt: skip
    outcome = mechanism.run(under(efforts, influencers, problem), rng=seed)
    costs = [each.cost(e) for each, e in zip(influencers, efforts, strict=True)]
    row: dict[str, float] = {"round": turn}
    for k, (each, cost) in enumerate(zip(influencers, costs, strict=True)):
        row[f"payoff {k}"] = objective_of(each.objective)(outcome) - cost
        row[f"cost {k}"] = cost
    row["endorsed welfare"] = float(outcome.utilities(Endorsed(), problem).sum())
    row["waste"] = float(sum(costs))
    return row
