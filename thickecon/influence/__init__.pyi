"""Public names of the manipulators; one line a name."""

from .best_response import BestResponse as BestResponse
from .best_response import Influencer as Influencer
from .changing_preferences import ChangingPreferences as ChangingPreferences
from .changing_preferences import clickbait as clickbait
from .changing_preferences import conspiracy as conspiracy
from .drift import Drift as Drift
from .effort_game import SmallGame as SmallGame
from .effort_game import small_game as small_game
from .equilibria import mixed_equilibria as mixed_equilibria
from .equilibria import pure_equilibria as pure_equilibria
from .evidence_attack import EvidenceAttack as EvidenceAttack
from .evidence_attack import attack_evidence as attack_evidence
from .gains import gain_table as gain_table
from .gains import influence_gain as influence_gain
from .gains import influence_proof as influence_proof
from .gains import influence_yardstick as influence_yardstick
from .moral_learning import judged as judged
from .moral_learning import tipping_chance as tipping_chance
from .objectives import Objective as Objective
from .objectives import objective_of as objective_of
from .preference_process import PreferencePolicy as PreferencePolicy
from .preference_process import PreferenceProcess as PreferenceProcess
from .pressure import Influence as Influence
from .pressure import pressed as pressed
from .pressure_over_time import Campaign as Campaign
from .pressure_over_time import campaign as campaign
from .race import ArmsRace as ArmsRace
from .race import arms_race as arms_race
from .session import Session as Session

__all__: list[str]
