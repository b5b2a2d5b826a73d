"""Public names of the audits; one line a name."""

from .budget import budget_balance as budget_balance
from .expected_incentives import bayesian_incentives as bayesian_incentives
from .incentives import dominant_strategy as dominant_strategy
from .participation import individual_rationality as individual_rationality
from .participation import no_renege as no_renege
from .stage import Stage as Stage
from .type_space import TypeSpace as TypeSpace
from .welfare_loss import efficiency as efficiency
from .witnesses import Deviation as Deviation
from .witnesses import ExpectedDeviation as ExpectedDeviation
from .witnesses import Witness as Witness

__all__: list[str]
