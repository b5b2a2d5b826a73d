"""Equilibria of small games given by their payoffs: pure ones by inspection, mixed ones of two players by vertices."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray, as_floats, require_finite
from ..errors import InputError, SizeError

__all__ = ["mixed_equilibria", "pure_equilibria"]

TOLERANCE = 1e-9
BASES = 200_000
"""Sets of tight inequalities that are looked at for one player."""


def pure_equilibria(payoffs: npt.ArrayLike) -> tuple[tuple[int, ...], ...]:
    """All cells from which nobody gains by moving alone.

    Parameters
    ----------
    payoffs
        (players, L_1, ..., L_players).

    Raises
    ------
    InputError
        Another number of axes, or payoffs that are not finite.

    Examples
    --------
    The prisoner's dilemma: both defect.

    >>> pure_equilibria([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    ((1, 1),)
    """
    table = as_floats(payoffs, "payoffs")
    if table.ndim < 2 or table.shape[0] != table.ndim - 1:
        raise InputError(f"must be (players, levels of each), found {table.shape}", where="payoffs")
    require_finite(table, "payoffs")
    tol = TOLERANCE * max(1.0, float(np.abs(table).max(initial=0.0)))
    good = np.ones(table.shape[1:], dtype=bool)
    for p, own in enumerate(table):
        good &= own >= own.max(axis=p, keepdims=True) - tol
    return tuple(tuple(int(x) for x in cell) for cell in np.argwhere(good))


def mixed_equilibria(payoffs: npt.ArrayLike) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """All extreme equilibria of a game of two players; every equilibrium is a mixture of some of them.

    Vertices of the players' best-response polytopes that together have every label. Complete in degenerate games too,
    where enumerating supports of equal size is not.

    Parameters
    ----------
    payoffs
        (2, rows, columns).

    Returns
    -------
    tuple
        Pairs of distributions over rows and columns, pure ones among them.

    Raises
    ------
    InputError
        Another shape, or payoffs that are not finite.
    SizeError
        More than 200,000 bases.

    References
    ----------
    Avis, Rosenberg, Savani and von Stengel (2010), "Enumeration of Nash equilibria for two-player games", Economic
    Theory 42, doi:10.1007/s00199-009-0449-x

    Examples
    --------
    Matching pennies.

    >>> ((x, y),) = mixed_equilibria([[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]])
    >>> x.tolist(), y.tolist()
    ([0.5, 0.5], [0.5, 0.5])
    """
    table = as_floats(payoffs, "payoffs")
    if table.ndim != 3 or table.shape[0] != 2:
        raise InputError(f"must be (2, rows, columns), found {table.shape}", where="payoffs")
    require_finite(table, "payoffs")
    a, b = ((t - t.min()) / max(1e-300, float(np.ptp(t))) + 1.0 for t in table)  # positive, of like size
    rows, columns = a.shape
    if comb(rows + columns, rows) > BASES:
        raise SizeError(f"has {comb(rows + columns, rows):,} bases", where="payoffs", remedy="fewer levels")
    # x: labels 0..rows-1 where x_i = 0, rows + j where column j is a best reply; y the other way round
    left, left_labels = _vertices(b.T, own_first=True)
    right, right_labels = _vertices(a, own_first=False)
    met = np.argwhere((left_labels[:, None] | right_labels[None]).all(axis=2))
    found: list[tuple[FloatArray, FloatArray]] = []
    for i, j in met:
        x, y = left[i] / left[i].sum(), right[j] / right[j].sum()
        if not any(np.allclose(x, u, atol=1e-8) and np.allclose(y, w, atol=1e-8) for u, w in found):
            found.append((x, y))
    return tuple(found)


def _vertices(table: FloatArray, *, own_first: bool) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Vertices other than 0 of {z >= 0, table z <= 1}, and which inequalities are tight there, own ones first or last.

    ``table`` is (replies, own strategies).
    """
    replies, own = table.shape
    sides, ends = np.vstack([-np.eye(own), table]), np.r_[np.zeros(own), np.ones(replies)]
    bases: IntArray = np.array(list(combinations(range(own + replies), own)), dtype=np.intp)
    made: list[FloatArray] = []
    for block in np.array_split(bases, max(1, len(bases) // 20_000)):
        square = sides[block]
        regular = np.abs(np.linalg.det(square)) > 1e-12
        if regular.any():
            points = np.linalg.solve(square[regular], ends[block][regular][..., None])[..., 0]
            made.append(points[(points @ sides.T <= ends + TOLERANCE).all(axis=1)])
    points = np.concatenate(made) if made else np.empty((0, own))
    points = points[points.max(axis=1, initial=0.0) > TOLERANCE]
    points = np.unique(np.where(np.abs(points) < TOLERANCE, 0.0, np.round(points, 12)), axis=0)
    tight = np.abs(points @ sides.T - ends) <= 1e-8
    return points, tight if own_first else np.concatenate([tight[:, own:], tight[:, :own]], axis=1)
