"""L2a: the printed table, auctions that are held, each arm by sorting, and where thick values lose."""

from __future__ import annotations

import numpy as np
import pytest

from thickecon.auctions import PositionVCG
from thickecon.errors import InputError, UnknownNameError
from thickecon.studies import Draws, Study
from thickecon.studies.scenarios.feed_auction import FeedAuction

CLICKS = np.array([1.0, 0.6, 0.4, 0.25, 0.15])


def played(made, replicates, arms=None, root=5):
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in arms or made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def known(**knobs):
    return {entry.arm: entry.value for entry in FeedAuction.make(knobs).known()}


@pytest.mark.parametrize(
    ("rho", "sidt", "shrunk", "even"),
    [(-0.5, 2.168, (3.278, 2.632), 1.732), (0.0, 3.066, (3.540, 3.232), 1.0), (0.5, 3.755, (3.878, 3.792), 0.577)],
)
def test_printed_table(rho, sidt, shrunk, even) -> None:
    for s, thick in ((0.3, 4.153), (0.6, 3.718), (1.0, 3.066), (2.0, 1.939)):
        worth = known(rho=rho, s=s)
        assert (worth["oracle"], worth["sidt"], worth["thick"]) == pytest.approx((4.3359, sidt, thick), abs=6e-4)
    assert (known(rho=rho, s=1.0)["shrunk"], known(rho=rho, s=2.0)["shrunk"]) == pytest.approx(shrunk, abs=6e-4)
    assert FeedAuction(rho=rho).break_even() == pytest.approx(even, abs=6e-4)


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs",
    [
        {"s": 1.0, "rho": -0.5},
        {"s": 2.0, "rho": 0.5, "misjudged": 0.25, "mean": 1.0},
        {"world": "sparse", "tau": 0.97, "s": 1.0},
    ],
)
def test_auctions_that_are_held_agree(knobs) -> None:
    """300 auctions: within four standard errors of the closed forms."""
    made = FeedAuction.make(knobs)
    arms = [entry.arm for entry in made.known()]
    found = played(made, 150, arms)
    assert len(arms) >= 3
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std(ddof=1) / np.sqrt(len(here)), entry


def by_sorting(score, v, k=5):
    order = [x for x in np.argsort(-score) if score[x] >= 0][:k]
    return float(CLICKS[: len(order)] @ v[order])


@pytest.mark.parametrize("world", ["gaussian", "sparse"])
def test_each_arm_by_sorting(world) -> None:
    """What is shown, without a mechanism: sort by the arm's score, leave out what is below 0."""
    made = FeedAuction(world=world, s=0.8, rounds=1, m=12, tau=1.5)
    for replicate in range(8):
        draws = Draws(1, made.name, replicate)
        feed = made.draw(draws)
        v, d, noise, spare = feed.v[0], (feed.v + feed.delta)[0], feed.noise[0], feed.spare[0]
        seen = v + 0.8 * noise
        choose, test = seen + 0.8 * spare, seen - 0.8 * spare
        honest = d - seen <= 1.6448536 * 0.8
        swap = np.ptp(d - seen) > 2 * 1.9599640 * 0.8
        expected = {
            "sidt": by_sorting(d, v),
            "thick": by_sorting(seen, v),
            "oracle": by_sorting(v, v),
            "informed": by_sorting(d[honest], v[honest]),
            "switch": by_sorting(seen if swap else d, v),
        }
        if world == "gaussian":
            table = [[1 + 2.25, 1.0], [1.0, 1.64]]
            expected["shrunk"] = by_sorting(np.stack([d, seen], axis=1) @ np.linalg.solve(table, [1.0, 1.0]), v)
        laid = [np.zeros(12), np.zeros(12)]
        for taken, score in zip(laid, (choose, d), strict=True):
            order = [x for x in np.argsort(-score) if score[x] >= 0][:5]
            taken[order] = CLICKS[: len(order)]
        moved = laid[0] - laid[1]
        passed = moved @ test > 1.6448536 * 0.8 * np.sqrt(2) * np.sqrt(moved @ moved)
        expected["cautious"] = float((laid[0] if passed else laid[1]) @ v)
        for arm, value in expected.items():
            assert made.play(feed, arm, draws)["endorsed"] == pytest.approx(value, abs=1e-8), arm


def test_worlds_know_neither_arm_nor_error() -> None:
    draws = Draws(3, "feed_auction", 0)
    one, other = (FeedAuction(s=s, misjudged=x).draw(draws) for s, x in ((0.1, 1.0), (2.0, 0.5)))
    for name in ("v", "delta", "noise", "spare"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("world", ["gaussian", "sparse"])
def test_perfect_evidence_is_the_oracle(world) -> None:
    found = played(FeedAuction(world=world, s=0.0), 10)
    for name in ("endorsed", "revenue", "revealed", "participation_endorsed"):
        for arm in ("thick", "shrunk"):
            assert found[arm, name] == pytest.approx(found["oracle", name], abs=1e-7)
    assert (found["oracle", "endorsed"] >= found["sidt", "endorsed"] - 1e-9).all()
    assert (found["cautious", "endorsed"] >= found["sidt", "endorsed"] - 1e-9).all()


def test_without_clickbait_revealed_values_are_the_oracle() -> None:
    found = played(FeedAuction(tau=0.0, s=1.0), 10)
    assert found["sidt", "endorsed"] == pytest.approx(found["oracle", "endorsed"], abs=1e-7)
    assert found["shrunk", "endorsed"] == pytest.approx(found["oracle", "endorsed"], abs=1e-7)
    assert found["thick", "endorsed"].mean() < found["oracle", "endorsed"].mean() - 0.5
    assert found["sidt", "influence_gain"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.statistical
def test_both_selves_and_influence() -> None:
    """T5, T6: SIDT's buyers keep their decision selves whole and not their endorsed ones; clickbait pays under SIDT."""
    found = played(FeedAuction(s=0.3), 30)
    assert (found["sidt", "participation_decision"] == 1).all()
    assert (found["oracle", "participation_endorsed"] == 1).all()
    assert found["sidt", "participation_endorsed"].mean() < 0.8
    assert found["sidt", "influence_gain"].mean() > 0.5
    assert found["thick", "influence_gain"] == pytest.approx(0.0, abs=1e-9)
    assert found["sidt", "pushed"].mean() > found["thick", "pushed"].mean() > found["oracle", "pushed"].mean() - 0.1
    total = found["thick", "endorsed_pushed"] + found["thick", "endorsed_honest"]
    assert total == pytest.approx(found["thick", "endorsed"])


def test_affine_charges_hand_the_wedge_to_the_seller() -> None:
    """T19: truthful and efficient, so lifting a winner by delta raises its price by delta a click."""
    made = FeedAuction(world="sparse", s=0.0, mechanism=PositionVCG(reporting="decision"))
    found = played(made, 40, ["thick"])
    wedge = found["thick", "revealed"] - found["thick", "endorsed"]
    assert wedge.max() > 0.5
    assert found["thick", "influence_gain"] == pytest.approx(wedge, abs=1e-7)


def test_where_it_loses() -> None:
    for s, rho, wins in ((0.5, 0.5, True), (0.65, 0.5, False), (0.9, 0.0, True), (1.1, 0.0, False), (1.6, -0.5, True)):
        worth = known(s=s, rho=rho)
        assert (worth["thick"] > worth["sidt"]) == wins
        assert worth["shrunk"] > worth["sidt"]
    misjudged = known(s=2.0, misjudged=0.15)
    assert misjudged["shrunk"] < misjudged["sidt"] < known(s=2.0)["shrunk"]
    # rare and hard pushes: evidence that is worse than the Gaussian break-even still pays
    sparse = known(world="sparse", tau=0.97, s=1.4)
    assert sparse["thick"] > sparse["sidt"]
    assert FeedAuction(world="sparse", tau=0.97).break_even() == pytest.approx(1.6, abs=0.01)


@pytest.mark.statistical
def test_in_the_sparse_world_most_of_the_gain_is_evidence() -> None:
    """A filter that keeps to clicks attains most of what the posterior mean does; neither loses to SIDT."""
    found = played(FeedAuction(world="sparse", tau=0.97, s=0.6), 60, ["sidt", "informed", "shrunk"])
    sidt, informed, shrunk = (found[arm, "endorsed"].mean() for arm in ("sidt", "informed", "shrunk"))
    assert sidt + 1 < informed < shrunk
    assert shrunk - informed < 0.25 * (shrunk - sidt)


@pytest.mark.statistical
def test_caution_is_between_and_the_switch_is_no_caution() -> None:
    found = played(FeedAuction(m=100, clicks=(1.0,), tau=0.0, s=0.6, rounds=4), 50, ["sidt", "cautious", "switch"])
    assert found["switch", "laundered"].mean() > 0.94
    assert (found["sidt", "endorsed"] - found["switch", "endorsed"]).mean() == pytest.approx(0.36, abs=0.12)
    assert found["cautious", "laundered"].mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert (found["sidt", "endorsed"] - found["cautious", "endorsed"]).mean() < 0.06


def test_closed_forms_are_withheld_where_slots_may_stay_empty() -> None:
    assert set(known(m=40)) == {"oracle", "thick", "sidt", "shrunk"}
    assert known(m=6) == {}
    assert FeedAuction(m=6).break_even() is None
    assert set(known(m=6, mean=5.0)) == {"oracle", "thick", "sidt", "shrunk"}
    assert "shrunk" not in known(moments="estimated")
    assert known(m=4) == {}


def test_a_study_of_it(tmp_path) -> None:
    """The runner, the mechanism by name, other slots than those printed; SIDT falls behind as wedges grow."""
    suite = {
        "schema": 1,
        "name": "feed",
        "seed": 2,
        "defaults": {"replicates": 8, "block": 8, "arms": ["sidt", "thick"]},
        "study": [
            {
                "scenario": "feed_auction",
                "mechanism": "auctions.PositionVCG",
                "fixed": {"m": 30, "clicks": [0.5, 0.5], "s": 0.2, "rounds": 4},
                "grid": {"tau": [0.2, 3.0]},
            }
        ],
    }
    frame = Study(suite).run(tmp_path / "store").frame
    assert len(frame)
    assert (frame["status"] == "ok").all()
    gaps = []
    for _, part in frame[frame["measure"] == "endorsed"].groupby("parameters", sort=True):
        means = part.groupby("arm")["value"].mean()
        gaps.append(means["thick"] - means["sidt"])
    assert max(gaps) > 0.5 > min(gaps)


def test_knobs_that_make_no_sense() -> None:
    for bad in ({"world": "flat"}, {"rho": 2.0}, {"m": 1}, {"s": -1.0}, {"clicks": 1.0}, {"moments": "guessed"}):
        with pytest.raises(InputError):
            FeedAuction.make(bad)
    with pytest.raises(UnknownNameError, match="tau"):
        FeedAuction.make({"tua": 1.0})
