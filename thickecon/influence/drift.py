"""Preferences that drift towards what is shown: the gap between the induced and the natural path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.arrays import FloatArray
from ..errors import InputError

__all__ = ["Drift"]


@dataclass(frozen=True)
class Drift:
    """u_{t+1} = (1 - l) u_t + l x, with x what is shown.

    Parameters
    ----------
    rate
        l in [0, 1].
    shown, natural
        x under the policy, and what would be met without it.

    Raises
    ------
    InputError
        A rate outside [0, 1].

    References
    ----------
    The shape of Carroll, Dragan, Russell and Hadfield-Menell (2022), "Estimating and penalizing induced preference
    shifts in recommender systems", ICML, arXiv:2204.11966; the closed forms are own.

    Examples
    --------
    >>> d = Drift(rate=0.2, shown=1.0, natural=0.0)
    >>> round(d.gap(5), 5), round(d.total(5), 5)
    (0.67232, 2.31072)
    """

    rate: float
    shown: float
    natural: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InputError(f"must lie in [0, 1], found {self.rate!r}", where="Drift.rate")

    def path(self, start: float, periods: int, *, induced: bool = True) -> FloatArray:
        """(periods + 1,) preferences, step by step.

        Parameters
        ----------
        start
            u_0.
        periods
            T.
        induced
            Under the policy, or without it.
        """
        made = np.empty(periods + 1)
        made[0] = start
        for t in range(periods):
            made[t + 1] = (1 - self.rate) * made[t] + self.rate * (self.shown if induced else self.natural)
        return made

    def gap(self, periods: int) -> float:
        """Induced less natural preference after T periods: (x - x0)(1 - (1 - l)^T)."""
        return float((self.shown - self.natural) * (1 - (1 - self.rate) ** periods))

    def total(self, periods: int) -> float:
        """Sum of absolute gaps over T periods: |x - x0| (T - (1 - l)(1 - (1 - l)^T) / l)."""
        if self.rate == 0:
            return 0.0
        kept = 1 - self.rate
        return float(abs(self.shown - self.natural) * (periods - kept * (1 - kept**periods) / self.rate))
