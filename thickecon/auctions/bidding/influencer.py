"""An influencer that moves first: the seller buys wedges before bidders bid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import fminbound

from ..._core.arrays import FloatArray, as_floats
from ...errors import InputError

__all__ = ["InfluencerFirst"]


@dataclass(frozen=True)
class InfluencerFirst:
    """The seller lifts what some bidders want by w each, at a cost, and then holds the auction.

    Parameters
    ----------
    cost
        Of a wedge w, for each bidder lifted: a number c for c w**2 / 2, or a function of w with cost(0) = 0.
    targets
        Positions of the bidders that are lifted; None for all.
    most
        The largest w.

    Raises
    ------
    InputError
        A negative or infinite cost or bound, or no target.

    Examples
    --------
    Lifting one of two bidders brings (1 - (1 - w)**3) / 6 in a second-price auction without evidence. If it costs
    w**2 / 4, the best w is where (1 - w)**2 = w.

    >>> import thickecon as te
    >>> seller = te.auctions.InfluencerFirst(cost=0.5, targets=(0,))
    >>> found = te.auctions.equilibrium(te.auctions.SecondPrice().baseline(), influencer=seller)
    >>> found.wedge.round(4).tolist()
    [0.382, 0.0]
    """

    cost: float | Callable[[float], float] = 1.0
    targets: tuple[int, ...] | None = (0,)
    most: float = 1.0

    def __post_init__(self) -> None:
        targets: object = self.targets
        if not callable(self.cost):
            cost = as_floats(self.cost, "cost")
            if cost.ndim or not np.isfinite(cost) or cost < 0:
                raise InputError(f"must be a number of at least 0 or a function, found {self.cost!r}", where="cost")
        most = as_floats(self.most, "most")
        if most.ndim or not np.isfinite(most) or most < 0:
            raise InputError(f"must be a finite number of at least 0, found {self.most!r}", where="most")
        if targets is not None and not (isinstance(targets, Sequence) and len(targets)):
            raise InputError(f"must name bidders, or be None for all, found {targets!r}", where="targets")

    def spent(self, w: float) -> float:
        """The cost of lifting one bidder."""
        return float(self.cost(w)) if callable(self.cost) else self.cost * w**2 / 2

    def lifted(self, n: int) -> FloatArray:
        """(n,) 1 for bidders that are lifted.

        Raises
        ------
        InputError
            A target that is no bidder.
        """
        targets: Sequence[Any] = range(n) if self.targets is None else self.targets
        if not all(isinstance(i, (int, np.integer)) and 0 <= i < n for i in targets):
            raise InputError(f"must be positions from 0 to {n - 1}, found {self.targets}", where="targets")
        made = np.zeros(n)
        made[list(targets)] = 1.0
        return made

    def best(self, revenue: Callable[[float], float], count: float) -> float:
        """The w that maximises revenue less cost: of 17 even ones, and then near the best by golden sections.

        Parameters
        ----------
        revenue
            Of a wedge.
        count
            Bidders lifted.
        """

        def short(w: float) -> float:
            return count * self.spent(w) - revenue(w)

        grid = np.linspace(0.0, self.most, 17)
        got = [-short(float(w)) for w in grid]
        k = int(np.argmax(got))
        low, high = float(grid[max(0, k - 1)]), float(grid[min(16, k + 1)])
        if low == high:
            return 0.0
        place, least, _, _ = fminbound(short, low, high, xtol=1e-9, full_output=True)
        best, most = (float(place), -float(least)) if -float(least) > got[k] else (float(grid[k]), got[k])
        return best if most > got[0] + 1e-12 else 0.0
