"""L1: covariances by simulation, printed break-evens, and one ratio for every market."""

from __future__ import annotations

import numpy as np
import pytest

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.mood_or_learning import MoodOrLearning


def played(
    made: MoodOrLearning, replicates: int, arms: tuple[str, ...] = (), root: int = 5
) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in arms or made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


@pytest.mark.parametrize(
    ("sigma", "breaks"), [(1.0, {2: 0.884, 4: 0.832, 8: 0.809}), (0.5, {2: 0.590, 4: 0.510, 8: 0.480})]
)
def test_printed_break_evens(sigma: float, breaks: dict[int, float]) -> None:
    """How much learning makes the average of T = 2, 4, 8 reports worse than the last of them."""
    for reports, said in breaks.items():
        at = MoodOrLearning(reports=reports, sigma=sigma).break_even_learning()
        assert at == pytest.approx(said, abs=6e-4)
        below, above = (MoodOrLearning(reports=reports, sigma=sigma, gamma=at + step) for step in (-0.01, 0.01))
        assert below.factor("average") > below.factor("sidt")
        assert above.factor("average") < above.factor("sidt")


@pytest.mark.parametrize("gamma", [0.0, 0.6, 3.0])
def test_answers_break_even_just_below_a_mood(gamma: float) -> None:
    """All learning is endorsed: what is added to v is sigma^2 / (T - 1) + s^2 in one case, sigma^2 in the other."""
    for reports in (2, 4, 9):
        made = MoodOrLearning(reports=reports, gamma=gamma, sigma=1.3)
        assert made.break_even() == pytest.approx(1.3 * np.sqrt(1 - 1 / (reports - 1)))


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs",
    [{}, {"gamma": 0.5, "reports": 2, "endorsed": 0.3}, {"sigma": 0.4, "s": 1.5, "endorsed": 0.0, "gamma": 2.0}],
)
def test_factors_by_regression(knobs: dict[str, float]) -> None:
    """Half a million people and one school: covariances as simulated, the best blends by least squares."""
    made = MoodOrLearning.make(knobs)
    rng = np.random.default_rng(8)
    n, t = 500_000, made.reports
    u, g = rng.standard_normal((2, n))
    said = u + made.sigma * rng.standard_normal((t, n))
    said[-1] += made.gamma * g
    v = u + made.endorsed * made.gamma * g
    told = made.endorsed * made.gamma * g + made.s * rng.standard_normal(n)
    fits = {"blend": said, "shrunk": np.vstack([said, told])}  # each report on its own: no reason to average given
    scores = {"sidt": said[-1], "average": said.mean(axis=0), "thick": said[:-1].mean(axis=0) + told, "oracle": v}
    scores |= {arm: np.linalg.lstsq(table.T, v, rcond=None)[0] @ table for arm, table in fits.items()}
    for arm, score in scores.items():
        assert made.factor(arm) == pytest.approx(np.cov(v, score)[0, 1] / score.std(), abs=0.008), arm


def test_who_knows_more_does_better() -> None:
    for gamma in (0.0, 0.4, 1.0, 3.0):
        for endorsed in (0.0, 0.5, 1.0):
            made = MoodOrLearning(gamma=gamma, endorsed=endorsed)
            worth = {arm: made.factor(arm) for arm in made.arms}
            assert worth["blend"] >= max(worth["sidt"], worth["average"]) - 1e-12
            assert worth["shrunk"] >= max(worth["blend"], worth["thick"]) - 1e-12
            assert worth["oracle"] >= worth["shrunk"]
    assert MoodOrLearning(sigma=0.0).factor("sidt") == pytest.approx(MoodOrLearning().factor("oracle"))
    assert MoodOrLearning(gamma=0.0).factor("blend") == pytest.approx(MoodOrLearning(gamma=0.0).factor("average"))


def test_learning_or_manipulation() -> None:
    """The same reports: if the change is endorsed the last word beats the average, if disowned it does not."""
    learned, pushed = MoodOrLearning(gamma=1.5), MoodOrLearning(gamma=1.5, endorsed=0.0)
    one, other = (made.draw(Draws(2, "mood_or_learning", 0)) for made in (learned, pushed))
    assert np.array_equal(one.last, other.last)
    assert learned.factor("sidt") > learned.factor("average")
    assert pushed.factor("sidt") < pushed.factor("average")
    assert pushed.break_even_learning() is None
    assert pushed.break_even() > learned.break_even()


@pytest.mark.statistical
@pytest.mark.parametrize("lottery", ["each", "one"])
def test_one_ratio_for_every_market(lottery: str) -> None:
    """Where places are scarce welfare falls for all arms alike: ratios are those of the closed form."""
    made = MoodOrLearning(lottery=lottery, pupils=150, places=15, schools=10)
    found = played(made, 30)
    base = found["oracle", "endorsed"].mean() / made.factor("oracle")
    for arm in made.arms:
        here = found[arm, "endorsed"] - found["oracle", "endorsed"] * made.factor(arm) / made.factor("oracle")
        assert abs(here.mean()) < 4 * here.std() / np.sqrt(30) + 1e-12, arm
    assert base < {entry.arm: entry.value for entry in made.known()}["oracle"] / made.factor("oracle")
    for entry in made.known():
        head = found[entry.arm, "unrationed"]
        assert abs(head.mean() - entry.value) < 4 * head.std() / np.sqrt(30), entry.arm


@pytest.mark.statistical
@pytest.mark.parametrize(("gamma", "mean", "last"), [(0.5, 1.404, 1.237), (1.0, 1.631, 1.704), (2.0, 2.460, 3.018)])
def test_printed_numbers_in_the_market(gamma: float, mean: float, last: float) -> None:
    """300 pupils, 12 schools of 25, T = 4, sigma = 1, 20 draws: within 4 standard errors of both simulations."""
    found = played(MoodOrLearning(gamma=gamma), 12)
    for arm, said in (("average", mean), ("sidt", last)):
        spread = found[arm, "endorsed"].std(ddof=1)
        assert abs(found[arm, "endorsed"].mean() - said) < 4 * spread * np.sqrt(1 / 12 + 1 / 20), arm
    gap = (found["average", "endorsed"] - found["sidt", "endorsed"]).mean()
    assert (gap > 0) == (mean > last)
    worth = {arm: found[arm, "endorsed"].mean() for arm in ("sidt", "average", "shrunk")}
    assert worth["shrunk"] > max(worth["sidt"], worth["average"])


def test_room_for_all() -> None:
    """With a place for everybody in every school nobody is disappointed: the head of each list, and nothing blocks."""
    made = MoodOrLearning(pupils=40, places=40, schools=5)
    found = played(made, 3)
    for arm in made.arms:
        assert found[arm, "endorsed"] == pytest.approx(found[arm, "unrationed"])
    assert (found["oracle", "blocking_endorsed"] == 0).all()
    assert (found["sidt", "blocking_decision"] == 0).all()
    assert {entry.measure for entry in made.known()} == {"unrationed", "endorsed"}


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="reports"):
        MoodOrLearning(reports=1)
    with pytest.raises(InputError, match="endorsed"):
        MoodOrLearning(endorsed=1.1)
    one, other = (MoodOrLearning(s=s).draw(Draws(1, "mood_or_learning", 0)) for s in (0.1, 0.9))
    assert np.array_equal(one.noise, other.noise)
    assert np.array_equal(one.earlier, other.earlier)
    suite = {
        "schema": 1,
        "name": "moods",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 1, "arms": list(MoodOrLearning.arms)},
        "study": [
            {
                "scenario": "mood_or_learning",
                "fixed": {"pupils": 24, "places": 4, "schools": 6},
                "grid": {"s": [0.0, 2.0], "gamma": [0.5, 2.0]},
            }
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(MoodOrLearning.arms)
