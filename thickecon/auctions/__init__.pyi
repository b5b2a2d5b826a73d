"""Public names of the auctions wing; one line a name."""

from ..problems.bids import Bids as Bids
from .all_pay import AllPay as AllPay
from .ausubel_clinching import AusubelClinching as AusubelClinching
from .bilateral_trade import BilateralTrade as BilateralTrade
from .clock import Clock as Clock
from .core_selecting import CoreSelecting as CoreSelecting
from .double_auction import DoubleAuction as DoubleAuction
from .dutch import Dutch as Dutch
from .english import English as English
from .first_price import FirstPrice as FirstPrice
from .kelso_crawford import KelsoCrawford as KelsoCrawford
from .majority import Majority as Majority
from .matroids import GraphicMatroid as GraphicMatroid
from .matroids import LaminarMatroid as LaminarMatroid
from .mcafee import McAfee as McAfee
from .outcome_contract import OutcomeContract as OutcomeContract
from .pay_as_bid import PayAsBid as PayAsBid
from .position_vcg import PositionVCG as PositionVCG
from .reverse import Reverse as Reverse
from .second_price import SecondPrice as SecondPrice
from .separating_bets import BetOutcome as BetOutcome
from .separating_bets import SeparatingBets as SeparatingBets
from .trade_reduction import TradeReduction as TradeReduction
from .two_sided import traders as traders
from .uniform_price import UniformPrice as UniformPrice
from .vcg import VCG as VCG
from .vickrey_multi_unit import VickreyMultiUnit as VickreyMultiUnit

__all__: list[str]
