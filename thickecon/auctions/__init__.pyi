"""Public names of the auctions wing; one line a name."""

from ..problems.bids import Bids as Bids
from .bilateral_trade import BilateralTrade as BilateralTrade
from .majority import Majority as Majority
from .outcome_contract import OutcomeContract as OutcomeContract
from .position_vcg import PositionVCG as PositionVCG
from .second_price import SecondPrice as SecondPrice
from .vcg import VCG as VCG
from .separating_bets import BetOutcome as BetOutcome
from .separating_bets import SeparatingBets as SeparatingBets

__all__: list[str]
