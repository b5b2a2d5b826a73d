"""Public names of the estimators of endorsement; one line a name."""

from .anchored_signal import AnchoredSignal as AnchoredSignal
from .anchored_signal import anchored_value as anchored_value
from .bernheim_rangel import BernheimRangel as BernheimRangel
from .bernheim_rangel import RelationEstimate as RelationEstimate
from .decision_quality import DecisionQualityInstrument as DecisionQualityInstrument
from .digital_addiction import DigitalAddiction as DigitalAddiction
from .engage_endorse import EngageEndorse as EngageEndorse
from .engage_endorse import sharpened_q as sharpened_q
from .estimate import Estimate as Estimate
from .estimate import Source as Source
from .estimate import Target as Target
from .estimator import ESTIMATORS as ESTIMATORS
from .estimator import Estimator as Estimator
from .framed_choice import FrameAugmentedChoice as FrameAugmentedChoice
from .framed_choice_simulation import simulate_framed_choices as simulate_framed_choices
from .framed_people import FramedPeople as FramedPeople
from .framed_surplus import surplus_bounds as surplus_bounds
from .goldin_reck import GoldinReck as GoldinReck
from .jun_lee_bounds import JunLeeBounds as JunLeeBounds
from .jun_lee_bounds import persuasion_bounds as persuasion_bounds
from .label_model import LabelModel as LabelModel
from .label_model import rogan_gladen as rogan_gladen
from .layouts import LAYOUTS as LAYOUTS
from .layouts import Layout as Layout
from .layouts import frame_counts as frame_counts
from .links import Link as Link
from .habit_model import HabitModel as HabitModel
from .links import LogitLink as LogitLink
from .links import MoneyLink as MoneyLink
from .links import ProbitLink as ProbitLink
from .money_metric_bias import MoneyMetricBias as MoneyMetricBias
from .moral_graph import MoralGraph as MoralGraph
from .moral_graph_estimate import MoralGraphEstimate as MoralGraphEstimate
from .ordered_menus import ordered_shares as ordered_shares
from .pair_rankings import bradley_terry as bradley_terry
from .pair_rankings import hodge_rank as hodge_rank
from .pair_rankings import pagerank as pagerank
from .persuasion_rate import PersuasionRate as PersuasionRate
from .platform_trap import PlatformTrap as PlatformTrap
from .stoye import stoye_interval as stoye_interval
from .swaps_index import SwapsEstimate as SwapsEstimate
from .swaps_index import SwapsIndex as SwapsIndex
from .tax_salience import salience_from_posting as salience_from_posting
from .unambiguous_relation import UnambiguousRelation as UnambiguousRelation

__all__: list[str]
