"""Leximin: raise the worst off as far as possible, then the next, with a certificate at every stage.

After each stage the programme is restricted to the face on which its optimum is attained, read off the multipliers:
priced constraints hold with equality, shares with a reduced cost stay at their bound, and agents with a positive
multiplier share one level. The face is described by the data alone, so no rounding of a level enters later stages
(floors "u_i >= last level" drift: errors of .2 at 300 agents were seen).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray, IntArray, frozen
from ..errors import SolverError
from .goal import Goal
from .optimality import Optimality, bounded_gap, check_optimality
from .polyhedron import Block, Polyhedron
from .solve import solve_linear
from .whole import integral_utilities

__all__ = ["LeximinResult", "Stage", "leximin", "leximin_whole"]

_PRICED = 1e-9
"""Multipliers above this share of the largest count as positive."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One level.

    Attributes
    ----------
    level
        Utility that the agents fixed here have in every leximin optimum.
    agents
        Positions of the agents fixed here.
    multipliers
        (len(agents),) summing to 1: no feasible point gives them a greater weighted mean, given earlier stages.
    optimality
        Of the level.
    """

    level: float
    agents: IntArray
    multipliers: FloatArray
    optimality: Optimality

    def __post_init__(self) -> None:
        object.__setattr__(self, "agents", frozen(self.agents, np.intp))
        object.__setattr__(self, "multipliers", frozen(self.multipliers))


@dataclass(frozen=True, eq=False)
class LeximinResult:
    """The point, its stages, and the verdict over all of them.

    Attributes
    ----------
    z
        (N,).
    stages
        Lowest level first.
    duals
        Multipliers of the first stage, which is maximin.
    optimality
        The largest gap of all stages.
    seconds
        Of all solves.
    """

    z: FloatArray
    stages: tuple[Stage, ...]
    duals: dict[str, FloatArray]
    optimality: Optimality
    seconds: float


def leximin(polyhedron: Polyhedron, goal: Goal) -> LeximinResult:
    """The leximin point of divisible shares; utilities are the same in every leximin optimum.

    Parameters
    ----------
    polyhedron
        What is feasible.
    goal
        One map of utilities; agents of weight 0 are left out, other weights do not matter on a convex set.

    Returns
    -------
    LeximinResult
        With one certificate a stage.

    Raises
    ------
    InfeasibleError
        Nothing is feasible.
    SolverError
        HiGHS stopped otherwise, or a stage fixed nobody.

    References
    ----------
    Ogryczak, W. and Sliwinski, T. (2006), doi:10.1007/11751595_76; faces from multipliers as in the nucleolus of
    Potters, Reijnierse and Ansing (1996), doi:10.1287/moor.21.3.757.
    """
    scale = float(goal.scales(polyhedron).max())
    utilities = sp.csr_array(goal.maps[0] / scale)
    face = _Face.start(polyhedron, utilities, np.asarray(goal.kept))
    stages: list[Stage] = []
    duals: dict[str, FloatArray] = {}
    seconds, z = 0.0, np.zeros(polyhedron.size)
    while len(face.free):
        programme, slope = face.programme()
        found = solve_linear(programme, slope, relax=True)
        seconds += found.seconds
        z = found.z
        if not stages:
            duals = {b.name: scale * found.duals[b.name] for b in polyhedron.blocks if b.name in found.duals}
        price = np.maximum(found.duals["free"], 0.0)
        fixed = price > _PRICED * price.max(initial=0.0)
        if not fixed.any():
            raise SolverError("a stage of leximin fixed nobody", where="leximin", remedy="rescale the values")
        checked = check_optimality(programme, z, float(z[-1]), slope, 0.0, found.duals, relative=1e-8)
        stages.append(
            Stage(float(z[-1]) * scale, face.free[fixed], price[fixed] / price[fixed].sum(), _scaled(checked, scale))
        )
        face = face.restricted(found.duals, slope, programme, fixed, float(z[-1]))
    point = z[: polyhedron.size]
    return LeximinResult(point, tuple(stages), duals, _overall(polyhedron, point, stages, goal), seconds)


@dataclass(frozen=True, eq=False)
class _Face:
    """Variables are (z, levels of earlier stages, the level now raised)."""

    polyhedron: Polyhedron
    utilities: Any
    free: IntArray
    groups: tuple[tuple[IntArray, float], ...] = ()

    @classmethod
    def start(cls, polyhedron: Polyhedron, utilities: Any, free: IntArray) -> _Face:
        return cls(replace(polyhedron, integer=None), utilities, free)

    def programme(self) -> tuple[Polyhedron, FloatArray]:
        """Raise the level of those who are free."""
        size, count = self.polyhedron.size, len(self.groups)
        reach = float((abs(self.utilities) @ np.maximum(np.abs(self.polyhedron.lower), self.polyhedron.upper)).max())
        known = np.array([level for _, level in self.groups])
        slack = 1e-7 * max(reach, 1.0)  # a guard only: on the right face earlier levels cannot move
        far = 2.0 * reach + 1.0  # never binding, or a multiplier could hide in the bound
        made = self.polyhedron.extended(np.append(known - slack, -far), np.append(known + slack, far))
        for k, (agents, _) in enumerate(self.groups):
            rows = sp.hstack([self.utilities[agents], -_column(len(agents), k, count + 1)], format="csr")
            made = made.with_blocks(Block(f"level {k}", rows, np.zeros(len(agents)), True, None, False))
        rows = sp.hstack([-self.utilities[self.free], _column(len(self.free), count, count + 1)], format="csr")
        slope = np.zeros(size + count + 1)
        slope[-1] = 1.0
        return made.with_blocks(Block("free", rows, np.zeros(len(self.free)), False, None, False)), slope

    def restricted(
        self,
        duals: dict[str, FloatArray],
        slope: FloatArray,
        programme: Polyhedron,
        fixed: BoolArray,
        level: float,
    ) -> _Face:
        """The face of all points at which the stage attains its optimum."""
        left, size = slope.copy(), self.polyhedron.size
        for block in programme.blocks:
            if block.name in duals and len(duals[block.name]):
                left -= block.matrix.T @ duals[block.name]
        left = left[:size]
        least = _PRICED * max(float(np.abs(left).max(initial=0.0)), 1.0)
        lower = np.where(left > least, self.polyhedron.upper, self.polyhedron.lower)
        upper = np.where(left < -least, self.polyhedron.lower, self.polyhedron.upper)
        blocks: list[Block] = []
        for block in self.polyhedron.blocks:
            price = duals.get(block.name)
            if block.equality or price is None or not (price > _PRICED * max(price.max(initial=0.0), 1.0)).any():
                blocks.append(block)
                continue
            tight = price > _PRICED * max(price.max(initial=0.0), 1.0)
            at, rest = np.flatnonzero(tight), np.flatnonzero(~tight)
            blocks.append(Block(f"{block.name} used up {len(self.groups)}", block.matrix[at], block.bound[at], True))
            if len(rest):
                blocks.append(replace(block, matrix=block.matrix[rest], bound=block.bound[rest], labels=None))
        polyhedron = Polyhedron(lower, upper, tuple(blocks))
        groups = (*self.groups, (self.free[fixed], level))
        return _Face(polyhedron, self.utilities, self.free[~fixed], groups)


def _column(rows: int, at: int, width: int) -> Any:
    """(rows, width) sparse, ones in one column."""
    return sp.csr_array((np.ones(rows), (np.arange(rows), np.full(rows, at))), shape=(rows, width))


def _scaled(optimality: Optimality, scale: float) -> Optimality:
    return replace(
        optimality,
        gap=optimality.gap * scale,
        tol=max(optimality.tol, 1e-8) * scale,
        bound=optimality.bound * scale,
        complementarity=optimality.complementarity * scale,
        stationarity=optimality.stationarity * scale,
        holds=optimality.feasibility <= 1e-7 and optimality.gap <= max(optimality.tol, 1e-8),
    )


def _overall(polyhedron: Polyhedron, z: FloatArray, stages: list[Stage], goal: Goal) -> Optimality:
    """Feasibility of the point itself, that everybody has the level of their stage, and the largest gap."""
    u = goal.maps[0] @ z
    drift = max((float(np.abs(u[s.agents] - s.level).max()) for s in stages), default=0.0)
    gap = max([drift, *(s.optimality.gap for s in stages)], default=0.0)
    size = float(goal.scales(polyhedron).max())
    value = float(u[goal.kept].min())
    made = bounded_gap(polyhedron, z, value, value + gap, size=size, relative=1e-7)
    return replace(
        made,
        holds=bool(made.holds) and all(s.optimality.holds for s in stages),
        statement=f"weak duality at each of {len(stages)} stages, and each agent at the level of its stage",
    )


def leximin_whole(polyhedron: Polyhedron, goal: Goal, *, time_limit: float | None = None) -> LeximinResult:
    """The leximin point with whole units, level by level.

    At each level two programmes are solved: how high can those above the last level be raised, and how many people
    (weights count) can be kept above the new level. Which agents they are stays open until the end.

    Parameters
    ----------
    polyhedron
        With integer variables.
    goal
        One map of utilities.
    time_limit
        Seconds for each programme.

    Returns
    -------
    LeximinResult
        ``optimality.holds`` is None: the bounds are those of the search tree.

    Raises
    ------
    InfeasibleError
        Nothing is feasible.
    SolverError
        HiGHS stopped otherwise, or a time limit was reached before a level was proved.
    """
    scale = 1.0 if integral_utilities(polyhedron, goal) else float(goal.scales(polyhedron).max())
    step = 1.0 if integral_utilities(polyhedron, goal) else 1e-6
    tower = _Tower(polyhedron, sp.csr_array(goal.maps[0][goal.kept] / scale), goal.weights[goal.kept], step)
    stages: list[Stage] = []
    seconds, z = 0.0, np.zeros(polyhedron.size)
    above = float(tower.weights.sum())
    while above > 1e-9:
        raised = solve_linear(*tower.raise_level(), time_limit=time_limit)
        level = float(raised.z[-1])
        level = float(np.rint(level)) if step == 1.0 else level
        counted = solve_linear(*tower.keep_above(level), time_limit=time_limit)
        if not (raised.complete and counted.complete):
            raise SolverError(
                "time limit reached before a level was proved", where="leximin", remedy="raise time_limit"
            )
        seconds += raised.seconds + counted.seconds
        z = counted.z[: polyhedron.size]
        above = float(np.rint(counted.value * 1e9) / 1e9)
        tower.settle(level, above)
        gap = max(raised.bound - raised.value, 0.0) * scale
        here = np.asarray(goal.kept)[np.abs(tower.utilities @ z - level) < step / 2]
        share = np.full(len(here), 1.0 / max(len(here), 1))
        proved = bounded_gap(
            polyhedron,
            z,
            level * scale,
            level * scale + gap,
            size=scale,
            recomputed=False,
            statement="HiGHS search tree",
        )
        stages.append(Stage(level * scale, here, share, proved))
    value = float((goal.maps[0] @ z)[goal.kept].min())
    gap = max((s.optimality.gap for s in stages), default=0.0)
    overall = bounded_gap(
        polyhedron,
        z,
        value,
        value + gap,
        size=max(abs(value), scale),
        recomputed=False,
        statement=f"bounds of the HiGHS search trees of {len(stages)} levels, not recomputed",
    )
    return LeximinResult(z, tuple(stages), {}, overall, seconds)


class _Tower:
    """u_i >= l_1 + sum_j (l_(j+1) - l_j) b_ij with b_ij falling in j, and enough people above each level."""

    def __init__(self, polyhedron: Polyhedron, utilities: Any, weights: FloatArray, step: float) -> None:
        self.polyhedron, self.utilities, self.weights, self.step = polyhedron, utilities, weights, step
        self.levels: list[float] = []
        self.above: list[float] = []
        self.marks = 0
        up, down = utilities.maximum(0), (-utilities).maximum(0)
        self.high = float((up @ polyhedron.upper - down @ polyhedron.lower).max())
        self.low = float((up @ polyhedron.lower - down @ polyhedron.upper).min())

    def settle(self, level: float, above: float) -> None:
        """Add a level and how many people can be kept above it."""
        self.levels.append(level)
        self.above.append(above)

    def _base(self, marks: int, *, extra: int) -> tuple[Polyhedron, int]:
        """Polyhedron over (z, marks x agents binaries, extra), with counts and nesting of the marks."""
        n, size = self.utilities.shape[0], self.polyhedron.size
        self.marks = marks
        made = self.polyhedron.extended(np.zeros(marks * n), np.ones(marks * n), whole=True)
        if extra:
            made = made.extended(np.array([self.low]), np.array([self.high]))
        eye = sp.eye_array(n, format="csr")
        for j in range(marks):
            if j < len(self.above):
                count = self._at({j: sp.csr_array(-self.weights[None, :])}, 1, made.size)
                made = made.with_blocks(Block(f"count {j}", count, np.array([-self.above[j] + 1e-9]), blamable=False))
            if j:
                nested = self._at({j: eye, j - 1: -eye}, n, made.size)
                made = made.with_blocks(Block(f"nested {j}", nested, np.zeros(n), blamable=False))
        return made, size

    def _at(self, parts: dict[int, Any], rows: int, total: int, z: Any = None, last: Any = None) -> Any:
        n, size = self.utilities.shape[0], self.polyhedron.size
        marks = self.marks
        columns = [sp.csr_array((rows, size)) if z is None else z]
        columns += [parts.get(j, sp.csr_array((rows, n))) for j in range(marks)]
        rest = total - size - marks * n
        if rest:
            columns.append(sp.csr_array((rows, rest)) if last is None else last)
        return sp.hstack(columns, format="csr")

    def _steps(self, upto: int) -> dict[int, Any]:
        """(l_(j+1) - l_j) b_j for j < upto."""
        eye = sp.eye_array(self.utilities.shape[0], format="csr")
        return {j: (self.levels[j + 1] - self.levels[j]) * eye for j in range(upto)}

    def raise_level(self) -> tuple[Polyhedron, FloatArray]:
        """Maximise the least utility among those above the last level."""
        n, k = self.utilities.shape[0], len(self.levels)
        made, _ = self._base(k, extra=1)
        one = sp.csr_array(np.ones((n, 1)))
        if k:
            held = self._at(self._steps(k - 1), n, made.size, -self.utilities)
            made = made.with_blocks(Block("held", held, np.full(n, -self.levels[0]), blamable=False))
            room = self.high - self.low
            free = self._at({k - 1: room * sp.eye_array(n, format="csr")}, n, made.size, -self.utilities, one)
            made = made.with_blocks(Block("raised", free, np.full(n, room), blamable=False))
        else:
            free = self._at({}, n, made.size, -self.utilities, one) if made.size > self.polyhedron.size else None
            made = made.with_blocks(Block("raised", free, np.zeros(n), blamable=False))
        slope = np.zeros(made.size)
        slope[-1] = 1.0
        return made, slope

    def keep_above(self, level: float) -> tuple[Polyhedron, FloatArray]:
        """Maximise the number of people strictly above ``level``, everybody at their levels so far."""
        n, k = self.utilities.shape[0], len(self.levels)
        made, size = self._base(k + 1, extra=0)
        eye = sp.eye_array(n, format="csr")
        levels = [*self.levels, level]
        parts = {j: (levels[j + 1] - levels[j]) * eye for j in range(k)} | {k: self.step * eye}
        slack = 0.0 if self.step == 1.0 else 1e-8  # more than a solver's tolerance
        held = self._at(parts, n, made.size, -self.utilities)
        made = made.with_blocks(Block("held", held, np.full(n, -levels[0] + slack), blamable=False))
        slope = np.zeros(made.size)
        slope[size + k * n :] = self.weights
        return made, slope
