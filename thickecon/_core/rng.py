"""The one door to random numbers (Scientific Python SPEC 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ..errors import InputError

__all__ = ["RNG", "generator", "seed_record"]

RNG: TypeAlias = "int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None"


def generator(rng: RNG = None) -> np.random.Generator:
    """A ``numpy.random.Generator``: seeds make a new one, a generator is used as it is.

    Raises
    ------
    InputError
        ``rng`` is not None, integers >= 0, a SeedSequence, a BitGenerator or a Generator.
    """
    if isinstance(rng, np.random.RandomState):
        raise InputError(
            "must be a Generator, found the legacy RandomState",
            where="rng",
            remedy="use numpy.random.default_rng(seed)",
        )
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as err:
        raise InputError(
            f"must be None, an integer >= 0 or several, a SeedSequence or a Generator, found {rng!r}",
            where="rng",
            remedy="pass an integer such as rng=0",
        ) from err


def seed_record(rng: np.random.Generator) -> str:
    """What provenance keeps of a generator: bit generator and seed, enough to start it again."""
    seed_seq = getattr(rng.bit_generator, "seed_seq", None)
    entropy = getattr(seed_seq, "entropy", None)
    key = getattr(seed_seq, "spawn_key", ())
    return f"{type(rng.bit_generator).__name__}(entropy={entropy}, spawn_key={tuple(key)})"
