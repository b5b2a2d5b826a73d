"""Reserves: what keeping an item is worth to the seller, in units of the reading."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, as_floats
from ..errors import InputError
from ..profiles.profile import ThickProfile
from ..profiles.summation import round_to

__all__ = ["Reserve", "as_reserve", "one_reserve", "reserve_of"]

Reserve = float | tuple[float, ...]


def as_reserve(given: npt.ArrayLike, where: str = "reserve") -> Reserve:
    """The parameter as a mechanism keeps it: one number, or a tuple with one an item.

    Raises
    ------
    InputError
        Not numbers, not finite, negative, or of more than one dimension.
    """
    made = as_floats(given, where)
    if made.ndim > 1:
        raise InputError(f"must be a number or have shape (items,), found shape {made.shape}", where=where)
    if not np.isfinite(made).all():
        raise InputError(f"must be finite, found {made}", where=where, remedy="leave it at 0 to sell at any price")
    if (made < 0).any():
        raise InputError(
            f"must be at least 0, found {made.min():g}: a seller who pays to be rid of an item buys a service",
            where=where,
            remedy="leave it at 0; for procurement use auctions.Reverse",
        )
    return float(made) if made.ndim == 0 else tuple(float(r) for r in made)


def one_reserve(given: npt.ArrayLike, because: str) -> float:
    """The parameter where one number is meant.

    Raises
    ------
    InputError
        As :func:`as_reserve`, or several numbers.
    """
    made = as_reserve(given)
    if isinstance(made, tuple):
        raise InputError(f"must be one number: {because}", where="reserve")
    return made


def reserve_of(reserve: Reserve, items: int, profile: ThickProfile) -> FloatArray:
    """(items,) reserves on the grid of the readings, so that a bid of exactly the reserve meets it.

    Raises
    ------
    InputError
        A tuple of another length.
    """
    made = np.asarray(reserve, dtype=np.float64)
    if made.ndim == 1 and made.shape != (items,):
        raise InputError(
            f"must be a number or have one entry for each of {items} items, found {len(made)}", where="reserve"
        )
    return np.broadcast_to(round_to(made, profile.resolution), (items,))
