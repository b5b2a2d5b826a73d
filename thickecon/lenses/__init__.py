"""HOW a profile is read: lenses and readings."""

from .lens import LENSES, Endorsed, Lens, Lexicographic, PartialCredit, Revealed, Unanimous, Uncertain
from .reading import Cardinal, Ordinal, Partial, Ranked, Reading, Set

__all__ = [
    "LENSES",
    "Cardinal",
    "Endorsed",
    "Lens",
    "Lexicographic",
    "Ordinal",
    "Partial",
    "PartialCredit",
    "Ranked",
    "Reading",
    "Revealed",
    "Set",
    "Unanimous",
    "Uncertain",
]
