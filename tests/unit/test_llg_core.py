"""Equilibria of LLG and the core-selecting auction are of one game: what the one's formula charges, the other does."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.auctions import LLG, VCG, Bids, CoreSelecting, equilibrium
from thickecon.auctions.bidding.llg import local_price

NAN = float("nan")
MECHANISMS = {
    "nearest_vcg": CoreSelecting(lens=te.Revealed(), charge="clarke"),
    "proxy": CoreSelecting(reference_point="zero", lens=te.Revealed(), charge="clarke"),
    "nearest_bid": CoreSelecting(reference_point="bid", lens=te.Revealed(), charge="clarke"),
    "vcg": VCG(lens=te.Revealed(), charge="clarke"),
}


@pytest.mark.parametrize("rule", list(MECHANISMS))
def test_charges_of_equilibrium_bids(rule) -> None:
    """40 draws: winners and payments of the mechanism on bids of the equilibrium are those of the closed form."""
    rng, found, both = np.random.default_rng(0), equilibrium(LLG(rule=rule)), 0
    for _ in range(40):
        values = np.append(rng.random(2), 2 * rng.random())
        bids = np.array([*found.bid(values[:2]), values[2]])
        table = [[bids[0], NAN, NAN], [NAN, bids[1], NAN], [NAN, NAN, bids[2]]]
        problem = Bids(te.ThickProfile.from_values(table, unit="money"), [[1, 0], [0, 1], [1, 1]])
        outcome = MECHANISMS[rule].run(problem, rng=0)
        if bids[:2].sum() > bids[2]:
            both += 1
            due = [local_price(rule, bids[i], bids[1 - i], bids[2]) for i in (0, 1)]
            assert outcome.payments == pytest.approx([*due, 0.0], abs=1e-6)
        else:
            assert outcome.payments == pytest.approx([0.0, 0.0, bids[:2].sum()], abs=1e-6)
    assert both > 8
