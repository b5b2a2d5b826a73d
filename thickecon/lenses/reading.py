"""What a lens returns: values, keys, a partial order, or the whole identified set.

Every reading is rounded to the profile's grid (T15) where it is made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from .._core.arrays import BoolArray, FloatArray, frozen
from ..errors import LensError
from ..profiles.profile import ThickProfile
from ..profiles.unanimity import unanimous_matrix

if TYPE_CHECKING:
    from .lens import Lens

__all__ = ["Reading", "Cardinal", "Ordinal", "Partial", "Set", "Ranked"]


@dataclass(frozen=True, eq=False)
class Reading:
    """A profile seen through a lens."""

    profile: ThickProfile
    lens: Lens
    kind: ClassVar[str] = "reading"

    def _refuse(self, wanted: str, remedy: str) -> LensError:
        return LensError(
            f"{self.lens.title} returns a {self.kind} reading, {wanted} is needed", where="lens", remedy=remedy
        )


@dataclass(frozen=True, eq=False)
class Ranked(Reading):
    """A reading in which each agent can order all options and doing nothing."""

    kind: ClassVar[str] = "cardinal or ordinal"

    @property
    def keys(self) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
        """(rows,) higher is better, comparable within an agent."""
        raise NotImplementedError  # pragma: no cover - abstract

    @property
    def outside_keys(self) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
        """(n,) key of doing nothing."""
        raise NotImplementedError  # pragma: no cover - abstract

    @cached_property
    def acceptable(self) -> BoolArray:
        """(rows,) evaluated and worth at least doing nothing; all rows where lists decide (``outside=None``)."""
        if self.profile.outside is None:
            return frozen(np.ones(len(self.profile.index), dtype=bool), copy=False)
        return frozen(self.keys >= self.outside_keys[self.profile.index.agent], copy=False)


@dataclass(frozen=True, eq=False)
class Cardinal(Ranked):
    """Values in the profile's unit.

    Attributes
    ----------
    values
        (rows,) on the grid.
    outside
        (n,) worth of doing nothing, on the grid.
    """

    values: FloatArray
    outside: FloatArray
    kind: ClassVar[str] = "cardinal"

    @property
    def keys(self) -> FloatArray:
        """(rows,) the values."""
        return self.values

    @property
    def outside_keys(self) -> FloatArray:
        """(n,) worth of doing nothing."""
        return self.outside

    @property
    def table(self) -> FloatArray:
        """(n, m) values, nan where there is no row."""
        return self.profile.index.spread(self.values)


@dataclass(frozen=True, eq=False)
class Ordinal(Ranked):
    """Order only.

    Attributes
    ----------
    ranks
        (rows,) integers, higher is better, equal means indifferent; comparable within an agent only.
    outside_ranks
        (n,) rank of doing nothing.
    edge_distance
        (rows,) least distance of a tier's reading to an edge of its bin, in units of the bin, or None.
    """

    ranks: npt.NDArray[np.int64]
    outside_ranks: npt.NDArray[np.int64]
    edge_distance: FloatArray | None = None
    kind: ClassVar[str] = "ordinal"

    @property
    def keys(self) -> npt.NDArray[np.int64]:
        """(rows,) the ranks."""
        return self.ranks

    @property
    def outside_keys(self) -> npt.NDArray[np.int64]:
        """(n,) rank of doing nothing."""
        return self.outside_ranks


@dataclass(frozen=True, eq=False)
class Partial(Reading):
    """A strict partial order of each agent: those comparisons on which the identified set agrees."""

    kind: ClassVar[str] = "partial"

    def beats(self, agent: Hashable) -> BoolArray:
        """(k, k) over the agent's own k rows, in order of option."""
        return self.profile.rows.unanimous(agent)

    def linearise(self, by: Lens) -> Ordinal:
        """A linear completion: options as ``by`` ranks them, except where the partial order says otherwise.

        Options are taken best first among those that nothing left beats; ties of ``by`` stay ties where the
        partial order is silent between them.

        Raises
        ------
        LensError
            ``by`` does not rank options.
        """
        completion = by.read(self.profile)
        if not isinstance(completion, Ranked):
            raise LensError(
                f"a completion must rank options, {by.title} does not", where="linearise(by=)", remedy="by=Endorsed()"
            )
        index = self.profile.index
        ranks = np.zeros(len(index), dtype=np.int64)
        outside = np.zeros(index.n_agents, dtype=np.int64)
        for i in range(index.n_agents):
            part = slice(int(index.indptr[i]), int(index.indptr[i + 1]))
            keys = np.append(completion.keys[part], completion.outside_keys[i])
            order = _complete(unanimous_matrix(self.profile, i, with_outside=True), keys)
            ranks[part], outside[i] = order[:-1], order[-1]
        return Ordinal(self.profile, self.lens, frozen(ranks, copy=False), frozen(outside, copy=False))


def _complete(beats: BoolArray, keys: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Ranks (higher is better) of a linear order with ties that extends ``beats`` and follows ``keys``."""
    count = len(keys)
    ranks = np.zeros(count, dtype=np.int64)
    left = np.ones(count, dtype=bool)
    rank = count
    while left.any():
        free = left & ~beats[left].any(axis=0)
        best = free & (keys == keys[free].max())
        ranks[best] = rank
        left &= ~best
        rank -= 1
    return ranks


@dataclass(frozen=True, eq=False)
class Set(Reading):
    """Every endorsement in the identified set at once; worst case and regret need the outcome to be known."""

    kind: ClassVar[str] = "set"


def names(kinds: Sequence[type[Reading]]) -> str:
    """The kinds a mechanism reads, for messages."""
    return " or ".join(kind.kind for kind in kinds)
