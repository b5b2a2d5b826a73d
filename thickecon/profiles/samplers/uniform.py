"""Independent uniform values."""

from __future__ import annotations

from typing import Any

from ..._core.rng import RNG, generator
from ...errors import InputError
from ..profile import ThickProfile
from .arguments import count, number

__all__ = ["uniform"]


def uniform(n: int, m: int, *, low: float = 0.0, high: float = 1.0, rng: RNG = None, **labels: Any) -> ThickProfile:
    """Thin profile of independent private values: v[i, x] ~ U[low, high), independent over agents and options.

    The symmetric independent private values model of auction theory, in its textbook case.

    Parameters
    ----------
    n, m
        Numbers of agents and options.
    low, high
        Ends of the interval, in the profile's unit; ``low < high``.
    rng
        Seed or generator (SPEC 7).
    **labels
        ``agents, options, outside, weights, unit, resolution`` of :meth:`ThickProfile.from_values`.

    Raises
    ------
    InputError
        n or m below 1, ends that are not finite or not in order.

    References
    ----------
    Vickrey (1961), "Counterspeculation, Auctions, and Competitive Sealed Tenders",
    doi:10.1111/j.1540-6261.1961.tb02789.x.

    Examples
    --------
    >>> p = uniform(3, 2, low=5, high=6, rng=0)
    >>> bool((p.revealed >= 5).all() and (p.revealed < 6).all())
    True
    """
    n, m = count(n, "n"), count(m, "m")
    low, high = number(low, "low"), number(high, "high")
    if low >= high:
        raise InputError(f"low must be below high, found {low:g} and {high:g}", where="low, high")
    return ThickProfile.from_values(generator(rng).uniform(low, high, size=(n, m)), **labels)
