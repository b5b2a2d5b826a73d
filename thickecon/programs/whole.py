"""Whole units: mixed-integer programmes by HiGHS, concave welfare by tangents added where they are needed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray, IntArray
from ..errors import InfeasibleError, NotApplicableError, SolverError
from .fairest import fairest
from .goal import AdditiveWelfare, Goal
from .maximise import Maximum, maximise, pieces_programme
from .optimality import bounded_gap
from .polyhedron import Block, Polyhedron
from .solve import solve_linear

__all__ = ["Tangents", "integral_utilities", "maximise_whole"]

_ROUNDS = 200


def maximise_whole(
    polyhedron: Polyhedron, goal: Goal, *, time_limit: float | None = None, relative: float = 1e-6
) -> Maximum:
    """The best point with whole units, and a bound that nothing exceeds.

    Parameters
    ----------
    polyhedron
        With integer variables.
    goal
        What is maximised.
    time_limit
        Seconds in all; the best point found by then is returned, with the gap that is left.
    relative
        Gap at which a concave goal counts as solved.

    Returns
    -------
    Maximum
        Without multipliers. ``optimality.holds`` is True where a recomputed bound meets the value, None where only
        the search tree's bound does.

    Raises
    ------
    InfeasibleError
        Nothing is feasible.
    NotApplicableError
        The goal subtracts a length.
    SolverError
        HiGHS stopped without a feasible point.
    """
    if goal.spread is not None:
        raise NotApplicableError(
            "whole units with an ellipsoid of endorsements are not supported", where="ambiguity", remedy="use a box"
        )
    if goal.welfare.form in ("linear", "minimum"):
        return _pieces(polyhedron, goal, time_limit, relative)
    if len(goal.maps) == 1 and isinstance(goal.welfare, AdditiveWelfare):
        return _additive(polyhedron, goal, goal.welfare, time_limit, relative)
    raise NotApplicableError(
        f"{goal.welfare.title} with whole units needs utilities that can be bounded one by one",
        where="whole",
        remedy="use divisible shares, a linear function, or one endorsement for each agent",
    )


def integral_utilities(polyhedron: Polyhedron, goal: Goal) -> bool:
    """Are utilities whole numbers wherever the variables are?"""
    if polyhedron.integer is None:
        return False
    for matrix in goal.maps:
        used = np.unique(matrix.indices[matrix.data != 0])
        if not polyhedron.integer[used].all() or np.any(matrix.data != np.rint(matrix.data)):
            return False
    return True


def _pieces(polyhedron: Polyhedron, goal: Goal, time_limit: float | None, relative: float) -> Maximum:
    lifted, slope = pieces_programme(polyhedron, goal)
    found = solve_linear(lifted, slope, time_limit=time_limit)
    z = found.z[: polyhedron.size]
    value = goal.value(z)
    relaxed = solve_linear(lifted, slope, relax=True)
    mix = relaxed.duals.pop("pieces", np.ones(1))
    plane, constant = goal.plane(z, mix)
    bound = constant + polyhedron.upper_bound(plane, relaxed.duals)
    grains = integral_utilities(polyhedron, goal) and bool(np.all(goal.pieces.data == np.rint(goal.pieces.data)))
    if grains:
        bound = float(np.floor(bound + 1e-6))
    size = max(abs(value), 1e-12)
    recomputed = bound - value <= relative * size
    tree = float(np.floor(found.bound + 1e-6)) if grains else found.bound
    optimality = bounded_gap(
        polyhedron,
        z,
        value,
        bound if recomputed else min(bound, tree),
        size=size,
        relative=relative,
        recomputed=recomputed,
        statement="multipliers of the relaxation" + (", rounded down to whole utilities" if grains else "")
        if recomputed
        else "bound of the HiGHS search tree, not recomputed",
    )
    return Maximum(z, {}, np.ones(1), optimality, found.solver, found.seconds + relaxed.seconds)


def _additive(
    polyhedron: Polyhedron, goal: Goal, phi: AdditiveWelfare, time_limit: float | None, relative: float
) -> Maximum:
    """Outer approximation: phi(u_i) lies below each of its tangents; one is added at each point visited.

    References: Duran and Grossmann (1986), doi:10.1007/BF02592064.
    """
    start = time.perf_counter()
    master = Tangents(polyhedron, goal, phi)
    best, best_total, bound, seconds = master.start, -np.inf, np.inf, 0.0
    for _ in range(_ROUNDS):
        left = None if time_limit is None else max(time_limit - (time.perf_counter() - start), 0.01)
        try:
            found = solve_linear(*master.programme(), time_limit=left, mip_gap=relative / 4)
        except SolverError:
            if best is None:
                raise
            break
        seconds += found.seconds
        bound = min(bound, found.bound)
        z = found.z[: polyhedron.size]
        total = master.total(z)
        if total > best_total:
            best, best_total = z, total
        spent = time_limit is not None and time.perf_counter() - start >= time_limit
        if bound - best_total <= relative * master.mass or not master.cut(z) or spent:
            break
    if best is None or not np.isfinite(best_total):
        raise SolverError("no feasible point was found in time", where="whole", remedy="raise time_limit")
    value, upper = goal.value(best), master.value(bound)
    size = float(goal.weights.sum()) if goal.welfare.degree != 1 else max(abs(value), 1e-12)
    relaxed = _relaxed_bound(polyhedron, goal)
    recomputed = relaxed - value <= 2 * relative * size
    optimality = bounded_gap(
        polyhedron,
        best,
        value,
        relaxed if recomputed else max(min(upper, relaxed), value),
        size=size,
        relative=2 * relative,
        recomputed=recomputed,
        statement="prices of divisible shares"
        if recomputed
        else "tangents of the welfare function; bound of the HiGHS search tree, not recomputed",
    )
    return Maximum(best, {}, np.ones(1), optimality, "HIGHS", seconds)


def _relaxed_bound(polyhedron: Polyhedron, goal: Goal) -> float:
    """What no allocation of divisible shares exceeds, recomputed from prices; inf if no cone solver finds them."""
    try:
        return maximise(replace(polyhedron, integer=None), goal).optimality.bound
    except (InfeasibleError, SolverError):
        return float(np.inf)


class Tangents:
    """The master programme: maximise sum of w_i t_i, each t_i below lines that lie above phi."""

    def __init__(self, polyhedron: Polyhedron, goal: Goal, phi: AdditiveWelfare) -> None:
        self.polyhedron, self.goal, self.phi = polyhedron, goal, phi
        self.scales = goal.scales(polyhedron)[goal.kept]
        self.map = sp.csr_array(sp.diags_array(1.0 / self.scales) @ goal.maps[0][goal.kept])
        self.weights = goal.weights[goal.kept]
        self.mass = float(self.weights.sum())
        self.least = _least_positive(self.map, polyhedron, integral_utilities(polyhedron, goal), self.scales)
        self.high = np.maximum(self._best_alone(), self.least)
        self.open = goal.welfare.open_domain
        self.floor = self.least if self.open else np.full(len(self.least), goal.welfare.lowest)
        self.agents: list[IntArray] = []
        self.slopes: list[FloatArray] = []
        self.heights: list[FloatArray] = []
        self.seen: set[tuple[int, float]] = set()
        self.start = self._first()
        if self.open and goal.welfare.degree == 1:
            self._raise_floor()
        for share in np.linspace(0.0, 1.0, 9):  # geometric: the error of a tangent of log depends on the ratio
            self._tangents(self.least ** (1 - share) * self.high**share)
        if not self.open and np.isfinite(goal.welfare.lowest):
            # between 0 and the least positive utility there is nothing: the chord lies above phi elsewhere
            zero, one = phi.transform(np.zeros_like(self.least)), phi.transform(self.least)
            self._lines(np.arange(len(zero)), (one - zero) / self.least, zero)

    def _best_alone(self) -> FloatArray:
        up = self.map.maximum(0)
        return np.asarray(up @ self.polyhedron.upper - (-self.map).maximum(0) @ self.polyhedron.lower)

    def _first(self) -> FloatArray | None:
        """A point in the domain; the error says which agents cannot all be in it."""
        if not np.isfinite(self.floor).all():
            return None
        labels = [int(i) for i in self.goal.kept]
        inside = self.polyhedron.with_blocks(Block("utility of", -self.map, -self.floor * (1 - 1e-9), labels=labels))
        try:
            return solve_linear(inside, np.zeros(inside.size)).z
        except InfeasibleError as err:
            raise InfeasibleError(
                f"{self.goal.welfare.title} needs utilities in its domain: {err.what}",
                conflict=err.conflict,
                where="allocation",
                remedy="leave out agents who can gain nothing, or use a function defined for all utilities",
            ) from err

    def _raise_floor(self) -> None:
        """Scale by the worth of a good point, and leave out utilities with which nothing is worth as much.

        Negative powers of utilities far below the equivalent are out of a solver's reach (and of floating point, from
        epsilon 30 on), and no optimum has any: phi(u_i) must make up for what all others can have at most.
        """
        self.start = fairest(self.polyhedron, self.map)
        worth = self.goal.value(self.start)
        change = self.scales / worth
        self.map = sp.csr_array(sp.diags_array(change) @ self.map)
        self.scales = np.full(len(change), worth)
        self.high, self.least = self.high * change, self.least * change
        most = self.weights * self.phi.transform(self.high)
        needed = np.array([self.phi.from_mean(x) for x in -(most.sum() - most) / self.weights])
        self.least = np.minimum(np.maximum(self.least, needed * (1 - 1e-6)), self.high)
        self.floor = self.least

    def _lines(self, agents: IntArray, slopes: FloatArray, heights: FloatArray) -> None:
        self.agents.append(agents)
        self.slopes.append(slopes)
        self.heights.append(heights)

    def _tangents(self, at: FloatArray, agents: IntArray | None = None) -> None:
        who = np.arange(len(self.least)) if agents is None else agents
        slope = self.phi.transform_slope(at)
        self._lines(who, slope, self.phi.transform(at) - slope * at)

    def cut(self, z: FloatArray) -> bool:
        """Add tangents at the utilities of ``z``; False if all of them are there already."""
        u = np.maximum(self.map @ z, self.floor)
        fresh = [i for i in np.flatnonzero(u > 0) if (int(i), float(u[i])) not in self.seen]
        self.seen.update((int(i), float(u[i])) for i in fresh)
        if fresh:
            self._tangents(u[fresh], np.array(fresh))
        return bool(fresh)

    def total(self, z: FloatArray) -> float:
        """Sum of w_i phi(u_i)."""
        return float(self.weights @ self.phi.transform(np.maximum(self.map @ z, self.floor)))

    def value(self, total: float) -> float:
        """W for a sum of phi."""
        if self.goal.welfare.degree != 1:
            return total + float(self.weights @ np.log(self.scales))
        return float(self.scales[0]) * self.phi.from_mean(total / self.mass)

    def programme(self) -> tuple[Polyhedron, FloatArray]:
        """Polyhedron and objective with all lines found so far."""
        n, size = len(self.least), self.polyhedron.size
        who = np.concatenate(self.agents).astype(np.intp)
        slope, height = np.concatenate(self.slopes), np.concatenate(self.heights)
        count = len(who)
        pick = sp.csr_array((np.ones(count), (np.arange(count), who)), shape=(count, n))
        rows = sp.hstack([-(sp.diags_array(slope) @ pick @ self.map), pick], format="csr")
        top = self.phi.transform(self.high)
        low = self.phi.transform(self.least) if self.open else self.phi.transform(np.maximum(self.floor, 0.0))
        room = 1e-6  # presolve cuts off what has no room; the lines bind, not these bounds
        lifted = self.polyhedron.extended(low - room, np.maximum(top, low) + room).with_blocks(
            Block("tangents", rows, height, blamable=False)
        )
        if np.isfinite(self.floor).all():
            floor = sp.hstack([-self.map, sp.csr_array((n, n))], format="csr")
            lifted = lifted.with_blocks(Block("domain", floor, -self.floor * (1 - 1e-9), blamable=False))
        return lifted, np.concatenate((np.zeros(size), self.weights))


def _least_positive(scaled: sp.csr_array, polyhedron: Polyhedron, whole: bool, scales: FloatArray) -> FloatArray:
    """(n,) a number that no positive utility (in scaled units) is below: 1 for whole utilities, the least positive
    entry where none is negative and all count whole units, else a millionth of the scale.
    """
    least = np.full(scaled.shape[0], 1e-6)
    if whole:
        least = 1.0 / scales
    units = polyhedron.integer is not None and bool(polyhedron.integer[scaled.indices].all())
    if units and scaled.nnz and scaled.data.min() >= 0:
        for i in range(scaled.shape[0]):
            own = scaled.data[scaled.indptr[i] : scaled.indptr[i + 1]]
            positive = own[own > 0]
            if len(positive):
                least[i] = positive.min()
    return least
