"""Allocate under ambiguity keeps every promise: against all corners of the box of endorsements."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

import thickecon as te
from tests.conformance.test_allocate import (
    GAIN,
    SMALL,
    Options,
    Shares,
    Whole,
    beyond,
    can_gain,
    scores,
    weighed,
    whole_allocations,
)
from thickecon.testing import strategies
from thickecon.testing.pool import drawn
from thickecon.welfare import Allocate, Atkinson, Maximin, Nash, Utilitarian


def corners(profile):
    """Profiles at each corner of the box of endorsements."""
    low, high = (end.ravel() for end in profile.endorsement.box())
    open_ = np.flatnonzero(low < high)
    for bits in product((False, True), repeat=len(open_)):
        theta = low.copy()
        theta[open_] = np.where(bits, high[open_], low[open_])
        yield profile.with_endorsement(profile.endorsement.at_theta(theta.reshape(profile.endorsement.theta.shape)))


@cache
def sure_scores(problem, welfare, mode):
    """(k,) least score of each whole allocation over all corners, or minus its largest regret."""
    made = []
    for profile in corners(problem.profile):
        every = scores(problem.with_profile(profile), welfare, te.Endorsed())
        made.append(every - every.max() if mode == "regret" else every)
    return np.min(made, axis=0)


class Cautious(Whole):
    """Whole units: the least over all corners of the box, of all allocations."""

    def worse(self, mechanism, problem, outcome):
        every = sure_scores(problem, mechanism.welfare, mechanism.ambiguity)
        bad = whole_allocations(problem)[every < every.max() - 1e-3]
        yield from bad[:: max(len(bad) // 10, 1)]
        yield from beyond(problem)

    def test_against_all_corners(self):
        for mechanism, problem in product(self.mechanisms, drawn(self.problems, self.examples)):
            outcome = mechanism.run(problem, rng=0)
            every = sure_scores(problem, mechanism.welfare, mechanism.ambiguity)
            here = (whole_allocations(problem) == outcome.taken).all(axis=1)
            assert every[here].max() == pytest.approx(every.max(), abs=1e-6)
            assert outcome.certified


class TestCautious(Cautious):
    mechanisms = (
        Allocate(Utilitarian(), "worst", integral=True),
        Allocate(Utilitarian(), "worst", integral=True, lens=te.Uncertain()),
        Allocate(Utilitarian(), "regret", integral=True),
        Allocate(Maximin(), "worst", integral=True),
    )
    problems = weighed(strategies.assignments(**{**SMALL, "agents": (1, 2)}, endorsement="box"))
    examples = 4


class TestCautiousOfOwn(Cautious):
    mechanisms = (Allocate(Atkinson(2.0), "worst", integral=True), Allocate(Nash(), "worst", integral=True))
    problems = strategies.assignments(**{**GAIN, "agents": (2, 2), "options": (2, 3)}, endorsement="own_box").filter(
        lambda p: np.isfinite(sure_scores(p, Nash(), "worst")).any() and can_gain(p)
    )
    examples = 3


class TestCautiousShares(Shares):
    mechanisms = (
        Allocate(Utilitarian(), "worst"),
        Allocate(Utilitarian(), "regret"),
        Allocate(Maximin(), "worst"),
    )
    problems = strategies.assignments(**{**SMALL, "agents": (1, 2)}, endorsement="box", outside=False)

    def worse(self, mechanism, problem, outcome):
        """Whole allocations that are worse than the best of these, and what is too much."""
        every = sure_scores(problem, mechanism.welfare, mechanism.ambiguity)
        yield from whole_allocations(problem)[every < every.max() - 1e-3][:8]
        yield from beyond(problem)


class TestCautiousOptions(Options):
    mechanisms = (
        Allocate(Utilitarian(), "worst"),
        Allocate(Utilitarian(), "regret"),
        Allocate(Maximin(), "worst"),
    )
    problems = weighed(strategies.choices(**SMALL, endorsement="box"))

    def sure(self, mechanism, problem):
        made = []
        for profile in corners(problem.profile):
            every = self.scores(mechanism.welfare, problem.with_profile(profile), te.Endorsed())
            made.append(every - every.max() if mechanism.ambiguity == "regret" else every)
        return np.min(made, axis=0)

    def worse(self, mechanism, problem, outcome):
        index, every = problem.profile.index, self.sure(mechanism, problem)
        yield from [(index.option == x).astype(float) for x in np.flatnonzero(every < every.max() - 1e-6)]

    def test_against_all_corners(self):
        for mechanism, problem in product(self.mechanisms, drawn(self.problems, self.examples)):
            outcome = mechanism.run(problem, rng=0)
            chosen = problem.profile.index.option[np.argmax(outcome.taken)]
            every = self.sure(mechanism, problem)
            assert every[chosen] == pytest.approx(every.max(), abs=1e-9)
