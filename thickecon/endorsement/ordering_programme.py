"""The linear ordering problem as an integer programme, for more options than subsets can be listed of."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from ..programs.milp import solve_milp

__all__ = ["ordering_programme"]


def ordering_programme(
    w: FloatArray, *, unlike: tuple[int, ...] | None = None, time_limit: float | None = None
) -> tuple[tuple[int, ...], float]:
    """An order that minimises the sum of w[x, a] over pairs with x above a.

    z[i, j] = 1 for i < j says that i stands above j. Triangles 0 <= z_ij + z_jk - z_ik <= 1 forbid cycles; they are
    added where a solution breaks them, which few rounds do.

    Parameters
    ----------
    w
        (K, K).
    unlike
        An order that must not be returned.
    time_limit
        Seconds a round.

    Returns
    -------
    (order, cost)
        Best option first.

    Raises
    ------
    SolverError
        Stopped at the limit.

    References
    ----------
    Grötschel, Jünger and Reinelt (1984), "A cutting plane algorithm for the linear ordering problem", Operations
    Research 32(6), doi:10.1287/opre.32.6.1195
    """
    size = len(w)
    pairs = list(combinations(range(size), 2))
    at = np.full((size, size), -1, dtype=np.intp)
    for k, (i, j) in enumerate(pairs):
        at[i, j] = k
    gain = np.array([w[i, j] - w[j, i] for i, j in pairs])
    base = float(sum(w[j, i] for i, j in pairs))
    rows: list[tuple[int, int, int]] = []
    extra: list[tuple[FloatArray, float]] = []
    if unlike is not None:
        place = {option: k for k, option in enumerate(unlike)}
        sign = np.array([1.0 if place[i] < place[j] else -1.0 for i, j in pairs])
        extra.append((sign, float((sign > 0).sum() - 1)))
    while True:
        z = _solved(gain, rows, extra, at, time_limit)
        above = np.zeros((size, size), dtype=bool)
        for k, (i, j) in enumerate(pairs):
            above[i, j], above[j, i] = z[k] > 0.5, z[k] < 0.5
        broken = _triangles(above)
        if not broken:
            order = tuple(int(k) for k in np.argsort(-above.sum(axis=1), kind="stable"))
            return order, base + float(gain @ z)
        rows.extend(broken)


def _triangles(above: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> list[tuple[int, int, int]]:
    """All i < j < k in a cycle."""
    size = len(above)
    return [
        (i, j, k)
        for i, j in combinations(range(size), 2)
        for k in range(j + 1, size)
        if above[i, j] == above[j, k] and above[i, j] != above[i, k]
    ]


def _solved(
    gain: FloatArray,
    rows: list[tuple[int, int, int]],
    extra: list[tuple[FloatArray, float]],
    at: np.ndarray[tuple[int, int], np.dtype[np.intp]],
    time_limit: float | None,
) -> FloatArray:
    columns = [[at[i, j], at[j, k], at[i, k]] for i, j, k in rows]
    matrix = sp.csr_array(
        (np.tile([1.0, 1.0, -1.0], len(rows)), (np.repeat(np.arange(len(rows)), 3), np.ravel(columns).astype(np.intp))),
        shape=(len(rows), len(gain)),
    )
    lower, upper = np.zeros(len(rows)), np.ones(len(rows))
    for row, bound in extra:
        matrix = sp.vstack([matrix, sp.csr_array(row[None])], format="csr")
        lower, upper = np.append(lower, -np.inf), np.append(upper, bound)
    found = solve_milp(
        gain, matrix, upper, lower=lower, sense="min", time_limit=time_limit, where="SwapsIndex (integer programme)"
    )
    return found.x
