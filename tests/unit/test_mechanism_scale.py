"""Every mechanism at a size at which loops over agents would be felt; the certificate is the oracle."""

from __future__ import annotations

import numpy as np
import pytest

import thickecon as te


def thick(n: int, m: int, seed: int = 0) -> te.ThickProfile:
    rng = np.random.default_rng(seed)
    return te.ThickProfile.from_arrays(rng.random((n, 2, m)), endorsement=[1.0, 0.3])


def ragged(n: int, m: int, each: int, seed: int = 0) -> te.ThickProfile:
    rng = np.random.default_rng(seed)
    option = np.argsort(rng.random((n, m)), axis=1)[:, :each]
    agent = np.repeat(np.arange(n), each)
    return te.ThickProfile.from_rows(
        agent, option.ravel(), rng.random((2, n * each)), agents=range(n), options=range(m)
    )


def test_second_price_two_million_bids() -> None:
    outcome = te.auctions.SecondPrice().run(thick(100_000, 20), rng=0)
    assert outcome.certified
    # closed form: the largest of 100 000 sums of U[0, 1] and .3 U[0, 1] is within .01 of 1.3 almost surely
    assert 1.28 < outcome.prices.min() <= outcome.prices.max() < 1.3


def test_unit_demand_vcg() -> None:
    outcome = te.auctions.VCG().run(te.auctions.Bids(thick(400, 400), language="unit"), rng=0)
    assert outcome.certified
    assert len(outcome.matched_pairs()) == 400


def test_deferred_acceptance_on_lists() -> None:
    n, m, each = 20_000, 400, 20
    proposers = ragged(n, m, each)
    receivers = _answers(proposers)
    market = te.matching.Market(proposers, receivers, capacities=50)
    outcome = te.matching.DeferredAcceptance().run(market, rng=0)
    assert outcome.certified
    # by the rural hospitals theorem the same proposers are matched when receivers propose
    other = te.matching.DeferredAcceptance(proposing="receivers").run(market, rng=0)
    assert ((outcome.partner >= 0) == (other.partner >= 0)).all()


def _answers(proposers: te.ThickProfile) -> te.ThickProfile:
    """Receivers value exactly those who list them."""
    index = proposers.index
    values = np.random.default_rng(2).random(len(index))
    return te.ThickProfile.from_rows(
        index.option, index.agent, values, agents=range(proposers.n_options), options=range(proposers.n_agents)
    )


@pytest.mark.parametrize(
    "welfare", [te.welfare.Utilitarian(), te.welfare.Nash(), te.welfare.Maximin()], ids=lambda made: type(made).__name__
)
def test_allocate(welfare: te.welfare.Utilitarian) -> None:
    problem = te.Assignment(thick(500, 60), supply=4.0, demand=1.0)
    outcome = te.welfare.Allocate(welfare).run(problem, rng=0)
    assert outcome.certified
    assert abs(outcome.taken.sum() - 240.0) < 1e-4  # all 60 x 4 units are worth having
