"""T15 (docs/theory/labels.md): renaming, reordering or splitting motives changes no reading.

The oracle sums the decimal literals exactly, as fractions, and rounds to the nearest multiple of the grid.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te

LENSES = (te.Revealed(), te.Endorsed())


@st.composite
def decimal_profiles(draw):
    """Contributions with two decimals, endorsements with two: products with q = 4, in the domain of T15."""
    count, m = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    cents = draw(st.lists(st.lists(st.integers(-999, 999), min_size=m, max_size=m), min_size=count, max_size=count))
    shares = draw(st.lists(st.integers(0, 100), min_size=count, max_size=count))
    return cents, shares, draw(st.permutations(range(count)))


def build(cents, shares, order, resolution=None) -> te.ThickProfile:
    table = np.array([[cents[c] for c in order]]) / 100
    names = [f"name {7 * c}" for c in order]
    return te.ThickProfile.from_arrays(
        table, endorsement=np.array([shares[c] for c in order]) / 100, motives=names, resolution=resolution
    )


def exact_reading(cents, shares, option, grid) -> float:
    total = sum(Fraction(row[option], 100) * Fraction(share, 100) for row, share in zip(cents, shares, strict=True))
    return float(round(total / Fraction(grid)) * Fraction(grid))


@settings(max_examples=150, deadline=None)
@given(decimal_profiles())
def test_any_order_rounds_to_the_exact_sum(drawn) -> None:
    cents, shares, order = drawn
    forward, shuffled = build(cents, shares, range(len(cents))), build(cents, shares, order)
    assert forward.resolution == shuffled.resolution
    grid = forward.resolution
    if grid:
        for profile in (forward, shuffled):
            for lens, weight in ((te.Endorsed(), shares), (te.Revealed(), [100] * len(shares))):
                expected = [exact_reading(cents, weight, x, grid) for x in range(len(cents[0]))]
                assert lens.read(profile).values.tolist() == expected


@settings(max_examples=100, deadline=None)
@given(decimal_profiles(), st.lists(st.integers(-100, 100), min_size=1, max_size=2))
def test_splitting_keeps_every_reading_and_the_identified_set(drawn, percents) -> None:
    cents, shares, _ = drawn
    whole = build(cents, shares, range(len(cents)))
    whole = whole.with_endorsement(np.array(shares) / 100, (np.zeros(len(shares)), np.ones(len(shares))))
    parts = whole.split("name 7", [*(p / 100 for p in percents), (100 - sum(percents)) / 100])
    assert parts.n_motives == whole.n_motives + len(percents)
    assert parts.resolution == whole.resolution
    for lens in LENSES:
        assert lens.read(parts).values.tolist() == lens.read(whole).values.tolist()
    assert (parts.unanimous == whole.unanimous).all()
    for end, other in zip(parts.endorsed_bounds(), whole.endorsed_bounds(), strict=True):
        np.testing.assert_allclose(end, other, atol=1e-10)


def test_without_the_grid_the_order_of_motives_breaks_ties() -> None:
    """(.1 + .2) + .3 exceeds .3 + (.2 + .1) = .6 in the last bit: the textbook example of floating point."""
    for order, tied_without in (([0, 1, 2], False), ([2, 1, 0], True)):
        contributions = np.array([[[0.1, 0.6], [0.2, 0.0], [0.3, 0.0]]])[:, order]
        bare = te.ThickProfile.from_arrays(contributions, resolution=0.0)
        gridded = te.ThickProfile.from_arrays(contributions)
        values = te.Revealed().read(bare).values
        assert (values[0] == values[1]) is np.bool_(tied_without)
        assert len(set(te.Revealed().read(gridded).values.tolist())) == 1


def test_outcomes_of_a_mechanism_do_not_move() -> None:
    """Ties on decimal data, broken by the same lottery whatever the order of motives."""
    rng = np.random.default_rng(5)
    table = rng.integers(0, 10, (6, 4, 20)) / 10
    shares = np.array([1.0, 0.3, 0.7, 0.1])
    mechanism = te.auctions.SecondPrice()
    wanted = mechanism.run(te.ThickProfile.from_arrays(table, endorsement=shares), rng=1)
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        moved = mechanism.run(te.ThickProfile.from_arrays(table[:, order], endorsement=shares[order]), rng=1)
        assert moved.winners.tolist() == wanted.winners.tolist()
        assert moved.payments.tolist() == pytest.approx(wanted.payments.tolist(), abs=1e-12)


def test_independent_intervals_for_parts_change_robust_outcomes() -> None:
    """+1 with theta in [0, 1] is in [0, 1]; +5 and -4 with independent intervals in [-4, 5]."""
    whole = te.ThickProfile.from_arrays([[[1.0]]], endorsement=[0.5], endorsement_interval=([0.0], [1.0]))
    parts = whole.split("value", [5, -4])
    free = parts.with_endorsement([0.5, 0.5], ([0.0, 0.0], [1.0, 1.0]))
    bounds = [[float(end[0, 0]) for end in p.endorsed_bounds()] for p in (whole, parts, free)]
    assert bounds == [[0.0, 1.0], [0.0, 1.0], [-4.0, 5.0]]
    assert parts.endorsed.tolist() == free.endorsed.tolist() == [[0.5]]


def test_one_absurd_entry_makes_the_grid_coarse() -> None:
    p = te.ThickProfile.from_values([[1e12, 0.0], [1.0, 2.0]])
    assert p.resolution == 8.0
    assert te.Revealed().read(p).values.tolist()[2:] == [0.0, 0.0]
