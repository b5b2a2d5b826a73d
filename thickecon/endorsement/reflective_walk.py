"""From support to endorsement: one step of reflection, or a walk that ends where nothing is found wiser."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray, IntArray
from ..errors import SizeError, SolverError
from .large_cycles import visits_of_large_part

__all__ = ["components", "departure", "return_share", "settled", "transition", "walk_matrix", "wilson"]

LARGEST_CYCLE = 5000
"""Values in one strongly connected part of one context up to which the walk is solved exactly."""


def departure(source: IntArray, support: FloatArray, size: int) -> FloatArray:
    """(size,) rho: the largest support of any edge out of a node, 0 without one.

    The largest, not a sum: clones of a rival and implausible rivals then change nothing.
    """
    made = np.zeros(size)
    np.maximum.at(made, source, support)
    return made


def transition(source: IntArray, target: IntArray, wiser: FloatArray, rho: FloatArray) -> sp.csr_array:
    """(size, size) Q: from a, with chance rho_a, to b in proportion to the answers that call b wiser."""
    size = len(rho)
    out = np.bincount(source, wiser, minlength=size)
    share = np.divide(wiser * rho[source], out[source], out=np.zeros_like(wiser), where=out[source] > 0)
    return sp.csr_array((share, (source, target)), shape=(size, size))


def components(q: sp.csr_array) -> IntArray:
    """(size,) strongly connected part of each node."""
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(q, directed=True, connection="strong")
    return np.asarray(label, dtype=np.intp)


def return_share(q: sp.csr_array, rho: FloatArray, label: IntArray) -> tuple[FloatArray, FloatArray]:
    """(size,) diagonal of (I - Q)^-1 diag(1 - rho): the share of a's pull that reflection leaves with a; its errors.

    Returns lie within a strongly connected part, so each part is solved by itself; a node in none returns never. Parts
    of up to 5000 nodes are solved exactly (standard error 0), larger ones by :func:`visits_of_large_part`.
    """
    made, errors = 1.0 - rho, np.zeros(len(rho))
    sizes = np.bincount(label)
    order = np.argsort(label, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for part in np.flatnonzero(sizes > 1):
        inside = order[starts[part] : starts[part + 1]]
        block = q[inside][:, inside]
        if len(inside) > LARGEST_CYCLE:
            visits, wrong = visits_of_large_part(block)
            errors[inside] = wrong * (1.0 - rho[inside])
        else:
            visits = np.diag(np.linalg.inv(np.eye(len(inside)) - block.toarray()))
        made[inside] = visits * (1.0 - rho[inside])
    return made, errors


def settled(q: sp.csr_array, rho: FloatArray, label: IntArray, start: FloatArray) -> FloatArray:
    """(k, size) start (I - Q)^-1 diag(1 - rho): where mass that starts as ``start`` (k, size) comes to rest.

    By iteration until what is unaccounted for is below 1e-10 of the mass: with r the residual, at most |r|_1 comes to
    rest in a wrong place, since rows of (I - Q)^-1 diag(1 - rho) sum to at most one. Where that does not succeed, by
    elimination in the order of the parts, if none has more than 5000 nodes.

    Raises
    ------
    SolverError
        Neither: the walk hardly ever leaves a cycle of more than 5000 values.
    """
    from scipy.sparse.linalg import bicgstab

    size = len(rho)
    back = sp.csr_array(sp.eye_array(size) - q.T)
    made = np.empty_like(start)
    for k, mass in enumerate(start):
        total = float(np.abs(mass).sum())
        x = bicgstab(back, mass, x0=mass, rtol=0.0, atol=1e-11 * total / np.sqrt(size), maxiter=500)[0]
        lost = float(np.abs(mass - back @ x).sum())
        if lost <= 1e-10 * total:
            made[k] = np.maximum(x, 0.0)
        elif np.bincount(label).max() <= LARGEST_CYCLE:
            return _eliminated(back, label, start) * (1.0 - rho)
        else:
            raise SolverError(
                f"{lost / total:.1e} of the mass is unaccounted for after 500 steps",
                where="walk of MoralGraph",
                remedy="m > 0 or net_reverse=True lets the walk come to rest; or method='one_step'",
            )
    return np.asarray(made * (1.0 - rho))


def _eliminated(back: sp.csr_array, label: IntArray, start: FloatArray) -> FloatArray:
    """(k, size) start (I - Q)^-1; parts are ordered along the arrows, or against them: little is filled in."""
    from scipy.sparse.linalg import splu

    order = np.argsort(label, kind="stable")
    lu = splu(sp.csc_array(back[order][:, order]), permc_spec="NATURAL", diag_pivot_thresh=0.0)
    made = np.empty_like(start)
    made[:, order] = lu.solve(np.ascontiguousarray(start[:, order].T)).T
    return np.asarray(np.maximum(made, 0.0))


def walk_matrix(q: sp.csr_array, rho: FloatArray) -> FloatArray:
    """(size, size) D = (I - Q)^-1 diag(1 - rho): what share of a's pull reflection carries to b. Rows sum to one where
    no cycle holds the walk for ever.

    Raises
    ------
    SizeError
        More than 5000 nodes.
    """
    size = len(rho)
    if size > LARGEST_CYCLE:
        raise SizeError(f"a matrix of {size} x {size} values", where="MoralGraph.transport", remedy="fit one context")
    return np.asarray(np.linalg.solve(np.eye(size) - q.toarray(), np.diag(1.0 - rho)))


def wilson(k: FloatArray, n: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Wilson's interval of a share; (0, 1) where n = 0.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953
    """
    from scipy.special import ndtri

    z2 = float(ndtri(0.5 + level / 2)) ** 2
    safe = np.maximum(n, 1e-300)
    centre = (k + z2 / 2) / (safe + z2)
    half = np.sqrt(z2) / (safe + z2) * np.sqrt(np.maximum(k * (safe - k) / safe + z2 / 4, 0.0))
    empty = n <= 0
    return np.where(empty, 0.0, np.clip(centre - half, 0, 1)), np.where(empty, 1.0, np.clip(centre + half, 0, 1))
