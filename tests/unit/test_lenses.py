"""Each lens by an example worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, LensError
from thickecon.lenses import LENSES, Cardinal, Ordinal, Partial, Set

P = te.ThickProfile
MOTIVES = ["taste", te.Motive("ad", "influence", owner="shop")]


def shop() -> te.ThickProfile:
    """ann: taste (4, 5), ad (3, 0), half endorsed by estimate; doing nothing: taste 1, ad 5."""
    return P.from_arrays([[[4.0, 5.0], [3.0, 0.0]]], [1.0, 0.5], motives=MOTIVES, outside=[[1.0, 5.0]])


def read(lens: te.Lens, profile: te.ThickProfile) -> tuple[list[float], list[float], list[bool]]:
    made = lens.read(profile)
    assert isinstance(made, Cardinal)
    return made.values.tolist(), made.outside.tolist(), made.acceptable.tolist()


def test_revealed() -> None:
    assert read(te.Revealed(), shop()) == ([7, 5], [6], [True, False])


def test_endorsed() -> None:
    assert read(te.Endorsed(), shop()) == ([5.5, 5], [3.5], [True, True])


def test_endorsed_with_each_agents_own_shares() -> None:
    p = P.from_arrays([[[4.0], [3.0]], [[4.0], [3.0]]], [[1.0, 0.0], [0.5, 1.0]], outside=[[0.0, 8.0], [0.0, 6.0]])
    assert read(te.Endorsed(), p) == ([4, 5], [0, 6], [True, False])


def test_partial_credit_replaces_endorsement_by_kind() -> None:
    assert read(te.PartialCredit(0.25), shop()) == ([4.75, 5], [2.25], [True, True])
    assert read(te.PartialCredit(influence=0.0, value=0.5), shop()) == ([2, 2.5], [0.5], [True, True])
    assert read(te.PartialCredit(0.25), shop().with_endorsement(0.0)) == read(te.PartialCredit(0.25), shop())
    for bad in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match=r"PartialCredit.influence: must lie in \[0, 1\]"):
            te.PartialCredit(bad)


def test_thin_profiles_read_alike() -> None:
    p = shop().thin()
    assert read(te.Revealed(), p) == read(te.Endorsed(), p) == read(te.PartialCredit(0.0), p)


def test_outside_as_a_number_is_the_same_for_every_lens() -> None:
    p = P.from_values([[8.0, 2.0]], outside=2.5).with_influence("ad", 6.0, options=[0])
    assert read(te.Revealed(), p) == ([8, 2], [2.5], [True, False])
    assert read(te.Endorsed(), p) == ([2, 2], [2.5], [False, False])
    assert read(te.Endorsed(), P.from_values([[-5.0]])) == ([-5], [0], [True])  # lists decide where outside is None


# ---- the grid -------------------------------------------------------------------------------------------------


def test_readings_lie_on_the_grid() -> None:
    """Pull 3.0 has exponent 1, so the step is 2**(1 - 36); .1 is rounded to the nearest multiple."""
    p = P.from_arrays([[[0.1, 3.0], [0.2, 0.0]]], outside=[[0.1, 0.2]])
    assert p.resolution == 2.0**-35
    made = te.Revealed().read(p)
    steps = made.values / 2.0**-35
    assert np.array_equal(steps, np.rint(steps))
    assert steps[0] == round((0.1 + 0.2) * 2**35)
    assert made.values[0] == made.outside[0], "an option and doing nothing of equal worth tie"
    assert made.values[0] != p.rows.revealed[0], "row vectors are not rounded"


def test_the_grid_is_the_users_when_given() -> None:
    p = P.from_values([[0.44, 0.46, 0.54]], outside=0.46, resolution=0.1)
    made = te.Revealed().read(p)
    assert made.values.tolist() == pytest.approx([0.4, 0.5, 0.5])
    assert made.values[1] == made.values[2] == made.outside[0]
    assert te.Revealed().read(P.from_values([[0.1, 0.2]], resolution=0)).values.tolist() == [0.1, 0.2]


@pytest.mark.parametrize("step", [0.1, 0.3, 1e-7, 2.0**-20])
def test_values_and_doing_nothing_round_alike_on_any_grid(step: float) -> None:
    """A value halfway between two steps must not fall apart from an equal worth of doing nothing."""
    values = (np.arange(400) + 0.5) * step
    p = P.from_values(values[:, None], outside=values, resolution=step)
    made = te.Revealed().read(p)
    assert np.array_equal(made.values, made.outside)


def test_the_grid_does_not_move_with_the_endorsement() -> None:
    p = shop()
    grids = [q.resolution for q in (p, p.with_endorsement(0.0), p.thin(), p.laundered(), p.restrict(options=[1]))]
    assert len(set(grids)) == 1


def test_zero_profile() -> None:
    p = P.from_values([[0.0, -0.0]])
    assert p.resolution == 0
    assert np.signbit(te.Revealed().read(p).values).tolist() == [False, False]


# ---- lexicographic --------------------------------------------------------------------------------------------


def tiers(table: list[list[float]], bins: dict[int, float], outside: object = None) -> Ordinal:
    motives = [te.Motive(f"tier{t}", tier=t) for t in range(len(table))]
    return te.Lexicographic(bins).read(P.from_arrays([table], motives=motives, outside=outside))


def test_lexicographic_without_bins() -> None:
    """The higher tier decides, the lower breaks its ties: (1, 0) < (1, 9) < (2, -9)."""
    made = tiers([[1, 2, 1], [0, -9, 9]], {})
    assert np.argsort(made.ranks).tolist() == [0, 2, 1]
    assert made.edge_distance is None


def test_lexicographic_in_bins() -> None:
    """Width 1: 2 and 2.9 share a bin, so tier 1 decides between them; 1.9 is a bin lower."""
    made = tiers([[2.0, 2.9, 1.9], [0.0, -1.0, 50.0]], {0: 1.0})
    assert made.ranks[0] > made.ranks[1] > made.ranks[2]
    assert made.edge_distance is not None
    np.testing.assert_allclose(made.edge_distance, [0, 0.1, 0.1], atol=1e-9)


def test_bins_do_not_cycle_where_a_tolerance_band_would() -> None:
    """(2, 0), (1.2, 1), (.4, 2) with a band of 1: each beats the next but one and loses to its neighbour."""
    first, second = np.array([2.0, 1.2, 0.4]), np.array([0.0, 1.0, 2.0])
    gap = first[:, None] - first[None, :]
    band = np.where(np.abs(gap) > 1, gap > 0, second[:, None] > second[None, :])
    assert band[1, 0]
    assert band[2, 1]
    assert band[0, 2], "the band cycles"
    made = tiers([first.tolist(), second.tolist()], {0: 1.0})
    assert made.ranks[0] > made.ranks[1] > made.ranks[2]  # bins 2, 1, 0: an order


def test_equal_keys_tie_and_agents_are_apart() -> None:
    motives = [te.Motive("a"), te.Motive("b", tier=1)]
    p = P.from_arrays([[[1.0, 1.0], [2.0, 2.0]], [[5.0, 6.0], [0.0, 0.0]]], motives=motives)
    ranks = te.Lexicographic().read(p).ranks
    assert ranks[0] == ranks[1]
    assert ranks[2] < ranks[3]


def test_a_number_at_a_bin_edge_up_to_rounding_belongs_to_the_upper_bin() -> None:
    """.1 + .2 and .3 differ in the last bit; both open the bin at 3 widths of .1."""
    motives = [te.Motive("a"), te.Motive("b"), te.Motive("c", tier=1)]
    p = P.from_arrays([[[0.1, 0.3], [0.2, 0.0], [1.0, 1.0]]], motives=motives)
    ranks = te.Lexicographic({0: 0.1}).read(p).ranks
    assert ranks[0] == ranks[1]


def test_doing_nothing_among_the_tiers() -> None:
    """By contributions it stands in every tier; a bare worth belongs to the last."""
    made = tiers([[1.0, 3.0], [0.0, 0.0]], {}, [[2.0, 9.0]])
    assert made.acceptable.tolist() == [False, True]
    made = tiers([[0.0, 0.0, 1.0], [4.0, 6.0, 0.0]], {}, 5.0)
    assert made.acceptable.tolist() == [False, True, True]


def test_endorsement_counts_within_tiers() -> None:
    p = P.from_arrays([[[1.0, 0.0], [3.0, 0.0], [0.0, 9.0]]], [0.0, 0.0, 1.0], motives=[
        te.Motive("a"), te.Motive("b"), te.Motive("c", tier=1)])  # fmt: skip
    assert np.diff(te.Lexicographic().read(p).ranks)[0] > 0


def test_bins_are_checked() -> None:
    with pytest.raises(InputError, match=r"Lexicographic.bins\[0\]: width must be positive, found 0"):
        te.Lexicographic({0: 0.0})
    assert hash(te.Lexicographic({0: 1.0})) == hash(te.Lexicographic({0: 1.0}))


# ---- partial orders and sets ----------------------------------------------------------------------------------


def unsure() -> te.ThickProfile:
    """taste (3, 2, 1, 0) known, ad (0, 2, 0, 0) with theta in [0, 1]: option 1 is worth 2 to 4."""
    return P.from_arrays([[[3.0, 2.0, 1.0, 0.0], [0.0, 2.0, 0.0, 0.0]]], [1.0, 1.0], ([1.0, 0.0], [1.0, 1.0]), MOTIVES)


def test_unanimous() -> None:
    made = te.Unanimous().read(unsure())
    assert isinstance(made, Partial)
    wins = {(x, y) for x in range(4) for y in range(4) if made.beats(0)[x, y]}
    assert wins == {(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}  # 0 and 1 are open: 3 against 2 to 4


def test_linearise_follows_the_lens_where_the_order_is_silent() -> None:
    made = te.Unanimous().read(unsure())
    assert np.argsort(-made.linearise(by=te.Endorsed()).ranks).tolist() == [1, 0, 2, 3]  # estimate: 4 against 3
    credit = made.linearise(by=te.PartialCredit(0.0))
    assert np.argsort(-credit.ranks).tolist() == [0, 1, 2, 3]  # without the ad: 3 against 2


def test_linearise_never_contradicts_the_partial_order() -> None:
    """A completion whose values run against the relation is overruled: x beats y for all theta, y looks better."""
    p = P.from_arrays([[[3.0, 2.0], [0.0, 5.0]]], [1.0, 0.0], ([1.0, 0.0], [1.0, 0.0]), MOTIVES)
    made = te.Unanimous().read(p)
    assert made.beats(0).tolist() == [[False, True], [False, False]]
    assert te.Revealed().read(p).values.tolist() == [3, 7]
    ranks = made.linearise(by=te.Revealed()).ranks
    assert ranks[0] > ranks[1]


def test_linearise_needs_a_lens_that_ranks() -> None:
    with pytest.raises(LensError, match=r"a completion must rank options.*Remedy: by=Endorsed\(\)"):
        te.Unanimous().read(unsure()).linearise(by=te.Uncertain())


def test_uncertain() -> None:
    p = unsure()
    made = te.Uncertain().read(p)
    assert isinstance(made, Set)
    assert made.profile is p


def test_every_lens_says_what_it_is() -> None:
    assert LENSES.names() == ["Endorsed", "Lexicographic", "PartialCredit", "Revealed", "Unanimous", "Uncertain"]
    for _, lens in LENSES.items():
        said = lens().describe()
        assert set(said) == {"lens", "title", "sees", "ignores"}
        assert all(said.values())
