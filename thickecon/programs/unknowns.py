"""The unknowns of a profile in an order of their own, so that no label of a motive can decide between equals (T15).

A solver that meets several allocations that are equally good for sure takes one by the order of its columns and by
the last bits of its numbers. Motives that share a parameter are therefore added up first, on the profile's grid, and
parameters are put in the order of their content: reordering or splitting motives then gives the same programme.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from .._core.arrays import FloatArray, IntArray, frozen
from ..profiles.endorsement import Endorsement
from ..profiles.profile import ThickProfile
from ..profiles.summation import round_to
from .robust import Ambiguity, Shape

__all__ = ["unlabelled"]


def unlabelled(
    profile: ThickProfile, mode: Literal["worst", "regret"], *, shape: Shape | None = None, level: float = 0.95
) -> tuple[Ambiguity, IntArray]:
    """What a profile leaves open, a row for each parameter, in an order that only content decides.

    Parameters
    ----------
    profile
        Contributions, endorsement and outside are taken from it.
    mode, shape, level
        See :class:`Ambiguity`.

    Returns
    -------
    ambiguity, order
        Column k of its theta is column ``order[k]`` of the profile's.
    """
    e, grid = profile.endorsement, profile.resolution
    columns, width = e.columns(profile.n_motives), e.theta.shape[1]
    pulls = _added(profile.contributions, columns, width, grid)
    outside = profile.outside
    idle = None
    if outside is not None and outside.ndim == 2:
        idle = _added(np.ascontiguousarray(outside.T), columns, width, grid)
    covariance = e.covariance
    spread = None if covariance is None else (covariance if covariance.ndim == 1 else np.diag(covariance))
    content = [
        b"".join(
            part.tobytes()
            for part in (
                pulls[p],
                *(() if idle is None else (idle[p],)),
                *(table[:, p] for table in (e.theta, e.lower, e.upper) if table is not None),
                *(() if spread is None else (spread.reshape(e.theta.shape)[:, p],)),
            )
        )
        for p in range(width)
    ]
    order = np.array(sorted(range(width), key=content.__getitem__), dtype=np.intp)
    made = Endorsement(
        e.theta[:, order],
        None if e.lower is None else e.lower[:, order],
        None if e.upper is None else e.upper[:, order],
        group=e.group,
        param=np.arange(width, dtype=np.intp),
        covariance=_reordered(covariance, e.theta.shape, order),
    )
    known = idle[order].T if idle is not None else outside
    return Ambiguity(frozen(pulls[order]), made, known, mode, shape, level), order


def _added(table: FloatArray, columns: IntArray, width: int, grid: float) -> FloatArray:
    """(P, rows) what the motives of each parameter add up to, on the grid; -0.0 is 0.0."""
    made = np.zeros((width, table.shape[1]))
    np.add.at(made, columns, table)
    return round_to(made, grid) + 0.0


def _reordered(covariance: FloatArray | None, shape: tuple[int, ...], order: IntArray) -> FloatArray | None:
    if covariance is None:
        return None
    at = np.arange(shape[0] * shape[1]).reshape(shape)[:, order].ravel()
    return covariance[at] if covariance.ndim == 1 else covariance[np.ix_(at, at)]
