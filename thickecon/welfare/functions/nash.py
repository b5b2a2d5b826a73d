"""The Nash product, in logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.inequality import power_mean, weights_for
from .base import Comparability, Separable

__all__ = ["Nash"]


@dataclass(frozen=True)
class Nash(Separable):
    """W = sum_i weights_i log u_i, for positive gains over the disagreement point.

    Weights 1: the symmetric Nash product; budgets: the objective of Eisenberg and Gale.

    References
    ----------
    Nash, J. F. (1950), doi:10.2307/1907266; Kaneko, M. and Nakamura, K. (1979), doi:10.2307/1914191;
    Eisenberg, E. and Gale, D. (1959), doi:10.1214/aoms/1177706369.

    Examples
    --------
    >>> round(Nash().ede([1.0, 4.0]), 12), Nash().gradient([1.0, 4.0]).tolist()
    (2.0, [1.0, 0.25])
    """

    title: ClassVar[str] = "Nash"
    line: ClassVar[str] = "the product of utilities: equal relative gains count alike"
    comparability: ClassVar[Comparability] = "RSNC"
    degree: ClassVar[int | None] = None

    @property
    def lowest(self) -> float:
        """Gains must be positive."""
        return 0.0

    @property
    def open_domain(self) -> bool:
        """Zero is outside: its log is not finite."""
        return True

    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        return float(weights @ np.log(u))

    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        return power_mean(u, weights, 0.0)

    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        return weights / u

    def transform(self, u: FloatArray) -> FloatArray:
        """Log u."""
        made: FloatArray = np.log(u)
        return made

    def transform_slope(self, u: FloatArray) -> FloatArray:
        """1 / u."""
        return 1.0 / u

    def transform_curvature(self, u: FloatArray) -> FloatArray:
        """1 / u^2."""
        return 1.0 / u**2

    def with_gradient(self, slopes: FloatArray, weights: FloatArray) -> FloatArray:
        """Weight over slope."""
        return weights / slopes

    def from_mean(self, mean: float) -> float:
        """Its exponential."""
        return float(np.exp(mean))

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """``weights @ cvxpy.log(u)``; see :meth:`WelfareFunction.expression`."""
        import cvxpy as cp

        mass = weights_for(weights, u.shape[0])
        kept = np.flatnonzero(mass > 0)
        return cp.log(u) @ mass if len(kept) == u.shape[0] else cp.log(u[kept]) @ mass[kept]
