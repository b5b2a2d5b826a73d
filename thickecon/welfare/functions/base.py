"""What every social welfare function offers, and the checks they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ..._core.arrays import FloatArray, as_floats, first_bad, require_finite
from ..._core.inequality import weights_for
from ...errors import InputError, NotApplicableError

__all__ = ["Comparability", "Form", "Separable", "WelfareFunction"]

Comparability = Literal["CUC", "OLC", "RSNC", "RSC", "CFC", "TS"]
"""The transformations that leave the ranking unchanged (Sen 1970; d'Aspremont and Gevers 1977):

CUC: a_i + b u_i; OLC: any common increasing one; RSNC: b_i u_i; RSC: b u_i; CFC: a + b u_i; TS: a + u_i.
"""

Form = Literal["linear", "minimum", "leximin", "concave"]
"""How it is maximised: as a linear programme, as a maximum of a minimum, level by level, or as a cone programme."""


class WelfareFunction(ABC):
    """A real function W of the vector of utilities, at least as great for the better outcome.

    Utilities are (n,) in the profile's unit; ``weights`` (n,) say how many people an agent stands for. An agent of
    weight 0 stands for nobody and is left out.

    Attributes
    ----------
    title, line
        What it is called, and what it says in one line.
    comparability
        What must be comparable between agents for its ranking to have meaning.
    form
        How it is maximised.
    lowest, open_domain
        Utilities must be at least ``lowest``, or greater than it if ``open_domain``.
    degree
        W(b u) = b**degree W(u) for b > 0 (1 or None); Nash: log-homogeneous, None.
    """

    title: ClassVar[str]
    line: ClassVar[str]
    comparability: ClassVar[Comparability]
    degree: ClassVar[int | None] = 1

    @property
    def form(self) -> Form:
        """How it is maximised."""
        return "concave"

    @property
    def lowest(self) -> float:
        """The end of the domain of utilities."""
        return -np.inf

    @property
    def open_domain(self) -> bool:
        """Must utilities be greater than ``lowest``, not only at least as great?"""
        return False

    # ---- what a function writes ---------------------------------------------------------------------------

    @abstractmethod
    def _value(self, u: FloatArray, weights: FloatArray) -> float:
        """W of checked utilities."""

    @abstractmethod
    def _ede(self, u: FloatArray, weights: FloatArray) -> float:
        """Equally distributed equivalent of checked utilities."""

    @abstractmethod
    def _slope(self, u: FloatArray, weights: FloatArray) -> FloatArray:
        """(n,) dW/du of checked utilities, or one supergradient where W has a kink."""

    @abstractmethod
    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """W as a concave cvxpy expression of a cvxpy vector of utilities.

        Parameters
        ----------
        u
            (n,) affine cvxpy expression.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        cvxpy.Expression
            Scalar, concave; its value is :meth:`evaluate` of the value of ``u``.

        Raises
        ------
        InputError
            Bad weights.
        NotApplicableError
            No single expression represents it (leximin).
        """

    # ---- what everyone may call ---------------------------------------------------------------------------

    def evaluate(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """W(u).

        Parameters
        ----------
        u
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        float
            In the function's own scale; :meth:`ede` is in the unit of utilities.

        Raises
        ------
        InputError
            A utility outside the domain, or bad weights.
        """
        return self._value(*self._checked(u, weights))

    def ede(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """Equally distributed equivalent: the utility that, held by everybody, is as good as ``u``.

        Parameters
        ----------
        u
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        float
            In the unit of utilities, at most the mean for an inequality-averse function.

        Raises
        ------
        InputError
            A utility outside the domain, or bad weights.
        """
        return self._ede(*self._checked(u, weights))

    def index(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """Inequality as this function sees it: the share of the mean that equality would save, 1 - ede / mean.

        Parameters
        ----------
        u
            (n,) utilities with a positive mean.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        float
            0 for equality; in [0, 1] for nonnegative utilities.

        Raises
        ------
        InputError
            A utility outside the domain, bad weights, or a mean that is not positive.
        """
        values, mass = self._checked(u, weights)
        mean = float(values @ mass / mass.sum())
        if mean <= 0:
            raise InputError(
                f"a relative index needs a positive mean, found {mean:g}",
                where=f"{self.title}.index",
                remedy="compare ede() and the mean in absolute terms",
            )
        return max(1.0 - self._ede(values, mass) / mean, 0.0)

    def gradient(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FloatArray:
        """(n,) marginal social welfare weights dW/du_i; 0 for agents of weight 0.

        Where W has a kink (a tie of the worst off) this is one supergradient, shared equally among the tied.

        Parameters
        ----------
        u
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.

        Returns
        -------
        ndarray
            (n,).

        Raises
        ------
        InputError
            A utility outside the domain, or bad weights.

        References
        ----------
        Saez, E. and Stantcheva, S. (2016), doi:10.1257/aer.20141362 (the same numbers as welfare weights).
        """
        vector = as_floats(u, "u")
        mass = weights_for(weights, len(vector)) if vector.ndim == 1 else np.ones(0)
        values, kept = self._checked(vector, weights)
        made = np.zeros(len(vector))
        made[mass > 0] = self._slope(values, kept)
        return made

    def compare(
        self, u: npt.ArrayLike, v: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, tol: float = 0.0
    ) -> int:
        """1 if ``u`` is better than ``v``, -1 if worse, 0 if as good.

        Parameters
        ----------
        u, v
            (n,) utilities.
        weights
            (n,) people each agent stands for; None: 1.
        tol
            Differences of W up to this count as none.

        Returns
        -------
        int
            -1, 0 or 1.

        Raises
        ------
        InputError
            A utility outside the domain, or bad weights.
        """
        difference = self.evaluate(u, weights) - self.evaluate(v, weights)
        return 0 if abs(difference) <= tol else int(np.sign(difference))

    def _checked(self, u: npt.ArrayLike, weights: npt.ArrayLike | None) -> tuple[FloatArray, FloatArray]:
        """Utilities and weights of those who stand for somebody, inside the domain."""
        values = as_floats(u, "u")
        if values.ndim != 1 or not len(values):
            raise InputError(f"must be a non-empty vector of utilities, found shape {values.shape}", where="u")
        mass = weights_for(weights, len(values))
        require_finite(values, "u")
        bad = (values <= self.lowest) if self.open_domain else (values < self.lowest)
        bad &= mass > 0
        if bad.any():
            at = first_bad(bad)[0]
            need = "positive" if self.open_domain else "nonnegative"
            raise InputError(
                f"{self.title} needs {need} utilities, found {values[at]:g} for agent {at}",
                where="u",
                remedy="measure utilities as gains over a disagreement point, or use a function that is defined"
                " for losses (Utilitarian, Maximin, Leximin)",
            )
        return values[mass > 0], mass[mass > 0]


class Separable(WelfareFunction):
    """W increasing in sum_i weights_i phi(u_i): programmes with whole units can bound each agent on its own."""

    def transform(self, u: FloatArray) -> FloatArray:
        """phi(u), concave and increasing.

        Raises
        ------
        NotApplicableError
            This parameter value has no phi.
        """
        raise NotApplicableError("has no additive form", where=self.title)  # pragma: no cover - abstract

    def transform_slope(self, u: FloatArray) -> FloatArray:
        """phi'(u).

        Raises
        ------
        NotApplicableError
            This parameter value has no phi.
        """
        raise NotApplicableError("has no additive form", where=self.title)  # pragma: no cover - abstract

    def transform_curvature(self, u: FloatArray) -> FloatArray:
        """-phi''(u).

        Raises
        ------
        NotApplicableError
            This parameter value has no phi.
        """
        raise NotApplicableError("has no additive form", where=self.title)  # pragma: no cover - abstract

    def with_gradient(self, slopes: FloatArray, weights: FloatArray) -> FloatArray:
        """Utilities at which the gradient is proportional to ``slopes``: the bridge from prices to a bound.

        Raises
        ------
        NotApplicableError
            The gradient is the same everywhere.
        """
        raise NotApplicableError("has one gradient only", where=self.title)  # pragma: no cover - abstract

    def from_mean(self, mean: float) -> float:
        """The utility whose phi is ``mean``: the equally distributed equivalent from the mean of phi.

        Raises
        ------
        NotApplicableError
            This parameter value has no phi.
        """
        raise NotApplicableError("has no additive form", where=self.title)  # pragma: no cover - abstract
