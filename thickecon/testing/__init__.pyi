"""The public names. This list is read by type checkers and, at run time, by ``_core.lazy``."""

from .checks import Twin as Twin
from .checks import check_accounts as check_accounts
from .checks import check_bad_input as check_bad_input
from .checks import check_certificate as check_certificate
from .checks import check_determinism as check_determinism
from .checks import check_labels as check_labels
from .checks import check_round_trip as check_round_trip
from .checks import check_thin_limit as check_thin_limit
from .immutability import check_immutability as check_immutability
from .claims import CLAIM_TESTS as CLAIM_TESTS
from .claims import Witness as Witness
from .claims import counterexample as counterexample
from .conformance import MechanismConformance as MechanismConformance
from . import strategies as strategies

__all__: list[str]
