"""What was checked of an outcome, and with what result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Judged", "Verdict"]

Judged = Literal["decision", "endorsed", "reading", "nobody"]
"""Whose evaluations a statement is about: d, v, what the mechanism read, or nobody's (feasibility)."""


@dataclass(frozen=True)
class Verdict:
    """One property of one outcome, recomputed from the numbers and never copied from a solver.

    Attributes
    ----------
    name
        The property.
    self
        Whose evaluations it is about.
    holds
        True, False, or None for not checked.
    gap
        By how much it fails (or the largest residual found); 0 means exactly.
    tol
        The gap up to which it counts as holding.
    witness
        What shows a failure: a pair, an agent, a constraint.
    statement
        The property in words.
    """

    name: str
    self: Judged
    holds: bool | None
    gap: float | None = None
    tol: float = 0.0
    witness: Any = None
    statement: str = ""

    def __str__(self) -> str:
        state = {True: "holds", False: "FAILS", None: "not checked"}[self.holds]
        gap = "" if self.gap is None else f" (gap {self.gap:.3g}, tolerance {self.tol:.3g})"
        shown = "" if self.witness is None else f", witness {self.witness}"
        return f"{self.name} [{self.self}]: {state}{gap}{shown}. {self.statement}"
