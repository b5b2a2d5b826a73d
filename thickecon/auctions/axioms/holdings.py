"""What bundles of items are worth to a bidder, and the bids that an auction amounts to."""

from __future__ import annotations

import numpy as np

from ..._core.arrays import FloatArray
from ...errors import NotApplicableError
from ...problems.bids import Bids
from ..kernels.supply_table import best_worth
from ..multi_unit import MultiUnit
from ..reverse import Reverse
from ..single_item import SeparateItems
from .stage import Self, Stage

__all__ = ["as_bids", "exclusive", "net_values", "units_taken", "worth_of_units"]


def as_bids(stage: Stage) -> Bids:
    """The stage's problem as bids on bundles: itself, separate items, or units of one good.

    Raises
    ------
    NotApplicableError
        Something else is decided, or there is no seller of items.
    """
    problem, rule = stage.problem, stage.mechanism
    if isinstance(problem, Bids):
        return problem
    if isinstance(rule, MultiUnit):
        bundles = np.ones((problem.profile.n_options, 1))
        return Bids(problem.profile, bundles=bundles, language="OR", supply=rule.units, items=["unit"])
    if isinstance(rule, SeparateItems) and not isinstance(rule, Reverse):
        return Bids(problem.profile, language="additive")
    raise NotApplicableError(
        f"{rule.name or type(rule).__name__} does not sell items",
        where="audit",
        remedy="this audit is for auctions: bids on bundles, single items, units of one good",
    )


def exclusive(bids: Bids) -> bool:
    """Does an agent win at most one option?"""
    return bids.language in ("XOR", "unit")


def net_values(stage: Stage, self_: Self) -> FloatArray:
    """(rows,) values relative to doing nothing."""
    return stage.values(self_) - stage.outside(self_)[stage.problem.profile.index.agent]


def units_taken(bids: Bids, taken: FloatArray, agent: int) -> FloatArray:
    """(items,) that one agent takes."""
    index = bids.profile.index
    mine = slice(*index.indptr[agent : agent + 2])
    return np.asarray(taken[mine] @ bids.bundles[index.option[mine]])


def worth_of_units(bids: Bids, net: FloatArray, agent: int, units: FloatArray) -> float:
    """The most that an agent can make of a set of items by its own valuation, throwing away the rest.

    Parameters
    ----------
    bids
        Language and bundles.
    net
        (rows,) values relative to doing nothing.
    agent
        Position.
    units
        (items,) held.
    """
    index = bids.profile.index
    mine = slice(*index.indptr[agent : agent + 2])
    held = np.minimum(np.rint(units), bids.supply)
    own = np.zeros(mine.stop - mine.start, dtype=np.intp)
    return best_worth(own, index.option[mine], net[mine], bids.bundles, held, exclusive=exclusive(bids))
