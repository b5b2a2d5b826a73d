"""T5 (docs/theory/participation.md): what each rule guarantees to each self, and who walks away."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import thickecon as te

AFFINE = te.auctions.SecondPrice()
SIDT = AFFINE.baseline()
VERIFIED = te.auctions.SecondPrice(reporting="observed", charge="clarke")

halves = st.integers(-20, 40).map(lambda k: k / 2)


def bidders(v, d) -> te.ThickProfile:
    v, d = np.asarray(v, float), np.asarray(d, float)
    return te.ThickProfile.from_arrays(np.stack([v, d - v], axis=1)[:, :, None], endorsement=[1.0, 0.0], unit="money")


def ends(mechanism, v, d) -> tuple[list[float], list[float]]:
    """Surplus of decision selves and of endorsed selves."""
    outcome = mechanism.run(bidders(v, d), rng=0)
    return outcome.surplus(te.Revealed()).tolist(), outcome.surplus(te.Endorsed()).tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(halves, halves), min_size=1, max_size=4))
def test_guarantees(market) -> None:
    """One item: each bidder's outcomes are the item and nothing, worth 0; a loser has wedge 0."""
    v, d = (np.array(column) for column in zip(*market, strict=True))
    wedge = d - v
    for mechanism, decision, endorsed in (
        (SIDT, 0.0 * d, np.minimum(-wedge, 0.0)),
        (VERIFIED, np.minimum(wedge, 0.0), 0.0 * v),
        (AFFINE, np.minimum(d, 0.0), np.minimum(d, 0.0) + np.minimum(-wedge, 0.0)),
    ):
        got = ends(mechanism, v, d)
        assert (np.array(got[0]) >= decision - 1e-12).all()
        assert (np.array(got[1]) >= endorsed - 1e-12).all()


def test_walks_away() -> None:
    """VCG on v = (10, 8) with d_1 = 5: pays 8, the decision self is at -3."""
    assert ends(VERIFIED, (10, 8), (5, 8)) == ([-3.0, 0.0], [2.0, 0.0])
    problem = bidders((10, 8), (5, 8))
    walkers = te.certify(problem, VERIFIED.run(problem, rng=0)).walkers
    assert walkers.to_numpy().tolist() == [[0, "decision", -3.0]]


def test_regrets() -> None:
    """SIDT with d_1 = 10, v_1 = 3, rival 8: pays 8; +2 to the decision self, -5 to the endorsed."""
    assert ends(SIDT, (3, 8), (10, 8)) == ([2.0, 0.0], [-5.0, 0.0])
    problem = bidders((3, 8), (10, 8))
    walkers = te.certify(problem, SIDT.run(problem, rng=0)).walkers
    assert walkers.to_numpy().tolist() == [[0, "endorsed", -5.0]]


def test_a_suppressed_want_attains_the_bound_of_the_affine_charge() -> None:
    assert ends(AFFINE, (4, 1), (-2, 1)) == ([-2.0, 0.0], [4.0, 0.0])


def test_truthful_and_efficient_and_worse_off() -> None:
    assert ends(AFFINE, (8, 7), (13, 7)) == ([1.0, 0.0], [-4.0, 0.0])


def test_claims_of_participation() -> None:
    held = {
        (name, claim.self): claim.holds
        for name, mechanism in (("sidt", SIDT), ("verified", VERIFIED), ("affine", AFFINE))
        for claim in mechanism.claims
        if claim.name == "participation"
    }
    assert [key for key, holds in held.items() if holds] == [("sidt", "decision"), ("verified", "endorsed")]
