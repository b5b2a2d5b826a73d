"""WHAT is to be decided: problems."""

from .assignment import Assignment
from .bids import Bids
from .choice import Choice
from .market import Market, Priorities
from .norm import Linear, Norm, budget, quota
from .problem import Problem
from .wrap import as_problem

__all__ = [
    "Assignment",
    "Bids",
    "Choice",
    "Linear",
    "Market",
    "Norm",
    "Priorities",
    "Problem",
    "as_problem",
    "budget",
    "quota",
]
