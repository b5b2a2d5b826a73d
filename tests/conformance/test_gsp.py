"""The generalised second-price auction and auctions of attention keep every promise, against placements listed."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_position_vcg import RIVALS, placements
from tests.conformance.test_second_price import few_settings_of
from thickecon.auctions import GSP, AttentionAuction, PositionVCG, envy_free_reports, envy_free_verdict
from thickecon.auctions.kernels import envy_free_prices
from thickecon.errors import InputError, NotApplicableError, ProblemError
from thickecon.matching import Market
from thickecon.testing import MechanismConformance, Twin, strategies

SLOTS = (1.0, 0.75)


def ordered(gains, names):
    """Names by gain, best first; those below 0 are left out."""
    return sorted((i for i in names if gains[i] >= 0), key=lambda i: -gains[i])


class TestGSP(MechanismConformance):
    mechanisms = (
        *few_settings_of(lambda **made: GSP(clicks=SLOTS, **made)),
        GSP(clicks=SLOTS, reserve=1.5),
        GSP(clicks=(0.75, 0.75), reserve=1.5, charge="clarke", lens=te.Revealed()),
    )
    problems = strategies.profiles(agents=(1, 4), options=(1, 1))
    examples = 12
    searched = 60

    def twin(self, mechanism, problem):
        """All placements listed; each holder of a slot pays the bid of the next in a list sorted by hand."""
        profile = problem.profile
        index, doing_nothing = profile.index, profile.outside_reading(None)
        quality = mechanism.quality or (1.0,) * profile.n_agents
        value = np.full(profile.n_agents, -1e9)
        value[index.agent] = profile.rows.revealed - doing_nothing[index.agent] - mechanism.reserve
        gain = value * np.array(quality)
        every = placements(len(gain), mechanism.clicks, (1.0,) * len(gain))
        top = max(float(gain @ y) for y in every)
        if len({*gain.tolist()}) < len(gain):
            return Twin(objective=top)
        ranked, paid = ordered(gain, range(len(gain))), np.zeros(len(gain))
        for k, i in enumerate(ranked[: len(mechanism.clicks)]):
            below = gain[ranked[k + 1]] if k + 1 < len(ranked) else 0.0
            paid[i] = mechanism.clicks[k] * (below + quality[i] * mechanism.reserve)
        return Twin(objective=top, payments=paid)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        index, scores = problem.profile.index, outcome.readings[0].values
        quality = np.array(mechanism.quality or (1.0,) * problem.profile.n_agents)[index.agent]
        every = placements(len(index), mechanism.clicks, quality)
        worths = [float((scores - mechanism.reserve) @ y) for y in every]
        for y, worth in zip(every, worths, strict=True):
            if worth < max(worths) - 1e-6:
                yield y


class TestGSPQuality(TestGSP):
    mechanisms = (
        GSP(clicks=(0.5, 0.25), quality=(2.0, 1.0, 0.5), reserve=0.5),
        GSP(clicks=(0.5, 0.0), quality=(0.5, 1.0, 2.0), reporting="observed"),
    )
    problems = strategies.profiles(agents=(3, 3), options=(1, 1))


def test_example_of_edelman_ostrovsky_and_schwarz() -> None:
    """American Economic Review 97 (2007), section 2: 800 and 200; with 200 and 199 clicks it pays to bid 3."""
    p = te.ThickProfile.from_values([[10.0], [4.0], [2.0]], unit="money")
    assert GSP(clicks=[200, 100]).run(p, rng=0).payments.tolist() == [800.0, 200.0, 0.0]
    close = GSP(clicks=[200, 199])
    honest, lower = close.run(p, rng=0), close.run(p, reports=[10.0, 4.0, 2.0], rng=0)
    assert honest.taken[0] * 10 - honest.payments[0] == lower.taken[0] * 10 - lower.payments[0] == 1200.0
    lower = close.run(p, reports=[3.0, 4.0, 2.0], rng=0)
    assert lower.taken[0] * 10 - lower.payments[0] == 1592.0


GAINS = st.lists(st.integers(0, 40), min_size=1, max_size=5, unique=True).map(lambda g: sorted(g, reverse=True))
CLICKS = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(lambda a: sorted(a, reverse=True))


@settings(max_examples=150, deadline=None)
@given(CLICKS, GAINS)
def test_prices_are_the_ends_of_a_linear_programme(clicks, gains) -> None:
    """Least and greatest revenue over all envy-free prices, by scipy's linear programming."""
    from scipy.optimize import linprog

    a, g = np.array(clicks, dtype=float), np.array(gains, dtype=float)
    k = min(len(a), len(g))
    rows, most = [], []
    for i in range(len(g)):
        own = a[i] if i < k else 0.0
        for j in range(k):  # i does not want j's place: a_i (g_i - p_i) >= a_j (g_i - p_j)
            row = np.zeros(k)
            row[j] -= a[j]
            if i < k:
                row[i] += a[i]
            rows.append(row)
            most.append(g[i] * (own - a[j]))
        if i < k:
            rows.append(np.eye(k)[i])
            most.append(g[i])
    for highest, overbid in ((False, False), (True, True), (True, False)):
        last = g[k] if len(g) > k else 0.0
        bounds = [(0, None)] * k
        if (not overbid and highest) or len(g) <= k:
            bounds[-1] = (last, last)
        found = linprog((-1 if highest else 1) * a[:k], A_ub=rows, b_ub=most, bounds=bounds)
        assert found.status == 0
        prices = envy_free_prices(a, g, highest=highest, overbid=overbid)
        assert a[:k] @ prices == pytest.approx(abs(found.fun), abs=1e-6)


@pytest.mark.parametrize("made", [{}, {"reserve": 1.0}, {"charge": "clarke"}, {"reporting": "endorsed"}])
def test_envy_free_bids_are_an_equilibrium_and_the_lowest_pay_what_vcg_charges(made) -> None:
    """Edelman, Ostrovsky and Schwarz (2007), theorem 1; every other bid of a grid is tried for each bidder."""
    rng = np.random.default_rng(1)
    for _ in range(8):
        values, wedge = rng.integers(1, 60, (2, 4, 1)).astype(float)
        p = te.ThickProfile.from_values(values, unit="money").with_influence("advert", wedge / 4)
        clicks = np.sort(rng.choice(np.arange(1, 20), 3, replace=False))[::-1] / 8.0
        gsp, self_ = GSP(clicks=clicks, **made), made.get("reporting", "decision")
        own = (p.endorsed if self_ == "endorsed" else p.revealed)[:, 0]
        for revenue in ("lowest", "highest"):
            bids = envy_free_reports(gsp, p, revenue=revenue, self_=self_, rng=3)
            outcome = gsp.run(p, reports=bids, rng=3)
            assert outcome.certified
            assert envy_free_verdict(outcome, self_).holds
            for i in range(4):
                now = own[i] * outcome.taken[i] - outcome.payments[i]
                for lie in np.linspace(-5, 90, 40):
                    told = bids.copy()
                    told[i] = lie + 0.013
                    other = gsp.run(p, reports=told, rng=3)
                    assert own[i] * other.taken[i] - other.payments[i] <= now + 1e-6
            if revenue == "lowest":
                vcg = PositionVCG(clicks=clicks, **made)
                told = vcg.dominant_reports(p, self_)
                assert outcome.payments == pytest.approx(vcg.run(p, reports=told, rng=3).payments, abs=1e-6)


def test_truth_is_not_envy_free_and_the_verdict_says_so() -> None:
    p = te.ThickProfile.from_values([[10.0], [9.0], [1.0]], unit="money")
    verdict = envy_free_verdict(GSP(clicks=[1.0, 0.9]).run(p, rng=0))
    assert not verdict.holds
    assert verdict.gap == pytest.approx(0.9 * (10 - 1) - (10 - 9))
    with pytest.raises(InputError, match="GSP"):
        envy_free_reports(PositionVCG(clicks=[1.0]), p)  # type: ignore[arg-type]
    with pytest.raises(NotApplicableError, match="no report is best"):
        GSP(clicks=[1.0]).dominant_reports(p)


# ---- attention ------------------------------------------------------------------------------------------------


def pages(numbers):
    """Two advertisers and one user: values endorsed in full, influences by a quarter, on both sides."""
    table = np.array(numbers, dtype=float).reshape(2, 2, 2)
    motives = ["value", te.Motive("influence", "influence")]
    mine, theirs = (
        te.ThickProfile.from_arrays(part, endorsement=[1.0, 0.25], motives=motives, unit="money")
        for part in (table[0].reshape(2, 2, 1), table[1].reshape(1, 2, 2))
    )
    return Market(mine, theirs)


PAGES = st.lists(st.integers(-8, 8), min_size=8, max_size=8).map(pages)


class TestAttention(MechanismConformance):
    mechanisms = (
        *few_settings_of(lambda **made: AttentionAuction(clicks=SLOTS, **made)),
        *few_settings_of(lambda **made: AttentionAuction(clicks=SLOTS, pricing="gsp", **made)),
        AttentionAuction(clicks=SLOTS, reserve=1.5, user_weight=0.5),
    )
    problems = strategies.markets(
        proposers=(1, 3), receivers=(1, 2), sides="profiles", capacity=1, complete=False, outside=False
    )
    examples = 10
    searched = 60

    def worths(self, mechanism, problem):
        """Page by page: advertisers, and what each adds in the thin reading."""
        mine, theirs = problem.profile.revealed, problem.receivers.revealed
        for j in range(mine.shape[1]):
            here = [i for i in range(len(mine)) if mine[i, j] == mine[i, j]]
            user = {i: (0.0 if theirs[j, i] != theirs[j, i] else float(theirs[j, i])) for i in here}
            yield j, {i: mine[i, j] + mechanism.user_weight * user[i] - mechanism.reserve for i in here}, user

    def twin(self, mechanism, problem):
        paid, total, tied = np.zeros(problem.profile.n_agents), 0.0, False
        a = mechanism.clicks
        for _, gain, user in self.worths(mechanism, problem):

            def best(names, gain=gain):
                every = [
                    sum(a[k] * gain[i] for k, i in enumerate(who))
                    for count in range(min(len(names), len(a)) + 1)
                    for who in permutations(names, count)
                ]
                return max(every)

            total += best(list(gain))
            tied |= len(set(gain.values())) < len(gain)
            ranked = ordered(gain, gain)
            for k, i in enumerate(ranked[: len(a)]):
                if mechanism.pricing == "gsp":
                    charge = a[k] * (gain[ranked[k + 1]] if k + 1 < len(ranked) else 0.0)
                else:
                    charge = best([x for x in gain if x != i]) - (best(list(gain)) - a[k] * gain[i])
                paid[i] += charge + a[k] * (mechanism.reserve - mechanism.user_weight * user[i])
        return Twin(objective=total, payments=None if tied else paid)

    def witness_problems(self, mechanism, claim):
        return PAGES

    def worse(self, mechanism, problem, outcome):
        index = problem.profile.index
        both = np.full(len(index), mechanism.clicks[0])
        if (np.bincount(index.option) > 1).any():
            yield both


def test_users_who_are_drawn_to_what_they_regret() -> None:
    """Thick shows the course, SIDT the gambling advert; on v the user gains 3 by it, advertisers' side loses 1."""
    adverts = te.ThickProfile.from_values([[3.0], [2.0]], agents=["gambling", "course"], unit="money")
    user = te.ThickProfile.from_values([[2.0, 1.0]], options=["gambling", "course"], unit="money")
    market = Market(adverts, user.with_influence("pull", [[4.0, 0.0]]))
    found = te.compare(AttentionAuction(clicks=[1.0]), market, rng=0).to_frame()
    assert found.loc["thick", "users_endorsed"] - found.loc["sidt", "users_endorsed"] == 3.0
    assert found.loc["sidt", "users_decision"] == 2.0


def test_influence_on_users_moves_nothing_that_is_read_from_what_they_endorse() -> None:
    rng = np.random.default_rng(2)
    adverts = te.ThickProfile.from_values(rng.integers(0, 9, (5, 3)).astype(float), unit="money")
    honest = te.ThickProfile.from_arrays(
        np.stack([rng.integers(-5, 5, (3, 5)), np.zeros((3, 5))], axis=1),
        endorsement=[1.0, 0.0],
        motives=["value", te.Motive("push", "influence")],
        unit="money",
    )
    table = np.array(honest.contributions).reshape(2, 3, 5)
    table[1] = rng.uniform(0, 50, (3, 5))
    pushed = te.ThickProfile.from_arrays(
        table.transpose(1, 0, 2), endorsement=[1.0, 0.0], motives=honest.motives, unit="money"
    )
    thick, sidt = AttentionAuction(clicks=[1.0, 0.5]), AttentionAuction(clicks=[1.0, 0.5]).baseline()
    one, other = (thick.run(Market(adverts, side), rng=0) for side in (honest, pushed))
    assert np.array_equal(one.taken, other.taken)
    assert np.array_equal(one.payments, other.payments)
    one, other = (sidt.run(Market(adverts, side), rng=0) for side in (honest, pushed))
    assert not np.array_equal(one.payments, other.payments)


def test_without_users_weight_it_is_an_auction_of_positions() -> None:
    """Independent path: PositionVCG and GSP on the same bids."""
    rng = np.random.default_rng(4)
    values = rng.normal(1, 1, (30, 1))
    p = te.ThickProfile.from_values(values, unit="money").with_influence("push", rng.normal(0, 1, (30, 1)))
    user = te.ThickProfile.from_values(rng.normal(0, 9, (1, 30)), unit="money")
    for pricing, other in (("vcg", PositionVCG), ("gsp", GSP)):
        for charge in ("clarke", "affine") if pricing == "gsp" else ("clarke",):
            page = AttentionAuction(clicks=[1.0, 0.5, 0.25], user_weight=0.0, pricing=pricing, charge=charge)
            one = page.run(Market(p, user), rng=0)
            two = other(clicks=[1.0, 0.5, 0.25], charge=charge).run(p, rng=0)
            assert np.array_equal(one.taken, two.taken)
            assert one.payments == pytest.approx(two.payments, abs=1e-9)


def test_what_attention_refuses() -> None:
    p = te.ThickProfile.from_values([[1.0], [2.0]], unit="money")
    page = AttentionAuction(clicks=[1.0])
    with pytest.raises(ProblemError, match="values"):
        page.run(Market(p, [[0, 1]]))
    with pytest.raises(ProblemError, match="slots come from"):
        page.run(Market(p, te.ThickProfile.from_values([[1.0, 1.0]]), capacities=2))
    for made in ({"clicks": [0.5, 1.0]}, {"pricing": "english"}, {"user_weight": -1.0}, {"reserve": [1.0, 2.0]}):
        with pytest.raises(InputError):
            AttentionAuction(**made)


def test_many_users() -> None:
    """2,000 pages of 20 advertisers: the certificate, made by another route, holds."""
    rng = np.random.default_rng(0)
    adverts = te.ThickProfile.from_values(rng.normal(1, 1, (20, 2000)), unit="money")
    users = te.ThickProfile.from_values(rng.normal(0, 1, (2000, 20)), unit="money")
    outcome = AttentionAuction(clicks=[1.0, 0.6, 0.3]).run(Market(adverts, users), rng=0)
    assert outcome.certified
