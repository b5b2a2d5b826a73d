"""Allocation programmes: objective, constraints and norms, the worst case over what is not known, the one door to
solvers, and certificates that are recomputed.
"""

from .allocation import AllocationProblem
from .conflicts import irreducible_conflict, smallest_conflict
from .optimality import Optimality
from .robust import Ambiguity
from .solution import AllocationSolution, solve_allocation

__all__ = [
    "AllocationProblem",
    "AllocationSolution",
    "Ambiguity",
    "Optimality",
    "irreducible_conflict",
    "smallest_conflict",
    "solve_allocation",
]
