"""Posted prices keep every promise, against shops held by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st

import thickecon as te
from tests.conformance.test_second_price import RIVALS, few_settings_of
from thickecon.auctions import PostedPrice
from thickecon.auctions.kernels import serve_in_turn
from thickecon.errors import InputError, ProblemError
from thickecon.testing import MechanismConformance, Twin, strategies


class TestPostedPrice(MechanismConformance):
    mechanisms = (*few_settings_of(PostedPrice, prices=1.5), PostedPrice(prices=0.5))
    problems = st.one_of(
        strategies.profiles(agents=(1, 4), options=(1, 3), outside=False),
        strategies.assignments(agents=(1, 4), options=(1, 3), outside=False, conflicts=False),
    )
    examples = 14
    searched = 80

    def twin(self, mechanism, problem):
        """Where stocks last for all, everybody takes what is worth it; else the first choices are somebody's."""
        profile, index, price = problem.profile, problem.profile.index, mechanism.prices
        n = profile.n_agents
        demand = np.full(n, profile.n_options) if problem.demand is None else problem.demand
        wanted = np.zeros(len(index))
        for i in range(n):
            mine = [r for r in range(len(index)) if index.agent[r] == i and profile.rows.revealed[r] >= price]
            mine.sort(key=lambda r: -profile.rows.revealed[r])
            wanted[mine[: int(demand[i])]] = 1.0
        crowd = np.bincount(index.option, wanted, minlength=index.n_options)
        tied = any(
            len(set(profile.rows.revealed[index.agent == i].tolist())) < (index.agent == i).sum() for i in range(n)
        )
        if (crowd <= np.floor(problem.supply)).all() and not tied:
            return Twin(taken=wanted, payments=np.bincount(index.agent, price * wanted, minlength=n))

        def accepts(taken):
            used = np.bincount(index.option, taken, minlength=index.n_options)
            worth_it = (profile.rows.revealed >= price)[taken > 0].all()
            return worth_it and (used <= np.floor(problem.supply)).all()

        return Twin(accepts=accepts)

    def witness_problems(self, mechanism, claim):
        return RIVALS

    def worse(self, mechanism, problem, outcome):
        """Nothing where something is wanted and in stock; and everything."""
        if outcome.taken.any():
            yield outcome.taken * 0.0
        index = problem.profile.index
        if (np.bincount(index.option, minlength=index.n_options) > np.floor(problem.supply)).any():
            yield np.ones(len(index))


def test_corrective_prices_sell_what_is_endorsed() -> None:
    """With the wedge on top, decision selves who choose for themselves buy what endorsed selves would."""
    rng = np.random.default_rng(0)
    v, wedge = rng.normal(0, 2, (200, 3)), rng.normal(0, 2, (200, 3))
    p = te.ThickProfile.from_values(v + wedge, unit="money").with_influence("push", wedge)
    stock = te.Assignment(p, supply=200)
    outcome = PostedPrice(prices=(0.5, 1.0, 1.5)).run(stock, rng=0)
    price = np.array([0.5, 1.0, 1.5])
    assert np.array_equal(outcome.taken.reshape(200, 3), v >= price)
    chosen = v + wedge >= price + wedge  # what each would buy at its own corrected price
    assert np.array_equal(outcome.taken.reshape(200, 3), chosen)
    assert outcome.payments == pytest.approx(((price + wedge) * chosen).sum(axis=1), abs=1e-6)


def test_first_come_is_a_lottery() -> None:
    """Three who want the one unit: each gets it in about a third of 300 lotteries (99.9 % bounds 73 to 127)."""
    p = te.ThickProfile.from_values([[3.0], [2.0], [9.0]], unit="money")
    wins = sum(PostedPrice(prices=1.0).run(p, rng=seed).taken for seed in range(300))
    assert wins.min() > 70
    assert wins.max() < 130


def test_what_it_refuses() -> None:
    p = te.ThickProfile.from_values([[3.0, 1.0]], outside=1.0)
    with pytest.raises(ProblemError, match="doing nothing"):
        PostedPrice(prices=1.0).run(p)
    for bad in (-1.0, np.nan):
        with pytest.raises(InputError, match="prices"):
            PostedPrice(prices=bad)
    with pytest.raises(InputError, match="2 items"):
        PostedPrice(prices=(1.0, 2.0, 3.0)).run(te.ThickProfile.from_values([[1.0, 2.0]]))


def test_many_customers() -> None:
    rng = np.random.default_rng(1)
    p = te.ThickProfile.from_values(rng.normal(0, 1, (20_000, 10)))
    outcome = PostedPrice(prices=0.5).run(te.Assignment(p, supply=1000, demand=2), rng=0)
    assert outcome.certified
    assert outcome.taken.sum() == pytest.approx(10_000, rel=0.05)


@pytest.mark.parametrize("seed", range(20))
def test_one_after_another(seed) -> None:
    """Against a queue held by hand: everybody takes its best of what is left, until its demand is met."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 7, 2)
    values, stock, demand = rng.integers(-3, 6, (n, m)), rng.integers(0, 3, m), rng.integers(1, 3, n)
    queue = rng.permutation(n)
    taken, left = serve_in_turn(
        queue, np.arange(n + 1) * m, np.tile(np.arange(m), n), values.ravel() - 1.0, demand * 1.0, stock * 1.0
    )
    shelf, expected = stock.copy(), np.zeros((n, m))
    for i in queue:
        for x in sorted(range(m), key=lambda x, i=i: (-values[i, x], x)):
            if values[i, x] >= 1 and shelf[x] and expected[i].sum() < demand[i]:
                expected[i, x], shelf[x] = 1, shelf[x] - 1
    assert taken.reshape(n, m).tolist() == expected.tolist()
    assert left.tolist() == shelf.tolist()


def test_a_hundred_thousand_customers_with_a_demand() -> None:
    rng = np.random.default_rng(0)
    stock = te.Assignment(te.ThickProfile.from_values(rng.random((100_000, 5))), supply=12_000, demand=2)
    outcome = PostedPrice(prices=0.5).run(stock, rng=0)
    assert outcome.certified
    assert outcome.taken.sum() == 60_000
