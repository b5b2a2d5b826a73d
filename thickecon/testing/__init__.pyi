"""The public names. This list is read by type checkers and, at run time, by ``_core.lazy``."""

from .checks import Twin as Twin
from .claims import CLAIM_TESTS as CLAIM_TESTS
from .claims import Witness as Witness
from .claims import counterexample as counterexample
from .conformance import MechanismConformance as MechanismConformance
from . import strategies as strategies

__all__: list[str]
