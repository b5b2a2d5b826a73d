"""L6: selection with few motives by simulation, best linear guesses by regression, and printed numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.burden import Burden


def played(
    made: Burden, replicates: int, arms: tuple[str, ...] = (), root: int = 5
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


def near(values: np.ndarray, expected: float) -> bool:
    """Within four standard errors."""
    return bool(abs(values.mean() - expected) <= 4 * values.std(ddof=1) / np.sqrt(len(values)) + 1e-12)


# ---- closed forms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "said"), [(10, 0.385), (40, 0.852), (100, 1.200)])
def test_printed_break_evens(options: int, said: float) -> None:
    """C = 5, B = 20, sigma = 1: (1 + k^2) / sqrt(1 + k^2 + m / 20) = 1 / sqrt(1.25), by the roots of a quadratic."""
    made = Burden(options=options)
    assert made.break_even_misfit() == pytest.approx(said, abs=1e-3)
    # x = 1 + k^2: 1.25 x^2 - x - m / 20 = 0
    root = max(np.roots([1.25, -1.0, -options / 20]))
    assert made.break_even_misfit() == pytest.approx(np.sqrt(root - 1), abs=1e-9)
    many = Burden(options=20 * options, motives=100, effort=400.0)  # the same errors of answers
    assert many.break_even_misfit() == pytest.approx(said, abs=1e-3)
    few, more = made.break_even_misfit(exact=True), many.break_even_misfit(exact=True)
    assert few < 0.99 * said
    assert more == pytest.approx(said, rel=0.01)


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"motives": 1, "options": 7, "kappa": 0.0, "tau": 0.8},
        {"motives": 2, "kappa": 1.5, "effort": 4.0, "options": 15},
    ],
)
def test_worth_of_the_best_score(knobs: dict[str, float]) -> None:
    """People one by one, each with options of their own: the mean of 40,000 against the quadrature."""
    made, rng, n = Burden.make(knobs), np.random.default_rng(4), 40_000
    m, c = made.options, made.motives
    a, w = rng.standard_normal((n, m, c)), rng.standard_normal((n, c, 1))
    v = (a @ w)[:, :, 0] / np.sqrt(c) + made.kappa * rng.standard_normal((n, m))
    rating_sd, weight_sd = (made.sigma * np.sqrt(k / made.effort) for k in (m, c))
    ratings = v + np.hypot(made.tau, rating_sd) * rng.standard_normal((n, m))
    told = (a @ (w + weight_sd * rng.standard_normal(w.shape)))[:, :, 0]
    known = {entry.arm: entry.value for entry in made.known()}
    for arm, score in (("sidt", ratings), ("thick", told), ("oracle", v)):
        assert near(v[np.arange(n), score.argmax(axis=1)], known[arm]), arm


@pytest.mark.statistical
def test_known_numbers_as_played() -> None:
    made = Burden(agents=100, seats=100, options=16, kappa=0.8)
    found = played(made, 40)
    assert {entry.measure for entry in made.known()} == {"unrationed", "endorsed"}
    for entry in made.known():
        assert near(found[entry.arm, entry.measure], entry.value), entry
    assert made.break_even() == pytest.approx(made.break_even_misfit(exact=True))
    at = Burden(**{**made.parameters, "kappa": made.break_even()})
    worth = {entry.arm: entry.value for entry in at.known()}
    assert worth["sidt"] == pytest.approx(worth["thick"])
    assert Burden().break_even() is None


def test_exact_answers() -> None:
    """Without errors ratings say all, weights all but the residual."""
    made = Burden(sigma=0.0, agents=40, options=20, seats=2)
    found = played(made, 3)
    for arm in ("sidt", "informed"):
        assert found[arm, "endorsed"] == pytest.approx(found["oracle", "endorsed"])
    assert (found["thick", "endorsed"] < found["oracle", "endorsed"]).all()
    form = played(Burden(sigma=0.0, kappa=0.0, agents=40, options=20, seats=2), 3)
    for arm in Burden.arms:
        assert form[arm, "endorsed"] == pytest.approx(form["oracle", "endorsed"])
    assert Burden(kappa=0.0, sigma=0.0).break_even_misfit() == 0.0


# ---- best guesses and allocations -------------------------------------------------------------------------


@pytest.mark.statistical
@pytest.mark.parametrize("split", [0.0, 0.35, 1.0])
def test_guesses_by_regression(split: float) -> None:
    """With the attributes of one market, the best linear guess is what least squares finds in 200,000 people."""
    made = Burden(agents=200_000, options=6, motives=2, kappa=0.7, tau=0.4, split=split, effort=5.0)
    world = made.draw(Draws(2, "burden", 0))
    v, d = made.values(world)
    told = []
    if split > 0:
        told.append(world.weights + np.sqrt(2 / (split * 5)) * world.weight_noise)
    if split < 1:
        told.append(d + np.sqrt(6 / ((1 - split) * 5)) * world.rating_noise)
    answers = np.concatenate(told, axis=1)
    fitted = answers @ np.linalg.lstsq(answers, v, rcond=None)[0]
    guess = made._guess(world, d, split)
    assert np.abs(guess - fitted).max() < 0.08
    assert np.square(guess - v).mean() == pytest.approx(np.square(fitted - v).mean(), rel=1e-3)


def test_ends_of_the_split() -> None:
    """All effort on weights ranks as thick does; none is conjoint analysis."""
    common = {"agents": 60, "seats": 60, "options": 15}
    found = played(Burden(split=1.0, **common), 4)
    assert found["shrunk", "unrationed"] == pytest.approx(found["thick", "unrationed"])
    assert (found["shrunk", "answers"] == 5).all()
    found = played(Burden(split=0.0, tau=0.5, **common), 4)
    for name in ("endorsed", "revenue", "answers"):
        assert found["shrunk", name] == pytest.approx(found["informed", name])


def test_the_best_assignment() -> None:
    """Units go to the largest sum of scores, by SciPy's assignment on copies of options; nobody is served below 0."""
    made = Burden(agents=12, options=4, seats=2)
    draws = Draws(3, "burden", 1)
    world = made.draw(draws)
    v, d = made.values(world)
    ratings = d + np.sqrt(4 / 20) * world.rating_noise
    told = (world.weights + np.sqrt(5 / 20) * world.weight_noise) @ world.attributes.T / np.sqrt(5)
    for arm, score in (("sidt", ratings), ("thick", told), ("oracle", v)):
        copies = np.repeat(np.maximum(score, 0.0), 2, axis=1)
        who, what = linear_sum_assignment(copies, maximize=True)
        gets = {i: j // 2 for i, j in zip(who, what, strict=True) if score[i, j // 2] > 0}
        played_ = made.play(world, arm, draws)
        assert played_["endorsed"] == pytest.approx(sum(v[i, j] for i, j in gets.items()) / 12)
        assert played_["served"] == pytest.approx(len(gets) / 12)
    assert made.play(world, "oracle", draws)["participation_endorsed"] == 1.0


# ---- printed numbers and signs ----------------------------------------------------------------------------


@pytest.mark.statistical
@pytest.mark.parametrize(("kappa", "thick", "sidt"), [(0.5, 1.71, 0.91), (3.0, 1.66, 5.78)])
def test_printed_numbers(kappa: float, thick: float, sidt: float) -> None:
    """200 people, 200 options of one unit, B = 20: spreads over markets are .1 and less, printed without an error."""
    found = played(Burden(options=200, seats=1, kappa=kappa), 10, ("sidt", "thick"))
    for arm, said in (("thick", thick), ("sidt", sidt)):
        here = found[arm, "endorsed"]
        assert abs(here.mean() - said) < 4 * here.std(ddof=1) / np.sqrt(10), arm


@pytest.mark.statistical
def test_where_it_wins_and_where_it_loses() -> None:
    found = played(Burden(), 25)
    gap = found["informed", "endorsed"] - found["thick", "endorsed"]
    assert (found["thick", "endorsed"] - found["sidt", "endorsed"]).mean() > 0.15
    assert gap.mean() > 4 * gap.std() / 5  # evidence, not thickness
    assert (found["thick", "answers"] == 5).all()
    assert (found["sidt", "answers"] == 40).all()
    unusual = played(Burden(kappa=1.2), 10)
    assert (unusual["thick", "endorsed"] < unusual["sidt", "endorsed"]).all()
    few = played(Burden(options=8, seats=25), 10)
    assert (few["thick", "endorsed"] - few["sidt", "endorsed"]).mean() < 0
    pulled = played(Burden(tau=2.0), 10)  # ratings are bent, answers about weights are not
    assert (pulled["thick", "endorsed"] > pulled["informed", "endorsed"]).all()
    assert (pulled["shrunk", "endorsed"] > pulled["informed", "endorsed"]).all()
    assert pulled["sidt", "participation_decision"].mean() > pulled["sidt", "participation_endorsed"].mean() + 0.2


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="split"):
        Burden(split=1.5)
    with pytest.raises(InputError, match="effort"):
        Burden(effort=0.0)
    one, other = (Burden(kappa=k).draw(Draws(1, "burden", 0)) for k in (0.1, 0.9))
    assert np.array_equal(one.residual, other.residual)
    assert np.array_equal(one.weight_noise, other.weight_noise)
    suite = {
        "schema": 1,
        "name": "burden",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 1},
        "study": [
            {
                "scenario": "burden",
                "fixed": {"agents": 20, "seats": 4},
                "grid": {"kappa": [0.0, 2.0], "options": [8, 20]},
            }
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(Burden.arms)
