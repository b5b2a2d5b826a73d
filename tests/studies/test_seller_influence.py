"""L2b: a seller who lifts a losing bid; posterior means against brute force over worlds."""

from __future__ import annotations

import numpy as np
import pytest

from thickecon.studies import Draws
from thickecon.studies.scenarios.seller_influence import SellerInfluence


def played(made: SellerInfluence, replicates: int) -> dict[tuple[str, str], np.ndarray]:
    """Numbers of every arm and measure, one a replicate."""
    found: dict[tuple[str, str], list[float]] = {}
    for replicate in range(replicates):
        draws = Draws(6, made.name, replicate)
        world = made.draw(draws)
        for arm in made.arms:
            for name, value in made.play(world, arm, draws).items():
                found.setdefault((arm, name), []).append(value)
    return {key: np.array(values) for key, values in found.items()}


@pytest.mark.statistical
@pytest.mark.parametrize("lift", ["paid", "past"])
@pytest.mark.parametrize("a", [0.2, 0.8])
def test_closed_forms(lift: str, a: float) -> None:
    made = SellerInfluence(a=a, lift=lift, n=5)
    found = played(made, 300)
    for entry in made.known():
        here = found[entry.arm, entry.measure]
        assert abs(here.mean() - entry.value) <= 4 * here.std() / np.sqrt(len(here)) + 1e-12, entry


@pytest.mark.statistical
@pytest.mark.parametrize("lift", ["paid", "past"])
def test_posterior_means_are_calibrated(lift: str) -> None:
    """Errors of a posterior mean are uncorrelated with everything it was computed from (here: bids, evidence, the
    mean itself), and no smaller mean square is had by the bid, the evidence, or any mixture of the two.
    """
    made = SellerInfluence(n=4, a=0.3, s=0.15, lift=lift)
    rows = []
    for replicate in range(4000):
        v, delta, noise = made.draw(Draws(1, made.name, replicate))
        estimate = v + made.s * noise
        guess = made.posterior(v + delta, estimate)
        rows += list(zip(v, v + delta, estimate, guess, strict=True))
    v, d, seen, guess = np.array(rows).T
    for known in (np.ones_like(v), d, seen, guess, np.abs(seen - d)):
        product = (v - guess) * known
        assert abs(product.mean()) <= 4 * product.std() / np.sqrt(len(v))
    square = np.square(v - guess).mean()
    for share in np.linspace(0, 1, 11):
        assert square <= np.square(v - share * d - (1 - share) * seen).mean() + 1e-12


@pytest.mark.parametrize(("lift", "top"), [("paid", 0.8), ("past", 0.9)])
def test_posterior_by_counting_worlds(lift: str, top: float) -> None:
    """Three bids, one lifted by at most .3: values on a fine grid, of the worlds that show these bids those weighted
    by the density of the evidence.
    """
    made = SellerInfluence(n=3, a=0.3, s=0.2, lift=lift)
    reports, estimate = np.array([0.8, top, 0.35]), np.array([0.55, 0.75, 0.4])
    total, weight = np.zeros(3), 0.0
    for j in range(3):
        for v_j in np.linspace(0.0, 1.0, 20_001):
            v = reports.copy()
            v[j] = v_j
            order = np.argsort(v)
            if order[1] != j:
                continue
            lift_j = 0.3 if lift == "past" else min(0.3, v[order[2]] - v_j)
            if abs(v_j + lift_j - reports[j]) > 1e-9:
                continue
            here = np.exp(-np.square((estimate - v) / 0.2).sum() / 2)
            total, weight = total + here * v, weight + here
    assert made.posterior(reports, estimate) == pytest.approx(total / weight, abs=2e-4)


@pytest.mark.statistical
def test_who_wins_where() -> None:
    """Exact evidence: both filters undo the seller. Poor evidence: thick loses, the posterior mean does not."""
    exact = played(SellerInfluence(lift="past", s=0.0), 150)
    for arm in ("informed", "thick", "shrunk"):
        assert exact[arm, "endorsed"] == pytest.approx(exact["oracle", "endorsed"])
    assert (exact["informed", "influence_gain"] <= 1e-12).all()
    assert exact["sidt", "endorsed"].mean() < exact["oracle", "endorsed"].mean() - 0.03
    for lift in ("paid", "past"):
        for s in (0.05, 0.4):
            found = played(SellerInfluence(lift=lift, s=s), 150)
            for other in ("sidt", "thick", "informed"):
                gain = found["shrunk", "endorsed"] - found[other, "endorsed"]
                assert gain.mean() >= -2 * gain.std(ddof=1) / np.sqrt(len(gain)), (lift, s, other)
        assert found["thick", "endorsed"].mean() < found["sidt", "endorsed"].mean()


def test_everybody_shut_out_buys_nothing() -> None:
    made = SellerInfluence(n=2, s=0.1)
    world = np.array([0.5, 0.6]), np.array([0.1, 0.0]), np.array([-9.0, -9.0])
    found = made.play(world, "informed", Draws(1, made.name, 0))
    assert found["endorsed"] == found["revenue"] == 0


def test_no_evidence_and_no_lift() -> None:
    reports = np.array([0.2, 0.9, 0.5])
    assert (SellerInfluence(n=3, a=0.0, s=0.5).posterior(reports, reports + 0.3) == reports).all()
    assert (SellerInfluence(n=3, s=0.0).posterior(reports, reports - 0.1) == reports - 0.1).all()
