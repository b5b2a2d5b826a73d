"""HOW a profile is read. The lens is the only difference between SIDT and thick mechanisms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .._core.arrays import FloatArray, frozen
from .._core.registry import ClassRegistry
from ..errors import InputError
from ..profiles.profile import ThickProfile
from ..profiles.summation import round_to, weighted_sum
from .reading import Cardinal, Ordinal, Partial, Reading, Set

__all__ = [
    "LENSES",
    "Endorsed",
    "Lens",
    "Lexicographic",
    "PartialCredit",
    "Revealed",
    "Unanimous",
    "Uncertain",
]

LENSES = ClassRegistry("lens", "thickecon.lenses", lambda: Lens, named=False, needs=("title", "line", "ignores"))


@dataclass(frozen=True)
class Lens(ABC):
    """A way to read a profile.

    Class attributes ``title``, ``line`` (one sentence: what it sees) and ``ignores`` go into provenance.
    """

    title: ClassVar[str]
    line: ClassVar[str]
    ignores: ClassVar[str]

    @abstractmethod
    def read(self, profile: ThickProfile) -> Reading:
        """The profile through this lens, on its grid."""

    def describe(self) -> dict[str, str]:
        """Title, one-line reading, and what it ignores."""
        return {"lens": repr(self), "title": self.title, "sees": self.line, "ignores": self.ignores}


def _cardinal(profile: ThickProfile, lens: Lens, weights: FloatArray | None) -> Cardinal:
    """Values under weights (None, (C,) or (n, C)), with doing nothing read the same way."""
    values = weighted_sum(profile.contributions, weights, profile.index, profile.resolution)
    if profile.outside is None or profile.outside.ndim == 1:
        outside = profile.outside_reading(None)
    else:
        outside = frozen((profile.outside * (1.0 if weights is None else weights)).sum(axis=1))
    return Cardinal(profile, lens, values, round_to(outside, profile.resolution))


@LENSES.register("Revealed")
@dataclass(frozen=True)
class Revealed(Lens):
    """d = sum_c R: the standard setting (SIDT).

    Examples
    --------
    >>> import thickecon as te
    >>> p = te.ThickProfile.from_values([[8.0]]).with_influence("advert", 5.0)
    >>> te.Revealed().read(p).values.tolist(), te.Endorsed().read(p).values.tolist()
    ([8.0], [3.0])
    """

    title: ClassVar[str] = "Revealed"
    line: ClassVar[str] = "what a market sees: every pull counts in full, whatever manufactured it"
    ignores: ClassVar[str] = "endorsement"

    def read(self, profile: ThickProfile) -> Cardinal:
        """(rows,) sums of contributions."""
        return _cardinal(profile, self, None)


@LENSES.register("Endorsed")
@dataclass(frozen=True)
class Endorsed(Lens):
    """v = sum_c E R: what agents stand behind, at the point estimate. The default."""

    title: ClassVar[str] = "Endorsed"
    line: ClassVar[str] = "what agents stand behind: each pull counts by its estimated endorsement"
    ignores: ClassVar[str] = "how uncertain the endorsement is"

    def read(self, profile: ThickProfile) -> Cardinal:
        """(rows,) endorsement-weighted sums of contributions."""
        e = profile.endorsement
        return _cardinal(profile, self, e.spread(e.theta, profile.n_agents, profile.n_motives))


@LENSES.register("PartialCredit")
@dataclass(frozen=True)
class PartialCredit(Lens):
    """Replaces endorsement by kind: influences count by ``influence``, values by ``value``.

    Raises
    ------
    InputError
        A credit outside [0, 1].
    """

    influence: float = 0.5
    value: float = 1.0
    title: ClassVar[str] = "Partial credit"
    line: ClassVar[str] = "a convention in place of evidence: values in full, influences in part"
    ignores: ClassVar[str] = "all evidence on endorsement"

    def __post_init__(self) -> None:
        for name in ("influence", "value"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"must lie in [0, 1], found {getattr(self, name)}", where=f"PartialCredit.{name}")

    def read(self, profile: ThickProfile) -> Cardinal:
        """(rows,) sums with credits by kind."""
        credit = [self.influence if motive.kind == "influence" else self.value for motive in profile.motives]
        return _cardinal(profile, self, np.array(credit))


@LENSES.register("Lexicographic")
@dataclass(frozen=True)
class Lexicographic(Lens):
    """Tiers in order, each read in bins of a stated width; a lower tier only breaks ties of the higher.

    Parameters
    ----------
    bins
        {tier: width} in the profile's unit. A tier that is not named is compared on the grid itself. A tolerance
        band in place of bins would cycle: (2, 0), (1.2, 1), (.4, 2) with band 1.

    Raises
    ------
    InputError
        A width that is not positive.
    """

    bins: Mapping[int, float] = field(default_factory=dict)
    title: ClassVar[str] = "Lexicographic"
    line: ClassVar[str] = "higher goods first: a lower tier decides only within a bin of the higher"
    ignores: ClassVar[str] = "trade-offs between tiers, and differences within a bin"

    def __post_init__(self) -> None:
        for tier, width in self.bins.items():
            if not (np.isfinite(width) and width > 0):
                raise InputError(f"width must be positive, found {width}", where=f"Lexicographic.bins[{tier}]")
        object.__setattr__(self, "bins", dict(self.bins))

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(self.bins.items()))))

    def read(self, profile: ThickProfile) -> Ordinal:
        """Ranks within each agent, doing nothing among them; distances to the edges of bins."""
        n, e, grid = profile.n_agents, profile.endorsement, profile.resolution
        matrix = e.spread(e.theta, n, profile.n_motives)
        tier_of = np.array([motive.tier for motive in profile.motives])
        agent = np.concatenate([profile.index.agent, np.arange(n, dtype=np.int32)])
        keys: list[FloatArray] = []
        distance: FloatArray | None = None
        for tier in sorted(set(tier_of.tolist())):
            mine = tier_of == tier
            level = weighted_sum(profile.contributions, matrix * mine, profile.index, grid)
            if profile.outside is not None and profile.outside.ndim == 2:
                nothing = round_to((profile.outside * matrix * mine).sum(axis=1), grid)
            else:  # a bare worth of doing nothing belongs to the last tier: it is what tiers are traded against
                last = tier == tier_of.max() and profile.outside is not None
                nothing = round_to(profile.outside_reading(None), grid) if last else np.zeros(n)
            full = np.concatenate([level, nothing])
            if tier in self.bins:
                full = full / self.bins[tier]
                edge = np.abs(full - np.rint(full))[: len(level)]
                distance = edge if distance is None else np.minimum(distance, edge)
                full = np.floor(full + 2.0**-30)
            keys.append(full)
        ranks = _dense_ranks(agent, keys)
        rows = len(profile.index)
        made = frozen(ranks[:rows]), frozen(ranks[rows:])
        return Ordinal(profile, self, *made, None if distance is None else frozen(distance, copy=False))


def _dense_ranks(agent: np.ndarray, keys: list[FloatArray]) -> np.ndarray:
    """Integers that order rows by the keys, first key first, within each agent; equal keys, equal rank."""
    order = np.lexsort((*reversed(keys), agent))
    new = np.zeros(len(order), dtype=bool)
    new[0] = True
    for key in (agent, *keys):
        new[1:] |= key[order][1:] != key[order][:-1]
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.cumsum(new)
    return ranks


@LENSES.register("Unanimous")
@dataclass(frozen=True)
class Unanimous(Lens):
    """Only comparisons on which every endorsement in the identified set agrees (not Bernheim-Rangel's P*)."""

    title: ClassVar[str] = "Unanimous"
    line: ClassVar[str] = "only comparisons that hold for every endorsement the data allow"
    ignores: ClassVar[str] = "everything on which admissible endorsements disagree"

    def read(self, profile: ThickProfile) -> Partial:
        """A strict partial order of each agent."""
        return Partial(profile, self)


@LENSES.register("Uncertain")
@dataclass(frozen=True)
class Uncertain(Lens):
    """The identified set itself, for programmes that take its worst case or regret (T12)."""

    title: ClassVar[str] = "Uncertain"
    line: ClassVar[str] = "every endorsement the data allow, at once"
    ignores: ClassVar[str] = "nothing; the mechanism must say how it treats the set"

    def read(self, profile: ThickProfile) -> Set:
        """The profile with its identified set."""
        return Set(profile, self)
