"""Each sampler is held to the law its docstring states, and each test is shown to reject a wrong law.

Seeds are fixed, so nothing here fails by chance. A right law must reach p > 1e-3; a planted wrong law near it
must fall below 1e-6 in the very same test.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import thickecon as te
from thickecon.errors import InputError, ProfileError, UnknownNameError
from thickecon.profiles import samplers

pytestmark = pytest.mark.statistical
HOLDS, FAILS = 1e-3, 1e-6


def fits(value: float) -> None:
    assert value > HOLDS, value


def rejected(value: float) -> None:
    assert value < FAILS, value


# ---- values -------------------------------------------------------------------------------------------------------


def test_uniform_is_uniform_and_independent():
    values = te.samplers.uniform(5000, 4, low=2.0, high=5.0, rng=1).revealed
    law = stats.uniform(2.0, 3.0)
    for column in values.T:
        fits(stats.kstest(column, law.cdf).pvalue)
        rejected(stats.kstest(column, stats.uniform(2.0, 3.3).cdf).pvalue)
    # independence over options and over successive agents: 16 cells, all equally likely
    for one, other in ((values[:, 0], values[:, 1]), (values[:-1:2, 2], values[1::2, 2])):
        cells = np.histogram2d(one, other, bins=4, range=[(2, 5), (2, 5)])[0].ravel()
        fits(stats.chisquare(cells).pvalue)
    dependent = np.histogram2d(values[:, 0], 0.8 * values[:, 0] + 0.2 * values[:, 1], bins=4)[0].ravel()
    rejected(stats.chisquare(dependent).pvalue)


def test_gaussian_margins_and_private_values():
    values = te.samplers.gaussian(4000, 3, mean=[0.0, 10.0, -5.0], sd=2.0, rng=2).revealed
    for column, mean in zip(values.T, (0.0, 10.0, -5.0), strict=True):
        fits(stats.kstest(column, stats.norm(mean, 2.0).cdf).pvalue)
        rejected(stats.kstest(column, stats.norm(mean, 2.4).cdf).pvalue)
        rejected(stats.kstest(column, stats.norm(mean + 0.3, 2.0).cdf).pvalue)


def correlation_p(one: np.ndarray, other: np.ndarray, rho: float) -> float:
    """Fisher's z test of corr = rho."""
    z = (np.arctanh(np.corrcoef(one, other)[0, 1]) - np.arctanh(rho)) * np.sqrt(len(one) - 3)
    return float(2 * stats.norm.sf(abs(z)))


def test_gaussian_agents_agree_by_the_stated_correlation():
    # options are independent draws, so two agents over many options show the correlation
    first, second = te.samplers.gaussian(2, 20_000, sd=3.0, correlation=0.6, rng=3).revealed
    fits(correlation_p(first, second, 0.6))
    rejected(correlation_p(first, second, 0.6**2))  # rho in place of sqrt(rho) in the mixture
    for agent in (first, second):
        fits(stats.kstest(agent, stats.norm(0, 3).cdf).pvalue)  # the common part does not inflate the variance
    fits(correlation_p(first[:-1], first[1:], 0.0))  # options are independent
    same = te.samplers.gaussian(3, 5, correlation=1.0, rng=3).revealed
    assert (same == same[0]).all()


def swaps(ranking: tuple[int, ...]) -> int:
    return sum(a > b for a, b in itertools.combinations(ranking, 2))


def mallows_p(profile: te.ThickProfile, phi: float, centre: list[int]) -> float:
    """Chi-square of the observed rankings against the law, by enumeration of all m! rankings."""
    m = len(centre)
    place = np.argsort(centre)
    lists = np.argsort(-profile.revealed, axis=1)
    code = {ranking: k for k, ranking in enumerate(itertools.permutations(range(m)))}
    seen = np.bincount([code[tuple(row)] for row in place[lists]], minlength=len(code))
    weight = np.array([phi ** swaps(ranking) for ranking in code])
    return float(stats.chisquare(seen, len(lists) * weight / weight.sum()).pvalue)


@pytest.mark.parametrize(("phi", "wrong"), [(0.3, 0.36), (0.7, 0.78), (1.0, 0.9)])
def test_mallows_has_the_exact_probabilities_of_all_24_rankings(phi, wrong):
    centre = [2, 0, 3, 1]
    profile = te.samplers.mallows(12_000, 4, phi=phi, centre=centre, rng=4)
    fits(mallows_p(profile, phi, centre))
    rejected(mallows_p(profile, wrong, centre))
    if phi < 1:
        rejected(mallows_p(profile, phi, [2, 3, 0, 1]))  # another centre
        rejected(mallows_p(profile, 1 / phi, centre))


def test_mallows_distance_at_a_size_that_cannot_be_enumerated():
    m, n, phi = 30, 4000, 0.8
    lists = np.argsort(-te.samplers.mallows(n, m, phi=phi, rng=5).revealed, axis=1)
    first, second = np.triu_indices(m, 1)
    observed = (lists[:, first] > lists[:, second]).sum(axis=1)
    # swaps are a sum of independent truncated geometric variables (Fligner, Verducci 1986): mean and variance
    parts = [
        stats.rv_discrete(values=(np.arange(j + 1), phi ** np.arange(j + 1) / (phi ** np.arange(j + 1)).sum()))
        for j in range(m)
    ]
    mean, variance = sum(part.mean() for part in parts), sum(part.var() for part in parts)
    assert samplers.expected_swaps(m, phi) == pytest.approx(mean, rel=1e-12)
    fits(2 * stats.norm.sf(abs(observed.mean() - mean) / np.sqrt(variance / n)))
    fits(2 * stats.norm.sf(abs(observed.var(ddof=1) / variance - 1) / np.sqrt(2 / n)))
    rejected(2 * stats.norm.sf(abs(observed.mean() - samplers.expected_swaps(m, 0.81)) / np.sqrt(variance / n)))


@pytest.mark.parametrize("m", [3, 10, 100])
def test_the_relative_dispersion_is_the_share_of_the_swaps_of_impartial_culture(m):
    n, share = 1500, 0.4
    lists = np.argsort(-te.samplers.mallows(n, m, phi=share, relative=True, rng=6).revealed, axis=1)
    first, second = np.triu_indices(m, 1)
    relative = (lists[:, first] > lists[:, second]).mean(axis=1) * 2
    score = abs(relative.mean() - share) / (relative.std(ddof=1) / np.sqrt(n))
    fits(2 * stats.norm.sf(score))
    absolute = te.samplers.mallows(n, m, phi=share, rng=6)
    lists = np.argsort(-absolute.revealed, axis=1)
    plain = (lists[:, first] > lists[:, second]).mean(axis=1) * 2
    rejected(2 * stats.norm.sf(abs(plain.mean() - share) / (plain.std(ddof=1) / np.sqrt(n))))  # phi is not the share


def test_mallows_shapes():
    full = te.samplers.mallows(50, 6, phi=0.6, rng=7)
    short = te.samplers.mallows(50, 6, phi=0.6, length=2, rng=7)
    assert full.unit == "ordinal"
    assert (np.sort(full.revealed, axis=1) == np.arange(1, 7)).all()
    assert (np.isfinite(short.revealed).sum(axis=1) == 2).all()
    assert np.array_equal(np.argmax(full.revealed, axis=1), np.nanargmax(short.revealed, axis=1))
    lists = [[4, 1, 0, 3, 2, 5]]
    one = te.samplers.mallows(1, 6, phi=0.0, centre=lists[0], rng=0)
    assert np.array_equal(one.revealed, te.ThickProfile.from_rankings(lists).revealed)
    assert samplers.mallows_dispersion(1, 0.3) == 0.3
    assert samplers.mallows_dispersion(7, 1.0) == 1.0
    assert samplers.expected_swaps(7, 1.0) == pytest.approx(7 * 6 / 4)


def test_euclidean_distances():
    k = 1500
    # the diagonal pairs agent i with option i: k independent pairs of points
    line = -np.diag(te.samplers.euclidean(k, k, dimension=1, rng=8).revealed)
    fits(stats.kstest(line, lambda t: 1 - (1 - np.clip(t, 0, 1)) ** 2).pvalue)  # |U - U'|
    rejected(stats.kstest(line, stats.uniform(0, 1).cdf).pvalue)
    square = -np.diag(te.samplers.euclidean(k, k, dimension=2, rng=9).revealed)
    mean = (2 + np.sqrt(2) + 5 * np.arcsinh(1.0)) / 15  # mean distance in a unit square, .5214054...
    variance = 1 / 3 - mean**2  # E|a - b|**2 = d / 6
    fits(2 * stats.norm.sf(abs(square.mean() - mean) / np.sqrt(variance / k)))
    rejected(2 * stats.norm.sf(abs(square.mean() - 0.61) / np.sqrt(variance / k)))  # .61: distances of another shape
    normal = -np.diag(te.samplers.euclidean(k, k, dimension=3, points="normal", power=2, rng=10).revealed)
    fits(stats.kstest(normal / 2, stats.chi2(3).cdf).pvalue)
    rejected(stats.kstest(normal / 2, stats.chi2(2).cdf).pvalue)


# ---- influences ---------------------------------------------------------------------------------------------------


def base(n: int, m: int) -> te.ThickProfile:
    return te.samplers.uniform(n, m, rng=100)


def test_targeted_reach_is_binomial_and_lifts_are_normal():
    p = base(20_000, 5)
    q = te.samplers.targeted(p, 2.0, options=[3], reach=0.3, sd=0.5, rng=11)
    lift = q.contributions[1].reshape(20_000, 5)
    assert not lift[:, [0, 1, 2, 4]].any()
    hit = lift[:, 3][lift[:, 3] != 0]
    fits(stats.binomtest(len(hit), 20_000, 0.3).pvalue)
    rejected(stats.binomtest(len(hit), 20_000, 0.35).pvalue)
    fits(stats.kstest(hit, stats.norm(2.0, 0.5).cdf).pvalue)
    rejected(stats.kstest(hit, stats.norm(2.0, 0.6).cdf).pvalue)
    motive = q.motives[1]
    assert (motive.kind, motive.owner) == ("influence", "targeted.owner")


def test_targeted_reaches_agents_and_not_rows():
    """Who is reached is reached on every pushed option; between agents reach is independent (runs of a fair coin)."""
    q = te.samplers.targeted(base(20_000, 4), 1.0, options=[0, 2], reach=0.5, sd=0.1, rng=21)
    hit = q.contributions[1].reshape(20_000, 4) != 0
    assert np.array_equal(hit[:, 0], hit[:, 2])
    fits(correlation_p(hit[:-1, 0].astype(float), hit[1:, 0].astype(float), 0.0))
    lift = q.contributions[1].reshape(20_000, 4)[hit[:, 0]]
    fits(correlation_p(lift[:, 0], lift[:, 2], 0.0))  # the lifts themselves are independent over rows


def test_sparse_lifts_fall_on_rows_independently():
    """Hits of an agent on 20 options are binomial; a tenth of agents hit on all, the rest never, has the same mean."""
    n, m, density = 4000, 20, 0.1
    lift = te.samplers.sparse_heavy_tailed(base(n, m), 1.0, density=density, rng=22).contributions[1].reshape(n, m)
    counts = np.bincount((lift != 0).sum(axis=1), minlength=m + 1)

    def p(seen: np.ndarray) -> float:
        law = stats.binom(m, density).pmf(np.arange(m + 1)) * n
        observed, expected = (np.append(table[:7], table[7:].sum()) for table in (seen, law))
        return float(stats.chisquare(observed, expected).pvalue)

    fits(p(counts))
    clumped = np.zeros(m + 1)
    clumped[[0, m]] = n * (1 - density), n * density
    rejected(p(clumped))


def test_targeted_draws_options_without_replacement_and_evenly():
    p = base(1, 4)
    gen = np.random.default_rng(12)
    pushed = np.array(
        [te.samplers.targeted(p, 1.0, n_options=2, reach=1.0, rng=gen).wedge[0] != 0 for _ in range(1200)]
    )
    assert (pushed.sum(axis=1) == 2).all()
    pairs = [tuple(np.flatnonzero(row)) for row in pushed]
    counts = [pairs.count(pair) for pair in itertools.combinations(range(4), 2)]
    fits(stats.chisquare(counts).pvalue)


def test_broad_lifts_are_independent_normal():
    q = te.samplers.broad(base(3000, 3), 0.7, mean=0.2, rng=13)
    lift = q.contributions[1].reshape(3000, 3)
    fits(stats.kstest(lift.ravel(), stats.norm(0.2, 0.7).cdf).pvalue)
    rejected(stats.kstest(lift.ravel(), stats.norm(0.2, 0.8).cdf).pvalue)
    fits(correlation_p(lift[:, 0], lift[:, 1], 0.0))
    fits(correlation_p(lift[:-1, 2], lift[1:, 2], 0.0))


def test_a_common_shock_moves_agents_together_and_options_apart():
    q = te.samplers.common_shock(base(2, 20_000), 1.5, mean=0.5, correlation=0.7, rng=14)
    first, second = q.contributions[1].reshape(2, 20_000)
    for agent in (first, second):
        fits(stats.kstest(agent, stats.norm(0.5, 1.5).cdf).pvalue)
        rejected(stats.kstest(agent, stats.norm(0.5, 1.7).cdf).pvalue)
    fits(correlation_p(first, second, 0.7))
    rejected(correlation_p(first, second, 0.49))
    fits(correlation_p(first[1:], second[:-1], 0.0))


def test_a_common_shock_grows_with_n_where_a_broad_one_grows_with_its_root():
    # var of a mean over n agents: sd**2 (rho + (1 - rho) / n) against sd**2 / n
    n, m = 400, 3000
    p = base(n, m)
    common = te.samplers.common_shock(p, correlation=0.5, rng=15).contributions[1].reshape(n, m).mean(axis=0)
    wide = te.samplers.broad(p, rng=15).contributions[1].reshape(n, m).mean(axis=0)

    def variance_p(sample: np.ndarray, variance: float) -> float:
        tail = stats.chi2(m - 1).cdf((m - 1) * sample.var(ddof=1) / variance)
        return float(2 * min(tail, 1 - tail))

    fits(variance_p(common, 0.5 + 0.5 / n))
    fits(variance_p(wide, 1 / n))
    rejected(variance_p(common, 0.6 + 0.4 / n))


def test_sparse_heavy_tails_are_pareto():
    p = base(20_000, 5)
    lift = te.samplers.sparse_heavy_tailed(p, 2.0, density=0.04, tail=1.5, rng=16).contributions[1]
    hit = lift[lift != 0]
    fits(stats.binomtest(len(hit), lift.size, 0.04).pvalue)
    rejected(stats.binomtest(len(hit), lift.size, 0.045).pvalue)
    fits(stats.kstest(hit, stats.pareto(1.5, scale=2.0).cdf).pvalue)
    rejected(stats.kstest(hit, stats.pareto(1.7, scale=2.0).cdf).pvalue)
    rejected(stats.kstest(hit, stats.lomax(1.5, scale=2.0).cdf).pvalue)  # Pareto shifted to start at 0
    # Hill's estimator of the tail index: 1 / mean(log(x / least)) ~ N(tail, tail**2 / k)
    hill = 1 / np.log(hit / 2.0).mean()
    fits(2 * stats.norm.sf(abs(hill - 1.5) / (1.5 / np.sqrt(len(hit)))))
    signed = te.samplers.sparse_heavy_tailed(p, 2.0, density=0.04, two_sided=True, rng=16).contributions[1]
    assert np.array_equal(np.abs(signed), lift)
    states = []
    for two_sided in (False, True):
        gen = np.random.default_rng(16)
        te.samplers.sparse_heavy_tailed(p, density=0.5, two_sided=two_sided, rng=gen)
        states.append(gen.random())
    assert states[0] == states[1]  # what is drawn next does not depend on the setting
    fits(stats.binomtest(int((signed > 0).sum()), len(hit), 0.5).pvalue)


# ---- what all samplers share --------------------------------------------------------------------------------------

VALUES = {
    "uniform": lambda rng: te.samplers.uniform(5, 4, rng=rng),
    "gaussian": lambda rng: te.samplers.gaussian(5, 4, correlation=0.5, rng=rng),
    "mallows": lambda rng: te.samplers.mallows(5, 4, rng=rng),
    "euclidean": lambda rng: te.samplers.euclidean(5, 4, rng=rng),
}
INFLUENCES = {
    "targeted": te.samplers.targeted,
    "broad": te.samplers.broad,
    "common_shock": te.samplers.common_shock,
    "sparse_heavy_tailed": te.samplers.sparse_heavy_tailed,
}


@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_the_same_seed_gives_the_same_profile(make):
    assert make(3).equals(make(3))
    assert not make(3).equals(make(4))
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    make(None)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002 - nothing global is touched


@pytest.mark.parametrize("plant", INFLUENCES.values(), ids=INFLUENCES)
@pytest.mark.parametrize("endorsement", [0.0, 0.25, 1.0])
def test_an_influence_adds_its_lift_to_d_and_its_share_to_v(plant, endorsement):
    gaps = te.ThickProfile.from_arrays(
        np.where(np.arange(24).reshape(2, 1, 12) % 5 == 0, np.nan, np.arange(24.0).reshape(2, 1, 12)).repeat(2, axis=1),
        endorsement=[0.5, 1.0],
        outside=[[1.0, 0.0], [0.0, 2.0]],
    )
    q = plant(gaps, endorsement=endorsement, rng=17)
    lift = q.contributions[-1]
    assert q.motives[-1].kind == "influence"
    assert np.allclose(q.rows.revealed, gaps.rows.revealed + lift)
    assert np.allclose(q.rows.endorsed, gaps.rows.endorsed + endorsement * lift)
    assert np.array_equal(q.contributions[:-1], gaps.contributions)
    assert np.array_equal(q.outside_reading(q.endorsement), gaps.outside_reading(gaps.endorsement))
    assert plant(gaps, endorsement=endorsement, rng=17).equals(q)
    with pytest.raises(ProfileError, match="already there"):
        plant(q, rng=18)


@pytest.mark.parametrize(
    ("plant", "one", "other"),
    [
        (te.samplers.targeted, {"strength": 1.0, "reach": 0.3}, {"strength": 2.0, "reach": 0.3}),
        (te.samplers.broad, {"sd": 1.0}, {"sd": 2.0}),
        (te.samplers.common_shock, {"sd": 1.0}, {"sd": 2.0}),
        (te.samplers.sparse_heavy_tailed, {"scale": 1.0, "density": 0.5}, {"scale": 2.0, "density": 0.5}),
    ],
)
def test_settings_share_their_random_numbers(plant, one, other):
    p = base(40, 5)
    small, large = (plant(p, rng=19, **kw).contributions[1] for kw in (one, other))
    assert np.allclose(2 * small, large)
    assert small.any()


def test_planting_on_an_interval_endorsement_keeps_the_box():
    p = te.ThickProfile.from_arrays([[[1.0, 2.0]]], endorsement=0.5, endorsement_interval=(0.25, 0.75))
    q = te.samplers.broad(p, 1.0, endorsement=0.5, rng=20)
    lower, upper = q.endorsed_bounds()
    lift = q.contributions[1]
    assert np.allclose(lower, 0.25 * p.revealed + 0.5 * lift)
    assert np.allclose(upper, 0.75 * p.revealed + 0.5 * lift)


@pytest.mark.parametrize(
    ("call", "where"),
    [
        (lambda: te.samplers.uniform(0, 2), "n:"),
        (lambda: te.samplers.uniform(2, 2.5), "m:"),
        (lambda: te.samplers.uniform(2, 2, low=1, high=1), "low, high"),
        (lambda: te.samplers.gaussian(2, 2, sd=-1), "sd"),
        (lambda: te.samplers.gaussian(2, 2, correlation=1.5), "correlation"),
        (lambda: te.samplers.gaussian(2, 2, mean=[1, 2, 3]), "mean"),
        (lambda: te.samplers.gaussian(2, 2, mean=np.nan), "mean"),
        (lambda: te.samplers.mallows(2, 3, phi=1.1), "phi"),
        (lambda: te.samplers.mallows(2, 3, centre=[0, 1, 1]), "centre"),
        (lambda: te.samplers.mallows(2, 3, length=4), "length"),
        (lambda: te.samplers.euclidean(2, 2, power=0), "power"),
        (lambda: te.samplers.euclidean(2, 2, points="disc"), "points"),
        (lambda: te.samplers.euclidean(2, 2, agents_at=[[0, 0]]), "agents_at"),
        (lambda: te.samplers.euclidean(2, 2, rng=-1), "rng"),
        (lambda: te.samplers.targeted(base(2, 2), reach=2), "reach"),
        (lambda: te.samplers.targeted(base(2, 2), n_options=3), "n_options"),
        (lambda: te.samplers.broad(base(2, 2), "much"), "sd"),
        (lambda: te.samplers.broad(base(2, 2), endorsement=-0.1), "endorsement"),
        (lambda: te.samplers.common_shock(base(2, 2), mean=[1, 2, 3]), "mean"),
        (lambda: te.samplers.sparse_heavy_tailed(base(2, 2), tail=0), "tail"),
    ],
)
def test_bad_parameters_are_named(call, where):
    with pytest.raises(InputError, match=where):
        call()


def test_an_unknown_option_is_named():
    with pytest.raises(UnknownNameError, match="7"):
        te.samplers.targeted(base(2, 2), options=[7])
