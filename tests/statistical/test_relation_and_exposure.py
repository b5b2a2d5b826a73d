"""Relations and exposure in repeated samples, and what happens when an assumption fails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.statistical.coverage import RUNS, covers, share_covered
from thickecon.endorsement import BernheimRangel, JunLeeBounds, PersuasionRate, SwapsIndex

pytestmark = pytest.mark.statistical

CELLS = [(z, t, y) for z in (0, 1) for t in (0, 1) for y in (0, 1)]


def population(weight: np.ndarray) -> np.ndarray:
    """(2, 4) chances of (t, y) in each arm for strata of exposure (never, complier, always) by response (never,
    persuadable, always, defier: does it only if *not* exposed)."""
    made = np.zeros((2, 4))
    for exposure in range(3):
        for response in range(weight.shape[1]):
            for z in (0, 1):
                t = int(exposure == 2 or (exposure == 1 and z == 1))
                y = int(response == 2 or (response == 1 and t == 1) or (response == 3 and t == 0))
                made[z, 2 * t + y] += weight[exposure, response]
    return made


WEIGHT = np.array([[0.15, 0.05, 0.1], [0.2, 0.2, 0.1], [0.08, 0.06, 0.06]])
TRUE_RATE = WEIGHT[:, 1].sum() / WEIGHT[:, :2].sum()
TRUE_LOCAL = WEIGHT[1, 1] / WEIGHT[1, :2].sum()


def samples(weight: np.ndarray, n: int, runs: int, seed: int) -> list[pd.DataFrame]:
    gen, chance = np.random.default_rng(seed), population(weight)
    drawn = np.stack([gen.multinomial(n, chance[z], size=runs) for z in (0, 1)], axis=1).reshape(runs, 8)
    frame = pd.DataFrame(CELLS, columns=["z", "t", "y"])
    return [frame.assign(n=row) for row in drawn]


def test_local_rate_covers_and_is_unbiased() -> None:
    found = [JunLeeBounds(about="compliers").fit(data) for data in samples(WEIGHT, 1500, RUNS, 1)]
    assert covers([e.interval(0.95) for e in found], TRUE_LOCAL)
    values = np.array([e.estimate for e in found])
    assert values.mean() == pytest.approx(TRUE_LOCAL, abs=5 * values.std() / np.sqrt(RUNS) + 0.003)


def test_bounds_cover_at_their_end() -> None:
    """Where no complier's answer decides, the truth is the lower end: only compliers can be persuaded."""
    weight = np.array([[0.2, 0.0, 0.1], [0.2, 0.2, 0.1], [0.1, 0.0, 0.1]])
    truth = 0.2 / 0.7
    found = [JunLeeBounds().fit(data) for data in samples(weight, 1500, RUNS, 2)]
    assert covers([e.bounds_interval(0.95) for e in found], truth)


def test_the_usual_rate_covers_what_it_is_and_not_the_rate_of_anybody() -> None:
    """(y1 - y0) / (e1 - e0) / (1 - y0) = P(complier, persuadable) / P(complier) / (1 - y0)."""
    chance = population(WEIGHT)
    y0 = chance[0, 1] + chance[0, 3]
    limit = WEIGHT[1, 1] / WEIGHT[1].sum() / (1 - y0)
    found = [PersuasionRate().fit(data) for data in samples(WEIGHT, 1500, RUNS, 3)]
    intervals = [e.interval(0.95) for e in found]
    assert covers(intervals, limit)
    assert share_covered(intervals, TRUE_LOCAL) < 0.9
    assert share_covered(intervals, TRUE_RATE) < 0.5


def test_people_whom_the_message_repels_break_the_bounds() -> None:
    """Exposed compliers of whom some do the opposite: the lower bound sinks below the truth, the upper one may too."""
    weight = np.array([[0.1, 0.05, 0.05, 0.0], [0.1, 0.2, 0.1, 0.2], [0.05, 0.05, 0.1, 0.0]])
    truth = weight[:, 1].sum() / weight[:, :2].sum()
    found = [JunLeeBounds(data="joint").fit(data) for data in samples(weight, 4000, 50, 4)]
    lows = np.array([e.bounds[0] for e in found])
    assert lows.mean() < truth - 0.3
    local = [JunLeeBounds(about="compliers").fit(data).estimate for data in samples(weight, 4000, 50, 5)]
    assert abs(np.mean(local) - weight[1, 1] / weight[1, :2].sum()) > 0.3


def test_swaps_order_is_found_by_noisy_choices_and_lost_to_a_common_push() -> None:
    """A logit is monotone in worth, so the minimiser is the true order; a frame that lifts the worst option of every
    menu it is in is followed."""
    gen = np.random.default_rng(6)
    menus = [[0, 1, 2, 3], [0, 1, 2], [1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1], [1, 2], [2, 3], [0, 2], [1, 3], [0, 3]]
    worth = np.array([1.5, 1.0, 0.5, 0.0])

    def fitted(pushed: float) -> list[tuple[int, ...]]:
        found = []
        for _ in range(60):
            rows = []
            for menu in menus:
                u = worth[menu] + pushed * (np.array(menu) == 3)
                p = np.exp(u) / np.exp(u).sum()
                for k, n in zip(menu, gen.multinomial(200, p), strict=True):
                    rows.append((0, 0, menu, [k], "-", float(n)))
            data = pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame", "weight"])
            found.append(SwapsIndex(draws=0).fit(data[data["weight"] > 0]).orders[0])
        return found

    assert sum(order == (0, 1, 2, 3) for order in fitted(0.0)) >= 55
    assert all(order[0] == 3 for order in fitted(2.5))


def test_bootstrap_error_of_the_swaps_index() -> None:
    """Two options, p = .7: the index is the share of the rarer choice, its error sqrt(p (1 - p) / n)."""
    gen = np.random.default_rng(7)
    truth, inside, errors = 0.3, [], []
    for k in range(RUNS):
        n = int(gen.binomial(300, 0.7))
        rows = [(0, 0, ["a", "b"], ["a"], "-", float(n)), (0, 1, ["a", "b"], ["b"], "-", float(300 - n))]
        data = pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame", "weight"])
        found = SwapsIndex(normalise=True, draws=100, rng=k).fit(data)
        inside.append(found.interval(0.95))
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.sqrt(0.21 / 300), rel=0.03)
    assert covers(inside, truth)


def test_size_of_the_quantile_relation() -> None:
    """An option chosen with chance exactly ``never`` in one of three frames passes for never chosen in at most 5 %."""
    gen = np.random.default_rng(8)
    passed = 0
    for _ in range(RUNS // 4):
        rows = []
        for frame, chance in (("a", 0.05), ("b", 0.0), ("c", 0.0)):
            k = int(gen.binomial(400, chance))
            rows += [(0, 0, ["x", "y"], ["y"], frame, float(k)), (0, 1, ["x", "y"], ["x"], frame, float(400 - k))]
        data = pd.DataFrame(rows, columns=["agent", "obs", "menu", "chosen", "frame", "weight"])
        found = BernheimRangel(never=0.05).fit(data[data["weight"] > 0]).relation
        assert found is not None
        passed += bool(found.strict[0, 0, 1])
    assert passed / (RUNS // 4) <= 0.05
