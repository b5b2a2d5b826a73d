"""Bids as a list of statements, each on one bidder, one bundle and one motive."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import FileFormatError, ProblemError
from ..problems.bids import LANGUAGES, Bids
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile

__all__ = ["BETWEEN", "BidRows", "Bundle", "require_writable"]

BETWEEN = "+"
"""Between the items of a bundle, where it is one text."""
Bundle = tuple[Hashable, ...]


@dataclass
class BidRows:
    """What a file says, in the order in which it is said; each fault is an error that names the place.

    Attributes
    ----------
    unit
        Of values.
    motives, bidders, bundles
        By name; bidders and bundles with their position.
    values
        {(bidder, bundle): {motive: value}}, by position.
    shared, own
        Endorsement, {motive: share} for all bidders and {(bidder, motive): share}, which goes before.
    """

    unit: Literal["money", "utils"] = "money"
    motives: dict[str, Motive] = field(default_factory=dict)
    bidders: dict[Hashable, int] = field(default_factory=dict)
    bundles: dict[Bundle, int] = field(default_factory=dict)
    values: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)
    shared: dict[str, float] = field(default_factory=dict)
    own: dict[tuple[int, str], float] = field(default_factory=dict)

    def add_motive(self, made: Motive, place: str) -> None:
        """A motive, which may be said again.

        Raises
        ------
        FileFormatError
            It is said otherwise.
        """
        if self.motives.setdefault(made.name, made) != made:
            raise FileFormatError(f"says otherwise about motive {made.name!r} than before", where=place)

    def add_value(self, bidder: Hashable, items: Sequence[Hashable], motive: str, value: float, place: str) -> int:
        """What a motive adds to a bidder's worth of a bundle; returns the position of the bidder.

        Raises
        ------
        FileFormatError
            No items, a value that is not finite, or the same said twice.
        """
        if not items:
            raise FileFormatError("bids on nothing", where=place, remedy="name at least one item")
        if not math.isfinite(value):
            raise FileFormatError(f"a value must be a finite number, found {value!r}", where=place)
        i = self.bidders.setdefault(bidder, len(self.bidders))
        bundle = tuple(sorted(items, key=str))
        row = self.values.setdefault((i, self.bundles.setdefault(bundle, len(self.bundles))), {})
        if motive in row:
            raise FileFormatError(f"bidder {bidder!r} bids twice on {list(bundle)} for {motive!r}", where=place)
        row[motive] = value
        return i

    def endorse(self, i: int | None, motive: str, share: float, place: str) -> None:
        """The share of a motive that a bidder, or each of them, stands behind.

        Raises
        ------
        FileFormatError
            Outside [0, 1], or said otherwise before.
        """
        if not 0 <= share <= 1:
            raise FileFormatError(f"an endorsement must lie in [0, 1], found {share!r}", where=place)
        before = self.shared.setdefault(motive, share) if i is None else self.own.setdefault((i, motive), share)
        if before != share:
            raise FileFormatError(f"endorsement of {motive!r} was {before!r} before, is {share!r} now", where=place)

    def problem(self, language: str, supply: Any, items: Sequence[Hashable] | None, where: str) -> Bids:
        """The bids as a problem.

        Raises
        ------
        FileFormatError
            An item of a bundle, or of the supply, that ``items`` does not list.
        ProblemError
            As :class:`~thickecon.auctions.Bids`.
        """
        if language not in LANGUAGES:
            raise FileFormatError(f"must be one of {LANGUAGES}, found {language!r}", where=f"{where}: language")
        named = (
            list(dict.fromkeys(item for bundle in self.bundles for item in bundle)) if items is None else list(items)
        )
        place = {item: j for j, item in enumerate(named)}
        table = np.zeros((len(self.bundles), len(named)))
        for bundle, x in self.bundles.items():
            for item in bundle:
                if item not in place:
                    raise FileFormatError(f"bundle {list(bundle)} names {item!r}, which is no item", where=where)
                table[x, place[item]] += 1.0
        pairs, who = list(self.values), np.empty(len(self.bidders), dtype=object)
        who[:] = list(self.bidders)  # labels, as whole numbers would be taken for positions
        parts = np.array([[self.values[pair].get(name, 0.0) for pair in pairs] for name in self.motives])
        profile = ThickProfile.from_rows(
            who[[i for i, _ in pairs]],
            np.array([x for _, x in pairs]),
            parts,
            self._endorsement(),
            motives=list(self.motives.values()),
            agents=list(self.bidders),
            options=[BETWEEN.join(map(str, bundle)) for bundle in self.bundles],
            unit=self.unit,
        )
        return Bids(profile, table, language, _supply(supply, place, where), named)  # type: ignore[arg-type]

    def _endorsement(self) -> Any:
        """(C,) where bidders do not differ, else (n, C); 1 where nothing was said."""
        common: dict[str, float] = dict(self.shared)
        for (_, name), share in self.own.items():
            common.setdefault(name, share)
        if all(share == common[name] for (_, name), share in self.own.items()):
            return [common.get(name, 1.0) for name in self.motives]
        default = {name: self.shared.get(name, 1.0) for name in self.motives}
        return [[self.own.get((i, name), default[name]) for name in self.motives] for i in range(len(self.bidders))]


def _supply(given: Any, place: Mapping[Hashable, int], where: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    made = np.ones(len(place))
    text = {str(item): j for item, j in place.items()}
    for item, units in given.items():
        if str(item) not in text:
            raise FileFormatError(f"supply names {item!r}, which is no item", where=where)
        made[text[str(item)]] = units
    return made


def require_writable(problem: Bids) -> None:
    """What tables of bids cannot hold is refused, not dropped.

    Raises
    ------
    ProblemError
        The problem has bounds or an error of endorsement, a worth of doing nothing, weights, motives with contexts,
        tiers or attentional policies, an own grid, or ordinal values.
    """
    profile = problem.profile
    found = {
        "an uncertain endorsement": not profile.certain,
        "a worth of doing nothing": profile.outside is not None,
        "weights": profile.weights is not None,
        "an own resolution": profile.resolution_override is not None,
        "ordinal values": profile.unit == "ordinal",
        "contexts, tiers or attentional policies of motives": any(
            motive.attends_to or motive.contexts or motive.tier for motive in profile.motives
        ),
    }
    what = next((text for text, here in found.items() if here), None)
    if what is not None:
        raise ProblemError(f"tables of bids do not hold {what}", where="write_bids", remedy="problem.save('name.json')")
