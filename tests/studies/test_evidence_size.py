"""Sample sizes by closed form and by bisection, on scenarios whose crossing is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import thickecon as te
from thickecon.errors import InputError, UnknownNameError
from thickecon.studies import Measure, Scenario, evidence_size, knob
from thickecon.studies.scenarios.feed_auction import FeedAuction


@dataclass(frozen=True)
class Toy(Scenario):
    """Thick is better by gain - s^2 + spread z, z standard normal: it breaks even at sqrt(gain)."""

    gain: float = knob(4.0, "what perfect evidence adds")
    spread: float = knob(1.0, "noise of a replicate", low=0.0)
    s: float = knob(0.5, "standard error", low=0.0)

    name: ClassVar[str] = "toy"
    measures: ClassVar[tuple[Measure, ...]] = (Measure("good", "more", "good"), Measure("bad", "less", "bad"))

    def draw(self, draws):
        return draws.generator("population").standard_normal()

    def play(self, world, arm, draws):
        better = (self.gain - self.s**2 + self.spread * world) * (arm != "sidt")
        return {"good": better, "bad": -better}


@dataclass(frozen=True)
class Detector(Toy):
    """The same; its knob is a rate, of at most 1."""

    alpha: float = knob(0.5, "rate", low=0.0, high=1.0)

    evidence: ClassVar[str | None] = "alpha"

    def play(self, world, arm, draws):
        return {"good": (self.gain - self.alpha) * (arm != "sidt")}


def test_closed_form_of_the_selection_law() -> None:
    """s* = tau where nothing correlates, so n = (sigma / tau)^2; .577 where ads inform, so three times as many."""
    found = evidence_size("feed_auction", {"tau": 2.0}, sigma=10.0)
    assert (found.n, found.n_error, found.simulated) == (pytest.approx(25.0), 0.0, False)
    assert evidence_size("feed_auction", {"rho": 0.5}, sigma=10.0).n == pytest.approx(300.0)
    assert evidence_size("feed_auction", {"tau": 2.0}).n == 1.0  # one answer is enough
    assert evidence_size(FeedAuction(rho=0.5), {"tau": 1.0}, sigma=10.0).n == pytest.approx(300.0)
    assert np.isinf(evidence_size("feed_auction", {"tau": 0.0}).n)
    assert np.isinf(evidence_size("feed_auction", {"tau": 2.0, "rho": -1.0}).break_even)
    assert te.studies.evidence_size is evidence_size


def test_bisection_finds_the_crossing_and_its_error() -> None:
    """The crossing is sqrt(gain + spread mean(z)); its standard error spread / (2 sqrt(gain) sqrt(N))."""
    found = evidence_size(Toy(), sigma=6.0, replicates=900)
    assert found.simulated
    assert found.break_even_error == pytest.approx(1 / (4 * 30), rel=0.1)
    assert abs(found.break_even - 2.0) <= 4 * found.break_even_error
    assert found.n == pytest.approx(9.0, rel=0.1)
    assert found.n_error == pytest.approx(2 * found.n * found.break_even_error / found.break_even)
    ends = [(6.0 / (found.break_even + sign * 1.959964 * found.break_even_error)) ** 2 for sign in (1, -1)]
    assert [found.low, found.high] == pytest.approx(ends)
    exact = evidence_size(Toy(spread=0.0), sigma=6.0, replicates=2)
    assert exact.break_even == pytest.approx(2.0, rel=1e-3)
    assert exact.break_even_error == pytest.approx(0.0, abs=1e-12)
    less = evidence_size(Toy(), sigma=6.0, replicates=900, measure="bad")
    assert less.n == pytest.approx(found.n)


@pytest.mark.statistical
def test_coverage_of_the_interval() -> None:
    """200 seeds at 90 %: between 83 % and 96 % cover (three standard errors)."""
    inside = []
    for seed in range(200):
        found = evidence_size(Toy(spread=3.0), sigma=6.0, replicates=100, seed=seed, level=0.9)
        inside.append(found.low <= 9.0 <= found.high)
    assert 0.83 <= np.mean(inside) <= 0.965


def test_where_nothing_crosses() -> None:
    never = evidence_size(Toy(gain=-1.0, spread=0.0), replicates=2)
    assert (never.break_even, never.n) == (0.0, np.inf)
    assert "at no error" in str(never)
    always = evidence_size(Detector(gain=3.0), replicates=2)
    assert always.break_even == np.inf
    assert "any error" in str(always)


def test_rates_are_no_sample_sizes() -> None:
    found = evidence_size(Detector(gain=0.25), replicates=2)
    assert found.break_even == pytest.approx(0.25, rel=2e-3)
    assert np.isnan(found.n)
    assert evidence_size(Detector(gain=0.25), replicates=2, sigma=1.0).n == pytest.approx(16.0, rel=4e-3)
    coded = evidence_size("text_values", {"n": 60, "s": 0.5}, replicates=4)  # s: how often the coder errs
    assert np.isnan(coded.n)
    assert "answers" not in str(coded)


@pytest.mark.statistical
def test_simulation_agrees_with_the_closed_form() -> None:
    """The feed auction, bisected on 80 auctions: within four standard errors of s* = 1."""
    found = evidence_size("feed_auction", {"rounds": 1}, sigma=5.0, simulate=True, replicates=80, seed=3)
    assert abs(found.break_even - 1.0) <= 4 * found.break_even_error
    assert 0 < found.break_even_error < 0.2


def test_errors() -> None:
    with pytest.raises(UnknownNameError):
        evidence_size("feed_auctoin")
    with pytest.raises(UnknownNameError):
        evidence_size("feed_auction", {"tua": 1.0})
    for bad in ({"arm": "text"}, {"measure": "joy"}, {"sigma": 0.0}, {"level": 1.0}, {"replicates": 1}):
        with pytest.raises(InputError):
            evidence_size(Toy(), **bad)
