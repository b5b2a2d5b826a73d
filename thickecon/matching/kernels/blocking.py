"""Blocking pairs of a matching under any pair of values: of the self that chose, or of the other.

A pair blocks if each lists and accepts the other, they are not together, the proposer strictly prefers the receiver
to what she has, and the receiver has a free place or strictly prefers her to somebody it holds. Whoever holds an
unacceptable partner counts as free to leave; where the worth of being unmatched is known (``outside``), joining
must be strictly better than that too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, IntArray, first_bad, frozen, shape_text
from ...errors import InputError
from .deferred_acceptance import whole_capacities
from .rivalry import count_blocks, list_blocks, thresholds
from .sides import check_sizes
from .tables import SideTable

__all__ = ["BlockingCounts", "blocking_pairs", "count_blocking", "unacceptable_pairs"]


class BlockingCounts(NamedTuple):
    """How far a matching is from stability.

    Attributes
    ----------
    pairs
        Blocking pairs.
    proposers
        Proposers matched to a receiver they do not list or accept.
    receivers
        Proposers held by a receiver that does not list or accept them.
    """

    pairs: int
    proposers: int
    receivers: int

    @property
    def stable(self) -> bool:
        """Is there nothing of the three?"""
        return self == (0, 0, 0)


class _State(NamedTuple):
    """What blocking depends on: least value that is good enough, exclusive; and whose matches are unacceptable."""

    proposer_bar: FloatArray
    receiver_bar: FloatArray
    proposer_objects: npt.NDArray[np.bool_]
    receiver_objects: npt.NDArray[np.bool_]


def blocking_pairs(
    partner: npt.ArrayLike, proposers: SideTable, receivers: SideTable, capacities: npt.ArrayLike = 1
) -> IntArray:
    """The pairs that block, under these values.

    Parameters
    ----------
    partner
        (n,) receiver of each proposer, -1 unmatched.
    proposers, receivers
        Values of either side, of one self or the other; lotteries are ignored: indifference does not block.
    capacities
        Number or (m,): places of each receiver.

    Returns
    -------
    numpy.ndarray
        (k, 2) proposer and receiver, sorted.

    Raises
    ------
    InputError
        A partner out of range, a receiver above its capacity, tables that do not fit.

    References
    ----------
    Roth, A. E. and Sotomayor, M. (1990). *Two-Sided Matching*, sections 2.1 and 5.1.
    https://doi.org/10.1017/CCOL052139015X

    Examples
    --------
    Each holds the worse partner; they prefer each other.

    >>> side = SideTable.from_dense([[2.0, 1.0], [1.0, 2.0]])
    >>> blocking_pairs([1, 0], side, side).tolist()
    [[0, 0], [1, 1]]
    """
    own = _matching(partner, proposers, receivers)
    state = _state(own, proposers, receivers, whole_capacities(capacities, receivers.n_agents))
    found: IntArray = list_blocks(own, *_rows(proposers), *_rows(receivers), state.proposer_bar, state.receiver_bar)
    return frozen(found, copy=False)


def count_blocking(
    partner: npt.ArrayLike, proposers: SideTable, receivers: SideTable, capacities: npt.ArrayLike = 1
) -> BlockingCounts:
    """How many pairs block and how many matches one side does not accept, without listing them.

    Parameters
    ----------
    partner, proposers, receivers, capacities
        As in :func:`blocking_pairs`.

    Raises
    ------
    InputError
        As in :func:`blocking_pairs`.

    Examples
    --------
    >>> side = SideTable.from_dense([[2.0, 1.0], [1.0, 2.0]])
    >>> count_blocking([1, 0], side, side).pairs, count_blocking([0, 1], side, side).stable
    (2, True)
    """
    own = _matching(partner, proposers, receivers)
    state = _state(own, proposers, receivers, whole_capacities(capacities, receivers.n_agents))
    pairs = count_blocks(own, *_rows(proposers), *_rows(receivers), state.proposer_bar, state.receiver_bar)
    return BlockingCounts(int(pairs), int(state.proposer_objects.sum()), int(state.receiver_objects.sum()))


def unacceptable_pairs(partner: npt.ArrayLike, proposers: SideTable, receivers: SideTable) -> tuple[IntArray, IntArray]:
    """The matched pairs that one of the two does not list or accept (individual rationality fails).

    Parameters
    ----------
    partner, proposers, receivers
        As in :func:`blocking_pairs`.

    Returns
    -------
    tuple
        (k, 2) pairs to which the proposer objects, and (l, 2) to which the receiver does.

    Raises
    ------
    InputError
        A partner out of range, tables that do not fit.

    Examples
    --------
    >>> one = SideTable.from_dense([[5.0, -1.0]], outside=0.0)
    >>> other = SideTable.from_dense([[1.0], [1.0]])
    >>> [pairs.tolist() for pairs in unacceptable_pairs([1], one, other)]
    [[[0, 1]], []]
    """
    own = _matching(partner, proposers, receivers)
    state = _state(own, proposers, receivers, np.bincount(own[own >= 0], minlength=receivers.n_agents))
    made = []
    for objects in (state.proposer_objects, state.receiver_objects):
        who = np.flatnonzero(objects)
        made.append(frozen(np.stack([who, own[who]], axis=1), copy=False))
    return made[0], made[1]


def _matching(partner: npt.ArrayLike, proposers: SideTable, receivers: SideTable) -> IntArray:
    check_sizes(proposers, receivers)
    own = np.asarray(partner)
    if own.shape != (proposers.n_agents,) or not np.issubdtype(own.dtype, np.integer):
        raise InputError(
            f"must be ({proposers.n_agents},) integers, found {own.dtype} {shape_text(own.shape)}", where="partner"
        )
    bad = (own < -1) | (own >= receivers.n_agents)
    if bad.any():
        at = first_bad(bad)[0]
        raise InputError(
            f"must lie in [0, {receivers.n_agents}) or be -1, found {int(own[at])} at [{at}]", where="partner"
        )
    return np.ascontiguousarray(own, dtype=np.intp)


def _state(own: IntArray, proposers: SideTable, receivers: SideTable, places: IntArray) -> _State:
    held = np.bincount(own[own >= 0], minlength=receivers.n_agents)
    if (held > places).any():
        j = first_bad(held > places)[0]
        raise InputError(
            f"receiver {j} has {int(places[j])} places and is given {int(held[j])} proposers", where="partner"
        )
    bars = (
        np.full(proposers.n_agents, -np.inf) if proposers.outside is None else proposers.outside.copy(),
        np.full(receivers.n_agents, -np.inf) if receivers.outside is None else receivers.outside.copy(),
    )
    objects = thresholds(own, *_rows(proposers), *_rows(receivers), places, *bars)
    return _State(*bars, *objects)


def _rows(
    side: SideTable,
) -> tuple[IntArray, npt.NDArray[np.int32], FloatArray, npt.NDArray[np.bool_], bool]:
    acceptable = np.empty(0, np.bool_) if side.acceptable is None else side.acceptable
    return side.indptr, side.option, side.values, acceptable, side.acceptable is not None
