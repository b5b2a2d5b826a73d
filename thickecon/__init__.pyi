"""The public names. This list is read by type checkers and, at run time, by ``_core.lazy``."""

# What agents value and why
from .profiles import Endorsement as Endorsement
from .profiles import Evidence as Evidence
from .profiles import Motive as Motive
from .profiles import Rows as Rows
from .profiles import ThickProfile as ThickProfile
from .profiles import observe as observe
from .profiles.io import read_profile as read_profile
from .profiles import samplers as samplers

# How a profile is read
from .lenses import Cardinal as Cardinal
from .lenses import Endorsed as Endorsed
from .lenses import Lens as Lens
from .lenses import Lexicographic as Lexicographic
from .lenses import Ordinal as Ordinal
from .lenses import Partial as Partial
from .lenses import PartialCredit as PartialCredit
from .lenses import Reading as Reading
from .lenses import Revealed as Revealed
from .lenses import Set as Set
from .lenses import Unanimous as Unanimous
from .lenses import Uncertain as Uncertain

# What is to be decided
from .problems import Assignment as Assignment
from .problems import Bids as Bids
from .problems import Choice as Choice
from .problems import Market as Market
from .problems import Norm as Norm
from .problems import Priorities as Priorities
from .problems import Problem as Problem
from .problems.io import read_problem as read_problem

# The spine
from .mechanism.arms import Arm as Arm
from .mechanism.catalogue import catalogue as catalogue
from .mechanism.certify import certify as certify
from .mechanism.cite import cite as cite
from .mechanism.claim import Claim as Claim
from .mechanism.compare import compare as compare
from .mechanism.comparison import Comparison as Comparison
from .mechanism.mechanism import Mechanism as Mechanism
from .mechanism.payment import PaymentMechanism as PaymentMechanism
from .mechanism.outcome import Outcome as Outcome
from .mechanism.provenance import Provenance as Provenance
from .mechanism.sensitivity import Sensitivity as Sensitivity
from .mechanism.sensitivity import sensitivity as sensitivity
from .mechanism.verdict import Verdict as Verdict
from .mechanism.yardsticks import Yardstick as Yardstick

# Packages
from . import auctions as auctions
from . import datasets as datasets
from . import influence as influence
from . import interop as interop
from . import endorsement as endorsement
from . import errors as errors
from . import lenses as lenses
from . import matching as matching
from . import mechanism as mechanism
from . import problems as problems
from . import profiles as profiles
from . import programs as programs
from . import studies as studies
from . import testing as testing
from . import welfare as welfare

__version__: str
__all__: list[str]
