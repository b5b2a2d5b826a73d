"""Values recovered from simulated equilibrium bids, whose values are known; closed forms and error bars.

Bids: n bidders with values U[0, 1] bid (n - 1) v / n; with F(v) = v**a they bid v (n - 1) a / ((n - 1) a + 1)
(Krishna, Auction Theory, Prop. 2.2; case fp-uniform-3 of the auctions' cases for n = 3, a = 1).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import thickecon as te
from thickecon.auctions import invert_first_price_bids
from thickecon.errors import InputError

pytestmark = pytest.mark.statistical


def simulated(rng: np.random.Generator, auctions: int, n: int, a: float = 1.0) -> tuple[np.ndarray, ...]:
    """Values, bids and labels."""
    values = rng.random((auctions, n)) ** (1 / a)
    return values.ravel(), (values * (n - 1) * a / ((n - 1) * a + 1)).ravel(), np.repeat(np.arange(auctions), n)


def test_uniform_values_of_three_bidders_are_recovered_within_their_errors():
    rng, errors, covered, heights = np.random.default_rng(1), [], [], []
    for _ in range(100):
        values, bids, auction = simulated(rng, 1000, 3)
        found = invert_first_price_bids(bids, auction)
        kept = found.kept
        off = found.values[kept] - values[kept]
        errors.append(off.mean())
        covered.append((np.abs(off) < stats.norm.ppf(0.975) * found.standard_error[kept]).mean())
        heights.append(np.interp(0.4, np.sort(bids[kept]), np.sort(found.values[kept])))  # b(.6) = .4
    errors, covered, heights = np.array(errors), np.array(covered), np.array(heights)
    assert abs(errors.mean()) < 4 * errors.std(ddof=1) / np.sqrt(100)
    assert abs(heights.mean() - 0.6) < 4 * heights.std(ddof=1) / np.sqrt(100)
    assert heights.std(ddof=1) < 0.02
    assert abs(covered.mean() - 0.95) < 4 * covered.std(ddof=1) / np.sqrt(100) + 0.005


def test_the_stated_error_is_the_error_at_a_point():
    """Over samples, the deviation of v(b) at b = .4 is what one sample says it is."""
    rng, at, said = np.random.default_rng(2), [], []
    for _ in range(300):
        _, bids, auction = simulated(rng, 400, 3)
        found = invert_first_price_bids(bids, auction)
        near = np.argmin(np.abs(bids - 0.4))
        at.append(found.values[near] - 1.5 * bids[near])
        said.append(found.standard_error[near])
    ratio = np.std(at, ddof=1) / np.sqrt(np.mean(np.square(said)))
    assert abs(ratio - 1) < 4 / np.sqrt(2 * 300)


@pytest.mark.parametrize(("n", "a"), [(2, 1.0), (3, 2.0), (5, 0.5), (6, 3.0)])
def test_power_laws(n, a):
    """Bias of the kernel is small beside the value; without the factor 1 / (n - 1) it would not be."""
    values, bids, auction = simulated(np.random.default_rng(3), 12_000 // n, n, a)
    found = invert_first_price_bids(bids, auction, bandwidth=0.5)
    kept = found.kept & (values > 0.3)
    off = np.abs(found.values[kept] - values[kept])
    assert np.median(off) < 0.02
    assert np.median(found.shading[kept]) == pytest.approx(1 / ((n - 1) * a + 1), rel=0.06)


def test_more_bids_less_error():
    sizes, off = (200, 1600, 12_800), []
    for auctions in sizes:
        rng, mine = np.random.default_rng(4), []
        for _ in range(10):
            values, bids, auction = simulated(rng, auctions, 3, 2.0)
            found = invert_first_price_bids(bids, auction)
            middle = found.kept & (np.abs(values - 0.6) < 0.1)
            mine.append(np.sqrt(np.mean((found.values[middle] - values[middle]) ** 2)))
        off.append(np.mean(mine))
    rates = np.diff(np.log(off)) / np.diff(np.log(sizes))
    assert (rates < -0.25).all()  # -2/5 in the limit


def test_scale_and_log_over_orders_of_magnitude():
    rng = np.random.default_rng(5)
    _, bids, auction = simulated(rng, 4000, 3)
    appraisal = np.exp(rng.normal(0, 2, 4000))[auction]
    plain = invert_first_price_bids(bids, auction)
    scaled = invert_first_price_bids(bids * appraisal, auction, scale=appraisal)
    assert np.allclose(scaled.values, plain.values * appraisal, rtol=1e-9, equal_nan=True)
    assert np.allclose(scaled.standard_error, plain.standard_error * appraisal, rtol=1e-6, equal_nan=True)
    # log-uniform part: log v = U[0, 3]; b = v - int_1^v F^2 / F^2 has a closed form for F = log v / 3
    u = rng.random((4000, 3)) * 3
    v = np.exp(u)
    b = v - (v * (u**2 - 2 * u + 2) - 2) / np.where(u > 0, u**2, 1)
    found = invert_first_price_bids(b.ravel(), auction, log=True, bandwidth=0.7)
    kept = found.kept
    assert kept.mean() > 0.6
    assert np.median(np.abs(found.values[kept] / v.ravel()[kept] - 1)) < 0.05


def test_groups_by_the_number_of_bids():
    rng = np.random.default_rng(6)
    two, five = simulated(rng, 1500, 2), simulated(rng, 600, 5)
    values, bids = np.concatenate((two[0], five[0])), np.concatenate((two[1], five[1]))
    auction = np.concatenate((two[2], five[2] + 10_000))
    order = rng.permutation(len(bids))
    found = invert_first_price_bids(bids[order], auction[order])
    alone = invert_first_price_bids(five[1], five[2])
    together = np.empty(len(bids))
    together[order] = found.values
    assert np.allclose(together[3000:], alone.values, equal_nan=True)
    assert np.nanmedian(np.abs(together - values)) < 0.03
    assert set(found.bandwidth) == {2, 5}
    lonely = invert_first_price_bids(np.append(bids, 0.5), np.append(auction, -1))
    assert np.isnan(lonely.values[-1])
    assert lonely.bidders[-1] == 1


def test_sums_are_those_of_the_kernel_written_out():
    rng = np.random.default_rng(7)
    bids = np.concatenate((rng.normal(size=700), rng.standard_cauchy(200)))
    auction = np.arange(900) // 3
    found = invert_first_price_bids(bids, auction, trim=False)
    h = found.bandwidth[3]
    quartiles = np.subtract(*np.quantile(bids, [0.75, 0.25]))
    assert h == pytest.approx(1.06 * 2.978 * min(bids.std(ddof=1), quartiles / 1.349) * 900**-0.2)
    u = (bids[:, None] - bids) / h
    density = np.where(np.abs(u) < 1, 35 / 32 * (1 - u**2) ** 3, 0).mean(axis=1) / h
    share = (bids <= bids[:, None]).mean(axis=1)
    assert np.allclose(found.values, bids + share / (2 * density), rtol=1e-9)
    cut = invert_first_price_bids(bids, auction)
    assert np.array_equal(cut.kept, (bids >= bids.min() + h) & (bids <= bids.max() - h))


def test_an_inverse_that_falls_is_counted():
    rng = np.random.default_rng(8)
    clumps = np.concatenate((rng.normal(1, 0.02, 300), rng.normal(2, 0.02, 300)))  # few bids between: g near 0
    auction = rng.permutation(600) // 3
    assert invert_first_price_bids(clumps, auction, bandwidth=0.05).decreasing[3] > 0.05
    _, bids, auction = simulated(rng, 2000, 3)
    assert invert_first_price_bids(bids, auction).decreasing[3] < 0.01


def test_a_reserve_that_keeps_bidders_out():
    """Case fp-reserve-2: two bidders U[0, 1], reserve 1/2, b(v) = v/2 + 1/(8v) (Riley and Samuelson 1981)."""
    rng, errors, covered, wrong = np.random.default_rng(9), [], [], []
    for _ in range(60):
        values, auction = rng.random(6000), np.repeat(np.arange(3000), 2)
        here = values >= 0.5
        v, lot = values[here], auction[here]
        bids = v / 2 + 1 / (8 * v)
        empty = 3000 - len(np.unique(lot))
        found = invert_first_price_bids(bids, lot, reserve=0.5, potential=2, empty=empty)
        off = (found.values - v)[found.kept]
        errors.append(off.mean())
        covered.append((np.abs(off) < stats.norm.ppf(0.975) * found.standard_error[found.kept]).mean())
        naive = invert_first_price_bids(bids, lot)  # takes those who met the reserve for all there were
        wrong.append(np.nanmean(naive.values - v))
    errors, covered, wrong = np.array(errors), np.array(covered), np.array(wrong)
    assert abs(errors.mean()) < 4 * errors.std(ddof=1) / np.sqrt(60)
    assert abs(wrong.mean()) > 20 * wrong.std(ddof=1) / np.sqrt(60)
    assert 0.88 < covered.mean() < 0.97  # the noise of F(r) is left out of the error
    scaled = invert_first_price_bids(
        7 * bids, lot, reserve=np.full(len(bids), 3.5), potential=2, empty=empty, scale=np.full(len(bids), 7.0)
    )
    assert np.allclose(scaled.values, 7 * found.values, equal_nan=True)


def test_timber():
    """Real bids: bids lie below values, shading falls with competition, most are kept, errors are moderate."""
    data = te.datasets.load("usfs_timber")
    logs = np.log(data[["actual_bid", "adv_value", "volume_total_1"]].to_numpy())
    design = np.column_stack((np.ones(len(data)), logs[:, 1:]))
    fit, *_ = np.linalg.lstsq(design, logs[:, 0], rcond=None)
    found = invert_first_price_bids(data["actual_bid"], data["auctionid"], scale=np.exp(design @ fit), log=True)
    kept = found.kept
    assert kept.mean() > 0.85
    assert (found.values[kept] > found.bids[kept]).all()
    shading = [float(np.median(found.shading[kept & (found.bidders == n)])) for n in (2, 3, 4, 6)]
    assert shading == sorted(shading, reverse=True)
    assert np.median(found.standard_error[kept] / found.values[kept]) < 0.05
    assert max(found.decreasing.values()) < 0.05
    profile = found.profile()
    assert profile.n_agents == kept.sum()
    outcome = te.auctions.SecondPrice().run(profile, rng=0)
    assert outcome.certified
    frame = found.to_frame()
    assert list(frame.columns) == ["auction", "bidders", "bid", "value", "standard_error"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([1.0, 2.0], [0]), "auction: must have one entry for each of 2 bids"),
        (([1.0, np.inf], [0, 0]), "bids: must be finite"),
        (([[1.0, 2.0]], [[0, 0]]), "bids: must be a vector"),
        (([1.0, 2.0], [0, 1]), "no auction has two bids"),
        (([1.0, 1.0], [0, 0]), "are all the same"),
    ],
)
def test_bad_bids(arguments, said):
    with pytest.raises(InputError, match=said):
        invert_first_price_bids(*arguments)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"scale": [1.0, 1.0, 0.0, 1.0]}, r"scale: must be positive, found 0 at \[2\]"),
        ({"scale": [1.0, 1.0, 1.0, 2.0]}, r"same for all bids of an auction, found 1 and 2 at \[3\]"),
        ({"scale": [1.0]}, "scale: must have one entry"),
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"reserve": 0.0}, "reserve, potential: must be given together"),
        ({"reserve": 0.0, "potential": 1}, "potential"),
        ({"reserve": 0.0, "potential": 2, "log": True}, "does not go with log=True"),
        ({"reserve": 2.5, "potential": 2}, r"must be at most the bid, found 2.5 above 0 at \[0\]"),
        ({"reserve": [0.0, 1.0], "potential": 2}, r"reserve: must be a number or have shape \(4,\)"),
        ({"reserve": 0.0, "potential": 2, "empty": -1}, "empty"),
        ({"log": True}, "bids: must be positive for log=True"),
    ],
)
def test_bad_settings(more, said):
    with pytest.raises(InputError, match=said):
        invert_first_price_bids([0.0, 2.0, 3.0, 4.0], [0, 0, 1, 1], **more)


def test_no_more_bids_than_potential_bidders():
    with pytest.raises(InputError, match="at least the 3 bids of an auction, found 2"):
        invert_first_price_bids([1.0, 2.0, 3.0], [0, 0, 0], reserve=0.5, potential=2)
