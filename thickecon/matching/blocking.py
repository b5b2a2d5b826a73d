"""Blocking pairs of a matching, for either self (T10)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from .._core.arrays import FloatArray, IntArray
from ..errors import InputError, LensError, ProblemError
from ..lenses.lens import Endorsed, Lens
from ..lenses.reading import Ranked
from ..mechanism.outcome import Outcome
from ..problems.market import Market
from ..problems.problem import Problem
from ..profiles.profile import ThickProfile
from .kernels.blocking import BlockingCounts, count_blocking
from .kernels.blocking import blocking_pairs as pairs_of
from .kernels.tables import SideTable

__all__ = ["blocking_counts", "blocking_pairs", "require_unit_demand", "sides_of", "wanting"]


def blocking_pairs(
    matching: Outcome | npt.ArrayLike,
    market: Problem | None = None,
    lens: Lens | None = None,
    receiver_lens: Lens | None = None,
) -> IntArray:
    """(k, 2) pairs (proposer, receiver) who both strictly prefer each other to what they have.

    Parameters
    ----------
    matching
        An outcome of a matching mechanism, or (n,) positions of receivers, -1 unmatched.
    market
        Whose values count; None: the outcome's own.
    lens
        How proposers are read; None: endorsed.
    receiver_lens
        How receivers are read; None: as proposers.

    Raises
    ------
    InputError
        Positions without a market, or that are no matching of it.
    ProblemError
        Somebody demands several places.
    LensError
        A lens that does not rank.
    """
    partner, made = _both(matching, market)
    return pairs_of(partner, *sides_of(made, lens or Endorsed(), receiver_lens), made.capacities)


def blocking_counts(
    matching: Outcome | npt.ArrayLike,
    market: Problem | None = None,
    lens: Lens | None = None,
    receiver_lens: Lens | None = None,
) -> BlockingCounts:
    """How many pairs block, and how many matches one side does not accept; parameters as in `blocking_pairs`."""
    partner, made = _both(matching, market)
    return count_blocking(partner, *sides_of(made, lens or Endorsed(), receiver_lens), made.capacities)


def _both(matching: Outcome | npt.ArrayLike, market: Problem | None) -> tuple[IntArray, Market]:
    partner = matching.partner if isinstance(matching, Outcome) else np.asarray(matching)
    given = market if market is not None or not isinstance(matching, Outcome) else matching.problem
    if not isinstance(given, Market):
        raise InputError("must be a Market", where="market", remedy="pass the market that the matching is of")
    require_unit_demand(given)
    return partner, given


def require_unit_demand(market: Market) -> None:
    """Nobody proposes for several places.

    Raises
    ------
    ProblemError
        Somebody does.
    """
    if (market.demand > 1).any():
        at = int(np.argmax(market.demand > 1))
        raise ProblemError(
            f"must be at most 1, agent {market.profile.agents[at]!r} demands {market.demand[at]:g}",
            where="demand",
            remedy="use welfare.Allocate for several places an agent, or lower demand to 1",
        )


def wanting(side: SideTable, demand: FloatArray) -> SideTable:
    """Proposers who demand nothing accept nobody."""
    if (demand >= 1).all():
        return side
    rows = np.repeat(demand >= 1, np.diff(side.indptr))
    return replace(side, acceptable=rows if side.acceptable is None else side.acceptable & rows)


def sides_of(market: Market, lens: Lens, receiver_lens: Lens | None = None) -> tuple[SideTable, SideTable]:
    """Both sides as read, without lotteries: indifference does not block, nor does who demands nothing.

    Raises
    ------
    LensError
        A lens that does not rank.
    """
    profiles: tuple[ThickProfile, ThickProfile] = market.profile, market.receivers
    made = []
    for profile, one in zip(profiles, (lens, receiver_lens or lens), strict=True):
        reading = one.read(profile)
        if not isinstance(reading, Ranked):
            raise LensError(
                f"blocking pairs need a ranking, {one.title} gives a {reading.kind} reading",
                where="lens",
                remedy="use Endorsed() or Revealed()",
            )
        made.append(SideTable.from_reading(reading))
    return wanting(made[0], market.demand), made[1]
