"""Small games of manipulators: each picks a level of effort; all equilibria, certified from the payoffs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray
from .._core.rng import RNG, generator
from ..errors import InputError, NotApplicableError
from ..mechanism.mechanism import Mechanism
from ..mechanism.verdict import Verdict
from ..problems.problem import Problem
from .best_response import Influencer
from .equilibria import mixed_equilibria, pure_equilibria
from .objectives import objective_of
from .race import under

__all__ = ["SmallGame", "small_game"]


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
    players
        With their means and objectives.
    levels
        (P) tables (L, K) of efforts.
    mechanism, problem, seed
        What is played on.
    """

    payoffs: FloatArray
    waste: FloatArray
    players: tuple[Influencer, ...]
    levels: tuple[FloatArray, ...]
    mechanism: Mechanism
    problem: Problem
    seed: int = 0

    @cached_property
    def pure(self) -> tuple[tuple[int, ...], ...]:
        """Equilibria in pure strategies: positions of levels."""
        return pure_equilibria(self.payoffs)

    @cached_property
    def mixed(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """For two players, all extreme equilibria: pairs of distributions over levels, pure ones among them.

        Raises
        ------
        NotApplicableError
            Another number of players.
        """
        if len(self.players) != 2:
            raise NotApplicableError(f"needs two players, found {len(self.players)}", where="SmallGame.mixed")
        return mixed_equilibria(self.payoffs)

    def certify(self, x: FloatArray, y: FloatArray) -> Verdict:
        """Does neither of two players gain by another level? Recomputed from the payoffs.

        Parameters
        ----------
        x, y
            (L_1,), (L_2,) distributions over levels.
        """
        a, b = self.payoffs
        gaps = np.array([(a @ y).max() - x @ a @ y, (x @ b).max() - x @ b @ y])
        tol = 1e-7 * max(1.0, float(np.abs(self.payoffs).max()))
        best = (int((a @ y).argmax()), int((x @ b).argmax()))
        who = int(gaps.argmax())
        witness = None if gaps.max() <= tol else (who, best[who])
        text = "no player gains by another level against what the other plays"
        return Verdict("equilibrium", "nobody", witness is None, float(gaps.max()), tol, witness, text)

    def beyond(self, cell: Sequence[int], *, evaluations: int = 200) -> FloatArray:
        """(P,) what each player would gain by the best effort of all, not only of the levels; a lower bound unless its
        best response is exact.

        Parameters
        ----------
        cell
            Positions of levels.
        evaluations
            Of a search.
        """
        made, here = np.zeros(len(self.players)), [self.levels[p][k] for p, k in enumerate(cell)]
        for p, each in enumerate(self.players):
            others = under([*here[:p], np.zeros_like(here[p]), *here[p + 1 :]], self.players, self.problem)
            found = each.best_response(self.mechanism, others, evaluations=evaluations, rng=self.seed)
            # the lottery of the search's runs is its own, so both efforts are valued under it
            stay = under(here, self.players, self.problem)
            value = objective_of(each.objective)
            now = value(self.mechanism.run(stay, rng=found.seed)) - each.cost(here[p])
            made[p] = max(0.0, value(found.outcome) - found.cost - now)
        return made


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
        outcome = mechanism.run(under(efforts, influencers, made), rng=seed)
        costs = [each.cost(e) for each, e in zip(influencers, efforts, strict=True)]
        waste[cell] = sum(costs)
        for p, each in enumerate(influencers):
            payoffs[(p, *cell)] = objective_of(each.objective)(outcome) - costs[p]
    return SmallGame(payoffs, waste, tuple(influencers), tuple(tables), mechanism, made, seed)
