"""Public names of the welfare kernels; one line a name."""

from .shares import EqualShares as EqualShares
from .shares import equal_shares as equal_shares
from .packing import best_within_budget as best_within_budget
from .packing import knapsack as knapsack
from .quadratic import quadratic_match as quadratic_match
from .quadratic import within_pot as within_pot

__all__: list[str]
