"""An influence that changes an allocation."""

from __future__ import annotations

from dataclasses import dataclass

from .._core.arrays import FloatArray

__all__ = ["Change"]


@dataclass(frozen=True, eq=False)
class Change:
    """An influence that changes the allocation.

    Attributes
    ----------
    size
        In the profile's unit, in its norm: the infimum; any larger influence of this shape changes the allocation.
    lower
        Proven lower bound; equals ``size`` where the search is exact.
    wedge
        (rows,) the influence itself, at ``size``.
    taken
        (rows,) what would have been chosen without it.
    """

    size: float
    lower: float
    wedge: FloatArray
    taken: FloatArray
