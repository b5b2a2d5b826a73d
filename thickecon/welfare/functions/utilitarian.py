"""The sum of utilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.inequality import weights_for
from .base import Comparability, Form, Separable

__all__ = ["Utilitarian"]


@dataclass(frozen=True)
class Utilitarian(Separable):
    """W = sum_i weights_i u_i.

    References
    ----------
    Harsanyi, J. C. (1955), doi:10.1086/257678.

    Examples
    --------
    >>> Utilitarian().evaluate([1.0, 3.0]), Utilitarian().ede([1.0, 3.0])
    (4.0, 2.0)
    """

    title: ClassVar[str] = "Utilitarian"
    line: ClassVar[str] = "the sum of utilities, whoever has them"
    comparability: ClassVar[Comparability] = "CUC"

    @property
    def form(self) -> Form:
        """A linear programme."""
        return "linear"

    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u @ weights)

    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u @ weights / weights.sum())

    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        return weights

    def transform(self, u: FloatArray) -> FloatArray:
        """U itself."""
        return u

    def transform_slope(self, u: FloatArray) -> FloatArray:
        """One."""
        return np.ones_like(u)

    def from_mean(self, mean: float) -> float:
        """The mean itself."""
        return mean

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """``weights @ u``; see :meth:`WelfareFunction.expression`."""
        return weights_for(weights, u.shape[0]) @ u
