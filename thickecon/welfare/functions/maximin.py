"""The utility of the worst off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ..._core.inequality import weights_for
from .base import Comparability, Form, WelfareFunction

__all__ = ["Maximin"]


@dataclass(frozen=True)
class Maximin(WelfareFunction):
    """W = min_i u_i over agents that stand for somebody.

    References
    ----------
    Rawls, J. (1971), A Theory of Justice; Hammond, P. J. (1976), doi:10.2307/1913445.

    Examples
    --------
    >>> Maximin().evaluate([2.0, 1.0, 5.0]), Maximin().gradient([2.0, 1.0, 1.0]).tolist()
    (1.0, [0.0, 0.5, 0.5])
    """

    title: ClassVar[str] = "Maximin"
    line: ClassVar[str] = "the utility of the worst off"
    comparability: ClassVar[Comparability] = "OLC"

    @property
    def form(self) -> Form:
        """The maximum of a minimum."""
        return "minimum"

    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u.min())

    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u.min())

    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        worst = u == u.min()
        made: FloatArray = worst / worst.sum()
        return made

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """``cvxpy.min(u)``; see :meth:`WelfareFunction.expression`."""
        import cvxpy as cp

        kept = np.flatnonzero(weights_for(weights, u.shape[0]) > 0)
        return cp.min(u if len(kept) == u.shape[0] else u[kept])
