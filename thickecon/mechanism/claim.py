"""What a mechanism promises of every outcome, and for which self."""

from __future__ import annotations

from dataclasses import dataclass

from .verdict import Judged

__all__ = ["Claim"]


@dataclass(frozen=True)
class Claim:
    """A promise (or an openly refuted one) of an instance of a mechanism.

    Attributes
    ----------
    name
        The axiom: ``truthful``, ``efficient``, ``participation``, ``influence_proof``, ``stable`` ...
    self
        The self it is about.
    holds
        True: on every instance; False: some instance refutes it. The conformance suite tests the first and
        looks for a minimal witness of the second.
    statement
        In words, with its domain.
    reference
        DOI or result of the theory pages (T4 ...).
    """

    name: str
    self: Judged
    holds: bool
    statement: str
    reference: str = ""
