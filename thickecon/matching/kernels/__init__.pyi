"""Public names of the matching kernels; one line a name."""

from .blocking import BlockingCounts as BlockingCounts
from .blocking import blocking_pairs as blocking_pairs
from .blocking import count_blocking as count_blocking
from .blocking import unacceptable_pairs as unacceptable_pairs
from .deferred_acceptance import deferred_acceptance as deferred_acceptance
from .deferred_acceptance import deferred_acceptance_lists as deferred_acceptance_lists
from .deferred_acceptance import deferred_acceptance_ranks as deferred_acceptance_ranks
from .sides import Sides as Sides
from .sides import build_sides as build_sides
from .tables import SideTable as SideTable

__all__: list[str]
