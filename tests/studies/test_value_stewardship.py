"""A1: habits period by period, quadrature against simulation, printed numbers, and both baselines."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import exponnorm, norm

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.pushed_choice import PushedChoice
from thickecon.studies.scenarios.value_stewardship import ValueStewardship


def played(
    made: ValueStewardship, replicates: int, arms: tuple[str, ...] = (), root: int = 5
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


# ---- pushed choices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "strength"), [(2, 0.8), (5, 2.0), (10, 0.3), (4, -0.7)])
def test_choice_by_adaptive_quadrature(options: int, strength: float) -> None:
    """E v = E report - E push of the winner, with SciPy's law of a normal plus an exponential number."""
    a = abs(strength)
    law, sign = exponnorm(a), np.sign(strength)

    def value(y: float) -> float:  # E[v | report], the mirrored report where options are held back
        mean = y - 1 / a
        return float(y - (mean + np.exp(norm.logpdf(mean) - norm.logcdf(mean))))

    def density(x: float) -> float:
        below = law.cdf(x) if sign > 0 else law.sf(-x)
        return options * law.pdf(sign * x) * below ** (options - 1) * sign * value(sign * x)

    exact = sum(quad(density, *part, limit=200)[0] for part in ((-90, -8), (-8, 8), (8, 90)))
    assert PushedChoice(options, options, strength).chosen == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("strength", [0.2, 1.0, 5.0])
def test_missed_with_two_options(strength: float) -> None:
    """Missed iff the hooks differ by more than the values, the wrong way round: a Laplace number past |N(0, 2)|."""
    exact = quad(lambda gap: 2 * norm.pdf(gap, scale=np.sqrt(2)) * 0.5 * np.exp(-gap / strength), 0, 30)[0]
    assert PushedChoice(2, 2, strength).missed == pytest.approx(exact, abs=1e-6)


def test_missed_by_a_triple_sum() -> None:
    """Three options: values of one and of another, and the push, by Gauss and Legendre; no closed inner integral."""
    strength, (node, weight) = 0.9, np.polynomial.legendre.leggauss(120)
    x = 7 * node[:, None, None]
    push = strength * 12.5 * (node + 1)[None, :, None]
    u = (x + 9) / 2 * node + (
        x - 9
    ) / 2  # another option's value, up to x; then its push must be less than what is left
    less = -np.expm1(-(x + push - u) / strength)
    both = ((x + 9) / 2 * weight * norm.pdf(u) * less).sum(axis=-1)
    first = 3 * (7 * weight * norm.pdf(7 * node)) @ both**2 @ (12.5 * weight * np.exp(-12.5 * (node + 1)))
    assert PushedChoice(3, 3, strength).missed == pytest.approx(1 - first, abs=1e-6)


def test_bounds_of_pushed_choices() -> None:
    assert PushedChoice(5, 0, 3.0).chosen == PushedChoice(5, 5, 0.0).chosen == PushedChoice(5, 2, 3.0).best
    assert PushedChoice(5, 5, 2.0, "common").chosen == pytest.approx(PushedChoice(5, 5, 2.0).best)
    assert PushedChoice(10, 10, 400.0).chosen == pytest.approx(0.0, abs=0.03)
    assert PushedChoice(10, 10, 400.0).missed == pytest.approx(0.9, abs=0.01)
    for options, pushed in ((5, 6), (0, 0)):
        with pytest.raises(InputError, match="pushed"):
            PushedChoice(options, pushed, 1.0)
    with pytest.raises(InputError, match="missed"):
        PushedChoice(5, 4, 1.0).missed  # noqa: B018
    with pytest.raises(InputError, match="spread"):
        PushedChoice(5, 4, 1.0, spread=0.0)


# ---- printed numbers --------------------------------------------------------------------------------------


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("hook", "collapsed", "endorsed", "breaks"),
    [(0.03, 0.21, 1.456, None), (0.06, 0.42, 1.243, 0.70), (0.15, 0.70, 0.697, 1.97), (0.3, 0.81, 0.365, 3.92)],
)
def test_printed_numbers(hook: float, collapsed: float, endorsed: float, breaks: float | None) -> None:
    """Simulated with 2000 users, so known to .011 (shares) and .022 (means) at best; here they are exact."""
    known = {(e.arm, e.measure): e.value for e in ValueStewardship(hook=hook).known()}
    assert abs(known["sidt", "collapsed"] - collapsed) < 3 * np.sqrt(collapsed * (1 - collapsed) / 2000)
    assert abs(known["sidt", "endorsed"] - endorsed) < 3 * 0.022
    assert abs(known["oracle", "endorsed"] - 1.535) < 3 * 0.587 / np.sqrt(2000)  # sd of the largest of ten normals
    if breaks is not None:
        made = ValueStewardship(hook=hook)
        at = made.break_even()
        slack = 3 * 0.022 * at / known["sidt", "endorsed"]  # what the error of the mean does to the break-even
        assert abs(at - breaks) < slack + 0.01
        frames = ValueStewardship(hook=hook, frames=9)
        assert frames.break_even() == pytest.approx(3 * at)


def test_printed_numbers_of_overcorrection() -> None:
    """Habit taken away twice, hook .15: 1.233 from 2000 users."""
    made = ValueStewardship(hook=0.15, detect=2.0)
    known = {(e.arm, e.measure): e.value for e in made.known()}
    assert abs(known["corrected", "endorsed"] - 1.233) < 3 * 0.022
    right = ValueStewardship(hook=0.15, detect=1.0)
    assert {(e.arm, e.measure): e.value for e in right.known()}["corrected", "endorsed"] == known["oracle", "endorsed"]


@pytest.mark.statistical
def test_printed_numbers_of_the_greedy_recommender() -> None:
    """1.348 with 10 % exploration and no collapse to speak of: nine tenths of the best, less some straying."""
    for hook in (0.06, 0.15):
        found = played(ValueStewardship(hook=hook, explore=0.1), 10, ("informed", "oracle"))
        assert found["informed", "endorsed"].mean() == pytest.approx(1.348, abs=0.06)
        assert 0.87 < (found["informed", "endorsed"] / found["oracle", "endorsed"]).mean() < 0.91
        assert found["informed", "collapsed"].mean() < 0.05


# ---- habits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keep", "horizon"), [(0.9, 200), (0.5, 3), (0.0, 10), (0.99, 1)])
def test_reach_of_a_habit(keep: float, horizon: int) -> None:
    """The formula, and the pull period by period."""
    made = ValueStewardship(keep=keep, horizon=horizon)
    pull, seen = 0.0, []
    for _ in range(horizon):
        seen.append(pull)
        pull = keep * pull + 1.0
    assert made.reach == pytest.approx(np.mean(seen))
    assert made.reach == pytest.approx(1 / (1 - keep) * (1 - (1 - keep**horizon) / (horizon * (1 - keep))))


@pytest.mark.parametrize("hook", [0.05, 0.11, 0.3])
def test_lock_in(hook: float) -> None:
    """Two items, the worse shown for t periods and then the one engaged with more: who is kept, by trying every t."""
    made = ValueStewardship()
    for gap in (0.4, 1.0, 1.7):
        kept = None
        for t in range(200):
            pull = 0.0
            for _ in range(t):
                pull = 0.9 * pull + hook
            if pull > gap:
                kept = t
                break
        at = made.lock_in(gap, hook)
        assert (kept is None) == (hook / 0.1 <= gap) == np.isinf(at)
        if kept is not None:
            assert kept - 1 <= at <= kept
    assert ValueStewardship(keep=1.0).lock_in(2.0, 0.5) == 4.0


def test_campaigns_lock_in() -> None:
    """Made to show one item for a while, a greedy recommender keeps those whose gap is below the habit."""
    made = ValueStewardship(items=2, campaign=12, hook=0.2, users=500)
    draws = Draws(4, made.name, 0)
    world = made.draw(draws)
    rows = np.arange(500)
    gap = world.v.max(axis=1) - world.v[rows, world.campaign]
    hooks = 0.2 * world.hook[rows, world.campaign]
    kept = np.array([g > 0 and made.lock_in(g, h) < 12 for g, h in zip(gap, hooks, strict=True)])
    assert made.play(world, "informed", draws)["collapsed"] == pytest.approx(kept.mean())
    assert 0.05 < kept.mean() < 0.5


# ---- as played --------------------------------------------------------------------------------------------


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs", [{}, {"hook": 0.05, "s": 1.2, "frames": 4, "detect": 0.5}, {"items": 4, "keep": 0.5, "hook": 1.0}]
)
def test_known_numbers_as_played(knobs: dict[str, float]) -> None:
    made = ValueStewardship.make(knobs)
    found = played(made, 50)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(50) + 1e-12, entry
    for arm in made.arms:
        assert (found["sidt", "revealed"] >= found[arm, "revealed"] - 1e-9).all()
        assert (found["oracle", "endorsed"] >= found[arm, "endorsed"] - 1e-9).all()
        stay, flourish = (found[arm, f"participation_{self_}"] for self_ in ("decision", "endorsed"))
        assert found[arm, "captive"] == pytest.approx(stay - flourish)  # habits only ever add
    assert found["oracle", "influence_gain"] == pytest.approx(0.0)


def test_posterior_by_bayes() -> None:
    """E[v | engagement, evidence] by adding up over a grid of values."""
    made = ValueStewardship(hook=0.1, s=0.8)
    c = 0.1 * made.reach
    grid = np.linspace(-9, 9, 60_001)
    for engaged, told in ((0.3, 0.1), (4.0, 0.5), (-1.0, 1.5), (2.5, -2.0)):
        log = -0.5 * grid**2 - 0.5 * ((told - grid) / 0.8) ** 2 - (engaged - grid) / c
        mass = np.where(grid <= engaged, np.exp(log - log[grid <= engaged].max()), 0.0)
        guess = made._posterior(np.array(engaged), np.array(told))
        assert float(guess) == pytest.approx(float(mass @ grid / mass.sum()), abs=1e-3)


@pytest.mark.statistical
def test_shrunk_is_the_best_use_of_evidence() -> None:
    for hook, s in ((0.06, 1.0), (0.15, 2.0), (0.3, 0.3)):
        found = played(ValueStewardship(hook=hook, s=s), 12)
        for arm in ("sidt", "thick"):
            assert (found["shrunk", "endorsed"] - found[arm, "endorsed"]).mean() > 0
    wrong = played(ValueStewardship(s=2.0, misjudged=0.1), 12)
    right = played(ValueStewardship(s=2.0), 12)
    assert (right["shrunk", "endorsed"] - wrong["shrunk", "endorsed"]).mean() > 0.01


def test_both_baselines() -> None:
    """Against a greedy recommender thick loses at every error; a far-sighted one lets users' values collapse."""
    greedy = ValueStewardship(baseline="greedy", s=0.05)
    found = played(greedy, 5)
    assert found["sidt", "endorsed"] == pytest.approx(found["oracle", "endorsed"])
    assert (found["thick", "endorsed"] < found["sidt", "endorsed"]).all()
    assert greedy.break_even() == 0.0
    assert ValueStewardship(baseline="greedy", explore=0.1).break_even() is None
    far = played(ValueStewardship(s=0.5), 5)
    assert (far["thick", "endorsed"] > far["sidt", "endorsed"] + 0.3).all()
    assert (far["thick", "endorsed"] < far["informed", "endorsed"]).all()  # greed does without any evidence
    assert (far["sidt", "influence_gain"] > 1.0).all()  # engagement prospers
    assert far["sidt", "endorsed_hooked"].mean() < far["sidt", "endorsed_others"].mean()
    weak = ValueStewardship(hook=0.0, s=0.5)
    assert weak.break_even() == 0.0
    assert (played(weak, 3)["sidt", "endorsed"] == played(weak, 3)["oracle", "endorsed"]).all()
    strayed = played(ValueStewardship(hook=1.0, explore=0.1), 5)
    assert strayed["informed", "collapsed"].mean() > 0.15
    assert strayed["informed", "endorsed"].mean() < 0.85 * strayed["oracle", "endorsed"].mean()


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="keep"):
        ValueStewardship(keep=1.2)
    with pytest.raises(InputError, match="baseline"):
        ValueStewardship(baseline="lazy")
    one, other = (ValueStewardship(s=s).draw(Draws(1, "value_stewardship", 0)) for s in (0.1, 0.9))
    assert np.array_equal(one.v, other.v)
    assert np.array_equal(one.noise, other.noise)
    suite = {
        "schema": 1,
        "name": "stewardship",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 1, "arms": list(ValueStewardship.arms)},
        "study": [
            {
                "scenario": "value_stewardship",
                "fixed": {"users": 30, "horizon": 40},
                "grid": {"s": [0.0, 2.0], "baseline": ["far-sighted", "greedy"]},
            }
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(ValueStewardship.arms)
