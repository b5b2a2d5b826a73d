"""What sets of items an agent can use: matroids, under which additive values are gross substitutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ..errors import InputError

__all__ = ["GraphicMatroid", "LaminarMatroid", "Matroid", "only_copies"]


@runtime_checkable
class Matroid(Protocol):
    """Independent sets: subsets of them are independent, and the smaller of two can be extended from the larger."""

    def independent(self, items: Sequence[int]) -> bool:
        """Can an agent use these items (positions) together?"""
        ...


@dataclass(frozen=True)
class LaminarMatroid:
    """At most so many items of each set, where sets are nested or apart.

    Parameters
    ----------
    sets
        Tuples of positions of items.
    limits
        A whole number of at least 0 for each set.

    Raises
    ------
    InputError
        Limits that do not fit, or sets that overlap without one containing the other.

    References
    ----------
    J. Oxley, Matroid Theory, Oxford University Press (2011), doi:10.1093/acprof:oso/9780198566946.001.0001

    Examples
    --------
    At most one of items 0 and 1, at most two in all:

    >>> one = LaminarMatroid(sets=((0, 1), (0, 1, 2, 3)), limits=(1, 2))
    >>> one.independent([0, 2]), one.independent([0, 1]), one.independent([0, 2, 3])
    (True, False, False)
    """

    sets: tuple[tuple[int, ...], ...]
    limits: tuple[int, ...]

    def __post_init__(self) -> None:
        made = tuple(tuple(sorted(set(one))) for one in self.sets)
        object.__setattr__(self, "sets", made)
        object.__setattr__(self, "limits", tuple(self.limits))
        if len(self.limits) != len(made) or any(k != int(k) or k < 0 for k in self.limits):
            raise InputError(f"must be a whole number >= 0 for each of {len(made)} sets", where="limits")
        for a in made:
            for b in made:
                if set(a) & set(b) and not (set(a) <= set(b) or set(b) <= set(a)):
                    raise InputError(f"must be nested or apart, found {a} and {b}", where="sets")

    def independent(self, items: Sequence[int]) -> bool:
        """No set has more of the items than its limit."""
        held = set(items)
        return all(len(held.intersection(one)) <= k for one, k in zip(self.sets, self.limits, strict=True))


@dataclass(frozen=True)
class GraphicMatroid:
    """Items are edges of a graph; sets without a cycle are independent.

    Parameters
    ----------
    edges
        A pair of ends for each item.

    Raises
    ------
    InputError
        An edge without two ends.

    References
    ----------
    J. Oxley, Matroid Theory, Oxford University Press (2011), doi:10.1093/acprof:oso/9780198566946.001.0001

    Examples
    --------
    >>> triangle = GraphicMatroid(edges=((0, 1), (1, 2), (0, 2)))
    >>> triangle.independent([0, 1]), triangle.independent([0, 1, 2])
    (True, False)
    """

    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if any(len(edge) != 2 for edge in self.edges):
            raise InputError("must have two ends each", where="edges")
        object.__setattr__(self, "edges", tuple((a, b) for a, b in self.edges))

    def independent(self, items: Sequence[int]) -> bool:
        """No cycle among the edges."""
        root: dict[int, int] = {}

        def top(x: int) -> int:
            while root.setdefault(x, x) != x:
                x = root[x]
            return x

        for k in items:
            a, b = (top(end) for end in self.edges[k])
            if a == b:
                return False
            root[a] = b
        return True


def only_copies(matroid: Matroid) -> bool:
    """Does the matroid say no more than which items are copies, of which one is of use?

    Two items that cannot be used together are copies; this is transitive among items of any use. The matroid says no
    more iff one item of each kind are independent together: agents then have unit demand for each kind apart. False
    also for a matroid of another class, whose items are not known.

    Examples
    --------
    At most one of 0 and 1, and two of 0, 1, 2, which follows; at most two of three says more:

    >>> only_copies(LaminarMatroid(sets=((0, 1), (0, 1, 2)), limits=(1, 2)))
    True
    >>> only_copies(LaminarMatroid(sets=((0, 1, 2),), limits=(2,)))
    False
    """
    if isinstance(matroid, LaminarMatroid):
        items = sorted({k for one in matroid.sets for k in one})
    elif isinstance(matroid, GraphicMatroid):
        items = list(range(len(matroid.edges)))
    else:
        return False
    kinds: list[int] = []
    for k in items:
        if matroid.independent([k]) and all(matroid.independent([k, other]) for other in kinds):
            kinds.append(k)
    return matroid.independent(kinds)
