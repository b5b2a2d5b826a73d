"""From support to endorsement: one step of reflection, or a walk that ends where nothing is found wiser."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray, IntArray
from ..errors import SizeError

__all__ = ["components", "departure", "return_share", "transition", "walk_matrix", "wilson"]

LARGEST_CYCLE = 5000
"""Values in one strongly connected part of one context up to which the walk is solved (a dense system)."""


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


def return_share(q: sp.csr_array, rho: FloatArray, label: IntArray) -> FloatArray:
    """(size,) diagonal of (I - Q)^-1 diag(1 - rho): the share of a's pull that reflection leaves with a.

    Returns lie within a strongly connected part, so each part is solved by itself; a node in none returns never.

    Raises
    ------
    SizeError
        A part of more than 5000 values.
    """
    made = 1.0 - rho
    sizes = np.bincount(label)
    order = np.argsort(label, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for part in np.flatnonzero(sizes > 1):
        inside = order[starts[part] : starts[part + 1]]
        if len(inside) > LARGEST_CYCLE:
            raise SizeError(
                f"{len(inside)} values of one context lie in one another's cycles",
                where="MoralGraph",
                remedy="method='one_step', or split the context",
            )
        block = np.eye(len(inside)) - q[inside][:, inside].toarray()
        visits = np.diag(np.linalg.inv(block))
        made[inside] = visits * (1.0 - rho[inside])
    return made


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
