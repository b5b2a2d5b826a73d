"""The worst off first, then the next, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray
from ...errors import NotApplicableError
from .base import Comparability, Form, WelfareFunction

__all__ = ["Leximin"]


@dataclass(frozen=True)
class Leximin(WelfareFunction):
    """Compare the worst off; if they are as well off, the second worst off; and so on.

    No continuous function represents this order: :meth:`evaluate` and :meth:`ede` give its first level, the least
    utility; :meth:`compare` is the order itself and :meth:`levels` the vector it compares.

    References
    ----------
    Sen, A. K. (1970), Collective Choice and Social Welfare; d'Aspremont, C. and Gevers, L. (1977),
    doi:10.2307/2297061.

    Examples
    --------
    >>> Leximin().compare([1.0, 5.0, 2.0], [3.0, 1.0, 1.5])
    1
    """

    title: ClassVar[str] = "Leximin"
    line: ClassVar[str] = "the worst off first, then the second worst off, and so on"
    comparability: ClassVar[Comparability] = "OLC"

    @property
    def form(self) -> Form:
        """Level by level."""
        return "leximin"

    def levels(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
        """Utilities in increasing order, and the weight that stands at each.

        Parameters
        ----------
        u
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        levels, mass
            (k,), (k,), worst off first.

        Raises
        ------
        InputError
            Infinite utilities or bad weights.
        """
        values, mass = self._checked(u, weights)
        order = np.argsort(values, kind="stable")
        return values[order], mass[order]

    def compare(
        self, u: npt.ArrayLike, v: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, tol: float = 0.0
    ) -> int:
        """1 if ``u`` is better than ``v``, -1 if worse, 0 if as good; ``tol`` holds level by level.

        Parameters
        ----------
        u, v
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.
        tol
            Levels that differ by no more count as equal.

        Returns
        -------
        int
            -1, 0 or 1.

        Raises
        ------
        InputError
            Infinite utilities or bad weights.
        """
        (first, one), (second, two) = self.levels(u, weights), self.levels(v, weights)
        edges = np.union1d(np.cumsum(one), np.cumsum(two))
        # Both are step functions of the number of people counted from the worst off.
        at = edges - 0.5 * np.diff(np.concatenate(([0.0], edges)))
        a = first[np.minimum(np.searchsorted(np.cumsum(one), at), len(first) - 1)]
        b = second[np.minimum(np.searchsorted(np.cumsum(two), at), len(second) - 1)]
        differ = np.flatnonzero(np.abs(a - b) > tol)
        return int(np.sign(a[differ[0]] - b[differ[0]])) if len(differ) else 0

    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u.min())

    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        return float(u.min())

    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        worst = u == u.min()
        made: FloatArray = worst / worst.sum()
        return made

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """Refused: leximin has no representation as one number.

        Raises
        ------
        NotApplicableError
            Always.
        """
        raise NotApplicableError(
            "leximin is maximised level by level, no single expression represents it",
            where="Leximin.expression",
            remedy="use Maximin().expression for its first level, or programs.solve_allocation",
        )
