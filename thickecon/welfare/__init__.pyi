"""Public names of the welfare wing; one line a name."""

from .allocate import Allocate as Allocate
from .corrective_price import Correction as Correction
from .corrective_price import CorrectivePrice as CorrectivePrice
from .corrective_price import optimal_sin_tax as optimal_sin_tax
from .functions.atkinson import Atkinson as Atkinson
from .functions.leximin import Leximin as Leximin
from .functions.maximin import Maximin as Maximin
from .functions.nash import Nash as Nash
from .functions.utilitarian import Utilitarian as Utilitarian
from .participatory_budgeting import ParticipatoryBudgeting as ParticipatoryBudgeting
from .quadratic_funding import QuadraticFunding as QuadraticFunding

__all__: list[str]
