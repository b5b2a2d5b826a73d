"""What is maximised: a welfare function of utilities that are linear in the variables, or the least of several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray
from .polyhedron import Polyhedron

__all__ = ["AdditiveWelfare", "DualWelfare", "Goal", "Welfare", "settled"]


class Welfare(Protocol):
    """What a programme needs of a welfare function (``thickecon.welfare.functions`` has them)."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def comparability(self) -> str:
        """The transformations that leave its ranking unchanged."""

    @property
    def degree(self) -> int | None:
        """Of homogeneity."""

    @property
    def form(self) -> str:
        """Linear, minimum, leximin or concave."""

    @property
    def lowest(self) -> float:
        """End of the domain."""

    @property
    def open_domain(self) -> bool:
        """Is that end outside?"""

    def evaluate(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
        """W(u)."""

    def gradient(self, u: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FloatArray:
        """One supergradient at u."""

    def expression(self, u: Any, weights: npt.ArrayLike | None = None) -> Any:
        """W as a cvxpy expression."""


@runtime_checkable
class AdditiveWelfare(Protocol):
    """A welfare function that increases in a weighted sum of phi(u_i)."""

    def transform(self, u: FloatArray) -> FloatArray:
        """Of one utility."""

    def transform_slope(self, u: FloatArray) -> FloatArray:
        """Its slope."""

    def transform_curvature(self, u: FloatArray) -> FloatArray:
        """Minus its second derivative."""

    def from_mean(self, mean: float) -> float:
        """Inverse of phi."""


@runtime_checkable
class DualWelfare(Protocol):
    """A welfare function that knows where its gradient points in a given direction."""

    def with_gradient(self, slopes: FloatArray, weights: FloatArray) -> FloatArray:
        """Utilities at which the gradient is proportional to ``slopes``."""


ROUNDING = 1e-9
"""Of the size of the terms of a utility: what a solver may leave below the end of a closed domain."""


def settled(welfare: Welfare, utilities: FloatArray, size: FloatArray | float) -> FloatArray:
    """Utilities that only rounding puts below the end of a closed domain are at that end.

    Parameters
    ----------
    welfare
        Its domain counts.
    utilities
        (n,).
    size
        Number or (n,): the size of the terms that a utility is the sum of.

    Returns
    -------
    ndarray
        (n,); the same array where nothing is to be done.
    """
    if welfare.open_domain or not np.isfinite(welfare.lowest):
        return utilities
    slightly = (utilities < welfare.lowest) & (utilities >= welfare.lowest - ROUNDING * size)
    return np.where(slightly, welfare.lowest, utilities) if slightly.any() else utilities


@dataclass(frozen=True, eq=False)
class Goal:
    """min over k of W(maps[k] z), less the length of ``spread z`` if given.

    Attributes
    ----------
    welfare
        W.
    weights
        (n,) people an agent stands for.
    maps
        (n, N) sparse matrices, one for each endorsement that must be provided for; usually one.
    spread
        (d, N) sparse; only with a linear W and one map.
    """

    welfare: Welfare
    weights: FloatArray
    maps: tuple[Any, ...]
    spread: Any = None

    @cached_property
    def kept(self) -> Any:
        """Positions of agents that stand for somebody."""
        return np.flatnonzero(self.weights > 0)

    def value(self, z: FloatArray) -> float:
        """The objective at ``z``.

        Raises
        ------
        InputError
            Utilities at ``z`` are outside the domain of W.
        """
        made = min(
            self.welfare.evaluate(settled(self.welfare, matrix @ z, self._sizes[k]), self.weights)
            for k, matrix in enumerate(self.maps)
        )
        return made - (float(np.linalg.norm(self.spread @ z)) if self.spread is not None else 0.0)

    @cached_property
    def _sizes(self) -> tuple[FloatArray, ...]:
        """(n,) for each map: the largest of an agent's values."""
        return tuple(_largest(matrix) for matrix in self.maps)

    def inside(self, u: FloatArray) -> FloatArray:
        """The nearest utilities at which W has a finite gradient."""
        if not np.isfinite(self.welfare.lowest):
            return u
        size = max(float(np.abs(u).max(initial=0.0)), 1e-300)
        return np.maximum(u, self.welfare.lowest + 1e-9 * size)

    @cached_property
    def pieces(self) -> Any:
        """Rows of which a linear or minimum objective is the least: (K, N) or (K * kept agents, N)."""
        if self.welfare.form == "linear":
            slope = self.welfare.gradient(np.ones(len(self.weights)), self.weights)
            return sp.csr_array(np.stack([matrix.T @ slope for matrix in self.maps]))
        return sp.vstack([matrix[self.kept] for matrix in self.maps], format="csr")

    def stuck(self, polyhedron: Polyhedron) -> BoolArray:
        """(n,) agents who cannot rise above the end of a closed domain: they are at that end wherever W is defined."""
        if not np.isfinite(self.welfare.lowest) or self.welfare.open_domain:
            return np.zeros(len(self.weights), dtype=bool)
        best = np.full(len(self.weights), -np.inf)
        for matrix in self.maps:
            up, down = matrix.maximum(0), (-matrix).maximum(0)
            best = np.maximum(best, up @ polyhedron.upper - down @ polyhedron.lower)
        return np.asarray(best <= self.welfare.lowest)

    def plane(
        self,
        z: FloatArray,
        mix: FloatArray | None = None,
        direction: FloatArray | None = None,
        stuck: BoolArray | None = None,
    ) -> tuple[FloatArray, float]:
        """(slope, constant) of a plane nowhere below the objective, and near it at ``z``.

        Parameters
        ----------
        z
            (N,).
        mix
            Weights of the pieces (of the maps, for a concave W), nonnegative; scaled to sum 1 here.
        direction
            (d,) for ``spread``; cut to length 1 here. None: along ``spread z``.
        stuck
            (n,) agents held at the end of the domain, for whom the plane need not slope; None: nobody.

        Returns
        -------
        slope, constant
            (N,) and a number.
        """
        if self.welfare.form in ("linear", "minimum"):
            slope = self.pieces.T @ _simplex(mix, self.pieces.shape[0])
            if self.spread is not None:
                slope = slope - self.spread.T @ _unit(direction, self.spread @ z)
            return np.asarray(slope), 0.0
        total, constant = np.zeros(len(z)), 0.0
        for share, matrix in zip(_simplex(mix, len(self.maps)), self.maps, strict=True):
            if share > 0:
                slope, level, _ = self.plane_at(self.inside(matrix @ z), stuck, matrix)
                total += share * slope
                constant += share * level
        return total, constant

    def plane_at(
        self, u: FloatArray, stuck: BoolArray | None = None, matrix: Any = None
    ) -> tuple[FloatArray, float, FloatArray]:
        """(slope, constant, gradient) of the plane that touches a concave objective of one map at utilities ``u``.

        Agents who are ``stuck`` stand at the end of the domain, where their own slope is infinite and of no use.
        """
        matrix = self.maps[0] if matrix is None else matrix
        held = np.zeros(len(u), dtype=bool) if stuck is None else stuck
        u = np.where(held, self.welfare.lowest, u)
        g = np.where(held, 0.0, self.welfare.gradient(u, self.weights))
        return matrix.T @ g, self.welfare.evaluate(u, self.weights) - float(g[~held] @ u[~held]), g

    def scales(self, polyhedron: Polyhedron) -> FloatArray:
        """(n,) what to divide utilities by before a cone solver sees them, so that they are of the order of 1.

        Each agent's own where W is invariant to that, else one number, else ones.
        """
        ends = np.maximum(np.abs(polyhedron.lower), np.abs(polyhedron.upper))
        ends = np.where(np.isfinite(ends), ends, 1.0)
        best = np.zeros(len(self.weights))
        for matrix in self.maps:
            best = np.maximum(best, _largest(matrix @ sp.diags_array(ends)))
        best[best <= 0] = 1.0
        if self.welfare.comparability == "RSNC":
            return best
        return np.full(len(best), float(best.max()) if self.welfare.degree == 1 else 1.0)


def _largest(matrix: Any) -> FloatArray:
    """(n,) largest absolute entry of each row."""
    if not matrix.shape[1]:
        return np.zeros(matrix.shape[0])
    return np.asarray(abs(matrix).max(axis=1).toarray(), dtype=np.float64).ravel()


def _simplex(mix: FloatArray | None, count: int) -> FloatArray:
    if mix is None or not np.any(mix > 0):
        return np.full(count, 1.0 / count)
    made = np.maximum(np.ravel(mix), 0.0)
    return np.asarray(made / made.sum(), dtype=np.float64)


def _unit(direction: FloatArray | None, along: FloatArray) -> FloatArray:
    made = along if direction is None else direction
    length = float(np.linalg.norm(made))
    if length == 0.0:
        return np.zeros_like(along)
    return np.asarray(made / (length if direction is None else max(length, 1.0)), dtype=np.float64)
