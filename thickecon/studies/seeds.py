"""The seed tree of a study: by scenario, replicate and purpose, and by nothing else.

No arm and no knob is in it. All arms, and all points of a grid, therefore meet the same world, the same lottery and the
same standard normal noise of evidence: differences are paired, and curves over a knob are smooth. Adding a point to a
grid changes no other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .._core.rng import generator

__all__ = ["PURPOSES", "Draws", "Purpose"]

Purpose = Literal["population", "behaviour", "evidence", "mechanism"]
PURPOSES: tuple[Purpose, ...] = ("population", "behaviour", "evidence", "mechanism")


@dataclass(frozen=True)
class Draws:
    """Random numbers of one replicate.

    Parameters
    ----------
    root
        Seed of the suite, at least 0.
    scenario
        Name.
    replicate
        Position, from 0.
    """

    root: int
    scenario: str
    replicate: int

    def generator(self, purpose: Purpose) -> np.random.Generator:
        """A new generator at the start of the purpose's stream: whoever asks again gets the same numbers again."""
        word = int.from_bytes(hashlib.sha256(self.scenario.encode()).digest()[:4], "big")
        key = (word, self.replicate, PURPOSES.index(purpose))
        return generator(np.random.SeedSequence(self.root, spawn_key=key))
