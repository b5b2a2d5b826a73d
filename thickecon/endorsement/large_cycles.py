"""The walk in a cycle of very many values: first returns exactly, later ones from random signs, within bounds."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._core.arrays import FloatArray
from .._core.rng import generator
from ..errors import SolverError

__all__ = ["visits_of_large_part"]

PROBES = (8, 32, 128, 256)
"""Random signs after which it is looked whether the errors are small enough."""
TOLERANCE = 0.002
"""Standard error of a share that is small enough."""
LARGEST_SQUARE = 2e7
"""Two-step ways up to which the squared matrix is formed."""


def visits_of_large_part(q: sp.csr_array) -> tuple[FloatArray, FloatArray]:
    """(size,) diagonal of (I - Q)^-1, the mean visits of a walk to its start, and standard errors.

    (I - Q)^-1 = 1 + Q + ... + Q^k + Q^(k+1) (I - Q)^-1. The first terms are exact (k = 4, or 2 where two-step ways are
    too many to be listed). The diagonal of the last is the mean of z * (Q^(k+1) (I - Q)^-1 z) over random signs z; its
    variance is the sum of squares off the diagonal, small where reflection leads to many places. Signs are fixed: the
    same answers give the same numbers. Results are cut to what is certain: with p the chance to be in the part after
    k + 1 steps, the last term lies between 0 and p / (1 - p) of the first ones.

    Parameters
    ----------
    q
        (size, size) chances of steps within the part; no steps to itself.

    Raises
    ------
    SolverError
        The linear systems cannot be solved: the walk hardly ever leaves the part.

    References
    ----------
    Bekas, Kokiopoulou and Saad (2007), "An estimator for the diagonal of a matrix", doi:10.1016/j.apnum.2007.01.003.
    """
    first, known = _first_returns(q)
    stay = np.ones(q.shape[0])
    for _ in range(known + 1):
        stay = np.asarray(q @ stay)
    ceiling = first / np.maximum(1.0 - stay, 1e-15)
    gen = generator(0)
    total, squares, drawn = np.zeros_like(first), np.zeros_like(first), 0
    for wanted in PROBES:
        for _ in range(wanted - drawn):
            sign = gen.choice([-1.0, 1.0], len(first))
            part = _solved(q, sign)
            for _ in range(known + 1):
                part = q @ part
            total += sign * part
            squares += part**2
        drawn = wanted
        mean = total / drawn
        errors = np.sqrt(np.maximum(squares / drawn - mean**2, 0.0) / (drawn - 1))
        if float((errors / (first + np.maximum(mean, 0.0))).max()) <= TOLERANCE:
            break
    return np.clip(first + mean, first, np.maximum(ceiling, first)), np.asarray(errors)


def _first_returns(q: sp.csr_array) -> tuple[FloatArray, int]:
    """(size,) diagonal of 1 + Q + ... + Q^k, and k."""
    back = sp.csr_array(q.T)
    made = 1.0 + _row_sums(q * back)
    ways = float(np.diff(q.indptr)[q.indices].sum())
    if ways > LARGEST_SQUARE:
        return made, 2
    square = sp.csr_array(q @ q)
    return made + _row_sums(square * back) + _row_sums(square * sp.csr_array(square.T)), 4


def _row_sums(table: sp.csr_array) -> FloatArray:
    return np.asarray(table.sum(axis=1), dtype=np.float64).ravel()


def _solved(q: sp.csr_array, b: FloatArray) -> FloatArray:
    from scipy.sparse.linalg import LinearOperator, bicgstab

    size = len(b)
    system = LinearOperator((size, size), matvec=lambda x: x - q @ x, dtype=np.float64)
    x, failed = bicgstab(system, b, rtol=1e-6, maxiter=1000)
    if failed:
        raise SolverError(
            f"no solution after 1000 steps in a cycle of {size} values, which the walk hardly ever leaves",
            where="walk of MoralGraph",
            remedy="m > 0 or net_reverse=True lets the walk come to rest; or method='one_step'",
        )
    return np.asarray(x)
