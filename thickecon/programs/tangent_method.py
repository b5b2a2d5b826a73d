"""Additive welfare of divisible shares by linear programmes, where curvature defeats interior points.

Powers u^(1 - epsilon) with epsilon in the tens are flat for everybody but the worst off and steep there. Lines above
phi, added where they are needed, do not mind.
"""

from __future__ import annotations

import numpy as np

from ..errors import InfeasibleError, SolverError
from .goal import AdditiveWelfare, Goal
from .judge import Maximum
from .optimality import bounded_gap
from .polyhedron import Polyhedron
from .solve import solve_linear
from .whole import Tangents

__all__ = ["maximise_by_tangents"]

_ROUNDS = 200


def maximise_by_tangents(polyhedron: Polyhedron, goal: Goal, *, relative: float = 1e-7) -> Maximum | None:
    """The best point by outer approximation, or None where it does not apply or does not converge.

    Parameters
    ----------
    polyhedron
        Divisible shares.
    goal
        One map of utilities.
    relative
        Gap to stop at, relative to W.

    Returns
    -------
    Maximum or None
        The bound is weak duality on the programme of lines, which lie above the welfare function.

    References
    ----------
    Kelley, J. E. (1960), doi:10.1137/0108053.
    """
    phi = goal.welfare
    if len(goal.maps) != 1 or goal.spread is not None or goal.welfare.degree != 1 or not goal.welfare.open_domain:
        return None
    if not isinstance(phi, AdditiveWelfare):
        return None
    seconds = 0.0
    try:
        master = Tangents(polyhedron, goal, phi)
        for _ in range(_ROUNDS):
            lines, slope = master.programme()
            found = solve_linear(lines, slope, relax=True, explain=False)
            seconds += found.seconds
            z = found.z[: polyhedron.size]
            value, bound = goal.value(z), master.value(lines.upper_bound(slope, found.duals))
            if bound - value <= relative * abs(value) or not master.cut(z):
                break
    except (InfeasibleError, SolverError):
        return None
    # W = scale phi^-1(total / mass): what a unit of the total is worth
    unit = float(master.scales[0] / (master.mass * phi.transform_slope(np.array([value / master.scales[0]]))[0]))
    names = {block.name for block in polyhedron.blocks}
    duals = {name: unit * dual for name, dual in found.duals.items() if name in names}
    optimality = bounded_gap(
        polyhedron,
        z,
        value,
        bound,
        size=max(abs(value), 1e-12),
        statement="weak duality at lines above the welfare function",
    )
    return Maximum(z, duals, np.ones(1), optimality, found.solver, seconds) if optimality.holds else None
