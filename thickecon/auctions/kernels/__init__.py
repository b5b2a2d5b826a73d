"""Auction algorithms on arrays: rows in, winners and charges out. They know no profile, lens or mechanism."""

from __future__ import annotations

from .additive import UnitAuctions, additive_vcg
from .affine import AffineOutcome, affine_maximiser
from .assignment import UnitDemand, unit_demand_vcg
from .gains import Pivot
from .single_item import ItemAuctions, second_price
from .winner_determination import Combinatorial, Winners, bundle_vcg, determine_winners

__all__ = [
    "AffineOutcome",
    "Combinatorial",
    "ItemAuctions",
    "Pivot",
    "UnitAuctions",
    "UnitDemand",
    "Winners",
    "additive_vcg",
    "affine_maximiser",
    "bundle_vcg",
    "determine_winners",
    "second_price",
    "unit_demand_vcg",
]
