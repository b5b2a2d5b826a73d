"""What is feasible, as named linear constraints on one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.arrays import BoolArray, FloatArray

__all__ = ["Block", "Duals", "Polyhedron"]

Duals = Mapping[str, FloatArray]
"""Multipliers by block name, one for each row: what one more unit of the bound adds to the maximum."""


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of one kind: ``matrix @ z <= bound``, or ``==``.

    Attributes
    ----------
    name
        "supply", "demand", "conflicts", the name of a norm, or of an internal definition.
    matrix
        (k, N) sparse.
    bound
        (k,).
    equality
        Do the rows hold with equality?
    labels
        (k,) what each row is about; None: the name says it all.
    blamable
        Can it be part of a conflict? Definitions of auxiliary variables cannot.
    """

    name: str
    matrix: Any
    bound: FloatArray
    equality: bool = False
    labels: Sequence[Any] | None = None
    blamable: bool = True

    def row_name(self, row: int) -> str:
        """Name of one row, for messages."""
        return self.name if self.labels is None else f"{self.name}[{self.labels[row]!r}]"


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """lower <= z <= upper and named rows.

    Attributes
    ----------
    lower, upper
        (N,) bounds.
    blocks
        Named rows.
    integer
        (N,) variables in whole units, or None.
    implied
        (N,) upper bounds that follow from the rows, so a solver need not be told; or None.
    loose
        (N,) upper bounds before rows tightened them: what holds if rows are dropped; or None for ``upper``.
    """

    lower: FloatArray
    upper: FloatArray
    blocks: tuple[Block, ...] = ()
    integer: BoolArray | None = None
    implied: BoolArray | None = None
    loose: FloatArray | None = None

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.lower)

    def with_blocks(self, *blocks: Block) -> Polyhedron:
        """The same with more rows."""
        return replace(self, blocks=(*self.blocks, *blocks))

    def extended(self, lower: FloatArray, upper: FloatArray, *, whole: bool = False) -> Polyhedron:
        """The same with more variables, at the end, that no row mentions yet."""
        more = len(lower)
        blocks = tuple(
            replace(b, matrix=sp.hstack([b.matrix, sp.csr_array((b.matrix.shape[0], more))], format="csr"))
            for b in self.blocks
        )
        kept = np.zeros(self.size, dtype=bool) if self.integer is None else self.integer
        implied = np.zeros(self.size, dtype=bool) if self.implied is None else self.implied
        return Polyhedron(
            np.concatenate((self.lower, lower)),
            np.concatenate((self.upper, upper)),
            blocks,
            np.concatenate((kept, np.full(more, whole))) if whole or self.integer is not None else None,
            np.concatenate((implied, np.zeros(more, dtype=bool))),
            None if self.loose is None else np.concatenate((self.loose, upper)),
        )

    @cached_property
    def inequalities(self) -> tuple[Any, FloatArray]:
        """(A, b) of all rows ``A z <= b``."""
        return self._stacked(False)

    @cached_property
    def equalities(self) -> tuple[Any, FloatArray]:
        """(A, b) of all rows ``A z == b``."""
        return self._stacked(True)

    @cached_property
    def loosened(self) -> Polyhedron:
        """The same set, with bounds that do not repeat what rows say: rows can be dropped one by one."""
        return replace(self, upper=self.upper if self.loose is None else self.loose, implied=None, loose=None)

    def _stacked(self, equality: bool) -> tuple[Any, FloatArray]:
        chosen = [b for b in self.blocks if b.equality is equality and b.matrix.shape[0]]
        if not chosen:
            return sp.csr_array((0, self.size)), np.zeros(0)
        return sp.vstack([b.matrix for b in chosen], format="csr"), np.concatenate([b.bound for b in chosen])

    def split(self, multipliers: FloatArray, equality: bool) -> dict[str, FloatArray]:
        """Multipliers of stacked rows by block name."""
        made: dict[str, FloatArray] = {}
        start = 0
        for block in self.blocks:
            if block.equality is equality and block.matrix.shape[0]:
                stop = start + block.matrix.shape[0]
                made[block.name] = multipliers[start:stop]
                start = stop
        return made

    def violation(self, z: FloatArray) -> tuple[float, str | None]:
        """Largest violation relative to the size of the row's terms, and the name of that constraint."""
        worst, name = 0.0, None
        out = np.maximum(self.lower - z, z - self.upper).max(initial=0.0)
        if out > 0:
            worst, name = float(out), "bounds"
        for block in self.blocks:
            excess = block.matrix @ z - block.bound
            excess = np.abs(excess) if block.equality else excess
            size = 1.0 + np.maximum(np.abs(block.bound), abs(block.matrix) @ np.abs(z))
            relative = excess / size
            if len(relative) and relative.max() > worst:
                worst, name = float(relative.max()), block.row_name(int(relative.argmax()))
        return worst, name

    def upper_bound(self, slope: FloatArray, duals: Duals) -> float:
        """Greatest ``slope @ z`` can be, by weak duality; true for whatever multipliers are given.

        Parameters
        ----------
        slope
            (N,).
        duals
            Multipliers; negative ones of inequalities are read as 0, missing ones too.

        Returns
        -------
        float
            inf if a variable without a finite bound is not priced out.
        """
        total, left = 0.0, np.array(slope, dtype=np.float64)
        for block in self.blocks:
            given = duals.get(block.name)
            if given is None or not len(given):
                continue
            price = given if block.equality else np.maximum(given, 0.0)
            total += float(price @ block.bound)
            left -= block.matrix.T @ price
        with np.errstate(invalid="ignore"):
            best = np.where(left > 0, left * self.upper, np.where(left < 0, left * self.lower, 0.0))
        return total + float(best.sum())
