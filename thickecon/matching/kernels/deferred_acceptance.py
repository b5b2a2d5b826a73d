"""Deferred acceptance, many to one, either side proposing.

1. Everybody without a place proposes to the best receiver that has not yet turned them away.
2. Each receiver holds the best of its proposers, up to capacity, and turns the others away.
3. Repeat until nobody who was turned away has anybody left to propose to.

The compiled loops are imported when called, so that importing this module costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import IntArray, as_floats, first_bad, shape_text
from ...errors import InputError

if TYPE_CHECKING:
    from .sides import Sides

__all__ = [
    "deferred_acceptance",
    "deferred_acceptance_lists",
    "deferred_acceptance_ranks",
    "whole_capacities",
]

Proposing = Literal["proposers", "receivers"]


def deferred_acceptance(sides: Sides, capacities: npt.ArrayLike = 1, proposing: Proposing = "proposers") -> IntArray:
    """The stable matching that is best for the side that proposes.

    Parameters
    ----------
    sides
        Strict preferences of n proposers and m receivers, from :func:`.build_sides`.
    capacities
        Number or (m,) whole numbers: places of each receiver. Receivers compare proposers one by one (responsive
        preferences).
    proposing
        "proposers": the outcome is best for every proposer among stable matchings, and truth is dominant for
        them; "receivers": best for every receiver, worst for every proposer.

    Returns
    -------
    numpy.ndarray
        (n,) receiver of each proposer, -1 unmatched.

    Raises
    ------
    InputError
        Capacities that are negative, fractional or of the wrong length; an unknown ``proposing``.

    References
    ----------
    Gale, D. and Shapley, L. S. (1962). College admissions and the stability of marriage. *American Mathematical
    Monthly* 69(1), 9-15. https://doi.org/10.2307/2312726

    Roth, A. E. (1985). The college admissions problem is not equivalent to the marriage problem. *Journal of
    Economic Theory* 36(2), 277-288. https://doi.org/10.1016/0022-0531(85)90106-1

    Examples
    --------
    Both want receiver 1, who prefers proposer 0.

    >>> from thickecon.matching.kernels import SideTable, build_sides
    >>> sides = build_sides(SideTable.from_dense([[1, 2], [1, 2]]), SideTable.from_dense([[1, 2], [2, 1]]))
    >>> deferred_acceptance(sides).tolist(), deferred_acceptance(sides, [0, 2]).tolist()
    ([1, 0], [1, 1])
    """
    places = whole_capacities(capacities, sides.n_receivers)
    if proposing == "proposers":
        return _proposers_propose(sides, places)
    if proposing == "receivers":
        return _receivers_propose(sides, places)
    raise InputError(f"must be 'proposers' or 'receivers', found {proposing!r}", where="proposing")


def _proposers_propose(sides: Sides, places: IntArray) -> IntArray:
    from .proposals import propose_to_many, propose_to_one

    n, m = sides.n_proposers, sides.n_receivers
    if int(places.max(initial=0)) <= 1:
        holds = propose_to_one(np.arange(n, dtype=np.int32), sides.indptr, sides.edges, places > 0)
        partner = np.full(n, -1, dtype=np.intp)
        taken = np.flatnonzero(holds >= 0)
        partner[holds[taken]] = taken
        return partner
    if int(places.sum()) > len(sides.edges):  # no more seats than proposers who may ask for them
        places = np.minimum(places, np.bincount(sides.receiver, minlength=m))
    seats = np.concatenate(([0], np.cumsum(places))).astype(np.intp)
    made: IntArray = propose_to_many(sides.indptr, sides.edges, seats)
    return made


def _receivers_propose(sides: Sides, places: IntArray) -> IntArray:
    from .proposals import propose_to_one

    reverse = sides.reverse
    places = np.minimum(places, np.diff(reverse.indptr))
    tokens = np.repeat(np.arange(sides.n_receivers, dtype=np.int32), places)
    everybody = np.ones(sides.n_proposers, dtype=np.bool_)
    holds: IntArray = propose_to_one(tokens, reverse.indptr, reverse.edges, everybody).astype(np.intp)
    return holds


def deferred_acceptance_lists(
    proposers: npt.ArrayLike,
    receivers: npt.ArrayLike,
    capacities: npt.ArrayLike = 1,
    proposing: Proposing = "proposers",
) -> IntArray:
    """The same from preference lists.

    Parameters
    ----------
    proposers
        (n, k) receivers, 0-based, best first, padded with -1; who is not listed is unacceptable.
    receivers
        (m, l) proposers, likewise.
    capacities, proposing
        As in :func:`deferred_acceptance`.

    Returns
    -------
    numpy.ndarray
        (n,) receiver of each proposer, -1 unmatched.

    Raises
    ------
    InputError
        A list that names somebody twice or somebody who is not there, or not a table of integers.

    Examples
    --------
    >>> deferred_acceptance_lists([[1, 0], [1, -1]], [[0, -1], [1, 0]]).tolist()
    [0, 1]
    """
    from .sides import build_sides
    from .tables import SideTable

    one, other = np.atleast_2d(np.asarray(proposers)), np.atleast_2d(np.asarray(receivers))
    sides = build_sides(SideTable.from_lists(one, len(other)), SideTable.from_lists(other, len(one)))
    return deferred_acceptance(sides, capacities, proposing)


def deferred_acceptance_ranks(
    proposers: npt.ArrayLike,
    receivers: npt.ArrayLike,
    capacities: npt.ArrayLike = 1,
    proposing: Proposing = "proposers",
) -> IntArray:
    """The same from rank matrices.

    Parameters
    ----------
    proposers
        (n, m) rank that a proposer gives a receiver: the smaller the better, -1 unacceptable. Equal ranks are
        broken in order of index.
    receivers
        (m, n) rank that a receiver gives a proposer.
    capacities, proposing
        As in :func:`deferred_acceptance`.

    Returns
    -------
    numpy.ndarray
        (n,) receiver of each proposer, -1 unmatched.

    Raises
    ------
    InputError
        Not tables of numbers, or tables that do not fit.

    Examples
    --------
    >>> deferred_acceptance_ranks([[1, 0], [-1, 0]], [[0, -1], [1, 0]]).tolist()
    [0, 1]
    """
    from .sides import build_sides
    from .tables import SideTable

    one, other = (
        SideTable.from_dense(np.where(ranks < 0, np.nan, -ranks))
        for ranks in (as_floats(proposers, "proposers"), as_floats(receivers, "receivers"))
    )
    return deferred_acceptance(build_sides(one, other), capacities, proposing)


def whole_capacities(given: npt.ArrayLike, count: int) -> IntArray:
    """(count,) whole numbers, at least 0, from a number or a vector.

    Raises
    ------
    InputError
        Wrong length, negative, fractional or not finite.
    """
    vector = as_floats(given, "capacities")
    if vector.shape not in ((), (count,)):
        raise InputError(
            f"must be a number or have shape ({count},), found {shape_text(vector.shape)}", where="capacities"
        )
    bad = np.atleast_1d(~np.isfinite(vector) | (vector < 0) | (vector != np.floor(vector)))
    if bad.any():
        at = first_bad(bad)[0]
        raise InputError(
            f"must be whole numbers, at least 0, found {np.atleast_1d(vector)[at]:g} at [{at}]", where="capacities"
        )
    whole: IntArray = np.broadcast_to(np.minimum(vector, 2.0**31 - 1), (count,)).astype(np.intp)
    return whole
