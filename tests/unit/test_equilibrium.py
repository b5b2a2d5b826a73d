"""Equilibria of auctions against closed forms of the literature; epsilon against bids that are known to be wrong.

Numbers of the cases are those of the sources named beside them, each re-derived by quadrature and by a best-response
grid before it was written down.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

import thickecon as te
from thickecon.auctions.bidding.asymmetric import AsymmetricFirstPrice
from thickecon.auctions.bidding.llg import LLGPlay, local_price
from thickecon.auctions.bidding.quadrature import average, nodes
from thickecon.auctions.bidding.symmetric import SymmetricFirstPrice
from thickecon.errors import InputError, NotApplicableError, SolverError, ThickEconError

equilibrium, LLG, Seller = te.auctions.equilibrium, te.auctions.LLG, te.auctions.InfluencerFirst
FirstPrice, SecondPrice, AllPay = te.auctions.FirstPrice, te.auctions.SecondPrice, te.auctions.AllPay
English, Dutch = te.auctions.English, te.auctions.Dutch
U1, U2 = stats.uniform(0, 1), stats.uniform(0, 2)


def near(value, expected, tolerance):
    np.testing.assert_allclose(np.asarray(value), expected, rtol=0, atol=tolerance)


# ---- printed cases ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auction", [FirstPrice(), Dutch(), "FirstPrice", "auctions.Dutch", "first price"])
def test_first_price_three_bidders(auction):
    """Vickrey (1961); Krishna, Auction Theory, Proposition 2.2: b(v) = 2 v / 3."""
    found = equilibrium(auction, n=3)
    near(found.bid(0.6), 0.4, 1e-9)
    near(found.bid([0.0, 0.3, 1.0]), [0.0, 0.2, 2 / 3], 1e-9)
    near(found.revenue, 0.5, 1e-9)
    assert found.epsilon < 1e-8


def test_first_price_with_a_reserve():
    """Riley and Samuelson (1981): b(v) = v / 2 + 1 / (8 v) from 1/2 on."""
    found = equilibrium(FirstPrice(reserve=0.5), n=2)
    near(found.bid([0.5, 0.8, 1.0]), [0.5, 0.55625, 0.625], 1e-9)
    near(found.revenue, 0.4166666666666667, 1e-9)
    assert found.bid(0.49) < 0.5
    assert found.epsilon < 1e-8


def test_all_pay():
    """Krishna, Auction Theory, Proposition 3.1: b(v) = v**2 / 2."""
    found = equilibrium(AllPay(), n=2)
    near(found.bid(0.8), 0.32, 1e-9)
    near(found.revenue, 1 / 3, 1e-9)
    assert found.epsilon < 1e-8


def test_asymmetric_uniform_values():
    """Plum (1992); Maskin and Riley (2000): first price brings more than second price here, and is inefficient."""
    found = equilibrium(FirstPrice(), distribution=[U1, U2])
    weak, strong = np.linspace(0.01, 1, 50), np.linspace(0.01, 2, 50)
    near(found.bid(weak), weak / (1 + np.sqrt(1 - 3 * weak**2 / 4)), 1e-9)
    near(found.bid(strong, bidder=1), strong / (1 + np.sqrt(1 + 3 * strong**2 / 4)), 1e-9)
    near(found.bid(0.5), 0.26296581636, 1e-7)
    near(found.bid(1.0, 1), 0.43050087404, 1e-7)
    near(found.bid(1.0), 2 / 3, 1e-7)
    near(found.bid(2.0, 1), 2 / 3, 1e-7)
    near(found.revenue, 0.4590050557, 1e-7)
    near(found.wins[0], 1 / 3, 1e-7)
    near(found.welfare, 1.06283586118, 1e-7)
    near(found.efficient, 1.0833333333333333, 1e-7)
    near(equilibrium(SecondPrice(), distribution=[U1, U2]).revenue, 0.4166666666666667, 1e-7)
    assert found.epsilon < 1e-8


def test_risk_averse_bidders():
    """Cox, Smith and Walker (1988); Krishna, section 4.1: u = x**(1/2) makes two bidders bid 2 v / 3."""
    found = equilibrium(FirstPrice(), risk_aversion=0.5)
    near(found.bid(0.6), 0.4, 1e-9)
    near(found.revenue, 4 / 9, 1e-9)
    near(equilibrium(SecondPrice(), risk_aversion=0.5).revenue, 1 / 3, 1e-9)
    assert found.epsilon < 1e-8


@pytest.mark.parametrize(
    ("chi", "revenue", "signal", "profit"), [(0, 2 / 3, 0, 1 / 3), (0.5, 0.75, 1 / 3, 0.25), (1, 5 / 6, 0.5, 1 / 6)]
)
def test_wallet_game(chi, revenue, signal, profit):
    """Klemperer (1998): b = 2 s; cursed bidders (Eyster and Rabin 2005): b = (2 - chi) s + chi / 2."""
    for auction in (SecondPrice(), English()):
        found = equilibrium(auction, common_value=True, cursed=chi)
        near(found.bid([0.0, 0.3, 1.0]), (2 - chi) * np.array([0, 0.3, 1]) + chi / 2, 1e-9)
        near(found.revenue, revenue, 1e-9)
        near(found.payoffs.sum(), profit, 1e-9)
        near(found.interim(signal)["payoff"].iloc[0], 0.0, 1e-9)
        assert found.epsilon < 1e-8
    if chi:
        assert found.interim(signal - 0.01)["payoff"].iloc[0] < 0 < found.interim(signal + 0.01)["payoff"].iloc[0]
    near(equilibrium(FirstPrice(), common_value=True, cursed=chi).revenue, revenue, 1e-9)


def test_llg_nearest_vcg():
    """Ausubel and Baranov (2020); Goeree and Lien (2016): b = max(0, v - (3 - 2 sqrt 2))."""
    found = equilibrium(LLG(rule="nearest_vcg"))
    near(found.bid([0.1, 0.5, 1.0]), [0.0, 0.32842712475, 0.82842712475], 1e-9)
    near(found.revenue, 0.53265992, 1e-7)
    near(found.welfare, 1.26633, 2e-5)
    near(equilibrium(LLG(rule="vcg")).revenue, 0.5833333333333334, 1e-7)
    near(found.bid(1.7, bidder=2), 1.7, 0)
    assert found.epsilon < 1e-7


def test_spite():
    """Morgan, Steiglitz and Reis (2003), a = 1/2."""
    second, first = equilibrium(SecondPrice(), spite=0.5), equilibrium(FirstPrice(), spite=0.5)
    near(second.bid(0.4), 0.55, 1e-9)
    near(second.revenue, 0.5, 1e-9)
    near(first.bid(0.5), 0.3, 1e-9)
    near(first.revenue, 0.4, 1e-9)
    for a in (0.1, 2.0):
        near(equilibrium(SecondPrice(), spite=a).revenue, (1 + 4 * a) / (3 * (1 + 2 * a)), 1e-9)
        near(equilibrium(FirstPrice(), spite=a).revenue, 2 / 3 * (1 + a) / (2 + a), 1e-9)
    assert max(first.epsilon, second.epsilon) < 1e-8


@pytest.mark.parametrize("w", [0.1, 0.5, 0.9])
def test_one_inflated_bidder(w):
    """Derived for this project from T5 and T6: second price, the first of two bidders wants w more than it endorses."""
    found = equilibrium(SecondPrice().baseline(), wedge=[w, 0.0])
    loss = w**2 / 2 - w**3 / 3
    near(found.bid([0.2, 0.7]), [0.2 + w, 0.7 + w], 1e-12)
    near(found.revenue, 1 / 2 - (1 - w) ** 3 / 6, 1e-9)
    near(found.loss, loss, 1e-9)
    near(found.welfare, 2 / 3 - loss, 1e-9)
    near(found.payoffs[0], 1 / 6 - loss, 1e-9)
    near(found.regret, [w - w**2 / 2, 0.0], 1e-9)
    near(found.seller_gain, (1 - (1 - w) ** 3) / 6, 1e-9)
    near(found.revealed_welfare, found.welfare + w * found.wins[0], 1e-12)
    for thick in (SecondPrice(reporting="endorsed"), SecondPrice(reporting="observed")):
        verified = equilibrium(thick, wedge=[w, 0.0], acts_on="endorsed")
        near([verified.revenue, verified.loss, verified.seller_gain], [1 / 3, 0.0, 0.0], 1e-9)


# ---- laws of all kinds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", [stats.beta(2, 3), stats.beta(0.5, 0.5), stats.expon(), stats.weibull_min(2)])
@pytest.mark.parametrize("n", [2, 4])
def test_first_price_bids_the_mean_of_the_top_rival_below(law, n):
    """Krishna, Proposition 2.2: b(v) = E[top rival | below v], here by adaptive quadrature; revenue is that of second
    price, the mean second-highest value."""
    found = equilibrium(FirstPrice(), n, law)
    for v in law.ppf([0.2, 0.6, 0.95]):
        shade = integrate.quad(lambda s, v=v: (law.cdf(s) / law.cdf(v)) ** (n - 1), 0, v, epsabs=1e-13)[0]
        near(found.bid(v), v - shade, 1e-9)
    top = law.support()[1]
    over = lambda x: 1 - law.cdf(x) ** n - n * law.cdf(x) ** (n - 1) * law.sf(x)
    second = integrate.quad(over, 0, top, epsabs=1e-12, limit=200)[0]
    near(found.revenue, second, 1e-8)
    near(equilibrium(SecondPrice(), n, law).revenue, second, 1e-8)
    near(equilibrium(AllPay(), n, law).revenue, second, 1e-8)
    assert found.epsilon < 2e-8


def test_other_kinds_of_distributions():
    """A histogram, and scipy's newer classes where there are some."""
    sample = np.random.default_rng(0).beta(2, 3, size=20_000)
    made = [stats.rv_histogram(np.histogram(sample, bins=12))]
    made += [stats.Uniform(a=0.0, b=2.0)] if hasattr(stats, "Uniform") else []
    for law in made:
        found = equilibrium(FirstPrice(), 3, law)
        assert found.epsilon < 1e-7
        near(found.revenue, equilibrium(SecondPrice(), 3, law).revenue, 1e-6)


@pytest.mark.parametrize("law", [stats.triang(0.37), stats.trapezoid(0.2, 0.6), stats.laplace(5).rvs])
def test_densities_that_bend(law):
    """Broken lines for densities; what is not a distribution is refused."""
    if callable(law):
        with pytest.raises(InputError, match="needs a density"):
            equilibrium(FirstPrice(), 2, law)
        return
    found = equilibrium(FirstPrice(), 2, law)
    near(found.revenue, equilibrium(SecondPrice(), 2, law).revenue, 1e-9)
    assert found.epsilon < 1e-8


def test_unbounded_and_bounded_values_together():
    """Second price: E[min] of Exp(1) and U[3, 4] by quadrature."""
    found = equilibrium(SecondPrice(), distribution=[stats.expon(), stats.uniform(3, 1)])
    least = integrate.quad(lambda x: np.exp(-x) * min(1.0, 4 - x), 0, 4, points=[3])[0]
    near(found.revenue, least, 1e-8)


def test_reserve_one_of_exponential_values():
    """Myerson (1981): revenue of the optimal auction of Exp(1), 2/e - 1/(2 e**2) for two bidders."""
    for auction in (FirstPrice(reserve=1.0), SecondPrice(reserve=1.0), English(reserve=1.0)):
        near(equilibrium(auction, 2, stats.expon()).revenue, 2 / np.e - 1 / (2 * np.e**2), 1e-8)
        near(equilibrium(auction, 3, stats.expon()).revenue, 0.91723108812, 1e-8)


@pytest.mark.parametrize("make", [FirstPrice, SecondPrice, AllPay])
def test_entry_fees(make):
    """With a fee e and no reserve type x with x F(x) = e is indifferent to entering, so x = sqrt(e): what bidders pay
    on average is then the same by every rule, 2 times the integral of (2 v - 1) v from x (Myerson's lemma)."""
    found = equilibrium(make(entry_fee=0.09))
    revenue = integrate.quad(lambda v: 2 * (2 * v - 1) * v, 0.3, 1)[0]
    near(found.revenue, revenue, 1e-9)
    assert found.bid(0.29) < 0 <= found.bid(0.31)
    assert found.epsilon < 1e-8


def test_a_single_bidder_pays_the_reserve():
    for make in (FirstPrice, SecondPrice):
        found = equilibrium(make(reserve=0.5), 1)
        near(found.revenue, 0.25, 1e-9)
        assert found.epsilon < 1e-8


def test_spite_among_several_and_without_bounds():
    """The best-response search knows nothing of the formulas."""
    for auction in (FirstPrice(), SecondPrice()):
        for law in ("uniform", stats.expon(), stats.beta(2, 2)):
            assert equilibrium(auction, 3, law, spite=0.7).epsilon < 1e-8


# ---- different bidders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reserve", [0.0, 0.2, 0.6])
def test_uniform_values_with_a_reserve(reserve):
    """Laws uniform from 0: (phi_1 - b)(phi_2 - b) = b**2 - r**2, so the top bid is (h_1 h_2 + r**2) / (h_1 + h_2)."""
    found = equilibrium(FirstPrice(reserve=reserve), distribution=[U1, U2])
    top = (2 + reserve**2) / 3
    near([found.bid(1.0), found.bid(2.0, 1)], [top, top], 1e-9)
    inverse = found.play.inverse
    y = np.linspace(0.05, 1, 30)
    b, phi = inverse.bids(0, y), inverse.values(0, y)[0]
    near(np.prod(phi - b, axis=0), b**2 - reserve**2, 1e-9)
    assert found.epsilon < 1e-8


@pytest.mark.parametrize("w", [0.05, 0.5, 1.0])
def test_supports_that_begin_apart(w):
    """U[0, 1] against U[w, 1 + w]: (phi_1 - b)(phi_2 - b) = (b - w/2)**2, bids begin at w / 2 (Maskin and Riley 2000),
    and the top bid is (1 + w - w**2 / 4) / 2 (as in Kaplan and Zamir 2012)."""
    found = equilibrium(FirstPrice(), distribution=[U1, stats.uniform(w, 1)])
    top = (1 + w - w**2 / 4) / 2
    near([found.bid(1.0), found.bid(1 + w, 1)], [top, top], 1e-8)
    near(found.bid(w, 1), w / 2, 1e-5)  # inverse bids are flat here to all orders
    near(found.bid(w / 4), w / 4, 1e-12)  # it cannot win, and its value holds the other to its bid
    assert found.epsilon < 1e-8


def test_the_solver_for_different_bidders_agrees_with_the_formula_for_equal_ones():
    """Beta(1, 1) is uniform, but not by name."""
    twin = equilibrium(FirstPrice(), distribution=["uniform", stats.beta(1, 1)])
    assert isinstance(twin.play, AsymmetricFirstPrice)
    near(twin.bid([0.2, 0.6, 1.0]), [0.1, 0.3, 0.5], 1e-9)
    three = equilibrium(FirstPrice(reserve=0.3), distribution=["uniform", stats.beta(1, 1), "uniform"])
    v = np.array([0.35, 0.7, 1.0])
    near(three.bid(v), equilibrium(FirstPrice(reserve=0.3), 3).bid(v), 1e-8)


@pytest.mark.parametrize(
    ("laws", "reserve"),
    [
        ([U1, U2, U2], 0.0),
        ([U1, U1, U2], 0.0),
        ([U1, U2, stats.uniform(0, 3)], 0.3),
        ([stats.beta(2, 1), stats.beta(5, 1), U1], 0.0),
        ([stats.beta(2, 2), U1], 0.0),
        ([stats.truncexpon(3), U2, U2], 0.1),
    ],
)
def test_several_different_bidders(laws, reserve):
    """No closed form: the search for better bids is the judge, and accounts must add up."""
    found = equilibrium(FirstPrice(reserve=reserve), distribution=laws)
    assert found.epsilon < 1e-8
    sold = 1 - np.prod([law.cdf(reserve) for law in laws])
    near(found.wins.sum(), sold, 1e-8)
    near(found.payoffs.sum() + found.revenue, found.welfare, 1e-12)
    assert 0 < found.loss < 0.2


def test_who_cannot_win_at_the_top_stops_below():
    """A weak bidder against two strong ones: its best bid at its largest value is below theirs."""
    found = equilibrium(FirstPrice(), distribution=[U1, U2, U2])
    assert found.bid(1.0) < found.bid(2.0, 1) - 0.3
    near(found.bid(2.0, 1), found.bid(2.0, 2), 1e-12)


# ---- core-selecting rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.9])
def test_closed_forms_of_core_selecting_rules(gamma):
    """Ausubel and Baranov (2020), uniform values, Bernoulli correlation; re-derived from first-order conditions."""
    v = np.linspace(0.05, 1, 20)
    threshold = (3 - np.sqrt(9 - (1 - gamma) ** 2)) / (1 - gamma)
    forms = {
        "nearest_vcg": np.maximum(0, 2 * (v - threshold) / (2 + gamma)),
        "proxy": np.maximum(0, 1 + np.log(gamma + (1 - gamma) * v) / (1 - gamma)),
        "nearest_bid": np.log(2 / (2 - (1 - gamma) * v)) / (1 - gamma),
        "vcg": v,
    }
    for rule, expected in forms.items():
        found = equilibrium(LLG(rule=rule, correlation=gamma))
        near(found.bid(v), expected, 1e-9)
        assert found.epsilon < 1e-7
        assert found.payments.sum() == pytest.approx(found.revenue)
        near(found.wins[:2].mean() + found.wins[2], 1.0, 1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rule", ["nearest_vcg", "proxy", "nearest_bid", "proportional", "vcg"])
def test_llg_accounts_by_simulation(rule, gamma):
    """Interim formulas against draws: values, the rule's own prices, winners."""
    found, rng = equilibrium(LLG(rule, gamma)), np.random.default_rng(1)
    v = rng.random((3, 400_000)) * [[1], [1], [2]]
    v[1] = np.where(rng.random(400_000) < gamma, v[0], v[1])
    b = np.array([found.bid(v[i], i) for i in range(3)])
    won = b[0] + b[1] > b[2]
    price = np.where(won, local_price(rule, b[0], b[1], b[2]), 0.0)
    for got, expected in (
        (price, found.payments[0]),
        (np.where(won, 0.0, b[0] + b[1]), found.payments[2]),
        (won, found.wins[0]),
        (np.where(won, v[0] + v[1], v[2]), found.welfare),
        (np.maximum(v[0] + v[1], v[2]), found.efficient),
    ):
        assert abs(got.mean() - expected) < 4.5 * got.std() / np.sqrt(400_000) + 1e-12


# ---- two selves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lens", [te.Endorsed(), te.Revealed(), te.PartialCredit(0.25)])
@pytest.mark.parametrize("charge", ["affine", "clarke"])
@pytest.mark.parametrize("reporting", ["decision", "endorsed"])
@pytest.mark.parametrize("self_", ["decision", "endorsed"])
def test_second_price_bids_are_the_dominant_reports(lens, charge, reporting, self_):
    """Effective values against the mechanism's own account of what dominates (T4 b)."""
    auction = SecondPrice(lens=lens, reporting=reporting, charge=charge)
    v, wedge = np.array([0.9, 0.6, 0.8]), np.array([0.3, -0.1, 0.0])
    profile = te.ThickProfile.from_values((v + wedge)[:, None], unit="money").with_influence("advert", wedge[:, None])
    found = equilibrium(auction, 3, wedge=wedge, acts_on=self_)
    expected = auction.dominant_reports(profile, self_=self_)
    near([found.bid(v[i], i) for i in range(3)], expected, 1e-9)


def test_laundered_bids_unravel():
    """T4 (b): a rule on r - delta among decision selves is the standard one: same winners, same payments."""
    laundered = equilibrium(FirstPrice(charge="clarke"), wedge=[0.5, 0.0])
    standard = equilibrium(FirstPrice().baseline(), wedge=[0.5, 0.0])
    near(laundered.payments, standard.payments, 1e-9)
    near(laundered.regret, standard.regret, 1e-7)
    near(laundered.bid(0.4), standard.bid(0.4) + 0.5, 1e-9)
    near(standard.play.base.inverse.edges[-1], (1.5 - 0.0625) / 2, 1e-9)
    assert standard.epsilon < 1e-8
    assert standard.regret[0] > 0.3


def test_the_affine_charge_makes_first_price_endorsed():
    """Scores are bid as if there were no wedge, and the wedge of the winner comes on top (T18, T19)."""
    found = equilibrium(FirstPrice(), wedge=[0.5, 0.0])
    near(found.bid(0.8), 0.4 + 0.5, 1e-9)
    near(found.bid(0.8, 1), 0.4, 1e-9)
    near([found.loss, found.revenue, found.seller_gain], [0.0, 1 / 3 + 0.25, 0.25], 1e-9)
    near(found.payoffs, [1 / 6 - 0.25, 1 / 6], 1e-9)


def test_equal_wedges_redistribute_without_loss():
    """Both inflated by w, no evidence: no loss, the seller gains w, a winner regrets with chance 1 - (1 - w)**2."""
    found = equilibrium(SecondPrice().baseline(), wedge=0.3)
    near([found.loss, found.seller_gain, found.regret.sum()], [0.0, 0.3, 1 - 0.7**2], 1e-9)


@pytest.mark.parametrize("kappa", [0.0, 0.5, 1.0, 3.0, np.inf])
def test_foreseen_regret(kappa):
    """Second price: the price at which v + w - p - kappa (p - v) is 0. First price, U[0, 1], two bidders: above v low
    types bid a + v / 2 with a = w / (1 + kappa), then v itself up to w, then below it."""
    w = 0.3
    a = w / (1 + kappa)
    second = equilibrium(SecondPrice().baseline(), wedge=w, regret=kappa)
    near(second.bid(0.4), 0.4 + a, 1e-12)
    first = equilibrium(FirstPrice().baseline(), wedge=w, regret=kappa)
    begin, end = 2 * a, max(2 * a, w)
    low, middle = begin * np.array([0.2, 0.9]), (begin + end) / 2
    near(first.bid(low), a + low / 2, 1e-9)
    if end > begin:
        near(first.bid(middle), middle, 1e-12)
    left = w * end + (1 - end**2) / 2  # v (v + w - b(v)) at v = 1
    near(first.bid(1.0), 1 + w - left, 1e-9)
    near(first.regret.sum(), begin**2, 1e-9)
    assert first.epsilon < 1e-8


def test_foreseen_regret_of_other_laws_is_best_reply():
    for law, n, reserve in ((stats.expon(), 3, 0.0), (stats.beta(2, 2), 2, 0.2), (stats.truncexpon(2), 4, 0.5)):
        found = equilibrium(FirstPrice(reserve=reserve).baseline(), n, law, wedge=0.2, regret=1.0)
        assert found.epsilon < 1e-8


def test_an_influencer_that_moves_first():
    """Marginal gain (1 - w)**2 / 2 against marginal cost c w; nothing to gain where v is what counts; under the affine
    charge w / 2 whatever w (T19), so w = 1 / (2 c)."""
    sidt = equilibrium(SecondPrice().baseline(), influencer=Seller(cost=0.5))
    w = (3 - np.sqrt(5)) / 2
    near(sidt.wedge, [w, 0.0], 1e-6)
    near(sidt.seller_gain, (1 - (1 - w) ** 3) / 6 - w**2 / 4, 1e-9)
    affine = equilibrium(SecondPrice(), influencer=Seller(cost=lambda w: w**2, most=0.8))
    near(affine.wedge, [0.25, 0.0], 1e-6)
    proof = equilibrium(SecondPrice(reporting="endorsed"), acts_on="endorsed", influencer=Seller(targets=None))
    near(proof.wedge, [0.0, 0.0], 0)
    near(proof.seller_gain, 0.0, 1e-12)


# ---- epsilon ------------------------------------------------------------------------------------------------------


class TooHigh(SymmetricFirstPrice):
    """Bids a tenth above those of equilibrium."""

    def bid(self, i, v):
        return 1.1 * super().bid(i, v)


def test_epsilon_sees_a_spoiled_bid_function():
    """U[0, 1], two bidders who bid .55 v: against that v / 2 is best and gains v**2 (1 / 2.2 - .45)."""
    found = equilibrium(FirstPrice())
    play = found.play
    spoiled = replace(found, play=TooHigh(play.laws, play.reserve, play.fee, play.least))
    near(spoiled.epsilon, 1 / 2.2 - 0.45, 1e-6)


def test_epsilon_sees_one_wrong_coefficient():
    found = equilibrium(FirstPrice(), distribution=[U1, U2])
    inverse = found.play.inverse
    coefficients = np.array(inverse.coefficients)
    coefficients[0, 0, 2] += 0.01
    wrong = replace(found, play=replace(found.play, inverse=replace(inverse, coefficients=coefficients)))
    assert wrong.epsilon > 1e-6 > 1e-8 > found.epsilon


class ShadeLess(LLGPlay):
    """Locals that bid as if they were alone."""

    def bid(self, i, v):
        return np.array(v) if i == 2 else 0.9 * v


def test_epsilon_sees_wrong_bids_of_locals():
    play = equilibrium(LLG()).play
    wrong = ShadeLess(play.laws, 0.0, 0.0, play.rule, play.correlation)
    assert wrong.loss(0) > 1e-3


@pytest.mark.parametrize("options", [{"spite": 0.5}, {"common_value": True}, {"risk_aversion": 0.5}])
def test_epsilon_sees_the_bids_of_ordinary_bidders_where_bidders_are_not(options):
    """The bids v / 2 of selfish, risk-neutral bidders with private values are no equilibrium of these."""
    found = equilibrium(FirstPrice(), **options)
    ordinary = equilibrium(FirstPrice()).play
    play = found.play
    patched = type("Patched", (type(play),), {"bid": lambda self, i, v: ordinary.bid(i, v)})
    spoiled = patched(**{name: getattr(play, name) for name in play.__dataclass_fields__})
    assert spoiled.loss(0) > 1e-3


# ---- results, quadrature ------------------------------------------------------------------------------------------


def test_a_result_says_what_it_is():
    found = equilibrium(SecondPrice(reserve=0.2).baseline(), wedge=[0.5, 0.0])
    text = found.summary()
    for part in ("Second-price auction, reserve 0.2", "nobody gains more than", "regretted wins", "naive"):
        assert part in text
    assert "revenue=" in repr(found)
    table = found.interim([0.1, 0.9])
    assert list(table.columns) == ["bid", "win", "paid", "payoff", "regret"]
    with pytest.raises((AttributeError, TypeError)):
        found.auction = "another"
    with pytest.raises(ValueError, match="read-only"):
        found.bid([0.3])[0] = 1.0
    assert found.bid([[0.3, 0.4]]).shape == (1, 2)
    assert found.bid(0.3).shape == ()


def test_quadrature_stands_singular_ends():
    x, w = nodes()
    near(w @ np.log(x), -1.0, 1e-13)
    near(w @ x**-0.5, 2.0, 1e-9)
    near(average(lambda v: np.abs(v - 0.3), lambda u: u, [0.3]), (0.09 + 0.49) / 2, 1e-14)


# ---- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        (("Auction of souls",), {}, "must be an auction"),
        ((te.auctions.VCG(),), {}, "needs one of FirstPrice"),
        ((FirstPrice(), 0), {}, "at least 1"),
        ((FirstPrice(), 2.5), {}, "integer"),
        ((FirstPrice(), 3), {"distribution": [U1, U2]}, "one law a bidder"),
        ((FirstPrice(),), {"distribution": "normal"}, "'uniform'"),
        ((FirstPrice(),), {"distribution": stats.poisson(3)}, "needs a density"),
        ((FirstPrice(),), {"distribution": stats.norm}, "support from -inf"),
        ((FirstPrice(),), {"distribution": stats.beta}, "needs a distribution with its parameters|needs a density"),
        ((FirstPrice(),), {"distribution": [1.0, 2.0]}, "needs a density"),
        ((FirstPrice(),), {"distribution": stats.norm(3, 1)}, "at least 0"),
        ((FirstPrice(),), {"distribution": stats.pareto(0.5)}, "finite mean"),
        ((FirstPrice(),), {"distribution": [stats.expon(), U1]}, "bounded"),
        ((FirstPrice(reserve=1.0),), {"distribution": [U1, U2]}, "would never win"),
        ((FirstPrice(reserve=2.0),), {}, "would enter"),
        ((SecondPrice(entry_fee=2.0),), {}, "would enter"),
        ((FirstPrice(reserve=(0.1, 0.2)),), {}, "one item"),
        ((FirstPrice(),), {"risk_aversion": 1.0}, r"\[0, 1\)"),
        ((FirstPrice(),), {"risk_aversion": "high"}, "numeric"),
        ((FirstPrice(),), {"spite": -1.0}, "at least 0"),
        ((FirstPrice(),), {"cursed": 0.5}, "common values"),
        ((FirstPrice(),), {"cursed": 2.0, "common_value": True}, r"\[0, 1\]"),
        ((FirstPrice(),), {"wedge": [0.1, 0.2, 0.3]}, r"shape \(2,\)"),
        ((FirstPrice(),), {"wedge": np.nan}, "finite"),
        ((FirstPrice(),), {"acts_on": "other"}, "'decision' or 'endorsed'"),
        ((FirstPrice(),), {"regret": np.nan}, "at least 0"),
        ((FirstPrice(),), {"influencer": Seller(targets=(5,))}, "positions"),
    ],
)
def test_bad_input(arguments, options, match):
    with pytest.raises(InputError, match=match):
        equilibrium(*arguments, **options)


@pytest.mark.parametrize(
    ("auction", "options"),
    [
        (English(increment=0.1), {}),
        (Dutch(decrement=0.1), {}),
        (English(interdependence=0.5), {}),
        (English(), {"n": 3, "common_value": True}),
        (FirstPrice(reserve=0.1), {"common_value": True}),
        (FirstPrice(), {"common_value": True, "spite": 0.1}),
        (AllPay(), {"distribution": [U1, U2]}),
        (AllPay(), {"risk_aversion": 0.5}),
        (AllPay(), {"spite": 0.5}),
        (AllPay(), {"wedge": 0.1}),
        (FirstPrice(entry_fee=0.1), {"distribution": [U1, U2]}),
        (FirstPrice(), {"distribution": [U1, stats.uniform(0.5, 1), U2]}),
        (FirstPrice(reporting="observed"), {"wedge": 0.1}),
        (FirstPrice(lens=te.Lexicographic(bins={0: 1.0})), {"wedge": 0.1}),
        (FirstPrice(), {"wedge": [0.1, 0.2], "regret": 1.0}),
        (FirstPrice(), {"wedge": 0.1, "spite": 1.0}),
        (LLG(), {"n": 4}),
        (LLG(), {"spite": 1.0}),
    ],
)
def test_combinations_that_are_not_known(auction, options):
    """One clear error, with what to do instead."""
    with pytest.raises(NotApplicableError, match=r"Remedy: "):
        equilibrium(auction, **options)


def test_a_density_that_vanishes_too_fast_is_refused():
    """Never a silent number: an error with a remedy. One that vanishes like a line is fine."""
    with pytest.raises(SolverError, match="Remedy: use laws with smooth densities"):
        equilibrium(FirstPrice(), distribution=[stats.beta(2, 2), stats.beta(1, 3)])
    ordinary = equilibrium(FirstPrice(), distribution=[stats.beta(2, 2), stats.beta(1, 1)])
    assert ordinary.epsilon < 1e-8


@pytest.mark.parametrize(("v", "bidder"), [(1.5, 0), ("a", 0), (np.nan, 0), (0.5, 2), (0.5, -1), (0.5, True)])
def test_bad_values_and_bidders(v, bidder):
    with pytest.raises(InputError):
        equilibrium(FirstPrice()).bid(v, bidder)


@pytest.mark.parametrize("options", [{"rule": "random"}, {"correlation": 1.5}, {"correlation": "a lot"}])
def test_bad_llg(options):
    with pytest.raises(InputError):
        LLG(**options)


@pytest.mark.parametrize("options", [{"cost": -1.0}, {"most": np.inf}, {"targets": ()}])
def test_bad_influencers(options):
    with pytest.raises(InputError):
        Seller(**options)


def test_errors_are_of_the_package():
    with pytest.raises(ThickEconError):
        equilibrium(None)
