"""The lottery of a run: drawn first, needed or not, so that every arm sees the same tie-breaks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .._core.arrays import FloatArray, frozen
from .._core.rng import RNG, generator, seed_record

__all__ = ["Lottery"]


@dataclass(frozen=True, eq=False)
class Lottery:
    """Numbers in [0, 1) that break ties; the lowest number wins.

    Its streams are spawned from one seed, so what a mechanism draws from one does not shift another.

    Attributes
    ----------
    agents
        (n,) one number an agent.
    seed
        What starts it again, for provenance.
    """

    agents: FloatArray
    seed: str
    _streams: tuple[np.random.Generator, ...]

    @classmethod
    def draw(cls, rng: RNG, n_agents: int) -> Lottery:
        """A lottery for ``n_agents`` agents.

        Raises
        ------
        InputError
            ``rng`` is not what SPEC 7 allows.
        """
        gen = generator(rng)
        seed = seed_record(gen)
        fresh = generator(np.random.SeedSequence([int(part) for part in gen.integers(0, 2**63, size=4)]))
        streams = tuple(fresh.spawn(3))
        return cls(frozen(streams[0].random(n_agents), copy=False), seed, streams[1:])

    @cached_property
    def _edges(self) -> dict[int, FloatArray]:
        return {}

    def edges(self, count: int) -> FloatArray:
        """(count,) one number a row: multiple tie-breaking. The same on every call.

        Raises
        ------
        RuntimeError
            Asked for two different numbers of rows, which a mechanism must not do.
        """
        if count not in self._edges:
            if self._edges:
                raise RuntimeError("a lottery serves one number of rows")
            self._edges[count] = frozen(self._streams[0].random(count), copy=False)
        return self._edges[count]

    @property
    def rng(self) -> np.random.Generator:
        """A further stream, for mechanisms that randomise by themselves."""
        return self._streams[1]
