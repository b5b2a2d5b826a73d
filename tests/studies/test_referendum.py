"""L3a: chances of a flip against enumeration, printed numbers, and referenda that are held."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, norm

import thickecon as te
from thickecon.auctions import Majority
from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenario import SCENARIOS
from thickecon.studies.scenarios.referendum import Referendum


def played(made: Referendum, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def known(made: Referendum) -> dict[tuple[str, str], float]:
    return {(entry.arm, entry.measure): entry.value for entry in made.known()}


def enumerated(made: Referendum, arm: str) -> tuple[float, float]:
    """(P(no ahead), P(tie)) ballot by ballot, over every pattern of what passes."""
    yes, no = made.sides
    rates = [1 - made.beta_yes] * yes + [1 - made.beta_no] * no + [made.alpha] * made.bots
    ahead = tie = 0.0
    for pattern in product((0, 1), repeat=len(rates)):
        chance = np.prod([p if passed else 1 - p for p, passed in zip(rates, pattern, strict=True)])
        a, b = float(sum(pattern[:yes])), float(sum(pattern[yes:]))
        if arm == "corrected":  # Rogan-Gladen, each side cut off at 0
            a, b = (max(0.0, passed - made.alpha * cast) for passed, cast in ((a, yes), (b, no + made.bots)))
        ahead += chance * (b > a + 1e-9)
        tie += chance * (abs(a - b) <= 1e-9)
    return ahead, tie


@pytest.mark.parametrize("arm", ["thick", "informed", "corrected"])
@pytest.mark.parametrize(
    "knobs",
    [
        {"n": 7, "share": 0.6, "bots": 4, "alpha": 0.3, "beta_yes": 0.2, "beta_no": 0.1},
        {"n": 6, "share": 0.5, "bots": 5, "alpha": 0.5, "beta_yes": 0.0, "beta_no": 0.25},
        {"n": 5, "share": 1.0, "bots": 6, "alpha": 0.25, "beta_yes": 0.5, "beta_no": 0.5},
        {"n": 6, "share": 0.67, "bots": 0, "alpha": 0.2, "beta_yes": 0.4, "beta_no": 0.0},
    ],
)
def test_chances_by_enumeration(arm: str, knobs: dict[str, float]) -> None:
    made = Referendum.make(knobs)
    assert made.chances(arm) == pytest.approx(enumerated(made, arm), abs=1e-12)


def test_printed_numbers() -> None:
    """300 voters, 55 % yes, a detector with .2 and .05: 30 bots against 142.5; P(flip) 4e-4, .19, .47; ties .05-.07."""
    made = Referendum()
    assert made.bots_to_flip("sidt") == 30
    assert made.bots_to_flip("thick") == pytest.approx(142.5)
    flips = [made.chances("thick", bots) for bots in (60, 120, 143)]
    assert [round(flip, 4) for flip, _ in flips] == [0.0004, 0.1925, 0.4694]
    assert 0.049 < flips[1][1] < 0.066
    assert 0.049 < flips[2][1] < 0.066
    assert [made.chances("sidt", bots)[0] for bots in (29, 30, 31, 60)] == [0, 0, 1, 1]
    assert made.chances("sidt", 30) == (0.0, 1.0)
    bare = Referendum(bots=0, beta_yes=0.25, beta_no=0.05)
    assert round(bare.chances("thick")[0], 2) == 0.74
    assert bare.chances("sidt")[0] == 0.0


def test_printed_numbers_by_a_second_route() -> None:
    """P(flip | 120 bots) conditional on how many bots pass, honest ballots by a normal law: within .01 of the sum."""
    k = np.arange(121)
    mean, deviation = 30 * 0.95 - k, np.sqrt(300 * 0.95 * 0.05)
    approx = binom.pmf(k, 120, 0.2) @ norm.cdf((-0.5 - mean) / deviation)
    assert Referendum(bots=120).chances("thick")[0] == pytest.approx(approx, abs=0.01)


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{"bots": 120, "rounds": 10}, {"bots": 0, "beta_yes": 0.25, "rounds": 10}])
def test_referenda_that_are_held_agree(knobs: dict[str, float]) -> None:
    """2000 referenda: within four standard errors of the exact sums, ties by lottery among them."""
    made = Referendum.make(knobs)
    found = played(made, 200)
    for (arm, name), value in known(made).items():
        here = found[arm, name]
        spread = max(here.std(), np.sqrt(value * (1 - value) / made.rounds) if name != "endorsed" else 0.0)
        assert abs(here.mean() - value) <= 4 * spread / np.sqrt(len(here)) + 1e-12, (arm, name)


def test_thick_is_the_detector() -> None:
    """Evidence, not thickness: to throw rejected ballots away gives the same numbers, replicate by replicate."""
    found = played(Referendum(bots=120), 20)
    for (arm, name), values in found.items():
        if arm == "thick":
            assert np.array_equal(values, found["informed", name])


def test_where_it_wins_and_where_it_loses() -> None:
    def gain(**knobs: float) -> float:
        worth = known(Referendum.make(knobs))
        return worth["thick", "endorsed"] - worth["sidt", "endorsed"]

    assert gain(bots=60) == pytest.approx(0.1, abs=1e-3)  # all of the margin
    assert gain(bots=0) == pytest.approx(0.0, abs=1e-3)
    assert gain(bots=0, beta_yes=0.25) < -0.07
    assert gain(bots=25, alpha=1.0, beta_yes=0.05, beta_no=0.05) < -0.01  # SIDT is still right, thick lets all bots in
    assert Referendum(alpha=0.95).bots_to_flip("thick") == pytest.approx(30)
    assert Referendum(alpha=0.99).bots_to_flip("thick") < 30


def test_correction_holds_where_thick_falls() -> None:
    """T9: passed less alpha times all is unbiased, so the number of bots no longer matters in the mean."""
    worth = known(Referendum(bots=300))
    assert worth["thick", "flip"] > 0.99
    mean, deviation = 0.75 * 30, np.sqrt(300 * 0.95 * 0.05 + 300 * 0.2 * 0.8)  # of the corrected margin
    assert worth["corrected", "flip"] == pytest.approx(norm.cdf(-mean / deviation), rel=0.1)
    same = Referendum(bots=50, alpha=0.95, beta_yes=0.05)  # nothing to correct by
    assert same.chances("corrected") == same.chances("thick")


def test_groups_are_reported() -> None:
    found = played(Referendum(bots=40, beta_yes=0.3, beta_no=0.1), 60)
    assert found["thick", "rejected_yes"].mean() == pytest.approx(0.3, abs=0.01)
    assert found["thick", "rejected_no"].mean() == pytest.approx(0.1, abs=0.01)
    assert found["thick", "passed_bots"].mean() == pytest.approx(0.2, abs=0.02)
    assert found["sidt", "influence_gain"].mean() == 1.0  # 40 bots overturn a margin of 30
    assert (found["oracle", "influence_gain"] == 0).all()
    assert (found["sidt", "rejected_yes"] == 0).all()


def test_nobody_left() -> None:
    """A detector that rejects everything leaves a lottery, and a vote without noes or bots has no share of them."""
    found = played(Referendum(n=3, share=1.0, bots=0, beta_yes=1.0, beta_no=1.0, rounds=50), 10)
    assert found["thick", "tie"].mean() == 1.0
    assert found["thick", "endorsed"].mean() == pytest.approx(0.5, abs=0.1)
    assert ("thick", "passed_bots") not in found
    assert ("thick", "rejected_no") not in found


def test_in_a_study(tmp_path) -> None:
    """Registered, run from a suite, and the same with a mechanism that is named."""
    assert SCENARIOS["referendum"] is Referendum
    suite = {
        "schema": 1,
        "name": "referendum",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [
            {"scenario": "referendum", "grid": {"bots": [0, 60], "alpha": [0.2, 0.5]}},
            {"scenario": "referendum", "mechanism": "auctions.Majority"},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(Referendum.arms)


def test_another_rule_may_decide() -> None:
    """A sum of values over people decides a vote as the majority does; it counts no votes, so a flip is a lost vote."""
    ours = played(Referendum(bots=60), 3)
    theirs = played(Referendum(bots=60, mechanism=te.welfare.Allocate()), 3)
    for arm in Referendum.arms:
        assert np.array_equal(ours[arm, "endorsed"], theirs[arm, "endorsed"])
        assert np.array_equal(ours[arm, "flip"], theirs[arm, "flip"])


def test_knobs_and_draws() -> None:
    with pytest.raises(InputError, match="share"):
        Referendum(share=0.4)
    with pytest.raises(InputError, match="whole"):
        Referendum.make({"bots": 2.5})
    one, other = (Referendum(alpha=a).draw(Draws(1, "referendum", 0)) for a in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert Referendum(mechanism=Majority()).known()
    assert Referendum(n=30_000).known() == ()
