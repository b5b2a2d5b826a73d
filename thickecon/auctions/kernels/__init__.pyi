"""Public names of the auction kernels; one line a name."""

from .additive import UnitAuctions as UnitAuctions
from .additive import additive_vcg as additive_vcg
from .affine import AffineOutcome as AffineOutcome
from .affine import affine_maximiser as affine_maximiser
from .assignment import UnitDemand as UnitDemand
from .assignment import best_assignment as best_assignment
from .assignment import unit_demand_vcg as unit_demand_vcg
from .gains import Pivot as Pivot
from .linear_contract import best_slopes as best_slopes
from .linear_equilibrium import linear_bids as linear_bids
from .positions import Positions as Positions
from .positions import envy_free_prices as envy_free_prices
from .positions import generalised_second_price as generalised_second_price
from .positions import position_vcg as position_vcg
from .replicates import Replicates as Replicates
from .replicates import replicated_second_price as replicated_second_price
from .shop import serve_in_turn as serve_in_turn
from .single_item import ItemAuctions as ItemAuctions
from .single_item import second_price as second_price
from .votes import best_rows as best_rows
from .votes import count_votes as count_votes
from .winner_determination import Combinatorial as Combinatorial
from .winner_determination import Winners as Winners
from .winner_determination import bundle_vcg as bundle_vcg
from .winner_determination import determine_winners as determine_winners

__all__: list[str]
