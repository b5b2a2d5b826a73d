"""Atkinson's family, from the mean to the worst off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.inequality import power_mean, weights_for
from ...errors import InputError, NotApplicableError
from .base import Comparability, Form, Separable

__all__ = ["Atkinson"]


@dataclass(frozen=True)
class Atkinson(Separable):
    """W = (sum_i weights_i u_i^(1-epsilon) / sum_i weights_i)^(1/(1-epsilon)), the equally distributed equivalent.

    The equivalent itself is W, not the sum of powers: the ranking is the same, and the sum of powers loses all
    digits for large epsilon.

    Parameters
    ----------
    epsilon
        Aversion to inequality, at least 0: 0 the mean, 1 the geometric mean, 2 the harmonic mean, inf the least.

    Raises
    ------
    InputError
        ``epsilon`` is negative or nan: the function would love inequality and not be concave.

    References
    ----------
    Atkinson, A. B. (1970), doi:10.1016/0022-0531(70)90039-6.

    Examples
    --------
    >>> round(Atkinson(2).ede([1.0, 3.0]), 12)
    1.5
    """

    epsilon: float
    title: ClassVar[str] = "Atkinson"
    line: ClassVar[str] = "the equally distributed equivalent under constant relative aversion to inequality"
    comparability: ClassVar[Comparability] = "RSC"

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise InputError(f"must be at least 0, found {self.epsilon}", where="Atkinson.epsilon")

    @property
    def lowest(self) -> float:
        """Utilities must be nonnegative; for the mean and the least any will do."""
        return -np.inf if self.epsilon in (0.0, np.inf) else 0.0

    @property
    def open_domain(self) -> bool:
        """From epsilon 1 on utilities must be positive."""
        return 1.0 <= self.epsilon < np.inf

    @property
    def form(self) -> Form:
        """Linear at epsilon 0, a minimum at infinity."""
        if self.epsilon == 0.0:
            return "linear"
        return "minimum" if self.epsilon == np.inf else "concave"

    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        if self.epsilon == 0.0:
            return float(u @ weights / weights.sum())
        if self.epsilon == np.inf:
            return float(u.min())
        return power_mean(u, weights, 1.0 - self.epsilon)

    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        return self._ede(u, weights)

    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        share: FloatArray = weights / weights.sum()
        if self.epsilon == 0.0:
            return share
        if self.epsilon == np.inf:
            worst = u == u.min()
            return np.asarray(worst / worst.sum(), dtype=np.float64)
        level = self._ede(u, weights)
        if level == 0.0:  # all at 0, where W has a kink: the slope at equality is a supergradient
            return share
        with np.errstate(divide="ignore"):
            made: FloatArray = share * (level / u) ** self.epsilon
        return made

    def transform(self, u: FloatArray) -> FloatArray:
        """(u^(1-epsilon) - 1) / (1-epsilon), log u at 1; utilities should be of the order of 1."""
        made: FloatArray = np.log(u) if self.epsilon == 1 else (u ** (1 - self.epsilon) - 1) / (1 - self.epsilon)
        return made

    def transform_slope(self, u: FloatArray) -> FloatArray:
        """u^(-epsilon)."""
        made: FloatArray = u ** (-self.epsilon)
        return made

    def transform_curvature(self, u: FloatArray) -> FloatArray:
        """Epsilon u^(-epsilon - 1)."""
        made: FloatArray = self.epsilon * u ** (-self.epsilon - 1)
        return made

    def with_gradient(self, slopes: FloatArray, weights: FloatArray) -> FloatArray:
        """(share / slopes)^(1/epsilon), up to a factor that the gradient does not see."""
        logs = np.log(weights / weights.sum() / slopes) / self.epsilon
        made: FloatArray = np.exp(logs - logs.max())
        return made

    def from_mean(self, mean: float) -> float:
        """(1 + (1-epsilon) mean)^(1/(1-epsilon)), exp at 1; inf if no utility is so good."""
        if self.epsilon == 1:
            return float(np.exp(mean))
        base = 1.0 + (1.0 - self.epsilon) * mean
        if base <= 0.0:
            return float(np.inf) if self.epsilon > 1 else 0.0
        return float(base ** (1.0 / (1.0 - self.epsilon)))

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """The equivalent through exact power cones; see :meth:`WelfareFunction.expression`.

        Raises
        ------
        NotApplicableError
            ``epsilon`` differs from 1 by less than floating point can tell in the cones.
        """
        import cvxpy as cp

        mass = weights_for(weights, u.shape[0])
        kept = np.flatnonzero(mass > 0)
        utilities, share = (u if len(kept) == u.shape[0] else u[kept]), mass[kept] / mass.sum()
        if self.epsilon == 0:
            return share @ utilities
        if self.epsilon == np.inf:
            return cp.min(utilities)
        if self.epsilon == 1:
            return cp.geo_mean(utilities, p=share, approx=False)
        power = 1.0 - self.epsilon
        if float(np.abs(np.log(share)).max()) > 600.0 * abs(power):
            raise NotApplicableError(
                f"epsilon {self.epsilon!r} is too near 1: shares to the power 1/(1 - epsilon) leave floating point",
                where="Atkinson.expression",
                remedy="use epsilon=1, from which it hardly differs",
            )
        return cp.pnorm(cp.multiply(share ** (1.0 / power), utilities), power, approx=False)
