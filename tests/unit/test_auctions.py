"""Second price and VCG as mechanisms: reserves, what is refused, and certificates that notice wrong charges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, ProblemError

SecondPrice, VCG, Bids = te.auctions.SecondPrice, te.auctions.VCG, te.auctions.Bids
PAIR = [[1, 0], [0, 1], [1, 1]]


def advert(values, wedge) -> te.ThickProfile:
    """Endorsed values and wedges; the revealed value is their sum."""
    table = np.stack([np.asarray(values, float), np.asarray(wedge, float)], axis=1)
    return te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.0], unit="money")


def paying(outcome, payments):
    return replace(outcome, decision=replace(outcome.decision, payments=np.asarray(payments, float)))


def verdict(outcome, name):
    (found,) = [made for made in outcome.certificate if made.name == name]
    return found


# ---- reserves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reserve", [0.1, 0.3, 0.7, 1.1])
@pytest.mark.parametrize("other", [0.05, 7.7, 1234.5])
def test_a_bid_of_the_reserve_meets_it_whatever_else_is_sold(reserve, other) -> None:
    """Decimals are rounded to a grid that depends on the largest value; the reserve must be rounded with them."""
    profile = te.ThickProfile.from_values([[reserve, other]])
    for mechanism in (SecondPrice(reserve=(reserve, 0.0)), VCG(reserve=(reserve, 1e6))):
        assert mechanism.run(profile, rng=0).winners[0] == 0
    additive = VCG(reserve=(reserve, 0.0)).run(Bids(profile, language="additive"), rng=0)
    assert additive.winners[0] == 0
    assert additive.certified


def test_each_item_has_a_reserve_of_its_own() -> None:
    profile = te.ThickProfile.from_values([[5.0, 5.0, 5.0], [3.0, 3.0, 3.0]])
    outcome = SecondPrice(reserve=[0, 4, 6]).run(profile, rng=0)
    assert outcome.winners.tolist() == [0, 0, -1]
    assert outcome.revenue == 3 + 4
    assert outcome.prices.tolist() == [3, 4, 6]
    assert outcome.certified


def test_the_reserve_is_in_units_of_the_reading() -> None:
    """v = 4, wedge 3: reserve 5 is not met by 4, though the bid is 7. Reserve 2 is met, and 2 + 3 is charged."""
    for profile in (advert([[4.0]], [[3.0]]),):
        assert SecondPrice(reserve=5).run(profile, rng=0).winners.tolist() == [-1]
        assert SecondPrice(reserve=2).run(profile, rng=0).payments.tolist() == [5]
        assert VCG(reserve=2).run(profile, rng=0).payments.tolist() == [5]
        assert SecondPrice(reserve=5).baseline().run(profile, rng=0).payments.tolist() == [5]


@pytest.mark.parametrize("mechanism", [SecondPrice, VCG])
@pytest.mark.parametrize(
    ("reserve", "words"),
    [(-1, "at least 0, found -1"), (np.nan, "finite"), (np.inf, "finite"), ("high", "numeric"), ([[1.0]], "shape")],
)
def test_reserves_that_are_refused(mechanism, reserve, words) -> None:
    with pytest.raises(InputError, match=words):
        mechanism(reserve=reserve)


def test_a_reserve_for_another_number_of_items() -> None:
    with pytest.raises(InputError, match="each of 2 items, found 3"):
        SecondPrice(reserve=(1, 2, 3)).run(te.ThickProfile.from_values([[1.0, 2.0]]), rng=0)
    with pytest.raises(InputError, match="each of 2 items, found 1"):
        VCG(reserve=(1.0,)).run(Bids(te.ThickProfile.from_values([[1.0, 2.0, 3.0]]), PAIR), rng=0)


# ---- what is refused ------------------------------------------------------------------------------------------


def test_time_limits() -> None:
    for limit in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="time_limit"):
            VCG(time_limit=limit)


@pytest.mark.parametrize("language", ["additive", "OR", "OR*"])
def test_doing_nothing_cannot_be_given_up_twice(language) -> None:
    """v = (-2, -2), doing nothing -3: each option alone is worth taking, both together are not."""
    profile = te.ThickProfile.from_values([[-2.0, -2.0]], outside=-3.0)
    for mechanism, problem in ((SecondPrice(), profile), (VCG(), Bids(profile, language=language))):
        with pytest.raises(ProblemError, match=r"doing nothing must be worth 0.*language 'unit' or 'XOR'"):
            mechanism.run(problem, rng=0)
    once = VCG().run(Bids(profile, language="unit"), rng=0)
    assert once.taken.sum() == 1
    assert once.surplus()[0] == -2
    zero = te.ThickProfile.from_values([[-2.0, 2.0]], outside=0.0)
    assert SecondPrice().run(zero, rng=0).taken.tolist() == [0, 1]


@pytest.mark.parametrize("reports", [[1.0, 2.0, 3.0], [[np.nan], [1.0]], "high"])
def test_reports_that_are_ignored_must_still_be_reports(reports) -> None:
    profile = te.ThickProfile.from_values([[1.0], [2.0]])
    with pytest.raises(InputError, match="reports"):
        SecondPrice(reporting="observed").run(profile, reports=reports, rng=0)


@pytest.mark.parametrize(
    "others",
    [
        {"supply": -1},
        {"supply": np.nan},
        {"supply": 0.5},
        {"bundles": [[2, 0], [0, 1], [1, 1]]},
        {"bundles": [[0, 0]] * 3},
    ],
)
def test_markets_that_are_refused(others) -> None:
    with pytest.raises(ProblemError):
        Bids(te.ThickProfile.from_values([[1.0, 2.0, 3.0]]), **{"bundles": PAIR, **others})


# ---- options that share an item -------------------------------------------------------------------------------


def test_a_bidder_is_no_rival_to_itself() -> None:
    """One item under two names: its owner pays the rival's 2, not its own second bid."""
    profile = te.ThickProfile.from_values([[9.0, 7.0], [2.0, 1.0]])
    for language in ("additive", "unit"):
        outcome = VCG().run(Bids(profile, [[1], [1]], language=language), rng=0)
        assert outcome.taken.tolist() == [1, 0, 0, 0]
        assert outcome.payments.tolist() == [2, 0]
        assert outcome.certified
    both = VCG().run(Bids(profile, [[1], [1]], language="additive", supply=2), rng=0)
    assert both.taken.tolist() == [1, 1, 0, 0]
    assert both.payments.tolist() == [3, 0]


# ---- certificates ---------------------------------------------------------------------------------------------


def problems():
    rng = np.random.default_rng(5)
    profile = advert(rng.integers(1, 9, (5, 3)), rng.integers(-3, 4, (5, 3)))
    yield SecondPrice(), profile
    yield SecondPrice(reserve=2, reporting="endorsed"), profile
    for language in ("unit", "additive"):
        yield VCG(), Bids(profile, language=language, supply=2)
    for language in ("XOR", "OR"):
        yield VCG(), Bids(profile, PAIR, language=language, supply=[2, 1])


@pytest.mark.parametrize(("mechanism", "problem"), list(problems()))
def test_wrong_charges_are_noticed(mechanism, problem) -> None:
    outcome = mechanism.run(problem, rng=0)
    assert outcome.certified
    for i in range(5):
        for shift in (-0.25, 0.25):
            wrong = verdict(paying(outcome, outcome.payments + shift * (np.arange(5) == i)), "payments")
            assert wrong.holds is False
            assert wrong.gap == pytest.approx(0.25)
            assert wrong.witness == i


def test_prices_above_the_least_are_noticed() -> None:
    """v = (10, 5), (8, 7): any price of the first item from 1 to 5 supports this, only the least is Clarke's."""
    profile = te.ThickProfile.from_values([[10.0, 5.0], [8.0, 7.0]])
    outcome = VCG().run(Bids(profile, language="unit"), rng=0)
    assert outcome.payments.tolist() == [1, 0]
    dear = replace(
        outcome, decision=replace(outcome.decision, prices=np.array([2.0, 0.0]), payments=np.array([2.0, 0]))
    )
    assert verdict(dear, "efficient").holds
    assert verdict(dear, "payments").holds is False
    assert verdict(dear, "payments").gap == 2


def test_losers_who_suppress_a_want_are_charged_by_definition() -> None:
    """v = (.5, 1), wedge (-6, 0): without bidder 1's fear it would take the item from 1 and 6; it loses and pays 5."""
    outcome = VCG().run(Bids(advert([[0.5], [1.0]], [[-6.0], [0.0]]), language="unit"), rng=0)
    assert outcome.payments.tolist() == [5, 0.5]
    assert outcome.certified
    assert verdict(paying(outcome, [0, 0.5]), "payments").witness == 0


def test_allocations_beyond_the_language_are_noticed() -> None:
    profile = te.ThickProfile.from_values([[3.0, 2.0]])
    for language in ("unit", "XOR"):
        outcome = VCG().run(Bids(profile, language=language), rng=0)
        greedy = replace(outcome, decision=replace(outcome.decision, taken=np.ones(2)))
        assert verdict(greedy, "feasible").holds is False


def test_charges_of_large_bundles_are_said_to_be_unchecked() -> None:
    rng = np.random.default_rng(0)
    bundles = (rng.random((6, 30)) < 0.2).astype(float)
    bundles[:, 0] = 1
    outcome = VCG().run(Bids(te.ThickProfile.from_values(rng.random((3, 6))), bundles), rng=0)
    assert verdict(outcome, "payments").holds is None
    for payments in (outcome.payments - 0.5, outcome.payments + 20):  # below 0, and beyond what was bid
        assert verdict(paying(outcome, payments), "payments").holds is False
    assert verdict(outcome, "efficient").holds


def test_tolerances_are_relative() -> None:
    """Values of a billionth: a charge that is wrong by all of it is noticed."""
    outcome = SecondPrice(reporting="endorsed").run(te.ThickProfile.from_values([[2e-9], [1e-9]]), rng=0)
    assert outcome.certified
    assert not paying(outcome, [0, 0]).certified


# ---- claims ---------------------------------------------------------------------------------------------------


def test_full_credit_is_revealed() -> None:
    """PartialCredit(1, 1) reads d: its claims are those of the standard lens."""
    said = lambda lens: [(c.name, c.self, c.holds) for c in SecondPrice(lens=lens).claims]
    assert said(te.PartialCredit(1.0)) == said(te.Revealed())
    assert said(te.PartialCredit(0.5)) != said(te.Revealed())


def test_ties_go_by_the_lottery_and_fairly() -> None:
    """Three equal bids, 300 seeds: each wins 100 times give or take 4 standard deviations (8.2)."""
    profile = te.ThickProfile.from_values([[7.0], [7.0], [7.0]])
    for mechanism in (SecondPrice(), VCG()):
        wins = np.bincount([mechanism.run(profile, rng=seed).winners[0] for seed in range(300)], minlength=3)
        assert np.abs(wins - 100).max() <= 33


def test_a_million_additive_bids() -> None:
    """Every unit is sold and the charges of T18 are recomputed at a size at which loops over agents would be felt."""
    table = np.random.default_rng(0).normal(1.0, 1.0, (50_000, 2, 20))
    profile = te.ThickProfile.from_arrays(table, endorsement=[1.0, 0.3])
    outcome = VCG(reserve=0.5).run(Bids(profile, language="additive", supply=100), rng=0)
    assert outcome.taken.sum() == 20 * 100
    assert [made.holds for made in outcome.certificate] == [True, True, True]


def test_suppressed_wants_beyond_those_recomputed_are_counted() -> None:
    """Forty bidders who suppress wants for the same items: 16 charges by assignment, the rest said to be unchecked."""
    rng = np.random.default_rng(3)
    outcome = VCG().run(Bids(advert(rng.integers(1, 9, (40, 2)), np.full((40, 2), -20)), language="unit"), rng=0)
    found = verdict(outcome, "payments")
    assert found.holds
    assert "not recomputed for 24 agents" in found.statement
