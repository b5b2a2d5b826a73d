"""The optimal auction against published numbers, closed forms, searched price curves and programmes.

Cases myerson-uniform and myerson-exponential; Myerson (1981), Math. OR 6:58; T17.
"""

from __future__ import annotations

from dataclasses import replace
from math import e, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import dblquad

import thickecon as te
from thickecon.auctions import EndorsedRegression, FiniteValues, KernelValues, Myerson, VirtualValue, value_distribution
from thickecon.endorsement import Estimate
from thickecon.errors import EvidenceError, InputError, NotApplicableError, ProblemError, SizeError
from thickecon.programs.auction_programme import best_auction

# ---- published cases --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "revenue"), [(1, 0.25), (2, 0.4166666666666667), (3, 0.53125)])
def test_uniform(n: int, revenue: float) -> None:
    auction = Myerson(distributions=["uniform"] * n)
    assert auction.reserves == pytest.approx([0.5] * n, abs=1e-12)
    assert auction.expected_revenue == pytest.approx(revenue, abs=1e-9)


@pytest.mark.parametrize(("n", "revenue"), [(1, 1 / e), (2, 2 / e - 1 / (2 * e**2)), (3, 0.91723108812)])
def test_exponential(n: int, revenue: float) -> None:
    auction = Myerson(distributions=[stats.expon()] * n)
    assert auction.reserves == pytest.approx([1.0] * n, abs=1e-12)
    assert auction.expected_revenue == pytest.approx(revenue, abs=1e-8)


@pytest.mark.parametrize(("n", "revenue"), [(2, 0.5), (3, 0.8333333333)])
def test_second_price_without_reserve(n: int, revenue: float) -> None:
    plain = Myerson(distributions=[stats.expon()] * n, revenue_weight=0.0)
    assert plain.reserves == pytest.approx([0.0] * n, abs=1e-12)
    assert plain.expected_revenue == pytest.approx(revenue, abs=1e-8)


def test_different_uniform_laws() -> None:
    """E max(2x - 1, 2y - 2, 0), x on [0, 1], y on [0, 2]: integral of 1 - F G over [0, 1] and [1, 2] is 31/48."""
    auction = Myerson(distributions=["uniform", stats.uniform(0, 2)])
    assert auction.reserves == pytest.approx([0.5, 1.0], abs=1e-12)
    assert auction.expected_revenue == pytest.approx(31 / 48, abs=1e-9)
    assert auction.expected().sold == pytest.approx(0.75, abs=1e-9)
    outcome = auction.run(te.ThickProfile.from_values([[0.9], [1.2]], unit="money"), rng=0)
    assert outcome.winners.tolist() == [0]  # 2 x .9 - 1 = .8 beats 2 x 1.2 - 2 = .4, so .7 would have been enough
    assert outcome.payments == pytest.approx([0.7, 0.0], abs=1e-9)


def test_welfare_part_by_double_integral() -> None:
    """Half the weight on revenue: 1.5 x - .5 against 1.5 y - 1 on [0, 1] x [0, 2]."""
    auction = Myerson(["uniform", stats.uniform(0, 2)], revenue_weight=0.5)
    found = auction.expected()
    both = dblquad(lambda y, x: max(1.5 * x - 0.5, 1.5 * y - 1, 0) / 2, 0, 1, 0, 2, epsabs=1e-8)[0]
    assert found.objective(0.5) == pytest.approx(both, abs=1e-6)
    assert auction.reserves == pytest.approx([1 / 3, 2 / 3], abs=1e-12)


def test_sellers_worth_moves_the_reserve() -> None:
    """2 r - 1 = .2 gives .6; sold with chance .4 each."""
    auction = Myerson(["uniform"] * 2, seller_value=0.2)
    assert auction.reserves == pytest.approx([0.6, 0.6], abs=1e-12)
    assert auction.expected().sold == pytest.approx(1 - 0.36, abs=1e-12)
    several = Myerson("uniform", seller_value=(0.0, 0.2))
    assert several.reserves == pytest.approx(np.array([[0.5, 0.6]]), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=5), st.integers(0, 100))
def test_alike_and_regular_is_second_price_with_a_reserve(values: list[float], seed: int) -> None:
    profile = te.ThickProfile.from_values(np.array(values)[:, None], unit="money")
    mine, known = Myerson().run(profile, rng=seed), te.auctions.SecondPrice(reserve=0.5).run(profile, rng=seed)
    top = sorted(values)[-2:]
    if top[1] - top[0] > 1e-6 and abs(top[1] - 0.5) > 1e-6:
        assert mine.winners.tolist() == known.winners.tolist()
        assert mine.payments == pytest.approx(known.payments, abs=1e-9)
    assert mine.certified


# ---- ironing ------------------------------------------------------------------------------------------------------


def test_ironing_at_a_kink_in_closed_form() -> None:
    """Density 3/4 on [0, 1] and 1/4 on [1, 2]: 2x - 4/3, then 2x - 2. Pooled from a to b with a = b - 1/3 (the same
    level) and 3/4 (1 - a)^2 = 1/4 (b - 1)^2 (what is lost on one side is won on the other).
    """
    law = stats.rv_histogram((np.array([0.75, 0.25]), np.array([0.0, 1.0, 2.0]))).freeze()
    end = (1 + 4 / sqrt(3)) / (1 + sqrt(3))
    (flat,) = VirtualValue(value_distribution(law)).flats
    assert (flat.start, flat.end, flat.level) == pytest.approx((end - 1 / 3, end, 2 * end - 2), abs=1e-9)


def bimodal(types: int) -> FiniteValues:
    """Two humps."""
    values = np.linspace(0.5, 8.0, types)
    chance = np.exp(-((values - 2) ** 2)) + 0.6 * np.exp(-((values - 6) ** 2))
    return FiniteValues.of(values, chance / chance.sum())


@pytest.mark.parametrize("incentives", ["bayesian", "dominant"])
def test_bimodal_types_against_all_mechanisms(incentives: str) -> None:
    law = bimodal(10)
    auction = Myerson([law, law])
    assert VirtualValue(law).flats
    best = best_auction([law.values] * 2, [law.probabilities] * 2, incentives=incentives)  # type: ignore[arg-type]
    assert auction.expected_revenue == pytest.approx(best.revenue, abs=1e-8)


def test_without_ironing_less_is_made() -> None:
    """The rule that takes unironed virtual values at their word is not truthful; ironed, pooled types tie."""
    law = bimodal(10)
    (flat, *_) = VirtualValue(law).flats
    p = te.ThickProfile.from_values([[flat.start], [flat.end]], unit="money")
    won = [Myerson(law).run(p, rng=seed).winners[0] for seed in range(200)]
    worth = VirtualValue(law).ironed(flat.start)
    assert set(won) == ({0, 1} if worth >= 0 else {-1})


def test_kernel_density_sells_at_the_best_price() -> None:
    """One bidder: the reserve is the price that maximises p P(above p), searched on a fine grid."""
    rng = np.random.default_rng(1)
    sample = np.concatenate([rng.normal(2, 0.3, 400), rng.normal(6, 0.3, 200)])
    law = KernelValues.of(sample, 0.25)
    assert law.quantile([0.0, 1.0]).tolist() == [np.inf, -np.inf]
    prices = np.linspace(0, 8, 8_001)
    curve = prices * law.above(prices)
    auction = Myerson([law])
    assert auction.reserves[0] == pytest.approx(prices[curve.argmax()], abs=1.1e-3)
    assert auction.expected_revenue == pytest.approx(curve.max(), abs=1e-6)
    assert law.above(3.0) == pytest.approx(stats.norm.sf((3.0 - sample) / 0.25).mean(), abs=1e-12)
    same = value_distribution(stats.gaussian_kde(sample, 0.1))
    assert same.density(2.0) == pytest.approx(stats.gaussian_kde(sample, 0.1)(2.0)[0], abs=1e-12)


def test_sample_sells_at_the_best_observed_price() -> None:
    sample = np.random.default_rng(2).lognormal(size=200)
    auction = Myerson([sample])
    revenue = [price * (sample >= price).mean() for price in sample]
    assert auction.expected_revenue == pytest.approx(max(revenue), abs=1e-12)
    assert auction.reserves[0] == sample[int(np.argmax(revenue))]


def test_types_meet_a_continuous_law() -> None:
    """Types 0, .5, 1 against U[0, 1], by listing types: levels of the three against E max(2x - 1, level, 0)."""
    values, chances = np.array([0.0, 0.5, 1.0]), np.array([0.2, 0.3, 0.5])
    auction = Myerson([(values, chances), "uniform"])
    levels = np.maximum([-np.inf, 0.5 - 0.5 * 0.5 / 0.3, 1.0], 0.0)  # by hand
    by_hand = sum(p * _above(level) for p, level in zip(chances, levels, strict=True))
    assert auction.expected_revenue == pytest.approx(by_hand, abs=1e-9)


def _above(level: float) -> float:
    """E max(2x - 1, level) for x uniform, level in [0, 1]."""
    cut = (1 + level) / 2
    return level * cut + (1 - cut**2) - (1 - cut)


# ---- T17 ----------------------------------------------------------------------------------------------------------


def test_t17_against_all_mechanisms_in_80_environments() -> None:
    """Random types, chances, slopes (also negative), intercepts and weights."""
    rng = np.random.default_rng(17)
    for _ in range(80):
        n = int(rng.integers(1, 4))
        k = int(rng.integers(2, 5))
        a = float(rng.choice([0.0, 0.25, 0.5, 1.0]))
        values = [np.sort(rng.choice(np.arange(1, 20), k, replace=False)) / 2.0 for _ in range(n)]
        chances = [rng.dirichlet(np.ones(k)) for _ in range(n)]
        lines = [EndorsedRegression(float(rng.uniform(-1, 1.5)), float(rng.uniform(-2, 2))) for _ in range(n)]
        worths = [line.intercept + line.slope * v for line, v in zip(lines, values, strict=True)]
        best = best_auction(values, chances, endorsed=worths, revenue_weight=a)
        auction = Myerson(list(zip(values, chances, strict=True)), a, lines)
        assert auction.expected().objective(a) == pytest.approx(best.objective, abs=1e-7)


def test_the_run_brings_what_was_expected() -> None:
    """Every profile of types is run: payments and endorsed values add up to the programme's."""
    values, chances = (
        [np.array([1.0, 3.0, 4.0]), np.array([2.0, 5.0])],
        [np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4])],
    )
    lines = [EndorsedRegression(0.5, 0.5), EndorsedRegression(-0.5, 3.0)]
    auction, revenue, endorsed = Myerson(list(zip(values, chances, strict=True)), 0.3, lines), 0.0, 0.0
    for i, p in enumerate(chances[0]):
        for j, q in enumerate(chances[1]):
            bids = np.array([values[0][i], values[1][j]])
            outcomes = [auction.run(te.ThickProfile.from_values(bids[:, None], unit="money"), rng=s) for s in range(60)]
            revenue += p * q * np.mean([o.revenue for o in outcomes])
            worth = np.array([line.of(b, 0.0) for line, b in zip(lines, bids, strict=True)])
            endorsed += p * q * np.mean([o.taken @ worth for o in outcomes])
    worths = [line.intercept + line.slope * v for line, v in zip(lines, values, strict=True)]
    best = best_auction(values, chances, endorsed=worths, revenue_weight=0.3)
    assert 0.7 * endorsed + 0.3 * revenue == pytest.approx(best.objective, abs=1e-9)


def pushed() -> te.ThickProfile:
    """Bids of 8 and 6, of which 5 of the first are an advert's."""
    return te.ThickProfile.from_values([[8.0], [6.0]], unit="money").with_influence("advert", [[5.0], [0.0]])


def test_evidence_of_the_profile_decides_without_weight_on_revenue() -> None:
    thick = Myerson(stats.uniform(0, 10), revenue_weight=0.0)
    outcome, sidt = thick.run(pushed(), rng=0), thick.baseline().run(pushed(), rng=0)
    assert (outcome.winners.tolist(), sidt.winners.tolist()) == ([1], [0])
    assert outcome.payments == pytest.approx([0.0, 3.0], abs=1e-8)  # at a bid of 3 she ties with 8 - 5
    assert sidt.payments == pytest.approx([6.0, 0.0], abs=1e-8)
    assert thick.baseline().revenue_weight == 0.0
    assert Myerson(stats.uniform(0, 10)).run(pushed(), rng=0).winners.tolist() == [0]  # revenue does not ask


def test_value_of_evidence() -> None:
    """a = 0, bids uniform on [0, 10], a wedge of 5 on the first: E max(x - 5, y, 0) less E (x - 5 if x > y else y)."""
    auction = Myerson(stats.uniform(0, 10), revenue_weight=0.0)
    best = dblquad(lambda y, x: max(x - 5, y, 0) / 100, 0, 10, 0, 10, epsabs=1e-9)[0]
    blind = 20 / 3 - 5 / 2  # E max(x, y), less the wedge with chance 1/2
    assert auction.evidence_value(pushed()) == pytest.approx(best - blind, abs=1e-5)
    thin = te.ThickProfile.from_values([[3.0], [6.0]], unit="money")
    assert auction.evidence_value(thin) == pytest.approx(0.0, abs=1e-12)
    assert Myerson(stats.uniform(0, 10)).evidence_value(pushed()) == pytest.approx(0.0, abs=1e-12)
    assert auction.evidence_value(pushed(), prior=(1.0, -2.5)) > 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-6, 6), min_size=2, max_size=3), st.sampled_from([0.0, 0.3, 0.7]))
def test_evidence_is_never_worth_less_than_nothing(wedges: list[int], a: float) -> None:
    table = np.array(wedges, dtype=float)[:, None]
    profile = te.ThickProfile.from_values(table * 0 + 4.0, unit="money").with_influence("push", table)
    assert Myerson(([1.0, 4.0, 9.0], [0.3, 0.4, 0.3]), a).evidence_value(profile) >= -1e-9


def test_advice() -> None:
    plain = Myerson("uniform", 0.0, endorsement=0.5)
    assert plain.recommendation().startswith("Plain second price (SIDT) is already best")
    reserve = Myerson(["uniform"] * 2, 0.5, endorsement=0.5).recommendation()
    assert reserve.startswith("Second price with a reserve of 0.4 is best")  # .5 (x / 2) + .5 (2 x - 1) = 0
    assert "not best: evidence tells bidders apart" in Myerson(stats.uniform(0, 10), 0.0).recommendation(pushed())
    other = Myerson(["uniform", stats.uniform(0, 2)]).recommendation()
    assert "different laws" in other
    assert "0.645833" in other
    assert "0.416667" in other
    falling = Myerson(["uniform"] * 2, 0.0, endorsement=(-1.0, 1.0)).recommendation()
    assert "ironed" in falling
    assert "0.5, with plain second price 0.333333" in falling


def test_regressions_and_estimates() -> None:
    rng = np.random.default_rng(3)
    d, s = rng.normal(size=(2, 500))
    fitted = EndorsedRegression.fit(1.0 + 0.5 * d - 0.25 * s, d, s)
    assert (fitted.slope, fitted.intercept, fitted.evidence) == pytest.approx((0.5, 1.0, 0.25))
    share = Estimate("endorsement", ("habit",), [0.25], unit="share", scalar=True)
    wedge = Estimate("contribution", ("advert",), [0.2], unit="money", scalar=True)
    assert Myerson(endorsement=share).endorsement == EndorsedRegression(0.25)
    assert Myerson(endorsement=wedge).endorsement == EndorsedRegression(1.0, -0.2)
    assert Myerson(endorsement=te.Evidence("survey", 0.5)).endorsement == EndorsedRegression(0.5)
    kept = Myerson(["uniform"] * 2, endorsement=[0.5, (1.0, 0.1)])
    assert replace(kept, revenue_weight=0.5).endorsement == kept.endorsement
    assert kept.baseline().endorsement is None


# ---- bad input ----------------------------------------------------------------------------------------------------

TWO = te.ThickProfile.from_values([[1.0], [2.0]], unit="money")


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Myerson("normal"), InputError, "must be 'uniform' or a law"),
        (lambda: Myerson([]), InputError, "found none"),
        (lambda: Myerson([3.0]), InputError, "at least two numbers"),
        (lambda: Myerson([3.0, np.nan]), InputError, "finite"),
        (lambda: Myerson(stats.expon), InputError, "must be frozen"),
        (lambda: Myerson(stats.poisson(3)), InputError, "a density is needed"),
        (lambda: Myerson(7), InputError, "must be a law of values"),
        (lambda: Myerson(([1.0, 2.0], [0.5, 0.6])), InputError, "add up to 1"),
        (lambda: Myerson(([1.0, 2.0], [1.5, -0.5])), InputError, "at least 0"),
        (lambda: value_distribution([1.0, 2.0, 3.0]).density(2.0), InputError, "a density is needed"),
        (lambda: KernelValues.of([1.0, 1.0]), InputError, "two different values"),
        (lambda: KernelValues.of([1.0, 2.0], width=0), InputError, "positive"),
        (lambda: Myerson(revenue_weight=1.5), InputError, "must lie in"),
        (lambda: Myerson(seller_value=-1), InputError, "at least 0"),
        (lambda: Myerson(stats.beta(0.5, 0.5), ironing=False), InputError, "must not fall without ironing"),
        (lambda: Myerson([bimodal(10)], ironing=False), InputError, "must not fall without ironing"),
        (lambda: Myerson(revenue_weight=0, endorsement=-1, ironing=False), InputError, "must not fall"),
        (lambda: Myerson(endorsement=0.5, reporting="endorsed"), InputError, "decision selves"),
        (lambda: Myerson(endorsement=0.5, charge="clarke"), InputError, "decision selves"),
        (lambda: Myerson(endorsement="half"), EvidenceError, "regression of v on d"),
        (lambda: Myerson(endorsement=[]), InputError, "found none"),
        (lambda: Myerson(["uniform"] * 2, endorsement=[0.5] * 3).reserves, InputError, "as many regressions"),
        (lambda: Myerson(endorsement=te.Evidence("words")), EvidenceError, "must have an estimate"),
        (lambda: Myerson(endorsement=Estimate("population", ("x",), [0.5])), EvidenceError, "of kind 'population'"),
        (lambda: EndorsedRegression(np.inf), EvidenceError, "finite"),
        (lambda: EndorsedRegression.fit([1.0, 2.0], [1.0, 1.0]), EvidenceError, "apart"),
        (lambda: Myerson().expected_revenue, NotApplicableError, "how many bidders"),
        (lambda: Myerson().expected(0), InputError, "positive"),
        (lambda: Myerson(["uniform"] * 3).run(TWO), ProblemError, "one law"),
        (lambda: Myerson().linear_objective(TWO), NotApplicableError, "virtual values"),
        (lambda: best_auction([[1.0]], [[0.5]]), InputError, "add up to 1"),
        (lambda: best_auction([[1.0]]), InputError, "chances or joint"),
        (lambda: best_auction([[1.0]], [[1.0]], endorsed=[[1.0, 2.0]]), InputError, "one entry a type"),
        (lambda: best_auction([[1.0]], [[1.0]], revenue_weight=2), InputError, "weight"),
        (lambda: best_auction([np.arange(300.0)] * 2, [np.full(300, 1 / 300)] * 2), SizeError, "too many"),
    ],
)
def test_bad_input(make: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("law", [stats.norm(1, 1), stats.beta(0.5, 0.5), stats.lognorm(0.8), "humps"])
@pytest.mark.parametrize(("a", "slope"), [(1.0, 1.0), (0.4, -0.5), (0.0, -1.0), (0.6, 0.3)])
def test_laws_with_a_density_are_the_limit_of_many_types(law: object, a: float, slope: float) -> None:
    """Two bidders, objective and who is served, against a thousand equally likely types put in by hand."""
    made = value_distribution(law) if law != "humps" else KernelValues.of([1.0, 1.2, 1.5, 4.0, 4.4], 0.3)
    types = made.quantile((np.arange(1000)[::-1] + 0.5) / 1000)
    fine, line = FiniteValues.of(types), (slope, 0.3)
    exact, near = Myerson([made] * 2, a, line), Myerson([fine] * 2, a, line)
    assert exact.expected().objective(a) == pytest.approx(near.expected().objective(a), abs=0.01)
    served = [0.0 if np.isinf(auction.reserves[0]) else made.above(auction.reserves[0]) for auction in (exact, near)]
    assert served[0] == pytest.approx(served[1], abs=0.01)
