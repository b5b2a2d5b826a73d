"""The point at which the worst off is best off: a start, and a scale, where inequality weighs heavily."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from .polyhedron import Block, Polyhedron
from .solve import solve_linear

__all__ = ["fairest"]


def fairest(polyhedron: Polyhedron, utilities: Any, *, time_limit: float | None = None) -> FloatArray:
    """A feasible point with the greatest least utility.

    Parameters
    ----------
    polyhedron
        What is feasible; whole units where it says so.
    utilities
        (n, N) sparse map.
    time_limit
        Seconds.

    Returns
    -------
    ndarray
        (N,).

    Raises
    ------
    InfeasibleError
        Nothing is feasible.
    SolverError
        HiGHS stopped otherwise.
    """
    count, size = utilities.shape
    up, down = utilities.maximum(0), (-utilities).maximum(0)
    high = float((up @ polyhedron.upper - down @ polyhedron.lower).max(initial=0.0))
    low = float((up @ polyhedron.lower - down @ polyhedron.upper).min(initial=0.0))
    lifted = polyhedron.extended(np.array([low]), np.array([high]))
    rows = sp.hstack([-utilities, sp.csr_array(np.ones((count, 1)))], format="csr")
    lifted = lifted.with_blocks(Block("least", rows, np.zeros(count), blamable=False))
    return solve_linear(lifted, np.append(np.zeros(size), 1.0), time_limit=time_limit).z[:size]
