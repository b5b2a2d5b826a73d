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


@pytest.mark.parametrize(("options", "motives", "orders", "sorts"), [(40, 5, 0.225, 0.142), (20, 4, 0.066, 0.035)])
def test_how_many_orders_would_change(options, motives, orders, sorts) -> None:
    """Shares of agents, motives reversed, on the data of the theory page, whose numbers come from 5,000 agents.

    They are reached without the grid within four standard errors of 1,000 agents, and are 0 with it.
    """
    n = 1000
    rng = np.random.default_rng(11)
    table = rng.integers(-50, 51, (n, motives, options)) / 10
    shares = rng.integers(0, 11, (n, motives)) / 10
    for resolution, wanted in ((0.0, (orders, sorts)), (None, (0.0, 0.0))):
        forward, backward = (
            te.Endorsed()
            .read(te.ThickProfile.from_arrays(r, endorsement=e, resolution=resolution))
            .values.reshape(n, options)
            for r, e in ((table, shares), (table[:, ::-1], shares[:, ::-1]))
        )
        signs = [np.sign(v[:, :, None] - v[:, None, :]) for v in (forward, backward)]
        ranks = [np.argsort(v, axis=1, kind="stable") for v in (forward, backward)]
        found = [(a != b).reshape(n, -1).any(axis=1).mean() for a, b in (signs, ranks)]
        for share, expected in zip(found, wanted, strict=True):
            assert abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / n)


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


def test_who_partitions_decides() -> None:
    """The option above against one that costs half a unit for certain, by the worst case: 0 > -.5, but -4 < -.5."""
    whole = te.ThickProfile.from_arrays(
        [[[1.0, 0.0], [0.0, -0.5]]], endorsement=[0.5, 1.0], endorsement_interval=([0.0, 1.0], [1.0, 1.0])
    )
    parts = whole.split(whole.motives[0].name, [5, -4])
    free = parts.with_endorsement([0.5, 0.5, 1.0], ([0.0, 0.0, 1.0], [1.0, 1.0, 1.0]))
    cautious = te.welfare.Allocate(te.welfare.Utilitarian(), ambiguity="worst")
    taken = [cautious.run(te.Choice(p), rng=0).taken.tolist() for p in (whole, parts, free)]
    assert taken == [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    at_the_estimate = [te.welfare.Allocate().run(te.Choice(p), rng=0).taken.tolist() for p in (whole, parts, free)]
    assert at_the_estimate == [[1.0, 0.0]] * 3


def test_one_absurd_entry_makes_the_grid_coarse() -> None:
    p = te.ThickProfile.from_values([[1e12, 0.0], [1.0, 2.0]])
    assert p.resolution == 8.0
    assert te.Revealed().read(p).values.tolist()[2:] == [0.0, 0.0]


@settings(max_examples=60, deadline=None)
@given(decimal_profiles())
def test_the_grid_is_fixed_by_the_largest_pull(drawn) -> None:
    """2^-36 of the largest sum of |R| of a row, rounded down to a power of two, whatever is endorsed."""
    cents, shares, order = drawn
    largest = max(sum(Fraction(abs(row[x]), 100) for row in cents) for x in range(len(cents[0])))
    p = build(cents, shares, order)
    if largest:
        power = 0
        while Fraction(2) ** (power + 1) <= largest:
            power += 1
        while Fraction(2) ** power > largest:
            power -= 1
        assert Fraction(p.resolution) == Fraction(2) ** (power - 36)
    for other in (p.thin(), p.laundered(), p.with_endorsement(0.5), p.restrict(motives=[c.name for c in p.motives])):
        assert other.resolution == p.resolution


def test_all_arms_and_all_reports_are_read_on_one_grid() -> None:
    """The third bidder reports 1e12 for the second item: a grid of its own (8) would tie 3 and 2 for the first."""
    p = te.ThickProfile.from_arrays([[[3.0, 0.0]], [[2.0, 0.0]], [[1.0, 1.0]]], unit="money")
    mechanism = te.auctions.SecondPrice(reporting="endorsed")
    for seed in range(10):
        outcome = mechanism.run(p, reports=[[3.0, 0.0], [2.0, 0.0], [1.0, 1e12]], rng=seed)
        assert outcome.winners.tolist() == [0, 2]
        assert outcome.payments.tolist() == [2.0, 0.0, 0.0]
        assert outcome.readings[0].profile.resolution == p.resolution == 2.0 ** (1 - 36)
    close = [[3.0, 0.0], [3.0 - p.resolution, 0.0], [1.0, 1.0]]  # one step below is below, whatever the lottery
    winners = {int(mechanism.run(p, reports=close, rng=seed).winners[0]) for seed in range(20)}
    same = [[3.0, 0.0], [3.0 - p.resolution / 4, 0.0], [1.0, 1.0]]  # a quarter of a step is a tie
    tied = {int(mechanism.run(p, reports=same, rng=seed).winners[0]) for seed in range(20)}
    assert (winners, tied) == ({0}, {0, 1})


def test_a_resolution_of_one_s_own_overrides() -> None:
    p = te.ThickProfile.from_values([[1.0, 1.2]], resolution=0.5)
    assert te.Endorsed().read(p).values.tolist() == [1.0, 1.0]
    assert p.split("value", [0.4, 0.6]).resolution == 0.5
