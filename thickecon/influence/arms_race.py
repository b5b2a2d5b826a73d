"""Several manipulators: best responses in turn, what the race wastes, and equilibria of small games."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

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

__all__ = ["ArmsRace", "SmallGame", "arms_race", "small_game"]


@dataclass(frozen=True, eq=False)
class ArmsRace:
    """Where best responses in turn lead.

    Attributes
    ----------
    history
        A row a round: efforts' costs and payoffs of everybody, endorsed welfare, waste.
    settled
        Did a whole round change nothing?
    cycle
        Length of the cycle that was entered; 0 without one.
    efforts
        By influencer, (K,) each, at the end.
    waste
        Costs of all at the end: spent on bending preferences, worth nothing to anybody.
    """

    history: pd.DataFrame
    settled: bool
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
    rows, seen, settled, cycle = [], {_key(efforts): 0}, False, 0
    for turn in range(1, rounds + 1):
        before = [e.copy() for e in efforts]
        for k, each in enumerate(influencers):
            others = _under([*efforts[:k], np.zeros_like(efforts[k]), *efforts[k + 1 :]], influencers, made)
            found = each.best_response(mechanism, others, evaluations=evaluations, rng=seed)
            efforts[k] = found.efforts
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
    return ArmsRace(history, settled, cycle, tuple(efforts), float(history["waste"].iloc[-1]))


def _key(efforts: Sequence[FloatArray]) -> tuple[float, ...]:
    return tuple(float(x) for e in efforts for x in np.round(e, 9))


def _under(efforts: Sequence[FloatArray], influencers: Sequence[Influencer], problem: Problem) -> Problem:
    profile = problem.profile
    for each, effort in zip(influencers, efforts, strict=True):
        profile = pressed(profile, each.influences, effort)
    return problem.with_profile(profile)


def _row(
    turn: int, efforts: Sequence[FloatArray], influencers: Sequence[Influencer], mechanism: Mechanism,
    problem: Problem, seed: int,
) -> dict[str, float]:  # fmt: skip
    outcome = mechanism.run(_under(efforts, influencers, problem), rng=seed)
    costs = [each.cost(e) for each, e in zip(influencers, efforts, strict=True)]
    row: dict[str, float] = {"round": turn}
    for k, (each, cost) in enumerate(zip(influencers, costs, strict=True)):
        row[f"payoff {k}"] = objective_of(each.objective)(outcome) - cost
        row[f"cost {k}"] = cost
    row["endorsed welfare"] = float(outcome.utilities(Endorsed(), problem).sum())
    row["waste"] = float(sum(costs))
    return row


@dataclass(frozen=True, eq=False)
class SmallGame:
    """A game of influencers over a few levels of effort each.

    Attributes
    ----------
    payoffs
        (players, L_1, ..., L_players) objective less cost.
    waste
        (L_1, ..., L_players) costs of all.
    pure
        Equilibria in pure strategies: positions of levels.
    mixed
        For two players, equilibria by support enumeration: pairs of distributions over levels (pure ones among them).
    """

    payoffs: FloatArray
    waste: FloatArray
    pure: tuple[tuple[int, ...], ...]
    mixed: tuple[tuple[FloatArray, FloatArray], ...]


def small_game(
    influencers: Sequence[Influencer], levels: Sequence[npt.ArrayLike], mechanism: Mechanism, problem: object,
    *, rng: RNG = 0,
) -> SmallGame:  # fmt: skip
    """All equilibria of the game in which each influencer picks a level for its efforts.

    Parameters
    ----------
    influencers
        (P).
    levels
        (P) arrays of (L,) efforts (of the only influence), or (L, K) of several.
    mechanism, problem
        Agents report truthfully what is asked of them, under everybody's pressure.
    rng
        Seed of the lottery, the same in every cell.

    Raises
    ------
    InputError
        Levels that do not fit, or more than 100,000 cells.
    """
    tables = []
    for each, given in zip(influencers, levels, strict=True):
        table = np.asarray(given, dtype=np.float64)
        table = table[:, None] if table.ndim == 1 else table
        if table.ndim != 2 or table.shape[1] != len(each.influences) or not len(table):
            raise InputError(f"must be (levels, {len(each.influences)}), found {table.shape}", where="levels")
        tables.append(table)
    shape = tuple(len(table) for table in tables)
    if np.prod(shape) > 100_000:
        raise InputError(f"has {int(np.prod(shape)):,} cells", where="levels", remedy="fewer levels")
    made, seed = mechanism.wrap(problem), int(generator(rng).integers(0, 2**62))
    payoffs, waste = np.empty((len(tables), *shape)), np.empty(shape)
    for cell in product(*(range(size) for size in shape)):
        efforts = [table[k] for table, k in zip(tables, cell, strict=True)]
        outcome = mechanism.run(_under(efforts, influencers, made), rng=seed)
        costs = [each.cost(e) for each, e in zip(influencers, efforts, strict=True)]
        waste[cell] = sum(costs)
        for p, each in enumerate(influencers):
            payoffs[(p, *cell)] = objective_of(each.objective)(outcome) - costs[p]
    return SmallGame(payoffs, waste, _pure(payoffs), _mixed(payoffs) if len(tables) == 2 else ())


def _pure(payoffs: FloatArray) -> tuple[tuple[int, ...], ...]:
    good = np.ones(payoffs.shape[1:], dtype=bool)
    for p in range(len(payoffs)):
        good &= payoffs[p] >= payoffs[p].max(axis=p, keepdims=True) - 1e-9
    return tuple(tuple(int(x) for x in cell) for cell in np.argwhere(good))


def _mixed(payoffs: FloatArray) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Support enumeration: equal supports, indifference within, nothing better without (Porter et al. 2008)."""
    a, b = payoffs
    rows, columns = a.shape
    if rows > 8 or columns > 8:
        return ()
    found: list[tuple[FloatArray, FloatArray]] = []
    from itertools import combinations

    for size in range(1, min(rows, columns) + 1):
        for left, right in product(combinations(range(rows), size), combinations(range(columns), size)):
            y = _indifferent(a[np.ix_(left, right)], right, columns)
            x = _indifferent(b[np.ix_(left, right)].T, left, rows)
            if x is None or y is None:
                continue
            if (a @ y).max() <= x @ a @ y + 1e-9 and (x @ b).max() <= x @ b @ y + 1e-9:
                found.append((x, y))
    return tuple(found)


def _indifferent(table: FloatArray, support: tuple[int, ...], count: int) -> FloatArray | None:
    """Weights on the support that make all rows of the table worth the same; None where there are none."""
    size = len(support)
    system = np.zeros((size + 1, size + 1))
    system[:size, :size], system[:size, size], system[size, :size] = table, -1.0, 1.0
    try:
        weights = np.linalg.solve(system, np.append(np.zeros(size), 1.0))[:size]
    except np.linalg.LinAlgError:
        return None
    if (weights < -1e-12).any():
        return None
    made = np.zeros(count)
    made[list(support)] = np.maximum(weights, 0.0)
    return made
