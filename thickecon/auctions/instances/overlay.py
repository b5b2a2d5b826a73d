"""Which part of a bid is manufactured, and by whom."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from ..._core.arrays import FloatArray
from ...errors import InputError
from ...problems.bids import Bids
from ...profiles.motive import Motive
from ...profiles.profile import ThickProfile
from ...profiles.rows import positions_of
from ...profiles.samplers.arguments import number
from ...profiles.samplers.plant import plant

__all__ = ["Influence", "Manufactured", "lay_over", "lay_over_bids"]


@dataclass(frozen=True)
class Manufactured:
    """A part of bids that somebody made: what a bidder who is reached bids on top of what the law drew.

    Each bidder of ``bidders`` is reached with probability ``reach``, independently. For a bidder who is reached, the
    lift of a row with value v and k units of the items of ``items`` in its bundle is ``share * |v| + amount * k`` if
    k > 0, and 0 if k = 0. All other lifts are 0. Negative numbers are wants that were suppressed.

    Parameters
    ----------
    owner
        Who made it, and profits.
    share
        Of the value of the row.
    amount
        For each unit, in the problem's unit of money.
    items
        Labels of the items that are pushed; None: all (where options are not bundles, each option is one unit).
    bidders
        Labels of those who can be reached; None: all.
    reach
        Probability in [0, 1].
    endorsement
        Share of the lift that bidders stand behind, in [0, 1]; with 0 the endorsed value is the value drawn.
    name, channel
        Of the motive.

    Raises
    ------
    InputError
        A number outside its domain, an owner that is no text, or neither ``share`` nor ``amount``.

    Examples
    --------
    >>> import thickecon as te
    >>> advert = te.auctions.instances.Manufactured("agency", amount=0.25, items=["A"])
    >>> bids = te.auctions.instances.llg(influence=advert, rng=0)
    >>> bids.profile.rows.wedge.round(9).tolist()  # locals on A and on B, the global bidder on both
    [0.25, 0.0, 0.25]
    """

    owner: str
    share: float = 0.0
    amount: float = 0.0
    items: Iterable[Hashable] | Hashable | None = None
    bidders: Iterable[Hashable] | Hashable | None = None
    reach: float = 1.0
    endorsement: float = 0.0
    name: str = "advert"
    channel: str | None = None

    def __post_init__(self) -> None:
        owner: object = self.owner
        if not isinstance(owner, str) or not owner:
            raise InputError(f"must say who made it, found {owner!r}", where="Manufactured.owner")
        for name in ("share", "amount"):
            object.__setattr__(self, name, number(getattr(self, name), f"Manufactured.{name}"))
        for name in ("reach", "endorsement"):
            object.__setattr__(self, name, number(getattr(self, name), f"Manufactured.{name}", 0.0, 1.0))
        if not self.share and not self.amount:
            raise InputError("moves no bid: share and amount are both 0", where="Manufactured")


Influence: TypeAlias = "Manufactured | Sequence[Manufactured] | None"


def lay_over(
    profile: ThickProfile, units: FloatArray, items: Sequence[Hashable], influence: Influence, gen: Any
) -> ThickProfile:
    """``profile`` with a motive for each manufactured part; each is laid over the value, none over another.

    Parameters
    ----------
    profile
        Its endorsed values are those that were drawn.
    units
        (m, items) of each item in each option.
    items
        Labels of columns.
    influence
        One or several parts, or None.
    gen
        A ``numpy.random.Generator``; one number a bidder is drawn for each part.

    Raises
    ------
    InputError
        Something that is not :class:`Manufactured`.
    UnknownNameError
        A bidder or an item that is not there.
    ProfileError
        Two parts of one name.
    """
    if influence is None:
        return profile
    parts = (influence,) if isinstance(influence, Manufactured) else tuple(influence)
    value, index, made = np.abs(profile.rows.endorsed), profile.index, profile
    for part in parts:
        if not isinstance(part, Manufactured):
            raise InputError(f"must be Manufactured, or several of it, found {part!r}", where="influence")
        reached = gen.random(profile.n_agents) < part.reach
        if part.bidders is not None:
            can = np.zeros(profile.n_agents, dtype=bool)
            can[index.agent_positions(part.bidders)] = True
            reached &= can
        columns = slice(None) if part.items is None else positions_of(part.items, items, "item")
        pushed = units[:, columns].sum(axis=1)[index.option]
        lift = np.where(reached[index.agent] & (pushed > 0), part.share * value + part.amount * pushed, 0.0)
        made = plant(
            made, lift, Motive(part.name, "influence", owner=part.owner, channel=part.channel), part.endorsement
        )
    return made


def lay_over_bids(bids: Bids, influence: Influence, gen: Any) -> Bids:
    """The same bids with manufactured parts.

    Raises
    ------
    InputError, UnknownNameError, ProfileError
        As :func:`lay_over`.
    """
    if influence is None:
        return bids
    assert bids.items is not None
    profile = lay_over(bids.profile, bids.bundles, tuple(bids.items), influence, gen)
    return Bids(profile, bids.bundles, bids.language, bids.supply, bids.items)
