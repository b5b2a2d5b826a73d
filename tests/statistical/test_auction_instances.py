"""Random auctions are held to the laws their docstrings state, and each test rejects a wrong law near it.

Seeds are fixed, so nothing here fails by chance. A right law must reach p > 1e-3, a planted wrong one must fall below
1e-6 in the very same test; means are held to closed forms within four standard errors.
"""

from __future__ import annotations

import time
from math import comb

import numpy as np
import pytest
from scipy import stats

import thickecon as te
from thickecon.auctions import instances
from thickecon.auctions.instances import Manufactured
from thickecon.auctions.instances.cats_regions import region_graph
from thickecon.errors import InputError, ProfileError, SizeError, UnknownNameError

pytestmark = pytest.mark.statistical
HOLDS, FAILS = 1e-3, 1e-6
NAMES = "ABCDEFGHIJKLMNOPQR"


def fits(value: float) -> None:
    assert value > HOLDS, value


def rejected(value: float) -> None:
    assert value < FAILS, value


def near(sample: np.ndarray, mean: float) -> None:
    assert abs(sample.mean() - mean) < 4 * sample.std(ddof=1) / np.sqrt(len(sample)), (sample.mean(), mean)


def correlation_p(one: np.ndarray, other: np.ndarray, rho: float) -> float:
    """Test of corr = rho by the mean of the product of standardised values, whatever their law."""
    product = (one - one.mean()) / one.std() * (other - other.mean()) / other.std()
    # the influence function of a correlation: x y - rho (x^2 + y^2) / 2
    x, y = (one - one.mean()) / one.std(), (other - other.mean()) / other.std()
    spread = (product - rho * (x**2 + y**2) / 2).std(ddof=1)
    return float(2 * stats.norm.sf(abs(product.mean() - rho) / (spread / np.sqrt(len(one)))))


# ---- local, local, global -------------------------------------------------------------------------------------------


def llg_values(draws: int, seed: int, **law: object) -> np.ndarray:
    gen = np.random.default_rng(seed)
    return np.array([instances.llg(rng=gen, **law).profile.rows.endorsed for _ in range(draws)])


def test_llg_without_correlation():
    values = llg_values(4000, 1)
    for column, top in zip(values.T, (1.0, 1.0, 2.0), strict=True):
        fits(stats.kstest(column, stats.uniform(0, top).cdf).pvalue)
        rejected(stats.kstest(column, stats.uniform(0, 1.15 * top).cdf).pvalue)
    cells = np.histogramdd(values, bins=3, range=[(0, 1), (0, 1), (0, 2)])[0].ravel()  # joint independence
    fits(stats.chisquare(cells).pvalue)
    # Clarke revenue with truthful bids, 7/12: case llg-bne-nearest-vcg of the auctions' cases
    one, two, both = values.T
    local = one + two > both
    revenue = np.where(local, np.maximum(both - two, 0) + np.maximum(both - one, 0), one + two)
    near(revenue, 7 / 12)


@pytest.mark.parametrize("tie", [0.3, 0.8])
def test_llg_bernoulli_weights(tie):
    one, two, both = llg_values(4000, 2, correlation=tie).T
    fits(stats.binomtest(int((one == two).sum()), 4000, tie).pvalue)
    rejected(stats.binomtest(int((one == two).sum()), 4000, tie + 0.05).pvalue)
    fits(correlation_p(one, two, tie))
    rejected(correlation_p(one, two, tie**2))
    fits(correlation_p(one, both, 0.0))
    for column in (one, two, both / 2):
        fits(stats.kstest(column, stats.uniform().cdf).pvalue)
    apart = one != two
    fits(correlation_p(one[apart], two[apart], 0.0))


@pytest.mark.parametrize("tie", [0.3, 0.8])
def test_llg_constant_weights(tie):
    one, two, _ = llg_values(4000, 3, correlation=tie, weights="constant").T
    w = np.sqrt(tie) / (np.sqrt(tie) + np.sqrt(1 - tie))
    assert w**2 / (w**2 + (1 - w) ** 2) == pytest.approx(tie)  # the correlation of w s + (1 - w) z
    fits(correlation_p(one, two, tie))
    rejected(correlation_p(one, two, w))
    trapezoid = stats.trapezoid(min(w, 1 - w), max(w, 1 - w))
    fits(stats.kstest(one, trapezoid.cdf).pvalue)
    rejected(stats.kstest(one, stats.uniform().cdf).pvalue)
    variance = (w**2 + (1 - w) ** 2) / 12
    near((one - 0.5) ** 2, variance)
    near(two, 0.5)


def test_llg_extremes_and_form():
    for weights in ("bernoulli", "constant"):
        one, two, _ = llg_values(50, 4, correlation=1.0, weights=weights).T
        assert np.array_equal(one, two)
        assert np.array_equal(llg_values(50, 4, correlation=0.0, weights=weights), llg_values(50, 4))
    bids = instances.llg(rng=0)
    assert bids.bundles.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert bids.language == "XOR"
    assert bids.profile.agents == ("local 1", "local 2", "global")
    assert bids.equals(instances.llg(rng=0))
    assert not bids.equals(instances.llg(rng=1))
    assert te.auctions.VCG().run(bids, rng=0).certified
    with pytest.raises(InputError, match="correlation"):
        instances.llg(correlation=1.2)
    with pytest.raises(InputError, match="bernoulli"):
        instances.llg(weights="normal")  # type: ignore[arg-type]


# ---- global synergy value model -------------------------------------------------------------------------------------


def table_of(bids: te.auctions.Bids) -> dict[str, dict[str, float]]:
    profile = bids.profile
    made: dict[str, dict[str, float]] = {str(agent): {} for agent in profile.agents}
    for agent, option, value in zip(profile.rows.agent, profile.rows.option, profile.rows.endorsed, strict=True):
        made[str(profile.agents[agent])][str(profile.options[option]).replace("+", "")] = float(value)
    return made


# who wants what, written out by hand from the model's statement
REGIONAL = ["ABCDMN", "CDEFNO", "EFGHOP", "GHIJPQ", "IJKLQR", "KLABRM"]
WANTED = {"national": "ABCDEFGHIJKL", **{f"regional {r}": text for r, text in enumerate(REGIONAL)}}


def top_of(bidder: str, item: str) -> float:
    if item in "MNOPQR":
        return 20.0
    return (20.0 if bidder == "national" else 40.0) if item in "EFGH" else (10.0 if bidder == "national" else 20.0)


def test_gsvm_bundles_caps_and_synergies():
    bids = instances.gsvm(rng=5)
    made = table_of(bids)
    assert {bidder: len(rows) for bidder, rows in made.items()} == {
        "national": 2**12 - 1,
        **{f"regional {r}": 6 + 15 + 20 + 15 for r in range(6)},
    }
    for bidder, rows in made.items():
        assert {item for bundle in rows for item in bundle} == set(WANTED[bidder])
        assert max(map(len, rows)) == (12 if bidder == "national" else 4)
        single = {item: rows[item] for item in WANTED[bidder]}
        for bundle, value in rows.items():
            expected = sum(single[item] for item in bundle) * (1 + 0.2 * (len(bundle) - 1))
            assert value == pytest.approx(expected, rel=1e-12)
    for name, row in zip(bids.profile.options, bids.bundles, strict=True):
        assert name == "+".join(NAMES[j] for j in np.flatnonzero(row))


def test_gsvm_single_values_are_uniform_and_independent():
    gen = np.random.default_rng(6)
    draws = [table_of(instances.gsvm(bids=None, rng=gen)) for _ in range(150)]
    shares = {
        (bidder, item): np.array([rows[bidder][item] for rows in draws]) / top_of(bidder, item)
        for bidder in WANTED
        for item in WANTED[bidder]
    }
    for kind in ("national", "regional"):
        for group in ("EFGH", "ABCDIJKL", "MNOPQR"):
            cells = [v for (bidder, item), v in shares.items() if bidder.startswith(kind) and item in group]
            if cells:
                sample = np.concatenate(cells)
                fits(stats.kstest(sample, stats.uniform().cdf).pvalue)
                rejected(stats.kstest(sample, stats.uniform(0, 1.25).cdf).pvalue)
    for one, other in (("A", "B"), ("E", "F")):
        fits(correlation_p(shares["national", one], shares["national", other], 0.0))
    fits(correlation_p(shares["national", "C"], shares["regional 0", "C"], 0.0))
    # all 12 to the national bidder: (4 x 10 + 8 x 5) x 3.2 = 256 in the mean
    near(np.array([rows["national"]["ABCDEFGHIJKL"] for rows in draws]), 256.0)


def test_gsvm_legacy_counts_unwanted_items_and_has_no_caps():
    seed = 7
    plain = table_of(instances.gsvm(rng=seed))
    made = table_of(instances.gsvm(legacy=True, bids=3000, rng=seed))
    for bidder, rows in made.items():
        assert len(rows) == 3000
        single = {item: plain[bidder][item] for item in WANTED[bidder]}  # the same seed draws the same single values
        for bundle, value in rows.items():
            here = [single[item] for item in bundle if item in single]
            assert here
            assert value == pytest.approx(sum(here) * (1 + 0.2 * (len(bundle) - 1)), rel=1e-12)
        sizes = np.array([len(bundle) for bundle in rows])
        assert sizes.max() > 12
        # uniform over bundles with at least one wanted item
        wanted = len(WANTED[bidder])
        law = np.array([comb(18, k) - comb(18 - wanted, k) for k in range(1, 19)], dtype=float)
        edges = [0, 6, 7, 8, 9, 10, 11, 18]
        seen = np.histogram(sizes - 1, bins=edges)[0]
        expected = np.add.reduceat(law, edges[:-1]) / law.sum() * 3000
        fits(stats.chisquare(seen, expected).pvalue)
    with pytest.raises(SizeError, match="bids=1000"):
        instances.gsvm(legacy=True)


def test_gsvm_draws_bundles_uniformly():
    gen = np.random.default_rng(8)
    sizes = []
    for _ in range(100):
        rows = table_of(instances.gsvm(bids=20, rng=gen))
        assert all(len(bundles) == 20 for bundles in rows.values())
        sizes += [len(bundle) for bidder, bundles in rows.items() if bidder != "national" for bundle in bundles]
    seen = np.bincount(sizes, minlength=5)[1:]
    fits(stats.chisquare(seen, np.array([6, 15, 20, 15]) / 56 * len(sizes)).pvalue)
    rejected(stats.chisquare(seen, np.full(4, len(sizes) / 4)).pvalue)
    assert te.auctions.VCG().run(instances.gsvm(bids=15, rng=0), rng=0).certified


# ---- regions --------------------------------------------------------------------------------------------------------


def test_region_graph_is_a_grid_with_holes_and_diagonals():
    gen, side, draws = np.random.default_rng(9), 8, 60
    grid = region_graph(side**2, remove=0, diagonal=0, rng=0)
    king = region_graph(side**2, remove=0, diagonal=1, rng=0)
    row, column = np.divmod(np.arange(side**2), side)
    away = np.abs(row[:, None] - row), np.abs(column[:, None] - column)
    assert np.array_equal(grid, away[0] + away[1] == 1)
    assert np.array_equal(king, np.maximum(*away) == 1)
    straight, crossed = 2 * side * (side - 1), 2 * (side - 1) ** 2
    drawn = [region_graph(side**2, rng=gen) for _ in range(draws)]
    assert all(np.array_equal(near_, near_.T) and not (near_ & ~king).any() for near_ in drawn)
    kept = sum(int((near_ & grid).sum()) // 2 for near_ in drawn)
    added = sum(int((near_ & ~grid).sum()) // 2 for near_ in drawn)
    for seen, trials, chance in ((kept, straight, 0.9), (added, crossed, 0.2)):
        fits(stats.binomtest(seen, trials * draws, chance).pvalue)
        rejected(stats.binomtest(seen, trials * draws, chance - 0.05).pvalue)
    assert region_graph(7, remove=0, diagonal=0).sum() == 2 * 8  # rows of 3, 3 and 1 goods: 2 + 2 across, 3 + 1 down


def first_bids(seed: int, auctions: int, goods: int, bidders: int, **law: float) -> list[tuple[tuple[int, ...], float]]:
    """First bundles (no substitutes) and values."""
    gen, found = np.random.default_rng(seed), []
    for _ in range(auctions):
        bids = instances.regions(goods, bidders=bidders, substitutes=0, rng=gen, **law)  # type: ignore[arg-type]
        assert bids.profile.n_agents == bidders == len(bids.profile.index)
        goods_of = [tuple(np.flatnonzero(row).tolist()) for row in bids.bundles]
        rows = bids.profile.rows
        found += [(goods_of[x], float(v)) for x, v in zip(rows.option, rows.endorsed, strict=True)]
    return found


def test_regions_common_values():
    """With private values of next to nothing a single good is worth c + 1, c ~ U[1, 100], the first good uniform."""
    found = first_bids(10, 600, 9, 1, grow=0.0, deviation=1e-9)
    fits(stats.kstest([value - 1 for _, value in found], stats.uniform(1, 99).cdf).pvalue)
    rejected(stats.kstest([value - 1 for _, value in found], stats.uniform(1, 80).cdf).pvalue)
    fits(stats.chisquare(np.bincount([goods[0] for goods, _ in found], minlength=9)).pvalue)


def test_regions_private_values():
    """One good: c + p + 1 with p ~ U[-50, 50], bidders drawn anew where that is not positive."""
    values = np.array([value for _, value in first_bids(11, 3000, 1, 1)])
    assert (values > 0).all()
    common = np.linspace(1, 100, 4001)

    def law(half: float):
        low, high = np.maximum(common + 1 - half, 0), common + 1 + half
        return np.vectorize(lambda v: np.clip((v - low) / (high - low), 0, 1).mean())

    fits(stats.kstest(values, law(50.0)).pvalue)
    rejected(stats.kstest(values, law(20.0)).pvalue)


def test_regions_the_first_good_is_drawn_in_proportion_to_the_shifted_private_value():
    """Two goods, private values only: the chosen q has density 2 q log((1 + q) / q), here given q > 1/2."""
    half = 1e9
    found = first_bids(12, 1, 2, 20_000, grow=0.0, deviation=half / 100)
    q = np.array([(value / half + 1) / 2 for _, value in found])
    # the antiderivative of 2 q log((1 + q) / q): q^2 log((1 + q) / q) + q - log(1 + q)
    whole = lambda t: t**2 * np.log((1 + t) / t) + t - np.log(1 + t)
    assert whole(1.0) == pytest.approx(1.0)
    fits(stats.kstest(q, lambda t: (whole(t) - whole(0.5)) / (1 - whole(0.5))).pvalue)
    rejected(stats.kstest(q, stats.uniform(0.5, 0.5).cdf).pvalue)  # either good alike
    rejected(stats.kstest(q, lambda t: (t**2 - 0.25) / 0.75).pvalue)  # many goods in place of two
    near(q, _mean_above_half(whole))


def _mean_above_half(whole) -> float:
    grid = np.linspace(0.5, 1, 20001)
    return float(1 - np.trapezoid((whole(grid) - whole(0.5)) / (1 - whole(0.5)), grid))


@pytest.mark.parametrize("grow", [0.9, 0.6])
def test_regions_sizes_are_geometric_and_values_add_up(grow):
    goods = 25
    found = first_bids(13, 40, goods, 50, grow=grow, deviation=1e-9)
    sizes = np.array([len(bundle) for bundle, _ in found])
    law = grow ** np.arange(goods) * np.append(np.full(goods - 1, 1 - grow), 1.0)
    edges = [0, 1, 2, 3, 5, 8, goods]

    def p(expected: np.ndarray) -> float:
        seen = np.histogram(sizes - 1, bins=edges)[0]
        return float(stats.chisquare(seen, np.add.reduceat(expected, edges[:-1]) * len(sizes)).pvalue)

    fits(p(law))
    off = grow - 0.07
    rejected(p(off ** np.arange(goods) * np.append(np.full(goods - 1, 1 - off), 1.0)))
    # within an auction v = sum of c + |S|**1.2: a linear system in c, far more equations than unknowns
    one = instances.regions(goods, bidders=120, substitutes=0, deviation=1e-12, rng=14)
    bundle = one.bundles[one.profile.rows.option]
    rest = one.profile.rows.endorsed - bundle.sum(axis=1) ** 1.2
    common, *_ = np.linalg.lstsq(bundle, rest, rcond=None)
    assert np.abs(bundle @ common - rest).max() < 1e-6
    assert common.min() >= 1 - 1e-6
    assert common.max() <= 100 + 1e-6


def connected(bundle: tuple[int, ...], graph: np.ndarray) -> bool:
    reached, waiting = {bundle[0]}, [bundle[0]]
    while waiting:
        for other in np.flatnonzero(graph[waiting.pop()]):
            if other in bundle and other not in reached:
                reached.add(int(other))
                waiting.append(int(other))
    return len(reached) == len(bundle)


def test_regions_grow_along_neighbours_and_jump_sometimes():
    side, jump = 6, 0.3
    graph = region_graph(side**2, remove=0, diagonal=0)
    law = {"remove": 0.0, "diagonal": 0.0, "deviation": 1e-9}
    still = first_bids(15, 5, side**2, 60, jump=0.0, **law)
    assert all(connected(bundle, graph) for bundle, _ in still)
    pairs = [b for b, _ in first_bids(16, 40, side**2, 60, jump=jump, grow=0.5, **law) if len(b) == 2]
    adjacent = sum(bool(graph[a, b]) for a, b in pairs)
    by_chance = graph.sum() / (side**2 * (side**2 - 1))
    fits(stats.binomtest(adjacent, len(pairs), 1 - jump + jump * by_chance).pvalue)
    rejected(stats.binomtest(adjacent, len(pairs), 1 - jump / 2 + jump / 2 * by_chance).pvalue)
    # without a neighbour left, a jump: every bundle of a graph without edges is reached
    lonely = first_bids(17, 3, 4, 30, remove=1.0, diagonal=0.0, jump=0.0)
    assert max(len(bundle) for bundle, _ in lonely) == 4


def by_bidder(bids: te.auctions.Bids) -> list[list[tuple[frozenset[int], float]]]:
    made: list[list[tuple[frozenset[int], float]]] = [[] for _ in range(bids.profile.n_agents)]
    goods = [frozenset(np.flatnonzero(row).tolist()) for row in bids.bundles]
    rows = bids.profile.rows
    for i, x, v in zip(rows.agent, rows.option, rows.endorsed, strict=True):
        made[i].append((goods[x], float(v)))
    return made


def test_regions_substitutes():
    bids = instances.regions(36, bidders=80, deviation=1e-12, rng=18)
    counts = []
    for mine in by_bidder(bids):
        counts.append(len(mine))
        assert len({bundle for bundle, _ in mine}) == len(mine) <= 6
        assert len({len(bundle) for bundle, _ in mine}) == 1
        size = len(mine[0][0])
        assert len(mine) <= 1 + size  # a substitute from each good of the first bundle
        assert any(  # one of them is the first: the others cost at most 1.5 times it and resell at half of it
            all(v <= 1.5 * first + 1e-9 for _, v in mine)
            and all(v - size**1.2 >= 0.5 * (first - size**1.2) - 1e-6 for _, v in mine)
            for _, first in mine
        )
    assert max(counts) == 6
    assert all(len(mine) == 1 for mine in by_bidder(instances.regions(36, bidders=40, budget=0.0, rng=19)))
    assert all(len(mine) == 1 for mine in by_bidder(instances.regions(36, bidders=40, resale=1e9, rng=19)))
    two = instances.regions(36, bidders=80, substitutes=2, rng=18)
    assert max(map(len, by_bidder(two))) == 3
    free = instances.regions(36, bidders=80, substitutes=2, budget=1e9, resale=0.0, rng=18)
    more = instances.regions(36, bidders=80, substitutes=99, budget=1e9, resale=0.0, rng=18)
    for few, many in zip(by_bidder(free)[:1], by_bidder(more)[:1], strict=True):  # the best of all, beside the first
        assert {v for _, v in few} <= {v for _, v in many}
        assert sum(v > min(w for _, w in few) for _, v in many) <= 2


def test_regions_at_scale():
    start, part = time.perf_counter(), Manufactured("agency", share=0.2, reach=0.5)
    bids = instances.regions(100, bids=1000, influence=part, rng=20)
    assert time.perf_counter() - start < 10  # .7 s when written
    profile = bids.profile
    assert (len(profile.index), bids.bundles.shape[1]) == (1000, 100)
    assert (profile.rows.endorsed >= 0).all()
    assert 150 <= profile.n_agents <= 400
    assert bids.equals(
        instances.regions(100, bids=1000, influence=Manufactured("agency", share=0.2, reach=0.5), rng=20)
    )
    shorter = instances.regions(100, bids=999, rng=20)  # the last list is cut, nothing else changes
    assert np.isin(shorter.profile.rows.endorsed, profile.rows.endorsed).all()
    small = instances.regions(12, bids=30, rng=21, influence=Manufactured("agency", share=0.2))
    assert te.auctions.VCG().run(small, rng=0).certified


@pytest.mark.parametrize(
    "law",
    [{}, {"bids": 3, "bidders": 3}, {"bids": 0}, {"bids": 3, "jump": 2}, {"bids": 3, "deviation": 0}],
)
def test_regions_bad_input(law):
    with pytest.raises(InputError):
        instances.regions(4, **law)


# ---- positions ------------------------------------------------------------------------------------------------------


def test_positions():
    auction = instances.position(4000, 4, clicks=200, decay=0.5, rng=22)
    assert auction.clicks == (200, 100, 50, 25)
    assert auction.quality is None
    fits(stats.kstest(auction.profile.rows.endorsed, stats.uniform().cdf).pvalue)
    for rank in (0.4, -0.7):
        auction = instances.position(6000, 2, values="lognormal", correlation=rank, rng=23)
        value, quality = auction.profile.rows.endorsed, np.array(auction.quality)
        fits(stats.kstest(np.log(value), stats.norm(0.35, 0.71).cdf).pvalue)
        rejected(stats.kstest(np.log(value), stats.norm(0.35, 0.85).cdf).pvalue)
        fits(stats.kstest(quality, stats.beta(2.71, 25.43).cdf).pvalue)
        rejected(stats.kstest(quality, stats.beta(3.2, 25.43).cdf).pvalue)
        ranks = stats.rankdata(value), stats.rankdata(quality)  # Spearman's is Pearson's of ranks
        fits(correlation_p(*ranks, rank))
        rejected(correlation_p(*ranks, rank - 0.15))
    near(value, float(np.exp(0.35 + 0.71**2 / 2)))
    few = instances.position(5, 3, values="lognormal", influence=Manufactured("agency", share=0.5, reach=0.5), rng=24)
    outcome = te.auctions.PositionVCG(clicks=few.clicks, quality=few.quality).run(few.profile, rng=0)
    assert outcome.certified
    with pytest.raises(InputError, match="decay"):
        instances.position(3, 3, decay=0.0)


# ---- mixtures -------------------------------------------------------------------------------------------------------


def test_mixture_kinds_and_contributions():
    n, m, sd = 5000, 3, 0.4
    shares, pulls = np.array([0.2, 0.5, 0.3]), np.array([[1.0, 4.0], [2.0, 1.0], [0.5, 3.0]])
    advert = te.Motive("feed", "influence", owner="platform")
    bids = instances.motive_mixture(
        n, m, shares=shares, pulls=pulls, sd=sd, kinds=("fan", "dealer", "guest"), motives=("use", advert),
        endorsement=[1.0, 0.25], rng=25,
    )  # fmt: skip
    profile = bids.profile
    kind = np.array([("fan", "dealer", "guest").index(str(label).split()[0]) for label in profile.agents])
    fits(stats.chisquare(np.bincount(kind), shares * n).pvalue)
    rejected(stats.chisquare(np.bincount(kind), np.array([0.25, 0.45, 0.3]) * n).pvalue)
    parts = profile.contributions.reshape(2, n, m)
    scores = np.exp(np.log(parts / pulls.T[:, kind, None]).mean(axis=1) + sd**2 / 2)  # estimated, (C, m)
    assert ((scores > 0) & (scores < 1.05)).all()
    for c in range(2):
        for x in range(m):
            logs = np.log(parts[c, :, x] / pulls[kind, c])
            centred = (logs - logs.mean()) / sd
            fits(stats.kstest(centred, stats.norm().cdf).pvalue)
            rejected(stats.kstest(centred, stats.norm(0, 1.2).cdf).pvalue)
    fits(correlation_p(np.log(parts[0, :, 0] / pulls[kind, 0]), np.log(parts[1, :, 0] / pulls[kind, 1]), 0.0))
    given = np.array([[0.5, 1.0, 0.2], [0.3, 0.1, 0.9]])
    known = instances.motive_mixture(n, m, shares=shares, pulls=pulls, scores=given, sd=sd, rng=26)
    for c in range(2):
        for x in range(m):  # the mean of the mixture, in closed form
            near(known.profile.contributions[c].reshape(n, m)[:, x], float(shares @ pulls[:, c] * given[c, x]))
    assert np.allclose(profile.rows.endorsed, (parts[0] + 0.25 * parts[1]).ravel())
    assert (profile.motives[1].owner, bids.language) == ("platform", "unit")


def test_mixture_scores_are_uniform():
    gen = np.random.default_rng(27)
    scores = [instances.motive_mixture(1, 2, rng=gen).profile.rows.endorsed for _ in range(1000)]
    for column in np.array(scores).T:
        fits(stats.kstest(column, stats.uniform().cdf).pvalue)
    fits(correlation_p(*np.array(scores).T, 0.0))


@pytest.mark.parametrize(
    "law",
    [
        {"shares": [0.5, 0.6], "pulls": [[1], [1]]},
        {"shares": [0.5, 0.5]},
        {"pulls": [1.0]},
        {"scores": [[1.0]]},
        {"kinds": ["a", "b"]},
        {"language": "XOR"},
        {"sd": -1},
    ],
)
def test_mixture_bad_input(law):
    with pytest.raises(InputError):
        instances.motive_mixture(3, 2, **law)


# ---- manufactured parts ---------------------------------------------------------------------------------------------

PART = Manufactured("agency", share=0.3, amount=0.5, endorsement=0.0, channel="feed")
LAWS = {
    "llg": lambda **more: instances.llg(rng=30, **more).profile,
    "gsvm": lambda **more: instances.gsvm(rng=30, **more).profile,
    "regions": lambda **more: instances.regions(16, bids=60, rng=30, **more).profile,
    "position": lambda **more: instances.position(8, 3, values="lognormal", rng=30, **more).profile,
    "mixture": lambda **more: (
        instances.motive_mixture(
            6, 4, shares=[0.5, 0.5], pulls=[[1, 2], [3, 1]], sd=0.2, endorsement=[1, 0.5], rng=30, **more
        ).profile
    ),
}


@pytest.mark.parametrize("law", LAWS)
def test_revealed_is_value_plus_what_was_manufactured(law):
    """Under every law: the endorsed values are those drawn without influence, and the wedge is the stated lift."""
    plain, bent = LAWS[law](), LAWS[law](influence=PART)
    assert np.array_equal(plain.rows.endorsed, bent.rows.endorsed)
    motive = bent.motives[-1]
    assert (motive.kind, motive.owner, motive.channel, motive.name) == ("influence", "agency", "feed", "advert")
    units = {
        "llg": lambda: [1, 1, 2],
        **dict.fromkeys(("gsvm", "regions"), lambda: [str(x).count("+") + 1 for x in bent.options]),
    }.get(law, lambda: [1] * bent.n_options)()
    lift = 0.3 * plain.rows.endorsed + 0.5 * np.array(units)[bent.rows.option]
    assert np.allclose(bent.rows.revealed - plain.rows.revealed, lift, rtol=1e-12)
    assert np.allclose(bent.rows.manufactured, lift, rtol=1e-12)
    half = LAWS[law](influence=Manufactured("agency", amount=1.0, endorsement=0.5))
    assert np.allclose(half.rows.endorsed - plain.rows.endorsed, np.array(units)[bent.rows.option] * 0.5)


def test_reach_items_and_bidders():
    part = Manufactured("agency", amount=2.0, items=["A", "C"], bidders=["national", "regional 0"], reach=0.4)
    gen, hits = np.random.default_rng(31), []
    for _ in range(400):
        profile = instances.gsvm(bids=10, influence=part, rng=gen).profile
        lift = profile.rows.wedge
        pushed = np.array([sum(item in str(x) for item in "AC") for x in profile.options])[profile.rows.option]
        reached = np.zeros(7, dtype=bool)
        reached[profile.rows.agent[lift > 0]] = True
        assert not reached[2:].any()
        assert np.allclose(lift, 2.0 * pushed * reached[profile.rows.agent])
        if all(pushed[profile.rows.agent == i].any() for i in (0, 1)):  # else nothing would show
            hits.append(reached[:2])
    one, two = np.array(hits, dtype=float).T
    fits(stats.binomtest(int(one.sum()), len(hits), 0.4).pvalue)
    rejected(stats.binomtest(int(one.sum()), len(hits), 0.6).pvalue)
    fits(correlation_p(one, two, 0.0))


def test_several_parts_are_laid_over_the_value_and_not_over_one_another():
    parts = [Manufactured("agency", share=0.5), Manufactured("rival", share=-0.25, name="smear", bidders=["global"])]
    rows = instances.llg(influence=parts, rng=32).profile.rows
    assert np.allclose(rows.wedge, rows.endorsed * [0.5, 0.5, 0.25])
    with pytest.raises(ProfileError, match="advert"):
        instances.llg(influence=[PART, PART])


def test_bad_influences():
    for bad in ({"share": 0.0}, {"share": 1.0, "reach": 2.0}, {"share": np.nan}, {"amount": 1.0, "endorsement": 2.0}):
        with pytest.raises(InputError, match="Manufactured"):
            Manufactured("agency", **bad)
    with pytest.raises(InputError, match="who made it"):
        Manufactured("", share=1.0)
    with pytest.raises(InputError, match="influence"):
        instances.llg(influence=["advert"])  # type: ignore[list-item]
    with pytest.raises(UnknownNameError, match="locals"):
        instances.llg(influence=Manufactured("agency", share=1.0, bidders=["locals"]))
    with pytest.raises(UnknownNameError, match="item"):
        instances.llg(influence=Manufactured("agency", share=1.0, items=["Z"]))
