"""Public names of the matching wing; one line a name."""

from ..problems.market import Market as Market
from ..problems.market import Priorities as Priorities
from .blocking import blocking_pairs as blocking_pairs
from .deferred_acceptance import DeferredAcceptance as DeferredAcceptance

__all__: list[str]
