"""Public names of the welfare wing; one line a name."""

from .allocate import Allocate as Allocate
from .functions.atkinson import Atkinson as Atkinson
from .functions.leximin import Leximin as Leximin
from .functions.maximin import Maximin as Maximin
from .functions.nash import Nash as Nash
from .functions.utilitarian import Utilitarian as Utilitarian
from .participatory_budgeting import ParticipatoryBudgeting as ParticipatoryBudgeting
from .quadratic_funding import QuadraticFunding as QuadraticFunding

__all__: list[str]
