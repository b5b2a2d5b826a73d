"""Bundles given by the names of their items."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from .._core.arrays import FloatArray
from ..errors import ProblemError, UnknownNameError

__all__ = ["bundle_table", "is_named"]


def is_named(bundles: Any) -> bool:
    """Are these collections of names of items rather than rows of numbers of units?

    Examples
    --------
    >>> is_named([["A"], ["A", "B"]]), is_named([[1, 0], [1, 1]])
    (True, False)
    """
    if bundles is None or isinstance(bundles, np.ndarray) or not isinstance(bundles, Sequence):
        return False
    return any(
        isinstance(one, str | set | frozenset) or any(isinstance(x, str) for x in _members(one)) for one in bundles
    )


def _members(one: Any) -> list[Any]:
    return list(one) if isinstance(one, Iterable) else []


def bundle_table(bundles: Sequence[Iterable[Hashable]], items: Sequence[Hashable] | None) -> FloatArray:
    """(bundles, items) units: a name as often as it stands in a bundle.

    Parameters
    ----------
    bundles
        Names of items in each; a string is one name.
    items
        All names, in order.

    Raises
    ------
    ProblemError
        No names of items are given.
    UnknownNameError
        A bundle names an item that is not for sale.

    Examples
    --------
    >>> bundle_table(["A", ["A", "B"]], ["A", "B"]).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    if items is None:
        raise ProblemError("bundles by name need items=, the names of all items", where="items")
    place = {name: j for j, name in enumerate(items)}
    table = np.zeros((len(bundles), len(place)))
    for x, one in enumerate(bundles):
        for name in [one] if isinstance(one, str) else one:
            if name not in place:
                raise UnknownNameError(
                    f"bundle {x} names the item {name!r}, which is not for sale; items are {list(place)[:12]}",
                    where="bundles",
                    remedy="add it to items=, or drop the bid",
                )
            table[x, place[name]] += 1.0
    return table
