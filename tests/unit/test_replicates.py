"""Lens and second price in one pass: against the mechanism auction by auction, and against sorting."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.auctions import SecondPrice
from thickecon.auctions.kernels import replicated_second_price
from thickecon.errors import InputError

WEIGHTS = np.array([1.0, 0.25, 0.5])


@pytest.mark.parametrize("charge", ["clarke", "affine"])
@pytest.mark.parametrize("lens", [te.Endorsed(), te.Revealed()])
@pytest.mark.parametrize("reserve", [0.0, 0.8])
def test_against_the_mechanism(charge, lens, reserve) -> None:
    """300 profiles of four bidders and three motives, one option each; no suppressed wants, which only one charges."""
    table = np.random.default_rng(0).uniform(0, 1, (3, 4, 300))
    by = "endorsed" if isinstance(lens, te.Endorsed) else "revealed"
    found = replicated_second_price(table, WEIGHTS, rank_by=by, affine=charge == "affine", reserve=reserve)
    mechanism = SecondPrice(lens=lens, charge=charge, reserve=reserve)
    for at in range(300):
        p = te.ThickProfile.from_arrays(table[:, :, at].T[:, :, None], endorsement=WEIGHTS, unit="money")
        outcome = mechanism.run(p, rng=0)
        assert outcome.winners[0] == found.winner[at]
        assert outcome.revenue == pytest.approx(found.price[at], abs=1e-9)
        if found.winner[at] >= 0:
            assert p.endorsed[found.winner[at], 0] == pytest.approx(found.endorsed[at], abs=1e-12)
            assert p.revealed[found.winner[at], 0] == pytest.approx(found.revealed[at], abs=1e-12)


def test_many_against_sorting() -> None:
    """20,011 auctions (no whole number of blocks): two largest readings by numpy."""
    table = np.random.default_rng(1).normal(0, 1, (2, 7, 20_011))
    found = replicated_second_price(table, [1.0, 0.5])
    reading = np.tensordot([1.0, 0.5], table, 1)
    two = np.sort(reading, axis=0)[-2:]
    sold = two[1] >= 0
    assert np.array_equal(found.winner, np.where(sold, reading.argmax(axis=0), -1))
    assert found.price == pytest.approx(np.where(sold, np.maximum(two[0], 0), 0), abs=1e-12)


def test_the_grid_makes_ties_and_the_first_wins() -> None:
    table = np.array([[[1.0], [1.0 + 1e-9]]])
    assert replicated_second_price(table, [1.0]).winner[0] == 1
    assert replicated_second_price(table, [1.0], resolution=1e-6).winner[0] == 0
    assert replicated_second_price(np.zeros((1, 1, 0)), [1.0]).winner.shape == (0,)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"contributions": np.zeros((2, 3))}, "motives, bidders, auctions"),
        ({"endorsement": [1.0]}, "shape"),
        ({"rank_by": "both"}, "rank_by"),
        ({"reserve": np.nan}, "finite"),
        ({"contributions": np.array([[[1.0, np.nan]], [[0.0, 0.0]]])}, "finite|nan"),
    ],
)
def test_bad_input(made, words) -> None:
    with pytest.raises(InputError, match=words):
        replicated_second_price(**{"contributions": np.zeros((2, 3, 4)), "endorsement": [1.0, 0.5], **made})
