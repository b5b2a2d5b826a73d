"""Maximise a concave goal over a polyhedron: linear where it can be, else by cones; certified either way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..errors import InfeasibleError, InputError, SolverError
from .additive import maximise_additive
from .conflicts import smallest_conflict
from .functional import CurvedNorm
from .goal import Goal
from .judge import Maximum, judge_point, shrunk
from .optimality import check_optimality
from .polyhedron import Block, Polyhedron
from .solve import LinearSolution, solve_cone, solve_linear

__all__ = ["Maximum", "maximise", "pieces_programme"]


def maximise(
    polyhedron: Polyhedron,
    goal: Goal,
    curved: tuple[CurvedNorm, ...] = (),
    n_rows: int = 0,
    *,
    solver: str | None = None,
    time_limit: float | None = None,
) -> Maximum:
    """The best point, for divisible shares.

    Parameters
    ----------
    polyhedron
        What is feasible.
    goal
        What is maximised.
    curved
        Constraints for the cone solver alone; they speak of the first ``n_rows`` variables.
    n_rows
        See ``curved``.
    solver
        None: HIGHS where all is linear, our own interior point method where W is additive and its answer can be
        certified, else CLARABEL.
    time_limit
        Seconds, for other solvers than ours.

    Returns
    -------
    Maximum
        With its certificate.

    Raises
    ------
    InfeasibleError
        Nothing is feasible, or some agents cannot all have utilities in the domain of W; ``.conflict`` says which.
    SolverError
        A status other than optimal.
    """
    flat = goal.welfare.form in ("linear", "minimum") and goal.spread is None and not curved
    if flat and solver in (None, "HIGHS"):
        return _maximise_linear(polyhedron, goal, time_limit)
    found = None if curved or solver is not None else maximise_additive(polyhedron, goal)
    if found is not None:
        return found
    try:
        return _maximise_cone(polyhedron, goal, curved, n_rows, solver or "CLARABEL", time_limit)
    except (InfeasibleError, InputError, SolverError) as err:
        if isinstance(err, SolverError) and solver is None and not curved:
            from .tangent_method import maximise_by_tangents  # which itself builds on this module

            slower = maximise_by_tangents(polyhedron, goal)
            if slower is not None:
                return slower
        # an InputError says that somebody is left outside the domain of W
        _explain(polyhedron, goal, curved, n_rows, err)
        raise


def pieces_programme(polyhedron: Polyhedron, goal: Goal) -> tuple[Polyhedron, FloatArray]:
    """A linear programme whose value is that of a linear or minimum goal, and its objective."""
    if goal.pieces.shape[0] == 1:
        return polyhedron, goal.pieces.toarray().ravel()
    low, high = _ends(goal.pieces, polyhedron)
    lifted = polyhedron.extended(np.array([low.min()]), np.array([high.max()]))
    count = goal.pieces.shape[0]
    rows = sp.hstack([-goal.pieces, sp.csr_array(np.ones((count, 1)))], format="csr")
    lifted = lifted.with_blocks(Block("pieces", rows, np.zeros(count), blamable=False))
    slope = np.zeros(lifted.size)
    slope[-1] = 1.0
    return lifted, slope


def _ends(matrix: Any, polyhedron: Polyhedron) -> tuple[FloatArray, FloatArray]:
    """Least and greatest each row can be within the bounds of the variables."""
    up, down = matrix.maximum(0), (-matrix).maximum(0)
    return (
        up @ polyhedron.lower - down @ polyhedron.upper,
        up @ polyhedron.upper - down @ polyhedron.lower,
    )


def _maximise_linear(polyhedron: Polyhedron, goal: Goal, time_limit: float | None) -> Maximum:
    lifted, slope = pieces_programme(polyhedron, goal)
    found: LinearSolution = solve_linear(lifted, slope, relax=True, time_limit=time_limit)
    z = found.z[: polyhedron.size]
    mix = found.duals.pop("pieces", np.ones(1))
    plane, constant = goal.plane(z, mix)
    optimality = check_optimality(polyhedron, z, goal.value(z), plane, constant, found.duals, relative=1e-8)
    return Maximum(z, found.duals, mix, optimality, found.solver, found.seconds)


def _maximise_cone(
    polyhedron: Polyhedron,
    goal: Goal,
    curved: tuple[CurvedNorm, ...],
    n_rows: int,
    solver: str,
    time_limit: float | None,
) -> Maximum:
    import cvxpy as cp

    z = cp.Variable(polyhedron.size, nonneg=not polyhedron.lower.any())
    scales = goal.scales(polyhedron)
    constraints = _named(polyhedron, z, curved, n_rows)
    objective, unit = _objective(goal, z, scales, constraints)
    found = solve_cone(objective, constraints, solver=solver, time_limit=time_limit)
    duals = {name: unit * np.atleast_1d(dual) for name, dual in found.duals.items()}
    mix = duals.pop("pieces", np.ones(1))
    direction = duals.pop("spread", None)
    point = shrunk(polyhedron, np.clip(z.value, polyhedron.lower, polyhedron.upper))
    stuck = goal.stuck(polyhedron)
    plane, constant = goal.plane(point, mix, None if direction is None else -direction / unit, stuck)
    judged, complete = polyhedron, True
    for norm in curved:
        tangent = norm.plane(point[:n_rows], polyhedron.size)
        complete &= tangent is not None
        judged = judged if tangent is None else judged.with_blocks(tangent)
    optimality = judge_point(judged, goal, point, plane, constant, duals, complete=complete)
    if not optimality.holds and (curved or goal.spread is not None):
        exact = solve_linear(replace(judged, integer=None), plane, relax=True).duals
        other = check_optimality(
            judged, point, goal.value(point), plane, constant, exact, statement=optimality.statement
        )
        optimality = other if other.gap < optimality.gap else optimality
    return Maximum(point, duals, mix, optimality, found.solver, found.seconds)


def _named(polyhedron: Polyhedron, z: Any, curved: tuple[CurvedNorm, ...], n_rows: int) -> dict[str, Any]:
    """Constraints of cvxpy by name; upper bounds that rows imply are left out."""
    constraints: dict[str, Any] = {}
    for block in polyhedron.blocks:
        if len(block.bound):
            left = block.matrix @ z
            constraints[block.name] = left == block.bound if block.equality else left <= block.bound
    if polyhedron.lower.any():
        at = np.flatnonzero(np.isfinite(polyhedron.lower))
        constraints["lower bounds"] = z[at] >= polyhedron.lower[at]
    free = np.isfinite(polyhedron.upper)
    at = np.flatnonzero(free if polyhedron.implied is None else free & ~polyhedron.implied)
    if len(at):
        part = z if len(at) == polyhedron.size else z[at]
        constraints["upper bounds"] = part <= polyhedron.upper[at]
    for norm in curved:
        constraints[norm.name] = norm.build(z[:n_rows])
    return constraints


def _objective(goal: Goal, z: Any, scales: FloatArray, constraints: dict[str, Any]) -> tuple[Any, float]:
    """The scaled objective (constraints of its pieces are added), and what its multipliers are to be multiplied by."""
    import cvxpy as cp

    # The mean of logs, not the sum: Clarabel then needs up to half the iterations and is more exact.
    unit = float(goal.weights.sum()) if goal.welfare.degree != 1 else float(scales[0])
    form = goal.welfare.form
    if form in ("linear", "minimum"):
        pieces = goal.pieces / unit
        if pieces.shape[0] == 1:
            made = pieces.toarray().ravel() @ z
        else:
            made = cp.Variable()
            constraints["pieces"] = made - pieces @ z <= 0
        if goal.spread is not None:
            length, image = cp.Variable(), cp.Variable(goal.spread.shape[0])
            constraints["spread"] = image == (goal.spread / unit) @ z
            constraints["length"] = cp.norm(image, 2) <= length
            made = made - length
        return made, unit
    scaled = [sp.diags_array(1.0 / scales) @ matrix for matrix in goal.maps]
    values = [goal.welfare.expression(matrix @ z, goal.weights) for matrix in scaled]
    if goal.welfare.degree != 1:
        values = [value / unit for value in values]
    if len(values) == 1:
        return values[0], unit
    least = cp.Variable()
    constraints["pieces"] = cp.hstack([least - value for value in values]) <= 0
    return least, unit


def _explain(polyhedron: Polyhedron, goal: Goal, curved: tuple[CurvedNorm, ...], n_rows: int, err: Exception) -> None:
    """Raise the reason why a cone programme failed, if infeasibility is the reason."""
    solve_linear(polyhedron, np.zeros(polyhedron.size), relax=True)  # raises with the conflict of linear constraints
    if np.isfinite(goal.welfare.lowest):
        scales = goal.scales(polyhedron)
        least = 1e-6 * scales if goal.welfare.open_domain else np.zeros_like(scales)
        domain = polyhedron
        for k, matrix in enumerate(goal.maps):
            name = "utility of" if k == 0 else f"utility under endorsement {k} of"
            rows, bound = -matrix[goal.kept], -(goal.welfare.lowest + least)[goal.kept]
            domain = domain.with_blocks(Block(name, rows, bound, labels=[int(i) for i in goal.kept]))
        names = smallest_conflict(domain, relax=True)
        if names:
            raise InfeasibleError(
                f"{goal.welfare.title} needs utilities in its domain, and these cannot hold together: "
                + ", ".join(names),
                conflict=names,
                where="allocation",
                remedy="leave out agents who can gain nothing, or use a function defined for all utilities",
            ) from err
    if curved and isinstance(err, InfeasibleError):
        names = _curved_conflict(polyhedron, curved, n_rows)
        raise InfeasibleError(
            f"these constraints cannot hold together: {', '.join(names)}", conflict=names, where="allocation"
        ) from err


def _curved_conflict(polyhedron: Polyhedron, curved: tuple[CurvedNorm, ...], n_rows: int) -> tuple[str, ...]:
    """Names of whole blocks that conflict, irreducible, where some are not linear."""
    import cvxpy as cp

    z = cp.Variable(polyhedron.size)
    named = _named(polyhedron, z, curved, n_rows)
    fixed = {"upper bounds", "lower bounds"} | {b.name for b in polyhedron.blocks if not b.blamable}
    constraints = {**named, "nonnegative": z >= polyhedron.lower}
    fixed.add("nonnegative")
    for name in [name for name in constraints if name not in fixed]:
        trial = {key: value for key, value in constraints.items() if key != name}
        try:
            solve_cone(0.0 * cp.sum(z), trial)
        except InfeasibleError:
            constraints = trial
    return tuple(name for name in constraints if name not in fixed)
