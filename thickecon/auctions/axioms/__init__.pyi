"""Public names of the audits; one line a name."""

from .bidders_and_bids import RevenueDrop as RevenueDrop
from .bidders_and_bids import revenue_monotonicity as revenue_monotonicity
from .budget import Imbalance as Imbalance
from .budget import budget_balance as budget_balance
from .coalitions import Coalition as Coalition
from .coalitions import core as core
from .envy import Envy as Envy
from .envy import envy_freeness as envy_freeness
from .expected_incentives import bayesian_incentives as bayesian_incentives
from .incentives import dominant_strategy as dominant_strategy
from .participation import Regret as Regret
from .participation import individual_rationality as individual_rationality
from .participation import no_renege as no_renege
from .pull import Pull as Pull
from .pull import influence_gain as influence_gain
from .stage import Stage as Stage
from .type_space import TypeSpace as TypeSpace
from .welfare_loss import Better as Better
from .welfare_loss import efficiency as efficiency
from .witnesses import Deviation as Deviation
from .witnesses import ExpectedDeviation as ExpectedDeviation
from .witnesses import Witness as Witness

__all__: list[str]
