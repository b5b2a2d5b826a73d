"""Why nothing is feasible: a smallest set of named constraints that cannot hold together.

Sets that are feasible and sets that are not determine each other: every conflict meets every set of constraints
whose removal makes the rest feasible. So a least set that meets all such removals found so far is either a conflict,
and then a smallest one, or feasible, and then it shows one more removal (implicit hitting sets).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .._core.arrays import BoolArray, IntArray
from ..errors import InfeasibleError
from .polyhedron import Block, Polyhedron

__all__ = ["irreducible_conflict", "smallest_conflict"]

_ROUNDS = 60
"""Rounds of the hitting-set search after which an irreducible conflict is returned instead of a smallest one."""


@dataclass(frozen=True)
class _Rows:
    """All rows that can be blamed, one entry each: (block, row)."""

    polyhedron: Polyhedron
    entries: tuple[tuple[int, int], ...]
    relax: bool

    def feasible(self, chosen: BoolArray) -> bool:
        """Can the chosen rows hold together, with the bounds and all definitions?"""
        from .solve import solve_linear

        blocks: list[Block] = []
        for k, block in enumerate(self.polyhedron.blocks):
            if not block.blamable:
                blocks.append(block)
                continue
            keep = [row for (b, row), on in zip(self.entries, chosen, strict=True) if b == k and on]
            if keep:
                blocks.append(replace(block, matrix=block.matrix[keep], bound=block.bound[keep], labels=None))
        reduced = replace(self.polyhedron, blocks=tuple(blocks))
        try:
            solve_linear(reduced, np.zeros(reduced.size), relax=self.relax, explain=False)
        except InfeasibleError:
            return False
        return True

    def names(self, chosen: BoolArray) -> tuple[str, ...]:
        picked = [entry for entry, on in zip(self.entries, chosen, strict=True) if on]
        return tuple(dict.fromkeys(self.polyhedron.blocks[b].row_name(row) for b, row in picked))


def smallest_conflict(polyhedron: Polyhedron, *, relax: bool = False) -> tuple[str, ...]:
    """Names of a smallest set of constraints that cannot hold together.

    Parameters
    ----------
    polyhedron
        Constraints of which no point satisfies all.
    relax
        Ignore that variables are integer.

    Returns
    -------
    tuple of str
        For example ``("supply['maths']", "everybody gets a seat")``. Every proper subset of it is feasible; no
        conflict has fewer constraints, if the search ended within its limit. Empty if the bounds of the shares
        conflict on their own, or if there is no conflict at all.

    References
    ----------
    Ignatiev, Previti, Liffiton, Marques-Silva (2015), doi:10.1007/978-3-319-23219-5_13.
    """
    rows = _rows(polyhedron.loosened, relax)
    everything = np.ones(len(rows.entries), dtype=bool)
    if rows.feasible(everything) or not rows.feasible(~everything):
        return ()
    first = _shrink(rows, _suspects(rows))
    best = first
    removals: list[BoolArray] = []
    for _ in range(_ROUNDS):
        chosen = _least_hitting(removals, len(first))
        if chosen.sum() >= best.sum():
            return rows.names(best)
        if not rows.feasible(chosen):
            return rows.names(chosen)
        removals.append(~_grow(rows, chosen))
    return rows.names(best)


def irreducible_conflict(polyhedron: Polyhedron, *, relax: bool = False) -> tuple[str, ...]:
    """Names of constraints that cannot hold together, while every proper subset of them can.

    Parameters
    ----------
    polyhedron
        Constraints of which no point satisfies all.
    relax
        Ignore that variables are integer.

    Returns
    -------
    tuple of str
        Irreducible, though perhaps not a smallest one.
    """
    rows = _rows(polyhedron.loosened, relax)
    everything = np.ones(len(rows.entries), dtype=bool)
    if rows.feasible(everything) or not rows.feasible(~everything):
        return ()
    return rows.names(_shrink(rows, _suspects(rows)))


def _rows(polyhedron: Polyhedron, relax: bool) -> _Rows:
    entries = tuple(
        (k, row) for k, block in enumerate(polyhedron.blocks) if block.blamable for row in range(len(block.bound))
    )
    return _Rows(polyhedron, entries, relax)


def _suspects(rows: _Rows) -> BoolArray:
    """Rows with a positive multiplier in the least total violation: a conflict of the relaxation (Farkas)."""
    import scipy.sparse as sp

    from .solve import solve_linear

    whole = rows.polyhedron
    softened = []
    slacks = sum(len(b.bound) * (2 if b.equality else 1) for b in whole.blocks if b.blamable)
    loose = replace(whole, integer=None).extended(np.zeros(slacks), np.full(slacks, np.inf))
    at = whole.size
    for block in loose.blocks:
        if block.blamable:
            k = len(block.bound)
            signs = (-1.0, 1.0) if block.equality else (-1.0,)
            parts = [sp.csr_array((k, at))]
            parts += [sign * sp.eye_array(k, format="csr") for sign in signs]
            parts.append(sp.csr_array((k, loose.size - at - k * len(signs))))
            block = replace(block, matrix=block.matrix + sp.hstack(parts, format="csr"))
            at += k * len(signs)
        softened.append(block)
    cost = np.concatenate((np.zeros(whole.size), -np.ones(slacks)))
    try:
        found = solve_linear(replace(loose, blocks=tuple(softened)), cost, explain=False)
    except InfeasibleError:  # the definitions conflict among themselves
        return np.ones(len(rows.entries), dtype=bool)
    price = {name: np.abs(dual) for name, dual in found.duals.items()}
    suspect = np.array([price[whole.blocks[b].name][row] > 1e-9 for b, row in rows.entries])
    return suspect if suspect.any() and not rows.feasible(suspect) else np.ones(len(rows.entries), dtype=bool)


def _shrink(rows: _Rows, suspects: BoolArray) -> BoolArray:
    """Drop suspects in halves, then one by one, while what is left still conflicts."""
    kept = suspects.copy()
    size = max(int(kept.sum()) // 2, 1)
    while True:
        for part in _parts(np.flatnonzero(kept), size):
            trial = kept.copy()
            trial[part] = False
            if not rows.feasible(trial):
                kept = trial
        if size == 1:
            return kept
        size = max(size // 2, 1)


def _parts(at: IntArray, size: int) -> list[IntArray]:
    return [at[k : k + size] for k in range(0, len(at), size)]


def _grow(rows: _Rows, chosen: BoolArray) -> BoolArray:
    """A largest feasible set that contains ``chosen``, doubling what is added while that works."""
    kept = chosen.copy()
    left = list(np.flatnonzero(~chosen))
    step = max(len(left), 1)
    while left:
        part, trial = left[:step], kept.copy()
        trial[part] = True
        if rows.feasible(trial):
            kept, left = trial, left[step:]
            step = min(step * 2, max(len(left), 1))
        elif step == 1:
            left = left[1:]
        else:
            step = max(step // 2, 1)
    return kept


def _least_hitting(sets: list[BoolArray], count: int) -> BoolArray:
    """A least set of rows that meets every one of ``sets``."""
    import scipy.sparse as sp

    from .solve import solve_linear

    if not sets:
        return np.zeros(count, dtype=bool)
    cover = Block("cover", -sp.csr_array(np.stack(sets).astype(float)), -np.ones(len(sets)))
    cube = Polyhedron(np.zeros(count), np.ones(count), (cover,), np.ones(count, dtype=bool))
    return solve_linear(cube, -np.ones(count), explain=False).z > 0.5
