"""Public names of the audits; one line a name."""

from .audit_table import AXIOMS as AXIOMS
from .audit_table import Audit as Audit
from .audit_table import audit as audit
from .bidders_and_bids import RevenueDrop as RevenueDrop
from .bidders_and_bids import revenue_monotonicity as revenue_monotonicity
from .budget import Imbalance as Imbalance
from .budget import budget_balance as budget_balance
from .coalitions import Coalition as Coalition
from .coalitions import core as core
from .envy import Envy as Envy
from .envy import envy_freeness as envy_freeness
from .expected_incentives import bayesian_incentives as bayesian_incentives
from .false_names import FalseNames as FalseNames
from .false_names import false_names_gain as false_names_gain
from .incentives import dominant_strategy as dominant_strategy
from .pairs import collusion_of_two as collusion_of_two
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
