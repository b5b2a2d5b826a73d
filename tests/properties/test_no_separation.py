"""T4 (d), T7 and T14 (docs/theory/evidence.md): what reports and one frame cannot tell, and what escapes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from thickecon.auctions import SeparatingBets
from thickecon.endorsement import GoldinReck
from thickecon.errors import EvidenceError, InputError


def test_t4_d_by_listing_all_mechanisms() -> None:
    """One bidder against an incumbent worth 6; wants 8 with a wedge of 0 or 5. Every direct mechanism on two reports,
    two pieces of evidence and payments of a fine grid: none is efficient for whoever reports, decision or endorsed.

    Situation A: the endorsed self reports, v = u. Situation B: the decision self reports, d = u, v = u - delta.
    """
    wants, wedges, rival, prices = (4.0, 8.0), (0.0, 5.0), 6.0, np.arange(-2.0, 12.5, 0.5)
    for delta in wedges:
        found = 0
        for allocation in product((0, 1), repeat=2):  # by report, evidence fixed
            for payments in product(prices, repeat=2):
                truthful = all(
                    u * allocation[k] - payments[k] >= u * allocation[1 - k] - payments[1 - k] - 1e-12
                    for k, u in enumerate(wants)
                )
                efficient_a = all(allocation[k] == (u > rival) for k, u in enumerate(wants))
                efficient_b = all(allocation[k] == (u - delta > rival) for k, u in enumerate(wants))
                found += truthful and efficient_a and efficient_b
        assert (found > 0) == (delta == 0.0)  # only where the wedge is not pivotal


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=8, max_size=8), st.integers(2, 3))
def test_t7_equal_wants_get_equal_outcomes_in_dominant_strategies(table: list[int], messages: int) -> None:
    """Types (d, v) and (d, v') have the same utility of every message, so the same best messages: whatever the rule,
    a truthful choice for one is one for the other. Listed over random menus of (allocation, payment)."""
    menu = [(abs(table[k]) % 2, table[k + 4]) for k in range(messages)]
    d = 1.0
    best = [
        [k for k, (x, p) in enumerate(menu) if d * x - p == max(d * y - q for y, q in menu)] for _ in ("v=1", "v=0")
    ]
    assert best[0] == best[1]


def test_t7_escape_by_hand() -> None:
    """Item + bet on high: 1.6 and .4; bet on low: -.6 and .6. A fee of .6 makes it free: type 0 is then indifferent."""
    bets = SeparatingBets(accuracy=0.8, stake=1.0)
    assert bets.worth(1.0, True) == pytest.approx((1.6, -0.6))
    assert bets.worth(1.0, False) == pytest.approx((0.4, 0.6))
    assert bets.separates(1.0) == pytest.approx(0.2)
    assert bets.free_fee(1.0) == pytest.approx(0.6)
    free = SeparatingBets(accuracy=0.8, stake=1.0, fee=0.6)
    assert max(free.worth(1.0, False)) == pytest.approx(0.0)
    assert SeparatingBets(0.8, bets.least_stake(1.0)).separates(1.0) == pytest.approx(0.0)


def test_t7_escape_runs_and_pays_for_itself_on_average() -> None:
    """2,000 who want it, half of whom stand behind it: all of these get it and none of the others; by fee and bets
    the house breaks even but for what it pays those who stand behind it."""
    n = 2000
    table = np.zeros((n, 2, 1))
    table[::2, 0], table[1::2, 1] = 1.0, 1.0
    profile = te.ThickProfile.from_arrays(table, [1.0, 0.0], motives=["value", "ad"], unit="money")
    out = SeparatingBets(accuracy=0.8, stake=1.0, fee=0.6).run(profile, rng=0)
    assert out.takes[::2].all()
    assert not out.takes[1::2].any()
    assert not out.leaves.any()
    assert out.revenue / n == pytest.approx(0.6 - 0.6, abs=5 / np.sqrt(n))
    assert out.utilities().loc[:, "endorsed"].mean() == pytest.approx(0.5, abs=5 / np.sqrt(n))
    sidt = te.auctions.SecondPrice().baseline().run(profile, rng=0)
    assert sidt.taken.sum() == 1.0  # where reports alone decide, who wins is a coin toss between types


def test_t7_escape_is_fragile() -> None:
    """Beliefs of .7 are enough, of .6 are not: then type 0 takes the item too. No belief separates at .5."""
    assert SeparatingBets(0.8, 1.0, believed=0.76).separates(1.0) > 0
    assert SeparatingBets(0.8, 1.0, believed=0.7).separates(1.0) < 0
    assert SeparatingBets(0.8, 1.0, believed=0.5).least_stake(1.0) == float("inf")
    profile = te.ThickProfile.from_arrays(np.array([[[0.0], [1.0]]]), [1.0, 0.0], motives=["value", "ad"])
    assert SeparatingBets(0.8, 1.0, believed=0.6).run(profile, rng=0).takes.tolist() == [True]
    for bad in ((0.5, 1.0), (0.8, 0.0)):
        with pytest.raises(InputError):
            SeparatingBets(*bad)
    with pytest.raises(InputError, match="one option"):
        SeparatingBets().run(te.ThickProfile.from_values([[1.0, 2.0]]))


def test_t14_two_worlds_same_data() -> None:
    """v = 8 and no ad; v = 3 and an ad of 5: in the frame with the ad every choice at every price is the same, so no
    function of the data tells them apart; the endorsed values differ by 5. A second frame does tell."""
    honest = te.ThickProfile.from_arrays(np.array([[[8.0], [0.0]]]), [1.0, 0.0], motives=["value", "ad"])
    pushed = te.ThickProfile.from_arrays(np.array([[[3.0], [5.0]]]), [1.0, 0.0], motives=["value", "ad"])
    prices = np.arange(0.0, 12.0, 0.25)
    bought = [[bool(p.revealed[0, 0] >= m) for m in prices] for p in (honest, pushed)]
    assert bought[0] == bought[1]
    assert honest.endorsed[0, 0] - pushed.endorsed[0, 0] == 5.0
    plain = [[bool(p.endorsed[0, 0] >= m) for m in prices] for p in (honest, pushed)]  # the frame without the ad
    assert plain[0] != plain[1]


def test_t14_an_estimator_refuses_one_frame() -> None:
    one = pd.DataFrame([("a", "for", 100, 80)], columns=["cell", "framing", "n", "k"])
    with pytest.raises(EvidenceError, match="nobody under framing 'against'"):
        GoldinReck().fit(one)
