"""Efficiency on either reading: what the best allocation would have been worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, shape_text
from ..._core.rng import RNG
from ...errors import InputError, NotApplicableError
from ...lenses.reading import Cardinal
from ...mechanism.mechanism import Mechanism
from ...mechanism.verdict import Verdict
from .stage import Honest, Self, Stage, lens_of, stages_of
from .witnesses import Witness

__all__ = ["Better", "efficiency"]


@dataclass(frozen=True, eq=False)
class Better(Witness):
    """An allocation that is worth more.

    Attributes
    ----------
    stage
        Where.
    reports
        (rows,) under which the mechanism decides.
    taken
        (rows,) the better allocation.
    self_
        By whose values.
    """

    stage: Stage
    reports: FloatArray
    taken: FloatArray
    self_: Self

    def replay(self) -> float:
        """What it is worth more than what the mechanism decides."""
        worth = _worth_of(self.stage, self.self_)
        return worth(self.taken) - worth(self.stage.run(self.reports).taken)


def efficiency(
    mechanism: Mechanism,
    problem: object,
    *,
    self_: Self = "endorsed",
    honest: Honest = "asked",
    allocations: npt.ArrayLike | None = None,
    rng: RNG = 0,
) -> Verdict:
    """By how much the outcome falls short of the best one, by a self's values.

    What is summed is the mechanism's own objective on that self's reading (values less reserves kept, where it has
    reserves). The best is found by the mechanism's ``optimise``, or among ``allocations``.

    Parameters
    ----------
    mechanism
        A maximiser, or any for which ``allocations`` are given.
    problem
        A problem, a profile or a :class:`TypeSpace`.
    self_
        Whose values.
    honest
        What is said, see ``Honest``.
    allocations
        (k, rows) feasible allocations, in place of ``optimise``: an oracle of one's own.
    rng
        Seed of the lottery.

    Raises
    ------
    InputError
        Allocations of another shape.
    NotApplicableError
        The mechanism maximises no sum, and no allocations are given.

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0], [6.0]]).with_influence("advert", [[5.0], [0.0]])
    >>> sidt = te.auctions.SecondPrice().baseline()
    >>> efficiency(sidt, p, self_="decision").holds, efficiency(sidt, p, self_="endorsed").gap
    (True, 3.0)
    """
    stages = stages_of(mechanism, problem, rng)
    worst: Better | None = None
    for stage in stages.every:
        said, worth = stage.honest(honest, self_), _worth_of(stage, self_)
        best = _best(stage, worth, allocations)
        short = worth(best) - worth(stage.run(said).taken)
        if short > (0.0 if worst is None else worst.gain):
            rows = np.flatnonzero(best > 0).tolist()
            text = f"an allocation of rows {rows} is worth {short:.6g} more to {self_} selves"
            worst = Better(text, short, stage, said, best, self_)
    gap, tol = (0.0 if worst is None else worst.gain), stages.tol * stages.every[0].n_agents
    among = "" if allocations is None else f" among {len(np.asarray(allocations))} allocations"
    text = f"no allocation{among} is worth more in sum, {stages.where}"
    return Verdict("efficiency", self_, stages.state(gap <= tol), gap, tol, worst if gap > tol else None, text)


class _Worth:
    """The mechanism's objective on a self's reading; the sum of values where it has none."""

    def __init__(self, stage: Stage, self_: Self) -> None:
        self.stage = stage
        self.reading = cast(Cardinal, lens_of(self_).read(stage.problem.profile))

    def __call__(self, taken: FloatArray) -> float:
        return self.stage.mechanism.objective(self.stage.problem, taken, self.reading)


class _Sum(_Worth):
    """Values less the worth of doing nothing, of what is taken."""

    def __call__(self, taken: FloatArray) -> float:
        net = self.reading.values - self.reading.outside[self.stage.problem.profile.index.agent]
        return float(taken @ net)


def _worth_of(stage: Stage, self_: Self) -> _Worth:
    kind = _Worth if type(stage.mechanism).objective is not Mechanism.objective else _Sum
    return kind(stage, self_)


def _best(stage: Stage, worth: _Worth, allocations: npt.ArrayLike | None) -> FloatArray:
    rows = len(stage.problem.profile.index)
    if allocations is not None:
        table = as_floats(allocations, "allocations")
        if table.ndim != 2 or table.shape[1] != rows or not len(table):
            raise InputError(f"must have shape (k, {rows}), found {shape_text(table.shape)}", where="allocations")
        return np.array(table[int(np.argmax([worth(row) for row in table]))])
    zero = worth(np.zeros(rows))
    with np.errstate(invalid="ignore"):
        weights = np.array([worth(row) - zero for row in np.eye(rows)])
    finite = np.isfinite(weights).all() and np.isfinite(zero)  # logs of nothing are not
    best = stage.mechanism.optimise(stage.problem, weights) if finite else np.zeros(rows)
    if not finite or abs(worth(best) - zero - float(weights @ best)) > stage.tol * (1 + rows):
        raise NotApplicableError(
            f"{stage.mechanism.name} does not maximise a sum",
            where="efficiency",
            remedy="pass allocations=, the feasible ones to compare with",
        )
    return best
