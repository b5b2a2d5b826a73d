"""Position auctions keep every promise, against every placement of bidders in slots listed."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from thickecon.auctions import SecondPrice
from thickecon.auctions.kernels import brute_force, position_vcg
from thickecon.errors import InputError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies

REPORTINGS, CHARGES = ("decision", "endorsed", "observed"), ("affine", "clarke")
LENSES = (te.Revealed(), te.Endorsed(), te.PartialCredit(0.5))
SLOTS = (1.0, 0.25)


def rivals(numbers):
    """Three bidders for one kind of click: a value endorsed in full, and an influence, either way, by a quarter."""
    table = np.array(numbers, dtype=float).reshape(3, 2, 1)
    table[:, 0] = np.abs(table[:, 0])
    motives = ["value", te.Motive("influence", "influence")]
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.25], motives=motives, unit="money")


RIVALS = st.lists(st.integers(-8, 8), min_size=6, max_size=6).map(rivals)


def placements(n, clicks, quality):
    """Clicks of each bidder in every placement: k of them, in any order, in any k slots."""
    found = set()
    for count in range(min(n, len(clicks)) + 1):
        for who, where in product(permutations(range(n), count), permutations(range(len(clicks)), count)):
            got = [0.0] * n
            for i, k in zip(who, where, strict=True):
                got[i] = clicks[k] * quality[i]
            found.add(tuple(got))
    return [np.array(got) for got in found]


class TestPositionVCG(MechanismConformance):
    mechanisms = (
        *(
            te.auctions.PositionVCG(clicks=SLOTS, reporting=reporting, charge=charge, lens=lens)
            for reporting, charge, lens in product(REPORTINGS, CHARGES, LENSES)
        ),
        te.auctions.PositionVCG(clicks=SLOTS, reserve=1.5),
        te.auctions.PositionVCG(clicks=(0.75, 0.75), reserve=1.5, charge="clarke", lens=te.Revealed()),
    )
    problems = strategies.profiles(agents=(1, 4), options=(1, 1))
    examples = 12
    searched = 100

    def twin(self, mechanism, problem):
        """All placements listed; Clarke's charges from the definition, without each bidder."""
        profile = problem.profile
        index, doing_nothing = profile.index, profile.outside_reading(None)
        gain = np.full(profile.n_agents, -1e9)
        gain[index.agent] = profile.rows.revealed - doing_nothing[index.agent] - mechanism.reserve
        every = placements(len(gain), mechanism.clicks, mechanism.quality or (1.0,) * len(gain))
        worths = [float(gain @ y) for y in every]
        top = max(worths)
        best = [y for y, worth in zip(every, worths, strict=True) if worth >= top - 1e-9]
        payments = None
        if len(best) == 1:
            without = [
                max(worth for y, worth in zip(every, worths, strict=True) if y[i] == 0.0) for i in range(len(gain))
            ]
            payments = np.array(without) - (top - gain * best[0]) + mechanism.reserve * best[0]
        return Twin(objective=top, payments=payments)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        """Every placement with less worth, and everybody in the first slot."""
        index, scores = problem.profile.index, outcome.readings[0].values
        quality = mechanism._quality(problem)
        every = placements(len(index), mechanism.clicks, quality)
        worths = [float((scores - mechanism.reserve) @ y) for y in every]
        for y, worth in zip(every, worths, strict=True):
            if worth < max(worths) - 1e-6:
                yield y
        both = quality * mechanism.clicks[0]
        if len(index) > 1 and not any(np.array_equal(both, y) for y in every):  # slots may have the same clicks
            yield both


class TestQuality(TestPositionVCG):
    mechanisms = (
        te.auctions.PositionVCG(clicks=(0.5, 0.125), quality=(2.0, 1.0, 0.5), reserve=0.5),
        te.auctions.PositionVCG(clicks=(0.5, 0.0), quality=(0.5, 1.0, 2.0), reporting="observed"),
    )
    problems = strategies.profiles(agents=(3, 3), options=(1, 1))


def test_example_of_edelman_ostrovsky_and_schwarz() -> None:
    """American Economic Review 97 (2007), section 2: values 10, 4, 2, 200 and 100 clicks: VCG charges 600 and 200."""
    p = te.ThickProfile.from_values([[10.0], [4.0], [2.0]], unit="money")
    outcome = te.auctions.PositionVCG(clicks=[200, 100]).run(p, rng=0)
    assert outcome.payments.tolist() == [600.0, 200.0, 0.0]
    assert outcome.decision.details["slots"].tolist() == [0, 1]
    assert outcome.prices.tolist() == [600.0, 200.0]
    assert outcome.certified


@pytest.mark.parametrize("seed", range(4))
def test_against_brute_force_with_offsets_reserves_and_qualities(seed) -> None:
    """300 auctions of up to four bidders and three slots, suppressed wants among them: T18 by definition."""
    rng = np.random.default_rng(seed)
    for trial in range(75):
        n, slots, reserve = int(rng.integers(1, 5)), int(rng.integers(0, 4)), float(rng.choice([0.0, 1.5]))
        score = rng.integers(-4, 6, n).astype(float)
        offset = rng.integers(-6, 4, n) * float(trial % 3 > 0)
        clicks = np.sort(rng.integers(0, 9, slots) / 8)[::-1]
        quality = rng.choice([0.5, 1.0, 2.0], n) if trial % 2 else np.ones(n)
        found = position_vcg(
            np.arange(n), score, clicks, quality=quality, offsets=offset, reserve=reserve, lottery=rng.random(n)
        )
        best, _, charges = brute_force.position_vcg(score - reserve, clicks, quality, offset + reserve)
        same = [
            np.allclose(y, found.clicks) and np.allclose(p, found.payments) for y, p in zip(best, charges, strict=True)
        ]
        assert any(same), (score, offset, clicks, quality, reserve)


def test_one_slot_is_a_second_price_auction() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        values, wedge = rng.integers(-3, 9, (2, 5, 1)).astype(float)
        p = te.ThickProfile.from_values(values, unit="money").with_influence("advert", wedge)
        for made in ({}, {"charge": "clarke"}, {"reserve": 2.0}):
            one = te.auctions.PositionVCG(clicks=[1.0], **made).run(p, rng=5)
            other = SecondPrice(**made).run(p, rng=5)
            assert np.array_equal(one.taken, other.taken)
            assert one.payments == pytest.approx(other.payments, abs=1e-9)


def test_many_bidders_and_slots() -> None:
    """200,000 bidders, 50 slots, wedges of either sign: the certificate, made by another route, holds."""
    rng = np.random.default_rng(0)
    p = te.ThickProfile.from_values(rng.normal(0, 1, (200_000, 1))).with_influence(
        "push", rng.normal(0, 1, (200_000, 1))
    )
    outcome = te.auctions.PositionVCG(clicks=0.9 ** np.arange(50)).run(p, rng=0)
    assert outcome.certified
    assert (np.diff(p.rows.endorsed[outcome.decision.details["slots"]]) <= 0).all()


def test_a_thousand_ties_go_by_lottery() -> None:
    p = te.ThickProfile.from_values(np.ones((1000, 1)))
    mechanism = te.auctions.PositionVCG(clicks=[0.5, 0.25])
    holders = {tuple(mechanism.run(p, rng=seed).decision.details["slots"]) for seed in range(20)}
    assert len(holders) == 20


def test_loss_bound_knows_how_many_clicks_there_are() -> None:
    """A wedge of 1 on a bidder of 100 clicks can cost 100; T3's bound must not say 2."""
    p = te.ThickProfile.from_values([[2.0], [1.5]], unit="money").with_influence("advert", [[0.0], [1.0]])
    found = te.compare(te.auctions.PositionVCG(clicks=[100.0]), p, rng=0)
    assert found.loss_bound.value == pytest.approx(200.0)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"clicks": [0.5, 1.0]}, "not increase"),
        ({"clicks": [-1.0]}, "at least 0"),
        ({"clicks": []}, "at least one"),
        ({"clicks": [float("nan")]}, "finite|clicks"),
        ({"clicks": 1.0}, "list"),
        ({"clicks": [1.0], "quality": [0.0]}, "more than 0"),
        ({"clicks": [1.0], "reserve": [1.0, 2.0]}, "one number"),
        ({"clicks": [1.0], "reserve": -1.0}, "at least 0"),
    ],
)
def test_parameters_that_make_no_sense(made, words) -> None:
    with pytest.raises(InputError, match=words):
        te.auctions.PositionVCG(**made)


def test_problems_it_cannot_decide() -> None:
    mechanism = te.auctions.PositionVCG(clicks=[2.0, 1.0])
    with pytest.raises(ProblemError, match="one option"):
        mechanism.run(te.ThickProfile.from_values([[1.0, 2.0]]))
    with pytest.raises(ProblemError, match="slots come from"):
        mechanism.run(te.Assignment(te.ThickProfile.from_values([[1.0]]), supply=2))
    with pytest.raises(ProblemError, match="one entry for each"):
        te.auctions.PositionVCG(clicks=[1.0], quality=[1.0, 2.0]).run(te.ThickProfile.from_values([[1.0]]))
    with pytest.raises(ProblemError, match="doing nothing"):
        mechanism.run(te.ThickProfile.from_values([[1.0]], outside=0.5))
