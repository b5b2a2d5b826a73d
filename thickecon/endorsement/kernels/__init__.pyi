"""Public names of the kernels of estimators; one line a name."""

from .subset_sums import best_orders as best_orders
from .subset_sums import linear_order as linear_order
from .subset_sums import most_consistent as most_consistent
from .menu_masks import joint_choices as joint_choices
from .menu_masks import never_chosen as never_chosen
from .relations import cyclic as cyclic
from .relations import levels as levels
from .relations import transitive_core as transitive_core
from .relations import undominated as undominated

__all__: list[str]
