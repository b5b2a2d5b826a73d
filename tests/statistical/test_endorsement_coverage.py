"""Coverage of the estimators' intervals in repeated samples, and what happens when an assumption fails.

Seeded. A count of covered intervals is held to the exact binomial law at 1e-4 on both sides.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from tests.statistical.coverage import holds
from thickecon.endorsement import FrameAugmentedChoice, GoldinReck, simulate_framed_choices

pytestmark = pytest.mark.statistical


def samples(shares: dict[str, float], n: int, runs: int, seed: int) -> list[pd.DataFrame]:
    gen = np.random.default_rng(seed)
    drawn = {framing: gen.binomial(n, share, size=runs) for framing, share in shares.items()}
    return [
        pd.DataFrame({"cell": "all", "framing": list(drawn), "n": n, "k": [drawn[f][r] for f in drawn]})
        for r in range(runs)
    ]


def test_quality_route_covers_when_quality_is_independent() -> None:
    """Half always choose it, a fifth never, 800 people an arm: q = .5 / .7; the delta method says .01605:
    c = .7, ((1 - .8) / c^2)^2 .25 / 800 + (.5 / c^2)^2 .16 / 800 = .01605^2."""
    truth, runs = 0.5 / 0.7, 500
    found = [GoldinReck().fit(data) for data in samples({"against": 0.5, "for": 0.8}, 800, runs, 1)]
    points = np.array([e.estimate for e in found])
    assert abs(points.mean() - truth) < 4.4 * 0.01605 / np.sqrt(runs) + 2e-4  # ratio bias is of order 1 / n
    assert points.std() == pytest.approx(0.01605, rel=4.4 / np.sqrt(2 * runs))
    covered = sum(low <= truth <= high for low, high in (e.interval(0.95) for e in found))
    assert holds(covered, runs, 0.95, slack=0.003)
    covered = sum(low <= truth <= high for low, high in (e.diagnostics["fieller_95"] for e in found))
    assert holds(covered, runs, 0.95, slack=0.003)


def test_bounds_cover_and_the_point_is_wrong_when_quality_is_not_independent() -> None:
    """50 % always choose it, 20 % never, and of the 30 % who are moved a tenth prefer it: the truth is .53. Bias of
    the point as people: (1 - c)(q - p) = .3 (.7143 - .1) = .1843."""
    truth, runs = 0.53, 200
    found = [GoldinReck().fit(data) for data in samples({"against": 0.5, "for": 0.8}, 800, runs, 2)]
    points = np.array([e.estimate for e in found])
    assert points.mean() - truth == pytest.approx(0.3 * (0.5 / 0.7 - 0.1), abs=4.4 * 0.01605 / np.sqrt(runs) + 2e-4)
    assert sum(low <= truth <= high for low, high in (e.interval(0.95) for e in found)) == 0
    assert all(low <= truth <= high for low, high in (e.bounds_interval(0.95) for e in found))  # well inside


def test_bounds_interval_covers_at_the_end_of_the_set() -> None:
    """The hard place: nobody who is moved prefers it, so the truth is the lower end. Imbens and Manski promise the
    level for the true value, wherever it lies; at an end far from the other it is met with equality."""
    truth, runs = 0.5, 500
    found = [GoldinReck().fit(data) for data in samples({"against": truth, "for": 0.8}, 800, runs, 3)]
    covered = sum(low <= truth <= high for low, high in (e.bounds_interval(0.95) for e in found))
    assert holds(covered, runs, 0.95, slack=0.004)  # .004: k is whole, so a level is met in steps


def test_neutral_route_covers_where_quality_is_not_independent() -> None:
    """The same people with a neutral arm: .53 of people, .1 of those who are moved."""
    runs, shares = 300, {"against": 0.5, "for": 0.8, "neutral": 0.53}
    for about, truth in (("people", 0.53), ("moved", 0.1)):
        found = [GoldinReck(about=about).fit(data) for data in samples(shares, 800, runs, 4)]  # type: ignore[arg-type]
        covered = sum(low <= truth <= high for low, high in (e.interval(0.95) for e in found))
        assert holds(covered, runs, 0.95, slack=0.006)


def test_site_errors_cover_when_sites_differ() -> None:
    """60 sites whose shares differ: clustered errors cover the mean site, binomial ones do not."""
    gen = np.random.default_rng(5)
    runs, sites, n = 200, 60, 100
    count = {"cells": 0, "binomial": 0}
    always = 0.5
    for _ in range(runs):
        shift = gen.uniform(-0.2, 0.2, size=sites)  # moves always- and never-choosers against one another
        table = pd.DataFrame(
            {
                "cell": np.repeat(np.arange(sites), 2),
                "framing": ["against", "for"] * sites,
                "n": n,
                "k": np.column_stack([gen.binomial(n, always + shift), gen.binomial(n, always + shift + 0.25)]).ravel(),
            }
        )
        for errors in count:
            low, high = GoldinReck(errors=errors).fit(table).interval(0.95)  # type: ignore[arg-type]
            count[errors] += low <= always / 0.75 <= high
    assert holds(count["cells"], runs, 0.95, slack=0.015)  # 60 clusters: a t law with 59 degrees, 94.5 % at 1.96
    assert count["binomial"] < binom.ppf(1e-4, runs, 0.9)


def test_framed_choice_wedges_cover_jointly() -> None:
    """A three-arm experiment with points: each wedge by its interval, all by the ellipsoid of the covariance."""
    from scipy.stats import chi2

    gen = np.random.default_rng(6)
    runs, inside, single = 150, 0, 0
    shift = np.array([20.0, 0.0, 8.0, 0.0])
    truth = pd.Series({"frame=for[0]": 20.0, "frame=for[2]": 8.0, "frame=against[0]": -20.0, "frame=against[2]": -8.0})
    for _ in range(runs):
        worth = gen.normal([10.0, 0.0, 5.0, -5.0], 25.0, size=(250, 4))
        data = simulate_framed_choices(worth, 15.0, shift, sets_per_agent=4, rng=gen)
        found = FrameAugmentedChoice(value="value").fit(data)
        assert found.covariance is not None
        gap = (found.estimate - truth)[list(found.names)].to_numpy()
        inside += gap @ np.linalg.solve(found.covariance.to_numpy(), gap) <= chi2.ppf(0.95, 4)
        single += abs(gap[0]) <= 1.959963984540054 * found.errors[0]
    assert holds(int(single), runs, 0.95, slack=0.01)
    assert holds(int(inside), runs, 0.95, slack=0.02)  # four sandwich variances from 250 clusters
