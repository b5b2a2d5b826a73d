"""Allocation programmes: objective, constraints and norms, the worst case over what is not known, the one door to
solvers, and certificates that are recomputed.
"""

from .allocation import AllocationProblem
from .caution import largest_regret, worst_case
from .conflicts import irreducible_conflict, smallest_conflict
from .functional import norm_violation
from .goal import settled
from .optimality import Optimality
from .robust import Ambiguity
from .solution import AllocationSolution, solve_allocation
from .unknowns import unlabelled

__all__ = [
    "AllocationProblem",
    "AllocationSolution",
    "Ambiguity",
    "Optimality",
    "irreducible_conflict",
    "largest_regret",
    "norm_violation",
    "settled",
    "smallest_conflict",
    "solve_allocation",
    "unlabelled",
    "worst_case",
]
