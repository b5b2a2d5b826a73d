"""L5: quadrature against two options by hand and against simulation, printed numbers, and where tiers lose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, poisson

from thickecon.errors import InputError
from thickecon.studies import Draws, Study, load
from thickecon.studies.scenarios.higher_goods_tiers import HigherGoodsTiers
from thickecon.studies.tiered_choice import TieredChoice


def played(
    made: HigherGoodsTiers, replicates: int, arms: tuple[str, ...] = (), root: int = 5
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


# ---- by hand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.3, 1.0, 4.0])
def test_two_options_traded(weight: float) -> None:
    """Two levels: half the time they tie; else the higher wins if w + t > t', by the normal law of t - t'."""
    law = TieredChoice(np.arange(2.0), np.full(2, 0.5), 1.0, 2)
    worth, right = law.traded(weight), norm.cdf(weight / np.sqrt(2))
    assert worth.top == pytest.approx(0.5 + 0.5 * right, abs=1e-9)
    assert worth.endorsed == pytest.approx(worth.top, abs=1e-9)
    assert worth.tier0 == pytest.approx(0.25 + 0.5 * right, abs=1e-9)
    apart = 2 * norm.pdf(weight / np.sqrt(2)) / np.sqrt(2)  # E max(t + w, t') less w times the chance of the first
    assert worth.tier1 == pytest.approx(0.5 / np.sqrt(np.pi) + 0.5 * apart, abs=1e-9)


@pytest.mark.parametrize(("s", "width"), [(0.4, 1.0), (1.5, 0.5)])
def test_two_options_in_bins(s: float, width: float) -> None:
    """One level, so that bins see noise only: in the same bin comfort decides, in two the lottery of the noise does."""
    law = TieredChoice(np.zeros(1), np.ones(1), 2.0, 2)
    edges = (np.arange(-60, 61) + 0.5) * width
    same = np.square(np.diff(norm.cdf(edges / s))).sum()
    worth = law.classed(law.binned(s, width))
    assert worth.tier1 == pytest.approx(2.0 * same / np.sqrt(np.pi), abs=1e-9)
    assert worth.endorsed == pytest.approx(same + (1 - same) / 2, abs=1e-9)
    assert worth.top == pytest.approx(1.0)


def test_likeliest_levels() -> None:
    """By comparing all levels, at random measures."""
    made = HigherGoodsTiers(setting="policies", below=2.5)
    law, rng = made.law, np.random.default_rng(0)
    measures = rng.uniform(-14, 3, 4000)
    for s in (0.2, 0.9, 2.0):
        score = np.log(law.chance) - (measures[:, None] - law.levels) ** 2 / (2 * s**2)
        assert np.array_equal(law.taken_for(measures, s), law.levels[score.argmax(axis=1)])
        joint = law.likeliest(s)
        assert joint.sum(axis=1) == pytest.approx(law.chance)
    assert law.chance[::-1] == pytest.approx(poisson.pmf(np.arange(len(law.chance)), 2.5))


# ---- by simulation ----------------------------------------------------------------------------------------


def simulated(made: HigherGoodsTiers, arm: str, n: int) -> dict[str, np.ndarray]:
    """n choices at once, in plain numpy."""
    rng, m = np.random.default_rng(6), made.options
    if made.setting == "levels":
        level, comfort = rng.integers(0, made.levels, (n, m)).astype(float), rng.standard_normal((n, m))
    else:
        level = -rng.poisson(made.below, (n, m)).astype(float)
        comfort = made.comfort * made.people * rng.standard_normal((n, m))
    seen = level + made.s * rng.standard_normal((n, m))
    if arm == "sidt":
        chosen = (made.weight * level + comfort).argmax(axis=1)
    else:
        first = {"oracle": level, "thick": np.rint(seen / made.width)}.get(arm, level)
        if arm == "shrunk":
            prior = np.full(made.levels, 1.0)
            first = np.clip(np.rint(seen), 0, made.levels - 1)
            if made.setting == "policies":
                counts = np.arange(40)
                prior = poisson.logpmf(counts, made.below)
                score = prior - (seen[..., None] + counts) ** 2 / (2 * made.s**2)
                first = -score.argmax(axis=-1).astype(float)
        chosen = np.where(first == first.max(axis=1, keepdims=True), comfort, -np.inf).argmax(axis=1)
    rows = np.arange(n)
    l0, c0 = level[rows, chosen][:, None], comfort[rows, chosen][:, None]
    no_better = (level < l0) | ((level == l0) & (comfort <= c0))
    return {
        "endorsed": (no_better.sum(axis=1) - 1) / (m - 1),
        "top": (level.max(axis=1) == l0[:, 0]).astype(float),
        "tier0": l0[:, 0],
        "tier1": c0[:, 0],
        "shortfall": level.max(axis=1) - l0[:, 0],
    }


@pytest.mark.statistical
@pytest.mark.parametrize(
    "knobs",
    [
        {"weight": 1.0, "s": 0.35},
        {"weight": 0.5, "levels": 5, "options": 4, "s": 0.8, "width": 0.6},
        {"setting": "policies", "s": 0.7, "options": 8},
        {"setting": "policies", "people": 2000, "s": 1.5, "width": 3.0, "options": 6, "below": 1.5},
    ],
)
def test_known_numbers(knobs: dict[str, float]) -> None:
    made = HigherGoodsTiers.make(knobs)
    n = 30_000
    runs = {arm: simulated(made, arm, n) for arm in ("sidt", "thick", "shrunk", "oracle")}
    for entry in made.known():
        if entry.arm in runs:
            here = runs[entry.arm][entry.measure]
            assert abs(here.mean() - entry.value) <= 4.5 * here.std() / np.sqrt(n) + 1e-9, entry


@pytest.mark.statistical
@pytest.mark.parametrize("knobs", [{"weight": 1.0, "s": 0.4}, {"setting": "policies", "s": 0.5, "people": 1000}])
def test_choices_as_played(knobs: dict[str, float]) -> None:
    made = HigherGoodsTiers.make({**knobs, "rounds": 8})
    found = played(made, 40)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4.5 * max(here.std(), 0.02) / np.sqrt(40) + 1e-9, entry
    for arm in made.arms:
        assert (found[arm, "endorsed"] <= found["oracle", "endorsed"]).all()
        assert (found[arm, "worst"] >= found[arm, "shortfall"]).all()
    assert (found["oracle", "endorsed"] == 1).all()
    assert (found["sidt", "revealed"] >= found["thick", "revealed"]).all()


# ---- printed numbers --------------------------------------------------------------------------------------


def test_printed_numbers_of_levels() -> None:
    """A weight of 3: at the top in 99.85 %, the same comfort. 1: 83 %. Both were simulated: 99.83 and 84.2 exactly."""
    heavy, light = HigherGoodsTiers(), HigherGoodsTiers(weight=1.0)
    assert heavy.worth("sidt").top == pytest.approx(0.9985, abs=4e-4)
    assert heavy.worth("sidt").tier1 == pytest.approx(heavy.worth("oracle").tier1, abs=0.01)
    assert light.worth("sidt").top == pytest.approx(0.83, abs=0.015)
    assert heavy.worth("oracle").tier1 == pytest.approx(1.286, abs=1e-3)
    assert HigherGoodsTiers(s=0.1).worth("thick").tier1 == pytest.approx(1.285, abs=2e-3)


@pytest.mark.statistical
@pytest.mark.parametrize(("s", "said"), [(0.01, None), (0.1, 1.285), (0.3, 0.988), (0.5, 0.697)])
def test_printed_numbers_of_bands(s: float, said: float | None) -> None:
    """Half a unit to each side of the best measure. Without it any error costs all comfort, .01 as much as .1."""
    made = HigherGoodsTiers(s=s, rounds=20)
    found = played(made, 40, ("band", "strict", "thick"))
    strict = found["strict", "tier1"]
    assert abs(strict.mean()) < 4 * strict.std() / np.sqrt(40)
    if said is not None:
        band = found["band", "tier1"]
        assert abs(band.mean() - said) < 4 * band.std() / np.sqrt(40)
        assert made.worth("thick").tier1 <= said + 2e-3  # bins have fixed edges, a band follows the best


def test_printed_numbers_of_policies() -> None:
    """Below the floor beyond need, with 20, 200, 2000 people: .02, 1.55, 2.92, simulated with mean 4 below."""
    for people, said, error in ((20, 0.02, 0.003), (200, 1.55, 0.03), (2000, 2.92, 0.03)):
        made = HigherGoodsTiers(setting="policies", people=people)
        assert {(e.arm, e.measure): e.value for e in made.known()}["sidt", "shortfall"] == pytest.approx(
            said, abs=error
        )
    growing = HigherGoodsTiers(setting="policies", people=2000, below=40.0)
    assert growing.law.best - growing.worth("sidt").tier0 == pytest.approx(9.1, abs=0.2)


def test_no_weight_survives_aggregation() -> None:
    """Ten times the weight does for ten times the people, not for a hundred times."""
    missed = [
        made.law.best - made.worth("sidt").tier0
        for made in (
            HigherGoodsTiers(setting="policies", people=people, weight=weight)
            for people, weight in ((20, 3.0), (200, 30.0), (2000, 30.0), (20_000, 30.0))
        )
    ]
    assert missed[0] == pytest.approx(missed[1])
    assert missed[1] < 0.05 < 1.0 < missed[2] < missed[3]


# ---- where it loses ---------------------------------------------------------------------------------------


def test_where_tiers_lose() -> None:
    heavy = HigherGoodsTiers(s=0.3)
    assert heavy.worth("thick").endorsed < heavy.worth("sidt").endorsed
    assert heavy.worth("thick").endorsed < heavy.worth("shrunk").endorsed
    light = HigherGoodsTiers(weight=1.0)
    assert light.worth("thick").endorsed > light.worth("sidt").endorsed
    for made in (light, HigherGoodsTiers(setting="policies")):
        at = made.break_even()
        assert at is not None
        below, above = (HigherGoodsTiers(**{**made.parameters, "s": at * k}).worth("thick") for k in (0.98, 1.02))
        assert below.endorsed > made.worth("sidt").endorsed > above.endorsed
    assert HigherGoodsTiers(width=8.0).break_even() == 0.0  # a bin that holds all levels


def test_edges() -> None:
    """Near an edge, one option in five of those that noise moves anywhere, and none that is measured exactly."""
    exact = played(HigherGoodsTiers(s=0.0), 5)
    assert (exact["thick", "near_edge"] == 0).all()
    for arm in ("thick", "strict", "band", "shrunk"):
        assert np.array_equal(exact[arm, "endorsed"], exact["oracle", "endorsed"])
    loose = played(HigherGoodsTiers(s=30.0, options=200), 5, ("thick",))
    assert loose["thick", "near_edge"].mean() == pytest.approx(0.2, abs=0.03)


def test_knobs_and_draws(tmp_path) -> None:
    with pytest.raises(InputError, match="setting"):
        HigherGoodsTiers(setting="both")
    with pytest.raises(InputError, match="levels"):
        TieredChoice(np.array([1.0, 0.0]), np.full(2, 0.5), 1.0, 2)
    with pytest.raises(InputError, match="add up"):
        TieredChoice(np.arange(2.0), np.ones(2), 1.0, 2)
    with pytest.raises(InputError, match="bins"):
        HigherGoodsTiers(s=100.0, width=0.01).worth("thick")
    one, other = (HigherGoodsTiers(s=s).draw(Draws(1, "higher_goods_tiers", 0)) for s in (0.1, 0.9))
    assert np.array_equal(one.level, other.level)
    assert np.array_equal(one.noise, other.noise)
    suite = {
        "schema": 1,
        "name": "tiers",
        "seed": 3,
        "defaults": {"replicates": 2, "block": 1, "arms": list(HigherGoodsTiers.arms)},
        "study": [
            {"scenario": "higher_goods_tiers", "grid": {"weight": [1.0, 3.0], "s": [0.0, 0.4]}},
            {"scenario": "higher_goods_tiers", "fixed": {"setting": "policies"}, "grid": {"people": [20, 2000]}},
        ],
    }
    Study(suite).run(tmp_path / "store")
    frame = load(tmp_path / "store").frame
    assert (frame["status"] == "ok").all()
    assert set(frame["arm"]) == set(HigherGoodsTiers.arms)
