"""Columns of which at most one can be taken: conflicts between pairs, and cliques that a fractional point breaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from .._core.arrays import BoolArray, FloatArray

__all__ = ["broken_cliques", "conflicts_of"]

Positions = npt.NDArray[np.intp]

BROKEN = 1e-4
"""By how much the columns of a clique must exceed 1 to be worth a row."""


def conflicts_of(matrix: Any, upper: FloatArray) -> BoolArray:
    """(columns, columns) do two 0/1 columns exceed some row of ``matrix @ x <= upper`` together?

    Parameters
    ----------
    matrix
        (rows, columns) sparse, at least 0.
    upper
        (rows,)

    Examples
    --------
    >>> conflicts_of(np.array([[1.0, 1.0, 0.0]]), np.array([1.0])).tolist()
    [[False, True, False], [True, False, False], [False, False, False]]
    """
    table = csc_array(matrix).tocsr()
    count = table.shape[1]
    made = np.zeros((count, count), dtype=bool)
    for row in range(table.shape[0]):
        part = slice(int(table.indptr[row]), int(table.indptr[row + 1]))
        here, use = table.indices[part], table.data[part]
        made[np.ix_(here, here)] |= use[:, None] + use[None, :] > upper[row] + 1e-9
    np.fill_diagonal(made, False)
    return made


def broken_cliques(conflict: BoolArray, x: FloatArray, known: set[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Cliques of columns, none of them ``known``, whose shares in ``x`` add up to more than 1.

    1. From every column with a share, add the neighbour of largest share (and best connected) until none is left.
    2. Where the sum exceeds 1, add columns without a share as long as some are connected to all.

    References
    ----------
    M. W. Padberg, On the facial structure of set packing polyhedra, Math. Programming 5 (1973), 199-215,
    doi:10.1007/BF01580121

    Examples
    --------
    >>> triangle = ~np.eye(3, dtype=bool)
    >>> broken_cliques(triangle, np.array([0.5, 0.5, 0.5]), set())
    [(0, 1, 2)]
    """
    live = x > 1e-6
    found: dict[tuple[int, ...], None] = {}
    for start in np.flatnonzero(live).tolist():
        clique = _grown([start], conflict[start] & live, conflict, x)
        if x[clique].sum() <= 1.0 + BROKEN:
            continue
        whole: BoolArray = np.all(conflict[clique], axis=0)
        made = tuple(sorted(_grown(clique, whole, conflict, np.zeros(len(x)))))
        if made not in known:
            found[made] = None
    return list(found)


def _grown(clique: list[int], common: BoolArray, conflict: BoolArray, x: FloatArray) -> list[int]:
    """The clique with columns of ``common`` added, those of largest share first, until it is maximal in it."""
    while True:
        at: Positions = np.flatnonzero(common)
        if not at.size:
            return clique
        degree = conflict[np.ix_(at, at)] @ (x[at] + 1e-3)
        pick = int(at[np.argmax(x[at] + 1e-3 * degree)])
        clique = [*clique, pick]
        common = common & conflict[pick]
