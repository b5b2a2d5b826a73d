"""L4: inspection against grids and fixed points in closed form, printed losses, and who is misread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.norm_inspection import NormInspection

PLAIN = {"crowding": 0.0, "s": 0.0, "spread": 0.0}


def played(made: NormInspection, replicates: int, root: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(root, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


def lost(p: float, q: float, c: float, made: NormInspection, people: int = 2000) -> float:
    """Person by person: those with reasons left, then the others with gains on an even grid."""
    kept = q * max(0.0, 1 - c * p)
    gains = (np.arange(people) + 0.5) / people * made.temptation
    breaches = (1 - kept) * np.mean(gains > p * made.fine)
    return made.harm * breaches + made.cost * p * p / 2


def test_printed_losses() -> None:
    """q = .6, h = F = 1, G = 2, k = .6: .4417, oracle .3667, .3854 at q_hat = .3 and .9; q = .3, q_hat = .7: .6313."""
    made = NormInspection(**PLAIN)
    assert made.expected("sidt") == pytest.approx(0.4417, abs=5e-5)
    assert made.expected("oracle") == made.expected("thick") == pytest.approx(0.3667, abs=5e-5)
    for bias in (-0.3, 0.3):
        assert NormInspection(**PLAIN, bias=bias).expected("thick") == pytest.approx(0.3854, abs=5e-5)
    few = NormInspection(**PLAIN, q=0.3, bias=0.4)
    assert few.expected("thick") == pytest.approx(0.6313, abs=5e-5)
    assert few.expected("sidt") == pytest.approx(0.6167, abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(-1, 1))
def test_who_wins_without_crowding(q: float, bias: float) -> None:
    """Loss of SIDT less that of thick is (h F / G)^2 (q^2 - (q_hat - q)^2) / (2 k), q_hat within [0, 1]."""
    guess = min(max(q + bias, 0.0), 1.0)
    made = NormInspection(**PLAIN, q=q, bias=bias)
    gap = 0.25 * (q**2 - (guess - q) ** 2) / 1.2
    assert made.expected("sidt") - made.expected("thick") == pytest.approx(gap, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 1),
    st.floats(0, 3),
    st.floats(0, 3),
    st.floats(0, 4),
    st.floats(0.3, 4),
    st.floats(0.05, 3),
)
def test_best_inspection_by_listing(q, crowding, harm, fine, temptation, cost) -> None:
    """No p of 400 loses less, person by person (to the grid of people)."""
    made = NormInspection(q=q, crowding=crowding, harm=harm, fine=fine, temptation=temptation, cost=cost)
    p = float(made.best(np.array([q]), crowding)[0])
    assert 0 <= p <= 1
    grid = [lost(x, q, crowding, made) for x in np.linspace(0, 1, 401)]
    assert lost(p, q, crowding, made) <= min(grid) + 2e-3 * max(1.0, harm)
    assert float(made.loss(np.array([p]), np.array([q]))[0]) == pytest.approx(
        lost(p, q, crowding, made), abs=2e-3 * max(1, harm)
    )


@pytest.mark.parametrize("crowding", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_where_the_empirical_regulator_settles(crowding: float) -> None:
    """p = a (1 - q) / (1 - a q c), a = h F / (G k): it inspects because reasons went that went because it does."""
    made = NormInspection(**{**PLAIN, "crowding": crowding}, looks=400)
    a = 1 / 1.2
    p = float(made.inspection("informed", np.array([0.6]), np.zeros(1))[0])
    assert p == pytest.approx(a * 0.4 / (1 - a * 0.6 * crowding), rel=1e-6)
    best = float(made.inspection("oracle", np.array([0.6]), np.zeros(1))[0])
    assert p == pytest.approx(best, rel=1e-6) if crowding == 0 else p > best + 0.03
    one, many = (NormInspection(**{**PLAIN, "crowding": crowding}, looks=k).expected("informed") for k in (1, 400))
    assert many <= one + 1e-12


def test_crowding_is_the_main_row() -> None:
    """Without crowding out the empirical regulator is thick's equal, with it it falls behind; by hand at c = .2.

    Thick: p = (.2 - .12) / (.6 - .12) = 1/6, loss .42 x 11/12 + .3 / 36. Informed: p = (1/3) / .9 = 10/27.
    """
    no = NormInspection(crowding=0.0, s=0.3)
    assert no.expected("informed") == pytest.approx(no.expected("shrunk"), abs=1e-12)
    gaps = []
    for crowding in (0.1, 0.2, 0.3, 0.5, 1.0):
        made = NormInspection(**{**PLAIN, "crowding": crowding}, looks=400)
        gaps.append(made.expected("informed") - made.expected("thick"))
    assert (np.diff([0.0, *gaps]) > 0).all()
    made = NormInspection(**{**PLAIN, "crowding": 0.2}, looks=400)
    assert made.expected("thick") == pytest.approx(0.42 * 11 / 12 + 0.3 / 36)
    p = 10 / 27
    assert made.expected("informed") == pytest.approx((0.4 + 0.12 * p) * (1 - p / 2) + 0.3 * p * p)


def test_fines_backfire() -> None:
    """Full crowding out: SIDT inspects 5 of 6 and fewer comply than with no inspection at all (.475 against .6)."""
    found = played(NormInspection(**{**PLAIN, "crowding": 1.0}), 1)
    assert found["sidt", "inspection"][0] == pytest.approx(5 / 6)
    assert found["sidt", "compliance"][0] == pytest.approx(1 - 0.9 * 7 / 12)
    assert found["thick", "inspection"][0] == 0
    assert found["thick", "compliance"][0] == pytest.approx(0.6)


@pytest.mark.parametrize("knobs", [{}, {"crowding": 0.0, "q": 0.3, "s": 0.4}, {"q": 0.1, "spread": 0.3, "looks": 2}])
def test_means_by_listing(knobs: dict[str, float]) -> None:
    """60 shares times 4000 errors in even quantiles, against the quadrature: to 1e-3."""
    made = NormInspection.make(knobs)
    q = np.clip(made.q + made.spread * (2 * (np.arange(60) + 0.5) / 60 - 1), 0, 1)
    z = norm.ppf((np.arange(4000) + 0.5) / 4000)
    grid = np.repeat(q, 4000), np.tile(z, 60)
    for arm in made.arms:
        mean = made.loss(made.inspection(arm, *grid), grid[0]).mean()
        assert made.expected(arm) == pytest.approx(mean, abs=1e-3), arm


@pytest.mark.statistical
def test_communities_agree() -> None:
    """4000 communities within four standard errors; what is reported adds up."""
    made = NormInspection()
    found = played(made, 200)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)), entry
    for arm in made.arms:
        assert found[arm, "loss"] == pytest.approx(found[arm, "harm"] + found[arm, "inspection_cost"])
        breakers = found[arm, "welfare"] + found[arm, "loss"] - found[arm, "fines"]
        assert found[arm, "breakers"] == pytest.approx(breakers)


def test_shrunk_does_not_lose_where_its_model_is_right() -> None:
    """No crowding out, so the loss is quadratic in the guess: the best linear one beats face value and no guess."""
    for s in (0.1, 0.3, 1.0):
        made = NormInspection(crowding=0.0, q=0.3, s=s)
        assert made.expected("shrunk") <= min(made.expected("thick"), made.expected("sidt")) + 1e-9
    assert NormInspection(spread=0.0).expected("shrunk") == pytest.approx(NormInspection(spread=0.0).expected("oracle"))


@pytest.mark.parametrize(("q", "s"), [(0.5, 0.1), (0.1, 0.2), (0.9, 0.3)])
def test_least_regret_without_crowding_is_best_for_the_middle_of_the_interval(q: float, s: float) -> None:
    """Loss above the least is (h F / G)^2 (q_hat - q)^2 / (2 k), so its largest value over [a, b] is least for
    q_hat = (a + b) / 2."""
    made = NormInspection(**{**PLAIN, "s": s})
    low, high = np.clip([q - 1.959964 * s, q + 1.959964 * s], 0.0, 1.0)
    found = made.inspection("regret", np.array([q]), np.zeros(1))
    assert found == pytest.approx(made.best(np.array([(low + high) / 2]), 0.0), abs=2e-4)


@pytest.mark.parametrize("crowding", [0.3, 0.9, 2.5])
def test_least_regret_by_listing(crowding: float) -> None:
    """All inspections and shares of a fine grid."""
    made = NormInspection(crowding=crowding, s=0.15)
    p = np.linspace(0, 1, 1001)[:, None]
    shares = np.linspace(0.6 - 0.29399, 0.6 + 0.29399, 201)
    losses = made.loss(p, shares)
    worst = (losses - losses.min(axis=0)).max(axis=1)
    found = made.inspection("regret", np.array([0.6]), np.zeros(1))
    regret = (made.loss(found[:, None], shares) - losses.min(axis=0)).max()
    assert worst.min() - 1e-4 <= regret <= worst.min() + 1e-9  # the list's steps are coarser


def test_break_even() -> None:
    """q = .3: where E (q_hat - q)^2 = q^2, by listing; q = .6: never, as q_hat in [0, 1] misses by .6 at most."""
    made = NormInspection(**PLAIN, q=0.3)
    s = made.break_even()
    assert s is not None
    z = norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert np.mean((np.clip(0.3 + s * z, 0, 1) - 0.3) ** 2) == pytest.approx(0.09, rel=1e-3)
    assert NormInspection(**PLAIN).break_even() is None


def test_believing_too_much_in_crowding_costs() -> None:
    """Thick that thinks fines drive reasons out where they do not inspects too little."""
    made = NormInspection(**PLAIN, crowding_bias=0.5)
    assert made.expected("thick") > made.expected("informed") + 0.01
    assert NormInspection(**PLAIN, crowding_bias=-1.0).expected("thick") == pytest.approx(made.expected("oracle"))


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="q"):
        NormInspection(q=1.2)
    one, other = (NormInspection(s=s).draw(Draws(1, "norm_inspection", 0)) for s in (0.1, 0.9))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert NormInspection(fine=0.0).expected("thick") == pytest.approx(NormInspection(fine=0.0).expected("sidt"))
    suite = {
        "schema": 1,
        "name": "norms",
        "seed": 3,
        "defaults": {"replicates": 4, "block": 2},
        "study": [{"scenario": "norm_inspection", "grid": {"s": [0.0, 0.3], "crowding": [0.0, 0.5]}}],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(NormInspection.arms)
