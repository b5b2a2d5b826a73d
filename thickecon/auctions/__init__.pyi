"""Public names of the auctions wing; one line a name."""

from ..problems.bids import Bids as Bids
from . import axioms as axioms
from . import instances as instances
from .affine_maximizer import AffineMaximizer as AffineMaximizer
from .all_pay import AllPay as AllPay
from .attention_auction import AttentionAuction as AttentionAuction
from .ausubel_clinching import AusubelClinching as AusubelClinching
from .bid_inversion import BidInversion as BidInversion
from .bid_inversion import invert_first_price_bids as invert_first_price_bids
from .bilateral_trade import BilateralTrade as BilateralTrade
from .clock import Clock as Clock
from .correlated_types import CorrelatedTypes as CorrelatedTypes
from .double_auction import DoubleAuction as DoubleAuction
from .dutch import Dutch as Dutch
from .endorsed_regression import EndorsedRegression as EndorsedRegression
from .english import English as English
from .envy_free import envy_free_reports as envy_free_reports
from .envy_free import envy_free_verdict as envy_free_verdict
from .expected_externality import AGV as AGV
from .first_price import FirstPrice as FirstPrice
from .groves_scheme import Groves as Groves
from .gsp_auction import GSP as GSP
from .majority import Majority as Majority
from .mcafee import McAfee as McAfee
from .myerson import Myerson as Myerson
from .outcome_contract import OutcomeContract as OutcomeContract
from .pay_as_bid import PayAsBid as PayAsBid
from .pivotal import Pivotal as Pivotal
from .position_vcg import PositionVCG as PositionVCG
from .posted_price import PostedPrice as PostedPrice
from .reverse import Reverse as Reverse
from .second_price import SecondPrice as SecondPrice
from .separating_bets import BetOutcome as BetOutcome
from .separating_bets import SeparatingBets as SeparatingBets
from .trade_reduction import TradeReduction as TradeReduction
from .two_sided import traders as traders
from .uniform_price import UniformPrice as UniformPrice
from .value_distributions import FiniteValues as FiniteValues
from .value_distributions import KernelValues as KernelValues
from .value_distributions import value_distribution as value_distribution
from .vcg import VCG as VCG
from .vickrey_multi_unit import VickreyMultiUnit as VickreyMultiUnit
from .virtual_values import VirtualValue as VirtualValue

__all__: list[str]
